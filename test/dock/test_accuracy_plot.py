"""Accuracy over labels, and when it is said to have levelled off."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import QEvent, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPalette
from qgis.PyQt.QtWidgets import QApplication

from hsi_film_plugin.dock.accuracy_plot import (
    AccuracyPlot,
    AccuracyPoint,
    latest_points,
    levelled_off,
)


def course(accuracies, half=0.05, first=4):
    return [
        AccuracyPoint(first + n, 20 * n, value, value - half, value + half)
        for n, value in enumerate(accuracies)
    ]


@pytest.fixture
def plot(qgis):
    widget = AccuracyPlot()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("white"))
    palette.setColor(QPalette.ColorRole.Text, QColor("black"))
    palette.setColor(QPalette.ColorRole.Highlight, QColor("#0050c8"))
    widget.setPalette(palette)
    widget.resize(340, 200)
    return widget


def test_a_level_end_is_levelled_off():
    assert levelled_off(course([0.4, 0.6, 0.80, 0.81, 0.80, 0.81, 0.805]))


@pytest.mark.parametrize(
    ("accuracies", "half"),
    [
        ([0.8, 0.81, 0.8, 0.81, 0.8], 0.05),  # too few to tell
        ([0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 0.05),  # still rises
        ([0.9, 0.9, 0.85, 0.8, 0.75, 0.7], 0.05),  # falls: something is wrong, not done
        ([0.80, 0.80, 0.81, 0.82, 0.83, 0.84], 0.01),  # rises by more than its noise
        ([0.8, 0.8, 0.8, 0.8, 0.8, 0.8], 0.2),  # hardly known at all
    ],
)
def test_what_moves_or_is_not_known_has_not_levelled_off(accuracies, half):
    assert not levelled_off(course(accuracies, half))


def test_of_one_number_of_labels_the_last_accuracy_counts():
    points = [*course([0.5, 0.6, 0.7]), AccuracyPoint(5, 1, 0.9, 0.8, 1.0)]
    assert [(p.polygons, p.accuracy) for p in latest_points(points)] == [
        (4, 0.5),
        (5, 0.9),
        (6, 0.7),
    ]


def test_it_says_what_it_needs_while_there_is_nothing(plot):
    assert "several places" in plot.empty_text()
    plot.set_points(course([0.5]))
    assert plot.empty_text() == ""
    plot.set_points([])
    assert plot.empty_text()


def test_the_latest_value_is_printed_with_its_interval(plot):
    plot.set_points(course([0.5, 0.62]))
    assert plot.readout() == "62% (57–67%), 5 labels"
    assert "62%" in plot.accessibleDescription()


def test_the_value_under_the_pointer_is_read_out(plot):
    plot.set_points(course([0.5, 0.6, 0.7]))
    plot.grab()
    at = plot.to_screen().map(QPointF(4, 50)).toPoint()
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(plot.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(plot, event)
    assert plot.readout() == "50% (45–55%), 4 labels"


def test_the_hint_depends_on_how_good_the_level_is(plot):
    plot.set_points(course([0.8, 0.81, 0.8, 0.81, 0.8, 0.81]))
    assert "more labels change little" in plot.hint()
    assert plot.header_height() > 0
    plot.set_points(course([0.4, 0.41, 0.4, 0.41, 0.4, 0.41]))
    assert "check" in plot.hint()
    plot.set_points(course([0.4, 0.5, 0.6]))
    assert plot.hint() == ""


def test_accuracies_and_intervals_are_drawn_where_they_are(plot):
    plot.set_points(course([0.8, 0.8, 0.8], half=0.15))
    image = plot.grab().toImage()

    def color(x, y):
        return image.pixelColor(plot.to_screen().map(QPointF(x, y)).toPoint())

    assert color(5, 80) == QColor("#0050c8")
    assert QColor("white") != color(4.5, 70) != QColor("#0050c8")
    assert color(4.5, 57) == QColor("white")


def test_one_point_can_be_drawn_and_the_axis_reaches_from_0_to_100(plot):
    plot.set_points(course([0.97]))
    assert not plot.grab().isNull()
    assert (plot.y_span.low, plot.y_span.high) == (0, 100)
    assert not plot.readout().startswith("0%")
