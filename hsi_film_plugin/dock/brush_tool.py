"""A brush that paints the pixels of a label."""

from __future__ import annotations

import numpy as np
from qgis.core import QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent, QWheelEvent

from ..translation import tr
from .label_tool import LabelTool

WIDEST = 99
_NOTCH = 120  # what Qt says of one step of a wheel
# The end of a stroke is outlined anew at each move, up to so many pixels in and around it.
_FRESH_PIXELS = 2048
_FRESH_AREA = 128 * 128


class BrushTool(LabelTool):
    """Press and drag to paint; [ and ], or the wheel with Ctrl, change the width.

    Signals:
        widthChanged: The width in pixels.
    """

    widthChanged = pyqtSignal(int)  # noqa: N815

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._width = 1
        self._turned = 0
        self._hover: QgsPointXY | None = None
        self._painted: np.ndarray | None = None
        self._last: tuple[int, int] | None = None
        self._fresh: list[tuple[np.ndarray, np.ndarray]] = []
        self._settled: list[tuple[np.ndarray, np.ndarray]] = []

    @property
    def width_pixels(self) -> int:
        """How wide the brush is, in pixels of the scene."""
        return self._width

    @width_pixels.setter
    def width_pixels(self, width: int) -> None:
        width = min(max(int(width), 1), WIDEST)
        if width != self._width:
            self._width = width
            self.widthChanged.emit(width)
            self._draw_footprint()

    def hint(self) -> str:
        """Return what to do next with this tool."""
        return tr("Drag to paint pixels; [ and ] or Ctrl and the wheel change the width.")

    def cancel(self) -> None:
        """Drop the stroke."""
        self._painted = self._last = self._hover = None
        self._fresh, self._settled = [], []
        super().cancel()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() != Qt.MouseButton.LeftButton or self._painted is not None:
            return
        point = self._clicked_point(event)
        if point is None:
            return
        # Untouched pages of it take no memory, however large the scene is.
        self._painted = np.zeros((self._grid.height, self._grid.width), dtype=bool)
        self._last = self._grid.pixel_at(point)
        self._paint_to(point)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Paint on, or show what would be painted here."""
        point = self._scene_point(event)
        self._hover = point
        if point is not None and self._painted is not None:
            self._paint_to(point)
        self._draw_footprint()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """End the stroke."""
        if event.button() != Qt.MouseButton.LeftButton or self._painted is None:
            return
        grid, strokes, hover = self._grid, [*self._settled, *self._fresh], self._hover
        self.cancel()
        self._hover = hover
        rows, cols = (np.concatenate(parts) for parts in zip(*strokes))
        self.drawn.emit(grid.geometry_of(rows, cols), "brush")

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """Begin a stroke: two quick dabs are two dabs."""
        self.canvasPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the width when Ctrl is held; else leave the wheel to the canvas."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        self.width_pixels += notches
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Change the width by [ and ]."""
        if event.text() in ("[", "]"):
            self.width_pixels += 1 if event.text() == "]" else -1
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _paint_to(self, point: QgsPointXY) -> None:
        """Paint from where the brush was last to a point, which may lie outside."""
        row, col = (int(np.floor(place)) for place in self._grid.place_of(point))
        rows, cols = self._inside(*stroke(pixel_line(self._last, (row, col)), self._width))
        self._last = (row, col)
        new = ~self._painted[rows, cols]
        if new.any():
            self._painted[rows[new], cols[new]] = True
            self._fresh.append((rows[new], cols[new]))
            self._draw_fresh()

    def _draw_fresh(self) -> None:
        rows, cols = (np.concatenate(parts) for parts in zip(*self._fresh))
        self._fresh = [(rows, cols)]
        outline = self._on_canvas(self._grid.geometry_of(rows, cols))
        self._band("fresh", style=self._fill_only).setToGeometry(outline)
        area = (np.ptp(rows) + 1) * (np.ptp(cols) + 1)
        if rows.size > _FRESH_PIXELS or area > _FRESH_AREA:
            self._settled += self._fresh
            self._fresh = []
            self._band("settled", style=self._fill_only).addGeometry(outline)
            self._remove_bands("fresh")

    def _fill_only(self, band: QgsRubberBand) -> None:
        # The stroke is drawn in pieces, whose outlines would cross it.
        band.setStrokeColor(QColor(0, 0, 0, 0))
        band.setSecondaryStrokeColor(QColor(0, 0, 0, 0))
        fill = QColor(self._colour)
        fill.setAlpha(150)
        band.setFillColor(fill)

    def _draw_footprint(self) -> None:
        """Outline the pixels under the brush."""
        pixel = None
        if self._grid is not None and self._hover is not None:
            pixel = self._grid.pixel_at(self._hover)
        if pixel is None:
            self._remove_bands("footprint")
            return
        rows, cols = self._inside(*stroke(pixel_line(pixel, pixel), self._width))
        outline = self._on_canvas(self._grid.geometry_of(rows, cols))
        self._band("footprint").setToGeometry(outline)

    def _inside(self, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        grid = self._grid
        inside = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
        return rows[inside], cols[inside]

    def _redraw(self) -> None:
        if self._painted is not None:
            pieces = [*self._settled, *self._fresh]
            self._remove_bands("fresh", "settled")
            band = self._band("settled", style=self._fill_only)
            for rows, cols in pieces:
                band.addGeometry(self._on_canvas(self._grid.geometry_of(rows, cols)))
            self._settled, self._fresh = pieces, []
        self._draw_footprint()


def stroke(line: tuple[np.ndarray, np.ndarray], width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows, columns) of the pixels under a round brush that follows a line, each once.

    A brush of an even width has its centre on the pixel's lower right corner.
    """
    low = -((width - 1) // 2)
    across = np.arange(width) - (width - 1) / 2
    disc = across[:, None] ** 2 + across**2 <= (width / 2) ** 2
    top, left = line[0].min(), line[1].min()
    window = np.zeros((np.ptp(line[0]) + width, np.ptp(line[1]) + width), dtype=bool)
    for row, col in zip(line[0] - top, line[1] - left):
        window[row : row + width, col : col + width] |= disc
    rows, cols = np.nonzero(window)
    return rows + top + low, cols + left + low


def pixel_line(start: tuple[int, int], end: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows, columns) of the pixels between two, both included; int64.

    Each pixel shares an edge with the next, so that what the thinnest brush paints is one part.
    """
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    rows = np.rint(np.linspace(start[0], end[0], length + 1)).astype(np.int64)
    cols = np.rint(np.linspace(start[1], end[1], length + 1)).astype(np.int64)
    slanted = (np.diff(rows) != 0) & (np.diff(cols) != 0)
    return (
        np.concatenate([rows, rows[1:][slanted]]),
        np.concatenate([cols, cols[:-1][slanted]]),
    )
