"""What all drawing tools share: the way between canvas and scene, rubber bands, hints."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent
from qgis.PyQt.QtWidgets import QApplication

from ..translation import tr
from .crs_transform import transform_between
from .pixel_grid import PixelGrid

_FILL_ALPHA = 70
#: Rubber bands that show what is being drawn.
_BEGUN = frozenset(("outline", "fresh", "settled", "seed", "region"))
_DEFAULT_COLOUR = "#e3b23c"


class LabelTool(QgsMapTool):
    """A map tool that draws labels on a scene.

    What is being drawn is kept in the scene's coordinates, so that it stays where it is when the
    canvas gets another CRS; only the rubber bands are in the canvas's.

    Signals:
        drawn: A MultiPolygon in the grid's CRS, and how it was drawn.
        message: A hint for the user, empty when there is nothing to say.

    Attributes:
        snap_to_pixels: Whether labels get the outline of the pixels that they claim.
    """

    drawn = pyqtSignal(QgsGeometry, str)
    message = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.snap_to_pixels = True
        self._grid: PixelGrid | None = None
        self._colour = QColor(_DEFAULT_COLOUR)
        self._bands: dict[str, QgsRubberBand] = {}
        self._listening = False
        self.setCursor(Qt.CursorShape.CrossCursor)
        canvas.destinationCrsChanged.connect(self._redraw)

    def set_grid(self, grid: PixelGrid | None) -> None:
        """Draw on another scene, or on none; what is being drawn on the old one is dropped."""
        self.cancel()
        self._grid = grid

    def set_colour(self, color: QColor) -> None:
        """Draw in the colour of the current class."""
        self._colour = QColor(color)
        self._redraw()

    @property
    def drawing(self) -> bool:
        """Whether something has been begun that is not a label yet."""
        return bool(_BEGUN & set(self._bands))

    def cancel(self) -> None:
        """Drop what is being drawn."""
        self._remove_bands()

    def hint(self) -> str:
        """Return what to do next with this tool."""
        return ""

    def activate(self) -> None:
        """Take the tool in hand (called by the canvas)."""
        super().activate()
        # While a mouse button is held the canvas passes its tool no keys, only this signal.
        self.canvas().keyPressed.connect(self._heard_by_canvas)
        self._listening = True
        self.message.emit(self.hint() if self._grid is not None else self._no_scene())

    def deactivate(self) -> None:
        """Put the tool down (called by the canvas, also when that is destroyed)."""
        if self._listening:
            self._listening = False
            self.canvas().keyPressed.disconnect(self._heard_by_canvas)
        self.cancel()
        super().deactivate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hear the keys that all tools know."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancel()
            self.message.emit(self.hint())
            event.ignore()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            # An accepted event would let QGIS delete the selected features of its current layer.
            event.ignore()

    def _heard_by_canvas(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and event.isAccepted():  # else it was heard before
            self.cancel()
            self.message.emit(self.hint())

    def _redraw(self) -> None:
        """Draw the rubber bands anew: the CRS of the canvas or the colour has changed."""

    def _no_scene(self) -> str:
        return tr("Choose a hyperspectral image first.")

    def _outside(self) -> str:
        return tr("That is outside of the image. Click inside of it.")

    # --- between canvas and scene -----------------------------------------------------------

    def _scene_point(self, event: QgsMapMouseEvent) -> QgsPointXY | None:
        """Return where an event is in the grid's CRS, None where that does not reach."""
        if self._grid is None:
            return None
        return self._moved_point(
            self.toMapCoordinates(event.pos()), self._canvas_crs(), self._grid.crs
        )

    def _clicked_point(self, event: QgsMapMouseEvent) -> QgsPointXY | None:
        """Return the point of a click on the scene; say why if there is none."""
        if self._grid is None:
            self.message.emit(self._no_scene())
            return None
        point = self._scene_point(event)
        if point is None or self._grid.pixel_at(point) is None:
            self.message.emit(self._outside())
            return None
        return point

    def _canvas_crs(self) -> QgsCoordinateReferenceSystem:
        return self.canvas().mapSettings().destinationCrs()

    def _moved_point(
        self,
        point: QgsPointXY,
        source: QgsCoordinateReferenceSystem,
        target: QgsCoordinateReferenceSystem,
    ) -> QgsPointXY | None:
        try:
            moved = transform_between(source, target).transform(point)
        except QgsCsException:
            return None
        return moved if math.isfinite(moved.x()) and math.isfinite(moved.y()) else None

    def _on_canvas(
        self, geometry: QgsGeometry, source: QgsCoordinateReferenceSystem | None = None
    ) -> QgsGeometry:
        """Return a geometry in the canvas's CRS, empty if it has no place there."""
        if source is None and self._grid is None:
            return QgsGeometry()
        return self._moved(geometry, source or self._grid.crs, self._canvas_crs())

    def _moved(
        self,
        geometry: QgsGeometry,
        source: QgsCoordinateReferenceSystem,
        target: QgsCoordinateReferenceSystem,
    ) -> QgsGeometry:
        moved = QgsGeometry(geometry)
        try:
            moved.transform(transform_between(source, target))
        except QgsCsException:
            return QgsGeometry()
        return moved if moved.boundingBox().isFinite() else QgsGeometry()

    # --- rubber bands -----------------------------------------------------------------------

    def _band(
        self,
        name: str,
        kind: Any = QgsWkbTypes.GeometryType.PolygonGeometry,
        style: Callable[[QgsRubberBand], None] | None = None,
    ) -> QgsRubberBand:
        """Return the rubber band of a name, made and styled if there is none."""
        band = self._bands.get(name)
        if band is None or sip.isdeleted(band):
            band = QgsRubberBand(self.canvas(), kind)
            self._bands[name] = band
        self._paint_in_colour(band)
        if style is not None:
            style(band)
        return band

    def _paint_in_colour(self, band: QgsRubberBand) -> None:
        fill = QColor(self._colour)
        fill.setAlpha(_FILL_ALPHA)
        band.setFillColor(fill)
        band.setStrokeColor(self._colour)
        # A second line below keeps the first visible on a picture of the same colour.
        band.setSecondaryStrokeColor(QColor(0, 0, 0, 130))
        band.setWidth(2)

    def _remove_bands(self, *names: str) -> None:
        """Remove rubber bands, all of them without names."""
        for name in names or tuple(self._bands):
            band = self._bands.pop(name, None)
            # The canvas owns them: it may have gone, and they with it.
            if band is not None and not sip.isdeleted(band):
                sip.delete(band)

    # --- what was drawn ---------------------------------------------------------------------

    def _emit_drawn(self, geometry: QgsGeometry, source: str) -> None:
        """Make a label of a geometry in the grid's CRS, or say why it is none."""
        grid = self._grid
        if grid is None:
            return
        polygons = inside_of(valid_polygons(geometry), grid)
        if polygons.isEmpty() or polygons.area() <= 0:
            self.message.emit(tr("That outline has no area. Draw around something."))
            return
        rows, cols = grid.pixels_of(polygons)
        if rows.size == 0:
            self.message.emit(tr("No pixel of the image lies in that outline. Draw again."))
            return
        self.message.emit(self.hint())
        self.drawn.emit(grid.geometry_of(rows, cols) if self.snap_to_pixels else polygons, source)


def is_drag(start: Any, position: Any) -> bool:
    """Return whether the mouse has moved too far from where it was pressed for a click."""
    return bool((position - start).manhattanLength() >= QApplication.startDragDistance())


def ends_drawing(event: QKeyEvent) -> bool:
    """Return whether a key is one of those that end what is being drawn."""
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def valid_polygons(geometry: QgsGeometry) -> QgsGeometry:
    """Return the polygons of an outline, made valid, as one MultiPolygon."""
    valid = geometry if geometry.isGeosValid() else geometry.makeValid()
    kind = QgsWkbTypes.GeometryType.PolygonGeometry
    parts = [part for part in valid.asGeometryCollection() if part.type() == kind]
    polygons = QgsGeometry.collectGeometry(parts) if parts else QgsGeometry()
    polygons.convertToMultiType()
    return polygons


def inside_of(polygons: QgsGeometry, grid: PixelGrid) -> QgsGeometry:
    """Return what lies on the scene of polygons in its grid's CRS, as one MultiPolygon."""
    border = grid.outline()
    if polygons.isEmpty() or border.contains(polygons):
        return polygons
    return valid_polygons(polygons.intersection(border))
