"""Copies of training patches are found, turned or not, and inventions are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hsi_film_plugin.engine.synthesis import memorising as m


def patches(count: int, seed: int, side: int = 9) -> np.ndarray:
    """Return patches (count, 3, side, side) with some structure, as scenes have it."""
    noise = np.random.default_rng(seed).normal(size=(count, 3, side, side))
    smooth = gaussian_filter(noise, (0, 0, 1, 1))
    return (3 * smooth + 0.3 * noise).astype(np.float32)


TRAINING = patches(150, 0)
HELD_OUT = m.patch_distances(patches(120, 1)[:, :, :8, :8], TRAINING)


def judged(samples: np.ndarray) -> m.Memorising:
    found = m.memorising(m.patch_distances(samples, TRAINING), HELD_OUT)
    assert found is not None
    return found


def cut(values: np.ndarray) -> np.ndarray:
    return values[:, :, :8, :8]


def test_fresh_draws_are_no_copies():
    chances = [judged(cut(patches(60, seed))).p for seed in range(10, 30)]
    assert np.mean(np.array(chances) < 0.05) <= 0.15
    assert judged(cut(patches(60, 10))).below_5 < 0.2


@pytest.mark.parametrize("turn", range(m.SYMMETRIES))
def test_copies_are_found_in_any_turn(turn):
    rng = np.random.default_rng(turn)
    copied = cut(m.turned(TRAINING[:6], turn)) + rng.normal(0, 0.05, (6, 3, 8, 8))
    found = judged(np.concatenate([copied, cut(patches(54, 40))]))
    assert found.copies >= 6
    assert found.p < 0.01
    assert found.copies_low > 0.02


def test_the_turns_are_eight_different_ones_that_keep_the_centre():
    patch = np.arange(81.0).reshape(1, 1, 9, 9)
    turns = [m.turned(patch, turn) for turn in range(m.SYMMETRIES)]
    assert len({turn.tobytes() for turn in turns}) == 8
    assert {float(cut(turn)[0, 0, 4, 4]) for turn in turns} == {40.0}


def test_smooth_samples_are_near_everything_and_no_copies():
    smooth = gaussian_filter(cut(patches(60, 50)), (0, 0, 2, 2)) * 0.5
    found = judged(smooth)
    assert found.below_1 > 0.5
    assert found.copies < 6


def test_distance_is_zero_for_a_patch_of_the_training_and_does_not_depend_on_chunks(monkeypatch):
    queries = np.concatenate([cut(TRAINING[3:5]), cut(patches(4, 60))])
    whole = m.patch_distances(queries, TRAINING)
    monkeypatch.setattr(m, "CHUNK_NUMBERS", 3 * 81 * 7)
    parts = m.patch_distances(queries, TRAINING)
    np.testing.assert_allclose(whole.nearest, parts.nearest, rtol=1e-4, atol=2e-2)
    assert (whole.nearest[:2] < 0.05).all()
    assert (whole.nearest[2:] > 1).all()
    assert (whole.ratio[:2] < 0.01).all()


def test_distance_is_that_of_the_nearest_turn():
    expected = min(
        np.linalg.norm(
            (cut(TRAINING[:1])[0] - cut(m.turned(one[None], turn))[0])
            / TRAINING.std(axis=(0, 2, 3))[:, None, None]
        )
        for one in TRAINING[1:20]
        for turn in range(8)
    )
    found = m.patch_distances(cut(TRAINING[:1]), TRAINING[1:20])
    scale = TRAINING.std(axis=(0, 2, 3)).mean() / TRAINING[1:20].std(axis=(0, 2, 3)).mean()
    assert found.nearest[0] == pytest.approx(expected * scale, rel=0.03)


def test_the_interval_is_the_exact_binomial_one():
    held_out = m.Distances(np.arange(1.0, 100.0), np.arange(1.0, 100.0))
    none = m.Distances(np.full(10, 200.0), np.full(10, 200.0))
    found = m.memorising(none, held_out)
    assert (found.copies, found.copies_low, found.p) == (0, 0.0, 1.0)
    assert found.copies_high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert found.expected_1 == pytest.approx(0.01)
    every = m.memorising(m.Distances(np.zeros(10), np.zeros(10)), held_out)
    assert (every.copies, every.copies_high) == (10, 1.0)
    assert every.copies_low == pytest.approx(0.025 ** (1 / 10))


def test_few_held_out_patches_say_nothing():
    few = m.Distances(np.ones(m.LEAST_HELD_OUT - 1), np.ones(m.LEAST_HELD_OUT - 1))
    assert m.memorising(HELD_OUT, few) is None
    assert m.memorising(m.Distances(np.empty(0), np.empty(0)), HELD_OUT) is None


def test_one_training_patch_and_constant_components_are_no_obstacle():
    training = TRAINING[:1].copy()
    training[:, 1] = 2.0
    found = m.patch_distances(cut(training), training)
    assert found.nearest[0] < 0.05
    assert np.isfinite(found.ratio).all()
