"""Rasters that the dock can make for itself: the sample scene, and derived pictures of a scene."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingException, QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import QObject, QStandardPaths, pyqtSignal

from ..bridge.folders import cache_folder
from ..layers.raster_source import raster_file
from .engine_task import EngineTask, LatestJob
from .final_run import FinalRun
from .labelling import Labelling
from .preview_layer import PICTURE_OF

SAMPLE = "hsifilm:createsamplescene"


@dataclass(frozen=True)
class _Picture:
    """A picture that was asked for: of which layer, which one, and what it is to be called."""

    scene: str
    key: str
    name: str


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
        self._asked: _Picture | None = None
        self._job = LatestJob(self)
        self._job.progressed.connect(self._progress)
        self._job.succeeded.connect(lambda result: self._picture_ended(""))
        self._job.failed.connect(lambda text, kind: self._picture_ended(text))
        self._job.cancelled.connect(lambda: self._picture_ended(""))
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

        A newer request takes the place of one that is still being computed.

        Args:
            key: Of the picture's preset; empty for none, which hides those that were made.
        """
        scene = self._labelling.scene
        if scene is None:
            return
        asked = _Picture(scene.id(), key, f"{scene.name()} – {key.upper()}")
        if not key and self._asked is not None and self._asked.scene == scene.id():
            self._asked = None
            self._job.cancel()
        if self._shown(scene, asked.name if key else "") or not key or asked == self._asked:
            return
        try:
            path = raster_file(scene, self.tr("Hyperspectral image")).path
            picture = _picture_path(path, key)
        except QgsProcessingException as error:
            self.said.emit(str(error))
            return
        except OSError as error:
            self.said.emit(
                self.tr(
                    "“{path}” cannot be read: {reason}. Put it back, or choose another."
                ).format(path=path, reason=error.strerror or error)
            )
            return
        if not picture.exists() or not self._add_picture(str(picture), asked):
            self._asked = asked
            self._job.request(lambda: self._picture_task(asked, path, picture))

    def cancel(self) -> None:
        """Stop what runs."""
        self._sample.cancel()
        self._job.cancel()

    def close(self) -> None:
        """Stop what runs, and say nothing more."""
        self._sample.cancel()
        self._job.drop()

    def _picture_task(self, asked: _Picture, path: str, picture: Path) -> EngineTask:
        def params() -> dict[str, str]:
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.unlink(missing_ok=True)  # if it is there, it could not be opened
            return {"input": path, "kind": asked.key, "output": str(picture)}

        task = EngineTask(self.tr("Computing a picture of the image"), "pseudo_image", params)
        # Of this task itself: one that was superseded may have done its work all the same.
        task.succeeded.connect(lambda result: self._picture_made(result, asked))
        return task

    def _picture_made(self, result: dict[str, Any], asked: _Picture) -> None:
        if self._asked is None:  # not wanted any more
            return
        if not self._add_picture(str(result["output"]), asked):
            self.said.emit(
                self.tr("The picture “{}” cannot be opened. Ask for it again.").format(asked.name)
            )

    def _add_picture(self, path: str, asked: _Picture) -> bool:
        """Put a picture above its scene, if that is still there; return whether it is one."""
        layer = QgsRasterLayer(path, asked.name)
        if not layer.isValid():
            return False
        project = QgsProject.instance()
        if project.mapLayer(asked.scene) is None:
            return True
        layer.setCustomProperty(PICTURE_OF, asked.scene)
        project.addMapLayer(layer, False)
        root = project.layerTreeRoot()
        node = root.findLayer(asked.scene)
        parent = root if node is None or node.parent() is None else node.parent()
        place = 0 if node is None else parent.children().index(node)
        parent.insertLayer(place, layer)
        return True

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

    def _picture_ended(self, text: str) -> None:
        if self._job.running:  # the next one already
            return
        self._asked = None
        self.progressed.emit(None, "")
        if text:
            self.said.emit(text)


def _picture_path(scene: str, key: str) -> Path:
    """Return where a picture of a scene lies in the user's cache, for all projects."""
    status = Path(scene).stat()
    facts = f"{Path(scene).absolute()}|{status.st_size}|{status.st_mtime_ns}|{key}"
    name = hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache_folder() / "pictures" / f"{Path(scene).stem}_{key}_{name}.tif"
