"""Features of the live map, tile by tile: spectrum, its shape, and what surrounds the pixel.

A tile is what the heads of a classification see at a time, 32 rows of 128 columns of the one
grid. Its features are the same whatever else is computed with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .backbone import Backbone
from .classification import TILE
from .features import Cube, FeatureBlocks, FeatureMaps, read_cube
from .live_statistics import LiveSettings, LiveStatistics, reduced_cube
from .progress import Progress
from .scene import Scene
from .spectral_inputs import standard_normal_variate
from .windows import STRIDE, Block, grown

#: Tiles that are read and computed together, down and across.
ROWS_TOGETHER = 4
COLS_TOGETHER = 4
#: Whitened values lie within a few tens: what is far outside would not fit in half precision.
LARGEST = 6e4

#: Row and column of a tile on the grid of tiles.
Place = tuple[int, int]


def tiles_of(block: Block) -> list[Place]:
    """Return the tiles that a block of pixels touches, row by row."""
    rows = range(block.row // TILE[0], -(-(block.row + block.height) // TILE[0]))
    cols = range(block.col // TILE[1], -(-(block.col + block.width) // TILE[1]))
    return [(row, col) for row in rows for col in cols]


class TileMaker:
    """Computes the features of tiles.

    Args:
        scene: The scene.
        statistics: What was learnt of it.
        settings: What was decided.
        backbone: None where ``statistics`` has no compression.
    """

    def __init__(
        self,
        scene: Scene,
        statistics: LiveStatistics,
        settings: LiveSettings,
        backbone: Backbone | None,
    ) -> None:
        self._scene = scene
        self._statistics = statistics
        self._maps = None
        if backbone is not None and statistics.compression is not None:
            self._maps = FeatureMaps(
                backbone, settings.timestep, settings.blocks, statistics.compression
            )

    def make(
        self, tiles: Sequence[Place], progress: Progress
    ) -> Iterator[tuple[Place, np.ndarray]]:
        """Yield tiles and their features, float16 ``(features, 32, 128)``; NaN without data."""
        done = 0
        blocks: dict[tuple[int, int], FeatureBlocks] = {}
        for rows, cols in _pieces(tiles):
            size = len(rows) * len(cols)
            part = progress.part(done / len(tiles), (done + size) / len(tiles))
            span = cols.start, cols.stop
            if self._maps is not None and span not in blocks:
                blocks[span] = FeatureBlocks(self._maps)
            yield from self._piece(rows, cols, blocks.get(span), part)
            done += size

    def _piece(
        self, rows: range, cols: range, blocks: FeatureBlocks | None, progress: Progress
    ) -> Iterator[tuple[Place, np.ndarray]]:
        progress.report(0.0, "Reading the scene")
        right = min(cols.stop * TILE[1], -(-self._scene.width // STRIDE) * STRIDE)
        block = Block(
            rows.start * TILE[0],
            cols.start * TILE[1],
            len(rows) * TILE[0],
            right - cols.start * TILE[1],
        )
        cube = read_cube(self._scene, grown(block, STRIDE), self._statistics.bands)
        reduced = reduced_cube(self._statistics, cube)
        seen: list[np.ndarray] = []
        if blocks is not None and cube.valid.any():
            picture = reduced.picture(self._statistics.picture)
            part = _named(progress.part(0.1, 0.9), "Computing what the backbone sees")
            seen = [row.cpu().numpy() for row in blocks.cell_rows(picture, block, part)]
        for at, row in enumerate(rows):
            progress.report(0.9 + 0.1 * at / len(rows), "Computing the surroundings")
            for col in cols:
                features = self._tile(cube, reduced, row, col)
                self._place(features, "backbone", seen[at] if seen else None, block, col)
                yield (row, col), features
                progress.check()

    def _tile(self, cube: Cube, reduced: Cube, row: int, col: int) -> np.ndarray:
        """Return a tile's features but for the backbone's."""
        statistics, groups = self._statistics, self._statistics.groups()
        features = np.full((statistics.count, *TILE), np.nan, np.float16)
        top = row * TILE[0]
        for left in range(col * TILE[1], (col + 1) * TILE[1], STRIDE):
            if left >= self._scene.width:
                break
            down, right = top - cube.block.row, left - cube.block.col
            cell = np.s_[down : down + STRIDE, right : right + STRIDE]
            valid = cube.valid[cell].copy()
            valid[self._scene.height - top :] = False
            valid[:, self._scene.width - left :] = False
            if not valid.any():
                continue
            values = np.zeros((statistics.count, STRIDE, STRIDE), np.float32)
            components = statistics.spectrum.matrix.shape[1]
            values[groups["spectrum"]] = reduced.spectra[(slice(components), *cell)]
            if statistics.shape is not None:
                pixels = cube.spectra[(slice(None), *cell)].reshape(len(statistics.bands), -1).T
                normal = standard_normal_variate(np.ascontiguousarray(pixels))
                values[groups["shape"]] = statistics.shape(normal).T.reshape(-1, STRIDE, STRIDE)
            around = statistics.context.cell(reduced, top, left)
            values[groups["context"]] = around.transpose(2, 0, 1)
            target = features[:, :, left - col * TILE[1] : left - col * TILE[1] + STRIDE]
            np.copyto(target, np.clip(values, -LARGEST, LARGEST), where=valid, casting="unsafe")
        return features

    def _place(
        self, features: np.ndarray, group: str, row: np.ndarray | None, block: Block, col: int
    ) -> None:
        """Put a row of cells' features where a tile has data."""
        place = self._statistics.groups().get(group)
        if place is None or row is None:
            return
        left = col * TILE[1] - block.col
        piece = row[:, :, left : left + TILE[1]]
        target = features[place, :, : piece.shape[2]]
        known = ~np.isnan(features[0, :, : piece.shape[2]])
        np.copyto(target, np.clip(piece, -LARGEST, LARGEST), where=known, casting="unsafe")


def _pieces(tiles: Sequence[Place]) -> list[tuple[range, range]]:
    """Cut tiles into rectangles, ordered so that one below another follows it."""
    left = set(tiles)
    found = []
    for row, col in sorted(left, key=lambda place: (place[1], place[0])):
        if (row, col) not in left:
            continue
        width = 1
        while width < COLS_TOGETHER and (row, col + width) in left:
            width += 1
        height = 1
        while height < ROWS_TOGETHER and all(
            (row + height, col + across) in left for across in range(width)
        ):
            height += 1
        rows, cols = range(row, row + height), range(col, col + width)
        left -= {(down, across) for down in rows for across in cols}
        found.append((rows, cols))
    return found


def _named(progress: Progress, message: str) -> Progress:
    """Return the same stretch of progress, whose every report says ``message``."""
    return Progress(
        lambda fraction, _: progress.listener(fraction, message),
        progress.cancelled,
        progress.start,
        progress.length,
    )
