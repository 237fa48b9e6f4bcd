"""What the engine says in the headers of its files of samples and synthesizers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..translation import tr
from .layer_styles import MapClass
from .tensor_file import TensorFileError

#: The newest kinds of files of samples and of synthesizers that are understood.
SCHEMA, SYNTHESIZER_SCHEMA = 1, 2
#: Longer texts are cut: no description is so long, and one has to fit on the screen.
LONGEST_TEXT = 1000
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_GREY = "#808080"


class SampleFileError(TensorFileError):
    """A file holds no samples, or is no synthesizer; `str()` is a sentence for the user."""


def own_entry(metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    """Return what the engine wrote into a file's header; empty for other files."""
    try:
        header = json.loads(metadata.get(key, "{}"))
    except (ValueError, RecursionError):
        return {}
    return header if isinstance(header, dict) else {}


def classes_of(header: Mapping[str, Any]) -> tuple[MapClass, ...]:
    """Return the classes that a header lists; none if an entry is no class."""
    entries = header.get("classes")
    known = []
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or type(entry.get("value")) is not int:
            return ()
        color = str(entry.get("color"))
        name = str(entry.get("name") or entry["value"])[:LONGEST_TEXT]
        known.append(MapClass(entry["value"], name, color if _COLOR.fullmatch(color) else _GREY))
    return tuple(known)


def texts_of(value: Any) -> tuple[str, ...]:
    """Return a list of texts, cut to what fits on the screen; none if there is no list."""
    return tuple(str(text)[:LONGEST_TEXT] for text in value) if isinstance(value, list) else ()


def lists_of(value: Any, count: int) -> tuple[tuple[str, ...], ...] | None:
    """Return so many lists of texts; None if there are others."""
    if not isinstance(value, list) or len(value) != count:
        return None
    return tuple(texts_of(texts) for texts in value)


def wavelengths_of(values: Any) -> tuple[float, ...]:
    """Return wavelengths in nm; none unless every one is known."""
    if not isinstance(values, list):
        return ()
    known = [value for value in values if type(value) in (int, float)]
    return tuple(float(value) for value in known) if len(known) == len(values) else ()


def count_of(value: Any) -> int:
    """Return a number of things; 0 when unknown."""
    return value if type(value) is int and value > 0 else 0


def newer(path: Path) -> SampleFileError:
    """Return what is wrong with a file of a newer version of the plugin."""
    return SampleFileError(
        tr(
            "“{}” was made by a newer version of the plugin. Update the plugin, or make the file "
            "again."
        ).format(path)
    )
