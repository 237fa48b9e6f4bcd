"""Spectra as lines over the axis of a scene's bands, with gaps where bands are bad."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtCore import QPointF
from qgis.PyQt.QtGui import QPolygonF

from .class_curves import Scale, divisor
from .plot_axis import Span
from .plot_widget import polyline
from .scene_file import SceneBands

_GAP_STEPS = 5.0  # so many times the usual step between bands tears a line
_BULK_PERCENT = (2.0, 98.0)
_SPIKE_REACH = 0.3  # of the range of the bulk: beyond it, values are cut off
_DENSE_BANDS = 50  # with fewer bands, large steps are usual


class BandAxis:
    """Where bands lie on the x axis, in ascending order.

    Attributes:
        order: Index in the scene of each band of the axis, int (bands,).
        x: Wavelength in nm, or the band's number, float (bands,).
        good: bool (bands,).
        torn: Whether a line is torn between a band and the next, bool (bands - 1,).
        wavelengths_known: Whether `x` holds wavelengths.
    """

    def __init__(self, bands: SceneBands) -> None:
        self.wavelengths_known = bands.wavelengths is not None
        numbers = np.arange(1, bands.count + 1, dtype=np.float64)
        places = numbers if bands.wavelengths is None else bands.wavelengths
        self.order = np.argsort(places, kind="stable")
        self.x = places[self.order]
        self.good = bands.good[self.order]
        steps = np.diff(self.x)
        self.torn = np.zeros(steps.shape, dtype=bool)
        if bands.count >= _DENSE_BANDS:
            self.torn = steps > _GAP_STEPS * np.median(steps)

    def span(self) -> Span:
        """The piece of the axis on which all bands lie, with a little air."""
        low, high = float(self.x[0]), float(self.x[-1])
        air = 0.01 * (high - low) or 0.5
        return Span(low - air, high + air)

    def nearest(self, x: float) -> int:
        """The place on the axis of the band nearest to `x`."""
        return int(np.abs(self.x - x).argmin())

    def bad_stretches(self) -> list[tuple[float, float]]:
        """From where to where bands are bad."""
        edges = np.concatenate([self.x[:1], (self.x[1:] + self.x[:-1]) / 2, self.x[-1:]])
        # an outermost band reaches as far outwards as inwards
        edges[0] -= edges[1] - edges[0] if self.x.size > 1 else 0.5
        edges[-1] += edges[-1] - edges[-2] if self.x.size > 1 else 0.5
        return [(float(edges[run[0]]), float(edges[run[-1] + 1])) for run in _runs(~self.good)]


@dataclass(frozen=True)
class Line:
    """A spectrum ready to be drawn, in data coordinates.

    Attributes:
        key: What it is of.
        values: What is shown, float (bands,) in the axis' order; NaN in gaps.
        spread: Half the width of the band around it, or None.
        pieces: The polylines between gaps.
        dots: Values between two gaps.
        ribbon: The outlines of the band around it.
        limits: Between which values all of that lies; None if it is all gaps. A few bands
            far outside of what all others hold are left out: a noisy band that the file does
            not declare bad must not flatten the rest.
    """

    key: Hashable
    values: np.ndarray
    spread: np.ndarray | None
    pieces: tuple[QPolygonF, ...]
    dots: tuple[QPointF, ...]
    ribbon: tuple[QPolygonF, ...]
    limits: tuple[float, float] | None


def line(
    key: Hashable,
    values: np.ndarray,
    spread: np.ndarray | None,
    axis: BandAxis,
    scale: Scale,
) -> Line:
    """Prepare a spectrum, given in the scene's order of bands."""
    ordered = np.asarray(values, dtype=np.float64)[axis.order]
    below = divisor(ordered, axis.x, axis.good, scale)
    shown = np.where(axis.good, ordered / below, np.nan)
    # how much shapes vary is not known from how much values do
    plain = spread is not None and scale is Scale.VALUES
    width = np.asarray(spread, dtype=np.float64)[axis.order] if plain else None
    pieces, dots, ribbon = [], [], []
    for run in _runs(np.isfinite(shown), axis.torn):
        xs, ys = axis.x[run], shown[run]
        if run.size == 1:
            dots.append(QPointF(float(xs[0]), float(ys[0])))
        else:
            pieces.append(polyline(xs.tolist(), ys.tolist()))
        if width is not None and run.size > 1:
            outline_x = np.concatenate([xs, xs[::-1]])
            outline_y = np.concatenate([ys + width[run], (ys - width[run])[::-1]])
            ribbon.append(polyline(outline_x.tolist(), outline_y.tolist()))
    limits = _limits(shown, 0.0 if width is None else np.nan_to_num(width))
    return Line(key, shown, width, tuple(pieces), tuple(dots), tuple(ribbon), limits)


def distance(drawn: Line, axis: BandAxis, across: float, up: float, at: QPointF) -> float:
    """How far, in pixels, a place is from a line; infinite if the line is all gaps.

    Args:
        drawn: The line.
        axis: The axis that it was made for.
        across: Pixels per unit of the x axis.
        up: Pixels per unit of the y axis.
        at: The place, in data coordinates.
    """
    xs, ys = (axis.x - at.x()) * across, (drawn.values - at.y()) * up
    found = np.hypot(xs, ys)
    if xs.size > 1:
        dx, dy = np.diff(xs), np.diff(ys)
        length = dx**2 + dy**2
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip(-(xs[:-1] * dx + ys[:-1] * dy) / length, 0, 1)
        along = np.hypot(xs[:-1] + share * dx, ys[:-1] + share * dy)
        found = np.concatenate([found, along[~axis.torn]])
    found = found[np.isfinite(found)]
    return float(found.min()) if found.size else float("inf")


def _limits(values: np.ndarray, spread: np.ndarray | float) -> tuple[float, float] | None:
    low, high = _bulk(values - spread), _bulk(values + spread)
    return None if low is None or high is None else (low[0], high[1])


def _bulk(values: np.ndarray) -> tuple[float, float] | None:
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = np.percentile(values, _BULK_PERCENT)
    reach = _SPIKE_REACH * (high - low)
    return float(max(values.min(), low - reach)), float(min(values.max(), high + reach))


def _runs(wanted: np.ndarray, torn: np.ndarray | None = None) -> list[np.ndarray]:
    """Return the indices where `wanted` holds, in unbroken runs."""
    indices = np.flatnonzero(wanted)
    if not indices.size:
        return []
    apart = np.diff(indices) > 1
    if torn is not None:
        apart |= torn[indices[:-1]]
    return np.split(indices, np.flatnonzero(apart) + 1)
