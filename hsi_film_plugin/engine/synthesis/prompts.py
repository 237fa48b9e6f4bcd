"""Prompts: facts of a patch in words, and what a prompt that people write says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..label_classes import LabelClass
from .patch_facts import AROUND, COMPASS, Neighbour, PatchFacts

#: From which share on of the patch which phrase is true.
SHARES = (
    (0.85, "{} almost everywhere"),
    (0.6, "mostly {}"),
    (0.35, "about half {}"),
    (0.15, "partly {}"),
    (0.0, "a small spot of {}"),
)
#: A class around another with less than this share lies scattered.
SCATTERED_BELOW = 0.25
#: The text encoder reads 48 tokens, and all other words of a prompt take 31 at most: where the
#: classes would take more than the rest, the second neighbour goes unsaid.
NAME_TOKENS = 17
#: Class names are cut to so many words and characters.
MOST_NAME_WORDS = 6
MOST_NAME_CHARACTERS = 40
#: Words that say nothing and that every text encoder knows.
ARTICLES = frozenset({"a", "an", "the"})

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HYPHENATED = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_LATIN = re.compile(r"[a-zA-Z0-9À-ɏ]")
_CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)")
#: What may stand before a class that lies all around.
_SCATTERED = (["scattered"], ["surrounded", "by"])
_GENERATED = [
    re.compile("^" + re.escape(phrase).replace(r"\{\}", "(.+)") + "$", re.IGNORECASE)
    for _, phrase in SHARES
]


class PromptWriter:
    """Writes prompts for the classes of some labels.

    Args:
        classes: The classes.
        descriptions: What users call them, by class index; a class without one, or with empty
            ones only, is called by its name. A description that is itself a generated prompt,
            from an edited table of prompts, counts by what it says of the class alone.

    Attributes:
        names: The classes' names in words, each another.
        descriptions: Of each class, at least one.
    """

    def __init__(
        self, classes: Sequence[LabelClass], descriptions: Mapping[int, Sequence[str]]
    ) -> None:
        self.names: tuple[str, ...] = _distinct(classes)
        self.descriptions: tuple[tuple[str, ...], ...] = tuple(
            _subjects(descriptions.get(index, ())) or (name,)
            for index, name in enumerate(self.names)
        )
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for index, item in enumerate(classes):
            for text in (item.name, self.names[index], *self.descriptions[index]):
                if words := tuple(words_of(text)):
                    self._phrases.setdefault(words[0], []).append((words, index))

    def coarse(self, index: int, turn: int = 0) -> str:
        """Return a class's description; ``turn`` picks among several."""
        described = self.descriptions[index]
        return described[turn % len(described)]

    def fine(self, facts: PatchFacts, turn: int = 0) -> str:
        """Return a prompt that says what a patch shows.

        Such as "mostly meadow, with water to the north-east and roof to the south, medium
        bright, green, moist, smooth".
        """
        phrase = next(text for least, text in SHARES if facts.share >= least or not least)
        known = self.coarse(facts.index, turn)
        parts = [phrase.format(known)]
        named = [known, *(self.names[item.index] for item in facts.neighbours)]
        shown = facts.neighbours
        if sum(_rough_tokens(text) for text in named) > NAME_TOKENS:
            shown = shown[:1]
        if shown:
            near = " and ".join(_placed(self.names[item.index], item) for item in shown)
            parts.append(f"with {near}")
        parts += [facts.brightness, facts.greenness, facts.wetness, facts.texture]
        return ", ".join(part for part in parts if part)

    def named_at(self, words: Sequence[str], start: int) -> tuple[int, int] | None:
        """Return the class that words name from ``start`` on, and how many words that takes.

        The longest name wins, then one of the very same words: a plural "s" more or less makes
        no difference otherwise.
        """
        found = [
            (len(phrase), phrase == tuple(words[start : start + len(phrase)]), -index)
            for first in _numbers_of(words[start])
            for phrase, index in self._phrases.get(first, ())
            if len(phrase) <= len(words) - start
            and all(_alike(a, b) for a, b in zip(phrase, words[start:]))
        ]
        if not found:
            return None
        length, _, index = max(found)
        return -index, length


@dataclass(frozen=True)
class StatedNeighbour:
    """Where a prompt says that another class lies.

    Attributes:
        index: Class index.
        direction: One of ``patch_facts.COMPASS``, or ``AROUND``.
    """

    index: int
    direction: str


def class_of_prompt(prompt: str, writer: PromptWriter) -> int | None:
    """Return the index of the class that a prompt names first, or None.

    Of a generated prompt that is what it says to be there, whatever the other words may name.
    """
    subject = _generated_subject(prompt)
    if subject is not None:
        said = words_of(subject)
        found = writer.named_at(said, 0) if said else None
        if found is not None and found[1] == len(said):
            return found[0]
    words = words_of(prompt)
    for start in range(len(words)):
        found = writer.named_at(words, start)
        if found is not None:
            return found[0]
    return None


def layout_of_prompt(prompt: str, writer: PromptWriter) -> list[StatedNeighbour]:
    """Return which classes a prompt places where, such as "water to the north-east"."""
    words, stated, start = words_of(prompt), [], 0
    while start < len(words):
        found = writer.named_at(words, start)
        if found is None:
            start += 1
            continue
        index, length = found
        direction = _direction_after(words[start + length :])
        if any(words[:start][-len(before) :] == before for before in _SCATTERED):
            direction = AROUND
        if direction:
            stated.append(StatedNeighbour(index, direction))
        start += length
    return stated


def _direction_after(words: list[str]) -> str:
    """Return the direction that words begin with: "to the north-east", "in the west"."""
    if words[:1] == ["around"]:
        return AROUND
    if words[1:2] != ["the"] or words[0] not in ("to", "in", "on"):
        return ""
    for length in (2, 1):
        said = "-".join(words[2 : 2 + length])
        for compass in COMPASS:
            if said in (compass, compass.replace("-", "")):
                return compass
    return ""


def words_of(prompt: str) -> list[str]:
    """Return the words of a prompt in lower case, in order; "north-east" is two."""
    return [word.replace("’", "'") for word in _WORD.findall(prompt.lower())]


def word_spans(prompt: str) -> list[tuple[int, int]]:
    """Return where the words of a prompt begin and end; "north-east" is one here."""
    return [match.span() for match in _HYPHENATED.finditer(prompt)]


def unseen_words(prompt: str, words: Collection[str]) -> list[str]:
    """Return the words of a prompt that are not among some, each once, articles apart."""
    known = set(words) | ARTICLES
    return list(dict.fromkeys(word for word in words_of(prompt) if word not in known))


def name_in_words(name: str) -> str:
    """Return a class's name as one would say it: "Bare_Soil2" is "bare soil 2".

    Abbreviations of up to four capitals stay as they are.
    """
    words = _WORD.findall(_CAMEL.sub(" ", name))[:MOST_NAME_WORDS]
    spoken = [word if word.isupper() and 1 < len(word) <= 4 else word.lower() for word in words]
    while len(spoken) > 1 and len(" ".join(spoken)) > MOST_NAME_CHARACTERS:
        spoken.pop()
    return " ".join(spoken)[:MOST_NAME_CHARACTERS]


def _distinct(classes: Sequence[LabelClass]) -> tuple[str, ...]:
    """Return the names in words; where they say too little, with the class's value."""
    names = [name_in_words(item.name) for item in classes]
    often = Counter(name.lower() for name in names)
    return tuple(
        # the text encoders know few letters that are not Latin
        name
        if often[name.lower()] == 1 and _LATIN.search(name)
        else f"{name} class {item.value}".strip()
        for name, item in zip(names, classes)
    )


def _subjects(described: Sequence[str]) -> tuple[str, ...]:
    """Return what descriptions say of the class alone, each once."""
    subjects = []
    for text in described:
        subject = _generated_subject(text)
        subjects.append(" ".join((text if subject is None else subject).split()))
    # the text encoder could read one without a word, but nobody could say what it means
    return tuple(dict.fromkeys(subject for subject in subjects if words_of(subject)))


def _generated_subject(text: str) -> str | None:
    """Return what a generated prompt says to be there; None of other texts."""
    first = text.split(",")[0].strip()
    found = next((match for form in _GENERATED if (match := form.match(first))), None)
    return None if found is None else found[1]


def _rough_tokens(text: str) -> int:
    """Return about how many tokens a name takes: rare words and other scripts take many."""
    total = 0
    for word in text.split():
        if not _LATIN.search(word):
            total += len(word)
        else:
            total += 1 if len(word) <= 6 else 2 if len(word) <= 9 else -(-len(word) // 3)
    return total


def _placed(name: str, neighbour: Neighbour) -> str:
    if neighbour.direction != AROUND:
        return f"{name} to the {neighbour.direction}"
    return f"scattered {name}" if neighbour.share < SCATTERED_BELOW else f"{name} around it"


def _numbers_of(word: str) -> tuple[str, ...]:
    """Return the words that are alike: with an "s" more and less."""
    return (word, f"{word}s", *((word[:-1],) if word.endswith("s") else ()))


def _alike(first: str, second: str) -> bool:
    return first == second or first + "s" == second or first == second + "s"
