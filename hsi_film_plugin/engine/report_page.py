"""A report as a page: figures become text, tables and plots, and the template lays them out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from .area import AreaEstimate
from .assessment import accuracy
from .report_pictures import png_data_uri, safe_colour
from .report_plots import calibration_plot, class_spectrum, spectra_overview

if TYPE_CHECKING:
    from .report import AreasSection, ComparisonSection, Report, SpectraSection

UNKNOWN = "–"
NARROW_SPACE = "\u202f"


def render(report: Report) -> str:
    """Return the report as HTML: its texts escaped here, those of a plot by matplotlib."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, decimal=decimal, count=count, picture=png_data_uri)
    colors = [safe_colour(entry.color) for entry in report.classes]
    section = report.accuracy
    matrix = None if section is None else section.matrix
    return environment.get_template("report.html.j2").render(
        report=report,
        names=[entry.name for entry in report.classes],
        values=[entry.value for entry in report.classes],
        colors=colors,
        matrix=None if matrix is None else [[int(v) for v in row] for row in matrix],
        shares=None if matrix is None else _column_shares(np.asarray(matrix)),
        found=None if matrix is None else accuracy(matrix),
        spectra=None if report.spectra is None else _spectra(report.spectra, colors),
        strips=None if report.comparison is None else _fold_strips(report.comparison),
        areas=None if report.areas is None else _area_table(report.areas),
        calibration=(
            None if report.calibration is None else calibration_plot(report.calibration.calibration)
        ),
    )


def percent(value: float) -> str:
    """Write a share as percent with one decimal, or a dash if it is undefined."""
    return UNKNOWN if math.isnan(value) else f"{100 * value:.1f}{NARROW_SPACE}%"


def decimal(value: float, digits: int = 3) -> str:
    """Write a number with a fixed number of decimals, or a dash if it is undefined."""
    return UNKNOWN if math.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def count(value: float) -> str:
    """Write a whole number with its thousands set apart, or a dash if it is undefined."""
    return UNKNOWN if math.isnan(value) else f"{value:,.0f}".replace(",", NARROW_SPACE)


def _column_shares(matrix: NDArray[np.int64]) -> list[list[float]]:
    """Return each cell's share of its reference class, 0 where the class is absent."""
    return [
        [float(v) for v in row] for row in matrix / np.maximum(matrix.sum(axis=0, keepdims=True), 1)
    ]


@dataclass(frozen=True)
class _SpectraPlots:
    overview: str
    panels: tuple[tuple[int, str], ...]


def _spectra(section: SpectraSection, colors: list[str]) -> _SpectraPlots:
    known = [k for k in range(len(colors)) if np.isfinite(section.mean[k]).any()]
    return _SpectraPlots(
        overview=spectra_overview(section, colors),
        panels=tuple((k, class_spectrum(section, k, colors[k])) for k in known),
    )


@dataclass(frozen=True)
class _Strips:
    """Each candidate's folds as ticks on one axis from ``low`` to ``high``."""

    low: float
    high: float
    ticks: tuple[tuple[float, ...], ...]  # percent of the axis
    means: tuple[float, ...]


def _fold_strips(section: ComparisonSection) -> _Strips | None:
    every = [v for c in section.candidates for v in (*c.per_fold, c.overall) if not math.isnan(v)]
    if not every or not any(c.per_fold for c in section.candidates):
        return None
    low = math.floor(10 * min(every)) / 10
    high = max(math.ceil(10 * max(every)) / 10, low + 0.1)

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    return _Strips(
        low,
        high,
        tuple(tuple(place(v) for v in c.per_fold if not math.isnan(v)) for c in section.candidates),
        tuple(math.nan if math.isnan(c.overall) else place(c.overall) for c in section.candidates),
    )


@dataclass(frozen=True)
class _AreaRow:
    mapped: str
    area: str
    interval: str
    users: str
    producers: str
    remark: str
    bar: tuple[float, ...] | None  # mapped, estimate, low, high in percent of the longest
    mapped_bar: float


@dataclass(frozen=True)
class _AreaTable:
    unit: str
    rows: tuple[_AreaRow, ...]
    total: str
    left_out: str
    overall: str


def _area_table(section: AreasSection) -> _AreaTable:
    estimates = section.estimates
    unit, size = _area_unit(section.unit, estimates.total_area)
    longest = max(
        (v for e in estimates.classes for v in (e.mapped_area, e.area, e.high) if v == v),
        default=0.0,
    )
    longest = longest or 1.0
    return _AreaTable(
        unit=unit,
        rows=tuple(_area_row(entry, size, longest) for entry in estimates.classes),
        total=_area(estimates.total_area / size),
        left_out=_area(estimates.left_out_area / size) if estimates.left_out_area else "",
        overall=_with_interval(estimates.overall, estimates.overall_low, estimates.overall_high),
    )


def _area_row(entry: AreaEstimate, size: float, longest: float) -> _AreaRow:
    def place(value: float) -> float:
        return round(100 * value / longest, 2)

    has_interval = not math.isnan(entry.low)
    return _AreaRow(
        mapped=_area(entry.mapped_area / size),
        area=_area(entry.area / size),
        interval=(
            f"{_area(entry.low / size)} – {_area(entry.high / size)}" if has_interval else UNKNOWN
        ),
        users=_with_interval(entry.users, entry.users_low, entry.users_high),
        producers=_with_interval(entry.producers, entry.producers_low, entry.producers_high),
        remark=entry.remark,
        bar=(place(entry.area), place(entry.low), place(entry.high)) if has_interval else None,
        mapped_bar=place(entry.mapped_area),
    )


def _area_unit(unit: str, total: float) -> tuple[str, float]:
    """Choose the unit that a reader would: hectares for fields, km² for regions."""
    if unit != "m²":
        return unit, 1.0
    if total < 1e4:
        return "m²", 1.0
    return ("ha", 1e4) if total < 1e9 else ("km²", 1e6)


def _area(value: float) -> str:
    """Write an area with about three significant digits below 100."""
    if math.isnan(value) or value >= 100:
        return count(value)
    return decimal(value, 1 if value >= 10 else 2)


def _with_interval(value: float, low: float, high: float) -> str:
    if math.isnan(low):
        return percent(value)
    return f"{percent(value)} ({100 * low:.0f}–{100 * high:.0f})"
