"""Polygons drawn by clicks, or freehand by dragging, for labels and for holes in them."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QKeyEvent

from ..translation import tr
from .label_tool import LabelTool, ends_drawing, is_drag

_LEAST_CORNERS = 3
_TREMBLE = 1.5  # how far a hand strays from the line that it means, in pixels of the screen


class PolygonTool(LabelTool):
    """Click the corners and end by a right click, Enter or a double click; or drag around."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._corners: list[QgsPointXY] = []
        self._hover: QgsPointXY | None = None
        self._pressed: QPoint | None = None
        self._tracing = False

    def hint(self) -> str:
        """Return what to do next with this tool."""
        if len(self._corners) >= _LEAST_CORNERS:
            return tr("Right click or Enter ends; Backspace removes the last corner.")
        if self._corners:
            return tr("Click the next corner; Esc cancels.")
        return tr("Click the corners of an area, or drag around it.")

    def cancel(self) -> None:
        """Drop the polygon that is being drawn."""
        self._corners = []
        self._hover = self._pressed = None
        self._tracing = False
        super().cancel()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Note where a click or a drag begins."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.pos()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Trace the mouse, or draw the edge that would come next."""
        point = self._scene_point(event)
        if point is None:
            return
        held = self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton
        if held and not self._tracing and not self._corners and is_drag(self._pressed, event.pos()):
            self._begin_tracing(self._pressed)
        if self._tracing:
            self._trace(point)
        elif self._corners:
            self._hover = point
            self._redraw()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Add a corner; end a freehand outline; end the polygon by the right button."""
        if event.button() == Qt.MouseButton.RightButton:
            self._finish()
            return
        pressed, self._pressed = self._pressed, None
        if event.button() != Qt.MouseButton.LeftButton or pressed is None:
            return
        if self._tracing:
            self._finish_tracing()
            return
        point = self._clicked_point(event)
        if point is not None:
            self._corners.append(point)
            self._hover = point
            self._redraw()
            self.message.emit(self.hint())

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """End the polygon; the corner under the mouse came with the first click."""
        self._pressed = None
        if event.button() == Qt.MouseButton.LeftButton:
            self._finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End by Enter, go back a corner by Backspace."""
        if ends_drawing(event):
            self._finish()
            event.ignore()
        elif event.key() == Qt.Key.Key_Backspace and self._corners and not self._tracing:
            self._corners.pop()
            self._redraw()
            self.message.emit(self.hint())
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _source(self, freehand: bool) -> str:
        return "freehand" if freehand else "polygon"

    def _begin_tracing(self, start: QPoint) -> None:
        grid = self._grid
        point = self._moved_point(self.toMapCoordinates(start), self._canvas_crs(), grid.crs)
        if point is None or grid.pixel_at(point) is None:
            self._pressed = None  # the rest of this drag means nothing
            self.message.emit(self._outside())
            return
        self._tracing = True
        self._corners = [point]
        self._redraw()

    def _trace(self, point: QgsPointXY) -> None:
        self._corners.append(point)
        # Only the new point is drawn: a long trace must not get slower and slower.
        here = self._moved_point(point, self._grid.crs, self._canvas_crs())
        if here is not None:
            self._band("outline").addPoint(here)

    def _finish_tracing(self) -> None:
        outline = QgsGeometry.fromPolygonXY([self._corners])
        # A pixel of the screen is a different length in the scene's CRS than in the canvas's.
        length = self._on_canvas(outline).length()
        scale = outline.length() / length if length else 1.0
        simple = outline.simplify(_TREMBLE * self.canvas().mapUnitsPerPixel() * scale)
        self.cancel()
        shape = outline if simple.isEmpty() else simple
        self._emit_drawn(shape, self._source(freehand=True))

    def _finish(self) -> None:
        corners = self._corners
        if not corners or self._tracing:
            return
        if len(corners) < _LEAST_CORNERS:
            self.message.emit(tr("A polygon needs three corners. Click another one."))
            return
        self.cancel()
        self._emit_drawn(QgsGeometry.fromPolygonXY([corners]), self._source(freehand=False))

    def _redraw(self) -> None:
        if not self._corners or self._grid is None:
            self._remove_bands()
            return
        points = list(self._corners)
        if not self._tracing and self._hover is not None:
            points.append(self._hover)
        line = self._on_canvas(QgsGeometry.fromPolylineXY(points))
        band = self._band("outline")
        # A band, unlike a geometry, shows polygons of one or two corners as well.
        band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        corners = [] if line.isEmpty() else line.asPolyline()
        for corner in corners:
            band.addPoint(corner, corner is corners[-1])


class HoleTool(PolygonTool):
    """Draws like a polygon what shall be cut out of the labels under it."""

    def hint(self) -> str:
        """Return what to do next with this tool."""
        if self._corners:
            return super().hint()
        return tr("Click the corners of a hole, or drag around it: it is cut from the labels.")

    def _source(self, freehand: bool) -> str:
        return "hole"
