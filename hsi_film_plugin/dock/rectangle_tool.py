"""Rectangles along the rows and columns of a scene, by dragging or by two clicks."""

from __future__ import annotations

import math

from qgis.core import QgsGeometry
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QKeyEvent

from ..translation import tr
from .label_tool import LabelTool, ends_drawing, is_drag


class RectangleTool(LabelTool):
    """Drag from corner to corner, or click two of them; aligned with the scene's pixels."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._first: tuple[float, float] | None = None  # fractional row, column
        self._second: tuple[float, float] | None = None
        self._pressed: QPoint | None = None
        self._may_drag = False

    def hint(self) -> str:
        """Return what to do next with this tool."""
        if self._first is not None:
            return tr("Click the opposite corner; Esc cancels.")
        return tr("Drag a rectangle, or click two opposite corners.")

    def cancel(self) -> None:
        """Drop the rectangle that is being drawn."""
        self._first = self._second = self._pressed = None
        self._may_drag = False
        super().cancel()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Set the first corner, or begin the click on the second."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._may_drag = self._first is None
        if self._may_drag:
            point = self._clicked_point(event)
            if point is None:
                return
            self._first = self._second = self._grid.place_of(point)
            self._redraw()
            self.message.emit(self.hint())
        self._pressed = event.pos()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Draw the rectangle that would be made here."""
        if self._first is not None:
            self._follow(event)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """End a drag, or the second click, or all by the right button."""
        if event.button() == Qt.MouseButton.RightButton:
            self._finish()
            return
        pressed, self._pressed = self._pressed, None
        if event.button() != Qt.MouseButton.LeftButton or pressed is None or self._first is None:
            return
        if not self._may_drag or is_drag(pressed, event.pos()):
            self._follow(event)
            self._finish()

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """End where the first click was made: a single pixel, when snapped."""
        self._pressed = None
        if event.button() == Qt.MouseButton.LeftButton:
            self._finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End by Enter."""
        if ends_drawing(event):
            self._finish()
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _follow(self, event: QgsMapMouseEvent) -> None:
        point = self._scene_point(event)
        if point is None:
            return
        row, col = self._grid.place_of(point)
        self._second = (
            min(max(row, 0.0), float(self._grid.height)),
            min(max(col, 0.0), float(self._grid.width)),
        )
        self._redraw()

    def _finish(self) -> None:
        if self._first is None:
            return
        rectangle = self._rectangle()
        self.cancel()
        self._emit_drawn(rectangle, "rectangle")

    def _rectangle(self) -> QgsGeometry:
        """Return the rectangle in the grid's CRS; with snapping, of all pixels it touches."""
        grid = self._grid
        (top, bottom), (left, right) = (sorted(ends) for ends in zip(self._first, self._second))
        if self.snap_to_pixels:
            top, left = math.floor(top), math.floor(left)
            bottom = min(math.floor(bottom) + 1, grid.height)
            right = min(math.floor(right) + 1, grid.width)
        corners = ((top, left), (top, right), (bottom, right), (bottom, left))
        return QgsGeometry.fromPolygonXY([[grid.point_at(row, col) for row, col in corners]])

    def _redraw(self) -> None:
        if self._first is not None and self._grid is not None:
            self._band("outline").setToGeometry(self._on_canvas(self._rectangle()))
