"""Spatial features of a whole scene as a raster, for other tools to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .backbone import Backbone
from .device import Device
from .errors import InputError
from .features import (
    FeatureBlocks,
    FeatureMaps,
    FeatureSettings,
    features_at,
    read_cube,
)
from .progress import Progress
from .pseudo_image import KINDS, fit_pseudo_image
from .raster_writer import RasterFormat, RasterWriter
from .scene import Scene
from .statistics import SceneSample, sample_scene, whitening
from .training_pixels import read_pixels
from .windows import STRIDE, Block, aligned, chunks, grown

NO_FEATURE = -9999.0
MOST_COMPONENTS = 256
#: Places whose windows teach the compression, on a lattice over the scene.
PLACES_A_SIDE = 6
CHUNK_ROWS, CHUNK_COLS = 128, 512


@dataclass(frozen=True)
class FeatureRasterSettings:
    """What the user decides.

    Attributes:
        backbone: A diffusers folder; None for the bundled one.
        components: Bands of the raster.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
        pseudo_image: ``auto`` (true colour), ``rgb`` or ``pca``.
    """

    backbone: Path | None
    components: int
    timestep: int
    blocks: tuple[int, ...]
    pseudo_image: str


def write_features(
    scene: Scene,
    settings: FeatureRasterSettings,
    device: Device,
    output: Path,
    progress: Progress,
) -> None:
    """Write whitened principal components of a scene's features, float32.

    Args:
        scene: Any scene.
        settings: What the user decided.
        device: Where the backbone runs.
        output: The raster to write, whole or not at all.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if scene or settings cannot be used.
        OutputError: if the raster cannot be written.
    """
    if not 1 <= settings.components <= MOST_COMPONENTS:
        raise InputError(f"COMPONENTS is {settings.components}. Choose 1 to {MOST_COMPONENTS}.")
    if settings.pseudo_image not in ("auto", *KINDS):
        raise InputError(
            f"PSEUDO_IMAGE is '{settings.pseudo_image}'. Choose auto, {' or '.join(KINDS)}."
        )
    sample = sample_scene(scene, progress.part(0.0, 0.05))
    backbone = Backbone(settings.backbone, device)
    backbone.check(settings.timestep, settings.blocks)
    kind = "rgb" if settings.pseudo_image == "auto" else settings.pseudo_image
    picture = fit_pseudo_image(kind, sample, scene.bands.wavelengths)
    wanted = FeatureSettings(picture, sample.bands, settings.timestep, settings.blocks)
    maps = _compressing(scene, wanted, backbone, settings.components, progress.part(0.05, 0.2))
    blocks = FeatureBlocks(maps)
    names = tuple(f"feature {number + 1}" for number in range(maps.outputs))
    tags = {
        "HSIFILM_BACKBONE_SHA256": backbone.info.sha256,
        "HSIFILM_TIMESTEP": str(settings.timestep),
        "HSIFILM_BLOCKS": ",".join(str(block) for block in settings.blocks),
        "HSIFILM_PSEUDO_IMAGE": kind,
    }
    area = Block(0, 0, scene.height, scene.width)
    pieces = list(chunks(area, CHUNK_ROWS, CHUNK_COLS))
    with RasterWriter(output, scene, RasterFormat("float32", NO_FEATURE, names, tags)) as writer:
        for number, chunk in enumerate(pieces):
            share = 0.2 + 0.7 * np.array([number, number + 1]) / len(pieces)
            part = progress.part(float(share[0]), float(share[1]))
            values = _chunk_features(scene, sample, wanted, blocks, chunk, maps.outputs, part)
            writer.write(chunk.row, chunk.col, values)
        writer.close(progress.part(0.9, 1.0))


def _compressing(
    scene: Scene,
    wanted: FeatureSettings,
    backbone: Backbone,
    components: int,
    progress: Progress,
) -> FeatureMaps:
    """Return feature maps compressed to the components of a lattice of places."""
    rows, cols = np.meshgrid(_lattice(scene.height), _lattice(scene.width), indexing="ij")
    small = min(scene.height, scene.width) < STRIDE  # then every pixel counts
    near = np.arange(0, STRIDE, 1 if small else 4)
    rows = (rows[..., None, None] + near[:, None] + 0 * near).ravel()
    cols = (cols[..., None, None] + 0 * near[:, None] + near).ravel()
    inside = (rows < scene.height) & (cols < scene.width)
    rows, cols = rows[inside], cols[inside]
    valid = read_pixels(scene, rows, cols, ())[1]
    if valid.sum() < 2:
        raise InputError(
            f"'{scene.path.name}' holds too little data where it was looked at. Crop it to its "
            "data."
        )
    every = FeatureMaps(backbone, wanted.timestep, wanted.blocks)
    known = features_at(scene, wanted, every, rows[valid], cols[valid], progress)
    return FeatureMaps(backbone, wanted.timestep, wanted.blocks, whitening(known, components))


def _lattice(size: int) -> np.ndarray:
    """Return where the cells to learn from begin along one side."""
    cells = -(-size // STRIDE)
    return np.unique(np.linspace(0, cells - 1, PLACES_A_SIDE).round().astype(int)) * STRIDE


def _chunk_features(
    scene: Scene,
    sample: SceneSample,
    wanted: FeatureSettings,
    blocks: FeatureBlocks,
    chunk: Block,
    components: int,
    progress: Progress,
) -> np.ndarray:
    """Return the features of a chunk, float32 ``(components, height, width)``."""
    block = aligned(chunk)
    cube = read_cube(scene, grown(block, STRIDE), sample.bands)
    values = np.full((components, block.height, block.width), NO_FEATURE, np.float32)
    if cube.valid.any():
        picture = cube.picture(wanted.pseudo_image)
        for number, row in enumerate(blocks.cell_rows(picture, block, progress)):
            values[:, number * STRIDE : (number + 1) * STRIDE] = row.cpu().numpy()
    valid = cube.valid[STRIDE : STRIDE + block.height, STRIDE : STRIDE + block.width]
    values = np.where(valid, values, NO_FEATURE)
    top, left = chunk.row - block.row, chunk.col - block.col
    return values[:, top : top + chunk.height, left : left + chunk.width]
