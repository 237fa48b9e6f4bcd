"""Statistics of labels: pixels as the engine counts them, places, and what to do next."""

from __future__ import annotations

import pytest


@pytest.fixture
def grid(qgis):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    crs = QgsCoordinateReferenceSystem("EPSG:32633")
    return PixelGrid(100, 80, (500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0), crs)


@pytest.fixture
def labels(qgis, tmp_path, grid):
    from hsi_film_plugin.dock.label_layer import LabelLayer

    labels = LabelLayer.create(tmp_path / "labels.gpkg", grid.crs, "my labels")
    for name in ("Water", "Forest"):
        labels.classes.add(name)
    return labels


def block(col, row, width=4, height=4):
    from qgis.core import QgsGeometry, QgsRectangle

    x, y = 500000 + 10 * col, 5800000 - 10 * row
    return QgsGeometry.fromRect(QgsRectangle(x, y - 10 * height, x + 10 * width, y))


def counted(labels, grid):
    from hsi_film_plugin.dock.label_statistics import StatisticsTask

    task = StatisticsTask(labels, grid)
    results = []
    task.done.connect(results.append)
    assert task.run()
    task.finished(True)
    (statistics,) = results
    return {entry.class_id: entry for entry in statistics}


def test_the_light_grows_with_labels_in_more_places(labels, grid):
    from hsi_film_plugin.dock.label_statistics import Light

    seen = []
    for shape in (None, block(0, 0), block(5, 0), block(50, 40), block(90, 70)):
        if shape is not None:
            labels.add(shape, 1, "polygon")
        entry = counted(labels, grid)[1]
        seen.append((entry.polygons, entry.pixels, entry.places, entry.light))
        if not seen[1:]:
            assert entry.advice == "Draw a first polygon of Water."
        elif len(seen) == 2:
            assert entry.advice == "Draw a second polygon of Water, far from the first."
        elif len(seen) == 3:
            assert "one place" in entry.advice
        elif len(seen) == 4:
            assert "one more place" in entry.advice
    assert seen == [
        (0, 0, 0, Light.NONE),
        (1, 16, 1, Light.POOR),
        (2, 32, 1, Light.POOR),
        (3, 48, 2, Light.FAIR),
        (4, 64, 3, Light.GOOD),
    ]


def test_few_pixels_in_enough_places_ask_for_larger_polygons(labels, grid):
    from hsi_film_plugin.dock.label_statistics import Light

    for col, row in ((0, 0), (50, 40), (90, 70)):
        labels.add(block(col, row, 2, 2), 1, "brush")
    entry = counted(labels, grid)[1]
    assert (entry.pixels, entry.places, entry.light) == (12, 3, Light.FAIR)
    assert "12 pixels are few, 30 are enough" in entry.advice


def test_overlaps_count_once_and_disputed_pixels_for_nobody(labels, grid):
    labels.add(block(0, 0, 4, 4), 1, "polygon")
    labels.add(block(2, 0, 4, 4), 1, "polygon")
    labels.add(block(5, 0, 4, 4), 2, "polygon")
    found = counted(labels, grid)
    assert (found[1].pixels, found[2].pixels) == (20, 12)


def test_labels_off_the_scene_say_so(labels, grid):
    from hsi_film_plugin.dock.label_statistics import Light

    labels.add(block(500, 500), 1, "polygon")
    entry = counted(labels, grid)[1]
    assert (entry.polygons, entry.pixels, entry.places, entry.light) == (1, 0, 0, Light.NONE)
    assert "No pixel is Water’s alone" in entry.advice


def test_labels_in_another_crs_are_brought_to_the_grid(qgis, tmp_path, grid):
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    from hsi_film_plugin.dock.label_layer import LabelLayer

    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    labels = LabelLayer.create(tmp_path / "geographic.gpkg", wgs84, "x")
    labels.classes.add("Water")
    shape = block(10, 10)
    shape.transform(QgsCoordinateTransform(grid.crs, wgs84, QgsProject.instance()))
    labels.add(shape, 1, "polygon")
    assert counted(labels, grid)[1].pixels == 16


def test_unsaved_edits_count_and_labels_without_class_do_not(qgis, labels, grid):
    from qgis.core import QgsFeature

    labels.layer.startEditing()
    labels.add(block(0, 0), 1, "polygon")
    feature = QgsFeature(labels.layer.fields())
    feature.setGeometry(block(20, 20))
    labels.layer.addFeature(feature)
    found = counted(labels, grid)
    labels.layer.rollBack()
    assert (found[1].polygons, found[1].pixels) == (1, 16)


def test_outlines_are_burned_once_as_long_as_they_stay(labels, grid, monkeypatch):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    burned = []
    burn = PixelGrid.pixels_of

    def noting(self, geometry):
        burned.append(geometry)
        return burn(self, geometry)

    monkeypatch.setattr(PixelGrid, "pixels_of", noting)
    fid = labels.add(block(0, 0), 1, "polygon")
    labels.add(block(20, 20), 2, "polygon")
    counted(labels, grid)
    labels.assign([fid], 2)
    assert counted(labels, grid)[2].pixels == 32
    assert len(burned) == 2
    labels.reshape(fid, block(0, 0, 2, 2))
    assert counted(labels, grid)[2].pixels == 20
    assert len(burned) == 3


def test_a_task_runs_in_qgis_threads_and_can_be_cancelled(qgis, labels, grid):
    import time

    from qgis.core import QgsApplication

    from hsi_film_plugin.dock.label_statistics import StatisticsTask

    labels.add(block(0, 0), 1, "polygon")
    task = StatisticsTask(labels, grid)
    results = []
    task.done.connect(results.append)
    QgsApplication.taskManager().addTask(task)
    deadline = time.monotonic() + 120
    while not results and time.monotonic() < deadline:
        qgis.processEvents()
    assert results[0][0].pixels == 16
    cancelled = StatisticsTask(labels, grid)
    cancelled.cancel()
    assert not cancelled.run()


def test_a_layer_that_goes_meanwhile_is_counted_to_the_end(qgis, labels, grid):
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.label_statistics import StatisticsTask

    labels.add(block(0, 0), 1, "polygon")
    task = StatisticsTask(labels, grid)
    results = []
    task.done.connect(results.append)
    sip.delete(labels.layer)
    assert task.run()
    task.finished(True)
    assert results[0][0].pixels == 16
    after = StatisticsTask(labels, grid)
    after.done.connect(results.append)
    assert after.run()
    after.finished(True)
    assert results[1] == ()


def test_places_are_counted_by_how_far_they_are_apart(qgis):
    import numpy as np

    from hsi_film_plugin.dock.label_statistics import places_of

    points = np.array([(0, 0), (0, 9), (0, 18), (50, 50), (0, 0)], dtype=float)
    assert places_of(points, 10.0) == 3
    assert places_of(points[:0], 10.0) == 0
    assert places_of(points, 0.0) == 5
