"""Making samples: from noise and prompts to patches of components."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ..device import Device
from ..errors import InputError
from ..progress import Progress
from .autoencoder_training import decode_latents, encode_patches
from .encoded_prompts import EncodedPrompts, encode_prompts
from .patches import Patches
from .synthesizer import Synthesizer
from .text_denoiser import AttentionRecorder, sampler, use_attention_of, velocity
from .text_encoder import MAX_TOKENS, TextEncoder
from .word_effects import word_effects

#: Samples that are made at a time. The last batch is filled up, since rounding changes with the
#: size of a batch, and a sample must not depend on how many are made.
BATCH = 32
#: Attention is recorded in this last part of the steps, where details are decided.
RECORDED = 1 / 3
#: Steps that are guided, from the noisiest on: what a patch shows is decided there, and later
#: guidance makes it no truer to its prompt, only less natural (Kynkäänniemi et al. 2024, "Applying
#: guidance in a limited interval improves sample and distribution quality in diffusion models").
GUIDED = 0.6


@dataclass(frozen=True)
class SampleOrder:
    """Samples to make.

    Attributes:
        class_indices: int64 ``(n,)``.
        prompts: Of each sample.
        negative: What to keep away from; empty for the null prompt.
        guidance: Weight ω of the prompt; 1 follows it as learnt.
        steps: Of denoising. With 10, 15 and 20, prompts were followed alike.
        seed: Of the noise: a sample's depends on it and on its index only.
    """

    class_indices: np.ndarray
    prompts: tuple[str, ...]
    negative: str = ""
    guidance: float = 2.0
    steps: int = 15
    seed: int = 0


@dataclass(frozen=True)
class SampledBatch:
    """Some samples, in the order's order.

    Attributes:
        components: float32 ``(m, components, patch, patch)``.
        attention: float16 ``(m, tokens, side, side)``: how much each token of the prompt was
            attended to where, mean over blocks, heads and the last third of the steps of the
            pass with the prompt, times how far its word moves the linear denoiser's mean there;
            None if not wanted.
    """

    components: np.ndarray
    attention: np.ndarray | None


def sample_patches(
    synthesizer: Synthesizer,
    order: SampleOrder,
    encoder: TextEncoder,
    device: Device,
    progress: Progress,
    attention: bool = True,
) -> Iterator[SampledBatch]:
    """Make samples, batch after batch.

    Args:
        synthesizer: What makes them.
        order: Which ones.
        encoder: The text encoder that the synthesizer was trained with.
        device: Where to compute.
        progress: For a progress bar, and to cancel.
        attention: Whether to record attention.

    Raises:
        InputError: if the text encoder is another one.
    """
    if encoder.sha256 != synthesizer.encoder_sha256:
        raise InputError(
            f"The synthesizer was trained with the text encoder '{synthesizer.encoder_name}' "
            f"(sha256 {synthesizer.encoder_sha256[:12]}…), and this is '{encoder.name}' "
            f"({encoder.sha256[:12]}…). Choose the one that it was trained with."
        )
    distinct = tuple(dict.fromkeys((*order.prompts, order.negative)))
    encoded = encode_prompts(
        encoder, synthesizer.reader, distinct, progress.part(0.0, 0.05), MAX_TOKENS
    )
    number = {prompt: index for index, prompt in enumerate(distinct)}
    prompt_of = torch.tensor([number[prompt] for prompt in order.prompts])
    effects = _Effects(synthesizer, distinct, encoder) if attention else None
    painter = _Painter(synthesizer, order, encoded, number[order.negative], device, effects)
    total = len(order.prompts)
    try:
        for start, part in zip(
            range(0, total, BATCH), progress.part(0.05, 1.0).parts(-(-total // BATCH))
        ):
            stop = min(start + BATCH, total)
            message = f"Making samples {start + 1} to {stop} of {total}"
            yield painter.batch(start, prompt_of[start:stop], part, message)
    finally:
        painter.close()


def class_order(
    synthesizer: Synthesizer,
    counts: Sequence[int] | np.ndarray,
    *,
    negative: str = "",
    guidance: float = SampleOrder.guidance,
    steps: int = SampleOrder.steps,
    seed: int = 0,
    coarse: bool = False,
) -> SampleOrder:
    """Return an order of so many samples of each class.

    Args:
        synthesizer: Its prompts are drawn from.
        counts: Samples of each class.
        negative: As ``SampleOrder`` has it, like the next three.
        guidance: The same.
        steps: The same.
        seed: Of the noise, and of the choice of prompts.
        coarse: Whether to take the classes' descriptions in place of prompts of real patches.
    """
    draws = np.random.default_rng(seed)
    indices = np.repeat(np.arange(len(counts)), counts)
    source = synthesizer.descriptions if coarse else synthesizer.prompts
    prompts = tuple(source[index][draws.integers(len(source[index]))] for index in indices)
    return SampleOrder(indices, prompts, negative, guidance, steps, seed)


def balance_counts(counts: Sequence[int] | np.ndarray, balance: float) -> np.ndarray:
    """Return how many samples bring classes to the largest one: round(λ (n_max − n_c)).

    Args:
        counts: Labelled pixels of each class.
        balance: The sample balance rate λ: 0 for none, 1 for fully balanced.

    Returns:
        int64 ``(classes,)``.
    """
    held = np.asarray(counts, np.int64)
    lacking = held.max(initial=0) - held
    # half a sample counts as one, whatever the numbers are
    rounded: np.ndarray = np.floor(balance * lacking + 0.5).astype(np.int64)
    return rounded


def reconstruct_with_noise(
    synthesizer: Synthesizer,
    patches: Patches,
    count: int,
    class_index: int,
    seed: int,
    spread: float,
) -> np.ndarray:
    """Return samples of the autoencoder alone: real patches of a class, their latents noised.

    Args:
        synthesizer: Whose autoencoder.
        patches: Real ones.
        count: How many samples.
        class_index: The class of their centres.
        seed: Of the choice of patches, and of the noise.
        spread: Deviation of the noise, in those of the latents' channels.

    Returns:
        float32 ``(count, components, patch, patch)``.

    Raises:
        InputError: if no patch is of the class.
    """
    members = np.flatnonzero(patches.classes == class_index)
    if not len(members):
        raise InputError(
            f"No patch is of class '{synthesizer.classes[class_index].name}'. Label some of it."
        )
    draws = np.random.default_rng(seed)
    size = synthesizer.settings.patch
    chosen = members[draws.integers(len(members), size=count)]
    cpu = torch.device("cpu")
    latents = encode_patches(
        synthesizer.autoencoder, patches.values[chosen][..., :size, :size], cpu
    )
    noise = draws.standard_normal(latents.shape, np.float32)
    scale = spread * synthesizer.latent_std[:, None, None]
    return decode_latents(synthesizer.autoencoder, latents + torch.from_numpy(noise * scale), cpu)


class _Effects:
    """How far the words of prompts move patches, computed once for each."""

    def __init__(
        self, synthesizer: Synthesizer, prompts: Sequence[str], encoder: TextEncoder
    ) -> None:
        config: Any = synthesizer.denoiser.config
        self.side = int(config.sample_size // config.patch_size)
        self._latent = (config.in_channels, config.sample_size, config.sample_size)
        self._linear: Any = synthesizer.denoiser.linear_part
        self._known: dict[int, np.ndarray] = {}
        self._prompts, self._encoder = prompts, encoder
        self._reader = synthesizer.reader

    def of(self, prompt: int) -> np.ndarray:
        """Return float32 ``(tokens, side, side)`` of a prompt's index."""
        if prompt not in self._known:
            text = self._prompts[prompt]
            tokens = self._encoder.tokens(text)
            self._known[prompt] = word_effects(
                text, tokens, self._reader, self._linear, self._latent, self.side
            )
        return self._known[prompt]


class _Painter:
    """Denoises batches with guidance, and decodes them."""

    def __init__(
        self,
        synthesizer: Synthesizer,
        order: SampleOrder,
        encoded: EncodedPrompts,
        negative: int,
        device: Device,
        effects: _Effects | None,
    ) -> None:
        self._order, self._device = order, device
        self._prompts = encoded.to(device.torch)
        self._negative = negative
        self._denoiser: Any = synthesizer.denoiser
        self._autoencoder: Any = synthesizer.autoencoder
        nn.Module.to(self._denoiser, device.torch).eval()
        nn.Module.to(self._autoencoder, device.torch).eval()
        self._mean, self._std = (
            torch.from_numpy(values)[:, None, None]
            for values in (synthesizer.latent_mean, synthesizer.latent_std)
        )
        config: Any = synthesizer.denoiser.config
        self._shape = (config.in_channels, config.sample_size, config.sample_size)
        self._effects = effects
        use_attention_of(self._denoiser, device.kind)

    def batch(
        self, start: int, prompt_of: torch.Tensor, progress: Progress, message: str
    ) -> SampledBatch:
        """Make the samples from ``start`` on whose prompts have these indices."""
        made = len(prompt_of)
        filled = torch.cat([prompt_of, prompt_of[:1].expand(BATCH - made)])
        said = self._prompts.taken(filled)
        against = self._prompts.taken(torch.full_like(filled, self._negative))
        latents = torch.stack([self._noise(start + index) for index in range(BATCH)])
        latents = latents.to(self._device.torch)
        solver = sampler(self._order.steps)
        # samples must not depend on whether attention is wanted, and other code rounds otherwise
        recorder = AttentionRecorder(self._denoiser, BATCH)
        with torch.inference_mode():
            for done, timestep in enumerate(solver.timesteps):
                progress.report(done / len(solver.timesteps), message)
                late = done >= (1 - RECORDED) * len(solver.timesteps)
                recorder.listening = self._effects is not None and late
                guided = self._order.guidance != 1 and done < GUIDED * len(solver.timesteps)
                v = self._velocity(latents, timestep, said, against if guided else None)
                latents = solver.step(v, timestep, latents, return_dict=False)[0]
        standard = latents.cpu()
        components = decode_latents(
            self._autoencoder, standard * self._std + self._mean, self._device.torch
        )[:made]
        if self._effects is None:
            return SampledBatch(components, None)
        return SampledBatch(components, self._maps(recorder, prompt_of, self._effects))

    def close(self) -> None:
        """Put the networks back where they were."""
        nn.Module.to(self._denoiser, "cpu")
        nn.Module.to(self._autoencoder, "cpu")
        use_attention_of(self._denoiser, "cpu")

    def _velocity(
        self,
        latents: torch.Tensor,
        timestep: torch.Tensor,
        said: EncodedPrompts,
        against: EncodedPrompts | None,
    ) -> torch.Tensor:
        """Return v, guided towards one prompt and away from another one if that is given."""
        both = said if against is None else said.and_also(against)
        doubled = latents if against is None else torch.cat([latents, latents])
        with torch.autocast(self._device.kind, torch.bfloat16, enabled=self._device.bfloat16):
            timesteps = timestep.to(self._device.torch).expand(len(doubled))
            v = velocity(self._denoiser, doubled, timesteps, both).float()
        if against is None:
            return v
        with_prompt, without = v.chunk(2)
        return without + self._order.guidance * (with_prompt - without)

    def _noise(self, index: int) -> torch.Tensor:
        mixed = (self._order.seed * 0x9E3779B97F4A7C15 + index) % (1 << 63)
        return torch.randn(self._shape, generator=torch.Generator().manual_seed(mixed))

    def _maps(
        self, recorder: AttentionRecorder, prompt_of: torch.Tensor, effects: _Effects
    ) -> np.ndarray:
        longest = int(self._prompts.mask[prompt_of].sum(1).max())
        found = recorder.maps()[: len(prompt_of), :longest].float().cpu().numpy()
        maps = found.reshape(*found.shape[:2], effects.side, effects.side).copy()
        for drawn, prompt in zip(maps, prompt_of.tolist()):
            moved = effects.of(prompt)[:longest]
            drawn[: len(moved)] *= moved
        weighted: np.ndarray = maps.astype(np.float16)
        return weighted
