"""hsifilm:synthesizesamples, down to the job that the engine gets."""

from __future__ import annotations

import pytest


@pytest.fixture
def synthesize(run, engine, tmp_path):
    (tmp_path / "synthesizer.safetensors").write_text("")

    def synthesize_with(**parameters):
        given = {
            "SYNTHESIZER": str(tmp_path / "synthesizer.safetensors"),
            "SAMPLES": str(tmp_path / "samples.safetensors"),
            **parameters,
        }
        return run("synthesizesamples", **given)

    return synthesize_with


def test_what_the_user_left_alone_is_left_to_the_engine(synthesize, engine, tmp_path):
    results = synthesize()
    ((method, job),) = engine.jobs
    assert method == "synthesize"
    assert job == {
        "synthesizer": str(tmp_path / "synthesizer.safetensors"),
        "samples": str(tmp_path / "samples.safetensors"),
        "seed": 0,
        "device": "auto",
    }
    assert results["SAMPLES"] == str(tmp_path / "samples.safetensors")


def test_what_the_user_chose_reaches_the_engine(synthesize, engine, tmp_path):
    paths = {
        "OUTPUT": str(tmp_path / "mosaic.tif"),
        "LABELS": str(tmp_path / "labels.tif"),
        "LIBRARY": str(tmp_path / "library.sli"),
    }
    results = synthesize(
        CLASS="Reed",
        PROMPT="reed, with water to the north",
        NEGATIVE_PROMPT="shadow",
        COUNT=500,
        GUIDANCE=0.5,
        STEPS=25,
        SEED=7,
        TEXT_ENCODER="owner/name@0123",
        DEVICE=2,
        **paths,
    )
    job = engine.job
    assert (job["class"], job["prompt"]) == ("Reed", "reed, with water to the north")
    assert job["negative_prompt"] == "shadow"
    assert (job["count"], job["guidance"], job["steps"], job["seed"]) == (500, 0.5, 25, 7)
    assert job["text_encoder"] == "owner/name@0123"
    assert job["device"] == "cuda"
    assert "balance" not in job
    assert (job["output"], job["label_raster"], job["library"]) == tuple(paths.values())
    assert {name: results[name] for name in paths} == paths


def test_a_balance_takes_the_place_of_a_number(synthesize, engine):
    synthesize(BALANCE=0.5)
    assert engine.job["balance"] == 0.5
    assert "count" not in engine.job


def test_a_number_with_a_balance_is_refused(synthesize, engine):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Leave one of them empty"):
        synthesize(BALANCE=0, COUNT=10)
    assert engine.jobs == []


@pytest.mark.parametrize("count", [0, 10_001])
def test_numbers_beyond_the_limits_are_refused(synthesize, engine, count):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException):
        synthesize(COUNT=count)
    assert engine.jobs == []


def test_blanks_are_left_to_the_engine_to_refuse(synthesize, engine):
    synthesize(PROMPT="  ")
    assert engine.job["prompt"] == "  "


def test_a_cancelled_run_gives_no_outputs(synthesize, engine):
    from hsi_film_plugin.bridge.client import EngineCancelled

    engine.failure = EngineCancelled()
    assert synthesize() == {}


def test_the_labels_load_with_class_colours_and_the_mosaic_in_true_colour(
    provider, engine, write_samples, write_raster, tmp_path
):
    import processing
    from qgis.core import QgsProject

    (tmp_path / "synthesizer.safetensors").write_text("")
    engine.result = {"classes": [{"value": 2, "name": "Reed", "color": "#aabb11"}]}

    def made(method, params, *others):
        write_samples(params["samples"], wavelengths=range(400, 1000, 30))
        write_raster(params["output"], bands=20)
        write_raster(params["label_raster"], bands=1)
        return engine.result

    engine.run = made
    try:
        processing.runAndLoadResults(
            "hsifilm:synthesizesamples",
            {
                "SYNTHESIZER": str(tmp_path / "synthesizer.safetensors"),
                "OUTPUT": str(tmp_path / "mosaic.tif"),
                "LABELS": str(tmp_path / "labels.tif"),
                "SAMPLES": str(tmp_path / "samples.safetensors"),
            },
        )
        (mosaic,) = QgsProject.instance().mapLayersByName("Synthetic samples")
        renderer = mosaic.renderer()
        # of 20 bands from 400 to 970 nm, those nearest to 650, 550 and 470
        assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (9, 6, 3)
        (labels,) = QgsProject.instance().mapLayersByName("Synthetic samples – classes")
        (entry,) = labels.renderer().classes()
        assert (entry.value, entry.label, entry.color.name()) == (2, "Reed", "#aabb11")
    finally:
        QgsProject.instance().clear()
