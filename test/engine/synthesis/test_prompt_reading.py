"""What prompts say, as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.synthesis.prompt_reading import (
    MOST_WORDS,
    PromptReader,
    words_to_read,
)
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter

PROMPTS = (
    "mostly meadow, with water to the north, dark",
    "mostly water, with meadow to the north, dark",
    "meadow, bright",
)


@pytest.fixture
def writer():
    classes = (LabelClass(1, "meadow", "#00ff00"), LabelClass(2, "water", "#0000ff"))
    return PromptWriter(classes, {1: ("open water",)})


@pytest.fixture
def reader(writer):
    return PromptReader(writer, words_to_read(PROMPTS))


def test_a_prompt_that_swaps_two_classes_is_another_one(reader):
    first, second, _ = reader.read(PROMPTS)
    assert set(first) == {0, 1}
    assert np.abs(first - second).sum() > 4
    assert first.sum() == second.sum()


def test_a_word_counts_by_itself_and_with_its_class(reader):
    of_meadow, of_water, bare = reader.read(["meadow, dark", "water, dark", "dark"])
    shared = (of_meadow == 1) & (of_water == 1)
    assert shared.sum() == 1  # the word
    assert bare[shared] == 1
    assert bare.sum() == 1
    assert of_meadow.sum() == of_water.sum() == 5  # the class, two words, and both with it


def test_a_place_counts_for_the_class_that_lies_there(reader):
    base, north, east, around = reader.read(
        [
            "meadow",
            "meadow, with water to the north",
            "meadow, with water in the east",
            "meadow with scattered water",
        ]
    )
    columns = [np.flatnonzero(item[2:20] != base[2:20]).tolist() for item in (north, east, around)]
    assert [len(found) for found in columns] == [1, 1, 1]
    assert len({found[0] for found in columns}) == 3


def test_descriptions_of_a_class_are_read_as_the_class(reader):
    described, named = reader.read(["open water", "water"])
    np.testing.assert_array_equal(described[:2], named[:2])


@pytest.mark.parametrize("prompt", ["", "  ", "ein Fluss im Nebel", "!?"])
def test_a_prompt_that_says_nothing_known_reads_as_nothing(reader, prompt):
    assert not reader.read([prompt]).any()


def test_a_reading_has_one_row_a_prompt_and_its_width(reader):
    found = reader.read(PROMPTS)
    assert found.shape == (3, reader.width)
    assert found.dtype == np.float32
    assert reader.read([]).shape == (0, reader.width)


def test_only_the_most_frequent_words_are_read_whatever_order_prompts_come_in():
    rare = [f"word{letter}{other} common" for letter in "abcdefghij" for other in "klmnopqrst"]
    words = words_to_read([*rare, "common"])
    assert len(words) == MOST_WORDS
    assert "common" in words
    assert words == words_to_read(["common", *reversed(rare)])
