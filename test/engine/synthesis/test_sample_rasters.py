"""Mosaics of samples and their labels: rasters like any other, but for their mark."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from hsi_film_plugin.engine.class_map import read_class_map
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthesis.sample_rasters import write_label_raster, write_mosaic


@pytest.fixture
def mosaic(tmp_path: Path) -> Path:
    return tmp_path / "mosaic.tif"


def test_a_mosaic_is_read_like_the_scene_that_the_samples_are_of(make_sample_set, mosaic: Path):
    samples = make_sample_set()
    write_mosaic(samples, mosaic)
    with Scene.open(mosaic) as scene:
        # five samples lie in two rows of three; the last place is empty
        assert (scene.height, scene.width, scene.count) == (8, 12, 8)
        assert not scene.georeferenced
        assert scene.synthetic
        assert scene.dtype == "float32"
        np.testing.assert_allclose(scene.bands.wavelengths, samples.bands.wavelengths)
        assert scene.bands.names[1] == "490.0 nm"
        values, valid = scene.read(0, 0, 8, 12)
    cubes = samples.cubes(slice(None))
    np.testing.assert_array_equal(values[:, :4, 8:], cubes[2])
    np.testing.assert_array_equal(values[:, 4:, 4:8], cubes[4])
    assert valid[:4].all()
    assert valid[4:, :8].all()
    assert not valid[4:, 8:].any()


def test_bands_without_wavelengths_are_named_by_their_number_in_the_scene(
    make_sample_set, mosaic: Path
):
    samples = make_sample_set(wavelengths=None)
    bands = replace(samples.bands, count=11, used=(0, 1, 2, 4, 5, 7, 9, 10))
    write_mosaic(replace(samples, bands=bands), mosaic)
    with Scene.open(mosaic) as scene:
        assert scene.bands.wavelengths is None
        assert scene.bands.names[3] == "Band 5"


def test_both_files_say_that_they_are_synthetic_and_what_made_them(
    make_sample_set, mosaic: Path, tmp_path: Path
):
    samples = make_sample_set(prompts=("dry\nreed\x00", "b", "c"))
    write_mosaic(samples, mosaic)
    write_label_raster(samples, tmp_path / "labels.tif")
    for path in (mosaic, tmp_path / "labels.tif"):
        with rasterio.open(path) as dataset:
            tags = dataset.tags()
        assert tags["HSIFILM_SYNTHETIC"] == "YES"
        assert tags["HSIFILM_SYNTHESIZER_SHA256"] == "5e" * 32
        assert tags["HSIFILM_PROMPTS"] == "b (3); dry reed (2)"
        assert tags["HSIFILM_NEGATIVE_PROMPT"] == "water"
        assert (tags["HSIFILM_GUIDANCE"], tags["HSIFILM_SEED"]) == ("2.5", "7")


def test_a_summary_of_many_prompts_stays_short(make_sample_set, mosaic: Path):
    count = 400
    samples = replace(
        make_sample_set([0] * count, spectra=np.zeros((count, 2)), wavelengths=None, side=2),
        prompts=tuple(f"prompt {number} " + "word " * 70 for number in range(count)),
        prompt_of=np.arange(count),
    )
    write_mosaic(samples, mosaic)
    with rasterio.open(mosaic) as dataset:
        assert len(dataset.tags()["HSIFILM_PROMPTS"]) <= 2000


@pytest.mark.parametrize(("highest", "dtype"), [(200, "uint8"), (300, "uint16")])
def test_labels_lie_on_the_mosaic_as_a_class_map(
    make_sample_set, tmp_path: Path, highest: int, dtype: str
):
    classes = (LabelClass(4, "reed & <sedge>", "#0072b2"), LabelClass(highest, "bog", "#e69f00"))
    samples = make_sample_set((1, 0, 0, 1, 1), classes=classes)
    path = tmp_path / "labels.tif"
    write_label_raster(samples, path)
    with rasterio.open(path) as dataset:
        values = dataset.read(1)
        assert dataset.dtypes == (dtype,)
        assert dataset.nodata == 0
    expected = np.zeros((8, 12), int)
    for number, index in enumerate(samples.class_indices):
        row, col = divmod(number, 3)
        expected[4 * row + 2, 4 * col + 2 : 4 * col + 4] = classes[index].value
    np.testing.assert_array_equal(values, expected)
    found = read_class_map(path)
    assert found.classes == classes
    assert found.counts.tolist() == [4, 6]
    assert path.with_suffix(".qml").exists()
    assert "<F>reed &amp; &lt;sedge&gt;</F>" in Path(f"{path}.aux.xml").read_text()


def test_they_cannot_be_taken_for_truth(make_sample_set, mosaic: Path, tmp_path: Path, make_raster):
    samples = make_sample_set()
    write_mosaic(samples, mosaic)
    write_label_raster(samples, tmp_path / "labels.tif")
    real = make_raster("real.tif", np.ones((8, 12), np.uint8), crs=None, transform=None)
    with Scene.open(mosaic) as scene, pytest.raises(InputError, match=r"mosaic\.tif.*SYNTHETIC"):
        read_labels(real, scene, None)
    with Scene.open(real) as scene, pytest.raises(InputError, match=r"labels\.tif.*SYNTHETIC"):
        read_labels(tmp_path / "labels.tif", scene, None)


@pytest.mark.parametrize("count", [1, 2, 4, 9, 10])
def test_every_count_of_samples_has_its_place(make_sample_set, mosaic: Path, count: int):
    samples = make_sample_set([0] * count)
    write_mosaic(samples, mosaic)
    with Scene.open(mosaic) as scene:
        values, valid = scene.read(0, 0, scene.height, scene.width)
    assert valid.sum() == 16 * count
    columns = scene.width // 4
    middle = values[:, 2::4, 2::4].reshape(8, -1)[:, :count].T
    np.testing.assert_allclose(middle, samples.spectra(), rtol=1e-6)
    assert columns**2 >= count > (columns - 1) ** 2


def test_equal_samples_give_equal_files(make_sample_set, tmp_path: Path):
    first, second = tmp_path / "a.tif", tmp_path / "b.tif"
    for write in (write_mosaic, write_label_raster):
        write(make_sample_set(), first)
        write(make_sample_set(), second)
        assert first.read_bytes() == second.read_bytes()


def test_a_mosaic_never_lies_in_memory_as_a_whole(make_sample_set, mosaic: Path):
    count, bands = 900, 60
    samples = make_sample_set(
        [0] * count, spectra=np.zeros((count, bands)), wavelengths=None, side=2
    )
    patches = np.zeros((count, bands, 16, 16), np.float16)
    samples = replace(samples, components=patches, labelled=np.ones((count, 16, 16), bool))
    tracemalloc.start()
    write_mosaic(samples, mosaic)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < count * bands * 16 * 16 * 4 / 5


def test_a_cancelled_mosaic_leaves_nothing(make_sample_set, mosaic: Path):
    progress = Progress(lambda fraction, _: progress.cancelled.set() if fraction > 0.5 else None)
    for write in (write_mosaic, write_label_raster):
        with pytest.raises(Cancelled):
            write(make_sample_set(), mosaic, progress)
        assert list(mosaic.parent.iterdir()) == []
        progress.cancelled.clear()
