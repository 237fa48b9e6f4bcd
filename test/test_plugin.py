"""The plugin in QGIS: cheap to import, loaded and unloaded cleanly, with and without a window."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("qgis") is None:
    pytest.skip("QGIS is not installed for this Python", allow_module_level=True)

from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent
from qgis.PyQt.QtWidgets import QApplication, QMenu
from qgis.testing import start_app

from hsi_film_plugin.plugin import HsiFilmPlugin

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module", autouse=True)
def app():
    return start_app()


class Window:
    """As much of QGIS's interface as the plugin uses."""

    def __init__(self):
        self.menu = QMenu()
        self.icons = []
        self.docks = []
        self.canvas = QgsMapCanvas()

    def addPluginToMenu(self, name, action):
        self.menu.addAction(action)

    def removePluginMenu(self, name, action):
        self.menu.removeAction(action)

    def addToolBarIcon(self, action):
        self.icons.append(action)

    def removeToolBarIcon(self, action):
        self.icons.remove(action)

    def addDockWidget(self, area, dock):
        self.docks.append(dock)

    def removeDockWidget(self, dock):
        self.docks.remove(dock)

    def mapCanvas(self):
        return self.canvas

    def mainWindow(self):
        return None


def registered():
    return QgsApplication.processingRegistry().providerById("hsifilm") is not None


def test_qgis_process_gets_the_provider_without_a_window():
    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    assert registered()
    plugin.unload()
    assert not registered()


def test_a_window_without_interface_works_too():
    plugin = HsiFilmPlugin(None)
    plugin.initGui()
    assert registered()
    plugin.unload()
    assert not registered()


def test_loading_and_unloading_twice_leaves_nothing():
    window = Window()
    for _ in range(2):
        plugin = HsiFilmPlugin(window)
        plugin.initGui()
        assert registered()
        assert len(window.menu.actions()) == 5
        assert window.icons == [window.menu.actions()[3]]  # it opens the dock
        assert window.docks == []
        plugin.unload()
        assert not registered()
        assert window.menu.actions() == []
        assert window.icons == []


def test_one_plugin_can_be_loaded_again_after_unloading():
    window = Window()
    plugin = HsiFilmPlugin(window)
    for _ in range(2):
        plugin.initGui()
        plugin.initProcessing()  # QGIS may ask for both
        assert registered()
        plugin.unload()
        plugin.unload()
        assert not registered()
        assert window.menu.actions() == []


def test_unloading_with_the_dock_open_leaves_nothing():
    window = Window()
    plugin = HsiFilmPlugin(window)
    for _ in range(2):
        plugin.initGui()
        window.icons[0].trigger()
        assert len(window.docks) == 1
        plugin.unload()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert window.docks == []
        assert window.icons == []
        assert window.menu.actions() == []
    QgsProject.instance().clear()  # nobody is left to hear it


def test_unloading_ends_the_engine(monkeypatch):
    from hsi_film_plugin.bridge import client

    closed = []
    monkeypatch.setattr(client, "close_shared_client", lambda: closed.append(True))
    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    plugin.unload()
    assert closed == [True]


def test_importing_the_plugin_brings_no_heavy_library():
    """Neither numpy nor GDAL's bindings nor a library of the engine."""
    code = (
        "import sys, qgis.core, qgis.PyQt.QtWidgets; before = set(sys.modules)\n"
        "import hsi_film_plugin.plugin\n"
        "print(' '.join(sorted({m.split('.')[0] for m in set(sys.modules) - before})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    new = set(done.stdout.split())
    assert "hsi_film_plugin" in new
    heavy = {"numpy", "osgeo", "torch", "rasterio", "processing", "subprocess", "sqlite3"}
    assert new & heavy == set()


def test_the_class_factory_makes_the_plugin_under_any_folder_name(tmp_path):
    # QGIS imports the plugin's folder as a package, and the inner package under it.
    (tmp_path / "some_name").symlink_to(ROOT, target_is_directory=True)
    code = (
        "import some_name\nplugin = some_name.classFactory(None)\nprint(type(plugin).__module__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "some_name.hsi_film_plugin.plugin"


def test_metadata_says_what_qgis_needs_to_know():
    import configparser

    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    general = metadata["general"]
    assert general["qgisMinimumVersion"] == "3.22"
    assert general["qgisMaximumVersion"] == "4.99"
    assert general["hasProcessingProvider"] == "yes"
    for key in ("name", "description", "about", "author", "email", "tracker", "repository"):
        assert general[key]
    assert (ROOT / general["icon"]).is_file()
