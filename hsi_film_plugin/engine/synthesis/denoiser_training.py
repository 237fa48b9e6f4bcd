"""Training the denoiser on the bank of latents and prompts."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.transformers.pixart_transformer_2d import PixArtTransformer2DModel
from torch import nn

from ..device import Device
from ..progress import Progress
from .checkpoint import Checkpoints, Losses, Standing
from .encoded_prompts import EncodedPrompts
from .feature_uncertainty import with_uncertain_statistics
from .linear_denoiser import LinearDenoiser, fit_linear_denoiser, restored_linear_denoiser
from .optimisation import Plan, optimise, step_generator
from .recipe import Recipe
from .settings import SynthesizerSettings
from .text_denoiser import (
    TIMESTEPS,
    TOKEN_SIDE,
    DenoiserShape,
    build_denoiser,
    standardise_text,
    use_attention_of,
    velocity,
)
from .training_bank import TrainingBank

STAGE = 2
#: The linear denoiser's name in checkpoints.
LINEAR = "linear denoiser"
#: Pixels from the centre over which its weight in the loss falls.
CENTRE_SPREAD = 1.2


def train_denoiser(
    bank: TrainingBank,
    latents: torch.Tensor,
    prompts: EncodedPrompts,
    n_classes: int,
    settings: SynthesizerSettings,
    recipe: Recipe,
    device: Device,
    checkpoints: Checkpoints,
    progress: Progress,
) -> tuple[PixArtTransformer2DModel, Losses]:
    """Train a denoiser; the loss is the squared error of v, at all timesteps alike.

    It counts more near the centre, which bears the label.
    Weights that favour little noise (min-SNR) were worse: a patch's class is decided in the
    noisiest steps, and samples did not follow their prompt.

    Args:
        bank: Classes and prompts of the items.
        latents: float32 ``(n, channels, side, side)``, the bank's, standardised.
        prompts: The bank's, and the null prompt last.
        n_classes: How many classes there are.
        settings: What the user decided.
        recipe: Sizes and steps.
        device: Where to compute.
        checkpoints: Where to go on from.
        progress: For a progress bar, and to cancel.

    Returns:
        The denoiser on the device, and a step and its loss of each note.
    """
    progress.report(0.0, "Fitting the linear denoiser")
    linear = kept_linear_denoiser(bank, latents, prompts, settings.seed, checkpoints)
    torch.manual_seed(settings.seed + 1)
    network: Any = build_denoiser(
        DenoiserShape(
            latents.shape[1],
            latents.shape[2],
            TOKEN_SIDE if latents.shape[2] >= 16 else 1,
            recipe.width,
            recipe.head_width,
            recipe.layers,
            prompts.tokens.shape[2],
        )
    )
    network.linear_part = linear
    standardise_text(network, prompts)
    nn.Module.to(network, device.torch)
    use_attention_of(network, device.kind)
    batches = _Batches(bank, latents, prompts, n_classes, settings, recipe, device.torch)
    levels = network.noise_levels
    emphasis = centre_weights(latents.shape[2], settings.reduction, recipe.centre_weight).to(
        device.torch
    )

    def losses_of(step: int) -> torch.Tensor:
        generator = step_generator(device.torch, settings.seed, STAGE, step)
        clean, said = batches(generator)
        timesteps = torch.randint(
            TIMESTEPS, (len(clean),), generator=generator, device=device.torch
        )
        noise = torch.randn(clean.shape, generator=generator, device=device.torch)
        kept = levels[timesteps][:, None, None, None]
        noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
        target = kept.sqrt() * noise - (1 - kept).sqrt() * clean
        with torch.autocast(device.kind, torch.bfloat16, enabled=device.bfloat16):
            predicted = velocity(network, noisy, timesteps, said)
        error = (predicted.float() - target).square().mean((0, 1))
        return torch.stack([(emphasis * error).mean(), error.mean()])

    def describe(losses: tuple[float, ...]) -> str:
        return f"Training the denoiser: loss {losses[1]:.3f}"

    plan = Plan(
        "denoiser",
        max(1, round(recipe.steps * settings.effort)),
        recipe.rate,
        recipe.warm_up,
        recipe.decay,
        1e-2,
    )
    notes = optimise(network, plan, losses_of, describe, checkpoints, progress)
    return network, tuple((row[0], row[2]) for row in notes)


def kept_linear_denoiser(
    bank: TrainingBank,
    latents: torch.Tensor,
    prompts: EncodedPrompts,
    seed: int,
    checkpoints: Checkpoints,
) -> LinearDenoiser:
    """Return the linear denoiser of a bank, of the checkpoint where that has it.

    Raises:
        EngineError: if latents are not finite.
    """
    of_bank = (
        latents,
        torch.from_numpy(bank.prompt_of),
        prompts.readings[:-1],
    )
    kept = checkpoints.standing(LINEAR)
    if kept is not None:
        restored = restored_linear_denoiser(kept.tensors, *of_bank)
        if restored is not None:
            return restored
        checkpoints.refuse(LINEAR)
    fitted = fit_linear_denoiser(*of_bank, seed)
    checkpoints.keep(LINEAR, Standing(0, (), fitted.state_dict()))
    return fitted


def centre_weights(side: int, reduction: int, weight: float) -> torch.Tensor:
    """Return how much each latent pixel's error counts, float32 ``(side, side)``, 1 on the mean.

    A sample is labelled by its centre pixel, one of hundreds, so that errors near it count more.

    Args:
        side: Of the latents.
        reduction: Pixels along one side of a latent pixel.
        weight: Of the centre, beside pixels far from it.
    """
    away = torch.arange(side, dtype=torch.float32) - (side * reduction // 2) // reduction
    distance = away[:, None].square() + away[None, :].square()
    weights = 1 + (weight - 1) * torch.exp(-0.5 * distance / (CENTRE_SPREAD / reduction) ** 2)
    return weights / weights.mean()


class _Batches:
    """Draws items of the bank, all on the device, so that a GPU never waits for the CPU."""

    def __init__(
        self,
        bank: TrainingBank,
        latents: torch.Tensor,
        prompts: EncodedPrompts,
        n_classes: int,
        settings: SynthesizerSettings,
        recipe: Recipe,
        device: torch.device,
    ) -> None:
        self._latents = latents.to(device)
        self._prompts, self._null = prompts.to(device), len(prompts) - 1
        self._prompt_of = torch.from_numpy(bank.prompt_of).to(device)
        groups = torch.from_numpy(bank.classes)
        self._groups = torch.where(groups < 0, n_classes, groups).to(device)
        self._n_groups = n_classes + 1
        self._labelled, self._unlabelled = bank.labelled, len(latents) - bank.labelled
        share = recipe.unlabelled_share if self._unlabelled else 0.0
        self._without = round(recipe.batch * share)
        self._with = recipe.batch - self._without
        self._dropout = settings.prompt_dropout
        self._perturbed = recipe.perturbed_share if settings.uncertainty else 0.0
        self._device = device

    def __call__(self, generator: torch.Generator) -> tuple[torch.Tensor, EncodedPrompts]:
        """Return clean latents and their prompts."""
        items = self._draw(self._labelled, self._with, generator)
        dropped = torch.rand(self._with, generator=generator, device=self._device) < self._dropout
        prompt = torch.where(dropped, self._null, self._prompt_of[items])
        if self._without:
            others = self._labelled + self._draw(self._unlabelled, self._without, generator)
            items = torch.cat([items, others])
            prompt = torch.cat([prompt, torch.full_like(others, self._null)])
        clean = self._latents[items]
        if self._perturbed:
            clean = with_uncertain_statistics(
                clean, self._groups[items], self._n_groups, self._perturbed, generator
            )
        return clean, self._prompts.taken(prompt)

    def _draw(self, among: int, count: int, generator: torch.Generator) -> torch.Tensor:
        return torch.randint(among, (count,), generator=generator, device=self._device)
