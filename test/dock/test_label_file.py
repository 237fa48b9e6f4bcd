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


def test_a_file_that_is_being_written_to_is_waited_for_only_shortly(qgis, tmp_path):
    import sqlite3
    import time

    from hsi_film_plugin.dock.label_file import LabelLayerError, create_label_file, store_style

    file = create_label_file(tmp_path / "a.gpkg", crs())
    store_style(file, "<qgis/>")
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("PRAGMA journal_mode = wal")  # as QGIS has it while a layer can be edited
    other.execute("BEGIN IMMEDIATE")
    before = time.monotonic()
    with pytest.raises(LabelLayerError, match=r"a\.gpkg.*locked"):
        store_style(file, "<qgis version='2'/>")
    waited = time.monotonic() - before
    other.execute("ROLLBACK")
    other.close()
    assert waited < 4, "SQLite's own patience is five seconds"
    store_style(file, "<qgis version='3'/>")
