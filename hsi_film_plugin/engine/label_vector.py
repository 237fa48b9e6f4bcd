"""Polygons and points of a vector layer, burned onto a raster's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.errors
import pyogrio.raw
import rasterio
import rasterio.features
import rasterio.warp
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError

from .errors import InputError
from .grid import Grid, crs_name, to_pixels
from .label_classes import FoundClass
from .label_fields import counted, feature_classes
from .raster_file import GDAL_CACHE_BYTES
from .wkb import Part, UnsupportedGeometryError, parts_of

_READ_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
)


@dataclass(frozen=True)
class Claims:
    """Which pixels a label file claims for which class, before they are reconciled.

    Attributes:
        found: The classes, in the order of their values (or names, for text).
        pixels: int64 (n,), row * width + column.
        classes: int64 (n,), index into ``found``.
        polygons: int64 (n,), number of the polygon or point.
        warnings: What the user should know.
    """

    found: tuple[FoundClass, ...]
    pixels: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    warnings: tuple[str, ...]


def vector_layers(path: Path) -> list[str]:
    """Return the layers with geometries in a file; none if it is no vector file."""
    try:
        return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except _READ_ERRORS:
        return []


def read_vector(
    path: Path, layers: Sequence[str], grid: Grid, class_field: str | None, layer: str | None
) -> Claims:
    """Return the pixels of ``grid`` whose centres lie in the layer's polygons, or at points.

    Raises:
        InputError: if the layer, its field, its geometries or its CRS cannot be used.
    """
    layer = _choose_layer(path, layers, layer)
    meta, wkbs, fields = _read(path, layer)
    label = f"'{path.name}'" if len(layers) == 1 else f"'{path.name}' (layer '{layer}')"
    if class_field is None or class_field not in fields:
        wanted = (
            "The class field is not given"
            if class_field is None
            else (f"{label} has no field '{class_field}'")
        )
        raise InputError(f"{wanted}. Choose one of its fields: {', '.join(fields) or 'none'}.")
    if len(wkbs) == 0:
        raise InputError(f"{label} has no features. Draw some polygons or points first.")
    warnings: list[str] = []
    found, class_of_feature = feature_classes(label, fields, class_field, warnings)
    parts, features = _parts(label, wkbs, class_of_feature >= 0, warnings)
    placed, outside = _to_pixel_space(parts, _layer_crs(label, meta, grid, warnings), grid)
    claims: list[np.ndarray] = []
    with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES):  # else every polygon sets one up
        for part in placed:
            claims.append(np.empty(0, np.int64) if part is None else _burn(part, grid))
            outside += part is not None and claims[-1].size == 0
    if outside:
        warnings.append(
            f"{counted(outside, 'polygon or point', 'polygons or points')} of {label} "
            f"lie outside '{grid.path.name}' and were left out."
        )
    sizes = [pixels.size for pixels in claims]
    return Claims(
        found=found,
        pixels=np.concatenate([*claims, np.empty(0, np.int64)]),
        classes=np.repeat(class_of_feature[features], sizes),
        polygons=np.repeat(np.arange(len(parts), dtype=np.int64), sizes),
        warnings=tuple(warnings),
    )


def _choose_layer(path: Path, layers: Sequence[str], layer: str | None) -> str:
    if layer is None and len(layers) == 1:
        return layers[0]
    if layer is None:
        raise InputError(
            f"'{path.name}' has several layers. Choose one of them: {', '.join(layers)}."
        )
    if layer not in layers:
        raise InputError(
            f"'{path.name}' has no layer '{layer}'. Choose one of them: {', '.join(layers)}."
        )
    return layer


def _read(path: Path, layer: str) -> tuple[dict[str, Any], np.ndarray, dict[str, np.ndarray]]:
    try:
        meta, _, wkbs, columns = pyogrio.raw.read(path, layer=layer)
    except _READ_ERRORS as error:
        raise InputError(
            f"Could not read the layer '{layer}' of '{path}': {error}. "
            "The file may be damaged; export the labels again."
        ) from error
    return meta, wkbs, dict(zip((str(name) for name in meta["fields"]), columns))


def _parts(
    label: str, wkbs: np.ndarray, labelled: np.ndarray, warnings: list[str]
) -> tuple[list[Part], np.ndarray]:
    """Return the polygons and points of labelled features, and each one's feature."""
    parts: list[Part] = []
    features: list[int] = []
    without = 0
    for feature in np.flatnonzero(labelled):
        wkb = wkbs[feature]
        try:
            new = [] if wkb is None else parts_of(wkb)
        except UnsupportedGeometryError as error:
            raise InputError(
                f"{label} holds geometries that are neither polygons nor points ({error}). "
                "Use a polygon or point layer; lines can be buffered into polygons."
            ) from error
        except ValueError as error:
            raise InputError(
                f"Feature {feature + 1} of {label} cannot be read: {error}. Export it again."
            ) from error
        without += not new
        parts += new
        features += [int(feature)] * len(new)
    if not parts:
        raise InputError(f"No feature of {label} has a geometry. Draw polygons or points first.")
    if without:
        warnings.append(
            f"{counted(without, 'feature', 'features')} of {label} without a geometry "
            "were left out."
        )
    return parts, np.array(features, dtype=np.int64)


def _layer_crs(label: str, meta: dict[str, Any], grid: Grid, warnings: list[str]) -> CRS | None:
    """Return the CRS to reproject from, None if coordinates are taken as they are."""
    if not meta["crs"]:
        if grid.crs is not None:
            raise InputError(
                f"{label} has no CRS, but '{grid.path.name}' has {crs_name(grid.crs)}. Set the "
                "layer's CRS (in QGIS: Layer > Set Layer CRS, then export it) and run again."
            )
        return None
    try:
        crs = CRS.from_user_input(meta["crs"])
    except CRSError as error:
        raise InputError(f"The CRS of {label} is not understood: {error}. Set it again.") from error
    if grid.crs is None:
        warnings.append(
            f"'{grid.path.name}' has no CRS, so the coordinates of {label} ({crs_name(crs)}) "
            "were taken as they are."
        )
        return None
    return None if crs == grid.crs else crs


def _to_pixel_space(
    parts: Sequence[Part], crs: CRS | None, grid: Grid
) -> tuple[list[Part | None], int]:
    """Return parts in fractional (column, row), None for those that cannot be projected."""
    rings = [ring for part in parts for ring in part.rings]
    sizes = [len(ring) for ring in rings]
    vertices = np.concatenate(rings)
    if crs is not None:
        vertices = _reproject(vertices, sizes, crs, grid.crs)
    cols, rows = to_pixels(grid, vertices[:, 0], vertices[:, 1])
    moved = iter(np.split(np.column_stack([cols, rows]), np.cumsum(sizes)[:-1]))
    result: list[Part | None] = []
    for part in parts:
        placed = tuple(next(moved) for _ in part.rings)
        usable = all(np.isfinite(ring).all() for ring in placed)
        result.append(Part(placed) if usable else None)
    return result, sum(part is None for part in result)


def _reproject(
    vertices: np.ndarray, sizes: Sequence[int], source: CRS, target: CRS | None
) -> np.ndarray:
    """Return vertices in the target CRS; NaN for rings that it cannot hold."""
    try:
        return np.column_stack(
            rasterio.warp.transform(source, target, vertices[:, 0], vertices[:, 1])
        )
    except CPLE_BaseError:
        if len(sizes) == 1:
            return np.full_like(vertices, np.nan)
    # one vertex beyond the projection fails them all: halve until it stands alone
    middle = len(sizes) // 2
    cut = sum(sizes[:middle])
    return np.concatenate(
        [
            _reproject(vertices[:cut], sizes[:middle], source, target),
            _reproject(vertices[cut:], sizes[middle:], source, target),
        ]
    )


def _burn(part: Part, grid: Grid) -> np.ndarray:
    """Return the pixels (row * width + column) that a part claims, int64."""
    outer = part.rings[0]
    if part.is_point:
        return _pixel_under(outer[0], grid)
    low, high = outer.min(axis=0), outer.max(axis=0)
    left, top = (max(0, int(np.floor(value))) for value in low)
    right = min(grid.width, int(np.ceil(high[0])))
    bottom = min(grid.height, int(np.ceil(high[1])))
    if left >= right or top >= bottom:
        return np.empty(0, np.int64)
    burned = rasterio.features.rasterize(
        [{"type": "Polygon", "coordinates": [ring.tolist() for ring in _closed(part)]}],
        out_shape=(bottom - top, right - left),
        transform=Affine.translation(left, top),
        default_value=1,
        dtype="uint8",
    )
    rows, cols = np.nonzero(burned)
    if rows.size == 0:
        return _pixel_under(representative_point(part), grid)
    return np.asarray((rows + top) * grid.width + cols + left, dtype=np.int64)


def _closed(part: Part) -> list[np.ndarray]:
    return [
        ring if np.array_equal(ring[0], ring[-1]) else np.vstack([ring, ring[:1]])
        for ring in part.rings
    ]


def _pixel_under(point: np.ndarray, grid: Grid) -> np.ndarray:
    col, row = int(np.floor(point[0])), int(np.floor(point[1]))
    if 0 <= row < grid.height and 0 <= col < grid.width:
        return np.array([row * grid.width + col], dtype=np.int64)
    return np.empty(0, np.int64)


def representative_point(part: Part) -> np.ndarray:
    """Return a point inside a polygon: the middle of its widest chord at half its height."""
    ys = np.unique(part.rings[0][:, 1])
    if ys.size == 1:  # a polygon without area
        return np.asarray(part.rings[0].mean(axis=0))
    middle = (ys[0] + ys[-1]) / 2
    above = ys[np.searchsorted(ys, middle, side="right")] if middle < ys[-1] else ys[-1]
    below = ys[np.searchsorted(ys, above, side="left") - 1]
    y = (above + below) / 2  # between two vertices, so that no edge is met at its end
    crossings = []
    for ring in _closed(part):
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        crossed = (y0 > y) != (y1 > y)
        slope = (x1[crossed] - x0[crossed]) / (y1[crossed] - y0[crossed])
        crossings.append(x0[crossed] + (y - y0[crossed]) * slope)
    xs = np.sort(np.concatenate(crossings))
    starts, ends = xs[0::2], xs[1::2]
    widest = int(np.argmax(ends - starts))
    return np.array([(starts[widest] + ends[widest]) / 2, y])
