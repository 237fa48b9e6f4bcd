"""A denoiser learns from items with and without prompts, and goes on after a stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, EngineError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis import denoiser_training
from hsi_film_plugin.engine.synthesis.checkpoint import Checkpoints
from hsi_film_plugin.engine.synthesis.denoiser_training import train_denoiser
from hsi_film_plugin.engine.synthesis.encoded_prompts import encode_prompts
from hsi_film_plugin.engine.synthesis.patches import PatchData
from hsi_film_plugin.engine.synthesis.prompt_reading import PromptReader, words_to_read
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.training_bank import make_bank


@pytest.fixture
def trained(
    patch_data: PatchData,
    writer: PromptWriter,
    text_encoder: Any,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
    cpu: Device,
) -> Callable[..., Any]:
    """Return a function that trains a denoiser, with patches' components for latents."""
    bank = make_bank(patch_data, writer, tiny_settings, tiny_recipe, torch.from_numpy, Progress())
    reader = PromptReader(writer, words_to_read(bank.prompts))
    prompts = encode_prompts(text_encoder, reader, bank.prompts, Progress())
    latents = bank.latents[:, :3, :8, :8].contiguous()

    def train(
        checkpoints: Checkpoints, progress: Progress | None = None, factor: float = 1.0
    ) -> Any:
        settings = replace(tiny_settings, effort=0.2)
        return train_denoiser(
            bank,
            factor * latents,
            prompts,
            2,
            settings,
            tiny_recipe,
            cpu,
            checkpoints,
            progress or Progress(),
        )[0]

    return train


def test_latents_that_are_not_finite_end_the_training_in_a_sentence(
    trained: Callable[..., Any],
) -> None:
    with pytest.raises(EngineError, match="finite numbers"):
        trained(Checkpoints(None, ""), factor=torch.nan)


def stopped(trained: Callable[..., Any], path: Path) -> None:
    """Train until the first step that is told, and leave a checkpoint."""
    cancelled = Event()

    def listen(fraction: float, message: str) -> None:
        if fraction > 0.3:
            cancelled.set()

    with pytest.raises(Cancelled):
        trained(Checkpoints(path, "same"), Progress(listen, cancelled))


def test_a_training_that_goes_on_fits_nothing_again(
    trained: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.checkpoint"
    never_stopped = trained(Checkpoints(None, "")).state_dict()
    stopped(trained, path)
    monkeypatch.delattr(denoiser_training, "fit_linear_denoiser")
    went_on = trained(Checkpoints(path, "same")).state_dict()

    assert any(name.startswith("linear_part") for name in went_on)
    assert all(tensor.equal(went_on[name]) for name, tensor in never_stopped.items())


def test_a_linear_denoiser_that_does_not_fit_is_fitted_again(
    trained: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "run.checkpoint"
    never_stopped = trained(Checkpoints(None, "")).state_dict()
    stopped(trained, path)
    with safe_open(str(path), framework="pt") as file:
        header = file.metadata()
    tensors = load_file(path)
    del tensors["linear denoiser/shows"]
    save_file(tensors, path, header)
    checkpoints = Checkpoints(path, "same")
    anew = trained(checkpoints).state_dict()

    assert not checkpoints.resumed
    assert all(tensor.equal(anew[name]) for name, tensor in never_stopped.items())
