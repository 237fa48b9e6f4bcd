"""What is labelled: scenes and their label layers, followed through changes of the project."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def heard(labelling):
    """The names of the signals of the labelling, in order."""
    names = []
    labelling.sceneChanged.connect(lambda: names.append("scene"))
    labelling.labelsChanged.connect(lambda: names.append("labels"))
    labelling.problem.connect(lambda _: names.append("problem"))
    return names


def test_a_scene_comes_with_its_grid_bands_and_reader(labelling, add_scene, heard):
    scene = add_scene(width=48)
    labelling.set_scene(scene)
    assert labelling.scene is scene
    assert (labelling.grid.width, labelling.grid.height) == (48, 64)
    assert labelling.bands.count == 20
    assert labelling.reader is not None
    assert heard[0] == "scene"
    assert labelling.problems == []


def test_choosing_the_same_scene_again_tells_nobody(labelling, add_scene, heard):
    scene = add_scene()
    labelling.set_scene(scene)
    heard.clear()
    labelling.set_scene(scene)
    assert heard == []


def test_a_raster_of_few_bands_is_refused_with_a_sentence(labelling, add_scene, heard):
    labelling.set_scene(add_scene("photo", bands=3))
    assert labelling.scene is None
    (problem,) = labelling.problems
    assert "photo" in problem
    assert "3" in problem
    # who shows the sentence must hear it after what the change itself makes them say
    assert heard[-1] == "problem"


def test_a_raster_whose_crs_was_overridden_is_refused(labelling, add_scene):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene()
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    labelling.set_scene(scene)
    assert labelling.scene is None
    (problem,) = labelling.problems
    assert "EPSG:32632" in problem
    assert "EPSG:32633" in problem


def test_a_scene_is_let_go_when_its_crs_is_overridden(labelling, add_scene):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene()
    labelling.set_scene(scene)
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    assert labelling.scene is None
    assert "EPSG:32632" in labelling.problems[-1]


def test_a_scene_without_crs_takes_the_one_that_it_is_given(labelling, add_scene, heard):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene(epsg=None)
    labelling.set_scene(scene)
    assert not labelling.grid.crs.isValid()
    heard.clear()
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert labelling.scene is scene
    assert labelling.grid.crs.authid() == "EPSG:32633"
    assert heard == ["scene"]


def test_no_labels_without_a_scene(labelling, square):
    assert labelling.ensure_labels() is None
    assert labelling.add_label(square(0), 1, "polygon") is None
    assert labelling.cut(square(0)) == 0
    assert all("Choose" in problem for problem in labelling.problems)


def test_label_layer_is_made_beside_the_scene_in_its_crs(labelling, add_scene, empty_project):
    scene = add_scene()
    labelling.set_scene(scene)
    labels = labelling.ensure_labels()
    made = Path(scene.source()).with_name("scene_labels.gpkg")
    assert Path(labels.layer.source().split("|")[0]) == made
    assert made.exists()
    assert labels.layer.crs() == scene.crs()
    assert empty_project.layerTreeRoot().children()[0].layer() is labels.layer
    assert labelling.ensure_labels() is labels


def test_label_layer_is_made_beside_a_saved_project(labelling, add_scene, empty_project, tmp_path):
    (tmp_path / "work").mkdir()
    empty_project.write(str(tmp_path / "work" / "mine.qgz"))
    labelling.set_scene(add_scene())
    labels = labelling.ensure_labels()
    assert Path(labels.layer.source().split("|")[0]).parent == tmp_path / "work"
    empty_project.setFileName("")


def test_an_existing_label_file_is_never_overwritten(labelling, add_scene, tmp_path):
    for name in ("scene_labels.gpkg", "scene_labels_2.gpkg"):
        (tmp_path / name).write_text("mine")
    labelling.set_scene(add_scene())
    labels = labelling.ensure_labels()
    assert labels.layer.source().split("|")[0].endswith("scene_labels_3.gpkg")
    assert (tmp_path / "scene_labels.gpkg").read_text() == "mine"
    assert labelling.new_labels(tmp_path / "scene_labels.gpkg") is None
    assert "scene_labels.gpkg" in labelling.problems[-1]
    assert (tmp_path / "scene_labels.gpkg").read_text() == "mine"


def test_a_name_that_is_no_file_name_makes_a_label_file_all_the_same(labelling, add_scene):
    scene = add_scene()
    scene.setName("a/b: <c>?")
    labelling.set_scene(scene)
    labels = labelling.ensure_labels()
    assert Path(labels.layer.source().split("|")[0]).parent == Path(scene.source()).parent


def test_two_scenes_keep_their_own_labels(labelling, add_scene):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    of_first = labelling.ensure_labels().layer
    labelling.set_scene(second)
    assert labelling.labels is None
    of_second = labelling.ensure_labels().layer
    assert of_second is not of_first
    labelling.set_scene(first)
    assert labelling.labels.layer is of_first
    labelling.set_scene(second)
    assert labelling.labels.layer is of_second


def test_a_layer_that_cannot_hold_labels_is_refused(labelling, add_scene, polygons):
    labelling.set_scene(add_scene())
    labels = labelling.ensure_labels()
    labelling.set_labels(polygons)
    assert "my labels" in labelling.problems[-1]
    assert labelling.labels is labels


def test_labels_are_given_and_cut_in_the_crs_of_the_scene(labelling, add_scene, square, tmp_path):
    """Even where the label layer is in another CRS."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsRectangle

    from hsi_film_plugin.dock.label_layer import LabelLayer

    labelling.set_scene(add_scene())
    geographic = QgsCoordinateReferenceSystem("EPSG:4326")
    other = LabelLayer.create(tmp_path / "other.gpkg", geographic, "other")
    layer = other.layer
    labelling.set_labels(layer)
    known = labelling.labels.classes.add("Forest")
    fid = labelling.add_label(square(0), known.class_id, "polygon")
    box = layer.getGeometry(fid).boundingBox()
    assert 14.9 < box.center().x() < 15.1
    assert 52 < box.center().y() < 53
    hole = QgsGeometry.fromRect(QgsRectangle(500010, 5799910, 500030, 5799930))
    assert labelling.cut(hole) == 1
    # taken out of the project, the layer is not the dock's
    labelling.set_labels(None)


def test_an_outline_without_area_is_refused_with_a_sentence(labelling, add_scene):
    from qgis.core import QgsGeometry

    labelling.set_scene(add_scene())
    known = labelling.ensure_labels().classes.add("Forest")
    line = QgsGeometry.fromWkt("POLYGON((500000 5799900, 500010 5799900, 500000 5799900))")
    assert labelling.add_label(line, known.class_id, "polygon") is None
    assert labelling.problems


def test_statistics_follow_the_labels(labelling, add_scene, give_labels, until):
    told = []
    labelling.statisticsChanged.connect(told.append)
    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest", "Water")
    until(lambda: told and len(told[-1]) == 2)
    until(lambda: [s.pixels for s in told[-1]] == [36, 36])
    labelling.labels.undo_stack.undo()
    until(lambda: [s.pixels for s in told[-1]] == [36, 0])
    labelling.set_labels(None)
    until(lambda: told[-1] == ())


def test_removing_the_scene_lets_it_go(labelling, add_scene, give_labels, empty_project, heard):
    scene = add_scene()
    labelling.set_scene(scene)
    give_labels(labelling, "Forest")
    heard.clear()
    empty_project.removeMapLayer(scene.id())
    assert labelling.scene is labelling.grid is labelling.reader is labelling.labels is None
    assert set(heard) == {"scene", "labels", "problem"}


def test_removing_the_label_layer_lets_only_it_go(labelling, add_scene, give_labels, empty_project):
    scene = add_scene()
    labelling.set_scene(scene)
    labels = give_labels(labelling, "Forest")
    empty_project.removeMapLayer(labels.layer.id())
    assert labelling.scene is scene
    assert labelling.labels is None
    # what is drawn next goes into a new file, not over the old one
    again = labelling.ensure_labels()
    assert again.layer.source().split("|")[0].endswith("scene_labels_2.gpkg")


def test_clearing_the_project_lets_all_go(labelling, add_scene, give_labels, empty_project):
    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest")
    empty_project.clear()
    assert labelling.scene is labelling.labels is labelling.grid is None


def test_a_closed_labelling_leaves_the_layers_in_the_project(
    labelling, add_scene, give_labels, empty_project, pass_time
):
    scene = add_scene()
    labelling.set_scene(scene)
    layer = give_labels(labelling, "Forest").layer
    labelling.close()
    assert {scene.id(), layer.id()} <= set(empty_project.mapLayers())
    labelling.set_scene(scene)  # the scene still knows its labels
    assert labelling.labels.layer is layer
    labelling.close()
    pass_time(0.4)
    empty_project.clear()


def test_labels_can_still_be_undone_after_another_scene(labelling, add_scene, give_labels, until):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    labels = give_labels(labelling, "Forest", "Water")
    labelling.set_scene(second)
    give_labels(labelling, "Rock")
    labelling.set_scene(first)
    assert labelling.labels is labels
    assert labels.undo_stack.canUndo()
    labels.undo_stack.undo()
    assert labels.counts() == {1: 1}


def test_labels_that_are_laid_aside_start_no_count_and_leave_their_file_alone(
    qgis, labelling, add_scene, give_labels, pass_time, until
):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    aside = give_labels(labelling, "Forest")
    path = aside.file.path
    for _ in range(3):
        labelling.set_scene(second)
        labelling.set_scene(first)
        assert Path(f"{path}-wal").exists() or not aside.counts()
    labelling.set_scene(second)
    until(lambda: not Path(f"{path}-wal").exists())
    pass_time(0.1)
    told = []
    labelling.statisticsChanged.connect(told.append)
    aside.layer.startEditing()
    aside.layer.deleteFeature(next(aside.layer.getFeatures()).id())
    aside.layer.commitChanges()
    pass_time(0.2)
    assert told == []


def test_a_sentence_about_labels_is_said_once_however_often_they_were_chosen(
    labelling, add_scene, give_labels
):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    labels = give_labels(labelling, "Forest")
    labelling.set_scene(second)
    labelling.set_scene(first)
    labels.problem.emit("broken")
    assert labelling.problems == ["broken"]


def test_labels_laid_aside_may_be_removed(labelling, add_scene, give_labels, empty_project):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    layer_id = give_labels(labelling, "Forest").layer.id()
    labelling.set_scene(second)
    own = give_labels(labelling, "Rock")
    empty_project.removeMapLayer(layer_id)
    assert labelling.labels is own
    labelling.set_scene(first)
    # they were taken out of the project: that they lie beside the scene brings them not back
    assert labelling.labels is None
    assert labelling.problems == []


def test_labels_of_a_project_that_was_not_saved_are_found_again(
    labelling, add_scene, give_labels, empty_project
):
    labelling.set_scene(add_scene())
    path = give_labels(labelling, "Forest", "Water").file.path
    empty_project.clear()
    labelling.problems.clear()
    scene = add_scene()
    labelling.set_scene(scene)
    assert labelling.labels.file.path == path
    assert labelling.labels.counts() == {1: 1, 2: 1}
    assert [c.name for c in labelling.labels.classes.classes()] == ["Forest", "Water"]
    assert empty_project.layerTreeRoot().children()[0].layer() is labelling.labels.layer
    (said,) = labelling.problems
    assert str(path) in said
    labelling.set_scene(None)
    labelling.set_scene(scene)  # linked now
    assert labelling.labels.file.path == path
    assert len(labelling.problems) == 1


def test_labels_of_a_killed_program_are_found_with_what_lies_beside_their_file(
    labelling, add_scene, give_labels, tmp_path
):
    import shutil

    from qgis.core import QgsProject, QgsRasterLayer

    scene = add_scene()
    labelling.set_scene(scene)
    give_labels(labelling, "Forest", "Water")
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("scene.tif", "scene_labels.gpkg", "scene_labels.gpkg-wal"):
        shutil.copy(tmp_path / name, killed)
    again = QgsRasterLayer(str(killed / "scene.tif"), "called otherwise")
    QgsProject.instance().addMapLayer(again)
    labelling.set_scene(again)
    assert labelling.labels.file.path == killed / "scene_labels.gpkg"
    assert labelling.labels.counts() == {1: 1, 2: 1}


def test_labels_of_a_scene_without_crs_are_found_again(
    labelling, add_scene, empty_project, tmp_path
):
    from qgis.core import QgsGeometry, QgsRectangle

    labelling.set_scene(add_scene(epsg=None))
    known = labelling.ensure_labels().classes.add("Forest")
    box = labelling.scene.extent()
    square = QgsGeometry.fromRect(QgsRectangle(box.xMinimum() + 2, box.yMinimum() + 2, 9, 9))
    assert labelling.add_label(square, known.class_id, "polygon") is not None
    empty_project.clear()
    labelling.set_scene(add_scene())
    assert labelling.labels.counts() == {1: 1}


def test_labels_are_found_beside_the_project(labelling, add_scene, empty_project, tmp_path):
    (tmp_path / "work").mkdir()
    empty_project.write(str(tmp_path / "work" / "mine.qgz"))
    labelling.set_scene(add_scene())
    path = labelling.ensure_labels().file.path
    empty_project.read(str(tmp_path / "work" / "mine.qgz"))
    labelling.set_scene(add_scene())
    assert labelling.labels.file.path == path
    empty_project.setFileName("")


def test_who_chose_no_labels_is_not_given_any(labelling, add_scene, give_labels, empty_project):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    layer = give_labels(labelling, "Forest").layer
    labelling.set_labels(None)
    empty_project.removeMapLayer(layer.id())
    labelling.set_scene(second)
    labelling.set_scene(first)
    assert labelling.labels is None


def test_labels_that_were_removed_are_not_brought_back(
    labelling, add_scene, give_labels, empty_project
):
    first, second = add_scene("first"), add_scene("second")
    labelling.set_scene(first)
    empty_project.removeMapLayer(give_labels(labelling, "Forest").layer.id())
    labelling.set_scene(second)
    labelling.set_scene(first)
    assert labelling.labels is None


def test_a_label_file_that_is_open_already_is_the_users_to_choose(
    labelling, add_scene, give_labels, empty_project, tmp_path
):
    from qgis.core import QgsVectorLayer

    labelling.set_scene(add_scene())
    path = give_labels(labelling, "Forest").file.path
    empty_project.clear()
    theirs = QgsVectorLayer(f"{path}|layername=labels", "theirs", "ogr")
    empty_project.addMapLayer(theirs)
    labelling.set_scene(add_scene())
    assert labelling.labels is None
    assert len(empty_project.mapLayers()) == 2


def test_a_session_that_brings_its_labels_finds_no_others(
    labelling, add_scene, give_labels, empty_project
):
    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest")
    empty_project.clear()
    labelling.set_scene(add_scene(), find_labels=False)
    assert labelling.labels is None


def test_a_count_that_was_overtaken_is_not_told(labelling, add_scene, give_labels, until):
    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest")
    told = []
    labelling.statisticsChanged.connect(told.append)
    labelling._count()
    old = labelling._counting
    labelling._count()
    new = labelling._counting
    old.done.emit(("old",))
    assert told == []
    assert labelling._counting is new
    until(lambda: told)
    assert [entry.polygons for entry in told[-1]] == [1]


def test_a_count_that_the_user_cancelled_does_not_stop_the_next(
    labelling, add_scene, give_labels, until, qgis
):
    from qgis.PyQt import sip

    labelling.set_scene(add_scene())
    give_labels(labelling, "Forest")
    labelling._count()
    task = labelling._counting
    task.cancel()
    until(lambda: sip.isdeleted(task) or labelling._counting is None)
    told = []
    labelling.statisticsChanged.connect(told.append)
    labelling._count()
    until(lambda: told)


def test_a_file_of_a_scene_is_named_after_it_and_replaces_none(add_scene, tmp_path):
    from hsi_film_plugin.dock.labelling import new_path

    scene = add_scene()
    assert new_path(scene, "samples.safetensors") == tmp_path / "scene_samples.safetensors"
    (tmp_path / "scene_samples.safetensors").write_text("mine")
    assert new_path(scene, "samples.safetensors") == tmp_path / "scene_samples_2.safetensors"
    scene.setName("a/b")
    assert new_path(scene, "x.csv") == tmp_path / "a_b_x.csv"
