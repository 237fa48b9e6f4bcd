"""Rasters that the dock can make for itself: the sample scene, and derived pictures of a scene."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from qgis.core import QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import QObject, QStandardPaths, pyqtSignal

from ..bridge.folders import cache_folder
from ..layers.raster_source import raster_file
from .engine_task import EngineTask
from .final_run import FinalRun
from .labelling import Labelling
from .preview_layer import PICTURE_OF

SAMPLE = "hsifilm:createsamplescene"


class SceneSources(QObject):
    """Makes rasters in the background and adds them to the project.

    Signals:
        said: A sentence for the user.
        progressed: The fraction that is done, None at the end, and what is done.
        sceneMade: A new scene's layer.
    """

    said = pyqtSignal(str)
    progressed = pyqtSignal(object, str)
    sceneMade = pyqtSignal(object)  # noqa: N815

    def __init__(self, labelling: Labelling, parent: QObject) -> None:
        super().__init__(parent)
        self._labelling = labelling
        self._task: EngineTask | None = None
        self._sample = FinalRun(self)
        self._sample.progressed.connect(self._progress)
        self._sample.finished.connect(self._sample_made)
        self._sample.failed.connect(self._sample_failed)
        self._folder: Path | None = None

    def make_sample_scene(self) -> None:
        """Render the sample scene to a folder of its own among the user's documents."""
        if self._sample.running:
            self.said.emit(self.tr("Wait until the sample scene is there, or cancel it below."))
            return
        documents = QStandardPaths.writableLocation(
            QStandardPaths.StandardLocation.DocumentsLocation
        )
        start = str(QgsSettings().value("hsi_film/sample_folder", "", type=str) or documents)
        folder, number = Path(start) / "hsi_film_sample", 2
        while folder.exists():  # nothing is overwritten
            folder, number = Path(start) / f"hsi_film_sample_{number}", number + 1
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            self.said.emit(
                self.tr("The folder “{folder}” cannot be made: {reason}.").format(
                    folder=folder, reason=error.strerror or error
                )
            )
            return
        self._folder = folder
        self.progressed.emit(0.0, self.tr("Rendering the sample scene"))
        self._sample.start(
            SAMPLE,
            {
                "WIDTH": 256,
                "HEIGHT": 256,
                "SEED": 0,
                "OUTPUT": str(folder / "sample_scene.tif"),
                "TRAINING": str(folder / "training.gpkg"),
                "REFERENCE": str(folder / "reference.gpkg"),
            },
        )

    def show_picture(self, key: str) -> None:
        """Show a derived picture of the scene, such as its principal components.

        Args:
            key: Of the picture's preset; empty for none, which hides those that were made.
        """
        scene = self._labelling.scene
        if scene is None:
            return
        name = f"{scene.name()} – {key.upper()}"
        if self._shown(scene, name if key else "") or not key or self._task is not None:
            return
        path = raster_file(scene, self.tr("Hyperspectral image")).path
        picture = _picture_path(path, key)
        if picture.exists():
            self._add_picture(str(picture), name)
            return

        def params() -> dict[str, str]:
            picture.parent.mkdir(parents=True, exist_ok=True)
            return {"input": path, "kind": key, "output": str(picture)}

        description = self.tr("Computing a picture of the image")
        self._task = EngineTask(description, "pseudo_image", params)
        self._task.progressed.connect(self._progress)
        self._task.succeeded.connect(lambda result: self._picture_made(result, name))
        self._task.failed.connect(lambda text, kind: self._picture_failed(text))
        self._task.cancelled.connect(lambda: self._picture_failed(""))
        self._task.start()

    def cancel(self) -> None:
        """Stop what runs."""
        self._sample.cancel()
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """Stop what runs, and say nothing more."""
        self._sample.cancel()
        if self._task is not None:
            self._task.forget()
            self._task = None

    def _picture_made(self, result: dict[str, Any], name: str) -> None:
        self._task = None
        self.progressed.emit(None, "")
        self._add_picture(str(result["output"]), name)

    def _add_picture(self, path: str, name: str) -> None:
        layer = QgsRasterLayer(path, name)
        project, scene = QgsProject.instance(), self._labelling.scene
        project.addMapLayer(layer, False)
        root = project.layerTreeRoot()
        node = None if scene is None else root.findLayer(scene.id())
        if scene is not None:
            layer.setCustomProperty(PICTURE_OF, scene.id())
        parent = root if node is None or node.parent() is None else node.parent()
        place = 0 if node is None else parent.children().index(node)
        parent.insertLayer(place, layer)

    def _shown(self, scene: QgsRasterLayer, name: str) -> bool:
        """Switch a picture on and the scene's others off; return whether it is there."""
        found = False
        for node in QgsProject.instance().layerTreeRoot().findLayers():
            layer = node.layer()
            if layer is not None and layer.customProperty(PICTURE_OF) == scene.id():
                node.setItemVisibilityChecked(layer.name() == name)
                found = found or layer.name() == name
        return found

    def _sample_made(self, results: dict[str, Any]) -> None:
        self.progressed.emit(None, "")
        layer = QgsProject.instance().mapLayer(str(results.get("OUTPUT") or ""))
        if layer is not None:
            self.sceneMade.emit(layer)

    def _progress(self, fraction: float, text: str) -> None:
        self.progressed.emit(fraction, text)

    def _sample_failed(self, text: str) -> None:
        if self._folder is not None and not any(self._folder.iterdir()):
            self._folder.rmdir()
        self.progressed.emit(None, "")
        self.said.emit(text)

    def _picture_failed(self, text: str) -> None:
        self._task = None
        self.progressed.emit(None, "")
        if text:
            self.said.emit(text)


def _picture_path(scene: str, key: str) -> Path:
    """Return where a picture of a scene lies in the user's cache, for all projects."""
    status = Path(scene).stat()
    facts = f"{Path(scene).absolute()}|{status.st_size}|{status.st_mtime_ns}|{key}"
    name = hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache_folder() / "pictures" / f"{Path(scene).stem}_{key}_{name}.tif"
