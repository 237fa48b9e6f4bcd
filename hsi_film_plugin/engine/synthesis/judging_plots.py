"""The plots of the reports on synthesizers and samples."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from ..report import SpectraSection
from ..report_plots import (
    ACCENT,
    INK,
    MUTED,
    STYLE,
    abscissa,
    inline_svg,
    new_figure,
    prepare_spectral_axes,
    runs,
)
from .judgement import Judgement
from .overlap import Ellipse
from .spectral_distance import SpectraComparison

Floats = NDArray[np.float64]

SMALL = {**STYLE, "font.size": 7.5}
#: Points of a cloud that a page can carry for each class.
MOST_POINTS, MOST_OTHERS = 120, 200


def spectra_plot(
    found: SpectraComparison,
    name: str,
    color: str,
    wavelengths: Floats | None,
    limits: tuple[float, float] | None = None,
) -> str:
    """Draw mean and deviation of real spectra (class colour) and synthetic ones (ink, dashed).

    Args:
        found: The two means and deviations, (bands,).
        name: Lower-case letters, unique on the page.
        color: "#rrggbb" of the class.
        wavelengths: nm, (bands,), or None.
        limits: Of the values, to draw several classes alike; None for the plot's own.
    """
    section = SpectraSection(
        np.stack([found.real_mean, found.synthetic_mean]),
        np.stack([found.real_sd, found.synthetic_sd]),
        np.ones(len(found.real_mean), bool),
        wavelengths,
    )
    with mpl.rc_context(SMALL):
        figure, axes = new_figure(3.1, 2.0)
        prepare_spectral_axes(axes, section)
        x = abscissa(section)
        sd = np.nan_to_num(section.sd)
        low, high = section.mean - sd, section.mean + sd
        for run in runs(section):
            axes.fill_between(x[run], low[0][run], high[0][run], color=color, alpha=0.4, lw=0)
            axes.plot(x[run], section.mean[0][run], color=INK, alpha=0.35, linewidth=2.2)
            axes.plot(x[run], section.mean[0][run], color=color, linewidth=1.3)
            for edge in (low, high):
                axes.plot(x[run], edge[1][run], color=INK, alpha=0.6, lw=0.6, ls=(0, (1, 1.5)))
            axes.plot(x[run], section.mean[1][run], color=INK, lw=1.1, ls=(0, (4, 2)))
        if limits is not None:
            axes.set_ylim(*limits)
        return inline_svg(figure, name, "Mean spectra, real and synthetic, with their spread")


def places_plot(judgement: Judgement, index: int, color: str) -> str:
    """Draw real pixels and samples of a class in the first two principal components."""
    others = judgement.real_places[judgement.real_classes != index]
    real = judgement.real_places[judgement.real_classes == index]
    samples = judgement.sample_places[judgement.sample_classes == index]
    with mpl.rc_context(SMALL):
        figure, axes = new_figure(3.1, 2.5)
        axes.plot(*_some(others, MOST_OTHERS).T, ".", color=MUTED, alpha=0.5, ms=3, mew=0)
        _draw_ellipse(axes, judgement.each[index].ellipse, color)
        shown = _some(real, MOST_POINTS)
        axes.plot(*shown.T, "o", color=color, ms=3.6, mec=INK, mew=0.35, alpha=0.9)
        axes.plot(*_some(samples, MOST_POINTS).T, "x", color=INK, ms=3.4, mew=0.8, alpha=0.75)
        axes.set(xlim=_limits(judgement, 0), ylim=_limits(judgement, 1), xticks=[], yticks=[])
        axes.set_xlabel(f"Component 1 ({judgement.explained[0]:.0%})")
        axes.set_ylabel(f"Component 2 ({judgement.explained[1]:.0%})")
        return inline_svg(figure, f"places-{index}", "Real pixels and samples of the class")


def losses_plot(
    autoencoder: Sequence[tuple[int, float, float, float]], denoiser: Sequence[tuple[int, float]]
) -> str:
    """Draw the losses of both trainings over their steps.

    Args:
        autoencoder: Step, L1, spectral angle in degrees, Kullback-Leibler divergence.
        denoiser: Step, mean squared error.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.4, 2.7), layout="constrained")
        first, second, third = figure.subplots(1, 3)
        steps = np.array(autoencoder, np.float64).reshape(-1, 4)
        _draw_losses(first, steps[:, 0], steps[:, 1], "Autoencoder: L1 of components")
        _draw_losses(second, steps[:, 0], steps[:, 2], "Autoencoder: angle (°)")
        noise = np.array(denoiser, np.float64).reshape(-1, 2)
        _draw_losses(third, noise[:, 0], noise[:, 1], "Denoiser: squared error")
        return inline_svg(figure, "losses", "Losses of both trainings over their steps")


def reconstruction_plot(
    real: Floats, rebuilt: Floats, name: str, wavelengths: Floats | None
) -> str:
    """Draw a spectrum (accent) and its reconstruction (ink, dashed), each (bands,)."""
    section = SpectraSection(
        np.stack([real, rebuilt]),
        np.zeros((2, len(real))),
        np.ones(len(real), bool),
        wavelengths,
    )
    with mpl.rc_context(SMALL):
        figure, axes = new_figure(3.1, 1.75)
        prepare_spectral_axes(axes, section)
        x = abscissa(section)
        for run in runs(section):
            axes.plot(x[run], real[run], color=ACCENT, linewidth=1.8, alpha=0.8)
            axes.plot(x[run], rebuilt[run], color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
        return inline_svg(figure, name, "A spectrum and its reconstruction")


def common_limits(found: Sequence[SpectraComparison]) -> tuple[float, float] | None:
    """Return one range of values for the means with their deviations, but for single bands.

    At the edge of an absorption a band or two can shoot up so far that nothing else is seen.
    """
    edges = [
        mean + sign * np.nan_to_num(sd)
        for one in found
        for mean, sd in ((one.real_mean, one.real_sd), (one.synthetic_mean, one.synthetic_sd))
        for sign in (-1, 1)
        if np.isfinite(mean).all()
    ]
    if not edges:
        return None
    low, high = (float(v) for v in np.quantile(edges, (0.005, 0.985)))
    margin = 0.04 * (high - low) or 1.0
    return min(low, 0.0 if low > 0 else low - margin), high + margin


def _draw_ellipse(axes: Axes, ellipse: Ellipse | None, color: str) -> None:
    if ellipse is not None:
        outline = ellipse.outline()
        axes.plot(*outline.T, color=INK, alpha=0.35, linewidth=1.8)
        axes.plot(*outline.T, color=color, linewidth=1.1)


def _draw_losses(axes: Axes, steps: Floats, values: Floats, title: str) -> None:
    axes.plot(steps, values, color=ACCENT, linewidth=1.3)
    axes.set_title(title, fontsize=8.5, loc="left", color=INK)
    axes.set_xlabel("Step")
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    known = values.size and np.isfinite(values).all() and values.min() > 0
    if known and values.max() > 10 * values.min():
        # a loss falls by orders of magnitude, and its end is what matters
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _limits(judgement: Judgement, axis: int) -> tuple[float, float]:
    """Return the range of nearly all real pixels and samples, for all panels alike."""
    values = judgement.real_places[:, axis]
    samples = judgement.sample_places[:, axis]
    low = min(np.quantile(values, 0.01), np.quantile(samples, 0.02))
    high = max(np.quantile(values, 0.99), np.quantile(samples, 0.98))
    margin = 0.15 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _some(points: Floats, most: int) -> Floats:
    step = max(1, -(-len(points) // most))
    return points[::step]
