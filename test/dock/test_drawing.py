"""Tools in hand, the class that they draw, and the keys on the canvas."""

from __future__ import annotations

import pytest


@pytest.fixture
def drawing(window, labelling):
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.drawing import Drawing

    owner = QObject()
    drawing = Drawing(window.canvas, labelling, owner)
    drawing.keys, drawing.hints, drawing.owner = [], [], owner
    drawing.keyPressed.connect(drawing.keys.append)
    drawing.hint.connect(drawing.hints.append)
    yield drawing
    if drawing.tools:
        drawing.close()


@pytest.fixture
def scene(labelling, add_scene):
    layer = add_scene()
    labelling.set_scene(layer)
    return layer


@pytest.fixture
def labels(labelling, scene, drawing, give_labels):
    """Forest, Water and Rock, with one label each."""
    labels = give_labels(labelling, "Forest", "Water", "Rock")
    drawing.choose_class(1)
    return labels


def sources(labels):
    return sorted(f["source"] for f in labels.layer.getFeatures())


def classes_of(labels):
    return sorted(f["class_id"] for f in labels.layer.getFeatures())


TOOLS = {"P": "polygon", "R": "rectangle", "B": "brush", "W": "wand", "H": "hole", "E": "edit"}


def test_no_tool_is_taken_without_a_scene(drawing, window):
    drawing.take("polygon")
    assert drawing.tool == ""
    assert drawing.hints == ["Choose a hyperspectral image first."]


@pytest.mark.parametrize(("letter", "name"), TOOLS.items())
def test_each_letter_takes_its_tool(drawing, scene, mouse, letter, name):
    drawing.take("edit" if letter == "P" else "polygon")
    mouse.key(letter)
    assert drawing.tool == name
    assert drawing.canvas.mapTool() is drawing.tools[name]


def test_keys_are_not_ours_while_no_tool_of_ours_is_in_hand(drawing, labels, mouse):
    mouse.key("R")
    mouse.key("2")
    mouse.key("N")
    assert drawing.tool == ""
    assert drawing.keys == []
    assert drawing.current_class == 1


def test_keys_are_heard_without_a_tool_while_they_are_wanted(drawing, labels, mouse):
    drawing.keys_wanted = lambda: True
    mouse.key("N")
    mouse.key("2")
    assert drawing.keys == ["N", "2"]


def test_the_tool_before_comes_back(drawing, scene, window):
    from qgis.gui import QgsMapToolPan

    pan = QgsMapToolPan(window.canvas)
    window.canvas.setMapTool(pan)
    drawing.take("polygon")
    drawing.take("brush")
    drawing.take("")
    assert window.canvas.mapTool() is pan


def test_a_tool_before_that_is_gone_is_not_taken_again(drawing, scene, window):
    from qgis.gui import QgsMapToolPan
    from qgis.PyQt import sip

    pan = QgsMapToolPan(window.canvas)
    window.canvas.setMapTool(pan)
    drawing.take("polygon")
    sip.delete(pan)
    drawing.take("")
    assert drawing.tool == ""


def test_the_tool_is_told_when_another_one_takes_its_place(drawing, scene, window):
    from qgis.gui import QgsMapToolPan

    told = []
    drawing.toolChanged.connect(told.append)
    drawing.take("polygon")
    pan = QgsMapToolPan(window.canvas)
    window.canvas.setMapTool(pan)
    assert told == ["polygon", ""]


def test_digits_choose_classes(drawing, labels, mouse):
    drawing.take("polygon")
    for key in "321":
        mouse.key(key)
        assert drawing.current_class == int(key)
    mouse.key("7")  # there is no seventh
    assert drawing.current_class == 1
    assert drawing.keys == ["3", "2", "1"]


def test_digits_mean_places_in_the_list_and_reach_nine(drawing, labelling, scene, mouse):
    labels = labelling.ensure_labels()
    for _ in range(12):
        labels.classes.add()
    labels.classes.move(12, 0)
    drawing.take("polygon")
    mouse.key("1")
    assert drawing.current_class == 12
    mouse.key("9")
    assert drawing.current_class == 8


def test_a_polygon_is_drawn_with_the_mouse(drawing, labels, mouse):
    drawing.choose_class(2)
    drawing.take("polygon")
    mouse.draw_square(20)
    assert classes_of(labels) == [1, 2, 2, 3]


def test_colour_of_the_tools_is_that_of_the_class(drawing, labels):
    drawing.choose_class(2)
    shown = labels.classes.find(2).color
    assert all(tool._colour.name() == shown for tool in drawing.tools.values())
    labels.classes.recolour(2, "#123456")  # as QGIS's own styling would do, too
    assert all(tool._colour.name() == "#123456" for tool in drawing.tools.values())


def test_another_class_is_current_when_the_current_one_is_deleted(drawing, labels):
    drawing.choose_class(3)
    labels.delete_class(3)
    assert drawing.current_class == 1
    labels.merge_classes([1], 2)
    assert drawing.current_class == 2
    labels.delete_class(2)
    assert drawing.current_class is None


def test_what_is_drawn_without_a_class_gets_one(drawing, scene, mouse, labelling):
    drawing.take("polygon")
    mouse.draw_square(0)
    (known,) = labelling.labels.classes.classes()
    assert labelling.labels.counts() == {known.class_id: 1}
    assert drawing.current_class == known.class_id
    assert known.name in drawing.hints[-1]


def test_a_hole_is_cut_into_labels(drawing, labels, mouse):
    before = sum(f.geometry().area() for f in labels.layer.getFeatures())
    drawing.set_snapping(True)
    drawing.take("hole")
    mouse.draw_square(0, size=30)
    after = sum(f.geometry().area() for f in labels.layer.getFeatures())
    assert before - after == pytest.approx(900, abs=1)
    mouse.draw_square(40, size=30)
    assert "no label" in drawing.hints[-1]


def test_undo_and_redo_keys(drawing, labels, mouse):
    drawing.take("polygon")
    mouse.draw_square(20)
    assert labels.layer.featureCount() == 4
    mouse.key("Z", "Control")
    assert labels.layer.featureCount() == 3
    mouse.key("Y", "Control")
    assert labels.layer.featureCount() == 4
    mouse.key("Z", "Control")
    mouse.key("Z", "Control", "Shift")
    assert labels.layer.featureCount() == 4


def test_other_keys_are_passed_on(drawing, labels, mouse):
    drawing.take("brush")
    for key in "FNSUX":
        mouse.key(key)
    assert drawing.keys == list("FNSUX")
    mouse.key("N", "Control")
    mouse.key("G")
    assert drawing.keys == list("FNSUX")


def test_keys_of_ours_do_not_reach_shortcuts_of_qgis(drawing, labels, mouse, window):
    from qgis.PyQt.QtGui import QKeySequence
    from qgis.PyQt.QtWidgets import QShortcut

    stolen = []
    shortcuts = [QShortcut(QKeySequence(key), window) for key in ("P", "1", "Ctrl+Z")]
    for shortcut in shortcuts:
        shortcut.activated.connect(lambda: stolen.append(True))
    drawing.take("brush")
    mouse.key("P")
    mouse.key("1")
    mouse.key("Z", "Control")
    assert stolen == []
    assert drawing.tool == "polygon"


def test_a_selected_label_gets_the_class_of_the_digit(drawing, labels, mouse):
    drawing.take("edit")
    mouse.click(500030, 5799930)  # Forest
    mouse.key("3")
    assert classes_of(labels) == [2, 3, 3]
    assert drawing.keys == []  # it is not for the suggestions
    mouse.key("Z", "Control")
    assert classes_of(labels) == [1, 2, 3]


def test_a_selected_label_is_deleted(drawing, labels, mouse):
    drawing.take("edit")
    mouse.click(500030, 5799930)
    mouse.key("Delete")
    assert classes_of(labels) == [2, 3]
    mouse.key("1")  # nothing is selected any more: this chooses a class
    assert classes_of(labels) == [2, 3]


def test_a_change_that_is_refused_is_told(drawing, labels, labelling):
    """As when the label has gone meanwhile."""
    from qgis.core import QgsGeometry

    drawing.edit.reshaped.emit(12345, QgsGeometry.fromWkt("POLYGON((0 0, 1 0, 1 1, 0 0))"))
    drawing.edit.deleteWanted.emit(12345)
    drawing.edit.selected.emit(12345)
    drawing.take("edit")
    drawing._class_key(1)
    assert labelling.problems == ["The label is no longer there."] * 3


def test_undo_that_is_refused_breaks_nothing(drawing, labels, empty_project, labelling):
    empty_project.removeMapLayer(labels.layer.id())
    drawing.undo()
    drawing.redo()
    assert labelling.problems == []


def test_the_wand_draws_what_has_a_similar_spectrum(drawing, labels, mouse, until):
    drawing.take("wand")
    drawing.choose_class(1)
    mouse.click(500500, 5799500)  # the quarter in the south east
    until(lambda: _accepted(mouse, labels))
    (drawn,) = [f for f in labels.layer.getFeatures() if f["source"] == "wand"]
    box = drawn.geometry().boundingBox()
    assert box.xMinimum() >= 500310
    assert box.yMaximum() <= 5799690


def _accepted(mouse, labels):
    mouse.key("Return")
    return "wand" in sources(labels)


def test_crs_changes_do_not_ask_the_wand_twice(drawing, labelling, add_scene):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene("unplaced", epsg=None)
    labelling.set_scene(scene)
    reader = labelling.reader
    before = reader.receivers(reader.windowRead)
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert labelling.reader is reader
    assert reader.receivers(reader.windowRead) == before


def test_the_tool_is_put_down_with_the_scene(drawing, labels, empty_project, scene):
    drawing.take("polygon")
    empty_project.removeMapLayer(scene.id())
    assert drawing.tool == ""


def test_snapping_reaches_all_tools(drawing, labels, mouse):
    drawing.take("polygon")
    for snapping, corners in ((True, 5), (False, 4)):
        drawing.set_snapping(snapping)
        for x, y in ((500005, 5799405), (500095, 5799405), (500050, 5799495)):
            mouse.click(x, y)
        mouse.click(500050, 5799450, right=True)
        newest = max(labels.layer.getFeatures(), key=lambda f: f.id())
        count = sum(1 for _ in newest.geometry().vertices())
        assert count > corners if snapping else count == corners


def test_a_closed_drawing_leaves_the_canvas_alone(drawing, labels, mouse, window, until):
    from qgis.gui import QgsRubberBand

    drawing.take("polygon")
    mouse.click(500100, 5799500)
    drawing.close()
    assert window.canvas.mapTool() is None or drawing.tool == ""
    mouse.key("R")
    assert drawing.hints[-1:] != ["R"]
    until(
        lambda: not any(isinstance(item, QgsRubberBand) for item in window.canvas.scene().items())
    )
