"""A scene too large for memory: peak memory, speed, and equal bytes however it is cut."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene

from .measure import ENGINE, OUTPUT, Run, Table, run

TILE = 512
BANDS = 200


def large_scene_tables(side: int) -> list[Table]:
    """Simulate a ``side``×``side``×200 raster, classify it in several ways, compare.

    The raster repeats one rendered tile, mirrored, with a gain of its own in each
    place: what counts here is its size.
    """
    OUTPUT.mkdir(parents=True, exist_ok=True)
    raster, training = OUTPUT / "large.tif", OUTPUT / "large_training.gpkg"
    tile = OUTPUT / "large_tile.tif"
    write_sample_scene(SampleScene(TILE, TILE, 0, BANDS), tile, training, None, Progress())
    _repeat(tile, raster, side)
    model = OUTPUT / "large.safetensors"
    # The choice could fall on spectra alone, which would spare the backbone: not here.
    run(
        [
            *(sys.executable, "-m", "bench.spatial_model", str(tile), str(training), str(model)),
        ]
    )
    whole = _classify(raster, model, OUTPUT / "large_classes.tif")
    rows = [("whole raster", f"{whole.seconds:.0f}", f"{whole.peak_mb:.0f}", "")]
    with rasterio.open(OUTPUT / "large_classes.tif") as mapped:
        full = mapped.read(1)
        transform = mapped.transform
    for name, (row, col, height, width) in {
        "a crop, in one piece": (side // 4 + 7, side // 3 + 11, 500, 700),
        "a corner": (side - 301, side - 203, 301, 203),
    }.items():
        left, top = transform @ (col, row)
        right, bottom = transform @ (col + width, row + height)
        extent = [str(value) for value in (left, bottom, right, top)]
        crop = OUTPUT / "large_crop.tif"
        done = _classify(raster, model, crop, "--extent", *extent)
        with rasterio.open(crop) as mapped:
            same = np.array_equal(mapped.read(1), full[row : row + height, col : col + width])
        rows.append((name, f"{done.seconds:.0f}", f"{done.peak_mb:.0f}", _same(same)))
    for size in (128, 512):
        other = OUTPUT / f"large_{size}.tif"
        corner = _corner(raster, min(side, 1024))
        command = [sys.executable, "-m", "bench.chunked", str(size)]
        run([*command, str(raster), str(model), str(other), *corner])
        with rasterio.open(other) as mapped:
            part = mapped.read(1)
        same = np.array_equal(part, full[: part.shape[0], : part.shape[1]])
        rows.append((f"chunks of {size}×{size}, first {part.shape[0]} rows", "", "", _same(same)))
    raster.unlink()
    columns = ("classifying", "seconds", "peak MB", "pixels equal to the whole run's")
    return [Table(f"{side}×{side}×{BANDS} simulated", columns, tuple(rows))]


def _same(same: bool) -> str:
    return "all" if same else "NOT ALL"


def _corner(raster: Path, side: int) -> list[str]:
    with rasterio.open(raster) as scene:
        left, top = scene.transform @ (0, 0)
        right, bottom = scene.transform @ (side, side)
    return [str(value) for value in (left, bottom, right, top)]


def _classify(raster: Path, model: Path, output: Path, *more: str) -> Run:
    return run(
        [
            *(*ENGINE, "classify", str(raster), str(model), "--output", str(output)),
            *(*more, "--quiet", "--json"),
        ]
    )


def _repeat(tile: Path, raster: Path, side: int) -> None:
    """Write a raster that repeats a tile, its band metadata carried along."""
    with rasterio.open(tile) as source:
        pixels = source.read()
        profile = source.profile | {"width": side, "height": side, "BIGTIFF": "YES"}
        profile |= {"compress": "none", "interleave": "band"}
        profile.pop("predictor", None)
        with rasterio.open(raster, "w", **profile) as target:
            for band in range(1, source.count + 1):
                target.update_tags(band, **source.tags(band))
            target.scales, target.offsets = source.scales, source.offsets
            rng = np.random.default_rng(0)
            for row in range(0, side, TILE):
                for col in range(0, side, TILE):
                    turned = np.flip(pixels, axis=[(), (1,), (2,), (1, 2)][rng.integers(4)])
                    piece = (turned * rng.uniform(0.9, 1.1)).astype(pixels.dtype)
                    height, width = min(TILE, side - row), min(TILE, side - col)
                    window = Window(col, row, width, height)
                    target.write(piece[:, :height, :width], window=window)
