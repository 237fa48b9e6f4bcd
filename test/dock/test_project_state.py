"""What the dock keeps in a project's file, read back even when it was tampered with."""

from __future__ import annotations

import json

import pytest


def another(dock, window):
    """A second dock, as QGIS makes it the next day."""
    from hsi_film_plugin.dock.dock import Dock

    return Dock(window.canvas, None, window)


def pages(dock):
    return dock._content.pages


def test_state_comes_back_from_the_project_file(project, tmp_path):
    from hsi_film_plugin.dock.project_state import read_state, write_state

    state = {"open": True, "opacity": 40, "avoided": [[1.5, 2.0]], "name": "Fläche <b>&"}
    write_state(state)
    assert project.write(str(tmp_path / "mine.qgz"))
    project.clear()
    assert read_state() == {}
    assert project.read(str(tmp_path / "mine.qgz"))
    assert read_state() == state


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", '"open"', "{'open': true}"])
def test_what_cannot_be_read_is_ignored(project, text):
    from hsi_film_plugin.dock.project_state import read_state

    project.writeEntry("hsi_film", "/dock", text)
    assert read_state() == {}


def test_the_same_state_leaves_the_project_unchanged(project):
    from hsi_film_plugin.dock.project_state import write_state

    write_state({"open": True, "page": 1})
    project.setDirty(False)
    write_state({"page": 1, "open": True})
    assert not project.isDirty()
    write_state({"page": 2, "open": True})
    assert project.isDirty()


def test_the_work_comes_back_with_the_project(suggested, labels, project, tmp_path, window, until):
    dock = suggested
    dock.suggestions.visit(0)
    dock.suggestions.skip()
    dock.drawing.choose_class(2)
    dock.map_page.mode.setCurrentIndex(1)
    dock.map_page.opacity.setValue(35)
    pages(dock).setCurrentIndex(2)
    before = dock.state()
    scene, layer = dock.labelling.scene.id(), labels.layer.id()
    assert project.write(str(tmp_path / "mine.qgz"))
    project.clear()
    assert dock.labelling.scene is None
    assert dock.map_page.history == []
    assert dock.suggestions.avoided == ()
    assert project.read(str(tmp_path / "mine.qgz"))
    assert dock.labelling.scene.id() == scene
    assert dock.labelling.labels.layer.id() == layer
    assert dock.state() == before
    assert before["avoided"] == [[500120.0, 5799720.0]]
    assert before["opacity"] == 35
    assert before["class"] == 2
    assert before["history"][0]["accuracy"] == 0.9
    assert before["mode"] == "confidence"
    assert before["automatic"] is False
    # a dock that is made later, as after a restart, takes it up, too
    dock.shut_down()
    dock.ended = True
    later = another(dock, window)
    assert later.labelling.labels.layer.id() == layer
    assert {**later.state(), "open": True} == before
    later.shut_down()
    later.deleteLater()


def test_the_preview_is_no_part_of_the_project_file(mapped, project, tmp_path):
    assert project.write(str(tmp_path / "mine.qgz"))
    project.clear()
    assert project.read(str(tmp_path / "mine.qgz"))
    assert sorted(layer.name() for layer in project.mapLayers().values()) == [
        "scene",
        "scene_labels",
    ]


def test_an_untouched_project_is_left_alone(dock, project, tmp_path):
    assert project.write(str(tmp_path / "mine.qgz"))
    assert project.readEntry("hsi_film", "/dock", "")[0] == ""


def test_a_project_of_another_kind_leaves_the_dock_empty(mapped, project, tmp_path):
    other = tmp_path / "other.qgz"
    project.write(str(tmp_path / "mine.qgz"))
    project.clear()
    project.write(str(other))
    project.read(str(tmp_path / "mine.qgz"))
    assert mapped.labelling.scene is not None
    project.read(str(other))
    assert mapped.labelling.scene is None
    assert mapped.labelling.labels is None


@pytest.mark.parametrize(
    "state",
    [
        {"scene": 5, "page": "x", "class": "2", "opacity": None, "history": 3, "avoided": "x"},
        {"scene": "gone", "page": 99, "class": 77, "opacity": 10**12, "mode": [], "side": {}},
        {"avoided": [[1], [1, "a"], ["x", "y"], [True, 2], None], "automatic": "yes"},
        {"avoided": [[float("nan"), 1.0], [float("inf"), 1.0]], "page": 10**12, "class": -1},
        {"history": [{"polygons": []}], "opacity": True, "page": -5},
    ],
)
def test_a_state_that_makes_no_sense_changes_nothing(mapped, project, state):
    from qgis.PyQt.QtXml import QDomDocument

    project.writeEntry("hsi_film", "/dock", json.dumps(state))
    before = mapped.state()
    project.readProject.emit(QDomDocument())
    after = mapped.state()
    assert after["class"] == before["class"]
    assert after["scene"] == before["scene"]
    assert after["avoided"] == []
    assert after["automatic"] == before["automatic"]
    assert after["mode"] == before["mode"]
    assert after["side"] == before["side"]
    assert 0 <= after["opacity"] <= 100
    assert 0 <= after["page"] < 5


def test_a_session_carries_the_work_to_an_empty_project(
    suggested, labels, project, tmp_path, until
):
    dock = suggested
    dock.map_page.opacity.setValue(35)
    dock.scene_page.saveWanted.emit(str(tmp_path / "day.gpkg"))
    until(lambda: "was saved" in dock._content.status.text())
    project.clear()
    dock.map_page.opacity.setValue(90)
    dock.scene_page.openWanted.emit(str(tmp_path / "day.gpkg"))
    assert "is open" in dock._content.status.text()
    assert dock.labelling.labels.counts() == {1: 1, 2: 1}
    assert dock.map_page.opacity.value() == 35
    assert dock.map_page.history
    assert dock.map_page.history[0].accuracy == 0.9


def test_a_project_saved_with_the_dock_closed_says_so(mapped, project, tmp_path):
    mapped.close()
    project.write(str(tmp_path / "mine.qgz"))
    assert json.loads(project.readEntry("hsi_film", "/dock", "")[0])["open"] is False
