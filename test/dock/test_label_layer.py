"""Labels: on disk at once, undoable, safe beside QGIS's own editing and after the layer is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def crs(text="EPSG:32633"):
    from qgis.core import QgsCoordinateReferenceSystem

    return QgsCoordinateReferenceSystem(text)


def square(x=0.0, y=0.0, size=10.0):
    from qgis.core import QgsGeometry, QgsRectangle

    return QgsGeometry.fromRect(QgsRectangle(x, y, x + size, y + size))


def stored(path, table="labels"):
    """What another program reads from the file: [(class_id, class_name, area)]."""
    from osgeo import ogr

    source = ogr.Open(str(path))
    return sorted(
        (f.GetField("class_id"), f.GetField("class_name"), f.GetGeometryRef().Area())
        for f in source.GetLayerByName(table)
    )


def spin(qgis):
    """Let QGIS do what it has put off: timers fire in the order in which they are due."""
    from qgis.PyQt.QtCore import QTimer

    done, last, end = [], QTimer(), time.monotonic() + 120
    last.setSingleShot(True)
    last.timeout.connect(lambda: done.append(True))
    last.start(1)
    while not done:
        assert time.monotonic() < end
        qgis.processEvents()


@pytest.fixture
def labels(qgis, tmp_path):
    from hsi_film_plugin.dock.label_layer import LabelLayer

    labels = LabelLayer.create(tmp_path / "labels.gpkg", crs(), "my labels")
    labels.classes.add("Water", "#0072b2")
    labels.classes.add("Forest")
    return labels


@pytest.fixture
def heard(labels):
    """Counts the signals of a label layer."""
    counts = {"changed": 0, "gone": 0, "problem": [], "added": []}
    labels.changed.connect(lambda: counts.__setitem__("changed", counts["changed"] + 1))
    labels.gone.connect(lambda: counts.__setitem__("gone", counts["gone"] + 1))
    labels.problem.connect(counts["problem"].append)
    labels.labelAdded.connect(counts["added"].append)
    return counts


def foreign(path, kind="Polygon", fields="class_id:integer", rows=(), epsg="EPSG:32633"):
    """A GeoPackage from elsewhere, as a layer."""
    from qgis.core import (
        QgsCoordinateTransformContext,
        QgsFeature,
        QgsVectorFileWriter,
        QgsVectorLayer,
    )

    memory = QgsVectorLayer(
        f"{kind}?crs={epsg}" + "".join(f"&field={f}" for f in fields.split(",")), "", "memory"
    )
    features = []
    for place, row in enumerate(rows):
        feature = QgsFeature(memory.fields())
        feature.setAttributes(list(row))
        feature.setGeometry(square(20.0 * place))
        features.append(feature)
    assert memory.dataProvider().addFeatures(features)[0]
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "some layer"
    QgsVectorFileWriter.writeAsVectorFormatV3(
        memory, str(path), QgsCoordinateTransformContext(), options
    )
    return QgsVectorLayer(str(path), "theirs", "ogr")


def test_a_label_is_on_disk_when_it_is_added(labels, tmp_path):
    fid = labels.add(square(), 1, "polygon")
    assert stored(tmp_path / "labels.gpkg") == [(1, "Water", 100.0)]
    feature = labels.layer.getFeature(fid)
    assert feature["source"] == "polygon"
    assert feature["created"].endswith("Z")
    assert feature.geometry().isMultipart()


def test_a_killed_program_loses_no_label(qgis, tmp_path):
    path = tmp_path / "labels.gpkg"
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsGeometry\n"
        "from qgis.core import QgsRectangle\n"
        "app = QgsApplication([], False)\n"
        "app.initQgis()\n"
        "from hsi_film_plugin.dock.label_layer import LabelLayer\n"
        "crs = QgsCoordinateReferenceSystem('EPSG:32633')\n"
        f"labels = LabelLayer.create(Path({str(path)!r}), crs, 'x')\n"
        "labels.classes.add('Water', '#112233')\n"
        "for i in range(30):\n"
        "    box = QgsRectangle(20 * i, 0, 20 * i + 10, 10)\n"
        "    labels.add(QgsGeometry.fromRect(box), 1, 'brush')\n"
        "labels.classes.rename(1, 'Lake')\n"
        "labels.undo_stack.undo()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert "ready" in (line.strip() for line in child.stdout)
        assert (tmp_path / "labels.gpkg-wal").exists()
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        child.stdin.close()
    assert stored(path) == [(1, "Lake", 100.0)] * 29

    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.label_layer import LabelLayer

    again = LabelLayer.adopt(QgsVectorLayer(f"{path}|layername=labels", "again", "ogr"))
    assert again.counts() == {1: 29}
    assert [(c.name, c.color) for c in again.classes.classes()] == [("Lake", "#112233")]


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(qgis, tmp_path):
    script = (
        "import resource, signal\n"
        "from pathlib import Path\n"
        "from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsGeometry\n"
        "from qgis.core import QgsRectangle\n"
        "app = QgsApplication([], False)\n"
        "app.initQgis()\n"
        "from hsi_film_plugin.dock.label_layer import LabelLayer, LabelLayerError\n"
        "crs = QgsCoordinateReferenceSystem('EPSG:32633')\n"
        f"labels = LabelLayer.create(Path({str(tmp_path / 'a.gpkg')!r}), crs, 'x')\n"
        "labels.classes.add('Water')\n"
        "shape = QgsGeometry.fromRect(QgsRectangle(0, 0, 10, 10))\n"
        "labels.add(shape, 1, 'brush')\n"
        f"size = Path({str(tmp_path / 'a.gpkg-wal')!r}).stat().st_size\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))\n"
        "labels.problem.connect(lambda text: print('PROBLEM', text, flush=True))\n"
        "for _ in range(50):\n"
        "    try:\n"
        "        labels.add(shape, 1, 'brush')\n"
        "    except LabelLayerError as error:\n"
        "        print('ERROR', error, flush=True)\n"
        "        break\n"
        "print('COUNT', labels.counts(), labels.layer.featureCount(), flush=True)\n"
        "labels.undo_stack.undo()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)\n"
        "labels.add(shape, 1, 'brush')\n"
        "print('AFTER', labels.layer.featureCount(), flush=True)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = child.stdout.splitlines()
    (error,) = (line for line in lines if line.startswith("ERROR"))
    assert "a.gpkg" in error
    assert "space" in error
    assert "COUNT {1: 1} 1" in lines, child.stdout + child.stderr
    # What went into the file, with space to spare, may have made room for the undo.
    refused = any(line.startswith("PROBLEM") for line in lines)
    assert f"AFTER {2 if refused else 1}" in lines, child.stdout + child.stderr


def test_a_file_that_is_there_is_never_overwritten(qgis, tmp_path):
    from hsi_film_plugin.dock.label_layer import LabelLayer, LabelLayerError

    path = tmp_path / "labels.gpkg"
    path.write_text("precious")
    with pytest.raises(LabelLayerError, match=r"labels\.gpkg.*already.*another name"):
        LabelLayer.create(path, crs(), "x")
    assert path.read_text() == "precious"
    (tmp_path / "new.gpkg-wal").write_text("changes of a file that was removed")
    with pytest.raises(LabelLayerError, match=r"new\.gpkg-wal"):
        LabelLayer.create(tmp_path / "new.gpkg", crs(), "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.gpkg", "new.gpkg-wal"]


def test_a_folder_that_takes_no_file_is_a_sentence(qgis, tmp_path):
    from hsi_film_plugin.dock.label_layer import LabelLayer, LabelLayerError

    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "nowhere", tmp_path / "file", Path("/proc")):
        with pytest.raises(LabelLayerError, match=r"labels\.gpkg.*cannot be made.*folder"):
            LabelLayer.create(folder / "labels.gpkg", crs(), "x")


def test_a_scene_without_crs_gives_labels_without(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer

    from hsi_film_plugin.dock.label_layer import LabelLayer

    path = tmp_path / "labels.gpkg"
    labels = LabelLayer.create(path, QgsCoordinateReferenceSystem(), "x")
    assert not labels.layer.crs().isValid()
    again = LabelLayer.adopt(QgsVectorLayer(f"{path}|layername=labels", "", "ogr"))
    assert not again.layer.crs().isValid()


def test_undo_and_redo_write_to_disk_and_keep_the_feature_id(labels, tmp_path):
    path = tmp_path / "labels.gpkg"
    first = labels.add(square(), 1, "polygon")
    labels.add(square(20), 2, "wand")
    labels.remove([first])
    assert stored(path) == [(2, "Forest", 100.0)]
    labels.undo_stack.undo()
    assert stored(path) == [(1, "Water", 100.0), (2, "Forest", 100.0)]
    assert labels.layer.getFeature(first)["class_name"] == "Water"
    labels.undo_stack.undo()
    labels.undo_stack.undo()
    assert stored(path) == []
    for _ in range(3):
        labels.undo_stack.redo()
    assert stored(path) == [(2, "Forest", 100.0)]


def test_reshaping_and_assigning_can_be_undone(labels):
    fid = labels.add(square(), 1, "polygon")
    labels.reshape(fid, square(0, 0, 20))
    labels.assign([fid], 2)
    feature = labels.layer.getFeature(fid)
    assert (feature["class_id"], feature["class_name"]) == (2, "Forest")
    assert feature.geometry().area() == 400
    assert labels.counts() == {2: 1}
    labels.undo_stack.undo()
    labels.undo_stack.undo()
    feature = labels.layer.getFeature(fid)
    assert (feature["class_id"], feature["class_name"]) == (1, "Water")
    assert feature.geometry().area() == 100
    assert labels.counts() == {1: 1}


def test_an_undone_class_change_brings_back_the_present_name(labels):
    fid = labels.add(square(), 1, "polygon")
    labels.assign([fid], 2)
    labels.classes.rename(1, "Lake")
    labels.undo_stack.undo()
    assert labels.layer.getFeature(fid)["class_name"] == "Lake"


def test_a_hole_is_cut_out_of_every_label_that_it_touches(labels, tmp_path):
    whole = labels.add(square(0, 0, 10), 1, "polygon")
    labels.add(square(10, 0, 10), 2, "polygon")
    labels.add(square(4, 4, 2), 2, "polygon")
    labels.add(square(100, 100), 1, "polygon")
    assert labels.cut(square(4, 2, 8)) == 3
    assert stored(tmp_path / "labels.gpkg") == [
        (1, "Water", 52.0),
        (1, "Water", 100.0),
        (2, "Forest", 84.0),
    ]
    labels.undo_stack.undo()
    assert labels.layer.getFeature(whole).geometry().area() == 100
    assert labels.counts() == {1: 2, 2: 2}
    assert labels.cut(square(500, 500)) == 0
    assert labels.cut(square(20, 0, 5)) == 0, "touching edges share no area"
    assert labels.undo_stack.canRedo(), "cutting nothing is no change"


def test_the_label_under_a_click_is_the_smallest_or_else_the_nearest(labels):
    outer = labels.add(square(0, 0, 100), 1, "polygon")
    inner = labels.add(square(40, 40, 10), 2, "polygon")
    from qgis.core import QgsPointXY

    assert labels.label_at(QgsPointXY(45, 45), 0) == inner
    assert labels.label_at(QgsPointXY(5, 5), 0) == outer
    assert labels.label_at(QgsPointXY(101, 50), 2) == outer
    assert labels.label_at(QgsPointXY(110, 50), 2) is None


def test_self_crossing_outlines_become_polygons(labels):
    from qgis.core import QgsGeometry

    bow = QgsGeometry.fromWkt("Polygon ((0 0, 10 10, 10 0, 0 10, 0 0))")
    fid = labels.add(bow, 1, "freehand")
    geometry = labels.layer.getFeature(fid).geometry()
    assert geometry.isGeosValid()
    assert geometry.area() == pytest.approx(50)


def test_what_is_no_label_is_refused_with_a_sentence(labels):
    from qgis.core import QgsGeometry

    from hsi_film_plugin.dock.label_layer import LabelLayerError

    for wkt in ("Polygon ((0 0, 1 1, 0 0))", "LineString (0 0, 1 1)", "Polygon EMPTY"):
        with pytest.raises(LabelLayerError, match="no area"):
            labels.add(QgsGeometry.fromWkt(wkt), 1, "polygon")
    with pytest.raises(LabelLayerError, match="no area"):
        labels.add(QgsGeometry(), 1, "polygon")
    with pytest.raises(LabelLayerError, match="no class 7"):
        labels.add(square(), 7, "polygon")
    with pytest.raises(LabelLayerError, match="no longer there"):
        labels.remove([99])
    with pytest.raises(LabelLayerError, match="no longer there"):
        labels.reshape(99, square())
    assert labels.layer.featureCount() == 0
    assert not labels.undo_stack.canUndo()


def test_many_changes_of_one_moment_are_told_once(qgis, labels, heard):
    spin(qgis)
    heard["changed"] = 0
    fids = [labels.add(square(20 * i), 1, "polygon") for i in range(5)]
    spin(qgis)
    assert heard["changed"] == 1
    assert heard["added"] == fids


def test_merged_classes_give_their_labels_away_and_can_be_brought_back(labels, tmp_path):
    path = tmp_path / "labels.gpkg"
    labels.classes.add("Lake")
    before = labels.classes.classes()
    labels.add(square(0), 1, "polygon")
    labels.add(square(20), 3, "polygon")
    labels.merge_classes([3, 1], 1)
    assert stored(path) == [(1, "Water", 100.0)] * 2
    assert [c.name for c in labels.classes.classes()] == ["Water", "Forest"]
    labels.undo_stack.undo()
    assert stored(path) == [(1, "Water", 100.0), (3, "Lake", 100.0)]
    assert labels.classes.classes() == before
    labels.undo_stack.redo()
    assert labels.counts() == {1: 2}


def test_a_deleted_class_comes_back_with_its_labels_and_its_place(labels, tmp_path):
    path = tmp_path / "labels.gpkg"
    before = labels.classes.classes()
    labels.add(square(0), 1, "polygon")
    labels.add(square(20), 2, "polygon")
    labels.delete_class(1)
    assert stored(path) == [(2, "Forest", 100.0)]
    assert [c.name for c in labels.classes.classes()] == ["Forest"]
    labels.undo_stack.undo()
    assert labels.classes.classes() == before
    assert labels.counts() == {1: 1, 2: 1}
    labels.delete_class(2)
    labels.delete_class(1)
    assert labels.classes.classes() == ()
    labels.undo_stack.undo()
    labels.undo_stack.undo()
    assert labels.classes.classes() == before


def test_while_the_user_edits_labels_go_into_the_edit_session(qgis, labels, heard, tmp_path):
    path = tmp_path / "labels.gpkg"
    layer = labels.layer
    kept = labels.add(square(), 1, "polygon")
    layer.startEditing()
    labels.add(square(20), 2, "polygon")
    labels.remove([kept])
    labels.cut(square(20, 0, 5))
    assert stored(path) == [(1, "Water", 100.0)], "nothing is saved before the user says so"
    assert labels.counts() == {2: 1}
    assert layer.undoStack().count() == 3
    assert layer.undoStack().undoText() == "Cut hole"
    layer.undoStack().undo()
    (only,) = layer.getFeatures()
    assert only.geometry().area() == 100
    spin(qgis)
    assert heard["changed"] >= 1
    layer.rollBack()
    assert stored(path) == [(1, "Water", 100.0)]
    assert labels.counts() == {1: 1}


def test_a_label_is_undone_after_the_edit_session_gave_it_another_id(qgis, labels, tmp_path):
    layer = labels.layer
    layer.startEditing()
    first = labels.add(square(), 1, "polygon")
    labels.add(square(20), 2, "polygon")
    assert first < 0
    assert layer.commitChanges()
    assert labels.counts() == {1: 1, 2: 1}
    labels.undo_stack.undo()
    assert stored(tmp_path / "labels.gpkg") == [(1, "Water", 100.0)]
    labels.undo_stack.undo()
    assert stored(tmp_path / "labels.gpkg") == []
    labels.undo_stack.redo()
    assert labels.counts() == {1: 1}


def test_edits_with_qgis_tools_are_heard_and_counted(qgis, labels, heard):
    from qgis.core import QgsFeature

    layer = labels.layer
    fid = labels.add(square(), 1, "polygon")
    spin(qgis)
    layer.startEditing()
    feature = QgsFeature(layer.fields())
    feature["class_id"] = 2
    feature.setGeometry(square(20))
    for edit, counts in (
        (lambda: layer.addFeature(feature), {1: 1, 2: 1}),
        (lambda: layer.changeAttributeValue(fid, 1, 2), {2: 2}),
        (lambda: layer.changeGeometry(fid, square(0, 0, 5)), {2: 2}),
        (lambda: layer.deleteFeature(fid), {2: 1}),
        (lambda: layer.commitChanges(), {2: 1}),
    ):
        heard["changed"] = 0
        edit()
        spin(qgis)
        assert heard["changed"] == 1
        assert labels.counts() == counts
    assert [f.id() > 0 for f in layer.getFeatures()] == [True]


def test_undoing_what_others_deleted_is_a_sentence(labels, heard):
    fid = labels.add(square(), 1, "polygon")
    labels.assign([fid], 2)
    labels.layer.startEditing()
    labels.layer.deleteFeature(fid)
    labels.layer.commitChanges()
    labels.undo_stack.undo()
    assert "Change class" in heard["problem"][-1]
    assert "no longer there" in heard["problem"][-1]
    labels.undo_stack.undo()
    assert "Add label" in heard["problem"][-1]
    assert not labels.undo_stack.canUndo()
    assert not labels.undo_stack.canRedo()


def test_undoing_an_addition_that_the_user_reshaped_brings_back_that_shape(labels):
    fid = labels.add(square(), 1, "polygon")
    labels.layer.startEditing()
    labels.layer.changeGeometry(fid, square(0, 0, 30))
    labels.layer.commitChanges()
    labels.undo_stack.undo()
    labels.undo_stack.redo()
    (feature,) = labels.layer.getFeatures()
    assert feature.geometry().area() == 900


def test_a_removed_layer_ends_quietly(qgis, labels, heard):
    from qgis.core import QgsPointXY, QgsProject

    from hsi_film_plugin.dock.label_layer import LabelLayerError

    fid = labels.add(square(), 1, "polygon")
    QgsProject.instance().addMapLayer(labels.layer)
    QgsProject.instance().removeMapLayer(labels.layer.id())
    assert heard["gone"] == 1
    assert labels.counts() == {}
    assert labels.classes.classes() == ()
    assert labels.label_at(QgsPointXY(1, 1), 1) is None
    assert labels.file is None
    labels.undo_stack.undo()
    labels.undo_stack.redo()
    for action in (
        lambda: labels.add(square(), 1, "polygon"),
        lambda: labels.remove([fid]),
        lambda: labels.reshape(fid, square()),
        lambda: labels.assign([fid], 1),
        lambda: labels.cut(square()),
        lambda: labels.merge_classes([1], 2),
        lambda: labels.delete_class(1),
        lambda: labels.classes.add("x"),
        lambda: labels.classes.rename(1, "x"),
    ):
        with pytest.raises(LabelLayerError):
            action()
    spin(qgis)


def test_a_vanished_file_is_a_sentence(labels, tmp_path):
    from hsi_film_plugin.dock.label_layer import LabelLayerError

    labels.add(square(), 1, "polygon")
    (tmp_path / "labels.gpkg").rename(tmp_path / "elsewhere.gpkg")
    with pytest.raises(LabelLayerError, match=r"labels\.gpkg.*no longer there"):
        labels.add(square(20), 1, "polygon")
    assert labels.undo_stack.count() == 1


def test_an_undo_that_cannot_be_written_stays_possible(labels, heard, tmp_path):
    path = tmp_path / "labels.gpkg"
    labels.add(square(), 1, "polygon")
    path.rename(tmp_path / "elsewhere.gpkg")
    labels.undo_stack.undo()
    assert "no longer there" in heard["problem"][-1]
    (tmp_path / "elsewhere.gpkg").rename(path)
    labels.undo_stack.redo()
    labels.undo_stack.undo()
    assert stored(path) == []


def test_a_read_only_layer_is_a_sentence(labels):
    from hsi_film_plugin.dock.label_layer import LabelLayerError

    labels.layer.setReadOnly(True)
    with pytest.raises(LabelLayerError, match=r"my labels.*read-only"):
        labels.add(square(), 1, "polygon")


def test_a_layer_from_elsewhere_gets_the_fields_that_it_lacks(qgis, tmp_path):
    from hsi_film_plugin.dock.label_layer import LabelLayer

    rows = [(1, "a"), (None, "b"), (3, "c")]
    layer = foreign(tmp_path / "a.gpkg", fields="class_id:integer,remark:string", rows=rows)
    labels = LabelLayer.adopt(layer)
    assert layer.fields().names()[-3:] == ["class_name", "source", "created"]
    assert labels.counts() == {1: 1, 3: 1}
    assert [c.class_id for c in labels.classes.classes()] == [1, 3]
    fid = labels.add(square(100), 3, "wand")
    labels.remove([next(f.id() for f in layer.getFeatures() if f["remark"] == "a")])
    labels.undo_stack.undo()
    assert sorted(str(f["remark"]) for f in layer.getFeatures()) == ["NULL", "a", "b", "c"]
    assert layer.getFeature(fid)["source"] == "wand"


def test_text_and_real_class_numbers_are_understood_and_kept(qgis, tmp_path):
    from hsi_film_plugin.dock.label_layer import LabelLayer

    for kind, first, second in (("string", "1", "2"), ("double", 1.0, 2.0)):
        path = tmp_path / f"{kind}.gpkg"
        layer = foreign(path, fields=f"class_id:{kind}", rows=[(first,), (second,), (None,)])
        labels = LabelLayer.adopt(layer)
        assert labels.counts() == {1: 1, 2: 1}
        labels.classes.rename(2, "Forest")
        assert [f["class_name"] for f in layer.getFeatures()][1] == "Forest"
        fid = labels.add(square(100), 2, "brush")
        assert layer.getFeature(fid)["class_id"] == second
        labels.assign([fid], 1)
        assert labels.counts() == {1: 2, 2: 1}
        from qgis.core import QgsRenderContext

        renderer = layer.renderer().clone()
        renderer.startRender(QgsRenderContext(), layer.fields())
        feature = layer.getFeature(fid)
        assert renderer.symbolForFeature(feature, QgsRenderContext()) is not None
        renderer.stopRender(QgsRenderContext())


def test_single_polygon_layers_get_a_label_for_each_part(qgis, tmp_path):
    from qgis.core import QgsGeometry

    from hsi_film_plugin.dock.label_layer import LabelLayer

    labels = LabelLayer.adopt(foreign(tmp_path / "a.gpkg", rows=[(1,)]))
    two = QgsGeometry.collectGeometry([square(100), square(200)])
    labels.add(two, 1, "brush")
    assert labels.counts() == {1: 3}
    labels.cut(square(104, -5, 2).combine(square(104, 5, 2)).combine(square(104, -1, 12)))
    labels.undo_stack.undo()
    labels.undo_stack.undo()
    assert labels.counts() == {1: 1}


def test_layers_that_cannot_hold_labels_are_refused_with_the_way_out(qgis, tmp_path):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.label_layer import LabelLayer, LabelLayerError

    memory = QgsVectorLayer("Polygon?field=class_id:integer", "scratch", "memory")
    points = QgsVectorLayer("Point?field=class_id:integer", "dots", "memory")
    broken = QgsVectorLayer(str(tmp_path / "none.gpkg"), "broken", "ogr")
    for layer, message in (
        (memory, "scratch.*GeoPackage.*import"),
        (points, "dots.*no polygons"),
        (broken, "broken.*cannot be opened"),
        (foreign(tmp_path / "a.gpkg", fields="kind:integer"), "theirs.*no field.*class_id"),
        (foreign(tmp_path / "b.gpkg", rows=[(0,), (70000,), (1,)]), "theirs.*0, 70000.*import"),
        (foreign(tmp_path / "c.gpkg", fields="class_id:double", rows=[(1.5,)]), r"1\.5"),
        (foreign(tmp_path / "d.gpkg", fields="class_id:string", rows=[("oak {",)]), "oak {"),
    ):
        with pytest.raises(LabelLayerError, match=message):
            LabelLayer.adopt(layer)


def test_processing_reads_the_layer_with_its_names_and_colours(labels, tmp_path):
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsVectorLayer

    from hsi_film_plugin.layers.label_export import capture_labels

    labels.add(square(), 1, "polygon")
    labels.layer.startEditing()
    labels.add(square(20), 2, "polygon")
    captured = capture_labels(labels.layer, "class_id", "Labels", "Class field")
    file = captured.export(tmp_path, QgsProcessingContext(), QgsProcessingFeedback())
    labels.layer.rollBack()
    assert [(s.value, s.name, s.color) for s in file.styles] == [
        (str(c.class_id), c.name, c.color) for c in labels.classes.classes()
    ]
    arrived = QgsVectorLayer(f"{file.path}|layername={file.layer}", "", "ogr")
    assert sorted((f["class_id"], f["class_name"]) for f in arrived.getFeatures()) == [
        (1, "Water"),
        (2, "Forest"),
    ]


def test_ten_thousand_labels_are_added_and_removed_as_one(labels):
    shapes = [(square(20 * (i % 100), 20 * (i // 100)), 1 + i % 2) for i in range(10_000)]
    labels.add_all(shapes, "imported", "Import labels")
    assert labels.counts() == {1: 5000, 2: 5000}
    labels.add(square(-100), 1, "polygon")
    assert labels.counts() == {1: 5001, 2: 5000}
    labels.delete_class(1)
    assert labels.counts() == {2: 5000}
    for _ in range(3):
        labels.undo_stack.undo()
    assert labels.layer.featureCount() == 0


def test_what_is_no_longer_used_does_not_answer_the_layer_any_more(qgis, labels):
    from qgis.core import QgsVectorLayer
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.label_layer import LabelLayer

    layer = labels.layer
    labels.add(square(), 1, "polygon")
    again = LabelLayer.adopt(layer)
    sip.delete(labels)
    again.add(square(20), 2, "polygon")
    again.classes.rename(2, "Wood")
    layer.startEditing()
    layer.deleteFeature(next(layer.getFeatures()).id())
    layer.commitChanges()
    spin(qgis)
    assert isinstance(layer, QgsVectorLayer)
    assert again.counts() == {2: 1}
