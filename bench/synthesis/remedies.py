"""The cheap remedies against rare classes: more examples of them out of those there are.

All work on arrays of any shape whose first axis counts examples, so that spectra and patches are
treated alike, and all make the same number of examples of a class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: Neighbours that SMOTE chooses among, as published.
NEIGHBOURS = 5
#: Of the beta distribution of mixup's shares.
MIXUP_ALPHA = 0.4
#: Deviation of the gain of a noisy spectrum, and of its noise in deviations of its band.
GAIN, NOISE = 0.05, 0.1


@dataclass(frozen=True)
class Examples:
    """What a classifier is trained on.

    Attributes:
        values: float32 ``(n, ...)``.
        targets: float32 ``(n, classes)``, shares of classes that add up to 1.
    """

    values: np.ndarray
    targets: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """Return the class of the largest share, int64 ``(n,)``."""
        found: np.ndarray = self.targets.argmax(axis=1)
        return found

    def and_also(self, other: Examples) -> Examples:
        """Return both together."""
        values = np.concatenate([self.values, other.values.astype(np.float32)])
        return Examples(values, np.concatenate([self.targets, other.targets]))


Remedy = Callable[[Examples, np.ndarray, np.random.Generator], Examples]


def of_classes(values: np.ndarray, classes: np.ndarray, n_classes: int) -> Examples:
    """Return examples each of one class, from class indices int64 ``(n,)``."""
    return Examples(values, np.eye(n_classes, dtype=np.float32)[classes])


def missing_counts(classes: np.ndarray, n_classes: int, balance: float) -> np.ndarray:
    """Return how many examples each class is to be given, int64 ``(classes,)``.

    That is ``round(balance * (n_max - n_c))`` for those that have any.
    """
    counts = np.bincount(classes, minlength=n_classes)
    wanted = np.rint(balance * (counts.max() - counts)).astype(np.int64)
    return np.where(counts > 0, wanted, 0)


def oversampled(known: Examples, wanted: np.ndarray, rng: np.random.Generator) -> Examples:
    """Repeat random examples."""
    chosen = _chosen(known, wanted, rng)
    return Examples(known.values[chosen], known.targets[chosen])


def smote(known: Examples, wanted: np.ndarray, rng: np.random.Generator) -> Examples:
    """Interpolate between an example and one of its nearest of the same class.

    Source: Chawla et al. 2002 (JAIR 16, 321-357). A class of one example is repeated.
    """
    chosen = _chosen(known, wanted, rng)
    flat = known.values.reshape(len(known.values), -1)
    classes = known.classes
    others = np.empty_like(chosen)
    for place, example in enumerate(chosen):
        same = np.flatnonzero((classes == classes[example]) & (np.arange(len(flat)) != example))
        if not len(same):
            others[place] = example
            continue
        distance = ((flat[same] - flat[example]) ** 2).sum(axis=1)
        nearest = same[np.argsort(distance, kind="stable")[:NEIGHBOURS]]
        others[place] = rng.choice(nearest)
    share = _column(rng.random(len(chosen)), known.values)
    values = (1 - share) * known.values[chosen] + share * known.values[others]
    return Examples(values.astype(np.float32), known.targets[chosen])


def mixup(known: Examples, wanted: np.ndarray, rng: np.random.Generator) -> Examples:
    """Mix an example with a smaller share of any other, classes alike.

    Source: Zhang et al. 2018 (arXiv 1710.09412), with the example of the wanted class as the
    larger part, so that it counts for that class.
    """
    chosen = _chosen(known, wanted, rng)
    others = rng.integers(len(known.values), size=len(chosen))
    share = rng.beta(MIXUP_ALPHA, MIXUP_ALPHA, len(chosen))
    share = np.minimum(share, 1 - share)
    wide = _column(share, known.values)
    values = (1 - wide) * known.values[chosen] + wide * known.values[others]
    wide = _column(share, known.targets)
    targets = (1 - wide) * known.targets[chosen] + wide * known.targets[others]
    return Examples(values.astype(np.float32), targets.astype(np.float32))


def noisy(known: Examples, wanted: np.ndarray, rng: np.random.Generator) -> Examples:
    """Repeat examples with another brightness and with noise in every band.

    Values must be standardised, so that noise is in deviations of a band.
    """
    chosen = _chosen(known, wanted, rng)
    values = known.values[chosen]
    gain = _column(rng.normal(1, GAIN, len(chosen)), values)
    values = gain * values + rng.normal(0, NOISE, values.shape)
    return Examples(values.astype(np.float32), known.targets[chosen])


REMEDIES: dict[str, Remedy] = {
    "oversampling": oversampled,
    "smote": smote,
    "mixup": mixup,
    "noise": noisy,
}


def _chosen(known: Examples, wanted: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return indices of examples, as many a class as wanted, each about as often as others."""
    chosen = [np.empty(0, np.int64)]
    for index, count in enumerate(wanted):
        own = np.flatnonzero(known.classes == index)
        rounds = -(-int(count) // max(1, len(own)))
        order = [rng.permutation(own) for _ in range(rounds)]
        chosen.append(np.concatenate([np.empty(0, np.int64), *order])[:count])
    return np.concatenate(chosen)


def _column(shares: np.ndarray, like: np.ndarray) -> np.ndarray:
    return shares.reshape(-1, *[1] * (like.ndim - 1))
