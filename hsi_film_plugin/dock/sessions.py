"""Saving and opening labelling sessions from the dock."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..background_task import BackgroundTask, Outcome
from ..layers.raster_source import raster_file
from .label_file import path_of
from .label_layer import LabelLayerError
from .labelling import Labelling
from .pixel_grid import PixelGrid
from .scene_facts import SceneFacts
from .scene_layer import SceneFileError, read_scene_bands, why_unsuitable
from .session_file import SessionFile, capture_session, load_session

#: Where a session says which image it belongs to: by its path, by its path from the session's
#: folder, and by what tells it from other images.
SCENE_PATH = "scene_path"
SCENE_BESIDE = "scene_beside"
SCENE_FACTS = "scene_facts"


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
        if labelling.scene is None or labelling.labels is None or labelling.grid is None:
            self.said.emit(self.tr("There are no labels to save yet."))
            return
        try:
            scene = raster_file(labelling.scene, self.tr("Hyperspectral image")).path
            state = {**self._state(), SCENE_PATH: scene, SCENE_BESIDE: _beside(scene, path)}
            if labelling.bands is not None:
                facts = SceneFacts.of(labelling.grid, labelling.bands)
                state[SCENE_FACTS] = facts.written()
            session = capture_session(labelling.labels, state)
        except (LabelLayerError, QgsProcessingException) as error:
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
        scene, note = self._scene(session)
        if scene is None:
            self.said.emit(note)
            return
        project = QgsProject.instance()
        if project.mapLayer(scene.id()) is None:
            project.addMapLayer(scene)
        self._labelling.set_scene(scene, find_labels=False)  # the session brings its own
        if self._labelling.scene is not scene:  # refused, and the labelling has said why
            return
        layer = _opened_layer(session.path)
        if layer is None:
            layer = session.open_layer()
            project.addMapLayer(layer, False)
            project.layerTreeRoot().insertLayer(0, layer)
        self._labelling.set_labels(layer)
        self._restore(dict(session.state))
        opened = self.tr("The session of {} is open.").format(Path(path).name)
        self.said.emit(f"{opened} {note}".strip())

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

    def _scene(self, session: SessionFile) -> tuple[QgsRasterLayer | None, str]:
        """Return the session's image, which may not be in the project yet, and what to say of it.

        Without one, that is why not. Labels belong to pixels: another image is only taken if it
        has the same ones.
        """
        state = session.state
        path, facts = str(state.get(SCENE_PATH) or ""), SceneFacts.read(state.get(SCENE_FACTS))
        layer = _layer_of(path)
        if layer is not None:
            reason = why_unsuitable(layer)
            if reason:
                return None, reason
            return layer, "" if facts is None or _has(layer, facts) else self._changed(layer)
        beside = str(state.get(SCENE_BESIDE) or "")
        folder = Path(session.path).absolute().parent
        chosen = self._labelling.scene
        for other in (_layer_of(os.path.normpath(folder / beside)) if beside else None, chosen):
            if other is not None and facts is not None and _has(other, facts):
                return other, self.tr(
                    "Its image “{path}” was not found: “{other}” was taken instead, which has the "
                    "same size, bands and place."
                ).format(path=path, other=other.source())
        return None, self._missing(path, chosen, facts is not None)

    def _changed(self, layer: QgsRasterLayer) -> str:
        return self.tr(
            "The image “{}” has changed since: check that the labels lie where they belong."
        ).format(layer.source())

    def _missing(self, path: str, chosen: QgsRasterLayer | None, known: bool) -> str:
        if not known:
            text = self.tr(
                "The session’s image “{path}” is not there any more. Put it back, then open the "
                "session again."
            )
        elif chosen is None:
            text = self.tr(
                "The session’s image “{path}” is not there any more. Choose the image on the "
                "page “Scene”, or put it back; then open the session again."
            )
        else:
            text = self.tr(
                "The session’s image “{path}” is not there any more, and “{chosen}” is another "
                "one: its size, its bands or its place differ. Choose the right image on the page "
                "“Scene”, then open the session again."
            )
        return text.format(path=path, chosen="" if chosen is None else chosen.name())


def _beside(scene: str, session: str) -> str:
    """Return the path of an image from the folder of a session, as every system writes it."""
    try:
        return Path(os.path.relpath(scene, Path(session).absolute().parent)).as_posix()
    except ValueError:  # another drive of Windows
        return ""


def _layer_of(path: str) -> QgsRasterLayer | None:
    """Return an image of the project, or opened from the disk; None if it is not there."""
    if not path:
        return None
    for layer in QgsProject.instance().mapLayers().values():
        if isinstance(layer, QgsRasterLayer) and Path(layer.source()) == Path(path):
            return layer
    return QgsRasterLayer(path, Path(path).stem) if Path(path).exists() else None


def _has(layer: QgsRasterLayer, facts: SceneFacts) -> bool:
    """Whether a layer has the pixels that the facts describe."""
    if why_unsuitable(layer):
        return False
    try:
        bands = read_scene_bands(raster_file(layer, "").path)
        return facts.agree(SceneFacts.of(PixelGrid.of(layer), bands))
    except (QgsProcessingException, SceneFileError):
        return False


def _opened_layer(path: Path) -> QgsVectorLayer | None:
    """Return the project's layer of a session that is open already."""
    for layer in QgsProject.instance().mapLayers().values():
        if isinstance(layer, QgsVectorLayer):
            known = path_of(layer)
            if known is not None and known.exists() and known.samefile(path):
                return layer
    return None
