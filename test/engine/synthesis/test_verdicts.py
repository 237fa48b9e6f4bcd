"""The rules that turn figures into a plain verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hsi_film_plugin.engine.synthesis.memorising import Memorising
from hsi_film_plugin.engine.synthesis.mmd import MmdResult
from hsi_film_plugin.engine.synthesis.spectral_distance import AngleComparison
from hsi_film_plugin.engine.synthesis.verdicts import (
    AVOID,
    CARE,
    NOT_JUDGED,
    USE,
    Evidence,
    verdict,
)

ANGLES = AngleComparison(2.0, 4.0, 2.0, 5.0, 0.94, 0.95)
TEST = MmdResult(0.01, 0.2, 0.4, 0.03, 12)
NEAR = Memorising(50, 100, 0.04, 0.0, 0.01, 0, 0.0, 0.07, 1.0)
GOOD = Evidence(60, 12, 50, ANGLES, TEST, 0.96, 0.95, 0.9, NEAR)


def test_samples_that_pass_everything_are_for_use_and_the_reasons_say_why():
    found, reasons = verdict(GOOD)
    assert found == USE
    assert any("94%" in reason for reason in reasons)
    assert any("96%" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("change", "expected", "words"),
    [
        ({"angles": replace(ANGLES, inside=0.7)}, CARE, "Only 70% of the samples"),
        ({"angles": replace(ANGLES, inside=0.3)}, AVOID, "Only 30% of the samples"),
        ({"recognised": 0.8}, CARE, "Not all are recognised"),
        ({"recognised": 0.3}, AVOID, "Only few are recognised"),
        ({"separable": 0.5, "recognised": 0.1}, CARE, "cannot judge these samples"),
        ({"separable": np.nan}, CARE, "one place only"),
        ({"diversity": 0.4}, CARE, "vary too little"),
        ({"diversity": 0.1}, AVOID, "nearly all the same"),
        ({"diversity": 2.5}, CARE, "vary more"),
        ({"memorising": replace(NEAR, copies=4, copies_low=0.02, p=0.001)}, CARE, "memorised"),
        ({"memorising": replace(NEAR, copies=20, copies_low=0.3, p=0.0)}, AVOID, "Memorised"),
        ({"memorising": None}, CARE, "held out"),
        ({"mmd": replace(TEST, p_polygons=0.002, mmd2=0.2)}, CARE, "distribution differs"),
        ({"real": 4}, CARE, "Only 4 real pixels"),
        ({"real": 1, "polygons": 1}, CARE, "Only 1 real pixel "),
        ({"polygons": 1}, CARE, "in one polygon"),
        ({"samples": 3}, CARE, "Only 3 samples"),
        ({"real": 0, "polygons": 0}, AVOID, "no real pixel"),
        ({"samples": 0}, NOT_JUDGED, "no samples"),
    ],
)
def test_each_rule_lowers_the_verdict_and_comes_first(change, expected, words):
    found, reasons = verdict(replace(GOOD, **change))
    assert found == expected
    assert words in reasons[0]


def test_a_difference_smaller_than_that_between_own_polygons_does_not_count():
    assert verdict(replace(GOOD, mmd=replace(TEST, p_polygons=0.002, mmd2=0.02)))[0] == USE


def test_samples_need_not_be_recognised_more_often_than_real_pixels():
    assert verdict(replace(GOOD, recognised=0.86, separable=0.85))[0] == USE
    assert verdict(replace(GOOD, recognised=0.84, separable=0.85))[0] == CARE


def test_few_real_pixels_can_neither_clear_nor_condemn_by_their_spread():
    few = replace(GOOD, real=3, angles=replace(ANGLES, inside=0.1, expected=0.75), diversity=0.05)
    assert verdict(few)[0] == CARE


def test_what_is_gravest_comes_first():
    _, reasons = verdict(replace(GOOD, recognised=0.2, diversity=0.4))
    assert "Only few are recognised" in reasons[0]
    assert "vary too little" in reasons[1]
