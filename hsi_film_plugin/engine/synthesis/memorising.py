"""Whether samples are copies of the patches that a synthesizer was trained on.

Each sample's distance to the nearest training patch, turned and mirrored ones included, is
held against that of real patches that no training has seen. A synthesizer that invents has as
many samples below the held-out patches' smallest distances as chance allows.

Smooth samples lie nearer to everything than real, noisy patches do, without copying any. So
a sample counts as a copy only if it is also much nearer to its nearest patch than to the next
ones, compared with held-out patches (the calibrated distance of Carlini et al. 2023,
"Extracting training data from diffusion models").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, betabinom

from .training_bank import SYMMETRIES, turned

Patches = NDArray[np.floating]
Floats = NDArray[np.float64]

#: Later components are mostly noise, in which every patch is as far from every other.
COMPONENTS = 10
#: Next patches that the nearest one is compared with.
NEXT = 10
#: Fewer held-out patches cannot say what is unusually near.
LEAST_HELD_OUT = 20
#: Numbers of turned training patches held at once.
CHUNK_NUMBERS = 4_000_000


@dataclass(frozen=True)
class Distances:
    """How near patches come to the training patches.

    Attributes:
        nearest: To the nearest training patch in any turn, float64 (n,).
        ratio: That over the mean distance to the next ones, float64 (n,); 1 for a patch that
            is as far from several, near 0 for a copy.
    """

    nearest: Floats
    ratio: Floats

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Distances:
        """Return the distances of some of the patches."""
        return Distances(self.nearest[chosen], self.ratio[chosen])


@dataclass(frozen=True)
class Memorising:
    """What the comparison with held-out patches found.

    Attributes:
        samples: Samples compared.
        held_out: Held-out patches compared with.
        below_5: Share of samples nearer than the nearest 5 % of the held-out patches.
        below_1: The same for the nearest 1 %.
        expected_1: Share that chance puts there; more than 1 % where fewer than 99 patches
            are held out.
        copies: Samples among the nearest 1 % both in distance and in its ratio to the next.
        copies_low: Lower end of the exact 95 % interval of their share (Clopper-Pearson).
        copies_high: Upper end.
        p: Chance of as many copies from a synthesizer whose samples are like held-out
            patches: exact, as the number below an order statistic is beta-binomial.
    """

    samples: int
    held_out: int
    below_5: float
    below_1: float
    expected_1: float
    copies: int
    copies_low: float
    copies_high: float
    p: float


def patch_distances(
    patches: Patches, training: Patches, tick: Callable[[float], None] = lambda _: None
) -> Distances:
    """Measure the distance of patches to their nearest training patches.

    Args:
        patches: (n, components, s, s), of which the first ten count.
        training: (m, components, side, side), the same, side ≥ s, m > 0. Where side is s + 1,
            its centre stays in place in all turns, and every turn is cut to s.
        tick: Told the fraction done.
    """
    n, _, size, _ = patches.shape
    count = min(COMPONENTS, patches.shape[1], training.shape[1])
    scale = training[:, :count].std(axis=(0, 2, 3), dtype=np.float64)
    weight = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1), 0).astype(np.float32)
    weight = weight[:, None, None]
    queries = (patches[:, :count] * weight).reshape(n, -1).astype(np.float32)
    lengths = (queries**2).sum(axis=1)
    least = np.empty((n, len(training)), np.float32)
    step = max(1, CHUNK_NUMBERS // (count * training.shape[2] ** 2))
    for start in range(0, len(training), step):
        chunk = (training[start : start + step, :count] * weight).astype(np.float32)
        best = np.full((n, len(chunk)), np.inf, np.float32)
        for turn in range(SYMMETRIES):
            tick((start + len(chunk) * turn / SYMMETRIES) / len(training))
            flat = turned(chunk, turn)[:, :, :size, :size].reshape(len(chunk), -1)
            squares = lengths[:, None] + (flat**2).sum(axis=1)[None] - 2 * queries @ flat.T
            np.minimum(best, squares, out=best)
        least[:, start : start + step] = best
    found = np.sqrt(np.maximum(least, 0)).astype(np.float64)
    taken = min(NEXT + 1, found.shape[1])
    near = np.sort(np.partition(found, taken - 1, axis=1)[:, :taken], axis=1)
    following = near[:, 1:].mean(axis=1) if taken > 1 else np.ones(n)
    ratio = np.divide(near[:, 0], following, out=np.ones(n), where=following > 0)
    return Distances(near[:, 0], ratio)


def memorising(samples: Distances, held_out: Distances) -> Memorising | None:
    """Compare samples with held-out patches; None where too few of these are there."""
    n, m = len(samples.nearest), len(held_out.nearest)
    if n == 0 or m < LEAST_HELD_OUT:
        return None
    low, place = _limit(held_out.nearest, 0.01)
    close = samples.nearest < low
    lone = samples.ratio < _limit(held_out.ratio, 0.01)[0]
    copies = int((close & lone).sum())
    return Memorising(
        n,
        m,
        float((samples.nearest < _limit(held_out.nearest, 0.05)[0]).mean()),
        float(close.mean()),
        place / (m + 1),
        copies,
        float(beta.ppf(0.025, copies, n - copies + 1)) if copies else 0.0,
        float(beta.ppf(0.975, copies + 1, n - copies)) if copies < n else 1.0,
        float(betabinom.sf(copies - 1, n, place, m + 1 - place)),
    )


def _limit(values: Floats, share: float) -> tuple[float, int]:
    """Return the order statistic that stands for a share, and its place from 1."""
    place = max(1, int(np.floor(share * (len(values) + 1))))
    return float(np.sort(values)[place - 1]), place
