"""Real patches and samples of three classes, made up, for the tests of judging."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.model import ModelBands
from hsi_film_plugin.engine.synthesis.draft_map import fit_draft_map
from hsi_film_plugin.engine.synthesis.patch_facts import WordScale
from hsi_film_plugin.engine.synthesis.patches import PatchData, Patches
from hsi_film_plugin.engine.synthesis.sample_set import SampleSet, SampleWord
from hsi_film_plugin.engine.synthesis.spectral_code import SpectralCode

CLASSES = (
    LabelClass(1, "meadow", "#1b7837"),
    LabelClass(2, "<b>water", "#2171b5"),
    LabelClass(5, "roof", "#d7301f"),
)
BANDS, COMPONENTS, SIZE = 20, 4, 8
WAVELENGTHS = tuple(np.linspace(450, 2400, BANDS).tolist())
PROMPT = "meadow, almost everywhere, with roof to the north-east, bright"
_CENTRES = 4 * np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32)


def code() -> SpectralCode:
    """Return a code of twenty bands in four components."""
    inverse = np.cos(np.outer(np.arange(1, COMPONENTS + 1), np.linspace(0, 3, BANDS)))
    inverse = inverse.astype(np.float32)
    return SpectralCode(
        np.full(BANDS, 20, np.float32), np.linalg.pinv(inverse).astype(np.float32), inverse
    )


def patches(classes: np.ndarray, seed: int, side: int, spread: float = 0.5) -> np.ndarray:
    """Return patches around pixels of classes, float32 (n, components, side, side)."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, spread, (len(classes), COMPONENTS, side, side))
    smooth = 2 * gaussian_filter(noise, (0, 0, 1, 1)) + 0.3 * noise
    return (_CENTRES[classes][:, :, None, None] + smooth).astype(np.float32)


def patch_set(classes: np.ndarray, polygons: np.ndarray, seed: int) -> Patches:
    """Return patches as they are read from a scene."""
    values = patches(np.maximum(classes, 0), seed, SIZE + 1)
    n = len(classes)
    return Patches(
        values,
        classes,
        polygons,
        polygons * 40 + np.arange(n) % 3,
        polygons * 17 % 90,
        np.zeros(n, np.int64),
        np.zeros((n, SIZE + 1, SIZE + 1), np.int16),
        np.zeros((n, 3, SIZE + 1, SIZE + 1), np.float32),
    )


def patch_data(pixels: tuple[int, ...] = (30, 30, 30), held_out: int = 90) -> PatchData:
    """Return what a scene with so many labelled pixels a class gives."""
    classes = np.repeat(np.arange(3), pixels)
    polygons = np.concatenate([100 * c + np.arange(n) // 3 for c, n in enumerate(pixels)])
    labelled = patch_set(classes, polygons.astype(np.int64), 1)
    middle = SIZE // 2
    others = patch_set(np.arange(held_out) % 3, np.full(held_out, -1), 3)
    return PatchData(
        labelled,
        patch_set(np.full(60, -1), np.full(60, -1), 2),
        others,
        code(),
        ModelBands(BANDS, tuple(range(BANDS)), WAVELENGTHS),
        CLASSES,
        fit_draft_map(labelled.values[:, :, middle, middle], classes, 3),
        WordScale((0.0, 1.0), (0.0, 1.0), "moisture"),
        (),
        pixels,
        np.moveaxis(code().decode(np.moveaxis(others.values, 1, -1)), -1, 1),
    )


def sample_set(classes: np.ndarray, values: np.ndarray | None = None, seed: int = 9) -> SampleSet:
    """Return samples of classes; by default as the real patches are, all with one prompt."""
    made = patches(classes, seed, SIZE) if values is None else values
    n = len(classes)
    tokens = (
        SampleWord("[CLS]", 0, 0),
        SampleWord("mea", 0, 3),
        SampleWord("##dow", 3, 6),
        SampleWord(",", 6, 7),
        SampleWord("roof", PROMPT.index("roof"), PROMPT.index("roof") + 4),
        SampleWord("[SEP]", 0, 0),
    )
    attention = np.zeros((n, len(tokens), SIZE, SIZE), np.uint8)
    attention[:, 1, :, 0], attention[:, 2, :, 1], attention[:, 4, 0, 7] = 255, 255, 255
    return SampleSet(
        components=made,
        code=code(),
        bands=ModelBands(BANDS, tuple(range(BANDS)), WAVELENGTHS),
        classes=CLASSES,
        class_indices=classes.astype(np.int64),
        labelled=np.ones((n, SIZE, SIZE), bool),
        recognised=np.ones(n, bool),
        prompts=(PROMPT,),
        prompt_of=np.zeros(n, np.int64),
        tokens=(tokens,),
        attention=attention,
        synthesizer_sha256="ab" * 32,
        label_sha256="cd" * 32,
        scene_names=("scene.tif",),
        guidance=3.0,
        steps=25,
        seed=0,
    )
