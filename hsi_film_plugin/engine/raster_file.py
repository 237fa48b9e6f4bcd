"""Opening raster files with rasterio: limits, failures, masks and sizes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from .errors import InputError

GDAL_CACHE_BYTES = 128 * 2**20


def open_raster(path: Path | str, mode: str = "r", **options: Any) -> Any:
    """Open a rasterio dataset without the warning that it is not georeferenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(str(path), mode, **options)


@contextmanager
def gdal_errors(path: Path, action: str) -> Iterator[None]:
    """Limit GDAL's cache, and turn its errors into an ``InputError`` naming the file."""
    try:
        with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES):
            yield
    except (RasterioError, CPLE_BaseError) as error:
        if not os.path.exists(path) and action == "open":
            raise InputError(f"The raster '{path}' does not exist. Check its path.") from error
        raise InputError(
            f"Could not {action} '{path}': {_one_line(error)}. "
            "The file may be damaged, incomplete or not a raster."
        ) from error


def _one_line(error: Exception) -> str:
    cause = error.__cause__ if str(error).startswith("Read failed") and error.__cause__ else error
    return " ".join(str(cause).split()).rstrip(".")


def is_georeferenced(dataset: Any) -> bool:
    """Return whether a rasterio dataset has a CRS or a transform of its own."""
    return bool(dataset.crs) or dataset.transform != Affine.identity()


def is_nodata(values: np.ndarray, nodata: float) -> np.ndarray:
    """Return where ``values`` equal a nodata value that is not NaN; bool, same shape."""
    if np.issubdtype(values.dtype, np.floating):
        return np.asarray(values == values.dtype.type(nodata))
    limits = np.iinfo(values.dtype)
    if nodata != int(nodata) or not limits.min <= nodata <= limits.max:
        return np.zeros(values.shape, dtype=bool)
    return np.asarray(values == values.dtype.type(int(nodata)))


def has_dataset_mask(dataset: Any) -> bool:
    """Return whether a dataset has a mask or an alpha band for all of its bands."""
    return any(
        MaskFlags.per_dataset in flags or MaskFlags.alpha in flags
        for flags in dataset.mask_flag_enums
    )


def file_sizes(dataset: Any) -> tuple[tuple[str, int], ...]:
    """Return the files behind a dataset with the size each must keep while it is read."""
    sizes = []
    for name in dataset.files:
        # QGIS may rewrite a sidecar with statistics at any time: pixels do not depend on it
        if os.path.isfile(name) and not name.endswith((".aux.xml", ".ovr")):
            sizes.append((name, os.stat(name).st_size))
    if dataset.driver == "ENVI" and sizes:
        name, size = sizes[0]
        header = dataset.tags(ns="ENVI").get("header_offset", "0").strip()
        pixels = dataset.width * dataset.height
        needed = sum(np.dtype(dtype).itemsize for dtype in dataset.dtypes) * pixels
        needed += int(header) if header.isdigit() else 0
        if size < needed:
            raise InputError(
                f"'{name}' holds {size} bytes, but its header describes {needed}. "
                "The file is incomplete: copy or export it again."
            )
    return tuple(sizes)
