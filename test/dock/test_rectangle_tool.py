"""Rectangles by dragging or two clicks, along the rows and columns of the scene."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from qgis.PyQt.QtCore import Qt

from hsi_film_plugin.dock.rectangle_tool import RectangleTool

_spec = spec_from_file_location("canvas_hand", Path(__file__).with_name("canvas_hand.py"))
mouse = module_from_spec(_spec)
_spec.loader.exec_module(mouse)
canvas, hand, hand_abroad = mouse.canvas, mouse.hand, mouse.hand_abroad
hand_on_turned, hand_on_unplaced = mouse.hand_on_turned, mouse.hand_on_unplaced


INSIDE = [(col, row) for col in (5, 6, 7, 8) for row in (10, 11)]


@pytest.mark.parametrize("places", [((5.3, 10.4), (8.6, 11.7)), ((8.6, 10.4), (5.3, 11.7))])
@pytest.mark.parametrize("way", ["drag", "clicks", "enter", "right"])
def test_a_rectangle_holds_all_pixels_between_its_corners(hand, places, way):
    hand.take(RectangleTool(hand.canvas))
    if way == "drag":
        hand.drag(*places)
    else:
        hand.click(*places[0])
        hand.move(*places[1])
        assert hand.bands()
        if way == "clicks":
            hand.click(*places[1])
        elif way == "enter":
            hand.key(Qt.Key.Key_Return)
        else:
            hand.click(*places[1], mouse.RIGHT)
    ((geometry, source),) = hand.drawn
    assert source == "rectangle"
    assert hand.pixels() == INSIDE
    assert geometry.area() == pytest.approx(800)
    assert not hand.bands()


def test_the_band_shows_the_pixels_that_will_be_taken(hand):
    hand.take(RectangleTool(hand.canvas))
    hand.click(5.3, 10.4)
    hand.move(8.6, 11.7)
    assert hand.bands()[0].asGeometry().area() == pytest.approx(800)


def test_without_snapping_a_rectangle_stays_as_drawn(hand):
    hand.take(RectangleTool(hand.canvas)).snap_to_pixels = False
    hand.drag((5.3, 10.4), (8.6, 11.7))
    assert hand.drawn[0][0].area() == pytest.approx(3.3 * 1.3 * 100, rel=0.07)


def test_a_double_click_takes_a_single_pixel(hand):
    hand.take(RectangleTool(hand.canvas))
    hand.double_click(5.5, 7.5)
    assert hand.pixels() == [(5, 7)]
    assert len(hand.drawn) == 1
    assert not hand.bands()


def test_a_rectangle_ends_at_the_border_of_the_scene(hand):
    hand.take(RectangleTool(hand.canvas))
    hand.drag((38.5, 38.5), (42, 42))
    assert hand.pixels() == [(38, 38), (38, 39), (39, 38), (39, 39)]


def test_escape_begins_anew(hand):
    hand.take(RectangleTool(hand.canvas))
    hand.click(1, 1)
    hand.key(Qt.Key.Key_Escape)
    hand.drag((5.3, 10.4), (8.6, 11.7))
    assert len(hand.drawn) == 1
    assert hand.pixels() == INSIDE


def test_on_a_turned_scene_the_rectangle_is_turned_too(hand_on_turned):
    hand_on_turned.take(RectangleTool(hand_on_turned.canvas)).snap_to_pixels = False
    hand_on_turned.drag((5.2, 10.4), (8.6, 11.7))
    assert hand_on_turned.pixels() == [
        (col, row) for col, row in INSIDE if 5 < col + 0.5 < 8.6 and 10.4 < row + 0.5 < 11.7
    ]
    ring = hand_on_turned.drawn[0][0].asMultiPolygon()[0][0]
    rows, cols = zip(*(hand_on_turned.grid.place_of(point) for point in ring))
    assert len({round(row, 3) for row in rows}) == len({round(col, 3) for col in cols}) == 2


def test_on_a_canvas_in_another_crs_the_same_pixels_are_hit(hand_abroad):
    hand_abroad.take(RectangleTool(hand_abroad.canvas))
    hand_abroad.drag((5.3, 10.4), (8.6, 11.7))
    assert hand_abroad.pixels() == INSIDE


def test_on_a_scene_without_a_crs_the_same_pixels_are_hit(hand_on_unplaced):
    hand_on_unplaced.take(RectangleTool(hand_on_unplaced.canvas))
    hand_on_unplaced.drag((5.3, 10.4), (8.6, 11.7))
    assert hand_on_unplaced.pixels() == INSIDE
