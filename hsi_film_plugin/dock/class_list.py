"""The classes of a label layer: the categories of its style, by the number of the class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsDefaultValue,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsFeatureRequest,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtXml import QDomDocument

from ..translation import tr
from .label_class import LabelClass as LabelClass
from .label_class import (
    class_symbol,
    completed,
    distinct_color,
    named,
    recoloured,
    unique_name,
)
from .label_file import (
    CLASS_ID,
    CLASS_NAME,
    MOST_CLASSES,
    SOURCE,
    LabelLayerError,
    class_id_of,
    is_empty,
    store_style,
    table_of,
)

#: How long changes in QGIS's styling rest before they are stored in the file, in ms.
REST_MS = 500


class ClassList(QObject):
    """The classes of a label layer, in the order of their keys.

    They are the categories of the layer's style, wherever those are edited. Classes that only
    the labels know follow after them. If the layer is styled in another way, the classes are
    those of the labels, until one is changed here: then the layer gets its categories back.

    Attributes:
        writing: Whether what the layer tells at the moment comes from here.

    Signals:
        changed: Classes were added, removed, renamed, recoloured or moved.
        problem: A sentence for the user, when the classes cannot be stored in the file.
    """

    changed = pyqtSignal()
    problem = pyqtSignal(str)

    def __init__(self, layer: QgsVectorLayer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layer: QgsVectorLayer | None = layer
        self.writing = False
        self._classes: tuple[LabelClass, ...] = self._read()
        self._store_soon = QTimer(self)
        self._store_soon.setSingleShot(True)
        self._store_soon.setInterval(REST_MS)
        self._store_soon.timeout.connect(self._store)
        layer.styleChanged.connect(self._style_changed)
        layer.editingStopped.connect(self._store_if_waiting)
        layer.willBeDeleted.connect(self._layer_going)
        self._waiting = False

    def classes(self) -> tuple[LabelClass, ...]:
        """Return the classes; the first nine have the keys 1 to 9."""
        return self._classes

    def find(self, class_id: int) -> LabelClass | None:
        """Return the class with this number."""
        return next((known for known in self._classes if known.class_id == class_id), None)

    def add(self, name: str = "", color: str = "") -> LabelClass:
        """Add a class at the end, by default with a name and a colour that are not taken.

        Raises:
            LabelLayerError: if the colour is none, there are too many, or the layer is gone.
        """
        taken = {known.class_id for known in self._classes}
        class_id = next((i for i in range(1, MOST_CLASSES + 1) if i not in taken), None)
        if class_id is None:
            raise LabelLayerError(tr("There are {} classes, no more fit.").format(MOST_CLASSES))
        new = LabelClass(class_id, name, color)
        self._write((*self._classes, new))
        return self._known(class_id)

    def rename(self, class_id: int, name: str) -> None:
        """Give a class another name, in its labels too; an empty one becomes “Class 3”."""
        known = self._known(class_id)
        others = [other.name for other in self._classes if other.class_id != class_id]
        self._change(replace(known, name=unique_name(named(class_id, name), others)))

    def recolour(self, class_id: int, color: str) -> None:
        """Give a class another colour."""
        self._change(replace(self._known(class_id), color=color or "?"))

    def move(self, class_id: int, place: int) -> None:
        """Move a class to a place in the list, counted from 0."""
        moved = self._known(class_id)
        others = [known for known in self._classes if known.class_id != class_id]
        others.insert(max(0, min(place, len(others))), moved)
        self._write(others)

    def replace(self, classes: Iterable[LabelClass]) -> None:
        """Have these classes; classes that still have labels stay nevertheless."""
        self._write(tuple(classes))

    def places(self, ids: Iterable[int]) -> tuple[tuple[int, LabelClass], ...]:
        """Return the classes with these numbers and their places."""
        wanted = set(ids)
        return tuple(
            (place, known) for place, known in enumerate(self._classes) if known.class_id in wanted
        )

    def take_out(self, ids: Iterable[int]) -> None:
        """Drop classes; their labels are gone already."""
        dropped = set(ids)
        self._write(tuple(c for c in self._classes if c.class_id not in dropped))

    def put_back(self, places: Sequence[tuple[int, LabelClass]]) -> None:
        """Bring back classes that were dropped, to their places."""
        classes = list(self._classes)
        for place, known in places:
            if all(other.class_id != known.class_id for other in classes):
                classes.insert(place, known)
        self._write(classes)

    def see(self, class_ids: Iterable[int]) -> None:
        """Take in which classes the labels have."""
        labelled = set(class_ids)
        listed = {known.class_id for known in self._classes}
        if labelled - listed or (listed - self._styled_ids()) - labelled:
            self._reread()

    def _change(self, changed: LabelClass) -> None:
        self._write(tuple(changed if c.class_id == changed.class_id else c for c in self._classes))

    def _known(self, class_id: int) -> LabelClass:
        known = self.find(class_id)
        if known is None:
            raise LabelLayerError(tr("There is no class {} any more.").format(class_id))
        return known

    def _read(self) -> tuple[LabelClass, ...]:
        found = {entry.class_id: entry for entry, _ in reversed(list(self._categories()))}
        styled = [found[class_id] for class_id in reversed(found)]
        return (*styled, *self._unstyled(styled))

    def _categories(self) -> Iterator[tuple[LabelClass, QgsRendererCategory]]:
        """Yield each class of the style with its category; a category may stand for several."""
        renderer = None if self._layer is None else self._layer.renderer()
        if not _is_ours(renderer):
            return
        for category in renderer.categories():
            value = category.value()
            for entry in value if isinstance(value, list) else [value]:
                class_id = class_id_of(entry) if not is_empty(entry) else None
                symbol = category.symbol()
                if class_id is not None and symbol is not None:
                    label = category.label().strip()
                    # QGIS labels a category with its value unless someone writes something better
                    name = named(class_id, "" if label == str(class_id) else label)
                    yield LabelClass(class_id, name, symbol.color().name()), category

    def _styled_ids(self) -> set[int]:
        return {entry.class_id for entry, _ in self._categories()}

    def _unstyled(self, styled: Sequence[LabelClass]) -> Iterator[LabelClass]:
        """Yield the classes that only the labels know."""
        if self._layer is None:
            return
        fields = self._layer.fields()
        place, name_place = fields.lookupField(CLASS_ID), fields.lookupField(CLASS_NAME)
        if place < 0:
            return
        colors = [entry.color for entry in styled]
        listed = {entry.class_id for entry in styled}
        labelled = {class_id_of(value) for value in self._layer.uniqueValues(place)}
        for class_id in sorted(labelled - listed - {None}):
            name = ""
            if name_place >= 0:
                request = QgsFeatureRequest().setFilterExpression(_equals(self._layer, class_id))
                request.setLimit(1)
                for feature in self._layer.getFeatures(request):
                    given = feature.attribute(name_place)
                    name = "" if is_empty(given) else str(given)
            colors.append(distinct_color(colors))
            yield LabelClass(class_id, named(class_id, name), colors[-1])

    def _write(self, classes: Sequence[LabelClass]) -> None:
        """Make these the layer's categories, and store them in the file."""
        if self._layer is None:
            raise LabelLayerError(tr("The label layer was removed. Choose or make another."))
        before = {known.class_id: known.name for known in self._classes}
        classes = completed(classes)
        self.writing = True
        try:
            self._set_categories(classes)
            self._set_form(classes)
        finally:
            self.writing = False
        self._classes = self._read()
        self._layer.triggerRepaint()
        self._store()
        for known in self._classes:
            if before.get(known.class_id, known.name) != known.name:
                self._rename_labels(known)
        self.changed.emit()

    def _set_categories(self, classes: Sequence[LabelClass]) -> None:
        layer = self._layer
        place = layer.fields().lookupField(CLASS_ID)
        numeric = place < 0 or layer.fields().at(place).isNumeric()
        old = {entry.class_id: (entry, category) for entry, category in self._categories()}
        new = []
        for known in classes:
            value = known.class_id if numeric else str(known.class_id)
            was, category = old.get(known.class_id, (None, None))
            if category is None:
                symbol, shown = class_symbol(known.color), True
            else:
                shown = category.renderState()
                symbol = category.symbol().clone()
                if was.color != known.color:
                    symbol = recoloured(symbol, known.color)
            new.append(QgsRendererCategory(value, symbol, known.name, shown))
        if _is_ours(layer.renderer()):
            # "All other values" and what else is no class stay.
            new += [
                QgsRendererCategory(c)
                for c in layer.renderer().categories()
                if not isinstance(c.value(), list) and class_id_of(c.value()) is None
            ]
        layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS_ID, new))

    def _set_form(self, classes: Sequence[LabelClass]) -> None:
        """Let QGIS's own form offer the classes by name, and fill in the rest."""
        fields = self._layer.fields()
        pairs = [{known.name: str(known.class_id)} for known in classes]
        names = ", ".join(
            f"'{known.class_id}', {QgsExpression.quotedString(known.name)}" for known in classes
        )
        kept = QgsExpression.quotedColumnRef(CLASS_NAME)
        name = f"coalesce(map_get(map({names}), to_string({CLASS_ID})), {kept})" if names else kept
        for field, expression, on_update in (
            (CLASS_NAME, name, True),
            (SOURCE, "'polygon'", False),
        ):
            place = fields.lookupField(field)
            if place >= 0:
                self._layer.setDefaultValueDefinition(place, QgsDefaultValue(expression, on_update))
        place = fields.lookupField(CLASS_ID)
        if place >= 0:
            setup = QgsEditorWidgetSetup("ValueMap", {"map": pairs})
            self._layer.setEditorWidgetSetup(place, setup)

    def _style_changed(self) -> None:
        if self.writing:
            return
        before = {known.class_id: known.name for known in self._classes}
        if self._reread():
            for known in self._classes:
                if before.get(known.class_id, known.name) != known.name:
                    self._rename_labels(known)
        if self._layer is not None and _is_ours(self._layer.renderer()):
            # Another style is kept in the project only: the file keeps the classes.
            self._store_soon.start()

    def _reread(self) -> bool:
        classes = self._read()
        if classes == self._classes:
            return False
        self._classes = classes
        self.changed.emit()
        return True

    def _rename_labels(self, known: LabelClass) -> None:
        """Write a class's name into its labels; the style alone decides what it is called."""
        layer = self._layer
        place = layer.fields().lookupField(CLASS_NAME)
        if place < 0:
            return
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        request.setFilterExpression(_equals(layer, known.class_id))
        values = {feature.id(): {place: known.name} for feature in layer.getFeatures(request)}
        if layer.isEditable():
            layer.beginEditCommand(tr("Rename class"))
            for fid in values:
                layer.changeAttributeValue(fid, place, known.name)
            layer.endEditCommand()
        elif values:
            provider = layer.dataProvider()
            if not provider.changeAttributeValues(values):
                self.problem.emit(
                    tr(
                        "The new name “{name}” cannot be written into the labels. Check that you "
                        "may write to the file and that the disk has space."
                    ).format(name=known.name)
                )
            self.writing = True
            provider.dataChanged.emit()
            self.writing = False

    def _store(self) -> None:
        """Keep the style in the file, as the one that the layer is opened with."""
        if self._layer is None:
            return
        self._store_soon.stop()
        if self._layer.isEditable() and self._layer.dataProvider().transaction() is not None:
            # QGIS holds the file locked until the user saves the edits.
            self._waiting = True
            return
        self._waiting = False
        document = QDomDocument()
        self._layer.exportNamedStyle(document)
        try:
            file = table_of(self._layer)
            if file is not None:
                store_style(file, document.toString())
        except LabelLayerError as error:
            self.problem.emit(str(error))

    def _store_if_waiting(self) -> None:
        if self._waiting:
            self._store_soon.start()

    def _layer_going(self) -> None:
        self._layer = None
        self._store_soon.stop()
        self._classes = ()


def _is_ours(renderer: object) -> bool:
    return (
        isinstance(renderer, QgsCategorizedSymbolRenderer)
        and renderer.classAttribute().strip('"').lower() == CLASS_ID
    )


def _equals(layer: QgsVectorLayer, class_id: int) -> str:
    place = layer.fields().lookupField(CLASS_ID)
    value = class_id if layer.fields().at(place).isNumeric() else str(class_id)
    return str(QgsExpression.createFieldEqualityExpression(CLASS_ID, value))
