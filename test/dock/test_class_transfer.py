"""Classes and labels from layers and files, and classes to files."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def labels(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.label_layer import LabelLayer

    labels = LabelLayer.create(
        tmp_path / "labels.gpkg", QgsCoordinateReferenceSystem("EPSG:32633"), "my labels"
    )
    labels.classes.add("Water", "#0072b2")
    labels.classes.add("Forest", "#009e73")
    return labels


def told(classes):
    return [(c.class_id, c.name, c.color) for c in classes]


def polygons(rows, fields="class_id:integer&field=class_name:string", epsg="EPSG:32633"):
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer

    layer = QgsVectorLayer(f"Polygon?crs={epsg}&field={fields}", "theirs", "memory")
    for place, row in enumerate(rows):
        feature = QgsFeature(layer.fields())
        feature.setAttributes(list(row))
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(place, 0, place + 0.5, 0.5)))
        assert layer.dataProvider().addFeatures([feature])[0]
    return layer


def categorised(layer, field, entries):
    from qgis.core import QgsCategorizedSymbolRenderer, QgsFillSymbol, QgsRendererCategory

    layer.setRenderer(
        QgsCategorizedSymbolRenderer(
            field,
            [
                QgsRendererCategory(value, QgsFillSymbol.createSimple({"color": color}), label)
                for value, label, color in entries
            ],
        )
    )
    return layer


def test_categories_of_numbers_keep_them_and_texts_get_free_ones(qgis):
    from hsi_film_plugin.dock.class_transfer import classes_of_layer

    layer = categorised(
        polygons([]),
        "class_id",
        [(4, "Oak", "#112233"), (0, "none", "#000000"), (7, "7", "#aabb00")],
    )
    assert told(classes_of_layer(layer)) == [(4, "Oak", "#112233"), (7, "Class 7", "#aabb00")]
    layer = categorised(
        polygons([]),
        "class_name",
        [("oak", "", "#112233"), ("ash", "Ash", "#aabb00"), ("", "", "#000000")],
    )
    assert told(classes_of_layer(layer)) == [(1, "oak", "#112233"), (2, "Ash", "#aabb00")]


def test_classes_of_a_raster_come_from_its_style_or_its_colour_table(qgis, tmp_path):
    from osgeo import gdal
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer
    from qgis.PyQt.QtGui import QColor

    from hsi_film_plugin.dock.class_transfer import classes_of_layer

    path = str(tmp_path / "map.tif")
    raster = gdal.GetDriverByName("GTiff").Create(path, 4, 4, 1, gdal.GDT_Byte)
    table = gdal.ColorTable()
    table.SetColorEntry(0, (0, 0, 0, 255))
    table.SetColorEntry(1, (17, 34, 51, 255))
    table.SetColorEntry(2, (170, 187, 0, 255))
    band = raster.GetRasterBand(1)
    band.SetColorTable(table)
    band.SetCategoryNames(["none", "Oak", "Ash"])
    del band, raster
    layer = QgsRasterLayer(path, "map")
    found = {c.class_id: (c.name, c.color) for c in classes_of_layer(layer)}
    assert found[1][1] == "#112233"
    assert found[2][1] == "#aabb00"
    entries = [QgsPalettedRasterRenderer.Class(5, QColor("#445566"), "Elm")]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries))
    assert told(classes_of_layer(layer)) == [(5, "Elm", "#445566")]


def test_a_layer_without_classes_is_a_sentence(qgis):
    from hsi_film_plugin.dock.class_transfer import ClassTransferError, classes_of_layer

    with pytest.raises(ClassTransferError, match=r"theirs.*no classes.*categories"):
        classes_of_layer(polygons([(1, "a")]))


@pytest.mark.parametrize("name", ["classes.csv", "classes.qml"])
def test_what_is_written_is_read_again(qgis, labels, tmp_path, name):
    from hsi_film_plugin.dock.class_transfer import read_classes, write_classes

    labels.classes.add('Wälder, "süß" & <trocken>; neu')
    labels.classes.move(3, 0)
    path = tmp_path / name
    write_classes(path, labels.classes.classes())
    assert told(read_classes(path)) == told(labels.classes.classes())
    assert sorted(p.name for p in tmp_path.iterdir() if "part" in p.name) == []


def test_a_style_written_here_is_one_that_qgis_loads(qgis, labels, tmp_path):
    from hsi_film_plugin.dock.class_transfer import write_classes

    write_classes(tmp_path / "classes.qml", labels.classes.classes())
    layer = polygons([])
    assert layer.loadNamedStyle(str(tmp_path / "classes.qml"))[1]
    assert [c.label() for c in layer.renderer().categories()] == ["Water", "Forest"]


def test_the_engines_raster_style_is_read(qgis, tmp_path):
    from hsi_film_plugin.dock.class_transfer import read_classes

    path = tmp_path / "map.qml"
    path.write_text(
        '<qgis version="3.22.0"><pipe><rasterrenderer type="paletted" band="1"><colorPalette>'
        '<paletteEntry value="1" label="Oak &amp; ash" color="#112233" alpha="255"/>'
        "</colorPalette></rasterrenderer></pipe></qgis>"
    )
    assert told(read_classes(path)) == [(1, "Oak & ash", "#112233")]


def test_tables_of_other_programs_are_understood(qgis, tmp_path):
    from hsi_film_plugin.dock.class_transfer import read_classes

    path = tmp_path / "classes.csv"
    for text, expected in (
        (
            "\ufeffclass_id;class_name;color\r\n3;Oak;#112233\r\n\r\n1;Ash;\r\n",
            [(3, "Oak"), (1, "Ash")],
        ),
        ("Class_Name\nOak\nAsh\n", [(1, "Oak"), (2, "Ash")]),
        ("class_id,class_name,note\n5,Oak\n", [(5, "Oak")]),
        ("class_id\n5\n", [(5, "Class 5")]),
    ):
        path.write_text(text, encoding="utf-8")
        assert [(c.class_id, c.name) for c in read_classes(path)] == expected


def test_files_that_hold_no_classes_are_sentences(qgis, tmp_path):
    from hsi_film_plugin.dock.class_transfer import ClassTransferError, read_classes

    for name, content, message in (
        ("a.csv", b"x,y\n1,2\n", "no column class_id.*x, y"),
        ("b.csv", b"class_id,class_name\n70000,Oak\n", "line 2.*70000"),
        ("c.csv", b"class_id,class_name,color\n1,Oak,rather green\n", "rather green"),
        ("d.csv", b"class_id,class_name\n", "names no classes"),
        ("e.csv", b"\xff\xfe\x00", "cannot be read"),
        ("f.qml", b"no xml at all", "no style of QGIS"),
        ("g.qml", b"<qgis><renderer-v2 type='singleSymbol'/></qgis>", "names no classes"),
        ("h.csv", None, "cannot be read"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ClassTransferError, match=message):
            read_classes(path)


def test_a_folder_that_takes_no_file_is_a_sentence(qgis, labels, tmp_path):
    from hsi_film_plugin.dock.class_transfer import ClassTransferError, write_classes

    with pytest.raises(ClassTransferError, match="cannot be written"):
        write_classes(tmp_path / "nowhere" / "classes.csv", labels.classes.classes())


def test_labels_of_a_layer_are_matched_by_name_then_by_number(labels):
    from hsi_film_plugin.dock.class_transfer import import_labels

    layer = polygons(
        [(9, "water"), (1, "Meadow"), (2, None), (None, "Water"), (7, "Sand"), (7, "Sand")]
    )
    assert import_labels(labels, layer, "class_id") == 5
    assert [c.name for c in labels.classes.classes()] == ["Water", "Forest", "Meadow", "Sand"]
    assert labels.counts() == {1: 1, 3: 1, 2: 1, 7: 2}
    assert {f["source"] for f in labels.layer.getFeatures()} == {"imported"}
    labels.undo_stack.undo()
    assert labels.counts() == {}


def test_text_classes_with_a_style_bring_names_and_colours(labels):
    from hsi_film_plugin.dock.class_transfer import import_labels

    layer = categorised(
        polygons([(1, "oak"), (1, "ash"), (1, "WATER")]),
        "class_name",
        [("oak", "Oak wood", "#112233"), ("ash", "", "#aabb00")],
    )
    assert import_labels(labels, layer, "class_name") == 3
    assert told(labels.classes.classes())[2:] == [(3, "ash", "#aabb00"), (4, "Oak wood", "#112233")]
    assert labels.counts() == {1: 1, 3: 1, 4: 1}


def test_imported_labels_are_reprojected(labels):
    from hsi_film_plugin.dock.class_transfer import import_labels

    assert import_labels(labels, polygons([(1, "Water")], epsg="EPSG:4326"), "class_id") == 1
    (feature,) = labels.layer.getFeatures()
    assert feature.geometry().area() > 1e9, "half a degree is tens of kilometres"


def test_layers_without_classes_or_polygons_are_sentences(labels):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.class_transfer import ClassTransferError, import_labels

    points = QgsVectorLayer("Point?field=class_id:integer", "dots", "memory")
    for layer, field in (
        (polygons([(1, "a")]), "kind"),
        (polygons([(1, "a")]), ""),
        (polygons([(None, "a")]), "class_id"),
        (points, "class_id"),
    ):
        with pytest.raises(ClassTransferError, match=r"theirs|dots"):
            import_labels(labels, layer, field)
    assert labels.counts() == {}


def test_classes_are_written_without_what_python_3_9_lacks(qgis, tmp_path, monkeypatch):
    from hsi_film_plugin.dock.class_transfer import read_classes, write_classes
    from hsi_film_plugin.dock.label_class import LabelClass

    def write_text(self, data, encoding=None, errors=None):  # as Python 3.9 has it
        raise AssertionError("not needed")

    monkeypatch.setattr(Path, "write_text", write_text)
    classes = (LabelClass(1, "Wald, nass", "#112233"),)
    write_classes(tmp_path / "a.csv", classes)
    assert read_classes(tmp_path / "a.csv") == classes
    assert b"\r\r" not in (tmp_path / "a.csv").read_bytes()
