"""One class of labels: its number, its name, its colour, and how its polygons look."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from qgis.core import QgsFillSymbol, QgsSimpleLineSymbolLayer, QgsSymbol
from qgis.PyQt.QtGui import QColor

from ..engine.label_classes import default_colors
from ..translation import tr
from .label_file import MOST_CLASSES, LabelLayerError

LONGEST_NAME = 80
#: The image must stay visible through the labels (0 to 255).
FILL_ALPHA = 70
OUTLINE_MM = 0.6
HAIRLINE_MM = 0.2
#: Colours that are less apart than this pass for the same one (0 to about 765).
DISTINCT = 90.0
_CANDIDATES = 64


@dataclass(frozen=True)
class LabelClass:
    """A class of the labels; `color` is ``#rrggbb``."""

    class_id: int
    name: str
    color: str


def completed(classes: Iterable[LabelClass]) -> tuple[LabelClass, ...]:
    """Return the classes with a name and a colour for those without, no two names the same.

    Raises:
        LabelLayerError: if a number or colour is none, or two classes have one number.
    """
    result: list[LabelClass] = []
    given = tuple(classes)
    colors = [known.color for known in given if known.color]
    for known in given:
        if not 1 <= known.class_id <= MOST_CLASSES:
            raise LabelLayerError(
                tr("The class “{name}” has the number {number}; it must be 1 to {most}.").format(
                    name=known.name, number=known.class_id, most=MOST_CLASSES
                )
            )
        if any(other.class_id == known.class_id for other in result):
            raise LabelLayerError(
                tr("Two classes have the number {}. Give each its own.").format(known.class_id)
            )
        color = known.color or distinct_color(colors)
        if not QColor(color).isValid():
            raise LabelLayerError(
                tr("“{color}” of the class “{name}” is no colour. Write it like #1f77b4.").format(
                    color=color, name=known.name
                )
            )
        colors.append(color)
        name = unique_name(named(known.class_id, known.name), [other.name for other in result])
        result.append(replace(known, name=name, color=QColor(color).name()))
    return tuple(result)


def named(class_id: int, name: str) -> str:
    """Return a name of one line and sensible length; “Class 3” for an empty one."""
    line = " ".join(name.split())
    if len(line) > LONGEST_NAME:
        line = line[: LONGEST_NAME - 1].rstrip() + "…"
    return line or tr("Class {}").format(class_id)


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return `name`, or “name (2)” … if it is taken, whatever its capitals."""
    known = {other.casefold() for other in taken}
    if name.casefold() not in known:
        return name
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(candidate for candidate in numbered if candidate.casefold() not in known)


def distinct_color(taken: Sequence[str]) -> str:
    """Return the first default colour that looks like none of those taken, as ``#rrggbb``.

    The defaults are told apart with the common colour blindnesses.
    """
    others = [QColor(color) for color in taken]
    best, apart = "", -1.0
    for candidate in itertools.islice(default_colors(), _CANDIDATES):
        nearest = min((_distance(QColor(candidate), other) for other in others), default=1e9)
        if nearest >= DISTINCT:
            return candidate
        if nearest > apart:
            best, apart = candidate, nearest
    return best


def _distance(one: QColor, other: QColor) -> float:
    """Return the “redmean” distance of two colours, near to how they differ for the eye."""
    red = (one.red() + other.red()) / 2
    reds, greens, blues = (
        one.red() - other.red(),
        one.green() - other.green(),
        one.blue() - other.blue(),
    )
    weighted = (2 + red / 256) * reds**2 + 4 * greens**2 + (2 + (255 - red) / 256) * blues**2
    return float(weighted**0.5)


def class_symbol(color: str) -> QgsFillSymbol:
    """Return how a class's polygons are drawn: a solid outline around a light tint.

    A white line along the outline tells it from a class map, which has the same colours.
    """
    solid = QColor(color)
    rgb = f"{solid.red()},{solid.green()},{solid.blue()}"
    symbol = QgsFillSymbol.createSimple(
        {
            "color": f"{rgb},{FILL_ALPHA}",
            "outline_color": f"{rgb},255",
            "outline_width": str(OUTLINE_MM),
        }
    )
    line = QgsSimpleLineSymbolLayer(QColor("white"), HAIRLINE_MM)
    line.setLocked(True)  # it stays white when the class gets another colour
    symbol.appendSymbolLayer(line)
    return symbol


def recoloured(symbol: QgsSymbol, color: str) -> QgsSymbol:
    """Return a symbol in another colour, as transparent as it is, outlines that match too."""
    result = symbol.clone()
    was = symbol.color()
    tint = QColor(color)
    tint.setAlpha(was.alpha())
    result.setColor(tint)
    for before, after in zip(symbol.symbolLayers(), result.symbolLayers()):
        outline = before.strokeColor()
        if outline.name() == was.name():
            changed = QColor(color)
            changed.setAlpha(outline.alpha())
            after.setStrokeColor(changed)
    return result
