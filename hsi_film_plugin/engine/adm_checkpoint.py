"""Which network a guided-diffusion checkpoint holds, told from its tensors' shapes.

How heads share the attention's channels, in which order they lie, and how noise was
scheduled in training the shapes do not tell; of the published networks it is known.

Source: Dhariwal, Nichol 2021 (arXiv 2105.05233), and the flags published with the
checkpoints for 64, 128, 256 and 512 pixels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .adm_unet import AdmArchitecture, misfit, parameter_shapes

Shapes = Mapping[str, tuple[int, ...]]

LABELS: Final = "label_emb.weight"
LABEL_MEAN: Final = "label_embedding"
SCHEDULES: Final = ("cosine", "linear")
ORDERS: Final = ("new", "legacy")
_OUTPUT = re.compile(r"output_blocks\.(\d{1,4})\.(\d{1,2})\.(.+)")


class Unfit(ValueError):
    """A checkpoint is none of guided diffusion, or of another kind; says why."""


@dataclass(frozen=True)
class Attending:
    """What shapes do not tell of a network.

    Attributes:
        schedule: Of the noise: ``cosine`` or ``linear``.
        order: Of the attention's channels: ``new`` has all queries before all keys before
            all values, ``legacy`` has the three of each head together.
        heads: Heads of each attention; None where their channels are given.
        head_channels: Channels of each head; None where their number is given.
    """

    schedule: str
    order: str
    heads: int | None = None
    head_channels: int | None = None

    def heads_of(self, width: int) -> int:
        """Return the number of heads that share ``width`` channels."""
        if self.heads is not None:
            return self.heads
        if not self.head_channels or width % self.head_channels:
            raise Unfit(f"heads of {self.head_channels} channels do not share its {width} channels")
        return width // self.head_channels


@dataclass(frozen=True)
class Outline:
    """What shapes tell of a network.

    Attributes:
        levels: Channels of each level, the one at full resolution first.
        res_blocks: Residual blocks of a level in the encoder.
        attention: Whether each level has attention.
    """

    levels: tuple[int, ...]
    res_blocks: int
    attention: tuple[bool, ...]


def _published(levels: tuple[int, ...], res_blocks: int) -> Outline:
    """Return the outline of a published network: attention at its three last levels."""
    plain = len(levels) - 3
    return Outline(levels, res_blocks, (False,) * plain + (True,) * 3)


PUBLISHED: Final[Mapping[Outline, Attending]] = {
    _published((192, 384, 576, 768), 3): Attending("cosine", "new", head_channels=64),
    _published((256, 256, 512, 768, 1024), 2): Attending("linear", "legacy", heads=4),
    _published((256, 256, 512, 512, 1024, 1024), 2): Attending(
        "linear", "legacy", head_channels=64
    ),
    _published((128, 256, 256, 512, 512, 1024, 1024), 2): Attending(
        "linear", "legacy", head_channels=64
    ),
}


def outline_of(shapes: Shapes) -> Outline:
    """Return what the shapes of a checkpoint's tensors tell of its network.

    Raises:
        Unfit: if it is no network of the kind.
    """
    for name in ("time_embed.0.weight", "input_blocks.0.0.weight", "out.2.weight"):
        if len(shapes.get(name, ())) < 2:
            raise Unfit(f"it lacks '{name}', so it is no network of guided diffusion")
    channels = shapes["input_blocks.0.0.weight"][1]
    if channels != 3:
        raise Unfit(f"it takes {channels} channels, as networks that enlarge do, and not 3")
    layers: dict[int, dict[int, set[str]]] = {}
    for name in shapes:
        if match := _OUTPUT.fullmatch(name):
            block, layer, rest = int(match[1]), int(match[2]), match[3]
            layers.setdefault(block, {}).setdefault(layer, set()).add(rest)
    if not layers or sorted(layers) != list(range(len(layers))):
        raise Unfit("its decoder 'output_blocks' is missing or has gaps, as that of a classifier")
    rising = sum(
        any("in_layers.2.weight" in names for layer, names in block.items() if layer)
        for block in layers.values()
    )
    if any("conv.weight" in names for block in layers.values() for names in block.values()):
        raise Unfit("it resamples by single convolutions; only residual blocks are known here")
    if not rising or len(layers) % (rising + 1) or len(layers) == rising + 1:
        raise Unfit(f"its decoder has {len(layers)} blocks and enlarges {rising} times")
    a_level = len(layers) // (rising + 1)
    firsts = [(rising - level) * a_level for level in range(rising + 1)]
    widths = tuple(
        (shapes.get(f"output_blocks.{first}.0.out_layers.3.weight") or (0,))[0] for first in firsts
    )
    attention = tuple("qkv.weight" in layers[first].get(1, ()) for first in firsts)
    return Outline(widths, a_level - 1, attention)


def architecture_of(shapes: Shapes, outline: Outline, attending: Attending) -> AdmArchitecture:
    """Return the architecture of a checkpoint all of whose tensors fit it.

    Args:
        shapes: Of the checkpoint's tensors, by name.
        outline: What they tell.
        attending: What they do not.

    Raises:
        Unfit: if tensors are missing, of other shapes, or unknown.
    """
    try:
        architecture = AdmArchitecture(
            channels=shapes["time_embed.0.weight"][1],
            levels=outline.levels,
            res_blocks=outline.res_blocks,
            heads=tuple(
                attending.heads_of(width) if attends else 0
                for width, attends in zip(outline.levels, outline.attention)
            ),
            middle_heads=attending.heads_of(outline.levels[-1]),
            out_channels=shapes["out.2.weight"][0],
            labelled=LABELS in shapes,
        )
    except Unfit:
        raise
    except ValueError as error:
        raise Unfit(f"its parts do not fit together: {error}") from error
    expected = dict(parameter_shapes(architecture))
    if LABEL_MEAN in expected:
        labels = shapes[LABELS]
        if len(labels) != 2:
            raise Unfit(f"it has '{LABELS}' of {labels} where two axes are needed")
        expected[LABELS] = (labels[0], *expected.pop(LABEL_MEAN))
    difference = misfit(expected, shapes)
    if difference:
        raise Unfit(f"it {difference}")
    return architecture
