"""The choice of heads: honest, calibrated, and never hurt by surroundings."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.choice import (
    Choice,
    HeldOut,
    Part,
    blended,
    calibrated_score,
    choose,
    cross_fitted,
    losses,
    tempered,
)

COUNT, PLACES, CLASSES = 600, 30, 3
GROUPS = np.repeat(np.arange(PLACES), COUNT // PLACES)
FOLD = GROUPS % 5
TRUTH = np.random.default_rng(0).integers(0, CLASSES, PLACES)[GROUPS]
ALL = np.ones(COUNT, bool)


def says(
    kind: str,
    right: float,
    seed: int,
    effort: str = "gentle",
    sure: float = 0.8,
    inputs: str = "bands",
) -> HeldOut:
    """Return probabilities whose winner is right in a share of the pixels."""
    rng = np.random.default_rng(seed)
    winner = np.where(rng.random(COUNT) < right, TRUTH, rng.integers(0, CLASSES, COUNT))
    probabilities = np.full((COUNT, CLASSES), (1 - sure) / (CLASSES - 1), np.float32)
    probabilities[np.arange(COUNT), winner] = sure
    return HeldOut(kind, effort, inputs, probabilities)


def weights(choice: Choice) -> dict[str, float]:
    return {part.kind: part.weight for part in choice.parts}


@pytest.mark.parametrize("seed", range(6))
def test_spectra_alone_are_taken_when_surroundings_are_noise(seed: int):
    candidates = [
        says("spectral", 0.8, 3 * seed),
        says("spatial", 0.0, 3 * seed + 1),
        says("film", 0.0, 3 * seed + 2),
    ]
    assert weights(choose(candidates, TRUTH, GROUPS, ALL)) == {"spectral": 1.0}


@pytest.mark.parametrize("seed", range(6))
def test_surroundings_that_are_no_better_are_left_out(seed: int):
    same = says("spectral", 0.7, seed)
    film = HeldOut("film", "gentle", "bands", same.probabilities)
    assert weights(choose([same, film], TRUTH, GROUPS, ALL)) == {"spectral": 1.0}


def test_surroundings_that_help_in_one_place_only_are_left_out():
    spectral = says("spectral", 0.6, 1)
    better = spectral.probabilities.copy()
    inside = GROUPS == 3
    better[inside] = 0.01
    better[inside, TRUTH[inside]] = 0.98
    film = HeldOut("film", "gentle", "bands", better)
    found = choose([spectral, film], TRUTH, GROUPS, ALL)
    assert weights(found) == {"spectral": 1.0}


def test_surroundings_that_help_everywhere_are_taken():
    candidates = [says("spectral", 0.1, 0), says("spatial", 0.3, 1), says("film", 0.9, 2)]
    found = weights(choose(candidates, TRUTH, GROUPS, ALL))
    assert max(found, key=lambda kind: found[kind]) == "film"


def test_heads_that_err_in_different_pixels_are_blended():
    candidates = [says("spectral", 0.75, 0), says("film", 0.75, 1)]
    found = weights(choose(candidates, TRUTH, GROUPS, ALL))
    assert set(found) == {"spectral", "film"}
    assert sum(found.values()) == pytest.approx(1)


def test_the_better_effort_of_a_kind_is_taken():
    found = choose(
        [says("spectral", 0.5, 0, "gentle"), says("spectral", 0.9, 1, "thorough")],
        TRUTH,
        GROUPS,
        ALL,
    )
    assert [part.effort for part in found.parts] == ["thorough"]


def test_the_better_inputs_of_a_kind_are_taken_and_blended():
    poor = says("linear", 0.4, 0, inputs="components")
    good = says("linear", 0.9, 1, inputs="derivative")
    found = choose([poor, good], TRUTH, GROUPS, ALL)
    assert [(part.kind, part.inputs) for part in found.parts] == [("linear", "derivative")]
    np.testing.assert_array_equal(
        found.blend([poor, good]).argmax(axis=1), good.probabilities.argmax(axis=1)
    )


def with_gains(plain: HeldOut, gain: np.ndarray) -> HeldOut:
    """Return a FiLM head that says of the truth ``gain`` more than a plain head."""
    probabilities = plain.probabilities.copy()
    probabilities[np.arange(COUNT), TRUTH] *= np.exp(gain)
    return HeldOut("film", "gentle", "bands", probabilities / probabilities.sum(1, keepdims=True))


@pytest.mark.parametrize(
    ("scatter", "taken"), [(0.0, True), (0.4, True), (6.0, False)], ids=["alike", "fair", "wild"]
)
def test_surroundings_must_beat_spectra_by_two_standard_errors(scatter: float, taken: bool):
    # the same mean gain over places, more or less alike in each
    swing = np.tile([1.0, -1.0], PLACES // 2)[GROUPS]
    plain = HeldOut("linear", "closed form", "bands", np.full((COUNT, CLASSES), 1 / 3, np.float32))
    film = with_gains(plain, 0.5 + scatter * swing)
    found = weights(choose([plain, film], TRUTH, GROUPS, ALL))
    assert ("film" in found) == taken


def test_the_baseline_of_surroundings_is_the_blend_of_both_heads_of_spectra():
    linear, spectral = says("linear", 0.75, 0), says("spectral", 0.75, 1)
    together = choose([linear, spectral], TRUTH, GROUPS, ALL)
    assert set(weights(together)) == {"linear", "spectral"}
    # surroundings that know what both say, and no more, beat either head, but not their blend
    film = HeldOut("film", "gentle", "bands", together.blend([linear, spectral]))
    for alone in (linear, spectral):
        assert weights(choose([alone, film], TRUTH, GROUPS, ALL)).get("film", 0) >= 0.5
    found = choose([linear, spectral, film], TRUTH, GROUPS, ALL)
    assert weights(found) == weights(together)


def test_one_place_alone_proves_nothing():
    one = np.zeros(COUNT, int)
    found = choose([says("spectral", 0.2, 0), says("film", 0.95, 1)], TRUTH, one, ALL)
    assert weights(found) == {"spectral": 1.0}


def test_surroundings_need_not_prove_themselves_where_no_caution_is_asked_for():
    candidates = [says("spectral", 0.7, 1), says("film", 0.99, 2)]
    one_place = np.zeros(COUNT, int)
    found = choose(candidates, TRUTH, one_place, ALL, cautious=False)
    assert weights(found)["film"] >= 0.9
    cautious = cross_fitted(candidates, TRUTH, one_place, FOLD)
    np.testing.assert_array_equal(
        cautious.argmax(axis=1), candidates[0].probabilities.argmax(axis=1)
    )
    free = cross_fitted(candidates, TRUTH, one_place, FOLD, cautious=False)
    assert (free.argmax(axis=1) == TRUTH).mean() > 0.95


def test_only_the_pixels_that_may_be_used_decide():
    use = FOLD != 2
    candidates = [says("spectral", 0.5, 0), says("film", 0.9, 1)]
    corrupted = np.where(use, TRUTH, (TRUTH + 1) % CLASSES)
    assert choose(candidates, TRUTH, GROUPS, use) == choose(candidates, corrupted, GROUPS, use)


def test_what_is_said_of_a_fold_does_not_know_its_labels():
    candidates = [says("spectral", 0.5, 0), says("spatial", 0.6, 1), says("film", 0.7, 2)]
    honest = cross_fitted(candidates, TRUTH, GROUPS, FOLD)
    for k in range(5):
        corrupted = np.where(k == FOLD, (TRUTH + 1) % CLASSES, TRUTH)
        found = cross_fitted(candidates, corrupted, GROUPS, FOLD)
        np.testing.assert_array_equal(found[k == FOLD], honest[k == FOLD])
        assert not np.array_equal(found[k != FOLD], honest[k != FOLD])


def test_pixels_that_no_fold_holds_out_are_not_spoken_of():
    fold = np.where(GROUPS < 3, -1, FOLD)
    found = cross_fitted([says("spectral", 0.7, 0)], TRUTH, GROUPS, fold)
    assert np.isnan(found[fold < 0]).all()
    np.testing.assert_allclose(found[fold >= 0].sum(axis=1), 1, rtol=1e-5)


def test_a_temperature_calibrates_those_that_are_too_sure_or_not_sure_enough():
    for sure in (0.99, 0.45):
        said = says("spectral", 0.7, 4, sure=sure).probabilities
        right = (said.argmax(axis=1) == TRUTH).mean()
        _, temperature = calibrated_score(said, TRUTH)
        assert (temperature > 1) == (sure > right)
        confidence = tempered(said, temperature).max(axis=1).mean()
        assert abs(confidence - right) < 0.6 * abs(sure - right)


def test_the_calibrated_blend_is_what_its_own_confidence_says():
    found = choose([says("spectral", 0.7, 0, sure=0.98)], TRUTH, GROUPS, ALL)
    said = found.blend([says("spectral", 0.7, 0, sure=0.98)])
    right = (said.argmax(axis=1) == TRUTH).mean()
    assert said.max(axis=1).mean() == pytest.approx(right, abs=0.08)


def test_tempering_keeps_the_order_and_the_sum():
    said = np.random.default_rng(0).dirichlet([1, 1, 1], 50).astype(np.float32)
    said[0] = [1, 0, 0]
    for temperature in (0.4, 1.0, 3.0):
        found = tempered(said, temperature)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_array_equal(found.argmax(axis=1), said.argmax(axis=1))
    np.testing.assert_allclose(tempered(said, 1.0), said, atol=1e-6)


def test_a_blend_is_the_weighted_mean_of_its_parts():
    first = np.array([[0.9, 0.1]], np.float32)
    second = np.array([[0.2, 0.8]], np.float32)
    parts = [
        Part("spectral", "gentle", "bands", 1.0, 0.7),
        Part("film", "gentle", "bands", 1.0, 0.3),
    ]
    np.testing.assert_allclose(blended(parts, [first, second], 1.0), [[0.69, 0.31]], rtol=1e-5)


def test_rare_classes_weigh_more_in_the_loss_and_certain_errors_stay_finite():
    classes = np.array([0] * 90 + [1] * 10)
    said = np.tile(np.array([[1.0, 0.0]], np.float32), (100, 1))
    found = losses(said, classes)
    assert np.isfinite(found).all()
    assert found[:90].max() == 0
    assert losses(np.full((100, 2), 0.5, np.float32), classes)[-1] > np.log(2)
