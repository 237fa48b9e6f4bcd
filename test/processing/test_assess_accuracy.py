"""hsifilm:assessaccuracy, down to the job that the engine gets."""

from __future__ import annotations

import pytest


def test_a_map_is_assessed_against_polygons(run, engine, scene, polygons, tmp_path):
    outputs = {"REPORT": str(tmp_path / "report.html"), "TABLE": str(tmp_path / "table.json")}
    results = run(
        "assessaccuracy", INPUT=scene, REFERENCE=polygons, CLASS_FIELD="class_id", **outputs
    )
    assert results == outputs
    assert [method for method, _ in engine.jobs] == ["assess"]
    assert engine.job["input"] == scene
    assert engine.job["reference_layer"] == "labels"
    assert engine.job["class_field"] == "class_id"
    assert engine.job["report"] == outputs["REPORT"]
    assert engine.job["table"] == outputs["TABLE"]
    assert engine.labels_seen.startswith(b"fgb")


def test_a_reference_raster_needs_no_field(run, engine, scene, tmp_path):
    reference = tmp_path / "reference.tif"
    reference.write_bytes((tmp_path / "scene.tif").read_bytes())
    run("assessaccuracy", INPUT=scene, REFERENCE=str(reference), TABLE=str(tmp_path / "table.json"))
    assert engine.job["reference"] == str(reference)
    assert "class_field" not in engine.job
    assert "reference_layer" not in engine.job


def test_a_reference_without_the_field_is_refused(run, engine, scene, polygons, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=r"no field “landuse”.*class_name"):
        run("assessaccuracy", INPUT=scene, REFERENCE=polygons, CLASS_FIELD="landuse")
    assert engine.jobs == []
