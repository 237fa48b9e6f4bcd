"""Ours: training and classification as a user gets them, on the scene's files."""

from __future__ import annotations

import time
from functools import cache

import numpy as np

from hsi_film_plugin.engine.calibration import calibration
from hsi_film_plugin.engine.classification import Classifier
from hsi_film_plugin.engine.device import Device, choose_device
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.training import Evidence, train
from hsi_film_plugin.engine.training_report import validated_accuracy
from hsi_film_plugin.engine.training_settings import TrainingSettings
from hsi_film_plugin.engine.windows import Block, chunks

from .benchmark import Benchmark, Outcome, Pixels
from .kept_activations import KeptActivations

CALIBRATION_BINS = 15


@cache
def device() -> Device:
    """Return the device that everything runs on."""
    return choose_device("auto")


def run_engine(benchmark: Benchmark, settings: TrainingSettings, kept: KeptActivations) -> Outcome:
    """Train on the scene's files and map all chunks that hold test pixels."""
    files = benchmark.files
    with Scene.open(files.raster) as scene, kept.serving():
        labels = read_labels(files.train, scene, files.class_field)
        spared = kept.spared
        started = time.perf_counter()
        model, evidence = train(scene, labels, settings, device(), Progress())
        train_seconds = time.perf_counter() - started + kept.spared - spared

        spared = kept.spared
        started = time.perf_counter()
        probabilities = probabilities_of(Classifier(model, scene, device()), benchmark.test)
        predict_seconds = time.perf_counter() - started + kept.spared - spared
    index = np.searchsorted(benchmark.values, [known.value for known in labels.classes])
    predicted = index[probabilities.argmax(axis=1)]
    right = predicted == benchmark.test.classes
    figures = {
        "ece_test": calibration(probabilities.max(axis=1), right, CALIBRATION_BINS).ece,
        **_held_out_figures(evidence, len(labels.classes)),
        "validated_by_area": _by_area(evidence, probabilities.argmax(axis=1)),
    }
    return Outcome(predicted, train_seconds, predict_seconds, figures, _notes(evidence))


def probabilities_of(classifier: Classifier, pixels: Pixels) -> np.ndarray:
    """Return what the model says of pixels, float32 ``(n, classes)``."""
    scene = classifier.scene
    result = np.zeros((len(pixels), len(classifier.model.classes)), np.float32)
    for chunk in chunks(Block(0, 0, scene.height, scene.width), *classifier.chunk_size()):
        rows, cols = pixels.rows - chunk.row, pixels.cols - chunk.col
        inside = (rows >= 0) & (rows < chunk.height) & (cols >= 0) & (cols < chunk.width)
        if inside.any():
            said = classifier.predict(chunk, Progress())
            result[inside] = said.probabilities[:, rows[inside], cols[inside]].T
    return result


def _held_out_figures(evidence: Evidence, n_classes: int) -> dict[str, float]:
    """Return what the report says without having seen any test pixel."""
    validated = validated_accuracy(evidence, n_classes)
    if validated is None:
        return {}
    near = np.isfinite(evidence.near).all(axis=1)
    known = np.isfinite(evidence.held_out).all(axis=1)
    said = evidence.held_out[known]
    right = said.argmax(axis=1) == evidence.pixels.classes[known]
    return {
        "validated": validated.overall,
        "validated_balanced": validated.balanced,
        "validated_near": float(
            (evidence.near[near].argmax(axis=1) == evidence.pixels.classes[near]).mean()
        ),
        "ece_held_out": calibration(said.max(axis=1), right, CALIBRATION_BINS).ece,
        "fold_distance": float(np.nanmedian(evidence.folds.nearest)),
    }


def _by_area(evidence: Evidence, mapped: np.ndarray) -> float:
    """Return the held-out accuracy, each mapped class weighted by its share of ``mapped``."""
    known = np.isfinite(evidence.held_out).all(axis=1)
    said = evidence.held_out[known].argmax(axis=1)
    right = said == evidence.pixels.classes[known]
    classes = [c for c in np.unique(said) if (mapped == c).any()]
    shares = np.array([(mapped == c).sum() for c in classes], float)
    users = np.array([right[said == c].mean() for c in classes])
    return float(users @ shares / shares.sum()) if len(classes) else float("nan")


def _notes(evidence: Evidence) -> dict[str, str]:
    blend = ", ".join(
        f"{part.weight:.1f} {part.kind} ({part.effort})" for part in evidence.choice.parts
    )
    return {
        "blend": blend,
        "spectral inputs": evidence.spectral_name,
        "spatial features": evidence.spatial_name,
    }
