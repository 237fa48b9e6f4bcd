"""hsifilm:trainclassifier, down to the job that the engine gets."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def train(run, engine, scene, polygons, tmp_path):
    def train_with(**parameters):
        given = {
            "INPUT": scene,
            "LABELS": polygons,
            "CLASS_FIELD": "class_id",
            "MODEL": str(tmp_path / "model.safetensors"),
            "REPORT": str(tmp_path / "report.html"),
            **parameters,
        }
        return run("trainclassifier", **given)

    return train_with


def test_outputs_are_the_files_that_the_engine_wrote(train, tmp_path):
    results = train()
    assert results == {
        "MODEL": str(tmp_path / "model.safetensors"),
        "REPORT": str(tmp_path / "report.html"),
    }
    assert Path(results["MODEL"]).read_text() == "model"


def test_what_the_user_left_alone_is_left_to_the_engine(train, engine, scene):
    train()
    assert engine.jobs[0][0] == "train"
    for name in ("backbone", "synthetic", "timestep", "blocks", "ensemble"):
        assert name not in engine.job
    assert engine.job["input"] == scene
    assert engine.job["seed"] == 0
    assert engine.job["device"] == "auto"
    assert engine.job["pseudo_image"] == "auto"


def test_what_the_user_chose_reaches_the_engine(train, engine, tmp_path):
    (tmp_path / "backbone").mkdir()
    (tmp_path / "more.safetensors").write_text("")
    train(
        BACKBONE=str(tmp_path / "backbone"),
        SYNTHETIC=str(tmp_path / "more.safetensors"),
        SEED=5,
        TIMESTEP=0,
        BLOCKS="-2, -3",
        PSEUDO_IMAGE=2,
        ENSEMBLE=3,
        DEVICE=1,
    )
    assert engine.job["backbone"] == str(tmp_path / "backbone")
    assert engine.job["synthetic"] == str(tmp_path / "more.safetensors")
    assert engine.job["seed"] == 5
    assert engine.job["timestep"] == 0
    assert engine.job["blocks"] == [-2, -3]
    assert engine.job["pseudo_image"] == "pca"
    assert engine.job["ensemble"] == 3
    assert engine.job["device"] == "cpu"


def test_labels_travel_as_a_file_that_is_gone_afterwards(train, engine):
    train()
    assert engine.job["class_field"] == "class_id"
    assert engine.job["labels_layer"] == "labels"
    assert engine.labels_seen.startswith(b"fgb")
    assert not Path(engine.job["labels"]).exists()


def test_a_report_can_be_left_out(train, engine):
    results = train(REPORT=None)
    assert "report" not in engine.job
    assert not results["REPORT"]


def test_a_vector_layer_without_class_field_is_refused_before_the_run(train, engine):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=r"Class field.*my labels.*class_id"):
        train(CLASS_FIELD=None)
    assert engine.jobs == []


def test_the_scene_is_refused_as_its_own_labels(train, engine, scene):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=r"Training labels.*itself"):
        train(LABELS=scene, CLASS_FIELD=None)
    assert engine.jobs == []


def test_blocks_that_are_no_numbers_are_refused(train, engine):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Decoder blocks"):
        train(BLOCKS="last")
    assert engine.jobs == []


def test_the_engines_sentence_is_the_error(train, engine):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.bridge.client import EngineFailure

    engine.failure = EngineFailure("The labels hold one class only (Wald).", "InputError")
    with pytest.raises(QgsProcessingException, match=r"The labels hold one class only \(Wald\)."):
        train()


def test_a_cancelled_run_gives_no_outputs(train, engine, feedback):
    from hsi_film_plugin.bridge.client import EngineCancelled

    engine.failure = EngineCancelled()
    assert train() == {}
    assert feedback.errors == []


def test_warnings_accuracy_and_device_are_told(train, engine, feedback):
    engine.result = {
        "warnings": ["3 polygons lie outside the raster."],
        "device": "cpu",
        "device_reason": "no GPU was found",
        "accuracy": {"overall_accuracy": 0.912, "balanced_accuracy": 0.875},
    }
    train()
    assert feedback.warnings == ["3 polygons lie outside the raster."]
    told = "\n".join(feedback.infos)
    assert "cpu (no GPU was found)" in told
    assert "held out of training" in told
    assert "91.2%" in told
    assert "87.5%" in told
    assert "Half way" in feedback.texts
