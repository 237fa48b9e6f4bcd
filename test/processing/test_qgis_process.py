"""The algorithms under the real qgis_process, in a throw-away profile, without a screen."""

from __future__ import annotations

import json
import subprocess

import pytest


@pytest.fixture
def qgis_process(environment, program):
    def run(*arguments, **changes):
        return subprocess.run(
            [program, *arguments],
            env={**environment, **changes},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


def test_the_algorithms_are_listed(qgis_process):
    providers = json.loads(qgis_process("--json", "list").stdout)["providers"]
    assert set(providers["hsifilm"]["algorithms"]) == {
        "hsifilm:assessaccuracy",
        "hsifilm:classifyraster",
        "hsifilm:createsamplescene",
        "hsifilm:evaluatesamples",
        "hsifilm:extractfeatures",
        "hsifilm:synthesizesamples",
        "hsifilm:trainandclassify",
        "hsifilm:trainclassifier",
        "hsifilm:trainsynthesizer",
    }


def test_the_sample_scene_is_made_without_an_engine(qgis_process, tmp_path):
    done = qgis_process(
        "--json",
        "run",
        "hsifilm:createsamplescene",
        "--WIDTH=32",
        "--HEIGHT=24",
        f"--OUTPUT={tmp_path / 'scene.tif'}",
        f"--TRAINING={tmp_path / 'training.gpkg'}",
        f"--REFERENCE={tmp_path / 'reference.gpkg'}",
        HSIFILM_ENGINE_PYTHON=str(tmp_path / "none"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"]["OUTPUT"] == str(tmp_path / "scene.tif")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "reference.gpkg",
        "scene.tif",
        "training.gpkg",
    ]


def test_a_missing_engine_is_an_error_that_names_the_way_out(qgis_process, scene, tmp_path):
    done = qgis_process(
        "run",
        "hsifilm:extractfeatures",
        f"--INPUT={scene}",
        f"--OUTPUT={tmp_path / 'features.tif'}",
        HSIFILM_ENGINE_PYTHON=str(tmp_path / "no-python"),
    )
    assert done.returncode != 0
    assert "no-python" in done.stdout + done.stderr
    assert not (tmp_path / "features.tif").exists()
