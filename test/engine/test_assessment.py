"""Accuracy: against a library and by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn import metrics

from hsi_film_plugin.engine import assessment


@pytest.fixture
def labelled():
    rng = np.random.default_rng(4)
    reference = rng.integers(0, 4, 500)
    predicted = np.where(rng.random(500) < 0.7, reference, rng.integers(0, 4, 500))
    return reference, predicted


def test_rows_of_the_matrix_are_the_map_and_columns_the_reference():
    matrix = assessment.confusion_matrix(reference=[0, 0, 1], predicted=[1, 1, 1], n_classes=2)
    assert matrix.tolist() == [[0, 0], [2, 1]]
    assert matrix.dtype == np.int64


@pytest.mark.parametrize(
    ("reference", "predicted"), [([0, 1], [0]), ([0, 3], [0, 0]), ([0, 0], [0, -1])]
)
def test_matrix_refuses_indices_that_would_be_counted_elsewhere(reference, predicted):
    with pytest.raises(ValueError, match=r"must lie in|do not match"):
        assessment.confusion_matrix(reference, predicted, 3)


def test_accuracy_agrees_with_scikit_learn(labelled):
    reference, predicted = labelled
    found = assessment.accuracy(assessment.confusion_matrix(reference, predicted, 4))
    assert found.n == 500
    assert found.overall == pytest.approx(metrics.accuracy_score(reference, predicted))
    assert found.balanced == pytest.approx(metrics.balanced_accuracy_score(reference, predicted))
    assert found.kappa == pytest.approx(metrics.cohen_kappa_score(reference, predicted))
    assert found.macro_f1 == pytest.approx(metrics.f1_score(reference, predicted, average="macro"))
    assert found.f1 == pytest.approx(metrics.f1_score(reference, predicted, average=None))
    assert found.iou == pytest.approx(metrics.jaccard_score(reference, predicted, average=None))
    assert found.users == pytest.approx(metrics.precision_score(reference, predicted, average=None))
    assert found.producers == pytest.approx(
        metrics.recall_score(reference, predicted, average=None)
    )


def test_undefined_figures_are_not_numbers_and_do_not_enter_means():
    # class 1 is mapped but not in the reference, class 2 in neither
    found = assessment.accuracy([[8, 0, 0], [2, 0, 0], [0, 0, 0]])
    assert found.balanced == pytest.approx(0.8)
    assert found.users[1] == 0.0
    assert math.isnan(found.producers[1])
    assert math.isnan(found.users[2])
    assert math.isnan(found.f1[2])
    assert found.macro_f1 == pytest.approx((16 / 18 + 0) / 2)
    assert found.as_dict()["producers_accuracy"] == [0.8, None, None]


def test_kappa_is_undefined_where_chance_alone_is_right():
    assert math.isnan(assessment.accuracy([[5, 0], [0, 0]]).kappa)


def test_empty_matrix_states_nothing():
    found = assessment.accuracy(np.zeros((2, 2)))
    assert found.n == 0
    assert math.isnan(found.overall)
    assert "NaN" not in json.dumps(found.as_dict())
