"""Axes, the view on them, and what mouse and keys do in every plot."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPalette, QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from hsi_film_plugin.dock.plot_axis import Span
from hsi_film_plugin.dock.plot_widget import PlotWidget


class Plot(PlotWidget):
    """A plot that notes clicks."""

    def __init__(self):
        super().__init__("A plot")
        self.clicks = []
        self.text = ""
        self.set_x_span(Span(0, 100))

    def empty_text(self):
        return self.text

    def clicked(self, position):
        self.clicks.append(position)


@pytest.fixture
def plot(qgis):
    widget = Plot()
    widget.resize(340, 200)
    widget.grab()
    return widget


def turn(widget, position, delta):
    event = QWheelEvent(
        QPointF(position),
        QPointF(widget.mapToGlobal(position)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def move(widget, position):
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(position),
        QPointF(widget.mapToGlobal(position)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("size", [(160, 110), (340, 200), (700, 320)])
@pytest.mark.parametrize("span", [Span(0, 1), Span(400, 2500), Span(-1e6, 1e6), Span(0, 0.001)])
def test_the_labels_of_the_x_axis_do_not_touch(plot, size, span):
    plot.resize(*size)
    plot.set_x_span(span)
    labels = plot._x_labels()
    transform, metrics = plot.to_screen(), plot.metrics()
    places = [transform.map(QPointF(value, 0)).x() for value, _ in labels]
    widths = [metrics.horizontalAdvance(text) for _, text in labels]
    assert labels
    for left, right, before, after in zip(places, places[1:], widths, widths[1:]):
        assert right - after / 2 > left + before / 2


def test_data_and_widget_coordinates_are_each_others_inverse(plot):
    at = plot.to_screen().map(QPointF(25, 0.5))
    assert plot.x_at(at) == pytest.approx(25)
    assert plot.frame.contains(at)


def test_the_wheel_zooms_about_the_pointer(plot):
    at = plot.to_screen().map(QPointF(25, 0.5)).toPoint()
    value = plot.x_at(QPointF(at))
    turn(plot, at, 240)
    assert plot.x_span.length < 70
    assert plot.x_at(QPointF(at)) == pytest.approx(value)
    turn(plot, at, -2400)
    assert plot.x_span == Span(0, 100)


def test_keys_zoom_move_and_show_everything(plot):
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    zoomed = plot.x_span
    assert zoomed.length == pytest.approx(80)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.x_span.low > zoomed.low
    for _ in range(20):
        QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.x_span.low == 0
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.x_span == Span(0, 100)


def test_a_double_click_shows_everything(plot):
    plot.zoom(4)
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=plot.frame.center().toPoint())
    assert plot.x_span == Span(0, 100)


def test_a_view_stays_when_the_axis_grows_around_it(plot):
    plot.zoom(2)
    view = plot.x_span
    plot.set_x_span(Span(0, 110))
    assert plot.x_span == view
    plot.set_x_span(Span(500, 600))
    assert plot.x_span == Span(500, 600)


def test_a_click_is_one_place_inside_the_frame(plot):
    inside = plot.frame.center().toPoint()
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=inside)
    assert len(plot.clicks) == 1
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=inside)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=inside + QPoint(30, 0))
    QTest.mouseClick(plot, Qt.MouseButton.RightButton, pos=inside)
    assert len(plot.clicks) == 1


def test_the_pointer_counts_only_inside_the_frame(plot):
    move(plot, plot.frame.center().toPoint())
    assert plot.pointer is not None
    move(plot, QPoint(1, 1))
    assert plot.pointer is None
    move(plot, plot.frame.center().toPoint())
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert plot.pointer is None


def test_an_empty_plot_says_what_to_do_and_takes_no_clicks(plot):
    before = plot.grab().toImage()
    plot.text = "Do this."
    assert plot.grab().toImage() != before
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.frame.center().toPoint())
    assert not plot.clicks


def test_the_colours_follow_the_palette(plot):
    dark = QPalette()
    dark.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    dark.setColor(QPalette.ColorRole.Text, QColor("#f0f0f0"))
    plot.setPalette(dark)
    assert plot.is_dark()
    assert plot.grab().toImage().pixelColor(1, 1) == QColor("#101010")


def test_it_has_a_name_for_screen_readers_and_can_be_focused(plot):
    assert plot.accessibleName() == "A plot"
    assert plot.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_it_can_be_drawn_at_any_size(plot):
    for size in ((1, 1), (20, 10), (160, 110), (3000, 60)):
        plot.setMinimumSize(0, 0)
        plot.resize(*size)
        assert not plot.grab().isNull()


def test_ink_can_be_read_where_a_theme_leaves_dark_text_on_dark_paper(plot):
    palette = QPalette(plot.palette())  # as of QGIS's Night Mapping
    palette.setColor(QPalette.ColorRole.Base, QColor("#222222"))
    palette.setColor(QPalette.ColorRole.Text, QColor("#111111"))
    plot.setPalette(palette)
    assert plot.ink().lightness() - plot.paper().lightness() > 100
    assert plot.ink(30).alpha() == 30
