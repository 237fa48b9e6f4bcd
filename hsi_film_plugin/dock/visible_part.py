"""Which part of a scene the canvas shows, cut to what a preview may hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)

from .pixel_grid import PixelGrid


@dataclass(frozen=True)
class VisiblePart:
    """A part of a scene, in pixels and in the scene's CRS.

    Attributes:
        cols: Width of the part in pixels.
        rows: Height of the part in pixels.
        seen_cols: Width of what is visible; larger than `cols` if the part was cut.
        seen_rows: Height of what is visible.
        box: [xmin, ymin, xmax, ymax] of the part in the CRS of the scene.
    """

    cols: int
    rows: int
    seen_cols: int
    seen_rows: int
    box: tuple[float, float, float, float]

    @property
    def is_cut(self) -> bool:
        """Whether more is visible than this part."""
        return (self.cols, self.rows) != (self.seen_cols, self.seen_rows)

    def lies_in(self, box: tuple[float, float, float, float]) -> bool:
        """Whether `box` holds all of this part, but for a fraction of a pixel."""
        slack_x = 0.25 * (self.box[2] - self.box[0]) / self.cols
        slack_y = 0.25 * (self.box[3] - self.box[1]) / self.rows
        return (
            box[0] - slack_x <= self.box[0]
            and box[1] - slack_y <= self.box[1]
            and self.box[2] <= box[2] + slack_x
            and self.box[3] <= box[3] + slack_y
        )


def visible_part(
    view: QgsRectangle,
    view_crs: QgsCoordinateReferenceSystem,
    grid: PixelGrid,
    most_pixels: int,
) -> VisiblePart | None:
    """Return the pixels of a scene that a view shows, at most so many around its middle.

    Args:
        view: What the canvas shows, in `view_crs`.
        view_crs: The canvas's CRS.
        grid: The scene's pixels.
        most_pixels: How many pixels the part may have.

    Returns:
        The part; None if nothing of the scene is in view, or its place there is unknown.
    """
    seen = _in_scene(view, view_crs, grid)
    if seen is None:
        return None
    places = [grid.place_of(point) for point in _corners(seen)]
    top, bottom = _span([row for row, _ in places], grid.height)
    left, right = _span([col for _, col in places], grid.width)
    if top >= bottom or left >= right:
        return None
    rows, cols = _cut(bottom - top, right - left, most_pixels)
    first_row = top + (bottom - top - rows) // 2
    first_col = left + (right - left - cols) // 2
    return VisiblePart(
        cols, rows, right - left, bottom - top, _box(grid, first_row, first_col, rows, cols)
    )


def _in_scene(
    view: QgsRectangle, view_crs: QgsCoordinateReferenceSystem, grid: PixelGrid
) -> QgsRectangle | None:
    """Return what the view shows of the scene, in the scene's CRS."""
    # From the scene to the view first: a view of the whole world has no place in most CRSs.
    transform = QgsCoordinateTransform(grid.crs, view_crs, QgsProject.instance())
    scene = QgsRectangle(*_box(grid, 0, 0, grid.height, grid.width))
    try:
        shared = transform.transformBoundingBox(scene).intersect(view)
        if shared.isEmpty():
            return None
        back = transform.transformBoundingBox(shared, Qgis.TransformDirection.Reverse)
    except QgsCsException:
        return None
    return back if back.isFinite() else None


def _corners(box: QgsRectangle) -> list[QgsPointXY]:
    return [
        QgsPointXY(x, y)
        for x in (box.xMinimum(), box.xMaximum())
        for y in (box.yMinimum(), box.yMaximum())
    ]


def _span(places: list[float], count: int) -> tuple[int, int]:
    """Return the first pixel and the one after the last that are touched."""
    # A view that ends on a pixel's edge, but for rounding, does not show the next one.
    return max(math.floor(min(places) + 1e-6), 0), min(math.ceil(max(places) - 1e-6), count)


def _cut(rows: int, cols: int, most_pixels: int) -> tuple[int, int]:
    """Return a size of the same shape that has no more than so many pixels."""
    if rows * cols <= most_pixels:
        return rows, cols
    scale = math.sqrt(most_pixels / (rows * cols))
    cut_rows = min(max(int(rows * scale), 1), most_pixels)
    return cut_rows, min(cols, max(most_pixels // cut_rows, 1))


def _box(
    grid: PixelGrid, row: int, col: int, rows: int, cols: int
) -> tuple[float, float, float, float]:
    corners = [grid.point_at(r, c) for r in (row, row + rows) for c in (col, col + cols)]
    xs, ys = [point.x() for point in corners], [point.y() for point in corners]
    return min(xs), min(ys), max(xs), max(ys)
