"""Classes of labels: their map values, names and colours."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .errors import InputError

MAX_CLASS_VALUE = 65535

# Okabe & Ito's and P. Tol's "muted" colours, told apart with the common colour blindnesses
_PALETTE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#332288",
    "#999933",
    "#882255",
    "#44aa99",
    "#ddcc77",
    "#117733",
    "#aa4499",
    "#88ccee",
    "#cc6677",
)
_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class LabelClass:
    """A class of the map.

    Attributes:
        value: The class map's pixel value, 1 to 65535.
        name: Shown in the legend and the report; unique among the classes.
        color: ``#rrggbb``.
    """

    value: int
    name: str
    color: str


@dataclass(frozen=True)
class ClassStyle:
    """A category of the label layer's own style.

    Attributes:
        value: The category's field value as text.
        name: The category's label; empty to keep the class's own name.
        color: ``#rrggbb``; empty to keep the class's own colour.
    """

    value: str
    name: str
    color: str


@dataclass(frozen=True)
class FoundClass:
    """A class as the label file has it.

    Attributes:
        key: The class field's value as text.
        value: Its integer value, None if it has none.
        name: The name that the file gives, empty if none.
        color: The colour that the file gives, empty if none.
    """

    key: str
    value: int | None = None
    name: str = ""
    color: str = ""


def assign_classes(
    found: Sequence[FoundClass], styles: Sequence[ClassStyle]
) -> tuple[tuple[LabelClass, ...], tuple[str, ...]]:
    """Give each found class its value, a unique name and a colour.

    Integers from 1 to 65535 stay the values of the map; otherwise the classes are numbered
    from 1 in the order given.

    Returns:
        The classes, in the order given, and warnings.

    Raises:
        InputError: if there are too many classes, or a style's colour is no colour.
    """
    if len(found) > MAX_CLASS_VALUE:
        raise InputError(
            f"The labels have {len(found)} classes, more than {MAX_CLASS_VALUE}. "
            "Choose the field that holds the classes, not one that numbers the features."
        )
    warnings: tuple[str, ...] = ()
    values = [item.value for item in found if item.value is not None]
    kept = len(values) == len(found) and all(1 <= value <= MAX_CLASS_VALUE for value in values)
    if not kept:
        if values:
            warnings = (
                f"The class values do not all lie from 1 to {MAX_CLASS_VALUE}, so the classes "
                f"are numbered from 1 to {len(found)} in the map.",
            )
        values = list(range(1, len(found) + 1))
    by_value = {style.value: style for style in styles}
    chosen = [by_value.get(item.key) or by_value.get(item.name) for item in found]
    names = _unique(
        [_name(item, style) for item, style in zip(found, chosen)],
        values,
    )
    colors = _colors([_color(item, style) for item, style in zip(found, chosen)])
    classes = tuple(
        LabelClass(value, name, color) for value, name, color in zip(values, names, colors)
    )
    return classes, warnings


def named_classes(
    values: Sequence[int], names: Mapping[int, str], colors: Mapping[int, str]
) -> list[FoundClass]:
    """Return what a raster with these class values, names and colours has found."""
    return [
        FoundClass(str(value), value, names.get(value, ""), colors.get(value, ""))
        for value in values
    ]


def default_colors() -> Iterator[str]:
    """Yield ``#rrggbb`` colours without end, always the same ones."""
    yield from _PALETTE
    hue = 0.0
    while True:
        # steps of the golden ratio never come close to an earlier hue for long
        hue = (hue + 0.6180339887498949) % 1.0
        for lightness, saturation in ((0.45, 0.65), (0.65, 0.5), (0.3, 0.7)):
            red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
            yield f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _name(item: FoundClass, style: ClassStyle | None) -> str:
    own = item.name or (f"Class {item.key}" if item.value is not None else item.key)
    # QGIS labels a category with its value unless the user writes something better
    if style is None or not style.name.strip() or style.name == item.key:
        return own
    return style.name.strip()


def _color(item: FoundClass, style: ClassStyle | None) -> str:
    if style is None or not style.color:
        return item.color
    color = style.color.strip().lower()
    if not _COLOR.fullmatch(color):
        raise InputError(
            f"The colour '{style.color}' of the class '{style.name or style.value}' is not "
            "of the form #rrggbb. Correct the style of the label layer."
        )
    return color


def _unique(names: Sequence[str], values: Sequence[int]) -> list[str]:
    return [
        f"{name} ({value})" if names.count(name) > 1 else name for name, value in zip(names, values)
    ]


def _colors(given: Sequence[str]) -> list[str]:
    taken = set(given)
    fresh = (color for color in default_colors() if color not in taken)
    return [color or next(fresh) for color in given]
