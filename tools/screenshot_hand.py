"""A hand on the running desktop: it waits, moves the mouse, presses keys, and takes pictures.

Used by `screenshot_script`, within QGIS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from qgis.core import QgsPointXY
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QEventLoop, QPoint, QPointF, QRect, Qt, QTimer
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPalette, QPixmap, QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QWidget

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
#: What Qt says of one step of a wheel.
NOTCH = 120


class TooLongError(Exception):
    """What was waited for did not happen."""


def rest(milliseconds: int) -> None:
    """Let QGIS go on for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_for(wanted: Callable[[], bool], what: str, seconds: float = 120.0) -> float:
    """Let QGIS go on until something holds.

    Returns:
        How long that took, in seconds.

    Raises:
        TooLongError: it does not hold in time.
    """
    start = time.monotonic()
    while not wanted():
        if time.monotonic() - start > seconds:
            raise TooLongError(f"{what}: not within {seconds:.0f} s")
        rest(30)
    return time.monotonic() - start


def later(milliseconds: int, action: Callable[[], None]) -> None:
    """Do something soon, also while a dialog or a menu is open."""
    QTimer.singleShot(milliseconds, action)


def on_screen(widget: QWidget, margin: int = 0) -> QPixmap:
    """Return what the screen shows of a window, with what lies over it."""
    place = QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())
    place = place.adjusted(-margin, -margin, margin, margin)
    screen = QApplication.primaryScreen()
    return screen.grabWindow(0, place.x(), place.y(), place.width(), place.height())


def save(picture: QPixmap, path: Path) -> None:
    """Write a picture.

    Raises:
        OSError: it cannot be written.
    """
    if not picture.save(str(path)):
        raise OSError(f"'{path}' cannot be written.")


def dark_palette() -> QPalette:
    """Return dark colours for a QGIS that has no dark theme."""
    palette, role = QPalette(), QPalette.ColorRole
    for name, color in (
        (role.Window, "#323232"),
        (role.Base, "#242424"),
        (role.AlternateBase, "#2c2c2c"),
        (role.Button, "#3a3a3a"),
        (role.ToolTipBase, "#242424"),
    ):
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText, role.ToolTipText):
        palette.setColor(name, QColor("#dddddd"))
    return palette


class Hand:
    """A mouse and a keyboard over the map canvas; places are in the canvas's coordinates."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self.canvas = canvas
        self._at = QPoint(1, 1)

    def position(self, point: QgsPointXY) -> QPoint:
        """Return where on the canvas a place is."""
        place = self.canvas.getCoordinateTransform().transform(point)
        return QPoint(round(place.x()), round(place.y()))

    def move(self, point: QgsPointXY, held: Qt.MouseButton = NO_BUTTON) -> None:
        """Move the mouse to a place."""
        self._at = self.position(point)
        self._send(QEvent.Type.MouseMove, NO_BUTTON, held)

    def click(self, point: QgsPointXY, button: Qt.MouseButton = LEFT) -> None:
        """Press and release a button at a place."""
        self.move(point)
        self._send(QEvent.Type.MouseButtonPress, button, button)
        self._send(QEvent.Type.MouseButtonRelease, button, NO_BUTTON)

    def press_and_drag(self, points: Sequence[QgsPointXY]) -> None:
        """Press the left button at the first place and drag over the others."""
        self.move(points[0])
        self._send(QEvent.Type.MouseButtonPress, LEFT, LEFT)
        for point in points[1:]:
            self.move(point, LEFT)
            rest(5)

    def release(self) -> None:
        """Release the left button where the mouse is."""
        self._send(QEvent.Type.MouseButtonRelease, LEFT, NO_BUTTON)

    def wheel(self, notches: int) -> None:
        """Turn the wheel where the mouse is, away from the user where positive."""
        viewport = self.canvas.viewport()
        there = QPointF(viewport.mapToGlobal(self._at))
        turn, phase = QPoint(0, NOTCH * notches), Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            QPointF(self._at), there, QPoint(), turn, NO_BUTTON, NO_KEY, phase, False
        )
        QApplication.sendEvent(viewport, event)

    def key(self, key: Qt.Key) -> None:
        """Press a key over the canvas."""
        QTest.keyClick(self.canvas, key)

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        viewport = self.canvas.viewport()
        there = QPointF(viewport.mapToGlobal(self._at))
        event = QMouseEvent(kind, QPointF(self._at), there, button, held, NO_KEY)
        QApplication.sendEvent(viewport, event)
