"""Label layers on their way to the engine: all kinds of layers, their styles, their faults."""

from __future__ import annotations

import pytest


@pytest.fixture
def exported(qgis, tmp_path, feedback):
    """Capture a layer, export it, and open the file."""
    from qgis.core import QgsProcessingContext, QgsVectorLayer

    from hsi_film_plugin.layers.label_export import capture_labels

    def export(layer, field="class_id"):
        captured = capture_labels(layer, field, "Training labels", "Class field")
        file = captured.export(tmp_path, QgsProcessingContext(), feedback)
        return QgsVectorLayer(f"{file.path}|layername={file.layer}", "exported", "ogr")

    return export


@pytest.fixture
def captured(qgis):
    from hsi_film_plugin.layers.label_export import capture_labels

    return lambda layer, field="class_id": capture_labels(
        layer, field, "Training labels", "Class field"
    )


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


def test_a_memory_layer_arrives_with_all_attributes_and_its_crs(exported, polygons):
    layer = exported(polygons)
    assert layer.crs().authid() == "EPSG:32633"
    rows = [(f["fid"], f["class_id"], f["class_name"]) for f in layer.getFeatures()]
    assert rows == [(7, 1, "Wald"), (7, 2, "Wasser"), (7, 2, "Wasser")]
    assert sum(f.geometry().area() for f in layer.getFeatures()) == pytest.approx(3 * 400)


def test_the_file_is_called_what_the_user_calls_the_layer(captured, polygons, tmp_path, feedback):
    from pathlib import Path

    from qgis.core import QgsProcessingContext

    for name, stem in (("Wälder 2024", "Wälder 2024"), ("../a:b", "___a_b"), ("", "labels")):
        polygons.setName(name)
        file = captured(polygons).export(tmp_path, QgsProcessingContext(), feedback)
        assert Path(file.path) == tmp_path / f"{stem}.fgb"
        assert Path(file.path).is_file()


def test_a_layer_without_features_is_an_error_by_name(exported, polygons):
    from qgis.core import QgsProcessingException

    polygons.setSubsetString("class_id = 99")
    with pytest.raises(QgsProcessingException, match=r"my labels.*no features.*filter"):
        exported(polygons)


def test_a_filter_counts(exported, polygons):
    polygons.setSubsetString('"class_id" = 2')
    assert [f["class_id"] for f in exported(polygons).getFeatures()] == [2, 2]


def test_unsaved_edits_count(exported, polygons):
    polygons.startEditing()
    first = next(polygons.getFeatures())
    polygons.deleteFeature(first.id())
    assert exported(polygons).featureCount() == 2
    polygons.rollBack()


def test_edits_made_after_the_run_began_do_not_count(polygons, tmp_path, feedback, captured):
    from qgis.core import QgsProcessingContext, QgsVectorLayer

    labels = captured(polygons)
    polygons.startEditing()
    polygons.deleteFeature(next(polygons.getFeatures()).id())
    file = labels.export(tmp_path, QgsProcessingContext(), feedback)
    assert QgsVectorLayer(f"{file.path}|layername=labels", "", "ogr").featureCount() == 3
    polygons.rollBack()


def test_points_and_curves_arrive(exported):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    for kind, wkt in (
        ("Point", "Point (500005 5799995)"),
        ("MultiPoint", "MultiPoint ((500005 5799995),(500015 5799995))"),
        ("CurvePolygon", "CurvePolygon (CircularString (0 0, 1 1, 2 0, 1 -1, 0 0))"),
    ):
        layer = QgsVectorLayer(f"{kind}?crs=EPSG:32633&field=class_id:integer", kind, "memory")
        feature = QgsFeature(layer.fields())
        feature.setAttributes([1])
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
        (arrived,) = exported(layer).getFeatures()
        assert arrived.geometry().isMultipart(), kind
        assert "Curve" not in arrived.geometry().asWkt(), kind


def test_a_layer_without_crs_stays_without(exported):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsFeature,
        QgsGeometry,
        QgsRectangle,
        QgsVectorLayer,
    )

    layer = QgsVectorLayer("Polygon?field=class_id:integer", "no crs", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem())
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(0, 0, 1, 1)))
    layer.dataProvider().addFeature(feature)
    assert not exported(layer).crs().isValid()


def test_names_and_colours_come_from_the_categorised_style(captured, polygons):
    from hsi_film_plugin.layers.label_export import ClassStyle

    categorised(polygons, "class_id", [(1, "Forest", "#117711"), (2.0, "2", "#1122cc")])
    assert captured(polygons).styles == (
        ClassStyle("1", "Forest", "#117711"),
        ClassStyle("2", "", "#1122cc"),
    )


def test_one_style_category_of_several_values_stands_for_each(captured, polygons):
    categorised(polygons, "class_name", [(["Wald", "Wasser"], "Green", "#117711")])
    styles = captured(polygons, "class_name").styles
    assert [(style.value, style.name) for style in styles] == [
        ("Wald", "Green"),
        ("Wasser", "Green"),
    ]


def test_a_style_on_the_names_serves_the_ids(captured, polygons):
    categorised(polygons, "class_name", [("Wald", "Wald", "#117711"), (None, "", "#000000")])
    assert [style.value for style in captured(polygons, "class_id").styles] == ["Wald"]


def test_a_style_on_another_number_is_not_taken_for_classes(captured, polygons):
    categorised(polygons, "fid", [(7, "seven", "#117711")])
    assert captured(polygons, "class_id").styles == ()


def test_a_label_raster_goes_as_it_is_with_its_palette(captured, scene):
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer
    from qgis.PyQt.QtGui import QColor

    layer = QgsRasterLayer(scene, "labels")
    layer.setRenderer(
        QgsPalettedRasterRenderer(
            layer.dataProvider(),
            1,
            [QgsPalettedRasterRenderer.Class(1, QColor("#117711"), "Forest")],
        )
    )
    labels = captured(layer, "")
    assert labels.raster == scene
    assert [(style.value, style.name, style.color) for style in labels.styles] == [
        ("1", "Forest", "#117711")
    ]


def test_what_is_no_label_layer_is_refused_by_name(captured, polygons):
    from qgis.core import QgsProcessingException, QgsVectorLayer

    table = QgsVectorLayer("None?field=class_id:integer", "a table", "memory")
    with pytest.raises(QgsProcessingException, match=r"a table.*without geometry"):
        captured(table)
    with pytest.raises(QgsProcessingException, match=r"Training labels.*cannot be opened"):
        captured(None)
    with pytest.raises(QgsProcessingException, match=r"Class field.*choose the field.*class_name"):
        captured(polygons, "")
    bare = QgsVectorLayer("Polygon?crs=EPSG:32633", "bare", "memory")
    with pytest.raises(QgsProcessingException, match=r"bare.*no fields"):
        captured(bare)


def test_a_full_or_missing_folder_is_an_error(captured, polygons, tmp_path, feedback):
    from qgis.core import QgsProcessingContext, QgsProcessingException

    with pytest.raises(QgsProcessingException, match="my labels"):
        captured(polygons).export(tmp_path / "nowhere", QgsProcessingContext(), feedback)
