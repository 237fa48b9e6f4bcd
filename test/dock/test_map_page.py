"""The page of the live map: what its widgets tell the map and the suggestions, and are told."""

from __future__ import annotations

import pytest


@pytest.fixture
def page(dock):
    return dock.map_page


@pytest.fixture
def labels(dock, add_scene, give_labels):
    dock.labelling.set_scene(add_scene())
    return give_labels(dock.labelling, "Forest", "Water")


@pytest.fixture
def suggested(dock, labels, until, until_mapped):
    """The page with two places that were suggested, and no map that follows the labels."""
    until_mapped()
    dock.map_page.automatic.setChecked(False)
    dock.map_page.suggest.click()
    until(lambda: dock.suggestions.items() and not dock.suggestions.busy)
    return dock.map_page


def previews(stand_in):
    return [params for method, params in stand_in.jobs if method == "preview"]


def test_without_suggestions_there_is_nothing_to_accept(page):
    for widget in (page.visit, page.accept, page.skip, page.acceptAs):
        assert not widget.isEnabled()
    page.accept_suggestion(1)  # as a key would
    assert page.suggestions.count() == 0


def test_each_label_updates_the_map_while_that_is_wanted(
    dock, page, labels, stand_in, until, square, until_mapped
):
    until_mapped()
    count = len(previews(stand_in))
    dock.labelling.add_label(square(20), 1, "polygon")
    until(lambda: len(previews(stand_in)) > count)


def test_a_map_is_made_on_request_only_if_that_is_wanted(
    dock, page, add_scene, give_labels, stand_in, until, pass_time
):
    page.automatic.click()
    assert not dock.live.automatic
    dock.labelling.set_scene(add_scene())
    give_labels(dock.labelling, "Forest", "Water")
    pass_time()
    assert stand_in.jobs == []
    page.updateNow.click()
    until(lambda: dock.live.preview.layer is not None)


def test_mode_opacity_and_visibility_reach_the_map(dock, page, labels, until_mapped):
    until_mapped()
    page.mode.setCurrentIndex(page.mode.findData("confidence"))
    assert dock.live.preview.mode.value == "confidence"
    page.opacity.setValue(40)
    assert dock.live.preview.layer.opacity() == pytest.approx(0.4)
    page.flicker.click()
    assert not dock.live.preview.visible
    assert page.flicker.text() == "Show"
    page.flicker.click()
    assert dock.live.preview.visible
    assert page.flicker.text() == "Hide"


def test_the_button_follows_the_tree_of_layers(dock, page, labels, until, until_mapped):
    """Where the user may switch the preview off, too."""
    from qgis.core import QgsProject

    until_mapped()
    node = QgsProject.instance().layerTreeRoot().findLayer(dock.live.preview.layer.id())
    node.setItemVisibilityChecked(False)
    until(lambda: page.flicker.isChecked())
    assert page.flicker.text() == "Show"
    node.setItemVisibilityChecked(True)
    until(lambda: not page.flicker.isChecked())


def test_the_size_of_the_map_is_chosen(dock, page):
    assert dock.live.settings.most_pixels == 512 * 512
    page.mostPixels.setCurrentIndex(page.mostPixels.findText("256 × 256"))
    assert dock.live.settings.most_pixels == 256 * 256


def test_the_state_of_the_map_is_told(dock, page, labels, until):
    until(lambda: "90" in page.state.text())


def test_accuracies_are_kept_one_for_each_number_of_labels(page):
    from hsi_film_plugin.dock.accuracy_history import AccuracyPoint

    page._add_accuracy(AccuracyPoint(3, 40, 0.8, 0.7, 0.9))
    page._add_accuracy(AccuracyPoint(2, 20, 0.7, 0.6, 0.8))
    page._add_accuracy(AccuracyPoint(3, 41, 0.85, 0.7, 0.9))
    assert [(p.polygons, p.accuracy) for p in page.history] == [(2, 0.7), (3, 0.85)]


def test_accuracies_begin_anew_with_other_labels(dock, page, labels, until, tmp_path):
    until(lambda: page.history)
    dock.labelling.new_labels(tmp_path / "other.gpkg")
    assert page.history == []


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "text",
        [1, None, "x", {}],
        [{"polygons": 1}],
        [{"polygons": "a", "pixels": 1, "accuracy": 0.5, "low": 0.1, "high": 0.9}],
        [{"polygons": 1, "pixels": 1, "accuracy": None, "low": 0.1, "high": 0.9}],
        [{"polygons": 1, "pixels": 1, "accuracy": float("nan"), "low": 0.1, "high": 0.9}],
        [{"polygons": True, "pixels": 1, "accuracy": [], "low": 0.1, "high": 0.9}],
    ],
)
def test_accuracies_that_make_no_sense_are_not_restored(page, nonsense):
    page.restore_history(nonsense)
    assert page.history == []
    page.plot.resize(300, 150)
    page.plot.grab()


def test_good_accuracies_among_others_are_restored(page):
    good = {"polygons": 2, "pixels": 20, "accuracy": 0.5, "low": 0.25, "high": 1}
    page.restore_history([good, {"polygons": 1}])
    assert [vars(point) for point in page.history] == [good]


def test_suggestions_are_listed_and_visited(dock, suggested, window):
    assert suggested.suggestions.count() == 2
    assert suggested.suggestions.item(0).text().startswith("1. The model wavers")
    assert not suggested.accept.isEnabled()
    suggested.visit.click()
    assert dock.suggestions.current is dock.suggestions.items()[0]
    assert suggested.suggestions.currentRow() == 0
    assert suggested.accept.isEnabled()
    assert suggested.skip.isEnabled()
    assert suggested.acceptAs.currentText() == "Water"  # what the model expects
    suggested.suggestions.itemClicked.emit(suggested.suggestions.item(1))
    assert dock.suggestions.current is dock.suggestions.items()[1]


def test_as_many_suggestions_as_wanted_are_asked_for(dock, labels, stand_in, until):
    dock.map_page.count.setValue(7)
    dock.map_page.suggest.click()
    until(lambda: "suggest" in stand_in.methods())
    (asked,) = [params for method, params in stand_in.jobs if method == "suggest"]
    assert asked["count"] == 7


def test_an_accepted_suggestion_becomes_a_label(dock, suggested, labels):
    suggested.visit.click()
    suggested.acceptAs.setCurrentIndex(suggested.acceptAs.findText("Forest"))
    suggested.accept.click()
    (drawn,) = [f for f in labels.layer.getFeatures() if f["source"] == "suggestion"]
    assert drawn["class_id"] == 1
    assert drawn.geometry().area() == pytest.approx(1600)


def test_a_skipped_suggestion_is_avoided(dock, suggested, labels, stand_in, until):
    suggested.visit.click()
    suggested.skip.click()
    assert len(dock.suggestions.items()) == 1
    assert dock.suggestions.avoided == ((500120.0, 5799720.0),)
    suggested.suggest.click()
    until(lambda: stand_in.methods().count("suggest") == 2)
    assert stand_in.jobs[-1][1]["avoid"] == [[500120.0, 5799720.0]]


def test_the_chosen_class_stays_chosen_while_classes_come_and_go(dock, suggested, labels):
    suggested.visit.click()
    suggested.acceptAs.setCurrentIndex(1)
    labels.classes.add("Rock")
    assert suggested.acceptAs.currentText() == "Water"
    labels.classes.rename(2, "<b>&x")
    assert suggested.acceptAs.currentText() == "<b>&x"
    assert suggested.acceptAs.count() == 3


def test_a_reason_with_markup_is_shown_as_it_is(dock, labels, stand_in, until):
    stand_in.places = 1
    answer = stand_in._suggest({})
    answer["suggestions"][0]["reason"] = "Between <b>&x and Water."
    stand_in._suggest = lambda params: answer
    dock.map_page.suggest.click()
    until(lambda: dock.suggestions.items())
    item = dock.map_page.suggestions.item(0)
    assert item.text() == "1. Between <b>&x and Water."
    assert "&lt;b&gt;" in item.toolTip()
