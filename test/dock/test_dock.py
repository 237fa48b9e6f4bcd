"""The dock as a whole: its keys, its place in the project, and how it goes."""

from __future__ import annotations

import pytest


def pages(dock):
    return dock._content.pages


def status(dock):
    return dock._content.status.text()


def another(dock, window):
    """A second dock, as QGIS makes it the next day."""
    from hsi_film_plugin.dock.dock import Dock

    return Dock(window.canvas, None, window)


# --- what it looks like ---------------------------------------------------------------------


def test_an_empty_project_is_answered_with_the_first_step(dock):
    assert pages(dock).currentIndex() == 0
    assert dock.scene_page.empty.isVisible()
    assert dock._content.progress.isHidden()
    assert dock._content.cancel.isHidden()
    assert [pages(dock).tabText(i) for i in range(pages(dock).count())] == [
        "Scene",
        "Label",
        "Map",
        "Finish",
        "Synthetic",
    ]
    assert all(pages(dock).tabToolTip(i) for i in range(pages(dock).count()))


def test_making_it_says_nothing_on_stderr(window, stand_in, settings, until):
    from qgis.PyQt.QtCore import QtMsgType, qInstallMessageHandler

    heard = []
    before = qInstallMessageHandler(
        lambda kind, context, text: kind != QtMsgType.QtDebugMsg and heard.append(text)
    )
    try:
        dock = another(None, window)
        dock.show()
        for place in range(5):
            pages(dock).setCurrentIndex(place)
        dock.grab()
        dock.shut_down()
        dock.deleteLater()
    finally:
        qInstallMessageHandler(before)
    assert [text for text in heard if "propagateSizeHints" not in text] == []


@pytest.fixture
def small_letters(qgis):
    """The letters of an ordinary desktop; without a screen Qt takes those of a poster."""
    from qgis.PyQt.QtGui import QFont

    before = QFont(qgis.font())
    small = QFont(before)
    small.setPointSizeF(9)
    qgis.setFont(small)
    yield
    qgis.setFont(before)


def test_it_fits_a_small_screen(small_letters, dock, window, labels):
    # what is filled in must not make it wider
    dock.labelling.scene.setName("a scene with a very long name " * 4)
    dock.labelling.labels.classes.rename(1, "a class with a very long name " * 4)
    dock.scene_page.list_layers()
    dock.strip.warn("a sentence that does not end " * 8)
    dock.strip.progress("test", 0.5)
    for place in range(pages(dock).count()):
        pages(dock).setCurrentIndex(place)
        for tool in ("brush", "wand", "polygon"):
            dock.drawing.take(tool)
            assert dock.minimumSizeHint().width() <= 380
            assert dock.minimumSizeHint().height() <= 420
    window.resize(1280, 720)
    assert (window.width(), window.height()) == (1280, 720)


@pytest.mark.parametrize("place", range(5))
def test_the_tab_key_goes_from_top_to_bottom(dock, mapped, place, qgis, do_what_is_due):
    from qgis.PyQt.QtCore import QPoint, Qt

    pages(dock).setCurrentIndex(place)
    dock.resize(380, 900)
    do_what_is_due()
    page = pages(dock).widget(place).widget()
    chain, widget = [], page.nextInFocusChain()
    while widget is not page:
        wants = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if (
            page.isAncestorOf(widget)
            and wants
            and widget.isVisible()
            and widget.focusProxy() is None
        ):
            chain.append(widget)
        widget = widget.nextInFocusChain()
    corners = [(w.mapTo(page, QPoint(0, w.height() // 2)), w) for w in chain]
    for (above, one), (below, other) in zip(corners, corners[1:]):
        same_row = abs(above.y() - below.y()) < 12
        assert below.x() > above.x() if same_row else below.y() > above.y(), (
            f"{one.objectName()} before {other.objectName()}"
        )


def test_each_button_can_be_understood(dock):
    from qgis.PyQt.QtWidgets import QAbstractButton

    for name in ("scene_page", "label_page", "map_page", "finish_page", "synthetic_page"):
        for button in getattr(dock, name).findChildren(QAbstractButton):
            if button.objectName() and not button.objectName().startswith("qt_"):
                assert button.text() or button.toolTip(), button.objectName()


# --- keys -----------------------------------------------------------------------------------


def test_a_digit_labels_the_current_suggestion(suggested, labels, mouse):
    mouse.key("N")
    assert suggested.suggestions.current is not None
    mouse.key("2")
    assert sorted(f["class_id"] for f in labels.layer.getFeatures()) == [1, 2, 2]
    assert suggested.suggestions.current is None
    mouse.key("1")  # nothing is current: it only chooses a class
    assert labels.layer.featureCount() == 3
    assert suggested.drawing.current_class == 1


def test_a_digit_while_drawing_answers_no_suggestion(suggested, labels, mouse):
    mouse.key("N")
    suggested.drawing.take("polygon")
    count = labels.layer.featureCount()
    middle = suggested._canvas.extent().center()
    mouse.click(middle.x(), middle.y())
    assert suggested.drawing.busy
    mouse.key("2")
    assert labels.layer.featureCount() == count
    assert suggested.drawing.current_class == 2


def test_a_digit_answers_no_suggestion_that_is_out_of_sight(suggested, labels, mouse):
    from qgis.core import QgsPointXY

    mouse.key("N")
    count = labels.layer.featureCount()
    suggested._canvas.setCenter(QgsPointXY(600000, 5700000))
    mouse.key("2")
    assert labels.layer.featureCount() == count
    assert suggested.suggestions.current is not None


def test_a_search_shows_how_far_it_is_and_can_be_stopped(mapped, stand_in, until):
    stand_in.held.add("suggest")
    mapped.map_page.suggest.click()
    until(lambda: mapped.strip.shown == "suggestions")
    assert not mapped.map_page.suggest.isEnabled()
    assert "Looking" in mapped.map_page.suggestions.item(0).text()
    until(lambda: not mapped._content.cancel.isHidden())
    mapped._content.cancel.click()
    until(lambda: not mapped.suggestions.busy)
    assert mapped.strip.shown == ""
    assert mapped.map_page.suggest.isEnabled()


def test_a_map_comes_once_the_engine_is_installed(
    dock,
    labels,
    stand_in,
    until,
    until_mapped,
):
    until_mapped()
    dock.scene_page.engine.readyChanged.emit(False)
    asked = len(stand_in.jobs)
    dock.live.refresh()
    assert "Install the engine" in dock.map_page.state.text()
    assert len(stand_in.jobs) == asked
    dock.scene_page.engine.readyChanged.emit(True)
    until(lambda: len(stand_in.jobs) > asked)


def test_skipped_places_and_accuracies_stay_with_their_scene(suggested, labels, add_scene, until):
    first = suggested.labelling.scene
    suggested.suggestions.visit_next()
    suggested.suggestions.skip()
    avoided, history = suggested.suggestions.avoided, suggested.map_page.history
    assert avoided
    assert history
    other = add_scene("other")
    suggested.labelling.set_scene(other)
    assert suggested.suggestions.avoided == ()
    assert suggested.map_page.history == []
    suggested.labelling.set_scene(first)
    assert suggested.suggestions.avoided == avoided
    assert suggested.map_page.history == history


def test_skipping_and_visiting_by_keys(suggested, mouse):
    mouse.key("N")
    mouse.key("X")
    assert len(suggested.suggestions.items()) == 1
    assert suggested.suggestions.current is suggested.suggestions.items()[0]
    mouse.key("X")
    assert suggested.suggestions.items() == ()
    assert len(suggested.suggestions.avoided) == 2


def test_the_map_flickers_by_key(mapped, mouse):
    mapped.drawing.take("polygon")
    mouse.key("F")
    assert not mapped.live.preview.visible
    mouse.key("F")
    assert mapped.live.preview.visible


def test_the_map_is_updated_by_key(mapped, mouse, stand_in, until):
    mapped.drawing.take("polygon")
    count = stand_in.methods().count("preview")
    mouse.key("U")
    until(lambda: stand_in.methods().count("preview") == count + 1)


def test_a_spectrum_is_pinned_by_key(mapped, mouse, window, until):
    from qgis.core import QgsPointXY

    pages(mapped).setCurrentIndex(1)
    mapped.drawing.take("polygon")
    window.canvas.xyCoordinates.emit(QgsPointXY(500105, 5799895))
    until(lambda: mapped.label_page.plot._cursor is not None)
    mouse.key("S")
    assert len(mapped.label_page.plot.pins()) == 1


def test_a_letter_takes_a_tool_from_a_fresh_canvas(mapped, mouse):
    assert mapped.drawing.tool == ""
    mouse.key("R")
    assert mapped.drawing.tool == "rectangle"


def test_keys_are_left_to_tools_that_edit_other_layers(mapped, mouse, window):
    from qgis.gui import QgsMapTool

    class EditingTool(QgsMapTool):
        def flags(self):
            return QgsMapTool.Flag.EditTool

    tool = EditingTool(window.canvas)
    window.canvas.setMapTool(tool)
    mouse.key("R")
    assert window.canvas.mapTool() is tool


def test_keys_are_left_to_qgis_when_the_dock_is_hidden(suggested, mouse):
    suggested.hide()
    mouse.key("N")
    assert suggested.suggestions.current is None


# --- what it says ---------------------------------------------------------------------------


def test_a_refused_scene_is_told_in_the_strip(dock, add_scene):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene()
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    dock.labelling.set_scene(scene)
    assert "EPSG:32632" in status(dock)
    assert dock.labelling.scene is None


def test_the_device_of_the_map_is_told(mapped):
    assert "No GPU was found." in mapped.scene_page.deviceStatus.text()


def test_a_sentence_that_the_page_shows_is_not_repeated_in_the_strip(mapped):
    pages(mapped).setCurrentIndex(0)
    assert "up to date" in status(mapped)
    pages(mapped).setCurrentIndex(2)
    assert status(mapped) == ""
    assert "up to date" in mapped.map_page.state.text()
    pages(mapped).setCurrentIndex(0)
    assert "up to date" in status(mapped)


def test_an_engine_that_fails_is_told_and_the_dock_goes_on(
    dock, labels, stand_in, until, until_mapped
):
    from hsi_film_plugin.bridge.client import EngineFailure

    until_mapped()
    stand_in.failures["preview"] = EngineFailure("Out of memory.", "memory")
    dock.live.refresh()
    until(lambda: "Out of memory." in status(dock))
    dock.live.refresh()
    until(lambda: "up to date" in dock.map_page.state.text())


def test_what_runs_can_be_cancelled(dock, labels, stand_in, until):
    stand_in.held.update({"preview", "suggest"})
    dock.live.refresh()
    until(lambda: not dock._content.cancel.isHidden())
    dock._content.cancel.click()
    until(lambda: dock._content.cancel.isHidden())
    assert "Stopped" in dock.map_page.state.text()


def test_another_device_reaches_the_engine(
    dock,
    labels,
    stand_in,
    until,
    until_mapped,
):
    until_mapped()
    device = dock.scene_page.device
    device.setCurrentIndex(device.findData("cpu"))
    until(lambda: stand_in.jobs[-1][0] == "preview" and stand_in.jobs[-1][1]["device"] == "cpu")


def test_a_label_is_shown_on_the_canvas(dock, labels, window):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    (fid, *_) = [f.id() for f in labels.layer.getFeatures()]
    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    window.canvas.setExtent(QgsRectangle(0, 0, 1000, 1000))
    dock.label_page.labelWanted.emit(fid)
    assert window.canvas.extent().xMinimum() > 1_600_000
    dock.show_label(98765)
    dock.labelling.set_labels(None)
    dock.show_label(fid)


# --- the final map --------------------------------------------------------------------------


def test_the_final_map_is_made_by_the_algorithm_itself(
    mapped, provider, stand_in, empty_project, tmp_path, until
):
    folder = tmp_path / "out"
    folder.mkdir()
    page = mapped.finish_page
    page.folder.setText(str(folder))
    page.area.setCurrentIndex(page.area.findData("view"))
    page.run.click()
    until(lambda: page.openReport.isEnabled())
    (params,) = [params for method, params in stand_in.jobs if method == "train_and_classify"]
    assert params["input"] == mapped.labelling.scene.source()
    assert params["class_field"] == "class_id"
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".xml") == [
        "scene_classes.tif",
        "scene_confidence.tif",
        "scene_model.safetensors",
        "scene_report.html",
    ]
    assert page.classMap.currentLayer() is not None
    assert page.classMap.currentLayer().source() == str(folder / "scene_classes.tif")
    assert not mapped.live.preview.visible
    assert mapped.map_page.flicker.isChecked()  # so that one press brings it back
    assert mapped._content.cancel.isHidden()


def test_what_is_scrolled_out_of_view_is_said_at_the_foot(dock, monkeypatch, until):
    dock.setFloating(True)
    dock.resize(340, 400)
    pages(dock).setCurrentIndex(4)
    bar = pages(dock).currentWidget().verticalScrollBar()
    dock.synthesis_run.failed.emit("There is no room.")
    until(lambda: bar.maximum() > 200)
    said = []
    monkeypatch.setattr(dock.strip, "say", said.append)
    for place, expected in ((bar.minimum(), "There is no room."), (bar.maximum(), "")):
        bar.setValue(place)
        dock.synthesis_run.failed.emit("There is no room.")
        assert said.pop() == expected


def test_a_final_run_that_fails_or_is_cancelled_is_told(
    mapped, provider, stand_in, empty_project, until, monkeypatch
):
    from qgis.PyQt.QtWidgets import QMessageBox

    from hsi_film_plugin.bridge.client import EngineFailure

    asked = []
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(
        QMessageBox, "question", lambda *given: asked.append(given[2]) or answers[len(asked) - 1]
    )

    page = mapped.finish_page
    stand_in.failures["train_and_classify"] = EngineFailure("Class Water has one place.", "input")
    page.run.click()
    until(lambda: "Class Water has one place." in page.result.text())
    assert page.run.isEnabled()
    stand_in.held.add("train_and_classify")
    page.run.click()
    until(lambda: stand_in.methods().count("train_and_classify") == 2)
    until(lambda: mapped.strip.shown == "final run")
    mapped._content.cancel.click()
    assert mapped.final_run.running, "the answer was no"
    mapped._content.cancel.click()
    assert asked == ["Stop the final run?"] * 2
    until(lambda: "Cancelled" in page.result.text())
    assert page.run.isEnabled()
    assert not page.openReport.isEnabled()


def test_it_can_go_during_the_final_run(mapped, provider, stand_in, until, qgis, faults):
    from qgis.PyQt.QtCore import QEvent
    from qgis.PyQt.QtWidgets import QApplication

    stand_in.held.add("train_and_classify")
    mapped.finish_page.run.click()
    until(lambda: "train_and_classify" in stand_in.methods())
    mapped.shut_down()
    mapped.ended = True
    mapped.deleteLater()
    QApplication.sendPostedEvents(mapped, QEvent.Type.DeferredDelete)
    until(lambda: qgis.taskManager().countActiveTasks() == 0)
    assert faults == []


# --- how it comes and goes ---------------------------------------------------------------


def test_the_only_scene_is_chosen_when_the_dock_opens(window, stand_in, settings, add_scene, until):
    scene = add_scene()
    dock = another(None, window)
    until(lambda: dock.labelling.scene is scene)
    dock.shut_down()
    dock.deleteLater()


def test_closing_it_puts_the_tool_away(mapped):
    mapped.drawing.take("polygon")
    mapped.close()
    assert mapped.drawing.tool == ""
    assert mapped.isHidden()
    assert mapped.labelling.labels is not None  # the work stays
    assert mapped.state()["open"] is False


def test_a_dock_that_went_hears_nothing_of_the_project(
    mapped, project, window, add_scene, faults, qgis, tmp_path, pass_time
):
    from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY
    from qgis.PyQt import sip
    from qgis.PyQt.QtCore import QEvent
    from qgis.PyQt.QtWidgets import QApplication

    scene, layer = mapped.labelling.scene, mapped.labelling.labels.layer
    items = len(window.canvas.scene().items())
    mapped.drawing.take("polygon")
    mapped.shut_down()
    mapped.deleteLater()
    QApplication.sendPostedEvents(mapped, QEvent.Type.DeferredDelete)
    assert sip.isdeleted(mapped)
    pass_time(0.5)  # the longest time that anything rests
    assert window.canvas.mapTool() is None
    assert len(window.canvas.scene().items()) <= items
    window.canvas.xyCoordinates.emit(QgsPointXY(500105, 5799895))
    window.canvas.setExtent(scene.extent())
    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    layer.startEditing()
    layer.deleteFeature(next(layer.getFeatures()).id())
    layer.rollBack()
    layer.triggerRepaint()
    scene.crsChanged.emit()
    add_scene("other")
    project.removeMapLayer(layer.id())
    project.write(str(tmp_path / "mine.qgz"))
    project.read(str(tmp_path / "mine.qgz"))
    project.clear()
    pass_time(0.5)
    assert faults == []


@pytest.mark.parametrize("method", ["hello", "prepare", "preview", "suggest", "pseudo_image"])
def test_it_can_go_while_the_engine_works(
    dock, add_scene, give_labels, stand_in, method, until, qgis, project, faults
):
    from qgis.PyQt.QtCore import QEvent
    from qgis.PyQt.QtWidgets import QApplication

    stand_in.held.add(method)
    dock.labelling.set_scene(add_scene())
    give_labels(dock.labelling, "Forest", "Water")
    if method == "hello":
        dock.scene_page.engine.refresh()
        until(lambda: stand_in.hellos)
    else:
        dock.live.refresh()
        if method == "suggest":
            until(lambda: dock.live.preview.layer is not None)
            dock.suggestions.ask()
        elif method == "pseudo_image":
            dock.sources.show_picture("pca")
        until(lambda: method in stand_in.methods())
    dock.shut_down()
    dock.ended = True
    dock.deleteLater()
    QApplication.sendPostedEvents(dock, QEvent.Type.DeferredDelete)
    until(lambda: qgis.taskManager().countActiveTasks() == 0)
    project.clear()
    assert faults == []
