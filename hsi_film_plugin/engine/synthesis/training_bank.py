"""The bank that the denoiser learns from: patches turned, mirrored and mixed, with prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..progress import Progress
from .patch_facts import patch_facts
from .patches import PatchData, Patches
from .polygon_clipping import random_polygon
from .prompts import PromptWriter
from .recipe import Recipe
from .settings import SynthesizerSettings

#: Items that are composed and encoded at a time.
CHUNK = 64
#: Turns and mirrors of a square.
SYMMETRIES = 8

Encode = Callable[[np.ndarray], torch.Tensor]


@dataclass(frozen=True)
class TrainingBank:
    """Items to learn from: first those with a prompt, then those without.

    Attributes:
        latents: float32 ``(n, latent channels, side, side)``, as the autoencoder gives them.
        classes: int64 ``(n,)``, class indices of the centres, -1 without.
        prompts: Distinct prompts.
        prompt_of: int64 ``(labelled items,)``, index of each item's prompt.
        whole: bool ``(n,)``, false where an item is mixed of two patches.
    """

    latents: torch.Tensor
    classes: np.ndarray
    prompts: tuple[str, ...]
    prompt_of: np.ndarray
    whole: np.ndarray

    @property
    def labelled(self) -> int:
        """How many items have a prompt."""
        return len(self.prompt_of)

    def prompts_of_classes(self, n_classes: int) -> tuple[tuple[str, ...], ...]:
        """Return the prompts of each class's items that are not mixed, in their order."""
        found: list[list[str]] = [[] for _ in range(n_classes)]
        for index, prompt, whole in zip(self.classes, self.prompt_of, self.whole):
            if whole:
                found[index].append(self.prompts[prompt])
        return tuple(tuple(prompts) for prompts in found)


def make_bank(
    data: PatchData,
    writer: PromptWriter,
    settings: SynthesizerSettings,
    recipe: Recipe,
    encode: Encode,
    progress: Progress,
) -> TrainingBank:
    """Compose the bank.

    Classes are drawn evenly, and the patches of a class one after the other, each time turned
    or mirrored otherwise.

    Args:
        data: Real patches.
        writer: Writes prompts.
        settings: What the user decided.
        recipe: How many items.
        encode: Float32 ``(n, components, patch, patch)`` to latents.
        progress: For a progress bar, and to cancel.
    """
    draws = np.random.default_rng((settings.seed, 1))
    chosen = _even_draw(data.labelled.classes, recipe.bank, draws)
    composer = _Composer(data, settings, recipe, draws)
    latents, prompts, classes = [], [], []
    whole: list[bool] = []
    unlabelled = _unlabelled_draw(data, settings, recipe, draws)
    total = len(chosen) + len(unlabelled)
    for patches, picks in ((data.labelled, chosen), (data.unlabelled, unlabelled)):
        for start in range(0, len(picks), CHUNK):
            progress.report(len(whole) / total, "Composing patches and their prompts")
            items = [composer.item(patches, int(pick)) for pick in picks[start : start + CHUNK]]
            latents.append(encode(np.stack([item.values for item in items])))
            classes += [int(patches.classes[pick]) for pick in picks[start : start + CHUNK]]
            whole += [item.whole for item in items]
            if patches is data.labelled:
                prompts += [
                    _prompt(item, known, turn, data, writer, settings, recipe, draws)
                    for turn, (item, known) in enumerate(
                        zip(items, classes[-len(items) :]), start=start
                    )
                ]
    distinct = tuple(dict.fromkeys(prompts))
    number = {prompt: index for index, prompt in enumerate(distinct)}
    return TrainingBank(
        torch.cat(latents),
        np.array(classes, np.int64),
        distinct,
        np.array([number[prompt] for prompt in prompts], np.int64),
        np.array(whole, bool),
    )


def turned(patch: np.ndarray, symmetry: int) -> np.ndarray:
    """Return ``(..., side, side)`` turned and mirrored in one of eight ways."""
    mirrored = patch[..., ::-1] if symmetry >= SYMMETRIES // 2 else patch
    return np.rot90(mirrored, symmetry % 4, axes=(-2, -1))


@dataclass(frozen=True)
class _Item:
    """A composed patch: values, draft and indices as ``Patches`` has them, cut to size."""

    values: np.ndarray
    draft: np.ndarray
    indices: np.ndarray
    whole: bool


class _Composer:
    """Turns, mirrors and mixes patches."""

    def __init__(
        self,
        data: PatchData,
        settings: SynthesizerSettings,
        recipe: Recipe,
        draws: np.random.Generator,
    ) -> None:
        self._pools = [pool for pool in (data.labelled, data.unlabelled) if len(pool)]
        if not settings.unlabelled:
            self._pools = [data.labelled]
        self._size = settings.patch
        self._clipped = recipe.clipped_share if settings.clipping else 0.0
        self._draws = draws

    def item(self, patches: Patches, index: int) -> _Item:
        """Return one patch, perhaps mixed with another one."""
        first = self._view(patches, index)
        if self._draws.random() >= self._clipped:
            return first
        pool = self._pools[int(self._draws.integers(len(self._pools)))]
        second = self._view(pool, int(self._draws.integers(len(pool))))
        inside = random_polygon(self._size, self._draws)
        return _Item(
            np.where(inside, first.values, second.values),
            np.where(inside, first.draft, second.draft),
            np.where(inside, first.indices, second.indices),
            False,
        )

    def _view(self, patches: Patches, index: int) -> _Item:
        symmetry = int(self._draws.integers(SYMMETRIES))
        cut = (..., slice(self._size), slice(self._size))
        return _Item(
            turned(patches.values[index], symmetry)[cut],
            turned(patches.draft[index], symmetry)[cut],
            turned(patches.indices[index], symmetry)[cut],
            True,
        )


def _prompt(
    item: _Item,
    known: int,
    turn: int,
    data: PatchData,
    writer: PromptWriter,
    settings: SynthesizerSettings,
    recipe: Recipe,
    draws: np.random.Generator,
) -> str:
    """Return a prompt that is true of an item, though it need not say all.

    People write what matters to them; so some prompts are a class name alone, and others leave
    out some of the facts.
    """
    if settings.prompts == "coarse" or draws.random() < recipe.coarse_share:
        return writer.coarse(known, turn)
    facts = patch_facts(known, item.draft, item.indices, data.scale)
    told = [draws.random() >= recipe.untold_share for _ in range(4)]
    said = replace(
        facts,
        brightness=facts.brightness if told[0] else "",
        greenness=facts.greenness if told[1] else "",
        wetness=facts.wetness if told[2] else "",
        texture=facts.texture if told[3] else "",
    )
    return writer.fine(said, turn)


def _even_draw(classes: np.ndarray, count: int, draws: np.random.Generator) -> np.ndarray:
    """Return ``count`` indices: classes in equal shares, the patches of each in equal shares."""
    present = np.unique(classes)
    picks = []
    for place, known in enumerate(present):
        members = np.flatnonzero(classes == known)
        wanted = count // len(present) + (place < count % len(present))
        rounds = -(-wanted // len(members))
        picks.append(
            np.concatenate([draws.permutation(members) for _ in range(rounds)])[:wanted]
            if rounds
            else members[:0]
        )
    chosen: np.ndarray = draws.permutation(np.concatenate(picks))
    return chosen


def _unlabelled_draw(
    data: PatchData, settings: SynthesizerSettings, recipe: Recipe, draws: np.random.Generator
) -> np.ndarray:
    if not settings.unlabelled or not len(data.unlabelled):
        return np.empty(0, np.int64)
    return draws.permutation(len(data.unlabelled))[: recipe.bank_unlabelled]
