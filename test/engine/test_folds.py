"""Folds: whole polygons, far apart, every class trained and tested in different places."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from hsi_film_plugin.engine import folds as folds_module
from hsi_film_plugin.engine.folds import (
    LARGEST_GROUP,
    MOST_FOLDS,
    Folds,
    distant_folds,
    spatial_folds,
)


def squares(places: list[tuple[int, int]], classes: list[int], side: int = 3):
    """Return rows, cols, classes and polygons of squares that begin at places."""
    row, col = (axis.ravel() for axis in np.mgrid[:side, :side])
    rows = np.concatenate([row + top for top, _ in places])
    cols = np.concatenate([col + left for _, left in places])
    return rows, cols, np.repeat(classes, side**2), np.repeat(np.arange(len(places)), side**2)


def scattered(seed: int, polygons: int, n_classes: int, extent: int = 400):
    """Return squares in random places that do not overlap."""
    rng = np.random.default_rng(seed)
    cells = rng.choice((extent // 6) ** 2, polygons, replace=False)
    places = [(int(cell // (extent // 6)) * 6, int(cell % (extent // 6)) * 6) for cell in cells]
    return squares(places, rng.integers(0, n_classes, polygons).tolist())


def gap(first: np.ndarray, second: np.ndarray) -> float:
    return float(cdist(first, second).min())


def positions(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    return np.stack([rows, cols], axis=1)


@pytest.mark.parametrize("seed", range(8))
def test_polygons_are_whole_and_neighbours_within_the_separation_stay_together(seed: int):
    rows, cols, classes, polygons = scattered(seed, 60, 4)
    found = spatial_folds(rows, cols, classes, polygons)
    assert found.count == MOST_FOLDS
    for polygon in np.unique(polygons):
        assert len(np.unique(found.groups[polygons == polygon])) == 1
        assert len(np.unique(found.fold[polygons == polygon])) == 1
    at = positions(rows, cols)
    groups = np.unique(found.groups)
    gaps = [
        gap(at[found.groups == a], at[found.groups == b]) for a in groups for b in groups if a < b
    ]
    assert min(gaps) == pytest.approx(found.separation)
    for group in groups:
        assert len(np.unique(found.fold[found.groups == group])) == 1


@pytest.mark.parametrize("seed", range(8))
def test_every_class_is_trained_and_tested_in_different_places(seed: int):
    rows, cols, classes, polygons = scattered(seed, 30, 5)
    found = spatial_folds(rows, cols, classes, polygons)
    for c in np.unique(classes):
        assert len(np.unique(found.fold[classes == c])) >= 2
    assert all((found.fold == k).any() for k in range(found.count))


def test_the_distance_to_training_pixels_is_that_of_the_nearest_of_another_fold():
    rows, cols, classes, polygons = scattered(3, 25, 3)
    found = spatial_folds(rows, cols, classes, polygons)
    at = positions(rows, cols)
    for index in range(0, len(rows), 17):
        others = at[found.fold != found.fold[index]]
        assert found.nearest[index] == pytest.approx(gap(at[index : index + 1], others))
    assert found.nearest.min() >= found.separation - 1e-9


def test_clusters_of_polygons_are_held_out_as_one():
    # 30 clusters of two polygons of the same class, 60 pixels apart; clusters lie 90 apart
    places, classes = [], []
    for number in range(30):
        top, left = number // 6 * 93, number % 6 * 156
        places += [(top, left), (top, left + 63)]
        classes += [number % 3] * 2
    rows, cols, classes_of, polygons = squares(places, classes)
    found = spatial_folds(rows, cols, classes_of, polygons)
    assert len(np.unique(found.groups)) == 30
    assert found.separation > 85
    for pair in range(30):
        assert len(np.unique(found.fold[polygons // 2 == pair])) == 1


def test_no_group_takes_most_of_the_labels():
    # a chain of neighbouring polygons may not become one group
    chain, alone = [(0, 4 * n) for n in range(30)], [(50 * n, 300) for n in range(26)]
    rows, cols, classes, polygons = squares(chain + alone, [0, 1] * 28)
    found = spatial_folds(rows, cols, classes, polygons)
    assert np.bincount(found.groups).max() <= LARGEST_GROUP * len(rows)
    assert found.count == MOST_FOLDS


def test_classes_are_spread_over_the_folds():
    rows, cols, classes, polygons = scattered(5, 100, 2)
    found = spatial_folds(rows, cols, classes, polygons)
    shares = [classes[found.fold == k].mean() for k in range(found.count)]
    assert np.ptp(shares) < 0.25


def test_a_class_in_one_place_is_always_trained_on_and_said_to_be_untested():
    rows, cols, classes, polygons = squares(
        [(0, 0), (0, 50), (50, 0), (50, 50), (100, 100)], [0, 0, 1, 1, 2]
    )
    found = spatial_folds(rows, cols, classes, polygons)
    assert found.untested == (2,)
    assert (found.fold[classes == 2] == -1).all()
    assert np.isnan(found.nearest[classes == 2]).all()
    assert (found.fold[classes < 2] >= 0).all()


@pytest.mark.parametrize("classes", [[0, 1], [0, 0, 1], [0, 0, 0, 1, 2]])
def test_too_few_places_give_no_folds(classes: list[int]):
    rows, cols, classes_of, polygons = squares([(30 * n, 0) for n in range(len(classes))], classes)
    found = spatial_folds(rows, cols, classes_of, polygons)
    assert found.count == 0
    assert (found.fold == -1).all()
    assert np.isnan(found.nearest).all()
    assert set(found.untested) == set(classes)


def test_two_polygons_a_class_give_two_folds_or_more_that_hold_both_classes():
    rows, cols, classes, polygons = squares([(0, 0), (0, 40), (40, 0), (40, 40)], [0, 1, 1, 0])
    found = spatial_folds(rows, cols, classes, polygons)
    assert found.count >= 2
    for c in (0, 1):
        assert len(np.unique(found.fold[classes == c])) == 2


@pytest.mark.parametrize(
    ("rows", "cols"),
    [([0, 0, 0, 0], [0, 5, 10, 15]), ([0, 5, 10, 15], [0, 5, 10, 15]), ([2, 9], [2, 2])],
)
def test_points_in_one_line_are_no_trouble(rows: list[int], cols: list[int]):
    count = len(rows)
    classes = np.arange(count) % 2
    found = spatial_folds(np.array(rows), np.array(cols), classes, np.arange(count))
    assert found.separation == pytest.approx(min(np.hypot(np.diff(rows), np.diff(cols))))
    assert isinstance(found, Folds)


def test_the_same_labels_give_the_same_folds():
    first, second = (spatial_folds(*scattered(2, 40, 3)) for _ in range(2))
    np.testing.assert_array_equal(first.fold, second.fold)


def test_very_many_polygons_are_taken_together_with_their_neighbours(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(folds_module, "MOST_POLYGONS", 50)
    rng = np.random.default_rng(0)
    pixels = rng.choice(300 * 300, 2000, replace=False)
    found = spatial_folds(*np.divmod(pixels, 300), rng.integers(0, 3, 2000), np.arange(2000))
    assert found.count == MOST_FOLDS
    assert len(np.unique(found.groups)) <= 50


def strewn(fields: list[tuple[int, int]], classes: list[int], seed: int = 0):
    """Return pixels strewn over fields of 20x20 pixels, each pixel a polygon of its own."""
    rng = np.random.default_rng(seed)
    rows, cols, known, field = [], [], [], []
    for number, ((top, left), c) in enumerate(zip(fields, classes)):
        cells = rng.choice(100, 25, replace=False)
        rows.append(top + 2 * (cells // 10))
        cols.append(left + 2 * (cells % 10))
        known.append(np.full(25, c))
        field.append(np.full(25, number))
    rows, cols, known, field = map(np.concatenate, (rows, cols, known, field))
    return rows, cols, known, np.arange(len(rows)), field


def test_pixels_strewn_over_a_field_are_held_out_together_though_other_fields_are_near():
    # a chessboard of fields: those of a class lie diagonally or further, others adjoin
    places = [(20 * i, 20 * j) for i in range(4) for j in range(4)]
    kinds = [[0, 1, 2, 3][(i + 2 * j) % 4] for i in range(4) for j in range(4)]
    rows, cols, classes, polygons, field = strewn(places, kinds)
    found = distant_folds(rows, cols, classes, polygons, 0.0)
    assert found.count >= 2
    for number in np.unique(field):
        assert len(np.unique(found.groups[field == number])) == 1
        assert len(np.unique(found.fold[field == number])) == 1
    near = spatial_folds(rows, cols, classes, polygons)
    split = [len(np.unique(near.fold[field == number])) > 1 for number in np.unique(field)]
    assert any(split)


def test_distant_folds_measure_to_pixels_of_the_same_class():
    places = [(60 * i, 60 * j) for i in range(4) for j in range(4)]
    kinds = [(i + j) % 2 for i in range(4) for j in range(4)]
    rows, cols, classes, polygons, _ = strewn(places, kinds)
    found = distant_folds(rows, cols, classes, polygons, 0.0)
    at = positions(rows, cols)
    for index in range(0, len(rows), 29):
        kin = (found.fold != found.fold[index]) & (classes == classes[index])
        assert found.nearest[index] == pytest.approx(gap(at[index : index + 1], at[kin]))


def test_evenly_spread_polygons_stand_for_themselves():
    places = [(30 * i, 30 * j) for i in range(5) for j in range(5)]
    rows, cols, classes, polygons = squares(places, [0, 1] * 12 + [0])
    found = distant_folds(rows, cols, classes, polygons, 0.0)
    assert len(np.unique(found.groups)) == len(places)


def test_a_class_in_one_place_is_not_tested_far_away():
    rows, cols, classes, polygons = squares(
        [(0, 0), (0, 90), (90, 0), (90, 90), (40, 40)], [0, 1, 1, 0, 2]
    )
    found = distant_folds(rows, cols, classes, polygons, 0.0)
    assert found.untested == (2,)
    assert (found.fold[classes == 2] == -1).all()


def test_single_pixels_of_two_classes_can_be_held_out():
    found = distant_folds(
        np.array([0, 50, 0, 50]),
        np.array([0, 0, 50, 50]),
        np.array([0, 0, 1, 1]),
        np.arange(4),
        0.0,
    )
    assert found.count >= 2
    for k in range(found.count):
        assert set(np.array([0, 0, 1, 1])[found.fold != k]) == {0, 1}


def of_own_class(found: Folds, rows: np.ndarray, cols: np.ndarray, classes: np.ndarray) -> float:
    """Return the median distance from a held-out pixel to one of its class trained on."""
    at, nearest = positions(rows, cols), []
    for index in range(0, len(rows), 5):
        kin = (found.fold != found.fold[index]) & (classes == classes[index])
        nearest.append(gap(at[index : index + 1], at[kin]) if kin.any() else np.nan)
    return float(np.nanmedian(nearest))


def clustered(seed: int):
    """Return five classes of six fields of three polygons each."""
    rng = np.random.default_rng(seed)
    fields = rng.choice(64, 30, replace=False)
    places = [
        (int(f // 8) * 60 + 12 * k, int(f % 8) * 60 + int(rng.integers(0, 20)))
        for f in fields
        for k in range(3)
    ]
    return squares(places, np.repeat(np.arange(30) % 5, 3).tolist())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("make", [lambda seed: scattered(seed, 80, 4), clustered])
def test_distant_folds_keep_the_distance_of_those_that_are_chosen_on(make, seed: int):
    rows, cols, classes, polygons = make(seed)
    near = spatial_folds(rows, cols, classes, polygons)
    found = distant_folds(rows, cols, classes, polygons, near.separation)
    at = positions(rows, cols)
    for c in np.unique(classes):
        groups = found.groups[classes == c]
        for a in np.unique(groups):
            for b in np.unique(groups):
                if a < b:
                    apart = gap(at[found.groups == a], at[found.groups == b])
                    assert apart >= near.separation - 1e-9
    assert found.separation >= near.separation - 1e-9


def test_a_small_second_field_does_not_break_up_the_large_one():
    # 60 pixels strewn over one field and 5 over another: whole fields would leave one class
    # with 5 training pixels, single pixels would say nothing of other ground
    parts = [strewn([(0, 0)], [0]), strewn([(0, 400)], [1])]
    rows, cols, classes = (np.concatenate([p[k] for p in parts]) for k in range(3))
    few = strewn([(400, 0), (400, 400)], [0, 1], seed=1)
    few = [a[np.r_[0:2, 25:27]] for a in few]
    rows, cols, classes = (np.concatenate(x) for x in zip((rows, cols, classes), few[:3]))
    found = distant_folds(rows, cols, classes, np.arange(len(rows)), 0.0)
    sizes = np.bincount(np.unique(found.groups[classes == 0], return_inverse=True)[1])
    assert sizes.max() > 10
