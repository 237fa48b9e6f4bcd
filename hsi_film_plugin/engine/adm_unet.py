"""The UNet of Dhariwal and Nichol 2021, as far as its decoder's features need it.

Source: "Diffusion models beat GANs on image synthesis" (arXiv 2105.05233), section 3
and appendix: residual blocks that also resample, scale and shift of the normalised
maps by the timestep, several attention heads at several resolutions. Parameters carry
the names of the published checkpoints. Where a checkpoint orders queries, keys and
values head by head, the conversion reorders them, so there is one attention here.

Deviation: the published class-conditional networks have no class "any". Here the mean
of their label embeddings stands for the class, for each window alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

#: Channels are normalised in so many groups.
GROUPS = 32
#: The timestep's embedding is so many times wider than the network.
EMBEDDING = 4
#: Longest period of the timestep's sines.
LONGEST_PERIOD = 10_000
_MOST = {"levels": 10, "res_blocks": 16, "channels": 8192}


@dataclass(frozen=True)
class AdmArchitecture:
    """The shape of a network.

    Attributes:
        channels: Width of the timestep's sines, from which the rest is derived.
        levels: Channels of each level, the one at full resolution first.
        res_blocks: Residual blocks of a level in the encoder; the decoder has one more.
        heads: Attention heads of each level; 0 for none.
        middle_heads: Attention heads between encoder and decoder.
        in_channels: Of a picture.
        out_channels: Of the prediction; twice the picture's with a learned variance.
        labelled: Whether there is a label embedding.

    Raises:
        ValueError: if these do not fit together.
    """

    channels: int
    levels: tuple[int, ...]
    res_blocks: int
    heads: tuple[int, ...]
    middle_heads: int
    in_channels: int = 3
    out_channels: int = 6
    labelled: bool = False

    def __post_init__(self) -> None:
        widths = (self.channels, *self.levels)
        counts = (*widths, self.res_blocks, self.middle_heads, self.in_channels, self.out_channels)
        if not all(type(value) is int and value > 0 for value in counts):
            raise ValueError(f"a count in {counts} is not positive")
        if len(self.heads) != len(self.levels) or not 2 <= len(self.levels) <= _MOST["levels"]:
            raise ValueError(f"{len(self.levels)} levels and heads for {len(self.heads)}")
        if max(widths) > _MOST["channels"] or self.res_blocks > _MOST["res_blocks"]:
            raise ValueError(f"{max(widths)} channels, {self.res_blocks} residual blocks")
        if self.channels % 2 or any(width % GROUPS for width in self.levels):
            raise ValueError(f"channels {widths}: levels need multiples of {GROUPS}")
        attending = [*zip(self.heads, self.levels), (self.middle_heads, self.levels[-1])]
        for heads, width in attending:
            if type(heads) is not int or heads < 0 or (heads and width % heads):
                raise ValueError(f"{heads} heads share {width} channels")

    @property
    def blocks(self) -> int:
        """Number of the decoder's blocks."""
        return len(self.levels) * (self.res_blocks + 1)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> AdmArchitecture:
        """Return the architecture that a ``config.json`` describes.

        Raises:
            ValueError, TypeError, LookupError: if it describes none.
        """
        return cls(
            config["channels"],
            tuple(config["levels"]),
            config["res_blocks"],
            tuple(config["heads"]),
            config["middle_heads"],
            config["in_channels"],
            config["out_channels"],
            config["labelled"] is True,
        )


class AdmUNet(nn.Module):
    """The network.

    Fully convolutional but for its attention, which takes maps of any size: networks
    that were trained on 128 or 256 pixels accept windows of 64.

    Args:
        architecture: Its shape.
    """

    def __init__(self, architecture: AdmArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        embedding = EMBEDDING * architecture.channels
        self.time_embed = nn.Sequential(
            nn.Linear(architecture.channels, embedding),
            nn.SiLU(),
            nn.Linear(embedding, embedding),
        )
        if architecture.labelled:
            self.label_embedding = nn.Parameter(torch.zeros(embedding))
        width = architecture.levels[0]
        first = _Layers([nn.Conv2d(architecture.in_channels, width, 3, padding=1)])
        self.input_blocks = nn.ModuleList([first])
        kept = [width]  # channels of what the encoder hands to the decoder
        last = len(architecture.levels) - 1
        for level, (wanted, heads) in enumerate(zip(architecture.levels, architecture.heads)):
            for _ in range(architecture.res_blocks):
                self.input_blocks.append(_layers(width, wanted, embedding, heads))
                width = wanted
                kept.append(width)
            if level < last:
                self.input_blocks.append(_Layers([_Residual(width, width, embedding, 0.5)]))
                kept.append(width)
        self.middle_block = _layers(width, width, embedding, architecture.middle_heads)
        self.middle_block.append(_Residual(width, width, embedding))
        self.output_blocks = nn.ModuleList()
        for level in range(last, -1, -1):
            wanted, heads = architecture.levels[level], architecture.heads[level]
            for number in range(architecture.res_blocks + 1):
                block = _layers(width + kept.pop(), wanted, embedding, heads)
                width = wanted
                if level and number == architecture.res_blocks:
                    block.append(_Residual(width, width, embedding, 2.0))
                self.output_blocks.append(block)
        self.out = nn.Sequential(
            nn.GroupNorm(GROUPS, width),
            nn.SiLU(),
            nn.Conv2d(width, architecture.out_channels, 3, padding=1),
        )

    def forward(self, pictures: torch.Tensor, timestep: int) -> torch.Tensor:
        """Return the prediction for noised pictures.

        Args:
            pictures: float32 ``(n, in_channels, height, width)``.
            timestep: How far all of them were noised.

        Returns:
            ``(n, out_channels, height, width)``; the first half of the channels is the noise.
        """
        embedding = self.time_embed(_sines(timestep, self.architecture.channels, pictures.device))
        if self.architecture.labelled:
            embedding = embedding + self.label_embedding
        maps, kept = pictures, []
        for block in self.input_blocks:
            maps = block(maps, embedding)
            kept.append(maps)
        maps = self.middle_block(maps, embedding)
        for block in self.output_blocks:
            maps = block(torch.cat([maps, kept.pop()], dim=1), embedding)
        predicted: torch.Tensor = self.out(maps)
        return predicted


class _Layers(nn.ModuleList):
    """Layers one after the other; those that the timestep steers are told it."""

    def forward(self, maps: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        for layer in self:
            maps = layer(maps, embedding) if isinstance(layer, _Residual) else layer(maps)
        return maps


def _layers(width: int, wanted: int, embedding: int, heads: int) -> _Layers:
    """Return a residual block and, where there are heads, attention."""
    layers = _Layers([_Residual(width, wanted, embedding)])
    if heads:
        layers.append(_Attention(wanted, heads))
    return layers


class _Residual(nn.Module):
    """Two convolutions beside a shortcut; the timestep scales and shifts between them.

    Args:
        width: Channels that come in.
        wanted: Channels that go out.
        embedding: Numbers that describe the timestep.
        resampling: 0.5 halves both maps and shortcut (by means), 2 doubles them.
    """

    def __init__(self, width: int, wanted: int, embedding: int, resampling: float = 1.0) -> None:
        super().__init__()
        self.resampling = resampling
        self.in_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, width), nn.SiLU(), nn.Conv2d(width, wanted, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, 2 * wanted))
        # the empty place is that of the dropout in training
        self.out_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, wanted),
            nn.SiLU(),
            nn.Identity(),
            nn.Conv2d(wanted, wanted, 3, padding=1),
        )
        self.skip_connection = (
            nn.Identity() if width == wanted else nn.Conv2d(width, wanted, kernel_size=1)
        )

    def forward(self, maps: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        norm, activation, convolution = self.in_layers
        inner = convolution(self._resampled(activation(norm(maps))))
        scale, shift = self.emb_layers(embedding)[..., None, None].chunk(2, dim=1)
        norm, activation, _, convolution = self.out_layers
        inner = convolution(activation(norm(inner) * (1 + scale) + shift))
        sum_of_both: torch.Tensor = self.skip_connection(self._resampled(maps)) + inner
        return sum_of_both

    def _resampled(self, maps: torch.Tensor) -> torch.Tensor:
        if self.resampling < 1:
            return functional.avg_pool2d(maps, 2)
        if self.resampling > 1:
            return functional.interpolate(maps, scale_factor=2.0, mode="nearest")
        return maps


class _Attention(nn.Module):
    """Every place of a map looks at every other, with several heads.

    ``qkv`` gives first all queries, then all keys, then all values, each head by head.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, width)
        self.qkv = nn.Conv1d(width, 3 * width, 1)
        self.proj_out = nn.Conv1d(width, width, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        places = maps.flatten(2)
        count, width, length = places.shape
        split = self.qkv(self.norm(places)).view(count, 3, self.heads, width // self.heads, length)
        queries, keys, values = split.transpose(-1, -2).unbind(1)
        seen = functional.scaled_dot_product_attention(queries, keys, values)
        seen = seen.transpose(-1, -2).reshape(count, width, length)
        result: torch.Tensor = places + self.proj_out(seen)
        return result.reshape(maps.shape)


def _sines(timestep: int, width: int, device: torch.device) -> torch.Tensor:
    """Return cosines, then sines of a timestep, float32 ``(1, width)``.

    Source: Vaswani et al. 2017 (arXiv 1706.03762), with the cosines first.
    """
    half = width // 2
    exponents = torch.arange(half, dtype=torch.float32, device=device) / half
    angles = timestep * torch.exp(-math.log(LONGEST_PERIOD) * exponents)
    return torch.cat([angles.cos(), angles.sin()])[None]


def parameter_shapes(architecture: AdmArchitecture) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter by name; nothing is allocated."""
    with torch.device("meta"):
        network = AdmUNet(architecture)
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def misfit(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> str | None:
    """Return how parameters differ from the expected ones, None if they do not."""
    lacking = [name for name in expected if name not in found]
    if lacking:
        return f"lacks {len(lacking)} weights, such as '{lacking[0]}'"
    foreign = [name for name in found if name not in expected]
    if foreign:
        return f"holds {len(foreign)} unknown weights, such as '{foreign[0]}'"
    for name, shape in expected.items():
        if found[name] != shape:
            return f"has '{name}' of {found[name]} where {shape} is needed"
    return None
