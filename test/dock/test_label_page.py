"""The page of classes and tools: its buttons, its table, its menus, and what they do to labels."""

from __future__ import annotations

import pytest


@pytest.fixture
def page(window, labelling):
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.drawing import Drawing
    from hsi_film_plugin.dock.label_page import LabelPage

    owner = QObject()
    drawing = Drawing(window.canvas, labelling, owner)
    page = LabelPage(labelling, drawing)
    page.drawing, page.owner = drawing, owner
    page.resize(360, 700)
    page.show()
    yield page
    drawing.close()
    page.spectra.close()
    page.hide()


@pytest.fixture
def scene(labelling, add_scene, page):
    layer = add_scene()
    labelling.set_scene(layer)
    return layer


@pytest.fixture
def labels(labelling, scene, give_labels):
    return give_labels(labelling, "Forest", "Water", "Rock")


def answers(monkeypatch, **by_name):
    """Lets dialogs answer: file, color, item, question (True for yes)."""
    from qgis.PyQt.QtGui import QColor
    from qgis.PyQt.QtWidgets import QColorDialog, QFileDialog, QInputDialog, QMessageBox

    asked = []
    buttons = QMessageBox.StandardButton

    def question(parent, title, text, *rest):
        asked.append(text)
        return buttons.Yes if by_name["question"] else buttons.No

    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *a: (str(by_name.get("file", "")), ""))
    monkeypatch.setattr(QColorDialog, "getColor", lambda *a: QColor(by_name.get("color", "")))
    monkeypatch.setattr(
        QInputDialog, "getItem", lambda *a: (by_name.get("item", ""), "item" in by_name)
    )
    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def entry(page, start):
    """The entry of the menu whose text begins so."""
    (found,) = [a for a in page.classMenu.menu().actions() if a.text().startswith(start)]
    return found


def choose(page, *rows):
    from qgis.PyQt.QtCore import QItemSelectionModel

    model = page.classes.selectionModel()
    model.clearSelection()
    for row in rows:
        flags = QItemSelectionModel.SelectionFlag
        model.select(page.classes.model().index(row, 0), flags.Select | flags.Rows)


def names(labels):
    return [known.name for known in labels.classes.classes()]


def test_without_a_scene_nothing_can_be_drawn(page):
    assert not page.empty.isHidden()
    for name in ("addClass", "classMenu", "polygon", "wand", "removeClass", "undo", "redo"):
        assert not getattr(page, name).isEnabled()


def test_the_first_class_makes_the_label_layer_and_is_named_at_once(page, scene, labelling):
    from qgis.PyQt.QtWidgets import QLineEdit

    page.addClass.click()
    assert labelling.labels is not None
    assert names(labelling.labels) == ["Class 1"]
    assert page.drawing.current_class == 1
    assert page.empty.isHidden()
    editor = page.classes.findChild(QLineEdit)
    assert editor is not None
    assert editor.text() == "Class 1"


def test_a_class_is_named_with_the_keys(page, scene, labelling, qgis, until):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest
    from qgis.PyQt.QtWidgets import QLineEdit

    page.addClass.click()
    editor = page.classes.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "Reed & <b>mud</b>")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    until(lambda: names(labelling.labels) == ["Reed & <b>mud</b>"])


def test_insert_and_delete_keys_in_the_table(page, labels, monkeypatch, qgis, until):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    page.activateWindow()
    page.classes.setFocus()
    until(page.classes.hasFocus)
    QTest.keyClick(page.classes, Qt.Key.Key_Insert)
    assert len(labels.classes.classes()) == 4
    answers(monkeypatch, question=True)
    page.classes.setFocus()
    choose(page, 0)
    QTest.keyClick(page.classes, Qt.Key.Key_Delete)
    assert "Forest" not in names(labels)


def test_choosing_a_row_chooses_the_class_and_the_other_way_round(page, labels):
    page.classes.selectionModel().setCurrentIndex(
        page.classes.model().index(1, 2),
        page.classes.selectionModel().SelectionFlag.ClearAndSelect,
    )
    assert page.drawing.current_class == 2
    page.drawing.choose_class(3)
    assert page.classes.currentIndex().row() == 2


def test_the_row_of_the_current_class_is_always_the_chosen_one(page, labelling, scene, monkeypatch):
    def chosen():
        return [index.row() for index in page.classes.selectionModel().selectedRows()]

    labels = labelling.ensure_labels()
    labels.classes.add("Forest")  # becomes the current one by itself
    assert page.drawing.current_class == 1
    assert chosen() == [0]
    page.addClass.click()
    page.addClass.click()
    assert page.drawing.current_class == 3
    assert chosen() == [2]
    answers(monkeypatch, question=True)
    page.removeClass.click()
    row = [known.class_id for known in labels.classes.classes()].index(page.drawing.current_class)
    assert chosen() == [row]


def test_a_class_without_labels_is_deleted_unasked(page, labels, monkeypatch):
    labels.classes.add("Spare")
    asked = answers(monkeypatch, question=False)
    choose(page, 3)
    page.removeClass.click()
    assert names(labels) == ["Forest", "Water", "Rock"]
    assert asked == []


def test_a_class_with_labels_is_deleted_only_when_confirmed(page, labels, monkeypatch):
    asked = answers(monkeypatch, question=False)
    choose(page, 0)
    page.removeClass.click()
    assert names(labels) == ["Forest", "Water", "Rock"]
    assert len(asked) == 1
    answers(monkeypatch, question=True)
    page.removeClass.click()
    assert names(labels) == ["Water", "Rock"]
    assert labels.counts() == {2: 1, 3: 1}
    page.undo.click()
    assert names(labels) == ["Forest", "Water", "Rock"]
    assert labels.counts()[1] == 1


def test_classes_are_merged_into_the_first(page, labels, labelling):
    choose(page, 0)
    page.mergeClasses.click()
    assert "two or more" in labelling.problems[-1]
    choose(page, 2, 0)
    page.mergeClasses.click()
    assert names(labels) == ["Forest", "Water"]
    assert labels.counts() == {1: 2, 2: 1}


def test_a_double_click_on_the_colour_changes_it(page, labels, monkeypatch, qgis):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    from hsi_film_plugin.dock.class_table import Column

    answers(monkeypatch, color="#123456")
    view = page.classes
    place = view.visualRect(view.model().index(1, Column.COLOUR)).center()
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    QTest.mouseClick(view.viewport(), left, none, place)
    QTest.mouseDClick(view.viewport(), left, none, place)
    assert labels.classes.find(2).color == "#123456"
    answers(monkeypatch)  # an invalid colour: cancelled
    view.doubleClicked.emit(view.model().index(1, Column.COLOUR))
    view.doubleClicked.emit(view.model().index(1, Column.POLYGONS))
    assert labels.classes.find(2).color == "#123456"


@pytest.mark.parametrize("name", ["polygon", "rectangle", "brush", "wand", "hole", "edit"])
def test_each_tool_button_takes_its_tool_and_gives_it_back(page, labels, window, name):
    button = getattr(page, name)
    button.click()
    assert page.drawing.tool == name
    assert button.isChecked()
    assert page.hint.isVisible() == bool(page.hint.text())
    assert page.brushWidth.isVisible() == (name == "brush")
    assert page.tolerance.isVisible() == (name == "wand")
    button.click()
    assert page.drawing.tool == ""
    assert not button.isChecked()
    assert not page.brushWidth.isVisible()
    assert not page.tolerance.isVisible()


def test_only_one_tool_button_is_down(page, labels, mouse):
    page.polygon.click()
    mouse.key("B")
    assert page.brush.isChecked()
    assert not page.polygon.isChecked()


def test_widths_and_tolerances_reach_the_tools_and_come_back(page, labels):
    page.brushWidth.setValue(7)
    assert page.drawing.brush.width_pixels == 7
    page.tolerance.setValue(12.5)
    assert page.drawing.wand.tolerance == 12.5
    page.drawing.wand.tolerance = 4.0  # as the wheel does
    assert page.tolerance.value() == 4.0
    page.snap.click()
    assert not page.drawing.brush.snap_to_pixels
    page.snap.click()
    assert page.drawing.brush.snap_to_pixels


def test_brackets_change_the_width_that_is_shown(page, labels, mouse):
    page.brush.click()
    before = page.brushWidth.value()
    mouse.key("BracketRight")
    assert page.drawing.brush.width_pixels > before
    assert page.brushWidth.value() == page.drawing.brush.width_pixels


def test_undo_and_redo_buttons_say_what_they_would_do(page, labels):
    assert page.undo.isEnabled()
    assert "Add label" in page.undo.toolTip()
    page.undo.click()
    assert labels.layer.featureCount() == 2
    assert page.redo.isEnabled()
    assert "Add label" in page.redo.toolTip()
    page.redo.click()
    assert labels.layer.featureCount() == 3
    assert not page.redo.isEnabled()
    assert page.redo.toolTip() == "Redo (Ctrl+Y)"


def test_advice_names_the_class_that_needs_labels(page, labelling, labels, until):
    until(lambda: "Forest" in page.advice.text())
    assert page.advice.isVisible()


def test_markup_in_a_class_name_is_shown_as_it_is(page, labelling, scene, until):
    from qgis.PyQt.QtCore import Qt

    labels = labelling.ensure_labels()
    labels.classes.add("<b>&x")
    until(lambda: "<b>&x" in page.advice.text())
    assert page.advice.textFormat() == Qt.TextFormat.PlainText
    model = page.classes.model()
    texts = [str(model.index(0, c).data() or "") for c in range(model.columnCount())]
    assert "<b>&x" in texts


def test_twelve_classes_have_nine_keys(page, labelling, scene):
    labels = labelling.ensure_labels()
    for _ in range(12):
        labels.classes.add()
    model = page.classes.model()
    keys = [str(model.index(row, 0).data() or "") for row in range(12)]
    assert keys == [*"123456789", "", "", ""]


def test_pins_are_kept_and_cleared(page, labels, until, window, labelling):
    from qgis.core import QgsPointXY

    window.canvas.xyCoordinates.emit(QgsPointXY(500105, 5799895))
    until(lambda: page.plot._cursor is not None)
    page.pin.click()
    assert len(page.plot.pins()) == 1
    page.clearPins.click()
    assert page.plot.pins() == ()


def test_another_label_layer_brings_its_own_classes(page, labels, labelling, tmp_path):
    labelling.new_labels(tmp_path / "other.gpkg")
    assert page.classes.model().rowCount() == 0
    assert not page.empty.isHidden()
    assert not page.undo.isEnabled()


def test_a_class_is_moved_with_the_keys_of_the_table(page, labels, qgis, until):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    page.activateWindow()
    page.drawing.choose_class(1)
    page.classes.setFocus()
    until(page.classes.hasFocus)
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(3):  # once more than there is room
        QTest.keyClick(page.classes, Qt.Key.Key_Down, control)
    assert names(labels) == ["Water", "Rock", "Forest"]
    assert page.drawing.current_class == 1
    assert [i.row() for i in page.classes.selectionModel().selectedRows()] == [2]
    QTest.keyClick(page.classes, Qt.Key.Key_Up, control)
    assert names(labels) == ["Water", "Forest", "Rock"]


def test_means_of_very_many_labels_say_what_they_leave_out(page, labels, monkeypatch, until):
    from hsi_film_plugin.dock import label_page

    monkeypatch.setattr(label_page, "MOST_LABELS", 3)
    page._labelling.statisticsChanged.emit(())
    assert "only" not in page.showMeans.toolTip()
    page._labelling.add_label(labels.layer.getFeature(1).geometry(), 1, "polygon")
    until(lambda: "first 3 labels only" in page.showMeans.toolTip())


def test_what_was_set_comes_back(page, labels):
    import json

    page.snap.setChecked(False)
    page.brushWidth.setValue(7)
    page.tolerance.setValue(12.5)
    page.followCursor.setChecked(False)
    page.showMeans.setChecked(False)
    state = json.loads(json.dumps(page.state()))
    for widget in (page.snap, page.followCursor, page.showMeans):
        widget.setChecked(True)
    page.brushWidth.setValue(1)
    page.tolerance.setValue(1)
    page.restore(state)
    assert page.state() == state
    assert page.drawing.brush.width_pixels == 7
    assert page.drawing.wand.tolerance == 12.5
    assert not page.drawing.brush.snap_to_pixels
    page.restore({})
    page.restore({"snap": 1, "brush_width": True, "tolerance": "3", "follow_cursor": None})
    page.restore({"brush_width": 10**20, "tolerance": float("nan"), "class_means": []})
    page.restore({"brush_width": 0, "tolerance": 10**400})
    assert page.state() == state
