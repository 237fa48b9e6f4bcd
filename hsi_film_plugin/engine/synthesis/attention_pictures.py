"""Pictures of samples, and of where each word of their prompts was attended to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..pseudo_image import true_colour_bands
from ..report import Picture
from ..report_chapter import Gallery
from ..report_pictures import true_colour
from .prompts import word_spans

if TYPE_CHECKING:
    from ..model import ModelBands
    from .sample_set import SampleSet, Word

MOST_PROMPTS = 3
#: A long prompt's later words are left out: the page stays readable.
MOST_WORDS = 20
#: Pixels along the side of a picture, at least; the page enlarges them further.
SIDE = 32
#: Samples that the common stretch is learnt from.
MOST_STRETCHED = 200
#: Part of a word's maximum that its map is stretched over, at least: what differs by less is flat.
LEAST_SPAN = 0.1
#: Of the overlay where a word was attended to most, 0 to 255.
WARM = np.array([255, 96, 24], np.float32)


@dataclass(frozen=True)
class WordMap:
    """Where one word of a prompt was attended to in a sample.

    Attributes:
        word: As the prompt has it.
        weight: float32 (g, g) in [0, 1], 0 where it was attended to least, 1 where most; less
            than 1 everywhere if the least is hardly less.
    """

    word: str
    weight: NDArray[np.float32]


def word_maps(
    prompt: str, tokens: Sequence[Word], attention: NDArray[np.generic]
) -> tuple[WordMap, ...]:
    """Join the maps of tokens to those of words; special tokens and commas are left out.

    Args:
        prompt: What was asked for.
        tokens: Of the prompt, with the characters that each stands for.
        attention: (tokens or more, g, g), of one sample.
    """
    found = []
    for start, end in word_spans(prompt):
        parts = [
            attention[number].astype(np.float32)
            for number, token in enumerate(tokens[: len(attention)])
            if token.end > token.start and token.start < end and token.end > start
        ]
        if parts:
            joined = np.mean(parts, axis=0)
            least, most = float(joined.min()), float(joined.max())
            span = np.float32(max(most - least, LEAST_SPAN * most) or 1.0)
            found.append(WordMap(prompt[start:end], (joined - np.float32(least)) / span))
    return tuple(found)


def attention_galleries(samples: SampleSet, most: int = MOST_PROMPTS) -> tuple[Gallery, ...]:
    """Return a sample and its words' maps for a few prompts, each of another class if it can.

    Prompts that name most are shown, and of their samples one that looks like its class.
    """
    if samples.attention is None:
        return ()
    chosen_ones = _chosen(samples, most)
    pictures = sample_pictures(samples, np.array(chosen_ones, np.int64))
    galleries = []
    for chosen, picture in zip(chosen_ones, pictures):
        number = int(samples.prompt_of[chosen])
        prompt = samples.prompts[number]
        maps = word_maps(prompt, samples.tokens[number], samples.attention[chosen])
        shown = [Picture("The sample", enlarged(picture))]
        for found in maps[:MOST_WORDS]:
            shown.append(Picture(found.word, overlaid(picture, found.weight)))
        left = len(maps) - MOST_WORDS
        more = f" (without its last {left} words)" if left > 0 else ""
        galleries.append(Gallery(f"“{prompt}”{more}", tuple(shown)))
    return tuple(galleries)


def sample_pictures(samples: SampleSet, which: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return samples near true colour, uint8 (m, size, size, 4).

    All are stretched alike, by some samples of the whole set, so that dark ones stay dark.
    """
    step = -(-len(samples.class_indices) // MOST_STRETCHED)
    shown = np.concatenate([which, np.arange(0, len(samples.class_indices), step)])
    return patch_pictures(samples.cubes(shown), samples.bands)[: len(which)]


def patch_pictures(cubes: NDArray[np.float32], bands: ModelBands) -> NDArray[np.uint8]:
    """Return patches (n, bands, size, size) near true colour, stretched alike.

    Returns:
        uint8 (n, size, size, 4).
    """
    count, size = len(cubes), cubes.shape[-1]
    wavelengths = None if bands.wavelengths is None else np.array(bands.wavelengths)
    chosen = cubes[:, true_colour_bands(cubes.shape[1], wavelengths)]
    row = np.moveaxis(chosen, 0, 2).reshape(3, size, count * size)
    picture = true_colour(row, np.ones(row.shape[1:], bool))
    apart: NDArray[np.uint8] = np.moveaxis(picture.reshape(size, count, size, 4), 1, 0)
    return apart


def enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a picture (height, width, channels) pixel by pixel, to ``SIDE`` or more."""
    times = -(-SIDE // picture.shape[0])
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def overlaid(picture: NDArray[np.uint8], weight: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay a word's map over a greyed picture.

    Args:
        picture: uint8 (size, size, 4).
        weight: float32 (g, g) in [0, 1].

    Returns:
        uint8, as large as ``enlarged`` makes it, (side, side, 3).
    """
    large = enlarged(picture)[..., :3].astype(np.float32)
    grey = large.mean(axis=2, keepdims=True).repeat(3, axis=2)
    size = (large.shape[1], large.shape[0])
    smooth = Image.fromarray(weight.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    share = 0.75 * np.clip(np.asarray(smooth), 0, 1)[..., None]
    mixed: NDArray[np.uint8] = np.rint(grey * (1 - share) + WARM * share).astype(np.uint8)
    return mixed


def _chosen(samples: SampleSet, most: int) -> list[int]:
    """Return the samples to show: long prompts first, one a class before any second one."""
    order = sorted(
        range(len(samples.class_indices)),
        key=lambda i: (
            -len(word_spans(samples.prompts[int(samples.prompt_of[i])])),
            not samples.recognised[i],
            i,
        ),
    )
    chosen: list[int] = []
    for by_class in (True, False):
        for index in order:
            classes = {int(samples.class_indices[i]) for i in chosen}
            prompts = {int(samples.prompt_of[i]) for i in chosen}
            known = int(samples.prompt_of[index]) in prompts
            known = known or (by_class and int(samples.class_indices[index]) in classes)
            if len(chosen) < most and not known:
                chosen.append(index)
    return chosen
