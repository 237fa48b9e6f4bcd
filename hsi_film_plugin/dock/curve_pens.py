"""How the curves of a plot look, on light and on dark paper."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QPen

WIDTH = 1.6
_PIN_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito, for all eyes
_PIN_DASHES = ((5.0, 3.0), (1.5, 2.5), (8.0, 2.5, 1.5, 2.5))
_LEAST_CONTRAST = 0.18


def pin_pen(number: int, *, dark: bool) -> QPen:
    """The pen of a pinned curve: no two of the first twelve look the same."""
    color = QColor(_PIN_COLORS[(number - 1) % len(_PIN_COLORS)])
    pen = QPen(color.lighter(150) if dark else color, WIDTH)
    pen.setDashPattern(_PIN_DASHES[(number - 1) % len(_PIN_DASHES)])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def class_pens(color: QColor, ink: QColor, paper: QColor) -> list[QPen]:
    """The pens of a class's curve, the wider one first where its colour would be lost."""
    pen = QPen(color, WIDTH)
    if abs(_luminance(color) - _luminance(paper)) >= _LEAST_CONTRAST:
        return [pen]
    casing = QColor(ink)
    casing.setAlpha(130)
    return [QPen(casing, WIDTH + 1.6), pen]


def label_pen(color: QColor) -> QPen:
    """The pen of a single label's curve."""
    faint = QColor(color)
    faint.setAlpha(120)
    return QPen(faint, 1.0)


def _luminance(color: QColor) -> float:
    return 0.299 * color.redF() + 0.587 * color.greenF() + 0.114 * color.blueF()
