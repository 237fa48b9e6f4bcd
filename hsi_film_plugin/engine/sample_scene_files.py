"""Writing the sample scene: a GeoTIFF, its training polygons and its complete reference."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyogrio
import pyogrio.errors
import pyogrio.raw
import rasterio
from rasterio.crs import CRS
from rasterio.features import shapes
from rasterio.transform import Affine
from rasterio.windows import Window

from .outputs import atomic_output, check_outputs, writing_failed
from .progress import Progress
from .sample_scene import SampleScene
from .sample_training import Point

BLOCK = 128
"""Side of the GeoTIFF's tiles and of the windows rendered at a time, in pixels."""

_MOST_TRUTH = 2**24
_WKB_POLYGON = 3

Rings = Iterable[Iterable[Point]]


def write_sample_scene(
    scene: SampleScene,
    output: Path | None,
    training: Path | None,
    reference: Path | None,
    progress: Progress,
) -> None:
    """Write those of a scene's files that have a path.

    Args:
        scene: The scene.
        output: GeoTIFF of reflectance, uint16 with a scale, with the bands' metadata.
        training: Training polygons with ``class_id`` and ``class_name``.
        reference: Polygons of every pixel's class, with the same fields.
        progress: Told how far the writing is; may cancel it, and then no file is left.

    Raises:
        OutputError: if a file cannot be written.
        Cancelled: if the job was cancelled.
    """
    paths = {"output": output, "training": training, "reference": reference}
    wanted = {name: path for name, path in paths.items() if path is not None}
    check_outputs(wanted, ())
    with ExitStack() as stack:
        hidden = {name: stack.enter_context(atomic_output(path)) for name, path in wanted.items()}
        if training is not None:
            progress.report(0.0, "Drawing training polygons")
            drawn = [(one.value, one.rings) for one in scene.training_polygons()]
            _write_polygons(scene, training, hidden["training"], drawn)
        if reference is not None:
            everything = _reference(scene, progress.part(0.02, 0.2))
            _write_polygons(scene, reference, hidden["reference"], everything)
        if output is not None:
            _write_raster(scene, hidden["output"], progress.part(0.2, 1.0))
        progress.report(1.0, "Sample scene written")


def _write_raster(scene: SampleScene, path: Path, progress: Progress) -> None:
    """Render the scene window by window into a GeoTIFF."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=scene.width,
        height=scene.height,
        count=scene.bands,
        dtype="uint16",
        crs=CRS.from_epsg(scene.epsg),
        transform=Affine.from_gdal(*scene.transform),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        compress="deflate",
        predictor=2,
        bigtiff="if_safer",
    ) as raster:
        raster.scales = (scene.scale,) * scene.bands
        raster.offsets = (0.0,) * scene.bands
        bands = zip(scene.wavelengths, scene.fwhm, scene.good)
        for band, (wavelength, fwhm, good) in enumerate(bands, start=1):
            raster.set_band_description(band, f"{wavelength:.1f} nm")
            raster.update_tags(
                band,
                wavelength=f"{wavelength:.3f}",
                wavelength_units="nm",
                fwhm=f"{fwhm:.3f}",
                bbl=str(int(good)),
            )
        windows = list(_windows(scene, BLOCK, BLOCK))
        for done, (row, col, height, width) in enumerate(windows):
            progress.report(done / len(windows), "Rendering the sample scene")
            raster.write(
                scene.render(row, col, height, width), window=Window(col, row, width, height)
            )


def _windows(scene: SampleScene, rows: int, cols: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield windows of at most ``rows`` and ``cols``: row, column, height and width."""
    for row in range(0, scene.height, rows):
        for col in range(0, scene.width, cols):
            yield row, col, min(rows, scene.height - row), min(cols, scene.width - col)


def _reference(scene: SampleScene, progress: Progress) -> Iterator[tuple[int, Rings]]:
    """Yield the connected areas of each class; a huge scene's are cut into strips."""
    transform = Affine.from_gdal(*scene.transform)
    strip = max(BLOCK, _MOST_TRUTH // scene.width // BLOCK * BLOCK)
    for top in range(0, scene.height, strip):
        truth = np.empty((min(strip, scene.height - top), scene.width), np.uint8)
        for row in range(0, len(truth), BLOCK):
            progress.report((top + row) / scene.height, "Outlining the reference")
            height = min(BLOCK, len(truth) - row)
            truth[row : row + height] = scene.truth(top + row, 0, height, scene.width)
        for area, value in shapes(truth, transform=transform @ Affine.translation(0, top)):
            yield int(value), area["coordinates"]


def _write_polygons(
    scene: SampleScene, path: Path, hidden: Path, polygons: Iterable[tuple[int, Rings]]
) -> None:
    """Write polygons and their classes to ``hidden``, in a layer called after ``path``."""
    names = {sample.value: sample.name for sample in scene.classes}
    values, geometries = [], []
    for value, rings in polygons:
        values.append(value)
        geometries.append(_wkb(rings))
    try:
        pyogrio.raw.write(
            hidden,
            np.array(geometries, dtype=object),
            [np.array(values, np.int32), np.array([names[value] for value in values], object)],
            ["class_id", "class_name"],
            layer=path.stem,
            geometry_type="Polygon",
            crs=f"EPSG:{scene.epsg}",
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise writing_failed(path, error) from error


def _wkb(rings: Rings) -> bytes:
    """Return a polygon as well-known binary."""
    closed = [np.array(list(ring), "<f8") for ring in rings]
    parts = [struct.pack("<BII", 1, _WKB_POLYGON, len(closed))]
    for ring in closed:
        parts += [struct.pack("<I", len(ring)), ring.tobytes()]
    return b"".join(parts)
