"""Ellipse, precision, recall and spread of samples among real pixels."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.synthesis.overlap import coverage, mean_distance, prediction_ellipse


def cloud(count: int, seed: int, k: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, k)) * np.arange(1, k + 1)


@pytest.mark.parametrize("count", [6, 15, 200])
def test_the_ellipse_holds_95_percent_of_further_pixels(count):
    held = [prediction_ellipse(cloud(count, s)).holds(cloud(50, 1000 + s)) for s in range(150)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_the_outline_is_the_edge():
    ellipse = prediction_ellipse(cloud(30, 0))
    edge = ellipse.outline()
    assert ellipse.holds(ellipse.mean + 0.999 * (edge - ellipse.mean)).all()
    assert not ellipse.holds(ellipse.mean + 1.001 * (edge - ellipse.mean)).any()


@pytest.mark.parametrize(
    "points", [cloud(4, 0), np.ones((9, 2)), np.column_stack([np.arange(9.0), np.arange(9.0)])]
)
def test_few_equal_or_flat_points_have_no_ellipse(points):
    assert prediction_ellipse(points) is None


def test_precision_falls_with_strange_samples_and_recall_with_repeated_ones():
    real = cloud(100, 0, 4)
    like = coverage(real, cloud(100, 1, 4))
    strange = coverage(real, cloud(100, 1, 4) + 30)
    repeated = coverage(real, np.repeat(cloud(1, 1, 4), 100, axis=0))
    assert like.precision > 0.7
    assert like.recall > 0.7
    assert strange.precision == 0
    assert repeated.recall < 0.1


def test_copies_are_precise_and_few_pixels_take_a_smaller_k():
    real = cloud(3, 0)
    found = coverage(real, real)
    assert (found.precision, found.recall, found.neighbours) == (1.0, 1.0, 2)
    assert coverage(real[:1], real) is None


def test_distance_between_points_shows_a_collapse():
    points = cloud(1200, 0)
    assert mean_distance(points) == pytest.approx(mean_distance(points[:400]), rel=0.1)
    assert mean_distance(np.ones((5, 2))) == 0
    assert np.isnan(mean_distance(points[:1]))
