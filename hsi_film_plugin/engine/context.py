"""What a pixel's near surroundings look like in all bands, where the backbone sees three.

Two families of features of the scene's first whitened components, both old and hard to
beat on hyperspectral scenes: Gaussian scale space (means over 1 to 4 pixels), and
morphological profiles (openings and closings of growing squares; Benediktsson et al. 2005,
without their reconstruction, which would let one end of a scene decide about the other).

They are computed cell by cell, always from the same 64x64 pixels around a 32x32 cell, so
that they do not depend on how a scene is cut into chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from .features import Cube, read_cube
from .progress import Progress
from .pseudo_image import fill_invalid
from .scene import Scene
from .statistics import AffineMap, standardisation, whitening
from .windows import STRIDE, Block

#: Pixels around a cell that its features may depend on.
MARGIN = 16
SIDE = STRIDE + 2 * MARGIN
SIGMAS = (1.0, 2.0, 4.0)
#: Half sides of the squares; an opening reaches twice as far.
RADII = (1, 2, 4, 8)
COMPONENTS = 10
PROFILED = 4


@dataclass(frozen=True)
class SceneContext:
    """How the near surroundings of a scene's pixels become features.

    Attributes:
        projection: From the bands in use to components.
        scale: Brings the features to zero mean and unit deviation.
    """

    projection: AffineMap
    scale: AffineMap

    @property
    def count(self) -> int:
        """The number of features."""
        return feature_count(self.projection.matrix.shape[1])

    def cell(self, cube: Cube, row: int, col: int) -> np.ndarray:
        """Return the features of a cell, float32 ``(32, 32, count)``.

        Args:
            cube: Holds the cell and 16 pixels around it.
            row: The cell's first row in the scene.
            col: The cell's first column in the scene.
        """
        raw = raw_cell(self.projection, cube, row, col)
        return self.scale(raw.reshape(-1, self.count)).reshape(STRIDE, STRIDE, -1)


def feature_count(components: int) -> int:
    """Return how many features so many components give."""
    return len(SIGMAS) * components + 2 * len(RADII) * min(PROFILED, components)


def raw_cell(projection: AffineMap, cube: Cube, row: int, col: int) -> np.ndarray:
    """Return a cell's features before they are scaled, float32 ``(32, 32, features)``."""
    top, left = row - MARGIN - cube.block.row, col - MARGIN - cube.block.col
    cut = np.s_[top : top + SIDE, left : left + SIDE]
    valid = cube.valid[cut]
    components = projection.matrix.shape[1]
    if not valid.any():
        return np.zeros((STRIDE, STRIDE, feature_count(components)), np.float32)
    pixels = cube.spectra[(slice(None), *cut)].reshape(len(projection.mean), -1).T
    picture = fill_invalid(projection(pixels).T.reshape(components, SIDE, SIDE), valid)
    parts = [np.einsum("yr,krc,xc->yxk", g, picture, g, optimize=True) for g in _gaussians()]
    inner = np.s_[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    shown = picture[:PROFILED]
    for radius in RADII:
        square = (1, 2 * radius + 1, 2 * radius + 1)
        opened = maximum_filter(minimum_filter(shown, square), square)
        closed = minimum_filter(maximum_filter(shown, square), square)
        parts += [opened[inner].transpose(1, 2, 0), closed[inner].transpose(1, 2, 0)]
    features: np.ndarray = np.concatenate(parts, axis=2, dtype=np.float32)
    return features


@cache
def _gaussians() -> tuple[np.ndarray, ...]:
    """Return, for each sigma, the smoothing of 64 pixels to the inner 32, float32 ``(32, 64)``."""
    distance = np.arange(SIDE)[None, :] - np.arange(MARGIN, SIDE - MARGIN)[:, None]
    found = []
    for sigma in SIGMAS:
        weights = np.exp(-0.5 * (distance / sigma) ** 2) * (np.abs(distance) <= MARGIN)
        found.append((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
    return tuple(found)


def learn_context(
    scene: Scene,
    bands: tuple[int, ...],
    sample: np.ndarray,
    rows: np.ndarray,
    cols: np.ndarray,
    progress: Progress,
) -> tuple[SceneContext, np.ndarray]:
    """Learn the features of a scene, and compute them at some of its pixels.

    Args:
        scene: The scene.
        bands: Zero-based indices of the bands in use.
        sample: float32 ``(n, len(bands))``, pixels that stand for the scene.
        rows: int64 ``(m,)``.
        cols: int64 ``(m,)``.
        progress: For a progress bar, and to cancel.

    Returns:
        The context, and float32 ``(m, count)``.
    """
    projection = whitening(sample, COMPONENTS)
    raw = np.zeros((len(rows), feature_count(projection.matrix.shape[1])), np.float32)
    cells, which = np.unique(
        np.stack([rows // STRIDE, cols // STRIDE], axis=1), axis=0, return_inverse=True
    )
    for number, (top, left) in enumerate(cells * STRIDE):
        progress.report(number / len(cells), "Looking around the labels")
        cube = read_cube(scene, Block(top - MARGIN, left - MARGIN, SIDE, SIDE), bands)
        inside = np.flatnonzero(which.ravel() == number)
        features = raw_cell(projection, cube, int(top), int(left))
        raw[inside] = features[rows[inside] - top, cols[inside] - left]
    context = SceneContext(projection, standardisation(raw))
    return context, context.scale(raw)
