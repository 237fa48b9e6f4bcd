"""What judging finds of samples, class by class, and the same as a table for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..label_classes import LabelClass
from .memorising import Memorising
from .mmd import MmdResult
from .overlap import Coverage, Ellipse
from .spectral_distance import AngleComparison, SpectraComparison
from .verdicts import AVOID, CARE, SEPARABLE, USE, Verdict


@dataclass(frozen=True)
class ClassJudgement:
    """What was found of one class; None or NaN where it could not be.

    Attributes:
        verdict: In plain words.
        reasons: Sentences, the gravest first.
        real: Labelled pixels.
        polygons: Polygons that they lie in.
        samples: Samples.
        spectra: Means and deviations.
        angles: Spectral angles to the class's mean.
        mmd: The two-sample test.
        ellipse: The real pixels' 95 % ellipse in the two components shown.
        in_ellipse: Share of samples inside.
        coverage: Precision and recall.
        diversity: Mean distance between samples over that between real pixels.
        recognised: Share of samples that the independent classifier takes for the class.
        separable: Share of held-out real pixels that it does.
        memorising: The nearest-neighbour test.
        same_kind: Whether held-out patches of this class alone were enough for it.
        placed: Neighbours that prompts place and whose place is right, of ``placeable``.
        placeable: Neighbours that prompts place.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    real: int
    polygons: int
    samples: int
    spectra: SpectraComparison
    angles: AngleComparison | None
    mmd: MmdResult | None
    ellipse: Ellipse | None
    in_ellipse: float
    coverage: Coverage | None
    diversity: float
    recognised: float
    separable: float
    memorising: Memorising | None
    same_kind: bool
    placed: int
    placeable: int


@dataclass(frozen=True)
class Judgement:
    """What was found of a set of samples.

    Attributes:
        classes: Those of the labels, then those that only samples have.
        each: One judgement a class.
        real_places: float64 (n, 2), real pixels in their first two principal components.
        real_classes: int64 (n,), their class indices.
        sample_places: float64 (m, 2), samples there.
        sample_classes: int64 (m,), theirs.
        explained: Share of the real spectra's variance in each of the two.
        held_out: Real patches held out.
        seed: Of thinning and permutations.
    """

    classes: tuple[LabelClass, ...]
    each: tuple[ClassJudgement, ...]
    real_places: NDArray[np.float64]
    real_classes: NDArray[np.int64]
    sample_places: NDArray[np.float64]
    sample_classes: NDArray[np.int64]
    explained: tuple[float, float]
    held_out: int
    seed: int

    @property
    def recognised(self) -> float:
        """Share of samples recognised, in classes that the classifier can judge; NaN if none."""
        able = [found for found in self.each if found.samples and found.separable >= SEPARABLE]
        known = [found for found in able if not math.isnan(found.recognised)]
        total = sum(found.samples for found in known)
        if not total:
            return math.nan
        return sum(found.recognised * found.samples for found in known) / total

    @property
    def placed(self) -> float:
        """Share of the neighbours that prompts place that are there; NaN if they place none."""
        stated = sum(found.placeable for found in self.each)
        return sum(found.placed for found in self.each) / stated if stated else math.nan


def judging_table(judgement: Judgement) -> dict[str, Any]:
    """Return the figures and verdicts ready for JSON; what is undefined is null."""
    rows = []
    for known, found in zip(judgement.classes, judgement.each):
        rows.append(
            {
                "value": known.value,
                "name": known.name,
                "color": known.color,
                "verdict": found.verdict,
                "reasons": list(found.reasons),
                "real_pixels": found.real,
                "real_polygons": found.polygons,
                "samples": found.samples,
                "correlation_of_means": found.spectra.mean_correlation,
                "correlation_of_deviations": found.spectra.sd_correlation,
                "ratio_of_spreads": found.spectra.spread_ratio,
                "spectral_angle": None if found.angles is None else asdict(found.angles),
                "mmd": None if found.mmd is None else asdict(found.mmd),
                "in_ellipse": found.in_ellipse,
                "coverage": None if found.coverage is None else asdict(found.coverage),
                "diversity": found.diversity,
                "recognised": found.recognised,
                "recognised_real": found.separable,
                "memorising": None if found.memorising is None else asdict(found.memorising),
                "layout_right": found.placed,
                "layout_stated": found.placeable,
            }
        )
    verdicts = [found.verdict for found in judgement.each]
    table: dict[str, Any] = _nulled(
        {
            "synthetic": True,
            "classes": rows,
            "verdicts": {kind: verdicts.count(kind) for kind in (USE, CARE, AVOID)},
            "recognised": judgement.recognised,
            "layout_right": judgement.placed,
            "held_out_patches": judgement.held_out,
            "seed": judgement.seed,
        }
    )
    return table


def _nulled(value: Any) -> Any:
    """Return a JSON tree with None for each NaN, which JSON has no word for."""
    if isinstance(value, dict):
        return {key: _nulled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_nulled(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
