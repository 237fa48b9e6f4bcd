"""A made-up hyperspectral scene of any size whose every pixel's class is known.

It needs numpy only, so that the sample scene works before the engine is
installed. The scene is a pure function of its seed and of the place: any window
of it is exactly what the same window of the whole scene would be, and a scene
larger than the memory is rendered window by window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .sample_landscape import MATERIALS, Ground, Plan, lay_out
from .sample_noise import Floats
from .sample_sensor import Sensed, Sensor, make_sensor
from .sample_texture import FINER
from .sample_tiles import TILE, Numbers, points_of, render_tile, tiles_of
from .sample_training import SamplePolygon, draw_training_polygons

EPSG = 32633
_ORIGIN = (368000.0, 5808000.0)

Classes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class SampleClass:
    """A class of the sample scene.

    Attributes:
        value: What the class is called in rasters, 1 and up.
        name: What it is called by people.
        color: ``#rrggbb``.
    """

    value: int
    name: str
    color: str


CLASSES = (
    SampleClass(1, "Broadleaf forest", "#3f8f3a"),
    SampleClass(2, "Conifer forest", "#12522f"),
    SampleClass(3, "Row crop", "#e0b32a"),
    SampleClass(4, "Cereal", "#f1e58a"),
    SampleClass(5, "Meadow", "#9fd45f"),
    SampleClass(6, "Stubble", "#c9a06a"),
    SampleClass(7, "Bare soil", "#8a5a33"),
    SampleClass(8, "Water", "#2f74c0"),
    SampleClass(9, "Roof", "#c8412f"),
    SampleClass(10, "Asphalt", "#5b5b66"),
    SampleClass(11, "Concrete", "#c9c9d1"),
)


@dataclass(frozen=True)
class SampleScene(Sensed):
    """A scene of fields, forests, villages and water.

    Attributes:
        width: Columns.
        height: Rows.
        seed: Decides everything; the same seed gives the same scene.
        bands: How many bands, from 420 to 2450 nm.
        difficulty: How much the classes vary within themselves; 0 makes each
            class almost one spectrum, 1 is made for comparing classifiers.
        pixel_size: Side of a pixel, metres.

    Raises:
        InputError: if a size, the seed or the difficulty makes no scene.
    """

    width: int
    height: int
    seed: int = 0
    bands: int = 100
    difficulty: float = 1.0
    pixel_size: float = 5.0

    def __post_init__(self) -> None:
        for name in ("width", "height", "bands"):
            if getattr(self, name) < 1:
                raise InputError(
                    f"The sample scene's {name} is {getattr(self, name)}; it must be at least 1."
                )
        if not 0 <= self.seed < 2**32:
            raise InputError(f"The seed is {self.seed}; it must lie between 0 and {2**32 - 1}.")
        if not 0 <= self.difficulty <= 10:
            raise InputError(
                f"The difficulty is {self.difficulty}; it must lie between 0 (easy) and 10."
            )
        if not (math.isfinite(self.pixel_size) and self.pixel_size > 0):
            raise InputError(f"The pixel size is {self.pixel_size} m; it must be larger than 0.")

    @property
    def classes(self) -> tuple[SampleClass, ...]:
        """All classes that a scene may hold; a small scene holds fewer."""
        return CLASSES

    @property
    def epsg(self) -> int:
        """EPSG code of the coordinate system, a UTM zone."""
        return EPSG

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Geotransform in GDAL's order."""
        return (_ORIGIN[0], self.pixel_size, 0.0, _ORIGIN[1], 0.0, -self.pixel_size)

    def truth(self, row: int, col: int, height: int, width: int) -> Classes:
        """Return the class that holds most of each pixel, uint8 (height, width)."""
        window = self._window(row, col, height, width)
        classes = np.empty((height, width), np.uint8)
        for tile, here, there in tiles_of(*window):
            classes[here] = self.ground(*tile).truth[there]
        return classes

    def render(self, row: int, col: int, height: int, width: int) -> Numbers:
        """Return the window's reflectance in steps of ``scale``, uint16 (bands, height, width)."""
        window = self._window(row, col, height, width)
        numbers = np.empty((self.bands, height, width), np.uint16)
        for tile, here, there in tiles_of(*window):
            numbers[(slice(None), *here)] = render_tile(
                tile, self._origin, self._lay_out, self.seed, self.difficulty, self._sensor
            )[(slice(None), *there)]
        return numbers

    def training_polygons(self) -> tuple[SamplePolygon, ...]:
        """Return a few small polygons of each class, inside single fields, stands and roofs."""
        return draw_training_polygons(self)

    @property
    def tile(self) -> int:
        """Side, in pixels, of the tiles on which everything is computed."""
        return TILE

    def ground(self, tile_row: int, tile_col: int) -> GroundTile:
        """Return what lies on the pixels of one tile, which may reach beyond the scene."""
        x, y = points_of(tile_row, tile_col, 0, self._origin)
        return _summarise(self._lay_out(x, y))

    @cached_property
    def _sensor(self) -> Sensor:
        return make_sensor(self.bands)

    @cached_property
    def _plan(self) -> Plan:
        return Plan.of(self.seed)

    @property
    def _origin(self) -> tuple[int, int]:
        """The middle of the scene, row and column: the landscape's origin."""
        return self.height // 2, self.width // 2

    def _lay_out(self, x: Floats, y: Floats) -> Ground:
        return lay_out(self._plan, x, y)

    def _window(self, row: int, col: int, height: int, width: int) -> tuple[int, int, int, int]:
        inside = 0 <= row <= row + height <= self.height and 0 <= col <= col + width <= self.width
        if not inside:
            raise InputError(
                f"The window of {height} x {width} pixels at row {row}, column {col} reaches "
                f"beyond the sample scene of {self.height} x {self.width} pixels."
            )
        return row, col, height, width


@dataclass(frozen=True)
class GroundTile:
    """What lies on the pixels of a tile; all arrays (``TILE``, ``TILE``).

    Attributes:
        truth: uint8, the class that holds most of the pixel.
        parcel: uint32, the field, stand or house at the pixel's centre.
        pure: bool, whether the pixel holds one class only.
    """

    truth: Classes
    parcel: npt.NDArray[np.uint32]
    pure: npt.NDArray[np.bool_]


def _summarise(ground: Ground) -> GroundTile:
    """Return the pixels' classes from the points that lie in them."""
    count = len(MATERIALS)
    pixel = np.repeat(np.arange(TILE), FINER)
    place = pixel[:, None] * TILE + pixel[None, :]
    # The centre breaks ties.
    weight = np.ones((FINER, FINER))
    weight[FINER // 2, FINER // 2] = 1.5
    votes = np.bincount(
        (place * count + ground.material).ravel(),
        np.tile(weight, (TILE, TILE)).ravel(),
        TILE * TILE * count,
    ).reshape(TILE, TILE, count)
    centre = slice(FINER // 2, None, FINER)
    most = votes.argmax(axis=2)
    return GroundTile(
        truth=(most + 1).astype(np.uint8),
        parcel=ground.parcel[centre, centre],
        pure=votes.max(axis=2) > FINER**2,
    )
