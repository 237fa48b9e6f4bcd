"""The words of a prompt under the mouse, and the sample beside them."""

from __future__ import annotations

import pytest


@pytest.fixture
def words(qgis):
    from qgis.PyQt.QtWidgets import QLabel

    from hsi_film_plugin.dock.attention_overlay import PromptWords

    label = QLabel("Point at a word.")
    label.resize(400, 60)
    words = PromptWords(label)
    words.label, words.told = label, []
    words.pointed.connect(lambda word: words.told.append(word and (word.text, word.start)))
    return words


def test_each_word_can_be_pointed_at(words):
    words.show_prompt("reed, with reed")
    words.label.linkHovered.emit("2")
    words.label.linkHovered.emit("0")
    words.label.linkHovered.emit("")
    assert words.told == [None, ("reed", 11), ("reed", 0), None]


def test_a_click_holds_a_word_until_the_next(words):
    words.show_prompt("reed, bright")
    words.label.linkActivated.emit("1")
    assert "<b>bright</b>" in words.label.text()
    words.label.linkHovered.emit("0")
    words.label.linkHovered.emit("")
    assert words.told[-3:] == [("bright", 6), ("reed", 0), ("bright", 6)]
    words.label.linkActivated.emit("1")
    assert words.told[-1] is None
    assert "<b>" not in words.label.text()


def test_a_word_that_is_held_is_held_in_the_next_prompt_that_has_it(words):
    words.show_prompt("reed, bright")
    words.label.linkActivated.emit("1")
    words.show_prompt("Bright water")
    assert words.told[-1] == ("Bright", 0)
    words.show_prompt("water")
    assert words.told[-1] is None


@pytest.fixture
def keyboard(words, qgis, until):
    """The words in a window of their own, with a field before and after; presses keys."""
    from qgis.PyQt import sip
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest
    from qgis.PyQt.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

    class Keyboard:
        def __init__(self):
            self.window, self.before, self.after = QWidget(), QLineEdit(), QLineEdit()
            column = QVBoxLayout(self.window)
            for widget in (self.before, words.label, self.after):
                column.addWidget(widget)
            self.window.show()
            self.window.activateWindow()
            self.before.setFocus()
            until(self.before.hasFocus)

        def press(self, name):
            QTest.keyClick(QApplication.focusWidget(), getattr(Qt.Key, f"Key_{name}"))

        def tab_to(self, word):
            for _ in range(20):
                if words.label.hasFocus() and words.label.selectedText() == word:
                    return
                self.press("Tab")
            raise AssertionError(f"Tab never came to {word}")

    keyboard = Keyboard()
    yield keyboard
    sip.delete(keyboard.window)


def test_tab_goes_from_word_to_word_and_enter_keeps_one_and_stays_there(words, keyboard):
    words.show_prompt("reed,  with <wet> reed")
    keyboard.tab_to("with")
    for held in (("with", 7), None, ("with", 7)):
        keyboard.press("Return")
        assert words.told[-1] == held
        assert words.label.selectedText() == "with"
    keyboard.press("Tab")
    assert words.label.selectedText() == "wet"
    keyboard.press("Tab")
    keyboard.press("Return")
    assert words.told[-1] == ("reed", 18)
    keyboard.press("Tab")
    assert keyboard.after.hasFocus()


def test_the_keyboard_stays_on_its_word_in_the_next_prompt(words, keyboard):
    words.show_prompt("reed, with 🌾 reed, bright")
    keyboard.tab_to("with")
    keyboard.press("Tab")  # the second reed
    for prompt, start in (("reed, dark 🌾 reed", 13), ("water, reed", 7)):
        words.show_prompt(prompt)
        assert words.label.selectedText() == "reed"
        keyboard.press("Return")
        assert words.told[-1] == ("reed", start)
        keyboard.press("Return")
    words.show_prompt("water")
    assert words.label.hasFocus()
    assert words.label.selectedText() == ""
    keyboard.press("Tab")
    assert words.label.selectedText() == "water"


def test_another_prompt_takes_the_keyboard_from_nobody(words, keyboard):
    words.show_prompt("reed, bright")
    keyboard.tab_to("bright")
    keyboard.before.setFocus()
    words.show_prompt("bright, reed")
    assert keyboard.before.hasFocus()


def test_a_prompt_is_no_markup(words):
    words.show_prompt("<b>&x</b> reed")
    assert "&lt;" in words.label.text()
    assert "&amp;" in words.label.text()


def test_without_a_prompt_the_hint_is_shown(words):
    words.show_prompt("reed")
    words.show_prompt("")
    assert words.label.text() == "Point at a word."


def test_the_mouse_itself_points(words, qgis):
    from qgis.PyQt.QtCore import QPoint
    from qgis.PyQt.QtTest import QTest

    words.show_prompt("reed")
    words.label.show()
    for y in range(2, words.label.height(), 4):
        QTest.mouseMove(words.label, QPoint(12, y))
        QTest.qWait(10)
    assert ("reed", 0) in words.told
    assert words.told[-1] is None


def test_a_sample_is_shown_pixel_by_pixel_in_a_frame(qgis):
    import numpy as np
    from qgis.PyQt.QtGui import QColor

    from hsi_film_plugin.dock.attention_overlay import SIDE, SampleView
    from hsi_film_plugin.dock.sample_pictures import image_of

    view = SampleView()
    view.resize(view.sizeHint())
    assert view.grab().toImage().pixelColor(SIDE // 2, SIDE // 2).isValid()
    colours = np.zeros((2, 2, 3), np.uint8)
    colours[0, 0] = (200, 0, 0)
    view.show_image(image_of(colours), "#1e90ff")
    shown = view.grab().toImage()
    assert shown.pixelColor(0, 0) == QColor("#1e90ff")
    assert shown.pixelColor(SIDE // 2 - 2, SIDE // 2 - 2).red() == 200
    assert shown.pixelColor(SIDE // 2 + 2, SIDE // 2 + 2).red() == 0
