"""What `bench.dock` measures, run within QGIS's Python; prints one line of JSON.

The dock is driven as a user drives it, with a heart that beats on the main thread: the longest
time between two beats is how long the window would not have answered.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEventLoop, Qt, QTimer
from qgis.PyQt.QtWidgets import QMainWindow
from qgis.testing import start_app

BEAT_MS = 10
REPEATS = 20
MANY = 10_000
SIDE = 512


class Heart:
    """Beats on the main thread and remembers the longest pause."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._last = time.perf_counter()
        self.longest = 0.0
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, 1000 * (now - self._last))
        self._last = now

    def restart(self) -> None:
        """Forget the pauses so far."""
        wait(50)
        self.longest = 0.0


def wait(ms: int) -> None:
    """Let QGIS work for a while."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def until(done: Callable[[], bool], limit_s: float = 300.0) -> float:
    """Let QGIS work until something is so; return the seconds that it took.

    Raises:
        SystemExit: if it does not come about.
    """
    started = time.perf_counter()
    while not done():
        if time.perf_counter() - started > limit_s:
            raise SystemExit(f"nothing came of it within {limit_s:g} s")
        wait(20)
    return time.perf_counter() - started


class Probe:
    """The dock on a scene, in a window of its own."""

    def __init__(self, scene: Path, folder: Path) -> None:
        self.folder = folder
        self.window = QMainWindow()
        self.canvas = QgsMapCanvas(self.window)
        self.window.setCentralWidget(self.canvas)
        self.window.resize(1400, 900)
        self.layer = QgsRasterLayer(str(scene), "scene")
        QgsProject.instance().addMapLayer(self.layer)
        self.canvas.setDestinationCrs(self.layer.crs())
        self.canvas.setExtent(self.layer.extent())
        self.window.show()
        self.bridge_layers()
        wait(500)
        self.figures: dict[str, float] = {}
        self.heart = Heart()

    def bridge_layers(self) -> None:
        """Let the canvas show what the project holds, as QGIS's own window does."""
        from qgis.gui import QgsLayerTreeMapCanvasBridge

        root = QgsProject.instance().layerTreeRoot()
        self.bridge = QgsLayerTreeMapCanvasBridge(root, self.canvas)

    def open(self) -> None:
        """Open the dock, for the first time in this process."""
        started = time.perf_counter()
        from hsi_film_plugin.dock.dock import Dock

        self.dock = Dock(self.canvas, None, self.window)
        self.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.show()
        QgsApplication.processEvents()
        self.figures["open_ms"] = 1000 * (time.perf_counter() - started)
        self.dock.map_page.automatic.setChecked(False)
        until(lambda: self.dock.labelling.scene is not None)
        wait(2000)

    @property
    def kind(self) -> str:
        """What the live map does."""
        return self.dock.live.state.kind.value

    def label(self, training: Path, per_class: int) -> None:
        """Draw the first labels of each class."""
        source = QgsVectorLayer(str(training), "training", "ogr")
        labels = self.dock.labelling.new_labels(self.folder / "labels.gpkg")
        known: dict[str, int] = {}
        drawn: dict[str, int] = {}
        for feature in source.getFeatures():
            name = str(feature["class_name"])
            if name not in known:
                known[name] = labels.classes.add(name).class_id
            if drawn.get(name, 0) < per_class:
                drawn[name] = drawn.get(name, 0) + 1
                self.dock.labelling.add_label(feature.geometry(), known[name], "polygon")
        self.classes = list(known.values())

    def prepare(self) -> None:
        """Prepare the features of what is visible, then find them on the disk."""
        live = self.dock.live
        self.heart.restart()
        live.prepare()
        until(lambda: self.kind == "preparing")
        self.figures["prepare_s"] = until(lambda: self.kind != "preparing")
        self.figures["prepare_block_ms"] = self.heart.longest
        live.set_scene(None, None)
        live.set_scene(self.layer, self.dock.labelling.grid)
        live.prepare()
        until(lambda: self.kind == "preparing")
        self.figures["prepare_cached_s"] = until(lambda: self.kind != "preparing")

    def draw(self) -> None:
        """Draw polygons one by one; measure until the map of each has been painted."""
        dock, times = self.dock, []
        painted: list[float] = []
        shown: list[bool] = []
        dock.live.mapReady.connect(lambda _: shown.append(True))
        self.canvas.mapCanvasRefreshed.connect(lambda: painted.append(time.perf_counter()))
        dock.map_page.automatic.setChecked(True)
        until(lambda: self.kind == "ready")
        wait(1000)
        self.heart.restart()
        box = self.layer.extent()
        for number in range(REPEATS):
            x = box.xMinimum() + box.width() * (0.05 + 0.9 * ((number * 0.618) % 1))
            y = box.yMinimum() + box.height() * (0.05 + 0.9 * number / REPEATS)
            shape = QgsGeometry.fromRect(_square(x, y, 4 * self.layer.rasterUnitsPerPixelX()))
            shown.clear()
            started = time.perf_counter()
            dock.drawing.choose_class(self.classes[number % len(self.classes)])
            dock.drawing.tools["polygon"].drawn.emit(shape, "polygon")
            until(lambda: bool(shown))
            painted.clear()
            until(lambda: bool(painted))
            times.append(painted[-1] - started)
            wait(100)
        self.figures["preview_s"] = median(times)
        self.figures["preview_worst_s"] = max(times)
        self.figures["preview_block_ms"] = self.heart.longest

    def suggest(self) -> None:
        """Ask where to label next."""
        self.heart.restart()
        self.dock.suggestions.ask(5)
        self.figures["suggest_s"] = until(lambda: bool(self.dock.suggestions.items()))
        self.figures["suggest_block_ms"] = self.heart.longest

    def train(self) -> None:
        """Run the final training and mapping of a part of the scene."""
        dock = self.dock
        ended: list[object] = []
        dock.final_run.finished.connect(ended.append)
        dock.final_run.failed.connect(lambda text: ended.append(SystemExit(text)))
        middle = self.layer.extent().center()
        self.canvas.setExtent(_square(middle.x(), middle.y(), 128 * 5))
        wait(1500)
        dock.finish_page.area.setCurrentIndex(1)
        self.heart.restart()
        dock.finish_page.train_and_classify()
        self.figures["train_s"] = until(lambda: bool(ended))
        self.figures["train_block_ms"] = self.heart.longest
        if isinstance(ended[0], SystemExit):
            raise ended[0]
        self.canvas.setExtent(self.layer.extent())

    def many(self) -> None:
        """Label with thousands of polygons already there."""
        dock = self.dock
        path = self.folder / "many.gpkg"
        labels = dock.labelling.new_labels(path)
        classes = [labels.classes.add(f"class {n}").class_id for n in range(5)]
        box, side = self.layer.extent(), 100
        features = []
        names = labels.layer.fields()
        for number in range(MANY):
            row, col = divmod(number, side)
            x = box.xMinimum() + box.width() * (col + 0.5) / side
            y = box.yMinimum() + box.height() * (row + 0.5) / side
            feature = QgsFeature(names)
            feature["class_id"] = classes[(row // 10 + col // 10) % 5]
            feature["class_name"] = f"class {(row // 10 + col // 10) % 5}"
            shape = QgsGeometry.fromRect(_square(x, y, 3 * self.layer.rasterUnitsPerPixelX()))
            shape.convertToMultiType()
            feature.setGeometry(shape)
            features.append(feature)
        dock.map_page.automatic.setChecked(False)
        labels.layer.dataProvider().addFeatures(features)
        dock.labelling.set_labels(None)
        self.heart.restart()
        dock.labelling.set_labels(labels_layer(path))
        wait(3000)
        self.figures["many_adopt_block_ms"] = self.heart.longest
        dock.map_page.automatic.setChecked(True)
        self.heart.restart()
        x, y = box.center().x(), box.center().y()
        shown: list[bool] = []
        dock.live.mapReady.connect(lambda _: shown.append(True))
        started = time.perf_counter()
        shape = QgsGeometry.fromRect(_square(x, y, 20 * self.layer.rasterUnitsPerPixelX()))
        dock.labelling.add_label(shape, classes[0], "polygon")
        self.figures["many_add_ms"] = 1000 * (time.perf_counter() - started)
        self.figures["many_preview_s"] = until(lambda: bool(shown))
        wait(2000)
        self.figures["many_block_ms"] = self.heart.longest

    def close(self) -> None:
        """Take the dock away."""
        from hsi_film_plugin.bridge.client import close_shared_client

        self.dock.shut_down()
        self.dock.deleteLater()
        close_shared_client()
        QgsProject.instance().clear()


def labels_layer(path: Path) -> QgsVectorLayer:
    """Open a label file and put it into the project."""
    layer = QgsVectorLayer(str(path), path.stem, "ogr")
    QgsProject.instance().addMapLayer(layer)
    return layer


def _square(x: float, y: float, side: float) -> QgsRectangle:
    return QgsRectangle.fromCenterAndSize(QgsPointXY(x, y), side, side)


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", type=Path)
    parser.add_argument("training", type=Path)
    parser.add_argument("folder", type=Path, help="removed and made anew")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    os.environ["XDG_CACHE_HOME"] = str(options.folder / "cache")
    start_app()
    plugins = Path(QgsApplication.pkgDataPath()) / "python" / "plugins"
    sys.path.append(str(plugins))
    from processing.core.Processing import Processing

    from hsi_film_plugin.plugin import HsiFilmPlugin

    Processing.initialize()
    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    probe = Probe(options.scene, options.folder)
    probe.open()
    probe.label(options.training, 3)
    probe.prepare()
    probe.draw()
    probe.suggest()
    probe.train()
    probe.many()
    probe.close()
    plugin.unload()
    print(json.dumps(probe.figures))


if __name__ == "__main__":
    main()
