"""The wand grows a region beside the GUI, follows the wheel, and drops what is stale."""

from __future__ import annotations

import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from hsi_film_plugin.dock.spectrum_reader import WindowCube
from hsi_film_plugin.dock.wand_tool import FIRST_RADIUS, LARGEST_RADIUS, WandTool

_spec = spec_from_file_location("canvas_hand", Path(__file__).with_name("canvas_hand.py"))
mouse = module_from_spec(_spec)
_spec.loader.exec_module(mouse)
canvas, hand, hand_abroad = mouse.canvas, mouse.hand, mouse.hand_abroad
hand_on_turned, hand_on_unplaced = mouse.hand_on_turned, mouse.hand_on_unplaced


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Reader:
    """Answers a wand with a scene whose spectra turn by a degree a column from column 20."""

    def __init__(self, tool, grid, reach=None):
        self.tool = tool
        self.grid = grid
        self.reach = reach
        self.asked = []
        tool.wanted.connect(self._asked)

    def _asked(self, row, col, radius):
        self.asked.append((row, col, radius))

    def answer(self, index=-1):
        import numpy as np

        row, col, radius = self.asked[index]
        if self.reach:
            radius = self.reach * radius // FIRST_RADIUS
        rows = slice(max(0, row - radius), min(self.grid.height, row + radius + 1))
        cols = slice(max(0, col - radius), min(self.grid.width, col + radius + 1))
        degrees = np.maximum(0.0, np.arange(self.grid.width) - 20.0)[None, :]
        angles = np.radians(np.repeat(degrees, self.grid.height, axis=0)[rows, cols])
        cube = np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
        valid = np.ones(angles.shape, bool)
        valid[:, : max(0, 10 - cols.start)] = False
        self.tool.show(WindowCube(rows.start, cols.start, cube, valid, (row, col)))


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it has not come to pass"
        QTest.qWait(10)


def shown(tool):
    return tool._region is not None


@pytest.fixture
def wand(hand):
    tool = hand.take(WandTool(hand.canvas))
    tool.tolerance = 3.5
    return tool


@pytest.fixture
def reader(wand, hand):
    return Reader(wand, hand.grid)


def grow(hand, wand, reader, col=15.5, row=12.5):
    hand.click(col, row)
    reader.answer()
    wait_for(lambda: shown(wand))


def columns(pixels):
    return sorted({col for col, _ in pixels})


def test_a_click_asks_for_the_spectra_around_it(hand, wand, reader):
    hand.click(15.5, 12.5)
    assert reader.asked == [(12, 15, FIRST_RADIUS)]
    assert hand.bands()


@pytest.mark.parametrize("way", ["right", "return", "click", "double"])
def test_the_region_within_the_tolerance_is_shown_and_accepted(hand, wand, reader, way):
    grow(hand, wand, reader)
    assert max(band.asGeometry().area() for band in hand.bands()) == pytest.approx(14 * 40 * 100)
    assert "560 pixels within 3.5" in hand.messages[-1]
    assert not hand.drawn
    if way == "right":
        hand.click(30, 30, mouse.RIGHT)
    elif way == "return":
        hand.key(Qt.Key.Key_Return)
    elif way == "click":
        hand.click(18.5, 20.5)
    else:
        hand.double_click(18.5, 20.5)
    assert len(hand.drawn) == 1
    assert hand.drawn[0][1] == "wand"
    assert columns(hand.pixels()) == list(range(10, 24))
    assert not hand.bands()
    assert len(reader.asked) == 1


def test_a_double_click_takes_the_region_at_once(hand, wand, reader):
    hand.double_click(15.5, 12.5)
    reader.answer()
    wait_for(lambda: hand.drawn)
    assert columns(hand.pixels()) == list(range(10, 24))


def test_the_wheel_changes_the_tolerance_and_the_region_at_once(hand, wand, reader):
    heard = []
    grow(hand, wand, reader)
    wand.toleranceChanged.connect(heard.append)
    assert not hand.wheel(2)
    assert wand.tolerance == 4.5
    assert max(band.asGeometry().area() for band in hand.bands()) == pytest.approx(15 * 40 * 100)
    assert not hand.wheel(-1, CTRL)
    assert not hand.wheel(-1, SHIFT)
    assert heard == [4.5, 4.4, 4.3]
    hand.type("[[")
    assert wand.tolerance == 3.3
    hand.key(Qt.Key.Key_Return)
    assert columns(hand.pixels()) == list(range(10, 24))


def test_the_tolerance_keeps_within_bounds_and_stays_for_the_next_click(hand, wand, reader):
    grow(hand, wand, reader)
    hand.wheel(-100)
    assert wand.tolerance == 0.1
    hand.wheel(1000)
    assert wand.tolerance == 60
    hand.key(Qt.Key.Key_Escape)
    assert wand.tolerance == 60


def test_without_a_region_the_wheel_belongs_to_the_map(hand, wand, reader):
    hand.click(15.5, 12.5)
    assert hand.wheel(1)
    assert wand.tolerance == 3.5


def test_escape_drops_the_region(hand, wand, reader):
    grow(hand, wand, reader)
    hand.key(Qt.Key.Key_Escape)
    assert not hand.bands()
    hand.key(Qt.Key.Key_Return)
    assert not hand.drawn


def test_a_click_elsewhere_begins_another_region(hand, wand, reader):
    grow(hand, wand, reader)
    hand.click(35.5, 5.5)
    assert not hand.drawn
    assert reader.asked[-1] == (5, 35, FIRST_RADIUS)
    reader.answer()
    wait_for(lambda: shown(wand))
    hand.key(Qt.Key.Key_Return)
    assert columns(hand.pixels()) == list(range(32, 39))


def test_an_answer_to_an_earlier_click_is_ignored(hand, wand, reader):
    hand.click(15.5, 12.5)
    hand.click(35.5, 5.5)
    reader.answer(0)
    QTest.qWait(60)
    assert not shown(wand)
    reader.answer(1)
    wait_for(lambda: shown(wand))
    assert set(hand.grid.pixels_of(wand._region)[1].tolist()) == set(range(32, 39))


def test_what_is_still_growing_for_an_earlier_click_is_dropped(hand, wand, reader):
    hand.click(15.5, 12.5)
    reader.answer()
    hand.click(35.5, 5.5)
    QTest.qWait(60)
    assert not shown(wand)


def test_an_answer_after_escape_or_another_scene_is_ignored(hand, wand, reader):
    hand.click(15.5, 12.5)
    hand.key(Qt.Key.Key_Escape)
    reader.answer()
    hand.click(15.5, 12.5)
    reader.answer()
    wand.set_grid(mouse.make_grid(width=30))
    QTest.qWait(60)
    assert not shown(wand)
    assert not hand.bands()
    wand.set_grid(None)
    reader.answer()
    assert not hand.bands()


def test_a_pixel_without_data_is_named_so(hand, wand, reader):
    hand.click(3.5, 12.5)
    reader.answer()
    wait_for(lambda: "no data" in hand.messages[-1])
    assert not hand.bands()


def test_a_region_that_reaches_the_edge_of_what_was_read_asks_for_more(hand, wand):
    reader = Reader(wand, hand.grid, reach=4)
    grow(hand, wand, reader)
    assert [radius for _, _, radius in reader.asked] == [FIRST_RADIUS, 2 * FIRST_RADIUS]
    assert "reading more" in hand.messages[-1]
    hand.wheel(1)
    assert len(reader.asked) == 2
    before = wand._region.area()
    reader.answer()
    wait_for(lambda: wand._region.area() > before)
    assert reader.asked[2][2] == LARGEST_RADIUS
    reader.answer()
    wait_for(lambda: "farther" in hand.messages[-1])
    assert len(reader.asked) == 3
    hand.key(Qt.Key.Key_Return)
    assert hand.drawn[0][0].area() > before


def test_a_double_click_waits_for_the_whole_region(hand, wand):
    reader = Reader(wand, hand.grid, reach=10)
    hand.double_click(15.5, 12.5)
    reader.answer()
    wait_for(lambda: len(reader.asked) == 2)
    assert not hand.drawn
    reader.answer()
    wait_for(lambda: len(reader.asked) == 3)
    reader.answer()
    wait_for(lambda: hand.drawn)


def test_the_edge_of_the_scene_asks_for_nothing(hand, wand, reader):
    grow(hand, wand, reader)
    hand.wheel(100)
    assert len(reader.asked) == 1
    assert "reading" not in hand.messages[-1]


def test_putting_the_wand_down_while_it_computes_is_harmless(hand, wand, reader):
    hand.click(15.5, 12.5)
    reader.answer()
    hand.canvas.unsetMapTool(wand)
    QTest.qWait(60)
    assert not hand.bands()
    hand.canvas.setMapTool(wand)
    grow(hand, wand, reader)
    assert shown(wand)


@pytest.mark.parametrize("abroad", ["hand_abroad", "hand_on_turned", "hand_on_unplaced"])
def test_the_same_pixels_are_taken_on_other_scenes_and_canvases(request, abroad):
    hand = request.getfixturevalue(abroad)
    wand = hand.take(WandTool(hand.canvas))
    wand.tolerance = 3.5
    grow(hand, wand, Reader(wand, hand.grid))
    hand.key(Qt.Key.Key_Return)
    assert columns(hand.pixels()) == list(range(10, 24))
