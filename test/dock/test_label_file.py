"""GeoPackages of labels: values, names beside them, and what GDAL says when it fails."""

from __future__ import annotations

import pytest


def crs():
    from qgis.core import QgsCoordinateReferenceSystem

    return QgsCoordinateReferenceSystem("EPSG:32633")


def test_class_numbers_are_read_as_the_engine_reads_them(qgis):
    from qgis.PyQt.QtCore import QVariant

    from hsi_film_plugin.dock.label_file import class_id_of

    for value, expected in (
        (3, 3),
        (3.0, 3),
        (" 12 ", 12),
        (65535, 65535),
        (65536, None),
        (0, None),
        (-1, None),
        (1.5, None),
        (float("nan"), None),
        (True, None),
        ("012", None),
        ("1e3", None),
        ("oak", None),
        ("", None),
        (None, None),
        (QVariant(), None),
        (b"3", None),
    ):
        assert class_id_of(value) == expected, value


def test_a_new_file_has_the_fields_of_labels_and_no_parts_beside_it(qgis, tmp_path):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.label_file import create_label_file

    file = create_label_file(tmp_path / "Wälder 1.gpkg", crs())
    layer = QgsVectorLayer(file.uri, "", "ogr")
    assert layer.fields().names() == ["fid", "class_id", "class_name", "source", "created"]
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".gpkg"] == ["Wälder 1.gpkg"]


def test_the_table_of_a_layer_is_found_however_it_was_opened(qgis, tmp_path):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.label_file import FileTable, create_label_file, table_of

    path = tmp_path / "a.gpkg"
    create_label_file(path, crs())
    for uri in (f"{path}", f"{path}|layername=labels", f"{path}|layerid=0", f"{path}|subset=fid>3"):
        assert table_of(QgsVectorLayer(uri, "", "ogr")) == FileTable(path, "labels"), uri
    assert table_of(QgsVectorLayer("Polygon", "", "memory")) is None
    assert table_of(QgsVectorLayer(str(tmp_path / "none.gpkg"), "", "ogr")) is None


def test_gdals_faults_are_sentences_whether_it_raises_or_not(qgis, tmp_path):
    from osgeo import gdal

    from hsi_film_plugin.dock.label_file import LabelLayerError, opened

    path = tmp_path / "a.gpkg"
    path.write_text("no database")
    before = gdal.GetUseExceptions()
    for switch in (gdal.UseExceptions, gdal.DontUseExceptions):
        switch()
        try:
            with pytest.raises(LabelLayerError, match=r"a\.gpkg.*cannot be read"), opened(path):
                pass
            with (
                pytest.raises(LabelLayerError, match=r"b\.gpkg.*no longer there"),
                opened(tmp_path / "b.gpkg"),
            ):
                pass
        finally:
            (gdal.UseExceptions if before else gdal.DontUseExceptions)()


#: Writes into a GeoPackage until it is told to stop, as another program would.
WRITER = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("PRAGMA journal_mode = wal")  # as QGIS has it while a layer can be edited
other.execute("BEGIN IMMEDIATE")
print("writing", flush=True)
sys.stdin.readline()
other.execute("ROLLBACK")
"""


def test_a_file_that_is_being_written_to_is_waited_for_only_shortly(qgis, tmp_path):
    import subprocess
    import sys

    from hsi_film_plugin.dock.label_file import (
        LabelLayerError,
        create_label_file,
        opened,
        store_style,
    )

    file = create_label_file(tmp_path / "a.gpkg", crs())
    store_style(file, "<qgis/>")
    # A process of its own: two copies of SQLite in one process do not see each other's locks.
    command = [sys.executable, "-c", WRITER, str(file.path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "writing\n"
        with pytest.raises(LabelLayerError, match=r"a\.gpkg.*locked"):
            store_style(file, "<qgis version='2'/>")
        writer.communicate("stop\n")
    with opened(file.path) as dataset:
        answer = dataset.ExecuteSQL("PRAGMA busy_timeout")
        patience_ms = answer.GetNextFeature().GetField(0)
        dataset.ReleaseResultSet(answer)
    assert patience_ms <= 100, "SQLite's own patience is five seconds"
    store_style(file, "<qgis version='3'/>")


def test_the_fields_are_named_as_this_qgis_wants_them(qgis):
    import warnings

    from hsi_film_plugin.dock.label_file import label_fields

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # newer versions of QGIS call QVariant's types outdated
        fields = label_fields()
    assert [field.isNumeric() for field in fields] == [True, False, False, False]


def drawn_in(path, epsg="EPSG:32633", x=None):
    """A label file, with a label at x if that is given; returns its path."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer

    from hsi_film_plugin.dock.label_file import create_label_file

    file = create_label_file(path, QgsCoordinateReferenceSystem(epsg))
    if x is not None:
        layer = QgsVectorLayer(file.uri, "", "ogr")
        feature = QgsFeature(layer.fields())
        feature.setGeometry(
            QgsGeometry.fromWkt(f"MultiPolygon ((({x} 0, {x + 5} 0, {x + 5} 5, {x} 0)))")
        )
        assert layer.dataProvider().addFeatures([feature])[0]
    return path


def found(folder, *stems, epsg="EPSG:32633"):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    from hsi_film_plugin.dock.label_file import labels_beside, path_of

    crs = QgsCoordinateReferenceSystem(epsg)
    layers = labels_beside([folder, folder], stems, crs, QgsRectangle(0, 0, 10, 10))
    return [path_of(layer).name for layer in layers]


def test_label_files_of_a_scene_are_found_the_last_written_first(qgis, tmp_path):
    import os

    for age, name in enumerate(("a_labels_2", "a_labels", "a_labels_3", "b_labels")):
        drawn_in(tmp_path / f"{name}.gpkg", x=3)
        os.utime(tmp_path / f"{name}.gpkg", (2e9 - age, 2e9 - age))
    assert found(tmp_path, "a", "a") == ["a_labels_2.gpkg", "a_labels.gpkg", "a_labels_3.gpkg"]
    assert found(tmp_path, "c") == []
    # what SQLite still keeps beside a file is younger than the file
    (tmp_path / "a_labels_3.gpkg-wal").write_bytes(b"")
    os.utime(tmp_path / "a_labels_3.gpkg-wal", (2.1e9, 2.1e9))
    assert found(tmp_path, "a")[0] == "a_labels_3.gpkg"


def test_files_that_are_no_labels_of_the_scene_are_passed_over(qgis, tmp_path):
    from qgis.core import (
        QgsCoordinateTransformContext,
        QgsVectorFileWriter,
        QgsVectorLayer,
    )

    (tmp_path / "a_labels.gpkg").write_text("no database")
    drawn_in(tmp_path / "a_labels_elsewhere.gpkg", x=500)
    drawn_in(tmp_path / "a_labels_other_crs.gpkg", "EPSG:32632", x=3)
    options = QgsVectorFileWriter.SaveVectorOptions()
    theirs = QgsVectorLayer("Polygon?crs=EPSG:32633&field=class_id:integer", "", "memory")
    QgsVectorFileWriter.writeAsVectorFormatV3(
        theirs, str(tmp_path / "a_labels_theirs.gpkg"), QgsCoordinateTransformContext(), options
    )
    assert found(tmp_path, "a") == []
    drawn_in(tmp_path / "a_labels_empty.gpkg")
    assert found(tmp_path, "a") == ["a_labels_empty.gpkg"]
    drawn_in(tmp_path / "b_labels.gpkg", "", x=3)
    assert found(tmp_path, "b", epsg="") == ["b_labels.gpkg"]
    assert found(tmp_path, "b") == []
