"""A canvas and a hand with a mouse on it, for the tests of the map tools.

The tests load this file by its path, since pytest's importlib mode has no sibling imports.
"""

from __future__ import annotations

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsRectangle
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent, QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from hsi_film_plugin.dock.pixel_grid import PixelGrid

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, KEYLESS = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
UTM = (500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0)
TURNED = (500100.0, 8.0, 6.0, 5799900.0, 6.0, -8.0)


class Hand:
    """Moves the mouse to pixels of the scene, and hears what the tool says."""

    def __init__(self, canvas, grid):
        self.canvas = canvas
        self.grid = grid
        self.drawn = []
        self.messages = []
        self._at = QPoint(1, 1)

    def take(self, tool):
        """Set a tool on the canvas and listen to it."""
        tool.drawn.connect(lambda geometry, source: self.drawn.append((geometry, source)))
        tool.message.connect(self.messages.append)
        tool.set_grid(self.grid)
        self.canvas.setMapTool(tool)
        return tool

    def screen(self, col, row):
        """The position on the screen of a fractional (column, row)."""
        from qgis.core import QgsCoordinateTransform, QgsProject

        point = self.grid.point_at(row, col)
        way = QgsCoordinateTransform(
            self.grid.crs, self.canvas.mapSettings().destinationCrs(), QgsProject.instance()
        )
        place = self.canvas.getCoordinateTransform().transform(QgsPointXY(way.transform(point)))
        return QPoint(round(place.x()), round(place.y()))

    def move(self, col, row, held=NONE):
        self._at = self.screen(col, row)
        self._send(QEvent.Type.MouseMove, NONE, held)

    def press(self, col, row, button=LEFT):
        self.move(col, row)
        self._send(QEvent.Type.MouseButtonPress, button, button)

    def release(self, button=LEFT):
        self._send(QEvent.Type.MouseButtonRelease, button, NONE)

    def click(self, col, row, button=LEFT):
        self.press(col, row, button)
        self.release(button)

    def double_click(self, col, row):
        """All four events of a double click."""
        self.click(col, row)
        self._send(QEvent.Type.MouseButtonDblClick, LEFT, LEFT)
        self.release()

    def drag(self, *places):
        """Press at the first (column, row), move over all others, release at the last."""
        self.press(*places[0])
        for place in places[1:]:
            self.move(*place, held=LEFT)
        self.release()

    def key(self, key):
        QTest.keyClick(self.canvas, key)

    def type(self, text):
        QTest.keyClicks(self.canvas, text)

    def wheel(self, notches, keys=KEYLESS):
        """Turn the wheel; return whether the canvas zoomed."""
        before, viewport = self.canvas.extent(), self.canvas.viewport()
        QApplication.sendEvent(
            viewport,
            QWheelEvent(
                QPointF(self._at),
                QPointF(viewport.mapToGlobal(self._at)),
                QPoint(),
                QPoint(0, round(120 * notches)),
                NONE,
                keys,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )
        return self.canvas.extent() != before

    def pixels(self, index=-1):
        """The sorted (column, row) of the pixels of what was drawn."""
        rows, cols = self.grid.pixels_of(self.drawn[index][0])
        return sorted(zip(cols.tolist(), rows.tolist()))

    def bands(self):
        """The rubber bands on the canvas, by what Python knows of them."""
        items = self.canvas.scene().items()
        return [item for item in items if isinstance(item, QgsRubberBand) and item.isVisible()]

    def _send(self, kind, button, held):
        place, viewport = QPointF(self._at), self.canvas.viewport()
        event = QMouseEvent(
            kind, place, QPointF(viewport.mapToGlobal(self._at)), button, held, KEYLESS
        )
        QApplication.sendEvent(viewport, event)


def make_grid(transform=UTM, epsg=32633, width=40, height=40):
    crs = QgsCoordinateReferenceSystem(f"EPSG:{epsg}") if epsg else QgsCoordinateReferenceSystem()
    return PixelGrid(width, height, transform, crs)


def show_all_of(canvas, grid, epsg):
    """Let the canvas show the grid in a CRS, about ten screen pixels a pixel."""
    from qgis.core import QgsCoordinateTransform, QgsProject

    target = QgsCoordinateReferenceSystem(f"EPSG:{epsg}")
    canvas.setDestinationCrs(target)
    way = QgsCoordinateTransform(grid.crs, target, QgsProject.instance())
    box = QgsRectangle(way.transformBoundingBox(grid.outline().boundingBox()))
    box.scale(1.2)
    canvas.setExtent(box)


@pytest.fixture
def canvas(qgis):
    """A canvas of 480 x 480 that shows a scene of 40 x 40 pixels, ten screen pixels each."""
    canvas = QgsMapCanvas()
    canvas.resize(484, 484)
    canvas.show()
    show_all_of(canvas, make_grid(), 32633)
    yield canvas
    if not sip.isdeleted(canvas):
        sip.delete(canvas)


@pytest.fixture
def hand(canvas):
    return Hand(canvas, make_grid())


@pytest.fixture
def hand_abroad(canvas):
    """On a canvas whose CRS is not the scene's."""
    show_all_of(canvas, make_grid(), 3857)
    return Hand(canvas, make_grid())


@pytest.fixture
def hand_on_turned(canvas):
    """On a scene whose rows do not run from west to east."""
    grid = make_grid(TURNED)
    show_all_of(canvas, grid, 32633)
    return Hand(canvas, grid)


@pytest.fixture
def hand_on_unplaced(canvas):
    """On a scene without a CRS, on a canvas that has one."""
    grid = make_grid((0.0, 1.0, 0.0, 0.0, 0.0, -1.0), None)
    show_all_of(canvas, grid, 32633)
    return Hand(canvas, grid)
