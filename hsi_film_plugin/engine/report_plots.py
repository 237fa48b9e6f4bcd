"""The report's plots: matplotlib figures as inline SVG that takes its colours from the page.

No class name enters a plot: names stand in the page's own text, where they are escaped and
wrap. Figures carry no date and no random id, so equal content gives equal bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .calibration import Calibration
from .report import SpectraSection

# Stand-ins for the page's colours, which change with light and dark.
INK, MUTED, LINE, ACCENT = "#010203", "#010204", "#010205", "#010206"
PAGE_COLOURS = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
}
GAP = 8.0  # ordinary steps between bands
MOST_DETECTORS = 4
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hsi-film",
    "path.simplify": True,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "font.size": 9,
}


def spectra_overview(section: SpectraSection, colors: Sequence[str]) -> str:
    """Draw the mean spectra of all classes over each other.

    Args:
        section: The spectra, (K, B).
        colors: One "#rrggbb" a class.
    """
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(6.4, 3.1)
        prepare_spectral_axes(axes, section)
        x = abscissa(section)
        for mean, color in zip(section.mean, colors):
            for run in runs(section):
                # ink below keeps a pale colour visible on paper, a dark one at night
                axes.plot(x[run], mean[run], color=INK, alpha=0.35, linewidth=2.4)
                axes.plot(x[run], mean[run], color=color, linewidth=1.5)
        axes.set_xlabel(abscissa_label(section))
        axes.set_ylabel(section.unit, parse_math=False)
        return inline_svg(figure, "spectra", "Mean spectrum of each class")


def class_spectrum(section: SpectraSection, index: int, color: str) -> str:
    """Draw one class's mean spectrum within ± one standard deviation."""
    with mpl.rc_context({**STYLE, "font.size": 7.5}):
        figure, axes = new_figure(3.1, 1.75)
        prepare_spectral_axes(axes, section)
        x, mean, sd = abscissa(section), section.mean[index], section.sd[index]
        for run in runs(section):
            low, high = (mean - sd)[run], (mean + sd)[run]
            axes.fill_between(x[run], low, high, color=color, alpha=0.35, linewidth=0)
            axes.plot(x[run], mean[run], color=INK, alpha=0.45, linewidth=2.2)
            axes.plot(x[run], mean[run], color=color, linewidth=1.3)
        axes.set_ylim(*_common_range(section))
        return inline_svg(
            figure, f"spectrum-{index}", "Mean spectrum and one standard deviation either side"
        )


def calibration_plot(calibration: Calibration) -> str:
    """Draw accuracy over confidence, and how many pixels each bin holds."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.4, 4.4), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        edges = np.array(calibration.edges)
        share = np.array(calibration.count) / max(1, sum(calibration.count))
        filled = share > 0
        centres, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
        right = np.where(filled, calibration.accuracy, 0.0)
        above.bar(centres, right, widths * 0.92, color=ACCENT, alpha=0.35, linewidth=0)
        above.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        above.plot(
            np.array(calibration.confidence)[filled],
            np.array(calibration.accuracy)[filled],
            color=ACCENT,
            marker="o",
            markersize=4,
            linewidth=1.3,
        )
        above.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="Share of pixels that are right")
        below.bar(centres, 100 * share, widths * 0.92, color=MUTED, alpha=0.6, linewidth=0)
        below.set(xlabel="Confidence of the winning class", ylabel="% of pixels")
        for axes in (above, below):
            axes.grid(axis="y")
            axes.set_axisbelow(True)
        return inline_svg(figure, "calibration", "Accuracy over confidence, with pixels per bin")


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of this many inches, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def abscissa(section: SpectraSection) -> NDArray[np.float64]:
    """Return the bands' places on the axis, in the order of the file, (B,)."""
    if section.wavelengths is None:
        return np.arange(1.0, section.good.size + 1)
    return np.asarray(section.wavelengths, dtype=np.float64)


def runs(section: SpectraSection) -> list[NDArray[np.intp]]:
    """Return the runs of good bands that a line may join.

    A line breaks at bad bands, where a second detector begins anew (wavelengths go back),
    and over gaps of ``GAP`` ordinary steps, which were cut out of the file.
    """
    x = abscissa(section)
    order = np.arange(x.size)
    if (np.diff(x) < 0).sum() > MOST_DETECTORS:
        order = np.argsort(x, kind="stable")
    order = order[section.good[order] & np.isfinite(x[order])]
    steps = np.diff(x[order])
    usual = float(np.median(np.abs(steps))) if steps.size else 1.0
    all_places = np.sort(x[~section.good])
    between = np.searchsorted(all_places, x[order])
    breaks = (steps < 0) | (steps > GAP * usual) | (np.diff(between) != 0)
    return np.split(order, np.flatnonzero(breaks) + 1)


def abscissa_label(section: SpectraSection) -> str:
    """Return what the axis of the bands is called."""
    return "Band" if section.wavelengths is None else "Wavelength (nm)"


def _without_bad_bands(values: NDArray[np.float64], section: SpectraSection) -> NDArray[np.float64]:
    return np.where(section.good, values, np.nan)


def _common_range(section: SpectraSection) -> tuple[float, float]:
    """Return one range of values for all classes, so that panels can be compared."""
    mean = _without_bad_bands(section.mean, section)
    sd = np.nan_to_num(_without_bad_bands(section.sd, section))
    low, high = mean - sd, mean + sd
    if not np.isfinite(mean).any():
        return 0.0, 1.0
    bottom, top = float(np.nanmin(low)), float(np.nanmax(high))
    margin = 0.04 * (top - bottom) or 1.0
    return min(bottom, 0.0 if bottom > 0 else bottom - margin), top + margin


def prepare_spectral_axes(axes: Axes, section: SpectraSection) -> None:
    """Set limits and grid, and shade the runs of bad bands."""
    x = abscissa(section)
    order = np.argsort(x, kind="stable")
    x = x[order]
    middles = (x[1:] + x[:-1]) / 2
    edges = np.concatenate(([x[0] - 0.5], middles, [x[-1] + 0.5]))
    bad = np.concatenate(([False], ~section.good[order], [False]))
    changes = np.flatnonzero(bad[1:] != bad[:-1])
    for start, stop in zip(changes[::2], changes[1::2]):
        axes.axvspan(edges[start], edges[stop], color=MUTED, alpha=0.22, linewidth=0)
    axes.set_xlim(edges[0], edges[-1])
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def inline_svg(figure: Figure, name: str, title: str) -> str:
    """Return the figure as an ``<svg>`` element whose ids begin with ``name``."""
    buffer = io.StringIO()
    figure.set_facecolor("none")
    for axes in figure.axes:
        axes.set_facecolor("none")
    FigureCanvasSVG(figure)
    undated = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", metadata=undated)
    text = buffer.getvalue()
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", text[text.index("<svg") :], flags=re.DOTALL)
    head, body = svg.split(">", 1)
    viewbox = re.search(r'viewBox="([^"]*)"', head)
    box = viewbox.group(1) if viewbox else "0 0 1 1"
    opening = f'<svg class="plot" role="img" aria-label="{title}" viewBox="{box}">'
    adapted = re.sub(r"<[^>]*>", lambda tag: _adapt_tag(tag.group(), name), body)
    return opening + re.sub(r">\s+<", "><", adapted).strip()


def _adapt_tag(tag: str, name: str) -> str:
    """Give one tag the page's colours and font, and ids of its own figure."""
    for stand_in, colour in PAGE_COLOURS.items():
        tag = tag.replace(stand_in, colour)
    tag = re.sub(r"""font-family: [^;"]*;""", "", tag)
    tag = re.sub(r' (?:d|x|y)="[^"]*"', lambda place: _shorter(place.group()), tag)
    tag = re.sub(r'\bid="', f'id="{name}-', tag)
    tag = re.sub(r'xlink:href="#', f'href="#{name}-', tag)
    return tag.replace("url(#", f"url(#{name}-")


def _shorter(path: str) -> str:
    """Round coordinates to hundredths of a point."""
    rounded = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number.group()):.2f}", path)
    return re.sub(r"\s+", " ", rounded)
