"""Files of samples and synthesizers as QGIS's side reads them, whole and damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def read(qgis):
    from hsi_film_plugin.layers.sample_reader import read_samples

    return lambda path: read_samples(Path(path))


def refused(action, match):
    from hsi_film_plugin.layers.sample_reader import SampleFileError

    with pytest.raises(SampleFileError, match=match):
        action()


def test_samples_are_read_as_they_were_written(read, write_samples, tmp_path):
    samples = read(write_samples(tmp_path / "a.safetensors", count=5))
    assert (samples.count, samples.side) == (5, 16)
    assert [samples.class_of(index).name for index in range(3)] == ["Forest", "Water", "Forest"]
    assert samples.prompt_of(1) == "water"
    assert samples.counts() == {"Forest": 3, "Water": 2}
    assert samples.recognised.tolist() == [True, True, True, True, False]
    assert samples.wavelengths[0] == 400


def test_colours_are_what_the_linear_code_gives(read, write_samples, tmp_path):
    random = np.random.default_rng(1)
    components = random.normal(0, 1, (300, 3, 16, 16)).astype("f2")
    inverse = random.normal(0, 1, (3, 20)).astype("f4")
    nm = np.linspace(400, 1160, 20)  # 40 nm apart: 640, 560, 480 are shown
    tensors = {"components": components, "inverse": inverse, "attention": None}
    path = write_samples(tmp_path / "a.safetensors", 300, wavelengths=nm, tensors=tensors)
    samples = read(path)
    assert samples.colours.shape == (300, 16, 16, 3)
    for index in (0, 299):  # 299 is decoded with a later part
        expected = components[index, :, 5, 9].astype("f4") @ inverse[:, [6, 4, 2]] + 10
        assert samples.colours[index, 5, 9] == pytest.approx(expected, rel=1e-4)


def test_what_is_read_needs_the_file_no_longer(read, write_samples, tmp_path):
    path = Path(write_samples(tmp_path / "a.safetensors"))
    samples = read(path)
    path.write_bytes(b"")
    assert samples.attention_of(0, 8, 14)[:4].min() == 1
    assert np.isfinite(samples.colours).all()


def test_much_attention_is_read_for_one_sample_and_may_go(
    read, write_samples, tmp_path, monkeypatch
):
    from hsi_film_plugin.layers import sample_reader

    path = Path(write_samples(tmp_path / "a.safetensors"))
    kept = read(path)
    monkeypatch.setattr(sample_reader, "MOST_ATTENTION", 100)
    samples = read(path)
    assert not isinstance(samples.attention, np.ndarray)
    assert np.array_equal(samples.attention_of(5, 8, 14), kept.attention_of(5, 8, 14))
    path.write_bytes(path.read_bytes()[:1000])
    assert samples.attention_of(5, 8, 14) is None
    path.unlink()
    assert samples.attention_of(5, 8, 14) is None


def test_reading_stops_when_nobody_waits(qgis, write_samples, tmp_path):
    from hsi_film_plugin.layers.sample_reader import read_samples

    path = Path(write_samples(tmp_path / "a.safetensors"))
    refused(lambda: read_samples(path, lambda: True), "Cancelled")


def test_true_colour_bands_are_known_without_the_samples(qgis, write_samples, tmp_path):
    from hsi_film_plugin.layers.sample_reader import true_colour_bands_of

    path = write_samples(tmp_path / "a.safetensors", wavelengths=np.linspace(400, 1160, 20))
    assert true_colour_bands_of(path) == (6, 4, 2)
    (tmp_path / "x").write_text("text")
    refused(lambda: true_colour_bands_of(str(tmp_path / "x")), "no safetensors")


def test_attention_of_a_word_is_that_of_its_tokens(read, write_samples, tmp_path):
    samples = read(write_samples(tmp_path / "a.safetensors"))
    bright = samples.attention_of(0, 8, 14)
    assert bright[:4].min() == 1
    assert bright[4:].max() == 0
    north = samples.attention_of(0, 22, 27)  # of two tokens, one attends to the first row
    assert north[0].tolist() == [0.5] * 8
    assert samples.attention_of(0, 14, 15) is None
    assert samples.attention_of(0, 100, 120) is None


def test_attention_may_be_missing_or_shorter_than_the_prompt(read, write_samples, tmp_path):
    without = read(write_samples(tmp_path / "a.safetensors", tensors={"attention": None}))
    assert without.attention_of(0, 0, 6) is None
    short = np.zeros((6, 2, 8, 8), "u1")
    samples = read(write_samples(tmp_path / "b.safetensors", tensors={"attention": short}))
    assert samples.attention_of(0, 0, 6) is not None
    assert samples.attention_of(0, 8, 14) is None


def test_tokens_that_are_none_cover_nothing(read, write_samples, tmp_path):
    odd = {"tokens": [[["forest"], 7, ["x", "0", 6], ["forest", 0, 6]], "none"]}
    samples = read(write_samples(tmp_path / "a.safetensors", header=odd))
    assert [token.end for token in samples.tokens_of(0)] == [0, 0, 0, 6]
    assert samples.tokens_of(1) == ()


@pytest.mark.parametrize(
    "tensors",
    [
        {"components": None},
        {"components": np.zeros((0, 3, 16, 16), "f2")},
        {"components": np.zeros((6, 3, 16, 8), "f2")},
        {"components": np.zeros((6, 3), "f2")},
        {"inverse": np.zeros((4, 20), "f4")},
        {"mean": np.zeros(0, "f4"), "inverse": np.zeros((3, 0), "f4")},
        {"class_index": np.full(6, 2, "i8")},
        {"class_index": np.full(6, -1, "i8")},
        {"class_index": np.zeros(6, "f4")},
        {"prompt": np.full(6, 9, "i8")},
        {"recognised": np.zeros(5, "u1")},
        {"attention": np.zeros((5, 8, 8, 8), "u1")},
        {"attention": np.zeros((6, 8, 8, 8), "f2")},
        {"components": np.zeros((6, 3, 16, 16), "i8")},
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(read, write_samples, tmp_path, tensors):
    path = write_samples(tmp_path / "odd.safetensors", tensors=tensors)
    refused(lambda: read(path), r"odd\.safetensors.*no file of samples")


@pytest.mark.parametrize(
    "header",
    [{"kind": "synthesizer"}, {"kind": None}, {"classes": []}, {"classes": [{}]}, {"prompts": 3}],
)
def test_entries_of_something_else_are_refused(read, write_samples, tmp_path, header):
    path = write_samples(tmp_path / "odd.safetensors", header=header)
    refused(lambda: read(path), "no file of samples")


def test_texts_that_would_fill_the_screen_are_cut(read, write_samples, tmp_path):
    prompts = ["forest " * 100_000, "water"]
    samples = read(write_samples(tmp_path / "long.safetensors", header={"prompts": prompts}))
    assert len(samples.prompt_of(0)) == 1000


def test_a_newer_file_asks_for_a_newer_plugin(read, write_samples, tmp_path):
    path = write_samples(tmp_path / "new.safetensors", header={"schema": 2})
    refused(lambda: read(path), "newer version")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\xff" * 64,
        (2).to_bytes(8, "little") + b"[]",
        (7).to_bytes(8, "little") + b"{broken" + b"\0" * 99,
        (2**62).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"\xff\xfe\xfd\xfc",
        (20000).to_bytes(8, "little") + b"[" * 20000,
    ],
)
def test_foreign_bytes_are_refused_in_a_sentence(read, tmp_path, content):
    (tmp_path / "foreign").write_bytes(content)
    refused(lambda: read(tmp_path / "foreign"), "foreign.*no safetensors")


@pytest.mark.parametrize(
    "entry",
    [
        {"data_offsets": [0, 10**9]},
        {"data_offsets": [8, 4]},
        {"data_offsets": [-8, 0]},
        {"data_offsets": "all"},
        {"shape": [2**40, 2**40]},
        {"shape": [-1, -4]},
        {"shape": [True]},
        {"dtype": "C64"},
        None,
    ],
)
def test_tensors_outside_of_the_file_are_refused(read, write_samples, tmp_path, entry):
    path = Path(write_samples(tmp_path / "whole.safetensors"))
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["mean"] = {**header["mean"], **entry} if entry else None
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    refused(lambda: read(path), r"whole\.safetensors.*damaged.*mean")


def test_a_file_cut_short_is_refused(read, write_samples, tmp_path):
    path = Path(write_samples(tmp_path / "cut.safetensors"))
    path.write_bytes(path.read_bytes()[:-5000])
    refused(lambda: read(path), "damaged")


def test_a_file_that_is_not_there_or_no_file_is_refused(read, tmp_path):
    refused(lambda: read(tmp_path / "none"), "none.*cannot be read")
    refused(lambda: read(tmp_path), "cannot be read")


def test_a_synthesizer_says_what_it_knows(qgis, write_synthesizer, tmp_path):
    from hsi_film_plugin.layers.sample_reader import read_synthesizer

    facts = read_synthesizer(Path(write_synthesizer(tmp_path / "s.safetensors", words=["Reed"])))
    assert [known.name for known in facts.classes] == ["Forest", "Water"]
    assert facts.counts == (300, 12)
    assert facts.prompts[1] == ("water, dark, smooth", "water, dark, smooth")
    assert facts.words == {"reed"}
    assert len(facts.wavelengths) == 20


def test_a_header_that_would_take_long_is_no_synthesizer(
    qgis, write_synthesizer, tmp_path, monkeypatch
):
    from hsi_film_plugin.layers import sample_reader

    path = Path(write_synthesizer(tmp_path / "s.safetensors", words=["reed"] * 500))
    monkeypatch.setattr(sample_reader, "LONGEST_SYNTHESIZER_HEADER", 1000)
    refused(lambda: sample_reader.read_synthesizer(path), "no safetensors")


def test_a_synthesizer_may_say_little(qgis, write_synthesizer, tmp_path):
    from hsi_film_plugin.layers.sample_reader import read_synthesizer

    path = write_synthesizer(
        tmp_path / "s.safetensors", counts=[1], words=None, descriptions=None, bands=None
    )
    facts = read_synthesizer(Path(path))
    assert (facts.counts, facts.words, facts.wavelengths) == ((), frozenset(), ())
    assert facts.descriptions == ((), ())


def test_what_is_no_synthesizer_is_refused(
    qgis, write_synthesizer, write_samples, write_tensors, tmp_path
):
    from hsi_film_plugin.layers.sample_reader import read_synthesizer

    samples = write_samples(tmp_path / "samples.safetensors")
    refused(lambda: read_synthesizer(Path(samples)), "no synthesizer")
    odd = write_synthesizer(tmp_path / "odd.safetensors", prompts=[["one"]])
    refused(lambda: read_synthesizer(Path(odd)), "no synthesizer")
    model = write_tensors(tmp_path / "model.safetensors", {"hsifilm_model": "{}"}, {})
    refused(lambda: read_synthesizer(Path(model)), "no synthesizer")
    newer = write_synthesizer(tmp_path / "newer.safetensors", schema_version=3)
    refused(lambda: read_synthesizer(Path(newer)), "newer version")
    older = write_synthesizer(tmp_path / "older.safetensors", schema_version=1)
    refused(lambda: read_synthesizer(Path(older)), "older version .* Train the synthesizer again")
    (tmp_path / "x").write_text("text")
    refused(lambda: read_synthesizer(tmp_path / "x"), "no safetensors")


def test_true_colour_needs_bands_in_reach(qgis):
    from hsi_film_plugin.layers.sample_reader import true_colour_bands

    assert true_colour_bands((470, 555, 640, 860), 4) == (2, 1, 0)
    assert true_colour_bands((), 5) == (3, 2, 1)
    assert true_colour_bands((1000, 1500, 2000, 2200, 2400), 5) == (3, 2, 1)
    assert true_colour_bands((), 1) == (0, 0, 0)


@pytest.mark.parametrize(
    ("module", "constant"), [("sample_file", "SCHEMA"), ("synthesizer_file", "SYNTHESIZER_SCHEMA")]
)
def test_files_that_the_engine_writes_are_not_too_new(module, constant):
    import re

    from hsi_film_plugin.icons import PLUGIN_ROOT
    from hsi_film_plugin.layers import synthesis_header

    # the engine's modules cannot be imported here: they need what QGIS does not ship
    source = PLUGIN_ROOT / "hsi_film_plugin" / "engine" / "synthesis" / f"{module}.py"
    (schema,) = re.findall(r"^    schema=(\d+),$", source.read_text("utf-8"), re.MULTILINE)
    assert getattr(synthesis_header, constant) == int(schema)
