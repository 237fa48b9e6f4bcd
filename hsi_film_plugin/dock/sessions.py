"""Saving and opening labelling sessions from the dock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..layers.raster_source import raster_file
from .label_layer import LabelLayerError
from .labelling import Labelling
from .scene_layer import why_unsuitable
from .session_file import load_session, save_session


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

    def save(self, path: str) -> None:
        """Save the session."""
        labelling = self._labelling
        if labelling.scene is None or labelling.labels is None:
            self.said.emit(self.tr("There are no labels to save yet."))
            return
        state = {**self._state(), "scene_path": raster_file(labelling.scene, "").path}
        try:
            save_session(Path(path), labelling.labels, state)
        except (LabelLayerError, OSError) as error:
            self.said.emit(str(error))
            return
        self.said.emit(self.tr("The session was saved to {}.").format(path))

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
        layer = session.open_layer()
        project.addMapLayer(layer, False)
        project.layerTreeRoot().insertLayer(0, layer)
        self._labelling.set_labels(layer)
        self._restore(dict(session.state))
        self.said.emit(self.tr("The session of {} is open.").format(Path(path).name))

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
