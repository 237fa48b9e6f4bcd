"""A small labelling session in the running desktop, with pictures of every page of the dock.

`tools.screenshots` starts QGIS with this file as ``--code``; the environment's
``HSIFILM_SCREENSHOTS`` names a JSON file with the folders, the theme and the sizes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import traceback
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QDialogButtonBox,
    QDockWidget,
    QWidget,
)
from qgis.utils import iface

from hsi_film_plugin.hsi_film_plugin.dock.prompt_words import words_in
from hsi_film_plugin.tools.screenshot_hand import (
    RIGHT,
    Hand,
    TooLongError,
    dark_palette,
    later,
    on_screen,
    rest,
    save,
    wait_for,
)

SCENE, LABEL, MAP, FINISH, SYNTHETIC = range(5)
#: Polygons of each class that are drawn: what the traffic light asks for.
A_CLASS = 3
SOIL = 7
#: Of a synthesizer's whole training, and samples of each class: enough for a picture.
EFFORT, OF_EACH = 0.05, 10
#: Pixels that a region of the wand should have.
A_FIELD = (30, 150)
PAGE_NAMES = ("scene", "label", "map", "finish", "synthetic")


class Session:
    """What an analyst does on a first day, in the order of the guide."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.pictures = Path(settings["pictures"])
        self.theme = str(settings["theme"])
        self.sizes = [tuple(size) for size in settings["sizes"]]
        self.figures: dict[str, Any] = {}
        self.results: list[dict[str, Any]] = []
        self.maps: list[float] = []  # when they came
        self.preparing: list[float] = []  # when something of it was heard
        self.prepared = False  # for the first time
        self.window = iface.mainWindow()
        self.canvas = iface.mapCanvas()
        self.hand = Hand(self.canvas)
        self.outcome = self.pictures / "outcome.json"
        if self.theme == "dark" and settings["dark_theme"] not in QgsApplication.uiThemes():
            QApplication.setPalette(dark_palette())

    def play(self) -> None:
        """Go through the whole session."""
        self.open_dock()
        self.make_sample_scene()
        self.make_classes()
        self.draw_labels()
        self.look_at_map()
        self.follow_suggestions()
        self.finish()
        self.look_at_synthetic()
        self.float_dock()

    # --- the steps --------------------------------------------------------------------------

    def open_dock(self) -> None:
        """Make the window small and tidy, and open the dock by its button."""
        for name in ("Browser", "Browser2", "LayerOrder", "MessageLog"):
            other = self.window.findChild(QDockWidget, name)
            if other is not None:
                other.hide()
        self._resize(self.sizes[0])
        button = next(a for a in iface.pluginToolBar().actions() if "Label" in a.text())
        button.trigger()
        self.dock = self.window.findChild(QDockWidget, "HsiFilmDock")
        self.content = self.dock.widget()
        self.dock.live.mapReady.connect(lambda _: self.maps.append(time.monotonic()))
        self.dock.live.stateChanged.connect(self._note_state)
        engine = self.dock.scene_page.deviceStatus
        wait_for(lambda: "…" not in engine.text(), "the engine's start")
        self._guide("start")

    def make_sample_scene(self) -> None:
        """Press the button of the sample scene, and show it in true colour."""
        self.dock.scene_page.sampleScene.click()
        labelling = self.dock.labelling
        self.figures["sample_s"] = wait_for(lambda: labelling.scene is not None, "the sample scene")
        preset = self.dock.scene_page.preset
        preset.setCurrentIndex(1)
        preset.activated.emit(1)
        self._settle()
        self._guide("scene")
        self._page(SCENE)

    def make_classes(self) -> None:
        """Take the classes of the training polygons over, through the menu and its dialog."""
        self.content.pages.setCurrentIndex(LABEL)
        self._settle()
        self._guide("classes-empty")
        page = self.dock.label_page

        def accept() -> None:
            dialog = QApplication.activeModalWidget()
            layers = dialog.findChild(QgsMapLayerComboBox)
            layers.setCurrentIndex(layers.findText("Training polygons"))
            save(on_screen(dialog), self._path("guide-import-classes"))
            dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).click()

        later(500, accept)
        entries = page.classMenu.menu().actions()
        next(e for e in entries if e.text().startswith("Import classes from a layer")).trigger()
        wait_for(lambda: page.classes.model().rowCount() > 2, "the classes")
        for layer in QgsProject.instance().mapLayers().values():
            if layer.name() in ("Training polygons", "Reference polygons"):
                node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
                node.setItemVisibilityChecked(False)
                node.setExpanded(False)
        self._settle()
        self._guide("classes")

    def draw_labels(self) -> None:
        """Draw polygons with the mouse, and one label with the wand."""
        labelling, drawing = self.dock.labelling, self.dock.drawing
        outlines = self._outlines()
        # Water first: the reader sees at once where it is.
        classes = sorted(labelling.labels.classes.classes(), key=lambda c: c.name != "Water")
        self.dock.label_page.polygon.click()
        updates = []
        for k in range(A_CLASS):
            for known in classes:
                corners = outlines[known.class_id][k]
                drawing.choose_class(known.class_id)
                before = self._label_count()
                first = before == 0
                if first:
                    self._zoom_to(corners)
                for corner in corners:
                    self.hand.click(corner)
                if first:
                    self._guide_canvas("polygon")
                maps, start = len(self.maps), time.monotonic()
                self.hand.click(corners[-1], RIGHT)
                wait_for(lambda n=before: self._label_count() > n, "a label", 20)
                if first:
                    self.canvas.zoomToFullExtent()
                    self._settle()
                if k:
                    wait_for(lambda n=maps: len(self.maps) > n, "a map", 60)
                    updates.append(self.maps[-1] - start)
                    self._wait_for_map()
        self.figures["update_s"] = sorted(updates)[len(updates) // 2]
        self.figures["prepare_s"] = self.preparing[-1] - self.preparing[0]
        self._wand(outlines[SOIL][A_CLASS + 1])
        self.dock.label_page.polygon.click()
        self.hand.move(outlines[1][0][0])
        self._settle()
        self._guide("label")
        self._page(LABEL)

    def look_at_map(self) -> None:
        """Show the live map in its three modes."""
        self.content.pages.setCurrentIndex(MAP)
        page = self.dock.map_page
        self._wait_for_map()
        for place, mode in enumerate(("classes", "confidence", "disagreement")):
            page.mode.setCurrentIndex(place)
            self._settle()
            self._guide_canvas(f"map-{mode}")
        page.mode.setCurrentIndex(0)

    def follow_suggestions(self) -> None:
        """Ask where to label next, and give each place the class that it has."""
        page, suggestions = self.dock.map_page, self.dock.suggestions
        page.suggest.click()
        self.figures["suggest_s"] = wait_for(lambda: bool(suggestions.items()), "suggestions")
        self.hand.key(Qt.Key.Key_N)
        self._settle()
        self._page(MAP)
        self._guide("suggestions")
        self._zoom_to(suggestions.current.geometry.convexHull().asPolygon()[0])
        self._guide_canvas("suggestion")
        for _ in range(len(suggestions.items())):
            before = self._label_count()
            true = self._truth(suggestions.current.geometry)
            page.acceptAs.setCurrentIndex(page.acceptAs.findData(true))
            page.accept.click()
            wait_for(lambda n=before: self._label_count() > n, "a label", 20)
            self._wait_for_map()
            rest(1500)  # the places are looked for again
            if not suggestions.items():
                break
            self.hand.key(Qt.Key.Key_N)
        for _ in range(len(suggestions.items())):
            self.hand.key(Qt.Key.Key_X)
        self.figures["accuracies"] = [vars(point) for point in page.history]

    def finish(self) -> None:
        """Train the final model, map the scene, and compare the map with the reference."""
        self.content.pages.setCurrentIndex(FINISH)
        self.canvas.zoomToFullExtent()
        page = self.dock.finish_page
        self._settle()
        self._guide("finish")
        self.dock.final_run.finished.connect(self.results.append)
        page.run.click()
        self.figures["final_s"] = wait_for(lambda: len(self.results) > 0, "the final run", 600)
        self._settle()
        self._guide_canvas("final-map")
        reference = QgsProject.instance().mapLayersByName("Reference polygons")[0]
        page.reference.setLayer(reference)
        page.assess.click()
        wait_for(lambda: len(self.results) > 1, "the assessment")
        for result, name in zip(self.results, ("report", "assessment")):
            shutil.copy(result["REPORT"], self.pictures / f"{name}.html")
        table = json.loads(Path(self.results[1]["TABLE"]).read_text(encoding="utf-8"))
        self.figures["assessed"] = table["accuracy"]
        cache = Path.home() / ".cache" / "hsi_film_plugin"
        sizes = [path.stat().st_size for path in cache.rglob("*") if path.is_file()]
        self.figures["cache_mb"] = sum(sizes) / 1e6
        self._settle()
        self._page(FINISH)

    def look_at_synthetic(self) -> None:
        """Train a synthesizer in short, make samples, point at a word, and judge."""
        self.content.pages.setCurrentIndex(SYNTHETIC)
        page = self.dock.synthetic_page
        QDesktopServices.setUrlHandler("file", lambda url: None)  # no browser over the window
        whole = page.training_parameters
        page.training_parameters = lambda: {**whole(), "EFFORT": EFFORT}
        start = time.monotonic()
        self._pressed(page.train, "the synthesizer")
        self.figures["synthesizer_s"] = time.monotonic() - start
        wait_for(lambda: page.choice.facts is not None, "what the synthesizer says of itself")
        self._scroll_to(page.note)
        page.prompt.setText("small roof, with flooded meadow to the north-east, bright")
        page.prompt.setCursorPosition(0)
        self._guide("synthetic")
        page.prompt.clear()
        page.sampleClass.setCurrentIndex(page.sampleClass.count() - 1)
        page.sampleCount.setValue(OF_EACH)
        self._pressed(page.make, "the samples")
        wait_for(lambda: page.shown.samples is not None, "the gallery")
        judged = self._pressed(page.judge, "the verdicts")
        shutil.copy(judged["REPORT"], self.pictures / "judging.html")
        self._keep_a_word()
        self._page(SYNTHETIC, top=page.galleryGroup)

    def float_dock(self) -> None:
        """Take the dock off the window."""
        self.content.pages.setCurrentIndex(LABEL)
        self.dock.setFloating(True)
        for size in self.sizes:
            self._resize(size)
            self.dock.setGeometry(size[0] - 460, 90, 420, min(620, size[1] - 120))
            self._settle()
            save(on_screen(self.window), self._path(f"floating-{self.theme}-{size[0]}"))

    # --- with what they are done ------------------------------------------------------------

    def _pressed(self, button: QAbstractButton, what: str) -> dict[str, Any]:
        """Press a button of the page of synthetic samples; return what its run made."""
        run, ends = self.dock.synthesis_run, []
        for signal in (run.finished, run.failed):
            signal.connect(ends.append)
        button.click()
        wait_for(lambda: len(ends) > 0, what, 600)
        for signal in (run.finished, run.failed):
            signal.disconnect(ends.append)
        if not isinstance(ends[0], dict):
            raise TooLongError(f"{what}: {ends[0]}")
        return ends[0]

    def _keep_a_word(self) -> None:
        """Keep the neighbour in the description of the sample that shows it best."""
        page = self.dock.synthetic_page
        samples = page.shown.samples
        neighbours = {
            row: found.start(1)
            for row in range(samples.count)
            if (found := re.search(r"with (\w+).* to the", samples.prompt_of(row)))
        }

        def contrast(row: int) -> float:
            attention = samples.attention_of(row, neighbours[row], neighbours[row] + 1)
            return 0.0 if attention is None else float(attention.max() - attention.min())

        row = max(neighbours, key=contrast)
        index = page.shown.model.index(row, 0)
        page.gallery.setCurrentIndex(index)
        page.gallery.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        starts = [word.start for word in words_in(samples.prompt_of(row))]
        page.words.linkActivated.emit(str(starts.index(neighbours[row])))

    def _outlines(self) -> dict[int, list[list[QgsPointXY]]]:
        """Return the corners of the training polygons of each class."""
        layer = QgsProject.instance().mapLayersByName("Training polygons")[0]
        found: dict[int, list[list[QgsPointXY]]] = {}
        for feature in layer.getFeatures(QgsFeatureRequest()):
            geometry = feature.geometry()
            ring = geometry.asMultiPolygon()[0][0] if geometry.isMultipart() else None
            ring = ring or geometry.asPolygon()[0]
            found.setdefault(int(feature["class_id"]), []).append(ring[:-1])
        return found

    def _wand(self, corners: list[QgsPointXY]) -> None:
        self.dock.drawing.choose_class(SOIL)
        self._zoom_to(corners)
        self.hand.key(Qt.Key.Key_F)
        self.hand.key(Qt.Key.Key_W)
        self.hand.click(QgsGeometry.fromPolygonXY([corners]).centroid().asPoint())
        rest(1500)  # the spectra around are read, and the region grows
        for _ in range(20):
            if self._wand_pixels() >= A_FIELD[0]:
                break
            self.hand.wheel(1)
            rest(150)
        if self._wand_pixels() > A_FIELD[1]:  # it has leaked into the next field
            self.hand.wheel(-1)
            rest(150)
        self._guide_canvas("wand")
        before = self._label_count()
        self.hand.key(Qt.Key.Key_Return)
        wait_for(lambda: self._label_count() > before, "the wand's label", 20)
        self.hand.key(Qt.Key.Key_F)
        self.canvas.zoomToFullExtent()
        self._settle()

    def _wand_pixels(self) -> int:
        found = re.match(r"\d+", self.dock.label_page.hint.text())
        return int(found.group()) if found else 0

    def _note_state(self, state: Any) -> None:
        if state.kind.value != "preparing":
            self.prepared = bool(self.preparing)
        elif not self.prepared:
            self.preparing.append(time.monotonic())

    def _label_count(self) -> int:
        return sum(self.dock.labelling.labels.counts().values())

    def _truth(self, geometry: QgsGeometry) -> int:
        """Return the class that holds most of a place."""
        layer = QgsProject.instance().mapLayersByName("Reference polygons")[0]
        request = QgsFeatureRequest().setFilterRect(geometry.boundingBox())
        held: dict[int, float] = {}
        for feature in layer.getFeatures(request):
            area = feature.geometry().intersection(geometry).area()
            held[int(feature["class_id"])] = held.get(int(feature["class_id"]), 0.0) + area
        return max(held, key=lambda value: held[value])

    def _zoom_to(self, corners: list[QgsPointXY]) -> None:
        box = QgsRectangle(QgsGeometry.fromPolygonXY([corners]).boundingBox())
        box.scale(6)
        self.canvas.setExtent(box)
        self.canvas.refresh()
        self._settle()

    def _wait_for_map(self) -> None:
        rest(700)  # labels and view rest before a map is asked for
        live = self.dock.live
        busy = ("preparing", "previewing")
        wait_for(lambda: live.state.kind.value not in busy, "the live map")

    def _settle(self) -> None:
        """Wait until the canvas is drawn and the map follows the view."""
        self._wait_for_map()
        wait_for(lambda: not self.canvas.isDrawing(), "the canvas")
        rest(300)

    def _resize(self, size: tuple[int, int]) -> None:
        self.window.showNormal()
        self.window.setGeometry(0, 0, *size)
        rest(300)

    def _scroll_to(self, top: QWidget) -> None:
        """Show a page from one of its parts on, where it is too long for the window."""
        bar = self.content.pages.currentWidget().verticalScrollBar()
        bar.setValue(top.y())

    def _page(self, page: int, whole: bool = True, top: QWidget | None = None) -> None:
        """Take pictures of the window, in all sizes, from a part of the page on."""
        for size in reversed(self.sizes):
            self._resize(size)
            if whole:
                self.canvas.zoomToFullExtent()
            self._settle()
            if top is not None:
                self._scroll_to(top)
                rest(300)
            save(on_screen(self.window), self._path(f"{PAGE_NAMES[page]}-{self.theme}-{size[0]}"))

    def _guide(self, name: str) -> None:
        """Take a picture of the dock for the guide."""
        rest(200)
        save(self.dock.grab(), self._path(f"guide-{name}"))

    def _guide_canvas(self, name: str) -> None:
        """Take a picture of the middle of the canvas for the guide."""
        rest(200)
        picture = self.canvas.viewport().grab()
        side = min(picture.width(), picture.height())
        left, top = (picture.width() - side) // 2, (picture.height() - side) // 2
        save(picture.copy(left, top, side, side), self._path(f"guide-{name}"))

    def _path(self, name: str) -> Path:
        return self.pictures / f"{name}.png"


def main() -> None:
    """Play the session, say how it went, and close QGIS."""
    settings = json.loads(Path(os.environ["HSIFILM_SCREENSHOTS"]).read_text(encoding="utf-8"))
    outcome: dict[str, Any] = {"done": False}
    session = Session(settings)
    try:
        session.play()
        outcome = {"done": True, **session.figures}
    except Exception:  # noqa: BLE001 - QGIS would only show it; it is passed on
        outcome["error"] = traceback.format_exc()
        save(on_screen(iface.mainWindow()), session.pictures / "error.png")
    session.outcome.write_text(json.dumps(outcome, indent=1), encoding="utf-8")
    QgsProject.instance().clear()
    QApplication.quit()


QTimer.singleShot(1500, main)
