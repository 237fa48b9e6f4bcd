"""What prompts say of a patch as numbers that are linear in it: class, words, what lies where.

The mean of a text encoder's tokens hardly tells "water to the north and roof to the east" from
its converse, and a regression on it learns prompts by heart. Which class is named, which words,
each of them beside the class, and which class is placed where are few numbers, and each occurs
in many prompts. What prompts say beyond that is left to the encoder's tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from .patch_facts import AROUND, COMPASS
from .prompts import PromptWriter, class_of_prompt, layout_of_prompt, words_of

#: Words that are read, at most: the most frequent ones.
MOST_WORDS = 64
_PLACES = (*COMPASS, AROUND)


class PromptReader:
    """Reads prompts.

    Args:
        writer: Knows what prompts call the classes.
        words: That are read, each another; from ``words_to_read``.

    Attributes:
        words: Those.
        n_classes: How many classes there are.
        width: Numbers of a reading.
    """

    def __init__(self, writer: PromptWriter, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self.n_classes = len(writer.names)
        self._writer = writer
        self._column = {word: column for column, word in enumerate(self.words)}
        shapes = (
            (self.n_classes,),
            (self.n_classes, len(_PLACES)),
            (len(self.words),),
            (self.n_classes, len(self.words)),
        )
        self._shapes = shapes
        self.width = sum(int(np.prod(shape)) for shape in shapes)

    def read(self, prompts: Sequence[str]) -> np.ndarray:
        """Return float32 ``(prompts, width)`` of zeros and ones.

        In order: the class that is named first; each class at each place; each word; each word
        with the class that is named first. A prompt that says nothing known gives zeros only,
        as the empty one does.
        """
        found = np.zeros((len(prompts), self.width), np.float32)
        for row, prompt in zip(found, prompts):
            known, placed, said, said_of = self._parts(row)
            index = class_of_prompt(prompt, self._writer)
            columns = [self._column[word] for word in words_of(prompt) if word in self._column]
            said[columns] = 1
            for neighbour in layout_of_prompt(prompt, self._writer):
                placed[neighbour.index, _PLACES.index(neighbour.direction)] = 1
            if index is not None:
                known[index] = 1
                said_of[index, columns] = 1
        return found

    def _parts(self, row: np.ndarray) -> list[np.ndarray]:
        """Return the parts of a reading as views of it."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes])
        parts = np.split(row, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes)]


def words_to_read(prompts: Iterable[str]) -> tuple[str, ...]:
    """Return the words that most prompts hold, in alphabetical order."""
    holding = Counter(word for prompt in prompts for word in set(words_of(prompt)))
    ranked = sorted(holding, key=lambda word: (-holding[word], word))
    return tuple(sorted(ranked[:MOST_WORDS]))
