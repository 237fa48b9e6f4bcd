"""Which labelled pixels are trained on: whole fields, a few a class, an even share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.measure import label as connected_components


@dataclass(frozen=True)
class Split:
    """A split of a label raster.

    Attributes:
        train: Class numbers, 0 where not trained on, ``(height, width)``.
        test: Class numbers, 0 where not tested, ``(height, width)``.
        left_out: Numbers of the classes that cannot be split.
    """

    train: np.ndarray
    test: np.ndarray
    left_out: tuple[int, ...] = ()


def whole_fields(classes: np.ndarray, most: dict[int, int], draw: int) -> Split:
    """Give each field either to training or to test, about half of a class's fields to each.

    A field is an 8-connected group of pixels of a class. Of the fields for training only
    some pixels are used, shared out evenly over them. A class of one field is left out.

    Args:
        classes: Class numbers, 0 where unlabelled, ``(height, width)``.
        most: The most training pixels, by class number.
        draw: Seed of the choice.
    """
    rng = np.random.default_rng([7, draw])
    # by rows, whatever the order of the input: flat indices are used below
    train, test = (np.zeros(classes.shape, classes.dtype) for _ in range(2))
    left_out = []
    for value in np.unique(classes[classes > 0]).tolist():
        fields = connected_components(  # type: ignore[no-untyped-call]
            classes == value, connectivity=2
        )
        count = int(fields.max())
        if count < 2:
            left_out.append(value)
            continue
        order = rng.permutation(count) + 1
        trained = order[: max(1, count // 2 if rng.random() < 0.5 else (count + 1) // 2)]
        trained = trained[: count - 1]
        test[(fields > 0) & ~np.isin(fields, trained)] = value
        train.ravel()[_shared_out(fields, trained, most[value], rng)] = value
    return Split(train, test, tuple(left_out))


def _shared_out(
    fields: np.ndarray, trained: np.ndarray, most: int, rng: np.random.Generator
) -> np.ndarray:
    """Return flat indices of at most ``most`` pixels, one field after the other in turn."""
    flat = fields.ravel()
    pixels = [rng.permutation(np.flatnonzero(flat == number)) for number in trained]
    turn = np.concatenate([np.arange(len(inside)) for inside in pixels])
    return np.concatenate(pixels)[np.argsort(turn, kind="stable")[:most]]


def few_a_class(classes: np.ndarray, count: int, draw: int) -> np.ndarray:
    """Return the indices of ``count`` random pixels a class, or all where there are fewer.

    With the same draw, fewer pixels are a part of more.

    Args:
        classes: int64 ``(n,)``, class indices.
        count: Pixels a class.
        draw: Seed of the choice.
    """
    rng = np.random.default_rng([11, draw])
    chosen = [rng.permutation(np.flatnonzero(classes == c))[:count] for c in np.unique(classes)]
    return np.sort(np.concatenate(chosen))


def fixed_share(classes: np.ndarray, share: float, least: int, most: int) -> Split:
    """Draw training pixels once and for all: a share of each class, within limits.

    Never more than half of a class.

    Args:
        classes: Class numbers, 0 where unlabelled, ``(height, width)``.
        share: Of a class's pixels.
        least: The fewest a class.
        most: The most a class.
    """
    rng = np.random.default_rng(0)
    train, test = np.zeros(classes.shape, classes.dtype), classes.copy()
    for value in np.unique(classes[classes > 0]):
        places = np.flatnonzero(classes == value)
        wanted = min(max(least, round(share * len(places))), most, max(1, len(places) // 2))
        train.ravel()[rng.permutation(places)[:wanted]] = value
    test[train > 0] = 0
    return Split(train, test)


def thinned(labels: np.ndarray, most: int, draw: int) -> np.ndarray:
    """Return a label raster with at most ``most`` of its pixels, drawn at random."""
    places = np.flatnonzero(labels)
    result = np.zeros(labels.shape, labels.dtype)
    kept = np.random.default_rng([13, draw]).permutation(places)[:most]
    result.ravel()[kept] = labels.ravel()[kept]
    return result
