"""The pixels that polygons claim are the engine's, and outlines give them back."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("qgis")

from osgeo import gdal, ogr, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingException,
    QgsRasterLayer,
)

ROOT = Path(__file__).resolve().parents[2]

NORTH_UP = (500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0)
SOUTH_UP = (500000.0, 10.0, 0.0, 5799000.0, 0.0, 10.0)
ROTATED = (500000.0, 8.0, 6.0, 5800000.0, 6.0, -8.0)
UNPLACED = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)

ASK_ENGINE = """
import json, sys
from pathlib import Path
from hsi_film_plugin.engine.label_vector import read_vector
from hsi_film_plugin.engine.scene import Scene
with Scene.open(Path(sys.argv[1])) as scene:
    claims = read_vector(Path(sys.argv[2]), ["labels"], scene, "class_id", "labels")
print(json.dumps([[int(c), int(p)] for c, p in zip(claims.classes, claims.pixels)]))
"""


def grid_of(transform, width=12, height=9, epsg=32633):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    crs = QgsCoordinateReferenceSystem(f"EPSG:{epsg}") if epsg else QgsCoordinateReferenceSystem()
    return PixelGrid(width, height, transform, crs)


def placed(grid, *rings):
    """A polygon whose corners are given as (column, row)."""
    return QgsGeometry.fromPolygonXY(
        [[grid.point_at(row, col) for col, row in ring] for ring in rings]
    )


def claimed(grid, geometry):
    rows, cols = grid.pixels_of(geometry)
    return sorted(zip(rows.tolist(), cols.tolist()))


def write_scene(path, transform, width=12, height=9, epsg=32633):
    raster = gdal.GetDriverByName("GTiff").Create(str(path), width, height, 1)
    if transform is not None:
        raster.SetGeoTransform(transform)
    if epsg:
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(epsg)
        raster.SetProjection(srs.ExportToWkt())
    raster.GetRasterBand(1).Fill(1)
    raster.FlushCache()
    return str(path)


@pytest.fixture(
    params=[NORTH_UP, SOUTH_UP, ROTATED, UNPLACED], ids=["north", "south", "turned", "none"]
)
def grid(qgis, request):
    return grid_of(request.param)


def test_a_rectangle_claims_the_pixels_whose_centres_lie_inside(grid):
    outline = placed(grid, [(1.4, 2.6), (4.6, 2.6), (4.6, 4.4), (1.4, 4.4)])
    assert claimed(grid, outline) == [(3, 1), (3, 2), (3, 3), (3, 4)]


def test_pixels_in_a_hole_are_not_claimed(grid):
    outline = placed(
        grid, [(1, 1), (4, 1), (4, 4), (1, 4)], [(2.1, 2.1), (2.9, 2.1), (2.9, 2.9), (2.1, 2.9)]
    )
    ring = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2), (3, 3)]
    assert claimed(grid, outline) == ring


def test_a_polygon_smaller_than_a_pixel_claims_the_pixel_that_it_lies_in(grid):
    outline = placed(grid, [(7.05, 3.05), (7.25, 3.05), (7.25, 3.25), (7.05, 3.25)])
    assert claimed(grid, outline) == [(3, 7)]


def test_a_polygon_between_centres_claims_the_pixel_under_its_middle(grid):
    outline = placed(grid, [(2.6, 1.6), (4.4, 1.6), (4.4, 2.4), (2.6, 2.4)])
    assert claimed(grid, outline) in ([(1, 3)], [(2, 3)])  # turned grids meet the edge between


def test_a_polygon_beyond_the_border_claims_what_lies_inside(grid):
    outline = placed(grid, [(-5, -5), (1.7, -5), (1.7, 1.7), (-5, 1.7)])
    assert claimed(grid, outline) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_polygon_outside_claims_nothing(grid):
    for left, top in ((-9, 2), (20, 2), (2, -9), (2, 20)):
        outline = placed(grid, [(left, top), (left + 3, top), (left + 3, top + 3), (left, top + 3)])
        assert claimed(grid, outline) == []


def test_each_part_claims_a_pixel_and_shared_pixels_count_once(grid):
    parts = [
        placed(grid, [(1, 1), (3, 1), (3, 2), (1, 2)]),
        placed(grid, [(2, 1), (4, 1), (4, 2), (2, 2)]),
        placed(grid, [(9.1, 7.1), (9.2, 7.1), (9.2, 7.2)]),
    ]
    multi = QgsGeometry.collectGeometry(parts)
    assert claimed(grid, multi) == [(1, 1), (1, 2), (1, 3), (7, 9)]


def test_lines_points_and_nothing_claim_no_pixel(grid):
    line = QgsGeometry.fromPolylineXY([grid.point_at(1, 1), grid.point_at(5, 5)])
    assert claimed(grid, line) == []
    assert claimed(grid, QgsGeometry.fromPointXY(grid.centre(1, 1))) == []
    assert claimed(grid, QgsGeometry()) == []


def test_a_polygon_that_reaches_infinity_claims_nothing(grid):
    infinite = QgsGeometry.fromPolygonXY(
        [[QgsPointXY(0, 0), QgsPointXY(float("inf"), 0), QgsPointXY(0, 9)]]
    )
    assert claimed(grid, infinite) == []


def test_random_pixels_come_back_from_their_outline(grid):
    import numpy as np

    random = np.random.default_rng(1)
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        for _ in range(10):
            rows, cols = np.nonzero(random.random((grid.height, grid.width)) < share)
            outline = grid.geometry_of(rows, cols)
            assert outline.isGeosValid()
            assert outline.isMultipart()
            again = grid.pixels_of(outline)
            assert np.array_equal(again[0], rows)
            assert np.array_equal(again[1], cols)
            pixel = abs(grid.transform[1] * grid.transform[5] - grid.transform[2] ** 2)
            assert outline.area() == pytest.approx(rows.size * pixel)


def test_pixels_that_only_touch_at_corners_are_parts_of_their_own(grid):
    import numpy as np

    outline = grid.geometry_of(np.array([1, 2, 2]), np.array([1, 2, 3]))
    assert len(outline.asMultiPolygon()) == 2


def test_the_outline_of_no_pixels_is_empty(grid):
    import numpy as np

    none = np.empty(0, np.int64)
    assert grid.geometry_of(none, none).isEmpty()


def test_a_corner_is_the_same_point_in_the_outlines_of_all_its_pixels(qgis):
    import numpy as np

    grid = grid_of((500000.1, 0.3, 0.1, 5800000.7, 0.1, -0.3), 400, 400)
    one = grid.geometry_of(np.array([300]), np.array([299]))
    other = grid.geometry_of(np.array([2, 300]), np.array([7, 300]))
    corner = grid.point_at(300, 300)
    for outline in (one, other):
        assert any((p.x(), p.y()) == (corner.x(), corner.y()) for p in outline.vertices())


def test_a_snapped_polygon_follows_the_edges_of_its_pixels(grid):
    outline = placed(grid, [(1.2, 1.3), (3.8, 1.1), (3.7, 2.9), (1.1, 2.8)])
    exact = placed(grid, [(1, 1), (4, 1), (4, 3), (1, 3)])
    assert grid.snapped(outline).symDifference(exact).area() < 1e-6 * exact.area()


def test_pixel_at_and_centre_agree_and_the_outside_has_no_pixel(grid):
    for row, col in ((0, 0), (8, 11), (4, 7)):
        assert grid.pixel_at(grid.centre(row, col)) == (row, col)
    assert grid.pixel_at(grid.point_at(-0.01, 3)) is None
    assert grid.pixel_at(grid.point_at(3, 12.01)) is None
    assert grid.outline().contains(grid.centre(8, 11))


def test_a_layer_without_georeference_lies_where_qgis_shows_it(qgis, tmp_path):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    layer = QgsRasterLayer(write_scene(tmp_path / "plain.tif", None, epsg=None), "plain")
    grid = PixelGrid.of(layer)
    assert grid.transform == UNPLACED
    assert (grid.width, grid.height) == (12, 9)
    assert not grid.crs.isValid()
    assert layer.extent().contains(grid.centre(8, 11))


def test_a_rotated_layer_has_the_pixels_of_its_file(qgis, tmp_path):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    layer = QgsRasterLayer(write_scene(tmp_path / "turned.tif", ROTATED), "turned")
    grid = PixelGrid.of(layer)
    assert (grid.width, grid.height, grid.transform) == (12, 9, ROTATED)
    assert grid.crs.authid() == "EPSG:32633"
    assert layer.extent().contains(grid.centre(8, 11))


def test_a_layer_that_is_no_file_is_refused_with_a_sentence(qgis):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    with pytest.raises(QgsProcessingException, match=r"cannot be opened"):
        PixelGrid.of(QgsRasterLayer("/nowhere.tif", "gone"))


@pytest.mark.skipif(
    "HSIFILM_ENGINE_PYTHON" not in os.environ, reason="HSIFILM_ENGINE_PYTHON names no engine"
)
@pytest.mark.parametrize(
    ("transform", "epsg"),
    [(NORTH_UP, 32633), (SOUTH_UP, 32633), (ROTATED, 32633), (None, None)],
    ids=["north", "south", "turned", "none"],
)
def test_random_polygons_claim_the_pixels_that_the_engine_gives_them(
    qgis, tmp_path, transform, epsg
):
    import numpy as np

    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    scene = write_scene(tmp_path / "scene.tif", transform, 60, 50, epsg)
    grid = PixelGrid.of(QgsRasterLayer(scene, "scene"))
    outlines = random_outlines(grid, np.random.default_rng(2))
    if not epsg:  # above 0 the engine takes y for rows
        outlines = [shape for shape in outlines if shape.boundingBox().yMaximum() <= 0]
    labels = write_labels(tmp_path / "labels.gpkg", outlines, grid.crs)
    answer = subprocess.run(
        [os.environ["HSIFILM_ENGINE_PYTHON"], "-c", ASK_ENGINE, scene, labels],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = {}
    for number, pixel in json.loads(answer.stdout):
        theirs.setdefault(number, set()).add(pixel)
    for number, outline in enumerate(outlines):
        rows, cols = grid.pixels_of(outline)
        assert set((rows * grid.width + cols).tolist()) == theirs.get(number, set()), number


def random_outlines(grid, random):
    """Stars of all sizes with and without holes, some of them partly outside."""
    import numpy as np

    outlines = []
    for size in (0.2, 0.6, 1.5, 5.0, 15.0):
        for index in range(30):
            middle = random.uniform((0, 0), (grid.width, grid.height))
            turns = np.linspace(0, 2 * np.pi, 9)[:-1]
            reach = size * random.uniform(0.3, 1, turns.size)
            ring = middle + reach[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
            rings = [ring, middle + (ring - middle) * 0.5] if index % 3 == 0 else [ring]
            outlines.append(placed(grid, *(ring.tolist() for ring in rings)))
    return outlines


def write_labels(path, outlines, crs):
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    srs = None
    if crs.isValid():
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(32633)
    layer = source.CreateLayer("labels", srs, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("class_id", ogr.OFTInteger))
    for number, outline in enumerate(outlines):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["class_id"] = number
        feature.SetGeometry(ogr.CreateGeometryFromWkb(bytes(outline.asWkb())))
        layer.CreateFeature(feature)
    return str(path)
