"""What users ask for becomes samples to make, or a sentence that says why not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

pytest.importorskip("torch")

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.synthesis.ordering import Wish, class_index, cut_short, ordered
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.sample_set import SampleWord

CLASSES = (
    LabelClass(1, "Meadow", "#00ff00"),
    LabelClass(2, "Open water", "#0000ff"),
    LabelClass(7, "Rare heath", "#ff00ff"),
)


WORDS = frozenset(
    ("mostly", "meadow", "bright", "open", "water", "partly", "rare", "heath", "purple", "heather")
)


@dataclass(frozen=True)
class Stand:
    """What ordering looks at of a synthesizer."""

    classes: tuple = CLASSES
    counts: tuple = (100, 60, 6)
    descriptions: tuple = (("meadow",), ("open water",), ("rare heath", "purple heather"))
    prompts: tuple = (("mostly meadow, bright",), ("open water", "partly open water"), ("heath",))
    words: frozenset = WORDS

    @property
    def writer(self):
        return PromptWriter(self.classes, dict(enumerate(self.descriptions)))


def counts_of(order):
    return np.bincount(order.class_indices, minlength=3).tolist()


def test_without_class_and_prompt_every_class_gets_the_count():
    order, warnings = ordered(Stand(), Wish(count=5))
    assert counts_of(order) == [5, 5, 5]
    assert not warnings


def test_prompts_are_those_that_the_data_gave_of_each_class():
    order, _ = ordered(Stand(), Wish(count=40))
    assert set(order.prompts[:40]) == {"mostly meadow, bright"}
    assert set(order.prompts[40:80]) == {"open water", "partly open water"}


def test_the_same_seed_draws_the_same_prompts_and_another_one_others():
    first, again, other = (ordered(Stand(), Wish(count=40, seed=seed))[0] for seed in (3, 3, 4))
    assert first.prompts == again.prompts != other.prompts


@pytest.mark.parametrize(("balance", "expected"), [(1.0, [0, 40, 94]), (0.5, [0, 20, 47])])
def test_balance_fills_up_to_the_largest_class(balance, expected):
    order, _ = ordered(Stand(), Wish(balance=balance))
    assert counts_of(order) == expected


def test_balance_of_one_class_makes_that_class_only():
    order, _ = ordered(Stand(), Wish(known="rare heath", balance=1.0))
    assert counts_of(order) == [0, 0, 94]


def test_balance_of_the_largest_class_says_that_it_lacks_nothing():
    with pytest.raises(InputError, match=r"no sample of 'Meadow'.*Give COUNT instead"):
        ordered(Stand(), Wish(known="Meadow", balance=1.0))


def test_balance_zero_asks_for_nothing_and_says_so():
    with pytest.raises(InputError, match=r"no sample of any class"):
        ordered(Stand(), Wish(balance=0.0))


@pytest.mark.parametrize("known", ["Open water", " open WATER ", "2"])
def test_a_class_goes_by_name_or_value(known):
    assert class_index(CLASSES, known) == 1


def test_an_unknown_class_lists_those_that_there_are():
    with pytest.raises(InputError, match=r"no class 'Swamp'.*'Meadow', 'Open water', 'Rare heath'"):
        ordered(Stand(), Wish(known="Swamp"))


def test_a_prompt_names_its_class_by_a_description():
    order, warnings = ordered(Stand(), Wish(prompt="purple heather, bright", count=3))
    assert counts_of(order) == [0, 0, 3]
    assert order.prompts == ("purple heather, bright",) * 3
    assert not warnings


def test_a_prompt_that_names_no_class_needs_one():
    with pytest.raises(InputError, match=r"names no class.*choose CLASS"):
        ordered(Stand(), Wish(prompt="bright and partly mostly"))


def test_a_prompt_of_blanks_is_refused():
    with pytest.raises(InputError, match=r"PROMPT holds blanks only"):
        ordered(Stand(), Wish(prompt="   "))


def test_words_never_seen_are_named():
    _, warnings = ordered(Stand(), Wish(prompt="meadow with zebras", negative="clouds", count=1))
    assert "'zebras'" in warnings[0]
    assert "'with'" in warnings[0]
    assert "'clouds' of the negative prompt" in warnings[1]


def test_a_class_that_the_prompt_contradicts_wins_with_a_warning():
    order, warnings = ordered(Stand(), Wish(known="Rare heath", prompt="open water", count=2))
    assert counts_of(order) == [0, 0, 2]
    assert order.prompts == ("rare heath, open water",) * 2
    assert warnings[-1] == (
        "The prompt does not name 'Rare heath' first; it is read as 'rare heath, open water'."
    )


def test_a_prompt_of_a_neighbour_alone_is_one_of_the_chosen_class():
    order, _ = ordered(
        Stand(), Wish(known="Meadow", prompt="with open water to the north", count=1)
    )
    assert order.prompts == ("meadow, with open water to the north",)


def test_a_negative_prompt_without_effect_is_told():
    _, warnings = ordered(Stand(), Wish(negative="water", guidance=1.0, count=1))
    assert any("negative prompt has no effect" in warning for warning in warnings)
    assert not ordered(Stand(), Wish(negative="water", guidance=1.5, count=1))[1]
    assert not ordered(Stand(), Wish(guidance=1.0, count=1))[1]


class ShortSighted:
    """A text encoder that reads twelve characters."""

    def tokens(self, prompt):
        return [SampleWord("[CLS]", 0, 0), SampleWord(prompt[:12], 0, min(12, len(prompt)))]


def test_the_end_of_a_prompt_that_is_not_read_is_told():
    wish = Wish(prompt="open water, near meadow", negative="bright reeds ")
    order, _ = ordered(Stand(), wish)
    (warning,) = cut_short(ShortSighted(), order, wish)
    assert warning.startswith("PROMPT is longer")
    assert "'near meadow' at its end has no effect" in warning
    order, _ = ordered(Stand(), Wish(count=3))
    assert not cut_short(ShortSighted(), order, Wish(count=3))


def test_a_prompt_that_names_no_class_is_read_with_the_class_and_says_so():
    order, warnings = ordered(Stand(), Wish(known="Meadow", prompt="partly bright", count=2))
    assert order.prompts == ("meadow, partly bright",) * 2
    assert warnings == (
        "The prompt does not name 'Meadow' first; it is read as 'meadow, partly bright'.",
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"count": 0}, r"COUNT is 0"),
        ({"count": 10_001}, r"COUNT is 10001"),
        ({"count": 4_000}, r"12,000 samples are asked for.*at most 10,000"),
        ({"count": 3, "balance": 0.5}, r"Both COUNT and BALANCE"),
        ({"balance": 1.2}, r"BALANCE is 1.2"),
        ({"guidance": -1.0}, r"GUIDANCE is -1"),
        ({"guidance": 0.0}, r"GUIDANCE is 0\. Choose a value above 0"),
        ({"guidance": float("nan")}, r"GUIDANCE is nan"),
        ({"steps": 1}, r"STEPS is 1"),
        ({"seed": -2}, r"SEED is -2"),
        ({"seed": 2**31}, r"SEED is 2147483648.*from 0 to 2147483647"),
        ({"prompt": "meadow " * 100}, r"PROMPT has 700 characters"),
        ({"negative": "x" * 401}, r"NEGATIVE_PROMPT has 401 characters"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(InputError, match=sentence):
        ordered(Stand(), replace(Wish(), **change))


def test_ten_thousand_samples_are_accepted():
    order, _ = ordered(Stand(), Wish(known="7", count=10_000))
    assert len(order.prompts) == 10_000
