"""The page of the scene: layers to choose from, bands to show, labels and sessions."""

from __future__ import annotations

import pytest


@pytest.fixture
def page(labelling, stand_in, settings, until):
    from qgis.core import QgsApplication

    from hsi_film_plugin.dock.scene_page import ScenePage

    page = ScenePage(labelling, None)
    yield page
    page.close_page()
    until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)


@pytest.fixture
def answer(monkeypatch):
    """Answers the file dialogs with a path; empty for Cancel."""
    from qgis.PyQt.QtWidgets import QFileDialog

    def with_path(path):
        for name in ("getOpenFileName", "getSaveFileName"):
            monkeypatch.setattr(QFileDialog, name, lambda *arguments: (str(path), ""))

    return with_path


def offered(combo):
    return [combo.layer(i).name() for i in range(combo.count()) if combo.layer(i) is not None]


def colours(layer):
    renderer = layer.renderer()
    return renderer.redBand(), renderer.greenBand(), renderer.blueBand()


def test_an_empty_project_is_explained(page):
    assert not page.empty.isHidden()
    assert page.summary.isHidden()
    assert page.labelPath.isHidden()
    for widget in (page.preset, page.labelLayer, page.newLabels, page.saveSession):
        assert not widget.isEnabled()
    for widget in (page.openRaster, page.sampleScene, page.openSession):
        assert widget.isEnabled()


def test_only_hyperspectral_rasters_are_offered(page, add_scene, empty_project, polygons):
    add_scene("photo", bands=3)
    assert offered(page.sceneLayer) == []
    assert not page.empty.isHidden()
    add_scene("scene")
    empty_project.addMapLayer(polygons)
    assert offered(page.sceneLayer) == ["scene"]
    assert page.empty.isHidden()
    assert page.sceneLayer.currentLayer() is None  # which one, the user says


def test_choosing_a_scene_describes_it(page, labelling, add_scene):
    scene = add_scene(width=48)
    page.sceneLayer.setLayer(scene)
    assert labelling.scene is scene
    text = page.summary.text()
    for part in ("48 × 64 pixels", "20 of 20 bands", "400–2400 nm", "EPSG:32633"):
        assert part in text
    assert "scene_labels.gpkg" in page.labelPath.text()
    assert page.saveSession.isEnabled()
    assert page.newLabels.isEnabled()
    page.sceneLayer.setLayer(None)
    assert labelling.scene is None
    assert page.summary.isHidden()


def test_a_scene_without_crs_says_so(page, add_scene):
    page.sceneLayer.setLayer(add_scene(epsg=None))
    assert "no CRS" in page.summary.text()


def test_a_refused_scene_leaves_the_list_empty(page, labelling, add_scene):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene()
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    page.sceneLayer.setLayer(scene)
    assert page.sceneLayer.currentLayer() is None
    assert labelling.problems


def test_removing_the_scene_brings_the_explanation_back(page, labelling, add_scene, empty_project):
    scene = add_scene()
    page.sceneLayer.setLayer(scene)
    empty_project.removeMapLayer(scene.id())
    assert labelling.scene is None
    assert not page.empty.isHidden()
    assert page.sceneLayer.currentLayer() is None


def test_the_only_scene_of_a_project_is_chosen(page, labelling, add_scene):
    scene = add_scene("first")
    page.choose_first_scene()
    assert labelling.scene is scene
    assert page.sceneLayer.currentLayer() is scene


def test_of_two_scenes_none_is_chosen_unasked(page, labelling, add_scene):
    add_scene("first")
    add_scene("second")
    page.choose_first_scene()
    assert labelling.scene is None


def test_a_raster_is_opened_chosen_and_shown_in_true_colour(
    page, labelling, make_scene, tmp_path, answer, until
):
    answer(make_scene(tmp_path / "new.tif"))
    page.openRaster.click()
    assert labelling.scene.name() == "new"
    until(lambda: colours(labelling.scene) != (1, 2, 3))
    red, green, blue = colours(labelling.scene)
    assert red > green > blue


def test_a_file_that_is_no_scene_is_not_added(page, labelling, empty_project, tmp_path, answer):
    (tmp_path / "notes.txt").write_text("no raster")
    answer(tmp_path / "notes.txt")
    page.openRaster.click()
    assert empty_project.mapLayers() == {}
    assert len(labelling.problems) == 1
    answer("")
    page.openRaster.click()
    assert len(labelling.problems) == 1


def test_a_preset_changes_the_bands_of_the_picture(page, labelling, add_scene, until):
    scene = add_scene()
    page.sceneLayer.setLayer(scene)
    before = colours(scene)
    wanted = next(p for p in page._presets if p.bands is not None and p.bands != before)
    page.preset.setCurrentIndex(page.preset.findData(wanted.key))
    page.preset.activated.emit(page.preset.currentIndex())
    until(lambda: colours(scene) == wanted.bands)


def test_components_are_asked_of_the_engine(page, labelling, add_scene):
    wanted = []
    page.pictureWanted.connect(wanted.append)
    page.sceneLayer.setLayer(add_scene())
    page.preset.activated.emit(page.preset.findData("pca"))
    assert wanted == ["pca"]
    page.preset.activated.emit(0)  # as it is: without the picture above it
    assert wanted == ["pca", ""]


def test_the_preset_comes_back(page, labelling, add_scene, until):
    scene = add_scene()
    page.sceneLayer.setLayer(scene)
    assert page.state() == {"preset": ""}
    wanted = next(p for p in page._presets if p.bands not in (None, colours(scene)))
    page.restore({"preset": wanted.key})
    until(lambda: colours(scene) == wanted.bands)
    assert page.preset.currentData() == wanted.key
    assert page.state() == {"preset": wanted.key}
    for broken in ({}, {"preset": 3}, {"preset": ["pca"]}, {"preset": "nonsense"}):
        page.restore(broken)
        assert page.preset.currentData() == wanted.key


def test_bands_that_were_chosen_in_the_layers_styling_are_no_preset(page, add_scene, until):
    scene = add_scene()
    page.sceneLayer.setLayer(scene)
    page.restore({"preset": page._presets[0].key})
    until(lambda: colours(scene) == page._presets[0].bands)
    renderer = scene.renderer().clone()
    renderer.setRedBand(19)
    scene.setRenderer(renderer)
    assert page.state() == {"preset": ""}


def test_a_picture_comes_back_unless_the_project_has_brought_it(page, add_scene, empty_project):
    from hsi_film_plugin.dock.preview_layer import PICTURE_OF

    wanted = []
    page.pictureWanted.connect(wanted.append)
    scene = add_scene()
    page.sceneLayer.setLayer(scene)
    page.restore({"preset": "pca"})
    assert wanted == ["pca"]
    assert page.state() == {"preset": "pca"}
    add_scene("picture", bands=3).setCustomProperty(PICTURE_OF, scene.id())
    page.restore({"preset": "pca"})
    assert wanted == ["pca"]


def test_a_new_label_layer_is_made_where_the_user_says(
    page, labelling, add_scene, tmp_path, answer
):
    page.sceneLayer.setLayer(add_scene())
    answer("")
    page.newLabels.click()
    assert labelling.labels is None
    answer(tmp_path / "mine")
    page.newLabels.click()
    assert (tmp_path / "mine.gpkg").exists()
    assert page.labelLayer.currentLayer() is labelling.labels.layer
    assert page.labelPath.text() == str(tmp_path / "mine.gpkg")
    assert labelling.problems == []


def test_a_label_layer_is_never_made_over_another_file(
    page, labelling, add_scene, tmp_path, answer
):
    (tmp_path / "mine.gpkg").write_text("precious")
    page.sceneLayer.setLayer(add_scene())
    answer(tmp_path / "mine.gpkg")
    page.newLabels.click()
    assert (tmp_path / "mine.gpkg").read_text() == "precious"
    assert "mine.gpkg" in labelling.problems[0]


def test_another_label_layer_can_be_chosen(page, labelling, add_scene, tmp_path):
    page.sceneLayer.setLayer(add_scene())
    first = labelling.new_labels(tmp_path / "one.gpkg").layer
    second = labelling.new_labels(tmp_path / "two.gpkg").layer
    assert offered(page.labelLayer) == ["one", "two"]
    page.labelLayer.setLayer(first)
    assert labelling.labels.layer is first
    page.labelLayer.setLayer(None)
    assert labelling.labels is None
    page.labelLayer.setLayer(second)
    assert labelling.labels.layer is second


def test_a_layer_that_is_refused_is_not_shown_as_chosen(
    page, labelling, add_scene, empty_project, polygons
):
    """It has the fields of labels, but lives in memory."""
    page.sceneLayer.setLayer(add_scene())
    labels = labelling.ensure_labels()
    empty_project.addMapLayer(polygons)
    page.labelLayer.setLayer(polygons)
    assert "my labels" in labelling.problems[-1]
    assert labelling.labels is labels
    assert page.labelLayer.currentLayer() is labels.layer


def test_sessions_are_asked_for_by_their_path(page, add_scene, tmp_path, answer):
    asked = []
    page.openWanted.connect(lambda path: asked.append(("open", path)))
    page.saveWanted.connect(lambda path: asked.append(("save", path)))
    page.sceneLayer.setLayer(add_scene())
    answer("")
    page.openSession.click()
    page.saveSession.click()
    assert asked == []
    answer(tmp_path / "day one")
    page.saveSession.click()
    page.openSession.click()
    assert asked == [("save", str(tmp_path / "day one.gpkg")), ("open", str(tmp_path / "day one"))]


def test_a_dot_in_a_name_is_no_suffix(page, labelling, add_scene, tmp_path, answer):
    page.sceneLayer.setLayer(add_scene())
    answer(tmp_path / "v1.2 labels")
    page.newLabels.click()
    assert (tmp_path / "v1.2 labels.gpkg").exists()


def test_the_sample_scene_is_asked_for(page):
    asked = []
    page.sampleWanted.connect(lambda: asked.append(True))
    page.sampleScene.click()
    assert asked == [True]


def test_a_closed_page_does_not_follow_the_project(page, add_scene, labelling, stand_in, settings):
    from hsi_film_plugin.dock.scene_page import ScenePage

    other = ScenePage(labelling, None)
    other.close_page()
    add_scene()
    assert not other.empty.isHidden()
    assert page.empty.isHidden()
