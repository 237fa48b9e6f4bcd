"""The one grid of backbone windows, anchored at the raster's origin.

Windows are 64x64 pixels with a stride of 32, and begin one stride before the
raster, so every pixel lies in exactly four of them. Blended with a squared sine,
whose four weights add up to one everywhere, they give a field without seams that
does not depend on how a raster is cut into chunks.

A *cell* is a 32x32 square of the grid. Window ``(i, j)`` covers the cells
``(i, j)``, ``(i, j + 1)``, ``(i + 1, j)`` and ``(i + 1, j + 1)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

WINDOW = 64
STRIDE = 32
#: Windows go through the backbone in runs of this many neighbours of one row of
#: the grid. Runs begin at fixed columns, so that a window always has the same
#: place in a batch of the same shape: kernels, and so rounding, depend on both.
RUN = 4
#: Chunks begin and end at multiples of this, so that their runs are whole.
CHUNK_MULTIPLE = STRIDE * RUN


@dataclass(frozen=True)
class Block:
    """A rectangle of pixels: its first row and column, and its size."""

    row: int
    col: int
    height: int
    width: int


def blend_weights() -> np.ndarray:
    """Return the weight of each pixel of a window, float32 ``(64, 64)``."""
    ramp = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2
    return np.outer(ramp, ramp).astype(np.float32)


def chunks(area: Block, rows: int, cols: int) -> Iterator[Block]:
    """Cut ``area`` into chunks on the global grid, column of chunks by column.

    Going down first lets a chunk reuse the last windows of the one above it.

    Args:
        area: What to cover.
        rows: Wanted rows of a chunk, rounded up to ``CHUNK_MULTIPLE``.
        cols: Wanted columns of a chunk, rounded up likewise.
    """
    rows, cols = (-(-size // CHUNK_MULTIPLE) * CHUNK_MULTIPLE for size in (rows, cols))
    for left in range(area.col // cols * cols, area.col + area.width, cols):
        for top in range(area.row // rows * rows, area.row + area.height, rows):
            row, col = max(top, area.row), max(left, area.col)
            bottom = min(top + rows, area.row + area.height)
            right = min(left + cols, area.col + area.width)
            yield Block(row, col, bottom - row, right - col)


def aligned(block: Block) -> Block:
    """Return ``block`` grown to whole cells, beginning at the column of a run."""
    row = block.row // STRIDE * STRIDE
    col = block.col // CHUNK_MULTIPLE * CHUNK_MULTIPLE
    bottom = -(-(block.row + block.height) // STRIDE) * STRIDE
    right = -(-(block.col + block.width) // STRIDE) * STRIDE
    return Block(row, col, bottom - row, right - col)


def grown(block: Block, margin: int) -> Block:
    """Return ``block`` with ``margin`` pixels more on every side."""
    return Block(
        block.row - margin, block.col - margin, block.height + 2 * margin, block.width + 2 * margin
    )


def mirrored(start: int, length: int, size: int) -> np.ndarray:
    """Return the indices ``start .. start + length`` folded back into ``0 .. size``.

    Outside, the raster is continued by its mirror image (edge pixel repeated).
    """
    index = np.arange(start, start + length) % (2 * size)
    return np.where(index < size, index, 2 * size - 1 - index)


def windows_of_pixels(rows: np.ndarray, cols: np.ndarray) -> list[tuple[int, int]]:
    """Return the sorted windows ``(i, j)`` that hold any of the pixels."""
    cells = np.unique(np.stack([rows // STRIDE, cols // STRIDE], axis=1), axis=0)
    return sorted({(i - a, j - b) for i, j in cells.tolist() for a in (0, 1) for b in (0, 1)})


def run_of(j: int) -> tuple[int, int]:
    """Return the first window column of the run of column ``j``, and j's place in it."""
    place = (j + 1) % RUN
    return j - place, place
