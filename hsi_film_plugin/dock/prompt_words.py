"""The words of a description of samples: where they stand, and which were never trained with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

# As the engine tells words; it says which ones it knows.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ARTICLES = frozenset(("a", "an", "the"))


@dataclass(frozen=True)
class Word:
    """A word of a prompt: the characters from start to end."""

    text: str
    start: int
    end: int


def words_in(prompt: str) -> list[Word]:
    """Return the words of a prompt in their order; north-east is two."""
    return [Word(found.group(), *found.span()) for found in _WORD.finditer(prompt)]


def unseen_words(prompt: str, known: Collection[str]) -> list[str]:
    """Return the words of a prompt that are not known, each once, articles apart.

    Args:
        prompt: What somebody writes.
        known: All words that a synthesizer was trained with, in small letters; if empty, nothing
            is known of them and none is returned.
    """
    if not known:
        return []
    words = (word.text.lower().replace("’", "'") for word in words_in(prompt))
    unseen = (word for word in words if word not in known and word not in _ARTICLES)
    return list(dict.fromkeys(unseen))


def place_of(word: str, prompt: str) -> Word | None:
    """Return where a prompt has a word first, whatever its capitals; None if it has not."""
    wanted = word.lower()
    return next((found for found in words_in(prompt) if found.text.lower() == wanted), None)


def quoted(names: Iterable[str]) -> str:
    """Return names as they stand in a sentence."""
    return ", ".join(f"“{name}”" for name in names)
