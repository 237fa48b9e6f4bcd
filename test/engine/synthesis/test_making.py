"""A set of samples: what each is labelled with, recognised as, and attended to."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import EngineError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis import making as module
from hsi_film_plugin.engine.synthesis.making import joined_maps, laid_out, make_samples
from hsi_film_plugin.engine.synthesis.sampling import SampledBatch, SampleOrder
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings


class Rounded:
    """A draft map that reads the class off the first component."""

    def of(self, components: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.rint(components[..., 0]).astype(np.int16), np.ones(components.shape[:-1])


def patch_of(*rows: str) -> np.ndarray:
    """Return a patch of one component from digits."""
    return np.array([[float(digit) for digit in row] for row in rows], np.float16)[None]


def test_labels_are_the_centre_and_what_is_connected_to_it_and_alike():
    patch = patch_of("1101", "1001", "0111", "1110")
    labelled, recognised = laid_out(patch[None], np.array([1]), Rounded())
    expected = np.array([list("0001"), list("0001"), list("0111"), list("1110")]) == "1"
    np.testing.assert_array_equal(labelled[0], expected)
    assert recognised.tolist() == [True]


def test_corners_do_not_connect():
    labelled, _ = laid_out(patch_of("0000", "0100", "0010", "0001")[None], np.array([1]), Rounded())
    assert np.argwhere(labelled[0]).tolist() == [[2, 2]]


def test_the_centre_carries_the_class_also_where_it_looks_like_another():
    patch = patch_of("0000", "0010", "0000", "0000")
    labelled, recognised = laid_out(patch[None], np.array([1]), Rounded())
    assert np.argwhere(labelled[0]).tolist() == [[1, 2], [2, 2]]
    assert recognised.tolist() == [False]


@pytest.mark.parametrize("side", [2, 4, 8, 16])
def test_the_centre_lies_at_half_the_side(side: int):
    labelled, _ = laid_out(np.zeros((1, 1, side, side)), np.array([1]), Rounded())
    assert np.argwhere(labelled[0]).tolist() == [[side // 2, side // 2]]


def test_attention_is_stretched_token_by_token_and_padded_to_the_longest_prompt():
    short = np.array([[[[0.1, 0.4]], [[0.0, 0.0]]]], np.float16)
    long = np.array([[[[0.5, 0.25]], [[1.0, 0.0]], [[0.0, 4.0]]]], np.float16)
    joined = joined_maps([short, long])
    assert joined.dtype == np.uint8
    assert joined[0].tolist() == [[[64, 255]], [[0, 0]], [[0, 0]]]
    assert joined[1].tolist() == [[[255, 128]], [[255, 0]], [[0, 255]]]


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a synthesizer and an order whose batches are five and two samples of their class."""
    order = SampleOrder(np.array([0, 0, 0, 1, 1, 1, 0]), ("a",) * 3 + ("b c",) * 3 + ("a",), seed=4)

    def batches(synthesizer, asked, encoder, device, progress, attention):
        for start, stop in ((0, 5), (5, 7)):
            made = np.zeros((stop - start, 1, 4, 4), np.float32)
            made += asked.class_indices[start:stop, None, None, None]
            maps = np.ones((stop - start, 3 + start, 2, 2), np.float16)
            kept = (made, maps if attention else None, made)
            yield SampledBatch(*kept[: len(fields(SampledBatch))])

    monkeypatch.setattr(module, "sample_patches", batches)
    synthesizer = SimpleNamespace(
        settings=SynthesizerSettings(seed=11),
        draft=Rounded(),
        code=None,
        bands=None,
        classes=(),
        label_sha256="1a",
        scene_names=("a.tif", "b.tif"),
        provenance={module.SCENES_SHA256: "f1, f2"},
    )
    return synthesizer, order


def made(painted: Any, text_encoder: Any, attention: bool = True) -> Any:
    return make_samples(painted[0], "5e", painted[1], text_encoder, None, Progress(), attention)


def test_every_batch_is_laid_out_by_its_own_classes(painted: Any, text_encoder: Any):
    samples = made(painted, text_encoder)
    assert samples.components.shape == (7, 1, 4, 4)
    assert samples.recognised.all()
    assert samples.labelled.all()


def test_each_prompt_is_kept_once_with_its_tokens(painted: Any, text_encoder: Any):
    samples = made(painted, text_encoder)
    assert samples.prompts == ("a", "b c")
    assert samples.prompt_of.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert [token.text for token in samples.tokens[1]] == ["<s>", "b", "c", "</s>"]
    assert samples.attention.shape == (7, 8, 2, 2)
    assert made(painted, text_encoder, attention=False).attention is None


def test_samples_know_what_their_synthesizer_was_trained_on(painted: Any, text_encoder: Any):
    samples = made(painted, text_encoder)
    assert (samples.training_seed, samples.seed) == (11, 4)
    assert samples.scene_sha256 == "f1"
    painted[0].provenance = {}
    assert made(painted, text_encoder).scene_sha256 == ""


def test_numbers_that_a_file_cannot_hold_are_a_sentence(
    painted: Any, text_encoder: Any, monkeypatch: pytest.MonkeyPatch
):
    endless = SampledBatch(np.full((7, 1, 4, 4), 1e6, np.float32), None)
    monkeypatch.setattr(module, "sample_patches", lambda *_: iter([endless]))
    with pytest.raises(EngineError, match="numbers without bound"):
        made(painted, text_encoder)
