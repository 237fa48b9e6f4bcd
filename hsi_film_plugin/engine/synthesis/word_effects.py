"""Where each word of a prompt acts: how far it moves the mean patch that the prompt stands for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from .linear_denoiser import LinearDenoiser
from .prompt_reading import PromptReader
from .prompts import word_spans
from .sample_set import Word


def word_effects(
    prompt: str,
    tokens: Sequence[Word],
    reader: PromptReader,
    linear: LinearDenoiser,
    latent: tuple[int, int, int],
    side: int,
) -> np.ndarray:
    """Return how far each token's word moves the linear denoiser's mean, 1 where the most.

    A word is left out, and what the prompt says no longer is taken from its reading; what it
    would then say in its place is not added.

    Args:
        prompt: What was asked for.
        tokens: How the text encoder spells it.
        reader: Reads it.
        linear: That the reading is for.
        latent: Channels, height and width of a latent.
        side: Of the maps; at most that of the latents.

    Returns:
        float32 ``(tokens, side, side)``; ones for tokens outside of words, and for words that
        the reader does not know, of which nothing can be said.
    """
    found = np.ones((len(tokens), side, side), np.float32)
    spans = word_spans(prompt)
    if not spans:
        return found
    without = reader.read([prompt[:start] + prompt[end:] for start, end in spans])
    lost = np.maximum(reader.read([prompt]) - without, 0)
    reads, shows = linear.reads.float().cpu(), linear.shows.float().cpu()
    moved = (torch.from_numpy(lost) @ reads @ shows).view(len(spans), *latent)
    lengths = moved.square().mean(1, keepdim=True).sqrt()
    for effect, (start, end) in zip(adaptive_avg_pool2d(lengths, side)[:, 0].numpy(), spans):
        if not effect.any():
            continue
        for row, token in zip(found, tokens):
            if start <= token.start < token.end <= end:
                row[:] = effect / effect.max()
    return found
