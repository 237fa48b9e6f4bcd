"""Whether samples and real pixels can be draws of one distribution: a kernel two-sample test.

Maximum mean discrepancy with a Gaussian kernel (Gretton et al. 2012, "A kernel two-sample
test", the unbiased estimate of their Lemma 6), judged by permutation.

Pixels of one polygon are alike, so they are no independent draws: a permutation over pixels
rejects even samples that are perfect, because a few polygons never hit a class's mean. The
test that counts draws one pixel of each polygon; under the null hypothesis these and the
samples are exchangeable. It is repeated for several such draws, and the p-values are joined
as twice their mean, which is a valid p-value however they depend on each other (Vovk & Wang
2020, "Combining p-values via averaging").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..statistics import whitening

Floats = NDArray[np.float64]

COMPONENTS = 10
PERMUTATIONS = 999
#: Draws of one pixel a polygon, and permutations of each: the mean of their p-values is steadier
#: than one of them.
DRAWS = 10
DRAW_PERMUTATIONS = 299
#: More are thinned: the Gram matrix grows with the square.
MOST = 300
#: Ways to halve the polygons, to see how far they lie from each other.
SPLITS = 50
#: Below so many polygons the test misses all but gross differences.
LITTLE_POWER = 10


@dataclass(frozen=True)
class MmdResult:
    """What the test found; NaN where there is too little to tell.

    Attributes:
        mmd2: Unbiased estimate of the squared discrepancy; about 0 for equal distributions,
            and may be negative.
        p_pixels: Of the permutation over all pixels, which takes them as independent.
        p_polygons: Of the permutation over one pixel a polygon.
        own: Squared discrepancy between halves of the class's own polygons, mean over ways
            to halve them.
        polygons: Independent real units of the test.
    """

    mmd2: float
    p_pixels: float
    p_polygons: float
    own: float
    polygons: int


def mmd_test(
    real: NDArray[np.floating],
    synthetic: NDArray[np.floating],
    polygons: NDArray[np.int64] | None = None,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
    tick: Callable[[float], None] = lambda _: None,
) -> MmdResult:
    """Compare real pixels with synthetic ones.

    Args:
        real: (n, bands or components).
        synthetic: (m, the same).
        polygons: int64 (n,), the polygon of each real pixel; None if each stands for itself.
        seed: Of thinning, draws and permutations.
        permutations: Of the test over all pixels, and at most of one that draws a pixel of each
            polygon; no p-value is below 1 / (1 + permutations).
        tick: Told the fraction done.
    """
    rng = np.random.default_rng(seed)
    groups = np.arange(len(real)) if polygons is None else np.asarray(polygons)
    keep = _thinned(len(real), rng)
    real, groups = real[keep], groups[keep]
    synthetic = synthetic[_thinned(len(synthetic), rng)]
    units = int(np.unique(groups).size)
    n = len(real)
    if n < 2 or len(synthetic) < 2:
        return MmdResult(np.nan, np.nan, np.nan, np.nan, units)
    pooled = np.concatenate([real, synthetic]).astype(np.float64)
    tick(0.0)
    # whitening and bandwidth are learnt from both together, so that a permutation leaves them
    # as they are and the test keeps its size
    kernel = gaussian_kernel(whitening(pooled, COMPONENTS)(pooled).astype(np.float64))
    mmd2, p_pixels = _permuted(kernel, n, permutations, rng)
    tick(0.3)
    p_polygons = p_pixels
    if units < n:
        fewer = min(permutations, DRAW_PERMUTATIONS)
        p_polygons = _over_polygons(kernel, groups, fewer, rng, tick)
    return MmdResult(mmd2, p_pixels, p_polygons, _own(kernel[:n, :n], groups, rng), units)


def gaussian_kernel(x: Floats) -> Floats:
    """Return exp(−d²/2σ²) of all pairs of (n, k), σ the median distance, zero diagonal.

    The diagonal has no part in the unbiased estimate.
    """
    norms = (x**2).sum(axis=1)
    squares = np.maximum(norms[:, None] + norms[None] - 2 * x @ x.T, 0)
    between = squares[np.triu_indices(len(x), 1)]
    scale = float(np.median(between)) or float(between.mean())
    kernel: Floats = np.exp(-squares / (2 * scale)) if scale > 0 else np.ones_like(squares)
    np.fill_diagonal(kernel, 0)
    return kernel


def _permuted(
    kernel: Floats, n: int, permutations: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the discrepancy of the first n from the others, and its p-value."""
    count = len(kernel)
    member = np.zeros((count, permutations + 1))
    member[:n, 0] = 1
    order = rng.random((count, permutations)).argsort(axis=0)
    member[:, 1:] = order < n
    found = _discrepancies(kernel, member)
    # equal ones must count as equal, whatever the order of their sums
    reached = found[1:] >= found[0] - 1e-12
    return float(found[0]), float((1 + reached.sum()) / (1 + permutations))


def _discrepancies(kernel: Floats, member: Floats) -> Floats:
    """Return the unbiased estimate for each division, (divisions,).

    Args:
        kernel: (n, n), zero diagonal.
        member: (n, divisions), 1 in the first part and 0 in the second.
    """
    first = member.sum(axis=0)
    second = len(kernel) - first
    rows = kernel.sum(axis=1)
    within = (member * (kernel @ member)).sum(axis=0)
    touching = rows @ member
    between = touching - within
    rest = rows.sum() - 2 * touching + within
    found: Floats = (
        within / (first * (first - 1))
        + rest / (second * (second - 1))
        - 2 * between / (first * second)
    )
    return found


def _over_polygons(
    kernel: Floats,
    groups: NDArray[np.int64],
    permutations: int,
    rng: np.random.Generator,
    tick: Callable[[float], None],
) -> float:
    """Return the p-value of the test on one pixel a polygon; NaN with a single polygon."""
    n = len(groups)
    names = np.unique(groups)
    if len(names) < 2:
        return np.nan
    found = []
    for draw in range(DRAWS):
        tick(0.3 + 0.7 * draw / DRAWS)
        chosen = [int(rng.choice(np.flatnonzero(groups == name))) for name in names]
        taken = np.concatenate([chosen, np.arange(n, len(kernel))])
        part = kernel[np.ix_(taken, taken)]
        found.append(_permuted(part, len(chosen), permutations, rng)[1])
    return min(1.0, 2 * float(np.mean(found)))


def _own(kernel: Floats, groups: NDArray[np.int64], rng: np.random.Generator) -> float:
    """Return the mean discrepancy between halves of the polygons; NaN where it has none."""
    names = np.unique(groups)
    if len(names) < 2:
        return np.nan
    halves = rng.random((len(names), SPLITS)).argsort(axis=0) < len(names) // 2
    member = halves[np.searchsorted(names, groups)].astype(np.float64)
    first = member.sum(axis=0)
    member = member[:, (first >= 2) & (len(groups) - first >= 2)]
    return float(_discrepancies(kernel, member).mean()) if member.shape[1] else np.nan


def _thinned(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the indices of at most ``MOST`` of ``count``, in order."""
    return np.sort(rng.permutation(count)[:MOST])
