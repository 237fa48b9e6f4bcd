"""What a backbone needs of any denoising network, whatever its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from .windows import WINDOW


class Denoiser(nn.Module):
    """A UNet and how a window of a picture reaches it; this one takes pictures as they are.

    Args:
        unet: Called with noised windows and a timestep.
        blocks: Its decoder's blocks in the order of computing.
        channels: Of what is noised.
    """

    def __init__(self, unet: nn.Module, blocks: Sequence[nn.Module], channels: int = 3) -> None:
        super().__init__()
        self.unet = unet
        self.blocks = list(blocks)  # a plain list: they are the UNet's
        self.noise_shape = (1, channels, WINDOW, WINDOW)

    def encoded(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return what is noised, ``(n, channels, 64, 64)``.

        Args:
            pictures: float32 ``(n, 3, 64, 64)`` in [-1, 1].
        """
        return pictures

    def forward(self, noised: torch.Tensor, timestep: int) -> None:
        """Compute the decoder's blocks; what the network predicts is of no interest."""
        self.unet(noised, timestep)


@dataclass(frozen=True)
class Network:
    """A network as its folder describes it.

    Attributes:
        denoiser: In float32 or as stored, on the CPU.
        alphas_cumprod: float32 ``(timesteps,)``: how much of a picture's variance is left.
        sha256: Of all weights that shape the features.
        suggested_blocks: Sets of decoder blocks that are worth trying.
        note: What deviates from how the network was trained; empty if nothing does.
    """

    denoiser: Denoiser
    alphas_cumprod: torch.Tensor
    sha256: str
    suggested_blocks: tuple[tuple[int, ...], ...]
    note: str = ""
