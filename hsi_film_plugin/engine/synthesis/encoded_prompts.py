"""Prompts as the denoiser takes them: the text encoder's tokens, and what a reader made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..progress import Progress
from .prompt_reading import PromptReader
from .sample_set import Word
from .text_encoder import TextEncoder

#: Prompts that are encoded at a time.
AT_ONCE = 32


@dataclass(frozen=True)
class EncodedPrompts:
    """Prompts, one a row.

    Attributes:
        tokens: Float ``(n, length, text width)``.
        mask: bool ``(n, length)``.
        readings: float32 ``(n, width of a reading)``, of ``PromptReader``.
    """

    tokens: torch.Tensor
    mask: torch.Tensor
    readings: torch.Tensor

    def __len__(self) -> int:
        return len(self.tokens)

    def taken(self, rows: torch.Tensor) -> EncodedPrompts:
        """Return some prompts, tokens in float32, from indices int64 ``(m,)`` or a mask."""
        return EncodedPrompts(self.tokens[rows].float(), self.mask[rows], self.readings[rows])

    def and_also(self, others: EncodedPrompts) -> EncodedPrompts:
        """Return these and, after them, others of the same length."""
        pairs = zip(self._parts(), others._parts())
        return EncodedPrompts(*(torch.cat(pair) for pair in pairs))

    def to(self, device: torch.device) -> EncodedPrompts:
        """Return them on a device."""
        return EncodedPrompts(*(part.to(device) for part in self._parts()))

    def means(self) -> torch.Tensor:
        """Return the mean of each prompt's tokens, float32 ``(n, text width)``."""
        weight = self.mask[..., None].float()
        return (self.tokens.float() * weight).sum(1) / weight.sum(1).clamp_min(1)

    def _parts(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.tokens, self.mask, self.readings


def encode_prompts(
    encoder: TextEncoder,
    reader: PromptReader,
    prompts: Sequence[str],
    progress: Progress,
    length: int = 0,
) -> EncodedPrompts:
    """Return prompts and, after them, the null prompt, on the CPU, tokens in float16.

    Args:
        encoder: The text encoder.
        reader: Knows the classes and words of the training.
        prompts: Distinct ones.
        progress: For a progress bar, and to cancel.
        length: To pad to, if the longest is shorter.
    """
    # similar lengths together: a batch is as long as its longest prompt
    said = [encoder.tokens(prompt) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda index: len(said[index]))
    # what the text encoder cannot take in must not be read otherwise either
    taken_in = [heard(prompt, spelt) for prompt, spelt in zip(prompts, said)]
    found, read = [], np.zeros((len(prompts) + 1, reader.width), np.float32)
    for start in range(0, len(order), AT_ONCE):
        progress.report(start / len(order), "Reading the prompts")
        some = order[start : start + AT_ONCE]
        found.append(encoder.encode([prompts[index] for index in some]))
        read[some] = reader.read([taken_in[index] for index in some])
    found.append(encoder.encode([""]))
    longest = max(length, *(mask.shape[1] for _, mask in found))
    tokens = torch.zeros(len(prompts) + 1, longest, encoder.width, dtype=torch.float16)
    masks = torch.zeros(len(prompts) + 1, longest, dtype=torch.bool)
    rows = torch.tensor([*order, len(prompts)])
    start = 0
    for part, mask in found:
        chosen = rows[start : start + len(part)]
        tokens[chosen, : part.shape[1]] = part.to(torch.float16)
        masks[chosen, : mask.shape[1]] = mask
        start += len(part)
    return EncodedPrompts(tokens, masks, torch.from_numpy(read))


def heard(prompt: str, tokens: Sequence[Word]) -> str:
    """Return as much of a prompt as a text encoder reads, from how it spells the prompt."""
    return prompt[: max((token.end for token in tokens), default=0)]
