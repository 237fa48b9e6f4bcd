"""One trial: a classifier trained on a split with an arm, and what it says of the test pixels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from bench.accuracy.benchmark import Benchmark, Pixels
from bench.accuracy.deep_peers import Patches
from bench.accuracy.spatial_inputs import filled
from hsi_film_plugin.engine.assessment import accuracy, confusion_matrix
from hsi_film_plugin.engine.statistics import AffineMap, standardisation, whitening

from .patch_classifier import COMPONENTS, SIDE, small_cnn
from .plan import Method
from .remedies import REMEDIES, Examples, missing_counts, of_classes
from .scenes import PreparedScene
from .spectral_classifier import support_vectors


@dataclass(frozen=True)
class DrawnSamples:
    """Synthetic samples, those of a class in the order in which more of them are taken.

    Attributes:
        patches: float32 ``(n, bands, side, side)``, physical values; the labelled pixel in the
            middle, at ``side // 2``.
        classes: int64 ``(n,)``, indices of the benchmark's classes.
    """

    patches: np.ndarray
    classes: np.ndarray

    def some(self, wanted: np.ndarray) -> DrawnSamples:
        """Return the first ones of each class, as many as wanted, int64 ``(classes,)``."""
        chosen = [np.flatnonzero(self.classes == c)[:count] for c, count in enumerate(wanted)]
        places = np.concatenate([np.empty(0, np.int64), *chosen])
        return DrawnSamples(self.patches[places], self.classes[places])


class Split:
    """A benchmark as the classifiers of this comparison see it, computed once.

    Args:
        scene: The scene.
        labels: Training labels of rare classes.
        draw: Seed of the split.
        device: Where networks run.
    """

    def __init__(self, scene: PreparedScene, labels: int, draw: int, device: torch.device) -> None:
        self.scene, self.labels, self.draw, self.device = scene, labels, draw, device
        self.benchmark: Benchmark = scene.benchmark(labels, draw)

    @property
    def key(self) -> tuple[str, int, int]:
        """Return what tells it from others."""
        return self.scene.name, self.labels, self.draw

    @cached_property
    def bands(self) -> AffineMap:
        """Return what standardises spectra."""
        return standardisation(self.benchmark.spectra())

    @cached_property
    def projection(self) -> AffineMap:
        """Return what gives the CNN's components of spectra."""
        return whitening(self.benchmark.spectra(), COMPONENTS)

    @cached_property
    def _patches(self) -> Patches:
        cube = filled(self.benchmark.cube, self.benchmark.valid)
        values = self.projection(cube.reshape(len(cube), -1).T).T
        return Patches(values.reshape(-1, *cube.shape[1:]), SIDE, torch.device("cpu"))

    def spectra(self, pixels: Pixels) -> np.ndarray:
        """Return standardised spectra, ``(n, bands)``."""
        return self.bands(pixels.of(self.benchmark.cube))

    def patches(self, pixels: Pixels) -> torch.Tensor:
        """Return patches of components, ``(n, components, SIDE, SIDE)``."""
        return self._patches.at(pixels).contiguous()

    @cached_property
    def asked_spectra(self) -> np.ndarray:
        """Return the test pixels' spectra."""
        return self.spectra(self.benchmark.test)

    @cached_property
    def asked_patches(self) -> torch.Tensor:
        """Return the test pixels' patches."""
        return self.patches(self.benchmark.test)

    def wanted(self, balance: float) -> np.ndarray:
        """Return how many examples each class is to be given."""
        return missing_counts(self.benchmark.train.classes, self.benchmark.n_classes, balance)

    def real(self, classifier: str) -> Examples:
        """Return the training pixels as a classifier sees them."""
        known = self.benchmark.train
        values = self.spectra(known) if classifier == "svm" else self.patches(known).numpy()
        return of_classes(values, known.classes, self.benchmark.n_classes)

    def synthetic(self, classifier: str, samples: DrawnSamples) -> Examples:
        """Return samples as a classifier sees them."""
        middle = samples.patches.shape[-1] // 2
        if classifier == "svm":
            values = self.bands(samples.patches[:, :, middle, middle])
        else:
            near = slice(middle - SIDE // 2, middle + SIDE // 2 + 1)
            pixels = samples.patches[:, :, near, near].transpose(0, 2, 3, 1)
            flat = self.projection(pixels.reshape(-1, pixels.shape[-1]))
            values = flat.reshape(*pixels.shape[:3], -1).transpose(0, 3, 1, 2)
        values = np.ascontiguousarray(values, np.float32)
        return of_classes(values, samples.classes, self.benchmark.n_classes)


def run_trial(split: Split, method: Method, samples: DrawnSamples | None) -> np.ndarray:
    """Train an SVM or a CNN and return what it says of the test pixels.

    Args:
        split: The scene.
        method: Of these two classifiers.
        samples: Of arms that take synthetic ones.
    """
    known = real = split.real(method.classifier)
    wanted = split.wanted(method.balance)
    if samples is not None:
        known = known.and_also(split.synthetic(method.classifier, samples.some(wanted)))
    elif method.arm in REMEDIES:
        rng = np.random.default_rng([23, split.draw])
        known = known.and_also(REMEDIES[method.arm](real, wanted, rng))
    weighted = method.arm == "weights"
    if method.classifier == "svm":
        return support_vectors(known, real, split.asked_spectra, weighted, split.draw)
    return small_cnn(known, split.asked_patches, weighted, split.draw, split.device)


def judged(split: Split, predicted: np.ndarray, started: float) -> dict[str, float]:
    """Return a trial's figures, accuracies in [0, 1].

    Args:
        split: The scene.
        predicted: int64, class indices of the test pixels.
        started: When the trial began, of ``time.perf_counter``.
    """
    benchmark = split.benchmark
    found = accuracy(confusion_matrix(benchmark.test.classes, predicted, benchmark.n_classes))
    recall = np.array(found.producers)
    rare = split.scene.is_rare(benchmark.values)
    return {
        "overall": found.overall,
        "balanced": found.balanced,
        "kappa": found.kappa,
        "rare": float(np.nanmean(recall[rare])),
        "spread": float(np.nanstd(recall)),
        "seconds": time.perf_counter() - started,
    }
