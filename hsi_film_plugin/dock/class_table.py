"""The table of classes: key, colour, name, labels, and whether there are enough of them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from .class_list import LabelClass
from .label_layer import LabelLayer, LabelLayerError
from .label_statistics import ClassStatistics, Light

#: How many classes have a key.
KEYS = 9
# Told apart by how full the disc is as well: many people see red and green alike.
_LIGHTS = {
    Light.NONE: ("#8c8c8c", 0.0),
    Light.POOR: ("#d1495b", 0.25),
    Light.FAIR: ("#e6a000", 0.5),
    Light.GOOD: ("#2e9e5b", 1.0),
}
_ICON = 16
_SHARP = 3  # icons are drawn larger, for screens with many pixels


class Column(enum.IntEnum):
    """The columns of the table."""

    KEY = 0
    COLOUR = 1
    NAME = 2
    POLYGONS = 3
    PIXELS = 4
    LIGHT = 5


class ClassTableModel(QAbstractTableModel):
    """The classes of a label layer, in the order of their keys.

    A name is edited in its place; a colour by a role of `Qt.ItemDataRole.EditRole` as
    ``#rrggbb`` or QColor. What is refused is told by the label layer's `problem`.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._labels: LabelLayer | None = None
        self._classes: tuple[LabelClass, ...] = ()
        self._statistics: dict[int, ClassStatistics] = {}
        self._counts: dict[int, int] = {}

    def set_labels(self, labels: LabelLayer | None) -> None:
        """Show the classes of another label layer, or none."""
        if self._labels is not None:
            self._labels.classes.changed.disconnect(self._classes_changed)
            self._labels.changed.disconnect(self._labels_changed)
            self._labels.gone.disconnect(self._gone)
        self.beginResetModel()
        self._labels = labels
        self._statistics = {}
        self._classes = () if labels is None else labels.classes.classes()
        self._counts = {} if labels is None else labels.counts()
        self.endResetModel()
        if labels is not None:
            labels.classes.changed.connect(self._classes_changed)
            labels.changed.connect(self._labels_changed)
            labels.gone.connect(self._gone)

    def set_statistics(self, statistics: tuple[ClassStatistics, ...]) -> None:
        """Show these statistics."""
        self._statistics = {entry.class_id: entry for entry in statistics}
        self._repaint(Column.POLYGONS, Column.LIGHT)

    def class_at(self, row: int) -> LabelClass | None:
        """Return the class of a row."""
        return self._classes[row] if 0 <= row < len(self._classes) else None

    def row_of(self, class_id: int | None) -> int:
        """Return the row of a class, -1 if it has none."""
        ids = [known.class_id for known in self._classes]
        return ids.index(class_id) if class_id in ids else -1

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of classes (called by Qt)."""
        return 0 if parent.isValid() else len(self._classes)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns (called by Qt)."""
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title or what it means (called by Qt)."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        title, meaning = self._titles()[Column(section)]
        if role == Qt.ItemDataRole.DisplayRole:
            # The narrow columns need no title: what they show explains itself.
            return "" if section in (Column.KEY, Column.COLOUR, Column.LIGHT) else title
        if role == Qt.ItemDataRole.ToolTipRole:
            return meaning
        return title if role == Qt.ItemDataRole.AccessibleTextRole else None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Return what can be done with a cell (called by Qt)."""
        flags = super().flags(index)
        if index.isValid() and index.column() == Column.NAME:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows (called by Qt)."""
        known = self.class_at(index.row()) if index.isValid() else None
        if known is None:
            return None
        column = Column(index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._shown(known, index.row(), column, role == Qt.ItemDataRole.EditRole)
        if role == Qt.ItemDataRole.DecorationRole:
            if column == Column.COLOUR:
                return colour_icon(known.color)
            return light_icon(self._light(known)) if column == Column.LIGHT else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._explained(known, index.row(), column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(known, index.row(), column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (
            Column.POLYGONS,
            Column.PIXELS,
        ):
            return int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename or recolour a class (called by Qt)."""
        known = self.class_at(index.row()) if index.isValid() else None
        if known is None or self._labels is None or role != Qt.ItemDataRole.EditRole:
            return False
        if index.column() == Column.NAME:
            name = str(value).strip()
            # Leaving the editor of an unchanged or emptied name is no wish for another.
            if not name or name == known.name:
                return False
            return self._tried(lambda classes: classes.rename(known.class_id, name))
        if index.column() == Column.COLOUR:
            color = value.name() if isinstance(value, QColor) else str(value)
            return self._tried(lambda classes: classes.recolour(known.class_id, color))
        return False

    def _tried(self, change: Callable[[Any], None]) -> bool:
        labels = self._labels
        if labels is None:
            return False
        try:
            change(labels.classes)
        except LabelLayerError as error:
            labels.problem.emit(str(error))
            return False
        return True

    def _titles(self) -> dict[Column, tuple[str, str]]:
        return {
            Column.KEY: (self.tr("Key"), self.tr("The key that chooses the class")),
            Column.COLOUR: (self.tr("Colour"), self.tr("Double-click to change the colour")),
            Column.NAME: (self.tr("Class"), self.tr("Double-click to rename the class")),
            Column.POLYGONS: (self.tr("Polygons"), self.tr("Labels of the class")),
            Column.PIXELS: (
                self.tr("Pixels"),
                self.tr("Pixels that only this class’s labels claim"),
            ),
            Column.LIGHT: (
                self.tr("Enough?"),
                self.tr("Whether there are enough labels, in enough places"),
            ),
        }

    def _shown(self, known: LabelClass, row: int, column: Column, editing: bool) -> Any:
        statistics = self._statistics.get(known.class_id)
        if column == Column.KEY:
            return str(row + 1) if row < KEYS else ""
        if column == Column.COLOUR:
            return known.color if editing else None
        if column == Column.NAME:
            return known.name
        if column == Column.POLYGONS:
            return self._counts.get(known.class_id, 0)
        if column == Column.PIXELS:
            return statistics.pixels if statistics is not None else "…"
        return None

    def _explained(self, known: LabelClass, row: int, column: Column) -> str:
        if column == Column.KEY and row < KEYS:
            return self.tr("Press {} on the map to draw {}").format(row + 1, known.name)
        if column == Column.COLOUR:
            return self.tr("{color}: double-click to change it").format(color=known.color)
        statistics = self._statistics.get(known.class_id)
        if column in (Column.PIXELS, Column.LIGHT) and statistics is not None:
            return statistics.advice
        return known.name

    def _spoken(self, known: LabelClass, row: int, column: Column) -> str | None:
        if column == Column.COLOUR:
            return known.color
        if column == Column.LIGHT:
            statistics = self._statistics.get(known.class_id)
            return "" if statistics is None else statistics.advice
        shown = self._shown(known, row, column, False)
        return None if shown is None else str(shown)

    def _light(self, known: LabelClass) -> Light:
        statistics = self._statistics.get(known.class_id)
        return Light.NONE if statistics is None else statistics.light

    def _repaint(self, first: Column, last: Column) -> None:
        if self._classes:
            bottom = len(self._classes) - 1
            self.dataChanged.emit(self.index(0, first), self.index(bottom, last))

    def _labels_changed(self) -> None:
        if self._labels is not None:
            self._counts = self._labels.counts()
            self._repaint(Column.POLYGONS, Column.POLYGONS)

    def _classes_changed(self) -> None:
        """Take in the new classes so that selections and open editors stay where they are."""
        if self._labels is None:
            return
        new = self._labels.classes.classes()
        self._counts = self._labels.counts()
        ids = [known.class_id for known in new]
        for row in reversed(range(len(self._classes))):
            if self._classes[row].class_id not in ids:
                self.beginRemoveRows(QModelIndex(), row, row)
                self._classes = (*self._classes[:row], *self._classes[row + 1 :])
                self.endRemoveRows()
        left = [known.class_id for known in self._classes]
        if left != [class_id for class_id in ids if class_id in left]:
            self._reorder([known for known in new if known.class_id in left])
        for row, known in enumerate(new):
            if row >= len(self._classes) or self._classes[row].class_id != known.class_id:
                self.beginInsertRows(QModelIndex(), row, row)
                self._classes = (*self._classes[:row], known, *self._classes[row:])
                self.endInsertRows()
        self._classes = new
        self._repaint(Column.KEY, Column.LIGHT)

    def _reorder(self, classes: list[LabelClass]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self._classes[index.row()].class_id for index in before]
        self._classes = tuple(classes)
        after = [self.index(self.row_of(i), index.column()) for i, index in zip(ids, before)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _gone(self) -> None:
        self.set_labels(None)


def colour_icon(color: str) -> QIcon:
    """Return a square in a class's colour."""
    pixmap, painter = _canvas()
    painter.setPen(QPen(QColor(color).darker(130), 1))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(QRectF(1.5, 1.5, _ICON - 3, _ICON - 3), 2, 2)
    painter.end()
    return QIcon(pixmap)


def light_icon(light: Light) -> QIcon:
    """Return a disc that is the fuller, the better a class is labelled."""
    color, share = _LIGHTS[light]
    pixmap, painter = _canvas()
    disc = QRectF(2.5, 2.5, _ICON - 5, _ICON - 5)
    painter.setPen(QPen(QColor(color), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(disc)
    if share:
        painter.setBrush(QColor(color))
        painter.drawPie(disc, 90 * 16, -round(share * 360 * 16))
    painter.end()
    return QIcon(pixmap)


def _canvas() -> tuple[QPixmap, QPainter]:
    pixmap = QPixmap(_ICON * _SHARP, _ICON * _SHARP)
    pixmap.setDevicePixelRatio(_SHARP)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return pixmap, painter
