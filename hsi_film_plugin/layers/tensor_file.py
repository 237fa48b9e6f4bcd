"""Reads the tensors of a safetensors file with numpy, mapped into memory, every bound checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..translation import tr

#: Longest header that is read, in bytes; safetensors has the same limit.
LONGEST_HEADER = 100_000_000
_LENGTH_BYTES = 8
_DTYPES = {
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "I8": "<i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "U8": "<u1",
    "BOOL": "?",
}


class TensorFileError(ValueError):
    """A file is no safetensors file, or a damaged one; `str()` is a sentence for the user."""


@dataclass(frozen=True)
class TensorFile:
    """What a safetensors file holds.

    Attributes:
        path: The file.
        metadata: Its texts.
        tensors: Read-only arrays that read from the file when they are used.
    """

    path: Path
    metadata: Mapping[str, str]
    tensors: Mapping[str, np.ndarray]


def read_metadata(path: Path) -> Mapping[str, str]:
    """Return the texts in a file's header; no tensor is looked at.

    Raises:
        TensorFileError: it cannot be read, or is no safetensors file.
    """
    header, _ = _header(path)
    return _metadata(path, header)


def open_tensors(path: Path) -> TensorFile:
    """Open a file.

    Raises:
        TensorFileError: it cannot be read, is no safetensors file, or says that its tensors lie
            where they cannot.
    """
    header, start = _header(path)
    metadata = _metadata(path, header)
    try:
        content = np.memmap(path, np.uint8, "r")[start:]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    tensors = {
        name: _tensor(path, name, entry, content)
        for name, entry in header.items()
        if name != "__metadata__"
    }
    return TensorFile(path, metadata, tensors)


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Return what the header says, and where in the file the tensors begin."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 2 <= length <= min(LONGEST_HEADER, size - _LENGTH_BYTES):
                raise _foreign(path)
            text = file.read(length)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        header = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _foreign(path) from error
    if not isinstance(header, dict):
        raise _foreign(path)
    return header, _LENGTH_BYTES + length


def _metadata(path: Path, header: Mapping[str, Any]) -> dict[str, str]:
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict):
        raise _foreign(path)
    return {str(key): value for key, value in metadata.items() if isinstance(value, str)}


def _tensor(path: Path, name: str, entry: Any, content: np.ndarray) -> np.ndarray:
    try:
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        shape = tuple(entry["shape"])
        begin, end = entry["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, name) from error
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise _damaged(path, name)
    if not begin <= end <= content.size or math.prod(shape) * dtype.itemsize != end - begin:
        raise _damaged(path, name)
    return content[begin:end].view(dtype).reshape(shape)


def _unreadable(path: Path, error: Exception) -> TensorFileError:
    return TensorFileError(tr("“{path}” cannot be read: {reason}").format(path=path, reason=error))


def _foreign(path: Path) -> TensorFileError:
    return TensorFileError(
        tr("“{}” is no safetensors file. Choose a file that this plugin has made.").format(path)
    )


def _damaged(path: Path, name: str) -> TensorFileError:
    return TensorFileError(
        tr("“{path}” is damaged: its part “{name}” does not fit into the file.").format(
            path=path, name=name
        )
    )
