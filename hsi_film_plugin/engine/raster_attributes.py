"""Class names and colours of a raster: reading and writing GDAL's ``.aux.xml`` sidecar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from .band_metadata import header_list
from .label_classes import LabelClass

# GDAL's numbers for what a column is used for (GDALRATFieldUsage) and holds (GDALRATFieldType)
_COUNT, _NAME, _MINMAX, _RED, _GREEN, _BLUE = 1, 2, 5, 6, 7, 8
_INTEGER, _STRING = 0, 2
_COLUMNS = (
    ("Value", _INTEGER, _MINMAX),
    ("Class", _STRING, _NAME),
    ("Red", _INTEGER, _RED),
    ("Green", _INTEGER, _GREEN),
    ("Blue", _INTEGER, _BLUE),
    ("Count", _INTEGER, _COUNT),
)
_LAST_CATEGORY = 1023
_UNCLASSIFIED = "unclassified"


@dataclass(frozen=True)
class RasterClasses:
    """What a raster says of its classes.

    Attributes:
        names: Name by pixel value.
        colors: ``#rrggbb`` by pixel value.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    colors: Mapping[int, str] = field(default_factory=dict)


def read_raster_classes(path: Path, dataset: Any) -> RasterClasses:
    """Return class names and colours: attribute table, category names, colour table.

    Args:
        path: The raster.
        dataset: The raster, opened with rasterio.
    """
    names = dict(enumerate(header_list(dataset.tags(ns="ENVI").get("class_names"))))
    colors: dict[int, str] = {}
    try:
        table = dataset.colormap(1)
    except ValueError:  # no colour table
        table = {}
    for value, (red, green, blue, _) in table.items():
        colors[value] = f"#{red:02x}{green:02x}{blue:02x}"
    sidecar = Path(f"{path}.aux.xml")
    if sidecar.is_file():
        reader = _Sidecar()
        reader.feed(sidecar.read_text(encoding="utf-8", errors="replace"))
        names.update({value: name for value, name in enumerate(reader.categories) if name})
        table_names, table_colors = reader.table()
        names.update(table_names)
        colors.update(table_colors)
    return RasterClasses({value: name for value, name in names.items() if name}, colors)


class _Sidecar(HTMLParser):
    """Collects category names and the attribute table of the first band.

    A parser of HTML reads this XML well, and knows no entities that could be misused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.categories: list[str] = []
        self._usages: list[int] = []
        self._rows: list[list[str]] = []
        self._text = ""
        self._band = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._text = ""
        if tag == "pamrasterband":
            self._band = int(dict(attrs).get("band") or 0)
        elif tag == "row":
            self._rows.append([])

    def handle_endtag(self, tag: str) -> None:
        if self._band == 1:
            if tag == "category":
                self.categories.append(self._text.strip())
            elif tag == "usage" and self._text.strip().isdigit():
                self._usages.append(int(self._text))
            elif tag == "f" and self._rows:
                self._rows[-1].append(self._text.strip())
        self._text = ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def table(self) -> tuple[dict[int, str], dict[int, str]]:
        """Return names and colours by pixel value."""
        place = {usage: index for index, usage in enumerate(self._usages)}
        names: dict[int, str] = {}
        colors: dict[int, str] = {}
        if _MINMAX not in place:
            return names, colors
        for row in self._rows:
            try:
                value = int(float(row[place[_MINMAX]]))
                if _NAME in place and row[place[_NAME]]:
                    names[value] = row[place[_NAME]]
                if {_RED, _GREEN, _BLUE} <= set(place):
                    rgb = [int(float(row[place[usage]])) for usage in (_RED, _GREEN, _BLUE)]
                    if all(0 <= level <= 255 for level in rgb):
                        colors[value] = "#{:02x}{:02x}{:02x}".format(*rgb)
            except (ValueError, IndexError):
                continue  # a row that another program left incomplete names nothing
        return names, colors


def class_sidecar(classes: Sequence[LabelClass], counts: Mapping[int, int]) -> str:
    """Return the ``.aux.xml`` with category names and an attribute table.

    Args:
        classes: The classes of the map; 0 is added as unclassified.
        counts: Number of pixels by value.
    """
    rows = [LabelClass(0, _UNCLASSIFIED, "#000000"), *sorted(classes, key=lambda item: item.value)]
    names = {item.value: item.name for item in rows}
    last = max(names)
    lines = ["<PAMDataset>", '  <PAMRasterBand band="1">']
    # a list of names has an entry for every value up to the last
    if last <= _LAST_CATEGORY:
        lines.append("    <CategoryNames>")
        lines += [
            f"      <Category>{escape(names.get(value, ''))}</Category>"
            for value in range(last + 1)
        ]
        lines.append("    </CategoryNames>")
    lines.append('    <GDALRasterAttributeTable tableType="thematic">')
    for index, (name, kind, usage) in enumerate(_COLUMNS):
        lines += [
            f'      <FieldDefn index="{index}">',
            f"        <Name>{name}</Name>",
            f"        <Type>{kind}</Type>",
            f"        <Usage>{usage}</Usage>",
            "      </FieldDefn>",
        ]
    for index, item in enumerate(rows):
        red, green, blue = (int(item.color[start : start + 2], 16) for start in (1, 3, 5))
        cells = (item.value, escape(item.name), red, green, blue, counts.get(item.value, 0))
        lines.append(f'      <Row index="{index}">')
        lines += [f"        <F>{cell}</F>" for cell in cells]
        lines.append("      </Row>")
    lines += ["    </GDALRasterAttributeTable>", "  </PAMRasterBand>", "</PAMDataset>", ""]
    return "\n".join(lines)
