"""Prompts: facts in words, and which classes and words a prompt of people holds."""

from __future__ import annotations

import pytest

from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.synthesis.patch_facts import AROUND, COMPASS, Neighbour, PatchFacts
from hsi_film_plugin.engine.synthesis.prompts import (
    PromptWriter,
    class_of_prompt,
    layout_of_prompt,
    name_in_words,
    unseen_words,
    words_of,
)


def classes_of(*names: str) -> tuple[LabelClass, ...]:
    return tuple(LabelClass(10 * n + 10, name, "#123456") for n, name in enumerate(names))


CLASSES = classes_of("Meadow", "Water", "Bare_soil", "Corn", "CornNoTill")


@pytest.fixture
def writer() -> PromptWriter:
    return PromptWriter(CLASSES, {})


def facts(index: int, share: float, *near: tuple[int, float, str]) -> PatchFacts:
    neighbours = tuple(Neighbour(*item) for item in near)
    return PatchFacts(index, share, neighbours, "medium bright", "green", "moist", "smooth")


def test_a_fine_prompt_says_share_neighbours_and_looks(writer):
    found = writer.fine(facts(0, 0.7, (1, 0.2, "north-east"), (2, 0.1, "south")))
    assert found == (
        "mostly meadow, with water to the north-east and bare soil to the south, "
        "medium bright, green, moist, smooth"
    )


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "meadow almost everywhere"),
        (0.6, "mostly meadow"),
        (0.5, "about half meadow"),
        (0.2, "partly meadow"),
        (0.01, "a small spot of meadow"),
        (0.0, "a small spot of meadow"),
    ],
)
def test_shares_are_said_in_words(writer, share, said):
    assert writer.fine(facts(0, share)).split(",")[0] == said


def test_what_surrounds_and_what_is_scattered_is_said_so(writer):
    found = writer.fine(facts(0, 0.3, (1, 0.5, AROUND), (2, 0.1, AROUND)))
    assert "with water around it and scattered bare soil," in found


def test_unknown_facts_are_left_out(writer):
    found = writer.fine(PatchFacts(0, 1.0, (), "dark", "", "", ""))
    assert found == "meadow almost everywhere, dark"


def test_coarse_prompts_take_turns_among_descriptions():
    writer = PromptWriter(CLASSES, {0: ("wet meadow", "hay meadow")})
    assert [writer.coarse(0, turn) for turn in range(3)] == [
        "wet meadow",
        "hay meadow",
        "wet meadow",
    ]
    assert writer.coarse(2, 5) == "bare soil"
    assert writer.fine(facts(0, 0.7), 1).startswith("mostly hay meadow, ")


def test_edited_prompts_count_by_what_they_say_of_the_class():
    edited = (
        "mostly wet meadow, with water to the north, dark, green",
        "wet meadow almost everywhere, bright",
        "A small spot of sedges",
        "tall grass, wet in spring",
    )
    writer = PromptWriter(CLASSES, {0: edited})
    assert writer.descriptions[0] == ("wet meadow", "sedges", "tall grass, wet in spring")


def test_empty_descriptions_leave_the_name():
    assert PromptWriter(CLASSES, {1: ("", "  ")}).descriptions[1] == ("water",)
    assert PromptWriter(CLASSES, {1: ()}).descriptions[1] == ("water",)


def test_long_names_leave_the_second_neighbour_unsaid():
    long = classes_of("Landwirtschaftsfläche", "Siedlung mit Straßenbegleitgrün", "Gewässer")
    writer = PromptWriter(long, {})
    found = writer.fine(facts(0, 0.7, (1, 0.2, "north"), (2, 0.1, "south")))
    assert found == (
        "mostly landwirtschaftsfläche, with siedlung mit straßenbegleitgrün to the north, "
        "medium bright, green, moist, smooth"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Bare_Soil2", "bare soil 2"),
        ("CornNoTill", "corn no till"),
        ("low vegetation", "low vegetation"),
        ("NPV", "NPV"),
        ("Grass/Trees (dry)", "grass trees dry"),
        ("Straße", "straße"),
        ("XMLHttp", "XML http"),
        ("__", ""),
    ],
)
def test_names_become_words(name, said):
    assert name_in_words(name) == said


def test_long_names_are_cut_at_a_word():
    found = name_in_words(
        "Soybean fields that were tilled with chisel plough in the spring of 1992"
    )
    assert found == "soybean fields that were tilled with"
    assert len(name_in_words("x" * 300)) == 40


def test_names_that_say_too_little_take_the_value_along():
    writer = PromptWriter(classes_of("Corn_1", "corn 1", "", "лес", "Oak"), {})
    assert writer.names == ("corn 1 class 10", "corn 1 class 20", "class 30", "лес class 40", "oak")


@pytest.mark.parametrize(
    ("prompt", "index"),
    [
        ("mostly meadow, with water to the north", 0),
        ("WATER, with meadow", 1),
        ("a field of corn no-till", 4),
        ("a field of corn", 3),
        ("bare_soil and water", 2),
        ("meadows in June", 0),
        ("cornflakes", None),
        ("", None),
        ("something else", None),
    ],
)
def test_a_prompt_names_the_class_that_comes_first_the_longest_name_winning(writer, prompt, index):
    assert class_of_prompt(prompt, writer) == index


def test_a_class_is_named_by_its_descriptions_too():
    writer = PromptWriter(CLASSES, {1: ("a shallow lake",)})
    assert class_of_prompt("A shallow lake at noon", writer) == 1
    assert class_of_prompt("open water", writer) == 1


def test_every_layout_that_is_written_is_read_again(writer):
    for first in (*COMPASS, AROUND):
        for second, share in ((AROUND, 0.1), (AROUND, 0.4), ("north-west", 0.2)):
            written = writer.fine(facts(0, 0.4, (4, 0.3, first), (1, share, second)))
            read = [(item.index, item.direction) for item in layout_of_prompt(written, writer)]
            assert read == [(4, first), (1, second)]


def test_layouts_in_other_words_are_read(writer):
    found = layout_of_prompt("Meadow with Water in the Northeast, surrounded by corn", writer)
    assert [(item.index, item.direction) for item in found] == [(1, "north-east"), (3, AROUND)]
    assert layout_of_prompt("meadow and water to the", writer) == []


def test_words_are_told_whatever_their_case_and_signs():
    assert words_of("Mostly Bare_Soil, to the north-east: it’s 2!") == [
        "mostly",
        "bare",
        "soil",
        "to",
        "the",
        "north",
        "east",
        "it's",
        "2",
    ]


def test_unseen_words_are_named_once_and_articles_never():
    known = {"meadow", "mostly", "dry"}
    assert unseen_words("Mostly a flooded MEADOW, flooded; the dry reeds", known) == [
        "flooded",
        "reeds",
    ]
    assert unseen_words("", known) == []


@pytest.mark.parametrize(
    ("prompt", "index"),
    [
        ("mostly trees, bright", 1),
        ("mostly tree, bright", 0),
        ("a tree", 0),
        ("a small spot of tree, dry", 0),
        ("a small spot of spot", 2),
        ("about half trees, with spot to the north", 1),
    ],
)
def test_of_names_that_are_alike_the_very_same_wins_and_no_word_around_it(prompt, index):
    writer = PromptWriter(classes_of("Tree", "Trees", "Spot", "Half"), {})
    assert class_of_prompt(prompt, writer) == index


def test_a_description_without_a_word_is_none():
    writer = PromptWriter(CLASSES, {0: ("!!!", "hay meadow"), 1: ("...",)})
    assert writer.descriptions[:2] == (("hay meadow",), ("water",))
