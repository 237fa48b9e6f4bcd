"""The page where the work ends: the final map, its check against a reference, the reports."""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

from qgis.core import QgsMapLayerProxyModel, QgsProcessing, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from .final_run import FinalRun
from .labelling import Labelling, file_stem
from .live_map import LiveMap
from .page import Page
from .training_samples import TrainingSamples
from .visible_part import visible_part

TRAIN = "hsifilm:trainandclassify"
ASSESS = "hsifilm:assessaccuracy"
#: The order of the choices of Processing's parameter DEVICE.
DEVICES = ("auto", "cpu", "cuda", "mps")


class AreaError(Exception):
    """The area that was chosen cannot be mapped; the text is a sentence for the user."""


class FinishPage(Page):
    """Runs the algorithms of the plugin with what was labelled.

    Signals:
        mapMade: The final map is in the project.
    """

    mapMade = pyqtSignal()  # noqa: N815

    def __init__(
        self,
        labelling: Labelling,
        run: FinalRun,
        live: LiveMap,
        canvas: QgsMapCanvas,
        samples: TrainingSamples,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("finish_page", parent)
        self._labelling = labelling
        self._run = run
        self._live = live
        self._canvas = canvas
        self._samples = samples
        self._reports: dict[str, str] = {}
        self._running = ""
        self.area.addItem(self.tr("The whole image"), "all")
        self.area.addItem(self.tr("What the canvas shows"), "view")
        self.classMap.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.reference.setFilters(
            QgsMapLayerProxyModel.Filter.PolygonLayer | QgsMapLayerProxyModel.Filter.PointLayer
        )
        for combo in (self.classMap, self.reference):
            combo.setAllowEmptyLayer(True)
            combo.setCurrentIndex(0)
        self.reference.layerChanged.connect(self._reference_chosen)
        self.browse.clicked.connect(self._browse)
        self.run.clicked.connect(self.train_and_classify)
        self.dialog.clicked.connect(self._open_dialog)
        self.assess.clicked.connect(self._assess)
        self.openReport.clicked.connect(lambda: self._open("REPORT"))
        self.openAssessment.clicked.connect(lambda: self._open("ASSESSMENT"))
        self.removeSamples.clicked.connect(lambda: samples.use(""))
        samples.changed.connect(self._show_samples)
        run.finished.connect(self._finished)
        run.failed.connect(self._failed)
        labelling.sceneChanged.connect(self._enable)
        labelling.labelsChanged.connect(self._enable)
        labelling.labelsChanged.connect(self._list_layers)
        QgsProject.instance().layersAdded.connect(self._list_layers)
        self._list_layers()
        self._show_samples()
        self._reference_chosen(self.reference.currentLayer())
        self._enable()

    def training_parameters(self) -> dict[str, Any]:
        """Return the parameters of the final run as Processing takes them.

        Raises:
            AreaError: the canvas shows nothing of the scene.
        """
        labelling = self._labelling
        folder = self.folder.text().strip()
        parameters: dict[str, Any] = {
            "INPUT": None if labelling.scene is None else labelling.scene.id(),
            "LABELS": None if labelling.labels is None else labelling.labels.layer.id(),
            "CLASS_FIELD": "class_id",
            "BACKBONE": self._live.settings.backbone,
            "DEVICE": DEVICES.index(self._live.settings.device),
            "OUTPUT": self._destination(folder, "classes.tif"),
            "MODEL": self._destination(folder, "model.safetensors"),
            "REPORT": self._destination(folder, "report.html"),
        }
        if self._samples.path:
            parameters["SYNTHETIC"] = self._samples.path
        if self.confidence.isChecked():
            parameters["CONFIDENCE"] = self._destination(folder, "confidence.tif")
        if self.area.currentData() == "view":
            parameters["EXTENT"] = self._view()
        return parameters

    def train_and_classify(self) -> None:
        """Train the final model, and map the area that was chosen."""
        if not self._ready():
            return
        try:
            parameters = self.training_parameters()
        except AreaError as error:
            self.tell(str(error))
            return
        self._start(TRAIN, parameters)

    def state(self) -> dict[str, Any]:
        """Return what a project or a session keeps of this page, in JSON's types."""
        return {
            "folder": self.folder.text(),
            "area": self.area.currentData(),
            "confidence": self.confidence.isChecked(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Set the page as it was; what a state does not say stays as it is."""
        if isinstance(state.get("folder"), str):
            self.folder.setText(state["folder"])
        place = self.area.findData(state.get("area"))
        if place >= 0:
            self.area.setCurrentIndex(place)
        if isinstance(state.get("confidence"), bool):
            self.confidence.setChecked(state["confidence"])

    def close_page(self) -> None:
        """Stop listening to the project."""
        QgsProject.instance().layersAdded.disconnect(self._list_layers)

    def tell(self, text: str) -> None:
        """Show a sentence about the results."""
        self.result.setText(text)

    def _view(self) -> str:
        """Return what the canvas shows of the scene, as Processing writes an extent.

        It is told in the scene's CRS: that of the project may have no name to write down.
        """
        scene, grid = self._labelling.scene, self._labelling.grid
        view = self._canvas.mapSettings()
        part = None
        if grid is not None:
            part = visible_part(view.visibleExtent(), view.destinationCrs(), grid, sys.maxsize)
        if scene is None or grid is None or part is None:
            name = "" if scene is None else scene.name()
            raise AreaError(
                self.tr(
                    "The canvas shows nothing of “{}”. Zoom to the image, or choose the whole "
                    "image."
                ).format(name)
            )
        west, south, east, north = part.box
        text = ",".join(repr(float(edge)) for edge in (west, east, south, north))
        name = grid.crs.authid()
        return f"{text} [{name}]" if name else text

    def _show_samples(self) -> None:
        """Name the synthetic samples that the final training uses, if any."""
        path = self._samples.path
        self.samples.setText(Path(path).stem)
        self.samples.setToolTip(escape(path))
        for widget in (self.samplesLabel, self.samples, self.removeSamples):
            widget.setVisible(bool(path))

    def _open_dialog(self) -> None:
        try:
            self._run.open_dialog(TRAIN, self.training_parameters())
        except AreaError as error:
            self.tell(str(error))

    def _list_layers(self, added: Any = None) -> None:
        """List what can be a class map, and what can be compared with it."""
        layers = QgsProject.instance().mapLayers().values()
        self.classMap.setExceptedLayerList(
            [
                layer
                for layer in layers
                if isinstance(layer, QgsRasterLayer) and layer.bandCount() != 1
            ]
        )
        labels = self._labelling.labels
        self.reference.setExceptedLayerList([] if labels is None else [labels.layer])

    def _ready(self) -> bool:
        labels = self._labelling.labels
        if self._labelling.scene is None or labels is None:
            self.tell(self.tr("Choose an image and label it first."))
            return False
        if len(labels.counts()) < 2:
            self.tell(self.tr("Label at least two classes first."))
            return False
        folder = self.folder.text().strip()
        if folder and not Path(folder).is_dir():
            self.tell(self.tr("The folder “{}” does not exist. Choose another.").format(folder))
            return False
        if self._samples.path and not Path(self._samples.path).is_file():
            self.tell(
                self.tr(
                    "The synthetic samples “{}” are not there any more. Remove them above, or make "
                    "others on the page “Synthetic”."
                ).format(self._samples.path)
            )
            return False
        return True

    def _destination(self, folder: str, name: str) -> str:
        if not folder:
            return QgsProcessing.TEMPORARY_OUTPUT
        scene = self._labelling.scene
        stem = "" if scene is None else f"{file_stem(scene)}_"
        path, number = Path(folder) / f"{stem}{name}", 2
        while path.exists():  # nothing is overwritten unasked
            first = Path(name)
            path, number = Path(folder) / f"{stem}{first.stem}_{number}{first.suffix}", number + 1
        return str(path)

    def _assess(self) -> None:
        classes, reference = self.classMap.currentLayer(), self.reference.currentLayer()
        if classes is None or reference is None:
            self.tell(self.tr("Choose a class map and a layer of reference polygons or points."))
            return
        self._start(
            ASSESS,
            {
                "INPUT": classes.id(),
                "REFERENCE": reference.id(),
                "CLASS_FIELD": self.field.currentField(),
                "REPORT": QgsProcessing.TEMPORARY_OUTPUT,
                "TABLE": QgsProcessing.TEMPORARY_OUTPUT,
            },
        )

    def _start(self, algorithm: str, parameters: dict[str, Any]) -> None:
        if self._running:
            self.tell(self.tr("Wait until the run before has ended, or cancel it below."))
            return
        self._running = algorithm
        self._enable()
        self.tell(self.tr("Running…"))
        self._run.start(algorithm, parameters)

    def _finished(self, results: dict[str, Any]) -> None:
        training = self._running == TRAIN
        self._running = ""
        self._reports["REPORT" if training else "ASSESSMENT"] = str(results.get("REPORT", ""))
        if training:
            self.mapMade.emit()
            output = QgsProject.instance().mapLayer(str(results.get("OUTPUT", "")))
            if output is not None:
                self.classMap.setLayer(output)
        text = (
            self.tr("The map is in the project.")
            if training
            else self._comparison(str(results.get("TABLE", "")))
        )
        self.tell(" ".join((text, *self._run.warnings)))
        self._enable()

    def _comparison(self, table: str) -> str:
        """Return how well the map agrees with the reference, as the assessment's table says."""
        try:
            accuracy = json.loads(Path(table).read_text(encoding="utf-8"))["accuracy"]
            overall = float(accuracy["overall_accuracy"])
            balanced = float(accuracy["balanced_accuracy"])
        except (OSError, ValueError, KeyError, TypeError):
            return self.tr("The map was compared with the reference.")
        return self.tr(
            "The map was compared with the reference: overall accuracy {overall:.1%}, mean over "
            "the classes {balanced:.1%}."
        ).format(overall=overall, balanced=balanced)

    def _failed(self, text: str) -> None:
        self._running = ""
        self.tell(text)
        self._enable()

    def _enable(self) -> None:
        ready = self._labelling.scene is not None and self._labelling.labels is not None
        self.run.setEnabled(ready and not self._running)
        self.dialog.setEnabled(ready)
        self.assess.setEnabled(not self._running)
        self.openReport.setEnabled(bool(self._reports.get("REPORT")))
        self.openAssessment.setEnabled(bool(self._reports.get("ASSESSMENT")))

    def _reference_chosen(self, layer: object) -> None:
        self.field.setLayer(layer)
        names = [] if layer is None else [f.name() for f in layer.fields()]  # type: ignore[attr-defined]
        wanted = next((n for n in ("class_id", "class", "class_name") if n in names), None)
        if wanted:
            self.field.setField(wanted)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Folder for map, model and report"), self.folder.text()
        )
        if folder:
            self.folder.setText(folder)

    def _open(self, name: str) -> None:
        path = self._reports.get(name, "")
        if not Path(path).is_file():
            self.tell(self.tr("The report “{}” is not there any more.").format(path))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))
