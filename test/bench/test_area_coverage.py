"""The simulated surveys: their truth is that of their maps, and coverage counts what it says."""

from __future__ import annotations

import numpy as np
import pytest

from bench.area_coverage import coverage, pixel_designs, polygon_designs


def test_every_design_s_truth_adds_up():
    for design in (*pixel_designs(), *polygon_designs()):
        truth = design.truth
        right = truth.areas * truth.producers
        assert right.sum() / truth.areas.sum() == pytest.approx(truth.overall), design.name
        found = design.draw(np.random.default_rng(0)).found
        assert found.total_area == pytest.approx(truth.areas.sum()), design.name


def test_estimates_of_large_surveys_lie_around_the_truth():
    rng = np.random.default_rng(0)
    for design in (next(pixel_designs()), next(polygon_designs())):
        areas = [[c.area for c in design.draw(rng).found.classes] for _ in range(20)]
        np.testing.assert_allclose(np.mean(areas, axis=0), design.truth.areas, rtol=0.08)


def test_coverage_is_the_share_of_surveys_that_hold_the_truth():
    found = coverage(next(pixel_designs()), 60)
    assert 0.85 < found.areas.mean() <= 1
    assert 0.85 < found.overall <= 1
    assert found.areas.shape == found.usual.shape == found.users.shape == (4,)
