"""Writing a georeferenced raster block by block, in any order, to the same bytes.

The bytes of a compressed TIFF depend on the order in which its tiles are written. So blocks
go to an uncompressed file first, whose space is claimed at once (a full disk shows before the
work, not after it), and its rows go to the TIFF from top to bottom at the end.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from .errors import OutputError
from .grid import Grid
from .outputs import atomic_output, require_space, writing_failed
from .progress import Progress
from .raster_file import GDAL_CACHE_BYTES, open_raster
from .synthetic_mark import marks

_TILE = 256
Colormap = Mapping[int, tuple[int, int, int, int]]


@dataclass(frozen=True)
class RasterFormat:
    """What the raster holds.

    Attributes:
        dtype: Pixel type.
        nodata: Value of pixels that are never written.
        descriptions: One a band.
        tags: Metadata of the file; nothing in it may change from run to run.
        colormap: RGBA by value, for uint8.
        resampling: How overviews are made.
        band_tags: Metadata of each band; empty for none.
    """

    dtype: str
    nodata: float
    descriptions: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    colormap: Colormap | None = None
    resampling: Resampling = Resampling.nearest
    band_tags: tuple[Mapping[str, str], ...] = ()


class RasterWriter:
    """A tiled, compressed GeoTIFF with overviews, written block by block.

    A context manager: the file appears under its name when the block ends well. What is made
    of synthetic samples carries their mark.

    Attributes:
        path: The file.
        counts: Number of pixels by value, for integer rasters; known once closed.
    """

    def __init__(self, path: Path, grid: Grid, form: RasterFormat) -> None:
        """Claim the space that the raster needs.

        Raises:
            OutputError: if there is none, or the folder cannot be written to.
        """
        self.path = Path(path)
        self.counts: dict[int, int] = {}
        self._grid = grid
        self._form = form
        self._dtype = np.dtype(form.dtype)
        self._bytes = grid.height * grid.width * len(form.descriptions) * self._dtype.itemsize
        self._open = True
        with ExitStack() as stack:
            self._partial = stack.enter_context(atomic_output(self.path))
            self._raw_path = self._partial.with_suffix(".raw")
            with self._failures():
                require_space(self.path, self._bytes)
                self._raw = stack.enter_context(open(self._raw_path, "wb+", buffering=0))
                self._fill()
            self._stack = stack.pop_all()

    def __enter__(self) -> RasterWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self._open = False
            self._stack.__exit__(kind, error, traceback)

    def write(self, row: int, col: int, block: np.ndarray) -> None:
        """Write a block of pixels; blocks may come in any order.

        Args:
            row: First row.
            col: First column.
            block: (height, width), or (bands, height, width); within the raster.

        Raises:
            OutputError: if the disk is full.
        """
        bands = np.atleast_3d(block) if block.ndim == 3 else block[None]
        values = np.ascontiguousarray(bands, dtype=self._dtype)
        count, height, width = values.shape
        grid = self._grid
        fits = 0 <= row <= grid.height - height and 0 <= col <= grid.width - width
        if count != len(self._form.descriptions) or not fits:
            raise ValueError(f"a block of {values.shape} at {row}, {col} is not in the raster")
        with self._failures():
            for band in range(count):
                if width == grid.width:
                    self._put(band, row, col, values[band])
                else:
                    for offset in range(height):
                        self._put(band, row + offset, col, values[band, offset])

    def close(self, progress: Progress | None = None) -> None:
        """Compress the raster, add overviews and give it its name.

        Raises:
            OutputError: if the disk is full, or the file does not read back as written.
            Cancelled: if the job was cancelled; nothing is left then.
        """
        if not self._open:
            return
        self._open = False
        progress = progress or Progress()
        with self._stack.pop_all(), self._failures():
            checksum = self._compress(progress.part(0.0, 0.6))
            self._raw.close()
            self._raw_path.unlink()
            self._add_overviews(progress.part(0.6, 0.8))
            self._verify(checksum, progress.part(0.8, 1.0))
            self.write_sidecars(self._partial)

    def write_sidecars(self, partial: Path) -> None:
        """Write files that belong to the raster under the stem of ``partial``."""

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES):
                yield
        except (OSError, RasterioError, CPLE_BaseError) as error:
            raise writing_failed(self.path, error, self._bytes) from error

    def _fill(self) -> None:
        row = np.full(self._grid.width, self._form.nodata, dtype=self._dtype)
        rows = min(self._grid.height, max(1, 2**20 // row.nbytes))
        block = np.tile(row, rows).tobytes()
        left = self._bytes
        while left:
            left -= self._write_all(block[: min(left, len(block))])

    def _put(self, band: int, row: int, col: int, values: np.ndarray) -> None:
        place = (band * self._grid.height + row) * self._grid.width + col
        self._raw.seek(place * self._dtype.itemsize)
        self._write_all(values.tobytes())

    def _write_all(self, content: bytes) -> int:
        # an unbuffered file may take only a part, as it does just before the disk is full
        view = memoryview(content)
        done = 0
        while done < len(view):
            done += self._raw.write(view[done:]) or 0
        return done

    def _compress(self, progress: Progress) -> int:
        """Write the TIFF from top to bottom; return a checksum of its pixels."""
        checksum = 0
        with open_raster(self._partial, "w", **self._profile()) as dataset:
            tags = {**self._form.tags, **marks(self._grid)}
            dataset.update_tags(**dict(sorted(tags.items())))
            if self._form.colormap is not None:
                dataset.write_colormap(1, dict(self._form.colormap))
            for index, text in enumerate(self._form.descriptions):
                dataset.set_band_description(index + 1, text)
            for index, about in enumerate(self._form.band_tags):
                dataset.update_tags(index + 1, **about)
            for band, window, fraction in self._strips():
                progress.report(fraction, "Writing the raster")
                values = self._get(band, window)
                dataset.write(values, band + 1, window=window)
                checksum = zlib.crc32(values.tobytes(), checksum)
                self._count(values)
        return checksum

    def _verify(self, checksum: int, progress: Progress) -> None:
        # GDAL tells no one when a write fails while a file is closed
        found = 0
        with open_raster(self._partial) as dataset:
            for band, window, fraction in self._strips():
                progress.report(fraction, "Checking the raster")
                found = zlib.crc32(dataset.read(band + 1, window=window).tobytes(), found)
        if found != checksum:
            raise OutputError(
                f"'{self.path}' does not read back as it was written. The disk may be full or "
                "failing: choose another folder."
            )

    def _add_overviews(self, progress: Progress) -> None:
        factors: list[int] = []
        size = max(self._grid.width, self._grid.height)
        while size > _TILE:
            size = (size + 1) // 2
            factors.append(2 ** (len(factors) + 1))
        progress.report(0.0, "Adding overviews")
        if factors:
            with open_raster(self._partial, "r+") as dataset:
                dataset.build_overviews(factors, self._form.resampling)

    def _strips(self) -> Iterator[tuple[int, Window, float]]:
        """Yield (band, window, fraction done) of rows of tiles, band after band."""
        height, width, count = self._grid.height, self._grid.width, len(self._form.descriptions)
        for band in range(count):
            for row in range(0, height, _TILE):
                fraction = (band + row / height) / count
                yield band, Window(0, row, width, min(_TILE, height - row)), fraction

    def _get(self, band: int, window: Window) -> np.ndarray:
        place = (band * self._grid.height + window.row_off) * self._grid.width
        self._raw.seek(place * self._dtype.itemsize)
        values = np.empty((window.height, window.width), dtype=self._dtype)
        view = values.data.cast("B")
        done = 0
        while done < len(view):
            read = self._raw.readinto(view[done:])
            if not read:
                raise OSError("its temporary file was cut short")
            done += read
        return values

    def _count(self, values: np.ndarray) -> None:
        if self._dtype.kind != "u":
            return
        for value, count in enumerate(np.bincount(values.ravel())):
            if count:
                self.counts[value] = self.counts.get(value, 0) + int(count)

    def _profile(self) -> dict[str, Any]:
        grid = self._grid
        profile: dict[str, Any] = {
            "driver": "GTiff",
            "width": grid.width,
            "height": grid.height,
            "count": len(self._form.descriptions),
            "dtype": self._form.dtype,
            "nodata": self._form.nodata,
            "tiled": True,
            "blockxsize": _TILE,
            "blockysize": _TILE,
            "compress": "deflate",
            "predictor": 3 if self._dtype.kind == "f" else 1,
            "interleave": "band",
            "BIGTIFF": "IF_SAFER",
            # confidences hardly compress: a higher level only takes time
            "zlevel": 1 if self._dtype.kind == "f" else 6,
            "photometric": "minisblack",
        }
        if self._form.colormap is not None:
            profile["photometric"] = "palette"
        if grid.georeferenced:
            profile["transform"] = grid.transform
            if grid.crs is not None:
                profile["crs"] = grid.crs
        return profile


def colormap_of(colors: Sequence[tuple[int, str]]) -> Colormap:
    """Return RGBA by value for (value, ``#rrggbb``) pairs; 0 is transparent."""
    table = {0: (0, 0, 0, 0)}
    for value, color in colors:
        red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
        table[value] = (red, green, blue, 255)
    return table
