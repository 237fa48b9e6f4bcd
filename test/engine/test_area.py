"""Area estimates: against published figures and by simulation of their coverage."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats
from scipy.stats import binomtest

from hsi_film_plugin.engine import area, area_errors, score_interval
from hsi_film_plugin.engine.assessment import confusion_matrix

# Olofsson et al. 2014, tables 8 and 9: deforestation, forest gain, stable forest, stable non-forest
OLOFSSON_MATRIX = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
OLOFSSON_PIXELS = [200_000, 150_000, 3_200_000, 6_450_000]
HECTARES_PER_PIXEL = 0.09


@pytest.fixture
def labelled():
    rng = np.random.default_rng(4)
    reference = rng.integers(0, 4, 500)
    predicted = np.where(rng.random(500) < 0.7, reference, rng.integers(0, 4, 500))
    return reference, predicted


def test_areas_reproduce_the_worked_example_of_olofsson_2014():
    found = area.area_estimates(OLOFSSON_MATRIX, OLOFSSON_PIXELS, HECTARES_PER_PIXEL)
    areas = [entry.area for entry in found.classes]
    half_width = [1.96 * entry.standard_error for entry in found.classes]
    assert areas == pytest.approx([21_158, 11_686, 285_770, 581_386], abs=0.6)
    assert half_width == pytest.approx([6_158, 3_756, 15_510, 16_282], abs=0.6)
    assert sum(areas) == pytest.approx(900_000)
    assert found.overall == pytest.approx(0.95, abs=0.005)
    assert 1.96 * found.overall_se == pytest.approx(0.02, abs=0.005)
    published = {
        "users": [0.88, 0.73, 0.93, 0.96],
        "users_se": [0.07, 0.10, 0.04, 0.02],
        "producers": [0.75, 0.85, 0.93, 0.96],
        "producers_se": [0.21, 0.25, 0.03, 0.02],
    }
    for name, values in published.items():
        scale = 1.96 if name.endswith("_se") else 1.0
        computed = [scale * getattr(entry, name) for entry in found.classes]
        assert computed == pytest.approx(values, abs=0.0055), name


def survey(rng, mapped_pixels, truth_given_map, samples):
    """Return the estimates of one stratified random sample, ``samples`` pixels a map class."""
    matrix = np.stack([rng.multinomial(n, row) for n, row in zip(samples, truth_given_map)])
    return area.area_estimates(matrix, mapped_pixels)


def test_area_intervals_of_simulated_surveys_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(7)
    mapped_pixels = np.array([6_000, 30_000, 64_000])
    truth_given_map = np.array([[0.80, 0.15, 0.05], [0.06, 0.86, 0.08], [0.03, 0.07, 0.90]])
    true_area = mapped_pixels @ truth_given_map
    right = mapped_pixels * np.diag(truth_given_map)
    truths = {
        "": true_area,
        "users_": np.diag(truth_given_map),
        "producers_": right / true_area,
    }
    surveys, held, held_overall = 150, dict.fromkeys(truths, 0), 0
    for _ in range(surveys):
        found = survey(rng, mapped_pixels, truth_given_map, [100, 100, 100])
        for name, truth in truths.items():
            low = np.array([getattr(entry, f"{name}low") for entry in found.classes])
            high = np.array([getattr(entry, f"{name}high") for entry in found.classes])
            held[name] = held[name] + ((low <= truth) & (truth <= high))
        held_overall += found.overall_low <= right.sum() / 1e5 <= found.overall_high
    low, high = stats.binom.interval(0.9999, surveys, 0.95)
    for name, counted in held.items():
        assert (counted >= low).all(), name
        assert (counted <= high).all(), name
    assert low <= held_overall <= high


def test_intervals_hold_for_a_rare_class_whose_omissions_few_surveys_meet():
    rng = np.random.default_rng(3)
    mapped_pixels = np.array([1_000, 39_000, 60_000])
    truth_given_map = np.array([[0.8, 0.1, 0.1], [0.004, 0.946, 0.05], [0.002, 0.05, 0.948]])
    truth = (mapped_pixels @ truth_given_map)[0]
    surveys, held, held_usual = 150, 0, 0
    for _ in range(surveys):
        rare = survey(rng, mapped_pixels, truth_given_map, [75, 75, 75]).classes[0]
        held += rare.low <= truth <= rare.high
        held_usual += abs(rare.area - truth) <= 1.96 * rare.standard_error
    assert held >= stats.binom.interval(0.9999, surveys, 0.95)[0]
    assert held_usual < 0.75 * surveys


def clustered_survey(rng, n_polygons=60, pixels=12):
    """Draw polygons of one class each, which the map gets right or wrong as a whole."""
    truth = np.repeat(rng.choice(3, n_polygons, p=[0.2, 0.3, 0.5]), pixels)
    wrong = np.repeat(rng.random(n_polygons) < 0.25, pixels)
    mapped = np.where(wrong, (truth + 1) % 3, truth)
    return truth, mapped, np.repeat(np.arange(n_polygons), pixels)


def test_polygon_intervals_hold_where_intervals_of_single_pixels_do_not():
    rng = np.random.default_rng(11)
    classes = np.array([0.2, 0.3, 0.5])
    mapped_pixels = 100_000 * (0.75 * classes + 0.25 * np.roll(classes, 1))
    surveys, held, held_naive = 120, np.zeros(3), np.zeros(3)
    for _ in range(surveys):
        truth, mapped, polygons = clustered_survey(rng)
        by_polygon = area.polygon_area_estimates(truth, mapped, polygons, mapped_pixels)
        by_pixel = area.area_estimates(confusion_matrix(truth, mapped, 3), mapped_pixels)
        for j, true_area in enumerate(classes * 100_000):
            held[j] += by_polygon.classes[j].low <= true_area <= by_polygon.classes[j].high
            held_naive[j] += by_pixel.classes[j].low <= true_area <= by_pixel.classes[j].high
    low, _ = stats.binom.interval(0.999, surveys, 0.95)
    assert (held >= low).all()
    assert (held_naive < 0.7 * surveys).all()


def test_polygons_of_different_sizes_are_held_by_their_intervals_too():
    rng = np.random.default_rng(5)
    classes = np.array([0.3, 0.7])
    mapped_pixels = 100_000 * (0.8 * classes + 0.2 * np.roll(classes, 1))
    surveys, held, held_overall = 200, np.zeros(2), 0
    for _ in range(surveys):
        sizes = np.maximum(1, rng.lognormal(2, 1.0, 25)).astype(int)
        truth = rng.choice(2, 25, p=classes)
        mapped = np.where(rng.random(25) < 0.2, 1 - truth, truth)
        found = area.polygon_area_estimates(
            *(np.repeat(array, sizes) for array in (truth, mapped, np.arange(25))), mapped_pixels
        )
        for j, true_area in enumerate(classes * 100_000):
            held[j] += found.classes[j].low <= true_area <= found.classes[j].high
        held_overall += found.overall_low <= 0.8 <= found.overall_high
    least = stats.binom.interval(0.999, surveys, 0.94)[0]
    assert (held >= least).all()
    assert held_overall >= least


def test_a_survey_with_one_wrong_polygon_does_not_pretend_to_know_the_accuracy():
    # 1 of 20 polygons is wrong, and only in half of its pixels
    truth, polygons = np.repeat([0, 1], 200), np.repeat(np.arange(20), 20)
    mapped = truth.copy()
    mapped[:10] = 1
    found = area.polygon_area_estimates(truth, mapped, polygons, [4_000, 6_000])
    by_pixel = area.area_estimates(confusion_matrix(truth, mapped, 2), [4_000, 6_000])
    assert found.overall == pytest.approx(by_pixel.overall)
    assert found.overall_low < 0.9 < by_pixel.overall_low
    assert found.classes[0].producers_low < 0.85


def test_polygons_of_one_pixel_give_nearly_the_errors_of_independent_pixels(labelled):
    reference, predicted = labelled
    pixels = np.bincount(predicted, minlength=4) * 1000
    matrix = confusion_matrix(reference, predicted, 4)
    alone = area.area_estimates(matrix, pixels)
    grouped = area.polygon_area_estimates(reference, predicted, np.arange(500), pixels)
    for one, other in zip(alone.classes, grouped.classes, strict=True):
        assert other.area == pytest.approx(one.area)
        assert other.standard_error == pytest.approx(one.standard_error, rel=0.02)
        assert other.users_se == pytest.approx(one.users_se, rel=0.02)
        assert other.producers_se == pytest.approx(one.producers_se, rel=0.02)
    assert grouped.overall_se == pytest.approx(alone.overall_se, rel=0.02)


@pytest.mark.parametrize("lone", [0, 1])
def test_map_class_with_too_few_samples_is_left_out_and_said_so(lone):
    matrix = [[40, 2, 0], [3, 50, 0], [0, 0, lone]]
    found = area.area_estimates(matrix, [500, 400, 100], 2.0)
    assert found.left_out_area == 200.0
    assert found.total_area == 2000.0
    assert math.isnan(found.classes[2].area)
    assert found.classes[2].remark == area.NO_SAMPLES
    assert found.classes[0].area + found.classes[1].area == pytest.approx(1800.0)


def test_class_that_the_reference_lacks_gets_no_area_rather_than_zero():
    found = area.area_estimates([[40, 2, 0], [3, 50, 0], [5, 5, 0]], [500, 400, 100])
    assert math.isnan(found.classes[2].area)
    assert found.classes[2].remark == area.NO_REFERENCE
    assert found.classes[2].users == 0.0


def test_perfect_agreement_gives_an_interval_all_the_same():
    found = area.area_estimates([[20, 0], [0, 30]], [100, 900])
    assert [entry.area for entry in found.classes] == [100.0, 900.0]
    assert math.isnan(found.classes[0].standard_error)
    assert found.classes[0].remark == area.NO_SPREAD
    assert found.classes[0].low < 90
    assert found.classes[0].high > 150
    # Wilson's interval of 20 of 20
    assert found.classes[0].users_low == pytest.approx(20 / (20 + area_errors.Z95**2), abs=1e-4)
    assert found.classes[0].users_high == pytest.approx(1)
    truth, polygons = np.repeat([0, 1], 30), np.repeat(np.arange(12), 5)
    by_polygon = area.polygon_area_estimates(truth, truth, polygons, [100, 900])
    assert by_polygon.classes[0].users_low < 0.8
    assert by_polygon.overall_low < 0.8


def test_rounding_is_no_spread_between_polygons():
    # the mean of 60 of these shares differs from them in its last bit
    truth, polygons = np.repeat([0, 1, 2], 100), np.repeat(np.arange(60), 5)
    found = area.polygon_area_estimates(truth, truth, polygons, [13_135, 19_296, 34_031])
    for entry in found.classes:
        assert entry.remark == area.NO_SPREAD
        assert entry.high - entry.low > 0.1 * entry.area


def test_wilson_s_interval_is_that_of_one_proportion():
    # 95 % Wilson interval of 7 of 34, by a textbook's formula
    low, high = score_interval.sum_interval(
        np.ones((1, 1)), np.array([[7.0]]), np.array([[34.0]]), area_errors.Z95
    )
    expected = binomtest(7, 34).proportion_ci(method="wilson")
    assert low[0] == pytest.approx(expected.low, abs=1e-6)
    assert high[0] == pytest.approx(expected.high, abs=1e-6)


def test_the_share_of_one_of_two_equal_strata_is_that_of_a_split_sample():
    # hits are rare, so that of all hits the own stratum's are nearly binomial
    own = np.array([[True], [False]])
    sizes, hits = np.full((2, 1), 1e5), np.array([[30.0], [10.0]])
    low, high = score_interval.ratio_interval(own, np.ones((2, 1)), hits, sizes, area_errors.Z95)
    expected = binomtest(30, 40).proportion_ci(method="wilson")
    assert low[0] == pytest.approx(expected.low, abs=2e-3)
    assert high[0] == pytest.approx(expected.high, abs=2e-3)


def test_two_polygons_are_too_few_for_any_estimate():
    found = area.polygon_area_estimates([0, 0, 1, 1], [0, 0, 1, 1], [5, 5, 9, 9], [10, 10])
    assert math.isnan(found.overall)
    assert {entry.remark for entry in found.classes} == {area.NO_SAMPLES}
    assert "NaN" not in json.dumps(found.as_dict())
