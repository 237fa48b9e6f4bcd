"""Words of descriptions: where they stand, and which a synthesizer has never seen."""

from __future__ import annotations

from hsi_film_plugin.dock.prompt_words import place_of, unseen_words, words_in


def test_words_know_where_they_stand():
    prompt = "Reed, north-east of the farmer’s Häuser_2"
    found = words_in(prompt)
    texts = ["Reed", "north", "east", "of", "the", "farmer’s", "Häuser", "2"]
    assert [word.text for word in found] == texts
    assert all(prompt[word.start : word.end] == word.text for word in found)
    assert words_in(" ,;– ") == []


def test_words_that_were_never_trained_with_are_named_once():
    known = {"reed", "north", "farmer's"}
    prompt = "A Reed, flooded, FLOODED to the north of farmer’s land"
    assert unseen_words(prompt, known) == ["flooded", "to", "of", "land"]


def test_where_no_words_are_known_none_is_strange():
    assert unseen_words("reed", ()) == []


def test_a_word_is_found_whatever_its_capitals():
    assert place_of("WATER", "Reed, with water, water").start == 11
    assert place_of("wat", "water") is None


def test_they_are_the_words_of_the_engine():
    import re

    from hsi_film_plugin.icons import PLUGIN_ROOT

    # the engine's module cannot be imported here: it needs what QGIS does not ship
    source = PLUGIN_ROOT / "hsi_film_plugin" / "engine" / "synthesis" / "prompts.py"
    text = source.read_text(encoding="utf-8")
    (pattern,) = re.findall(r'^_WORD = re\.compile\(r"(.+)"\)$', text, re.MULTILINE)
    prompt = "Reed-belt, o'er 2nd_field’s edge"
    assert [word.text for word in words_in(prompt)] == re.findall(pattern, prompt)
