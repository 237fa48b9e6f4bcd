"""PyTorch checkpoints (``.pt``) read tensor by tensor, without unpickling anything.

Two layouts exist: since PyTorch 1.6 (2020) a zip of a pickle and one uncompressed
entry for each storage; before, a sequence of pickles and then the storages.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import torch

from .checkpoint_pickle import Refused, Storage, StoredTensor, read_pickle
from .errors import InputError

#: Longest description of a checkpoint that is read; one of 1000 tensors has 0.2 MB.
LONGEST_PICKLE: Final = 4 * 1024 * 1024
#: Longest name of an order of bytes that is read; "little" and "big" are all there are.
LONGEST_ORDER: Final = 16
#: What the layout before 1.6 begins with, and its version.
_OLD_MAGIC: Final = 0x1950A86A20F9469CFC6C
_OLD_VERSION: Final = 1001
_OLD_BEGINNING: Final = b"\x80\x02\x8a\x0a" + _OLD_MAGIC.to_bytes(10, "little")
_ZIP_BEGINNING: Final = b"PK\x03\x04"
_ENCRYPTED: Final = 1
#: What reading a damaged zip may raise.
_DAMAGES: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    OSError,
    OverflowError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True)
class _Place:
    """Where a storage's bytes begin: in an entry of a zip, or in the file itself."""

    entry: str | None
    start: int


class Checkpoint:
    """The tensors of a state dict in a file; a context manager.

    Nothing but the description is read until :meth:`read` is called.

    Args:
        path: A file that ``torch.save`` has written of a module's state dict.

    Raises:
        InputError: if it is none, or holds anything but tensors.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._places: dict[str, _Place] = {}
        with ExitStack() as stack:
            try:
                self._file = stack.enter_context(path.open("rb"))
                self._size = path.stat().st_size
                #: By name, as the state dict orders them.
                self.tensors: Mapping[str, StoredTensor] = self._described(stack)
                self._check_sizes()
            except Refused as error:
                raise self._refusal(str(error)) from error
            except _DAMAGES as error:
                raise self._damage(error) from error
            self._open = stack.pop_all()

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def read(self, name: str) -> torch.Tensor:
        """Return a tensor, contiguous and of its own memory.

        Raises:
            InputError: if the file is truncated or damaged there.
        """
        tensor = self.tensors[name]
        size = tensor.storage.dtype.itemsize
        place, wanted = self._places[tensor.storage.key], tensor.span * size
        try:
            content = self._bytes(place, tensor.offset * size, wanted)
        except _DAMAGES as error:
            raise self._damage(error) from error
        if len(content) != wanted:
            raise self._damage(f"it ends within '{name}'")
        flat = torch.frombuffer(content, dtype=tensor.storage.dtype)
        return flat.as_strided(tensor.shape, tensor.stride).contiguous()

    def _bytes(self, place: _Place, start: int, count: int) -> bytearray:
        if self._archive is None or place.entry is None:
            self._file.seek(place.start + start)
            return bytearray(self._file.read(count))
        with self._archive.open(place.entry) as entry:
            entry.seek(start)
            return bytearray(entry.read(count))

    def _described(self, stack: ExitStack) -> dict[str, StoredTensor]:
        beginning = self._file.read(len(_OLD_BEGINNING))
        self._file.seek(0)
        if beginning.startswith(_ZIP_BEGINNING):
            self._archive = stack.enter_context(zipfile.ZipFile(self._file))
            return self._read_zip(self._archive)
        if beginning == _OLD_BEGINNING:
            return self._read_old(self._file)
        raise Refused("it begins like no file that 'torch.save' writes")

    def _read_zip(self, archive: zipfile.ZipFile) -> dict[str, StoredTensor]:
        entries = {entry.filename: entry for entry in archive.infolist()}
        roots = [name[:-8] for name in entries if name.endswith("/data.pkl")]
        if len(roots) != 1:
            raise Refused(f"its zip holds {len(roots)} files called 'data.pkl' instead of one")
        (root,) = roots
        for name, entry in entries.items():
            packed = entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & _ENCRYPTED
            # reading follows the one size, the checks below the other
            packed = packed or entry.compress_size != entry.file_size
            if packed or entry.file_size > self._size:
                raise Refused(f"its entry '{name}' is packed or larger than the file")
        if entries[f"{root}data.pkl"].file_size > LONGEST_PICKLE:
            raise Refused(f"its 'data.pkl' is longer than {LONGEST_PICKLE} bytes")
        order = entries.get(f"{root}byteorder")
        if order and (order.file_size > LONGEST_ORDER or archive.read(order) != b"little"):
            raise Refused("its numbers are not little-endian")
        tensors = _state_dict(read_pickle(io.BytesIO(archive.read(f"{root}data.pkl"))))
        for key, storage in _storages(tensors).items():
            name = f"{root}data/{key}"
            needed = storage.count * storage.dtype.itemsize
            if name not in entries or entries[name].file_size != needed:
                raise Refused(f"its entry '{name}' is missing or has not {needed} bytes")
            self._places[key] = _Place(name, 0)
        return tensors

    def _read_old(self, file: BinaryIO) -> dict[str, StoredTensor]:
        head = io.BytesIO(file.read(LONGEST_PICKLE))
        magic, version, system = (read_pickle(head) for _ in range(3))
        if magic != _OLD_MAGIC or version != _OLD_VERSION or not isinstance(system, dict):
            raise Refused(f"its layout is of another version than {_OLD_VERSION}")
        if system.get("little_endian") is not True:
            raise Refused("its numbers are not little-endian")
        tensors = _state_dict(read_pickle(head))
        keys, storages = read_pickle(head), _storages(tensors)
        named = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        if not isinstance(keys, list) or not named or sorted(keys) != sorted(storages):
            raise Refused("its list of storages is not that of its tensors")
        start = head.tell()
        for key in keys:
            storage = storages[key]
            file.seek(start)
            count = file.read(8)
            if len(count) != 8 or struct.unpack("<q", count)[0] != storage.count:
                raise Refused(f"its storage '{key}' is missing or has not {storage.count} numbers")
            self._places[key] = _Place(None, start + 8)
            start += 8 + storage.count * storage.dtype.itemsize
        if start > self._size:
            raise Refused(f"it has {self._size} bytes of at least {start}")
        return tensors

    def _check_sizes(self) -> None:
        """Refuse tensors that together are larger than the file, as no network's are."""
        total = sum(t.count * t.storage.dtype.itemsize for t in self.tensors.values())
        if total > self._size:
            raise Refused(f"its tensors have {total} bytes, and the file has {self._size}")

    def _refusal(self, reason: str) -> InputError:
        return InputError(
            f"'{self.path}' is not read as a checkpoint: {reason}. Choose a file that "
            "'torch.save' has written of a network's state dict, or copy it again."
        )

    def _damage(self, reason: object) -> InputError:
        text = " ".join(str(reason).split())
        return InputError(f"'{self.path}' is damaged or truncated ({text}). Copy it again.")


def _state_dict(described: object) -> dict[str, StoredTensor]:
    """Return the tensors of a state dict by name."""
    if not isinstance(described, dict) or not described:
        raise Refused(f"it holds a {type(described).__name__} instead of named tensors")
    for name, value in described.items():
        if not isinstance(name, str) or not isinstance(value, StoredTensor):
            raise Refused(f"its entry '{str(name)[:100]}' is a {type(value).__name__}, no tensor")
    return described


def _storages(tensors: Mapping[str, StoredTensor]) -> dict[str, Storage]:
    """Return the storages by key; each may be described in one way only."""
    storages: dict[str, Storage] = {}
    for tensor in tensors.values():
        known = storages.setdefault(tensor.storage.key, tensor.storage)
        if known != tensor.storage:
            raise Refused(f"its storage '{known.key}' is described in two ways")
    return storages
