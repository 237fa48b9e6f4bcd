"""A raster opened with its bands' wavelengths, bad bands, nodata and scale.

The one raster reader of the engine: GeoTIFF, ENVI and what else GDAL reads.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from .band_metadata import Bands as Bands
from .band_metadata import RasterTags, read_bands, reflectance_scale
from .errors import InputError
from .grid import crs_name, to_pixels
from .raster_file import (
    file_sizes,
    gdal_errors,
    has_dataset_mask,
    is_georeferenced,
    is_nodata,
    open_raster,
)
from .synthetic_mark import is_synthetic

_THUMBNAIL_PIXELS = 256  # least side of what is read at a time for a thumbnail
_STRIP_BYTES = 64 * 2**20  # raw values held at a time while a window is read


@dataclass(frozen=True)
class SceneDescription:
    """A scene at a glance, for the report.

    Attributes:
        name: File name.
        width: Columns.
        height: Rows.
        crs: Name of the CRS, such as ``EPSG:32633``; empty when there is none.
        pixel_width: Length of a pixel's side along a row, in units of the CRS.
        pixel_height: Length of a pixel's side along a column, in units of the CRS.
        count: Number of bands.
        good_count: Number of bands that are not declared bad.
        wavelength_range: Smallest and largest wavelength in nm; None when unknown.
        bad_bands: Numbers (from 1) of the bands that are declared bad.
        dtype: Pixel type of the file.
        nodata: Nodata value of the first band; None when there is none.
    """

    name: str
    width: int
    height: int
    crs: str
    pixel_width: float
    pixel_height: float
    count: int
    good_count: int
    wavelength_range: tuple[float, float] | None
    bad_bands: tuple[int, ...]
    dtype: str
    nodata: float | None


class Scene:
    """A raster whose pixels are read as float32 physical values. A context manager.

    Not for several threads at once: open one a thread.

    Attributes:
        path: The file.
        width: Columns.
        height: Rows.
        count: Bands.
        crs: CRS, or None.
        transform: From (column, row) to coordinates; rotated and south-up ones are fine.
        georeferenced: False when the file says nothing of where it lies.
        bands: Wavelengths, widths, good bands and names.
        nodata: Nodata value of each band, None where it has none.
        scales: Physical value = raw value * scale + offset; float64 (count,).
        offsets: See ``scales``.
        dtype: Pixel type of the file.
        synthetic: Whether the file holds synthetic samples.
        warnings: Sentences about metadata that could not be used.
    """

    def __init__(self, path: Path, dataset: Any) -> None:
        self.path = path
        self._dataset = dataset
        self.width: int = dataset.width
        self.height: int = dataset.height
        self.count: int = dataset.count
        self.crs: CRS | None = dataset.crs or None
        self.transform: Affine = dataset.transform
        self.georeferenced = is_georeferenced(dataset)
        self.dtype: str = _only_dtype(path, dataset)
        self.nodata: tuple[float | None, ...] = dataset.nodatavals
        tags = _tags(dataset)
        self.bands, notes = read_bands(tags)
        self.synthetic: bool = is_synthetic(tags.dataset, tags.envi)
        self.scales, self.offsets = _scaling(path, dataset, tags)
        self.warnings: tuple[str, ...] = notes + _georeference_warnings(dataset)
        self._sizes = file_sizes(dataset)
        self._has_mask = has_dataset_mask(dataset)
        self._drop_alpha_band(dataset)

    @classmethod
    def open(cls, path: Path | str) -> Scene:
        """Open a raster.

        Raises:
            InputError: if it cannot be read, or holds complex numbers or a palette.
        """
        path = Path(path)
        with gdal_errors(path, "open"):
            dataset = open_raster(path)
            try:
                _require_spectra(path, dataset)
                return cls(path, dataset)
            except BaseException:
                dataset.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def good_bands(self) -> np.ndarray:
        """Return the zero-based indices of the bands that are not bad, int64."""
        return np.flatnonzero(self.bands.good)

    def read(
        self,
        row: int,
        col: int,
        height: int,
        width: int,
        bands: Sequence[int] | np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Read a window, which may reach outside the raster.

        Args:
            row: First row.
            col: First column.
            height: Rows.
            width: Columns.
            bands: Zero-based indices of the bands wanted; None for all of them.

        Returns:
            Physical values, float32 (len(bands), height, width), 0 where invalid; and
            which pixels are valid, bool (height, width): those inside the raster and its
            mask where all good bands, wanted or not, are finite and not nodata.

        Raises:
            InputError: if the file cannot be read any more.
        """
        wanted = np.arange(self.count) if bands is None else np.asarray(bands, dtype=np.int64)
        values = np.zeros((wanted.size, height, width), dtype=np.float32)
        valid = np.zeros((height, width), dtype=bool)
        top, bottom = max(0, row), min(self.height, row + height)
        left, right = max(0, col), min(self.width, col + width)
        if top >= bottom or left >= right:
            return values, valid
        needed = np.union1d(wanted, self._judged_bands())
        rows = self._rows_at_once(needed.size, right - left)
        # strips end where the file's blocks end, so that no block is decoded twice
        for first in range(top - top % rows, bottom, rows):
            start, stop = max(first, top), min(first + rows, bottom)
            inside = np.s_[start - row : stop - row, left - col : right - col]
            window = Window(left, start, right - left, stop - start)
            valid[inside] = self._read_strip(window, needed, wanted, values[(slice(None), *inside)])
        return values, valid

    def thumbnail(self, bands: Sequence[int], step: int) -> tuple[np.ndarray, np.ndarray]:
        """Read every ``step``-th row and column of a few bands, for a picture.

        Each block of the file is decoded once. A pixel is valid here if these bands hold
        values, so that hundreds of others need not be read.

        Returns:
            Physical values, float32 (len(bands), rows, columns), 0 where invalid; and which
            pixels are valid, bool (rows, columns).

        Raises:
            InputError: if the file cannot be read any more.
        """
        shape = -(-self.height // step), -(-self.width // step)
        values, valid = np.zeros((len(bands), *shape), np.float32), np.ones(shape, bool)
        block = self._dataset.block_shapes[0]
        rows, cols = (-(-_THUMBNAIL_PIXELS // int(side)) * int(side) for side in block)
        for row in range(0, self.height, rows):
            for col in range(0, self.width, cols):
                size = min(cols, self.width - col), min(rows, self.height - row)
                self._shrink(Window(col, row, *size), bands, step, values, valid)
        np.copyto(values, 0, where=~valid)
        return values, valid

    def _shrink(
        self,
        window: Window,
        bands: Sequence[int],
        step: int,
        values: np.ndarray,
        valid: np.ndarray,
    ) -> None:
        """Fill in what a window of the file gives to a thumbnail."""
        row, col = -(-window.row_off // step), -(-window.col_off // step)
        every = np.s_[row * step - window.row_off :: step, col * step - window.col_off :: step]
        with self._reading(window.row_off):
            raw = self._dataset.read([int(band) + 1 for band in bands], window=window)
            mask = None
            if self._has_mask:
                mask = self._dataset.read_masks(1, window=window)[every] != 0
        for place, band in enumerate(bands):
            picked = raw[place][every]
            target = np.s_[row : row + picked.shape[0], col : col + picked.shape[1]]
            valid[target] &= self._to_physical(int(band), picked, values[place][target])
            if mask is not None:
                valid[target] &= mask

    def window(self, extent: Sequence[float]) -> tuple[int, int, int, int]:
        """Return (row, col, height, width) of the pixels that an extent touches.

        Args:
            extent: xmin, ymin, xmax, ymax in the raster's CRS. On a raster that is not
                georeferenced, rows may also be counted downwards from 0 (as QGIS does).

        Raises:
            InputError: if the extent does not overlap the raster.
        """
        xmin, ymin, xmax, ymax = extent
        corners = np.array([[xmin, ymin], [xmin, ymax], [xmax, ymin], [xmax, ymax]])
        cols, rows = to_pixels(self, corners[:, 0], corners[:, 1])
        tolerance = 1e-6  # an extent that follows pixel edges must not gain a row by rounding
        left = max(0, math.floor(cols.min() + tolerance))
        right = min(self.width, math.ceil(cols.max() - tolerance))
        top = max(0, math.floor(rows.min() + tolerance))
        bottom = min(self.height, math.ceil(rows.max() - tolerance))
        if left >= right or top >= bottom:
            raise InputError(
                f"The extent {xmin:g}, {ymin:g}, {xmax:g}, {ymax:g} does not overlap "
                f"'{self.path.name}'. Give it in the raster's CRS, within the raster."
            )
        return top, left, bottom - top, right - left

    def describe(self) -> SceneDescription:
        """Return the scene at a glance."""
        a, b, _, d, e, _ = self.transform[:6]
        span = self.bands.wavelengths
        return SceneDescription(
            name=self.path.name,
            width=self.width,
            height=self.height,
            crs=crs_name(self.crs),
            pixel_width=math.hypot(a, d),
            pixel_height=math.hypot(b, e),
            count=self.count,
            good_count=int(self.bands.good.sum()),
            wavelength_range=None if span is None else (float(span.min()), float(span.max())),
            bad_bands=tuple(int(index) + 1 for index in np.flatnonzero(~self.bands.good)),
            dtype=self.dtype,
            nodata=self.nodata[0],
        )

    def fingerprint(self) -> str:
        """Return a sha256 (hex) over the grid, the band metadata and a few pixels.

        Cheap for rasters of any size: it tells scenes apart, it does not prove that
        every pixel is the same.
        """
        digest = hashlib.sha256()
        facts = (
            self.width,
            self.height,
            self.count,
            tuple(self.transform[:6]),
            self.crs.to_wkt() if self.crs else "",
            self.dtype,
            tuple(None if value is None else repr(value) for value in self.nodata),
            self.scales.tolist(),
            self.offsets.tolist(),
            self.bands.good.tolist(),
            None if self.bands.wavelengths is None else self.bands.wavelengths.tolist(),
            None if self.bands.fwhm is None else self.bands.fwhm.tolist(),
        )
        digest.update(repr(facts).encode())
        for sample in self._sample():
            digest.update(np.ascontiguousarray(sample).tobytes())
        return digest.hexdigest()

    def _sample(self) -> Iterator[np.ndarray]:
        """Yield the raw values of small windows at nine places in up to eight bands."""
        side = 8
        spread = np.unique(np.linspace(0, self.count - 1, 8).astype(int))
        indexes = [int(index) + 1 for index in spread]
        for down in (0.0, 0.5, 1.0):
            for right in (0.0, 0.5, 1.0):
                row = int(down * max(0, self.height - side))
                col = int(right * max(0, self.width - side))
                size = min(side, self.width), min(side, self.height)
                with self._reading(row):
                    yield self._dataset.read(indexes, window=Window(col, row, *size))

    def _judged_bands(self) -> np.ndarray:
        """Return the bands whose values can make a pixel invalid."""
        good = self.good_bands()
        if np.issubdtype(np.dtype(self.dtype), np.floating):
            return good
        return good[[self.nodata[index] is not None for index in good]]

    def _rows_at_once(self, bands: int, width: int) -> int:
        block = max(int(shape[0]) for shape in self._dataset.block_shapes)
        affordable: int = _STRIP_BYTES // max(1, bands * width * np.dtype(self.dtype).itemsize)
        return max(1, affordable // block) * block

    def _read_strip(
        self, window: Window, needed: np.ndarray, wanted: np.ndarray, values: np.ndarray
    ) -> np.ndarray:
        """Fill ``values`` with the wanted bands, and return which pixels are valid."""
        with self._reading(window.row_off):
            raw = np.empty((0, window.height, window.width), np.float32)
            if needed.size:
                raw = self._dataset.read([int(index) + 1 for index in needed], window=window)
            valid = np.ones(raw.shape[1:], dtype=bool)
            if self._has_mask:
                valid = self._dataset.read_masks(1, window=window) != 0
        places: dict[int, list[int]] = {}
        for place, index in enumerate(wanted):
            places.setdefault(int(index), []).append(place)
        scratch = np.empty(valid.shape, dtype=np.float32)
        for index, band in zip(needed.tolist(), raw):
            targets = places.get(index, [])
            physical = values[targets[0]] if targets else scratch
            usable = self._to_physical(index, band, physical)
            if self.bands.good[index]:
                valid &= usable
            else:
                physical[~usable] = 0
            for place in targets[1:]:
                values[place] = physical
        np.copyto(values, 0, where=~valid)
        return valid

    def _to_physical(self, index: int, raw: np.ndarray, physical: np.ndarray) -> np.ndarray:
        """Fill ``physical`` (float32) from a band, and return where it holds values."""
        with np.errstate(over="ignore", invalid="ignore"):
            np.copyto(physical, raw, casting="unsafe")
            if self.scales[index] != 1:
                physical *= np.float32(self.scales[index])
            if self.offsets[index] != 0:
                physical += np.float32(self.offsets[index])
        usable: np.ndarray = np.isfinite(physical)
        nodata = self.nodata[index]
        if nodata is not None and not math.isnan(nodata):
            usable &= ~is_nodata(raw, nodata)
        return usable

    @contextmanager
    def _reading(self, row: int) -> Iterator[None]:
        """Turn failures to read, and files that have shrunk, into an ``InputError``."""
        with gdal_errors(self.path, f"read from row {row} on"):
            yield
        # GDAL reads zeros beyond the end of raw files, so their size has to be watched
        for name, size in self._sizes:
            found = os.stat(name).st_size if os.path.exists(name) else 0
            if found < size:
                raise InputError(
                    f"'{name}' shrank from {size} to {found} bytes while it was read "
                    f"(row {row}). Wait until nothing writes to it, then run again."
                )

    def _drop_alpha_band(self, dataset: Any) -> None:
        for index, meaning in enumerate(dataset.colorinterp):
            if meaning == ColorInterp.alpha and self.count > 1:
                self.bands.good[index] = False
                self.warnings += (
                    f"Band {index + 1} is an alpha band: it says which pixels are empty "
                    "and is not used as a spectral band.",
                )


def _require_spectra(path: Path, dataset: Any) -> None:
    if dataset.count == 0:
        raise InputError(
            f"'{path.name}' has no bands of its own. If it holds several rasters, choose one."
        )
    for index, dtype in enumerate(dataset.dtypes):
        if dtype.startswith("complex"):
            raise InputError(
                f"Band {index + 1} of '{path.name}' holds complex numbers ({dtype}). "
                "Convert it to real values, for example amplitudes, first."
            )
    if ColorInterp.palette in dataset.colorinterp:
        raise InputError(
            f"'{path.name}' is a palette image: its values are colour numbers, not "
            "measurements. Choose the raster with the spectral bands."
        )
    if dataset.transform.is_degenerate:
        raise InputError(
            f"The geotransform of '{path.name}' is degenerate: its pixels have no area. "
            "Georeference the raster again."
        )


def _only_dtype(path: Path, dataset: Any) -> str:
    dtype = np.result_type(*set(dataset.dtypes))
    return str(dtype)


def _tags(dataset: Any) -> RasterTags:
    indexes = dataset.indexes
    return RasterTags(
        dataset=dataset.tags(),
        envi=dataset.tags(ns="ENVI"),
        bands=[dataset.tags(index) for index in indexes],
        imagery=[dataset.tags(index, ns="IMAGERY") for index in indexes],
        descriptions=dataset.descriptions,
    )


def _scaling(path: Path, dataset: Any, tags: RasterTags) -> tuple[np.ndarray, np.ndarray]:
    scales = np.array(dataset.scales, dtype=np.float64)
    offsets = np.array(dataset.offsets, dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(scales) | (scales == 0) | ~np.isfinite(offsets))
    if wrong.size:
        index = int(wrong[0])
        raise InputError(
            f"Band {index + 1} of '{path.name}' declares the scale {scales[index]:g} and "
            f"the offset {offsets[index]:g}. Correct the file's metadata."
        )
    factor = reflectance_scale(tags)
    if factor is not None and np.all(scales == 1) and np.all(offsets == 0):
        scales /= factor
    return scales, offsets


def _georeference_warnings(dataset: Any) -> tuple[str, ...]:
    if is_georeferenced(dataset):
        return ()
    points, _ = dataset.gcps
    if points or dataset.rpcs:
        return (
            "The raster is located by ground control points or RPCs only, which are not "
            "used; warp it first to get a map that lies where it belongs.",
        )
    return ()
