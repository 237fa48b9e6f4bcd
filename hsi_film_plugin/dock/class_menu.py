"""The menu of classes: their order and colour, imports and exports."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QKeySequence
from qgis.PyQt.QtWidgets import (
    QAction,
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QInputDialog,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from .class_transfer import (
    ClassTransferError,
    classes_of_layer,
    import_labels,
    read_classes,
    write_classes,
)
from .drawing import Drawing
from .label_class import LabelClass
from .label_layer import LabelLayerError
from .labelling import Labelling
from .preview_layer import PICTURE_OF
from .preview_layer import PROPERTY as PREVIEW


class ClassMenu(QMenu):
    """Moves and recolours the current class, brings classes and labels in, and classes out.

    Attributes:
        table_actions: Those whose keys the table of classes has as well.
    """

    def __init__(self, labelling: Labelling, drawing: Drawing, parent: QWidget) -> None:
        super().__init__(parent)
        self._labelling = labelling
        self._drawing = drawing
        self.table_actions = [
            self._add(self.tr("Move up"), partial(self._move, -1), "Ctrl+Up"),
            self._add(self.tr("Move down"), partial(self._move, 1), "Ctrl+Down"),
        ]
        self._add(self.tr("Change colour…"), self.recolour)
        self.addSeparator()
        self._add(self.tr("Import classes from a layer…"), self._import_from_layer)
        self._add(self.tr("Import classes from a file…"), self._import_from_file)
        self._add(self.tr("Import labels from a layer…"), self._import_labels)
        self._add(self.tr("Export classes…"), self._export)

    def recolour(self) -> None:
        """Ask for another colour of the current class."""
        known = self._current()
        if known is None:
            return
        color = QColorDialog.getColor(QColor(known.color), self.parentWidget(), known.name)
        if color.isValid():
            self.tried(self._labelling.labels.classes.recolour, known.class_id, color.name())
            self._drawing.choose_class(known.class_id)

    def tried(self, action: Callable, *arguments: object):  # type: ignore[no-untyped-def]
        """Return what the action returns; None, and a sentence shown, if it is refused."""
        try:
            return action(*arguments)
        except (LabelLayerError, ClassTransferError, OSError) as error:
            self._tell(str(error))
            return None

    def _add(self, text: str, slot: Callable[[], None], key: str = "") -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda checked=False: slot())
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.setShortcutVisibleInContextMenu(True)
        self.addAction(action)
        return action

    def _current(self) -> LabelClass | None:
        labels, class_id = self._labelling.labels, self._drawing.current_class
        known = None if labels is None or class_id is None else labels.classes.find(class_id)
        if known is None:
            self._tell(self.tr("Add or choose a class first."))
        return known

    def _move(self, by: int) -> None:
        """Move the current class in the list, by whose order the keys go."""
        known = self._current()
        if known is None:
            return
        classes = self._labelling.labels.classes
        place = classes.classes().index(known) + by
        if 0 <= place < len(classes.classes()):
            self.tried(classes.move, known.class_id, place)

    def _import_from_layer(self) -> None:
        layer = self._asked_layer(
            self.tr("Classes of which layer?"),
            QgsMapLayerProxyModel.Filter.HasGeometry | QgsMapLayerProxyModel.Filter.RasterLayer,
        )
        if layer is not None:
            self._take_classes(partial(classes_of_layer, layer))

    def _import_from_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self.parentWidget(), self.tr("A file of classes"), "", self.tr("Classes (*.csv *.qml)")
        )
        if path:
            self._take_classes(partial(read_classes, Path(path)))

    def _take_classes(self, read: Callable[[], tuple[LabelClass, ...]]) -> None:
        """Add classes to those there, but for names that are known already."""
        labels = self._labelling.ensure_labels()
        found = None if labels is None else self.tried(read)
        if labels is None or found is None:
            return
        present = labels.classes.classes()
        names, numbers = {c.name for c in present}, {c.class_id for c in present}
        reserved = numbers | {known.class_id for known in found}
        new = []
        for known in found:
            if known.name in names:
                continue
            names.add(known.name)
            class_id = known.class_id
            if class_id in numbers:  # another's already
                class_id = next(i for i in itertools.count(1) if i not in reserved)
            numbers.add(class_id)
            reserved.add(class_id)
            new.append(replace(known, class_id=class_id))
        if new:
            self.tried(labels.classes.replace, (*present, *new))

    def _import_labels(self) -> None:
        layer = self._asked_layer(
            self.tr("Labels of which layer?"), QgsMapLayerProxyModel.Filter.PolygonLayer
        )
        labels = None if layer is None else self._labelling.ensure_labels()
        if labels is None:
            return
        names = [field.name() for field in layer.fields()]
        field = next((n for n in ("class_id", "class", "class_name") if n in names), None)
        if field is None and names:
            field, chosen = QInputDialog.getItem(
                self.parentWidget(),
                self.tr("Labels"),
                self.tr("The field that holds the class"),
                names,
                0,
                False,
            )
            if not chosen:
                return
        count = self.tried(import_labels, labels, layer, field or "")
        if count is not None:
            self._drawing.hint.emit(self.tr("Labels imported: {}.").format(count))

    def _export(self) -> None:
        labels = self._labelling.labels
        if labels is None:
            self._tell(self.tr("There are no classes to export yet."))
            return
        path, _ = QFileDialog.getSaveFileName(
            self.parentWidget(),
            self.tr("Export classes"),
            "classes.csv",
            self.tr("Classes (*.csv *.qml)"),
        )
        if path:
            self.tried(write_classes, Path(path), labels.classes.classes())

    def _asked_layer(self, question: str, kinds: object) -> QgsMapLayer | None:
        dialog = QDialog(self.parentWidget())
        dialog.setWindowTitle(question)
        combo = QgsMapLayerComboBox(dialog)
        combo.setFilters(kinds)
        own, scene = self._labelling.labels, self._labelling.scene
        mine = [layer for layer in (None if own is None else own.layer, scene) if layer]
        made = [
            layer
            for layer in QgsProject.instance().mapLayers().values()
            if layer.customProperty(PREVIEW) or layer.customProperty(PICTURE_OF)
        ]
        combo.setExceptedLayerList(mine + made)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, dialog
        )
        buttons.accepted.connect(dialog.accept)
        buttons.rejected.connect(dialog.reject)
        layout = QVBoxLayout(dialog)
        layout.addWidget(combo)
        layout.addWidget(buttons)
        if combo.count() == 0:
            self._tell(self.tr("The project has no other layer of that kind."))
            return None
        return combo.currentLayer() if dialog.exec() else None

    def _tell(self, text: str) -> None:
        self._labelling.problem.emit(text)
