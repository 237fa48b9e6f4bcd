"""What the jobs are asked to do: JSON parameters, checked and typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError
from .label_classes import ClassStyle

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class LabelSource:
    """Where labels are, and how to read them.

    Attributes:
        path: Vector file or label raster.
        layer: Layer of the vector file, None if it has one.
        class_field: Field with the classes.
        styles: Names and colours from the layer's own style.
    """

    path: Path
    layer: str | None
    class_field: str | None
    styles: tuple[ClassStyle, ...]

    @classmethod
    def of(cls, params: Parameters, name: str) -> LabelSource:
        """Read the parameters ``name``, ``name_layer``, ``class_field`` and ``styles``."""
        styles = params.get("styles") or ()
        try:
            read = tuple(
                ClassStyle(str(s["value"]), str(s.get("name", "")), str(s.get("color", "")))
                for s in styles
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"Parameter 'styles' is no list of value, name and color ({error!r})."
            ) from error
        return cls(
            required_path(params, name),
            text(params, f"{name}_layer"),
            text(params, "class_field"),
            read,
        )


def required_path(params: Parameters, name: str) -> Path:
    """Return a path.

    Raises:
        InputError: if the parameter is missing.
    """
    path = optional_path(params, name)
    if path is None:
        raise InputError(f"Parameter '{name}' is missing. Give the path of a file.")
    return path


def optional_path(params: Parameters, name: str) -> Path | None:
    """Return a path, None where the parameter is missing or empty."""
    value = text(params, name)
    return Path(value) if value else None


def paths(params: Parameters, name: str) -> tuple[Path, ...]:
    """Return a list of paths, empty where the parameter is missing."""
    value = params.get(name) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) and v for v in value):
        raise InputError(f"Parameter '{name}' is {value!r}. Give a list of paths.")
    return tuple(Path(item) for item in value)


def text(params: Parameters, name: str) -> str | None:
    """Return a text, None where the parameter is missing or empty."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError(f"Parameter '{name}' is {value!r}. Give a text.")
    return value


def integer(params: Parameters, name: str, default: int) -> int:
    """Return a whole number, the default where the parameter is missing."""
    number = optional_integer(params, name)
    return default if number is None else number


def optional_integer(params: Parameters, name: str) -> int | None:
    """Return a whole number, None where the parameter is missing."""
    value = params.get(name)
    if value is None:
        return None
    if not _is_number(value) or value != int(value):
        raise InputError(f"Parameter '{name}' is {value!r}. Give a whole number.")
    return int(value)


def number(params: Parameters, name: str, default: float) -> float:
    """Return a number, the default where the parameter is missing."""
    value = params.get(name)
    if value is None:
        return default
    if not _is_number(value):
        raise InputError(f"Parameter '{name}' is {value!r}. Give a number.")
    return float(value)


def optional_number(params: Parameters, name: str) -> float | None:
    """Return a number, None where the parameter is missing."""
    return None if params.get(name) is None else number(params, name, 0.0)


def boolean(params: Parameters, name: str, default: bool) -> bool:
    """Return yes or no, the default where the parameter is missing."""
    value = params.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise InputError(f"Parameter '{name}' is {value!r}. Give true or false.")
    return value


def _is_number(value: object) -> bool:
    """Return whether a JSON value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def integers(params: Parameters, name: str) -> tuple[int, ...] | None:
    """Return a list of whole numbers, None where the parameter is missing or empty."""
    value = params.get(name)
    if not value:
        return None
    if not isinstance(value, (list, tuple)):
        raise InputError(f"Parameter '{name}' is {value!r}. Give a list of whole numbers.")
    return tuple(integer({name: item}, name, 0) for item in value)


def extent(params: Parameters, name: str = "extent") -> tuple[float, ...] | None:
    """Return xmin, ymin, xmax, ymax, None where the parameter is missing."""
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        raise InputError(f"Parameter '{name}' is {value!r}. Give xmin, ymin, xmax and ymax.")
    return tuple(number({name: item}, name, 0.0) for item in value)
