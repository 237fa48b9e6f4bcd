"""Curves that can be told apart on light and on dark paper."""

from __future__ import annotations

from qgis.PyQt.QtGui import QColor

from hsi_film_plugin.dock.curve_pens import class_pens, label_pen, pin_pen

WHITE, BLACK = QColor("white"), QColor("black")


def test_no_two_pins_look_the_same():
    looks = {
        (pen.color().name(), tuple(pen.dashPattern()))
        for pen in (pin_pen(number, dark=False) for number in range(1, 13))
    }
    assert len(looks) == 12


def test_pins_are_lighter_on_dark_paper():
    assert pin_pen(1, dark=True).color().lightness() > pin_pen(1, dark=False).color().lightness()


def test_a_class_whose_colour_would_be_lost_gets_a_casing():
    assert len(class_pens(QColor("#fffff0"), BLACK, WHITE)) == 2
    assert len(class_pens(QColor("#fffff0"), WHITE, BLACK)) == 1
    casing, pen = class_pens(QColor("#101010"), WHITE, BLACK)
    assert casing.widthF() > pen.widthF()
    assert pen.color() == QColor("#101010")


def test_single_labels_are_fainter_than_classes():
    pen = label_pen(QColor("#00ff00"))
    assert pen.color().alpha() < 255
    assert pen.widthF() < class_pens(QColor("#00ff00"), BLACK, WHITE)[-1].widthF()
