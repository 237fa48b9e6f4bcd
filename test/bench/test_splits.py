from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import label

from bench.accuracy.splits import few_a_class, fixed_share, thinned, whole_fields


@pytest.fixture
def fields() -> np.ndarray:
    """Classes 1 to 3 in nine separate squares of 6 × 6 pixels each, class 4 in one square."""
    classes = np.zeros((48, 48), np.uint8)
    for number in range(28):
        row, col = divmod(number, 6)
        classes[row * 8 : row * 8 + 6, col * 8 : col * 8 + 6] = (
            4 if number == 27 else number % 3 + 1
        )
    return classes


@pytest.mark.parametrize("draw", range(4))
def test_no_field_is_in_both(fields: np.ndarray, draw: int) -> None:
    split = whole_fields(fields, dict.fromkeys(range(1, 5), 20), draw)
    for value in (1, 2, 3):
        numbers = label(fields == value, connectivity=2)
        trained = set(numbers[split.train == value])
        tested = set(numbers[split.test == value])
        assert 0 not in trained | tested
        assert not trained & tested
        assert len(trained | tested) == 9
        assert len(trained) in (4, 5)


def test_whole_fields_are_tested_and_few_pixels_of_every_training_field_used(
    fields: np.ndarray,
) -> None:
    split = whole_fields(fields, dict.fromkeys(range(1, 5), 20), 0)
    for value in (1, 2, 3):
        assert (split.train == value).sum() == 20
        assert (split.test == value).sum() % 36 == 0
        numbers = label(fields == value, connectivity=2)
        counts = np.bincount(numbers[split.train == value])
        assert np.ptp(counts[counts > 0]) <= 1


def test_a_class_of_one_field_is_left_out_and_named(fields: np.ndarray) -> None:
    split = whole_fields(fields, dict.fromkeys(range(1, 5), 20), 0)
    assert split.left_out == (4,)
    assert 4 not in split.train
    assert 4 not in split.test


def test_touching_corners_make_one_field() -> None:
    classes = np.zeros((9, 9), np.uint8)
    classes[0:3, 0:3] = classes[3:6, 3:6] = 1
    assert whole_fields(classes, {1: 5}, 0).left_out == (1,)


def test_draws_differ_and_repeat(fields: np.ndarray) -> None:
    most = dict.fromkeys(range(1, 5), 20)
    first, again, other = (whole_fields(fields, most, draw).train for draw in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_few_labels_take_so_many_a_class_or_all() -> None:
    classes = np.repeat([0, 1, 2], [50, 30, 4])
    chosen = few_a_class(classes, 10, 0)
    assert np.bincount(classes[chosen]).tolist() == [10, 10, 4]
    assert len(set(chosen.tolist())) == 24


def test_fewer_labels_are_a_part_of_more() -> None:
    classes = np.repeat([0, 1], 40)
    assert set(few_a_class(classes, 5, 3)) < set(few_a_class(classes, 25, 3))
    assert set(few_a_class(classes, 5, 3)) != set(few_a_class(classes, 5, 4))


def test_a_fixed_share_keeps_its_limits_and_the_rest_is_tested() -> None:
    classes = np.zeros((60, 60), np.uint8)
    classes.ravel()[:2000], classes.ravel()[2000:2100], classes.ravel()[2100:2110] = 1, 2, 3
    split = fixed_share(classes, 0.05, 15, 50)
    assert [(split.train == value).sum() for value in (1, 2, 3)] == [50, 15, 5]
    assert not ((split.train > 0) & (split.test > 0)).any()
    np.testing.assert_array_equal(np.maximum(split.train, split.test), classes)


def test_thinning_keeps_labels_as_they_are() -> None:
    labels = np.arange(100, dtype=np.uint8).reshape(10, 10)
    kept = thinned(labels, 20, 0)
    assert (kept > 0).sum() == 20
    assert (kept[kept > 0] == labels[kept > 0]).all()
    np.testing.assert_array_equal(thinned(labels, 1000, 0), labels)
