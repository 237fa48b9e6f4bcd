"""Small rasters and vector layers, made where a test needs them."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import rasterio
from affine import Affine

UTM = "EPSG:32633"
GRID = Affine(10, 0, 400000, 0, -10, 5000000)

RasterMaker = Callable[..., Path]
VectorMaker = Callable[..., Path]


@pytest.fixture
def make_raster(tmp_path: Path) -> RasterMaker:
    """Return a function that writes (bands, height, width) or (height, width) arrays."""

    def make(
        name: str,
        values: np.ndarray,
        *,
        crs: str | None = UTM,
        transform: Affine | None = GRID,
        band_tags: Sequence[Mapping[str, str]] = (),
        imagery_tags: Sequence[Mapping[str, str]] = (),
        scales: Sequence[float] = (),
        offsets: Sequence[float] = (),
        mask: np.ndarray | None = None,
        colormap: Mapping[int, tuple[int, ...]] | None = None,
        **options: Any,
    ) -> Path:
        bands = values if values.ndim == 3 else values[None]
        path = tmp_path / name
        profile = {"driver": "GTiff", "count": len(bands), "dtype": bands.dtype, **options}
        profile.update(height=bands.shape[1], width=bands.shape[2])
        if crs is not None:
            profile["crs"] = crs
        if transform is not None:
            profile["transform"] = transform
        with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path, "w", **profile) as dataset:
                if colormap is not None:
                    dataset.write_colormap(1, dict(colormap))
                dataset.write(bands)
                for index, tags in enumerate(band_tags):
                    dataset.update_tags(index + 1, **tags)
                for index, tags in enumerate(imagery_tags):
                    dataset.update_tags(index + 1, ns="IMAGERY", **tags)
                if scales:
                    dataset.scales = scales
                if offsets:
                    dataset.offsets = offsets
                if mask is not None:
                    dataset.write_mask(mask)
        return path

    return make


@pytest.fixture
def make_vector(tmp_path: Path) -> VectorMaker:
    """Return a function that writes GeoJSON-like geometries with fields as a layer."""

    def make(
        name: str,
        geometries: Sequence[Mapping[str, Any] | None],
        /,
        *,
        crs: str | None = UTM,
        layer: str = "labels",
        geometry_type: str = "Unknown",
        append: bool = False,
        **fields: Sequence[Any],
    ) -> Path:
        path = tmp_path / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pyogrio warns of a missing CRS
            pyogrio.raw.write(
                str(path),
                geometry=np.array(
                    [None if item is None else wkb(item) for item in geometries], dtype=object
                ),
                field_data=[_column(values) for values in fields.values()],
                fields=list(fields),
                geometry_type=geometry_type,
                crs=crs,
                driver="GPKG",
                layer=layer,
                append=append,
            )
        return path

    return make


def wkb(geometry: Mapping[str, Any]) -> bytes:
    """Return a GeoJSON-like geometry as little-endian well-known binary."""
    kind, parts = geometry["type"], geometry.get("coordinates", ())
    if kind == "Point":
        return struct.pack("<BIdd", 1, 1, *parts)
    if kind == "LineString":
        return struct.pack("<BII", 1, 2, len(parts)) + _vertices(parts)
    if kind == "Polygon":
        rings = [struct.pack("<I", len(ring)) + _vertices(ring) for ring in parts]
        return struct.pack("<BII", 1, 3, len(parts)) + b"".join(rings)
    code, single = {"MultiPoint": (4, "Point"), "MultiPolygon": (6, "Polygon")}[kind]
    members = [wkb({"type": single, "coordinates": part}) for part in parts]
    return struct.pack("<BII", 1, code, len(members)) + b"".join(members)


def _vertices(ring: Sequence[tuple[float, float]]) -> bytes:
    return b"".join(struct.pack("<dd", *vertex) for vertex in ring)


def _column(values: Sequence[Any]) -> np.ndarray:
    if all(isinstance(value, (bool, int, float)) for value in values):
        return np.array(values)
    return np.array(values, dtype=object)
