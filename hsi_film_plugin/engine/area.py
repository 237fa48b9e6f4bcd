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
from numpy.typing import ArrayLike

from .area_errors import (
    Figures,
    Intervals,
    Strata,
    grouped_errors,
    grouped_intervals,
    independent_errors,
    independent_intervals,
)
from .assessment import confusion_matrix, defined

NO_SAMPLES = "too few reference samples where the map shows this class"
NO_REFERENCE = "no reference sample of this class"
NO_SPREAD = "all samples agree, so no standard error can be given"


@dataclass(frozen=True)
class AreaEstimate:
    """One class's area as the reference samples correct it; NaN where not estimable.

    Attributes:
        mapped_area: Area that the map shows, in units of ``pixel_area``.
        area: Error-adjusted area (Olofsson et al. 2014, eqs 9 and 11).
        standard_error: Its standard error (eqs 10 and 11).
        low: Lower end of the 95 % interval, never below 0.
        high: Upper end of the 95 % interval, which need not lie as far from ``area``.
        users: User's accuracy and, in ``users_se``, its standard error (eqs 2 and 6).
        users_se: Standard error of ``users``.
        users_low: Lower end of its 95 % interval.
        users_high: Upper end of its 95 % interval.
        producers: Producer's accuracy weighted by mapped area (eqs 3 and 7).
        producers_se: Standard error of ``producers``.
        producers_low: Lower end of its 95 % interval.
        producers_high: Upper end of its 95 % interval.
        remark: Why a figure is missing; empty if none is.
    """

    mapped_area: float
    area: float
    standard_error: float
    low: float
    high: float
    users: float
    users_se: float
    users_low: float
    users_high: float
    producers: float
    producers_se: float
    producers_low: float
    producers_high: float
    remark: str


@dataclass(frozen=True)
class AreaEstimates:
    """Areas of all classes, and the accuracy weighted by mapped area.

    Attributes:
        classes: One estimate a class.
        overall: Overall accuracy weighted by mapped area (eq. 1).
        overall_se: Its standard error (eq. 5).
        overall_low: Lower end of its 95 % interval.
        overall_high: Upper end of its 95 % interval.
        total_area: Area of the whole map.
        left_out_area: Area of map classes with too few samples; no figure speaks of it.
        samples: Number of reference pixels behind the figures.
        groups: Number of polygons that were taken as the sampling units, or None when every
            pixel counted as a sample of its own.
    """

    classes: tuple[AreaEstimate, ...]
    overall: float
    overall_se: float
    overall_low: float
    overall_high: float
    total_area: float
    left_out_area: float
    samples: int
    groups: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON: those not estimable are None."""
        return {
            "overall_accuracy": defined(self.overall),
            "overall_accuracy_se": defined(self.overall_se),
            "overall_accuracy_low_95": defined(self.overall_low),
            "overall_accuracy_high_95": defined(self.overall_high),
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
                    "users_accuracy_low_95": defined(entry.users_low),
                    "users_accuracy_high_95": defined(entry.users_high),
                    "producers_accuracy": defined(entry.producers),
                    "producers_accuracy_se": defined(entry.producers_se),
                    "producers_accuracy_low_95": defined(entry.producers_low),
                    "producers_accuracy_high_95": defined(entry.producers_high),
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
    map's classes. Intervals are score intervals (``score_interval``), which hold where an
    estimate ± 1.96 standard errors is too narrow: for rare classes, few samples and accuracies
    near 1 (``python -m bench.area_coverage``). A map class with fewer than two samples is left
    out and its area is told in ``left_out_area``; a class absent from the reference gets no
    estimate.

    For reference *polygons*, whose pixels resemble each other, ``polygon_area_estimates``
    gives the honest interval.

    Args:
        matrix: Sample counts (K, K), rows map, columns reference.
        mapped_pixels: Pixels of each class in the whole map, (K,).
        pixel_area: Area of one pixel; its unit is the unit of all areas.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    stratum_sizes = counts.sum(axis=1)
    strata = Strata.of(counts, mapped_pixels, pixel_area, stratum_sizes >= 2)
    errors = independent_errors(strata, stratum_sizes)
    return _assemble(strata, errors, independent_intervals(strata, stratum_sizes), None)


def polygon_area_estimates(
    reference: ArrayLike,
    predicted: ArrayLike,
    polygons: ArrayLike,
    mapped_pixels: ArrayLike,
    pixel_area: float = 1.0,
) -> AreaEstimates:
    """Estimate each class's area with whole polygons as the sampling units.

    The point estimates are those of ``area_estimates``. The standard errors come from leaving
    out each polygon in turn (the jackknife; Särndal, Swensson, Wretman 1992, section 11.5),
    because neighbouring pixels are no independent samples: counting them as such makes the
    interval several times too narrow. For the intervals see ``grouped_intervals``.

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
    strata = Strata.of(counts, mapped_pixels, pixel_area, enough)
    errors, telling = grouped_errors(strata, truth, mapped, group, in_stratum)
    in_class = np.bincount(group * k + truth, minlength=ids.size * k).reshape(-1, k)
    ends = grouped_intervals(strata, errors, telling, in_stratum, in_class)
    return _assemble(strata, errors, ends, int(ids.size))


def _assemble(
    strata: Strata, errors: Figures, ends: Intervals, groups: int | None
) -> AreaEstimates:
    covered_area = float(strata.mapped_area[strata.enough].sum())
    total_area = float(strata.mapped_area.sum())
    return AreaEstimates(
        classes=tuple(
            _class_estimate(strata, errors, ends, j, covered_area)
            for j in range(strata.weight.size)
        ),
        overall=strata.overall if covered_area else math.nan,
        overall_se=errors.overall if covered_area else math.nan,
        overall_low=ends.overall[0] if covered_area else math.nan,
        overall_high=ends.overall[1] if covered_area else math.nan,
        total_area=total_area,
        left_out_area=total_area - covered_area,
        samples=strata.samples,
        groups=groups,
    )


def _class_estimate(
    strata: Strata, errors: Figures, ends: Intervals, j: int, covered_area: float
) -> AreaEstimate:
    mapped_area = float(strata.mapped_area[j])
    estimable, remark = True, ""
    if mapped_area > 0 and not strata.enough[j]:
        estimable, remark = False, NO_SAMPLES
    elif strata.reference[j] == 0:
        estimable, remark = False, NO_REFERENCE
    area = float(strata.proportion[:, j].sum()) * covered_area
    error = float(errors.proportion[j]) * covered_area
    if estimable and error == 0:
        error, remark = math.nan, NO_SPREAD
    sampled, found = bool(strata.enough[j]), estimable and area > 0

    def known(condition: bool, value: float) -> float:
        return float(value) if condition else math.nan

    return AreaEstimate(
        mapped_area=mapped_area,
        area=known(estimable, area),
        standard_error=known(estimable, error),
        low=known(estimable, ends.proportion[0][j] * covered_area),
        high=known(estimable, ends.proportion[1][j] * covered_area),
        users=known(sampled, strata.users[j]),
        users_se=known(sampled, errors.users[j]),
        users_low=known(sampled, ends.users[0][j]),
        users_high=known(sampled, ends.users[1][j]),
        producers=known(found, strata.producers[j]),
        producers_se=known(found, errors.producers[j]),
        producers_low=known(found, ends.producers[0][j]),
        producers_high=known(found, ends.producers[1][j]),
        remark=remark,
    )
