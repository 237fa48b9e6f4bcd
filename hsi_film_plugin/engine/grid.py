"""Where the pixels of a raster lie, and how coordinates become pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from affine import Affine
from rasterio.crs import CRS


class Grid(Protocol):
    """Where pixels lie: what labels need to know of a scene or of a class map."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def crs(self) -> CRS | None:
        """CRS, or None."""

    @property
    def transform(self) -> Affine:
        """From (column, row) to coordinates."""

    @property
    def georeferenced(self) -> bool:
        """Whether the file says where it lies."""

    @property
    def synthetic(self) -> bool:
        """Whether the file holds synthetic samples, or is made of such a file."""


@dataclass(frozen=True)
class GridWindow:
    """A part of a grid, as a grid of its own.

    Attributes:
        path: The file that the grid is of.
        width: Columns.
        height: Rows.
        crs: CRS, or None.
        transform: From (column, row) of the window to coordinates.
        georeferenced: Whether it says where it lies.
        synthetic: Whether the file holds synthetic samples, or is made of such a file.
    """

    path: Path
    width: int
    height: int
    crs: CRS | None
    transform: Affine
    georeferenced: bool
    synthetic: bool = False

    @classmethod
    def of(cls, grid: Grid, row: int, col: int, height: int, width: int) -> GridWindow:
        """Return the window of ``grid`` that begins at (row, col)."""
        transform, located = grid.transform, grid.georeferenced
        if not located and (row, col) != (0, 0):
            # QGIS draws what is not georeferenced downwards from 0: stay in the same place
            transform, located = Affine(1, 0, 0, 0, -1, 0), True
        return cls(
            grid.path,
            width,
            height,
            grid.crs,
            transform @ Affine.translation(col, row),
            located,
            grid.synthetic,
        )


def to_pixels(grid: Grid, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return fractional (columns, rows) of coordinates in the grid's CRS, float64.

    On a grid that is not georeferenced, coordinates are pixels; rows at negative y, where
    QGIS draws such rasters, are understood as well.
    """
    if not grid.georeferenced and ys.size and ys.max() <= 0 and ys.min() < 0:
        return np.asarray(xs, dtype=np.float64), -np.asarray(ys, dtype=np.float64)
    a, b, c, d, e, f = (~grid.transform)[:6]
    return a * xs + b * ys + c, d * xs + e * ys + f


def pixel_square_metres(grid: Grid) -> float | None:
    """Return the area of a pixel in square metres, None where it is unknown."""
    if grid.crs is None or not grid.crs.is_projected:
        return None
    factor = float(grid.crs.linear_units_factor[1])
    return float(abs(grid.transform.determinant)) * factor**2


def crs_name(crs: CRS | None) -> str:
    """Return ``EPSG:n`` if the CRS has a code, else its name; empty without a CRS."""
    if crs is None:
        return ""
    code = crs.to_epsg()
    if code is not None:
        return f"EPSG:{code}"
    wkt = str(crs.to_wkt())
    return wkt.split('"')[1] if '"' in wkt else wkt
