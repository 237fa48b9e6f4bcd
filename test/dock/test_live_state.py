"""The live map's figures as text."""

from __future__ import annotations

import pytest


@pytest.fixture
def whole(qgis):
    from hsi_film_plugin.dock.visible_part import VisiblePart

    return VisiblePart(64, 64, 64, 64, (0.0, 0.0, 640.0, 640.0))


def result(**more):
    return {"label_polygons": 5, "label_pixels": 80, **more}


def test_accuracy_without_an_interval_has_none(qgis):
    from hsi_film_plugin.dock.live_state import accuracy_of

    point = accuracy_of(result(accuracy={"overall_accuracy": 0.5, "low": None, "high": None}))
    assert (point.low, point.accuracy, point.high) == (0.5, 0.5, 0.5)
    assert (point.polygons, point.pixels) == (5, 80)


@pytest.mark.parametrize("accuracy", [None, {}, {"overall_accuracy": None}])
def test_map_that_was_not_validated_has_no_accuracy(qgis, accuracy):
    from hsi_film_plugin.dock.live_state import accuracy_of

    assert accuracy_of(result(accuracy=accuracy)) is None


def test_text_states_the_interval(whole):
    from hsi_film_plugin.dock.live_state import map_text

    accuracy = {"overall_accuracy": 0.87, "low": 0.781, "high": 0.93}
    text = map_text(result(accuracy=accuracy), whole)
    assert "87%" in text
    assert "78% to 93%" in text
    assert "middle" not in text


def test_text_hands_warnings_on(whole):
    from hsi_film_plugin.dock.live_state import map_text

    assert map_text(result(warnings=["One label is empty."]), whole).endswith("One label is empty.")
