"""Labelling sessions: one file, whole or not there, and refused if it is something else."""

from __future__ import annotations

import sqlite3

import pytest

STATE = {
    "scene": {"path": "/data/gone/scene.tif"},
    "accuracy": [[3, 0.5, None], [4, 0.75, 0.1]],
    "name": "Übung „1“",
    "version": "the dock's own",
}


@pytest.fixture
def labels(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.label_layer import LabelLayer

    crs = QgsCoordinateReferenceSystem("EPSG:32633")
    labels = LabelLayer.create(tmp_path / "labels.gpkg", crs, "my labels")
    labels.classes.add("Water", "#112233")
    labels.classes.add("Forest")
    labels.add(square(), 1, "polygon")
    return labels


def square(x=0.0):
    from qgis.core import QgsGeometry, QgsRectangle

    return QgsGeometry.fromRect(QgsRectangle(x, 0, x + 10, 10))


def opened(session):
    from hsi_film_plugin.dock.label_layer import LabelLayer

    return LabelLayer.adopt(session.open_layer())


def test_what_is_saved_is_loaded(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import load_session, save_session

    labels.layer.startEditing()
    labels.add(square(20), 2, "wand")
    save_session(tmp_path / "session.gpkg", labels, STATE)
    labels.layer.rollBack()
    session = load_session(tmp_path / "session.gpkg")
    assert session.state == STATE
    again = opened(session)
    assert again.classes.classes() == labels.classes.classes()
    assert again.counts() == {1: 1, 2: 1}, "unsaved edits are saved as well"
    assert again.layer.crs().authid() == "EPSG:32633"
    assert sorted(f["source"] for f in again.layer.getFeatures()) == ["polygon", "wand"]
    assert labels.counts() == {1: 1}


def test_labelling_goes_on_in_a_loaded_session(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import load_session, save_session

    save_session(tmp_path / "session.gpkg", labels, {})
    again = opened(load_session(tmp_path / "session.gpkg"))
    again.add(square(40), 2, "brush")
    save_session(tmp_path / "second.gpkg", again, {"n": 2})
    assert opened(load_session(tmp_path / "second.gpkg")).counts() == {1: 1, 2: 1}
    assert load_session(tmp_path / "session.gpkg").state == {}


def test_a_session_of_this_name_is_replaced_and_nothing_else(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import SessionError, load_session, save_session

    path = tmp_path / "session.gpkg"
    save_session(path, labels, {"n": 1})
    save_session(path, labels, {"n": 2})
    assert load_session(path).state == {"n": 2}
    other = tmp_path / "other.gpkg"
    other.write_text("precious")
    with pytest.raises(SessionError, match=r"other\.gpkg.*not overwritten"):
        save_session(other, labels, {})
    assert other.read_text() == "precious"
    with pytest.raises(SessionError, match=r"labels\.gpkg.*drawing"):
        save_session(tmp_path / "labels.gpkg", labels, {})
    assert labels.counts() == {1: 1}


def test_a_session_that_is_open_is_not_replaced(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import SessionError, load_session, save_session

    path = tmp_path / "session.gpkg"
    save_session(path, labels, {"n": 1})
    again = opened(load_session(path))
    again.add(square(40), 2, "brush")
    with pytest.raises(SessionError, match=r"session\.gpkg-wal"):
        save_session(path, labels, {"n": 2})
    assert again.counts() == {1: 1, 2: 1}


def test_a_session_that_is_worked_on_is_saved_in_its_place(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import load_session, save_session

    path = tmp_path / "session.gpkg"
    save_session(path, labels, {"n": 1, "gone": True})
    again = opened(load_session(path))
    again.add(square(40), 2, "brush")
    save_session(path, again, {"n": 2})
    assert load_session(path).state == {"n": 2}
    assert again.counts() == {1: 1, 2: 1}
    again.add(square(60), 2, "brush")
    assert opened(load_session(path)).counts() == {1: 1, 2: 2}


def test_a_folder_that_takes_no_file_is_a_sentence_and_leaves_nothing(labels, tmp_path):
    from pathlib import Path

    from hsi_film_plugin.dock.session_file import SessionError, save_session

    for folder in (tmp_path / "nowhere", Path("/proc")):
        with pytest.raises(SessionError, match=r"cannot be written.*folder"):
            save_session(folder / "session.gpkg", labels, {})
    assert not [p for p in tmp_path.iterdir() if "part" in p.name]


def test_a_full_disk_leaves_the_former_session(labels, tmp_path, monkeypatch):
    from hsi_film_plugin.dock import session_file
    from hsi_film_plugin.dock.label_file import LabelLayerError

    path = tmp_path / "session.gpkg"
    session_file.save_session(path, labels, {"n": 1})

    def full(*arguments):
        raise LabelLayerError("No space is left.")

    monkeypatch.setattr(session_file, "store_style", full)
    with pytest.raises(session_file.SessionError, match="No space"):
        session_file.save_session(path, labels, {"n": 2})
    assert session_file.load_session(path).state == {"n": 1}
    assert not [p for p in tmp_path.iterdir() if "part" in p.name]


def test_other_files_are_refused(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import SessionError, load_session

    text = tmp_path / "text.gpkg"
    text.write_text("no database")
    for path, message in (
        (text, "text.gpkg.*no labelling session"),
        (tmp_path / "labels.gpkg", "labels.gpkg.*no labelling session"),
        (tmp_path / "none.gpkg", "none.gpkg.*no longer there"),
        (tmp_path, "no labelling session"),
    ):
        with pytest.raises(SessionError, match=message):
            load_session(path)


def test_damaged_and_newer_sessions_are_refused(labels, tmp_path):
    from hsi_film_plugin.dock.session_file import SessionError, load_session, save_session

    for key, value, message in (
        ("n", "{", "damaged"),
        ("session_version", "99", "newer"),
        ("session_version", '"x"', "newer"),
    ):
        path = tmp_path / f"{value.strip(chr(34))}.gpkg"
        save_session(path, labels, {"n": 1})
        with sqlite3.connect(path) as database:
            database.execute("UPDATE hsifilm_session SET value = ? WHERE key = ?", (value, key))
        database.close()
        with pytest.raises(SessionError, match=message):
            load_session(path)


def test_a_session_is_written_in_another_thread(labels, tmp_path):
    import threading

    from hsi_film_plugin.dock.session_file import capture_session, load_session

    captured = capture_session(labels, STATE)
    labels.add(square(60), 1, "brush")
    thread = threading.Thread(target=captured.write, args=(tmp_path / "session.gpkg",))
    thread.start()
    thread.join()
    session = load_session(tmp_path / "session.gpkg")
    assert session.state == STATE
    assert opened(session).classes.classes() == labels.classes.classes()


def test_a_removed_layer_has_nothing_to_save(qgis, labels, tmp_path):
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.session_file import SessionError, save_session

    sip.delete(labels.layer)
    with pytest.raises(SessionError, match="removed"):
        save_session(tmp_path / "session.gpkg", labels, {})


def test_labels_without_crs_stay_without(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.label_layer import LabelLayer
    from hsi_film_plugin.dock.session_file import load_session, save_session

    labels = LabelLayer.create(tmp_path / "a.gpkg", QgsCoordinateReferenceSystem(), "x")
    save_session(tmp_path / "session.gpkg", labels, {})
    assert not opened(load_session(tmp_path / "session.gpkg")).layer.crs().isValid()
