"""Saving and opening labelling sessions from the dock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..background_task import BackgroundTask, Outcome
from ..layers.raster_source import raster_file
from .label_file import path_of
from .label_layer import LabelLayerError
from .labelling import Labelling
from .scene_layer import why_unsuitable
from .session_file import capture_session, load_session


class Sessions(QObject):
    """Writes labels and the dock's state to one file, and takes them up again.

    Signals:
        said: A sentence for the user.
    """

    said = pyqtSignal(str)

    def __init__(
        self,
        labelling: Labelling,
        state: Callable[[], dict[str, Any]],
        restore: Callable[[dict[str, Any]], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._labelling = labelling
        self._state = state
        self._restore = restore
        self._saving: BackgroundTask | None = None
        self._closed = False

    def save(self, path: str) -> None:
        """Save the session."""
        labelling = self._labelling
        if labelling.scene is None or labelling.labels is None:
            self.said.emit(self.tr("There are no labels to save yet."))
            return
        state = {**self._state(), "scene_path": raster_file(labelling.scene, "").path}
        try:
            session = capture_session(labelling.labels, state)
        except LabelLayerError as error:
            self.said.emit(str(error))
            return

        def work(task: BackgroundTask) -> Outcome:
            try:
                session.write(Path(path))
            except (LabelLayerError, OSError) as error:
                return Outcome(False, str(error))
            return Outcome(True, self.tr("The session was saved to {}.").format(path))

        self._saving = BackgroundTask(self.tr("Saving the labelling session"), work, self._saved)
        QgsApplication.taskManager().addTask(self._saving)

    def open(self, path: str) -> None:
        """Open a session: its scene, its labels, its settings."""
        try:
            session = load_session(Path(path))
        except (LabelLayerError, OSError) as error:
            self.said.emit(str(error))
            return
        scene = self._scene(str(session.state.get("scene_path") or ""))
        if scene is None:
            return
        project = QgsProject.instance()
        self._labelling.set_scene(scene)
        if self._labelling.scene is not scene:  # refused, and the labelling has said why
            return
        layer = _opened_layer(session.path)
        if layer is None:
            layer = session.open_layer()
            project.addMapLayer(layer, False)
            project.layerTreeRoot().insertLayer(0, layer)
        self._labelling.set_labels(layer)
        self._restore(dict(session.state))
        self.said.emit(self.tr("The session of {} is open.").format(Path(path).name))

    def close(self) -> None:
        """Say nothing more; what is being saved is saved."""
        self._closed = True
        if self._saving is not None:
            self._saving.waitForFinished()

    def _saved(self, outcome: Outcome | None) -> None:
        self._saving = None
        if self._closed:
            return
        broken = self.tr("The session could not be saved. See the log of QGIS.")
        self.said.emit(broken if outcome is None else outcome.text)

    def _scene(self, path: str) -> QgsRasterLayer | None:
        """Return the session's scene: of the project, opened, or the one that is chosen now."""
        for layer in QgsProject.instance().mapLayers().values():
            if isinstance(layer, QgsRasterLayer) and path and Path(layer.source()) == Path(path):
                return layer
        if path and Path(path).exists():
            layer = QgsRasterLayer(path, Path(path).stem)
            reason = why_unsuitable(layer)
            if not reason:
                QgsProject.instance().addMapLayer(layer)
                return layer
            self.said.emit(reason)
            return None
        if self._labelling.scene is None:
            self.said.emit(
                self.tr(
                    "The session’s image “{}” is not there any more. Choose the image on the page "
                    "“Scene”, then open the session again."
                ).format(path)
            )
        return self._labelling.scene


def _opened_layer(path: Path) -> QgsVectorLayer | None:
    """Return the project's layer of a session that is open already."""
    for layer in QgsProject.instance().mapLayers().values():
        if isinstance(layer, QgsVectorLayer):
            known = path_of(layer)
            if known is not None and known.exists() and known.samefile(path):
                return layer
    return None
