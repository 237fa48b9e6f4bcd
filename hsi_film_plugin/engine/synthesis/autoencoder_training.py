"""Training the autoencoder on real patches, and judging it on patches that it never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import nn

from ..device import Device
from ..progress import Progress
from .autoencoder import build_autoencoder
from .checkpoint import Checkpoints, Losses
from .optimisation import Plan, optimise, step_generator
from .patches import PatchData
from .recipe import Recipe
from .settings import SynthesizerSettings
from .spectral_code import SpectralCode
from .spectral_distance import spectral_angles

STAGE = 1
#: Patches that are coded at a time when nothing is learnt.
BATCH = 64
_LEAST_LENGTH = 1e-6


@dataclass(frozen=True)
class Reconstruction:
    """How well patches come back from the autoencoder; NaN where there were none.

    Attributes:
        degrees: Mean spectral angle of the pixels that hold data.
        rmse: Root of the mean square error of their bands, in the scene's units.
        code_degrees: The same angle after the spectral components alone: the least that an
            autoencoder of components can reach.
    """

    degrees: float
    rmse: float
    code_degrees: float


def train_autoencoder(
    data: PatchData,
    settings: SynthesizerSettings,
    recipe: Recipe,
    device: Device,
    checkpoints: Checkpoints,
    progress: Progress,
) -> tuple[AutoencoderKL, Losses]:
    """Train an autoencoder on labelled and, if wanted, unlabelled patches.

    The loss is the L1 of the components, the spectral angle in bands, and a little of the
    Kullback-Leibler divergence that keeps the latents near a normal distribution.

    Returns:
        The autoencoder on the device, and a step, the L1, the angle in degrees and the
        divergence of each note.
    """
    torch.manual_seed(settings.seed)
    network = build_autoencoder(
        data.code.components, settings, recipe.autoencoder_width, recipe.autoencoder_layers
    )
    nn.Module.to(network, device.torch)
    pools = [data.labelled.values]
    if settings.unlabelled and len(data.unlabelled):
        pools.append(data.unlabelled.values)
    draw = _Batches(pools, settings, recipe.autoencoder_batch, device.torch)
    angles = BandAngles(data.code, device.torch)

    def losses_of(step: int) -> torch.Tensor:
        generator = step_generator(device.torch, settings.seed, STAGE, step)
        x = draw(step, generator)
        with torch.autocast(device.kind, torch.bfloat16, enabled=device.bfloat16):
            moments = network.encode(x).latent_dist.parameters
        mean, log_variance = moments.float().clamp(-30, 20).chunk(2, dim=1)
        noise = torch.randn(mean.shape, generator=generator, device=device.torch)
        with torch.autocast(device.kind, torch.bfloat16, enabled=device.bfloat16):
            decoded = network.decode(mean + (0.5 * log_variance).exp() * noise).sample
        y = decoded.float()
        l1 = (y - x).abs().mean()
        angle = angles(x, y).mean()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        total = l1 + recipe.angle_weight * angle + recipe.kl_weight * kl
        return torch.stack([total, l1, torch.rad2deg(angle), kl])

    def describe(losses: tuple[float, ...]) -> str:
        return f"Training the autoencoder: error {losses[1]:.3f}, spectral angle {losses[2]:.2f}°"

    plan = Plan(
        "autoencoder",
        max(1, round(recipe.autoencoder_steps * settings.effort)),
        recipe.autoencoder_rate,
        recipe.warm_up,
        recipe.autoencoder_decay,
        1e-4,
    )
    notes = optimise(network, plan, losses_of, describe, checkpoints, progress)
    return network, tuple((row[0], *row[2:]) for row in notes)


class BandAngles:
    """Spectral angles, in bands, of pixels given as components.

    Args:
        code: Between both.
        device: Where the components are.
    """

    def __init__(self, code: SpectralCode, device: torch.device) -> None:
        self._inverse = torch.from_numpy(code.inverse).to(device)
        self._mean = torch.from_numpy(code.mean).to(device)

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return radians ``(n, height, width)`` between ``(n, components, height, width)``."""
        apart = (self._unit(x) - self._unit(y)).square().sum(-1)
        # twice the arc sine of half the chord, with a slope that stays finite at no angle
        chord = (apart + 1e-10).sqrt()
        angle: torch.Tensor = 2 * torch.asin((chord / 2).clamp(max=1 - 1e-6))
        return angle

    def _unit(self, components: torch.Tensor) -> torch.Tensor:
        spectra = components.movedim(1, -1) @ self._inverse + self._mean
        length: torch.Tensor = torch.linalg.vector_norm(spectra, dim=-1, keepdim=True)
        return spectra / length.clamp_min(_LEAST_LENGTH)


def encode_patches(
    network: AutoencoderKL, values: np.ndarray, device: torch.device
) -> torch.Tensor:
    """Return the mean latents, float32 on the CPU, of float32 ``(n, components, side, side)``."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(values), BATCH):
            x = torch.from_numpy(np.ascontiguousarray(values[start : start + BATCH]))
            found.append(network.encode(x.to(device)).latent_dist.mean.cpu())
    return torch.cat(found).clone()


def decode_latents(
    network: AutoencoderKL, latents: torch.Tensor, device: torch.device
) -> np.ndarray:
    """Return float32 ``(n, components, side, side)`` of latents."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(latents), BATCH):
            z = latents[start : start + BATCH].to(device)
            found.append(network.decode(z).sample.float().cpu().numpy())
    return np.concatenate(found)


def reconstruction(
    network: AutoencoderKL, data: PatchData, size: int, device: torch.device, progress: Progress
) -> Reconstruction:
    """Return how well held-out patches come back, beside the scene's own bands where it has data.

    Args:
        network: The autoencoder; it has seen none of them.
        data: Has the held-out patches.
        size: Side that it reads.
        device: Where it is.
        progress: For a progress bar, and to cancel.
    """
    patches, code = data.held_out, data.code
    degrees = code_degrees = squares = count = 0.0
    for start in range(0, len(patches), BATCH):
        progress.report(start / len(patches), "Judging the autoencoder")
        which = np.s_[start : start + BATCH]
        values = np.ascontiguousarray(patches.values[which, :, :size, :size])
        valid = patches.draft[which, :size, :size] >= 0
        real = np.moveaxis(data.held_out_bands[which, :, :size, :size], 1, -1)[valid]
        decoded = decode_latents(network, encode_patches(network, values, device), device)
        coded, rebuilt = (
            code.decode(np.moveaxis(given, 1, -1)[valid]) for given in (values, decoded)
        )
        degrees += float(spectral_angles(rebuilt, real).sum())
        code_degrees += float(spectral_angles(coded, real).sum())
        squares += float(np.square(rebuilt - real, dtype=np.float64).mean(axis=-1).sum())
        count += len(real)
    if not count:
        return Reconstruction(float("nan"), float("nan"), float("nan"))
    return Reconstruction(degrees / count, float(np.sqrt(squares / count)), code_degrees / count)


class _Batches:
    """Draws patches from each of several pools in equal shares, and turns and cuts them."""

    def __init__(
        self,
        pools: list[np.ndarray],
        settings: SynthesizerSettings,
        batch: int,
        device: torch.device,
    ) -> None:
        self._pools = [torch.from_numpy(pool).to(device) for pool in pools]
        self._size, self._batch = settings.patch, batch

    def __call__(self, step: int, generator: torch.Generator) -> torch.Tensor:
        """Return float32 ``(batch, components, patch, patch)``."""
        drawn = []
        for number, pool in enumerate(self._pools):
            count = len(range(number, self._batch, len(self._pools)))
            index = torch.randint(len(pool), (count,), generator=generator, device=generator.device)
            drawn.append(pool[index])
        x = torch.cat(drawn)
        x = x.flip(-1) if step % 8 >= 4 else x
        x = torch.rot90(x, step % 4, (-2, -1))
        return x[..., : self._size, : self._size].contiguous()
