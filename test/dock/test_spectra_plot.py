"""The plot of spectra: what it shows, reads out, copies, and what a click finds."""

from __future__ import annotations

import numpy as np
import pytest
from qgis.PyQt.QtCore import QEvent, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QGuiApplication, QMouseEvent, QPalette
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from hsi_film_plugin.dock.scene_file import SceneBands
from hsi_film_plugin.dock.spectra_plot import (
    MOST_PINS,
    ClassCurve,
    LabelCurve,
    Scale,
    SpectraPlot,
)
from hsi_film_plugin.dock.spectrum_reader import PixelSpectrum

COUNT = 60


def scene_bands(count=COUNT, wavelengths=True, bad=()):
    good = np.ones(count, dtype=bool)
    good[list(bad)] = False
    return SceneBands(
        count=count,
        wavelengths=np.linspace(400, 990, count) if wavelengths else None,
        good=good,
        names=tuple(f"Band {n + 1}" for n in range(count)),
        scales=np.ones(count),
        offsets=np.zeros(count),
        nodata=(None,) * count,
        warnings=(),
    )


def pixel(value=1000.0, row=3, col=4, valid=True, count=COUNT):
    return PixelSpectrum(row, col, np.full(count, value, np.float32), valid)


def class_of(value, class_id=1, name="Water", color="#0000ff", sd=50.0):
    mean = np.full(COUNT, float(value))
    return ClassCurve(class_id, name, color, mean, np.full(COUNT, sd), 9)


@pytest.fixture
def plot(qgis):
    widget = SpectraPlot()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("white"))
    palette.setColor(QPalette.ColorRole.Text, QColor("black"))
    widget.setPalette(palette)
    widget.resize(700, 320)
    widget.set_bands(scene_bands())
    return widget


def place(widget, x, y):
    widget.grab()
    return widget.to_screen().map(QPointF(x, y)).toPoint()


def color_at(widget, x, y):
    point = place(widget, x, y)
    return widget.grab().toImage().pixelColor(point)


def hover(widget, x, y):
    at = place(widget, x, y)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)
    return widget.readout()


def test_it_says_what_to_do_while_it_is_empty(plot):
    assert "mouse" in plot.empty_text()
    plot.set_bands(None)
    assert "scene" in plot.empty_text()
    plot.set_bands(scene_bands())
    plot.set_cursor(pixel(valid=False))
    assert "No data" in plot.empty_text()
    plot.set_cursor(pixel())
    assert plot.empty_text() == ""


def test_the_spectrum_under_the_cursor_is_drawn_in_the_texts_colour(plot):
    plot.set_cursor(pixel(1000))
    assert color_at(plot, 700, 1000).lightness() < 90
    assert color_at(plot, 700, 1010).lightness() > 200 or plot.y_span.length > 2000
    plot.set_cursor(None)
    assert plot.empty_text()


def test_a_class_is_drawn_in_its_colour_with_its_deviation_around_it(plot):
    plot.set_classes((class_of(1000, sd=200.0),))
    line, ribbon = color_at(plot, 700, 1000), color_at(plot, 700, 1130)
    assert line.blue() > 200
    assert line.red() < 100
    assert ribbon.blue() > 230
    assert 150 < ribbon.red() < 240
    assert color_at(plot, 700, 1000 + 205) == QColor("white")


def test_bad_bands_are_shaded_and_the_line_is_torn_there(plot):
    plot.set_bands(scene_bands(bad=range(20, 30)))
    plot.set_cursor(pixel(1000))
    middle = (400 + 10 * 25, 1000)
    assert color_at(plot, *middle).lightness() > 150  # no line
    shade = color_at(plot, middle[0], plot.y_span.high * 0.98)
    assert 200 < shade.lightness() < 250
    assert shade.red() == shade.green() == shade.blue()


def test_without_wavelengths_the_axis_counts_bands(plot):
    plot.set_bands(scene_bands(wavelengths=False))
    plot.set_cursor(pixel())
    assert "Band" in plot.x_title
    assert plot.x_span.low < 1 < COUNT < plot.x_span.high
    assert "nm" not in hover(plot, 30, 1000)


def test_bands_out_of_order_are_drawn_in_the_order_of_their_wavelengths(plot):
    bands = scene_bands(4)
    bands.wavelengths[:] = [500, 400, 700, 600]
    plot.set_bands(bands)
    plot.set_cursor(PixelSpectrum(0, 0, np.array([5, 4, 7, 6], np.float32), True))
    assert "band 2" in hover(plot, 405, 4)
    assert color_at(plot, 550, 5.5).lightness() < 130


def test_the_band_and_value_under_the_pointer_are_read_out(plot):
    plot.set_classes((class_of(1000, sd=50.0),))
    plot.set_cursor(pixel(500))
    near_class = hover(plot, 702, 1000)
    assert "700.0 nm" in near_class
    assert "band 31" in near_class
    assert "Water 1000 ± 50" in near_class
    assert "Cursor 500" in hover(plot, 702, 500)
    assert "Cursor 500" in hover(plot, 702, 760)  # far from all: the cursor's


def test_a_bad_band_is_read_out_as_such(plot):
    plot.set_bands(scene_bands(bad=range(20, 30)))
    plot.set_cursor(pixel())
    assert "bad" in hover(plot, 650, 1000)


def test_pins_stay_when_the_cursor_moves_and_go_one_by_one(plot):
    for value in (500, 700):
        plot.set_cursor(pixel(value))
        plot.pin()
    plot.set_cursor(None)
    assert [number for number, _ in plot.pins()] == [1, 2]
    assert "Pin 2 700" in hover(plot, 700, 700)
    plot.unpin(1)
    assert [spectrum.values[0] for _, spectrum in plot.pins()] == [700]
    plot.clear_pins()
    assert plot.empty_text()


def test_nothing_is_pinned_where_there_is_no_data(plot):
    plot.pin()
    plot.set_cursor(pixel(valid=False))
    plot.pin()
    assert plot.pins() == ()


def test_the_oldest_pin_makes_room(plot):
    for value in range(MOST_PINS + 1):
        plot.set_cursor(pixel(100 + value))
        plot.pin()
    assert len(plot.pins()) == MOST_PINS
    assert plot.pins()[0][1].values[0] == 101


def test_the_menu_pins_removes_and_compares(plot):
    plot.set_cursor(pixel(500))
    menu = plot.context_menu()
    menu.actions()[0].trigger()
    assert len(plot.pins()) == 1
    actions = {action.text(): action for action in plot.context_menu().actions()}
    actions["Remove Pin 1 (row 4, column 5)"].trigger()
    assert plot.pins() == ()
    next(action for text, action in actions.items() if text.startswith("Divided")).trigger()
    assert plot.scale is Scale.MEAN
    checked = [action.text() for action in plot.context_menu().actions() if action.isChecked()]
    assert len(checked) == 1
    assert checked[0].startswith("Divided")


def test_divided_by_their_mean_bright_and_dark_spectra_coincide(plot):
    plot.set_classes((class_of(200, 1, "dark"), class_of(8000, 2, "bright")))
    assert plot.y_span.high > 7000
    plot.set_scale(Scale.MEAN)
    assert plot.y_span.low < 1 < plot.y_span.high < 2
    assert plot.y_title


def test_a_click_near_a_curve_tells_its_label_and_class(plot):
    heard = []
    plot.curveClicked.connect(lambda fid, class_id: heard.append((fid, class_id)))
    plot.set_classes((class_of(1000, 7, sd=0.0),))
    plot.set_labels(
        (
            LabelCurve("first", 7, "#00ff00", np.full(COUNT, 400.0)),
            LabelCurve("second", 7, "#00ff00", np.full(COUNT, 700.0)),
        )
    )
    for value in (700, 1000, 550):
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, 703, value))
    assert heard == [("second", 7), (None, 7)]


def test_a_slot_may_take_only_the_label(plot):
    class Page:
        def __init__(self):
            self.heard = []

        def clicked(self, fid):
            self.heard.append(fid)

    page = Page()
    plot.curveClicked.connect(page.clicked)
    plot.set_labels((LabelCurve(12, 7, "#00ff00", np.full(COUNT, 400.0)),))
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, 703, 400))
    assert page.heard == [12]


def test_values_are_copied_as_csv(plot):
    plot.set_bands(scene_bands(bad=(1,)))
    plot.set_cursor(pixel(0.25))
    plot.set_classes((class_of(1000, name="Water, deep", sd=50),))
    QTest.keyClick(plot, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == (
        'band,wavelength_nm,usable,"Cursor (row 4, column 5)","Water, deep mean","Water, deep sd"'
    )
    assert lines[1] == "1,400,1,0.25,1000,50"
    assert lines[2].startswith("2,410,0,")
    assert len(lines) == COUNT + 1


def test_a_noisy_band_does_not_flatten_the_rest(plot):
    values = np.linspace(100, 200, COUNT).astype(np.float32)
    values[30] = 1e6
    plot.set_cursor(PixelSpectrum(0, 0, values, True))
    assert plot.y_span.high < 300


def test_the_axis_stays_while_it_holds_what_is_shown(plot):
    plot.set_cursor(pixel(1000))
    before = plot.y_span
    plot.set_cursor(pixel(980))
    assert plot.y_span == before
    plot.set_cursor(pixel(5000))
    assert plot.y_span.high > 5000


def test_another_scene_drops_what_was_shown_of_the_last(plot):
    plot.set_cursor(pixel())
    plot.pin()
    plot.set_classes((class_of(1000),))
    plot.set_bands(scene_bands(10))
    assert plot.pins() == ()
    assert plot.empty_text()
    plot.set_cursor(pixel(count=COUNT))  # answered late by the last scene's reader
    assert plot.empty_text()


def test_many_classes_leave_room_for_the_plot(plot):
    plot.resize(340, 200)
    plot.set_classes(
        tuple(class_of(100 * n, n, f"A class with a long name {n}") for n in range(1, 17))
    )
    plot.grab()
    assert plot.frame.height() > 100
    assert plot._legend_rows()[-1][-1].text.startswith("+")


def test_gaps_and_single_bands_between_gaps_can_be_drawn(plot):
    values = np.full(COUNT, 1000, np.float32)
    values[::2] = np.nan
    plot.set_cursor(PixelSpectrum(0, 0, values, True))
    assert color_at(plot, 410, 1000).lightness() < 150
    plot.set_cursor(PixelSpectrum(0, 0, np.full(COUNT, np.nan, np.float32), True))
    assert not plot.grab().isNull()
