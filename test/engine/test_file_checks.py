"""What a file says of classes, bands and counts is refused where it cannot be so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hsi_film_plugin.engine.file_checks import (
    MOST_BANDS,
    MOST_COUNT,
    check_float32,
    checked_bands,
    checked_classes,
    checked_count,
)
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.model import ModelBands

MEADOW = {"value": 1, "name": "meadow", "color": "#00ff00"}


def test_what_is_right_comes_back() -> None:
    lake = {"value": 65535, "name": "lake", "color": "#0000FF"}
    assert checked_classes([MEADOW, lake]) == (
        LabelClass(1, "meadow", "#00ff00"),
        LabelClass(65535, "lake", "#0000FF"),
    )
    assert checked_bands(5, [0, 4], [450, 900.5]) == ModelBands(5, (0, 4), (450.0, 900.5))
    assert checked_bands(5, [3], None) == ModelBands(5, (3,), None)
    assert checked_count(MOST_COUNT) == MOST_COUNT


@pytest.mark.parametrize(
    "described",
    [
        [],
        [MEADOW, MEADOW],
        [MEADOW | {"value": 0}],
        [MEADOW | {"value": 65536}],
        [MEADOW | {"value": 1.5}],
        [MEADOW | {"value": True}],
        [MEADOW | {"name": 7}],
        [MEADOW | {"color": "green"}],
        [{"value": 1}],
        [3],
    ],
)
def test_other_classes_are_refused(described: Any) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        checked_classes(described)


@pytest.mark.parametrize(
    ("count", "used", "wavelengths"),
    [
        (3, [], None),
        (3, [0, 0], None),
        (3, [0, 3], None),
        (3, [-1], None),
        (3, [0, 1], [450.0]),
        (3, [0], [float("nan")]),
        (3, [0], [float("inf")]),
        (3, [0], [0.0]),
        (3, [0], [None]),
        (3.5, [0], None),
        (10**5, range(MOST_BANDS + 1), None),
        (10**40, [0], None),
    ],
)
def test_other_bands_are_refused(count: Any, used: Any, wavelengths: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        checked_bands(count, used, wavelengths)


@pytest.mark.parametrize("count", [-1, MOST_COUNT + 1, 1.0, "3", None, False])
def test_other_counts_are_refused(count: Any) -> None:
    with pytest.raises(ValueError, match="in the place of a count"):
        checked_count(count)


def test_as_many_bands_are_taken_as_is_asked_for() -> None:
    used = range(MOST_BANDS + 1)
    assert checked_bands(10**5, used, None, most=len(used)).used == tuple(used)


@pytest.mark.parametrize(
    "array",
    [np.zeros(3), np.zeros(3, np.int32), np.array([np.nan], np.float32), np.float32([np.inf])],
)
def test_tensors_other_than_finite_float32_are_named(array: np.ndarray) -> None:
    fine = {"mean": np.zeros((2, 2), np.float32), "scale": np.array(1, np.float32)}
    check_float32(fine)
    with pytest.raises(ValueError, match="tensor matrix of"):
        check_float32(fine | {"matrix": array})
