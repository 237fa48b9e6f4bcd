"""From labels to synthetic samples and a model trained with them, under the real qgis_process."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run_process(qgis, environment, program, tmp_path_factory):
    """Runs one of our algorithms in a qgis_process of its own; returns its results."""
    from hsi_film_plugin.bridge.environment import engine_status

    status = engine_status()
    if not status.ready:
        pytest.skip(status.message)
    variables = {
        **environment,
        "HSIFILM_ENGINE_PYTHON": str(status.python),
        "OMP_NUM_THREADS": "1",
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
    }

    def run(name, **parameters):
        done = subprocess.run(
            [program, "--json", "run", f"hsifilm:{name}"]
            + [f"--{key}={value}" for key, value in parameters.items()],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["results"]

    return run


@pytest.fixture(scope="module")
def work(run_process, tmp_path_factory):
    """A sample scene, a synthesizer trained on it for a moment, and samples of two classes."""
    folder = tmp_path_factory.mktemp("work")
    paths = {
        name: folder / file
        for name, file in (
            ("scene", "scene.tif"),
            ("training", "training.gpkg"),
            ("reference", "reference.gpkg"),
            ("synthesizer", "synthesizer.safetensors"),
            ("report", "report.html"),
            ("words", "words.csv"),
            ("samples", "samples.safetensors"),
            ("mosaic", "mosaic.tif"),
            ("labels", "labels.tif"),
            ("library", "library.sli"),
        )
    }
    run_process(
        "createsamplescene",
        WIDTH=48,
        HEIGHT=48,
        OUTPUT=paths["scene"],
        TRAINING=paths["training"],
        REFERENCE=paths["reference"],
    )
    run_process(
        "trainsynthesizer",
        INPUT=paths["scene"],
        LABELS=paths["training"],
        CLASS_FIELD="class_id",
        PATCH_SIZE=8,
        EFFORT=0.01,
        DEVICE=1,
        SYNTHESIZER=paths["synthesizer"],
        REPORT=paths["report"],
        PROMPT_TABLE=paths["words"],
    )
    run_process(
        "synthesizesamples",
        SYNTHESIZER=paths["synthesizer"],
        COUNT=3,
        STEPS=4,
        DEVICE=1,
        OUTPUT=paths["mosaic"],
        LABELS=paths["labels"],
        SAMPLES=paths["samples"],
        LIBRARY=paths["library"],
    )
    return paths


def test_the_outputs_are_there(work):
    assert [name for name, path in work.items() if not path.exists()] == []
    assert "class,description" in work["words"].read_text(encoding="utf-8")
    assert "reconstruction" in work["report"].read_text(encoding="utf-8")


def test_the_dock_can_read_them(work):
    from hsi_film_plugin.dock.sample_pictures import picture, stretch_of
    from hsi_film_plugin.layers.sample_reader import read_samples, read_synthesizer

    facts = read_synthesizer(work["synthesizer"])
    assert len(facts.counts) == len(facts.classes)
    assert all(facts.prompts)
    assert facts.words
    assert len(facts.wavelengths) > 50
    samples = read_samples(work["samples"])
    assert samples.counts() == {known.name: 3 for known in facts.classes}
    assert samples.wavelengths == facts.wavelengths
    assert picture(samples, 0, stretch_of(samples)).std() > 0
    word = samples.prompt_of(0).split()[0].strip(",")
    attention = samples.attention_of(0, 0, len(word))
    assert attention.max() > 0


def test_the_rasters_are_marked_as_synthetic(work):
    from osgeo import gdal

    for name in ("mosaic", "labels"):
        raster = gdal.Open(str(work[name]))
        assert raster.GetMetadataItem("HSIFILM_SYNTHETIC") == "YES"
    assert gdal.Open(str(work["mosaic"])).RasterCount > 50


def test_the_words_can_be_given_back(work):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.layers.description_table import capture_descriptions
    from hsi_film_plugin.layers.sample_reader import read_synthesizer

    table = capture_descriptions(QgsVectorLayer(str(work["words"]), "words", "ogr"), "Words")
    classes = {known.name for known in read_synthesizer(work["synthesizer"]).classes}
    assert {known for known, _ in table.rows} == classes


def test_samples_are_judged(work, run_process, tmp_path):
    run_process(
        "evaluatesamples",
        SAMPLES=work["samples"],
        INPUT=work["scene"],
        LABELS=work["reference"],
        CLASS_FIELD="class_id",
        DEVICE=1,
        REPORT=tmp_path / "report.html",
        TABLE=tmp_path / "table.json",
    )
    assert "do not use" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()
    assert json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))


def test_a_classifier_is_trained_with_samples(work, run_process, tmp_path):
    results = run_process(
        "trainclassifier",
        INPUT=work["scene"],
        LABELS=work["training"],
        CLASS_FIELD="class_id",
        SYNTHETIC=work["samples"],
        TIMESTEP=0,
        BLOCKS="-2",
        ENSEMBLE=1,
        DEVICE=1,
        MODEL=tmp_path / "model.safetensors",
        REPORT=tmp_path / "report.html",
    )
    assert os.path.getsize(results["MODEL"]) > 0
    assert "synthetic" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()
