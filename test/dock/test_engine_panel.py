"""The engine's state in the dock: installing it, starting it, choosing device and backbone."""

from __future__ import annotations

from pathlib import Path

import pytest


class Menu:
    """Takes the place of the menu that installs the engine."""

    def __init__(self):
        self.listeners = []
        self.asked = []

    def install(self):
        self.asked.append("install")

    def diagnose(self):
        self.asked.append("diagnose")

    def add_listener(self, listener):
        self.listeners.append(listener)

    def remove_listener(self, listener):
        self.listeners.remove(listener)

    def tell(self, task):
        for listener in list(self.listeners):
            listener(task)


@pytest.fixture
def menu():
    return Menu()


@pytest.fixture
def make_panel(qgis, settings, until):
    from qgis.core import QgsApplication
    from qgis.PyQt.QtCore import QObject
    from qgis.PyQt.QtWidgets import QComboBox, QLabel, QPushButton

    from hsi_film_plugin.dock.engine_panel import EnginePanel, EngineWidgets

    made = []

    def make(menu):
        widgets = EngineWidgets(
            QLabel(), QLabel(), QPushButton(), QPushButton(), QComboBox(), QComboBox()
        )
        owner = QObject()
        panel = EnginePanel(widgets, menu, owner)
        panel.widgets, panel.owner = widgets, owner
        panel.told = []
        panel.progressed.connect(lambda *values: panel.told.append(values))
        made.append(panel)
        return panel

    yield make
    for panel in made:
        if not getattr(panel, "closed", False):
            panel.close()
    until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)


def test_without_an_engine_it_offers_to_install_one(make_panel, menu, no_engine):
    panel = make_panel(menu)
    assert not panel.ready
    assert panel.widgets.status.text() == "The engine is not installed."
    assert not panel.widgets.install.isHidden()
    assert "Without it" in panel.widgets.device_status.text()
    panel.widgets.install.click()
    panel.widgets.diagnostics.click()
    assert menu.asked == ["install", "diagnose"]


def test_where_there_is_no_menu_nothing_can_be_installed(make_panel, no_engine):
    panel = make_panel(None)
    assert not panel.widgets.install.isEnabled()
    assert not panel.widgets.diagnostics.isEnabled()


def test_an_engine_that_is_there_tells_its_devices(make_panel, menu, stand_in, until):
    panel = make_panel(menu)
    assert panel.ready
    assert panel.widgets.install.isHidden()
    assert "Starting" in panel.widgets.device_status.text()
    until(lambda: "CPU, CUDA" in panel.widgets.device_status.text())


def test_an_engine_that_does_not_start_says_why(make_panel, menu, stand_in, until):
    from hsi_film_plugin.bridge.client import EngineFailure

    stand_in.hello_failure = EngineFailure("Its Python lacks <torch>. Install it again.", "died")
    panel = make_panel(menu)
    until(lambda: "lacks <torch>" in panel.widgets.device_status.text())


def test_a_fault_while_starting_is_told(make_panel, menu, stand_in, until, faults):
    stand_in.hello_failure = ZeroDivisionError()
    panel = make_panel(menu)
    until(lambda: "could not be started" in panel.widgets.device_status.text())
    (fault,) = faults  # it is in QGIS's log, too
    assert "ZeroDivisionError" in fault
    faults.clear()


def test_starting_that_was_cancelled_leaves_no_message_of_it(
    make_panel, menu, stand_in, until, qgis
):
    stand_in.held.add("hello")
    panel = make_panel(menu)
    until(lambda: stand_in.hellos)
    qgis.taskManager().cancelAll()
    until(lambda: "Starting" not in panel.widgets.device_status.text())
    stand_in.held.clear()
    panel.refresh()  # it can be asked again
    until(lambda: "CPU" in panel.widgets.device_status.text())


def test_it_asks_once_at_a_time(make_panel, menu, stand_in, until):
    stand_in.held.add("hello")
    panel = make_panel(menu)
    panel.refresh()
    panel.refresh()
    until(lambda: stand_in.hellos)
    stand_in.held.clear()
    until(lambda: "CPU" in panel.widgets.device_status.text())
    assert stand_in.hellos == 1


def test_an_installation_is_followed(make_panel, menu, no_engine, monkeypatch, until):
    from hsi_film_plugin.background_task import BackgroundTask
    from hsi_film_plugin.bridge import client, environment

    panel = make_panel(menu)
    became = []
    panel.readyChanged.connect(became.append)
    task = BackgroundTask("Installing", lambda task: None, lambda outcome: None)
    menu.tell(task)
    assert panel.told == [(0.0, "Installing")]
    task.setProgress(40)
    until(lambda: panel.told[-1] == (0.4, "Installing"))
    ready = environment.EngineStatus(Path("python"), True, "Installed.")
    monkeypatch.setattr(environment, "engine_status", lambda *setting: ready)

    class Quick:
        def hello(self, is_cancelled):
            return {"devices": []}

    monkeypatch.setattr(client, "shared_client", lambda *setting: Quick())
    menu.tell(None)
    assert panel.told[-1] == (None, "")
    assert became == [True]
    assert panel.ready
    assert panel.widgets.status.text() == "Installed."
    until(lambda: "CPU" in panel.widgets.device_status.text())


def test_an_installation_can_be_cancelled(make_panel, menu, no_engine):
    from hsi_film_plugin.background_task import BackgroundTask

    panel = make_panel(menu)
    panel.cancel()  # nothing runs
    task = BackgroundTask("Installing", lambda task: None, lambda outcome: None)
    menu.tell(task)
    panel.cancel()
    assert task.isCanceled()


def test_an_installation_goes_on_after_the_dock_is_gone(make_panel, menu, no_engine, pass_time):
    from qgis.PyQt import sip

    from hsi_film_plugin.background_task import BackgroundTask

    panel = make_panel(menu)
    task = BackgroundTask("Installing", lambda task: None, lambda outcome: None)
    menu.tell(task)
    panel.close()
    panel.closed = True
    assert menu.listeners == []
    sip.delete(panel.owner)
    task.setProgress(80)  # nobody listens any more
    pass_time(0.05)
    assert not task.isCanceled()


def test_device_and_backbone_are_remembered(make_panel, menu, no_engine, monkeypatch):
    from hsi_film_plugin.bridge import backbone_store

    monkeypatch.setattr(backbone_store, "installed_backbones", lambda folder: ["big-one"])
    panel = make_panel(menu)
    changes = []
    panel.settingsChanged.connect(lambda: changes.append((panel.device, panel.backbone)))
    assert (panel.device, panel.backbone) == ("auto", "")
    panel.widgets.device.setCurrentIndex(panel.widgets.device.findData("cuda"))
    panel.widgets.backbone.setCurrentIndex(panel.widgets.backbone.findData("big-one"))
    assert changes == [("cuda", ""), ("cuda", "big-one")]
    again = make_panel(menu)
    assert (again.device, again.backbone) == ("cuda", "big-one")


def test_a_backbone_that_was_removed_is_not_chosen(make_panel, menu, no_engine, settings):
    settings.setValue("hsi_film/dock_backbone", "gone")
    settings.setValue("hsi_film/dock_device", "abacus")
    panel = make_panel(menu)
    assert (panel.device, panel.backbone) == ("auto", "")


def test_the_device_of_a_job_is_shown(make_panel, menu, no_engine):
    panel = make_panel(menu)
    panel.tell_device("cpu", "No GPU was found.")
    assert panel.widgets.device_status.text() == "Computed on: CPU. No GPU was found."
