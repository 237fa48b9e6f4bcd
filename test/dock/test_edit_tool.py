"""Labels are selected, moved, reshaped and deleted with the mouse."""

from __future__ import annotations

import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from qgis.core import QgsGeometry
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from hsi_film_plugin.dock.edit_tool import EditTool
from hsi_film_plugin.dock.label_layer import LabelLayer

_spec = spec_from_file_location("canvas_hand", Path(__file__).with_name("canvas_hand.py"))
mouse = module_from_spec(_spec)
_spec.loader.exec_module(mouse)
canvas, hand, hand_abroad = mouse.canvas, mouse.hand, mouse.hand_abroad
hand_on_turned, hand_on_unplaced = mouse.hand_on_turned, mouse.hand_on_unplaced


class Editor:
    """A layer with two labels, the tool, and what it said; the layer does what it asks for."""

    def __init__(self, hand, path, snap):
        self.hand = hand
        self.labels = LabelLayer.create(path, hand.grid.crs, "labels")
        self.class_id = self.labels.classes.add("Water").class_id
        self.first = self.add((5, 5), (15, 5), (15, 15), (5, 15))
        self.second = self.add((20, 20), (30, 20), (30, 30), (20, 30))
        self.selected, self.reshaped, self.deleted = [], [], []
        self.tool = hand.take(EditTool(hand.canvas))
        self.tool.snap_to_pixels = snap
        self.tool.set_labels(self.labels)
        self.tool.selected.connect(self.selected.append)
        self.tool.reshaped.connect(self._reshape)
        self.tool.deleteWanted.connect(self._delete)

    def add(self, *corners):
        ring = [self.hand.grid.point_at(row, col) for col, row in corners]
        return self.labels.add(QgsGeometry.fromPolygonXY([ring]), self.class_id, "polygon")

    def _reshape(self, fid, geometry):
        self.reshaped.append((fid, geometry))
        self.labels.reshape(fid, geometry)

    def _delete(self, fid):
        self.deleted.append(fid)
        self.labels.remove([fid])

    def corners(self, fid):
        """The (column, row) of a label's corners, rounded to tenths."""
        geometry = self.labels.layer.getFeature(fid).geometry()
        places = [self.hand.grid.place_of(point) for point in geometry.asMultiPolygon()[0][0][:-1]]
        return sorted((round(col, 1), round(row, 1)) for row, col in places)


@pytest.fixture
def make_editor(tmp_path):
    """Makes editors whose layers go with the test: QGIS cannot close after one that stays."""
    editors = []

    def make(hand, snap):
        editors.append(Editor(hand, tmp_path / f"labels{len(editors)}.gpkg", snap))
        return editors[-1]

    yield make
    for editor in editors:
        if not sip.isdeleted(editor.labels.layer):
            sip.delete(editor.labels.layer)


@pytest.fixture
def editor(hand, make_editor):
    return make_editor(hand, snap=True)


@pytest.fixture
def free_editor(hand, make_editor):
    return make_editor(hand, snap=False)


def test_a_click_selects_the_label_under_it_and_shows_it(editor, hand):
    hand.click(10, 10)
    hand.click(25, 25)
    assert editor.selected == [editor.first, editor.second]
    boxes = [band.asGeometry().boundingBox() for band in hand.bands()]
    assert any(box.center() == hand.grid.point_at(25, 25) for box in boxes)


def test_a_click_beside_all_labels_selects_none(editor, hand):
    hand.click(10, 10)
    hand.click(35, 5)
    assert editor.selected == [editor.first, None]
    assert not hand.bands()


def test_escape_and_right_click_let_go(editor, hand):
    hand.click(10, 10)
    hand.key(Qt.Key.Key_Escape)
    hand.click(10, 10)
    hand.click(10, 10, mouse.RIGHT)
    assert editor.selected == [editor.first, None, editor.first, None]


def test_a_corner_is_dragged(editor, hand):
    hand.click(10, 10)
    hand.drag((15, 15), (16, 16), (18, 18))
    assert [fid for fid, _ in editor.reshaped] == [editor.first]
    rows, cols = hand.grid.pixels_of(editor.labels.layer.getFeature(editor.first).geometry())
    assert (16, 16) in set(zip(rows.tolist(), cols.tolist()))
    assert editor.selected == [editor.first]
    editor.labels.undo_stack.undo()
    assert editor.corners(editor.first) == [(5, 5), (5, 15), (15, 5), (15, 15)]


def test_without_snapping_only_the_dragged_corner_moves(free_editor, hand):
    hand.click(10, 10)
    hand.drag((15, 15), (16, 16), (18, 17.5))
    assert free_editor.corners(free_editor.first) == [(5, 5), (5, 15), (15, 5), (18, 17.5)]


def test_a_dragged_label_moves_by_whole_pixels_when_snapped(editor, hand):
    hand.click(10, 10)
    hand.drag((10, 10), (12, 12), (13.1, 12.1))
    assert editor.corners(editor.first) == [(8, 7), (8, 17), (18, 7), (18, 17)]


def test_a_dragged_edge_gets_a_corner(free_editor, hand):
    hand.click(10, 10)
    hand.drag((15, 10), (17, 10), (19, 10))
    assert (19, 10) in free_editor.corners(free_editor.first)
    assert len(free_editor.corners(free_editor.first)) == 5


def test_a_double_click_on_an_edge_inserts_a_corner(free_editor, hand):
    hand.click(10, 10)
    hand.double_click(10, 5)
    assert (10, 5) in free_editor.corners(free_editor.first)


def test_delete_on_a_corner_removes_the_corner(free_editor, hand):
    hand.click(10, 10)
    hand.move(15, 15)
    hand.key(Qt.Key.Key_Delete)
    assert free_editor.corners(free_editor.first) == [(5, 5), (5, 15), (15, 5)]
    assert not free_editor.deleted
    hand.move(15, 5)
    hand.key(Qt.Key.Key_Delete)
    assert len(free_editor.corners(free_editor.first)) == 3
    assert "three corners" in hand.messages[-1]


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_away_from_corners_deletes_the_label(editor, hand, key):
    hand.click(10, 10)
    hand.key(key)
    assert editor.deleted == [editor.first]
    wait_until(lambda: editor.selected[-1] is None)
    assert not hand.bands()


def wait_until(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it has not come to pass"
        QTest.qWait(10)


def test_a_drag_that_escape_breaks_off_changes_nothing(editor, hand):
    hand.click(10, 10)
    hand.press(15, 15)
    hand.move(17, 17, mouse.LEFT)
    hand.move(19, 19, mouse.LEFT)
    hand.key(Qt.Key.Key_Escape)
    hand.release()
    assert not editor.reshaped
    assert editor.selected == [editor.first]


@pytest.mark.parametrize("snap", [True, False])
def test_a_label_cannot_be_dragged_off_the_scene(hand, make_editor, snap):
    editor = make_editor(hand, snap)
    hand.click(10, 10)
    hand.drag((10, 10), (-4, 10), (-18, 10))
    assert not editor.reshaped
    assert "No pixel" in hand.messages[-1]
    assert editor.corners(editor.first) == [(5, 5), (5, 15), (15, 5), (15, 15)]


def test_what_is_dragged_over_the_border_is_cut_there(free_editor, hand):
    hand.click(10, 10)
    hand.drag((10, 10), (4, 10), (2, 10))
    corners = free_editor.corners(free_editor.first)
    assert [col for col, _ in corners] == pytest.approx([0, 0, 7, 7], abs=0.15)
    assert sum(col == 0 for col, _ in corners) == 2


def test_a_label_that_others_change_is_shown_anew(editor, hand):
    hand.click(10, 10)
    ring = [hand.grid.point_at(row, col) for col, row in [(5, 5), (9, 5), (9, 9), (5, 9)]]
    editor.labels.reshape(editor.first, QgsGeometry.fromPolygonXY([ring]))
    wait_until(
        lambda: any(band.asGeometry().area() == pytest.approx(1600) for band in hand.bands())
    )


def test_putting_the_tool_down_lets_go(editor, hand):
    hand.click(10, 10)
    hand.canvas.unsetMapTool(editor.tool)
    assert editor.selected == [editor.first, None]
    assert not hand.bands()


def test_a_layer_that_goes_away_takes_the_selection_with_it(editor, hand):
    hand.click(10, 10)
    sip.delete(editor.labels.layer)
    assert editor.selected[-1] is None
    assert not hand.bands()
    hand.click(10, 10)
    assert "no labels" in hand.messages[-1]


def test_a_canvas_may_go_while_a_label_is_dragged(editor, hand):
    hand.click(10, 10)
    hand.press(10, 10)
    hand.move(13, 13, mouse.LEFT)
    sip.delete(hand.canvas)
    assert sip.isdeleted(editor.tool)
    assert not editor.reshaped


def test_on_a_canvas_in_another_crs_a_corner_is_dragged_as_well(hand_abroad, make_editor):
    editor = make_editor(hand_abroad, snap=False)
    hand_abroad.click(10, 10)
    hand_abroad.drag((15, 15), (16, 16), (18, 18))
    corners = editor.corners(editor.first)
    assert corners[:3] == [(5, 5), (5, 15), (15, 5)]
    assert corners[3] == pytest.approx((18, 18), abs=0.15)
