"""What a legend has room for."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from hsi_film_plugin.dock.plot_legend import Entry, legend_rows, paint_entry

NAMES = [(number, f"Class {number}") for number in range(12)]


@pytest.fixture
def metrics(qgis):
    return QFontMetricsF(QFont())


def test_names_that_fit_stand_in_one_row(metrics):
    (row,) = legend_rows(NAMES[:3], metrics, 2000, 2)
    assert [entry.text for entry in row] == ["Class 0", "Class 1", "Class 2"]
    assert row[0].left < row[1].left < row[2].left


def test_what_finds_no_room_is_counted(metrics):
    rows = legend_rows(NAMES, metrics, 300, 2)
    assert len(rows) == 2
    shown = [entry for row in rows for entry in row if entry.key is not None]
    assert rows[-1][-1].text == f"+{len(NAMES) - len(shown)}"
    for row in rows:
        assert row[-1].left + row[-1].width < 300


def test_long_names_are_shortened(metrics):
    ((entry,),) = legend_rows([(1, "A very long name of a class indeed")], metrics, 300, 1)
    assert entry.width < 80
    assert entry.text.endswith("…")


def test_nothing_to_name_takes_no_rows(metrics):
    assert legend_rows([], metrics, 300, 2) == []


def test_an_entry_shows_a_piece_of_its_line(qgis):
    image = QImage(100, 20, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_entry(painter, Entry(1, "", 4, 10), [QPen(QColor("#ff0000"), 4)], 0, 20)
    painter.end()
    assert image.pixelColor(10, 10) == QColor("#ff0000")
    assert image.pixelColor(40, 10) == QColor("white")
