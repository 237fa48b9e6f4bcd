"""A chapter of a report that is made of ready parts: facts, a table, plots, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .report import Picture

Tone = Literal["", "good", "care", "bad"]


@dataclass(frozen=True)
class Cell:
    """What one field of a table says.

    Attributes:
        lines: Set below each other.
        tone: Shows the first line as a badge: good, care or bad.
        numeric: Whether it is set to the right, as figures are.
    """

    lines: tuple[str, ...]
    tone: Tone = ""
    numeric: bool = True


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: After the row's head.
        class_index: The class that heads the row, or None.
        head: Heads the row where no class does.
    """

    cells: tuple[Cell, ...]
    class_index: int | None = None
    head: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a head for each row.

    Attributes:
        columns: Headings, the first one over the rows' heads.
        rows: With one cell less than there are columns.
        note: A sentence below.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """A plot by ``report_plots.inline_svg``.

    Attributes:
        svg: An ``<svg>`` element.
        caption: A sentence; shown above small plots, below wide ones.
        class_index: The class that it shows, named above it; None for all.
    """

    svg: str
    caption: str = ""
    class_index: int | None = None


@dataclass(frozen=True)
class Gallery:
    """Small pictures side by side, and what they show together."""

    caption: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Chapter:
    """A section with a heading; what is empty is left out.

    Attributes:
        name: Lower-case letters, unique in the report: its place in the page.
        heading: Above it.
        statement: A sentence that says what is shown.
        facts: Names and values in reading order.
        tables: One after the other.
        wide: Plots across the page.
        panels: Small plots side by side.
        galleries: Rows of small pictures.
        notes: Sentences at the end.
    """

    name: str
    heading: str
    statement: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    wide: tuple[Plot, ...] = ()
    panels: tuple[Plot, ...] = ()
    galleries: tuple[Gallery, ...] = ()
    notes: tuple[str, ...] = ()
