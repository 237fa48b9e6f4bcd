"""The demo checks what a user names before it starts anything, and says what to do instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from osgeo import gdal, ogr

from tools import demo


@pytest.fixture
def raster(tmp_path) -> Path:
    path = tmp_path / "scene.tif"
    gdal.GetDriverByName("GTiff").Create(str(path), 4, 3, 2)
    return path


@pytest.fixture
def labels(tmp_path) -> Path:
    path = tmp_path / "labels.gpkg"
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = dataset.CreateLayer("polygons", geom_type=ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("class_name", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("class_id", ogr.OFTInteger))
    return path


def test_sample_scene_is_meant_when_nothing_is_named():
    assert demo.user_job(None, None, None) is None


def test_vector_labels_are_taken_with_their_field(raster, labels):
    assert demo.user_job(raster, str(labels), "class_id") == demo.Job(
        raster, str(labels), "class_id"
    )


def test_a_layer_of_the_label_file_can_be_named(raster, labels):
    job = demo.user_job(raster, f"{labels}|layername=polygons", "class_id")
    assert job.labels == f"{labels}|layername=polygons"


def test_label_raster_needs_no_field(raster, tmp_path):
    path = tmp_path / "labels.tif"
    gdal.GetDriverByName("GTiff").Create(str(path), 4, 3, 1)
    assert demo.user_job(raster, str(path), None) == demo.Job(raster, str(path), None)


def test_relative_paths_are_those_of_the_caller(raster, labels, monkeypatch):
    monkeypatch.chdir(raster.parent)
    job = demo.user_job(Path(raster.name), labels.name, "class_id")
    assert (job.raster, job.labels) == (raster, str(labels))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"raster"}, "RASTER is given but not LABELS"),
        ({"labels"}, "LABELS is given but not RASTER"),
        ({"field"}, "FIELD is given but not RASTER and LABELS"),
    ],
)
def test_half_of_the_parameters_is_refused(raster, labels, given, message):
    with pytest.raises(demo.DemoError, match=message):
        demo.user_job(
            raster if "raster" in given else None,
            str(labels) if "labels" in given else None,
            "class_id" if "field" in given else None,
        )


@pytest.mark.parametrize("field", ["klass", None])
def test_wrong_or_missing_field_names_the_fields_there_are(raster, labels, field):
    with pytest.raises(demo.DemoError, match=r"FIELD.*Its fields are: class_name, class_id"):
        demo.user_job(raster, str(labels), field)


def test_missing_layer_names_the_layers_there_are(raster, labels):
    with pytest.raises(demo.DemoError, match=r"no layer roads.*polygons"):
        demo.user_job(raster, f"{labels}|layername=roads", "class_id")


def test_missing_files_are_named(raster, labels, tmp_path):
    with pytest.raises(demo.DemoError, match=r"RASTER=.*nowhere\.tif does not exist"):
        demo.user_job(tmp_path / "nowhere.tif", str(labels), "class_id")
    with pytest.raises(demo.DemoError, match=r"LABELS=.*nowhere\.gpkg does not exist"):
        demo.user_job(raster, str(tmp_path / "nowhere.gpkg"), "class_id")


def test_file_that_is_no_raster_is_refused(labels, tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("no raster")
    with pytest.raises(demo.DemoError, match=r"RASTER=.*notes\.tif cannot be read"):
        demo.user_job(path, str(labels), "class_id")


def test_refusal_ends_with_a_sentence_and_status_1(tmp_path, capsys):
    arguments = ["--output", str(tmp_path / "out"), "--engine-python", "python"]
    assert demo.main([*arguments, "--raster", str(tmp_path / "nowhere.tif")]) == 1
    assert "RASTER is given but not LABELS" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_summary_names_every_product_and_the_held_out_accuracy(tmp_path):
    table = {"overall_accuracy": 0.914, "balanced_accuracy": 0.887}
    text = demo.summary(tmp_path, ["Overall accuracy: 85.1%"], table)
    for name in (
        "classes.tif",
        "confidence.tif",
        "report.html",
        "model.safetensors",
        "preview.png",
    ):
        assert str(tmp_path / name) in text
    for accuracy in ("85.1%", "91.4%", "88.7%"):
        assert accuracy in text


def test_summary_says_when_nothing_could_be_validated(tmp_path):
    text = demo.summary(tmp_path, [], None)
    assert "not possible with these labels" in text
    assert "held out" not in text


def test_validated_accuracy_is_found_between_the_dots_of_progress():
    said = "..90Overall accuracy: 85.1%\n..Balanced accuracy: 80.0%\nKappa: 0.8\n"
    assert demo.validated_accuracy(said) == ["Overall accuracy: 85.1%", "Balanced accuracy: 80.0%"]


def test_what_a_program_says_is_passed_on_and_a_failure_stops_the_demo(
    tmp_path, monkeypatch, capfd
):
    program = tmp_path / "qgis_process"
    program.write_text('#!/bin/sh\necho "$1 $2 $3"\ntest "$2" = good:one\n')
    program.chmod(0o755)
    monkeypatch.setattr(demo.shutil, "which", lambda name: str(program))
    process = demo.QgisProcess(tmp_path / "profile", tmp_path / "python")
    assert process.run("good:one", {"A": 1}) == "run good:one --A=1\n"
    assert "run good:one --A=1" in capfd.readouterr().out
    with pytest.raises(demo.DemoError, match="bad:one failed"):
        process.run("bad:one", {})


def test_interrupted_run_is_no_success_and_shows_no_older_map(tmp_path, raster, labels):
    class Interrupted:
        def run(self, algorithm, parameters):
            return "Cancelled: nothing is left.\n"

    (tmp_path / "classes.tif").write_text("an older run's")
    with pytest.raises(demo.DemoError, match="interrupted"):
        demo.classify(Interrupted(), demo.Job(raster, str(labels), "class_id"), tmp_path)


@pytest.mark.skipif("HSIFILM_ENGINE_PYTHON" not in os.environ, reason="needs the engine: make test")
def test_map_that_is_the_truth_has_a_held_out_accuracy_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "SAMPLE_SIZE", 64)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    engine = Path(os.environ["HSIFILM_ENGINE_PYTHON"])
    process = demo.QgisProcess(tmp_path / "profile", engine)
    job = demo.make_sample(process, tmp_path)
    scene = gdal.Open(str(job.raster))
    truth = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "classes.tif"), 64, 64, 1)
    truth.SetGeoTransform(scene.GetGeoTransform())
    truth.SetProjection(scene.GetProjection())
    reference = ogr.Open(str(job.reference))
    gdal.RasterizeLayer(truth, [1], reference.GetLayer(0), options=["ATTRIBUTE=class_id"])
    del truth
    accuracy = demo.held_out(process, job, tmp_path)
    assert accuracy["overall_accuracy"] == 1
    assert accuracy["balanced_accuracy"] == 1
    # What training touches is taken out of the reference, and nothing else is.
    training = gdal.GetDriverByName("MEM").Create("", 64, 64, 1)
    training.SetGeoTransform(scene.GetGeoTransform())
    labels = ogr.Open(job.labels)
    gdal.RasterizeLayer(
        training, [1], labels.GetLayer(0), burn_values=[1], options=["ALL_TOUCHED=TRUE"]
    )
    assert accuracy["n"] == 64 * 64 - training.ReadAsArray().sum()
