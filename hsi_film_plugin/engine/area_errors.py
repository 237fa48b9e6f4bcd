"""How far the figures of a stratified sample may be off: standard errors and intervals.

Of single samples, drawn independently within the map's classes, and of whole polygons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .assessment import ratio
from .score_interval import ratio_interval, sum_interval

Z95 = 1.959963984540054
#: Shares that differ by less are the same.
ROUNDING = 1e-12
#: Low and high ends, (K,) each.
Ends = tuple[NDArray[np.float64], NDArray[np.float64]]
#: Polygons that the assumption weighs as much as, that all pixels of a polygon say the same.
PRIOR_POLYGONS = 1.0


@dataclass(frozen=True)
class Strata:
    """The map's classes as strata: ``weight`` is 0 where there are too few samples."""

    weight: NDArray[np.float64]  # (K,), W_i of the covered map, sums to 1
    share: NDArray[np.float64]  # (K, K), n_ij / n_i., 0 in strata left out
    enough: NDArray[np.bool_]  # (K,)
    reference: NDArray[np.float64]  # (K,), samples a reference class in the covered map
    mapped_area: NDArray[np.float64]  # (K,)
    samples: int

    @classmethod
    def of(
        cls,
        counts: NDArray[np.float64],
        mapped_pixels: ArrayLike,
        pixel_area: float,
        enough: NDArray[np.bool_],
    ) -> Strata:
        """Return the strata of a sample, (K, K) counts; see ``area_estimates``."""
        mapped_area = np.asarray(mapped_pixels, dtype=np.float64) * pixel_area
        covered = np.where(enough, mapped_area, 0.0)
        total = covered.sum()
        kept = np.where(enough[:, None], counts, 0.0)
        rows = np.maximum(kept.sum(axis=1, keepdims=True), 1.0)
        return cls(
            weight=covered / total if total else np.zeros_like(covered),
            share=kept / rows,
            enough=enough,
            reference=kept[mapped_area > 0].sum(axis=0),
            mapped_area=mapped_area,
            samples=int(counts.sum()),
        )

    @property
    def proportion(self) -> NDArray[np.float64]:
        """Estimated share of the covered map in each cell, (K, K) (eq. 4)."""
        return self.weight[:, None] * self.share

    @property
    def users(self) -> NDArray[np.float64]:
        """User's accuracies, (K,) (eq. 2)."""
        return np.diag(self.share)

    @property
    def producers(self) -> NDArray[np.float64]:
        """Producer's accuracies, (K,), NaN without the class (eq. 3)."""
        return ratio(np.diag(self.proportion), self.proportion.sum(axis=0))

    @property
    def overall(self) -> float:
        """Overall accuracy (eq. 1)."""
        return float(np.trace(self.proportion))


@dataclass(frozen=True)
class Figures:
    """One number for each figure: for each class's proportion, and for the accuracies."""

    proportion: NDArray[np.float64]
    users: NDArray[np.float64]
    producers: NDArray[np.float64]
    overall: float

    @classmethod
    def ones(cls, k: int) -> Figures:
        """Return 1 for each figure of K classes."""
        return cls(np.ones(k), np.ones(k), np.ones(k), 1.0)


def independent_errors(strata: Strata, sizes: NDArray[np.float64]) -> Figures:
    """Standard errors of Olofsson et al. 2014, eqs 5, 6, 7 and 10."""
    spread = strata.share * (1 - strata.share) / np.maximum(sizes - 1, 1.0)[:, None]
    weighted = strata.weight[:, None] ** 2 * spread
    proportion = strata.proportion
    producers = strata.producers
    own = np.diag(weighted)
    others = weighted.sum(axis=0) - own
    variance = (1 - producers) ** 2 * own + producers**2 * others
    return Figures(
        proportion=np.sqrt(weighted.sum(axis=0)),
        users=np.sqrt(np.diag(spread)),
        producers=ratio(np.sqrt(variance), proportion.sum(axis=0)),
        overall=float(np.sqrt(own.sum())),
    )


@dataclass(frozen=True)
class Intervals:
    """Both ends of the 95 % intervals of each figure."""

    proportion: Ends
    users: Ends
    producers: Ends
    overall: tuple[float, float]


def independent_intervals(strata: Strata, sizes: NDArray[np.float64]) -> Intervals:
    """Score intervals for samples that are independent within map classes.

    Args:
        strata: The sample.
        sizes: Pixels a map class, (K,).
    """
    weights = np.repeat(strata.weight[:, None], sizes.size, axis=1)
    drawn = np.repeat(np.maximum(sizes, 1e-9)[:, None], sizes.size, axis=1)
    area = sum_interval(weights, strata.share * drawn, drawn, Z95)
    return Intervals(area, *_accuracy_intervals(strata, sizes, Figures.ones(sizes.size)))


def grouped_intervals(
    strata: Strata,
    grouped: Figures,
    telling: Figures,
    in_stratum: NDArray[np.int64],
    in_class: NDArray[np.int64],
) -> Intervals:
    """Intervals with polygons as the sampling units.

    A proportion's is Wilson's for as many independent samples as have its standard error (Korn
    and Graubard 1998). An accuracy rests on the few polygons that disagree with the map, so its
    is a score interval for the pixels divided by a design effect (Rao and Scott 1992).

    Args:
        strata: The sample.
        grouped: Standard errors with polygons as the sampling units.
        telling: How many polygons they rest on.
        in_stratum: Pixels of each polygon in each map class, (polygons, K).
        in_class: Pixels of each polygon of each class on the ground, (polygons, K).
    """
    sizes = in_stratum.sum(axis=0).astype(np.float64)
    alone = independent_errors(strata, sizes)
    share = strata.proportion.sum(axis=0)
    variance = np.maximum(grouped.proportion, alone.proportion) ** 2
    # where all samples agree, each polygon is one
    worth = np.where(variance > 0, ratio(share * (1 - share), variance), len(in_stratum))[None]
    area = sum_interval(np.ones_like(worth), share * worth, worth, Z95)
    effects = design_effects(alone, grouped, telling, in_stratum, in_class)
    return Intervals(area, *_accuracy_intervals(strata, sizes, effects))


def _accuracy_intervals(
    strata: Strata, sizes: NDArray[np.float64], effects: Figures
) -> tuple[Ends, Ends, tuple[float, float]]:
    """Return score intervals of user's, producer's and overall accuracies."""
    k = sizes.size
    drawn, right = np.maximum(sizes, 1e-9), strata.users
    single = (drawn / effects.users)[None]
    users = sum_interval(np.ones((1, k)), right * single, single, Z95)
    weights = np.repeat(strata.weight[:, None], k, axis=1)
    found = drawn[:, None] / effects.producers
    own = np.eye(k, dtype=bool)
    producers = ratio_interval(own, weights, strata.share * found, found, Z95)
    whole = drawn[:, None] / effects.overall
    low, high = sum_interval(strata.weight[:, None], right[:, None] * whole, whole, Z95)
    return users, producers, (float(low[0]), float(high[0]))


def design_effects(
    alone: Figures,
    grouped: Figures,
    telling: Figures,
    in_stratum: NDArray[np.int64],
    in_class: NDArray[np.int64],
) -> Figures:
    """Return how many pixels of polygons say as much as one independent sample.

    The variance with polygons as the sampling units over that of as many independent pixels.
    Where it rests on few polygons it is hardly known, and is drawn towards the size of a
    polygon, as if all pixels of a polygon said the same.

    Args:
        alone: Standard errors as if pixels were independent.
        grouped: Standard errors with polygons as the sampling units.
        telling: How many polygons they rest on.
        in_stratum: Pixels of each polygon in each map class, (polygons, K).
        in_class: Pixels of each polygon of each class on the ground, (polygons, K).
    """

    def effect(
        above: ArrayLike, below: ArrayLike, polygons: ArrayLike, size: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        found = ratio(np.square(np.nan_to_num(above)), np.square(np.nan_to_num(below)))
        weight = np.where(np.isnan(found), 0.0, polygons)
        total = weight * np.nan_to_num(found) + PRIOR_POLYGONS * size
        return np.maximum(total / (weight + PRIOR_POLYGONS), 1.0)

    size = alike_size(in_stratum.sum(axis=1, keepdims=True))
    return Figures(
        effect(grouped.proportion, alone.proportion, telling.proportion, size),
        effect(grouped.users, alone.users, telling.users, alike_size(in_stratum)),
        effect(grouped.producers, alone.producers, telling.producers, alike_size(in_class)),
        float(effect([grouped.overall], [alone.overall], [telling.overall], size)[0]),
    )


def alike_size(pixels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the size of polygons of one size that would count as much as those, (K,)."""
    counts = pixels.astype(np.float64)
    found: NDArray[np.float64] = (counts**2).sum(axis=0) / np.maximum(counts.sum(axis=0), 1.0)
    return found


def grouped_errors(
    strata: Strata,
    truth: NDArray[np.int64],
    mapped: NDArray[np.int64],
    group: NDArray[np.int64],
    in_stratum: NDArray[np.int64],
) -> tuple[Figures, Figures]:
    """Return standard errors from leaving out each polygon in turn, and their polygons."""
    groups, k = in_stratum.shape
    left = np.maximum(in_stratum.sum(axis=0) - in_stratum, 1)
    errors, telling = np.zeros((3, k)), np.zeros((3, k))
    overall = np.zeros(groups)
    for j in range(k):
        here = truth == j
        hits = np.bincount(group[here] * k + mapped[here], minlength=groups * k)
        hits = hits.reshape(groups, k)
        share = (hits.sum(axis=0) - hits) / left
        weighted = share * strata.weight
        column, own = weighted.sum(axis=1), weighted[:, j]
        known = column > 0
        errors[0, j], telling[0, j] = _jackknife(column)
        errors[1, j], telling[1, j] = _jackknife(share[:, j])
        errors[2, j], telling[2, j] = _jackknife(own[known] / column[known])
        overall += own
    overall_error, overall_telling = _jackknife(overall)
    return (
        Figures(errors[0], errors[1], errors[2], overall_error),
        Figures(telling[0], telling[1], telling[2], overall_telling),
    )


def _jackknife(estimates: NDArray[np.float64]) -> tuple[float, float]:
    """Return the standard error from the estimates without each polygon, (polygons,).

    And how many polygons it rests on: all where all weigh alike, one where one decides.
    """
    if estimates.size < 2:
        return math.nan, 0.0
    if np.ptp(estimates) < ROUNDING:
        return 0.0, 0.0
    squared = np.square(estimates - estimates.mean())
    telling = squared.sum() ** 2 / np.square(squared).sum()
    return float(np.sqrt((estimates.size - 1) * squared.mean())), float(telling)
