"""The grid of tiles on which a sample scene is computed, whatever window is asked for.

A tile is always computed as a whole, also where the scene ends. So a window is
the same whether it is rendered alone or with the whole scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from .sample_landscape import Ground
from .sample_noise import Floats
from .sample_sensor import PSF_MARGIN, Sensor, measure, mix
from .sample_texture import FINER, SHADOW_MARGIN, light

TILE = 64
"""Side of a tile, in pixels; the first tile begins at the scene's first pixel."""

Numbers = npt.NDArray[np.uint16]
_MARGIN = PSF_MARGIN + SHADOW_MARGIN

LayOut = Callable[[Floats, Floats], Ground]
Slices = tuple[slice, slice]


def tiles_of(
    row: int, col: int, height: int, width: int
) -> Iterator[tuple[tuple[int, int], Slices, Slices]]:
    """Yield the row and column of each tile of a window, its place there, and the place in it."""
    for tile_row in range(row // TILE, -(-(row + height) // TILE)):
        top, bottom = max(row, tile_row * TILE), min(row + height, (tile_row + 1) * TILE)
        for tile_col in range(col // TILE, -(-(col + width) // TILE)):
            left, right = max(col, tile_col * TILE), min(col + width, (tile_col + 1) * TILE)
            here = (slice(top - row, bottom - row), slice(left - col, right - col))
            up, across = tile_row * TILE, tile_col * TILE
            there = (slice(top - up, bottom - up), slice(left - across, right - across))
            yield (tile_row, tile_col), here, there


def points_of(
    tile_row: int, tile_col: int, margin: int, origin: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Return x and y of a tile's points, ``FINER`` to a pixel, with ``margin`` pixels around."""
    steps = np.arange((TILE + 2 * margin) * FINER)
    offset = (steps + 0.5) / FINER - margin
    x = tile_col * TILE - origin[1] + offset
    y = tile_row * TILE - origin[0] + offset
    shape = (len(steps), len(steps))
    return (
        np.ascontiguousarray(np.broadcast_to(x[None, :], shape)),
        np.ascontiguousarray(np.broadcast_to(y[:, None], shape)),
    )


def render_tile(
    tile: tuple[int, int],
    origin: tuple[int, int],
    lay: LayOut,
    seed: int,
    difficulty: float,
    sensor: Sensor,
) -> Numbers:
    """Return one whole tile, uint16 (bands, ``TILE``, ``TILE``)."""
    x, y = points_of(*tile, _MARGIN, origin)
    surface = light(lay(x, y), x, y, seed, difficulty)
    inner = slice(_MARGIN * FINER + FINER // 2, -_MARGIN * FINER, FINER)
    return measure(
        mix(surface, sensor), x[inner, inner], y[inner, inner], sensor, (seed, *tile), difficulty
    )
