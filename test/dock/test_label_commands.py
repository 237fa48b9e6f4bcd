"""Commands on labels: told apart from their feature ids, harmless when they fail."""

from __future__ import annotations

import pytest


@pytest.fixture
def writer(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.class_list import ClassList
    from hsi_film_plugin.dock.label_commands import LabelWriter
    from hsi_film_plugin.dock.label_file import create_label_file

    file = create_label_file(tmp_path / "a.gpkg", QgsCoordinateReferenceSystem("EPSG:32633"))
    layer = QgsVectorLayer(file.uri, "", "ogr")
    classes = ClassList(layer)
    parent = QObject()
    writer = LabelWriter(layer, classes, parent)
    writer.told = []
    writer.problem.connect(writer.told.append)
    yield writer
    writer.layer = None


def square(x=0.0):
    from qgis.core import QgsGeometry

    return QgsGeometry.fromWkt(f"MultiPolygon ((({x} 0, {x + 10} 0, {x + 10} 10, {x} 10, {x} 0)))")


def addition(x=0.0, **values):
    from hsi_film_plugin.dock.label_commands import Content, LabelChange, LabelRef

    return LabelChange(LabelRef(), None, Content({"class_id": 1, **values}, square(x)))


def test_a_label_is_followed_through_new_feature_ids():
    from hsi_film_plugin.dock.label_commands import LabelRefs

    refs = LabelRefs()
    ref = refs.of(-2)
    assert refs.of(-2) is ref
    refs.became(-2, 7)
    assert ref.fid == 7
    assert refs.of(7) is ref
    assert refs.of(-2) is not ref
    refs.became(99, 100)
    assert refs.of(100).fid == 100


def test_a_restored_label_whose_number_is_taken_gets_another(writer):
    from qgis.core import QgsFeature

    from hsi_film_plugin.dock.label_commands import LabelCommand

    change = addition()
    command = LabelCommand(writer, "add", [change])
    command.apply(True)
    was = change.ref.fid
    command.undo()
    other = QgsFeature(writer.layer.fields())
    other["fid"] = was
    other.setGeometry(square(50))
    assert writer.layer.dataProvider().addFeatures([other])[0]
    command.redo()
    assert change.ref.fid != was
    assert writer.layer.featureCount() == 2
    command.undo()
    assert [f.id() for f in writer.layer.getFeatures()] == [was]


def test_done_twice_is_done_once(writer):
    from hsi_film_plugin.dock.label_commands import LabelCommand

    command = LabelCommand(writer, "add", [addition()])
    command.apply(True)
    command.redo()
    assert writer.layer.featureCount() == 1
    command.undo()
    command.undo()
    assert writer.layer.featureCount() == 0
    assert writer.told == []


def test_a_part_of_the_labels_may_be_gone(writer):
    from hsi_film_plugin.dock.label_commands import LabelCommand

    changes = [addition(), addition(x=20.0)]
    command = LabelCommand(writer, "add", changes)
    command.apply(True)
    writer.layer.dataProvider().deleteFeatures([changes[0].ref.fid])
    command.undo()
    assert writer.layer.featureCount() == 0
    assert not command.isObsolete()
    assert writer.told == []


def test_what_others_added_to_a_label_comes_back_with_it(writer):
    from hsi_film_plugin.dock.label_commands import LabelCommand

    change = addition()
    command = LabelCommand(writer, "add", [change])
    command.apply(True)
    place = writer.layer.fields().lookupField("source")
    writer.layer.dataProvider().changeAttributeValues({change.ref.fid: {place: "theirs"}})
    command.undo()
    command.redo()
    (feature,) = writer.layer.getFeatures()
    assert feature["source"] == "theirs"


def test_without_the_layer_undo_tells_and_ends(writer):
    from hsi_film_plugin.dock.label_commands import LabelCommand

    command = LabelCommand(writer, "add", [addition()])
    command.apply(True)
    layer, writer.layer = writer.layer, None
    command.undo()
    assert "removed" in writer.told[0]
    writer.layer = layer


def test_fields_that_the_layer_lacks_are_left_out(writer):
    from hsi_film_plugin.dock.label_commands import LabelCommand

    command = LabelCommand(writer, "add", [addition(nonsense=1, source="brush")])
    command.apply(True)
    (feature,) = writer.layer.getFeatures()
    assert feature["source"] == "brush"
