"""The chapters of the judging report that hold figures, each with how it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..report_chapter import Cell, Chapter, Plot, Row, Table
from ..report_page import UNKNOWN, decimal, percent
from ..report_pictures import safe_colour
from .judgement import ClassJudgement, Judgement
from .judging_plots import common_limits, places_plot, spectra_plot
from .mmd import LITTLE_POWER
from .verdicts import SEPARABLE

if TYPE_CHECKING:
    from .sample_set import SampleSet


def spectra_chapter(judgement: Judgement, samples: SampleSet) -> Chapter:
    """Return mean and spread of the spectra, real and synthetic, a panel a class."""
    wavelengths = None
    if samples.bands.wavelengths is not None:
        wavelengths = np.array(samples.bands.wavelengths, np.float64)
    shown = _shown(judgement)
    limits = common_limits([found.spectra for _, found in shown])
    panels, rows = [], []
    for index, found in shown:
        one = found.spectra
        color = safe_colour(judgement.classes[index].color)
        panels.append(
            Plot(
                spectra_plot(one, f"spectra-{index}", color, wavelengths, limits),
                class_index=index,
            )
        )
        rows.append(
            Row(
                figures(
                    decimal(one.mean_correlation),
                    decimal(one.sd_correlation),
                    decimal(one.spread_ratio, 2),
                    decimal(found.diversity, 2),
                ),
                index,
            )
        )
    columns = (
        "Class",
        "Correlation of means",
        "Correlation of deviations",
        "Spread, synthetic / real",
        "Distance between samples / real pixels",
    )
    note = (
        "The spread is the root of the variance summed over all bands; the last column is the mean "
        "distance between two spectra in whitened components: well below 1, the samples repeat "
        "themselves."
    )
    return Chapter(
        "spectra",
        "Spectra, real and synthetic",
        "Colour: mean of the real labelled pixels and one standard deviation either side. "
        "Dashed: mean of the samples’ centre pixels; dotted: one standard deviation either side. "
        f"Over {'band' if wavelengths is None else 'wavelength in nm'}; all panels share one "
        "scale, which single bands can leave.",
        tables=(Table(columns, tuple(rows), note),),
        panels=tuple(panels),
    )


def angles_chapter(judgement: Judgement) -> Chapter | None:
    """Return the angles of the samples beside those of the class's own pixels."""
    rows = []
    for index, found in _shown(judgement):
        angles = found.angles
        if angles is not None:
            rows.append(
                Row(
                    figures(
                        decimal(angles.median, 2),
                        decimal(angles.high, 2),
                        decimal(angles.own_median, 2),
                        decimal(angles.limit, 2),
                        percent(angles.inside),
                        percent(angles.expected),
                    ),
                    index,
                )
            )
    if not rows:
        return None
    columns = (
        "Class",
        "Median (°)",
        "90 % below (°)",
        "Real, median (°)",
        "Real, 95 % below (°)",
        "Samples within",
        "Expected",
    )
    note = (
        "Angles between a spectrum and the mean of the class’s real pixels; a real pixel’s is "
        "taken to the mean of the others. Expected is the share of further real pixels that would "
        "lie within, below 95 % where there are fewer than 19 to tell."
    )
    return Chapter("angles", "Spectral angle", tables=(Table(columns, tuple(rows), note),))


def distribution_chapter(judgement: Judgement) -> Chapter | None:
    """Return the two-sample test."""
    rows = []
    for index, found in _shown(judgement):
        test = found.mmd
        if test is not None:
            few = test.polygons < LITTLE_POWER
            units = f"{test.polygons}{' (little power)' if few else ''}"
            rows.append(
                Row(
                    figures(
                        decimal(test.mmd2),
                        decimal(test.own),
                        _chance(test.p_polygons),
                        units,
                        _chance(test.p_pixels),
                    ),
                    index,
                )
            )
    if not rows:
        return None
    columns = (
        "Class",
        "MMD²",
        "Between own polygons",
        "p, polygons",
        "Polygons",
        "p, pixels",
    )
    notes = (
        "Maximum mean discrepancy of real and synthetic spectra (Gaussian kernel, width by the "
        "median distance, in up to 10 whitened components): 0 for equal distributions, and by "
        "chance below. Beside it, the same between halves of the class’s own polygons.",
        "A small p says that the distributions differ. Pixels of one polygon are alike, so the "
        "test that counts takes one pixel of each polygon at a time; the last column takes pixels "
        "as independent and so finds differences too easily. With few polygons the test has "
        f"little power (marked below {LITTLE_POWER}): a large p is then no proof of likeness.",
    )
    return Chapter(
        "distribution",
        "Distribution as a whole",
        tables=(Table(columns, tuple(rows)),),
        notes=notes,
    )


def places_chapter(judgement: Judgement) -> Chapter:
    """Return where the samples lie among the real spectra, a panel a class."""
    panels, rows = [], []
    for index, found in _shown(judgement):
        color = safe_colour(judgement.classes[index].color)
        panels.append(Plot(places_plot(judgement, index, color), class_index=index))
        near = found.coverage
        rows.append(
            Row(
                figures(
                    percent(found.in_ellipse),
                    UNKNOWN if near is None else percent(near.precision),
                    UNKNOWN if near is None else percent(near.recall),
                    UNKNOWN if near is None else str(near.neighbours),
                ),
                index,
            )
        )
    note = (
        "Precision: samples within reach of a real pixel; recall: real pixels within reach of a "
        "sample; reach is the distance to the k-th neighbour among ten whitened components "
        "(Kynkäänniemi et al. 2019), with as many samples as there are real pixels. Both are "
        "rough where pixels are few."
    )
    columns = ("Class", "Samples in the ellipse", "Precision", "Recall", "k")
    return Chapter(
        "places",
        "Among the real spectra",
        "The two components in which the real labelled spectra vary most. Dots in colour: real "
        "pixels of the class, with the ellipse that 95 % of further ones would fall into; crosses: "
        "samples; small grey dots: real pixels of the other classes. All panels share one "
        "scale, which single points can leave.",
        tables=(Table(columns, tuple(rows), note),),
        panels=tuple(panels),
    )


def recognition_chapter(judgement: Judgement) -> Chapter:
    """Return what the independent classifier says, and whether layouts are as prompted."""
    rows = []
    placed = any(found.placeable for found in judgement.each)
    for index, found in _shown(judgement):
        judged = found.separable >= SEPARABLE
        layout = f"{found.placed} of {found.placeable}" if found.placeable else UNKNOWN
        cells = (
            *figures(percent(found.recognised), percent(found.separable)),
            Cell(("can be judged" if judged else "cannot be judged",), numeric=False),
        )
        rows.append(Row((*cells, *(figures(layout) if placed else ())), index))
    columns: tuple[str, ...] = (
        "Class",
        "Samples recognised",
        "Real pixels recognised",
        "So the samples",
    )
    notes = [
        "A support vector machine, trained on the real labelled pixels alone. Real pixels are "
        "those of held-out places, classified by a machine that had not seen their place; a class "
        f"of which it finds less than {SEPARABLE:.0%} there cannot be judged by it."
    ]
    if placed:
        columns = (*columns, "Neighbours in place")
        notes.append(
            "Neighbours in place: of the neighbours that prompts place, such as “with … to the "
            "north-east”, those that the draft map of the sample has there or in the next of the "
            "eight directions. Chance alone would place about 3 of 8."
        )
    facts = [("Samples recognised, in classes it can judge", percent(judgement.recognised))]
    if placed:
        facts.append(("Neighbours in place, all classes", percent(judgement.placed)))
    return Chapter(
        "recognition",
        "Recognised by an independent classifier",
        facts=tuple(facts),
        tables=(Table(columns, tuple(rows)),),
        notes=tuple(notes),
    )


def copies_chapter(judgement: Judgement) -> Chapter:
    """Return the search for memorised patches."""
    rows = []
    for index, found in _shown(judgement):
        near = found.memorising
        if near is None:
            cells = figures(*([UNKNOWN] * 6))
        else:
            kind = f"{near.held_out}{'' if found.same_kind else ' (all classes)'}"
            cells = figures(
                kind,
                percent(near.below_5),
                percent(near.below_1),
                f"{near.copies} of {near.samples}",
                f"{percent(near.copies_low)} – {percent(near.copies_high)}",
                _chance(near.p),
            )
        rows.append(Row(cells, index))
    columns = (
        "Class",
        "Held-out patches",
        "Nearer than 5 % of them",
        "Nearer than 1 %",
        "Near copies",
        "95 % interval",
        "p",
    )
    notes = (
        "Whole patches, compared with every training patch in all eight turns and mirrorings, "
        "beside real patches that no training has seen, of the same class by the draft map where "
        "there are 20 of them. A sample is a near copy if it is nearer to a training patch than "
        "99 % of the held-out ones are, and so by far the nearest one. p: the chance of as many "
        "from a synthesizer that copies nothing.",
        "Samples that are smoother than the held-out patches lie nearer to all training patches, "
        "and are no copies: that is why nearness alone, in the columns before, does not count. "
        "Patches put together of parts of two training patches are not found.",
    )
    return Chapter(
        "memorising",
        "Invented, or remembered?",
        tables=(Table(columns, tuple(rows)),),
        notes=notes,
    )


def _shown(judgement: Judgement) -> list[tuple[int, ClassJudgement]]:
    """Return the classes that have samples."""
    return [(index, found) for index, found in enumerate(judgement.each) if found.samples]


def _chance(p: float) -> str:
    return "< 0.001" if p < 0.001 else decimal(p)


def figures(*values: str) -> tuple[Cell, ...]:
    """Return cells with a figure each."""
    return tuple(Cell((value,)) for value in values)
