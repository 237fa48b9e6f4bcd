"""The button and the entry that open the dock, and what is left when they go."""

from __future__ import annotations

import importlib.util

import pytest

if importlib.util.find_spec("qgis") is None:
    pytest.skip("QGIS is not installed for this Python", allow_module_level=True)

from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QEvent, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QMainWindow, QMenu, QToolBar

from hsi_film_plugin.bridge import environment, interpreter
from hsi_film_plugin.dock_menu import DockMenu


class Window:
    """As much of QGIS's interface as the dock uses."""

    def __init__(self):
        self.window = QMainWindow()
        self.window.resize(1000, 700)
        self.canvas = QgsMapCanvas(self.window)
        self.window.setCentralWidget(self.canvas)
        self.menu = QMenu()
        self.bar = QToolBar()
        self.window.addToolBar(self.bar)
        self.window.show()

    def mainWindow(self):
        return self.window

    def mapCanvas(self):
        return self.canvas

    def addPluginToMenu(self, name, action):
        self.menu.addAction(action)

    def removePluginMenu(self, name, action):
        self.menu.removeAction(action)

    def addToolBarIcon(self, action):
        self.bar.addAction(action)

    def removeToolBarIcon(self, action):
        self.bar.removeAction(action)

    def addDockWidget(self, area, dock):
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):
        self.window.removeDockWidget(dock)

    def docks(self):
        return self.window.findChildren(QDockWidget)


class EngineMenu:
    """As much of the menu of the engine as the dock uses."""

    def __init__(self):
        self.listeners = []

    def add_listener(self, listener):
        self.listeners.append(listener)

    def remove_listener(self, listener):
        self.listeners.remove(listener)

    def install(self):
        pass

    def diagnose(self):
        pass


@pytest.fixture
def window(qgis, monkeypatch):
    missing = interpreter.EngineStatus(None, False, "The engine is not installed.")
    monkeypatch.setattr(environment, "engine_status", lambda *setting: missing)
    QgsProject.instance().clear()
    window = Window()
    yield window
    QgsProject.instance().removeEntry("hsi_film", "/dock")
    QgsProject.instance().setFileName("")
    QgsProject.instance().clear()
    sip.delete(window.window)


@pytest.fixture
def engine_menu():
    return EngineMenu()


@pytest.fixture
def menu(window, engine_menu):
    menu = DockMenu(window, engine_menu)
    yield menu
    if menu.dock is not None or window.menu.actions():
        menu.remove()


@pytest.fixture
def button(menu, window):
    (action,) = window.bar.actions()
    return action


def settle():
    """Let QGIS do what it has put off: timers fire in the order in which they are due."""
    done, last = [], QTimer()
    last.setSingleShot(True)
    last.timeout.connect(lambda: done.append(True))
    last.start(1)
    while not done:
        QgsApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_same_action_is_in_toolbar_and_menu(button, window):
    assert window.menu.actions() == [button]
    assert button.isCheckable()
    assert not button.isChecked()
    assert button.text()
    assert button.toolTip()
    assert not button.icon().isNull()


def test_the_dock_is_made_at_the_first_click_only(menu, button, window):
    assert menu.dock is None
    assert window.docks() == []
    button.trigger()
    dock = menu.dock
    assert dock.isVisible()
    assert button.isChecked()
    assert dock.objectName() == "HsiFilmDock"  # QGIS remembers its place by it
    button.trigger()
    settle()
    assert not dock.isVisible()
    assert not button.isChecked()
    button.trigger()
    assert menu.dock is dock
    assert window.docks() == [dock]
    assert dock.isVisible()
    assert button.isChecked()


def test_the_button_goes_up_when_the_dock_is_closed_by_its_cross(menu, button):
    button.trigger()
    menu.dock.close()
    settle()
    assert not button.isChecked()
    button.trigger()
    assert menu.dock.isVisible()


def test_hiding_what_is_not_there_makes_no_dock(menu):
    menu.show(False)
    assert menu.dock is None


def test_hiding_the_dock_puts_the_tool_away(menu, button, window):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    button.trigger()
    crs = QgsCoordinateReferenceSystem("EPSG:32633")
    menu.dock.labelling.grid = PixelGrid(8, 8, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), crs)
    menu.dock.drawing.take("polygon")
    assert menu.dock.drawing.tool == "polygon"
    button.trigger()
    assert menu.dock.drawing.tool == ""


def test_unloading_leaves_nothing(menu, button, window, engine_menu):
    button.trigger()
    dock = menu.dock
    assert len(engine_menu.listeners) == 1
    project = QgsProject.instance()
    menu.remove()
    settle()
    assert sip.isdeleted(dock)
    assert window.docks() == []
    assert window.menu.actions() == []
    assert window.bar.actions() == []
    assert engine_menu.listeners == []
    assert menu.dock is None
    # none of these finds anybody
    window.canvas.extentsChanged.emit()
    project.cleared.emit()
    project.writeEntry("hsi_film", "/dock", '{"open": true}')
    project.writeProject.emit(_document())
    project.readProject.emit(_document())
    settle()
    assert window.docks() == []


def test_unloading_without_a_dock_leaves_nothing(menu, window):
    menu.remove()
    settle()
    assert window.menu.actions() == []
    assert window.bar.actions() == []
    QgsProject.instance().writeEntry("hsi_film", "/dock", '{"open": true}')
    QgsProject.instance().readProject.emit(_document())
    assert menu.dock is None


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ('{"open": true, "page": 1}', True),
        ('{"page": 1,"open":true}', True),
        ('{"open": false}', False),
        ('{"name": "\\"open\\": true"}', False),
        ('"open": true', False),
        ("", False),
        ("{", False),
        ("[]", False),
    ],
)
def test_a_project_opens_the_dock_if_it_was_saved_with_it(menu, tmp_path, text, opens):
    project = QgsProject.instance()
    if text:
        project.writeEntry("hsi_film", "/dock", text)
    assert project.write(str(tmp_path / "mine.qgz"))
    project.clear()
    assert menu.dock is None
    assert project.read(str(tmp_path / "mine.qgz"))
    assert (menu.dock is not None) == opens
    if opens:
        assert menu.dock.isVisible()


def test_a_project_opens_the_dock_that_was_closed_meanwhile(menu, button, tmp_path):
    project = QgsProject.instance()
    project.writeEntry("hsi_film", "/dock", '{"open": true}')
    project.write(str(tmp_path / "mine.qgz"))
    button.trigger()
    menu.dock.close()
    project.clear()
    project.read(str(tmp_path / "mine.qgz"))
    assert menu.dock.isVisible()
    assert button.isChecked()


def test_a_project_without_the_dock_leaves_an_open_one(menu, button, tmp_path):
    project = QgsProject.instance()
    project.write(str(tmp_path / "mine.qgz"))
    button.trigger()
    project.read(str(tmp_path / "mine.qgz"))
    assert menu.dock.isVisible()


def _document():
    from qgis.PyQt.QtXml import QDomDocument

    return QDomDocument()
