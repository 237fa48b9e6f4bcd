"""The plot of validation accuracy over the number of labels: when it is time to stop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QWidget

from .accuracy_history import AccuracyPoint as AccuracyPoint
from .plot_axis import Span
from .plot_widget import PlotWidget, polyline, write

_LEVEL_POINTS = 5  # the latest ones, which have to lie level
_LEAST_POINTS = 6
_LEVEL_GAIN = 0.03  # a rise above this over those points is progress, whatever the noise
_WIDEST_INTERVAL = 0.30  # with a wider one, nothing can be said
_LOW_ACCURACY = 0.6


class AccuracyPlot(PlotWidget):
    """Accuracy in percent, with its 95 % interval, over the number of labels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Accuracy over the number of labels"))
        self.x_title = self.tr("Labels")
        self.y_unit = "%"
        self._points: tuple[AccuracyPoint, ...] = ()
        self.set_y_span(Span(0.0, 100.0))

    def set_points(self, points: Sequence[AccuracyPoint]) -> None:
        """Show accuracies; of those with the same number of labels, the last one counts."""
        self._points = latest_points(points)
        if self._points:
            first, last = self._points[0].polygons, self._points[-1].polygons
            self.set_x_span(Span(first - 0.5, max(last, first + 4) + 0.5))
            self.setAccessibleDescription(f"{self.latest_text()} {self.hint()}".strip())
        self.update()

    def latest_text(self) -> str:
        """The latest accuracy and its interval; empty if there is none."""
        return self._text(self._points[-1]) if self._points else ""

    def hint(self) -> str:
        """What the course of the accuracy means; empty while it says nothing."""
        if not levelled_off(self._points):
            return ""
        if self._points[-1].accuracy < _LOW_ACCURACY:
            return self.tr("Levelled off low: check the labels, or merge similar classes.")
        return self.tr("Levelled off: more labels change little.")

    def empty_text(self) -> str:
        """What is needed before there is an accuracy."""
        if self._points:
            return ""
        return self.tr("Needs labels in several places: at least two of each class, well apart.")

    def readout(self) -> str:
        """The accuracy under the pointer, or else the latest one."""
        near = self._near()
        if near is not None:
            return self._text(near)
        return self.latest_text()

    def readout_at_bottom(self) -> bool:
        """Below the curve, unless it runs there."""
        return not self._points or self._points[-1].accuracy >= 0.5

    def header_height(self) -> float:
        """A row for what the course of the accuracy means."""
        return self.metrics().height() + 2 if self.hint() else 0.0

    def paint_header(self, painter: QPainter, area: QRectF) -> None:
        """Say what the course of the accuracy means."""
        hint, metrics = self.hint(), self.metrics()
        if hint:
            painter.setPen(self.ink())
            written = metrics.elidedText(hint, Qt.TextElideMode.ElideRight, area.width())
            box = QRectF(area.left(), 1, area.width(), metrics.height())
            write(painter, box, written, Qt.AlignmentFlag.AlignRight)

    def paint_data(self, painter: QPainter) -> None:
        """Draw the interval as a ribbon with whiskers, and the accuracies over it."""
        transform, color = self.to_screen(), self._color()
        counts = [float(point.polygons) for point in self._points]
        lows = [100 * point.low for point in self._points]
        highs = [100 * point.high for point in self._points]
        means = [100 * point.accuracy for point in self._points]
        faint = QColor(color)
        faint.setAlpha(50)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(faint))
        if len(counts) > 1:
            outline = polyline(counts + counts[::-1], highs + lows[::-1])
            painter.drawPolygon(transform.map(outline))
        faint.setAlpha(130)
        painter.setPen(QPen(faint, 1))
        for count, low, high in zip(counts, lows, highs):
            bottom, top = (transform.map(QPointF(count, value)) for value in (low, high))
            painter.drawLine(bottom, top)
            for end in (bottom, top):
                painter.drawLine(end - QPointF(2.5, 0), end + QPointF(2.5, 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.8))
        painter.drawPolyline(transform.map(polyline(counts, means)))
        painter.setBrush(QBrush(color))
        painter.setPen(Qt.PenStyle.NoPen)
        near = self._near()
        for point, count, mean in zip(self._points, counts, means):
            size = 4.5 if point is (near or self._points[-1]) else 2.6
            painter.drawEllipse(transform.map(QPointF(count, mean)), size, size)

    def _near(self) -> AccuracyPoint | None:
        """The point next to the pointer."""
        if self.pointer is None or not self._points:
            return None
        x = self.x_at(self.pointer)
        return min(self._points, key=lambda point: abs(point.polygons - x))

    def _text(self, point: AccuracyPoint) -> str:
        return self.tr("{accuracy:.0f}% ({low:.0f}–{high:.0f}%), {count} labels").format(
            accuracy=100 * point.accuracy,
            low=100 * point.low,
            high=100 * point.high,
            count=point.polygons,
        )

    def _color(self) -> QColor:
        """The highlight's colour where it can be seen on the background."""
        color = self.palette().color(QPalette.ColorRole.Highlight)
        if abs(color.lightnessF() - self.paper().lightnessF()) < 0.25:
            return self.ink()
        return color


def latest_points(points: Sequence[AccuracyPoint]) -> tuple[AccuracyPoint, ...]:
    """Return the last point of each number of labels, by that number."""
    latest = {point.polygons: point for point in points}
    return tuple(latest[count] for count in sorted(latest))


def levelled_off(points: Sequence[AccuracyPoint]) -> bool:
    """Whether the latest labels no longer changed the accuracy by more than its noise.

    The line of least squares through the last five of at least six points must rise or fall
    by no more than half of half an interval and by no more than three points of percentage;
    an interval wider than thirty points allows no verdict.

    Args:
        points: By their number of labels, one a number.
    """
    if len(points) < _LEAST_POINTS:
        return False
    last = points[-_LEVEL_POINTS:]
    intervals = np.array([point.high - point.low for point in last])
    if intervals.max() > _WIDEST_INTERVAL:
        return False
    counts = np.array([point.polygons for point in last], dtype=np.float64)
    slope = np.polyfit(counts - counts.mean(), [point.accuracy for point in last], 1)[0]
    gain = abs(slope) * (counts[-1] - counts[0])
    return bool(gain <= min(_LEVEL_GAIN, intervals.mean() / 4))
