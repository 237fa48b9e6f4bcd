"""The labels that the user draws: a GeoPackage layer of the project, written at every change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDateTime, QObject, Qt, pyqtSignal

try:
    from qgis.PyQt.QtGui import QUndoStack
except ImportError:  # Qt 5 has it elsewhere
    from qgis.PyQt.QtWidgets import QUndoStack

from ..translation import tr
from .class_list import ClassList
from .label_commands import Content, LabelChange, LabelCommand, LabelRef, LabelWriter, content_of
from .label_file import (
    CLASS_ID,
    CLASS_NAME,
    CREATED,
    SOURCE,
    FileTable,
    add_missing_fields,
    class_id_of,
    create_label_file,
    is_empty,
    path_of,
    says_no_crs,
    table_of,
)
from .label_file import LabelLayerError as LabelLayerError
from .label_hold import LabelHold
from .label_watch import LabelWatch


class LabelLayer(QObject):
    """Labels of a scene, their classes, and the stack that undoes their changes.

    Every change is on disk when its method returns. While the user edits the layer with QGIS's
    own tools, changes go into that edit session instead, and are saved or dropped with it.

    Attributes:
        layer: The layer in the project.
        classes: The classes, which are the layer's categorised style.
        undo_stack: Undoes and redoes what was changed through this object.
        counted: What the statistics keep from one count to the next.
        hold: Keeps the file open; let go by who lays the labels aside.

    Signals:
        changed: Labels were added, removed or changed, by us or by others; once for many.
        labelAdded: The feature id of a label that was added through this object.
        gone: The layer is being deleted.
        problem: A sentence for the user, about an undo or a style that could not be written.
    """

    changed = pyqtSignal()
    labelAdded = pyqtSignal(object)  # noqa: N815
    gone = pyqtSignal()
    problem = pyqtSignal(str)

    def __init__(self, layer: QgsVectorLayer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer = layer
        self.classes = ClassList(layer, self)
        self.undo_stack = QUndoStack(self)
        self.counted: Any = None
        self.hold = LabelHold(layer, self)
        self._writer = LabelWriter(layer, self.classes, self)
        self._watch = LabelWatch(layer, self._writer, self)
        self._watch.changed.connect(self._labels_changed)
        self._watch.gone.connect(self._going)
        self.classes.problem.connect(self.problem)
        self._writer.problem.connect(self.problem)
        self.classes.changed.connect(self.hold.note_change)
        self.hold.take()

    @classmethod
    def create(cls, path: Path, crs: QgsCoordinateReferenceSystem, name: str) -> LabelLayer:
        """Make an empty label layer in a new GeoPackage; it is not yet in the project.

        Args:
            path: of the file.
            crs: of the scene; may be invalid.
            name: of the layer.

        Raises:
            LabelLayerError: if the file is there already, or cannot be made.
        """
        file = create_label_file(Path(path), crs)
        layer = QgsVectorLayer(file.uri, name, "ogr")
        if not layer.isValid():
            raise LabelLayerError(
                tr("“{}” was made but cannot be opened. Choose another folder.").format(path)
            )
        labels = cls.adopt(layer)
        labels.classes.replace(())
        return labels

    @classmethod
    def adopt(cls, layer: QgsVectorLayer) -> LabelLayer:
        """Take an existing layer for labels; fields that it lacks besides the class are added.

        Raises:
            LabelLayerError: if the layer cannot hold labels.
        """
        _refuse_unsuitable(layer)
        if says_no_crs(layer.crs()):  # the engine would take it for a CRS
            layer.setCrs(QgsCoordinateReferenceSystem())
        add_missing_fields(layer)
        return cls(layer)

    @property
    def file(self) -> FileTable | None:
        """Where the labels are stored; None after the layer is gone."""
        return None if self._writer.layer is None else table_of(self.layer)

    def add(self, geometry: QgsGeometry, class_id: int, source: str) -> object:
        """Add a label.

        Args:
            geometry: Polygons in the layer's CRS.
            class_id: One of the classes.
            source: How it was made: polygon, freehand, rectangle, brush, wand, suggestion.

        Returns:
            Its feature id.

        Raises:
            LabelLayerError: if it has no area, the class is unknown, or it cannot be written.
        """
        (fid,) = self.add_all([(geometry, class_id)], source, tr("Add label"))[:1]
        self.labelAdded.emit(fid)
        return fid

    def add_all(
        self, labels: Iterable[tuple[QgsGeometry, int]], source: str, text: str
    ) -> list[object]:
        """Add many labels as one change that the undo button calls `text`; as `add`."""
        self._need_layer()
        names = {known.class_id: known.name for known in self.classes.classes()}
        created = QDateTime.currentDateTimeUtc().toString(Qt.DateFormat.ISODateWithMs)
        changes = []
        for geometry, class_id in labels:
            if class_id not in names:
                raise _no_class(class_id)
            values = {
                CLASS_ID: self._stored(class_id),
                CLASS_NAME: names[class_id],
                SOURCE: source,
                CREATED: created,
            }
            for part in self._fitting(geometry):
                changes.append(LabelChange(LabelRef(), None, Content(dict(values), part)))
        self._do(text, changes)
        return [change.ref.fid for change in changes]

    def remove(self, fids: Iterable[object]) -> None:
        """Delete labels."""
        changes = [self._removal(feature) for feature in self._found(fids)]
        self._do(tr("Delete label"), changes)

    def reshape(self, fid: object, geometry: QgsGeometry) -> None:
        """Give a label another outline, in the layer's CRS."""
        (feature,) = self._found([fid])
        parts = self._fitting(geometry)
        if len(parts) > 1:
            raise LabelLayerError(
                tr("“{}” holds single polygons only. Draw an outline in one part.").format(
                    self.layer.name()
                )
            )
        before = Content({}, QgsGeometry(feature.geometry()))
        change = LabelChange(self._writer.refs.of(feature.id()), before, Content({}, parts[0]))
        self._do(tr("Reshape label"), [change])

    def assign(self, fids: Iterable[object], class_id: int) -> None:
        """Give labels another class."""
        self._do(tr("Change class"), self._assignments(self._found(fids), class_id))

    def cut(self, geometry: QgsGeometry) -> int:
        """Cut a hole, in the layer's CRS, out of all labels; return how many were changed.

        A label of which nothing is left is deleted.
        """
        self._need_layer()
        hole = _polygons(geometry)
        changes = []
        request = QgsFeatureRequest().setFilterRect(hole.boundingBox())
        for feature in self.layer.getFeatures(request):
            before = _polygons(feature.geometry())
            after = _polygons(before.difference(hole))
            if abs(before.area() - after.area()) <= 1e-9 * before.area():
                continue
            ref = self._writer.refs.of(feature.id())
            if after.isEmpty():
                changes.append(self._removal(feature))
                continue
            first, *others = self._fitting(after)
            whole = content_of(feature)
            was = Content({}, whole.geometry)
            changes.append(LabelChange(ref, was, Content({}, first)))
            for part in others:
                changes.append(LabelChange(LabelRef(), None, Content(dict(whole.values), part)))
        if changes:
            self._do(tr("Cut hole"), changes)
        return sum(change.before is not None for change in changes)

    def label_at(self, point: QgsPointXY, tolerance: float) -> object | None:
        """Return the label under a point, the smallest of several; else the nearest one.

        Args:
            point: in the layer's CRS.
            tolerance: how far from the label the point may lie.
        """
        if self._writer.layer is None:
            return None
        x, y, reach = point.x(), point.y(), max(tolerance, 0.0)
        request = QgsFeatureRequest().setFilterRect(
            QgsRectangle(x - reach, y - reach, x + reach, y + reach)
        )
        request.setSubsetOfAttributes([])
        spot = QgsGeometry.fromPointXY(point)
        candidates = []
        for feature in self.layer.getFeatures(request):
            distance = feature.geometry().distance(spot)
            if 0 <= distance <= reach:
                candidates.append((distance, feature.geometry().area(), -feature.id()))
        return -min(candidates)[2] if candidates else None

    def merge_classes(self, ids: Iterable[int], into: int) -> None:
        """Give the labels of classes to another class, and drop those classes."""
        dropped = [class_id for class_id in dict.fromkeys(ids) if class_id != into]
        changes = self._assignments(self._labels_of(dropped), into)
        self._do(tr("Merge classes"), changes, self._dropping(dropped))

    def delete_class(self, class_id: int) -> None:
        """Delete a class with its labels."""
        changes = [self._removal(feature) for feature in self._labels_of([class_id])]
        self._do(tr("Delete class"), changes, self._dropping([class_id]))

    def counts(self) -> dict[int, int]:
        """Return the number of labels of each class that has some."""
        return self._watch.counts()

    def _assignments(self, labels: Iterable[QgsFeature], class_id: int) -> list[LabelChange]:
        name = self._name_of(class_id)
        if name is None:
            raise _no_class(class_id)
        changes = []
        for feature in labels:
            whole = content_of(feature).values
            before = {key: whole[key] for key in (CLASS_ID, CLASS_NAME) if key in whole}
            after = {CLASS_ID: self._stored(class_id), CLASS_NAME: name}
            ref = self._writer.refs.of(feature.id())
            changes.append(LabelChange(ref, Content(before), Content(after)))
        return changes

    def _removal(self, feature: QgsFeature) -> LabelChange:
        return LabelChange(self._writer.refs.of(feature.id()), content_of(feature), None)

    def _dropping(self, ids: Sequence[int]) -> Callable[[bool], None]:
        classes = self.classes
        places = classes.places(ids)

        def drop(forward: bool) -> None:
            if forward:
                classes.take_out(ids)
            else:
                classes.put_back(places)

        return drop

    def _labels_of(self, ids: Sequence[int]) -> list[QgsFeature]:
        self._need_layer()
        return list(self._writer.features(self._watch.labels_of(ids)).values())

    def _found(self, fids: Iterable[object]) -> list[QgsFeature]:
        found = self._writer.features(int(str(fid)) for fid in fids)
        if not found:
            raise LabelLayerError(tr("The label is no longer there."))
        return list(found.values())

    def _fitting(self, geometry: QgsGeometry) -> list[QgsGeometry]:
        """Return what the layer's geometry type can hold of a shape; several single polygons."""
        shape = _polygons(geometry)
        if shape.isEmpty() or shape.area() <= 0:
            raise LabelLayerError(tr("The outline encloses no area. Draw it again, larger."))
        parts = shape.coerceToType(self.layer.wkbType())
        return [QgsGeometry(part) for part in parts]

    def _stored(self, class_id: int) -> object:
        place = self.layer.fields().lookupField(CLASS_ID)
        if place < 0:
            raise LabelLayerError(
                tr("“{layer}” has lost its field “{field}”. Bring it back.").format(
                    layer=self.layer.name(), field=CLASS_ID
                )
            )
        return class_id if self.layer.fields().at(place).isNumeric() else str(class_id)

    def _name_of(self, class_id: int) -> str | None:
        known = self.classes.find(class_id)
        return None if known is None else known.name

    def _do(
        self,
        text: str,
        changes: Sequence[LabelChange],
        also: Callable[[bool], None] | None = None,
    ) -> None:
        """Write changes and make them undoable."""
        command = LabelCommand(self._writer, text, changes, also)
        command.apply(True)
        self.undo_stack.push(command)

    def _need_layer(self) -> None:
        self._writer.features(())

    def _labels_changed(self) -> None:
        self.hold.note_change()
        self.classes.see(self.counts())
        self.changed.emit()

    def _going(self) -> None:
        self._writer.layer = None
        self.undo_stack.clear()
        self.gone.emit()


def _no_class(class_id: int) -> LabelLayerError:
    return LabelLayerError(tr("There is no class {}. Add it, or choose another.").format(class_id))


def _polygons(geometry: QgsGeometry) -> QgsGeometry:
    """Return the valid polygons of a geometry, curves made straight, as one multipolygon."""
    shape = QgsGeometry(geometry)
    if QgsWkbTypes.isCurvedType(shape.wkbType()):
        shape.convertToStraightSegment()
    if not shape.isEmpty() and not shape.isGeosValid():
        shape = shape.makeValid()
    polygon = QgsWkbTypes.GeometryType.PolygonGeometry
    # Mending may leave lines and points beside the polygons.
    if QgsWkbTypes.geometryType(shape.wkbType()) != polygon and (
        shape.isEmpty() or not shape.convertGeometryCollectionToSubclass(polygon)
    ):
        return QgsGeometry()
    shape.convertToMultiType()
    return shape


def _refuse_unsuitable(layer: QgsVectorLayer) -> None:
    """Raise LabelLayerError if a layer cannot hold labels, with what to do about it."""
    advice = tr("Make a label layer and import its polygons.")
    if not layer.isValid():
        problem = tr("“{}” cannot be opened.")
        advice = tr("Repair its data source, or choose another layer.")
    elif layer.geometryType() != QgsWkbTypes.GeometryType.PolygonGeometry:
        problem = tr("“{}” holds no polygons.")
        advice = tr("Choose another layer, or make one.")
    elif path_of(layer) is None:
        problem = tr("“{}” is not stored in a GeoPackage, where labels survive a crash.")
    elif layer.fields().lookupField(CLASS_ID) < 0:
        problem = tr("“{}” has no field “class_id” with the numbers of the classes.")
    else:
        place = layer.fields().lookupField(CLASS_ID)
        strange = [
            str(value)
            for value in layer.uniqueValues(place)
            if class_id_of(value) is None and not is_empty(value)
        ]
        if not strange:
            return
        problem = tr("“{}” has values in “class_id” that are no whole numbers from 1 to 65535: ")
        problem += ", ".join(sorted(strange)[:5]).replace("{", "{{").replace("}", "}}") + "."
    raise LabelLayerError(f"{problem.format(layer.name())} {advice}")
