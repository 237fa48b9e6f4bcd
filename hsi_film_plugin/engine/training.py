"""From a scene and labels to a model, with the evidence for every choice in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .backbone import Backbone
from .choice import Choice, HeldOut, Part, choose, cross_fitted
from .device import Device
from .folds import Folds, spatial_folds
from .labels import LabelClass, Labels
from .model import HeadStack, Model, ModelBands, SpatialPath
from .progress import Progress
from .scene import Scene
from .spatial_candidates import SpatialSetting, spatial_candidates
from .statistics import SceneSample, sample_scene
from .training_pixels import TrainingPixels, training_pixels
from .training_settings import TrainingSettings, check_settings
from .trial import Trial, all_candidates, choose_spatial, choose_spectral

#: Without labels in separate places nothing can be chosen; spectra are the safe side.
UNVALIDATED = Choice((Part("spectral", "gentle", 1.0, 1.0),), 1.0)


@dataclass(frozen=True)
class Evidence:
    """Why the model is as it is.

    Attributes:
        pixels: What was trained on.
        folds: How it was held out.
        candidates: What was compared, on the same folds; empty without folds.
        choice: What was chosen on all folds.
        held_out: float32 ``(n, classes)``: what blends chosen on the other folds say
            of each fold; NaN where nothing was held out.
        spectral_name: Which spectral inputs were chosen.
        spatial_name: Which spatial features were chosen.
        sample: The scene's sample.
        warnings: Sentences for the user.
    """

    pixels: TrainingPixels
    folds: Folds
    candidates: tuple[HeldOut, ...]
    choice: Choice
    held_out: np.ndarray
    spectral_name: str
    spatial_name: str
    sample: SceneSample
    warnings: tuple[str, ...]


def train(
    scene: Scene, labels: Labels, settings: TrainingSettings, device: Device, progress: Progress
) -> tuple[Model, Evidence]:
    """Train a classifier of a scene's pixels.

    Args:
        scene: Where the labels lie.
        labels: At least two classes of at least two pixels.
        settings: What the user decided.
        device: Where the backbone runs.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if scene, labels or settings cannot be used.
    """
    check_settings(settings)
    sample = sample_scene(scene, progress.part(0.0, 0.05), (labels.rows, labels.cols))
    pixels, warnings = training_pixels(scene, labels, sample, settings.seed)
    folds = spatial_folds(pixels.rows, pixels.cols, pixels.classes, pixels.polygons)
    trial = Trial(pixels, folds, len(labels.classes), settings.seed)
    backbone = Backbone(settings.backbone, device)
    spatial = spatial_candidates(
        scene, pixels, sample, settings, backbone, progress.part(0.05, 0.3)
    )

    spectral_name, spectral = choose_spectral(trial, sample, progress.part(0.3, 0.4))
    inputs = spectral(pixels.spectra)
    setting = choose_spatial(
        trial,
        "film" if "film" in settings.paths else "spatial",
        inputs,
        spatial,
        progress.part(0.4, 0.6),
    )
    candidates = []
    if folds.count:
        candidates = all_candidates(
            trial, settings.paths, inputs, setting.features, progress.part(0.6, 0.9)
        )
        choice = choose(candidates, pixels.classes, folds.groups, folds.fold >= 0)
        held_out = cross_fitted(candidates, pixels.classes, folds.groups, folds.fold)
    else:
        choice = UNVALIDATED
        held_out = np.full((len(pixels.classes), len(labels.classes)), np.nan, np.float32)
    stacks = _final_heads(
        trial, choice, inputs, setting.features, settings.ensemble, progress.part(0.9, 1.0)
    )
    model = Model(
        labels.classes,
        _bands(scene, sample),
        spectral,
        _spatial_path(setting, backbone, settings)
        if {part.kind for part in choice.parts} != {"spectral"}
        else None,
        stacks,
        choice.temperature,
    )
    evidence = Evidence(
        pixels,
        folds,
        tuple(candidates),
        choice,
        held_out,
        spectral_name,
        setting.name,
        sample,
        (*warnings, *_fold_warnings(folds, labels.classes)),
    )
    return model, evidence


def _final_heads(
    trial: Trial,
    choice: Choice,
    inputs: np.ndarray,
    features: np.ndarray,
    ensemble: int,
    progress: Progress,
) -> tuple[HeadStack, ...]:
    """Train the chosen heads on all labelled pixels."""
    weights = np.stack([trial.weights(np.ones(len(inputs), bool))] * ensemble)
    stacks = []
    for number, part in enumerate(choice.parts):
        shape = trial.shape(part.kind, inputs, features)
        stretch = progress.part(number / len(choice.parts), (number + 1) / len(choice.parts))
        parameters = trial.fitted(shape, part.effort, inputs, features, weights, stretch)
        arrays = {name: tensor.numpy().copy() for name, tensor in parameters.items()}
        stacks.append(HeadStack(shape, arrays, part))
    return tuple(stacks)


def _bands(scene: Scene, sample: SceneSample) -> ModelBands:
    wavelengths = scene.bands.wavelengths
    return ModelBands(
        scene.count,
        sample.bands,
        None if wavelengths is None else tuple(float(wavelengths[b]) for b in sample.bands),
    )


def _spatial_path(
    setting: SpatialSetting, backbone: Backbone, settings: TrainingSettings
) -> SpatialPath:
    return SpatialPath(
        setting.picture,
        setting.timestep,
        setting.blocks,
        setting.compression,
        "" if settings.backbone is None else str(settings.backbone),
        backbone.info.sha256,
    )


def _fold_warnings(folds: Folds, classes: tuple[LabelClass, ...]) -> list[str]:
    if not folds.count:
        return [
            "The labels lie in too few places to hold any of them out, so nothing is known of the "
            "map's accuracy, and only spectra were used. Draw polygons of each class in at least "
            "two places."
        ]
    if not folds.untested:
        return []
    names = ", ".join(classes[index].name for index in folds.untested)
    return [
        f"Labelled in one place only, so not validated: {names}. Draw a second polygon of each, "
        "far from the first."
    ]
