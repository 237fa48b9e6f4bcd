"""How far the figures of a stratified sample may be off: standard errors and intervals.

Of single samples, drawn independently within the map's classes, and of whole polygons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from .assessment import ratio
from .score_interval import ratio_interval, sum_interval

Z95 = 1.959963984540054


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
class Errors:
    """Standard errors: of each class's proportion, and of the accuracies."""

    proportion: NDArray[np.float64]
    users: NDArray[np.float64]
    producers: NDArray[np.float64]
    overall: float


def independent_errors(strata: Strata, sizes: NDArray[np.float64]) -> Errors:
    """Standard errors of Olofsson et al. 2014, eqs 5, 6, 7 and 10."""
    spread = strata.share * (1 - strata.share) / np.maximum(sizes - 1, 1.0)[:, None]
    weighted = strata.weight[:, None] ** 2 * spread
    proportion = strata.proportion
    producers = strata.producers
    own = np.diag(weighted)
    others = weighted.sum(axis=0) - own
    variance = (1 - producers) ** 2 * own + producers**2 * others
    return Errors(
        proportion=np.sqrt(weighted.sum(axis=0)),
        users=np.sqrt(np.diag(spread)),
        producers=ratio(np.sqrt(variance), proportion.sum(axis=0)),
        overall=float(np.sqrt(own.sum())),
    )


@dataclass(frozen=True)
class Intervals:
    """Both ends of the 95 % intervals of what ``Errors`` has the standard errors of."""

    proportion: tuple[NDArray[np.float64], NDArray[np.float64]]
    users: tuple[NDArray[np.float64], NDArray[np.float64]]
    producers: tuple[NDArray[np.float64], NDArray[np.float64]]
    overall: tuple[float, float]


def independent_intervals(
    strata: Strata, counts: NDArray[np.float64], sizes: NDArray[np.float64]
) -> Intervals:
    """Score intervals for samples that are independent within map classes."""
    k = strata.weight.size
    weights = np.repeat(strata.weight[:, None], k, axis=1)
    drawn = np.repeat(sizes[:, None], k, axis=1)
    right = np.diag(counts)
    ends = sum_interval(strata.weight[:, None], right[:, None], sizes[:, None], Z95)
    return Intervals(
        proportion=sum_interval(weights, counts, drawn, Z95),
        users=sum_interval(np.ones((1, k)), right[None], sizes[None], Z95),
        producers=ratio_interval(np.eye(k, dtype=bool), weights, counts, drawn, Z95),
        overall=(float(ends[0][0]), float(ends[1][0])),
    )


def grouped_intervals(strata: Strata, errors: Errors, groups: int) -> Intervals:
    """Wilson intervals for as many samples as the standard errors are worth."""
    quantile = float(stdtrit(max(groups - 1, 1), 0.975))

    def ends(
        estimate: ArrayLike, error: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        p, variance = np.asarray(estimate), np.square(np.asarray(error))
        # where all samples agree, each polygon is one
        worth = np.where(variance > 0, ratio(p * (1 - p), variance), groups)
        return _wilson(p, np.maximum(worth, 1e-9), quantile)

    overall = ends([strata.overall], [errors.overall])
    return Intervals(
        proportion=ends(strata.proportion.sum(axis=0), errors.proportion),
        users=ends(strata.users, errors.users),
        producers=ends(strata.producers, errors.producers),
        overall=(float(overall[0][0]), float(overall[1][0])),
    )


def _wilson(
    share: NDArray[np.float64], samples: NDArray[np.float64], quantile: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the interval of Wilson 1927."""
    extra = quantile**2 / samples
    middle = (share + extra / 2) / (1 + extra)
    variance = np.maximum(share * (1 - share), 0) / samples
    half = quantile / (1 + extra) * np.sqrt(variance + extra / (4 * samples))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def grouped_errors(
    strata: Strata,
    truth: NDArray[np.int64],
    mapped: NDArray[np.int64],
    group: NDArray[np.int64],
    in_stratum: NDArray[np.int64],
) -> Errors:
    """Standard errors from leaving out each polygon in turn."""
    groups, k = in_stratum.shape
    left = np.maximum(in_stratum.sum(axis=0) - in_stratum, 1)
    proportion_se, users_se, producers_se = np.zeros(k), np.zeros(k), np.zeros(k)
    overall = np.zeros(groups)
    for j in range(k):
        here = truth == j
        hits = np.bincount(group[here] * k + mapped[here], minlength=groups * k)
        hits = hits.reshape(groups, k)
        share = (hits.sum(axis=0) - hits) / left
        weighted = share * strata.weight
        column, own = weighted.sum(axis=1), weighted[:, j]
        proportion_se[j] = _jackknife(column)
        users_se[j] = _jackknife(share[:, j])
        known = column > 0
        producers_se[j] = _jackknife(own[known] / column[known])
        overall += own
    return Errors(proportion_se, users_se, producers_se, _jackknife(overall))


def _jackknife(estimates: NDArray[np.float64]) -> float:
    """Standard error from the estimates without each polygon, (polygons,)."""
    groups = estimates.size
    if groups < 2:
        return math.nan
    return float(np.sqrt((groups - 1) * estimates.var()))
