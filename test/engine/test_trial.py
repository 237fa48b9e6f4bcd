"""Heads on trial: weights, held-out pixels, and choices made on them alone."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine import trial as module
from hsi_film_plugin.engine.folds import Folds
from hsi_film_plugin.engine.heads import KINDS
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.statistics import SceneSample
from hsi_film_plugin.engine.training_pixels import TrainingPixels
from hsi_film_plugin.engine.trial import Trial, all_candidates, choose_spectral

pytestmark = pytest.mark.usefixtures("few_steps")

COUNT, FOLDS = 120, 3


def trial_of(classes: np.ndarray, spectra: np.ndarray, fold: np.ndarray) -> Trial:
    index = np.arange(len(classes))
    pixels = TrainingPixels(index, index, classes, index, spectra)
    folds = Folds(fold, int(fold.max()) + 1, index, 1.0, index * 1.0, ())
    return Trial(pixels, folds, int(classes.max()) + 1, 0)


@pytest.fixture
def trial() -> Trial:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, COUNT)
    spectra = (np.eye(3)[classes] + rng.normal(0, 0.1, (COUNT, 3))).astype(np.float32)
    return trial_of(classes, spectra, np.arange(COUNT) % FOLDS)


def held_out(trial: Trial, kind: str = "spectral") -> np.ndarray:
    features = np.zeros((len(trial.pixels.classes), 2), np.float32)
    inputs = trial.pixels.spectra
    return trial.held_out(kind, "gentle", inputs, features, 2, Progress()).probabilities


def test_weights_bring_classes_half_way_to_balance():
    classes = np.repeat([0, 1], [90, 10])
    use = np.arange(100) % 2 == 0
    trial = trial_of(classes, np.zeros((100, 1), np.float32), np.zeros(100, int))
    weights = trial.weights(use)
    assert (weights[~use] == 0).all()
    assert weights[:90].sum() / weights[90:].sum() == pytest.approx(3, rel=1e-3)
    assert weights.mean() == pytest.approx(1)


def test_held_out_pixels_are_told_apart(trial: Trial):
    said = held_out(trial)
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    assert (said.argmax(axis=1) == trial.pixels.classes).mean() > 0.9


@pytest.mark.parametrize("kind", ["spectral", "film"])
def test_what_is_said_of_a_fold_does_not_know_its_labels(trial: Trial, kind: str):
    honest = held_out(trial, kind)
    for k in range(FOLDS):
        inside = trial.folds.fold == k
        corrupted = trial.pixels.classes.copy()
        corrupted[inside] = np.roll(corrupted[inside], 7)
        found = held_out(trial_of(corrupted, trial.pixels.spectra, trial.folds.fold), kind)
        np.testing.assert_array_equal(found[inside], honest[inside])
        assert not np.array_equal(found[~inside], honest[~inside])


def test_every_kind_is_tried_with_every_effort(trial: Trial, monkeypatch):
    efforts = dict.fromkeys(("a", "b"), module.EFFORTS["gentle"])
    monkeypatch.setattr(module, "EFFORTS", efforts)
    features = np.zeros((COUNT, 2), np.float32)
    found = all_candidates(trial, KINDS, trial.pixels.spectra, features, Progress())
    assert [(c.kind, c.effort) for c in found] == [
        (kind, effort) for kind in ("spectral", "spatial", "film") for effort in "ab"
    ]


def test_spectral_inputs_are_chosen_by_what_tells_the_classes_apart():
    # all that matters is a faint direction across two strong, correlated bands
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 2, 200)
    strong = rng.normal(0, 1, 200)
    faint = 0.01 * (2 * classes - 1) + rng.normal(0, 0.002, 200)
    spectra = np.stack([strong, strong + faint], axis=1).astype(np.float32)
    trial = trial_of(classes, spectra, np.arange(200) % FOLDS)
    name, found = choose_spectral(trial, SceneSample((0, 1), (), spectra, 1.0), Progress())
    assert "whitened" in name
    assert found(spectra).shape == (200, 2)
