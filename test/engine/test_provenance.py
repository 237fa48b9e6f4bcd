"""Provenance: versions, hashes and settings, without a time or a folder of this machine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import Labels
from hsi_film_plugin.engine.provenance import run_provenance, software
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.training_settings import TrainingSettings
from hsi_film_plugin.engine.version import PLUGIN_VERSION

ROOT = Path(__file__).parents[2]


@pytest.fixture
def facts(make_fields, make_model):
    """Return a function that collects the provenance of a run."""
    fields = make_fields(40)
    none = np.zeros(0, np.int64)
    labels = Labels((LabelClass(1, "a", "#000000"),), none, none, none, none, (), "ab" * 32)

    def collect(spatial: bool = True, seed: int = 3) -> dict[str, str]:
        model = make_model(fields.raster, spatial=spatial)
        with Scene.open(fields.raster) as scene:
            return run_provenance(
                scene,
                labels,
                TrainingSettings(seed=seed),
                Device("cpu", "It was asked for.", bfloat16=True),
                model,
            )

    return collect


def test_the_version_is_that_of_the_plugin_s_metadata():
    assert f"version={PLUGIN_VERSION}\n" in (ROOT / "metadata.txt").read_text(encoding="utf-8")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", PLUGIN_VERSION)


def test_software_names_the_libraries_that_decide_the_numbers():
    found = software()
    assert found["HSI FiLM"] == PLUGIN_VERSION
    for library in ("Python", "torch", "diffusers", "numpy", "rasterio"):
        assert re.search(rf"{library} \d", found["Engine"])


def test_a_run_tells_data_seed_device_precision_and_backbone(facts):
    found = facts()
    assert found["Scene"] == "fields.tif"
    assert re.fullmatch("[0-9a-f]{64}", found["Scene sha256"])
    assert found["Labels sha256"] == "ab" * 32
    assert found["Seed"] == "3"
    assert found["Device"] == "cpu"
    assert found["Device reason"] == "It was asked for."
    assert found["Precision"] == "bfloat16 backbone"
    assert re.fullmatch("tiny, sha256 [0-9a-f]{64}", found["Backbone"])
    assert "Backbone" not in facts(spatial=False)


def test_equal_runs_give_equal_text_without_a_folder(facts, tmp_path):
    assert facts() == facts()
    assert str(tmp_path) not in str(facts())
    assert facts(seed=4) != facts()


def test_what_training_has_noted_in_the_model_is_told_too(make_fields, make_model):
    fields = make_fields(40)
    none = np.zeros(0, np.int64)
    labels = Labels((LabelClass(1, "a", "#000000"),), none, none, none, none, (), "ab" * 32)
    model = replace(
        make_model(fields.raster, spatial=False),
        provenance={"Synthetic samples": "5", "Seed": "another"},
    )
    with Scene.open(fields.raster) as scene:
        found = run_provenance(
            scene, labels, TrainingSettings(seed=3), Device("cpu", "", bfloat16=False), model
        )
    assert (found["Synthetic samples"], found["Seed"]) == ("5", "3")
