"""Polygons by clicks and freehand, ended, undone and dropped as in QGIS."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from qgis.core import QgsGeometry
from qgis.PyQt.QtCore import Qt

from hsi_film_plugin.dock.polygon_tool import HoleTool, PolygonTool

_spec = spec_from_file_location("canvas_hand", Path(__file__).with_name("canvas_hand.py"))
mouse = module_from_spec(_spec)
_spec.loader.exec_module(mouse)
canvas, hand, hand_abroad = mouse.canvas, mouse.hand, mouse.hand_abroad
hand_on_turned, hand_on_unplaced = mouse.hand_on_turned, mouse.hand_on_unplaced


CORNERS = [(5.2, 5.2), (8.8, 5.2), (8.8, 7.8), (5.2, 7.8)]
INSIDE = [(col, row) for col in (5, 6, 7, 8) for row in (5, 6, 7)]


def click_corners(hand, corners=CORNERS):
    for corner in corners:
        hand.click(*corner)


def circle(middle, radius, steps=60):
    import math

    turns = [2 * math.pi * step / steps for step in range(steps)]
    return [(middle + radius * math.cos(t), middle + radius * math.sin(t)) for t in turns]


@pytest.mark.parametrize("end", ["right", "return", "enter", "double"])
def test_clicked_corners_make_a_polygon_of_the_pixels_inside(hand, end):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand, CORNERS if end != "double" else CORNERS[:-1])
    if end == "right":
        hand.click(20, 20, mouse.RIGHT)
    elif end == "double":
        hand.double_click(*CORNERS[-1])
    else:
        hand.key(Qt.Key.Key_Return if end == "return" else Qt.Key.Key_Enter)
    ((geometry, source),) = hand.drawn
    assert source == "polygon"
    assert geometry.isMultipart()
    assert hand.pixels() == INSIDE
    assert geometry.area() == pytest.approx(len(INSIDE) * 100)
    assert not hand.bands()


def test_after_a_polygon_the_next_one_begins_anew(hand):
    hand.take(PolygonTool(hand.canvas))
    for _ in range(2):
        click_corners(hand, CORNERS[:-1])
        hand.double_click(*CORNERS[-1])
    assert [source for _, source in hand.drawn] == ["polygon", "polygon"]
    assert hand.pixels(0) == hand.pixels(1) == INSIDE


def test_without_snapping_the_outline_stays_as_it_was_clicked(hand):
    hand.take(PolygonTool(hand.canvas)).snap_to_pixels = False
    click_corners(hand)
    hand.click(20, 20, mouse.RIGHT)
    assert hand.drawn[0][0].area() == pytest.approx(3.6 * 2.6 * 100, rel=0.05)
    assert len(hand.drawn[0][0].asMultiPolygon()[0][0]) == 5


def test_the_outline_follows_the_mouse(hand):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand, CORNERS[:2])
    hand.move(8, 12)
    shown = hand.bands()[0].asGeometry()
    assert shown.boundingBox().height() == pytest.approx(68, abs=1.5)


def test_backspace_takes_corners_back_one_by_one(hand):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand)
    hand.click(30, 30)
    hand.key(Qt.Key.Key_Backspace)
    hand.click(20, 20, mouse.RIGHT)
    assert hand.pixels() == INSIDE
    click_corners(hand, CORNERS[:2])
    for _ in range(3):
        hand.key(Qt.Key.Key_Backspace)
    assert not hand.bands()


def test_escape_begins_anew(hand):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand, [(1, 1), (30, 1)])
    hand.key(Qt.Key.Key_Escape)
    assert not hand.bands()
    click_corners(hand)
    hand.key(Qt.Key.Key_Return)
    assert hand.pixels() == INSIDE


def test_two_corners_are_not_enough_and_are_kept(hand):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand, CORNERS[:2])
    hand.click(20, 20, mouse.RIGHT)
    assert not hand.drawn
    assert "three" in hand.messages[-1]
    click_corners(hand, CORNERS[2:])
    hand.click(20, 20, mouse.RIGHT)
    assert hand.pixels() == INSIDE


def test_an_outline_without_area_is_refused(hand):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand, [(5, 5), (9, 5), (7, 5)])
    hand.click(20, 20, mouse.RIGHT)
    assert not hand.drawn
    assert "no area" in hand.messages[-1]


def test_an_outline_that_crosses_itself_becomes_valid_polygons(hand):
    hand.take(PolygonTool(hand.canvas)).snap_to_pixels = False
    click_corners(hand, [(5, 5), (9, 9), (9, 5), (5, 9)])
    hand.key(Qt.Key.Key_Return)
    geometry = hand.drawn[0][0]
    assert geometry.isGeosValid()
    assert len(geometry.asMultiPolygon()) == 2
    assert geometry.area() == pytest.approx(800, rel=0.05)


def test_a_drag_draws_freehand(hand):
    hand.take(PolygonTool(hand.canvas))
    hand.drag(*circle(20, 8))
    ((geometry, source),) = hand.drawn
    assert source == "freehand"
    assert geometry.area() == pytest.approx(3.1416 * 64 * 100, rel=0.04)
    assert not hand.bands()


def test_a_freehand_outline_is_simplified_but_keeps_its_shape(hand):
    hand.take(PolygonTool(hand.canvas)).snap_to_pixels = False
    hand.drag(*circle(20, 12, 400))
    ring = hand.drawn[0][0].asMultiPolygon()[0][0]
    assert 8 < len(ring) < 80
    assert hand.drawn[0][0].area() == pytest.approx(3.1416 * 144 * 100, rel=0.03)


def test_a_freehand_outline_that_leaves_the_scene_is_cut_at_its_border(hand):
    hand.take(PolygonTool(hand.canvas)).snap_to_pixels = False
    hand.drag((5, 2), (5, -1.5), (15, -1.5), (15, 2), (5, 2))
    box = hand.drawn[0][0].boundingBox()
    assert box.yMaximum() == pytest.approx(5800000, abs=1e-6)
    assert box.yMinimum() == pytest.approx(5800000 - 20, abs=1.5)


def test_a_drag_that_begins_outside_draws_nothing(hand):
    hand.take(PolygonTool(hand.canvas))
    hand.drag((-2, 5), (5, 5), (5, 9), (-2, 9))
    assert not hand.drawn
    assert "outside" in hand.messages[-1]


def test_a_shaky_click_between_corners_is_a_corner(hand):
    hand.take(PolygonTool(hand.canvas))
    click_corners(hand, CORNERS[:2])
    hand.drag((7, 6.5), CORNERS[2])
    hand.click(*CORNERS[3])
    hand.key(Qt.Key.Key_Return)
    assert hand.drawn[0][1] == "polygon"
    assert hand.pixels() == INSIDE


def test_on_a_canvas_in_another_crs_the_same_pixels_are_hit(hand_abroad):
    hand_abroad.take(PolygonTool(hand_abroad.canvas))
    click_corners(hand_abroad)
    hand_abroad.click(20, 20, mouse.RIGHT)
    assert hand_abroad.pixels() == INSIDE
    outline = hand_abroad.drawn[0][0].boundingBox()
    assert outline.xMinimum() == pytest.approx(500050)


def test_on_a_turned_scene_the_same_pixels_are_hit(hand_on_turned):
    hand_on_turned.take(PolygonTool(hand_on_turned.canvas))
    click_corners(hand_on_turned)
    hand_on_turned.click(20, 20, mouse.RIGHT)
    assert hand_on_turned.pixels() == INSIDE


def test_on_a_scene_without_a_crs_the_same_pixels_are_hit(hand_on_unplaced):
    hand_on_unplaced.take(PolygonTool(hand_on_unplaced.canvas))
    click_corners(hand_on_unplaced)
    hand_on_unplaced.click(20, 20, mouse.RIGHT)
    assert hand_on_unplaced.pixels() == INSIDE
    assert hand_on_unplaced.drawn[0][0].boundingBox().yMaximum() == -5


def test_holes_are_drawn_like_polygons_and_say_that_they_are_holes(hand):
    hand.take(HoleTool(hand.canvas))
    click_corners(hand)
    hand.click(20, 20, mouse.RIGHT)
    hand.drag(*circle(20, 8))
    assert [source for _, source in hand.drawn] == ["hole", "hole"]
    assert isinstance(hand.drawn[0][0], QgsGeometry)
    assert hand.pixels(0) == INSIDE
