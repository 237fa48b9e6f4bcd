"""The simulated labelling counts polygons as its table says."""

from __future__ import annotations

import pytest

from bench.suggestions import Labelling, goal, reached


def test_first_time_and_for_good_are_told_apart():
    went = Labelling((10, 12, 14, 16, 18), (0.2, 0.8, 0.5, 0.8, 0.9), (0.0,) * 5)
    assert reached(went, 0.8, for_good=False) == 12
    assert reached(went, 0.8, for_good=True) == 16
    assert reached(went, 0.1, for_good=True) == 10
    assert reached(went, 0.95, for_good=False) is None


def test_what_was_lost_in_the_end_was_not_reached_for_good():
    went = Labelling((10, 12, 14), (0.2, 0.8, 0.5), (0.0,) * 3)
    assert reached(went, 0.8, for_good=False) == 12
    assert reached(went, 0.8, for_good=True) is None


def test_goal_is_what_the_last_judgements_say_together():
    last = (0.6, 0.7, 0.8, 0.7, 0.2)
    went = Labelling(tuple(range(2, 16, 2)), (0.1, 0.9, *last), (0.0,) * 7)
    assert goal(went) == pytest.approx(0.6)
