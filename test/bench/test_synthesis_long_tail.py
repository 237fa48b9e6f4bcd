from __future__ import annotations

import numpy as np

from bench.accuracy.splits import Split
from bench.synthesis.block_split import MARGIN, blocks_apart
from bench.synthesis.long_tail import COMMON, drawn, tail_of


def label_map() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.repeat(np.repeat(rng.integers(0, 4, (16, 16)), 12, 0), 12, 1).astype(np.uint8)


def test_the_classes_with_the_fewest_pixels_are_rare() -> None:
    train = np.array([[1, 1, 1, 2, 2, 3, 4]])
    test = np.array([[1, 1, 1, 2, 2, 3, 3]])
    assert tail_of([Split(train, test)]).values == (1, 2, 3)
    test[0, -1] = 4
    tail = tail_of([Split(train, test)])
    assert tail.values == (1, 2, 3, 4)
    assert tail.rare == (3, 4)


def test_rare_classes_have_few_labels_and_others_more() -> None:
    tail = tail_of([Split(np.array([[1, 1, 2]]), np.array([[1, 1, 2]]))])
    assert tail.counts(5) == {1: COMMON, 2: 5}


def test_with_one_draw_fewer_labels_are_a_part_of_more() -> None:
    labels = label_map()
    few = drawn(labels, {1: 5, 2: 60}, 0)
    more = drawn(labels, {1: 15, 2: 60}, 0)
    assert (few == 1).sum() == 5
    assert (more == 1).sum() == 15
    assert (more[few == 1] == 1).all()
    assert np.array_equal(few == 2, more == 2)
    assert not (few == 3).any()
    assert not np.array_equal(few, drawn(labels, {1: 5, 2: 60}, 1))


def test_no_test_pixel_is_near_one_that_may_be_trained_on() -> None:
    split = blocks_apart(label_map(), 0)
    rows, cols = np.nonzero(split.train)
    known = np.zeros(split.train.shape, bool)
    for down in range(-MARGIN, MARGIN + 1):
        for right in range(-MARGIN, MARGIN + 1):
            row = np.clip(rows + down, 0, known.shape[0] - 1)
            col = np.clip(cols + right, 0, known.shape[1] - 1)
            known[row, col] = True
    assert (split.test > 0).any()
    assert not known[split.test > 0].any()


def test_a_class_that_is_too_small_for_both_sides_is_left_out() -> None:
    labels = label_map()
    labels[labels == 3] = 0
    labels[:4, :4] = 3
    split = blocks_apart(labels, 0)
    assert 3 in split.left_out
    assert not (split.train == 3).any()
    assert not (split.test == 3).any()
