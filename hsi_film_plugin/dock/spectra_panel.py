"""Feeds the plot of spectra: the pixel under the cursor, and the classes' means."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .class_curves import ClassCurve, LabelCurve, class_curve
from .crs_transform import transform_between
from .label_file import class_id_of
from .labelling import Labelling
from .spectra_plot import SpectraPlot
from .spectrum_reader import LabelSpectra, PixelSpectrum, SpectrumReader

#: Labels whose spectra are asked for at a time: a large layer must not fill the queue.
BATCH = 15
#: Labels beyond this are left out of the means; enough to know a mean, and bounded in time.
MOST_LABELS = 1000


class SpectraPanel(QObject):
    """Asks for the spectra that the plot shows, and keeps those of labels.

    Signals:
        labelClicked: The feature id of the label whose curve was clicked.
    """

    labelClicked = pyqtSignal(object)  # noqa: N815

    def __init__(
        self, plot: SpectraPlot, canvas: QgsMapCanvas, labelling: Labelling, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._plot = plot
        self._canvas = canvas
        self._labelling = labelling
        self._known: dict[object, LabelSpectra] = {}
        self._shapes: dict[object, bytes] = {}
        self._reader: SpectrumReader | None = None
        self._follow = True
        self._awaited = False  # the spectrum of the pixel under the cursor
        self._means = True
        self._opened: int | None = None  # the class whose single labels are shown
        self._read_soon = QTimer(self)
        self._read_soon.setSingleShot(True)
        self._read_soon.setInterval(200)
        self._read_soon.timeout.connect(self._read_labels)
        labelling.sceneChanged.connect(self._scene_changed)
        labelling.labelsChanged.connect(self._labels_changed)
        labelling.statisticsChanged.connect(self._read_soon.start)
        canvas.xyCoordinates.connect(self._moved)
        plot.curveClicked.connect(self._clicked)
        self._scene_changed()

    def follow_cursor(self, on: bool) -> None:
        """Show the spectrum under the cursor, or none."""
        self._follow = on
        if not on:
            self._drop_cursor()

    def show_means(self, on: bool) -> None:
        """Show the classes' means, or none."""
        self._means = on
        self._show_classes()

    def close(self) -> None:
        """Stop listening to the canvas."""
        self._canvas.xyCoordinates.disconnect(self._moved)
        self._read_soon.stop()

    def _scene_changed(self) -> None:
        self._known, self._shapes = {}, {}
        self._drop_cursor()
        self._plot.clear_pins()
        self._plot.set_classes(())
        labelling = self._labelling
        self._plot.set_bands(labelling.bands)
        if labelling.reader is not None and labelling.reader is not self._reader:
            labelling.reader.pixelRead.connect(self._pixel_read)
            labelling.reader.labelsRead.connect(self._labels_read)
        self._reader = labelling.reader
        self._read_soon.start()

    def _labels_changed(self) -> None:
        self._known, self._shapes, self._opened = {}, {}, None
        if self._labelling.reader is not None:
            self._labelling.reader.forget_labels()
        self._show_classes()
        self._read_soon.start()

    def _moved(self, point: QgsPointXY) -> None:
        labelling = self._labelling
        if not self._follow or labelling.grid is None or labelling.reader is None:
            return
        if not self._plot.isVisible():
            return
        place = labelling.grid.pixel_at(self._on_grid(point))
        if place is None:
            self._drop_cursor()
        else:
            self._awaited = True
            labelling.reader.ask_pixel(*place)

    def _pixel_read(self, spectrum: PixelSpectrum) -> None:
        if self._awaited:  # else the cursor has left the image since it was asked for
            self._plot.set_cursor(spectrum)

    def _drop_cursor(self) -> None:
        self._awaited = False
        self._plot.set_cursor(None)

    def _on_grid(self, point: QgsPointXY) -> QgsPointXY:
        grid = self._labelling.grid
        shown = self._canvas.mapSettings().destinationCrs()
        if grid is None:
            return point
        try:
            return transform_between(shown, grid.crs).transform(point)
        except QgsCsException:
            return QgsPointXY(float("nan"), float("nan"))

    def _read_labels(self) -> None:
        """Ask for the spectra of labels that are new or have another shape."""
        labelling = self._labelling
        if labelling.labels is None or labelling.grid is None or labelling.reader is None:
            return
        present, wanted = set(), []
        transform = self._to_grid()
        for feature in labelling.labels.layer.getFeatures():
            if len(present) >= MOST_LABELS:
                break
            fid, class_id = feature.id(), class_id_of(feature["class_id"])
            if not feature.hasGeometry() or class_id is None:
                continue
            present.add(fid)
            shape = bytes(feature.geometry().asWkb()) + class_id.to_bytes(4, "little", signed=True)
            if self._shapes.get(fid) == shape or len(wanted) >= BATCH:
                continue
            geometry = QgsGeometry(feature.geometry())
            if transform is not None:
                try:
                    geometry.transform(transform)
                except QgsCsException:
                    continue
            self._shapes[fid] = shape
            rows, cols = labelling.grid.pixels_of(geometry)
            if len(rows):
                wanted.append((fid, class_id, rows, cols))
            else:
                self._known.pop(fid, None)
        for fid in set(self._known) - present:
            del self._known[fid]
            self._shapes.pop(fid, None)
        if wanted:
            labelling.reader.ask_labels(wanted)
        self._show_classes()

    def _to_grid(self) -> QgsCoordinateTransform | None:
        labelling = self._labelling
        if labelling.labels is None or labelling.grid is None:
            return None
        return transform_between(labelling.labels.layer.crs(), labelling.grid.crs)

    def _labels_read(self, spectra: object) -> None:
        for item in spectra:  # type: ignore[attr-defined]
            self._known[item.fid] = item
        self._show_classes()
        self._read_soon.start()  # there may be more than a batch

    def _show_classes(self) -> None:
        labels = self._labelling.labels
        curves: list[ClassCurve] = []
        single: list[LabelCurve] = []
        for known in () if labels is None else labels.classes.classes():
            own = [s for s in self._known.values() if s.class_id == known.class_id]
            curve = class_curve(known.class_id, known.name, known.color, own)
            if self._means and curve is not None:
                curves.append(curve)
            if known.class_id == self._opened:
                single = [
                    LabelCurve(s.fid, s.class_id, known.color, s.mean) for s in own if s.count
                ]
        self._plot.set_classes(curves)
        self._plot.set_labels(single)

    def _clicked(self, fid: object, class_id: object) -> None:
        """Show the labels of the class whose mean was clicked, or tell of the clicked label."""
        if fid is not None:
            self.labelClicked.emit(fid)
        elif isinstance(class_id, int):
            self._opened = None if self._opened == class_id else class_id
            self._show_classes()
