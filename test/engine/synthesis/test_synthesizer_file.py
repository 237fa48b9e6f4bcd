"""A synthesizer's file comes back whole; other files are refused in sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from hsi_film_plugin.engine.errors import ModelFileError
from hsi_film_plugin.engine.synthesis.synthesizer import Synthesizer
from hsi_film_plugin.engine.synthesis.synthesizer_file import (
    KIND,
    load_synthesizer,
    save_synthesizer,
)


@pytest.fixture
def written(synthesizer: Synthesizer, tmp_path: Path) -> Path:
    path = tmp_path / "made.safetensors"
    save_synthesizer(synthesizer, path)
    return path


def rewritten(path: Path, change: Any) -> Path:
    """Write the file again with its header or tensors changed."""
    with safe_open(str(path), framework="pt") as file:
        header = json.loads(file.metadata()[KIND.key])
    tensors = load_file(path)
    change(header, tensors)
    save_file(tensors, path, {KIND.key: json.dumps(header)})
    return path


def test_what_was_written_comes_back(synthesizer: Synthesizer, written: Path) -> None:
    found = load_synthesizer(written)

    for name in (
        "settings",
        "classes",
        "counts",
        "bands",
        "descriptions",
        "prompts",
        "words",
        "encoder_name",
        "encoder_sha256",
        "scene_names",
        "label_sha256",
        "provenance",
    ):
        assert getattr(found, name) == getattr(synthesizer, name)
    np.testing.assert_array_equal(found.code.inverse, synthesizer.code.inverse)
    np.testing.assert_array_equal(found.latent_std, synthesizer.latent_std)
    np.testing.assert_array_equal(found.draft.weight, synthesizer.draft.weight)
    for network in ("autoencoder", "denoiser"):
        first, second = (getattr(s, network).state_dict() for s in (found, synthesizer))
        assert all(first[name].equal(second[name]) for name in second)


def test_equal_synthesizers_give_equal_bytes(synthesizer: Synthesizer, written: Path) -> None:
    again = written.with_name("again.safetensors")
    save_synthesizer(load_synthesizer(written), again)

    assert again.read_bytes() == written.read_bytes()


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        load_synthesizer(tmp_path / "none.safetensors")


def test_a_truncated_file_is_a_sentence(written: Path) -> None:
    written.write_bytes(written.read_bytes()[:-100])

    with pytest.raises(ModelFileError, match="no whole synthesizer file"):
        load_synthesizer(written)


def test_another_safetensors_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.ones(3)}, path)

    with pytest.raises(ModelFileError, match="no synthesizer file of HSI FiLM"):
        load_synthesizer(path)


@pytest.mark.parametrize(("version", "said"), [(1, "older HSI FiLM"), (3, "newer HSI FiLM")])
def test_other_schemas_are_sentences(written: Path, version: int, said: str) -> None:
    rewritten(written, lambda header, tensors: header.update(schema_version=version))

    with pytest.raises(ModelFileError, match=said):
        load_synthesizer(written)


def _huge(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["denoiser"]["width"] = 2048


def _unknown_setting(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["settings"]["magic"] = 1


def _wrong_kind(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["settings"]["patch"] = "8"


def _setting_out_of_range(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["settings"]["patch"] = -8


def _no_prompt(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["prompts"][0] = []


def _endless(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    tensors["code.mean"][0] = torch.inf


def _other_bands(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["bands"]["used"] = [0, 1]


def _missing_weight(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    del tensors["denoiser.proj_out.weight"]


def _more_layers(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["denoiser"]["layers"] = 40


def _other_layer(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    tensors["denoiser.transformer_blocks.0.ff.net.2.weight"] = torch.ones(3, 3)


def _surplus_weight(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    tensors["autoencoder.more"] = torch.ones(3)


def _large_linear_part(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    tensors["denoiser.linear_part.variance_with"] = torch.ones(100_000)


def _many_components(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    bands = len(tensors["code.mean"])
    tensors["code.matrix"], tensors["code.inverse"] = torch.ones(bands, 500), torch.ones(500, bands)
    tensors["draft.weight"] = torch.ones(500, len(header["classes"]))


def _wide_autoencoder(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["autoencoder"]["width"] = 2048


def _band_twice(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["bands"]["used"][1] = header["bands"]["used"][0]


def _no_bands(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["bands"].update(used=[], wavelengths_nm=[])


def _endless_wavelength(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["bands"]["wavelengths_nm"][2] = float("nan")


def _negative_count(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["counts"][0] = -1


def _huge_count(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["counts"][0] = 10**40


def _word_read_twice(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["words_read"][1] = header["words_read"][0]


def _fewer_words_read(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["words_read"].pop()


def _readings_without_columns(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    tensors["denoiser.linear_part.reads"] = torch.ones(5)


def _letters_for_texts(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["descriptions"] = ["ab", "cd"]


def _two_words_read_as_one(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["words_read"][0] = "two words"


def _half_a_character(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header["prompts"][0] = ["\ud800"]


def _variance_below_zero(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    tensors["denoiser.linear_part.variance_with"][0] = -1


def _no_header(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    header.clear()


@pytest.mark.parametrize(
    "change",
    [
        _huge,
        _unknown_setting,
        _wrong_kind,
        _setting_out_of_range,
        _no_prompt,
        _endless,
        _other_bands,
        _missing_weight,
        _more_layers,
        _other_layer,
        _surplus_weight,
        _large_linear_part,
        _many_components,
        _wide_autoencoder,
        _band_twice,
        _no_bands,
        _endless_wavelength,
        _negative_count,
        _huge_count,
        _letters_for_texts,
        _two_words_read_as_one,
        _half_a_character,
        _variance_below_zero,
        _word_read_twice,
        _fewer_words_read,
        _readings_without_columns,
        _no_header,
    ],
)
def test_damaged_files_are_sentences(written: Path, change: Any) -> None:
    rewritten(written, change)

    with pytest.raises(ModelFileError, match="damaged synthesizer file"):
        load_synthesizer(written)
