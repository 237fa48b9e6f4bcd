"""Pins on the canvas."""

from __future__ import annotations

import pytest


@pytest.fixture
def canvas(qgis):
    from qgis.core import QgsRectangle
    from qgis.gui import QgsMapCanvas

    canvas = QgsMapCanvas()
    canvas.resize(200, 200)
    canvas.show()
    qgis.processEvents()
    canvas.setExtent(QgsRectangle(0, 0, 100, 100))
    return canvas


@pytest.fixture
def pins(canvas):
    from hsi_film_plugin.dock.suggestion_markers import SuggestionMarkers

    pins = SuggestionMarkers(canvas)
    yield pins
    pins.clear()


def marker(number, x, y, current=False):
    from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle

    from hsi_film_plugin.dock.suggestion_markers import Marker

    outline = QgsGeometry.fromRect(QgsRectangle(x - 5, y - 5, x + 5, y + 5))
    return Marker(number, QgsPointXY(x, y), outline, current)


def items(canvas, kind):
    return [item for item in canvas.scene().items() if isinstance(item, kind)]


def test_tip_of_a_pin_is_at_its_place_and_follows_the_canvas(canvas, pins):
    from qgis.core import QgsRectangle

    from hsi_film_plugin.dock.suggestion_markers import Pin

    pins.show([marker(1, 50, 50)])
    (pin,) = items(canvas, Pin)
    assert (pin.pos().x(), pin.pos().y()) == pytest.approx((100, 100), abs=2)
    canvas.setExtent(QgsRectangle(0, 0, 50, 50))
    assert (pin.pos().x(), pin.pos().y()) == pytest.approx((200, 0), abs=2)


def test_only_the_current_place_is_outlined(canvas, pins):
    from qgis.gui import QgsRubberBand

    pins.show([marker(1, 20, 20), marker(2, 60, 60)])
    assert items(canvas, QgsRubberBand) == []
    pins.show([marker(1, 20, 20), marker(2, 60, 60, current=True)])
    (band,) = items(canvas, QgsRubberBand)
    assert band.asGeometry().boundingBox().center().x() == pytest.approx(60)


def test_current_pin_is_larger_and_on_top(canvas, pins):
    from hsi_film_plugin.dock.suggestion_markers import Pin

    pins.show([marker(1, 50, 50, current=True), marker(2, 52, 50)])
    top, below = sorted(items(canvas, Pin), key=lambda pin: -pin.zValue())
    assert top.pos().x() < below.pos().x()
    assert top.boundingRect().height() > below.boundingRect().height()


def test_pins_take_the_colours_of_the_canvas(canvas, pins, qgis):
    from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPalette

    from hsi_film_plugin.dock.suggestion_markers import Pin

    palette = canvas.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor("#123456"))
    canvas.setPalette(palette)
    pins.show([marker(1, 50, 50)])
    (pin,) = items(canvas, Pin)
    image = QImage(100, 100, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.translate(50, 90)
    pin.paint(painter)
    painter.end()
    box = pin.boundingRect()
    place = (int(50 - 0.35 * box.width()), int(90 + 0.6 * box.top()))
    assert image.pixelColor(*place).name() == "#123456"


def test_showing_again_leaves_no_old_pins(canvas, pins):
    from hsi_film_plugin.dock.suggestion_markers import Pin

    for _ in range(3):
        pins.show([marker(1, 20, 20, current=True), marker(2, 60, 60)])
    assert len(items(canvas, Pin)) == 2
    pins.clear()
    assert items(canvas, Pin) == []
