"""From a scene and labels to a model, with the evidence for every choice in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .backbone import Backbone
from .choice import Choice, HeldOut, Part, calibrated_score, choose, cross_fitted, tempered
from .device import Device
from .folds import Folds, distant_folds, spatial_folds
from .heads import SPATIAL_KINDS
from .labels import LabelClass, Labels
from .model import HeadStack, Model, ModelBands, SpatialPath
from .novelty import fit_novelty
from .progress import Progress
from .scene import Scene
from .spatial_candidates import SpatialSetting, spatial_candidates
from .spectral_inputs import SpectralInputs, spectral_options
from .statistics import SceneSample, sample_scene
from .synthesis.sample_file import read_samples
from .synthesis.sample_set import SampleSet
from .synthetic_mark import require_real
from .synthetic_pixels import (
    SyntheticPixels,
    SyntheticUse,
    joined,
    shares,
    synthetic_features,
    synthetic_pixels,
)
from .training_pixels import TrainingPixels, training_pixels
from .training_settings import TrainingSettings, check_settings
from .trial import MEMBERS_PER_FOLD, Trial, best_of, choose_spatial, efforts, spectral_candidates


@dataclass(frozen=True)
class Evidence:
    """Why the model is as it is.

    Attributes:
        pixels: What was trained on.
        choosing_folds: What was chosen on.
        candidates: What was compared, on those folds; empty without folds.
        choice: What was chosen on all of them.
        near: float32 ``(n, classes)``: what blends chosen on the other folds say of each
            of those folds; NaN where nothing was held out.
        folds: The distant folds, which the accuracy is stated on.
        held_out: float32 ``(n, classes)``: what the chosen blend, trained and calibrated on
            the other distant folds, says of each; NaN where nothing was held out.
        spectral_name: Which spectral inputs were chosen.
        spatial_name: Which spatial features were chosen.
        sample: The scene's sample.
        backbone_note: What deviates in the backbone; empty for most.
        warnings: Sentences for the user.
        synthetic: The synthetic samples that the final heads, and nothing else, were trained
            with; None without.
    """

    pixels: TrainingPixels
    choosing_folds: Folds
    candidates: tuple[HeldOut, ...]
    choice: Choice
    near: np.ndarray
    folds: Folds
    held_out: np.ndarray
    spectral_name: str
    spatial_name: str
    sample: SceneSample
    backbone_note: str
    warnings: tuple[str, ...]
    synthetic: SyntheticUse | None = None


@dataclass(frozen=True)
class _Compared:
    """What was compared, and the spatial features among it.

    ``setting`` and ``backbone`` are None where no spatial path was asked for.
    """

    candidates: list[HeldOut]
    spectral_name: str
    setting: SpatialSetting | None
    backbone: Backbone | None


@dataclass(frozen=True)
class _Material:
    """What the final heads are trained on: all labelled pixels, then synthetic ones if given.

    ``shares`` is what each of them counts beside a real one.
    """

    trial: Trial
    features: np.ndarray
    shares: np.ndarray


def train(
    scene: Scene,
    labels: Labels,
    settings: TrainingSettings,
    device: Device,
    progress: Progress,
    synthetic: SampleSet | None = None,
) -> tuple[Model, Evidence]:
    """Train a classifier of a scene's pixels.

    Synthetic samples are for the final heads alone: what is chosen, calibrated and stated comes
    from real pixels and heads that have seen no others. Whoever made the samples has seen the
    labels of all folds.

    Args:
        scene: Where the labels lie.
        labels: At least two classes of at least two pixels.
        settings: What the user decided.
        device: Where the backbone runs.
        progress: For a progress bar, and to cancel.
        synthetic: Samples to train the final heads with, too; None takes those of the settings'
            file, if there is one.

    Raises:
        InputError: if scene, labels, samples or settings cannot be used.
    """
    check_settings(settings)
    require_real(scene)
    if synthetic is None and settings.synthetic is not None:
        synthetic = read_samples(settings.synthetic)
    sample = sample_scene(scene, progress.part(0.0, 0.05), (labels.rows, labels.cols))
    pixels, warnings = training_pixels(scene, labels, sample, settings.seed)
    made = None
    if synthetic is not None:
        made, notes = synthetic_pixels(synthetic, scene, labels, sample, pixels)
        warnings += notes
    places = (pixels.rows, pixels.cols, pixels.classes, pixels.polygons)
    folds = spatial_folds(*places)
    trial = Trial(pixels, folds, len(labels.classes), settings.seed)
    options = spectral_options(sample.spectra)
    compared = _compare(trial, scene, sample, options, settings, device, progress.part(0.05, 0.8))
    if folds.count:
        choice = choose(compared.candidates, pixels.classes, folds.groups, folds.fold >= 0)
        near = cross_fitted(compared.candidates, pixels.classes, folds.groups, folds.fold)
    else:
        choice = unvalidated(settings.paths, options[0])
        near = np.full((len(pixels.classes), len(labels.classes)), np.nan, np.float32)
    distant = replace(trial, folds=distant_folds(*places, folds.separation))
    choice, held_out = _state(distant, choice, options, compared, progress.part(0.8, 0.9))
    progress = progress.part(0.9, 1.0)
    material = _Material(trial, _features(trial, compared.setting), np.ones(len(pixels.classes)))
    if made is not None:
        material = _with_synthetic(
            material, made, scene, sample, choice, compared, progress.part(0.0, 0.6)
        )
        progress = progress.part(0.6, 1.0)
    stacks = _final_heads(material, choice, options, settings.ensemble, progress)
    spatial = None
    if any(part.kind in SPATIAL_KINDS for part in choice.parts):
        spatial = _spatial_path(compared, settings)
    use = None if made is None else SyntheticUse.of(made, len(labels.classes))
    model = Model(
        labels.classes,
        _bands(scene, sample),
        spatial,
        stacks,
        choice.temperature,
        {} if use is None else use.provenance(),
        novelty=fit_novelty(pixels, folds, sample.spectra),
    )
    evidence = Evidence(
        pixels,
        folds,
        tuple(compared.candidates),
        choice,
        near,
        distant.folds,
        held_out,
        compared.spectral_name,
        "none" if compared.setting is None else compared.setting.name,
        sample,
        "" if compared.backbone is None else compared.backbone.info.note,
        (*warnings, *_fold_warnings(distant.folds, labels.classes)),
        use,
    )
    return model, evidence


def _compare(
    trial: Trial,
    scene: Scene,
    sample: SceneSample,
    options: list[SpectralInputs],
    settings: TrainingSettings,
    device: Device,
    progress: Progress,
) -> _Compared:
    """Train what may serve on all folds, the inputs of each path chosen first.

    Without folds nothing can be compared, and no spatial features are needed.
    """
    spatial_kinds = [kind for kind in settings.paths if kind in SPATIAL_KINDS]
    backbone = Backbone(settings.backbone, device) if spatial_kinds else None
    if not trial.folds.count:
        return _Compared([], options[0].name, None, backbone)
    candidates: list[HeldOut] = []
    inputs = options[0]
    for kind, part in zip(("linear", "spectral"), progress.part(0.0, 0.25).parts(2)):
        if kind in settings.paths or (kind == "spectral" and spatial_kinds):
            best = best_of(trial, spectral_candidates(trial, kind, options, part))
            inputs = _named(options, best.inputs)
            if kind in settings.paths:
                candidates.append(best)
    setting = None
    if backbone is not None:
        found = spatial_candidates(
            scene, trial.pixels, sample, settings, backbone, progress.part(0.25, 0.5)
        )
        judge = "film" if "film" in spatial_kinds else spatial_kinds[0]
        setting = choose_spatial(trial, judge, inputs, found, progress.part(0.5, 0.75))
    features = _features(trial, setting)
    tried = {(candidate.kind, candidate.effort) for candidate in candidates}
    pairs = [(kind, effort) for kind in settings.paths for effort in efforts(kind)]
    pairs = [pair for pair in pairs if pair not in tried]
    for (kind, effort), part in zip(pairs, progress.part(0.75, 1.0).parts(max(1, len(pairs)))):
        candidates.append(trial.held_out(kind, effort, inputs, features, MEMBERS_PER_FOLD, part))
    return _Compared(candidates, inputs.name, setting, backbone)


def _state(
    trial: Trial,
    choice: Choice,
    options: list[SpectralInputs],
    compared: _Compared,
    progress: Progress,
) -> tuple[Choice, np.ndarray]:
    """Hold out distant folds from the chosen blend, and calibrate it on what it says of them.

    Returns:
        The choice with its temperature, and float32 ``(n, classes)``, each fold calibrated on
        the others.
    """
    folds, classes = trial.folds, trial.pixels.classes
    if not folds.count:
        return choice, np.full((len(classes), trial.n_classes), np.nan, np.float32)
    features = _features(trial, compared.setting)
    parts = progress.parts(len(choice.parts))
    said = Choice(choice.parts, 1.0).blend(
        [
            trial.held_out(
                part.kind,
                part.effort,
                _named(options, part.inputs),
                features,
                MEMBERS_PER_FOLD,
                stretch,
            )
            for part, stretch in zip(choice.parts, parts)
        ]
    )
    held_out = np.full_like(said, np.nan)
    used = folds.fold >= 0
    for k in range(folds.count):
        held, others = folds.fold == k, used & (folds.fold != k)
        held_out[held] = tempered(said[held], calibrated_score(said[others], classes[others])[1])
    return replace(choice, temperature=calibrated_score(said[used], classes[used])[1]), held_out


def _features(trial: Trial, setting: SpatialSetting | None) -> np.ndarray:
    if setting is None:
        return np.zeros((len(trial.pixels.classes), 1), np.float32)
    return setting.features


def _named(options: list[SpectralInputs], name: str) -> SpectralInputs:
    return next(option for option in options if option.name == name)


def unvalidated(paths: tuple[str, ...], inputs: SpectralInputs) -> Choice:
    """Return what to take where no labels can be held out: spectra are the safe side."""
    kinds = [kind for kind in ("linear", "spectral") if kind in paths] or ["spectral"]
    return Choice(
        tuple(Part(kind, efforts(kind)[0], inputs.name, 1.0, 1 / len(kinds)) for kind in kinds),
        1.0,
    )


def _with_synthetic(
    material: _Material,
    made: SyntheticPixels,
    scene: Scene,
    sample: SceneSample,
    choice: Choice,
    compared: _Compared,
    progress: Progress,
) -> _Material:
    """Add synthetic pixels; their surroundings are computed where a chosen head looks at them."""
    trial, setting = material.trial, compared.setting
    features = np.zeros((len(made.classes), material.features.shape[1]), np.float32)
    if setting is not None and any(part.kind in SPATIAL_KINDS for part in choice.parts):
        backbone = compared.backbone
        if backbone is None:
            raise RuntimeError("spatial features were chosen without a backbone")
        features = synthetic_features(
            made, scene, sample, trial.pixels, setting, backbone, progress
        )
    return _Material(
        replace(trial, pixels=joined(trial.pixels, made)),
        np.concatenate([material.features, features]),
        shares(trial.pixels.classes, made.classes, trial.n_classes),
    )


def _final_heads(
    material: _Material,
    choice: Choice,
    options: list[SpectralInputs],
    ensemble: int,
    progress: Progress,
) -> tuple[HeadStack, ...]:
    """Train the chosen heads on all there is."""
    trial = material.trial
    everything = trial.weights(material.shares)
    stacks = []
    for part, stretch in zip(choice.parts, progress.parts(len(choice.parts))):
        inputs = _named(options, part.inputs)
        weights = np.stack([everything] * trial.members(part.kind, ensemble))
        shape, parameters = trial.fitted(
            part.kind, part.effort, inputs, material.features, weights, stretch, material.shares
        )
        arrays = {name: tensor.numpy().copy() for name, tensor in parameters.items()}
        stacks.append(HeadStack(shape, inputs, arrays, part))
    return tuple(stacks)


def _bands(scene: Scene, sample: SceneSample) -> ModelBands:
    wavelengths = scene.bands.wavelengths
    return ModelBands(
        scene.count,
        sample.bands,
        None if wavelengths is None else tuple(float(wavelengths[b]) for b in sample.bands),
    )


def _spatial_path(compared: _Compared, settings: TrainingSettings) -> SpatialPath:
    setting, backbone = compared.setting, compared.backbone
    if setting is None or backbone is None:
        raise RuntimeError("a spatial head was chosen without spatial features")
    return SpatialPath(
        setting.picture,
        setting.timestep,
        setting.blocks,
        setting.compression,
        setting.context,
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
