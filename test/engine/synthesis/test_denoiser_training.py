"""Prompts are encoded once each, and items without one are learnt from, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import EngineError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis.checkpoint import Checkpoints
from hsi_film_plugin.engine.synthesis.denoiser_training import encode_prompts, train_denoiser
from hsi_film_plugin.engine.synthesis.patches import PatchData
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.training_bank import make_bank


def test_each_prompt_keeps_its_place_whatever_its_length(text_encoder: Any) -> None:
    prompts = ("a long prompt of many many words", "short", "one of a middling length")
    encoded = encode_prompts(text_encoder, prompts, Progress())

    for index, prompt in enumerate((*prompts, "")):
        tokens, mask = text_encoder.encode([prompt])
        count = int(mask.sum())
        assert encoded.mask[index].sum() == count
        torch.testing.assert_close(
            encoded.tokens[index, :count].float(), tokens[0, :count], rtol=1e-2, atol=1e-3
        )


def test_reading_prompts_can_be_cancelled_every_few_prompts(text_encoder: Any) -> None:
    heard: list[float] = []
    progress = Progress(lambda fraction, message: heard.append(fraction))
    encode_prompts(text_encoder, tuple(f"meadow {number}" for number in range(100)), progress)

    assert len(heard) >= 4


def test_prompts_are_padded_as_asked(text_encoder: Any) -> None:
    assert encode_prompts(text_encoder, ("short",), Progress(), 48).tokens.shape == (2, 48, 16)


def test_latents_that_are_not_finite_end_the_training_in_a_sentence(
    patch_data: PatchData,
    writer: PromptWriter,
    text_encoder: Any,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
    cpu: Device,
) -> None:
    bank = make_bank(patch_data, writer, tiny_settings, tiny_recipe, torch.from_numpy, Progress())
    prompts = encode_prompts(text_encoder, bank.prompts, Progress())

    with pytest.raises(EngineError, match="finite numbers"):
        train_denoiser(
            bank,
            torch.full_like(bank.latents[:, :3, :8, :8], torch.nan),
            prompts,
            2,
            replace(tiny_settings, effort=0.2),
            tiny_recipe,
            cpu,
            Checkpoints(None, ""),
            Progress(),
        )
