"""What is being labelled: a scene, its pixel grid and bands, its labels and their statistics."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path

from qgis.core import (
    QgsApplication,
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
from .crs_transform import transform_between
from .label_file import labels_beside, path_of
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
        # All labels of this session by the ids of their layers, so that they can still be undone.
        self._known: dict[str, LabelLayer] = {}
        self._gone: set[str] = set()
        self._counting: StatisticsTask | None = None
        self._count_soon = QTimer(self)
        self._count_soon.setSingleShot(True)
        self._count_soon.setInterval(REST_MS)
        self._count_soon.timeout.connect(self._count)

    def set_scene(self, layer: QgsMapLayer | None, find_labels: bool = True) -> None:
        """Work on another scene, with the labels that belong to it.

        Args:
            layer: of the scene; None for none.
            find_labels: Whether a scene without a label layer goes on with a label file that
                lies beside it or the project.
        """
        if layer is self.scene:
            return
        self._forget_scene()
        refused = self._take_scene(layer) if isinstance(layer, QgsRasterLayer) else ""
        self.sceneChanged.emit()
        self._adopt_labels_of_scene(find_labels)
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
            labels = self._known.get(layer.id()) or LabelLayer.adopt(layer)
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
        self._show(labels)
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
        for labels in self._known.values():
            labels.deleteLater()
        self._known.clear()
        self._count_soon.stop()
        self._stop_counting()

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

    def _adopt_labels_of_scene(self, find_labels: bool) -> None:
        """Take the labels that this scene had before, from the project or from a file."""
        if self.scene is None:
            self._use(None, remember=False)
            return
        known = self.scene.customProperty(LABELS_OF_SCENE)
        layer = QgsProject.instance().mapLayer(str(known)) if known else None
        if layer is not None:
            self.set_labels(layer)
            return
        self._use(None, remember=False)
        # Nothing is written there where the user chose none.
        if find_labels and known != "" and known not in self._gone:
            self._find_labels()

    def _find_labels(self) -> None:
        """Go on with a label file that the project does not know: it was not saved, or is new."""
        stems = (file_stem(self.scene), _as_file_name(Path(self.scene.source()).stem))
        found = labels_beside(label_folders(self.scene), stems, self.grid.crs, self.scene.extent())
        layer = next(found, None)
        if layer is None or _is_open(layer):  # then the user has it, and chose not to use it here
            return
        try:
            labels = LabelLayer.adopt(layer)
        except LabelLayerError:  # one that cannot be written is none to go on with
            return
        self._show(labels)
        self.problem.emit(
            self.tr("Went on with the labels of {}. Choose others on the page “Scene”.").format(
                path_of(layer)
            )
        )

    def _show(self, labels: LabelLayer) -> None:
        """Put labels into the project above all else, and work on them."""
        project = QgsProject.instance()
        project.addMapLayer(labels.layer, False)
        project.layerTreeRoot().insertLayer(0, labels.layer)
        self._use(labels)

    def _use(self, labels: LabelLayer | None, remember: bool = True) -> None:
        if self.labels is not None:
            self.labels.changed.disconnect(self._count_soon.start)
            self.labels.classes.changed.disconnect(self._count_soon.start)
            self.labels.hold.let_go()
        elif labels is None:
            return
        self.labels = labels
        if labels is not None:
            self._keep(labels)
            labels.hold.take()
            labels.changed.connect(self._count_soon.start)
            labels.classes.changed.connect(self._count_soon.start)
        if remember and self.scene is not None:
            self.scene.setCustomProperty(
                LABELS_OF_SCENE, "" if labels is None else labels.layer.id()
            )
        self.labelsChanged.emit()
        self._count_soon.start()

    def _keep(self, labels: LabelLayer) -> None:
        """Keep labels with what can be undone of them until their layer goes."""
        layer_id = labels.layer.id()
        if layer_id not in self._known:
            self._known[layer_id] = labels
            labels.setParent(self)
            labels.problem.connect(self.problem)
            labels.gone.connect(partial(self._labels_gone, layer_id))

    def _labels_gone(self, layer_id: str) -> None:
        labels = self._known.pop(layer_id, None)
        self._gone.add(layer_id)
        if labels is not None and labels is self.labels:
            # Who removes the layer wants its file no longer.
            self._use(None, remember=not (self.scene is None or sip.isdeleted(self.scene)))
        if labels is not None:
            labels.deleteLater()

    def _in_label_crs(self, geometry: QgsGeometry) -> QgsGeometry | None:
        placed = QgsGeometry(geometry)
        if self.grid is None or self.labels is None:
            return placed
        try:
            placed.transform(transform_between(self.grid.crs, self.labels.layer.crs()))
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
        self._stop_counting()
        if self.labels is None or self.grid is None:
            self.statisticsChanged.emit(())
            return
        task = StatisticsTask(self.labels, self.grid)
        task.done.connect(self._counted)
        self._counting = task
        QgsApplication.taskManager().addTask(task)

    def _stop_counting(self) -> None:
        # QGIS deletes a task that was cancelled in its list, which says nothing here.
        if self._counting is not None and not sip.isdeleted(self._counting):
            self._counting.cancel()
        self._counting = None

    def _counted(self, statistics: object) -> None:
        # One that is cancelled as it ends still tells what it has counted.
        if self.sender() is self._counting:
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


def label_folders(scene: QgsRasterLayer) -> list[Path]:
    """Return where label files of a scene lie: beside the project and beside the scene."""
    folders = [QgsProject.instance().homePath(), str(Path(scene.source()).parent)]
    return [Path(folder) for folder in folders if folder]


def new_label_path(scene: QgsRasterLayer) -> Path:
    """Return a path for a new label file: beside the project, else the scene, else documents."""
    return new_path(scene, "labels.gpkg")


def new_path(scene: QgsRasterLayer, ending: str) -> Path:
    """Return where a new file that belongs to a scene goes, named after it.

    Beside the project, else the scene, else among the user's documents; nothing is overwritten.

    Args:
        scene: The scene.
        ending: What follows the scene's name, such as `labels.gpkg`.
    """
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folders = [*label_folders(scene), Path(documents)]
    folder = next((f for f in folders if os.access(f, os.W_OK)), Path.home())
    name = Path(f"{file_stem(scene)}_{ending}")
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{name.stem}_{number}{name.suffix}", number + 1
    return path


def file_stem(scene: QgsRasterLayer) -> str:
    """Return the scene's name as every file system takes it."""
    return _as_file_name(scene.name())


def _as_file_name(name: str) -> str:
    return re.sub(r"[^\w -]", "_", name).strip()[:60] or "scene"


def _is_open(layer: QgsVectorLayer) -> bool:
    """Return whether the project has a layer of the same file."""
    path = path_of(layer)
    for other in QgsProject.instance().mapLayers().values():
        known = path_of(other) if isinstance(other, QgsVectorLayer) else None
        if path is not None and known is not None and known.exists() and known.samefile(path):
            return True
    return False
