"""A made-up scene on a class map that comes from outside, such as a published reference.

The map says which class lies where; each class is given a material of the
sample scene, and a part of the material's variety. Mixing, texture, light and
noise are the sample scene's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .sample_landscape import MATERIALS, Ground
from .sample_noise import Floats, hashes, make_key, nearest_points, uniform
from .sample_sensor import Sensed, make_sensor
from .sample_tiles import Numbers, render_tile, tiles_of

_PARCEL = 32.0
_UNLABELLED = "meadow"


@dataclass(frozen=True)
class Recipe:
    """What a class is made of.

    Attributes:
        material: One of the sample scene's materials, such as ``cereal``.
        first: From where to where on the material's first axis, within 0 to 1.
        second: The same on its second axis.
    """

    material: str
    first: tuple[float, float] = (0.0, 1.0)
    second: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.material not in MATERIALS:
            raise InputError(
                f"There is no material '{self.material}'; choose one of {', '.join(MATERIALS)}."
            )
        for low, high in (self.first, self.second):
            if not 0.0 <= low <= high <= 1.0:
                raise InputError(
                    f"A part of '{self.material}' is {low} to {high}; it must lie within 0 to 1."
                )


@dataclass(frozen=True, eq=False)
class MapScene(Sensed):
    """A scene on a given class map.

    Attributes:
        class_map: Whole numbers (height, width): 0 where there is no class, else 1 and up.
        recipes: What the classes 1, 2, … are made of; chosen so that they differ if empty.
        seed: Decides fields' and pixels' variety, and the noise.
        bands: How many bands, from 420 to 2450 nm.
        difficulty: How much the classes vary within themselves; 1 is the sample scene's.

    Raises:
        InputError: if the map is not one, or a class has no recipe.
    """

    class_map: npt.NDArray[Any]
    recipes: tuple[Recipe, ...] = ()
    seed: int = 0
    bands: int = 100
    difficulty: float = 1.0

    def __post_init__(self) -> None:
        if (
            self.class_map.ndim != 2
            or not self.class_map.size
            or self.class_map.dtype.kind not in "iub"
        ):
            raise InputError(
                f"A class map has rows and columns of whole numbers; this one has the shape "
                f"{self.class_map.shape} and the type {self.class_map.dtype}."
            )
        lowest, highest = int(self.class_map.min()), int(self.class_map.max())
        if lowest < 0:
            raise InputError(
                f"The class map holds {lowest}; classes are numbered from 1, 0 is none."
            )
        if not self.recipes:
            object.__setattr__(self, "recipes", default_recipes(highest))
        if len(self.recipes) < highest:
            raise InputError(
                f"The class map holds class {highest}, but there are {len(self.recipes)} recipes."
            )
        if self.bands < 1:
            raise InputError(f"The scene's bands are {self.bands}; there must be at least 1.")

    def render(self, row: int, col: int, height: int, width: int) -> Numbers:
        """Return the window's reflectance in steps of ``scale``, uint16 (bands, height, width)."""
        rows, cols = self.class_map.shape
        if not (0 <= row <= row + height <= rows and 0 <= col <= col + width <= cols):
            raise InputError(
                f"The window of {height} x {width} pixels at row {row}, column {col} reaches "
                f"beyond the class map of {rows} x {cols} pixels."
            )
        sensor = make_sensor(self.bands)
        numbers = np.empty((self.bands, height, width), np.uint16)
        for tile, here, there in tiles_of(row, col, height, width):
            numbers[(slice(None), *here)] = render_tile(
                tile, (0, 0), self._lay_out, self.seed, self.difficulty, sensor
            )[(slice(None), *there)]
        return numbers

    def _lay_out(self, x: Floats, y: Floats) -> Ground:
        """Return the ground at ``x``, ``y``; beyond the map it goes on as at the map's edge."""
        key = make_key(self.seed, 60)
        rows, cols = self.class_map.shape
        row = np.clip(np.floor(y).astype(np.int64), 0, rows - 1)
        col = np.clip(np.floor(x).astype(np.int64), 0, cols - 1)
        kinds = self.class_map[row, col].astype(np.int64)
        recipes = (Recipe(_UNLABELLED), *self.recipes)
        material = np.array([MATERIALS.index(recipe.material) for recipe in recipes], np.uint8)
        limits = np.array([(*recipe.first, *recipe.second) for recipe in recipes])
        district, dx, dy, _, _ = nearest_points(x, y, _PARCEL, make_key(key, 1))
        angle = np.pi * uniform(district, district, make_key(key, 2))
        return Ground(
            material[kinds],
            # An even number: an odd one would make a metal roof of any roof.
            hashes(district, kinds, make_key(key, 3)) & np.uint32(0xFFFFFFFE),
            dy * np.cos(angle) - dx * np.sin(angle),
            np.zeros_like(x),
            np.moveaxis(limits[kinds], -1, 0),
        )


def render_classes(
    class_map: npt.NDArray[Any],
    *,
    recipes: Sequence[Recipe] = (),
    seed: int = 0,
    bands: int = 100,
    difficulty: float = 1.0,
) -> Numbers:
    """Return a whole scene on ``class_map``, uint16 (bands, height, width); see ``MapScene``."""
    scene = MapScene(class_map, tuple(recipes), seed, bands, difficulty)
    return scene.render(0, 0, *class_map.shape)


def default_recipes(count: int) -> tuple[Recipe, ...]:
    """Return recipes for ``count`` classes: every material first, then halves, thirds … of them."""
    recipes = []
    for place in range(count):
        material = place % len(MATERIALS)
        shares = (count - material - 1) // len(MATERIALS) + 1
        share = place // len(MATERIALS)
        recipes.append(
            Recipe(MATERIALS[material], second=(share / shares, min(1.0, (share + 1) / shares)))
        )
    return tuple(recipes)
