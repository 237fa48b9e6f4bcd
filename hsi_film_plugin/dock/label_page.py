"""The page where classes are made and labels are drawn."""

from __future__ import annotations

from functools import partial
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QItemSelectionModel, QLocale, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QAction,
    QHeaderView,
    QMessageBox,
    QWidget,
)

from ..icons import icon
from .class_menu import ClassMenu
from .class_table import ClassTableModel, Column
from .drawing import Drawing
from .label_layer import LabelLayer
from .label_statistics import Light
from .labelling import Labelling
from .page import Page
from .spectra_panel import MOST_LABELS, SpectraPanel
from .spectra_plot import SpectraPlot

TOOLS = ("polygon", "rectangle", "brush", "wand", "hole", "edit")


class LabelPage(Page):
    """Classes, tools and spectra.

    Signals:
        labelWanted: The feature id of a label to be shown on the map.
    """

    labelWanted = pyqtSignal(object)  # noqa: N815

    def __init__(self, labelling: Labelling, drawing: Drawing, parent: QWidget | None = None):
        super().__init__("label_page", parent)
        self._heard: dict[str, LabelLayer] = {}
        self._labelling = labelling
        self._drawing = drawing
        self._model = ClassTableModel(self)
        self._set_up_table()
        self._set_up_classes()
        self._set_up_tools()
        self.plot = self.put(self.plotLayout, SpectraPlot(self))
        self.spectra = SpectraPanel(self.plot, drawing.canvas, labelling, self)
        self.spectra.labelClicked.connect(self.labelWanted)
        self.followCursor.toggled.connect(self.spectra.follow_cursor)
        self.showMeans.toggled.connect(self.spectra.show_means)
        self.pin.clicked.connect(self.plot.pin)
        self.clearPins.clicked.connect(self.plot.clear_pins)
        # The rows were measured before their buttons had icons instead of texts.
        self.upper.layout().activate()
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        labelling.labelsChanged.connect(self._labels_changed)
        labelling.sceneChanged.connect(self._enable)
        labelling.statisticsChanged.connect(self._show_statistics)
        self._labels_changed()

    def add_class(self) -> None:
        """Add a class, and let the user name it at once."""
        labels = self._labelling.ensure_labels()
        if labels is None:
            return
        known = self._menu.tried(labels.classes.add)
        if known is None:
            return
        self._drawing.choose_class(known.class_id)
        row = len(labels.classes.classes()) - 1
        self.classes.setFocus()
        self.classes.edit(self._model.index(row, Column.NAME))

    def state(self) -> dict[str, Any]:
        """Return what a project or a session keeps of this page, in JSON's types."""
        return {
            "snap": self.snap.isChecked(),
            "brush_width": self.brushWidth.value(),
            "tolerance": self.tolerance.value(),
            "follow_cursor": self.followCursor.isChecked(),
            "class_means": self.showMeans.isChecked(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Set the page as it was; what a state does not say stays as it is."""
        for box, key in (
            (self.snap, "snap"),
            (self.followCursor, "follow_cursor"),
            (self.showMeans, "class_means"),
        ):
            if isinstance(state.get(key), bool):
                box.setChecked(state[key])
        width, tolerance = state.get("brush_width"), state.get("tolerance")
        if type(width) is int and width in range(1, self.brushWidth.maximum() + 1):
            self.brushWidth.setValue(width)
        if type(tolerance) in (int, float) and 0 < tolerance <= 90:
            self.tolerance.setValue(tolerance)

    def _set_up_table(self) -> None:
        view = self.classes
        view.setModel(self._model)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 6)
        header = view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(20)
        view.doubleClicked.connect(self._recolour)
        view.selectionModel().currentRowChanged.connect(self._row_chosen)
        for changed in (self._model.modelReset, self._model.rowsInserted, self._model.rowsRemoved):
            changed.connect(lambda *_: self._select_current())
        self._drawing.classChanged.connect(lambda _: self._select_current())

    def _set_up_classes(self) -> None:
        self.addClass.clicked.connect(self.add_class)
        self.removeClass.clicked.connect(self._remove_classes)
        self.mergeClasses.clicked.connect(self._merge_classes)
        self._menu = ClassMenu(self._labelling, self._drawing, self)
        self.classMenu.setMenu(self._menu)
        self.classes.addActions(self._menu.table_actions)
        for key, slot in (("Ins", self.add_class), ("Del", self._remove_classes)):
            action = QAction(self.classes)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda checked=False, slot=slot: slot())
            self.classes.addAction(action)

    def _set_up_tools(self) -> None:
        for name in TOOLS:
            button = getattr(self, name)
            button.setIcon(icon(f"tool_{name}"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.clicked.connect(partial(self._take, name))
        drawing = self._drawing
        drawing.toolChanged.connect(self._show_tool)
        drawing.hint.connect(self.hint.setText)
        self.snap.toggled.connect(drawing.set_snapping)
        self.brushWidth.valueChanged.connect(self._set_brush)
        self.brushWidth.setValue(drawing.brush.width_pixels)
        drawing.brush.widthChanged.connect(self.brushWidth.setValue)
        self.tolerance.setValue(drawing.wand.tolerance)
        self.tolerance.valueChanged.connect(self._set_tolerance)
        drawing.wand.toleranceChanged.connect(self.tolerance.setValue)
        self.undo.setIcon(QgsApplication.getThemeIcon("/mActionUndo.svg"))
        self.redo.setIcon(QgsApplication.getThemeIcon("/mActionRedo.svg"))
        self.undo.clicked.connect(drawing.undo)
        self.redo.clicked.connect(drawing.redo)
        self._show_tool("")
        drawing.set_snapping(self.snap.isChecked())

    def _take(self, name: str, checked: bool) -> None:
        self._drawing.take(name if checked else "")

    def _set_brush(self, width: int) -> None:
        self._drawing.brush.width_pixels = width

    def _set_tolerance(self, degrees: float) -> None:
        self._drawing.wand.tolerance = degrees

    def _show_tool(self, in_hand: str) -> None:
        for name in TOOLS:
            getattr(self, name).setChecked(name == in_hand)
        for widget in (self.widthLabel, self.brushWidth):
            widget.setVisible(in_hand == "brush")
        for widget in (self.toleranceLabel, self.tolerance):
            widget.setVisible(in_hand == "wand")
        if not in_hand:
            self.hint.clear()
        self.hint.setVisible(bool(in_hand))

    def _labels_changed(self) -> None:
        labels = self._labelling.labels
        self._model.set_labels(labels)
        if labels is not None and labels is not self._heard.get(labels.layer.id()):
            self._heard[labels.layer.id()] = labels  # they come back with their scene
            stack = labels.undo_stack
            stack.canUndoChanged.connect(lambda _: self._enable())
            stack.canRedoChanged.connect(lambda _: self._enable())
            labels.classes.changed.connect(self._enable)
        self._select_current()
        self._enable()

    def _enable(self) -> None:
        labels = self._labelling.labels
        some = labels is not None and bool(labels.classes.classes())
        self.empty.setVisible(not some)
        self.advice.setVisible(some)
        for name in ("addClass", "classMenu", *TOOLS):
            getattr(self, name).setEnabled(self._labelling.scene is not None)
        self.removeClass.setEnabled(some)
        self.mergeClasses.setEnabled(some)
        stack = None if labels is None else labels.undo_stack
        for button, possible, text in (
            (self.undo, stack and stack.canUndo(), stack and stack.undoText()),
            (self.redo, stack and stack.canRedo(), stack and stack.redoText()),
        ):
            button.setEnabled(bool(possible))
            name = self.tr("Undo (Ctrl+Z)") if button is self.undo else self.tr("Redo (Ctrl+Y)")
            button.setToolTip(f"{name}: {text}" if text else name)

    def _show_statistics(self, statistics: object) -> None:
        self._model.set_statistics(statistics)
        self._explain_means(sum(s.polygons for s in statistics))  # type: ignore[attr-defined]
        poor = [s for s in statistics if s.light is not Light.GOOD]  # type: ignore[attr-defined]
        if not statistics:
            self.advice.setText("")
        elif poor:
            self.advice.setText(poor[0].advice)
        else:
            self.advice.setText(self.tr("Every class has enough labels in enough places."))

    def _explain_means(self, labels: int) -> None:
        text = self.tr("Show each class’s mean spectrum and its standard deviation")
        if labels > MOST_LABELS:
            most = QLocale().toString(MOST_LABELS)
            text += self.tr(", from the first {} labels only").format(most)
        self.showMeans.setToolTip(text)

    def _row_chosen(self, current: QModelIndex, previous: QModelIndex) -> None:
        known = self._model.class_at(current.row()) if current.isValid() else None
        if known is not None and known.class_id != self._drawing.current_class:
            self._drawing.choose_class(known.class_id)

    def _select_current(self) -> None:
        labels = self._labelling.labels
        here = self.classes.currentIndex().row()
        for row, known in enumerate(() if labels is None else labels.classes.classes()):
            # A row that the user has just gone to may be one of several that are selected.
            if known.class_id == self._drawing.current_class and row != here:
                self.classes.selectionModel().setCurrentIndex(
                    self._model.index(row, Column.NAME),
                    QItemSelectionModel.SelectionFlag.ClearAndSelect
                    | QItemSelectionModel.SelectionFlag.Rows,
                )

    def _chosen_ids(self) -> list[int]:
        rows = sorted(index.row() for index in self.classes.selectionModel().selectedRows())
        found = [self._model.class_at(row) for row in rows]
        return [known.class_id for known in found if known is not None]

    def _recolour(self, index: QModelIndex) -> None:
        known = self._model.class_at(index.row())
        labels = self._labelling.labels
        if index.column() != Column.COLOUR or known is None or labels is None:
            return
        self._drawing.choose_class(known.class_id)
        self._menu.recolour()

    def _remove_classes(self) -> None:
        labels, ids = self._labelling.labels, self._chosen_ids()
        if labels is None or not ids:
            return
        counts = labels.counts()
        lost = sum(counts.get(class_id, 0) for class_id in ids)
        if lost and not self._confirmed(
            self.tr(
                "Delete the selected classes together with their labels ({})? It can be undone."
            ).format(lost)
        ):
            return
        for class_id in ids:
            self._menu.tried(labels.delete_class, class_id)

    def _merge_classes(self) -> None:
        labels, ids = self._labelling.labels, self._chosen_ids()
        if labels is None or len(ids) < 2:
            self._tell(self.tr("Select two or more classes in the table first."))
            return
        self._menu.tried(labels.merge_classes, ids[1:], ids[0])

    def _tell(self, text: str) -> None:
        self._labelling.problem.emit(text)

    def _confirmed(self, question: str) -> bool:
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        return QMessageBox.question(self, "HSI FiLM", question, yes | no, yes) == yes
