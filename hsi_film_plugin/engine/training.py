"""From a scene and labels to a model, with the evidence for every choice in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from .backbone import Backbone
from .choice import Choice, HeldOut, Part, calibrated_score, choose, cross_fitted
from .device import Device
from .errors import InputError
from .features import FeatureMaps, FeatureSettings, features_at
from .folds import Folds, spatial_folds
from .heads import Fitting, HeadShape, Parameters, fit, logits
from .labels import LabelClass, Labels
from .model import HeadStack, Model, ModelBands, SpatialPath
from .progress import Progress
from .pseudo_image import KINDS as PICTURES
from .pseudo_image import PseudoImage, fit_pseudo_image
from .scene import Scene
from .statistics import AffineMap, SceneSample, sample_scene, standardisation, whitening

Option = TypeVar("Option")

#: How heads may be trained; validation chooses.
EFFORTS = {
    "gentle": Fitting(steps=250, learning_rate=3e-3, dropout=0.3),
    "thorough": Fitting(steps=600, learning_rate=1e-2, dropout=0.1),
}
#: What spatial features may be, unless the user says; validation chooses.
PICTURES_AND_TIMESTEPS = (("rgb", 0), ("pca", 0), ("rgb", 25))
BLOCKS = ((-2, -3), (-2, -3, -4))
SPECTRAL_COMPONENTS = 10
SPATIAL_COMPONENTS = 64
#: Heads of each fold while choosing; the final ensemble may be larger.
MEMBERS_PER_FOLD = 2
#: More labelled pixels than this are thinned, evenly over classes and polygons.
MOST_PIXELS = 20_000
#: Without labels in separate places nothing can be chosen; spectra are the safe side.
UNVALIDATED = Choice((Part("spectral", "gentle", 1.0, 1.0),), 1.0)


@dataclass(frozen=True)
class TrainingSettings:
    """What the user may decide; None or ``auto`` leaves it to validation.

    Attributes:
        backbone: A diffusers folder; None for the bundled one.
        seed: Of everything random.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
        pseudo_image: ``auto``, ``rgb`` or ``pca``.
        ensemble: Heads of each kind in the final model.
    """

    backbone: Path | None = None
    seed: int = 0
    timestep: int | None = None
    blocks: tuple[int, ...] | None = None
    pseudo_image: str = "auto"
    ensemble: int = 5


@dataclass(frozen=True)
class TrainingPixels:
    """Labelled pixels that are trained on.

    Attributes:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
        polygons: int64 ``(n,)``.
        spectra: float32 ``(n, bands in use)``.
    """

    rows: np.ndarray
    cols: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    spectra: np.ndarray


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


@dataclass(frozen=True)
class SpatialSetting:
    """One kind of spatial features, and its values at the labels.

    Attributes:
        picture: How the scene becomes a picture.
        timestep: How far windows are noised.
        blocks: Decoder blocks.
        compression: Maps their channels to the heads' spatial inputs.
        features: float32 ``(n, spatial inputs)``.
    """

    picture: PseudoImage
    timestep: int
    blocks: tuple[int, ...]
    compression: AffineMap
    features: np.ndarray

    @property
    def name(self) -> str:
        """The setting in words."""
        blocks = ", ".join(str(block) for block in self.blocks)
        return f"{self.picture.kind} picture, timestep {self.timestep}, blocks {blocks}"


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
    sample = sample_scene(scene, progress.part(0.0, 0.05))
    pixels, warnings = _pixels(scene, labels, sample, settings.seed)
    folds = spatial_folds(pixels.rows, pixels.cols, pixels.classes, pixels.polygons)
    trial = _Trial(pixels, folds, len(labels.classes), settings.seed)
    backbone = Backbone(settings.backbone, device)
    spatial = _spatial_settings(scene, pixels, sample, settings, backbone, progress.part(0.05, 0.3))

    spectral_name, spectral = _choose_spectral(trial, sample, progress.part(0.3, 0.4))
    inputs = spectral(pixels.spectra)
    setting = _choose_spatial(trial, inputs, spatial, progress.part(0.4, 0.6))
    candidates = []
    if folds.count:
        candidates = _candidates(trial, inputs, setting.features, progress.part(0.6, 0.9))
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


def check_settings(settings: TrainingSettings) -> None:
    """Check what needs no scene.

    Raises:
        InputError: if a setting is out of range.
    """
    if settings.pseudo_image not in ("auto", *PICTURES):
        raise InputError(
            f"PSEUDO_IMAGE is '{settings.pseudo_image}'. Choose auto, {' or '.join(PICTURES)}."
        )
    if not 1 <= settings.ensemble <= 50:
        raise InputError(f"ENSEMBLE is {settings.ensemble}. Choose 1 to 50 heads.")
    if not 0 <= settings.seed < 2**31:
        raise InputError(f"SEED is {settings.seed}. Choose a number from 0 to {2**31 - 1}.")


def _pixels(
    scene: Scene, labels: Labels, sample: SceneSample, seed: int
) -> tuple[TrainingPixels, list[str]]:
    """Return the labelled pixels that hold data, thinned if they are very many."""
    spectra, valid = read_pixels(scene, labels.rows, labels.cols, sample.bands)
    warnings = []
    dropped = int((~valid).sum())
    if dropped == len(valid):
        raise InputError(
            f"Every labelled pixel of '{scene.path.name}' is nodata, NaN or infinite. Draw labels "
            "where the scene holds data."
        )
    if dropped:
        warnings.append(f"{dropped} labelled pixels are nodata in the scene and were left out.")
    counts = np.bincount(labels.classes_of[valid], minlength=len(labels.classes))
    if (counts > 0).sum() < 2:
        only = labels.classes[int(counts.argmax())].name
        raise InputError(
            f"The labels hold one class only ('{only}'). Label at least two classes, so that there "
            "is something to tell apart."
        )
    for known, count in zip(labels.classes, counts):
        if count < 2:
            found = "one pixel" if count else "no pixel with data"
            raise InputError(
                f"Class '{known.name}' has {found}. Draw more of it, at least two pixels "
                "and better two polygons in different places, or leave the class out."
            )
    keep = np.flatnonzero(valid)
    if len(keep) > MOST_PIXELS:
        keep = keep[_thinned(labels.classes_of[keep], labels.polygons[keep], seed)]
        warnings.append(
            f"{int(valid.sum())} pixels are labelled; {len(keep)} of them, spread evenly over "
            "classes and polygons, were trained on."
        )
    if sample.constant:
        numbers = ", ".join(str(band + 1) for band in sample.constant)
        warnings.append(f"Constant bands were left out: {numbers}.")
    return (
        TrainingPixels(
            labels.rows[keep],
            labels.cols[keep],
            labels.classes_of[keep],
            labels.polygons[keep],
            spectra[keep],
        ),
        warnings,
    )


def read_pixels(
    scene: Scene, rows: np.ndarray, cols: np.ndarray, bands: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Read single pixels, tile by tile.

    Returns:
        float32 ``(n, len(bands))`` and bool ``(n,)``, whether they are valid.
    """
    spectra = np.zeros((len(rows), len(bands)), np.float32)
    valid = np.zeros(len(rows), bool)
    side = 128
    tiles = np.stack([rows // side, cols // side], axis=1)
    for i, j in np.unique(tiles, axis=0).tolist():
        inside = np.flatnonzero((tiles == (i, j)).all(axis=1))
        top, left = int(rows[inside].min()), int(cols[inside].min())
        height = int(rows[inside].max()) - top + 1
        width = int(cols[inside].max()) - left + 1
        cube, good = scene.read(top, left, height, width, bands)
        spectra[inside] = cube[:, rows[inside] - top, cols[inside] - left].T
        valid[inside] = good[rows[inside] - top, cols[inside] - left]
    return spectra, valid


def _thinned(classes: np.ndarray, polygons: np.ndarray, seed: int) -> np.ndarray:
    """Return the indices of ``MOST_PIXELS`` pixels, rare classes and polygons first."""
    order = np.random.default_rng(seed).permutation(len(classes))
    rank = np.zeros(len(classes))
    for ids in (polygons, classes):
        turn = np.lexsort((rank[order], ids[order]))
        starts = np.unique(ids[order][turn], return_index=True)[1]
        lengths = np.diff([*starts, len(ids)])
        rank[order[turn]] = np.arange(len(ids)) - np.repeat(starts, lengths)
    return np.sort(np.lexsort((order, rank))[:MOST_PIXELS])


def _spatial_settings(
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
    wanted: list[tuple[int, ...]] = [settings.blocks] if settings.blocks else list(BLOCKS)
    wanted = [b for b in wanted if settings.blocks or -min(b) <= backbone.info.blocks] or [(-1,)]
    union = tuple(dict.fromkeys(block for blocks in wanted for block in blocks))
    rows, cols = _with_surroundings(scene, pixels.rows, pixels.cols)
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
            features = compression(channels[: len(pixels.rows)])
            found.append(SpatialSetting(picture, timestep, blocks, compression, features))
    return found


def _with_surroundings(
    scene: Scene, rows: np.ndarray, cols: np.ndarray, step: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Append a lattice of pixels of the labels' cells, whose windows are computed anyway.

    So the compression knows more of the scene than its labels.
    """
    cells = np.unique(np.stack([rows // 32, cols // 32], axis=1), axis=0) * 32
    offsets = np.arange(step // 2, 32, step)
    more_rows = (cells[:, 0, None, None] + offsets[:, None] + 0 * offsets).ravel()
    more_cols = (cells[:, 1, None, None] + 0 * offsets[:, None] + offsets).ravel()
    inside = (more_rows < scene.height) & (more_cols < scene.width)
    return (
        np.concatenate([rows, more_rows[inside]]),
        np.concatenate([cols, more_cols[inside]]),
    )


@dataclass(frozen=True)
class _Trial:
    """Trains heads on all folds at once and collects what they say of the held-out pixels."""

    pixels: TrainingPixels
    folds: Folds
    n_classes: int
    seed: int

    def shape(self, kind: str, inputs: np.ndarray, features: np.ndarray) -> HeadShape:
        return HeadShape(kind, inputs.shape[1], features.shape[1], self.n_classes)

    def held_out(
        self,
        kind: str,
        effort: str,
        inputs: np.ndarray,
        features: np.ndarray,
        members: int,
        progress: Progress,
    ) -> HeldOut:
        """Return what heads of the other folds say of each fold."""
        fold, count = self.folds.fold, self.folds.count
        weights = np.stack([self.weights(fold != k) for k in range(count) for _ in range(members)])
        shape = self.shape(kind, inputs, features)
        parameters = self.fitted(shape, effort, inputs, features, weights, progress)
        result = np.zeros((len(fold), self.n_classes), np.float32)
        with torch.inference_mode():
            outputs = logits(
                shape, parameters, torch.from_numpy(inputs), torch.from_numpy(features)
            )
            said = outputs.softmax(-1).view(count, members, *outputs.shape[1:]).mean(1).numpy()
        for k in range(count):
            result[fold == k] = said[k, fold == k]
        return HeldOut(kind, effort, result)

    def weights(self, use: np.ndarray) -> np.ndarray:
        """Return weights ``(n,)`` that bring classes half way to balance; 0 where not used.

        A class counts with the square root of its pixels.
        """
        counts = np.bincount(self.pixels.classes[use], minlength=self.n_classes)
        weights: np.ndarray = use / np.sqrt(np.maximum(counts, 1))[self.pixels.classes]
        balanced: np.ndarray = (weights / weights.mean()).astype(np.float32)
        return balanced

    def fitted(
        self,
        shape: HeadShape,
        effort: str,
        inputs: np.ndarray,
        features: np.ndarray,
        weights: np.ndarray,
        progress: Progress,
    ) -> Parameters:
        """Train one head for each row of ``weights``."""
        seeds = [self.seed * 1000 + head for head in range(len(weights))]
        latest: Parameters = {}
        for fraction, parameters in fit(
            shape,
            torch.from_numpy(inputs),
            torch.from_numpy(features),
            torch.from_numpy(self.pixels.classes),
            torch.from_numpy(weights),
            seeds,
            EFFORTS[effort],
        ):
            progress.report(fraction, "Training")
            latest = parameters
        return latest


def _choose_spectral(
    trial: _Trial, sample: SceneSample, progress: Progress
) -> tuple[str, AffineMap]:
    """Return the spectral inputs whose heads do best on the held-out pixels."""
    options = {
        "standardised bands": standardisation(sample.spectra),
        f"{SPECTRAL_COMPONENTS} whitened components": whitening(
            sample.spectra, SPECTRAL_COMPONENTS
        ),
    }
    if not trial.folds.count:
        return next(iter(options.items()))
    nothing = np.zeros((len(trial.pixels.classes), 1), np.float32)

    def mark(name: str, part: Progress) -> float:
        inputs = options[name](trial.pixels.spectra)
        held_out = trial.held_out("spectral", "gentle", inputs, nothing, MEMBERS_PER_FOLD, part)
        return _mark(trial, held_out)

    best = _best(list(options), mark, progress)
    return best, options[best]


def _choose_spatial(
    trial: _Trial, inputs: np.ndarray, options: list[SpatialSetting], progress: Progress
) -> SpatialSetting:
    """Return the spatial features whose FiLM heads do best on the held-out pixels."""
    if not trial.folds.count or len(options) == 1:
        return options[0]

    def mark(option: SpatialSetting, part: Progress) -> float:
        return _mark(trial, trial.held_out("film", "gentle", inputs, option.features, 1, part))

    return _best(options, mark, progress)


def _best(
    options: list[Option], mark: Callable[[Option, Progress], float], progress: Progress
) -> Option:
    marks = []
    for number, option in enumerate(options):
        part = progress.part(number / len(options), (number + 1) / len(options))
        marks.append(mark(option, part))
    return options[int(np.argmin(marks))]


def _mark(trial: _Trial, held_out: HeldOut) -> float:
    use = trial.folds.fold >= 0
    return calibrated_score(held_out.probabilities[use], trial.pixels.classes[use])[0]


def _candidates(
    trial: _Trial, inputs: np.ndarray, features: np.ndarray, progress: Progress
) -> list[HeldOut]:
    """Train every kind of head with every effort on all folds."""
    pairs = [(kind, effort) for kind in ("spectral", "spatial", "film") for effort in EFFORTS]
    return [
        trial.held_out(
            kind,
            effort,
            inputs,
            features,
            MEMBERS_PER_FOLD,
            progress.part(number / len(pairs), (number + 1) / len(pairs)),
        )
        for number, (kind, effort) in enumerate(pairs)
    ]


def _final_heads(
    trial: _Trial,
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
