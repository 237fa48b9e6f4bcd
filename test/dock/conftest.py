"""Scenes, a window with a canvas, and stand-ins for the engine, for the tests of the dock."""

from __future__ import annotations

import importlib.util
import tempfile
import threading
import time
from pathlib import Path

import pytest

# The engine's environment has no QGIS: there is nothing here for it to run.
if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["*.py"]


def spectra(height, width, bands):
    """Float32 (bands, height, width): four quarters, each with a spectrum of its own."""
    import numpy as np

    rows, cols = np.mgrid[:height, :width]
    quarter = 2 * (rows >= height // 2) + (cols >= width // 2)
    phase = np.linspace(0, 3, bands)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 5, (bands, height, width))
    return (1000 + 400 * np.sin(phase + quarter) + noise).astype(np.float32)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """The cache of the plugin, one for each test."""
    base = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(base))
    return base / "hsi_film_plugin"


@pytest.fixture(autouse=True)
def faults(monkeypatch):
    """What broke in a slot, where Qt calls and no test would hear of it: nothing may."""
    import sys
    import traceback

    found = []

    def note(kind, value, trace):
        found.append("".join(traceback.format_exception(kind, value, trace)))

    monkeypatch.setattr(sys, "excepthook", note)
    yield found
    assert not found, "\n".join(found)


@pytest.fixture
def make_scene(qgis):
    """Makes a hyperspectral GeoTIFF of four quarters, 400 to 2400 nm; returns its path."""

    def make(path, width=64, height=64, bands=20, epsg=32633, nodata_corner=False):
        import numpy as np
        from osgeo import gdal, osr

        cube = spectra(height, width, bands)
        if nodata_corner:
            cube[:, :4, :4] = -9999
        raster = gdal.GetDriverByName("GTiff").Create(
            str(path), width, height, bands, gdal.GDT_Float32, ["TILED=YES", "INTERLEAVE=PIXEL"]
        )
        if epsg:
            raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
            srs = osr.SpatialReference()
            srs.ImportFromEPSG(epsg)
            raster.SetProjection(srs.ExportToWkt())
        wavelengths = np.linspace(400, 2400, bands)
        for index, wavelength in enumerate(wavelengths):
            band = raster.GetRasterBand(index + 1)
            band.WriteArray(cube[index])
            band.SetNoDataValue(-9999)
            band.SetMetadata({"wavelength": f"{wavelength:.1f}", "wavelength_units": "nm"})
        raster.FlushCache()
        return str(path)

    return make


@pytest.fixture
def until(qgis):
    """Lets QGIS work until something has come to pass; only a busy machine takes long over it."""

    def wait(condition, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it has not come to pass"
            qgis.processEvents()
            time.sleep(0.002)

    return wait


@pytest.fixture
def pass_time(until):
    """Lets QGIS work for some time, in seconds."""

    def some_time(seconds=0.6):
        end = time.monotonic() + seconds
        until(lambda: time.monotonic() > end)

    return some_time


@pytest.fixture
def do_what_is_due(until):
    """Lets QGIS do what it has put off until it is idle, all of it."""
    from qgis.PyQt.QtCore import QTimer

    def do():
        done, last = [], QTimer()
        last.setSingleShot(True)
        last.timeout.connect(lambda: done.append(True))
        last.start(1)  # timers fire in the order in which they are due
        until(lambda: done)

    return do


@pytest.fixture
def end_of_tasks(qgis, until):
    """Waits until all tasks have ended, and what they leave has been cleared away."""

    def wait():
        until(lambda: qgis.taskManager().countActiveTasks() == 0)

    return wait


@pytest.fixture
def empty_project(qgis, until):
    """QGIS's project, without layers before and after; tasks have ended by then."""
    from qgis.core import QgsApplication, QgsProject

    project = QgsProject.instance()
    project.clear()
    yield project
    project.clear()
    until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)


@pytest.fixture
def add_scene(empty_project, make_scene, tmp_path):
    """Makes a scene in a file and puts it into the project; returns its layer."""
    from qgis.core import QgsRasterLayer

    def add(name="scene", **options):
        path = tmp_path / f"{name}.tif"
        layer = QgsRasterLayer(path.as_posix() if path.exists() else make_scene(path, **options))
        layer.setName(name)
        assert layer.isValid()
        empty_project.addMapLayer(layer)
        return layer

    return add


@pytest.fixture
def window(qgis, empty_project):
    """QGIS's window, as much as the dock needs: a canvas in the middle, 400 m wide."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt import sip
    from qgis.PyQt.QtWidgets import QMainWindow

    window = QMainWindow()
    window.resize(1000, 700)
    window.canvas = QgsMapCanvas(window)
    window.setCentralWidget(window.canvas)
    window.show()
    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    window.canvas.setExtent(QgsRectangle(500000, 5799360, 500640, 5800000))
    yield window
    qgis.processEvents()
    if not sip.isdeleted(window):
        sip.delete(window)


class Engine:
    """Takes the place of the engine's client: answers at once, or holds, fails, is cancelled."""

    def __init__(self):
        self.jobs = []
        self.held = set()
        self.failures = {}
        self.greeting = {"devices": ["cpu", "cuda"]}
        self.hello_failure = None
        self.hellos = 0
        self.threads = set()
        self.places = 2

    def hello(self, is_cancelled=lambda: False):
        from hsi_film_plugin.bridge.client import EngineCancelled

        self.hellos += 1
        while "hello" in self.held and not is_cancelled():
            time.sleep(0.002)
        if is_cancelled():
            raise EngineCancelled
        if self.hello_failure is not None:
            raise self.hello_failure
        return self.greeting

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        from hsi_film_plugin.bridge.client import EngineCancelled

        self.threads.add(threading.current_thread())
        self.jobs.append((method, dict(params)))
        on_progress(0.25, f"Doing {method}", None)
        while method in self.held and not is_cancelled():
            time.sleep(0.002)
        if is_cancelled():
            raise EngineCancelled
        if method in self.failures:
            raise self.failures.pop(method)
        return getattr(self, f"_{method}")(params)

    def methods(self):
        return [method for method, _ in self.jobs]

    def _prepare(self, params):
        return {"tiles": 4, "computed": 4, "extent": params["extent"], "warnings": []}

    def _preview(self, params):
        write_bands(params["output"], params["extent"])
        return {
            "output": params["output"],
            "classes": CLASSES,
            "accuracy": {"overall_accuracy": 0.9, "low": 0.8, "high": 0.95},
            "label_polygons": 2,
            "label_pixels": 50,
            "device": "cpu",
            "device_reason": "No GPU was found.",
            "warnings": [],
        }

    def _suggest(self, params):
        places = []
        for number in range(self.places):
            x, y = 500100.0 + 200 * number, 5799700.0
            box = f"{x} {y}, {x} {y + 40}, {x + 40} {y + 40}, {x + 40} {y}, {x} {y}"
            places.append(
                {
                    "x": x + 20,
                    "y": y + 20,
                    "wkt": f"POLYGON(({box}))",
                    "pixels": 16,
                    "class_value": 2,
                    "class_name": "Water",
                    "confidence": 0.4,
                    "score": 1.0,
                    "reason": f"The model wavers here ({number}).",
                }
            )
        return {"suggestions": places}

    def _pseudo_image(self, params):
        write_bands(params["output"], (500000, 5799360, 500640, 5800000))
        return {"output": params["output"]}

    def _sample_scene(self, params):
        write_bands(params["output"], (500000, 5799360, 500640, 5800000), bands=20)
        return {"classes": CLASSES}

    def _train_and_classify(self, params):
        return self._final(params)

    def _assess(self, params):
        return self._final(params)

    def _final(self, params):
        for name in ("model", "report", "table"):
            if params.get(name):
                Path(params[name]).write_text(name)
        for name in ("output", "confidence"):
            if params.get(name):
                write_bands(params[name], (500000, 5799360, 500640, 5800000), bands=1)
        return {"classes": CLASSES}


CLASSES = [
    {"value": 1, "name": "Forest", "color": "#228b22"},
    {"value": 2, "name": "Water", "color": "#1e90ff"},
]


def write_bands(path, box, bands=3):
    from osgeo import gdal

    raster = gdal.GetDriverByName("GTiff").Create(str(path), 8, 8, bands, gdal.GDT_Float32)
    raster.SetGeoTransform((box[0], (box[2] - box[0]) / 8, 0, box[3], 0, (box[1] - box[3]) / 8))
    for band in range(1, bands + 1):
        raster.GetRasterBand(band).Fill(1)
    raster.FlushCache()


@pytest.fixture
def write_map():
    """Writes a raster of 8 x 8 pixels over the scene: path, extent, number of bands."""
    return write_bands


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """An engine that is ready, and answers without doing the work."""
    from hsi_film_plugin.bridge import client, environment
    from hsi_film_plugin.dock import engine_task, mapped_scene

    engine = Engine()
    ready = environment.EngineStatus(Path("python"), True, "The engine is installed.")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(environment, "engine_status", lambda *setting: ready)
    monkeypatch.setattr(client, "shared_client", lambda *setting: engine)
    monkeypatch.setattr(engine_task, "session_client", lambda: engine)
    monkeypatch.setattr(mapped_scene, "cache_folder", lambda *name: tmp_path / "cache")
    return engine


@pytest.fixture
def provider(qgis, stand_in, monkeypatch):
    """The algorithms of the plugin, run by the engine that does no work."""
    from hsi_film_plugin.plugin import HsiFilmPlugin
    from hsi_film_plugin.processing import algorithm, engine_run

    monkeypatch.setattr(engine_run, "session_client", lambda: stand_in)
    monkeypatch.setattr(algorithm.HsiFilmAlgorithm, "canExecute", lambda self: (True, ""))
    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    yield
    plugin.unload()


@pytest.fixture
def no_engine(monkeypatch):
    """No engine is installed."""
    from hsi_film_plugin.bridge import environment

    missing = environment.EngineStatus(None, False, "The engine is not installed.")
    monkeypatch.setattr(environment, "engine_status", lambda *setting: missing)


@pytest.fixture
def settings(qgis):
    """QGIS's settings without what the dock remembers, before and after."""
    from qgis.core import QgsSettings

    QgsSettings().remove("hsi_film")
    yield QgsSettings()
    QgsSettings().remove("hsi_film")


@pytest.fixture
def labelling(qgis, empty_project, no_rest):
    """What is labelled: nothing yet. Its sentences are in `problems`."""
    from hsi_film_plugin.dock.labelling import Labelling

    labelling = Labelling()
    labelling.problems = []
    labelling.problem.connect(labelling.problems.append)
    yield labelling
    labelling.close()


@pytest.fixture
def no_rest(monkeypatch):
    """Labels and canvas rest no longer than it takes to count them as resting."""
    from hsi_film_plugin.dock import labelling, live_map

    monkeypatch.setattr(live_map, "LABEL_REST_MS", 10)
    monkeypatch.setattr(live_map, "VIEW_REST_MS", 20)
    monkeypatch.setattr(labelling, "REST_MS", 10)


@pytest.fixture
def dock(window, stand_in, settings, no_rest):
    """The dock, shown at the right of the window."""
    from qgis.PyQt import sip
    from qgis.PyQt.QtCore import QEvent, Qt
    from qgis.PyQt.QtWidgets import QApplication

    from hsi_film_plugin.dock.dock import Dock

    dock = Dock(window.canvas, None, window)
    dock.ended = False
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    QApplication.processEvents()
    yield dock
    if not sip.isdeleted(dock):
        if not dock.ended:
            dock.shut_down()
        dock.deleteLater()
        QApplication.sendPostedEvents(dock, QEvent.Type.DeferredDelete)


@pytest.fixture
def project(empty_project):
    """QGIS's project, which keeps nothing of the dock before and after."""
    empty_project.removeEntry("hsi_film", "/dock")
    yield empty_project
    empty_project.removeEntry("hsi_film", "/dock")
    empty_project.setFileName("")


def square_on(place, size=60):
    """A square of `size` metres; places 0, 1 … lie beside each other, eight in a row."""
    from qgis.core import QgsGeometry, QgsRectangle

    x, y = 500000.0 + 80 * (place % 8), 5799900.0 - 80 * (place // 8)
    square = QgsGeometry.fromRect(QgsRectangle(x, y, x + size, y + size))
    square.convertToMultiType()
    return square


@pytest.fixture
def square():
    """Makes squares on the scene by their number."""
    return square_on


@pytest.fixture
def give_labels():
    """Gives a labelling classes by their names, with one label each."""

    def give(labelling, *names):
        labels = labelling.ensure_labels()
        for name in names:
            known = labels.classes.add(name)
            labelling.add_label(square_on(known.class_id - 1), known.class_id, "polygon")
        return labels

    return give


@pytest.fixture
def labels(dock, add_scene, give_labels):
    """Forest and Water with one label each, on a scene."""
    dock.labelling.set_scene(add_scene())
    return give_labels(dock.labelling, "Forest", "Water")


def is_up_to_date(live):
    """Whether a live map has followed labels and view, and nothing is about to be made."""
    due = live._label_rest.isActive() or live._view_rest.isActive()
    busy = due or live._preparing.running or live._previewing.running
    return live.state.kind.value == "ready" and not live._stale and not busy


@pytest.fixture
def until_mapped(dock, until):
    """Waits until the dock's live map is up to date."""
    return lambda: until(lambda: is_up_to_date(dock.live))


@pytest.fixture
def mapped(dock, labels, until_mapped):
    """The dock with a live map that follows no longer."""
    until_mapped()
    dock.map_page.automatic.setChecked(False)
    return dock


@pytest.fixture
def suggested(mapped, until):
    """The dock with two places that were suggested."""
    mapped.suggestions.ask()
    until(lambda: len(mapped.suggestions.items()) == 2 and not mapped.suggestions.busy)
    return mapped


class Mouse:
    """A hand on the mouse and the keys of a canvas."""

    def __init__(self, canvas):
        self.canvas = canvas

    def at(self, x, y):
        """The place of map coordinates on the screen."""
        from qgis.core import QgsPointXY
        from qgis.PyQt.QtCore import QPoint

        place = self.canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        return QPoint(round(place.x()), round(place.y()))

    def click(self, x, y, right=False):
        from qgis.PyQt.QtCore import Qt
        from qgis.PyQt.QtTest import QTest

        button = Qt.MouseButton.RightButton if right else Qt.MouseButton.LeftButton
        none = Qt.KeyboardModifier.NoModifier
        QTest.mouseMove(self.canvas.viewport(), self.at(x, y))
        QTest.mouseClick(self.canvas.viewport(), button, none, self.at(x, y))

    def draw_square(self, place, size=60):
        """Click the corners of a square, counted as `square` does, and end with a right click."""
        box = square_on(place, size).boundingBox()
        for x, y in (
            (box.xMinimum(), box.yMinimum()),
            (box.xMaximum(), box.yMinimum()),
            (box.xMaximum(), box.yMaximum()),
            (box.xMinimum(), box.yMaximum()),
        ):
            self.click(x, y)
        self.click(box.center().x(), box.center().y(), right=True)

    def key(self, key, *held):
        """Press a key, given by its letter or as Qt names it, with "Control" or "Shift" held."""
        from qgis.PyQt.QtCore import Qt
        from qgis.PyQt.QtTest import QTest

        modifiers = Qt.KeyboardModifier.NoModifier
        for name in held:
            modifiers |= getattr(Qt.KeyboardModifier, f"{name}Modifier")
        QTest.keyClick(self.canvas, getattr(Qt.Key, f"Key_{key}"), modifiers)


@pytest.fixture
def mouse(window):
    """The mouse on the window's canvas."""
    return Mouse(window.canvas)
