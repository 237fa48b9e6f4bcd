"""What tells an image from all others: its size, its bands, and where it lies."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from qgis.core import QgsCoordinateReferenceSystem

from .pixel_grid import PixelGrid
from .scene_file import SceneBands


@dataclass(frozen=True)
class SceneFacts:
    """By which an image is known again under another name.

    Attributes:
        width: Columns.
        height: Rows.
        bands: Number of bands.
        transform: GDAL's geotransform.
        crs: The CRS's name, its WKT if it has none that other computers know; empty for no CRS.
    """

    width: int
    height: int
    bands: int
    transform: tuple[float, ...]
    crs: str

    @classmethod
    def of(cls, grid: PixelGrid, bands: SceneBands) -> SceneFacts:
        """Return the facts of an image."""
        return cls(grid.width, grid.height, bands.count, grid.transform, _crs_text(grid.crs))

    @classmethod
    def read(cls, value: object) -> SceneFacts | None:
        """Return the facts in a value read from JSON, None if they are not whole."""
        if not isinstance(value, dict):
            return None
        numbers = [value.get(name) for name in ("width", "height", "bands")]
        transform, crs = value.get("transform"), value.get("crs")
        if any(type(number) is not int for number in numbers) or not isinstance(crs, str):
            return None
        if not isinstance(transform, list) or len(transform) != 6:
            return None
        if not all(type(n) in (int, float) and abs(n) < 1e300 for n in transform):
            return None
        return cls(*numbers, tuple(float(number) for number in transform), crs)

    def written(self) -> dict[str, Any]:
        """Return the facts in JSON's types."""
        return {**asdict(self), "transform": list(self.transform)}

    def agree(self, other: SceneFacts) -> bool:
        """Whether both are of the same image, however its numbers were rounded in a file."""
        return (
            (self.width, self.height, self.bands) == (other.width, other.height, other.bands)
            and all(
                math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-9)
                for one, two in zip(self.transform, other.transform)
            )
            and _same_crs(self.crs, other.crs)
        )


def _crs_text(crs: QgsCoordinateReferenceSystem) -> str:
    if not crs.isValid():
        return ""
    name = str(crs.authid())
    # QGIS numbers a user's own CRSs as they come: on another computer, another one
    return name if name and not name.upper().startswith("USER:") else str(crs.toWkt())


def _same_crs(one: str, two: str) -> bool:
    if one == two or not one or not two:
        return one == two
    return bool(_crs_of(one) == _crs_of(two))


def _crs_of(text: str) -> QgsCoordinateReferenceSystem:
    crs = QgsCoordinateReferenceSystem()
    crs.createFromUserInput(text)
    return crs
