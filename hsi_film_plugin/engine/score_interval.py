"""Score intervals of weighted sums of proportions, and of their ratios.

The usual interval, an estimate ± 1.96 standard errors, fails where it matters most: when a
few omissions in a large stratum decide over the area of a rare class, most samples hold none
of them, and the standard error is then far too small. Inverting the score test asks instead
which values the samples do not contradict. For one proportion it is Wilson's interval; for
weighted sums of independent ones see Martín Andrés, Álvarez Hernández, Herranz Tejedor 2011,
"Inferences about a linear combination of proportions".

Arrays are ``(strata, figures)``: many figures are computed at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Halvings of the interval in which the end of a ratio's interval is sought.
RATIO_STEPS = 10
#: Halvings of the range of multipliers, in logarithms, and how far it reaches.
MULTIPLIER_STEPS, SMALLEST, LARGEST = 28, 1e-6, 1e9


def sum_interval(weights: Floats, hits: Floats, sizes: Floats, z: float) -> tuple[Floats, Floats]:
    """Return both ends of the interval of ``Σ weights · p``, each ``(figures,)``.

    Args:
        weights: Not negative, ``(strata, figures)``.
        hits: Samples with the property, ``(strata, figures)``; need not be whole numbers.
        sizes: Samples, ``(strata, figures)``; where 0, the weight must be 0.
        z: Quantile of the normal distribution.
    """
    figures = weights.shape[1]
    weights, hits, sizes = (np.tile(array, 2) for array in (weights, hits, sizes))
    downward = np.repeat([1.0, -1.0], figures)
    estimate = (weights * hits / np.maximum(sizes, 1e-9)).sum(axis=0)
    low, high = _multipliers(weights, sizes)
    for _ in range(MULTIPLIER_STEPS):
        middle = (low + high) / 2
        likeliest = _proportions(downward * np.exp(middle) * weights, hits, sizes)
        distance = estimate - (weights * likeliest).sum(axis=0)
        fits = _statistic(weights, likeliest, sizes, distance) <= z * z
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    likeliest = _proportions(downward * np.exp(low) * weights, hits, sizes)
    ends = (weights * likeliest).sum(axis=0)
    return ends[:figures], ends[figures:]


def ratio_interval(
    own: NDArray[np.bool_], weights: Floats, hits: Floats, sizes: Floats, z: float
) -> tuple[Floats, Floats]:
    """Return both ends of the interval of the share of ``own`` strata in ``Σ weights · p``.

    A share r is where ``Σ own (1 − r) weights · p − Σ others r · weights · p`` is 0.

    Args:
        own: bool ``(strata, figures)``.
        weights: Not negative, ``(strata, figures)``.
        hits: Samples with the property, ``(strata, figures)``; at least one a figure.
        sizes: Samples, ``(strata, figures)``; where 0, the weight must be 0.
        z: Quantile of the normal distribution.
    """
    parts = weights * hits / np.maximum(sizes, 1e-9)
    estimate = (parts * own).sum(axis=0) / np.maximum(parts.sum(axis=0), 1e-300)

    figures = len(estimate)
    weights, hits, sizes = (np.tile(array, 2) for array in (weights, hits, sizes))
    own = np.tile(own, 2)
    limit = np.repeat([0.0, 1.0], figures)
    reached = _share_statistic(own, weights, hits, sizes, limit) <= z * z
    inside, outside = np.tile(estimate, 2), limit
    for _ in range(RATIO_STEPS):
        middle = (inside + outside) / 2
        fits = _share_statistic(own, weights, hits, sizes, middle) <= z * z
        inside, outside = np.where(fits, middle, inside), np.where(fits, outside, middle)
    ends = np.where(reached, limit, (inside + outside) / 2)
    return ends[:figures], ends[figures:]


def _share_statistic(
    own: NDArray[np.bool_], weights: Floats, hits: Floats, sizes: Floats, share: Floats
) -> Floats:
    """Return the score statistic of a share of ``own`` strata, ``(figures,)``."""
    signed = weights * (own - share)
    distance = (signed * hits / np.maximum(sizes, 1e-9)).sum(axis=0)
    likeliest = _constrained(signed, hits, sizes, np.sign(distance))
    return _statistic(signed, likeliest, sizes, distance)


def _statistic(weights: Floats, likeliest: Floats, sizes: Floats, distance: Floats) -> Floats:
    """Return a squared distance over its variance where the proportions are the likeliest."""
    spread = weights**2 * likeliest * (1 - likeliest) / np.maximum(sizes, 1e-9)
    variance = spread.sum(axis=0)
    never = (variance <= 0) & (np.abs(distance) > 1e-12)
    found: Floats = np.where(never, np.inf, distance**2 / np.maximum(variance, 1e-300))
    return found


def _constrained(weights: Floats, hits: Floats, sizes: Floats, direction: Floats) -> Floats:
    """Return the likeliest proportions ``(strata, figures)`` whose weighted sum is 0.

    ``hits / p − (sizes − hits) / (1 − p) = λ · weights`` with a multiplier λ: the sum falls as
    it grows, so halving finds it.
    """
    low, high = _multipliers(weights, sizes)
    for _ in range(MULTIPLIER_STEPS):
        middle = (low + high) / 2
        found = _proportions(direction * np.exp(middle) * weights, hits, sizes)
        beyond = direction * (weights * found).sum(axis=0) < 0
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return _proportions(direction * np.exp((low + high) / 2) * weights, hits, sizes)


def _multipliers(weights: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Return logarithms of a multiplier that changes nothing and of one that changes all."""
    absolute = np.abs(weights)
    scale = np.where(absolute > 0, sizes / np.maximum(absolute, 1e-300), np.nan)
    least = np.nan_to_num(np.nanmin(scale, axis=0, initial=1e200), posinf=1e200)
    most = np.nan_to_num(np.nanmax(scale, axis=0, initial=1e-200))
    low, high = np.maximum(least, 1e-200), np.maximum(most, 1e-200)
    return np.log(SMALLEST * low), np.log(LARGEST * high)


def _proportions(pull: Floats, hits: Floats, sizes: Floats) -> Floats:
    """Return the root in [0, 1] of ``pull p² − (sizes + pull) p + hits = 0``."""
    half = sizes + pull
    root = np.sqrt(np.maximum(half**2 - 4 * pull * hits, 0))
    upward = np.where(half < 0, (half - root) / np.where(half < 0, 2 * pull, 1), 0)
    found = np.where(half < 0, upward, 2 * hits / np.maximum(half + root, 1e-300))
    clipped: Floats = np.clip(found, 0, 1)
    return clipped
