"""A word acts where the patch changes with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.synthesis.prompt_reading import PromptReader
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter, word_spans
from hsi_film_plugin.engine.synthesis.sample_set import SampleWord
from hsi_film_plugin.engine.synthesis.word_effects import word_effects

LATENT = (2, 8, 8)
PROMPT = "meadow, with lake to the north-east, dark"


@pytest.fixture
def reader() -> PromptReader:
    classes = (LabelClass(1, "meadow", "#00ff00"), LabelClass(2, "lake", "#0000ff"))
    return PromptReader(PromptWriter(classes, {}), ("dark", "lake", "meadow"))


@pytest.fixture
def linear(reader: PromptReader) -> Any:
    """Return what makes the whole patch of "dark", its upper right of the lake that lies there."""
    reads = torch.zeros(reader.width, 2)
    shows = torch.zeros(2, *LATENT)
    shows[0] += 1.0
    shows[1, :, :4, 4:] = 3.0
    there, north = (reader.read([text])[0] for text in ("lake", "lake to the north-east"))
    reads[np.flatnonzero(north > there), 1] = 1.0
    nothing, dark = (reader.read([text])[0] for text in ("", "dark"))
    reads[np.flatnonzero(dark > nothing), 0] = 1.0
    return SimpleNamespace(reads=reads, shows=shows.flatten(1))


def spelt(prompt: str) -> list[SampleWord]:
    """Return a token for each word, between two that stand for nothing."""
    spans = [(0, 0), *word_spans(prompt), (0, 0)]
    return [SampleWord(prompt[start:end], start, end) for start, end in spans]


def effects_of(prompt: str, reader: PromptReader, linear: Any, side: int = 4) -> dict[str, Any]:
    tokens = spelt(prompt)
    found = word_effects(prompt, tokens, reader, linear, LATENT, side)
    assert found.shape == (len(tokens), side, side)
    assert found.dtype == np.float32
    return {token.text: effect for token, effect in zip(tokens, found)}


@pytest.mark.parametrize("word", ["lake", "north-east", "to"])
def test_words_that_place_a_class_act_where_they_place_it(
    reader: PromptReader, linear: Any, word: str
) -> None:
    expected = np.zeros((4, 4), np.float32)
    expected[:2, 2:] = 1
    np.testing.assert_allclose(effects_of(PROMPT, reader, linear)[word], expected)


def test_a_word_about_all_acts_everywhere(reader: PromptReader, linear: Any) -> None:
    assert (effects_of(PROMPT, reader, linear)["dark"] == 1).all()


def test_of_words_never_read_and_of_signs_nothing_is_said(
    reader: PromptReader, linear: Any
) -> None:
    found = effects_of("lake, foggy", reader, linear)
    assert (found["foggy"] == 1).all()
    assert (found[""] == 1).all()
    assert (effects_of("!?", reader, linear)[""] == 1).all()


def test_all_parts_of_a_word_act_alike(reader: PromptReader, linear: Any) -> None:
    start, end = PROMPT.index("north"), PROMPT.index(", dark")
    tokens = [
        SampleWord(PROMPT[at:to], at, to) for at, to in ((start, start + 5), (start + 6, end))
    ]
    first, second = word_effects(PROMPT, tokens, reader, linear, LATENT, 8)
    np.testing.assert_array_equal(first, second)
    assert first[:4, 4:].min() > first[4:].max()
