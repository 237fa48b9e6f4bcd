"""The brush paints the pixels that it passes, all of them and none else."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from qgis.PyQt.QtCore import Qt

from hsi_film_plugin.dock.brush_tool import WIDEST, BrushTool, pixel_line, stroke

_spec = spec_from_file_location("canvas_hand", Path(__file__).with_name("canvas_hand.py"))
mouse = module_from_spec(_spec)
_spec.loader.exec_module(mouse)
canvas, hand, hand_abroad = mouse.canvas, mouse.hand, mouse.hand_abroad
hand_on_turned, hand_on_unplaced = mouse.hand_on_turned, mouse.hand_on_unplaced


CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_click_paints_the_pixel_under_it(hand):
    hand.take(BrushTool(hand.canvas))
    hand.click(5.5, 7.5)
    assert hand.pixels() == [(5, 7)]
    assert hand.drawn[0][1] == "brush"
    assert hand.drawn[0][0].area() == pytest.approx(100)


def test_a_fast_stroke_has_no_gaps(hand):
    hand.take(BrushTool(hand.canvas))
    hand.drag((2.5, 2.5), (30.5, 2.5), (30.5, 25.5), (4.5, 12.5))
    assert len(hand.drawn[0][0].asMultiPolygon()) == 1
    pixels = set(hand.pixels())
    assert {(col, 2) for col in range(2, 31)} <= pixels
    assert {(30, row) for row in range(2, 26)} <= pixels
    assert (4, 12) in pixels


def test_two_strokes_are_two_labels(hand):
    hand.take(BrushTool(hand.canvas))
    hand.drag((2.5, 2.5), (4.5, 2.5))
    hand.drag((2.5, 9.5), (3.5, 9.5))
    assert hand.pixels(0) == [(2, 2), (3, 2), (4, 2)]
    assert hand.pixels(1) == [(2, 9), (3, 9)]


def test_a_double_click_paints_and_leaves_nothing_behind(hand):
    hand.take(BrushTool(hand.canvas))
    hand.double_click(5.5, 7.5)
    assert [hand.pixels(0), hand.pixels(1)] == [[(5, 7)], [(5, 7)]]
    hand.move(20, 20)
    assert len(hand.drawn) == 2


def test_a_stroke_may_leave_the_scene_and_come_back(hand):
    hand.take(BrushTool(hand.canvas))
    hand.drag((1.5, 5.5), (-1.5, 5.5), (-1.5, 8.5), (1.5, 8.5))
    assert hand.pixels() == [(0, 5), (0, 8), (1, 5), (1, 8)]


def test_the_stroke_is_shown_while_it_is_painted(hand):
    hand.take(BrushTool(hand.canvas))
    hand.press(5.5, 5.5)
    for col in range(6, 20):
        hand.move(col + 0.5, 5.5, mouse.LEFT)
    shown = max(band.asGeometry().area() for band in hand.bands())
    assert shown == pytest.approx(1500)
    hand.release()
    assert all(band.asGeometry().area() <= 100 for band in hand.bands())


def test_a_long_stroke_is_shown_and_painted_whole(hand, monkeypatch):
    import hsi_film_plugin.dock.brush_tool as module

    monkeypatch.setattr(module, "_FRESH_PIXELS", 10)
    hand.take(BrushTool(hand.canvas))
    hand.press(0.5, 0.5)
    for row in range(0, 12, 2):
        hand.move(39.5, row + 0.5, mouse.LEFT)
        hand.move(0.5, row + 1.5, mouse.LEFT)
    shown = sum(band.asGeometry().area() for band in hand.bands())
    hand.release()
    assert shown == pytest.approx(hand.drawn[0][0].area(), abs=101)  # the footprint
    assert len(hand.pixels()) > 6 * 40


def test_keys_change_the_width_within_bounds(hand):
    tool = hand.take(BrushTool(hand.canvas))
    widths = []
    tool.widthChanged.connect(widths.append)
    hand.type("]]][")
    assert tool.width_pixels == 3
    assert widths == [2, 3, 4, 3]
    tool.width_pixels = 1000
    assert tool.width_pixels == WIDEST
    tool.width_pixels = -3
    assert tool.width_pixels == 1


def test_the_wheel_with_ctrl_changes_the_width_and_does_not_zoom(hand):
    tool = hand.take(BrushTool(hand.canvas))
    hand.move(20, 20)
    assert not hand.wheel(2, CTRL)
    assert tool.width_pixels == 3
    for _ in range(4):
        hand.wheel(-0.25, CTRL)
    assert tool.width_pixels == 2
    assert hand.wheel(1)
    assert tool.width_pixels == 2


def test_a_wide_brush_paints_a_disc(hand):
    tool = hand.take(BrushTool(hand.canvas))
    tool.width_pixels = 5
    hand.click(10.5, 10.5)
    square = {(col, row) for col in range(8, 13) for row in range(8, 13)}
    assert set(hand.pixels()) == square - {(8, 8), (8, 12), (12, 8), (12, 12)}
    hand.click(0.5, 0.5)
    assert set(hand.pixels()) == {(c, r) for c in range(3) for r in range(3)} - {(2, 2)}


@pytest.mark.parametrize("width", range(1, 12))
def test_a_brush_is_as_wide_as_it_says(qgis, width):
    import numpy as np

    rows, cols = stroke(pixel_line((0, 0), (0, 0)), width)
    assert np.ptp(rows) + 1 == np.ptp(cols) + 1 == width
    assert len(set(zip(rows.tolist(), cols.tolist()))) == rows.size


def test_pixels_of_a_line_share_edges_and_reach_both_ends(qgis):
    for end in ((0, 0), (0, 7), (-5, 5), (3, -9), (-8, -1)):
        rows, cols = pixel_line((0, 0), end)
        pixels = set(zip(rows.tolist(), cols.tolist()))
        assert {(0, 0), end} <= pixels
        assert len(pixels) == abs(end[0]) + abs(end[1]) + 1
        joined, met = {(0, 0)}, [(0, 0)]
        while met:
            row, col = met.pop()
            beside = {(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)}
            met += (beside & pixels) - joined
            joined |= beside & pixels
        assert joined == pixels


@pytest.mark.parametrize("abroad", ["hand_abroad", "hand_on_turned", "hand_on_unplaced"])
def test_the_same_pixels_are_painted_on_other_scenes_and_canvases(request, abroad):
    hand = request.getfixturevalue(abroad)
    hand.take(BrushTool(hand.canvas))
    hand.drag((5.5, 5.5), (9.5, 5.5))
    assert hand.pixels() == [(col, 5) for col in range(5, 10)]
