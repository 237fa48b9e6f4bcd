"""The class list is the layer's style, in the project and in the file."""

from __future__ import annotations

import pytest


@pytest.fixture
def labels(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.label_layer import LabelLayer

    return LabelLayer.create(
        tmp_path / "labels.gpkg", QgsCoordinateReferenceSystem("EPSG:32633"), "my labels"
    )


@pytest.fixture
def classes(labels):
    return labels.classes


def square(x=0.0):
    from qgis.core import QgsGeometry, QgsRectangle

    return QgsGeometry.fromRect(QgsRectangle(x, 0, x + 10, 10))


def told(classes):
    return [(c.class_id, c.name, c.color) for c in classes.classes()]


def reopened(path):
    """What a fresh QGIS layer of the file has for classes."""
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.class_list import ClassList

    layer = QgsVectorLayer(f"{path}|layername=labels", "again", "ogr")
    return ClassList(layer), layer


def restyle(layer, entries, field="class_id"):
    """What QGIS's symbology does."""
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


def test_a_new_list_is_empty_and_new_classes_get_numbers_names_and_colours(classes):
    heard = []
    classes.changed.connect(lambda: heard.append(1))
    assert classes.classes() == ()
    first, second = classes.add(), classes.add("Water", "#FF0000")
    assert (first.class_id, first.name, first.color) == (1, "Class 1", "#0072b2")
    assert (second.class_id, second.name, second.color) == (2, "Water", "#ff0000")
    assert classes.find(2) == second
    assert classes.find(9) is None
    assert len(heard) == 2


def test_the_smallest_free_number_is_taken(labels):
    for name in "abc":
        labels.classes.add(name)
    labels.delete_class(2)
    assert labels.classes.add("d").class_id == 2
    assert [c.name for c in labels.classes.classes()] == ["a", "c", "d"]


def test_default_colours_differ_from_each_other_and_from_those_chosen(classes):
    from qgis.PyQt.QtGui import QColor

    from hsi_film_plugin.dock.label_class import DISTINCT, _distance

    classes.add("near the first default", "#0073b3")
    for _ in range(12):
        classes.add()
    colors = [QColor(c.color) for c in classes.classes()]
    pairs = [(a, b) for i, a in enumerate(colors) for b in colors[:i]]
    assert min(_distance(a, b) for a, b in pairs) >= DISTINCT


def test_names_are_made_one_line_unique_and_of_sensible_length(classes):
    for given, kept in (
        ("  Water\n  deep ", "Water deep"),
        ("", "Class 2"),
        ("WATER deep", "WATER deep (2)"),
        ("x" * 500, "x" * 79 + "…"),
        ("Wälder ‘süß’ <b>", "Wälder ‘süß’ <b>"),
    ):
        assert classes.add(given).name == kept
    classes.rename(1, "WATER deep (2)")
    assert classes.find(1).name == "WATER deep (2) (2)"
    classes.rename(1, " ")
    assert classes.find(1).name == "Class 1"


def test_what_is_no_class_is_refused_and_changes_nothing(classes):
    from hsi_film_plugin.dock.class_list import LabelClass
    from hsi_film_plugin.dock.label_file import LabelLayerError

    classes.add("a")
    before = told(classes)
    for change, message in (
        (lambda: classes.add("b", "no colour"), "“no colour”.*“b”"),
        (lambda: classes.recolour(1, ""), "no colour"),
        (lambda: classes.recolour(7, "#112233"), "no class 7"),
        (lambda: classes.rename(7, "x"), "no class 7"),
        (lambda: classes.replace([LabelClass(0, "x", "")]), "number 0"),
        (lambda: classes.replace([LabelClass(70000, "x", "")]), "number 70000"),
        (lambda: classes.replace([LabelClass(1, "x", ""), LabelClass(1, "y", "")]), "Two classes"),
    ):
        with pytest.raises(LabelLayerError, match=message):
            change()
    assert told(classes) == before


def test_order_names_and_colours_are_in_the_file(classes, tmp_path):
    for name in ("a", "b", "c{1}'\"<&>"):
        classes.add(name)
    classes.move(3, 0)
    classes.recolour(1, "#123456")
    again, layer = reopened(tmp_path / "labels.gpkg")
    assert told(again) == told(classes)
    assert [c.class_id for c in again.classes()] == [3, 1, 2]
    first = layer.renderer().categories()[0]  # owns its symbol
    symbol = first.symbol()
    assert symbol.color().alpha() < 128, "the image stays visible"
    assert symbol.symbolLayer(0).strokeColor().alpha() == 255


def test_one_default_style_is_kept_in_the_file_beside_the_users_own(classes, labels, tmp_path):
    from osgeo import ogr

    from hsi_film_plugin.dock.label_file import STYLE_NAME

    classes.add("a")
    assert labels.layer.saveStyleToDatabase("mine", "", True, "") == ""
    classes.add("b")
    classes.add("c")
    source = ogr.Open(str(tmp_path / "labels.gpkg"))
    rows = source.GetLayerByName("layer_styles")
    found = {r.GetField("styleName"): r.GetField("useAsDefault") for r in rows}
    assert found == {"mine": 0, STYLE_NAME: 1}
    assert rows.GetFeatureCount() == 2
    assert [c.name for c in reopened(tmp_path / "labels.gpkg")[0].classes()] == ["a", "b", "c"]


def test_edits_in_qgis_symbology_are_followed_and_stored(qgis, labels, classes, tmp_path):
    classes.add("Water")
    fid = labels.add(square(), 1, "polygon")
    heard = []
    classes.changed.connect(lambda: heard.append(1))
    restyle(labels.layer, [(2, "Forest", "#00ff00"), (1, "Lake", "#0000ff"), ("", "", "#cccccc")])
    assert told(classes) == [(2, "Forest", "#00ff00"), (1, "Lake", "#0000ff")]
    assert len(heard) == 1
    assert labels.layer.getFeature(fid)["class_name"] == "Lake"
    classes._store_soon.timeout.emit()
    assert told(reopened(tmp_path / "labels.gpkg")[0]) == told(classes)


def test_a_change_keeps_what_the_user_made_of_the_symbols(labels, classes):
    from qgis.PyQt.QtGui import QColor

    classes.add("a")
    classes.add("b")
    renderer = labels.layer.renderer().clone()
    first = renderer.categories()[0]  # owns its symbol
    symbol = first.symbol().clone()
    symbol.symbolLayer(0).setStrokeColor(QColor("#000000"))
    symbol.symbolLayer(0).setStrokeWidth(2)
    renderer.updateCategorySymbol(0, symbol)
    renderer.updateCategoryRenderState(1, False)
    labels.layer.setRenderer(renderer)
    classes.recolour(1, "#ff0000")
    first, second = labels.layer.renderer().categories()
    symbol = first.symbol()
    drawn = symbol.symbolLayer(0)
    assert (drawn.strokeWidth(), drawn.strokeColor().name()) == (2, "#000000")
    assert (drawn.fillColor().name(), drawn.fillColor().alpha() < 255) == ("#ff0000", True)
    assert not second.renderState()


def test_all_other_values_stay_when_a_class_is_added(labels, classes):
    restyle(labels.layer, [(1, "a", "#ff0000"), ("", "others", "#cccccc")])
    classes.add("b")
    assert [c.label() for c in labels.layer.renderer().categories()] == ["a", "b", "others"]


def test_a_category_of_several_values_is_a_class_each(labels, classes):
    restyle(labels.layer, [([1, 2], "both", "#ff0000"), (3, "3", "#00ff00"), (3, "x", "#0000ff")])
    assert told(classes) == [
        (1, "both", "#ff0000"),
        (2, "both", "#ff0000"),
        (3, "Class 3", "#00ff00"),
    ]


def test_under_another_style_the_classes_are_those_of_the_labels(
    qgis, labels, classes, tmp_path, do_what_is_due
):
    from qgis.core import QgsCategorizedSymbolRenderer, QgsFillSymbol, QgsSingleSymbolRenderer

    for name in ("Water", "Forest", "unused"):
        classes.add(name)
    labels.add(square(), 2, "polygon")
    labels.add(square(20), 1, "polygon")
    labels.layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({})))
    assert [(c.class_id, c.name) for c in classes.classes()] == [(1, "Water"), (2, "Forest")]
    labels.add(square(40), 2, "polygon")
    do_what_is_due()
    assert isinstance(labels.layer.renderer(), QgsSingleSymbolRenderer)
    classes._store_soon.timeout.emit()
    classes.recolour(2, "#123456")
    assert isinstance(labels.layer.renderer(), QgsCategorizedSymbolRenderer)
    assert classes.find(2).color == "#123456"


def test_labels_of_an_unlisted_class_bring_it_into_the_list(
    qgis,
    labels,
    classes,
    do_what_is_due,
):
    from qgis.core import QgsFeature

    classes.add("Water")
    feature = QgsFeature(labels.layer.fields())
    feature["class_id"], feature["class_name"] = 5, "Sand"
    feature.setGeometry(square())
    labels.layer.startEditing()
    labels.layer.addFeature(feature)
    do_what_is_due()
    assert [(c.class_id, c.name) for c in classes.classes()] == [(1, "Water"), (5, "Sand")]
    labels.layer.rollBack()
    do_what_is_due()
    assert [c.class_id for c in classes.classes()] == [1]


def test_renaming_reaches_the_labels(labels, classes, tmp_path):
    from osgeo import ogr

    classes.add("Water")
    classes.add("Forest")
    labels.add(square(), 1, "polygon")
    labels.add(square(20), 2, "polygon")
    classes.rename(1, 'O\'Hare "lake"')
    source = ogr.Open(str(tmp_path / "labels.gpkg"))
    rows = source.GetLayerByName("labels")
    assert [r.GetField("class_name") for r in rows] == ['O\'Hare "lake"', "Forest"]
    labels.layer.startEditing()
    classes.rename(2, "Wood")
    assert labels.layer.undoStack().undoText() == "Rename class"
    assert [f["class_name"] for f in labels.layer.getFeatures()][1] == "Wood"
    labels.layer.rollBack()


def test_a_style_that_cannot_be_stored_is_told_and_kept_in_the_project(labels, classes, tmp_path):
    classes.add("a")
    told_problems = []
    labels.problem.connect(told_problems.append)
    (tmp_path / "labels.gpkg").rename(tmp_path / "elsewhere.gpkg")
    classes.add("b")
    assert [c.name for c in classes.classes()] == ["a", "b"]
    assert "labels.gpkg" in told_problems[0]


def test_a_file_locked_by_an_edit_session_gets_its_style_afterwards(qgis, labels, tmp_path):
    from qgis.core import QgsProject

    labels.classes.add("a")
    problems = []
    labels.problem.connect(problems.append)
    project = QgsProject.instance()
    project.setAutoTransaction(True)
    project.addMapLayer(labels.layer)
    try:
        assert labels.layer.startEditing()
        assert labels.layer.dataProvider().transaction() is not None
        labels.add(square(), 1, "polygon")
        labels.classes.add("b")
        assert problems == []
        assert [c.name for c in labels.classes.classes()] == ["a", "b"]
        assert labels.counts() == {1: 1}
        labels.undo_stack.undo()
        labels.undo_stack.redo()
        assert labels.layer.commitChanges()
        assert labels.counts() == {1: 1}
    finally:
        project.setAutoTransaction(False)
    labels.classes._store_soon.timeout.emit()
    assert [c.name for c in reopened(tmp_path / "labels.gpkg")[0].classes()] == ["a", "b"]
    project.removeMapLayer(labels.layer.id())


def test_qgis_form_offers_the_classes_by_name(labels, classes):
    from qgis.core import QgsVectorLayerUtils

    classes.add("Water")
    classes.add("O'Hare")
    layer = labels.layer
    setup = layer.editorWidgetSetup(layer.fields().lookupField("class_id"))
    assert setup.type() == "ValueMap"
    assert setup.config()["map"] == [{"Water": "1"}, {"O'Hare": "2"}]
    place = layer.fields().lookupField("class_id")
    new = QgsVectorLayerUtils.createFeature(layer, square(), {place: 2})
    assert new["source"] == "polygon"
    layer.startEditing()
    layer.addFeature(new)
    layer.changeAttributeValue(new.id(), place, 1)
    layer.changeAttributeValue(new.id(), place, 2)
    assert layer.getFeature(new.id())["class_name"] == "O'Hare"
    layer.rollBack()


def test_a_deleted_layer_leaves_an_empty_list(qgis, classes, labels):
    from qgis.PyQt import sip

    classes.add("a")
    sip.delete(labels.layer)
    assert classes.classes() == ()
    assert classes.find(1) is None
    classes.see([1, 2])
