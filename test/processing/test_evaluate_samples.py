"""hsifilm:evaluatesamples, down to the job that the engine gets."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def evaluate(run, engine, scene, polygons, tmp_path):
    for name in ("samples", "synthesizer"):
        (tmp_path / f"{name}.safetensors").write_text("")

    def evaluate_with(**parameters):
        given = {
            "INPUT": scene,
            "LABELS": polygons,
            "CLASS_FIELD": "class_id",
            "REPORT": str(tmp_path / "report.html"),
            "TABLE": str(tmp_path / "table.json"),
            **parameters,
        }
        return run("evaluatesamples", **given)

    return evaluate_with


@pytest.mark.parametrize(("name", "key"), [("SAMPLES", "samples"), ("SYNTHESIZER", "synthesizer")])
def test_either_of_both_is_judged_by_scene_and_labels(evaluate, engine, scene, tmp_path, name, key):
    path = str(tmp_path / f"{key}.safetensors")
    results = evaluate(**{name: path}, SEED=3, DEVICE=1, TEXT_ENCODER="folder")
    ((method, job),) = engine.jobs
    assert method == "evaluate_samples"
    assert job[key] == path
    assert len({"samples", "synthesizer"} & set(job)) == 1
    assert (job["input"], job["class_field"], job["seed"]) == (scene, "class_id", 3)
    assert (job["device"], job["text_encoder"]) == ("cpu", "folder")
    assert engine.labels_seen.startswith(b"fgb")
    assert not Path(job["labels"]).exists()
    assert results == {
        "REPORT": str(tmp_path / "report.html"),
        "TABLE": str(tmp_path / "table.json"),
    }


def test_neither_of_both_is_refused(evaluate, engine):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Give a synthesizer or a file of samples"):
        evaluate()
    assert engine.jobs == []


def test_both_are_refused(evaluate, engine, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Leave one of them empty"):
        evaluate(
            SAMPLES=str(tmp_path / "samples.safetensors"),
            SYNTHESIZER=str(tmp_path / "synthesizer.safetensors"),
        )
    assert engine.jobs == []


def test_a_cancelled_run_gives_no_outputs(evaluate, engine, tmp_path):
    from hsi_film_plugin.bridge.client import EngineCancelled

    engine.failure = EngineCancelled()
    assert evaluate(SAMPLES=str(tmp_path / "samples.safetensors")) == {}
