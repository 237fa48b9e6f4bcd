"""Scenes and labels of the benchmark as files that the engine reads."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from bench.measure import OUTPUT

from .benchmark import Benchmark, Pixels
from .fingerprint import combined
from .splits import few_a_class

FOLDER = OUTPUT / "accuracy"
SCENES = FOLDER / "scenes"


@contextmanager
def made_once(folder: Path) -> Iterator[Path | None]:
    """Give a hidden folder to fill if ``folder`` is not there, else None.

    It gets its name only when it is filled, so that what is there is whole.
    """
    if folder.is_dir():
        yield None
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        yield hidden
        try:
            os.replace(hidden, folder)
        except OSError:
            # another process was faster
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def write_cube(
    path: Path,
    values: np.ndarray,
    *,
    wavelengths: Sequence[float] | np.ndarray | None = None,
    good: Sequence[bool] | np.ndarray | None = None,
    scale: float = 1.0,
) -> None:
    """Write a scene without a CRS.

    Args:
        path: A GeoTIFF.
        values: ``(bands, height, width)``; NaN is nodata.
        wavelengths: In nm, one a band.
        good: Whether each band is good.
        scale: Physical value of one step of ``values``.
    """
    with _created(path, values, 64) as raster:
        raster.write(values)
        raster.scales = (scale,) * len(values)
        for band in range(len(values)):
            if wavelengths is not None:
                raster.update_tags(
                    band + 1, wavelength=f"{wavelengths[band]:.3f}", wavelength_units="nm"
                )
            if good is not None:
                raster.update_tags(band + 1, bbl=str(int(good[band])))


def write_labels(path: Path, classes: np.ndarray, like: Path | None = None) -> None:
    """Write a label raster ``(height, width)``, on the grid of ``like`` if given."""
    grid: dict[str, object] = {}
    if like is not None:
        with _quiet(), rasterio.open(like) as scene:
            if scene.crs is not None or not scene.transform.is_identity:
                grid = {"crs": scene.crs, "transform": scene.transform}
    kind = np.uint8 if classes.max() < 256 else np.uint16
    with _created(path, classes[None].astype(kind), 0, **grid) as raster:
        raster.write(classes.astype(kind), 1)


def read_raster(path: Path) -> np.ndarray:
    """Return the first band of a raster."""
    with _quiet(), rasterio.open(path) as raster:
        band: np.ndarray = raster.read(1)
    return band


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@contextmanager
def _created(path: Path, values: np.ndarray, tile: int, **grid: object) -> Iterator[Any]:
    bands, height, width = values.shape
    options: dict[str, object] = {"driver": "GTiff", "count": bands, "dtype": values.dtype}
    options |= {"height": height, "width": width, **grid}
    if tile:
        options |= {"tiled": True, "blockxsize": tile, "blockysize": tile}
    else:
        options["compress"] = "deflate"
    if values.dtype.kind == "f":
        options["nodata"] = float("nan")
    with _quiet(), rasterio.open(path, "w", **options) as raster:
        yield raster


def with_few_labels(benchmark: Benchmark, count: int) -> Benchmark:
    """Return a benchmark with ``count`` training pixels a class, as files too."""
    chosen = few_a_class(benchmark.train.classes, count, benchmark.draw)
    train = benchmark.train.chosen(chosen)
    name = combined(benchmark.name, benchmark.draw, count, *_facts(benchmark, train))
    path = SCENES / "few-labels" / name / "train.tif"
    with made_once(path.parent) as folder:
        if folder is not None:
            picture = np.zeros(benchmark.valid.shape, np.int64)
            picture[train.rows, train.cols] = benchmark.values[train.classes]
            write_labels(folder / path.name, picture, benchmark.files.raster)
    files = replace(benchmark.files, train=path, class_field=None)
    return replace(benchmark, train=train, files=files)


def _facts(benchmark: Benchmark, train: Pixels) -> tuple[object, ...]:
    return (
        str(benchmark.files.raster),
        benchmark.values.tolist(),
        train.rows.tolist(),
        train.cols.tolist(),
        train.classes.tolist(),
    )
