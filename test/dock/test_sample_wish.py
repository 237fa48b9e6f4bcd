"""What samples are wished for: classes, descriptions and words."""

from __future__ import annotations

import pytest


@pytest.fixture
def wish(qgis, until):
    from qgis.PyQt.QtWidgets import QComboBox, QLabel, QLineEdit

    from hsi_film_plugin.dock.sample_wish import SampleWish
    from hsi_film_plugin.dock.synthesizer_choice import SynthesizerChoice

    choice = SynthesizerChoice()
    widgets = {
        "classes": QComboBox(),
        "prompt": QLineEdit(),
        "negative": QLineEdit(),
        "unseen": QLabel(),
    }
    wish = SampleWish(*widgets.values(), choice)
    for name, widget in {**widgets, "choice": choice}.items():
        setattr(wish, name, widget)

    def choose(path):
        choice.use(path)
        until(lambda: not choice.reading)

    wish.choose = choose
    wish.entries = lambda: [wish.classes.itemText(i) for i in range(wish.classes.count())]
    return wish


def class_of(value, name):
    from hsi_film_plugin.layers.layer_styles import MapClass

    return MapClass(value, name, "#808080")


FOREST, WATER, REED = (1, "Forest"), (2, "Water"), (3, "Reed")


def test_classes_with_the_fewest_labels_come_first_and_those_without_last(wish):
    classes = [class_of(*known) for known in (FOREST, WATER, REED, (4, "Rock"))]
    wish.list_classes(classes, {1: 500, 2: 120, 3: 100})
    assert wish.entries() == [
        "Reed – 100 pixels, rare",
        "Water – 120 pixels",
        "Forest – 500 pixels",
        "Rock – no labels",
        "Every class, as many of each",
    ]


def test_the_rarest_class_is_offered_until_there_is_a_choice(wish, write_synthesizer, tmp_path):
    classes = [class_of(*known) for known in (FOREST, WATER)]
    wish.list_classes(classes[:1], {})
    wish.list_classes(classes, {1: 500, 2: 100})
    assert wish.parameters()["CLASS"] == "Water"
    wish.list_classes(classes, {1: 50, 2: 100})
    assert wish.parameters()["CLASS"] == "Forest"
    wish.choose(write_synthesizer(tmp_path / "s.safetensors"))
    wish.list_classes(classes, {1: 50, 2: 100})
    wish.list_classes(classes, {1: 500, 2: 100})  # what samples are of is no moving target
    assert wish.parameters()["CLASS"] == "Forest"


def test_a_class_that_lost_its_labels_says_so(wish, write_synthesizer, tmp_path):
    wish.choose(write_synthesizer(tmp_path / "s.safetensors"))
    classes = [class_of(*known) for known in (FOREST, WATER)]
    wish.list_classes(classes, {1: 500})
    assert wish.entries()[:2] == ["Forest – 500 pixels", "Water – no labels"]


def test_the_class_that_was_chosen_stays_chosen(wish):
    classes = [class_of(*known) for known in (FOREST, WATER)]
    wish.list_classes(classes, {1: 500, 2: 100})
    wish.classes.setCurrentIndex(1)
    wish.list_classes(classes, {1: 50, 2: 100})
    assert wish.parameters()["CLASS"] == "Forest"
    wish.list_classes(classes[1:], {})
    assert wish.entries() == ["Water – no labels"]
    wish.list_classes((), {})
    assert wish.parameters() == {}


def test_every_class_stays_chosen_when_labels_are_counted_anew(wish):
    classes = [class_of(*known) for known in (FOREST, WATER)]
    wish.list_classes(classes, {1: 500, 2: 100})
    wish.classes.setCurrentIndex(2)
    wish.list_classes(classes, {1: 501, 2: 100})
    assert "CLASS" not in wish.parameters()
    wish.list_classes(classes[:1], {})  # for a moment there is one class only
    wish.list_classes(classes, {})
    assert "CLASS" not in wish.parameters()
    wish.classes.setCurrentIndex(0)
    wish.list_classes(classes, {1: 501, 2: 100})
    assert wish.parameters()["CLASS"]


def test_a_class_of_another_colour_is_the_same_class(wish):
    from hsi_film_plugin.layers.layer_styles import MapClass

    wish.list_classes([class_of(*FOREST), class_of(*WATER)], {1: 500, 2: 100})
    wish.classes.setCurrentIndex(1)
    wish.list_classes([MapClass(1, "Forest", "#123456"), class_of(*WATER)], {1: 500, 2: 100})
    assert wish.parameters()["CLASS"] == "Forest"


def test_a_synthesizer_says_of_which_classes_samples_can_be(wish, write_synthesizer, tmp_path):
    wish.choose(write_synthesizer(tmp_path / "s.safetensors"))
    wish.list_classes([class_of(*REED)], {})
    assert wish.entries()[:2] == ["Water – 12 pixels, rare", "Forest – 300 pixels"]


def test_everything_or_a_description_can_be_wished_for(wish):
    wish.list_classes([class_of(*FOREST), class_of(*WATER)], {})
    wish.classes.setCurrentIndex(2)
    wish.prompt.setText("  reed, wet ")
    wish.negative.setText("shadow")
    assert wish.parameters() == {"PROMPT": "reed, wet", "NEGATIVE_PROMPT": "shadow"}


def test_descriptions_of_real_patches_are_offered(wish, write_synthesizer, tmp_path, qgis):
    wish.choose(write_synthesizer(tmp_path / "s.safetensors"))
    wish.list_classes((), {})
    assert wish.suggestions.stringList() == ["open water", "water, dark, smooth"]
    assert "water, dark, smooth" in wish.prompt.placeholderText()
    wish.prompt.show()
    (action,) = [action for action in wish.prompt.actions() if action.toolTip()]
    action.trigger()
    assert wish.prompt.completer().popup().isVisible()
    assert wish.prompt.completer().completionCount() == 2
    wish.prompt.completer().popup().hide()
    wish.classes.setCurrentIndex(2)
    assert wish.suggestions.stringList() == []
    assert wish.prompt.placeholderText() == ""


def test_words_that_were_never_seen_are_named_while_they_are_typed(
    wish, write_synthesizer, tmp_path
):
    wish.prompt.setText("flooded")
    assert wish.unseen.isHidden()  # nothing is known without a synthesizer
    wish.choose(write_synthesizer(tmp_path / "s.safetensors"))
    wish.list_classes((), {})
    assert "“flooded”" in wish.unseen.text()
    wish.prompt.setText("dark water")
    assert wish.unseen.isHidden()
    wish.negative.setText("glint")
    assert not wish.unseen.isHidden()
    assert "“glint”" in wish.unseen.text()
