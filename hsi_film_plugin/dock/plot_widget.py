"""What the dock's plots share: axes, the view on them, and what the mouse and keys do."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QTextOption,
    QTransform,
    QWheelEvent,
)
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from .plot_axis import Span, number_text, ticks

_GAP = 4.0  # pixels between texts and lines
_TICK = 4.0
_ZOOM_STEP = 1.25
_CLICK_REACH = 3  # pixels that a click may wander
LEAST_CONTRAST = 60  # of 255 in lightness, between ink and paper
LIGHT_INK, DARK_INK = "#dddddd", "#222222"


class PlotWidget(QWidget):
    """A plot with two axes. Subclasses say what is drawn in it and what the readout says.

    The wheel or + and − zoom along the x axis, the arrow keys move, Home or a double click
    shows everything again.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_title = ""
        self.y_title = ""
        self.y_unit = ""
        self._full_x = Span(0.0, 1.0)
        self._x = self._full_x
        self._y = Span(0.0, 1.0)
        self._pointer: QPointF | None = None
        self._pressed: QPointF | None = None
        self._frame = QRectF()
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 110)

    def sizeHint(self) -> QSize:
        """What looks well in a dock."""
        return QSize(340, 200)

    def empty_text(self) -> str:
        """What to say instead of a plot; empty when there is something to show."""
        return ""

    def readout(self) -> str:
        """What to say about the place under the pointer, or about the latest value; lines."""
        return ""

    def readout_at_bottom(self) -> bool:
        """Whether there is more room for the readout at the bottom of the frame."""
        return False

    def header_height(self) -> float:
        """Height above the frame that the subclass wants for itself."""
        return 0.0

    def paint_header(self, painter: QPainter, area: QRectF) -> None:
        """Draw above the frame."""

    def paint_data(self, painter: QPainter) -> None:
        """Draw inside the frame; the painter is clipped to it."""

    def clicked(self, position: QPointF) -> None:
        """The left button was pressed and let go at one place."""

    @property
    def frame(self) -> QRectF:
        """The rectangle between the axes."""
        return self._frame

    @property
    def pointer(self) -> QPointF | None:
        """Where the mouse is, if that is between the axes."""
        if self._pointer is None or not self._frame.contains(self._pointer):
            return None
        return self._pointer

    @property
    def x_span(self) -> Span:
        """The piece of the x axis that is shown."""
        return self._x

    @property
    def y_span(self) -> Span:
        """The piece of the y axis that is shown."""
        return self._y

    def set_x_span(self, span: Span) -> None:
        """Let the x axis reach over `span`; a view that was zoomed in stays if it can."""
        zoomed = self._x != self._full_x
        inside = span.low <= self._x.low and self._x.high <= span.high
        self._full_x = span
        if not (zoomed and inside):
            self._x = span
        self._lay_out()
        self.update()

    def set_y_span(self, span: Span) -> None:
        """Let the y axis reach over `span`."""
        self._y = span
        self._lay_out()
        self.update()

    def zoom(self, factor: float, centre: float | None = None) -> None:
        """Show a piece of the x axis that is `factor` times shorter.

        Args:
            factor: Above 1 to see less of it, below 1 to see more.
            centre: The value that stays where it is; None for the middle.
        """
        length = min(self._full_x.length, max(self._x.length / factor, self._full_x.length / 64))
        if centre is None:
            centre = (self._x.low + self._x.high) / 2
        share = (centre - self._x.low) / self._x.length
        self._show_from(centre - share * length, length)

    def pan(self, share: float) -> None:
        """Move along the x axis by a share of what is shown."""
        self._show_from(self._x.low + share * self._x.length, self._x.length)

    def show_all(self) -> None:
        """Show the whole x axis."""
        self._show_from(self._full_x.low, self._full_x.length)

    def to_screen(self) -> QTransform:
        """From data to widget coordinates."""
        across = self._frame.width() / self._x.length
        up = self._frame.height() / self._y.length
        left = self._frame.left() - self._x.low * across
        bottom = self._frame.bottom() + self._y.low * up
        return QTransform(across, 0.0, 0.0, -up, left, bottom)

    def x_at(self, position: QPointF) -> float:
        """The value of the x axis at a place of the widget."""
        share = (position.x() - self._frame.left()) / max(1.0, self._frame.width())
        return self._x.low + share * self._x.length

    def ink(self, alpha: int = 255) -> QColor:
        """The text's colour, more or less transparent."""
        color, paper = self.palette().color(QPalette.ColorRole.Text), self.paper()
        # The palette of QGIS's own dark theme has dark text: its style sheet says otherwise.
        if abs(color.lightness() - paper.lightness()) < LEAST_CONTRAST:
            color = QColor(LIGHT_INK if paper.lightness() < 128 else DARK_INK)
        color.setAlpha(alpha)
        return color

    def paper(self) -> QColor:
        """The background's colour."""
        return self.palette().color(QPalette.ColorRole.Base)

    def plot_font(self) -> QFont:
        """A little smaller than what stands around the plot."""
        font = self.font()
        if font.pointSizeF() > 0:
            font.setPointSizeF(max(7.0, 0.85 * font.pointSizeF()))
        return font

    def metrics(self) -> QFontMetricsF:
        """How large texts in the plot are."""
        return QFontMetricsF(self.plot_font())

    def is_dark(self) -> bool:
        """Whether the background is darker than the text."""
        return self.paper().lightnessF() < self.ink().lightnessF()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw everything (called by Qt)."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.plot_font())
        painter.fillRect(self.rect(), self.paper())
        text = self.empty_text()
        if text:
            self._paint_empty(painter, text)
            return
        self._lay_out()
        self._paint_axes(painter)
        header = QRectF(_GAP, 0, self.width() - 2 * _GAP, self._frame.top())
        self.paint_header(painter, header)
        painter.save()
        painter.setClipRect(self._frame)
        self.paint_data(painter)
        painter.restore()
        self._paint_readout(painter)

    def resizeEvent(self, event: QEvent) -> None:
        """Place the frame anew (called by Qt)."""
        self._lay_out()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font (called by Qt)."""
        if event.type() == QEvent.Type.FontChange:
            self._lay_out()
        super().changeEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out what is under the pointer (called by Qt)."""
        self._pointer = QPointF(event.pos())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Read out nothing (called by Qt)."""
        self._pointer = None
        self.update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click began (called by Qt)."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = QPointF(event.pos())
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a click (called by Qt)."""
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        position = QPointF(event.pos())
        near = (position - pressed).manhattanLength() <= _CLICK_REACH
        if near and self._frame.contains(position) and not self.empty_text():
            self.clicked(position)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything again (called by Qt)."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = None
            self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer (called by Qt)."""
        turned = event.angleDelta().y()
        if self.empty_text() or not turned:
            super().wheelEvent(event)
            return
        self.zoom(_ZOOM_STEP ** (turned / 120), self.x_at(QPointF(event.position())))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom and move without a mouse (called by Qt)."""
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_ZOOM_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _ZOOM_STEP)
        elif key == Qt.Key.Key_Left:
            self.pan(-0.1)
        elif key == Qt.Key.Key_Right:
            self.pan(0.1)
        elif key == Qt.Key.Key_Home:
            self.show_all()
        else:
            super().keyPressEvent(event)

    def _show_from(self, low: float, length: float) -> None:
        low = min(max(low, self._full_x.low), self._full_x.high - length)
        whole = length >= self._full_x.length
        self._x = self._full_x if whole else Span(low, low + length)
        self._lay_out()
        self.update()

    def _lay_out(self) -> None:
        """Place the frame so that the labels of the axes fit beside it."""
        metrics = self.metrics()
        labels = self._y_labels(self.height() - self.header_height() - 3 * metrics.height())
        widest = max((metrics.horizontalAdvance(text) for _, text in labels), default=0.0)
        left = widest + _TICK + 2 * _GAP
        top = self.header_height() + metrics.height() / 2 + _GAP
        bottom = 2 * metrics.height() + _TICK if self.x_title else metrics.height() + _TICK
        self._frame = QRectF(
            left,
            top,
            max(1.0, self.width() - left - 3 * _GAP),
            max(1.0, self.height() - top - bottom - _GAP),
        )

    def _line_height(self) -> float:
        return self.metrics().height()

    def _y_labels(self, height: float) -> list[tuple[float, str]]:
        values, decimals = ticks(self._y, max(2, int(height / (1.8 * self._line_height()))))
        return [(value, number_text(value, decimals) + self.y_unit) for value in values]

    def _x_labels(self) -> list[tuple[float, str]]:
        metrics = self.metrics()
        for most in range(max(2, int(self._frame.width() / 30)), 1, -1):
            values, decimals = ticks(self._x, most)
            labels = [(value, number_text(value, decimals)) for value in values]
            widest = max((metrics.horizontalAdvance(text) for _, text in labels), default=0.0)
            if len(labels) * (widest + 3 * _GAP) <= self._frame.width():
                return labels
        return labels[:1]

    def _paint_axes(self, painter: QPainter) -> None:
        frame, line = self._frame, self._line_height()
        transform = self.to_screen()
        grid, tick = QPen(self.ink(28), 1), QPen(self.ink(140), 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for value, text in self._y_labels(frame.height()):
            y = transform.map(QPointF(self._x.low, value)).y()
            painter.setPen(grid)
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(self.ink(200))
            box = QRectF(0, y - line / 2, frame.left() - _TICK - _GAP, line)
            write(painter, box, text, Qt.AlignmentFlag.AlignRight)
        for value, text in self._x_labels():
            x = transform.map(QPointF(value, self._y.low)).x()
            painter.setPen(tick)
            painter.drawLine(QPointF(x, frame.bottom()), QPointF(x, frame.bottom() + _TICK))
            painter.setPen(self.ink(200))
            width = self.metrics().horizontalAdvance(text) + 2
            start = min(max(0.0, x - width / 2), self.width() - width)
            box = QRectF(start, frame.bottom() + _TICK, width, line)
            write(painter, box, text, Qt.AlignmentFlag.AlignHCenter)
        painter.setPen(tick)
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        painter.drawLine(frame.topLeft(), frame.bottomLeft())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.x_title:
            painter.setPen(self.ink(200))
            box = QRectF(frame.left(), self.height() - line - 2, frame.width(), line)
            write(painter, box, self.x_title, Qt.AlignmentFlag.AlignHCenter)

    def _paint_readout(self, painter: QPainter) -> None:
        """Write into the frame what is read out, and what the y axis shows."""
        lines = self.readout().split("\n")
        height = len(lines) * self._line_height()
        bottom = self._frame.bottom() - height - _GAP
        self._write_over(
            painter, lines, bottom if self.readout_at_bottom() else self._frame.top(), right=True
        )
        taken = max(map(self.metrics().horizontalAdvance, lines))
        title = self.metrics().horizontalAdvance(self.y_title)
        if taken + title + 6 * _GAP < self._frame.width() or self.readout_at_bottom():
            self._write_over(painter, [self.y_title], self._frame.top(), right=False)

    def _write_over(self, painter: QPainter, lines: list[str], top: float, *, right: bool) -> None:
        """Write lines over what is drawn, so that they can be read."""
        metrics, height = self.metrics(), self._line_height()
        background = self.paper()
        background.setAlpha(200)
        most = self._frame.width() - 2 * _GAP
        for row, text in enumerate(lines):
            if not text:
                continue
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, most)
            width = metrics.horizontalAdvance(shown) + 2
            left = self._frame.right() - width - _GAP if right else self._frame.left() + _GAP
            box = QRectF(left, top + row * height, width, height)
            painter.fillRect(box, background)
            painter.setPen(self.ink())
            write(painter, box, shown, Qt.AlignmentFlag.AlignLeft)

    def _paint_empty(self, painter: QPainter, text: str) -> None:
        painter.setPen(self.ink(170))
        box = QRectF(self.rect()).adjusted(12, 8, -12, -8)
        write(painter, box, text, Qt.AlignmentFlag.AlignHCenter, wrap=True)


def write(
    painter: QPainter, box: QRectF, text: str, side: Qt.AlignmentFlag, *, wrap: bool = False
) -> None:
    """Write into a box, vertically in its middle."""
    option = QTextOption(side | Qt.AlignmentFlag.AlignVCenter)
    mode = QTextOption.WrapMode
    option.setWrapMode(mode.WordWrap if wrap else mode.NoWrap)
    painter.drawText(box, text, option)


def polyline(xs: Iterable[float], ys: Iterable[float]) -> QPolygonF:
    """A line through points."""
    return QPolygonF([QPointF(x, y) for x, y in zip(xs, ys)])
