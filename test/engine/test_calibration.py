"""What a confidence is worth: by hand, and at its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hsi_film_plugin.engine.calibration import THRESHOLDS, calibration, in_plain_words, kept


def test_calibration_error_is_the_mean_gap_weighted_by_pixels():
    probability = [0.95] * 10 + [0.65] * 30
    correct = [True] * 9 + [False] + [True] * 15 + [False] * 15
    found = calibration(probability, correct, bins=10)
    assert found.ece == pytest.approx((10 * 0.05 + 30 * 0.15) / 40)
    assert found.count == (0, 0, 0, 0, 0, 0, 30, 0, 0, 10)
    assert found.accuracy[6] == 0.5
    assert math.isnan(found.confidence[0])


def test_calibration_counts_certainty_and_zero_in_the_outer_bins():
    found = calibration([0.0, 1.0, 0.5], [False, True, True], bins=2)
    assert found.count == (2, 1)
    assert found.accuracy == (0.5, 1.0)


def test_the_error_of_a_calibrated_classifier_is_small_and_of_a_boastful_one_large():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 20_000)
    right = rng.random(20_000) < confidence
    assert calibration(confidence, right).ece < 0.02
    assert calibration(confidence**0.3, right).ece > 0.1
    assert len(calibration(confidence, right).count) == 15


def test_asking_for_more_confidence_keeps_fewer_pixels_that_are_more_often_right():
    confidence = np.array([0.45, 0.55, 0.6, 0.85, 0.95])
    right = np.array([False, True, False, True, True])
    found = kept(confidence, right)
    assert tuple(entry.threshold for entry in found) == THRESHOLDS
    assert [entry.share for entry in found] == [1, 0.8, 0.6, 0.4, 0.4, 0.2]
    assert [entry.accuracy for entry in found] == pytest.approx([0.6, 0.75, 2 / 3, 1, 1, 1])


def test_a_threshold_keeps_what_reaches_it_and_says_nothing_of_nothing():
    certain, unsure = kept([1.0, 0.9], [True, False], (1.0,))[0], kept([0.4], [True], (0.5,))[0]
    assert (certain.share, certain.accuracy) == (0.5, 1.0)
    assert unsure.share == 0
    assert math.isnan(unsure.accuracy)


def test_the_sentence_speaks_of_the_tenth_that_most_pixels_lie_in():
    confidence = [0.85] * 25 + [0.35] * 5
    right = [True] * 21 + [False] * 9
    assert in_plain_words(confidence, right) == (
        "Of the 25 held-out pixels with a confidence of 80–90 %, 84 % were right."
    )
    assert "90–100 %, 100 % were right" in in_plain_words([1.0], [True])
