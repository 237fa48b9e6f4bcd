"""The jobs of synthetic samples, from files to files, and their refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis import jobs as module
from hsi_film_plugin.engine.synthesis import patches, training
from hsi_film_plugin.engine.synthesis.jobs import SYNTHESIS_JOBS
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.sample_file import read_samples, write_samples
from hsi_film_plugin.engine.synthesis.synthesizer_file import load_synthesizer
from hsi_film_plugin.engine.synthesis.text_encoder import TextEncoder

from .conftest import SpellingEncoder

SIZE, BANDS, SEED = 72, 12, 3
GRID = Affine(10, 0, 400000, 0, -10, 5000000)
RECIPE = Recipe(
    autoencoder_width=16,
    autoencoder_steps=8,
    bank=24,
    bank_unlabelled=8,
    width=32,
    head_width=16,
    layers=2,
    steps=8,
    batch=8,
    warm_up=2,
)

Params = dict[str, Any]


class Spelling:
    """Loads the stand-in for the text encoder, whatever is asked for."""

    @staticmethod
    def load(source: str | None, device: Any) -> SpellingEncoder:
        return SpellingEncoder()


@pytest.fixture(scope="module", autouse=True)
def small_trainings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TextEncoder", Spelling)
        patch.setattr(training, "Recipe", lambda: RECIPE)
        patch.setattr(patches, "MOST_UNLABELLED", 60)
        patch.setattr(patches, "MOST_HELD_OUT", 40)
        patch.setattr(module, "JUDGED_SAMPLES", 3)
        yield


def write_raster(path: Path, values: np.ndarray, first_nm: float | None = None) -> Path:
    options = {"driver": "GTiff", "crs": "EPSG:32633", "transform": GRID, "dtype": values.dtype}
    count, height, width = values.shape
    with rasterio.open(path, "w", count=count, height=height, width=width, **options) as file:
        file.write(values)
        for band in range(count if first_nm else 0):
            nm = first_nm + 100 * band
            file.update_tags(band + 1, wavelength=str(nm), wavelength_units="nm")
    return path


def cube(seed: int = 0, size: int = SIZE) -> np.ndarray:
    """Return a scene of stripes of two classes, eighteen columns each."""
    draws = np.random.default_rng(seed)
    shape = np.linspace(0, 1, BANDS)
    spectra = np.stack([200 + 900 * shape, 500 - 350 * shape])
    stripes = np.broadcast_to(np.arange(size) // 18 % 2, (size, size))
    noise = draws.normal(0, 8, (BANDS, size, size))
    return (spectra[stripes].transpose(2, 0, 1) + noise).astype(np.float32)


def label_image(*places: tuple[int, int, int]) -> np.ndarray:
    """Return labels: squares of 3 x 3 pixels with a value around rows and columns."""
    image = np.zeros((1, SIZE, SIZE), np.uint8)
    for row, col, value in places:
        image[0, row - 1 : row + 2, col - 1 : col + 2] = value
    return image


PLACES = ((6, 8, 1), (8, 44, 1), (6, 26, 2), (9, 62, 2))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a scene, its labels, and a synthesizer trained on them."""
    folder = tmp_path_factory.mktemp("files")
    write_raster(folder / "scene.tif", cube(), 450.0)
    write_raster(folder / "labels.tif", label_image(*PLACES))
    (folder / "result.json").write_text(
        json.dumps(
            train(
                folder,
                folder,
                report=str(folder / "trained.html"),
                prompt_table=str(folder / "prompts.csv"),
            )
        )
    )
    synthesize(folder, folder, count=6)
    return folder


def train(files: Path, out: Path, progress: Progress | None = None, **changes: Any) -> Params:
    params = {
        "input": str(files / "scene.tif"),
        "labels": str(files / "labels.tif"),
        "synthesizer": str(out / "synthesizer.safetensors"),
        "patch_size": 8,
        "seed": SEED,
        "device": "cpu",
    }
    return SYNTHESIS_JOBS["train_synthesizer"](params | changes, progress or Progress())


def synthesize(files: Path, out: Path, progress: Progress | None = None, **changes: Any) -> Params:
    params = {
        "synthesizer": str(files / "synthesizer.safetensors"),
        "samples": str(out / "samples.safetensors"),
        "count": 3,
        "steps": 4,
        "device": "cpu",
    }
    return SYNTHESIS_JOBS["synthesize"](params | changes, progress or Progress())


def evaluate(files: Path, out: Path, progress: Progress | None = None, **changes: Any) -> Params:
    params = {
        "samples": str(files / "samples.safetensors"),
        "input": str(files / "scene.tif"),
        "labels": str(files / "labels.tif"),
        "table": str(out / "table.json"),
        "device": "cpu",
    }
    return SYNTHESIS_JOBS["evaluate_samples"](params | changes, progress or Progress())


def test_training_writes_synthesizer_report_and_prompts(files: Path):
    result = json.loads((files / "result.json").read_text())
    synthesizer = load_synthesizer(files / "synthesizer.safetensors")
    assert [known["value"] for known in result["classes"]] == [1, 2]
    assert np.isfinite(result["reconstruction_degrees"])
    assert result["resumed"] is False
    assert synthesizer.settings.seed == SEED
    assert synthesizer.scene_names == ("scene.tif",)
    assert len(synthesizer.provenance["Scenes sha256"]) == 64
    assert "<html" in (files / "trained.html").read_text(encoding="utf-8")
    assert (files / "prompts.csv").read_text(encoding="utf-8-sig").startswith("class,description")


def test_samples_come_as_file_rasters_and_library_that_belong_together(files: Path, tmp_path: Path):
    heard: list[float] = []
    progress = Progress(lambda fraction, message: heard.append(fraction))
    result = synthesize(
        files,
        tmp_path,
        progress,
        output=str(tmp_path / "mosaic.tif"),
        label_raster=str(tmp_path / "labels.tif"),
        library=str(tmp_path / "mean.sli"),
    )
    samples = read_samples(tmp_path / "samples.safetensors")
    assert result["counts"] == {"1": 3, "2": 3}
    assert result["recognised"] == int(samples.recognised.sum())
    with rasterio.open(tmp_path / "mosaic.tif") as mosaic:
        assert (mosaic.count, mosaic.width, mosaic.height) == (BANDS, 24, 16)
    with rasterio.open(tmp_path / "labels.tif") as labels:
        assert labels.read(1)[4::8, 4::8].ravel().tolist() == [1, 1, 1, 2, 2, 2]
    assert (tmp_path / "mean_spectra.csv").exists()
    assert heard == sorted(heard)


def test_a_samples_file_tells_what_its_synthesizer_was_trained_on(files: Path):
    samples = read_samples(files / "samples.safetensors")
    synthesizer = load_synthesizer(files / "synthesizer.safetensors")
    assert samples.training_seed == SEED
    assert samples.scene_sha256 == synthesizer.provenance["Scenes sha256"]


def test_a_prompt_chooses_the_class_and_what_is_not_read_of_it_is_told(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Brief(SpellingEncoder):
        def tokens(self, prompt: str) -> Any:
            return super().tokens(prompt[:24])

    monkeypatch.setattr(Spelling, "load", staticmethod(lambda source, device: Brief()))
    name = load_synthesizer(files / "synthesizer.safetensors").classes[1].name
    prompt = f"{name}, bright, " + "smooth " * 5
    result = synthesize(files, tmp_path, prompt=prompt, count=2)
    assert result["counts"] == {"1": 0, "2": 2}
    assert any("PROMPT is longer than" in warning for warning in result["warnings"])


def test_samples_are_judged_by_the_patches_that_the_training_left_out(files: Path, tmp_path: Path):
    heard: list[float] = []
    progress = Progress(lambda fraction, message: heard.append(fraction))
    result = evaluate(files, tmp_path, progress, report=str(tmp_path / "judged.html"), seed=8)
    table = json.loads((tmp_path / "table.json").read_text())
    assert len(result["verdicts"]) == 2
    assert table["held_out_patches"] >= 20
    assert all(row["memorising"] for row in table["classes"])
    assert not any("Copies" in warning for warning in result["warnings"])
    assert heard == sorted(heard)


def test_a_synthesizer_is_judged_by_samples_made_for_it(files: Path, tmp_path: Path):
    made_by = str(files / "synthesizer.safetensors")
    evaluate(files, tmp_path, samples=None, synthesizer=made_by)
    table = json.loads((tmp_path / "table.json").read_text())
    assert [row["samples"] for row in table["classes"]] == [3, 3]
    assert all(row["memorising"] for row in table["classes"])


def not_looked_for(files: Path, out: Path, why: str, **changes: Any) -> None:
    result = evaluate(files, out, **changes)
    (warning,) = (text for text in result["warnings"] if "Copies of training" in text)
    assert why in warning
    table = json.loads((out / "table.json").read_text())
    assert all(row["memorising"] is None for row in table["classes"])


def test_copies_are_not_looked_for_with_other_labels(files: Path, tmp_path: Path):
    other = write_raster(tmp_path / "l.tif", label_image(*PLACES, (60, 8, 1)))
    not_looked_for(files, tmp_path, "other labels", labels=str(other))


def test_copies_are_not_looked_for_in_another_scene(files: Path, tmp_path: Path):
    other = write_raster(tmp_path / "s.tif", cube(5), 450.0)
    not_looked_for(files, tmp_path, "another scene than 's.tif'", input=str(other))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"training_seed": None}, "do not say"),
        ({"scene_sha256": ""}, "do not say"),
        ({"scene_names": ("scene.tif", "b.tif")}, "on 2 scenes"),
    ],
)
def test_copies_are_not_looked_for_where_the_training_read_other_patches(
    files: Path, tmp_path: Path, change: Params, why: str
):
    samples = replace(read_samples(files / "samples.safetensors"), **change)
    write_samples(samples, tmp_path / "s.safetensors")
    not_looked_for(files, tmp_path, why, samples=str(tmp_path / "s.safetensors"))


def test_a_training_goes_on_where_it_was_cancelled_and_then_leaves_nothing(
    files: Path, tmp_path: Path
):
    kept, cancelled = tmp_path / "kept", Event()

    def listen(fraction: float, message: str) -> None:
        if fraction > 0.7:
            cancelled.set()

    kept.mkdir()
    for old in ("0.training.safetensors", ".0.training.safetensors.part.safetensors"):
        (kept / old).write_text("")
        os.utime(kept / old, (0, 0))
    with pytest.raises(Cancelled):
        train(files, tmp_path, Progress(listen, cancelled), checkpoint=str(kept))
    assert os.listdir(tmp_path) == ["kept"]
    assert len(os.listdir(kept)) == 1
    assert train(files, tmp_path, checkpoint=str(kept))["resumed"] is True
    assert os.listdir(kept) == []
    trained = (tmp_path / "synthesizer.safetensors").read_bytes()
    assert trained == (files / "synthesizer.safetensors").read_bytes()


def test_cancelled_sampling_leaves_nothing(files: Path, tmp_path: Path):
    progress = Progress(lambda fraction, message: fraction > 0.3 and progress.cancelled.set())
    with pytest.raises(Cancelled):
        synthesize(files, tmp_path, progress, output=str(tmp_path / "mosaic.tif"))
    assert os.listdir(tmp_path) == []


def refused(sentence: str, job: Any, files: Path, out: Path, **changes: Any) -> None:
    before = sorted(os.listdir(out))
    with pytest.raises(InputError, match=sentence) as caught:
        job(files, out, **changes)
    assert sorted(os.listdir(out)) == before
    assert re.search(r"[.)]$", str(caught.value))


def test_a_class_without_data_is_named(files: Path, tmp_path: Path):
    values = cube()
    values[:, :, 18:36] = values[:, :, 54:] = np.nan
    broken = write_raster(tmp_path / "nan.tif", values, 450.0)
    refused("has no labelled pixel with data", train, files, tmp_path, input=str(broken))


def test_a_scene_smaller_than_a_patch_is_told(files: Path, tmp_path: Path):
    small = write_raster(tmp_path / "small.tif", cube(size=20), 450.0)
    labels = write_raster(tmp_path / "l.tif", label_image(*PLACES)[:, :20, :20].copy())
    changes = {"input": str(small), "labels": str(labels), "patch_size": 32}
    refused("20 x 20 pixels, and a patch takes 33 x 33", train, files, tmp_path, **changes)


def test_labels_within_one_patch_are_warned_of(files: Path, tmp_path: Path):
    near = write_raster(tmp_path / "l.tif", label_image((30, 16, 1), (30, 19, 2)))
    result = train(files, tmp_path, labels=str(near))
    assert any("All labels lie within one patch" in warning for warning in result["warnings"])


def test_the_same_scene_twice_is_refused_also_as_a_copy(files: Path, tmp_path: Path):
    shutil.copy(files / "scene.tif", tmp_path / "copy.tif")
    for twin in (files / "scene.tif", tmp_path / "copy.tif"):
        sentence = rf"'{twin.name}' is the same scene as 'scene.tif'"
        refused(sentence, train, files, tmp_path, more_inputs=[str(twin)])


def test_a_checkpoint_folder_that_cannot_be_made_is_told(files: Path, tmp_path: Path):
    (tmp_path / "taken").write_text("")
    refused("CHECKPOINT", train, files, tmp_path, checkpoint=str(tmp_path / "taken"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": "   "}, "PROMPT holds blanks only"),
        ({"count": 10_001}, "COUNT is 10001"),
        ({"guidance": 0}, "GUIDANCE is 0"),
        ({"seed": 2**31}, "SEED is 2147483648"),
        ({"class": "swamp"}, "no class 'swamp'"),
    ],
)
def test_samples_that_cannot_be_made_are_refused(
    files: Path, tmp_path: Path, change: Params, sentence: str
):
    refused(sentence, synthesize, files, tmp_path, **change)


def test_a_missing_text_encoder_is_a_sentence(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "TextEncoder", TextEncoder)
    missing = str(tmp_path / "no folder")
    refused("no folder", synthesize, files, tmp_path, text_encoder=missing)


@pytest.mark.parametrize(
    ("taken", "name", "sentence"),
    [
        (None, "mean.csv", r"ends in \.sli"),
        ("mean.csv", "mean.sli", r"would replace 'mean\.csv'"),
        ("mean_spectra.csv", "mean.sli", r"would replace 'mean_spectra\.csv'"),
    ],
)
def test_a_library_that_cannot_be_written_is_refused_before_anything_is_read(
    files: Path, tmp_path: Path, taken: str | None, name: str, sentence: str
):
    if taken:
        (tmp_path / taken).write_text("mine")
    nowhere = str(tmp_path / "missing.safetensors")
    changes = {"library": str(tmp_path / name), "synthesizer": nowhere}
    refused(sentence, synthesize, files, tmp_path, **changes)


def test_other_bands_are_told_before_samples_are_made(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def never(*_: Any) -> None:
        raise AssertionError("samples were made")

    monkeypatch.setattr(module, "make_samples", never)
    few = write_raster(tmp_path / "few.tif", cube()[:7], 450.0)
    moved = write_raster(tmp_path / "moved.tif", cube(), 480.0)
    changes = {"samples": None, "synthesizer": str(files / "synthesizer.safetensors")}
    for path, sentence in ((few, "12 bands, the scene 7"), (moved, "Band 1 of the samples")):
        refused(sentence, evaluate, files, tmp_path, input=str(path), **changes)


def test_evaluating_needs_one_of_synthesizer_and_samples(files: Path, tmp_path: Path):
    both = str(files / "synthesizer.safetensors")
    refused("either SYNTHESIZER or SAMPLES", evaluate, files, tmp_path, synthesizer=both)
    refused("either SYNTHESIZER or SAMPLES", evaluate, files, tmp_path, samples=None)
    refused("SEED is -1", evaluate, files, tmp_path, seed=-1)
