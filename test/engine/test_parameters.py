"""Parameters of jobs: typed, or refused by name."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hsi_film_plugin.engine import parameters as given
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import ClassStyle


def test_missing_null_and_empty_parameters_are_the_default():
    for params in ({}, {"a": None}, {"a": ""}):
        assert given.text(params, "a") is None
        assert given.optional_path(params, "a") is None
    for params in ({}, {"a": None}):
        assert given.integer(params, "a", 7) == 7
        assert given.number(params, "a", 0.5) == 0.5
        assert given.optional_integer(params, "a") is None
        assert given.extent(params, "a") is None
    for value in (None, []):
        assert given.integers({"a": value}, "a") is None


def test_values_keep_their_meaning():
    params = {"path": "/x/y.tif", "n": 3.0, "f": 2, "list": [-2, -3], "box": [0, 1, 2.5, 3]}
    assert given.required_path(params, "path") == Path("/x/y.tif")
    assert given.integer(params, "n", 0) == 3
    assert given.number(params, "f", 0.0) == 2.0
    assert given.integers(params, "list") == (-2, -3)
    assert given.extent(params, "box") == (0.0, 1.0, 2.5, 3.0)


@pytest.mark.parametrize("value", ["3", 1.5, True, [], {}, math.nan, math.inf])
def test_what_is_no_whole_number_is_named(value: object):
    with pytest.raises(InputError, match=r"Parameter 'seed' is .*whole number"):
        given.integer({"seed": value}, "seed", 0)


@pytest.mark.parametrize("value", ["0.5", True, [], math.nan, -math.inf])
def test_what_is_no_number_is_named(value: object):
    with pytest.raises(InputError, match=r"Parameter 'min_confidence' is .*Give a number"):
        given.number({"min_confidence": value}, "min_confidence", 0.0)


@pytest.mark.parametrize("value", [3, True, ["a"], {"b": 1}])
def test_what_is_no_text_is_named(value: object):
    with pytest.raises(InputError, match=r"Parameter 'input' is .*Give a text"):
        given.required_path({"input": value}, "input")


def test_a_missing_path_is_named():
    with pytest.raises(InputError, match="Parameter 'model' is missing"):
        given.required_path({}, "model")


@pytest.mark.parametrize("value", ["-2,-3", 5, {"a": 1}, [1.5], ["a"]])
def test_what_is_no_list_of_whole_numbers_is_named(value: object):
    with pytest.raises(InputError, match="Parameter 'blocks' is"):
        given.integers({"blocks": value}, "blocks")


@pytest.mark.parametrize("value", [[1, 2, 3], "1,2,3,4", [1, 2, 3, "4"], [0, 0, math.nan, 1], 4])
def test_what_is_no_extent_is_named(value: object):
    with pytest.raises(InputError, match="Parameter 'extent' is"):
        given.extent({"extent": value})


def test_labels_are_read_with_their_layer_field_and_styles():
    params = {
        "reference": "r.gpkg",
        "reference_layer": "fields",
        "class_field": "kind",
        "styles": [{"value": 3, "name": "forest", "color": "#00ff00"}, {"value": "x"}],
    }
    assert given.LabelSource.of(params, "reference") == given.LabelSource(
        Path("r.gpkg"),
        "fields",
        "kind",
        (ClassStyle("3", "forest", "#00ff00"), ClassStyle("x", "", "")),
    )


@pytest.mark.parametrize("styles", [3, ["a"], [{"name": "a"}], [None]])
def test_styles_of_another_shape_are_refused(styles: object):
    with pytest.raises(InputError, match="Parameter 'styles' is no list"):
        given.LabelSource.of({"labels": "a.gpkg", "styles": styles}, "labels")
