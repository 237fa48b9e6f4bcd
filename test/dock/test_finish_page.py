"""The page of the final map: what it hands to Processing, refuses, and says of the results."""

from __future__ import annotations

from pathlib import Path

import pytest


class Run:
    """Takes the place of the run of an algorithm; a QObject, for its signals."""

    def __new__(cls):
        from qgis.PyQt.QtCore import QObject, pyqtSignal

        class Noting(QObject):
            finished = pyqtSignal(object)
            failed = pyqtSignal(str)

            def __init__(self):
                super().__init__()
                self.started, self.dialogs, self.warnings = [], [], ()

            def start(self, algorithm, parameters):
                self.started.append((algorithm, parameters))

            def open_dialog(self, algorithm, parameters):
                self.dialogs.append((algorithm, parameters))

        return Noting()


class Live:
    """As much of the live map as the page uses."""

    def __init__(self):
        from hsi_film_plugin.dock.live_state import PreviewSettings

        self.settings = PreviewSettings(backbone="big-one", device="cuda")


@pytest.fixture
def page(qgis, window, labelling):
    from hsi_film_plugin.dock.finish_page import FinishPage
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    run, live, samples = Run(), Live(), TrainingSamples()
    page = FinishPage(labelling, run, live, window.canvas, samples)
    page.runs, page.live, page.added, page.maps = run, live, samples, []
    page.mapMade.connect(lambda: page.maps.append(True))
    yield page
    page.close_page()


@pytest.fixture
def labels(page, labelling, add_scene, give_labels):
    labelling.set_scene(add_scene())
    return give_labels(labelling, "Forest", "Water")


def test_without_labels_nothing_can_be_run(page):
    assert not page.run.isEnabled()
    assert not page.dialog.isEnabled()
    assert not page.openReport.isEnabled()
    assert not page.openAssessment.isEnabled()
    page.train_and_classify()
    assert page.runs.started == []
    assert "first" in page.result.text()


def test_one_class_is_not_enough(page, labelling, add_scene, give_labels):
    labelling.set_scene(add_scene())
    labels = give_labels(labelling, "Forest")
    labels.classes.add("Water")  # of which there is no label
    page.run.click()
    assert page.runs.started == []
    assert "two classes" in page.result.text()


def test_a_folder_that_is_not_there_is_refused(page, labels, tmp_path):
    page.folder.setText(str(tmp_path / "none"))
    page.run.click()
    assert page.runs.started == []
    assert "none" in page.result.text()


def test_samples_that_were_added_train_too_until_they_are_removed(page, labels, tmp_path):
    assert page.removeSamples.isHidden()
    assert "SYNTHETIC" not in page.training_parameters()
    path = tmp_path / "reed.safetensors"
    path.write_text("")
    page.added.use(str(path))
    assert not page.removeSamples.isHidden()
    assert page.samples.text() == "reed"
    page.run.click()
    assert page.runs.started[0][1]["SYNTHETIC"] == str(path)
    page.removeSamples.click()
    assert page.removeSamples.isHidden()
    assert "SYNTHETIC" not in page.training_parameters()
    assert path.exists()


def test_samples_that_have_vanished_are_told_before_the_run(page, labels, tmp_path):
    page.added.use(str(tmp_path / "gone.safetensors"))
    page.run.click()
    assert page.runs.started == []
    assert "gone.safetensors" in page.result.text()


def test_warnings_of_the_engine_reach_the_user(page, labels):
    page.run.click()
    page.runs.warnings = ("Reed has two labels.",)
    page.runs.finished.emit({})
    assert page.result.text() == "The map is in the project. Reed has two labels."


def test_it_runs_on_scene_and_labels_of_the_project(page, labels, labelling):
    page.run.click()
    ((algorithm, parameters),) = page.runs.started
    assert algorithm == "hsifilm:trainandclassify"
    assert parameters["INPUT"] == labelling.scene.id()
    assert parameters["LABELS"] == labels.layer.id()
    assert parameters["CLASS_FIELD"] == "class_id"
    assert parameters["BACKBONE"] == "big-one"
    assert parameters["DEVICE"] == 2  # cuda
    assert "EXTENT" not in parameters
    for name in ("OUTPUT", "MODEL", "REPORT", "CONFIDENCE"):
        assert parameters[name] == "TEMPORARY_OUTPUT"


def test_its_parameters_are_those_of_the_algorithm(page, labels, qgis):
    from hsi_film_plugin.processing.train_and_classify import TrainAndClassify

    page.area.setCurrentIndex(page.area.findData("view"))
    algorithm = TrainAndClassify()
    algorithm.initAlgorithm({})
    known = {definition.name() for definition in algorithm.parameterDefinitions()}
    assert set(page.training_parameters()) <= known


def test_confidence_is_left_out_if_not_wanted(page, labels):
    page.confidence.click()
    assert "CONFIDENCE" not in page.training_parameters()


def test_what_the_canvas_shows_is_told_in_the_crs_of_the_scene(page, labels, window, labelling):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsProject,
        QgsRectangle,
    )

    page.area.setCurrentIndex(page.area.findData("view"))
    # a project's CRS without a name that could be written down
    mercator = QgsCoordinateReferenceSystem("EPSG:32633").toProj()
    custom = QgsCoordinateReferenceSystem.fromProj(mercator.replace("+zone=33", "+zone=32"))
    assert custom.authid() != "EPSG:32633"
    transform = QgsCoordinateTransform(labelling.grid.crs, custom, QgsProject.instance())
    wanted = QgsRectangle(500100, 5799500, 500400, 5799800)
    window.canvas.setDestinationCrs(custom)
    window.canvas.setExtent(transform.transformBoundingBox(wanted))
    text = page.training_parameters()["EXTENT"]
    assert text.endswith(" [EPSG:32633]")
    west, east, south, north = (float(edge) for edge in text.split(" [")[0].split(","))
    assert QgsRectangle(west, south, east, north).contains(wanted)
    assert labelling.scene.extent().contains(QgsRectangle(west, south, east, north))


def test_of_a_turned_canvas_all_that_is_visible_is_mapped(page, labels, window, labelling):
    from qgis.core import QgsRectangle

    page.area.setCurrentIndex(page.area.findData("view"))
    window.canvas.setExtent(QgsRectangle(500300, 5799650, 500340, 5799690))
    window.canvas.setRotation(45)
    text = page.training_parameters()["EXTENT"]
    west, east, south, north = (float(edge) for edge in text.split(" [")[0].split(","))
    seen = window.canvas.mapSettings().visibleExtent().intersect(labelling.scene.extent())
    assert QgsRectangle(west, south, east, north).contains(seen)


def test_the_extent_of_a_scene_without_crs_has_none(page, labelling, add_scene, window):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    labelling.set_scene(add_scene(epsg=None))
    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem())
    window.canvas.setExtent(QgsRectangle(0, -64, 64, 0))
    page.area.setCurrentIndex(page.area.findData("view"))
    assert page.training_parameters()["EXTENT"] == "0.0,64.0,-64.0,0.0"


def test_a_canvas_that_shows_nothing_of_the_scene_is_told(page, labels, window):
    from qgis.core import QgsRectangle

    page.area.setCurrentIndex(page.area.findData("view"))
    window.canvas.setExtent(QgsRectangle(600000, 5799360, 600640, 5800000))
    page.run.click()
    assert "shows nothing of “scene”" in page.result.text()
    page.tell("")
    page.dialog.click()
    assert "shows nothing of “scene”" in page.result.text()
    assert page.runs.started == page.runs.dialogs == []


def test_what_was_set_comes_back(page, qgis, window, labelling):
    import json

    from hsi_film_plugin.dock.finish_page import FinishPage

    page.folder.setText("/some/where")
    page.area.setCurrentIndex(page.area.findData("view"))
    page.confidence.setChecked(False)
    state = json.loads(json.dumps(page.state()))
    other = FinishPage(labelling, Run(), Live(), window.canvas, page.added)
    other.restore(state)
    assert other.state() == page.state() == state
    other.restore({"folder": 3, "area": ["all"], "confidence": "yes"})
    other.restore({})
    assert other.state() == state
    other.close_page()


def test_files_are_named_after_the_scene_and_never_overwritten(page, labels, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "scene_classes.tif").write_text("mine")
    (folder / "scene_model.safetensors").write_text("mine")
    (folder / "scene_model_2.safetensors").write_text("mine")
    page.folder.setText(f" {folder} ")
    parameters = page.training_parameters()
    assert Path(parameters["OUTPUT"]) == folder / "scene_classes_2.tif"
    assert Path(parameters["MODEL"]) == folder / "scene_model_3.safetensors"
    assert Path(parameters["REPORT"]) == folder / "scene_report.html"


def test_a_scene_whose_name_is_no_file_name(page, labels, labelling, tmp_path):
    labelling.scene.setName("a/b: <c>?")
    page.folder.setText(str(tmp_path))
    assert Path(page.training_parameters()["OUTPUT"]).parent == tmp_path


def test_the_folder_is_browsed_for(page, monkeypatch, tmp_path):
    from qgis.PyQt.QtWidgets import QFileDialog

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *arguments: str(tmp_path))
    page.browse.click()
    assert page.folder.text() == str(tmp_path)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *arguments: "")
    page.browse.click()
    assert page.folder.text() == str(tmp_path)


def test_more_options_open_the_window_of_the_algorithm(page, labels):
    page.dialog.click()
    ((algorithm, parameters),) = page.runs.dialogs
    assert algorithm == "hsifilm:trainandclassify"
    assert parameters["LABELS"] == labels.layer.id()
    assert page.runs.started == []


def test_there_is_one_run_at_a_time(page, labels):
    page.run.click()
    assert not page.run.isEnabled()
    assert not page.assess.isEnabled()
    page.train_and_classify()
    assert len(page.runs.started) == 1
    assert "Wait" in page.result.text()
    page.runs.failed.emit("The disk is <full>.")
    assert page.result.text() == "The disk is <full>."
    assert page.run.isEnabled()
    assert page.assess.isEnabled()
    assert not page.openReport.isEnabled()


def test_a_map_that_was_made_is_the_one_to_check(
    page, labels, write_map, tmp_path, empty_project, monkeypatch
):
    from qgis.core import QgsRasterLayer
    from qgis.PyQt.QtGui import QDesktopServices

    write_map(tmp_path / "map.tif", (500000, 5799360, 500640, 5800000), bands=1)
    (tmp_path / "report.html").write_text("report")
    page.run.click()
    layer = QgsRasterLayer(str(tmp_path / "map.tif"), "map")
    empty_project.addMapLayer(layer)
    page.runs.finished.emit({"OUTPUT": layer.id(), "REPORT": str(tmp_path / "report.html")})
    assert page.classMap.currentLayer() is layer
    assert page.maps == [True]
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    page.openReport.click()
    assert opened == [str(tmp_path / "report.html")]
    assert not page.openAssessment.isEnabled()


def test_a_report_that_has_vanished_is_told(page, labels, tmp_path, monkeypatch):
    from qgis.PyQt.QtGui import QDesktopServices

    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    page.run.click()
    page.runs.finished.emit({"OUTPUT": "", "REPORT": str(tmp_path / "gone.html")})
    page.openReport.click()
    assert opened == []
    assert "gone.html" in page.result.text()


def test_a_map_is_assessed_against_a_reference(
    page, labels, polygons, write_map, tmp_path, empty_project
):
    from qgis.core import QgsRasterLayer

    page.assess.click()
    assert page.runs.started == []
    assert "Choose" in page.result.text()
    write_map(tmp_path / "map.tif", (500000, 5799360, 500640, 5800000), bands=1)
    layer = QgsRasterLayer(str(tmp_path / "map.tif"), "map")
    empty_project.addMapLayer(layer)
    empty_project.addMapLayer(polygons)
    page.classMap.setLayer(layer)
    page.reference.setLayer(polygons)
    assert page.field.currentField() == "class_id"
    page.assess.click()
    ((algorithm, parameters),) = page.runs.started
    assert algorithm == "hsifilm:assessaccuracy"
    assert parameters["INPUT"] == layer.id()
    assert parameters["REFERENCE"] == polygons.id()
    assert parameters["CLASS_FIELD"] == "class_id"
    (tmp_path / "report.html").write_text("report")
    page.runs.finished.emit({"REPORT": str(tmp_path / "report.html")})
    assert page.openAssessment.isEnabled()
    assert not page.openReport.isEnabled()
    assert page.maps == []


@pytest.mark.parametrize(
    ("table", "figures"),
    [
        ('{"accuracy": {"overall_accuracy": 0.875, "balanced_accuracy": 0.75}}', True),
        ('{"accuracy": {"overall_accuracy": null}}', False),
        ("[]", False),
        ("{", False),
        (None, False),
    ],
)
def test_the_figures_of_a_comparison_are_told_if_there_are_any(
    page, labels, polygons, write_map, tmp_path, empty_project, table, figures
):
    from qgis.core import QgsRasterLayer

    write_map(tmp_path / "map.tif", (500000, 5799360, 500640, 5800000), bands=1)
    layer = QgsRasterLayer(str(tmp_path / "map.tif"), "map")
    empty_project.addMapLayers([layer, polygons])
    page.classMap.setLayer(layer)
    page.reference.setLayer(polygons)
    page.assess.click()
    if table is not None:
        (tmp_path / "table.json").write_text(table)
    page.runs.finished.emit({"REPORT": "", "TABLE": str(tmp_path / "table.json")})
    assert "compared" in page.result.text()
    assert ("87.5%" in page.result.text()) == figures


def test_neither_scenes_nor_own_labels_are_offered_for_the_check(page, labels, empty_project):
    layers = [page.classMap.layer(i) for i in range(page.classMap.count())]
    assert [layer for layer in layers if layer is not None] == []
    layers = [page.reference.layer(i) for i in range(page.reference.count())]
    assert [layer for layer in layers if layer is not None] == []


def test_layers_that_go_are_no_longer_chosen(page, labels, polygons, empty_project):
    empty_project.addMapLayer(polygons)
    page.reference.setLayer(polygons)
    empty_project.removeMapLayer(polygons.id())
    assert page.reference.currentLayer() is None
    page.assess.click()
    assert page.runs.started == []
