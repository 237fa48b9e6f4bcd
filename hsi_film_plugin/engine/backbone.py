"""The frozen diffusion network whose decoder activations are the spatial features.

Source: Hu, Banerjee, Prasad 2025 (arXiv 2512.03430): one noising and one pass of
a UNet pretrained on natural images, read at its high-resolution decoder blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from .backbone_files import WEIGHTS
from .backbone_formats import read_network
from .device import Device
from .errors import InputError

__all__ = ["BUNDLED", "WEIGHTS", "Backbone", "BackboneInfo"]

BUNDLED = Path(__file__).resolve().parents[2] / "resources" / "backbone"
#: One noise tensor, drawn from this seed, serves all windows and timesteps.
NOISE_SEED = 0


@dataclass(frozen=True)
class BackboneInfo:
    """What tells one backbone from another.

    Attributes:
        name: The folder's name, or ``bundled``.
        sha256: Of the weights; of Stable Diffusion, of all parts together.
        blocks: Number of decoder blocks; they are counted from the end, -1 the last.
        suggested_blocks: Sets of blocks that are worth trying.
        note: What deviates from how the network was trained; empty if nothing does.
    """

    name: str
    sha256: str
    blocks: int
    suggested_blocks: tuple[tuple[int, ...], ...]
    note: str = ""


class _Enough(Exception):
    """Raised in a hook once the last wanted block has been computed."""


class Backbone:
    """A frozen diffusion network, read at chosen decoder blocks.

    Windows are 64 pixels wide for all kinds; networks of larger pictures are
    convolutional and take them. A network that was trained with class labels gets the
    mean of their embeddings.

    Args:
        folder: A diffusers ``UNet2DModel`` of three channels (``config.json``, the
            safetensors weights and, if its noise schedule is not the cosine one,
            ``scheduler_config.json``), a folder that ``convert_backbone`` has written, or
            a pipeline of Stable Diffusion 1 or 2. ``None`` or an empty path is the
            bundled backbone.
        device: Where to compute.

    Raises:
        InputError: if the folder is no such network or does not fit.
    """

    def __init__(self, folder: Path | None, device: Device) -> None:
        self.folder = folder or BUNDLED
        self.device = device
        network = read_network(self.folder)
        self._denoiser = network.denoiser.float().eval().requires_grad_(False).to(device.torch)
        # convolutions of half precision are a quarter faster with the channels last
        self._denoiser.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.unet = self._denoiser.unet
        self.alphas_cumprod = network.alphas_cumprod
        self.info = BackboneInfo(
            "bundled" if self.folder == BUNDLED else self.folder.name,
            network.sha256,
            len(self._denoiser.blocks),
            _existing(network.suggested_blocks, len(self._denoiser.blocks)),
            network.note,
        )
        generator = torch.Generator().manual_seed(NOISE_SEED)
        noise = torch.randn(self._denoiser.noise_shape, generator=generator)
        self.noise = noise.to(device.torch)

    def check(self, timestep: int, blocks: Sequence[int]) -> None:
        """Check a timestep and blocks against the network.

        Raises:
            InputError: if one is out of range.
        """
        last = len(self.alphas_cumprod) - 1
        if not 0 <= timestep <= last:
            raise InputError(f"TIMESTEP is {timestep}; this backbone has 0 to {last}.")
        wrong = [block for block in blocks if not -self.info.blocks <= block <= -1]
        if wrong or not blocks:
            raise InputError(
                f"BLOCKS is {list(blocks)}; this backbone's decoder blocks are "
                f"-1 (the last) to {-self.info.blocks}."
            )

    @torch.inference_mode()
    def activations(
        self, pictures: torch.Tensor, timestep: int, blocks: Sequence[int]
    ) -> list[torch.Tensor]:
        """Return the outputs of decoder blocks for noised pictures.

        Args:
            pictures: float32 ``(n, 3, 64, 64)`` in [-1, 1].
            timestep: How far to noise, 0 hardly at all.
            blocks: Decoder blocks, negative, counted from the last.

        Returns:
            For each block, in the order given, float32 ``(n, channels, h, w)``.
        """
        found: dict[int, torch.Tensor] = {}
        latest = max(blocks)
        hooks = [
            self._denoiser.blocks[block].register_forward_hook(_keep(found, block, block == latest))
            for block in blocks
        ]
        alpha = self.alphas_cumprod[timestep].item()
        try:
            with torch.autocast(self.device.kind, torch.bfloat16, enabled=self.device.bfloat16):
                seen = pictures.to(self.device.torch)
                clean = self._denoiser.encoded(seen.contiguous(memory_format=torch.channels_last))
                noised = alpha**0.5 * clean + (1 - alpha) ** 0.5 * self.noise
                self._denoiser(noised, timestep)
        except _Enough:
            return [found[block] for block in blocks]
        finally:
            for hook in hooks:
                hook.remove()
        raise InputError(f"Backbone '{self.folder}' did not reach its decoder block {latest}.")


def _existing(suggested: Iterable[tuple[int, ...]], count: int) -> tuple[tuple[int, ...], ...]:
    """Return the sets of blocks that a network of few blocks has, at least its last block."""
    return tuple(blocks for blocks in suggested if -min(blocks) <= count) or ((-1,),)


def _keep(found: dict[int, torch.Tensor], block: int, last: bool):  # type: ignore[no-untyped-def]
    """Return a forward hook that keeps a block's output and may stop the pass."""

    def hook(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        # some blocks of diffusers give a second map for a shortcut of their own
        found[block] = (output[0] if isinstance(output, tuple) else output).float()
        if last:
            raise _Enough

    return hook
