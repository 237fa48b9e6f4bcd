"""Small training polygons, as an analyst would draw them into the sample scene.

A polygon is a turned rectangle inside one field, stand, road or roof. Polygons
are drawn in every other neighbourhood of the scene only (the black squares of a
chessboard), so that much of the reference lies far from any of them; a class
that is not to be found there is drawn where it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .sample_noise import make_key

if TYPE_CHECKING:
    from .sample_scene import SampleScene

PER_CLASS = 5

_NEIGHBOURHOOD = 64
_MOST_TILES = 48
_TRIES = 28
_LARGEST = 60
_SMALLEST = 10
_SHARE = 440
_HALVES = (
    (4.3, 3.3),
    (5.3, 2.3),
    (3.3, 3.3),
    (4.3, 2.3),
    (3.3, 2.3),
    (5.3, 1.3),
    (2.3, 2.3),
    (4.3, 1.3),
    (3.3, 1.3),
    (5.3, 0.8),
    (2.3, 1.3),
    (4.3, 0.7),
    (3.3, 0.7),
    (1.3, 1.3),
    (2.3, 0.6),
    (1.3, 0.6),
    (0.6, 0.6),
)
_ANGLES = 8

Point = tuple[float, float]
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SamplePolygon:
    """A training polygon.

    Attributes:
        value: The class's value.
        name: The class's name.
        rings: Closed rings of map coordinates; the first is the outline.
    """

    value: int
    name: str
    rings: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class _Shape:
    """A rectangle: its corners (column, row) and the pixels, (row, column), around its middle."""

    corners: tuple[Point, ...]
    pixels: Offsets


@dataclass(frozen=True)
class _Candidate:
    """A rectangle that lies on one class and in one parcel."""

    row: int
    col: int
    shape: _Shape
    pure: float
    parcel: int

    @property
    def size(self) -> int:
        return len(self.shape.pixels)

    @property
    def covered(self) -> set[tuple[int, int]]:
        return {(self.row + int(r), self.col + int(c)) for r, c in self.shape.pixels}


def draw_training_polygons(
    scene: SampleScene, per_class: int = PER_CLASS
) -> tuple[SamplePolygon, ...]:
    """Return about ``per_class`` training polygons of each class that the scene holds.

    The work is bounded: a large scene is looked at in a few dozen tiles.
    """
    largest = min(_LARGEST, max(1, scene.width * scene.height // _SHARE))
    shapes = _shapes(largest)
    found: dict[int, list[_Candidate]] = {sample.value: [] for sample in scene.classes}
    for tile in _tiles_to_search(scene):
        for value, candidates in _search(scene, tile, shapes, largest).items():
            found[value] += candidates
    polygons = []
    for sample in scene.classes:
        chosen = _choose(scene, found[sample.value], min(_SMALLEST, largest), per_class)
        for candidate in chosen:
            ring = _ring(scene, candidate)
            polygons.append(SamplePolygon(sample.value, sample.name, (ring,)))
    return tuple(polygons)


def _shapes(largest: int) -> list[_Shape]:
    """Return rectangles of at most ``largest`` pixels, large ones first."""
    reach = np.arange(-7, 8)
    rows, cols = (grid.ravel() for grid in np.meshgrid(reach, reach, indexing="ij"))
    shapes = []
    for half_length, half_width in _HALVES:
        for turn in range(_ANGLES):
            cos, sin = math.cos(math.pi * turn / _ANGLES), math.sin(math.pi * turn / _ANGLES)
            inside = np.abs(cols * cos + rows * sin) < half_length
            inside &= np.abs(rows * cos - cols * sin) < half_width
            pixels = np.stack([rows[inside], cols[inside]], axis=1)
            corners = tuple(
                (u * cos - v * sin, u * sin + v * cos)
                for u, v in (
                    (-half_length, -half_width),
                    (half_length, -half_width),
                    (half_length, half_width),
                    (-half_length, half_width),
                )
            )
            if len(pixels) <= largest:
                shapes.append(_Shape(corners, pixels))
    return sorted(shapes, key=lambda shape: -len(shape.pixels))


def _tiles_to_search(scene: SampleScene) -> list[tuple[int, int]]:
    """Return the tiles to search: all of a small scene's, a spread-out few of a large one's."""
    side = scene.tile
    down, across = -(-scene.height // side), -(-scene.width // side)
    if down * across <= _MOST_TILES:
        return [(row, col) for row in range(down) for col in range(across)]
    random = np.random.Generator(np.random.SFC64([scene.seed, 7]))
    parts = math.isqrt(_MOST_TILES)
    rows = np.unique(np.linspace(0, down, min(parts, down) + 1).astype(int))
    cols = np.unique(
        np.linspace(0, across, min(_MOST_TILES // len(rows[1:]), across) + 1).astype(int)
    )
    return [
        (int(random.integers(top, bottom)), int(random.integers(left, right)))
        for top, bottom in zip(rows[:-1], rows[1:])
        for left, right in zip(cols[:-1], cols[1:])
    ]


def _search(
    scene: SampleScene, tile: tuple[int, int], shapes: Sequence[_Shape], largest: int
) -> dict[int, list[_Candidate]]:
    """Return, for each class in a tile, the largest rectangles around a few random pixels."""
    ground = scene.ground(*tile)
    top, left = tile[0] * scene.tile, tile[1] * scene.tile
    height, width = min(scene.tile, scene.height - top), min(scene.tile, scene.width - left)
    random = np.random.Generator(np.random.SFC64([scene.seed, *tile, 8]))
    found: dict[int, list[_Candidate]] = {}
    for value in np.unique(ground.truth[:height, :width]):
        rows, cols = np.nonzero(ground.truth[:height, :width] == value)
        some = random.permutation(len(rows))[:_TRIES]
        rows, cols = rows[some], cols[some]
        limit = random.integers(min(_SMALLEST, largest), largest + 1, len(rows))
        waiting = np.ones(len(rows), bool)
        candidates = []
        for shape in shapes:
            trying = np.nonzero(waiting & (limit >= len(shape.pixels)))[0]
            if not len(trying):
                continue
            row = rows[trying, None] + shape.pixels[:, 0]
            col = cols[trying, None] + shape.pixels[:, 1]
            fits = ((row >= 0) & (row < height) & (col >= 0) & (col < width)).all(axis=1)
            row, col = row.clip(0, height - 1), col.clip(0, width - 1)
            parcel = ground.parcel[row, col]
            fits &= (ground.truth[row, col] == value).all(axis=1)
            fits &= (parcel == ground.parcel[rows, cols][trying, None]).all(axis=1)
            pure = ground.pure[row, col].mean(axis=1)
            waiting[trying[fits]] = False
            candidates += [
                _Candidate(
                    top + int(rows[trying[n]]),
                    left + int(cols[trying[n]]),
                    shape,
                    float(pure[n]),
                    int(parcel[n, 0]),
                )
                for n in np.nonzero(fits)[0]
            ]
        found[int(value)] = candidates
    return found


def _choose(
    scene: SampleScene, candidates: Sequence[_Candidate], smallest: int, count: int
) -> list[_Candidate]:
    """Return up to ``count`` rectangles far from each other: good ones first."""
    side = max(8, min(_NEIGHBOURHOOD, -(-max(scene.width, scene.height) // 4)))
    colour = make_key(scene.seed, 9) & 1
    chosen: list[_Candidate] = []
    for in_training_only, pure, size in (
        (True, 0.85, smallest),
        (True, 0.5, smallest),
        (False, 0.85, smallest),
        (False, 0.5, smallest),
        (False, 0.0, 1),
    ):
        pool = [
            candidate
            for candidate in candidates
            if candidate.size >= size
            and candidate.pure >= pure
            and not (
                in_training_only and (candidate.row // side + candidate.col // side) % 2 != colour
            )
        ]
        _add_farthest(chosen, pool, count)
        # What was found so far will do, rather than worse ones.
        if len(chosen) >= count - 1:
            break
    return chosen


def _add_farthest(chosen: list[_Candidate], pool: list[_Candidate], count: int) -> None:
    """Add rectangles of ``pool`` to ``chosen``, each the farthest from those chosen before."""
    taken = set().union(*(candidate.covered for candidate in chosen)) if chosen else set()
    while pool and len(chosen) < count:
        best = max(pool, key=lambda one: (_distance(one, chosen), one.size, one.row, one.col))
        pool.remove(best)
        if not taken & best.covered:
            chosen.append(best)
            taken |= best.covered


def _distance(candidate: _Candidate, chosen: Sequence[_Candidate]) -> float:
    """Return how far ``candidate`` is from those chosen; the same parcel counts as near."""
    return min(
        (
            math.hypot(candidate.row - other.row, candidate.col - other.col)
            * (0.3 if candidate.parcel == other.parcel else 1.0)
            for other in chosen
        ),
        default=0.0,
    )


def _ring(scene: SampleScene, candidate: _Candidate) -> tuple[Point, ...]:
    """Return a rectangle's closed outline in map coordinates."""
    x, pixel, _, y, _, down = scene.transform
    corners = [
        (
            round(x + (candidate.col + 0.5 + right) * pixel, 3),
            round(y + (candidate.row + 0.5 + below) * down, 3),
        )
        for right, below in candidate.shape.corners
    ]
    return (*corners, corners[0])
