"""Rasters that the dock makes: pictures derived from the scene, and the sample scene."""

from __future__ import annotations

import time
from pathlib import Path

import pytest


@pytest.fixture
def sources(labelling, stand_in, settings, tmp_path, until):
    from qgis.core import QgsApplication
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.scene_sources import SceneSources

    settings.setValue("hsi_film/sample_folder", str(tmp_path))
    owner = QObject()
    sources = SceneSources(labelling, owner)
    sources.owner, sources.told, sources.progress, sources.made = owner, [], [], []
    sources.said.connect(sources.told.append)
    sources.progressed.connect(lambda *values: sources.progress.append(values))
    sources.sceneMade.connect(sources.made.append)
    yield sources
    sources.close()
    until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)


@pytest.fixture
def full_disk(monkeypatch):
    """Writing the sample scene fails."""
    from hsi_film_plugin.engine.errors import InputError
    from hsi_film_plugin.processing import sample_files

    def fail(*arguments):
        raise InputError("The disk is full.")

    monkeypatch.setattr(sample_files, "write_sample", fail)


@pytest.fixture
def slow_disk(monkeypatch):
    """Writing the sample scene goes on until it is cancelled."""
    from hsi_film_plugin.processing import sample_files

    def go_on_and_on(scene, output, training, reference, go_on):
        while go_on(0.5):
            time.sleep(0.002)
        raise sample_files.Stopped

    monkeypatch.setattr(sample_files, "write_sample", go_on_and_on)


def test_a_picture_is_put_above_the_scene(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    scene = add_scene("my scene")
    labelling.set_scene(scene)
    sources.show_picture("pca")
    until(lambda: len(empty_project.mapLayers()) == 2)
    assert stand_in.jobs[0][0] == "pseudo_image"
    assert stand_in.jobs[0][1]["kind"] == "pca"
    assert Path(stand_in.jobs[0][1]["input"]) == Path(scene.source())
    tree = [node.layer() for node in empty_project.layerTreeRoot().findLayers()]
    assert tree[1] is scene
    assert tree[0].name() == "my scene – PCA"
    assert sources.progress[-1] == (None, "")
    assert labelling.scene is scene


def test_a_picture_is_made_once_and_gives_way_to_bands(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    labelling.set_scene(add_scene("my scene"))
    sources.show_picture("pca")
    until(lambda: len(empty_project.mapLayers()) == 2)
    root = empty_project.layerTreeRoot()
    (picture,) = empty_project.mapLayersByName("my scene – PCA")
    sources.show_picture("")
    assert not root.findLayer(picture.id()).itemVisibilityChecked()
    sources.show_picture("pca")
    assert root.findLayer(picture.id()).itemVisibilityChecked()
    assert stand_in.methods().count("pseudo_image") == 1


def test_a_picture_stays_in_the_group_of_the_scene(
    sources, labelling, add_scene, empty_project, until
):
    scene = add_scene()
    root = empty_project.layerTreeRoot()
    group = root.addGroup("images")
    node = root.findLayer(scene.id())
    group.addChildNode(node.clone())
    root.removeChildNode(node)
    labelling.set_scene(scene)
    sources.show_picture("pca")
    until(lambda: len(group.children()) == 2)
    assert group.children()[1].layer() is scene


def test_a_picture_whose_scene_has_gone_is_left_out(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    scene = add_scene()
    labelling.set_scene(scene)
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    empty_project.removeMapLayer(scene.id())
    stand_in.held.clear()
    until(lambda: sources.progress and sources.progress[-1] == (None, ""))
    assert empty_project.mapLayers() == {}


def test_a_picture_belongs_to_the_scene_that_it_was_asked_for(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    from hsi_film_plugin.dock.preview_layer import PICTURE_OF

    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    labelling.set_scene(second)
    stand_in.held.clear()
    until(lambda: len(empty_project.mapLayers()) == 3)
    (picture,) = empty_project.mapLayersByName("first – PCA")
    assert picture.customProperty(PICTURE_OF) == first.id()


def test_a_second_request_follows_the_one_that_runs(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    labelling.set_scene(second)
    sources.show_picture("pca")
    stand_in.held.clear()
    until(lambda: empty_project.mapLayersByName("second – PCA"))
    assert sources.told == []
    until(lambda: sources.progress[-1:] == [(None, "")])


def test_a_picture_that_is_no_longer_wanted_does_not_come(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    labelling.set_scene(add_scene())
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    sources.show_picture("")
    stand_in.held.clear()
    until(lambda: sources.progress[-1:] == [(None, "")])
    assert len(empty_project.mapLayers()) == 1
    sources.show_picture("pca")
    until(lambda: len(empty_project.mapLayers()) == 2)


def test_a_scene_whose_file_has_vanished_is_told(sources, labelling, add_scene, stand_in):
    scene = add_scene()
    labelling.set_scene(scene)
    Path(scene.source()).unlink()
    sources.show_picture("pca")
    assert "scene.tif" in sources.told[0]
    assert stand_in.jobs == []


def test_a_picture_that_cannot_be_opened_is_told_and_made_anew(
    sources, labelling, add_scene, empty_project, stand_in, until, monkeypatch
):
    labelling.set_scene(add_scene("my scene"))

    def broken(params):
        Path(params["output"]).write_text("no raster")
        return {"output": params["output"]}

    with monkeypatch.context() as context:
        context.setattr(stand_in, "_pseudo_image", broken)
        sources.show_picture("pca")
        until(lambda: sources.told)
    assert "my scene – PCA" in sources.told[0]
    assert len(empty_project.mapLayers()) == 1
    until(lambda: sources.progress[-1:] == [(None, "")])
    sources.show_picture("pca")  # the broken file is in the cache
    until(lambda: len(empty_project.mapLayers()) == 2)


def test_one_picture_at_a_time_and_none_without_a_scene(
    sources, labelling, add_scene, stand_in, until
):
    sources.show_picture("pca")
    labelling.set_scene(add_scene())
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    stand_in.held.clear()
    until(lambda: sources.progress[-1:] == [(None, "")])
    assert len(stand_in.jobs) == 1


def test_a_picture_that_fails_says_why_and_can_be_asked_for_again(
    sources, labelling, add_scene, empty_project, stand_in, until
):
    from hsi_film_plugin.bridge.client import EngineFailure

    labelling.set_scene(add_scene())
    stand_in.failures["pseudo_image"] = EngineFailure("All pixels are nodata.", "input")
    sources.show_picture("pca")
    until(lambda: sources.told)
    assert sources.told == ["All pixels are nodata."]
    assert sources.progress[-1] == (None, "")
    sources.show_picture("pca")
    until(lambda: len(empty_project.mapLayers()) == 2)


def test_a_picture_can_be_cancelled_without_a_word(sources, labelling, add_scene, stand_in, until):
    labelling.set_scene(add_scene())
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    sources.cancel()
    until(lambda: sources.progress[-1:] == [(None, "")])
    assert sources.told == []


def test_a_picture_that_ends_after_closing_is_not_shown(
    sources, labelling, add_scene, empty_project, stand_in, until, qgis
):
    labelling.set_scene(add_scene())
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    sources.close()
    until(lambda: qgis.taskManager().countActiveTasks() == 0)
    assert len(empty_project.mapLayers()) == 1


def test_the_sample_scene_is_made_in_a_new_folder_and_chosen(
    sources, provider, until, tmp_path, monkeypatch
):
    from hsi_film_plugin.engine import sample_scene

    whole = sample_scene.SampleScene
    small = lambda width, height, seed: whole(64, 64, seed)  # noqa: E731
    monkeypatch.setattr(sample_scene, "SampleScene", small)
    (tmp_path / "hsi_film_sample").mkdir()
    sources.make_sample_scene()
    until(lambda: sources.made or sources.told)
    assert sources.told == []
    (layer,) = sources.made
    assert Path(layer.source()) == tmp_path / "hsi_film_sample_2" / "sample_scene.tif"
    assert list((tmp_path / "hsi_film_sample").iterdir()) == []
    assert sources.progress[-1] == (None, "")


def test_a_folder_that_cannot_be_made_is_told(sources, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.setValue("hsi_film/sample_folder", str(tmp_path / "file"))
    sources.make_sample_scene()
    assert "hsi_film_sample" in sources.told[0]
    assert "cannot be made" in sources.told[0]


def test_a_sample_scene_that_fails_leaves_no_folder(sources, provider, full_disk, until, tmp_path):
    sources.make_sample_scene()
    until(lambda: sources.told)
    assert "The disk is full." in sources.told[0]
    assert sources.progress[-1] == (None, "")
    assert not (tmp_path / "hsi_film_sample").exists()


def test_asking_twice_makes_one_sample_scene(sources, provider, slow_disk, until, tmp_path):
    sources.make_sample_scene()
    sources.make_sample_scene()
    assert "Wait" in sources.told[0]
    assert not (tmp_path / "hsi_film_sample_2").exists()
    sources.cancel()
    until(lambda: len(sources.told) == 2)
    assert "Cancelled" in sources.told[1]
    assert not (tmp_path / "hsi_film_sample").exists()
    assert sources.made == []


def test_a_failed_sample_does_not_forget_the_picture(
    sources, provider, full_disk, labelling, add_scene, stand_in, until, empty_project
):
    labelling.set_scene(add_scene())
    stand_in.held.add("pseudo_image")
    sources.show_picture("pca")
    until(lambda: stand_in.jobs)
    sources.make_sample_scene()
    until(lambda: sources.told)
    sources.progress.clear()
    sources.cancel()  # reaches the picture all the same
    until(lambda: sources.progress[-1:] == [(None, "")])
    assert len(empty_project.mapLayers()) == 1


def test_the_sample_goes_with_the_dock(sources, provider, slow_disk, until, qgis, tmp_path):
    sources.make_sample_scene()
    sources.close()
    until(lambda: qgis.taskManager().countActiveTasks() == 0)
    assert sources.made == []
