"""The sample scene's landscape: which kind of ground lies where, to a third of a pixel.

The landscape is endless and has no memory: ``lay_out`` answers for any points.
It is made of fields in districts that each have a direction of their own,
forests with a ragged outline, a river, lakes, villages with streets, lots and
houses, and roads from village to village. Each such thing repeats on a lattice
of 260 pixels, so that a scene of 256x256 around the origin holds all of them.
Lengths are pixels of the scene.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .sample_noise import (
    Floats,
    Hashes,
    fractal_noise,
    hashes,
    make_key,
    nearest_points,
    smooth_noise,
    uniform,
)

Indices = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MATERIALS = (
    "broadleaf",
    "conifer",
    "row_crop",
    "cereal",
    "meadow",
    "stubble",
    "soil",
    "water",
    "roof",
    "asphalt",
    "concrete",
)
(
    BROADLEAF,
    CONIFER,
    ROW_CROP,
    CEREAL,
    MEADOW,
    STUBBLE,
    SOIL,
    WATER,
    ROOF,
    ASPHALT,
    CONCRETE,
) = range(len(MATERIALS))

_CELL = 260.0
_DISTRICT = 78.0
_STRIP = 21.0
_SEGMENT = 54.0
_STREETS = (27.0, 21.0)
_LOTS = (3, 2)
_VILLAGE = 46.0
_ROAD = 1.35


@dataclass(frozen=True)
class Ground:
    """The ground at some points; all arrays have the points' shape.

    Attributes:
        material: uint8, index into ``MATERIALS``.
        parcel: uint32, which field, stand, lot or house the point belongs to.
        across: float64, pixels across the direction in which the parcel is worked.
        slope: float64, -1 or 1 on the two sides of a roof, 0 elsewhere.
        limits: float64 (4, ...), from where to where on the material's first axis, and on
            its second, the points may be; None for all of both.
    """

    material: Indices
    parcel: Hashes
    across: Floats
    slope: Floats
    limits: Floats | None = None


@dataclass(frozen=True)
class Plan:
    """Where the landscape's lattice lies; all that the seed decides about it at large.

    Attributes:
        key: Key of all the landscape's random fields.
        village: Where in its cell a village lies, (x, y).
        forest: Where in its cell the large forest lies.
        river: Direction of the river, radians.
    """

    key: int
    village: tuple[float, float]
    forest: tuple[float, float]
    river: float

    @classmethod
    def of(cls, seed: int) -> Plan:
        """Return the plan that belongs to ``seed``."""
        key = make_key(seed, 1)
        turn, bend, tilt = (make_key(key, n) / 2.0**32 for n in (2, 3, 4))
        angle = 2 * math.pi * turn
        away = angle + math.pi + (bend - 0.5) * 1.2
        return cls(
            key,
            (58 * math.cos(angle), 58 * math.sin(angle)),
            (62 * math.cos(away), 62 * math.sin(away)),
            angle + math.pi / 2 + (tilt - 0.5) * 0.5,
        )


def lay_out(plan: Plan, x: Floats, y: Floats) -> Ground:
    """Return the ground at the points ``x``, ``y`` (pixels, any one shape)."""
    ground = _fields(plan, x, y)
    ground = _forests(plan, x, y, ground)
    ground = _villages(plan, x, y, ground)
    ground = _waters(plan, x, y, ground)
    return _roads(plan, x, y, ground)


def _over(
    ground: Ground,
    where: Mask,
    material: Indices | int,
    parcel: Hashes,
    across: Floats | None = None,
    slope: Floats | None = None,
) -> Ground:
    """Return ``ground`` with other ground laid over it ``where`` it is said."""
    return replace(
        ground,
        material=np.where(where, np.asarray(material, np.uint8), ground.material),
        parcel=np.where(where, parcel, ground.parcel),
        across=ground.across if across is None else np.where(where, across, ground.across),
        slope=np.where(where, 0.0 if slope is None else slope, ground.slope),
    )


def _fields(plan: Plan, x: Floats, y: Floats) -> Ground:
    """Lay out districts, cut each into strips and each strip into fields."""
    key = make_key(plan.key, 10)
    bent_x = x + 7 * smooth_noise(x, y, 45.0, make_key(key, 0))
    bent_y = y + 7 * smooth_noise(x, y, 45.0, make_key(key, 1))
    district, dx, dy, other, farther = nearest_points(bent_x, bent_y, _DISTRICT, make_key(key, 2))
    angle = math.pi * uniform(district, district, make_key(key, 3))
    cos, sin = np.cos(angle), np.sin(angle)
    along, across = dx * cos + dy * sin, dy * cos - dx * sin

    strip = _cut(across, _STRIP, district, make_key(key, 4))
    lane = hashes(district, strip, make_key(key, 5))
    segment = _cut(along + 30 * uniform(lane, lane, 6), _SEGMENT, lane, make_key(key, 7))
    parcel = hashes(lane, segment, make_key(key, 8))
    # A rotation rather than a draw: a district of seven fields grows everything.
    rotation = np.array([CEREAL, ROW_CROP, MEADOW, STUBBLE, SOIL, CEREAL, ROW_CROP], np.uint8)
    turn = (district >> np.uint32(8)).astype(np.int64) + 3 * strip + segment
    ground = Ground(rotation[turn % len(rotation)], parcel, across, np.zeros_like(x))

    # Districts meet at hedges, farm roads or strips of grass.
    border = district ^ other
    kind = uniform(border, border, make_key(key, 9))
    edge = np.select([kind < 0.35, kind < 0.65], [BROADLEAF, ASPHALT], MEADOW).astype(np.uint8)
    width = np.select([kind < 0.35, kind < 0.65], [3.4, 2.2], 2.2)
    return _over(ground, farther < width, edge, border)


def _cut(place: Floats, pitch: float, owner: Hashes, key: int) -> npt.NDArray[np.int64]:
    """Return which piece of a line each place is on, cut about every ``pitch``."""
    piece = np.floor(place / pitch).astype(np.int64)
    start = (piece + 0.45 * uniform(owner, piece, key)) * pitch
    return piece - (place < start)


def _cell(place: Floats, centre: float) -> npt.NDArray[np.int64]:
    """Return which lattice cell, counted around ``centre``, each place is in."""
    return np.floor((place - centre) / _CELL + 0.5).astype(np.int64)


def _forests(plan: Plan, x: Floats, y: Floats, ground: Ground) -> Ground:
    """Grow a large forest in each cell, and copses, of broadleaf and conifer stands."""
    key = make_key(plan.key, 20)
    column, row = _cell(x, plan.forest[0]), _cell(y, plan.forest[1])
    dx = x - plan.forest[0] - column * _CELL
    dy = y - plan.forest[1] - row * _CELL
    rough = fractal_noise(x, y, 46.0, make_key(key, 0), 4)
    core = 1.0 - np.hypot(dx, dy) / 46.0
    forested = (core + 0.9 * rough > 0.0) | (rough > 0.47)

    stand, stand_x, stand_y, _, _ = nearest_points(
        x + 6 * rough, y - 6 * rough, 26.0, make_key(key, 1)
    )
    # Stand by stand, but each half of the large forest leans to one kind.
    turn = 2 * math.pi * uniform(column, row, make_key(key, 2))
    lean = ((dx - stand_x) * np.cos(turn) + (dy - stand_y) * np.sin(turn)) / 40.0
    conifers = uniform(stand, stand, make_key(key, 3)) < 0.5 + np.clip(lean, -0.5, 0.5)
    kind = np.where(conifers, CONIFER, BROADLEAF).astype(np.uint8)
    return _over(ground, forested, kind, stand)


def _villages(plan: Plan, x: Floats, y: Floats, ground: Ground) -> Ground:
    """Build one village in each cell: a grid of streets, lots, houses and gardens."""
    key = make_key(plan.key, 30)
    column, row = _cell(x, plan.village[0]), _cell(y, plan.village[1])
    village = hashes(column, row, key)
    centre_x, centre_y = village_centre(plan, column, row)
    dx, dy = x - centre_x, y - centre_y
    if float(np.hypot(dx, dy).min()) > 1.7 * _VILLAGE:
        return ground
    angle = math.pi * uniform(village, village, make_key(key, 1))
    cos, sin = np.cos(angle), np.sin(angle)
    along, across = dx * cos + dy * sin, dy * cos - dx * sin
    along += 4 * smooth_noise(x, y, 40.0, make_key(key, 9))
    across += 4 * smooth_noise(x, y, 40.0, make_key(key, 10))

    block_u, block_v = np.floor(along / _STREETS[0] + 0.5), np.floor(across / _STREETS[1] + 0.5)
    in_u = along / _STREETS[0] + 0.5 - block_u
    in_v = across / _STREETS[1] + 0.5 - block_v
    lot_u = block_u * _LOTS[0] + np.floor(in_u * _LOTS[0])
    lot_v = block_v * _LOTS[1] + np.floor(in_v * _LOTS[1])
    lot = hashes(
        hashes(lot_u.astype(np.int64), lot_v.astype(np.int64), make_key(key, 2)), village, 3
    )
    block = hashes(
        hashes(block_u.astype(np.int64), block_v.astype(np.int64), make_key(key, 4)), village, 5
    )

    # A lot is in the village or outside as a whole, by where its centre lies.
    middle_u = ((lot_u + 0.5) / _LOTS[0] - 0.5) * _STREETS[0]
    middle_v = ((lot_v + 0.5) / _LOTS[1] - 0.5) * _STREETS[1]
    outline = smooth_noise(middle_u, middle_v, 25.0, make_key(key, 11))
    reach = _VILLAGE * (0.8 + 0.2 * uniform(lot, lot, make_key(key, 6)) + 0.25 * outline)
    built = np.hypot(middle_u, middle_v) < reach

    yard = ((block_u == 0) & (block_v == 0)) | (uniform(block, block, 7) < 0.12)
    trees = smooth_noise(x, y, 4.0, make_key(key, 8)) > 0.35
    open_ground = np.where(yard, CONCRETE, np.where(trees, BROADLEAF, MEADOW)).astype(np.uint8)
    ground = _over(ground, built, open_ground, lot, across)

    from_u, from_v = along - middle_u, across - middle_v
    ground = _houses(ground, built, yard, lot, from_u, from_v)

    street_u = (0.5 - np.abs(in_u - 0.5)) * _STREETS[0]
    street_v = (0.5 - np.abs(in_v - 0.5)) * _STREETS[1]
    near = np.hypot(along, across) < _VILLAGE * (0.9 + 0.25 * outline)
    return _over(ground, (built | near) & (np.minimum(street_u, street_v) < 1.15), ASPHALT, village)


def _houses(
    ground: Ground, built: Mask, yard: Mask, lot: Hashes, from_u: Floats, from_v: Floats
) -> Ground:
    """Put a house, or a hall in a yard, and a drive on every lot."""
    drive = built & (np.abs(from_u - 2.6) < 0.8) & (uniform(lot, lot, 11) < 0.6)
    ground = _over(ground, drive, CONCRETE, lot)
    half_u = np.where(yard, 3.6, 2.0 + 0.9 * uniform(lot, lot, 12))
    half_v = np.where(yard, 2.6, 1.7 + 0.9 * uniform(lot, lot, 13))
    shift = 2.4 * (uniform(lot, lot, 14) - 0.5)
    house = built & (np.abs(from_u) < half_u) & (np.abs(from_v - shift) < half_v)
    house &= uniform(lot, lot, 15) < np.where(yard, 0.6, 0.9)
    ridge_along_u = half_u > half_v
    side = np.where(ridge_along_u, from_v - shift, from_u)
    slope = np.where(yard, 0.0, np.where(side < 0, -1.0, 1.0))
    # The lowest bit of a roof's parcel says whether it is a hall's flat metal roof.
    roof = (hashes(lot, lot, 16) & np.uint32(0xFFFFFFFE)) | yard.astype(np.uint32)
    return _over(ground, house, ROOF, roof, slope=slope)


def _waters(plan: Plan, x: Floats, y: Floats, ground: Ground) -> Ground:
    """Let a river meander through every 260 pixels, with wooded banks, and fill lakes."""
    key = make_key(plan.key, 40)
    cos, sin = math.cos(plan.river), math.sin(plan.river)
    along, across = x * cos + y * sin, y * cos - x * sin
    river = np.floor(across / _CELL + 0.5).astype(np.int64)
    line = river.astype(np.float64) * (_CELL * 3.7)
    bend = 20 * smooth_noise(along, line, 75.0, make_key(key, 1))
    bend += 5 * smooth_noise(along, line, 22.0, make_key(key, 2))
    half = 5.5 + 2.0 * smooth_noise(along, line, 60.0, make_key(key, 3))
    shore = np.abs(across - river * _CELL - bend) - half
    water = hashes(river, river, make_key(key, 4))

    lake_x, lake_y = _CELL * 0.37, _CELL * 0.41
    column, row = _cell(x, lake_x), _cell(y, lake_y)
    size = 9 + 9 * uniform(column, row, make_key(key, 5))
    dx = x - lake_x - (column + 0.3 * (uniform(column, row, make_key(key, 6)) - 0.5)) * _CELL
    dy = y - lake_y - (row + 0.3 * (uniform(column, row, make_key(key, 7)) - 0.5)) * _CELL
    ragged = 5 * fractal_noise(x, y, 16.0, make_key(key, 8), 2)
    pond = np.hypot(dx, dy * 1.3) + ragged - size
    in_pond = pond < shore
    water = np.where(in_pond, hashes(column, row, make_key(key, 9)), water)
    shore = np.minimum(pond, shore)

    wooded = smooth_noise(x, y, 17.0, make_key(key, 10)) > 0.0
    bank = np.where(wooded, BROADLEAF, MEADOW).astype(np.uint8)
    built = np.isin(ground.material, (ROOF, CONCRETE, ASPHALT))
    ground = _over(ground, (shore < 3.2) & ~built, bank, water ^ np.uint32(1))
    return _over(ground, shore < 0, WATER, water)


def village_centre(
    plan: Plan, column: npt.NDArray[np.int64], row: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return where the villages of lattice cells lie; the one of cell (0, 0) is in place."""
    key = make_key(plan.key, 50)
    home = (column == 0) & (row == 0)
    sway_x = np.where(home, 0.0, 90 * (uniform(column, row, make_key(key, 1)) - 0.5))
    sway_y = np.where(home, 0.0, 90 * (uniform(column, row, make_key(key, 2)) - 0.5))
    x = np.asarray(plan.village[0] + column * _CELL + sway_x, np.float64)
    y = np.asarray(plan.village[1] + row * _CELL + sway_y, np.float64)
    return x, y


def _roads(plan: Plan, x: Floats, y: Floats, ground: Ground) -> Ground:
    """Lead a road from each village to its neighbours in the east and in the south."""
    key = make_key(plan.key, 51)
    x, y = (
        x + 9 * smooth_noise(x, y, 60.0, make_key(key, 1)),
        y + 9 * smooth_noise(x, y, 60.0, make_key(key, 2)),
    )
    column, row = _cell(x, plan.village[0]), _cell(y, plan.village[1])
    along_x, east = village_centre(plan, column, row)
    step = np.where(x < along_x, -1, 1)
    ends = village_centre(plan, column + step, row)
    road = _distance(x, y, along_x, east, *ends) < _ROAD

    south, along_y = village_centre(plan, column, row)
    step = np.where(y < along_y, -1, 1)
    end_x, end_y = village_centre(plan, column, row + step)
    road |= _distance(y, x, along_y, south, end_y, end_x) < _ROAD
    return _over(ground, road, ASPHALT, hashes(column, row, key))


def _distance(
    along: Floats,
    across: Floats,
    start: Floats,
    start_across: Floats,
    end: Floats,
    end_across: Floats,
) -> Floats:
    """Return the distance from a road that leaves and arrives straight ahead."""
    share = np.clip((along - start) / (end - start), 0.0, 1.0)
    line = start_across + (end_across - start_across) * 0.5 * (1 - np.cos(math.pi * share))
    steepness = (
        (end_across - start_across) / (end - start) * 0.5 * math.pi * np.sin(math.pi * share)
    )
    distance: Floats = np.abs(across - line) / np.sqrt(1 + steepness * steepness)
    return distance
