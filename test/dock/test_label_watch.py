"""What a label layer tells of changes by others."""

from __future__ import annotations

import pytest


@pytest.fixture
def labels(
    qgis,
    tmp_path,
    do_what_is_due,
):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.label_layer import LabelLayer

    crs = QgsCoordinateReferenceSystem("EPSG:32633")
    labels = LabelLayer.create(tmp_path / "labels.gpkg", crs, "x")
    labels.classes.add("a")
    labels.classes.add("b")
    for x in range(3):
        labels.add(square(20.0 * x), 1, "polygon")
    labels.counts()
    do_what_is_due()
    return labels


def square(x=0.0):
    from qgis.core import QgsGeometry, QgsRectangle

    return QgsGeometry.fromRect(QgsRectangle(x, 0, x + 10, 10))


@pytest.fixture
def heard(labels):
    times = []
    labels.changed.connect(lambda: times.append(1))
    return times


def test_an_undone_edit_of_qgis_is_counted(
    qgis,
    labels,
    heard,
    do_what_is_due,
):
    layer = labels.layer
    first = next(layer.getFeatures()).id()
    layer.startEditing()
    layer.beginEditCommand("as QGIS's forms do")
    layer.changeAttributeValue(first, layer.fields().lookupField("class_id"), 2)
    layer.endEditCommand()
    assert labels.counts() == {1: 2, 2: 1}
    layer.undoStack().undo()
    assert labels.counts() == {1: 3}
    layer.undoStack().redo()
    layer.deleteFeature(first)
    assert labels.counts() == {1: 2}
    layer.undoStack().undo()
    assert labels.counts() == {1: 2, 2: 1}
    layer.rollBack()
    assert labels.counts() == {1: 3}
    do_what_is_due()
    assert heard


def test_a_filter_is_followed(
    qgis,
    labels,
    heard,
    do_what_is_due,
):
    labels.layer.setSubsetString("fid > 1")
    do_what_is_due()
    assert labels.counts() == {1: 2}
    assert heard
    labels.layer.setSubsetString("")
    assert labels.counts() == {1: 3}


def test_changes_by_other_plugins_through_the_provider_are_found_when_told(
    qgis, labels, heard, do_what_is_due
):
    provider = labels.layer.dataProvider()
    provider.deleteFeatures([next(labels.layer.getFeatures()).id()])
    provider.dataChanged.emit()
    do_what_is_due()
    assert labels.counts() == {1: 2}
    assert heard == [1]


def test_several_labels_saved_at_once_keep_their_classes(qgis, labels):
    layer = labels.layer
    first = next(layer.getFeatures()).id()
    layer.startEditing()
    for x in range(3, 8):
        labels.add(square(20.0 * x), 1 + x % 2, "polygon")
    layer.deleteFeature(first)
    before = labels.counts()
    assert layer.commitChanges()
    assert labels.counts() == before == {1: 4, 2: 3}
    for _ in range(5):
        labels.undo_stack.undo()
    assert labels.counts() == {1: 2}


def test_saving_without_leaving_the_edit_mode_is_followed(qgis, labels):
    layer = labels.layer
    layer.startEditing()
    labels.add(square(100), 2, "polygon")
    assert layer.commitChanges(False)
    assert layer.isEditable()
    labels.undo_stack.undo()
    assert labels.counts() == {1: 3}
    assert layer.commitChanges()
    assert labels.counts() == {1: 3}


def test_a_dropped_edit_session_leaves_harmless_commands(qgis, labels):
    layer = labels.layer
    problems = []
    labels.problem.connect(problems.append)
    layer.startEditing()
    labels.add(square(100), 2, "polygon")
    layer.rollBack()
    labels.undo_stack.undo()
    assert "no longer there" in problems[0]
    assert labels.counts() == {1: 3}
