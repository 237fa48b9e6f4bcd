"""Numbered pins on the canvas at the places that are suggested for labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem, QgsRubberBand
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QPainter, QPainterPath, QPalette, QPen

#: Radius of a pin's head in heights of the canvas's letters; that of the current one.
RADIUS, CURRENT_RADIUS = 0.8, 1.1


@dataclass(frozen=True)
class Marker:
    """A place to be marked, in the coordinates of the canvas."""

    number: int
    place: QgsPointXY
    outline: QgsGeometry
    current: bool


class SuggestionMarkers:
    """The pins of all places, and the outline of the current one."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._pins: list[Pin] = []
        self._outline: QgsRubberBand | None = None

    def show(self, markers: Sequence[Marker]) -> None:
        """Show these places in place of those before; the current one lies on top."""
        self.clear()
        for marker in sorted(markers, key=lambda marker: (marker.current, -marker.number)):
            if marker.current:
                self._show_outline(marker.outline)
            self._pins.append(Pin(self._canvas, marker))

    def clear(self) -> None:
        """Take everything off the canvas."""
        scene = self._canvas.scene()
        for item in (*self._pins, self._outline):
            if item is not None:
                scene.removeItem(item)
        self._pins, self._outline = [], None

    def _show_outline(self, outline: QgsGeometry) -> None:
        band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        color = self._canvas.palette().color(QPalette.ColorRole.Highlight)
        band.setStrokeColor(color)
        band.setSecondaryStrokeColor(QColor("white"))
        band.setWidth(2)
        color.setAlpha(40)
        band.setFillColor(color)
        band.setToGeometry(outline, None)
        self._outline = band


class Pin(QgsMapCanvasItem):
    """One pin: its tip is the place, its head holds the number."""

    def __init__(self, canvas: QgsMapCanvas, marker: Marker) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._marker = marker
        letter = canvas.fontMetrics().height()
        self._radius = letter * (CURRENT_RADIUS if marker.current else RADIUS)
        self.setZValue(200 if marker.current else 100)
        self.updatePosition()

    def updatePosition(self) -> None:
        """Follow the canvas (called by QGIS)."""
        self.setPos(self.toCanvasCoordinates(self._marker.place))

    def boundingRect(self) -> QRectF:
        """What the pin may paint on, from its tip."""
        reach = self._radius + 3
        return QRectF(-reach, -2.5 * self._radius - 3, 2 * reach, 2.5 * self._radius + 6)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Paint the pin (called by QGIS)."""
        palette = self._canvas.palette()
        head, text = QPalette.ColorRole.Window, QPalette.ColorRole.WindowText
        if self._marker.current:
            head, text = QPalette.ColorRole.Highlight, QPalette.ColorRole.HighlightedText
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = self._shape()
        # A dark line within a light one stands out from any picture.
        painter.setPen(QPen(QColor("white"), 4.0, join=Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(shape)
        painter.setPen(QPen(QColor("black"), 1.5, join=Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(palette.color(head))
        painter.drawPath(shape)
        font = QFont(self._canvas.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(palette.color(text))
        radius = self._radius
        box = QRectF(-radius, -2.5 * radius, 2 * radius, 2 * radius)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self._marker.number))
        painter.restore()

    def _shape(self) -> QPainterPath:
        radius = self._radius
        head = QPainterPath()
        head.addEllipse(QPointF(0, -1.5 * radius), radius, radius)
        tip = QPainterPath(QPointF(0, 0))
        tip.lineTo(-0.75 * radius, -0.85 * radius)
        tip.lineTo(0.75 * radius, -0.85 * radius)
        tip.closeSubpath()
        return head.united(tip)
