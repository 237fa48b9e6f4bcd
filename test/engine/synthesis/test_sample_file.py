"""The file of samples: what is written is read, and what is damaged is told in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load, save

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.synthesis import sample_file as module
from hsi_film_plugin.engine.synthesis.sample_file import read_samples, write_samples

Tensors = dict[str, np.ndarray]


@pytest.fixture
def written(make_sample_set, tmp_path: Path) -> Path:
    write_samples(make_sample_set(), tmp_path / "samples.safetensors")
    return tmp_path / "samples.safetensors"


def header_of(path: Path) -> dict[str, Any]:
    with safe_open(str(path), framework="numpy") as file:
        return json.loads(file.metadata()["hsifilm"])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"attention": None, "wavelengths": None, "negative": ""},
        {"training_seed": 12, "scene_sha256": "f0" * 32},
        {"classes": (LabelClass(9, "Straße", "#00ff00"), LabelClass(65535, "wat,er", "#0000ff"))},
    ],
    ids=["all", "least", "training", "names"],
)
def test_what_is_written_is_read(make_sample_set, tmp_path: Path, options: dict[str, Any]):
    path, samples = tmp_path / "s.safetensors", make_sample_set(**options)
    write_samples(samples, path)
    found = read_samples(path)
    for name in (field.name for field in fields(samples)):
        mine, theirs = getattr(samples, name), getattr(found, name)
        if name == "code":
            for part in ("mean", "matrix", "inverse"):
                np.testing.assert_array_equal(getattr(mine, part), getattr(theirs, part))
        elif isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
        elif name == "sha256":
            assert len(theirs) == 64
        else:
            assert mine == theirs
    np.testing.assert_array_equal(found.spectra(), samples.spectra())


def test_equal_samples_give_equal_bytes_and_others_others(make_sample_set, tmp_path: Path):
    first, second, third = (tmp_path / name for name in ("1.safetensors", "2.st", "3.st"))
    write_samples(make_sample_set(), first)
    write_samples(make_sample_set(), second)
    write_samples(make_sample_set(seed=8), third)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != third.read_bytes()
    assert read_samples(first).sha256 == read_samples(second).sha256
    assert read_samples(first).sha256 != read_samples(third).sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.safetensors", "2.st", "3.st"]


def test_a_file_says_that_it_is_synthetic_and_how_it_is_laid_out(written: Path):
    header = header_of(written)
    assert (header["kind"], header["schema"], header["synthetic"]) == ("samples", 1, True)
    assert header["patch"] == 4
    assert header["wavelengths"] == [450.0 + 40 * band for band in range(8)]
    assert header["classes"][1] == {"value": 2, "name": "class 2", "color": "#e69f00"}
    assert header["tokens"][0][2] == ["bright", 9, 15]
    tensors = load(written.read_bytes())
    assert {name: (str(a.dtype), a.shape) for name, a in tensors.items()} == {
        "components": ("float16", (5, 8, 4, 4)),
        "mean": ("float32", (8,)),
        "matrix": ("float32", (8, 8)),
        "inverse": ("float32", (8, 8)),
        "class_index": ("int64", (5,)),
        "labelled": ("uint8", (5, 4, 4)),
        "recognised": ("uint8", (5,)),
        "prompt": ("int64", (5,)),
        "attention": ("uint8", (5, 3, 4, 4)),
    }


def test_bands_without_wavelengths_are_nulls(make_sample_set, tmp_path: Path):
    write_samples(make_sample_set(wavelengths=None), tmp_path / "s.safetensors")
    assert header_of(tmp_path / "s.safetensors")["wavelengths"] == [None] * 8
    assert read_samples(tmp_path / "s.safetensors").bands.wavelengths is None


def changed(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., None]:
    def apply(tensors: Tensors, header: dict[str, Any]) -> None:
        tensors[name] = np.ascontiguousarray(change(tensors[name]))

    return apply


def without(name: str) -> Callable[..., None]:
    return lambda tensors, header: tensors.pop(name)


def saying(**items: Any) -> Callable[..., None]:
    return lambda tensors, header: header.update(items)


def spoilt(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flat[3] = np.nan
    return array


DAMAGES: dict[str, tuple[Callable[..., None], str]] = {
    "future": (
        saying(schema=2),
        r"newer HSI FiLM.*schema 2; this one reads up to 1.*Update the plugin",
    ),
    "past": (saying(schema=0), r"older HSI FiLM.*schema 0; this one reads 1.*samples again"),
    "schema of text": (saying(schema="x"), "damaged.*schema 'x'"),
    "other kind": (saying(kind="synthesizer"), "no file of synthetic samples of HSI FiLM"),
    "not synthetic": (saying(synthetic=False), "damaged.*synthetic"),
    "no tensor": (without("matrix"), "damaged.*'matrix'"),
    "NaN components": (changed("components", spoilt), "damaged.*not finite"),
    "NaN mean": (changed("mean", spoilt), "damaged.*mean that is not finite"),
    "components of float32": (
        changed("components", lambda a: a.astype(np.float32)),
        "damaged.*components of float32",
    ),
    "components of three dimensions": (changed("components", lambda a: a[0]), "damaged"),
    "no sample": (
        lambda t, h: [t.update({n: t[n][:0]}) for n in t if n not in ("mean", "matrix", "inverse")],
        "damaged.*no sample",
    ),
    "not square": (changed("components", lambda a: a[:, :, :3]), "damaged.*3 × 4"),
    "odd patch": (
        lambda t, h: [
            t.update(components=t["components"][:, :, :3, :3].copy()),
            h.update(patch=3),
        ],
        "damaged.*3 × 3",
    ),
    "bands beyond any sensor": (
        saying(used_bands=list(range(5000)), scene_bands=5000, wavelengths=[None] * 5000),
        "damaged.*5000 bands",
    ),
    "bands twice": (saying(used_bands=[0] * 8), "damaged.*bands"),
    "wavelength NaN": (saying(wavelengths=[float("nan")] * 8), "damaged.*wavelength"),
    "training seed": (saying(training_seed=-1), "damaged.*count"),
    "fingerprint": (saying(scene_sha256=5), "damaged.*text"),
    "other patch": (saying(patch=6), "damaged.*patch 6"),
    "fewer bands": (changed("mean", lambda a: a[:5]), "damaged.*means"),
    "fewer components": (changed("inverse", lambda a: a[:5]), "damaged.*inverse"),
    "matrix of others": (changed("matrix", lambda a: a[:, :5]), "damaged.*matrix"),
    "class beyond": (changed("class_index", lambda a: a + 2), "damaged.*class indices"),
    "class below": (changed("class_index", lambda a: a - 1), "damaged.*class indices"),
    "fewer classes": (changed("class_index", lambda a: a[:3]), "damaged.*class indices"),
    "prompt beyond": (changed("prompt", lambda a: a + 2), "damaged.*prompts"),
    "fewer labels": (changed("labelled", lambda a: a[:3]), "damaged.*labels"),
    "fewer recognised": (changed("recognised", lambda a: a[:3]), "damaged.*recognised"),
    "fewer maps": (changed("attention", lambda a: a[:3]), "damaged.*attention"),
    "maps of fewer tokens": (changed("attention", lambda a: a[:, :2]), "damaged.*attention"),
    "class value": (
        saying(classes=[{"value": 0, "name": "a", "color": "#000000"}] * 3),
        "damaged.*class values",
    ),
    "colour": (
        saying(classes=[{"value": v, "name": "a", "color": "red"} for v in (1, 2, 3)]),
        "damaged.*'red'",
    ),
    "name": (
        saying(classes=[{"value": v, "name": None, "color": "#000000"} for v in (1, 2, 3)]),
        "damaged.*None in the place of a text",
    ),
    "classes": (saying(classes={"a": 1}), "damaged"),
    "wavelengths of others": (saying(wavelengths=[500.0] * 3), "damaged.*wavelengths"),
    "negative wavelength": (saying(wavelengths=[-5.0] * 8), "damaged.*wavelength"),
    "wavelength of text": (saying(wavelengths=["red"] * 8), "damaged"),
    "some wavelengths": (saying(wavelengths=[500.0] * 7 + [None]), "damaged"),
    "bands beyond": (saying(used_bands=[*range(7), 40]), "damaged.*bands"),
    "tokens of fewer": (saying(tokens=[]), "damaged.*tokens"),
    "token outside": (saying(tokens=[[["a", 0, 99]]] * 3), "damaged.*outside the prompt"),
    "guidance": (saying(guidance="strong"), "damaged"),
    "no seed": (lambda t, h: h.pop("seed"), "damaged.*'seed'"),
}


@pytest.mark.parametrize("case", sorted(DAMAGES))
def test_damages_are_told_in_a_sentence(written: Path, case: str):
    damage, sentence = DAMAGES[case]
    tensors, header = load(written.read_bytes()), header_of(written)
    damage(tensors, header)
    written.write_bytes(save(tensors, {"hsifilm": json.dumps(header)}))
    refused(written, sentence)


def refused(path: Path, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        read_samples(path)
    assert path.name in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_files_that_are_no_samples_are_named(written: Path, tmp_path: Path):
    whole = written.read_bytes()
    other = tmp_path / "other.safetensors"
    for content in (b"", b"PK\x03\x04 and more", whole[:100], whole[:-7], b"\xff" * 200):
        other.write_bytes(content)
        refused(other, "no whole file of synthetic samples")
    other.write_bytes(save({"a": np.zeros(3, np.float32)}))
    refused(other, "no file of synthetic samples of HSI FiLM")
    other.write_bytes(save({"a": np.zeros(3, np.float32)}, {"hsifilm_model": "{}"}))
    refused(other, "no file of synthetic samples of HSI FiLM")
    other.write_bytes(save({"a": np.zeros(3, np.float32)}, {"hsifilm": "{"}))
    refused(other, "damaged")
    other.write_bytes(save({"a": np.zeros(3, np.float32)}, {"hsifilm": "[" * 100_000}))
    refused(other, "damaged")
    refused(tmp_path / "none.safetensors", "does not exist")
    refused(tmp_path, "does not exist")


def test_samples_that_would_not_fit_a_window_are_refused(make_sample_set, tmp_path: Path):
    path = tmp_path / "large.safetensors"
    samples = make_sample_set((0,), side=4)
    large = np.zeros((1, 8, 66, 66), np.float16)
    labelled = np.ones((1, 66, 66), bool)
    write_samples(replace(samples, components=large, labelled=labelled), path)
    refused(path, "66 × 66")


def test_files_that_say_nothing_of_the_training_are_read(written: Path):
    tensors, header = load(written.read_bytes()), header_of(written)
    del header["training_seed"], header["scene_sha256"]
    written.write_bytes(save(tensors, {"hsifilm": json.dumps(header)}))
    found = read_samples(written)
    assert (found.training_seed, found.scene_sha256) == (None, "")


def test_more_samples_than_any_order_makes_are_refused(written: Path, monkeypatch):
    monkeypatch.setattr(module, "MOST_SAMPLES", 4)
    refused(written, "damaged.*5 samples")
