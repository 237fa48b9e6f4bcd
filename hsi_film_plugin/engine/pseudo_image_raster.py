"""A picture of a scene to look at: true colour, or the first three principal components."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rasterio.enums import Resampling

from .features import read_cube
from .progress import Progress
from .pseudo_image import fit_pseudo_image
from .raster_writer import RasterFormat, RasterWriter
from .scene import Scene
from .statistics import SceneSample, sample_scene
from .windows import Block, chunks

EMPTY = 0
CHUNK_ROWS, CHUNK_COLS = 128, 512
#: Spectra that the components and their stretch are learnt from.
MOST_SPECTRA = 50_000


def write_pseudo_image(scene: Scene, kind: str, output: Path, progress: Progress) -> None:
    """Write a picture of three bands, uint8 from 1 to 255; 0 is nodata.

    Args:
        scene: Any scene.
        kind: ``rgb`` or ``pca``.
        output: The raster to write, whole or not at all.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if the scene has no valid pixel, or no band that varies.
        OutputError: if the raster cannot be written.
    """
    sample = sample_scene(scene, progress.part(0.0, 0.2))
    step = -(-len(sample.spectra) // MOST_SPECTRA)
    sample = SceneSample(sample.bands, sample.constant, sample.spectra[::step], sample.valid_share)
    picture = fit_pseudo_image(kind, sample, scene.bands.wavelengths)
    names = ("red", "green", "blue")
    if kind == "pca":
        names = ("component 1", "component 2", "component 3")
    tags = {"HSIFILM_SCENE": scene.path.name, "HSIFILM_PSEUDO_IMAGE": kind}
    form = RasterFormat("uint8", EMPTY, names, tags, resampling=Resampling.average)
    pieces = list(chunks(Block(0, 0, scene.height, scene.width), CHUNK_ROWS, CHUNK_COLS))
    with RasterWriter(output, scene, form) as writer:
        for number, chunk in enumerate(pieces):
            progress.report(0.2 + 0.7 * number / len(pieces), "Making the picture")
            shown = read_cube(scene, chunk, sample.bands).picture(picture)
            levels = np.round((shown.channels + 1) / 2 * 254) + 1
            writer.write(chunk.row, chunk.col, np.where(shown.valid, levels, EMPTY))
        writer.close(progress.part(0.9, 1.0))
