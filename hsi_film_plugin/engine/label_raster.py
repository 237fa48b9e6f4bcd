"""A label raster brought to another raster's grid by nearest neighbour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from skimage.measure import label as connected_components

from .errors import InputError
from .grid import Grid, crs_name
from .label_classes import MAX_CLASS_VALUE, named_classes
from .label_vector import Claims
from .raster_attributes import read_raster_classes
from .raster_file import (
    gdal_errors,
    is_georeferenced,
    is_nodata,
    open_raster,
)
from .synthetic_mark import require_true_labels

_ROWS_AT_ONCE = 512
_TOLERANCE = 0.01  # pixels by which approximate reprojection may be off


def read_raster(path: Path, grid: Grid) -> Claims:
    """Return the labelled pixels of a raster, on ``grid``; 0 and nodata are unlabelled.

    Polygons are 8-connected groups of pixels of a class.

    Raises:
        InputError: if the raster cannot be read, is synthetic, holds no classes or cannot be
            placed.
    """
    warnings: list[str] = []
    with gdal_errors(path, "open"), open_raster(path) as dataset:
        require_true_labels(path.name, dataset.tags(), dataset.tags(ns="ENVI"))
        _require_classes(path, dataset)
        pixels, values = _labelled_pixels(path, dataset, grid, warnings)
        legend = read_raster_classes(path, dataset)
    distinct, classes = _distinct(values)
    return Claims(
        found=tuple(named_classes([int(v) for v in distinct], legend.names, legend.colors)),
        pixels=pixels,
        classes=classes,
        polygons=_components(pixels, classes, grid),
        warnings=tuple(warnings),
    )


def _require_classes(path: Path, dataset: Any) -> None:
    if dataset.count != 1:
        raise InputError(
            f"'{path.name}' has {dataset.count} bands, but a label raster has one, with a "
            "class number in each pixel. Choose the label raster."
        )
    if dataset.dtypes[0].startswith("complex"):
        raise InputError(f"'{path.name}' holds complex numbers, not classes.")


def _labelled_pixels(
    path: Path, dataset: Any, grid: Grid, warnings: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels (row * width + column), in this order, and class numbers; int64 each."""
    pixels, values = [], []
    for first, block, present in _on_grid(path, dataset, grid, warnings):
        found = block[present]
        if np.issubdtype(found.dtype, np.floating) and not np.all(found == np.round(found)):
            raise InputError(
                f"'{path.name}' holds values that are not whole numbers, so they cannot be "
                "classes. Choose a raster with a class number in each pixel."
            )
        pixels.append(np.flatnonzero(present) + first * grid.width)
        values.append(found.astype(np.int64))
    return np.concatenate(pixels), np.concatenate(values)


def _distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values there are, in order, and each one's index among them."""
    if values.size == 0 or values.min() < 0 or values.max() > MAX_CLASS_VALUE:
        distinct, classes = np.unique(values, return_inverse=True)
        return distinct, classes.astype(np.int64)
    distinct = np.flatnonzero(np.bincount(values))  # needs no sorting of millions of pixels
    index = np.zeros(int(values.max()) + 1, dtype=np.int64)
    index[distinct] = np.arange(distinct.size)
    return distinct, index[values]


Block = tuple[int, np.ndarray, np.ndarray]


def _on_grid(path: Path, dataset: Any, grid: Grid, warnings: list[str]) -> Iterator[Block]:
    """Yield (first row, values, labelled) of full-width blocks of the grid."""
    same_size = (dataset.width, dataset.height) == (grid.width, grid.height)
    if not is_georeferenced(dataset) or not grid.georeferenced:
        if not same_size and not is_georeferenced(dataset):
            raise InputError(
                f"'{path.name}' is not georeferenced and has {dataset.width} × "
                f"{dataset.height} pixels, but '{grid.path.name}' has {grid.width} × "
                f"{grid.height}. Georeference the labels, or make them of the same size."
            )
        if same_size:
            if is_georeferenced(dataset) or grid.georeferenced:
                warnings.append(
                    f"Only one of '{path.name}' and '{grid.path.name}' is georeferenced; they "
                    "have the same size, so pixels were matched by row and column."
                )
            return _aligned(dataset, grid, 0, 0)
    crs = dataset.crs or None
    if crs is None and grid.crs is not None and not _same_transform(dataset, grid):
        raise InputError(
            f"'{path.name}' has no CRS, but '{grid.path.name}' has {crs_name(grid.crs)}. "
            "Set the label raster's CRS and run again."
        )
    if crs is not None and grid.crs is None:
        warnings.append(
            f"'{grid.path.name}' has no CRS, so the coordinates of '{path.name}' "
            f"({crs_name(crs)}) were taken as they are."
        )
    if crs is not None and grid.crs is not None and crs != grid.crs:
        return _reprojected(dataset, grid)
    return _nearest(dataset, grid)


def _same_transform(dataset: Any, grid: Grid) -> bool:
    return bool(dataset.transform.almost_equals(grid.transform, precision=1e-9))


def _aligned(dataset: Any, grid: Grid, row: int, col: int) -> Iterator[Block]:
    """Yield blocks of a dataset whose pixel (row, col) is the grid's first one."""
    for first in range(0, grid.height, _ROWS_AT_ONCE):
        height = min(_ROWS_AT_ONCE, grid.height - first)
        yield (first, *_read(dataset, Window(col, first + row, grid.width, height)))


def _reprojected(dataset: Any, grid: Grid) -> Iterator[Block]:
    # 0 is unlabelled, and fills what lies outside
    options = {} if dataset.nodata is not None else {"nodata": 0, "src_nodata": 0}
    with WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.transform,
        width=grid.width,
        height=grid.height,
        resampling=Resampling.nearest,
        tolerance=_TOLERANCE,
        **options,
    ) as warped:
        yield from _aligned(warped, grid, 0, 0)


def _nearest(dataset: Any, grid: Grid) -> Iterator[Block]:
    """Yield, for each pixel centre of the grid, the pixel of the dataset that it lies in."""
    a, b, c, d, e, f = (~dataset.transform @ grid.transform)[:6]
    centres = np.arange(grid.width) + 0.5
    for first in range(0, grid.height, _ROWS_AT_ONCE):
        height = min(_ROWS_AT_ONCE, grid.height - first)
        down = np.arange(first, first + height)[:, None] + 0.5
        # centres that fall on a pixel's edge, but for rounding, go to the same side
        cols = np.floor(a * centres + b * down + c + 1e-9).astype(np.int64)
        rows = np.floor(d * centres + e * down + f + 1e-9).astype(np.int64)
        inside = (cols >= 0) & (cols < dataset.width) & (rows >= 0) & (rows < dataset.height)
        values = np.zeros(inside.shape, dtype=dataset.dtypes[0])
        present = np.zeros(inside.shape, dtype=bool)
        if inside.any():
            top, left = rows[inside].min(), cols[inside].min()
            size = cols[inside].max() - left + 1, rows[inside].max() - top + 1
            block, labelled = _read(dataset, Window(left, top, *size))
            values[inside] = block[rows[inside] - top, cols[inside] - left]
            present[inside] = labelled[rows[inside] - top, cols[inside] - left]
        yield first, values, present


def _read(dataset: Any, window: Window) -> tuple[np.ndarray, np.ndarray]:
    values = dataset.read(1, window=window)
    present = (values != 0) & (dataset.read_masks(1, window=window) != 0)
    if np.issubdtype(values.dtype, np.floating):
        present &= np.isfinite(values)
    if dataset.nodata is not None and not np.isnan(dataset.nodata):
        present &= ~is_nodata(values, dataset.nodata)
    return values, present


def _components(pixels: np.ndarray, classes: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the number of the 8-connected group of its class that each pixel is in."""
    if pixels.size == 0:
        return np.empty(0, np.int64)
    first, last = pixels[0] // grid.width, pixels[-1] // grid.width
    picture = np.zeros((last - first + 1, grid.width), dtype=np.int32)
    places = pixels - first * grid.width
    picture.ravel()[places] = classes + 1
    groups = connected_components(picture, background=0, connectivity=2)  # type: ignore[no-untyped-call]
    return np.asarray(groups.ravel()[places], dtype=np.int64) - 1
