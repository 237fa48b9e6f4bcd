"""Reading the plugin's safetensors files, which describe their tensors in JSON in the header.

They hold numbers and texts only, so a file from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open

from .errors import InputError
from .file_checks import require

Description = dict[str, Any]
Tensors = Mapping[str, np.ndarray]
Content = TypeVar("Content")

#: Longest account of what is wrong in a file, in letters: it may quote the file.
_LONGEST_REASON = 300
_DAMAGES = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # RecursionError is one; torch raises it of sizes that cannot be
)


@dataclass(frozen=True)
class FileKind:
    """What tells one kind of file from others, and what is said of it.

    Attributes:
        key: The header's entry that holds the description.
        schema: Of the description, the only one that is read.
        noun: What such a file is called, such as "model file".
        maker: The algorithm that writes it.
        remake: How to get another one, a sentence without its full stop.
        mark: What the description says of its "kind"; None where the key alone tells.
        schema_entry: Where the description names its schema.
        error: Raised where a file is refused.
    """

    key: str
    schema: int
    noun: str
    maker: str
    remake: str
    mark: str | None = None
    schema_entry: str = "schema_version"
    error: type[InputError] = InputError


def read_described(
    path: Path, kind: FileKind, build: Callable[[Description, Tensors], Content]
) -> Content:
    """Return what is built from a file's description and tensors.

    Nothing is read of a file's tensors before it has said that it is of this kind.

    Args:
        path: The file.
        kind: What it must be.
        build: Makes something of description and tensors. Whatever it finds wrong, it may tell
            as ``ValueError``, or let happen: the file is then refused as damaged.

    Raises:
        InputError: or the kind's own, if the file is missing, cannot be read, is truncated, of
            another program, kind or schema, or damaged.
    """
    _require_readable(path, kind)
    try:
        with safe_open(str(path), framework="numpy") as file:
            description = _description(path, kind, file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise kind.error(
            f"'{path.name}' is no whole {kind.noun} ({_reason(error)}). It may be truncated or of "
            f"another program. {kind.remake}, copy the file again, or choose a file that "
            f"'{kind.maker}' has written."
        ) from error
    try:
        return build(description, tensors)
    except _DAMAGES as error:
        raise _damaged(path, kind, error) from error


def _require_readable(path: Path, kind: FileKind) -> None:
    try:
        if not path.is_file():
            raise kind.error(
                f"The {kind.noun} '{path}' does not exist. Check its path, or choose a file that "
                f"'{kind.maker}' has written."
            )
        # safetensors calls a file missing that it may not open
        with path.open("rb"):
            pass
    except OSError as error:
        raise kind.error(
            f"The {kind.noun} '{path}' cannot be read: {error.strerror or error}. Check the "
            "file's permissions."
        ) from error


def _description(path: Path, kind: FileKind, metadata: Mapping[str, str]) -> Description:
    """Return what a file says of itself, once it is known to be of this kind and schema."""
    if kind.key not in metadata:
        raise _other(path, kind)
    try:
        described = json.loads(metadata[kind.key])
        require(isinstance(described, dict), "a description that is no object")
        if kind.mark is not None and described.get("kind") != kind.mark:
            raise _other(path, kind)
        schema = described[kind.schema_entry]
        require(type(schema) is int, f"schema {schema!r}")
    except _DAMAGES as error:
        raise _damaged(path, kind, error) from error
    if schema < kind.schema:
        raise kind.error(
            f"'{path.name}' was written by an older HSI FiLM (schema {schema}; this one reads "
            f"{kind.schema}). {kind.remake}."
        )
    if schema > kind.schema:
        raise kind.error(
            f"'{path.name}' was written by a newer HSI FiLM (schema {schema}; this one reads up "
            f"to {kind.schema}). Update the plugin."
        )
    return dict(described)


def _other(path: Path, kind: FileKind) -> InputError:
    return kind.error(
        f"'{path.name}' is a safetensors file, but no {kind.noun} of HSI FiLM. Choose a file that "
        f"'{kind.maker}' has written."
    )


def _damaged(path: Path, kind: FileKind, error: Exception) -> InputError:
    return kind.error(
        f"'{path.name}' is a damaged {kind.noun} ({_reason(error)}). {kind.remake}, or copy the "
        "file again."
    )


def _reason(error: Exception) -> str:
    """Return what went wrong, in one line."""
    said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return textwrap.shorten(said, _LONGEST_REASON, placeholder=" …") or type(error).__name__
