"""hsifilm:trainandclassify, down to the job that the engine gets."""

from __future__ import annotations


def test_one_job_trains_and_classifies(run, engine, scene, polygons, tmp_path):
    outputs = {
        "OUTPUT": str(tmp_path / "classes.tif"),
        "CONFIDENCE": str(tmp_path / "confidence.tif"),
        "MODEL": str(tmp_path / "model.safetensors"),
        "REPORT": str(tmp_path / "report.html"),
    }
    results = run(
        "trainandclassify",
        INPUT=scene,
        LABELS=polygons,
        CLASS_FIELD="class_name",
        EXTENT="500000,500040,5799960,5800000 [EPSG:32633]",
        MIN_CONFIDENCE=0.2,
        **outputs,
    )
    assert results == outputs
    assert [method for method, _ in engine.jobs] == ["train_and_classify"]
    job = engine.job
    assert job["input"] == scene
    assert job["class_field"] == "class_name"
    assert job["extent"] == [500000.0, 5799960.0, 500040.0, 5800000.0]
    assert job["min_confidence"] == 0.2
    assert [job[name] for name in ("output", "confidence", "model", "report")] == list(
        outputs.values()
    )
    assert "probabilities" not in job


def test_outputs_not_named_are_temporary_files(run, engine, scene, polygons):
    results = run(
        "trainandclassify",
        INPUT=scene,
        LABELS=polygons,
        CLASS_FIELD="class_name",
        OUTPUT="TEMPORARY_OUTPUT",
        MODEL="TEMPORARY_OUTPUT",
        REPORT="TEMPORARY_OUTPUT",
    )
    assert results["OUTPUT"].endswith(".tif")
    assert results["MODEL"].endswith(".safetensors")
    assert results["REPORT"].endswith(".html")
    assert "CONFIDENCE" not in results
