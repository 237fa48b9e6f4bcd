"""Reads spectra of a raster file with GDAL, by the same rules as the engine's reader."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from osgeo import gdal

from ..engine.band_metadata import RasterTags, read_bands, reflectance_scale
from ..translation import tr

_DTYPES = {
    "Byte": "uint8",
    "Int8": "int8",
    "UInt16": "uint16",
    "Int16": "int16",
    "UInt32": "uint32",
    "Int32": "int32",
    "UInt64": "uint64",
    "Int64": "int64",
    "Float16": "float32",
    "Float32": "float32",
    "Float64": "float64",
}

_NO_TRANSFORM = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


class SceneFileError(ValueError):
    """A raster cannot be used; `str()` is a sentence for the user."""


@dataclass(frozen=True)
class SceneBands:
    """The bands of a scene.

    Attributes:
        count: Number of bands.
        wavelengths: Centre wavelengths in nm, float64 (count,); None when unknown.
        good: bool (count,), False for bands that the file declares bad, or alpha.
        names: One name a band, never empty.
        scales: Physical value = raw value * scale + offset; float64 (count,).
        offsets: See `scales`.
        nodata: Nodata value of each band, None where it has none.
        warnings: Sentences about metadata that could not be used.
    """

    count: int
    wavelengths: np.ndarray | None
    good: np.ndarray
    names: tuple[str, ...]
    scales: np.ndarray
    offsets: np.ndarray
    nodata: tuple[float | None, ...]
    warnings: tuple[str, ...]


class SceneFile:
    """An open raster whose pixels are read as float32 physical values. A context manager.

    Not for several threads at once: open one a thread.

    Attributes:
        path: The file.
        width: Columns.
        height: Rows.
        bands: What the file says of its bands.
        header_scale: The part of the bands' scale that only an ENVI header states, and that
            GDAL and QGIS do not apply.
        sizes: The files behind it, with the bytes that each holds.
        only_points: Whether nothing but ground control points or RPCs says where it lies.

    Raises:
        SceneFileError: it cannot be opened, or holds complex numbers or a palette.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with _gdal_errors(path):
            self._dataset: Any = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY)
            if self._dataset is None:
                raise RuntimeError(gdal.GetLastErrorMsg())
            self.width: int = self._dataset.RasterXSize
            self.height: int = self._dataset.RasterYSize
            raster_bands = [
                self._dataset.GetRasterBand(number + 1)
                for number in range(self._dataset.RasterCount)
            ]
            _require_spectra(path, raster_bands)
            self.bands, self.header_scale = _bands(path, self._dataset, raster_bands)
            self._type, self._dtype = _common_type(path, raster_bands)
            self._raw_nodata, self._has_nodata = _raw_nodata(self.bands.nodata, self._dtype)
            self._has_mask = any(
                band.GetMaskFlags() & (gdal.GMF_PER_DATASET | gdal.GMF_ALPHA)
                for band in raster_bands
            )
            self._block: Sequence[int] = raster_bands[0].GetBlockSize()
            structure = self._dataset.GetMetadata("IMAGE_STRUCTURE") or {}
            self._bands_together = structure.get("INTERLEAVE") == "PIXEL"
            self.sizes = _file_sizes(path, self._dataset, raster_bands)
            self.only_points = _only_points(self._dataset)

    def __enter__(self) -> SceneFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._dataset = None

    def decoded_bytes(self, height: int, width: int) -> int:
        """Return about how much GDAL unpacks to read one band of a window."""
        cols, rows = self._block
        pixels = -(-height // rows) * rows * -(-width // cols) * cols
        return pixels * self._dtype.itemsize * (self.bands.count if self._bands_together else 1)

    def judged_bands(self) -> np.ndarray:
        """Return the zero-based bands whose values can make a pixel invalid."""
        good = np.flatnonzero(self.bands.good)
        if self._dtype.kind == "f":
            return good
        return good[[self.bands.nodata[index] is not None for index in good]]

    def read(
        self, row: int, col: int, height: int, width: int, wanted: Sequence[int] | np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Read a window that lies within the raster.

        Args:
            row: First row.
            col: First column.
            height: Rows.
            width: Columns.
            wanted: Zero-based indices of the bands to return.

        Returns:
            Physical values, float32 (len(wanted), height, width), NaN where a band holds no
            value; and which pixels these bands and the raster's mask leave valid, bool
            (height, width). A bad band makes no pixel invalid.

        Raises:
            SceneFileError: the file cannot be read any more.
        """
        wanted = np.asarray(wanted, dtype=np.int64)
        self.require_sizes(self.sizes)
        with _gdal_errors(self.path):
            raw = self._raw(row, col, height, width, wanted)
            valid = np.ones((height, width), dtype=bool)
            if self._has_mask:
                mask = self._dataset.GetRasterBand(1).GetMaskBand()
                buffer = mask.ReadRaster(col, row, width, height, buf_type=gdal.GDT_Byte)
                if buffer is None:
                    raise RuntimeError(gdal.GetLastErrorMsg())
                valid = np.frombuffer(buffer, np.uint8).reshape(height, width) != 0
        values, usable = self._to_physical(wanted, raw)
        values[~usable] = np.nan
        judged = self.bands.good[wanted]
        return values, valid & usable[judged].all(axis=0)

    def require_sizes(self, sizes: Sequence[tuple[str, int]]) -> None:
        """Refuse files that are gone or have become smaller.

        GDAL answers from its cache, or with zeros beyond the end of raw files.

        Raises:
            SceneFileError: a file is not what it was.
        """
        for name, size in sizes:
            if not os.path.exists(name):
                raise SceneFileError(
                    tr("“{}” is gone. Put it back, or choose another layer.").format(name)
                )
            if os.stat(name).st_size < size:
                raise SceneFileError(
                    tr(
                        "“{}” has become smaller since it was opened. Wait until nothing "
                        "writes to it, then choose the layer again."
                    ).format(name)
                )

    def _raw(self, row: int, col: int, height: int, width: int, wanted: np.ndarray) -> np.ndarray:
        if not wanted.size:
            return np.empty((0, height, width), dtype=self._dtype)
        buffer = self._dataset.ReadRaster(
            col,
            row,
            width,
            height,
            width,
            height,
            buf_type=self._type,
            band_list=[index + 1 for index in wanted.tolist()],
        )
        if buffer is None:
            raise RuntimeError(gdal.GetLastErrorMsg())
        return np.frombuffer(buffer, self._dtype).reshape(wanted.size, height, width)

    def _to_physical(self, wanted: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return physical values, float32, and which of them are values at all."""
        each = (wanted, None, None)
        with np.errstate(over="ignore", invalid="ignore"):
            values = raw.astype(np.float32)
            if np.any(self.bands.scales[wanted] != 1):
                values *= self.bands.scales.astype(np.float32)[each]
            if np.any(self.bands.offsets[wanted] != 0):
                values += self.bands.offsets.astype(np.float32)[each]
        usable = np.isfinite(values)
        if self._has_nodata[wanted].any():
            usable &= (raw != self._raw_nodata[each]) | ~self._has_nodata[each]
        return values, usable


def _raw_nodata(nodata: Sequence[float | None], dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Return each band's nodata value as pixels hold it, and which bands have one.

    NaN is no value with or without being declared, and what pixels of this type cannot hold
    marks none.
    """
    values, known = np.zeros(len(nodata), dtype=dtype), np.zeros(len(nodata), dtype=bool)
    for index, value in enumerate(nodata):
        if value is None or math.isnan(value):
            continue
        if dtype.kind != "f":
            limits = np.iinfo(dtype)
            if value != int(value) or not limits.min <= value <= limits.max:
                continue
            value = int(value)
        with np.errstate(over="ignore"):
            values[index] = value
        known[index] = True
    return values, known


@contextmanager
def _gdal_errors(path: str) -> Iterator[None]:
    """Turn failures of GDAL into sentences, whether it raises exceptions or not."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.ErrorReset()
    try:
        yield
    except RuntimeError as error:
        if not os.path.exists(path):
            raise SceneFileError(
                tr("“{}” is gone. Put it back, or choose another layer.").format(path)
            ) from error
        reason = " ".join(str(error).split()).rstrip(".")
        raise SceneFileError(
            tr(
                "“{file}” cannot be read ({reason}). It may be damaged or incomplete: copy "
                "or export it again."
            ).format(file=path, reason=reason or tr("no reason given"))
        ) from error
    finally:
        gdal.PopErrorHandler()


def _require_spectra(path: str, bands: Sequence[Any]) -> None:
    name = os.path.basename(path)
    if not bands:
        raise SceneFileError(
            tr(
                "“{}” has no bands of its own. If it holds several rasters, add one of them as "
                "a layer."
            ).format(name)
        )
    if any(gdal.DataTypeIsComplex(band.DataType) for band in bands):
        raise SceneFileError(
            tr(
                "“{}” holds complex numbers. Convert it to real values, for example "
                "amplitudes, first."
            ).format(name)
        )
    if any(band.GetColorInterpretation() == gdal.GCI_PaletteIndex for band in bands):
        raise SceneFileError(
            tr(
                "“{}” is a palette image: its values are colour numbers, not measurements. "
                "Choose the raster with the spectral bands."
            ).format(name)
        )


def _bands(path: str, dataset: Any, bands: Sequence[Any]) -> tuple[SceneBands, float]:
    tags = RasterTags(
        dataset=dataset.GetMetadata() or {},
        envi=dataset.GetMetadata("ENVI") or {},
        bands=[band.GetMetadata() or {} for band in bands],
        imagery=[band.GetMetadata("IMAGERY") or {} for band in bands],
        descriptions=[band.GetDescription() for band in bands],
    )
    described, warnings = read_bands(tags)
    good = described.good.copy()
    for index, band in enumerate(bands):
        if band.GetColorInterpretation() == gdal.GCI_AlphaBand and len(bands) > 1:
            good[index] = False
            warnings += (
                tr(
                    "Band {} is an alpha band: it says which pixels are empty and is not used "
                    "as a spectral band."
                ).format(index + 1),
            )
    scales, offsets, header_scale = _scaling(path, bands, tags)
    described_bands = SceneBands(
        count=len(bands),
        wavelengths=described.wavelengths,
        good=good,
        names=described.names,
        scales=scales,
        offsets=offsets,
        nodata=tuple(band.GetNoDataValue() for band in bands),
        warnings=warnings,
    )
    return described_bands, header_scale


def _scaling(
    path: str, bands: Sequence[Any], tags: RasterTags
) -> tuple[np.ndarray, np.ndarray, float]:
    stated = [(band.GetScale(), band.GetOffset()) for band in bands]
    scales = np.array([1.0 if scale is None else scale for scale, _ in stated])
    offsets = np.array([0.0 if offset is None else offset for _, offset in stated])
    wrong = np.flatnonzero(~np.isfinite(scales) | (scales == 0) | ~np.isfinite(offsets))
    if wrong.size:
        index = int(wrong[0])
        raise SceneFileError(
            tr(
                "Band {band} of “{file}” declares the scale {scale:g} and the offset "
                "{offset:g}. Correct the file's metadata."
            ).format(
                band=index + 1,
                file=os.path.basename(path),
                scale=scales[index],
                offset=offsets[index],
            )
        )
    factor = reflectance_scale(tags)
    if factor is not None and np.all(scales == 1) and np.all(offsets == 0):
        return scales / factor, offsets, 1 / factor
    return scales, offsets, 1.0


def _common_type(path: str, bands: Sequence[Any]) -> tuple[int, np.dtype]:
    """Return the GDAL type and the numpy type that hold the values of all bands."""
    common = bands[0].DataType
    for band in bands[1:]:
        common = gdal.DataTypeUnion(common, band.DataType)
    name = gdal.GetDataTypeName(common)
    if name not in _DTYPES:
        raise SceneFileError(
            tr("The pixel type {type} of “{file}” is not supported. Save it as GeoTIFF.").format(
                type=name, file=os.path.basename(path)
            )
        )
    if name == "Float16":
        common = gdal.GDT_Float32
    return common, np.dtype(_DTYPES[name])


def _only_points(dataset: Any) -> bool:
    placed = dataset.GetGeoTransform(can_return_null=True)
    if placed is not None and tuple(placed) != _NO_TRANSFORM:
        return False
    return dataset.GetGCPCount() > 0 or bool(dataset.GetMetadata("RPC"))


def _file_sizes(path: str, dataset: Any, bands: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    """Return the files behind a dataset with the size each must keep while it is read."""
    sizes = []
    for name in dataset.GetFileList() or ():
        # QGIS may rewrite a sidecar with statistics at any time: pixels do not depend on it
        if os.path.isfile(name) and not name.endswith((".aux.xml", ".ovr")):
            sizes.append((name, os.stat(name).st_size))
    if dataset.GetDriver().ShortName == "ENVI" and sizes:
        name, size = sizes[0]
        header = (dataset.GetMetadata("ENVI") or {}).get("header_offset", "0").strip()
        needed = sum(gdal.GetDataTypeSize(band.DataType) // 8 for band in bands)
        needed *= dataset.RasterXSize * dataset.RasterYSize
        needed += int(header) if header.isdigit() else 0
        if size < needed:
            raise SceneFileError(
                tr(
                    "“{file}” holds {size} bytes, but its header describes {needed}. The file "
                    "is incomplete: copy or export it again."
                ).format(file=path, size=size, needed=needed)
            )
    return tuple(sizes)
