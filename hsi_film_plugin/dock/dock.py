"""The dock: its pages, and how they work together."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCsException,
    QgsGeometry,
    QgsMapLayer,
    QgsProject,
)
from qgis.gui import QgsDockWidget, QgsMapCanvas, QgsMapTool, QgsScrollArea
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QFrame, QLabel, QMessageBox, QWidget

from .crs_transform import transform_between
from .drawing import Drawing
from .engine_panel import EngineMenu
from .final_run import FinalRun
from .finish_page import FinishPage
from .label_page import LabelPage
from .labelling import Labelling
from .live_map import LiveMap
from .live_state import LiveKind, LiveState, PreviewSettings
from .map_page import MapPage
from .page import Page
from .project_state import from_json, places, read_state, whole_number, write_state
from .scene_page import ScenePage
from .scene_sources import SceneSources
from .sessions import Sessions
from .status_strip import StatusStrip
from .suggestions import Suggestions
from .synthetic_page import SyntheticPage
from .training_samples import TrainingSamples

#: Custom property of a scene's layer: the places that nobody wants to label, as JSON.
AVOIDED_IN_SCENE = "hsi_film/avoided"
#: Name of the dock, by which QGIS remembers its place.
OBJECT_NAME = "HsiFilmDock"


class Dock(QgsDockWidget):
    """Everything between a hyperspectral image and its map, in one dock.

    Args:
        canvas: QGIS's map canvas.
        engine_menu: Installs the engine; None where there is no menu.
        parent: QGIS's main window.
    """

    def __init__(
        self,
        canvas: QgsMapCanvas,
        engine_menu: EngineMenu | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("HSI FiLM"))
        self.setObjectName(OBJECT_NAME)
        self._canvas = canvas
        self._map_failed = False
        self.labelling = Labelling(self)
        self.live = LiveMap(canvas, PreviewSettings(), parent=self)
        self.suggestions = Suggestions(canvas, self.live, self)
        self.final_run = FinalRun(self)
        self.synthesis_run = FinalRun(self)
        self.training_samples = TrainingSamples(self)
        self.drawing = Drawing(canvas, self.labelling, self)
        self.drawing.keys_wanted = self._keys_wanted
        self._content = Page("dock")
        self.setWidget(self._content)
        self.scene_page = ScenePage(self.labelling, engine_menu)
        self.label_page = LabelPage(self.labelling, self.drawing)
        self.map_page = MapPage(self.labelling, self.drawing, self.live, self.suggestions)
        self.finish_page = FinishPage(
            self.labelling, self.final_run, self.live, canvas, self.training_samples
        )
        self.synthetic_page = SyntheticPage(
            self.labelling, self.synthesis_run, self.live, self.training_samples
        )
        self.sessions = Sessions(self.labelling, self.state, self.restore, self)
        self.sources = SceneSources(self.labelling, self)
        self.strip = StatusStrip(
            self._content.status, self._content.progress, self._content.cancel, self
        )
        self.strip.titles = {
            "live map": self.tr("Stop the live map"),
            "suggestions": self.tr("Stop looking for places"),
            "final run": self.tr("Stop the final run"),
            "synthesis": self.tr("Stop what trains, makes or judges samples"),
            "installation": self.tr("Stop the installation"),
            "source": self.tr("Stop what makes the picture or the sample scene"),
        }
        self.strip.background = frozenset(("live map",))
        self._add_pages()
        self._connect()
        self._apply_settings()
        self._engine_ready(self.scene_page.engine.ready)
        self._read_project()
        # The dock is on the screen before a file is opened for it.
        QTimer.singleShot(0, self.scene_page.choose_first_scene)

    def state(self) -> dict[str, Any]:
        """Return what a project or a session keeps of the dock, in JSON's types."""
        scene, page = self.labelling.scene, self._content.pages.currentIndex()
        return {
            "open": not self.isHidden(),
            "scene": None if scene is None else scene.id(),
            "page": page,
            "class": self.drawing.current_class,
            "automatic": self.map_page.automatic.isChecked(),
            "mode": self.map_page.mode.currentData(),
            "opacity": self.map_page.opacity.value(),
            "side": self.map_page.mostPixels.currentData(),
            "history": [vars(point) for point in self.map_page.history],
            "avoided": [list(place) for place in self.suggestions.avoided],
            "scene_page": self.scene_page.state(),
            "label_page": self.label_page.state(),
            "finish_page": self.finish_page.state(),
            **self.training_samples.state(),
            "synthetic_page": self.synthetic_page.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Set the dock as it was; what is not in the state stays as it is."""
        page = self.map_page
        if isinstance(state.get("automatic"), bool):
            page.automatic.setChecked(state["automatic"])
        for combo, key in ((page.mode, "mode"), (page.mostPixels, "side")):
            place = combo.findData(state.get(key))
            if place >= 0:
                combo.setCurrentIndex(place)
        opacity = whole_number(state.get("opacity"))
        if opacity is not None:
            page.opacity.setValue(opacity)
        page.restore_history(state.get("history"))
        self.suggestions.avoided = places(state.get("avoided"))
        labels, class_id = self.labelling.labels, whole_number(state.get("class"))
        if labels is not None and class_id is not None and labels.classes.find(class_id):
            self.drawing.choose_class(class_id)
        self.training_samples.restore(state)
        for name in ("scene_page", "label_page", "finish_page", "synthetic_page"):
            kept = state.get(name)
            if isinstance(kept, dict):
                getattr(self, name).restore(kept)
        place = whole_number(state.get("page"))
        if place is not None:
            self._content.pages.setCurrentIndex(place)

    def shut_down(self) -> None:
        """Stop all work and let go of canvas and project, before the dock is deleted."""
        project = QgsProject.instance()
        project.readProject.disconnect(self._read_project)
        project.writeProject.disconnect(self._write_project)
        project.cleared.disconnect(self._project_cleared)
        self.drawing.close()
        self.label_page.spectra.close()
        self.suggestions.close()
        self.live.close()
        self.final_run.close()
        self.synthesis_run.close()
        self.synthetic_page.close_page()
        self.training_samples.close()
        self.sources.close()
        self.sessions.close()
        self.scene_page.close_page()
        self.finish_page.close_page()
        self.labelling.close()

    def showEvent(self, event: Any) -> None:
        """Follow the canvas again, and list backbones that were installed meanwhile."""
        super().showEvent(event)
        self.scene_page.engine.fill_backbones()
        self.live.automatic = self.map_page.automatic.isChecked()

    def closeEvent(self, event: Any) -> None:
        """Put the tool away and rest when the dock is closed; the labels stay."""
        self.drawing.take("")
        self.live.automatic = False
        super().closeEvent(event)

    def _add_pages(self) -> None:
        pages = self._content.pages
        for page, name, tip in (
            (self.scene_page, self.tr("Scene"), self.tr("The image, its labels and the engine")),
            (self.label_page, self.tr("Label"), self.tr("Classes, drawing tools and spectra")),
            (self.map_page, self.tr("Map"), self.tr("The live map, and where to label next")),
            (self.finish_page, self.tr("Finish"), self.tr("The final map and its accuracy")),
            (self.synthetic_page, self.tr("Synthetic"), self.tr("Samples for rare classes")),
        ):
            # On a small screen a page scrolls rather than making the window larger.
            scroll = QgsScrollArea()
            scroll.setFrameShape(QFrame.Shape.NoFrame)
            scroll.setWidgetResizable(True)
            scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            scroll.setWidget(page)
            # A click beside its fields leaves the keyboard with the canvas.
            scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar = scroll.verticalScrollBar().sizeHint().width()
            scroll.setMinimumWidth(page.minimumSizeHint().width() + bar)
            pages.setTabToolTip(pages.addTab(scroll, name), tip)

    def _connect(self) -> None:
        labelling, content = self.labelling, self._content
        labelling.problem.connect(self.strip.warn)
        labelling.sceneChanged.connect(self._scene_changed)
        labelling.labelsChanged.connect(self._labels_changed)
        self.drawing.keyPressed.connect(self._key)
        self.drawing.hint.connect(lambda text: self._say_unless_shown(text, self.label_page.hint))
        self.live.stateChanged.connect(self._show_live)
        self.live.mapReady.connect(self._map_ready)
        self.suggestions.changed.connect(self._keep_avoided)
        self.suggestions.failed.connect(self.strip.warn)
        self.suggestions.progressed.connect(partial(self._show_progress, "suggestions"))
        for name, run, result in (
            ("final run", self.final_run, self.finish_page.result),
            ("synthesis", self.synthesis_run, self.synthetic_page.result),
        ):
            run.progressed.connect(partial(self._show_progress, name))
            for ended in (run.finished, run.failed):
                ended.connect(partial(self._run_ended, name, result))
        # The live map would lie upon the final one; one press of F brings it back.
        self.finish_page.mapMade.connect(partial(self.map_page.flicker.setChecked, True))
        self.label_page.labelWanted.connect(self.show_label)
        self.scene_page.engine.settingsChanged.connect(self._apply_settings)
        self.scene_page.engine.readyChanged.connect(self._engine_ready)
        self.scene_page.engine.progressed.connect(partial(self._show_progress, "installation"))
        self.scene_page.pictureWanted.connect(self.sources.show_picture)
        self.scene_page.sampleWanted.connect(self.sources.make_sample_scene)
        self.scene_page.openWanted.connect(self.sessions.open)
        self.scene_page.saveWanted.connect(self.sessions.save)
        self.sessions.said.connect(self.strip.warn)
        self.sources.said.connect(self.strip.warn)
        self.sources.progressed.connect(partial(self._show_progress, "source"))
        self.sources.sceneMade.connect(labelling.set_scene)
        content.pages.currentChanged.connect(lambda _: self._show_live(self.live.state))
        content.cancel.setIcon(QgsApplication.getThemeIcon("/mTaskCancel.svg"))
        content.cancel.clicked.connect(self._cancel)
        project = QgsProject.instance()
        project.readProject.connect(self._read_project)
        project.writeProject.connect(self._write_project)
        project.cleared.connect(self._project_cleared)

    def show_label(self, fid: object) -> None:
        """Move the canvas to a label, and flash it."""
        labels = self.labelling.labels
        if labels is None:
            return
        geometry = labels.layer.getGeometry(fid)
        if geometry.isNull():
            return
        box = self._on_canvas(geometry, labels.layer).boundingBox()
        if not self._canvas.extent().contains(box):
            self._canvas.setCenter(box.center())
            self._canvas.refresh()
        self._canvas.flashFeatureIds(labels.layer, [fid])

    def _on_canvas(self, geometry: QgsGeometry, layer: QgsMapLayer) -> QgsGeometry:
        shown = self._canvas.mapSettings().destinationCrs()
        try:
            geometry.transform(transform_between(layer.crs(), shown))
        except QgsCsException:
            return geometry
        return geometry

    def _keys_wanted(self) -> bool:
        """Return whether the canvas's keys are the dock's while none of its tools is in hand.

        Tools that edit other layers have keys of their own.
        """
        tool = self._canvas.mapTool()
        editing = tool is not None and bool(tool.flags() & QgsMapTool.Flag.EditTool)
        return self.isVisible() and self.labelling.scene is not None and not editing

    def _key(self, key: str) -> None:
        """Do what a key on the canvas means."""
        if key.isdigit():
            # a class for what is being drawn, or for a place that nobody sees, is no answer
            if self.suggestions.in_view() and not self.drawing.busy:
                self.map_page.accept_suggestion(self.drawing.current_class)
        elif key == "N":
            self.suggestions.visit_next()
        elif key == "X":
            self.suggestions.skip()
        elif key == "F":
            self.map_page.flick()
        elif key == "U":
            self.live.refresh()
        elif key == "S":
            self.label_page.plot.pin()

    def _scene_changed(self) -> None:
        labelling = self.labelling
        kept = "" if labelling.scene is None else labelling.scene.customProperty(AVOIDED_IN_SCENE)
        self.suggestions.avoided = places(from_json(str(kept or "")))
        self.training_samples.set_scene(labelling.scene)
        self.live.set_scene(labelling.scene, labelling.grid)
        self.suggestions.clear()
        if labelling.scene is None:
            self.strip.say(self.tr("Choose a hyperspectral image on the page “Scene”."))
        else:
            self.strip.say(self.tr("Add classes and draw labels on the page “Label”."))

    def _keep_avoided(self) -> None:
        """Let the places that were skipped stay with the scene."""
        scene, avoided = self.labelling.scene, self.suggestions.avoided
        if scene is not None and avoided:
            text = json.dumps([list(place) for place in avoided])
            scene.setCustomProperty(AVOIDED_IN_SCENE, text)

    def _labels_changed(self) -> None:
        self.live.set_labels(self.labelling.labels)
        self.suggestions.clear()

    def _apply_settings(self) -> None:
        engine = self.scene_page.engine
        self.live.settings = replace(
            self.live.settings, backbone=engine.backbone, device=engine.device
        )

    def _engine_ready(self, ready: bool) -> None:
        self.live.available = ready

    def _show_live(self, state: LiveState) -> None:
        if state.kind is LiveKind.FAILED:
            self._map_failed = True
            self.strip.warn(state.text)
        elif state.kind is LiveKind.READY and self._map_failed:
            self._map_failed = False
            self.strip.relieve()
        self.strip.progress("live map", state.fraction)
        self._say_unless_shown(state.text, self.map_page.state)

    def _map_ready(self, result: dict[str, Any]) -> None:
        device = str(result.get("device") or "")
        if device:
            self.scene_page.engine.tell_device(device, str(result.get("device_reason") or ""))

    def _show_progress(self, source: str, fraction: float | None, text: str = "") -> None:
        self.strip.progress(source, fraction)
        if text:
            self.strip.say(text)

    def _run_ended(self, name: str, result: QLabel, results: object) -> None:
        self.strip.progress(name, None)
        if isinstance(results, str) and result.visibleRegion().isEmpty():
            self.strip.say(result.text())  # why there are none, also where the page is scrolled
        else:
            self._say_unless_shown(result.text(), result)

    def _say_unless_shown(self, text: str, label: QLabel) -> None:
        """Say something on the strip unless the page that is shown says it already."""
        self.strip.say("" if label.isVisible() else text)

    def _cancel(self) -> None:
        """Stop what the bar shows; what took long to come this far only after a question."""
        shown = self.strip.shown
        if shown == "final run" and self._confirmed(self.tr("Stop the final run?")):
            self.final_run.cancel()
        elif shown == "synthesis" and self._confirmed(self.tr("Stop the run?")):
            self.synthesis_run.cancel()
        elif shown == "installation" and self._confirmed(self.tr("Stop the installation?")):
            self.scene_page.engine.cancel()
        elif shown == "live map":
            self.live.cancel()
        elif shown == "suggestions":
            self.suggestions.cancel()
        elif shown == "source":
            self.sources.cancel()

    def _confirmed(self, question: str) -> bool:
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        return QMessageBox.question(self, self.windowTitle(), question, yes | no, no) == yes

    def _read_project(self, document: Any = None) -> None:
        """Take up the work that the project holds."""
        state = read_state()
        layer = QgsProject.instance().mapLayer(str(state.get("scene") or ""))
        if layer is not None:
            self.labelling.set_scene(layer)
        if state:
            self.restore(state)

    def _write_project(self, document: Any = None) -> None:
        if self.labelling.scene is not None or read_state():
            write_state(self.state())

    def _project_cleared(self) -> None:
        for run in (self.final_run, self.synthesis_run):
            if run.running:  # its map would arrive in the next project
                run.cancel()
        self.labelling.set_scene(None)
        self.training_samples.use("")
        self.synthetic_page.clear()
        self.suggestions.avoided = ()
        self.map_page.set_history([])
        self.strip.relieve()  # that its image has gone is no news to who closed the project
