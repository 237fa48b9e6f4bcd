"""The mark of synthetic files: refused as truth, and passed on to what is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from hsi_film_plugin.engine.assessment_report import assess_map
from hsi_film_plugin.engine.class_map import read_class_map
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.grid import GridWindow
from hsi_film_plugin.engine.jobs import JOBS
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.model_file import save_model
from hsi_film_plugin.engine.parameters import LabelSource
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthetic_mark import is_synthetic, marks


def mark(path: Path) -> Path:
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(HSIFILM_SYNTHETIC="YES")
    return path


def tags_of(path: Path) -> dict[str, str]:
    with rasterio.open(path) as dataset:
        return dataset.tags()


def test_only_the_mark_itself_counts():
    assert is_synthetic({}, {"HSIFILM_SYNTHETIC": "YES"})
    assert is_synthetic({"hsifilm_synthetic": " yes "})
    assert not is_synthetic({}, {"HSIFILM_SYNTHETIC": "NO"})
    # what maps of models that were trained with samples, too, carry
    assert not is_synthetic({"HSIFILM_SYNTHETIC_SAMPLES": "YES"})


def test_a_part_of_a_synthetic_raster_is_synthetic(make_raster):
    cube = np.ones((2, 6, 7), np.float32)
    for path, expected in (
        (make_raster("a.tif", cube), False),
        (mark(make_raster("b.tif", cube)), True),
    ):
        with Scene.open(path) as scene:
            assert scene.synthetic == expected
            part = GridWindow.of(scene, 1, 1, 3, 3)
        assert part.synthetic == expected
        assert marks(part) == ({"HSIFILM_SYNTHETIC": "YES"} if expected else {})


def test_labels_are_neither_read_from_synthetic_rasters_nor_onto_them(make_raster):
    scene_path = make_raster("scene.tif", np.random.default_rng(0).random((3, 8, 8)).astype("f4"))
    labels = make_raster("labels.tif", np.ones((8, 8), np.uint8))
    with Scene.open(scene_path) as scene:
        assert len(read_labels(labels, scene, None).rows) == 64
        mark(labels)
        with pytest.raises(InputError, match=r"'labels\.tif' holds the labels of synthetic.*SYNTH"):
            read_labels(labels, scene, None)
    mark(scene_path)
    real = make_raster("real.tif", np.ones((8, 8), np.uint8))
    with (
        Scene.open(scene_path) as scene,
        pytest.raises(InputError, match=r"'scene\.tif' holds synthetic samples.*to SYNTHETIC"),
    ):
        read_labels(real, scene, None)


@pytest.mark.parametrize("job", ["train", "train_and_classify", "preview", "suggest"])
@pytest.mark.parametrize("which", ["input", "labels"])
def test_no_job_learns_from_synthetic_rasters(make_raster, tmp_path: Path, job: str, which: str):
    values = np.kron(np.eye(2, dtype=np.uint8) + 1, np.ones((16, 16), np.uint8))
    cube = np.random.default_rng(0).random((4, 32, 32)) + values
    paths = {
        "input": make_raster("scene.tif", cube.astype(np.float32)),
        "labels": make_raster("labels.tif", values),
    }
    mark(paths[which])
    out = tmp_path / "out"
    out.mkdir()
    params = {name: str(path) for name, path in paths.items()} | {
        "device": "cpu",
        "model": str(out / "m.safetensors"),
        "output": str(out / "map.tif"),
        "cache": str(out),
        "use_backbone": False,
    }
    with pytest.raises(InputError, match=rf"'{paths[which].name}' holds .*synthetic samples"):
        JOBS[job](params, Progress())
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("which", ["map", "reference"])
def test_nothing_synthetic_is_assessed_or_judges(make_raster, which: str):
    values = np.kron(np.eye(2, dtype=np.uint8) + 1, np.ones((8, 8), np.uint8))
    paths = {"map": make_raster("map.tif", values), "reference": make_raster("truth.tif", values)}
    source = LabelSource(paths["reference"], None, None, ())
    assert assess_map(paths["map"], source, Progress())[1]["accuracy"]["overall_accuracy"] == 1
    mark(paths[which])
    sentence = r"'map\.tif' is a map of synthetic" if which == "map" else r"'truth\.tif' holds"
    with pytest.raises(InputError, match=sentence):
        assess_map(paths["map"], source, Progress())


def test_maps_of_synthetic_scenes_can_be_made_and_carry_the_mark(
    make_fields, make_model, tmp_path: Path
):
    fields = make_fields(40)
    save_model(make_model(fields.raster, spatial=False), tmp_path / "m.safetensors")
    asked = {"input": str(fields.raster), "model": str(tmp_path / "m.safetensors"), "device": "cpu"}
    names = ("output", "confidence", "probabilities")
    for synthetic in (False, True):
        if synthetic:
            mark(fields.raster)
        outputs = {name: str(tmp_path / f"{name}{synthetic}.tif") for name in names}
        JOBS["classify"](asked | outputs, Progress())
        for path in outputs.values():
            assert is_synthetic(tags_of(Path(path))) == synthetic
        assert read_class_map(Path(outputs["output"])).synthetic == synthetic


def test_pictures_and_features_of_synthetic_scenes_carry_the_mark(
    make_fields, tiny_backbone, tmp_path: Path
):
    path = mark(make_fields(40).raster)
    picture, features = tmp_path / "picture.tif", tmp_path / "features.tif"
    JOBS["pseudo_image"]({"input": str(path), "output": str(picture)}, Progress())
    asked = {"input": str(path), "backbone": str(tiny_backbone), "components": 2, "device": "cpu"}
    JOBS["extract_features"](asked | {"output": str(features)}, Progress())
    assert is_synthetic(tags_of(picture))
    assert is_synthetic(tags_of(features))
