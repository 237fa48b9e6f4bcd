"""The labelled pixels that are trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .labels import Labels
from .scene import Scene
from .statistics import SceneSample

#: More labelled pixels than this are thinned, evenly over classes and polygons.
MOST_PIXELS = 20_000


@dataclass(frozen=True)
class TrainingPixels:
    """Labelled pixels that are trained on.

    Attributes:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
        polygons: int64 ``(n,)``.
        spectra: float32 ``(n, bands in use)``.
    """

    rows: np.ndarray
    cols: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    spectra: np.ndarray


def training_pixels(
    scene: Scene, labels: Labels, sample: SceneSample, seed: int
) -> tuple[TrainingPixels, list[str]]:
    """Return the labelled pixels that hold data, thinned if they are very many.

    Args:
        scene: Where they lie.
        labels: All labelled pixels.
        sample: The scene's sample, which says which bands are in use.
        seed: Of the thinning.

    Returns:
        The pixels, and sentences for the user.

    Raises:
        InputError: if fewer than two classes of two pixels are left.
    """
    # of very many labels, first only the validity: all their spectra might not fit in memory
    many = len(labels.rows) > MOST_PIXELS
    spectra, valid = read_pixels(scene, labels.rows, labels.cols, () if many else sample.bands)
    warnings = []
    dropped = int((~valid).sum())
    if dropped == len(valid):
        raise InputError(
            f"Every labelled pixel of '{scene.path.name}' is nodata, NaN or infinite. Draw labels "
            "where the scene holds data."
        )
    if dropped:
        warnings.append(f"{dropped} labelled pixels are nodata in the scene and were left out.")
    counts = np.bincount(labels.classes_of[valid], minlength=len(labels.classes))
    if (counts > 0).sum() < 2:
        only = labels.classes[int(counts.argmax())].name
        raise InputError(
            f"The labels hold one class only ('{only}'). Label at least two classes, so that there "
            "is something to tell apart."
        )
    for known, count in zip(labels.classes, counts):
        if count < 2:
            found = "one pixel" if count else "no pixel with data"
            raise InputError(
                f"Class '{known.name}' has {found}. Draw more of it, at least two pixels "
                "and better two polygons in different places, or leave the class out."
            )
    keep = np.flatnonzero(valid)
    if len(keep) > MOST_PIXELS:
        keep = keep[thinned(labels.classes_of[keep], labels.polygons[keep], seed, MOST_PIXELS)]
        warnings.append(
            f"{int(valid.sum())} pixels are labelled; {len(keep)} of them, spread evenly over "
            "classes and polygons, were trained on."
        )
    spectra = spectra[keep]
    if many:
        spectra, _ = read_pixels(scene, labels.rows[keep], labels.cols[keep], sample.bands)
    if sample.constant:
        numbers = ", ".join(str(band + 1) for band in sample.constant)
        warnings.append(f"Constant bands were left out: {numbers}.")
    return (
        TrainingPixels(
            labels.rows[keep],
            labels.cols[keep],
            labels.classes_of[keep],
            labels.polygons[keep],
            spectra,
        ),
        warnings,
    )


def read_pixels(
    scene: Scene, rows: np.ndarray, cols: np.ndarray, bands: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Read single pixels, tile by tile.

    Returns:
        float32 ``(n, len(bands))`` and bool ``(n,)``, whether they are valid.
    """
    spectra = np.zeros((len(rows), len(bands)), np.float32)
    valid = np.zeros(len(rows), bool)
    side = 128
    tiles = rows // side * (scene.width // side + 1) + cols // side
    order = np.argsort(tiles, kind="stable")
    starts = np.flatnonzero(np.diff(tiles[order])) + 1
    for inside in np.split(order, starts):
        top, left = int(rows[inside].min()), int(cols[inside].min())
        height = int(rows[inside].max()) - top + 1
        width = int(cols[inside].max()) - left + 1
        cube, good = scene.read(top, left, height, width, bands)
        spectra[inside] = cube[:, rows[inside] - top, cols[inside] - left].T
        valid[inside] = good[rows[inside] - top, cols[inside] - left]
    return spectra, valid


def thinned(classes: np.ndarray, polygons: np.ndarray, seed: int, most: int) -> np.ndarray:
    """Return the indices of at most ``most`` pixels, rare classes and polygons first."""
    order = np.random.default_rng(seed).permutation(len(classes))
    rank = np.zeros(len(classes))
    for ids in (polygons, classes):
        turn = np.lexsort((rank[order], ids[order]))
        starts = np.unique(ids[order][turn], return_index=True)[1]
        lengths = np.diff([*starts, len(ids)])
        rank[order[turn]] = np.arange(len(ids)) - np.repeat(starts, lengths)
    return np.sort(np.lexsort((order, rank))[:most])
