"""What all tools share: hints, the way between canvas and scene, rubber bands that go."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from hsi_film_plugin.dock.brush_tool import BrushTool
from hsi_film_plugin.dock.edit_tool import EditTool
from hsi_film_plugin.dock.polygon_tool import HoleTool, PolygonTool
from hsi_film_plugin.dock.rectangle_tool import RectangleTool
from hsi_film_plugin.dock.wand_tool import WandTool

_spec = spec_from_file_location("canvas_hand", Path(__file__).with_name("canvas_hand.py"))
mouse = module_from_spec(_spec)
_spec.loader.exec_module(mouse)
canvas, hand = mouse.canvas, mouse.hand

ALL = [PolygonTool, HoleTool, RectangleTool, BrushTool, WandTool]


def begin(hand, kind):
    """Take a tool and begin to draw with it."""
    tool = hand.take(kind(hand.canvas))
    hand.press(5.5, 5.5)
    if kind is not BrushTool:
        hand.release()
    hand.move(9.5, 8.5, mouse.LEFT if kind is BrushTool else mouse.NONE)
    assert hand.bands()
    return tool


@pytest.mark.parametrize("kind", [*ALL, EditTool])
def test_a_tool_says_what_to_do_when_it_is_taken(hand, kind):
    hand.take(kind(hand.canvas))
    assert hand.messages[-1]


@pytest.mark.parametrize("kind", ALL)
def test_without_a_scene_a_click_is_answered_by_what_is_missing(hand, kind):
    tool = hand.take(kind(hand.canvas))
    tool.set_grid(None)
    hand.drag((5, 5), (9, 9))
    hand.double_click(5, 5)
    hand.key(Qt.Key.Key_Return)
    assert "Choose" in hand.messages[-1]
    assert not hand.drawn
    assert not hand.bands()


@pytest.mark.parametrize("kind", ALL)
def test_a_click_outside_of_the_scene_is_ignored_and_says_so(hand, kind):
    hand.take(kind(hand.canvas))
    hand.click(-2, 5)
    assert "outside" in hand.messages[-1]
    assert not hand.bands()


@pytest.mark.parametrize("kind", ALL)
def test_putting_a_tool_down_drops_what_is_being_drawn(hand, kind):
    tool = begin(hand, kind)
    hand.canvas.unsetMapTool(tool)
    assert not hand.bands()
    hand.canvas.setMapTool(tool)
    hand.click(9, 9, mouse.RIGHT)
    assert not hand.drawn


@pytest.mark.parametrize("kind", ALL)
def test_losing_the_scene_drops_what_is_being_drawn(hand, kind):
    tool = begin(hand, kind)
    tool.set_grid(None)
    assert not hand.bands()
    hand.move(12, 12)
    hand.release()
    hand.key(Qt.Key.Key_Return)
    assert not hand.drawn


@pytest.mark.parametrize("kind", ALL)
def test_escape_drops_what_is_being_drawn_even_while_the_mouse_is_held(hand, kind):
    hand.take(kind(hand.canvas))
    hand.press(5.5, 5.5)
    hand.move(9.5, 8.5, mouse.LEFT)
    hand.move(12.5, 18.5, mouse.LEFT)
    hand.key(Qt.Key.Key_Escape)
    assert not hand.bands()
    hand.release()
    hand.key(Qt.Key.Key_Return)
    assert not hand.drawn


@pytest.mark.parametrize("kind", ALL)
def test_a_canvas_may_go_in_the_middle_of_a_drawing(hand, kind):
    tool = begin(hand, kind)
    bands = hand.bands()
    sip.delete(hand.canvas)
    assert all(sip.isdeleted(band) for band in bands)
    assert sip.isdeleted(tool)


@pytest.mark.parametrize("kind", ALL)
def test_a_drawing_stays_in_place_when_the_canvas_gets_another_crs(hand, kind):
    begin(hand, kind)
    mouse.show_all_of(hand.canvas, hand.grid, 4326)
    boxes = [band.asGeometry().boundingBox() for band in hand.bands()]
    assert boxes
    assert all(12 < box.xMinimum() < 18 and 50 < box.yMinimum() < 55 for box in boxes)


@pytest.mark.parametrize("kind", ALL)
def test_what_cannot_be_transformed_gives_a_message_and_no_error(hand, kind):
    hand.take(kind(hand.canvas))
    nowhere = QgsCoordinateReferenceSystem()
    nowhere.createFromProj("+proj=gnom +lat_0=-52 +lon_0=-165 +datum=WGS84")
    hand.canvas.setDestinationCrs(nowhere)
    for place in ((5, 5), (20, 20)):
        hand._at = hand.canvas.viewport().rect().center()
        hand._send(mouse.QEvent.Type.MouseMove, mouse.NONE, mouse.NONE)
        hand._send(mouse.QEvent.Type.MouseButtonPress, mouse.LEFT, mouse.LEFT)
        hand._send(mouse.QEvent.Type.MouseButtonRelease, mouse.LEFT, mouse.NONE)
        assert "outside" in hand.messages[-1], place


@pytest.mark.parametrize("kind", [PolygonTool, RectangleTool, WandTool])
def test_a_drawing_takes_the_colour_of_the_class(hand, kind):
    tool = begin(hand, kind)
    tool.set_colour(QColor("#123456"))
    assert {band.strokeColor().name() for band in hand.bands()} == {"#123456"}


@pytest.mark.parametrize("kind", ALL)
def test_the_wheel_zooms_the_map_while_nothing_is_drawn(hand, kind):
    hand.take(kind(hand.canvas))
    hand.move(20, 20)
    assert hand.wheel(1)


@pytest.mark.parametrize("kind", [*ALL, EditTool])
def test_qgis_is_told_that_delete_was_heard(hand, kind):
    # QGIS deletes the selected features of its current layer when the event stays accepted.
    hand.take(kind(hand.canvas))
    heard = []
    hand.canvas.keyPressed.connect(lambda event: heard.append(event.isAccepted()))
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_Backspace)
    assert True not in heard


def test_outlines_become_valid_polygons(qgis):
    from hsi_film_plugin.dock.label_tool import valid_polygons

    bow = QgsGeometry.fromWkt("Polygon ((0 0, 4 4, 4 0, 0 4, 0 0))")
    valid = valid_polygons(bow)
    assert valid.isGeosValid()
    assert valid.area() == pytest.approx(8)
    spike = QgsGeometry.fromWkt("Polygon ((0 0, 4 0, 4 4, 4 9, 4 4, 0 4, 0 0))")
    assert valid_polygons(spike).area() == pytest.approx(16)
    assert valid_polygons(QgsGeometry.fromWkt("Polygon ((0 0, 4 4, 0 0))")).isEmpty()
