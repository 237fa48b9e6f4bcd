"""The map that follows the labels: what is prepared and previewed when, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingException, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..layers.layer_styles import MapClass, map_classes
from .engine_task import Client, EngineTask, LatestJob
from .live_state import LiveKind, LiveState, PreviewSettings, accuracy_of, map_text
from .mapped_scene import MappedScene
from .pixel_grid import PixelGrid
from .preview_layer import PreviewLayer, PreviewMode
from .visible_part import VisiblePart

if TYPE_CHECKING:
    from .label_layer import LabelLayer

#: How long labels rest before a preview is asked for, in ms.
LABEL_REST_MS = 150
#: How long the canvas rests before its extent is prepared, in ms.
VIEW_REST_MS = 400


class LiveMap(QObject):
    """Keeps a preview of the visible part of the scene up to date with the labels.

    Signals:
        stateChanged: A `LiveState`: what goes on, or what to do next.
        accuracyChanged: An `AccuracyPoint`, with each preview that could be validated.
        mapReady: The engine's answer to a preview that is now shown.
        labelsEdited: The labels have changed, which no map shows yet.

    Attributes:
        subject: The scene, the labels and the settings; to be looked at only.
        preview: The layer that shows the map.
    """

    stateChanged = pyqtSignal(object)  # noqa: N815
    accuracyChanged = pyqtSignal(object)  # noqa: N815
    mapReady = pyqtSignal(object)  # noqa: N815
    labelsEdited = pyqtSignal()  # noqa: N815

    def __init__(
        self,
        canvas: QgsMapCanvas,
        settings: PreviewSettings,
        parent: QObject | None = None,
        *,
        client: Callable[[], Client] | None = None,
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.subject = MappedScene(canvas, settings, client)
        self.preview = PreviewLayer(self)
        self._available = True
        self._automatic = False
        self._prepared: list[tuple[float, ...]] = []
        self._asked: VisiblePart | None = None  # what is being prepared
        self._sought: VisiblePart | None = None  # what is being mapped
        self._shown: VisiblePart | None = None  # what the preview shows
        self._shown_text = ""
        self._stale = False  # the labels or settings are newer than what is shown or sought
        self._map_wanted = False  # as soon as the part is prepared
        self._state = LiveState(LiveKind.IDLE, "")
        self._preparing = self._job(self._on_prepared, self._on_preparing)
        self._previewing = self._job(self._on_preview, self._on_previewing)
        self._label_rest = self._timer(LABEL_REST_MS, self._follow_labels)
        self._view_rest = self._timer(VIEW_REST_MS, self._follow_view)
        canvas.extentsChanged.connect(self._view_rest.start)
        canvas.destinationCrsChanged.connect(self._view_rest.start)
        QgsProject.instance().cleared.connect(self._on_cleared)
        self._settle()

    @property
    def state(self) -> LiveState:
        """What goes on, or what to do next."""
        return self._state

    @property
    def automatic(self) -> bool:
        """Whether changes of labels and view are followed without being asked."""
        return self._automatic

    @automatic.setter
    def automatic(self, wanted: bool) -> None:
        self._automatic = bool(wanted)
        if self._automatic:
            (self._label_rest if self._stale else self._view_rest).start()
        else:
            self._label_rest.stop()
        self._settle()

    @property
    def available(self) -> bool:
        """Whether there is an engine to ask."""
        return self._available

    @available.setter
    def available(self, there: bool) -> None:
        if there == self._available:
            return
        self._available = there
        if there and self._automatic:
            self._label_rest.start()
        self._settle()

    @property
    def settings(self) -> PreviewSettings:
        """How previews are made."""
        return self.subject.settings

    @settings.setter
    def settings(self, settings: PreviewSettings) -> None:
        if settings == self.subject.settings:
            return
        self.subject.settings = settings
        self._drop_jobs()
        self._prepared = []
        self._stale = True
        if self._automatic:
            self._label_rest.start()
        self._settle()

    def set_engine(self, backbone: str, device: str) -> None:
        """Compute features with another backbone, on another device."""
        self.settings = replace(self.settings, backbone=backbone, device=device)

    def set_most_pixels(self, most_pixels: int) -> None:
        """Map at most so many pixels around the middle of the view."""
        self.settings = replace(self.settings, most_pixels=int(most_pixels))

    def set_scene(self, layer: QgsRasterLayer | None, grid: PixelGrid | None) -> None:
        """Map another scene, or none; the same one again when its CRS has changed."""
        known = self.subject.layer
        if layer is None or grid is None:
            if known is not None:
                self._let_scene_go()
                self._settle()
            return
        if layer is not known:
            self._let_scene_go()
            self.subject.layer = layer
            layer.willBeDeleted.connect(self._on_scene_gone)
            layer.crsChanged.connect(self._on_scene_moved)
        self.subject.grid = grid
        self._settle()
        self._view_rest.start()

    def set_labels(self, labels: LabelLayer | None) -> None:
        """Map from other labels, or from none."""
        if labels is self.subject.labels:
            return
        self._let_labels_go()
        self.subject.labels = labels
        if labels is not None:
            labels.changed.connect(self._on_labels)
            labels.gone.connect(self._on_labels_gone)
            labels.classes.changed.connect(self._on_classes)
            self._on_labels()
        self._settle()

    def refresh(self) -> None:
        """Map the visible part from the labels as they are now."""
        self._label_rest.stop()
        part = self.subject.part() if self._available else None
        if part is None or self.subject.label_lack():
            self._previewing.drop()
            self._map_wanted = False
            if part is not None and self._automatic:
                self.prepare()
            else:
                self._settle()
        elif self._is_prepared(part):
            self._map_wanted = False
            self._preparing.drop()  # of another part, which would keep the engine busy
            self._previewing.request(self._preview_task)
            if self._previewing.running:  # else it has told why not
                self._settle()
        else:
            self._map_wanted = True
            self._previewing.drop()
            self._prepare(part)

    def prepare(self) -> None:
        """Compute the features of the visible part, so that previews of it are quick."""
        part = self.subject.part() if self._available else None
        if part is not None and not self._is_prepared(part):
            self._prepare(part)
        else:
            self._settle()

    def cancel(self) -> None:
        """Stop what runs; the map that is shown stays."""
        self._label_rest.stop()
        self._view_rest.stop()
        self._map_wanted = False
        self._preparing.cancel()
        self._previewing.cancel()

    def set_mode(self, mode: str) -> None:
        """Show "classes", "confidence" or "disagreement"."""
        self.preview.set_mode(PreviewMode(mode))

    def set_opacity(self, opacity: float) -> None:
        """Let the scene shine through the map: 0 is invisible, 1 opaque."""
        self.preview.set_opacity(opacity)

    def set_visible(self, visible: bool) -> None:
        """Switch the map on or off, to compare before and after."""
        self.preview.set_visible(visible)

    def close(self) -> None:
        """Stop everything and take the preview out of the project."""
        self._canvas.extentsChanged.disconnect(self._view_rest.start)
        self._canvas.destinationCrsChanged.disconnect(self._view_rest.start)
        QgsProject.instance().cleared.disconnect(self._on_cleared)
        self._let_labels_go()
        self._let_scene_go()
        self.preview.close()

    def _job(
        self,
        on_success: Callable[[dict[str, Any]], None],
        on_progress: Callable[[float, str], None],
    ) -> LatestJob:
        job = LatestJob(self)
        job.progressed.connect(on_progress)
        job.succeeded.connect(on_success)
        job.failed.connect(self._on_failure)
        job.cancelled.connect(self._on_stopped)
        return job

    def _timer(self, interval_ms: int, on_timeout: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(on_timeout)
        return timer

    def _on_labels(self) -> None:
        self._stale = True
        self.labelsEdited.emit()
        if self._automatic:
            self._label_rest.start()
        else:
            self._settle()

    def _on_classes(self) -> None:
        """Take over new names and colours, which need no engine."""
        if self.subject.labels is not None:
            self.preview.set_classes(
                [
                    MapClass(known.class_id, known.name, known.color)
                    for known in self.subject.labels.classes.classes()
                ]
            )

    def _follow_labels(self) -> None:
        if self._automatic:
            self.refresh()

    def _follow_view(self) -> None:
        part = self.subject.part()
        if part is None or not self._automatic:
            self._settle()
        elif self.subject.label_lack():
            self.prepare()
        elif not self._stale and self._covers(self._shown, part):
            self._settle()
        elif not self._covers(self._sought, part):
            self.refresh()

    def _prepare(self, part: VisiblePart) -> None:
        if not (self._preparing.running and self._covers(self._asked, part)):
            self._asked = part
            self._preparing.request(self._prepare_task)
        if self._preparing.running:
            self._settle()

    def _prepare_task(self) -> EngineTask:
        if self._asked is None:
            raise QgsProcessingException(self.subject.lack())
        return self.subject.prepare_task(self._asked)

    def _preview_task(self) -> EngineTask:
        task = self.subject.preview_task()
        self._sought = self.subject.part()
        self._stale = False
        return task

    def _on_preparing(self, fraction: float, message: str) -> None:
        # While a preview is made, preparing waits for its turn: there is nothing to tell.
        if not self._previewing.running:
            self._tell(LiveKind.PREPARING, message or self._state.text, fraction)

    def _on_previewing(self, fraction: float, message: str) -> None:
        self._tell(LiveKind.PREVIEWING, message or self._state.text, fraction)

    def _on_prepared(self, result: dict[str, Any]) -> None:
        whole = result.get("extent")
        if whole:
            self._prepared.append(tuple(float(edge) for edge in whole))
        if self._preparing.running:
            return
        if self._asked is not None:  # what the engine returns may be rounded
            self._prepared.append(self._asked.box)
        self._asked = None
        if self._map_wanted:
            self.refresh()
        else:
            self._settle()

    def _on_preview(self, result: dict[str, Any]) -> None:
        scene, part, self._sought = self.subject.layer, self._sought, None
        if scene is None or part is None:
            return
        if not self.preview.show(str(result.get("output", "")), map_classes(result), scene):
            self._stale = True
            self._tell(LiveKind.FAILED, self.tr("The map that was made cannot be opened."))
            return
        self._shown, self._shown_text = part, map_text(result, part)
        if not self._is_prepared(part):
            self._prepared.append(part.box)
        point = accuracy_of(result)
        if point is not None:
            self.accuracyChanged.emit(point)
        self.mapReady.emit(result)
        self._settle()

    def _on_failure(self, sentence: str, kind: str) -> None:
        self._asked = self._sought = None
        self._map_wanted = False
        self._stale = True
        if kind == "died":
            sentence += " " + self.tr("It is started again with the next map.")
        self._tell(LiveKind.FAILED, sentence)

    def _on_stopped(self) -> None:
        self._asked = self._sought = None
        self._stale = True
        self._settle(self.tr("Stopped."))

    def _on_scene_gone(self) -> None:
        self._let_scene_go()
        self._settle(self.tr("The hyperspectral image was removed from the project."))

    def _on_scene_moved(self) -> None:
        scene, grid = self.subject.layer, self.subject.grid
        if scene is not None and grid is not None:
            self.subject.grid = replace(grid, crs=scene.crs())
            self.preview.set_crs(scene.crs())
            self._settle()
            self._view_rest.start()

    def _on_labels_gone(self) -> None:
        self.set_labels(None)
        self._settle(self.tr("The label layer was removed from the project."))

    def _on_cleared(self) -> None:
        self._let_labels_go()
        self._let_scene_go()
        self._settle()

    def _let_scene_go(self) -> None:
        self._view_rest.stop()
        self._forget_map()
        self._drop_jobs()
        self._prepared = []
        layer, self.subject.layer, self.subject.grid = self.subject.layer, None, None
        if layer is not None and not sip.isdeleted(layer):
            layer.willBeDeleted.disconnect(self._on_scene_gone)
            layer.crsChanged.disconnect(self._on_scene_moved)

    def _let_labels_go(self) -> None:
        self._forget_map()
        if self.subject.labels is not None:
            self.subject.labels.changed.disconnect(self._on_labels)
            self.subject.labels.gone.disconnect(self._on_labels_gone)
            self.subject.labels.classes.changed.disconnect(self._on_classes)
        self.subject.labels = None

    def _forget_map(self) -> None:
        """Drop the map that is made and the one that is shown: its labels are others."""
        self._label_rest.stop()
        self._previewing.drop()
        self._map_wanted = False
        self._shown = self._sought = None
        self.preview.remove_soon()

    def _drop_jobs(self) -> None:
        self._preparing.drop()
        self._previewing.drop()
        self._asked = self._sought = None
        self._map_wanted = False

    def _is_prepared(self, part: VisiblePart) -> bool:
        return any(part.lies_in(box) for box in self._prepared)

    @staticmethod
    def _covers(larger: VisiblePart | None, part: VisiblePart) -> bool:
        return larger is not None and part.lies_in(larger.box)

    def _settle(self, news: str = "") -> None:
        """Tell what runs, or what to do next when nothing does."""
        if self._previewing.running:
            self._begin(LiveKind.PREVIEWING, self.tr("Mapping the visible part"))
        elif self._preparing.running:
            self._begin(LiveKind.PREPARING, self.tr("Preparing the visible part"))
        else:
            state = self._resting()
            self._tell(state.kind, f"{news} {state.text}".strip())

    def _begin(self, kind: LiveKind, text: str) -> None:
        if self._state.kind is not kind:  # what the engine has told meanwhile says more
            self._tell(kind, text, 0.0)

    def _resting(self) -> LiveState:
        lack = self.subject.lack()
        if not lack and not self._available:
            missing = self.tr("Install the engine on the page “Scene” to see a map.")
            return LiveState(LiveKind.WAITING, missing)
        if lack:
            waits = self.subject.layer is not None
            return LiveState(LiveKind.WAITING if waits else LiveKind.IDLE, lack)
        lack = self.subject.label_lack()
        if lack:
            return LiveState(LiveKind.WAITING, lack)
        if self.preview.layer is None or self._shown is None:
            return LiveState(LiveKind.IDLE, self.tr("Update the map to see it here."))
        if self._stale:
            older = self.tr("The map is older than the labels. Update it.")
            return LiveState(LiveKind.READY, older)
        return LiveState(LiveKind.READY, self._shown_text)

    def _tell(self, kind: LiveKind, text: str, fraction: float | None = None) -> None:
        state = LiveState(kind, text, fraction)
        if state != self._state:
            self._state = state
            self.stateChanged.emit(state)
