"""The spatial features that may serve a scene; validation chooses among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .backbone import Backbone
from .context import SceneContext, learn_context
from .features import FeatureMaps, FeatureSettings, features_at
from .progress import Progress
from .pseudo_image import PseudoImage, fit_pseudo_image
from .scene import Scene
from .statistics import AffineMap, SceneSample, whitening
from .training_pixels import TrainingPixels, read_pixels
from .training_settings import TrainingSettings
from .windows import STRIDE

#: What is tried, unless the user says.
PICTURES_AND_TIMESTEPS = (("rgb", 0), ("pca", 0))
SPATIAL_COMPONENTS = 64


@dataclass(frozen=True)
class SpatialSetting:
    """One kind of spatial features, and its values at the labels.

    Attributes:
        picture: How the scene becomes a picture.
        timestep: How far windows are noised.
        blocks: Decoder blocks.
        compression: Maps their channels to the first of the heads' spatial inputs.
        context: Makes the others.
        features: float32 ``(n, spatial inputs)``.
    """

    picture: PseudoImage
    timestep: int
    blocks: tuple[int, ...]
    compression: AffineMap
    context: SceneContext
    features: np.ndarray

    @property
    def name(self) -> str:
        """The setting in words."""
        blocks = ", ".join(str(block) for block in self.blocks)
        return f"{self.picture.kind} picture, timestep {self.timestep}, blocks {blocks}"


def spatial_candidates(
    scene: Scene,
    pixels: TrainingPixels,
    sample: SceneSample,
    settings: TrainingSettings,
    backbone: Backbone,
    progress: Progress,
) -> list[SpatialSetting]:
    """Compute the features that may serve, one pass for each picture and timestep."""
    passes = [
        (kind, settings.timestep if settings.timestep is not None else timestep)
        for kind, timestep in PICTURES_AND_TIMESTEPS
        if settings.pseudo_image in ("auto", kind)
    ] or [(settings.pseudo_image, settings.timestep or 0)]
    passes = list(dict.fromkeys(passes))
    wanted: list[tuple[int, ...]] = (
        [settings.blocks] if settings.blocks else list(backbone.info.suggested_blocks)
    )
    union = tuple(dict.fromkeys(block for blocks in wanted for block in blocks))
    rows, cols = _with_surroundings(scene, pixels.rows, pixels.cols)
    context, surroundings = learn_context(
        scene, sample.bands, sample.spectra, rows, cols, progress.part(0.0, 0.1)
    )
    progress = progress.part(0.1, 1.0)
    count = len(pixels.rows)
    found = []
    for number, (kind, timestep) in enumerate(passes):
        picture = fit_pseudo_image(kind, sample, scene.bands.wavelengths)
        maps = FeatureMaps(backbone, timestep, union)
        everything = features_at(
            scene,
            FeatureSettings(picture, sample.bands, timestep, union),
            maps,
            rows,
            cols,
            progress.part(number / len(passes), (number + 1) / len(passes)),
        )
        edges = np.cumsum([0, *maps.channels])
        parts = {b: everything[:, edges[k] : edges[k + 1]] for k, b in enumerate(union)}
        for blocks in wanted:
            channels = np.concatenate([parts[block] for block in blocks], axis=1)
            compression = whitening(channels, SPATIAL_COMPONENTS)
            features = np.concatenate([compression(channels[:count]), surroundings[:count]], axis=1)
            found.append(SpatialSetting(picture, timestep, blocks, compression, context, features))
    return found


def _with_surroundings(
    scene: Scene, rows: np.ndarray, cols: np.ndarray, step: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Append a lattice of valid pixels of the labels' cells, whose windows are computed anyway.

    So the compression knows more of the scene than its labels.
    """
    cells = np.unique(np.stack([rows // STRIDE, cols // STRIDE], axis=1), axis=0) * STRIDE
    offsets = np.arange(step // 2, STRIDE, step)
    more_rows = (cells[:, 0, None, None] + offsets[:, None] + 0 * offsets).ravel()
    more_cols = (cells[:, 1, None, None] + 0 * offsets[:, None] + offsets).ravel()
    inside = (more_rows < scene.height) & (more_cols < scene.width)
    more_rows, more_cols = more_rows[inside], more_cols[inside]
    valid = read_pixels(scene, more_rows, more_cols, ())[1]
    return np.concatenate([rows, more_rows[valid]]), np.concatenate([cols, more_cols[valid]])
