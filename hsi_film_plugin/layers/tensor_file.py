"""Reads the tensors of a safetensors file with numpy, when asked for, every bound checked."""

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
class StoredTensor:
    """Where a tensor lies in a file, which is open only while something is read.

    Nothing is mapped into memory: a file that is cut short meanwhile would end QGIS, and Windows
    would let nobody replace it.

    Attributes:
        path: The file.
        name: Of the tensor.
        dtype: Of its numbers.
        shape: Of the tensor.
        offset: Where in the file it begins, in bytes.
    """

    path: Path
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int

    @property
    def nbytes(self) -> int:
        """The bytes that it takes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def read(self) -> np.ndarray:
        """Return the whole tensor.

        Raises:
            TensorFileError: it is not there any more.
        """
        return self._read(self.offset, self.shape)

    def read_rows(self, first: int, end: int) -> np.ndarray:
        """Return entries `first` to `end` of the first axis, as far as there are any.

        Raises:
            TensorFileError: they are not there any more.
        """
        count = max(0, min(end, self.shape[0]) - first)
        row = math.prod(self.shape[1:]) * self.dtype.itemsize
        return self._read(self.offset + first * row, (count, *self.shape[1:]))

    def _read(self, offset: int, shape: tuple[int, ...]) -> np.ndarray:
        values = np.empty(shape, self.dtype)
        content = memoryview(values.reshape(-1).view(np.uint8))
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                if file.readinto(content) != len(content):
                    raise _damaged(self.path, self.name)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        return values


@dataclass(frozen=True)
class TensorFile:
    """What a safetensors file holds.

    Attributes:
        path: The file.
        metadata: Its texts.
        tensors: Its tensors, to be read.
    """

    path: Path
    metadata: Mapping[str, str]
    tensors: Mapping[str, StoredTensor]


def read_metadata(path: Path, longest: int = LONGEST_HEADER) -> Mapping[str, str]:
    """Return the texts in a file's header; no tensor is looked at.

    Args:
        path: The file.
        longest: The longest header to read, in bytes.

    Raises:
        TensorFileError: it cannot be read, or is no safetensors file.
    """
    header, _, _ = _header(path, longest)
    return _metadata(path, header)


def open_tensors(path: Path) -> TensorFile:
    """Look up what a file holds.

    Raises:
        TensorFileError: it cannot be read, is no safetensors file, or says that its tensors lie
            where they cannot.
    """
    header, start, size = _header(path, LONGEST_HEADER)
    metadata = _metadata(path, header)
    tensors = {
        name: _tensor(path, name, entry, start, size)
        for name, entry in header.items()
        if name != "__metadata__"
    }
    return TensorFile(path, metadata, tensors)


def _header(path: Path, longest: int) -> tuple[dict[str, Any], int, int]:
    """Return what the header says, where in the file the tensors begin, and the file's size."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 2 <= length <= min(longest, size - _LENGTH_BYTES):
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
    return header, _LENGTH_BYTES + length, size


def _metadata(path: Path, header: Mapping[str, Any]) -> dict[str, str]:
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict):
        raise _foreign(path)
    return {str(key): value for key, value in metadata.items() if isinstance(value, str)}


def _tensor(path: Path, name: str, entry: Any, start: int, size: int) -> StoredTensor:
    try:
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        shape = tuple(entry["shape"])
        begin, end = entry["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, name) from error
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise _damaged(path, name)
    if not begin <= end <= size - start or math.prod(shape) * dtype.itemsize != end - begin:
        raise _damaged(path, name)
    return StoredTensor(path, name, dtype, shape, start + begin)


def _unreadable(path: Path, error: OSError) -> TensorFileError:
    return TensorFileError(
        tr("“{path}” cannot be read: {reason}. Choose another file, or make it again.").format(
            path=path, reason=error.strerror or error
        )
    )


def _foreign(path: Path) -> TensorFileError:
    return TensorFileError(
        tr("“{}” is no safetensors file. Choose a file that this plugin has made.").format(path)
    )


def _damaged(path: Path, name: str) -> TensorFileError:
    return TensorFileError(
        tr(
            "“{path}” is damaged: its part “{name}” does not fit into the file. Make it again."
        ).format(path=path, name=name)
    )
