"""Changes labels that are there: selects, moves, reshapes and deletes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsRubberBand
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from ..translation import tr
from .label_tool import LabelTool, inside_of, is_drag, valid_polygons

if TYPE_CHECKING:
    from .label_layer import LabelLayer

_REACH = 8  # pixels of the screen
_MOST_HANDLES = 400  # more would hide what they are for


@dataclass(frozen=True)
class _Grip:
    """What the mouse would take of the selected label: a vertex, an edge before one, or all."""

    kind: str  # vertex, edge, inside
    index: int
    point: QgsPointXY  # on the canvas


class EditTool(LabelTool):
    """Click a label to select it; drag its corners, its edges or all of it; Delete.

    Signals:
        selected: The label's feature id, None for none.
        reshaped: A feature id and its new MultiPolygon in the label layer's CRS.
        deleteWanted: A feature id.
    """

    selected = pyqtSignal(object)
    reshaped = pyqtSignal(object, QgsGeometry)
    deleteWanted = pyqtSignal(object)  # noqa: N815

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._labels: LabelLayer | None = None
        self._fid: object | None = None
        self._shape = QgsGeometry()  # in the label layer's CRS
        self._pressed: QPoint | None = None
        self._grip: _Grip | None = None
        self._hover: _Grip | None = None
        self._dragged: QgsGeometry | None = None
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def set_labels(self, labels: LabelLayer | None) -> None:
        """Edit another label layer, or none."""
        self._drop()
        self._select(None)
        if self._labels is not None:
            self._labels.changed.disconnect(self._reload)
            self._labels.gone.disconnect(self._forget_labels)
        self._labels = labels
        if labels is not None:
            labels.changed.connect(self._reload)
            labels.gone.connect(self._forget_labels)

    def hint(self) -> str:
        """Return what to do next with this tool."""
        if self._fid is None:
            return tr("Click a label to change it.")
        return tr(
            "Drag corners, edges or the label; double click an edge for a new corner. Delete "
            "removes the corner under the mouse, else the label; 1 to 9 give it another class."
        )

    def cancel(self) -> None:
        """Drop what is being dragged, else the selection."""
        if self._dragged is not None:
            self._drop()
            self._redraw()
        else:
            self._drop()
            self._select(None)

    def deactivate(self) -> None:
        """Put the tool down; nothing stays selected."""
        self._drop()
        super().deactivate()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Take hold of what is under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.pos()
            self._grip = self._grip_at(event.pos())

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Drag, or show what could be dragged."""
        held = self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton
        if not held:
            self._hover = self._grip_at(event.pos())
            self._draw_hover()
        elif self._grip is not None and (self._dragged or is_drag(self._pressed, event.pos())):
            self._dragged = self._changed_by(self._grip, event.pos())
            self._redraw()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Keep what was dragged, or select what was clicked."""
        if event.button() == Qt.MouseButton.RightButton:
            self.cancel()
            return
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        dragged = self._dragged
        self._drop()
        if dragged is None:
            self._click(event.pos())
        else:
            self._keep(dragged)

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """Insert a corner into the edge under the mouse."""
        grip = self._grip_at(event.pos())
        if grip is not None and grip.kind == "edge":
            self._keep(self._changed_by(grip, event.pos()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete the corner under the mouse, else the label."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._fid is not None:
            if self._hover is not None and self._hover.kind == "vertex":
                self._delete_vertex(self._hover.index)
            else:
                self.deleteWanted.emit(self._fid)
            event.ignore()
        else:
            super().keyPressEvent(event)

    # --- selecting --------------------------------------------------------------------------

    def _click(self, position: QPoint) -> None:
        if self._labels is None:
            self.message.emit(tr("There are no labels yet. Draw one first."))
            return
        here, aside = self._label_point(position), self._label_point(position + QPoint(_REACH, 0))
        found = None
        if here is not None and aside is not None:
            found = self._labels.label_at(here, here.distance(aside))
        self._select(found)
        self.message.emit(self.hint())

    def _select(self, fid: object | None) -> None:
        before, self._fid = self._fid, fid
        self._reload()
        if self._fid != before:
            self.selected.emit(self._fid)

    def _reload(self) -> None:
        """Take the selected label's outline from the layer, where it may have changed."""
        if self._fid is None or self._labels is None:
            self._fid, self._shape = None, QgsGeometry()
            self._hover = None
            self._remove_bands()
            return
        feature = self._labels.layer.getFeature(self._fid)
        if not feature.isValid() or feature.geometry().isEmpty():
            self._drop()
            self._select(None)
            return
        self._shape = feature.geometry()
        self._redraw()

    def _forget_labels(self) -> None:
        self.set_labels(None)

    # --- reshaping --------------------------------------------------------------------------

    def _drop(self) -> None:
        self._pressed = self._grip = self._hover = self._dragged = None

    def _keep(self, shape: QgsGeometry | None) -> None:
        """Hand on a new outline, if it still is one."""
        polygons = QgsGeometry() if shape is None else valid_polygons(shape)
        if polygons.isEmpty() or polygons.area() <= 0:
            self.message.emit(tr("That would leave nothing of the label."))
        else:
            snapped = self._snapped(polygons)
            if snapped.isEmpty():
                self.message.emit(tr("No pixel of the image would be left in the label."))
            else:
                self.reshaped.emit(self._fid, snapped)
        self._reload()

    def _snapped(self, polygons: QgsGeometry) -> QgsGeometry:
        grid = self._grid
        if grid is None:
            return polygons
        on_grid = self._moved(polygons, self._label_crs(), grid.crs)
        rows, cols = grid.pixels_of(on_grid)
        if self.snap_to_pixels or not rows.size:
            return self._moved(grid.geometry_of(rows, cols), grid.crs, self._label_crs())
        inside = inside_of(on_grid, grid)
        # Moved to the grid's CRS and back, corners would not come out where they were.
        return polygons if inside is on_grid else self._moved(inside, grid.crs, self._label_crs())

    def _delete_vertex(self, index: int) -> None:
        shape = QgsGeometry(self._shape)
        if not shape.deleteVertex(index) or shape.area() <= 0:
            self.message.emit(
                tr("A label needs three corners. Away from its corners, Delete removes it.")
            )
            return
        self._hover = None
        self._keep(shape)

    def _changed_by(self, grip: _Grip, position: QPoint) -> QgsGeometry | None:
        """Return the outline after a grip was dragged to a position."""
        point = self._label_point(position)
        if point is None:
            return self._dragged
        shape = QgsGeometry(self._shape)
        if grip.kind == "vertex":
            shape.moveVertex(point.x(), point.y(), grip.index)
        elif grip.kind == "edge":
            shape.insertVertex(point.x(), point.y(), grip.index)
        else:
            start = self._moved_point(grip.point, self._canvas_crs(), self._label_crs())
            if start is None:
                return self._dragged
            shape.translate(point.x() - start.x(), point.y() - start.y())
        return shape

    def _grip_at(self, position: QPoint) -> _Grip | None:
        shape = self._on_canvas(self._shape, self._label_crs())
        if self._fid is None or shape.isEmpty():
            return None
        point = self.toMapCoordinates(position)
        reach = _REACH * self.canvas().mapUnitsPerPixel()
        vertex, index, _, _, far = shape.closestVertex(point)
        if far <= reach**2:
            return _Grip("vertex", index, vertex)
        far, on_edge, after, _ = shape.closestSegmentWithContext(point)
        if 0 <= far <= reach**2:
            return _Grip("edge", after, on_edge)
        return _Grip("inside", -1, point) if shape.contains(point) else None

    def _label_point(self, position: QPoint) -> QgsPointXY | None:
        return self._moved_point(
            self.toMapCoordinates(position), self._canvas_crs(), self._label_crs()
        )

    def _label_crs(self) -> QgsCoordinateReferenceSystem:
        return QgsCoordinateReferenceSystem() if self._labels is None else self._labels.layer.crs()

    # --- drawing ----------------------------------------------------------------------------

    def _redraw(self) -> None:
        if self._fid is None:
            return
        shape = self._on_canvas(self._dragged or self._shape, self._label_crs())
        self._band("shape", style=_highlight).setToGeometry(shape)
        few = not shape.isEmpty() and shape.constGet().nCoordinates() <= _MOST_HANDLES
        vertices = [QgsPointXY(vertex) for vertex in shape.vertices()] if few else []
        points = QgsWkbTypes.GeometryType.PointGeometry
        handles = self._band("handles", points, _handles)
        handles.setToGeometry(QgsGeometry.fromMultiPointXY(vertices))
        self._draw_hover()

    def _draw_hover(self) -> None:
        if self._hover is None or self._hover.kind == "inside" or self._dragged is not None:
            self._remove_bands("hover")
            return
        style = _hovered_vertex if self._hover.kind == "vertex" else _hovered_edge
        band = self._band("hover", QgsWkbTypes.GeometryType.PointGeometry, style)
        band.setToGeometry(QgsGeometry.fromPointXY(self._hover.point))


def _highlight(band: QgsRubberBand) -> None:
    band.setStrokeColor(QColor("#ffffff"))
    band.setSecondaryStrokeColor(QColor(0, 0, 0, 200))


def _handles(band: QgsRubberBand) -> None:
    band.setStrokeColor(QColor("#ffffff"))
    band.setIcon(QgsRubberBand.IconType.ICON_BOX)
    band.setIconSize(7)


def _hovered_vertex(band: QgsRubberBand) -> None:
    band.setIcon(QgsRubberBand.IconType.ICON_FULL_BOX)
    band.setIconSize(11)
    band.setStrokeColor(QColor("#ff3030"))


def _hovered_edge(band: QgsRubberBand) -> None:
    band.setIcon(QgsRubberBand.IconType.ICON_CROSS)
    band.setIconSize(11)
    band.setStrokeColor(QColor("#ff3030"))
