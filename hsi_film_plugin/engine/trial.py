"""Heads on trial: trained on all folds at once, judged on what each fold held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .choice import HeldOut, calibrated_score
from .discriminant import linear_discriminants
from .folds import Folds
from .heads import Fitting, HeadShape, Parameters, fit, logits
from .progress import Progress
from .spatial_candidates import SpatialSetting
from .spectral_inputs import SpectralInputs
from .training_pixels import TrainingPixels

#: How heads may be trained; validation chooses. Linear ones need no steps.
CLOSED_FORM = "closed form"
EFFORTS = {
    "gentle": Fitting(steps=250, learning_rate=3e-3, dropout=0.3),
    "thorough": Fitting(steps=600, learning_rate=1e-2, dropout=0.1),
}
#: Heads of each fold while choosing; the final ensemble may be larger.
MEMBERS_PER_FOLD = 2


@dataclass(frozen=True)
class Trial:
    """Trains heads on all folds at once and collects what they say of the held-out pixels."""

    pixels: TrainingPixels
    folds: Folds
    n_classes: int
    seed: int

    def held_out(
        self,
        kind: str,
        effort: str,
        inputs: SpectralInputs,
        features: np.ndarray,
        members: int,
        progress: Progress,
    ) -> HeldOut:
        """Return what heads of the other folds say of each fold.

        Args:
            kind: One of ``heads.KINDS``.
            effort: One of ``efforts(kind)``.
            inputs: Makes the heads' spectral inputs.
            features: float32 ``(n, spatial inputs)``.
            members: Heads of each fold.
            progress: For a progress bar, and to cancel.
        """
        fold, count = self.folds.fold, self.folds.count
        members = self.members(kind, members)
        weights = np.stack([self.weights(fold != k) for k in range(count) for _ in range(members)])
        shape, parameters = self.fitted(kind, effort, inputs, features, weights, progress)
        result = np.zeros((len(fold), self.n_classes), np.float32)
        for k in range(count):
            held = fold == k
            mine = {n: t[k * members : (k + 1) * members] for n, t in parameters.items()}
            spectra = torch.from_numpy(inputs(self.pixels.spectra[held]))
            with torch.inference_mode():
                said = logits(shape, mine, spectra, torch.from_numpy(features[held]))
            result[held] = said.softmax(-1).mean(0).numpy()
        return HeldOut(kind, effort, inputs.name, result)

    def members(self, kind: str, wanted: int) -> int:
        """Return how many heads make an ensemble: linear ones would all be the same."""
        return 1 if kind == "linear" else wanted

    def weights(self, use: np.ndarray) -> np.ndarray:
        """Return weights ``(n,)`` that bring classes half way to balance; 0 where not used.

        A class counts with the square root of its pixels.

        Args:
            use: ``(n,)``: bool, or what each pixel counts beside the others.
        """
        counts = np.bincount(self.pixels.classes, use, minlength=self.n_classes)
        weights: np.ndarray = use / np.sqrt(np.maximum(counts, 1))[self.pixels.classes]
        balanced: np.ndarray = (weights / weights.mean()).astype(np.float32)
        return balanced

    def fitted(
        self,
        kind: str,
        effort: str,
        inputs: SpectralInputs,
        features: np.ndarray,
        weights: np.ndarray,
        progress: Progress,
        shares: np.ndarray | None = None,
    ) -> tuple[HeadShape, Parameters]:
        """Train one head for each row of ``weights``.

        Weights hold ``shares`` already, what each pixel counts beside the others, but for
        linear heads, whose weights are priors only.
        """
        spectra = inputs(self.pixels.spectra)
        shape = HeadShape(kind, inputs.count, features.shape[1], self.n_classes)
        if kind == "linear":
            found = []
            for row, part in zip(weights, progress.parts(len(weights))):
                part.report(0.0, "Training")
                found.append(
                    linear_discriminants(
                        spectra, self.pixels.classes, row[None], self.n_classes, shares
                    )
                )
            progress.report(1.0, "Training")
            return shape, {name: torch.cat([one[name] for one in found]) for name in found[0]}
        seeds = [self.seed * 1000 + head for head in range(len(weights))]
        latest: Parameters = {}
        for fraction, parameters in fit(
            shape,
            torch.from_numpy(spectra),
            torch.from_numpy(features),
            torch.from_numpy(self.pixels.classes),
            torch.from_numpy(weights),
            seeds,
            EFFORTS[effort],
        ):
            progress.report(fraction, "Training")
            latest = parameters
        return shape, latest


def efforts(kind: str) -> tuple[str, ...]:
    """Return how heads of a kind may be trained."""
    return (CLOSED_FORM,) if kind == "linear" else tuple(EFFORTS)


def spectral_candidates(
    trial: Trial, kind: str, options: list[SpectralInputs], progress: Progress
) -> list[HeldOut]:
    """Return what heads of spectra alone say with each of the inputs, trained one way."""
    nothing = np.zeros((len(trial.pixels.classes), 1), np.float32)
    parts = progress.parts(len(options))
    return [
        trial.held_out(kind, efforts(kind)[0], inputs, nothing, MEMBERS_PER_FOLD, part)
        for inputs, part in zip(options, parts)
    ]


def choose_spatial(
    trial: Trial,
    kind: str,
    inputs: SpectralInputs,
    options: list[SpatialSetting],
    progress: Progress,
) -> SpatialSetting:
    """Return the spatial features whose heads of a kind do best on the held-out pixels."""
    if not trial.folds.count or len(options) == 1:
        return options[0]
    parts = progress.parts(len(options))
    marks = [
        mark(trial, trial.held_out(kind, "gentle", inputs, option.features, 1, part))
        for option, part in zip(options, parts)
    ]
    return options[int(np.argmin(marks))]


def best_of(trial: Trial, candidates: Sequence[HeldOut]) -> HeldOut:
    """Return the candidate that does best on the held-out pixels, the first of equals."""
    return min(candidates, key=lambda candidate: mark(trial, candidate))


def mark(trial: Trial, held_out: HeldOut) -> float:
    """Return a candidate's calibrated loss on the held-out pixels."""
    use = trial.folds.fold >= 0
    return calibrated_score(held_out.probabilities[use], trial.pixels.classes[use])[0]
