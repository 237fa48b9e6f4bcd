"""Tables of what users call their classes: CSV with the columns class and description."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..label_classes import LabelClass
from ..outputs import atomic_output

CLASS, DESCRIPTION, SHARE = "class", "description", "share"
#: No generated prompt is longer, and the text encoder would not read more.
MOST_CHARACTERS = 400
MOST_BYTES = 4 * 2**20
_SEPARATORS = (",", ";", "\t")


class DescriptionRow(NamedTuple):
    """A row of a table of prompts.

    Attributes:
        name: Of the class.
        description: A description or prompt of it.
        share: Of the class's patches that it is of, 0 to 1.
    """

    name: str
    description: str
    share: float


def read_descriptions(path: Path, classes: Sequence[LabelClass]) -> dict[int, tuple[str, ...]]:
    """Read what classes are called, several rows a class if there are several descriptions.

    Commas, semicolons and tabs may separate columns; others than the two are ignored, and so are
    rows without a description.

    Args:
        path: The table.
        classes: By name or value.

    Returns:
        Descriptions by class index; only of classes that have some.

    Raises:
        InputError: if it is no such table, names an unknown class, or describes none.
    """
    text = _text(path)
    rows, known, said = _rows(path, text), _by_key(classes), _columns(path, text)
    found: dict[int, dict[str, None]] = {}
    for number, row in rows:
        key, description = (row[at].strip() if at < len(row) else "" for at in said)
        description = " ".join(description.split())
        if not description:
            continue
        if not key:
            raise InputError(
                f"Row {number} of '{path.name}' has a description but no class. Give it the name "
                "or the value of a class."
            )
        index = known.get(_key(key))
        if index is None:
            names = ", ".join(f"'{item.name}'" for item in classes)
            raise InputError(
                f"Row {number} of '{path.name}' describes the class '{key}', which the labels do "
                f"not have. They have {names}."
            )
        if len(description) > MOST_CHARACTERS:
            raise InputError(
                f"The description in row {number} of '{path.name}' has {len(description)} "
                f"characters. Shorten it to {MOST_CHARACTERS} at most."
            )
        found.setdefault(index, {})[description] = None
    if not found:
        raise InputError(
            f"'{path.name}' describes no class: all its descriptions are empty. Fill in the column "
            f"'{DESCRIPTION}', or choose no table."
        )
    return {index: tuple(texts) for index, texts in sorted(found.items())}


def write_descriptions(path: Path, rows: Iterable[tuple[str, str, float]]) -> None:
    """Write a table that people edit and ``read_descriptions`` reads, whole or not at all.

    Args:
        path: Where; UTF-8 with a byte order mark, so that Excel shows every letter.
        rows: Class name, description, and share of the class's patches.
    """
    with atomic_output(path) as partial, partial.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow((CLASS, DESCRIPTION, SHARE))
        for name, description, share in rows:
            writer.writerow((name, description, f"{share:.4f}"))


def _text(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"The table of descriptions '{path}' does not exist. Check its path.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(
            f"'{path.name}' has {size / 2**20:.0f} MB, too much for a table of descriptions. "
            f"Choose a CSV file with the columns '{CLASS}' and '{DESCRIPTION}'."
        )
    raw = path.read_bytes()
    # Excel writes UTF-16 as "Unicode text", and plain CSV in the code page of Windows
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(letter < " " and letter not in "\t\r\n" for letter in text):
            return text
    raise InputError(
        f"'{path.name}' is no text. Choose a CSV file with the columns '{CLASS}' and "
        f"'{DESCRIPTION}'; spreadsheets save one as 'CSV UTF-8'."
    )


def _table(text: str) -> tuple[int, str, str]:
    """Return in which line the table begins, its first line, and what separates its columns."""
    lines, start, stated = text.splitlines(), 0, ""
    while start < len(lines):
        # Excel tells itself the separator like this
        if lines[start].lower().startswith("sep=") and len(lines[start]) == 5:
            stated = lines[start][4]
        elif lines[start].strip():
            break
        start += 1
    header = lines[start] if start < len(lines) else ""
    return start, header, stated or max(_SEPARATORS, key=header.count)


def _columns(path: Path, text: str) -> tuple[int, int]:
    """Return the places of the two columns."""
    _, header, separator = _table(text)
    if not header.strip():
        raise InputError(
            f"'{path.name}' is empty. Give it the columns '{CLASS}' and '{DESCRIPTION}', and a row "
            "for each description."
        )
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=separator))]
    for wanted in (CLASS, DESCRIPTION):
        if wanted not in names:
            listed = ", ".join(f"'{name}'" for name in names[:8])
            raise InputError(
                f"'{path.name}' has no column '{wanted}', but {listed}. Name the columns "
                f"'{CLASS}' and '{DESCRIPTION}' in its first line."
            )
    return names.index(CLASS), names.index(DESCRIPTION)


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Return the rows below the names of the columns, with their line numbers."""
    start, _, separator = _table(text)
    lines = io.StringIO("".join(text.splitlines(keepends=True)[start + 1 :]), newline="")
    reader = csv.reader(lines, delimiter=separator)
    try:
        return [(start + 1 + reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(
            f"'{path.name}' is no table ({error}, near line {start + 1 + reader.line_num}). Save "
            "it again as CSV."
        ) from error


def _by_key(classes: Sequence[LabelClass]) -> dict[str, int]:
    """Return class indices by what a table may call them; names win over values."""
    by_value = {str(item.value): index for index, item in enumerate(classes)}
    return by_value | {_key(item.name): index for index, item in enumerate(classes)}


def _key(text: str) -> str:
    """Return a class's name or value for comparison; spreadsheets make "3.0" of 3."""
    found = " ".join(text.split()).casefold()
    whole, dot, rest = found.partition(".")
    return whole if dot and whole.isdecimal() and rest.strip("0") == "" else found
