"""Follows a label layer: who changes it, how many labels each class has, when it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qgis.core import QgsFeatureRequest, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .label_commands import LabelWriter
from .label_file import CLASS_ID, class_id_of


class LabelWatch(QObject):
    """Knows the class of each label, kept up to date one label at a time.

    Args:
        layer: of the labels.
        writer: what it writes is known; it is told when a label's feature id changes.
        parent: owns it.

    Signals:
        changed: Labels were added, removed or changed; once for all of one moment.
        gone: The layer is being deleted.
    """

    changed = pyqtSignal()
    gone = pyqtSignal()

    def __init__(self, layer: QgsVectorLayer, writer: LabelWriter, parent: QObject) -> None:
        super().__init__(parent)
        self._layer: QgsVectorLayer | None = layer
        self._writer = writer
        self._classes: dict[int, int | None] | None = None
        self._saving = False
        self._unsaved: int | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._tell)
        writer.written.connect(self._note)
        layer.featureAdded.connect(self._added)
        layer.featureDeleted.connect(self._deleted)
        layer.attributeValueChanged.connect(self._value_changed)
        layer.geometryChanged.connect(self._reshaped)
        layer.beforeCommitChanges.connect(self._saving_begins)
        layer.afterCommitChanges.connect(self._saved)
        layer.editingStopped.connect(self._saved)
        for signal in (layer.afterRollBack, layer.dataChanged, layer.subsetStringChanged):
            signal.connect(self._anything_changed)
        layer.willBeDeleted.connect(self._going)

    def counts(self) -> dict[int, int]:
        """Return the number of labels of each class that has some."""
        counted = Counter(self._known().values())
        counted.pop(None, None)
        return dict(counted)

    def labels_of(self, class_ids: Sequence[int]) -> list[int]:
        """Return the feature ids of the labels of some classes."""
        wanted = set(class_ids)
        return [fid for fid, class_id in self._known().items() if class_id in wanted]

    def _known(self) -> dict[int, int | None]:
        if self._layer is None:
            return {}
        if self._classes is None:
            place = self._layer.fields().lookupField(CLASS_ID)
            if place < 0:
                return {}
            request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
            request.setSubsetOfAttributes([place])
            self._classes = {
                feature.id(): class_id_of(feature.attribute(place))
                for feature in self._layer.getFeatures(request)
            }
        return self._classes

    def _note(self, classes: Mapping[int, Any], removed: Sequence[int]) -> None:
        """Take in what was written into the file, of which the layer tells nothing."""
        if self._classes is not None:
            self._classes.update((fid, class_id_of(value)) for fid, value in classes.items())
            for fid in removed:
                self._classes.pop(fid, None)
        self._soon.start()

    def _added(self, fid: int) -> None:
        if self._saving and self._unsaved is not None:
            # What QGIS saves gets its final id: it says so as a deletion and an addition.
            self._writer.refs.became(self._unsaved, fid)
            if self._classes is not None:
                self._classes[fid] = self._classes.pop(self._unsaved, None)
            self._unsaved = None
        elif self._classes is not None and self._layer is not None:
            feature = self._layer.getFeature(fid)
            place = feature.fields().lookupField(CLASS_ID)
            self._classes[fid] = class_id_of(feature.attribute(place)) if place >= 0 else None
        self._soon.start()

    def _deleted(self, fid: int) -> None:
        if self._saving and fid < 0:
            self._unsaved = fid
            return
        if self._classes is not None:
            self._classes.pop(fid, None)
        self._soon.start()

    def _value_changed(self, fid: int, place: int, value: object) -> None:
        if self._layer is None:
            return
        if self._classes is not None and place == self._layer.fields().lookupField(CLASS_ID):
            self._classes[fid] = class_id_of(value)
        self._soon.start()

    def _reshaped(self, fid: int, geometry: object) -> None:
        self._soon.start()

    def _saving_begins(self, stop_editing: bool = True) -> None:
        self._saving = True
        self._unsaved = None
        self._soon.start()  # saving may fail, of which the layer tells nothing

    def _saved(self) -> None:
        self._saving = False
        self._anything_changed()

    def _tell(self) -> None:
        self._saving = False
        self.changed.emit()

    def _anything_changed(self) -> None:
        if not self._writer.writing:
            self._classes = None
            self._soon.start()

    def _going(self) -> None:
        self._layer = None
        self._classes = None
        self._soon.stop()
        self.gone.emit()
