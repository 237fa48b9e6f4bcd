"""A split of a label map by blocks, for scenes whose fields are too few to be split whole."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter

from bench.accuracy.splits import Split

#: Pixels along a side of a block, and how far a test pixel must be from a training block's labels.
BLOCK, MARGIN = 12, 2
#: Pixels that a class needs on both sides.
_LEAST_TRAINED, _LEAST_TESTED = 15, 10


def blocks_apart(classes: np.ndarray, draw: int) -> Split:
    """Give about half of each class's pixels to training, block by block, the others to testing.

    Test pixels near any pixel that may be trained on are left out, and so are classes that then
    have too few on a side.

    Args:
        classes: Class numbers, 0 where unlabelled, ``(height, width)``.
        draw: Seed of the choice.
    """
    rng = np.random.default_rng([19, draw])
    row, col = np.indices(classes.shape)
    block = row // BLOCK * (classes.shape[1] // BLOCK + 1) + col // BLOCK
    train = np.zeros(classes.shape, classes.dtype)
    for value in np.unique(classes[classes > 0]):
        own = np.flatnonzero(classes == value)
        numbers, sizes = np.unique(block.ravel()[own], return_counts=True)
        order = rng.permutation(len(numbers))
        before = np.cumsum(sizes[order]) - sizes[order]
        trained = numbers[order[before < len(own) / 2]]
        train.ravel()[own[np.isin(block.ravel()[own], trained)]] = value
    near = maximum_filter((train > 0).astype(np.uint8), 2 * MARGIN + 1) > 0
    test = np.where(near, 0, classes).astype(classes.dtype)
    left_out = [
        int(value)
        for value in np.unique(classes[classes > 0])
        if (train == value).sum() < _LEAST_TRAINED or (test == value).sum() < _LEAST_TESTED
    ]
    for part in (train, test):
        part[np.isin(part, left_out)] = 0
    return Split(train, test, tuple(left_out))
