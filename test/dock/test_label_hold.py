"""Label files are whole for who copies them, while they are open and after they are let go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def labels(empty_project, tmp_path, monkeypatch):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock import label_hold
    from hsi_film_plugin.dock.label_layer import LabelLayer

    monkeypatch.setattr(label_hold, "REST_MS", 20)
    crs = QgsCoordinateReferenceSystem("EPSG:32633")
    labels = LabelLayer.create(tmp_path / "labels.gpkg", crs, "x")
    labels.classes.add("Water")
    return labels


def square(x=0.0):
    from qgis.core import QgsGeometry, QgsRectangle

    return QgsGeometry.fromRect(QgsRectangle(x, 0, x + 10, 10))


def copied(path, folder):
    """The number of labels in a copy of the file alone, and the style that it has.

    A copy that was made while changes were just brought into the file may be unreadable: -1.
    """
    from osgeo import ogr

    folder.mkdir(exist_ok=True)
    source = ogr.Open(str(shutil.copy(path, folder / "copy.gpkg")))
    if source is None or source.GetLayerByName("labels") is None:
        return -1, ""
    styles = source.GetLayerByName("layer_styles")
    style = "" if styles is None else styles.GetNextFeature().GetField("styleQML")
    return source.GetLayerByName("labels").GetFeatureCount(), style


def beside(path):
    return Path(f"{path}-wal")


def test_a_copy_of_the_file_alone_holds_the_labels_soon(labels, tmp_path, until):
    path = tmp_path / "labels.gpkg"
    for place in range(3):
        labels.add(square(20.0 * place), 1, "polygon")
    labels.classes.rename(1, "Lake")
    assert beside(path).stat().st_size > 0
    until(lambda: copied(path, tmp_path / "copies")[0] == 3)
    until(lambda: "Lake" in copied(path, tmp_path / "copies")[1])
    labels.undo_stack.undo()
    until(lambda: copied(path, tmp_path / "copies")[0] == 2)


def test_who_draws_without_a_rest_is_not_left_without_a_whole_file(labels, tmp_path, until):
    path, drawn = tmp_path / "labels.gpkg", []

    def draw_on():
        drawn.append(labels.add(square(20.0 * len(drawn)), 1, "polygon"))
        return copied(path, tmp_path / "copies")[0] >= 3

    until(draw_on)


def test_a_reader_delays_the_whole_file_but_no_label(labels, tmp_path, until):
    from osgeo import ogr

    from hsi_film_plugin.dock.label_hold import checkpoint

    path = tmp_path / "labels.gpkg"
    for place in range(3):
        labels.add(square(20.0 * place), 1, "polygon")
    reader = ogr.Open(str(path))
    rows = reader.ExecuteSQL("SELECT * FROM labels")
    rows.GetNextFeature()
    labels.add(square(60), 1, "polygon")
    assert not checkpoint(path)
    reader.ReleaseResultSet(rows)
    reader = None
    until(lambda: checkpoint(path))
    assert copied(path, tmp_path / "copies")[0] == 4


def test_a_file_that_is_let_go_is_alone_however_often_it_was_taken(labels, tmp_path, until, qgis):
    path = tmp_path / "labels.gpkg"
    for place in range(3):
        labels.hold.take()
        labels.hold.take()
        labels.add(square(20.0 * place), 1, "polygon")
        assert beside(path).exists()
        qgis.processEvents()
        assert labels.counts() == {1: place + 1}  # a reader that QGIS keeps for the next time
        labels.hold.let_go()
        labels.hold.let_go()
        until(lambda: not beside(path).exists())
        assert copied(path, tmp_path / "copies")[0] == place + 1


def test_a_layer_that_was_let_go_is_not_taken_by_its_edits(labels, tmp_path, until):
    path = tmp_path / "labels.gpkg"
    fid = labels.add(square(), 1, "polygon")
    labels.hold.let_go()
    labels.layer.startEditing()
    labels.layer.deleteFeature(fid)
    labels.layer.commitChanges()
    until(lambda: not beside(path).exists())
    assert copied(path, tmp_path / "copies")[0] == 0


def test_the_file_that_a_layer_is_moved_to_is_held(labels, tmp_path, until):
    labels.add(square(), 1, "polygon")
    labels.hold.let_go()
    until(lambda: not beside(tmp_path / "labels.gpkg").exists())
    moved = tmp_path / "moved.gpkg"
    shutil.copy(tmp_path / "labels.gpkg", moved)
    labels.hold.take()
    labels.layer.setDataSource(f"{moved}|layername=labels", "x", "ogr")
    labels.add(square(20), 1, "polygon")
    assert beside(moved).exists()
    until(lambda: copied(moved, tmp_path / "copies")[0] == 2)
    labels.hold.let_go()
    until(lambda: not beside(moved).exists())


def test_a_layer_that_is_deleted_is_left_alone(labels, qgis):
    from qgis.PyQt import sip

    labels.add(square(), 1, "polygon")
    hold, layer = labels.hold, labels.layer
    sip.delete(layer)
    hold.let_go()
    hold.take()
    hold.note_change()
    qgis.processEvents()


def test_a_file_that_cannot_be_completed_is_given_up(
    labels, tmp_path, monkeypatch, until, pass_time
):
    from hsi_film_plugin.dock import label_hold

    tried = []

    def refuse(path):
        tried.append(path)
        raise label_hold.LabelLayerError("no")

    monkeypatch.setattr(label_hold, "checkpoint", refuse)
    monkeypatch.setattr(label_hold, "MOST_TRIES", 3)
    labels.add(square(), 1, "polygon")
    until(lambda: tried.count(tmp_path / "labels.gpkg") == 3)
    pass_time(0.5)
    assert tried.count(tmp_path / "labels.gpkg") == 3
