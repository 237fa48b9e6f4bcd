"""How each kind of ground of the sample scene varies: fields, rows, crowns, roofs, shadows.

A material's spectra form a small grid along two axes (see
``tools/make_sample_spectra.py``). Texture is a place on that grid, and how much
sun gets there, for every third of a pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .sample_landscape import (
    BROADLEAF,
    CONIFER,
    MATERIALS,
    ROOF,
    Ground,
)
from .sample_noise import Floats, make_key, nearest_points, smooth_noise, uniform

FINER = 3
"""How many times finer than a pixel the ground is laid out, in rows and in columns."""

SHADOW_MARGIN = 2
"""Pixels around a window from which shadows may fall into it."""

_GRAIN_PITCH = 1.2
_SUN = (math.sin(math.radians(150)), -math.cos(math.radians(150)))


@dataclass(frozen=True)
class Surface:
    """The ground as the light meets it; arrays of one shape (rows, columns), finer than pixels.

    Attributes:
        material: uint8, index into ``MATERIALS``.
        first: Place on the material's first axis, 0 to 1.
        second: Place on the second axis, 0 to 1.
        sun: Share of the direct light, 1 on level, open ground.
    """

    material: np.ndarray
    first: Floats
    second: Floats
    sun: Floats


@dataclass(frozen=True)
class _Habit:
    """How a material varies, as shares of its axes.

    ``field`` is from field to field, ``patch`` over several pixels, ``grain``
    from pixel to pixel, and ``rows`` how much the gaps between rows show.
    """

    first: float = 0.5
    second: float = 0.5
    field: float = 0.7
    patch: float = 0.22
    grain: float = 0.5
    rows: float = 0.0


_HABITS = {
    "broadleaf": _Habit(field=0.30, patch=0.25, grain=0.85),
    "conifer": _Habit(field=0.30, patch=0.22, grain=0.85),
    "row_crop": _Habit(first=0.60, field=0.45, patch=0.22, grain=0.80, rows=0.55),
    "cereal": _Habit(first=0.55, field=0.45, patch=0.25, grain=0.85, rows=0.25),
    "meadow": _Habit(field=0.40, patch=0.32, grain=1.00),
    "stubble": _Habit(field=0.50, patch=0.25, grain=0.80, rows=0.35),
    "soil": _Habit(field=0.50, patch=0.28, grain=0.30, rows=0.16),
    "water": _Habit(first=0.35, field=0.45, patch=0.12, grain=0.19),
    "roof": _Habit(field=0.60, patch=0.0, grain=0.57),
    "asphalt": _Habit(field=0.35, patch=0.25, grain=0.60),
    "concrete": _Habit(field=0.45, patch=0.25, grain=0.70),
}


def _column(name: str) -> Floats:
    """Return one attribute of all habits, in the order of ``MATERIALS``."""
    return np.array([getattr(_HABITS[material], name) for material in MATERIALS], dtype=np.float64)


_FIRST, _SECOND, _FIELD = _column("first"), _column("second"), _column("field")
_PATCH, _GRAIN, _ROWS = _column("patch"), _column("grain"), _column("rows")


def light(ground: Ground, x: Floats, y: Floats, seed: int, difficulty: float) -> Surface:
    """Return the surface of ``ground``, without the ``SHADOW_MARGIN`` around it.

    Args:
        ground: Arrays (rows, columns), ``FINER`` to a pixel, with the margin.
        x: Coordinates in pixels, the same shape.
        y: Coordinates in pixels, the same shape.
        seed: The scene's seed.
        difficulty: How much classes vary within themselves; 1 is the default scene.
    """
    key = make_key(seed, 2)
    kind = ground.material
    parcel = ground.parcel

    patch = smooth_noise(x, y, 9.0, make_key(key, 1))
    grain = smooth_noise(x, y, _GRAIN_PITCH, make_key(key, 2))
    first = _FIELD[kind] * (uniform(parcel, parcel, make_key(key, 3)) - 0.5)
    first += _PATCH[kind] * patch + _GRAIN[kind] * grain
    first -= _ROWS[kind] * _gaps(ground, key)
    first = np.clip(_FIRST[kind] + difficulty * first, 0.0, 1.0)

    patch = smooth_noise(x, y, 14.0, make_key(key, 4))
    grain = smooth_noise(x, y, _GRAIN_PITCH, make_key(key, 5))
    second = _FIELD[kind] * (uniform(parcel, parcel, make_key(key, 6)) - 0.5)
    second += _PATCH[kind] * patch + _GRAIN[kind] * grain
    second = np.clip(_SECOND[kind] + difficulty * second, 0.0, 1.0)
    metal = (parcel & np.uint32(1)).astype(bool)
    tone = uniform(parcel, parcel, make_key(key, 7))
    second = np.where(kind == ROOF, np.where(metal, 0.8 + 0.2 * tone, 0.6 * tone), second)

    sun = 1.0 + 0.22 * ground.slope
    garden = (kind == BROADLEAF) | (kind == CONIFER)
    for wood, pitch, relief in ((BROADLEAF, 2.5, 0.55), (CONIFER, 1.7, 0.75)):
        there = kind == wood
        if there.any():
            crown, sunlit = _crowns(x[there], y[there], pitch, relief, make_key(key, 8, wood))
            sun[there] = sunlit
            second[there] = np.clip(second[there] + 0.35 * difficulty * (crown - 0.5), 0.0, 1.0)
    sun = np.where(garden | (kind == ROOF), sun, sun * (1.0 - 0.75 * _shadow(kind)))

    if ground.limits is not None:
        low_first, high_first, low_second, high_second = ground.limits
        first = low_first + (high_first - low_first) * first
        second = low_second + (high_second - low_second) * second

    inner = (slice(SHADOW_MARGIN * FINER, -SHADOW_MARGIN * FINER),) * 2
    return Surface(kind[inner], first[inner], second[inner], sun[inner])


def _gaps(ground: Ground, key: int) -> Floats:
    """Return, 0 to 1, how open the ground is between rows, swaths or furrows."""
    parcel = ground.parcel
    period = 3.2 + 2.6 * uniform(parcel, parcel, make_key(key, 9))
    phase = ground.across / period + uniform(parcel, parcel, make_key(key, 10))
    gap: Floats = (0.5 - 0.5 * np.cos(2 * math.pi * phase)) ** 2 - 0.375
    return gap


def _crowns(x: Floats, y: Floats, pitch: float, relief: float, key: int) -> tuple[Floats, Floats]:
    """Return each point's tree, as a number in [0, 1), and how sunlit the point is."""
    tree, dx, dy, _, farther = nearest_points(x, y, pitch, key, jitter=0.8)
    facing = (dx * _SUN[0] + dy * _SUN[1]) / pitch
    gap = np.clip(1.0 - farther / (0.45 * pitch), 0.0, 1.0)
    sunlit = np.clip(0.98 + relief * facing - 0.35 * relief * gap, 0.25, 1.25)
    return uniform(tree, tree, 1), sunlit


def _shadow(kind: np.ndarray) -> Floats:
    """Return the share of sun that trees and houses take from the ground behind them."""
    tall = (kind == BROADLEAF) | (kind == CONIFER) | (kind == ROOF)
    shaded = np.zeros(kind.shape)
    for reach in (1.0, 0.62, 0.31):
        right = round(_SUN[0] * reach * 4)
        down = round(_SUN[1] * reach * 4)
        shaded = np.maximum(shaded, np.roll(tall, (-down, -right), (0, 1)))
    return shaded
