"""The menu that installs the engine and looks it over: what it starts and what it says."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from pathlib import Path

import pytest

if importlib.util.find_spec("qgis") is None:
    pytest.skip("QGIS is not installed for this Python", allow_module_level=True)

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtNetwork import QNetworkProxy
from qgis.PyQt.QtWidgets import QMenu, QMessageBox
from qgis.testing import start_app

from hsi_film_plugin.bridge import environment
from hsi_film_plugin.environment_menu import EnvironmentMenu
from hsi_film_plugin.settings import engine_python, set_engine_python


@pytest.fixture(scope="module", autouse=True)
def app():
    return start_app()


class MessageBar:
    def __init__(self):
        self.messages = []

    def pushMessage(self, title, text, level, duration):
        self.messages.append(text)


class Window:
    def __init__(self):
        self.menu = QMenu()
        self.bar = MessageBar()

    def addPluginToMenu(self, name, action):
        self.menu.addAction(action)

    def removePluginMenu(self, name, action):
        self.menu.removeAction(action)

    def mainWindow(self):
        return None

    def messageBar(self):
        return self.bar


@pytest.fixture
def window():
    return Window()


@pytest.fixture
def menu(window):
    entries = EnvironmentMenu(window)
    yield entries
    entries.remove()
    set_engine_python(None)


@pytest.fixture
def agree(monkeypatch):
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *arguments: yes)


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.01)
    assert condition()


def test_installing_is_asked_for_first(menu, window, monkeypatch):
    no = QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", lambda *arguments: no)
    built = []
    monkeypatch.setattr(environment, "build_environment", lambda *a: built.append(a))
    window.menu.actions()[0].trigger()
    assert built == []


def test_an_installation_ends_with_what_is_installed(menu, window, agree, monkeypatch):
    def build(target, on_progress, is_cancelled, order):
        on_progress(0.5, "Downloading")
        assert not is_cancelled()
        return environment.EngineStatus(Path("python"), True, f"Installed in {target.name}.")

    monkeypatch.setattr(environment, "build_environment", build)
    window.menu.actions()[0].trigger()
    wait_for(lambda: window.bar.messages)
    assert window.bar.messages == [f"Installed in {environment.managed_environment().name}."]


def test_a_failed_installation_says_why(menu, window, agree, monkeypatch):
    def build(*arguments):
        raise environment.InstallationFailure("The disk is full. Make space.")

    monkeypatch.setattr(environment, "build_environment", build)
    menu.install()
    wait_for(lambda: window.bar.messages)
    assert window.bar.messages == ["The disk is full. Make space."]


def test_taking_the_menu_away_stops_an_installation(window, agree, monkeypatch):
    seen = []

    def build(target, on_progress, is_cancelled, order):
        seen.append("began")
        while not is_cancelled():
            time.sleep(0.01)
        seen.append("stopped")
        raise environment.InstallationStopped("The installation was stopped.")

    monkeypatch.setattr(environment, "build_environment", build)
    menu = EnvironmentMenu(window)
    menu.install()
    wait_for(lambda: "began" in seen)
    menu.install()  # a second one waits for the first to end
    assert len(window.bar.messages) == 1
    menu.remove()
    wait_for(lambda: "stopped" in seen)
    assert seen == ["began", "stopped"]
    assert window.menu.actions() == []


def test_who_listens_is_told_of_the_beginning_and_the_end(menu, window, agree, monkeypatch):
    build = threading.Event()

    def wait_to_build(target, on_progress, is_cancelled, order):
        build.wait(120)
        return environment.EngineStatus(Path("python"), True, "Installed.")

    monkeypatch.setattr(environment, "build_environment", wait_to_build)
    told, late = [], []
    menu.add_listener(told.append)
    menu.install()
    (task,) = told
    assert "Installing" in task.description()
    menu.add_listener(late.append)  # what runs already is told at once
    assert late == [task]
    menu.remove_listener(late.append)
    build.set()
    wait_for(lambda: len(told) == 2)
    assert told == [task, None]
    assert late == [task]
    assert window.bar.messages == ["Installed."]


def test_who_listens_may_leave_while_being_told(menu, monkeypatch):
    monkeypatch.setattr(environment, "check_interpreter", lambda python, stop: "torch is missing.")
    told = []

    def leave(task):
        told.append(("first", task is None))
        menu.remove_listener(leave)

    menu.add_listener(leave)
    menu.add_listener(lambda task: told.append(("second", task is None)))
    menu.check_and_set("/usr/bin/python3")
    wait_for(lambda: ("second", True) in told)
    assert told == [("first", False), ("second", False), ("second", True)]


def test_a_broken_task_is_told_as_ended(menu, window, agree, monkeypatch):
    def build(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(environment, "build_environment", build)
    monkeypatch.setattr(sys, "excepthook", lambda *fault: None)
    told = []
    menu.add_listener(told.append)
    menu.install()
    wait_for(lambda: told[-1:] == [None])
    assert "broken off" in window.bar.messages[0]


def test_diagnostics_are_shown_to_be_copied(menu, window, monkeypatch):
    monkeypatch.setattr(environment, "diagnostics", lambda setting: f"page for {setting}")
    set_engine_python("/some/python")
    window.menu.actions()[2].trigger()
    wait_for(lambda: menu._dialog is not None)
    menu._dialog.copy()
    assert QCoreApplication.instance().clipboard().text() == "page for /some/python"


def test_an_interpreter_that_cannot_run_the_engine_is_not_chosen(menu, window, monkeypatch):
    monkeypatch.setattr(environment, "check_interpreter", lambda python, stop: "torch is missing.")
    menu.check_and_set("/usr/bin/python3")
    wait_for(lambda: window.bar.messages)
    assert window.bar.messages == ["torch is missing."]
    assert engine_python() is None


def test_an_interpreter_that_can_is_chosen(menu, window, monkeypatch):
    monkeypatch.setattr(environment, "check_interpreter", lambda python, stop: "")
    menu.check_and_set(sys.executable)
    wait_for(lambda: window.bar.messages)
    assert engine_python() == sys.executable


@pytest.mark.parametrize(
    ("proxy", "address"),
    [
        (QNetworkProxy(QNetworkProxy.ProxyType.NoProxy), None),
        (
            QNetworkProxy(QNetworkProxy.ProxyType.HttpProxy, "proxy.example", 3128),
            "http://proxy.example:3128",
        ),
        (
            QNetworkProxy(QNetworkProxy.ProxyType.HttpProxy, "proxy.example", 3128, "me", "a@b"),
            "http://me:a%40b@proxy.example:3128",  # pragma: allowlist secret
        ),
        (
            QNetworkProxy(QNetworkProxy.ProxyType.Socks5Proxy, "proxy.example", 1080),
            "socks5h://proxy.example:1080",
        ),
    ],
)
def test_the_proxy_of_qgis_is_handed_on(proxy, address):
    from qgis.core import QgsNetworkAccessManager

    from hsi_film_plugin.network import proxy_address

    manager = QgsNetworkAccessManager.instance()
    before = manager.fallbackProxy()
    manager.setFallbackProxyAndExcludes(proxy, [], [])
    try:
        assert proxy_address() == address
    finally:
        manager.setFallbackProxyAndExcludes(before, [], [])


def test_downloads_go_through_qgis(tmp_path):
    from hsi_film_plugin.network import fetch

    (tmp_path / "source").write_bytes(b"abc")
    fetch((tmp_path / "source").as_uri(), tmp_path / "copy", lambda fraction: None)
    assert (tmp_path / "copy").read_bytes() == b"abc"
    with pytest.raises(OSError, match="none"):
        fetch((tmp_path / "none").as_uri(), tmp_path / "copy", lambda fraction: None)
