"""From what a user asks for to the samples to make: their classes and their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..label_classes import LabelClass
from .encoded_prompts import heard
from .prompts import PromptWriter, class_of_prompt, unseen_words
from .sampling import SampleOrder, balance_counts, class_order
from .settings import MOST_SEED
from .synthesizer import Synthesizer
from .text_encoder import MAX_TOKENS, TextEncoder

MOST_SAMPLES = 10_000
DEFAULT_COUNT = 100
DEFAULT_GUIDANCE = SampleOrder.guidance
DEFAULT_STEPS = SampleOrder.steps
LEAST_STEPS, MOST_STEPS = 4, 200
MOST_GUIDANCE = 30.0
LONGEST_PROMPT = 400


@dataclass(frozen=True)
class Wish:
    """What a user asks for.

    Attributes:
        known: Name or value of the class; None for all, or for the one that the prompt names.
        prompt: A description of every sample; None for those that the data gave.
        count: Samples of each class.
        balance: In place of a count, the share of what a class lacks of the largest one, 0 to 1
            (the sample balance rate λ).
        negative: A description of what to keep away from.
        guidance: Weight ω of the prompt.
        steps: Of denoising.
        seed: Of the noise and the choice of prompts.
    """

    known: str | None = None
    prompt: str | None = None
    count: int | None = None
    balance: float | None = None
    negative: str = ""
    guidance: float = DEFAULT_GUIDANCE
    steps: int = DEFAULT_STEPS
    seed: int = 0


def ordered(synthesizer: Synthesizer, wish: Wish) -> tuple[SampleOrder, tuple[str, ...]]:
    """Return the samples to make, and sentences for the user.

    Raises:
        InputError: if the wish cannot be fulfilled.
    """
    _check(wish)
    writer = synthesizer.writer
    wanted = _classes(synthesizer.classes, writer, wish)
    counts = _counts(synthesizer, wanted, wish)
    total = int(counts.sum())
    if total > MOST_SAMPLES:
        raise InputError(
            f"{total:,} samples are asked for. Ask for at most {MOST_SAMPLES:,} at a time."
        )
    if not total:
        raise InputError(_nothing(synthesizer, wanted))
    order = class_order(
        synthesizer,
        counts,
        negative=wish.negative,
        guidance=wish.guidance,
        steps=wish.steps,
        seed=wish.seed,
    )
    if wish.prompt is not None:
        order = replace(order, prompts=(_naming_its_class(wish.prompt, wanted, writer),) * total)
    return order, tuple(_warnings(synthesizer, order, wish))


def cut_short(encoder: TextEncoder, order: SampleOrder, wish: Wish) -> list[str]:
    """Return sentences for the user about prompts whose end the text encoder does not read."""
    warnings = []
    prompt = "" if wish.prompt is None else order.prompts[0]
    for name, text in (("PROMPT", prompt), ("NEGATIVE_PROMPT", order.negative)):
        left = text[len(heard(text, encoder.tokens(text))) :].strip()
        if left:
            warnings.append(
                f"{name} is longer than the {MAX_TOKENS} tokens that the text encoder reads; "
                f"'{left[:60]}{'…' if len(left) > 60 else ''}' at its end has no effect. "
                "Shorten it."
            )
    return warnings


def check_seed(seed: int) -> None:
    """Refuse a seed that not every generator takes.

    Raises:
        InputError: if so.
    """
    if not 0 <= seed <= MOST_SEED:
        raise InputError(f"SEED is {seed}. Choose a number from 0 to {MOST_SEED}.")


def class_index(classes: Sequence[LabelClass], known: str) -> int:
    """Return the index of a class given by its name or value.

    Raises:
        InputError: if there is none.
    """
    wanted = known.strip().casefold()
    for index, item in enumerate(classes):
        if item.name.strip().casefold() == wanted:
            return index
    for index, item in enumerate(classes):
        if str(item.value) == wanted:
            return index
    names = ", ".join(f"'{item.name}'" for item in classes)
    raise InputError(f"The synthesizer knows no class '{known}'. Choose one of {names}.")


def _check(wish: Wish) -> None:
    if wish.count is not None and wish.balance is not None:
        raise InputError("Both COUNT and BALANCE are given. Leave one of them empty.")
    if wish.count is not None and not 1 <= wish.count <= MOST_SAMPLES:
        raise InputError(f"COUNT is {wish.count}. Ask for 1 to {MOST_SAMPLES:,} samples.")
    if wish.balance is not None and not 0 <= wish.balance <= 1:
        raise InputError(f"BALANCE is {wish.balance:g}. Choose a value from 0 to 1.")
    # without guidance the prompt would have no effect, and the samples no class
    if not 0 < wish.guidance <= MOST_GUIDANCE:
        raise InputError(
            f"GUIDANCE is {wish.guidance:g}. Choose a value above 0, up to {MOST_GUIDANCE:g}; "
            "1 follows the prompt as learnt, larger values follow it more closely."
        )
    if not LEAST_STEPS <= wish.steps <= MOST_STEPS:
        raise InputError(f"STEPS is {wish.steps}. Choose {LEAST_STEPS} to {MOST_STEPS}.")
    check_seed(wish.seed)
    for name, text in (("PROMPT", wish.prompt or ""), ("NEGATIVE_PROMPT", wish.negative)):
        if len(text) > LONGEST_PROMPT:
            raise InputError(
                f"{name} has {len(text)} characters. Describe it in at most {LONGEST_PROMPT}."
            )
    if wish.prompt is not None and not wish.prompt.strip():
        raise InputError(
            "PROMPT holds blanks only. Describe what to make, or leave it empty for the prompts "
            "that the data gave."
        )


def _classes(classes: Sequence[LabelClass], writer: PromptWriter, wish: Wish) -> tuple[int, ...]:
    if wish.known is not None:
        return (class_index(classes, wish.known),)
    if wish.prompt is None:
        return tuple(range(len(classes)))
    found = class_of_prompt(wish.prompt, writer)
    if found is None:
        names = ", ".join(f"'{item.name}'" for item in classes)
        raise InputError(
            f"The prompt '{wish.prompt}' names no class, so that its samples would have no label. "
            f"Name one of {names} in it, or choose CLASS."
        )
    return (found,)


def _naming_its_class(prompt: str, wanted: Sequence[int], writer: PromptWriter) -> str:
    """Return a prompt that names first what the samples will be labelled as."""
    if class_of_prompt(prompt, writer) == wanted[0]:
        return prompt
    return f"{writer.coarse(wanted[0])}, {prompt.strip()}"


def _counts(synthesizer: Synthesizer, wanted: Sequence[int], wish: Wish) -> np.ndarray:
    counts = np.zeros(len(synthesizer.classes), np.int64)
    if wish.balance is not None:
        lacking = balance_counts(np.asarray(synthesizer.counts), wish.balance)
        counts[list(wanted)] = lacking[list(wanted)]
    else:
        counts[list(wanted)] = DEFAULT_COUNT if wish.count is None else wish.count
    return counts


def _nothing(synthesizer: Synthesizer, wanted: Sequence[int]) -> str:
    if len(wanted) == 1:
        name = synthesizer.classes[wanted[0]].name
        return (
            f"BALANCE asks for no sample of '{name}': it has as many labels as the largest class, "
            "or the balance is too small. Give COUNT instead."
        )
    return "BALANCE asks for no sample of any class. Raise it, or give COUNT instead."


def _warnings(synthesizer: Synthesizer, order: SampleOrder, wish: Wish) -> list[str]:
    warnings = []
    for name, text in (("prompt", wish.prompt), ("negative prompt", wish.negative)):
        unseen = unseen_words(text or "", synthesizer.words)
        if unseen:
            words = ", ".join(f"'{word}'" for word in unseen)
            warnings.append(
                f"The synthesizer has never seen {words} of the {name} and can only guess from "
                "words that the text encoder finds alike."
            )
    if wish.negative.strip() and wish.guidance == 1:
        warnings.append(
            "At GUIDANCE 1 the negative prompt has no effect. Choose a larger value to keep away "
            "from it."
        )
    if wish.prompt is not None and order.prompts[0] != wish.prompt:
        name = synthesizer.classes[order.class_indices[0]].name
        warnings.append(
            f"The prompt does not name '{name}' first; it is read as '{order.prompts[0]}'."
        )
    return warnings
