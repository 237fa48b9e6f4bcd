"""A synthesizer is trained, repeats, can be cancelled and goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis import denoiser_training
from hsi_film_plugin.engine.synthesis.patches import PatchData
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.synthesizer import Synthesizer
from hsi_film_plugin.engine.synthesis.training import TrainingRecord, train_synthesizer


@pytest.fixture
def trained(
    patch_data: PatchData,
    writer: PromptWriter,
    text_encoder: Any,
    tiny_settings: SynthesizerSettings,
    cpu: Device,
    tiny_recipe: Recipe,
) -> Any:
    def train(progress: Progress | None = None, **changed: Any) -> Any:
        asked = {"data": patch_data, "settings": tiny_settings, "checkpoint": None} | changed
        return train_synthesizer(
            asked["data"],
            writer,
            text_encoder,
            asked["settings"],
            cpu,
            progress or Progress(),
            asked["checkpoint"],
            tiny_recipe,
        )

    return train


def weights(synthesizer: Synthesizer) -> list[torch.Tensor]:
    networks = (synthesizer.autoencoder, synthesizer.denoiser)
    return [tensor for network in networks for tensor in network.state_dict().values()]


def test_a_synthesizer_knows_its_classes_prompts_and_words(trained: Any) -> None:
    synthesizer, record = trained()

    assert synthesizer.counts == (120, 30)  # pixels, of which patches show a tenth
    assert all("lake" in prompt for prompt in synthesizer.prompts[1])
    assert {"meadow", "lake"} <= synthesizer.words
    assert synthesizer.latent_std.shape == (3,)
    assert isinstance(record, TrainingRecord)
    assert record.autoencoder_losses[-1][0] == record.denoiser_losses[-1][0] == 20
    assert 0 < record.code_degrees < record.reconstruction_degrees < 5
    assert not record.resumed


def test_losses_fall(
    trained: Any, tiny_settings: SynthesizerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a hundred steps better little of what the linear denoiser can do from the beginning
    monkeypatch.setattr(denoiser_training, "kept_linear_denoiser", lambda *_: None)
    _, record = trained(settings=replace(tiny_settings, effort=4))
    for losses in (
        [angle for _, _, angle, _ in record.autoencoder_losses],
        [loss for _, loss in record.denoiser_losses],
    ):
        assert np.mean(losses[-12:]) < 0.97 * np.mean(losses[:12])


def test_the_same_seed_gives_the_same_weights_and_another_one_others(
    trained: Any, tiny_settings: SynthesizerSettings
) -> None:
    first, second, other = (
        weights(trained(settings=replace(tiny_settings, seed=seed))[0]) for seed in (0, 0, 1)
    )

    assert all(a.equal(b) for a, b in zip(first, second))
    assert not all(a.equal(b) for a, b in zip(first, other))


@pytest.mark.parametrize("stopped_at", [0.1, 0.7])
def test_a_cancelled_training_goes_on_and_ends_as_one_that_never_stopped(
    trained: Any, tmp_path: Path, stopped_at: float
) -> None:
    path = tmp_path / "run.checkpoint"
    cancelled = Event()

    def listen(fraction: float, message: str) -> None:
        if fraction >= stopped_at:
            cancelled.set()

    with pytest.raises(Cancelled):
        trained(Progress(listen, cancelled), checkpoint=path)
    synthesizer, record = trained(checkpoint=path)
    never_stopped, other = trained()

    assert record.resumed
    assert all(a.equal(b) for a, b in zip(weights(synthesizer), weights(never_stopped)))
    assert record.denoiser_losses == other.denoiser_losses
    assert record.autoencoder_losses == other.autoencoder_losses


def test_a_checkpoint_that_lacks_weights_starts_anew(
    trained: Any, tmp_path: Path, tiny_settings: SynthesizerSettings
) -> None:
    path = tmp_path / "run.checkpoint"
    settings = replace(tiny_settings, effort=0.05)
    trained(checkpoint=path, settings=settings)
    with safe_open(str(path), framework="pt") as file:
        header = file.metadata()
    tensors = load_file(path)
    del tensors["autoencoder/average0"], tensors["denoiser/exp_avg1"]
    save_file(tensors, path, header)
    synthesizer, record = trained(checkpoint=path, settings=settings)

    assert not record.resumed
    assert len(record.denoiser_losses) > 0
    assert all(bool(tensor.isfinite().all()) for tensor in weights(synthesizer))


def test_other_settings_do_not_go_on(
    trained: Any, tmp_path: Path, tiny_settings: SynthesizerSettings
) -> None:
    path = tmp_path / "run.checkpoint"
    trained(checkpoint=path)

    assert not trained(checkpoint=path, settings=replace(tiny_settings, seed=1))[1].resumed


def test_progress_rises_and_tells_losses(trained: Any) -> None:
    heard: list[tuple[float, str]] = []
    trained(Progress(lambda fraction, message: heard.append((fraction, message))))
    fractions = [fraction for fraction, _ in heard]

    assert fractions == sorted(fractions)
    assert any("spectral angle" in message for _, message in heard)
    assert any("denoiser: loss" in message for _, message in heard)


@pytest.mark.parametrize(
    "switched",
    [
        {"unlabelled": False},
        {"clipping": False},
        {"uncertainty": False},
        {"prompts": "coarse"},
        {"reduction": 2},
    ],
)
def test_parts_can_be_switched_off(
    trained: Any, tiny_settings: SynthesizerSettings, switched: dict[str, Any]
) -> None:
    synthesizer, _ = trained(settings=replace(tiny_settings, effort=0.1, **switched))

    assert all(bool(tensor.isfinite().all()) for tensor in weights(synthesizer))


def test_no_labelled_patch_is_a_sentence(trained: Any, patch_data: PatchData) -> None:
    none = patch_data.labelled.taken(np.zeros(len(patch_data.labelled), bool))

    with pytest.raises(InputError, match="enough data around it"):
        trained(data=replace(patch_data, labelled=none))
