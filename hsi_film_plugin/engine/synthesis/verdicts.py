"""The plain verdict on a class's samples: use, use with care, do not use, and why.

The rules are about likeness. Whether samples help a classifier is another question, which
only a comparison with and without them answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .memorising import Memorising
from .mmd import MmdResult
from .spectral_distance import AngleComparison

Verdict = Literal["use", "use with care", "do not use", "not judged"]

USE: Verdict = "use"
CARE: Verdict = "use with care"
AVOID: Verdict = "do not use"
NOT_JUDGED: Verdict = "not judged"

#: Below this many real pixels nobody can say what the class's own spread is.
FEW_REAL = 5
#: Below this many samples a share is too rough to pass on.
FEW_SAMPLES = 10
#: Samples within the class's own spread, as a part of what fresh real pixels would reach:
#: a fifth fewer is still likeness, and with half outside they show something else.
INSIDE_USE, INSIDE_AVOID = 0.8, 0.5
#: The project's own bar for samples that a classifier recognises, or what it finds of the
#: class's real pixels if that is less; below one in two, samples would teach the wrong class.
RECOGNISED_USE, RECOGNISED_AVOID = 0.9, 0.5
#: A classifier that misses more held-out real pixels of a class cannot judge its samples.
SEPARABLE = 0.8
#: Mean distance between samples over that between real pixels: half is a loss of variety, a
#: fifth is one sample over and over; twice as much is more than the class was seen to vary.
DIVERSITY_USE, DIVERSITY_AVOID, DIVERSITY_WIDE = 0.5, 0.2, 2.0
#: Level of the tests on which a sentence depends: one report holds about ten classes.
LEVEL = 0.01
#: Copies are no danger to a map but add nothing to it; a tenth makes the rest suspect.
COPIES_AVOID = 0.1


@dataclass(frozen=True)
class Evidence:
    """What is known of one class's samples; NaN or None where it is not.

    Attributes:
        real: Labelled pixels.
        polygons: Polygons that they lie in.
        samples: Samples.
        angles: Against the class's own spread.
        mmd: The two-sample test.
        recognised: Share of samples that the independent classifier takes for the class.
        separable: Share of held-out real pixels that it does.
        diversity: Mean distance between samples over that between real pixels.
        memorising: The nearest-neighbour test.
    """

    real: int
    polygons: int
    samples: int
    angles: AngleComparison | None = None
    mmd: MmdResult | None = None
    recognised: float = math.nan
    separable: float = math.nan
    diversity: float = math.nan
    memorising: Memorising | None = None


def verdict(found: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and the sentences that it rests on; the gravest come first."""
    if not found.samples:
        return NOT_JUDGED, ("There are no samples of this class.",)
    if not found.real:
        return AVOID, ("The labels hold no real pixel of this class to compare with.",)
    said = [
        *_about_angles(found),
        *_about_recognition(found),
        *_about_diversity(found),
        *_about_copies(found),
        *_about_distribution(found),
        *_about_amount(found),
    ]
    grave = {AVOID: 0, CARE: 1, USE: 2}
    said.sort(key=lambda item: grave[item[0]])
    return said[0][0], tuple(sentence for _, sentence in said)


_Said = list[tuple[Verdict, str]]


def _about_amount(found: Evidence) -> _Said:
    said: _Said = []
    if found.real < FEW_REAL:
        pixels = "1 real pixel" if found.real == 1 else f"{found.real} real pixels"
        said.append((CARE, f"Only {pixels} to compare with: likeness can hardly be judged."))
    elif found.polygons < 2:
        said.append(
            (CARE, "All real pixels lie in one polygon: how the class varies is not known.")
        )
    if found.samples < FEW_SAMPLES:
        said.append((CARE, f"Only {found.samples} samples: the shares are rough."))
    return said


def _about_angles(found: Evidence) -> _Said:
    angles = found.angles
    if angles is None or math.isnan(angles.inside):
        return []
    share = (
        f"{angles.inside:.0%} of the samples lie within the spread of the class's own spectral "
        f"angles ({angles.limit:.1f}°); of real pixels, {angles.expected:.0%} would."
    )
    part = angles.inside / angles.expected
    if part < INSIDE_AVOID and found.real >= FEW_REAL:
        return [(AVOID, f"Only {share}")]
    if part < INSIDE_USE:
        return [(CARE, f"Only {share}")]
    return [(USE, share)]


def _about_recognition(found: Evidence) -> _Said:
    if math.isnan(found.separable):
        why = "the labels of this class lie in one place only, so it cannot be tested"
        return [(CARE, f"An independent classifier cannot judge these samples: {why}.")]
    if found.separable < SEPARABLE or math.isnan(found.recognised):
        why = f"it finds only {found.separable:.0%} of the class's own held-out pixels"
        return [(CARE, f"An independent classifier cannot judge these samples: {why}.")]
    share = (
        f"an independent classifier takes {found.recognised:.0%} of the samples for the class "
        f"(held-out real pixels: {found.separable:.0%})"
    )
    if found.recognised < RECOGNISED_AVOID:
        return [(AVOID, f"Only few are recognised: {share}.")]
    if found.recognised < min(RECOGNISED_USE, found.separable):
        return [(CARE, f"Not all are recognised: {share}.")]
    return [(USE, f"They are recognised: {share}.")]


def _about_diversity(found: Evidence) -> _Said:
    if math.isnan(found.diversity) or found.real < FEW_REAL:
        return []
    ratio = f"the mean distance between them is {found.diversity:.2f} times that of real pixels"
    if found.diversity < DIVERSITY_AVOID:
        return [(AVOID, f"The samples are nearly all the same: {ratio}.")]
    if found.diversity < DIVERSITY_USE:
        return [(CARE, f"The samples vary too little: {ratio}.")]
    if found.diversity > DIVERSITY_WIDE:
        return [(CARE, f"The samples vary more than the class was seen to: {ratio}.")]
    return [(USE, f"They vary as the class does: {ratio}.")]


def _about_copies(found: Evidence) -> _Said:
    near = found.memorising
    if near is None:
        return [(CARE, "Too few real patches are held out to look for memorised samples.")]
    if near.p >= LEVEL:
        return [
            (
                USE,
                f"No more samples lie close to a training patch than chance allows: {near.copies} "
                f"of {near.samples}.",
            )
        ]
    share = (
        f"{near.copies} of {near.samples} samples are nearly copies of training patches "
        f"(at least {near.copies_low:.0%} of all that would be made)"
    )
    if near.copies_low > COPIES_AVOID:
        return [(AVOID, f"Memorised: {share}.")]
    return [(CARE, f"Some are memorised: {share}.")]


def _about_distribution(found: Evidence) -> _Said:
    test = found.mmd
    if test is None or math.isnan(test.p_polygons):
        return []
    if test.p_polygons >= LEVEL:
        return []
    if not math.isnan(test.own) and test.mmd2 <= test.own:
        return []
    return [
        (
            CARE,
            "Their distribution differs from that of the real pixels "
            f"(MMD² {test.mmd2:.3f}, p = {test.p_polygons:.3f}, with a polygon as the unit) by "
            "more than the class's own polygons differ from each other.",
        )
    ]
