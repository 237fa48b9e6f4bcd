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


def forbid_class(writer, class_id):
    """Have SQLite refuse to give a label this class."""
    from hsi_film_plugin.dock.label_file import opened, path_of

    with opened(path_of(writer.layer)) as dataset:
        dataset.ExecuteSQL(
            "CREATE TRIGGER refusal BEFORE UPDATE OF class_id ON labels "
            f"WHEN NEW.class_id = {class_id} BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )


def test_all_of_a_command_is_written_or_nothing(writer):
    from hsi_film_plugin.dock.label_commands import Content, LabelChange, LabelCommand
    from hsi_film_plugin.dock.label_file import LabelLayerError

    forbid_class(writer, 7)
    old, other = addition(), addition(x=20.0)
    LabelCommand(writer, "add", [old, other]).apply(True)
    new = addition(x=40.0)
    reshaped = LabelChange(other.ref, Content({}, square(20.0)), Content({}, square(60.0)))
    refused = LabelChange(old.ref, Content({"class_id": 1}), Content({"class_id": 7}))
    gone = LabelChange(writer.refs.of(other.ref.fid), Content(), None)
    for changes in ([new, refused], [reshaped, refused], [refused, gone]):
        with pytest.raises(LabelLayerError, match="refused"):
            LabelCommand(writer, "change", changes).apply(True)
        assert writer.layer.featureCount() == 2
        found = {f.id(): f for f in writer.layer.getFeatures()}
        assert sorted(found) == [old.ref.fid, other.ref.fid]
        assert found[other.ref.fid].geometry().boundingBox().xMinimum() == 20
        assert {f["class_id"] for f in found.values()} == {1}
    assert new.ref.fid is None
    LabelCommand(writer, "add", [new]).apply(True)
    assert writer.layer.featureCount() == 3


def test_labels_are_written_beside_another_layer_of_the_same_file(writer):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.dock.label_commands import LabelCommand

    before = QgsVectorLayer(writer.layer.source(), "", "ogr")
    before.dataProvider().enterUpdateMode()
    reading = before.getFeatures()
    command = LabelCommand(writer, "add", [addition()])
    command.apply(True)
    command.undo()
    command.redo()
    assert len(list(writer.layer.getFeatures())) == 1
    assert len(list(QgsVectorLayer(writer.layer.source(), "", "ogr").getFeatures())) == 1
    reading.close()
    before.dataProvider().leaveUpdateMode()
