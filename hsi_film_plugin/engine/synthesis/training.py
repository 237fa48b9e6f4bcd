"""From real patches to a synthesizer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..device import Device
from ..errors import InputError
from ..progress import Progress
from ..provenance import software
from .autoencoder_training import encode_patches, reconstruction, train_autoencoder
from .checkpoint import Checkpoints
from .denoiser_training import train_denoiser
from .encoded_prompts import encode_prompts
from .patches import PatchData
from .prompt_reading import PromptReader, words_to_read
from .prompts import PromptWriter, words_of
from .recipe import Recipe
from .settings import SynthesizerSettings, check_settings
from .synthesizer import Synthesizer
from .text_encoder import TextEncoder
from .training_bank import TrainingBank, make_bank

_LEAST_DEVIATION = 1e-4


@dataclass(frozen=True)
class TrainingRecord:
    """What happened in a training.

    Attributes:
        autoencoder_losses: Step, L1 of components, spectral angle in degrees, divergence.
        denoiser_losses: Step and squared error of v.
        reconstruction_degrees: Mean spectral angle of held-out patches; NaN without any.
        reconstruction_rmse: Of their bands, in the scene's units.
        code_degrees: Of that angle, what the spectral components alone lose.
        autoencoder_seconds: That this run took.
        denoiser_seconds: That this run took, with composing the bank.
        resumed: Whether an earlier run went on.
    """

    autoencoder_losses: tuple[tuple[int, float, float, float], ...]
    denoiser_losses: tuple[tuple[int, float], ...]
    reconstruction_degrees: float
    reconstruction_rmse: float
    code_degrees: float
    autoencoder_seconds: float
    denoiser_seconds: float
    resumed: bool


def train_synthesizer(
    data: PatchData,
    writer: PromptWriter,
    encoder: TextEncoder,
    settings: SynthesizerSettings,
    device: Device,
    progress: Progress,
    checkpoint: Path | None = None,
    recipe: Recipe | None = None,
) -> tuple[Synthesizer, TrainingRecord]:
    """Train the autoencoder, then the denoiser.

    Args:
        data: Real patches.
        writer: Writes prompts for their classes.
        encoder: Reads them.
        settings: What the user decided.
        device: Where to compute.
        progress: For a progress bar, and to cancel.
        checkpoint: File to go on from, and to note in how far it is. It stays there.
        recipe: Sizes and steps other than the usual ones.

    Raises:
        InputError: if there is no labelled patch, or a setting cannot be used.
        Cancelled: if the job was cancelled; the checkpoint is written before.
    """
    check_settings(settings)
    if not len(data.labelled):
        raise InputError(
            "No labelled pixel has enough data around it for a patch. Label pixels farther from "
            "nodata and the scene's edge, or choose a smaller patch."
        )
    channels = min(settings.latent_channels, data.code.components)
    settings = replace(settings, latent_channels=channels)
    recipe = recipe or Recipe()
    checkpoints = Checkpoints(
        checkpoint, _fingerprint(data, writer, encoder, settings, device, recipe)
    )
    started = time.monotonic()
    autoencoder, autoencoder_losses = train_autoencoder(
        data, settings, recipe, device, checkpoints, progress.part(0.0, 0.24)
    )
    held_out = reconstruction(
        autoencoder, data, settings.patch, device.torch, progress.part(0.24, 0.25)
    )
    between = time.monotonic()
    bank = make_bank(
        data,
        writer,
        settings,
        recipe,
        lambda values: encode_patches(autoencoder, values, device.torch),
        progress.part(0.25, 0.3),
    )
    mean, std = _latent_statistics(bank)
    reader = PromptReader(writer, words_to_read(bank.prompts))
    prompts = encode_prompts(encoder, reader, bank.prompts, progress.part(0.3, 0.35))
    denoiser, denoiser_losses = train_denoiser(
        bank,
        (bank.latents - mean[:, None, None]) / std[:, None, None],
        prompts,
        len(data.classes),
        settings,
        recipe,
        device,
        checkpoints,
        progress.part(0.35, 1.0),
    )
    for network in (autoencoder, denoiser):
        nn.Module.to(network, "cpu")
    synthesizer = Synthesizer(
        settings=settings,
        classes=data.classes,
        counts=data.counts,
        bands=data.bands,
        code=data.code,
        draft=data.draft,
        autoencoder=autoencoder,
        denoiser=denoiser,
        latent_mean=mean.numpy(),
        latent_std=std.numpy(),
        descriptions=tuple(tuple(texts) for texts in writer.descriptions),
        prompts=_prompts(bank, writer, len(data.classes)),
        words_read=reader.words,
        words=frozenset(word for prompt in bank.prompts for word in words_of(prompt)),
        encoder_name=encoder.name,
        encoder_sha256=encoder.sha256,
    )
    record = TrainingRecord(
        tuple((int(row[0]), row[1], row[2], row[3]) for row in autoencoder_losses),
        tuple((int(row[0]), row[1]) for row in denoiser_losses),
        held_out.degrees,
        held_out.rmse,
        held_out.code_degrees,
        between - started,
        time.monotonic() - between,
        checkpoints.resumed,
    )
    return synthesizer, record


def _latent_statistics(bank: TrainingBank) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and deviation of the latents' channels, float32, over the whole bank."""
    latents = bank.latents.double()
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    return mean.float(), std.clamp_min(_LEAST_DEVIATION).float()


def _prompts(
    bank: TrainingBank, writer: PromptWriter, n_classes: int
) -> tuple[tuple[str, ...], ...]:
    """Return the prompts of each class; its description where no patch of it is whole."""
    found = bank.prompts_of_classes(n_classes)
    return tuple(prompts or (writer.coarse(index),) for index, prompts in enumerate(found))


def _fingerprint(
    data: PatchData,
    writer: PromptWriter,
    encoder: TextEncoder,
    settings: SynthesizerSettings,
    device: Device,
    recipe: Recipe,
) -> str:
    """Return what two runs must share so that one may go on where the other stopped."""
    facts = {
        "settings": asdict(settings),
        "recipe": asdict(recipe),
        "encoder": encoder.sha256,
        "device": [device.kind, device.bfloat16],
        "software": software(),
        "classes": [known.name for known in data.classes],
        "descriptions": [list(texts) for texts in writer.descriptions],
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for array in _arrays(data):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _arrays(data: PatchData) -> Iterable[np.ndarray]:
    yield from (data.code.mean, data.code.matrix)
    for patches in (data.labelled, data.unlabelled):
        yield from (patches.values, patches.classes, patches.draft, patches.indices)
