"""Small homogeneous places of a scene: what a suggestion points to, and what accepting it labels.

A spot is the core of a superpixel (SLIC, Achanta et al. 2012): the pixels around its most typical
one that are like it. A label drawn over a whole superpixel would often reach over a border; its
core seldom does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label
from skimage.segmentation import slic

from .classification import TILE
from .live_features import Place
from .live_scene import LiveScene, spots_name
from .progress import Progress
from .windows import Block

#: Components that superpixels are made of; later ones are mostly noise.
COMPONENTS = 6
#: Pixels of a superpixel, about, and how round it is rather than homogeneous.
SUPERPIXEL = 49
COMPACTNESS = 0.3
#: A spot reaches so far around its typical pixel: at most 25 pixels.
REACH = 2
LEAST_PIXELS = 6
#: A spot's pixels lie no farther from the typical one than this share of the superpixel's.
ALIKE_SHARE = 0.6


@dataclass(frozen=True)
class Spots:
    """Places that may be suggested.

    Attributes:
        rows: int64 ``(n,)``, of the most typical pixel.
        cols: int64 ``(n,)``.
        edges: int64 ``(n + 1,)``: pixels ``edges[i]:edges[i + 1]`` are those of spot ``i``.
        pixel_rows: int64 ``(pixels,)``.
        pixel_cols: int64 ``(pixels,)``.
        features: float16 ``(pixels, features)``.
    """

    rows: np.ndarray
    cols: np.ndarray
    edges: np.ndarray
    pixel_rows: np.ndarray
    pixel_cols: np.ndarray
    features: np.ndarray

    @property
    def owners(self) -> np.ndarray:
        """Return the spot of each pixel, int64 ``(pixels,)``."""
        return np.repeat(np.arange(len(self.rows)), np.diff(self.edges))

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over each spot's pixels of ``values (pixels, ...)``."""
        total = np.add.reduceat(values.astype(np.float64), self.edges[:-1], axis=0)
        counts = np.diff(self.edges).reshape(-1, *[1] * (values.ndim - 1))
        found: np.ndarray = (total / counts).astype(np.float32)
        return found


def spots_of(live: LiveScene, tiles: Sequence[Place], shown: Block, progress: Progress) -> Spots:
    """Return the spots of prepared tiles whose typical pixel is shown."""
    pixel_rows, pixel_cols, owners, typical, features = [], [], [], [], []
    count = 0
    for number, place in enumerate(tiles):
        progress.report(number / len(tiles), "Looking for places to label")
        tile = live.tile(place)
        found, centres = _kept_spots(live, place, tile)
        rows, cols = centres[:, 0] + place[0] * TILE[0], centres[:, 1] + place[1] * TILE[1]
        inside = np.asarray((rows >= shown.row) & (rows < shown.row + shown.height))
        inside &= (cols >= shown.col) & (cols < shown.col + shown.width)
        number_of = np.where(inside, np.cumsum(inside) - 1, -1)
        owner = np.where(found >= 0, number_of[found], -1) if len(centres) else found
        down, right = np.nonzero(owner >= 0)
        pixel_rows.append(down + place[0] * TILE[0])
        pixel_cols.append(right + place[1] * TILE[1])
        owners.append(owner[down, right] + count)
        features.append(tile[:, down, right].T)
        typical.append(np.stack([rows[inside], cols[inside]], axis=1))
        count += int(inside.sum())
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    centre = np.concatenate(typical).astype(np.int64)
    return Spots(
        centre[:, 0],
        centre[:, 1],
        np.searchsorted(owner[order], np.arange(count + 1)),
        np.concatenate(pixel_rows)[order],
        np.concatenate(pixel_cols)[order],
        np.concatenate(features)[order],
    )


def _kept_spots(live: LiveScene, place: Place, tile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a tile's spots as :func:`tile_spots` does, from the cache if they are there.

    It keeps the spot of each pixel, and below in a layer of its own 1 at the typical ones.
    """
    name = spots_name(place)
    kept = live.cache.read(name, (2, *TILE), np.int16)
    if kept is None or not _whole(kept, tile):
        found, centres = tile_spots(tile, live.statistics.groups()["spectrum"])
        kept = np.zeros((2, *TILE), np.int16)
        kept[0] = found
        kept[1, centres[:, 0], centres[:, 1]] = 1
        live.cache.write(name, kept)
    found = kept[0].astype(np.int64)
    centres = np.argwhere(kept[1])
    return found, centres[np.argsort(found[centres[:, 0], centres[:, 1]])]


def _whole(kept: np.ndarray, tile: np.ndarray) -> bool:
    """Return whether what was kept can be the spots of a tile."""
    found, typical = kept[0], kept[1] != 0
    numbers = np.sort(found[typical])
    return bool(
        np.array_equal(numbers, np.arange(len(numbers)))
        and found.min() >= -1
        and found.max() < len(numbers)
        and np.isfinite(tile[0][found >= 0]).all()
    )


def tile_spots(tile: np.ndarray, spectrum: slice) -> tuple[np.ndarray, np.ndarray]:
    """Find the spots of a tile.

    Args:
        tile: float16 ``(features, 32, 128)``; NaN where there is no data.
        spectrum: Which features are whitened components.

    Returns:
        int64 ``(32, 128)``, the spot of each pixel, -1 for those of none; and the row and column
        of each spot's typical pixel within the tile, int64 ``(n, 2)``.
    """
    picture = tile[spectrum][:COMPONENTS].astype(np.float32).transpose(1, 2, 0)
    valid = np.asarray(np.isfinite(picture).all(axis=2))
    nothing = np.full(TILE, -1), np.zeros((0, 2), np.int64)
    if not valid.any():
        return nothing
    picture = np.ascontiguousarray(np.where(valid[..., None], picture, 0))
    segments = slic(
        picture,
        n_segments=TILE[0] * TILE[1] // SUPERPIXEL,
        compactness=COMPACTNESS,
        start_label=0,
        channel_axis=-1,
        convert2lab=False,
    )
    spots = np.full(TILE, -1)
    centres: list[tuple[int, int]] = []
    for number in range(int(segments.max()) + 1):
        rows, cols = np.nonzero(np.logical_and(segments == number, valid))
        if len(rows) < LEAST_PIXELS:
            continue
        core, centre = _core(picture, rows, cols)
        if len(core) >= LEAST_PIXELS:
            spots[core[:, 0], core[:, 1]] = len(centres)
            centres.append(centre)
    return spots, np.array(centres, np.int64).reshape(-1, 2)


def _core(
    picture: np.ndarray, rows: np.ndarray, cols: np.ndarray
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the pixels ``(n, 2)`` of a superpixel's core, and its most typical pixel."""
    values = picture[rows, cols]
    unlike = ((values - np.median(values, axis=0)) ** 2).sum(axis=1)
    # in the middle rather than at a border, where spectra are mixed
    middle = (rows - rows.mean()) ** 2 + (cols - cols.mean()) ** 2
    spread = max(float(middle.mean()), 1.0)
    typical = int(np.argmin(unlike / max(float(unlike.mean()), 1e-6) + middle / spread))
    top, left = int(rows[typical]), int(cols[typical])
    alike = unlike <= np.quantile(unlike, ALIKE_SHARE)
    near = (np.abs(rows - top) <= REACH) & (np.abs(cols - left) <= REACH)
    window = np.zeros((2 * REACH + 1, 2 * REACH + 1), bool)
    inside = near & alike
    inside[typical] = True
    window[rows[inside] - top + REACH, cols[inside] - left + REACH] = True
    pieces, _ = label(window)
    down, right = np.nonzero(pieces == pieces[REACH, REACH])
    return np.stack([down + top - REACH, right + left - REACH], axis=1), (top, left)
