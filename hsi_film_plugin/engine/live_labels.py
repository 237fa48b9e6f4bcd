"""The labelled pixels that the live map is fitted to: few enough to be fast, spread evenly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .classification import TILE
from .errors import InputError
from .label_classes import LabelClass
from .labels import Labels
from .live_model import LabelledPixels
from .live_scene import LiveScene
from .progress import Progress
from .training_pixels import thinned
from .windows import Block

#: More labelled pixels than this are thinned, evenly over classes and polygons.
MOST_PIXELS = 3000
#: A class of fewer pixels has no spread.
LEAST_PIXELS = 2
#: Tiles outside of what is shown that labels may ask for; the nearest, for each class in turn.
MOST_OUTSIDE_TILES = 96


def labelled_pixels(
    live: LiveScene, labels: Labels, shown: Block, progress: Progress
) -> tuple[LabelledPixels, tuple[LabelClass, ...], list[str]]:
    """Return the labelled pixels that hold data with their features, thinned if they are many.

    Classes of one pixel are left out for the time being: whoever labels begins with one click.

    Args:
        live: The scene.
        labels: All labelled pixels.
        shown: What is mapped; labels may lie elsewhere.
        progress: For a progress bar, and to cancel.

    Returns:
        The pixels, the classes that they are of, and sentences for the user.

    Raises:
        InputError: if fewer than two classes of two pixels are left.
    """
    pixels, warnings = usable_pixels(live, labels, shown, progress)
    _check(live, labels, pixels.classes)
    pixels, classes, more = mapped_pixels(pixels, labels)
    return pixels, classes, warnings + more


def mapped_pixels(
    pixels: LabelledPixels, labels: Labels
) -> tuple[LabelledPixels, tuple[LabelClass, ...], list[str]]:
    """Return the pixels of the classes that can be mapped, these, and a sentence for each other."""
    counts = np.bincount(pixels.classes, minlength=len(labels.classes))
    mapped = counts >= LEAST_PIXELS
    warnings = [
        f"Class '{known.name}' is not mapped yet: it has {_found(count)}. Draw more of it."
        for known, count in zip(labels.classes, counts)
        if count < LEAST_PIXELS
    ]
    if not warnings:
        return pixels, labels.classes, []
    keep = mapped[pixels.classes]
    left = replace(
        pixels,
        rows=pixels.rows[keep],
        cols=pixels.cols[keep],
        classes=(np.cumsum(mapped) - 1)[pixels.classes[keep]],
        polygons=pixels.polygons[keep],
        features=pixels.features[keep],
        n_classes=int(mapped.sum()),
    )
    return left, tuple(known for known, is_in in zip(labels.classes, mapped) if is_in), warnings


def usable_pixels(
    live: LiveScene, labels: Labels, shown: Block, progress: Progress
) -> tuple[LabelledPixels, list[str]]:
    """Return the labelled pixels that hold data, however few they are, and sentences."""
    warnings: list[str] = []
    near = _near(labels, shown)
    if not near.all():
        warnings.append(
            f"{int((~near).sum())} labelled pixels far from what is shown were left out of the "
            "preview. The final training uses all."
        )
    keep = np.flatnonzero(near)
    # some may be nodata: a few more than wanted are looked at
    keep = keep[thinned(labels.classes_of[keep], labels.polygons[keep], 0, 2 * MOST_PIXELS)]
    features = live.at(labels.rows[keep], labels.cols[keep], progress)
    valid = np.isfinite(features).all(axis=1)
    if not valid.all():
        warnings.append(
            f"{int((~valid).sum())} labelled pixels are nodata in the scene and were left out."
        )
    keep, features = keep[valid], features[valid]
    chosen = thinned(labels.classes_of[keep], labels.polygons[keep], 0, MOST_PIXELS)
    keep, features = keep[chosen], features[chosen]
    pixels = LabelledPixels(
        labels.rows[keep],
        labels.cols[keep],
        labels.classes_of[keep],
        labels.polygons[keep],
        features,
        len(labels.classes),
    )
    return pixels, warnings


def _check(live: LiveScene, labels: Labels, classes: np.ndarray) -> None:
    """Refuse labels that there is nothing to tell apart in."""
    if not len(classes):
        raise InputError(
            f"Every labelled pixel of '{live.scene.path.name}' is nodata, NaN or infinite. Draw "
            "labels where the scene holds data."
        )
    counts = np.bincount(classes, minlength=len(labels.classes))
    if (counts > 0).sum() < 2:
        only = labels.classes[int(counts.argmax())].name
        raise InputError(
            f"The labels hold one class only ('{only}'). Label at least two classes, so that there "
            "is something to tell apart."
        )
    if (counts >= LEAST_PIXELS).sum() >= 2:
        return
    known, count = next(
        (known, count) for known, count in zip(labels.classes, counts) if count < LEAST_PIXELS
    )
    raise InputError(
        f"Class '{known.name}' has {_found(count)}. Draw more of it, at least two pixels and "
        "better two polygons in different places: a map needs two classes to tell apart."
    )


def _found(count: int) -> str:
    return "one pixel" if count else "no pixel with data"


def _near(labels: Labels, shown: Block) -> np.ndarray:
    """Return which pixels lie in the shown tiles or in the few others that may be computed."""
    rows, cols = labels.rows // TILE[0], labels.cols // TILE[1]
    bottom, right = shown.row + shown.height - 1, shown.col + shown.width - 1
    down = np.maximum(shown.row // TILE[0] - rows, rows - bottom // TILE[0]).clip(0) * TILE[0]
    across = np.maximum(shown.col // TILE[1] - cols, cols - right // TILE[1]).clip(0) * TILE[1]
    distance = down**2 + across**2
    outside = np.flatnonzero(distance > 0)
    key = rows * (int(cols.max()) + 1) + cols
    if len(np.unique(key[outside])) <= MOST_OUTSIDE_TILES:
        return np.ones(len(rows), bool)
    classes = labels.classes_of[outside]
    order = np.lexsort((key[outside], distance[outside], classes))
    pairs = np.stack([classes[order], key[outside][order]], axis=1)
    first = np.sort(np.unique(pairs, axis=0, return_index=True)[1])  # the nearest first
    ranked = classes[order][first]
    starts = np.searchsorted(ranked, ranked)
    turns = np.argsort(np.arange(len(first)) - starts, kind="stable")
    tiles = key[outside][order][first][turns]
    chosen = tiles[np.sort(np.unique(tiles, return_index=True)[1])[:MOST_OUTSIDE_TILES]]
    near: np.ndarray = (distance == 0) | np.isin(key, chosen)
    return near
