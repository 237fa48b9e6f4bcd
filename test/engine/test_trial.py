"""Heads on trial: weights, held-out pixels, and choices made on them alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hsi_film_plugin.engine import trial as module
from hsi_film_plugin.engine.choice import HeldOut
from hsi_film_plugin.engine.context import SceneContext
from hsi_film_plugin.engine.folds import Folds
from hsi_film_plugin.engine.heads import KINDS
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.pseudo_image import PseudoImage
from hsi_film_plugin.engine.spatial_candidates import SpatialSetting
from hsi_film_plugin.engine.spectral_inputs import SpectralInputs, spectral_options
from hsi_film_plugin.engine.statistics import AffineMap
from hsi_film_plugin.engine.training_pixels import TrainingPixels
from hsi_film_plugin.engine.trial import (
    Trial,
    best_of,
    choose_spatial,
    efforts,
    mark,
    spectral_candidates,
)

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


AS_THEY_ARE = SpectralInputs(
    "as they are", False, AffineMap(np.zeros(3, "f4"), np.eye(3, dtype="f4"))
)


def held_out(trial: Trial, kind: str = "spectral", members: int = 2) -> np.ndarray:
    features = np.zeros((len(trial.pixels.classes), 2), np.float32)
    effort = efforts(kind)[0]
    return trial.held_out(kind, effort, AS_THEY_ARE, features, members, Progress()).probabilities


def test_weights_bring_classes_half_way_to_balance():
    classes = np.repeat([0, 1], [90, 10])
    use = np.arange(100) % 2 == 0
    trial = trial_of(classes, np.zeros((100, 1), np.float32), np.zeros(100, int))
    weights = trial.weights(use)
    assert (weights[~use] == 0).all()
    assert weights[:90].sum() / weights[90:].sum() == pytest.approx(3, rel=1e-3)
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("kind", ["linear", "spectral"])
def test_held_out_pixels_are_told_apart(trial: Trial, kind: str):
    said = held_out(trial, kind)
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    assert (said.argmax(axis=1) == trial.pixels.classes).mean() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_a_fold_does_not_know_its_labels(trial: Trial, kind: str):
    honest = held_out(trial, kind)
    for k in range(FOLDS):
        inside = trial.folds.fold == k
        corrupted = trial.pixels.classes.copy()
        corrupted[inside] = np.roll(corrupted[inside], 7)
        found = held_out(trial_of(corrupted, trial.pixels.spectra, trial.folds.fold), kind)
        np.testing.assert_array_equal(found[inside], honest[inside])
        assert not np.array_equal(found[~inside], honest[~inside])


def test_networks_are_trained_in_several_ways_and_linear_heads_in_one(monkeypatch):
    monkeypatch.setattr(module, "EFFORTS", dict.fromkeys(("a", "b"), module.EFFORTS["gentle"]))
    assert efforts("linear") == ("closed form",)
    for kind in ("spectral", "spatial", "film"):
        assert efforts(kind) == ("a", "b")


def test_an_ensemble_of_linear_heads_is_one_head(trial: Trial):
    assert trial.members("linear", 7) == 1
    assert trial.members("film", 7) == 7
    np.testing.assert_array_equal(held_out(trial, "linear", 1), held_out(trial, "linear", 5))


@pytest.mark.parametrize("kind", ["linear", "spectral"])
def test_heads_see_spectra_through_their_inputs(trial: Trial, kind: str):
    shaded = np.linspace(0.2, 5, COUNT, dtype=np.float32)[:, None] * trial.pixels.spectra
    dim = trial_of(trial.pixels.classes, shaded, trial.folds.fold)
    nothing = np.zeros((COUNT, 1), np.float32)
    normal = SpectralInputs("snv", True, AS_THEY_ARE.affine)
    effort = efforts(kind)[0]
    found = dim.held_out(kind, effort, normal, nothing, 1, Progress())
    expected = trial.held_out(kind, effort, normal, nothing, 1, Progress())
    assert (found.kind, found.effort, found.inputs) == (kind, effort, "snv")
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-2)


@pytest.mark.parametrize("kind", ["linear", "spectral"])
def test_spectral_inputs_are_chosen_by_what_tells_the_classes_apart(kind: str):
    # all that matters is a faint direction across two strong, correlated bands
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 2, 200)
    strong = rng.normal(0, 1, 200)
    faint = 0.01 * (2 * classes - 1) + rng.normal(0, 0.002, 200)
    spectra = np.stack([strong, strong + faint], axis=1).astype(np.float32)
    trial = trial_of(classes, spectra, np.arange(200) % FOLDS)
    options = spectral_options(spectra)
    tried = spectral_candidates(trial, kind, options, Progress())
    assert [candidate.inputs for candidate in tried] == [option.name for option in options]
    assert {candidate.kind for candidate in tried} == {kind}
    assert "whitened" in best_of(trial, tried).inputs


def test_the_best_candidate_is_that_of_the_lowest_loss_and_the_first_of_equals(trial: Trial):
    truth = np.eye(3, dtype=np.float32)[trial.pixels.classes]

    def sure(name: str, share: float) -> HeldOut:
        return HeldOut("linear", "closed form", name, share * truth + (1 - share) / 3)

    first, second, poor = sure("first", 0.9), sure("second", 0.9), sure("poor", 0.0)
    assert best_of(trial, [poor, first, second]) is first
    assert mark(trial, first) < mark(trial, poor)


def test_pixels_that_no_fold_holds_out_are_no_part_of_a_mark(trial: Trial):
    fold = trial.folds.fold.copy()
    fold[:40] = -1
    part = trial_of(trial.pixels.classes, trial.pixels.spectra, fold)
    said = held_out(part, "linear")
    corrupted = said.copy()
    corrupted[:40] = 1 / 3
    assert mark(part, HeldOut("linear", "", "", said)) == mark(
        part, HeldOut("linear", "", "", corrupted)
    )


def setting_of(features: np.ndarray, timestep: int) -> SpatialSetting:
    """Return spatial features of any origin."""
    nothing = AffineMap(np.zeros(3, np.float32), np.eye(3, dtype=np.float32))
    picture = PseudoImage("rgb", nothing, np.zeros(3, "f4"), np.ones(3, "f4"), 1.0)
    context = SceneContext(nothing, nothing)
    return SpatialSetting(picture, timestep, (-1,), nothing, context, features)


def test_the_spatial_features_that_tell_classes_apart_are_taken(trial: Trial):
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, (COUNT, 3)).astype(np.float32)
    telling = noise + 5 * np.eye(3, dtype=np.float32)[trial.pixels.classes]
    blind = trial_of(trial.pixels.classes, 0 * trial.pixels.spectra, trial.folds.fold)
    options = [setting_of(noise, 1), setting_of(telling, 2), setting_of(-noise, 3)]
    for kind in ("film", "spatial"):
        assert choose_spatial(blind, kind, AS_THEY_ARE, options, Progress()).timestep == 2


def test_without_folds_the_first_spatial_features_are_taken(trial: Trial):
    alone = replace(trial, folds=replace(trial.folds, count=0))
    options = [setting_of(np.zeros((COUNT, 3), np.float32), number) for number in (4, 5)]
    assert choose_spatial(alone, "film", AS_THEY_ARE, options, Progress()).timestep == 4


@pytest.mark.parametrize("kind", ["linear", "spectral"])
def test_progress_of_training_ends_at_one(trial: Trial, kind: str):
    seen: list[float] = []
    progress = Progress(lambda fraction, _: seen.append(fraction))
    spectral_candidates(trial, kind, [AS_THEY_ARE, AS_THEY_ARE], progress)
    assert np.diff(seen).min() > -1e-12
    assert seen[-1] == pytest.approx(1)


def test_the_weight_of_a_class_is_the_root_of_what_its_pixels_count_together():
    classes = np.array([0] * 16 + [1] * 8)
    trial = trial_of(classes, np.zeros((24, 3), np.float32), np.arange(24) % 2)
    half = np.where(np.arange(24) < 20, 1, 0.5)
    weights = trial.weights(half)
    totals = np.bincount(classes, weights)
    assert totals[0] / totals[1] == pytest.approx((16 / 6) ** 0.5, rel=1e-5)
    assert weights[20] == pytest.approx(weights[19] / 2)
    np.testing.assert_array_equal(trial.weights(np.ones(24)), trial.weights(np.ones(24, bool)))
