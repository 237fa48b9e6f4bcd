"""What is being labelled: a scene, its pixel grid and bands, its labels and their statistics."""

from __future__ import annotations

import os
import re
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QStandardPaths, QTimer, pyqtSignal

from ..layers.raster_source import raster_file
from ..translation import tr
from .label_layer import LabelLayer, LabelLayerError
from .label_statistics import StatisticsTask
from .pixel_grid import PixelGrid
from .scene_layer import SceneBands, read_scene_bands, why_unsuitable
from .spectrum_reader import SpectrumReader

#: Custom property of a scene's layer: the id of the layer with its labels.
LABELS_OF_SCENE = "hsi_film/labels"
#: How long labels rest before they are counted, in ms.
REST_MS = 250


class Labelling(QObject):
    """The scene and the labels that the dock works on; every page listens to it.

    Signals:
        sceneChanged: Another scene, none, or the same one in another CRS.
        labelsChanged: Another label layer, or none.
        statisticsChanged: The statistics of the classes, as a tuple.
        problem: A sentence for the user.
    """

    sceneChanged = pyqtSignal()  # noqa: N815
    labelsChanged = pyqtSignal()  # noqa: N815
    statisticsChanged = pyqtSignal(object)  # noqa: N815
    problem = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scene: QgsRasterLayer | None = None
        self.grid: PixelGrid | None = None
        self.bands: SceneBands | None = None
        self.reader: SpectrumReader | None = None
        self.labels: LabelLayer | None = None
        self._counting: StatisticsTask | None = None
        self._count_soon = QTimer(self)
        self._count_soon.setSingleShot(True)
        self._count_soon.setInterval(REST_MS)
        self._count_soon.timeout.connect(self._count)

    def set_scene(self, layer: QgsMapLayer | None) -> None:
        """Work on another scene, with the labels that belong to it."""
        if layer is self.scene:
            return
        self._forget_scene()
        refused = self._take_scene(layer) if isinstance(layer, QgsRasterLayer) else ""
        self.sceneChanged.emit()
        self._adopt_labels_of_scene()
        if refused:  # last, since who is told of another scene has something to say about it
            self.problem.emit(refused)

    def set_labels(self, layer: QgsMapLayer | None) -> None:
        """Draw into another label layer from now on."""
        if self.labels is not None and layer is self.labels.layer:
            return
        if not isinstance(layer, QgsVectorLayer):
            self._use(None)
            return
        try:
            labels = LabelLayer.adopt(layer)
        except LabelLayerError as error:
            self.problem.emit(str(error))
            return
        self._use(labels)

    def new_labels(self, path: Path) -> LabelLayer | None:
        """Make an empty label layer at `path` and put it into the project above the scene."""
        if self.scene is None or self.grid is None:
            self.problem.emit(self.tr("Choose a hyperspectral image first."))
            return None
        try:
            labels = LabelLayer.create(path, self.grid.crs, path.stem)
        except LabelLayerError as error:
            self.problem.emit(str(error))
            return None
        project = QgsProject.instance()
        project.addMapLayer(labels.layer, False)
        project.layerTreeRoot().insertLayer(0, labels.layer)
        self._use(labels)
        return labels

    def ensure_labels(self) -> LabelLayer | None:
        """Return the label layer, made beside the project or the scene if there is none."""
        if self.labels is not None:
            return self.labels
        if self.scene is None:
            self.problem.emit(self.tr("Choose a hyperspectral image first."))
            return None
        return self.new_labels(new_label_path(self.scene))

    def add_label(self, geometry: QgsGeometry, class_id: int, source: str) -> object | None:
        """Add a label; `geometry` is in the CRS of the grid. Return its feature id."""
        labels = self.ensure_labels()
        if labels is None:
            return None
        placed = self._in_label_crs(geometry)
        if placed is None:
            return None
        try:
            return labels.add(placed, class_id, source)
        except LabelLayerError as error:
            self.problem.emit(str(error))
            return None

    def cut(self, geometry: QgsGeometry) -> int:
        """Cut `geometry`, in the CRS of the grid, out of all labels; return how many changed."""
        placed = None if self.labels is None else self._in_label_crs(geometry)
        if self.labels is None or placed is None:
            return 0
        try:
            return self.labels.cut(placed)
        except LabelLayerError as error:
            self.problem.emit(str(error))
            return 0

    def close(self) -> None:
        """Let go of everything; the layers stay in the project."""
        self._use(None, remember=False)
        self._forget_scene()
        self._count_soon.stop()
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None

    def _take_scene(self, layer: QgsRasterLayer) -> str:
        """Take a scene; return why not if it cannot be used."""
        reason = why_unsuitable(layer) or _why_misplaced(layer)
        if reason:
            return reason
        try:
            self.grid = PixelGrid.of(layer)
            path = raster_file(layer, self.tr("Hyperspectral image")).path
            self.bands = read_scene_bands(path)
        except (QgsProcessingException, OSError, RuntimeError, ValueError) as error:
            self.grid = self.bands = None
            return self.tr("“{layer}” cannot be read: {reason}").format(
                layer=layer.name(), reason=error
            )
        self.scene = layer
        self.reader = SpectrumReader(path, self.bands, self)
        self.reader.failed.connect(self.problem)
        layer.willBeDeleted.connect(self._scene_gone)
        layer.crsChanged.connect(self._scene_moved)
        return ""

    def _forget_scene(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader.deleteLater()
            self.reader = None
        # Its Python object may be gone before its signal says so.
        if self.scene is not None and not sip.isdeleted(self.scene):
            self.scene.willBeDeleted.disconnect(self._scene_gone)
            self.scene.crsChanged.disconnect(self._scene_moved)
        self.scene = self.grid = self.bands = None

    def _scene_gone(self) -> None:
        self._forget_scene()
        self.sceneChanged.emit()
        self._use(None, remember=False)
        self.problem.emit(self.tr("The hyperspectral image was removed from the project."))

    def _scene_moved(self) -> None:
        if self.scene is None:
            return
        reason = _why_misplaced(self.scene)
        if reason:
            self.set_scene(None)
            self.problem.emit(reason)
            return
        self.grid = PixelGrid.of(self.scene)
        self.sceneChanged.emit()
        self._count_soon.start()

    def _adopt_labels_of_scene(self) -> None:
        """Take the label layer that this scene had before, if it is still there."""
        if self.scene is None:
            self._use(None, remember=False)
            return
        known = str(self.scene.customProperty(LABELS_OF_SCENE, "") or "")
        layer = QgsProject.instance().mapLayer(known) if known else None
        if layer is None:
            self._use(None, remember=False)
        else:
            self.set_labels(layer)

    def _use(self, labels: LabelLayer | None, remember: bool = True) -> None:
        if self.labels is not None:
            self.labels.changed.disconnect(self._count_soon.start)
            self.labels.classes.changed.disconnect(self._count_soon.start)
            self.labels.gone.disconnect(self._labels_gone)
            self.labels.deleteLater()
        elif labels is None:
            return
        self.labels = labels
        if labels is not None:
            labels.setParent(self)
            labels.changed.connect(self._count_soon.start)
            labels.classes.changed.connect(self._count_soon.start)
            labels.gone.connect(self._labels_gone)
            labels.problem.connect(self.problem)
        if remember and self.scene is not None:
            self.scene.setCustomProperty(
                LABELS_OF_SCENE, "" if labels is None else labels.layer.id()
            )
        self.labelsChanged.emit()
        self._count_soon.start()

    def _labels_gone(self) -> None:
        self._use(None, remember=False)

    def _in_label_crs(self, geometry: QgsGeometry) -> QgsGeometry | None:
        placed = QgsGeometry(geometry)
        if self.grid is None or self.labels is None:
            return placed
        source, target = self.grid.crs, self.labels.layer.crs()
        if not source.isValid() or not target.isValid() or source == target:
            return placed
        try:
            placed.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
        except QgsCsException:
            self.problem.emit(
                self.tr(
                    "The outline cannot be brought into the CRS of “{}”. Use a label layer in the "
                    "image’s CRS."
                ).format(self.labels.layer.name())
            )
            return None
        return placed

    def _count(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        if self.labels is None or self.grid is None:
            self.statisticsChanged.emit(())
            return
        task = StatisticsTask(self.labels, self.grid)
        task.done.connect(self._counted)
        self._counting = task
        QgsApplication.taskManager().addTask(task)

    def _counted(self, statistics: object) -> None:
        self._counting = None
        self.statisticsChanged.emit(statistics)


def _why_misplaced(layer: QgsRasterLayer) -> str:
    """Return why the engine would look for the labels elsewhere: it reads the CRS in the file."""
    own = layer.dataProvider().crs()
    if not own.isValid() or own == layer.crs():
        return ""
    return tr(
        "“{layer}” is shown in {shown}, but its file says {own}: labels drawn on it would lie "
        "elsewhere. Give the file its right CRS (Raster ‣ Projections ‣ Assign Projection), or "
        "set the layer’s CRS back."
    ).format(layer=layer.name(), shown=layer.crs().authid() or tr("no CRS"), own=own.authid())


def new_label_path(scene: QgsRasterLayer) -> Path:
    """Return a path for a new label file: beside the project, else the scene, else documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folders = [QgsProject.instance().homePath(), str(Path(scene.source()).parent), documents]
    folder = next((f for f in folders if f and os.access(f, os.W_OK)), str(Path.home()))
    stem = file_stem(scene)
    path, number = Path(folder) / f"{stem}_labels.gpkg", 2
    while path.exists():
        path, number = path.with_name(f"{stem}_labels_{number}.gpkg"), number + 1
    return path


def file_stem(scene: QgsRasterLayer) -> str:
    """Return the scene's name as every file system takes it."""
    return re.sub(r"[^\w -]", "_", scene.name()).strip()[:60] or "scene"
