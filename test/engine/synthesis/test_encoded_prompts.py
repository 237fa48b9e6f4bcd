"""Prompts are encoded once each, and keep their places."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis.encoded_prompts import encode_prompts
from hsi_film_plugin.engine.synthesis.prompt_reading import PromptReader
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter


@pytest.fixture
def reader(writer: PromptWriter) -> PromptReader:
    return PromptReader(writer, ("long", "short"))


def test_each_prompt_keeps_its_place_whatever_its_length(
    text_encoder: Any, reader: PromptReader
) -> None:
    prompts = ("a long prompt of many many words", "short", "one of a middling length")
    encoded = encode_prompts(text_encoder, reader, prompts, Progress())

    for index, prompt in enumerate((*prompts, "")):
        tokens, mask = text_encoder.encode([prompt])
        count = int(mask.sum())
        assert encoded.mask[index].sum() == count
        torch.testing.assert_close(
            encoded.tokens[index, :count].float(), tokens[0, :count], rtol=1e-2, atol=1e-3
        )


def test_reading_prompts_can_be_cancelled_every_few_prompts(
    text_encoder: Any, reader: PromptReader
) -> None:
    heard: list[float] = []
    progress = Progress(lambda fraction, message: heard.append(fraction))
    encode_prompts(
        text_encoder, reader, tuple(f"meadow {number}" for number in range(100)), progress
    )

    assert len(heard) >= 4


def test_prompts_are_padded_as_asked(text_encoder: Any, reader: PromptReader) -> None:
    assert encode_prompts(text_encoder, reader, ("short",), Progress(), 48).tokens.shape == (
        2,
        48,
        16,
    )


def test_readings_lie_beside_the_tokens_and_the_null_prompt_reads_as_nothing(
    text_encoder: Any, reader: PromptReader
) -> None:
    prompts = ("long meadow", "short")
    encoded = encode_prompts(text_encoder, reader, prompts, Progress())

    assert encoded.readings[:2].equal(torch.from_numpy(reader.read(prompts)))
    assert not encoded.readings[2].any()
    assert len(encoded) == 3


def test_some_prompts_can_be_taken(text_encoder: Any, reader: PromptReader) -> None:
    encoded = encode_prompts(text_encoder, reader, ("long meadow", "short"), Progress())
    taken = encoded.taken(torch.tensor([1, 1, 0]))

    assert taken.tokens.dtype == torch.float32
    assert len(taken) == 3
    for row, source in enumerate((1, 1, 0)):
        assert taken.tokens[row].equal(encoded.tokens[source].float())
        assert taken.readings[row].equal(encoded.readings[source])
        assert taken.mask[row].equal(encoded.mask[source])


def test_what_the_text_encoder_does_not_take_in_is_not_read_either(
    text_encoder: Any, reader: PromptReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    spelt = text_encoder.tokens
    monkeypatch.setattr(text_encoder, "tokens", lambda prompt: spelt(prompt)[:3])
    encoded = encode_prompts(text_encoder, reader, ("meadow short and long",), Progress())

    assert encoded.readings[:1].equal(torch.from_numpy(reader.read(["meadow short"])))
