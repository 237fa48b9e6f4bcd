"""Long-tailed training labels: a few for classes that are rare on the ground, more for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.accuracy.splits import Split

#: Training labels of a class that is not rare, where there are as many.
COMMON = 60
#: Training labels of a rare one.
RARE = (5, 10, 15)
#: Test pixels a class, at most.
TESTED = 1000


@dataclass(frozen=True)
class Tail:
    """Which classes of a scene are rare.

    Attributes:
        values: Numbers of all classes, ascending.
        rare: Numbers of the rare ones.
    """

    values: tuple[int, ...]
    rare: tuple[int, ...]

    def counts(self, labels: int) -> dict[int, int]:
        """Return how many training labels each class may have, by its number."""
        return {value: labels if value in self.rare else COMMON for value in self.values}


def tail_of(splits: Sequence[Split]) -> Tail:
    """Call the half of the classes rare that have the fewest labelled pixels in a scene.

    Classes that a split lacks on a side are left out.

    Args:
        splits: Of all draws, before any of their pixels is left out.
    """
    parts = [part for split in splits for part in (split.train, split.test)]
    values = set.intersection(*(set(np.unique(part[part > 0]).tolist()) for part in parts))
    pixels = {value: sum(int((part == value).sum()) for part in parts) for value in values}
    order = sorted(values, key=lambda value: (pixels[value], value))
    return Tail(tuple(sorted(values)), tuple(sorted(order[: len(order) // 2])))


def drawn(labels: np.ndarray, counts: Mapping[int, int], draw: int) -> np.ndarray:
    """Return a label raster with some of its pixels: with one draw, fewer are a part of more.

    Args:
        labels: Class numbers, 0 where unlabelled, ``(height, width)``.
        counts: The most pixels by class number; classes that are not named go.
        draw: Seed of the choice.
    """
    kept = np.zeros(labels.shape, labels.dtype)
    for value, most in counts.items():
        places = np.flatnonzero(labels == value)
        chosen = np.random.default_rng([17, draw, value]).permutation(places)[:most]
        kept.ravel()[chosen] = value
    return kept
