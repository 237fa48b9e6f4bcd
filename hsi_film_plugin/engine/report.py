"""What an accuracy report says, and its rendering as one self-contained HTML page.

A job fills a ``Report`` with the sections that it can speak for; ``render_report`` draws
them. The page loads nothing from outside, carries no script, and is byte-identical for equal
content. Accuracy on training pixels has no place in it: the figures at the head of the page
come with the sentence that says on which pixels they were measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .area import AreaEstimates
from .calibration import Calibration, Kept

if TYPE_CHECKING:
    from .label_classes import LabelClass
    from .report_chapter import Chapter

FEW_PIXELS = 10
FEW_POLYGONS = 3


@dataclass(frozen=True)
class Picture:
    """A thumbnail and what it shows.

    Attributes:
        caption: One line below the picture, and its alternative text.
        pixels: uint8 (height, width, 3) RGB or (height, width, 4) RGBA.
    """

    caption: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class SceneSection:
    """The scene, or the class map, at a glance.

    Attributes:
        facts: Names and values in reading order, such as ("Size", "160 × 192 pixels").
        pictures: Thumbnails, shown side by side above the legend of the classes.
    """

    facts: tuple[tuple[str, str], ...]
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class LabelCount:
    """How much was labelled of one class.

    Attributes:
        polygons: Number of polygons, points or connected parts.
        pixels: Number of labelled pixels.
        warning: Why that is too little, or empty.
    """

    polygons: int
    pixels: int
    warning: str = ""


@dataclass(frozen=True)
class LabelsSection:
    """The labels at a glance, one count a class of the report."""

    counts: tuple[LabelCount, ...]
    note: str = ""

    @classmethod
    def of(
        cls, classes_of: NDArray[np.int64], polygons: NDArray[np.int64], n_classes: int
    ) -> LabelsSection:
        """Count polygons and pixels a class and mark those with few.

        Args:
            classes_of: Class index of each labelled pixel, (n,).
            polygons: Polygon of each labelled pixel, (n,).
            n_classes: Number of classes.
        """
        counts = []
        for k in range(n_classes):
            mine = polygons[classes_of == k]
            counts.append(_label_count(np.unique(mine).size, mine.size))
        return cls(tuple(counts))


def _label_count(polygons: int, pixels: int) -> LabelCount:
    if pixels == 0:
        warning = "no label"
    elif polygons == 1:
        warning = "one polygon only: no separate ground to validate it on"
    elif polygons < FEW_POLYGONS:
        warning = "few polygons"
    elif pixels < FEW_PIXELS:
        warning = "few pixels"
    else:
        warning = ""
    return LabelCount(polygons, pixels, warning)


@dataclass(frozen=True)
class SpectraSection:
    """Mean spectrum and its spread a class.

    Attributes:
        mean: (K, B), NaN where unknown.
        sd: Standard deviation over pixels, (K, B), NaN where unknown.
        good: bool (B,), False for bad bands, which are shaded.
        wavelengths: nm, (B,), or None: then the axis counts bands from 1.
        unit: What the values are, such as "Reflectance".
        note: A sentence below the plots.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    good: NDArray[np.bool_]
    wavelengths: NDArray[np.float64] | None = None
    unit: str = "Value"
    note: str = ""

    @classmethod
    def of(
        cls,
        spectra: NDArray[Any],
        classes_of: NDArray[np.int64],
        n_classes: int,
        good: NDArray[np.bool_],
        wavelengths: NDArray[np.float64] | None = None,
        unit: str = "Value",
    ) -> SpectraSection:
        """Average the spectra of labelled pixels.

        Args:
            spectra: Valid labelled pixels, (n, B).
            classes_of: Class index of each, (n,).
            n_classes: Number of classes, K.
            good: bool (B,), False for bad bands.
            wavelengths: nm, (B,), or None.
            unit: What the values are.
        """
        mean = np.full((n_classes, spectra.shape[1]), np.nan)
        sd = np.full_like(mean, np.nan)
        for k in range(n_classes):
            mine = spectra[classes_of == k].astype(np.float64)
            if len(mine):
                mean[k], sd[k] = mine.mean(axis=0), mine.std(axis=0)
        return cls(mean, sd, good, wavelengths, unit)


@dataclass(frozen=True)
class Folds:
    """The spatially separate parts that the labels were divided into.

    Attributes:
        pixels: Labelled pixels a fold; their number is the number of folds.
        grouping: How they were made, such as "whole polygons, grouped by where they lie".
        gap_pixels: Smallest distance between labels of different folds, in pixels.
        gap_metres: The same in metres, or None when the scene has no metric grid.
        of_class: Whether that is the distance between labels of the same class; those of
            other classes may then lie nearer.
    """

    pixels: tuple[int, ...]
    grouping: str
    gap_pixels: float
    gap_metres: float | None = None
    of_class: bool = False


@dataclass(frozen=True)
class Candidate:
    """A head that was compared with others on the same folds, and how it did there.

    Attributes:
        name: Such as "FiLM".
        description: One line in plain words.
        overall: Overall accuracy over all folds.
        balanced: Balanced accuracy over all folds.
        kappa: Cohen's κ over all folds.
        log_loss: Mean negative log-probability of the true class, in nats.
        per_fold: Overall accuracy a fold.
        weight: Share in the final blend in [0, 1], or None when there is no blend.
        chosen: Whether the model uses it.
    """

    name: str
    description: str
    overall: float
    balanced: float
    kappa: float
    log_loss: float
    per_fold: tuple[float, ...] = ()
    weight: float | None = None
    chosen: bool = False


@dataclass(frozen=True)
class ComparisonSection:
    """Which heads were compared, on which folds, and what was chosen."""

    candidates: tuple[Candidate, ...]
    folds: Folds | None = None
    note: str = ""


@dataclass(frozen=True)
class AccuracySection:
    """Accuracy on pixels that the head had not seen.

    Attributes:
        statement: The sentence that says what the figures were measured on, or that no
            statement is possible and why; see ``cross_validated``, ``on_reference`` and
            ``no_statement``.
        matrix: int64 (K, K), rows map, columns reference; None when no statement is possible.
        note: A sentence below the tables.
    """

    statement: str
    matrix: NDArray[np.int64] | None = None
    note: str = ""


@dataclass(frozen=True)
class AreasSection:
    """Area a class with 95 % intervals.

    Attributes:
        estimates: Made with the area of a pixel in square metres, or with 1 for pixels.
        unit: The unit of the estimates.
        note: A sentence below the table, beside the one about the sampling design.
    """

    estimates: AreaEstimates
    unit: Literal["m²", "pixels"] = "m²"
    note: str = ""


@dataclass(frozen=True)
class CalibrationSection:
    """How far the confidence can be taken at its word.

    Attributes:
        calibration: Confidence beside accuracy.
        kept: What asking for more confidence leaves.
        note: Sentences below the figure.
    """

    calibration: Calibration
    kept: tuple[Kept, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All that a report says; a section that is None is left out.

    Attributes:
        kind: Such as "Training report" or "Accuracy assessment".
        title: What it is about, usually the file's name.
        classes: The classes in the order of every (K,) array of the sections.
        warnings: Sentences that a reader must see first.
        provenance: Names and values in reading order: versions, hashes, seed, device and
            why it was used, time.
        figures: Names and values at the head of the page, where ``accuracy`` has none.
        statement: The sentences below them.
        chapters: What else there is to say, after the other sections.
    """

    kind: str
    title: str
    classes: tuple[LabelClass, ...]
    warnings: tuple[str, ...] = ()
    scene: SceneSection | None = None
    labels: LabelsSection | None = None
    spectra: SpectraSection | None = None
    comparison: ComparisonSection | None = None
    accuracy: AccuracySection | None = None
    areas: AreasSection | None = None
    calibration: CalibrationSection | None = None
    provenance: tuple[tuple[str, str], ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    statement: str = ""
    chapters: tuple[Chapter, ...] = ()


def cross_validated(folds: Folds) -> str:
    """Say what cross-validated accuracy was measured on."""
    between, own_class = f", at least {_distance(folds)} apart", ""
    if folds.of_class:
        between = ""
        own_class = (
            f" and lies at least {_distance(folds)} from the nearest label of the same class that "
            "was trained on; labels of other classes may lie nearer"
        )
    return (
        f"Cross-validated on {len(folds.pixels)} folds of the labels ({folds.grouping}){between}: "
        f"each of the {sum(folds.pixels):,} labelled pixels was classified by a head that had "
        f"seen no label of its fold{own_class}. Ground that differs from the labelled places can "
        "be mapped less well."
    )


def on_reference(pixels: int, polygons: int | None = None) -> str:
    """Say what accuracy against a reference was measured on."""
    places = f" in {polygons:,} polygons" if polygons is not None else ""
    return (
        f"Measured on {pixels:,} reference pixels{places}. It is an honest figure only if "
        "none of them served for training, and it speaks of the whole map only as far as "
        "they were placed by chance."
    )


def no_statement(reason: str) -> str:
    """Say that the labels allow no accuracy figure; ``reason`` completes "because …"."""
    return f"The labels do not allow a statement about accuracy, because {reason.rstrip('.')}."


def _distance(folds: Folds) -> str:
    pixels = f"{folds.gap_pixels:,.0f} pixels" if round(folds.gap_pixels) != 1 else "1 pixel"
    if folds.gap_metres is None:
        return pixels
    return f"{folds.gap_metres:,.0f} m ({pixels})"


def render_report(report: Report) -> str:
    """Return the report as one self-contained HTML page."""
    from .report_page import render  # matplotlib and Jinja2 only when a page is drawn

    return render(report)
