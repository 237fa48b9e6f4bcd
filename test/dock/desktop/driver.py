"""A hand on mouse and keys of a running QGIS, and a diary of what came of it.

QGIS's own Python runs this: `play` is what `qgis --code` calls.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsRectangle
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QDockWidget,
    QLineEdit,
    QMenu,
    QMessageBox,
    QToolBar,
    QToolButton,
    QWidget,
)
from qgis.utils import iface

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, KEYLESS = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
WIDTH, HEIGHT = 1280, 720
#: Where the pixels of the scenes lie: their corner, size and CRS, as the test writes them.
LEFT_EDGE, TOP_EDGE, PIXEL, CRS = 500000.0, 5800000.0, 10.0, "EPSG:32633"
LOOK_MS = 15
#: How long something may take before it is missed: only a machine that is busy takes as long.
PATIENCE_S = 120.0
#: In how many looks, one after the other, what is still has not changed.
STILL_LOOKS = 30

_kept: list[Any] = []  # what only a timer refers to


def play(scenario: str, settings: dict[str, Any]) -> None:
    """Play a scenario once QGIS's window stands, and leave QGIS."""
    desk = Desktop(settings)
    _kept.append(desk)
    # Whatever hangs: it says where, and is gone.
    faulthandler.dump_traceback_later(settings["limit_s"], exit=True)
    QTimer.singleShot(0, lambda: desk.play(importlib.import_module(scenario).play))


class Desktop:
    """QGIS's window, as a user has it before them.

    Attributes:
        settings: What the test has told the scenario.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.folder = Path(settings["folder"])
        self._path = Path(settings["diary"])
        self._diary: dict[str, Any] = {
            "faults": [],
            "notes": {},
            "questions": [],
            "said": [],
        }
        self._at = QPoint(1, 1)
        sys.excepthook = self._fault
        sys.unraisablehook = lambda gone: self._fault(
            gone.exc_type, gone.exc_value, gone.exc_traceback
        )
        threading.excepthook = lambda gone: self._fault(
            gone.exc_type, gone.exc_value, gone.exc_traceback
        )
        QgsApplication.messageLog().messageReceived.connect(self._logged)
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)

    def play(self, scenario: Callable[[Desktop], None]) -> None:
        """Play a scenario; close QGIS properly if it has gone well, at once if not."""
        try:
            self.until(iface.mainWindow().isVisible, "QGIS's window is shown")
            # A saved window state may have come from a larger screen.
            iface.mainWindow().showNormal()
            iface.mainWindow().setGeometry(0, 0, WIDTH, HEIGHT)
            self.activate()
            scenario(self)
        except Exception:  # noqa: BLE001 - the test is told, whatever it is
            self._diary["failure"] = traceback.format_exc()
            iface.mainWindow().grab().save(str(self.folder / f"{self._path.stem}.png"))
            self._write()
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        self._diary["done"] = True
        self._write()
        QTimer.singleShot(0, self._leave)

    def note(self, **facts: Any) -> None:
        """Write down what the test is to judge."""
        self._diary["notes"].update(facts)
        self._write()

    def crash(self) -> None:
        """End QGIS as an end of power would."""
        self._diary["done"] = True
        self._write()
        os.kill(os.getpid(), signal.SIGKILL)

    def activate(self) -> None:
        """Give the keyboard to QGIS's window: no window manager does so after a dialog."""
        window = iface.mainWindow()
        window.activateWindow()
        self.until(window.isActiveWindow, "QGIS's window is active")

    # --- QGIS -----------------------------------------------------------------------------------

    @property
    def canvas(self) -> QgsMapCanvas:
        """QGIS's map canvas."""
        return iface.mapCanvas()

    @property
    def dock(self) -> Any:
        """The dock, None if there is none."""
        return iface.mainWindow().findChild(QDockWidget, "HsiFilmDock")

    @property
    def status(self) -> str:
        """The sentence at the bottom of the dock."""
        return self.dock._content.status.text()

    def toolbar_button(self) -> QToolButton:
        """The button that opens the dock."""
        for bar in iface.mainWindow().findChildren(QToolBar):
            for action in bar.actions():
                if action.text() == "Label and map":
                    return bar.widgetForAction(action)
        raise AssertionError("there is no button “Label and map” on a toolbar")

    def open_dock(self) -> Any:
        """Open the dock by its button, and return it."""
        self.until(lambda: self.toolbar_button().isVisible(), "the button is on the toolbar")
        self.press(self.toolbar_button())
        self.until(lambda: self.dock is not None and self.dock.isVisible(), "the dock is open")
        return self.dock

    def show_page(self, place: int) -> None:
        """Click the tab of a page of the dock."""
        pages = self.dock._content.pages
        bar = pages.tabBar()
        QTest.mouseClick(bar, LEFT, KEYLESS, bar.tabRect(place).center())
        self.until(lambda: pages.currentIndex() == place, f"page {place} is shown")

    def look_at(self, col: float, row: float, side: float) -> None:
        """Let the canvas show a square of the scene around a pixel, and wait for the picture."""
        canvas = self.canvas
        # QGIS zooms to the first layer of a project, in its CRS, only when it is idle.
        self.until(
            lambda: canvas.layers() and canvas.mapSettings().destinationCrs().authid() == CRS,
            "the canvas shows the project's layers",
        )
        x, y = LEFT_EDGE + PIXEL * col, TOP_EDGE - PIXEL * row
        half = PIXEL * side / 2
        square = QgsRectangle(x - half, y - half, x + half, y + half)
        drawn: list[bool] = []

        def note_picture(*_: Any) -> None:
            drawn.append(canvas.extent().contains(square.scaled(0.99)))

        canvas.mapCanvasRefreshed.connect(note_picture)
        canvas.setExtent(square)
        canvas.refresh()
        self.until(lambda: drawn and drawn[-1], "the canvas is drawn")
        canvas.mapCanvasRefreshed.disconnect(note_picture)

    # --- waiting --------------------------------------------------------------------------------

    def until(self, done: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> Any:
        """Let QGIS work until something is so; return what `done` has returned then."""
        end = time.monotonic() + seconds
        while True:
            found = done()
            if found:
                return found
            if time.monotonic() > end:
                dock = self.dock
                said = "" if dock is None else f"; the dock says “{self.status}”"
                raise AssertionError(f"not within {seconds:g} s: {what}{said}")
            QTest.qWait(LOOK_MS)

    def until_still(self) -> None:
        """Wait until neither window nor dock moves any more: screen, layouts, animations."""
        shapes: list[Any] = []

        def still() -> bool:
            QGuiApplication.sync()  # what the screen has to say of sizes is heard
            parts = [iface.mainWindow(), self.dock, *self.dock.findChildren(QWidget)]
            shapes.append([part.geometry() for part in parts if part.isVisible()])
            last = shapes[-STILL_LOOKS:]
            return len(last) == STILL_LOOKS and all(shape == last[0] for shape in last)

        self.until(still, "window and dock are still")

    # --- widgets --------------------------------------------------------------------------------

    def press(self, widget: QWidget) -> None:
        """Click a button or a check box as soon as it can be clicked."""
        self._show(widget)
        place = widget.rect().center()
        if isinstance(widget, QCheckBox):
            place = QPoint(10, widget.height() // 2)
        QTest.mouseClick(widget, LEFT, KEYLESS, place)

    def choose(self, combo: QComboBox, text: str) -> None:
        """Choose an entry of a list with the arrow keys."""
        self._show(combo)
        matching = Qt.MatchFlag.MatchStartsWith if text else Qt.MatchFlag.MatchExactly
        wanted = combo.findText(text, matching)
        assert wanted >= 0, f"“{text}” is not in the list “{combo.objectName()}”"
        combo.setFocus()
        key = Qt.Key.Key_Down if wanted > combo.currentIndex() else Qt.Key.Key_Up
        for _ in range(abs(wanted - combo.currentIndex())):
            QTest.keyClick(combo, key)
        assert combo.currentIndex() == wanted, f"“{combo.currentText()}” is chosen"

    def type_into(self, field: QWidget, text: str, end: Any = Qt.Key.Key_Return) -> None:
        """Replace a field's text by typing, and end with a key."""
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
        if end is not None:
            QTest.keyClick(field, end)

    def type_name(self, name: str) -> None:
        """Type into the editor that a table has opened."""
        editor = self.until(self._editor, "the table's editor is open")
        self.type_into(editor, name)
        self.until(lambda: self._editor() is None, "the table's editor is closed")

    def _editor(self) -> QLineEdit | None:
        fields = self.dock.label_page.classes.viewport().findChildren(QLineEdit)
        return fields[0] if fields else None

    def cell(self, row: int, column: int, double: bool = False, held: Any = KEYLESS) -> None:
        """Click a cell of the table of classes."""
        table = self.dock.label_page.classes
        self._show(table)
        place = table.visualRect(table.model().index(row, column)).center()
        QTest.mouseClick(table.viewport(), LEFT, held, place)
        if double:
            QTest.mouseDClick(table.viewport(), LEFT, held, place)

    def _show(self, widget: QWidget) -> None:
        self.until(widget.isVisible, f"“{widget.objectName()}” is shown")
        self.until(widget.isEnabled, f"“{widget.objectName()}” is enabled")
        above = widget.parentWidget()
        while above is not None and not hasattr(above, "ensureWidgetVisible"):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(widget)

    @contextlib.contextmanager
    def answering(self, *answers: Callable[[QWidget], None]) -> Iterator[None]:
        """Answer the menus and dialogs that come one after the other while something is done."""
        waiting = list(answers)
        asked = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
        failures: list[BaseException] = []
        running = [True]

        def look() -> None:
            if not running[0] or not waiting:
                return
            found = _opened_window(asked)
            if found is None:
                QTimer.singleShot(LOOK_MS, look)
                return
            asked.append(found)
            answer = waiting.pop(0)
            # The answer may open the next dialog and return only after that.
            QTimer.singleShot(LOOK_MS, look)
            try:
                answer(found)
            except Exception as failure:  # noqa: BLE001 - raised below
                failures.append(failure)
                found.close()

        QTimer.singleShot(LOOK_MS, look)
        yield
        try:
            self.until(lambda: not waiting or failures, f"{len(answers)} dialogs were opened")
        finally:
            running[0] = False
        if failures:
            raise failures[0]
        self.activate()

    # --- the canvas -----------------------------------------------------------------------------

    def at(self, col: float, row: float) -> QPoint:
        """Where a place of the scene, in columns and rows, is on the canvas."""
        place = self.canvas.getCoordinateTransform().transform(
            LEFT_EDGE + PIXEL * col, TOP_EDGE - PIXEL * row
        )
        return QPoint(round(place.x()), round(place.y()))

    def move(self, col: float, row: float, held: Any = NONE) -> None:
        """Move the mouse over the canvas."""
        self._at = self.at(col, row)
        inside = self.canvas.viewport().rect().contains(self._at)
        assert inside, f"column {col}, row {row} is not in view"
        # QTest's own moves have no button held.
        viewport = self.canvas.viewport()
        place, on_screen = QPointF(self._at), QPointF(viewport.mapToGlobal(self._at))
        kind = QEvent.Type.MouseMove
        QApplication.sendEvent(viewport, QMouseEvent(kind, place, on_screen, NONE, held, KEYLESS))

    def click(self, col: float, row: float, button: Any = LEFT) -> None:
        """Click the canvas."""
        self.move(col, row)
        QTest.mouseClick(self.canvas.viewport(), button, KEYLESS, self._at)

    def drag(self, *places: tuple[float, float]) -> None:
        """Press at the first place, move over all others, release at the last."""
        self.move(*places[0])
        QTest.mousePress(self.canvas.viewport(), LEFT, KEYLESS, self._at)
        for place in places[1:]:
            self.move(*place, held=LEFT)
        QTest.mouseRelease(self.canvas.viewport(), LEFT, KEYLESS, self._at)

    def polygon(self, left: float, top: float, right: float, bottom: float) -> None:
        """Click the corners of a box, and end with the right button."""
        for col, row in ((left, top), (right, top), (right, bottom), (left, bottom)):
            self.click(col, row)
        self.click((left + right) / 2, (top + bottom) / 2, RIGHT)

    def wheel(self, notches: int, held: Any = KEYLESS) -> None:
        """Turn the wheel where the mouse is."""
        viewport = self.canvas.viewport()
        QApplication.sendEvent(
            viewport,
            QWheelEvent(
                QPointF(self._at),
                QPointF(viewport.mapToGlobal(self._at)),
                QPoint(),
                QPoint(0, 120 * notches),
                NONE,
                held,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )

    def key(self, key: str, *held: str) -> None:
        """Press a key where the keyboard is; "Control" or "Shift" may be held."""
        modifiers = KEYLESS
        for name in held:
            modifiers |= getattr(Qt.KeyboardModifier, f"{name}Modifier")
        widget = QApplication.focusWidget() or QApplication.activeWindow()
        QTest.keyClick(widget, getattr(Qt.Key, f"Key_{key}"), modifiers)

    def _leave(self) -> None:
        """Leave QGIS by its menu without saving; what else it asks is written down."""

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QMessageBox):
                discard = dialog.button(QMessageBox.StandardButton.Discard)
                if discard is None:  # else it is the question whether to save the project
                    self._diary["questions"].append(dialog.text())
                    self._write()
                (discard or dialog.button(QMessageBox.StandardButton.Yes)).click()
            QTimer.singleShot(LOOK_MS, look)

        look()
        iface.actionExit().trigger()

    # --- the diary ------------------------------------------------------------------------------

    def _fault(self, kind: Any, value: Any, trace: Any) -> None:
        text = "".join(traceback.format_exception(kind, value, trace))
        if text not in self._diary["faults"]:
            self._diary["faults"].append(text)
        self._write()

    def _logged(self, text: str, tag: str, level: Any) -> None:
        if "Traceback" in text or "Error:" in text:
            self._diary["faults"].append(f"{tag}: {text}")
        elif level in (Qgis.MessageLevel.Critical, Qgis.MessageLevel.Warning):
            self._diary["said"].append(f"{tag}: {text}")

    def _write(self) -> None:
        beside = self._path.with_suffix(".part")
        beside.write_text(json.dumps(self._diary, indent=1), encoding="utf-8")
        beside.replace(self._path)


def _opened_window(known: list[QWidget]) -> QWidget | None:
    """The menu, or else the dialog, that was opened last."""
    windows = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    new = [window for window in windows if window not in known]
    menus = [window for window in new if isinstance(window, QMenu)]
    return next(iter(menus or [window for window in new if isinstance(window, QDialog)]), None)
