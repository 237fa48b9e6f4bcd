"""Sessions saved from the dock and opened again, with the scene there, moved, or gone."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def sessions(labelling):
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.sessions import Sessions

    owner = QObject()
    restored = []
    sessions = Sessions(labelling, lambda: {"opacity": 40, "class": 2}, restored.append, owner)
    sessions.restored, sessions.owner, sessions.told = restored, owner, []
    sessions.said.connect(sessions.told.append)
    return sessions


@pytest.fixture
def saved(sessions, labelling, add_scene, give_labels, until, tmp_path, empty_project):
    """A session of two classes whose project was closed afterwards; the path of its file."""
    labelling.set_scene(add_scene())
    labels = give_labels(labelling, "Forest", "<b>&x")
    labels.classes.recolour(2, "#123456")
    path = tmp_path / "session.gpkg"
    sessions.save(str(path))
    until(lambda: sessions.told)
    empty_project.clear()
    return path


def test_saving_says_where(sessions, saved):
    assert sessions.told == [f"The session was saved to {saved}."]
    assert saved.exists()


def test_opening_brings_scene_labels_classes_and_settings(sessions, saved, labelling, tmp_path):
    sessions.open(str(saved))
    assert Path(labelling.scene.source()) == tmp_path / "scene.tif"
    classes = labelling.labels.classes.classes()
    assert [(c.class_id, c.name) for c in classes] == [(1, "Forest"), (2, "<b>&x")]
    assert classes[1].color == "#123456"
    assert labelling.labels.counts() == {1: 1, 2: 1}
    (state,) = sessions.restored
    assert state["opacity"] == 40
    assert state["class"] == 2
    assert "session.gpkg" in sessions.told[-1]


def test_a_session_that_is_open_is_not_opened_twice(sessions, saved, empty_project):
    sessions.open(str(saved))
    before = len(empty_project.mapLayers())
    sessions.open(str(saved))
    assert len(empty_project.mapLayers()) == before
    assert "session.gpkg" in sessions.told[-1]


def test_a_scene_of_the_project_is_used_and_not_added_again(
    sessions, saved, labelling, add_scene, empty_project
):
    scene = add_scene()
    sessions.open(str(saved))
    assert labelling.scene is scene
    assert len(empty_project.mapLayers()) == 2  # with the labels


def test_a_session_whose_scene_is_gone_says_what_to_do(
    sessions, saved, labelling, tmp_path, empty_project
):
    (tmp_path / "scene.tif").unlink()
    sessions.open(str(saved))
    assert "scene.tif" in sessions.told[-1]
    assert "Choose" in sessions.told[-1]
    assert empty_project.mapLayers() == {}
    assert sessions.restored == []


def test_a_session_whose_scene_has_moved_takes_the_chosen_one(
    sessions, saved, labelling, tmp_path, add_scene
):
    (tmp_path / "scene.tif").rename(tmp_path / "moved.tif")
    moved = add_scene("moved")
    labelling.set_scene(moved)
    sessions.open(str(saved))
    assert labelling.scene is moved
    assert labelling.labels.counts() == {1: 1, 2: 1}
    assert "moved.tif" in sessions.told[-1]


@pytest.mark.parametrize(
    "other", [{"width": 32}, {"bands": 21}, {"epsg": 32632}, {"epsg": None}, "elsewhere"]
)
def test_labels_are_never_put_on_another_image(
    sessions, saved, labelling, tmp_path, add_scene, empty_project, other
):
    from osgeo import gdal

    (tmp_path / "scene.tif").unlink()
    chosen = add_scene("other", **({} if other == "elsewhere" else other))
    if other == "elsewhere":
        raster = gdal.Open(chosen.source(), gdal.GA_Update)
        raster.SetGeoTransform((500010.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
        del raster
    labelling.set_scene(chosen)
    own = labelling.ensure_labels()
    link = chosen.customProperty("hsi_film/labels")
    sessions.open(str(saved))
    assert "scene.tif" in sessions.told[-1]
    assert "“other” is another one" in sessions.told[-1]
    assert labelling.labels is own
    assert chosen.customProperty("hsi_film/labels") == link
    assert sessions.restored == []
    assert len(empty_project.mapLayers()) == 2


def test_a_folder_with_session_and_image_may_move(sessions, saved, labelling, tmp_path):
    folder = tmp_path / "moved"
    folder.mkdir()
    for name in ("scene.tif", "session.gpkg"):
        (tmp_path / name).rename(folder / name)
    sessions.open(str(folder / "session.gpkg"))
    assert Path(labelling.scene.source()) == folder / "scene.tif"
    assert labelling.labels.counts() == {1: 1, 2: 1}
    assert str(folder / "scene.tif") in sessions.told[-1]


def test_another_image_of_that_name_beside_the_session_is_not_taken(
    sessions, saved, labelling, tmp_path, make_scene, empty_project
):
    folder = tmp_path / "moved"
    folder.mkdir()
    (tmp_path / "scene.tif").unlink()
    saved.rename(folder / "session.gpkg")
    make_scene(folder / "scene.tif", width=32)
    sessions.open(str(folder / "session.gpkg"))
    assert labelling.scene is None
    assert empty_project.mapLayers() == {}
    assert sessions.restored == []


def test_an_image_that_has_changed_in_its_place_is_told(
    sessions, saved, labelling, tmp_path, make_scene
):
    (tmp_path / "scene.tif").unlink()
    make_scene(tmp_path / "scene.tif", width=80)
    sessions.open(str(saved))
    assert labelling.labels.counts() == {1: 1, 2: 1}
    assert "changed" in sessions.told[-1]


def test_a_session_that_does_not_know_its_image_takes_no_other(
    sessions, saved, labelling, tmp_path, add_scene
):
    import sqlite3

    with sqlite3.connect(saved) as database:
        database.execute("DELETE FROM hsifilm_session WHERE key = 'scene_facts'")
    database.close()
    (tmp_path / "scene.tif").rename(tmp_path / "moved.tif")
    labelling.set_scene(add_scene("moved"))
    sessions.open(str(saved))
    assert "Put it back" in sessions.told[-1]
    assert labelling.labels is None


def test_a_session_whose_scene_is_refused_is_not_opened(
    sessions, saved, labelling, add_scene, empty_project
):
    from qgis.core import QgsCoordinateReferenceSystem

    add_scene().setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    sessions.open(str(saved))
    assert "EPSG:32632" in labelling.problems[-1]
    assert labelling.labels is None
    assert sessions.restored == []
    assert len(empty_project.mapLayers()) == 1


def test_a_scene_that_is_no_longer_one_is_refused(sessions, saved, write_map, tmp_path):
    write_map(tmp_path / "scene.tif", (0, 0, 8, 8))
    sessions.open(str(saved))
    assert "bands" in sessions.told[-1]
    assert sessions.restored == []


@pytest.mark.parametrize("content", ["", "no session"])
def test_a_file_that_is_no_session_is_refused(sessions, tmp_path, content):
    path = tmp_path / "notes.gpkg"
    path.write_text(content)
    sessions.open(str(path))
    sessions.open(str(tmp_path / "missing.gpkg"))
    assert "notes.gpkg" in sessions.told[0]
    assert "missing.gpkg" in sessions.told[1]
    assert sessions.restored == []


def test_nothing_is_saved_without_labels(sessions, labelling, add_scene, tmp_path):
    sessions.save(str(tmp_path / "session.gpkg"))
    labelling.set_scene(add_scene())
    sessions.save(str(tmp_path / "session.gpkg"))
    assert sessions.told == ["There are no labels to save yet."] * 2
    assert not (tmp_path / "session.gpkg").exists()


def test_a_file_of_another_kind_is_not_overwritten(
    sessions, labelling, add_scene, give_labels, until, tmp_path
):
    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest")
    path = tmp_path / "mine.gpkg"
    path.write_text("mine")
    sessions.save(str(path))
    until(lambda: sessions.told)
    assert "mine.gpkg" in sessions.told[0]
    assert path.read_text() == "mine"


def test_what_is_being_saved_is_whole_when_the_dock_goes(
    sessions, labelling, add_scene, give_labels, tmp_path, pass_time
):
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.session_file import load_session

    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest")
    sessions.save(str(tmp_path / "session.gpkg"))
    sessions.close()
    sip.delete(sessions.owner)
    assert load_session(tmp_path / "session.gpkg").state["opacity"] == 40
    pass_time(0.1)  # the end of the task is told to nobody
