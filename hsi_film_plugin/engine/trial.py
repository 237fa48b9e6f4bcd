"""Heads on trial: trained on all folds at once, judged on what each fold held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from .choice import HeldOut, calibrated_score
from .folds import Folds
from .heads import Fitting, HeadShape, Parameters, fit, logits
from .progress import Progress
from .spatial_candidates import SpatialSetting
from .statistics import AffineMap, SceneSample, standardisation, whitening
from .training_pixels import TrainingPixels

Option = TypeVar("Option")

#: How heads may be trained; validation chooses.
EFFORTS = {
    "gentle": Fitting(steps=250, learning_rate=3e-3, dropout=0.3),
    "thorough": Fitting(steps=600, learning_rate=1e-2, dropout=0.1),
}
SPECTRAL_COMPONENTS = 10
#: Heads of each fold while choosing; the final ensemble may be larger.
MEMBERS_PER_FOLD = 2


@dataclass(frozen=True)
class Trial:
    """Trains heads on all folds at once and collects what they say of the held-out pixels."""

    pixels: TrainingPixels
    folds: Folds
    n_classes: int
    seed: int

    def shape(self, kind: str, inputs: np.ndarray, features: np.ndarray) -> HeadShape:
        """Return the shape of heads for these inputs, ``(n, spectral)`` and ``(n, spatial)``."""
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


def choose_spectral(trial: Trial, sample: SceneSample, progress: Progress) -> tuple[str, AffineMap]:
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


def choose_spatial(
    trial: Trial, kind: str, inputs: np.ndarray, options: list[SpatialSetting], progress: Progress
) -> SpatialSetting:
    """Return the spatial features whose heads of a kind do best on the held-out pixels."""
    if not trial.folds.count or len(options) == 1:
        return options[0]

    def mark(option: SpatialSetting, part: Progress) -> float:
        return _mark(trial, trial.held_out(kind, "gentle", inputs, option.features, 1, part))

    return _best(options, mark, progress)


def all_candidates(
    trial: Trial,
    kinds: Sequence[str],
    inputs: np.ndarray,
    features: np.ndarray,
    progress: Progress,
) -> list[HeldOut]:
    """Train the kinds of heads with every effort on all folds."""
    pairs = [(kind, effort) for kind in kinds for effort in EFFORTS]
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


def _best(
    options: list[Option], mark: Callable[[Option, Progress], float], progress: Progress
) -> Option:
    marks = []
    for number, option in enumerate(options):
        part = progress.part(number / len(options), (number + 1) / len(options))
        marks.append(mark(option, part))
    return options[int(np.argmin(marks))]


def _mark(trial: Trial, held_out: HeldOut) -> float:
    use = trial.folds.fold >= 0
    return calibrated_score(held_out.probabilities[use], trial.pixels.classes[use])[0]
