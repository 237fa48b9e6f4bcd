"""A legend in rows above a plot, as much of it as there is room for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QFontMetricsF, QPainter, QPen

from .plot_widget import write

_MARGIN = 4.0
_SWATCH = 16.0
_SWATCH_GAP = 4.0
_ENTRY_GAP = 12.0


@dataclass(frozen=True)
class Entry:
    """A line of a plot and its name.

    Attributes:
        key: Whose line it is; None for the count of what found no room.
        text: The name, shortened if it is long.
        left: Where it begins, in pixels.
        width: Of the text.
    """

    key: Hashable | None
    text: str
    left: float
    width: float


def legend_rows(
    named: Sequence[tuple[Hashable, str]], metrics: QFontMetricsF, width: float, most_rows: int
) -> list[list[Entry]]:
    """Distribute names over rows.

    Args:
        named: Keys and names.
        metrics: Of the font.
        width: Of the plot.
        most_rows: What does not fit into so many rows is counted at the end of the last.
    """
    rows: list[list[Entry]] = []
    left, rest_width = float("inf"), metrics.horizontalAdvance("+99")
    for place, (key, name) in enumerate(named):
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width / 4)
        advance = metrics.horizontalAdvance(text) + 1
        last = len(rows) == most_rows
        rest = rest_width if last and place + 1 < len(named) else 0
        if left + _SWATCH + _SWATCH_GAP + advance + rest > width - 2 * _MARGIN:
            if last:
                rows[-1].append(Entry(None, f"+{len(named) - place}", left, rest_width))
                break
            rows.append([])
            left = _MARGIN
        rows[-1].append(Entry(key, text, left, advance))
        left += _SWATCH + _SWATCH_GAP + advance + _ENTRY_GAP
    return rows


def paint_entry(
    painter: QPainter, entry: Entry, pens: Sequence[QPen], top: float, height: float
) -> None:
    """Draw an entry: a piece of its line with these pens, and its name with the painter's."""
    ink, left = painter.pen(), entry.left
    middle = top + height / 2
    for pen in pens:
        painter.setPen(pen)
        painter.drawLine(QPointF(left, middle), QPointF(left + _SWATCH, middle))
    if pens:
        left += _SWATCH + _SWATCH_GAP
    painter.setPen(ink)
    box = QRectF(left, top, entry.width, height)
    write(painter, box, entry.text, Qt.AlignmentFlag.AlignLeft)
