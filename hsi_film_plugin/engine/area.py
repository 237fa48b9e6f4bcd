"""How much of the ground each class covers, with intervals that can be trusted.

A map's own pixel counts are biased by its errors. The stratified estimator of Olofsson et
al. 2014 corrects them by the reference samples. As everywhere in the engine, rows of a
confusion matrix are the map's classes and columns the reference's.

Pure functions on numpy arrays. A figure that cannot be estimated is NaN, never 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .assessment import confusion_matrix, defined, ratio

Z95 = 1.959963984540054

NO_SAMPLES = "too few reference samples where the map shows this class"
NO_REFERENCE = "no reference sample of this class"
NO_SPREAD = "all samples agree, so no interval can be given"


@dataclass(frozen=True)
class AreaEstimate:
    """One class's area as the reference samples correct it; NaN where not estimable.

    Attributes:
        mapped_area: Area that the map shows, in units of ``pixel_area``.
        area: Error-adjusted area (Olofsson et al. 2014, eqs 9 and 11).
        standard_error: Its standard error (eqs 10 and 11).
        low: Lower end of the 95 % interval, never below 0.
        high: Upper end of the 95 % interval.
        users: User's accuracy and, in ``users_se``, its standard error (eqs 2 and 6).
        users_se: Standard error of ``users``.
        producers: Producer's accuracy weighted by mapped area (eqs 3 and 7).
        producers_se: Standard error of ``producers``.
        remark: Why a figure is missing; empty if none is.
    """

    mapped_area: float
    area: float
    standard_error: float
    low: float
    high: float
    users: float
    users_se: float
    producers: float
    producers_se: float
    remark: str


@dataclass(frozen=True)
class AreaEstimates:
    """Areas of all classes, and the accuracy weighted by mapped area.

    Attributes:
        classes: One estimate a class.
        overall: Overall accuracy weighted by mapped area (eq. 1).
        overall_se: Its standard error (eq. 5).
        total_area: Area of the whole map.
        left_out_area: Area of map classes with too few samples; no figure speaks of it.
        samples: Number of reference pixels behind the figures.
        groups: Number of polygons that were taken as the sampling units, or None when every
            pixel counted as a sample of its own.
    """

    classes: tuple[AreaEstimate, ...]
    overall: float
    overall_se: float
    total_area: float
    left_out_area: float
    samples: int
    groups: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON: those not estimable are None."""
        return {
            "overall_accuracy": defined(self.overall),
            "overall_accuracy_se": defined(self.overall_se),
            "total_area": self.total_area,
            "left_out_area": self.left_out_area,
            "samples": self.samples,
            "polygons": self.groups,
            "classes": [
                {
                    "mapped_area": entry.mapped_area,
                    "area": defined(entry.area),
                    "standard_error": defined(entry.standard_error),
                    "low_95": defined(entry.low),
                    "high_95": defined(entry.high),
                    "users_accuracy": defined(entry.users),
                    "users_accuracy_se": defined(entry.users_se),
                    "producers_accuracy": defined(entry.producers),
                    "producers_accuracy_se": defined(entry.producers_se),
                    "remark": entry.remark,
                }
                for entry in self.classes
            ],
        }


def area_estimates(
    matrix: ArrayLike, mapped_pixels: ArrayLike, pixel_area: float = 1.0
) -> AreaEstimates:
    """Estimate each class's area from samples drawn independently within map classes.

    The stratified estimator of Olofsson et al. 2014, "Good practices for estimating area and
    assessing accuracy of land change", Remote Sensing of Environment 148: the strata are the
    map's classes. A map class with fewer than two samples is left out and its area is told
    in ``left_out_area``; a class absent from the reference gets no estimate.

    For reference *polygons*, whose pixels resemble each other, ``polygon_area_estimates``
    gives the honest interval.

    Args:
        matrix: Sample counts (K, K), rows map, columns reference.
        mapped_pixels: Pixels of each class in the whole map, (K,).
        pixel_area: Area of one pixel; its unit is the unit of all areas.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    stratum_sizes = counts.sum(axis=1)
    strata = _Strata.of(counts, mapped_pixels, pixel_area, stratum_sizes >= 2)
    return _assemble(strata, _independent_errors(strata, stratum_sizes), Z95, None)


def polygon_area_estimates(
    reference: ArrayLike,
    predicted: ArrayLike,
    polygons: ArrayLike,
    mapped_pixels: ArrayLike,
    pixel_area: float = 1.0,
) -> AreaEstimates:
    """Estimate each class's area with whole polygons as the sampling units.

    The point estimates are those of ``area_estimates``. The standard errors come from the
    linearised residuals of each polygon (the ultimate-cluster variance; Särndal, Swensson,
    Wretman 1992, sections 5.5 and 7.6) and the interval from Student's t with one degree of
    freedom less than there are polygons, because neighbouring pixels are no independent
    samples: counting them as such makes the interval several times too narrow.

    Args:
        reference: Class index of each reference pixel, (n,).
        predicted: Class index of the map there, (n,).
        polygons: Any integer id of the polygon that the pixel belongs to, (n,).
        mapped_pixels: Pixels of each class in the whole map, (K,).
        pixel_area: Area of one pixel; its unit is the unit of all areas.
    """
    truth = np.asarray(reference, dtype=np.int64)
    mapped = np.asarray(predicted, dtype=np.int64)
    k = np.asarray(mapped_pixels).size
    ids, group = np.unique(np.asarray(polygons), return_inverse=True)
    group = group.reshape(-1)
    in_stratum = np.bincount(group * k + mapped, minlength=ids.size * k).reshape(-1, k)
    counts = confusion_matrix(truth, mapped, k).astype(np.float64)
    enough = ((in_stratum > 0).sum(axis=0) >= 2) & (ids.size >= 3)
    strata = _Strata.of(counts, mapped_pixels, pixel_area, enough)
    errors = _grouped_errors(strata, truth, mapped, group, in_stratum)
    return _assemble(strata, errors, student_t95(ids.size - 1), int(ids.size))


def student_t95(degrees: int) -> float:
    """Return the two-sided 95 % quantile of Student's t, within 1 % for 2 degrees or more.

    The Cornish-Fisher expansion (Abramowitz and Stegun 1964, 26.7.5). NaN below 2 degrees.
    """
    if degrees < 2:
        return math.nan
    z = Z95
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / degrees**power for power, term in enumerate(terms))


@dataclass(frozen=True)
class _Strata:
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
    ) -> _Strata:
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


@dataclass(frozen=True)
class _Errors:
    """Standard errors: of each class's proportion, and of the accuracies."""

    proportion: NDArray[np.float64]
    users: NDArray[np.float64]
    producers: NDArray[np.float64]
    overall: float


def _independent_errors(strata: _Strata, sizes: NDArray[np.float64]) -> _Errors:
    """Standard errors of Olofsson et al. 2014, eqs 5, 6, 7 and 10."""
    spread = strata.share * (1 - strata.share) / np.maximum(sizes - 1, 1.0)[:, None]
    weighted = strata.weight[:, None] ** 2 * spread
    proportion = strata.proportion
    producers = ratio(np.diag(proportion), proportion.sum(axis=0))
    own = np.diag(weighted)
    others = weighted.sum(axis=0) - own
    variance = (1 - producers) ** 2 * own + producers**2 * others
    return _Errors(
        proportion=np.sqrt(weighted.sum(axis=0)),
        users=np.sqrt(np.diag(spread)),
        producers=ratio(np.sqrt(variance), proportion.sum(axis=0)),
        overall=float(np.sqrt(own.sum())),
    )


def _grouped_errors(
    strata: _Strata,
    truth: NDArray[np.int64],
    mapped: NDArray[np.int64],
    group: NDArray[np.int64],
    in_stratum: NDArray[np.int64],
) -> _Errors:
    """Standard errors from each polygon's linearised residual."""
    groups, k = in_stratum.shape
    sizes = np.maximum(in_stratum.sum(axis=0), 1)
    total = strata.proportion.sum(axis=0)
    producers = ratio(np.diag(strata.proportion), total)
    proportion_se, users_se, producers_se = np.zeros(k), np.zeros(k), np.zeros(k)
    overall = np.zeros(groups)
    for j in range(k):
        here = truth == j
        hits = np.bincount(group[here] * k + mapped[here], minlength=groups * k)
        residual = (hits.reshape(groups, k) - strata.share[:, j] * in_stratum) / sizes
        weighted = residual * strata.weight
        column, own = weighted.sum(axis=1), weighted[:, j]
        proportion_se[j] = _root_sum_of_squares(column)
        users_se[j] = _root_sum_of_squares(residual[:, j])
        if total[j] > 0:
            producers_se[j] = _root_sum_of_squares((own - producers[j] * column) / total[j])
        overall += own
    return _Errors(proportion_se, users_se, producers_se, _root_sum_of_squares(overall))


def _root_sum_of_squares(residual: NDArray[np.float64]) -> float:
    """Standard error of a total whose polygons' residuals add up to 0."""
    groups = residual.size
    if groups < 2:
        return math.nan
    return float(np.sqrt(groups / (groups - 1) * (residual**2).sum()))


def _assemble(
    strata: _Strata, errors: _Errors, quantile: float, groups: int | None
) -> AreaEstimates:
    covered_area = float(strata.mapped_area[strata.enough].sum())
    total_area = float(strata.mapped_area.sum())
    return AreaEstimates(
        classes=tuple(
            _class_estimate(strata, errors, j, covered_area, quantile)
            for j in range(strata.weight.size)
        ),
        overall=float(np.trace(strata.proportion)) if covered_area else math.nan,
        overall_se=errors.overall if covered_area else math.nan,
        total_area=total_area,
        left_out_area=total_area - covered_area,
        samples=strata.samples,
        groups=groups,
    )


def _class_estimate(
    strata: _Strata, errors: _Errors, j: int, covered_area: float, quantile: float
) -> AreaEstimate:
    mapped_area = float(strata.mapped_area[j])
    proportion = strata.proportion
    estimable, remark = True, ""
    if mapped_area > 0 and not strata.enough[j]:
        estimable, remark = False, NO_SAMPLES
    elif strata.reference[j] == 0:
        estimable, remark = False, NO_REFERENCE
    area = float(proportion[:, j].sum()) * covered_area if estimable else math.nan
    error = float(errors.proportion[j]) * covered_area if estimable else math.nan
    if error == 0:
        error, remark = math.nan, NO_SPREAD
    sampled, found = bool(strata.enough[j]), estimable and area > 0
    return AreaEstimate(
        mapped_area=mapped_area,
        area=area,
        standard_error=error,
        low=max(0.0, area - quantile * error) if not math.isnan(error) else math.nan,
        high=min(covered_area, area + quantile * error) if not math.isnan(error) else math.nan,
        users=float(strata.share[j, j]) if sampled else math.nan,
        users_se=float(errors.users[j]) if sampled else math.nan,
        producers=float(proportion[j, j] / proportion[:, j].sum()) if found else math.nan,
        producers_se=float(errors.producers[j]) if found else math.nan,
        remark=remark,
    )
