"""Which pixels of a scene a geometry claims, and the outline of a set of pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from osgeo import gdal, ogr, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsPointXY,
    QgsRasterLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QTransform

from ..layers.raster_source import raster_file
from ..translation import tr


@dataclass(frozen=True)
class PixelGrid:
    """The pixels of a scene in the coordinates in which QGIS shows them.

    The pixel rule is the engine's: a polygon claims the pixels whose centres lie inside, and
    at least the one under a point in its middle. All methods may be called from any thread.

    Attributes:
        width: Columns.
        height: Rows.
        transform: GDAL's geotransform; rotated and south-up ones are fine. A scene without one
            lies where QGIS draws it: downwards from 0, a unit a pixel.
        crs: The layer's CRS, invalid where it has none.
    """

    width: int
    height: int
    transform: tuple[float, float, float, float, float, float]
    crs: QgsCoordinateReferenceSystem = field(hash=False)

    @classmethod
    def of(cls, layer: QgsRasterLayer) -> PixelGrid:
        """Return the grid of a layer's file.

        The file is asked, since QGIS shows a rotated raster through a warped copy that has
        other pixels.

        Raises:
            QgsProcessingException: the layer is no plain raster file.
        """
        dataset = _open(raster_file(layer, tr("Hyperspectral image")).path)
        stored = None if dataset is None else dataset.GetGeoTransform(can_return_null=True)
        if dataset is not None and stored is not None:
            width, height = dataset.RasterXSize, dataset.RasterYSize
            return cls(width, height, tuple(stored), layer.crs())
        box, width, height = layer.extent(), layer.width(), layer.height()
        shown = (
            box.xMinimum(),
            box.width() / width,
            0.0,
            box.yMaximum(),
            0.0,
            -box.height() / height,
        )
        return cls(width, height, shown, layer.crs())

    def place_of(self, point: QgsPointXY) -> tuple[float, float]:
        """Return the fractional (row, column) of a point, which may lie outside."""
        a, b, c, d, e, f = self._inverse()
        x, y = point.x(), point.y()
        return d * x + e * y + f, a * x + b * y + c

    def point_at(self, row: float, col: float) -> QgsPointXY:
        """Return the point of a fractional (row, column)."""
        c, a, b, f, d, e = self.transform
        return QgsPointXY(a * col + b * row + c, d * col + e * row + f)

    def pixel_at(self, point: QgsPointXY) -> tuple[int, int] | None:
        """Return the (row, column) under a point, None outside of the scene."""
        row, col = self.place_of(point)
        if 0 <= row < self.height and 0 <= col < self.width:
            return int(row), int(col)
        return None

    def centre(self, row: int, col: int) -> QgsPointXY:
        """Return the centre of a pixel."""
        return self.point_at(row + 0.5, col + 0.5)

    def outline(self) -> QgsGeometry:
        """Return the scene's border as a polygon."""
        corners = ((0, 0), (0, self.width), (self.height, self.width), (self.height, 0))
        return QgsGeometry.fromPolygonXY([[self.point_at(row, col) for row, col in corners]])

    def pixels_of(self, geometry: QgsGeometry) -> tuple[np.ndarray, np.ndarray]:
        """Return (rows, columns) of the pixels that polygons claim, each once; int64, sorted.

        Args:
            geometry: Polygons in the grid's CRS; parts of other kinds claim nothing.
        """
        placed = QgsGeometry(geometry)
        if QgsWkbTypes.isCurvedType(placed.wkbType()):
            placed.convertToStraightSegment()
        a, b, c, d, e, f = self._inverse()
        placed.transform(QTransform(a, d, b, e, c, f))
        claims = [
            self._claimed_by(part)
            for part in placed.asGeometryCollection()
            if part.type() == QgsWkbTypes.GeometryType.PolygonGeometry
        ]
        if len(claims) == 1:
            pixels = claims[0]
        else:
            pixels = np.unique(np.concatenate([*claims, np.empty(0, np.int64)]))
        rows, cols = np.divmod(pixels, self.width)
        return rows, cols

    def geometry_of(self, rows: np.ndarray, cols: np.ndarray) -> QgsGeometry:
        """Return the outline of pixels along their edges.

        Returns:
            A MultiPolygon with holes, one part for each set of pixels that share edges; an
            empty one without pixels.
        """
        multi = ogr.Geometry(ogr.wkbMultiPolygon)
        if len(rows):
            top, left = int(np.min(rows)), int(np.min(cols))
            mask = np.zeros((int(np.max(rows)) - top + 1, int(np.max(cols)) - left + 1), np.uint8)
            mask[np.asarray(rows) - top, np.asarray(cols) - left] = 1
            for polygon in _outlines(mask, top, left):
                multi.AddGeometry(polygon)
        result = QgsGeometry()
        result.fromWkb(bytes(multi.ExportToWkb()))
        # The corners were whole numbers so far: the same corner of two labels is the same point.
        c, a, b, f, d, e = self.transform
        result.transform(QTransform(a, d, b, e, c, f))
        return result

    def snapped(self, geometry: QgsGeometry) -> QgsGeometry:
        """Return the outline of the pixels that polygons claim."""
        return self.geometry_of(*self.pixels_of(geometry))

    def _inverse(self) -> tuple[float, float, float, float, float, float]:
        """From coordinates to (column, row), in the order of an affine matrix's two rows."""
        c, a, b, f, d, e = self.transform
        scale = 1.0 / (a * e - b * d)
        ra, rb, rd, re = e * scale, -b * scale, -d * scale, a * scale
        return ra, rb, -c * ra - f * rb, rd, re, -c * rd - f * re

    def _claimed_by(self, part: QgsGeometry) -> np.ndarray:
        """Return row * width + column of the pixels of one polygon in (column, row); int64."""
        none = np.empty(0, np.int64)
        box = part.boundingBox()
        if not box.isFinite():
            return none
        left, top = max(0, math.floor(box.xMinimum())), max(0, math.floor(box.yMinimum()))
        right = min(self.width, math.ceil(box.xMaximum()))
        bottom = min(self.height, math.ceil(box.yMaximum()))
        if left >= right or top >= bottom:
            return none
        rows, cols = np.nonzero(_burned(part, top, left, bottom - top, right - left))
        if rows.size:
            return np.asarray((rows + top) * self.width + cols + left, dtype=np.int64)
        x, y = _middle(part)
        col, row = math.floor(x), math.floor(y)
        if 0 <= row < self.height and 0 <= col < self.width:
            return np.array([row * self.width + col], dtype=np.int64)
        return none


def _open(path: str) -> gdal.Dataset | None:
    try:
        return gdal.Open(path)
    except RuntimeError:  # another plugin may have switched GDAL's exceptions on
        return None


def _vector_layer(kind: int) -> tuple[ogr.DataSource, ogr.Layer]:
    """Return a layer in memory, and what keeps it alive."""
    # GDAL 3.11 merged the driver "Memory" into "MEM"
    driver = ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")
    source = driver.CreateDataSource("")
    nowhere = osr.SpatialReference()  # without any, GDAL warns for every polygon
    nowhere.ImportFromWkt('LOCAL_CS["pixels",UNIT["metre",1]]')
    return source, source.CreateLayer("shapes", nowhere, kind)


def _raster(top: int, left: int, height: int, width: int) -> gdal.Dataset:
    """Return a byte raster in memory whose coordinates are (column, row) of the scene."""
    raster = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Byte)
    raster.SetGeoTransform((left, 1, 0, top, 0, 1))
    return raster


def _burned(part: QgsGeometry, top: int, left: int, height: int, width: int) -> np.ndarray:
    """Return 1 where the centre of a pixel lies in a polygon; uint8 (height, width)."""
    shifted = QgsGeometry(part)
    shifted.translate(-left, -top)
    source, layer = _vector_layer(ogr.wkbPolygon)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(bytes(shifted.asWkb())))
    layer.CreateFeature(feature)
    raster = _raster(0, 0, height, width)
    gdal.RasterizeLayer(raster, [1], layer, burn_values=[1])
    pixels = np.frombuffer(raster.GetRasterBand(1).ReadRaster(), dtype=np.uint8)
    del feature, layer, source
    return pixels.reshape(height, width)


def _outlines(mask: np.ndarray, top: int, left: int) -> list[ogr.Geometry]:
    """Return polygons around the 4-connected ones of a mask, in (column, row)."""
    height, width = mask.shape
    raster = _raster(top, left, height, width)
    band = raster.GetRasterBand(1)
    band.WriteRaster(0, 0, width, height, mask.tobytes())
    source, layer = _vector_layer(ogr.wkbPolygon)
    gdal.Polygonize(band, band, layer, -1, [])
    polygons = [feature.GetGeometryRef().Clone() for feature in layer]
    del layer, source
    return polygons


def _middle(part: QgsGeometry) -> tuple[float, float]:
    """Return a point inside a polygon: the middle of its widest chord at half its height.

    It must be the point that the engine finds, not just any inside.
    """
    rings = [np.array([(point.x(), point.y()) for point in ring]) for ring in part.asPolygon()]
    heights = np.unique(rings[0][:, 1])
    if heights.size == 1:
        x, y = rings[0].mean(axis=0)
        return float(x), float(y)
    middle = (heights[0] + heights[-1]) / 2
    after = int(np.searchsorted(heights, middle, side="right"))
    above = heights[min(after, heights.size - 1)]
    below = heights[int(np.searchsorted(heights, above, side="left")) - 1]
    y = (above + below) / 2  # between two vertices, so that no edge is met at its end
    crossings = []
    for ring in rings:
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        crossed = (y0 > y) != (y1 > y)
        slope = (x1[crossed] - x0[crossed]) / (y1[crossed] - y0[crossed])
        crossings.append(x0[crossed] + (y - y0[crossed]) * slope)
    xs = np.sort(np.concatenate(crossings))
    starts, ends = xs[0::2], xs[1::2]
    widest = int(np.argmax(ends - starts))
    return float((starts[widest] + ends[widest]) / 2), float(y)
