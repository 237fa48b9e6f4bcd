"""The foot of the dock: warnings stay, short work shows no bar, several works share one."""

from __future__ import annotations

import pytest


@pytest.fixture
def parts(qgis):
    from qgis.PyQt.QtWidgets import QLabel, QProgressBar, QToolButton, QWidget

    from hsi_film_plugin.dock.status_strip import StatusStrip

    window = QWidget()
    label, bar, cancel = QLabel(window), QProgressBar(window), QToolButton(window)
    bar.setMaximum(1000)
    window.show()
    yield StatusStrip(label, bar, cancel, window), label, bar, cancel
    window.deleteLater()


def test_it_says_what_goes_on(parts):
    strip, label, _, _ = parts
    strip.say("Mapping")
    assert (label.text(), label.toolTip()) == ("Mapping", "Mapping")


def test_markup_in_a_name_is_shown_as_it_is(parts):
    strip, label, _, _ = parts
    strip.say("Labels of <b>&x")
    assert (label.text(), label.toolTip()) == ("Labels of <b>&x", "Labels of &lt;b&gt;&amp;x")


def test_a_warning_stays_while_work_goes_on_and_gives_way_later(parts, until):
    strip, label, _, _ = parts
    strip._warning.setInterval(50)
    strip.say("Mapping")
    strip.warn("That was refused.")
    strip.say("The map is up to date.")
    assert label.text() == "That was refused."
    until(lambda: label.text() == "The map is up to date.")


def test_a_warning_goes_when_it_is_over(parts):
    strip, label, _, _ = parts
    strip.warn("The engine was killed.")
    strip.say("The map is up to date.")
    strip.relieve()
    assert label.text() == "The map is up to date."


def test_an_empty_warning_is_none(parts):
    strip, label, _, _ = parts
    strip.say("Mapping")
    strip.warn("")
    assert label.text() == "Mapping"


def test_short_work_never_shows_a_bar(parts, pass_time):
    strip, _, bar, cancel = parts
    strip.progress("map", 0.0)
    assert not bar.isVisible()
    strip.progress("map", None)
    pass_time(0.4)
    assert not bar.isVisible()
    assert not cancel.isVisible()


def test_longer_work_shows_how_far_it_is_and_can_be_cancelled(parts, until):
    strip, _, bar, cancel = parts
    strip.progress("map", 0.0)
    until(bar.isVisible)
    strip.progress("map", 0.25)
    assert bar.isVisible()
    assert cancel.isVisible()
    assert bar.value() == 250


def test_the_end_of_one_work_leaves_the_bar_to_the_other(parts, until):
    strip, _, bar, _ = parts
    strip.progress("training", 0.5)
    until(bar.isVisible)
    strip.progress("map", 0.9)
    assert bar.value() == 900
    strip.progress("map", None)
    assert bar.isVisible()
    strip.progress("training", 0.6)
    assert bar.value() == 600
    strip.progress("training", None)
    assert not bar.isVisible()


def test_what_somebody_asked_for_is_shown_before_what_began_by_itself(parts, until):
    strip, _, bar, cancel = parts
    strip.background = frozenset(("map",))
    strip.titles = {"training": "Stop training", "map": "Stop the map"}
    strip.progress("training", 0.5)
    strip.progress("map", 0.1)
    assert strip.shown == "training"
    until(bar.isVisible)
    assert (bar.value(), cancel.toolTip()) == (500, "Stop training")
    strip.progress("training", None)
    assert strip.shown == "map"
    assert (bar.value(), cancel.toolTip()) == (100, "Stop the map")
