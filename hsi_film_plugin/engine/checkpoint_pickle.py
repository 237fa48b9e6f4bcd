"""What a PyTorch checkpoint says about its tensors, read without running any of it.

A checkpoint is described by a pickle, which is a program for a stack machine. Here only
the few instructions that a state dict needs are known, and the machine can make nothing
but numbers, texts, dicts and descriptions of tensors. Whatever else a pickle asks for is
refused by name.

Source: PEP 307 (protocol 2); the names are those that ``torch.save`` writes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import torch


class Refused(ValueError):
    """A pickle holds what no state dict needs, or does not make sense; says what."""


@dataclass(frozen=True)
class Storage:
    """A run of numbers somewhere in a checkpoint.

    Attributes:
        dtype: Of each number.
        key: The name under which the checkpoint holds it.
        count: Of numbers.
    """

    dtype: torch.dtype
    key: str
    count: int


@dataclass(frozen=True)
class StoredTensor:
    """Which numbers of a storage make a tensor.

    Attributes:
        storage: Where they are.
        offset: Of the first one, in numbers.
        shape: Of the tensor.
        stride: From one number to the next along each axis, in numbers.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        """Numbers in the tensor."""
        return math.prod(self.shape)

    @property
    def span(self) -> int:
        """Numbers of the storage from the tensor's first to its last."""
        return 1 + sum((size - 1) * step for size, step in zip(self.shape, self.stride))


@dataclass(frozen=True)
class _Name:
    """One of the few names that a state dict refers to."""

    text: str


_MARK: Final = object()
_ORDERED_DICT: Final = _Name("collections OrderedDict")
_REBUILD: Final = _Name("torch._utils _rebuild_tensor_v2")
_DTYPES: Final = {
    _Name("torch DoubleStorage"): torch.float64,
    _Name("torch FloatStorage"): torch.float32,
    _Name("torch HalfStorage"): torch.float16,
    _Name("torch BFloat16Storage"): torch.bfloat16,
}
_NAMES: Final = {name.text: name for name in (_ORDERED_DICT, _REBUILD, *_DTYPES)}
_CONSTANTS: Final = {b"N": None, b"\x88": True, b"\x89": False}
#: Numbers that follow an instruction, as ``struct`` reads them.
_ARGUMENTS: Final = {
    b"\x80": "<B",
    b"q": "<B",
    b"r": "<I",
    b"h": "<B",
    b"j": "<I",
    b"J": "<i",
    b"K": "<B",
    b"M": "<H",
    b"\x8a": "<B",
    b"X": "<I",
}
_STOP: Final = b"."
_LONGEST_NAME: Final = 200


def read_pickle(stream: BinaryIO) -> object:
    """Return what the next pickle of a stream describes.

    Dicts (ordered ones, too), lists, tuples, texts and whole numbers come as they
    are, tensors as :class:`StoredTensor`. The stream is left after the pickle's end.

    Raises:
        Refused: if it holds anything else, or is damaged.
    """
    machine = _Machine(stream)
    try:
        while (instruction := _exactly(stream, 1)) != _STOP:
            machine.follow(instruction)
    except (LookupError, UnicodeDecodeError) as error:
        raise Refused(f"its pickle is damaged ({' '.join(str(error).split())})") from error
    return machine.result()


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._pushed: dict[bytes, Callable[[int], Any]] = {
            b"(": lambda _: _MARK,
            b"}": lambda _: {},
            b"]": lambda _: [],
            b")": lambda _: (),
            b"t": lambda _: tuple(self._to_mark()),
            b"\x85": lambda _: tuple(self._taken(1)),
            b"\x86": lambda _: tuple(self._taken(2)),
            b"\x87": lambda _: tuple(self._taken(3)),
            b"h": lambda place: self._memo[place],
            b"j": lambda place: self._memo[place],
            b"J": lambda number: number,
            b"K": lambda number: number,
            b"M": lambda number: number,
            b"\x8a": lambda length: int.from_bytes(self._bytes(length), "little", signed=True),
            b"X": lambda length: self._bytes(length).decode("utf-8"),
            b"c": lambda _: self._name(),
            b"Q": lambda _: _storage(self._taken(1)[0]),
            b"R": lambda _: _made(*self._taken(2)),
            b"b": lambda _: _without_attributes(*self._taken(2)),
        }
        self._done: dict[bytes, Callable[[int], None]] = {
            b"\x80": self._check_protocol,
            b"a": lambda _: self._append(self._taken(1)),
            b"e": lambda _: self._append(self._to_mark()),
            b"s": lambda _: self._set_items(self._taken(2)),
            b"u": lambda _: self._set_items(self._to_mark()),
            b"q": self._remember,
            b"r": self._remember,
        }

    def follow(self, instruction: bytes) -> None:
        """Follow one instruction.

        Raises:
            Refused: if it is none that a state dict needs.
        """
        if instruction in _CONSTANTS:
            self._stack.append(_CONSTANTS[instruction])
            return
        form = _ARGUMENTS.get(instruction)
        argument = struct.unpack(form, self._bytes(struct.calcsize(form)))[0] if form else 0
        if instruction in self._pushed:
            self._stack.append(self._pushed[instruction](argument))
        elif instruction in self._done:
            self._done[instruction](argument)
        else:
            raise Refused(f"its pickle uses {instruction!r}, which no state dict needs")

    def _bytes(self, count: int) -> bytes:
        return _exactly(self._stream, count)

    def result(self) -> object:
        """Return the one value that is left at the end."""
        if len(self._stack) != 1:
            raise Refused(f"its pickle ends with {len(self._stack)} values instead of one")
        return self._stack[0]

    def _check_protocol(self, protocol: int) -> None:
        if protocol != 2:
            raise Refused(f"its pickle has protocol {protocol} where PyTorch writes 2")

    def _name(self) -> _Name:
        """Return the known name that a module's and an attribute's line give."""
        lines = [self._stream.readline(_LONGEST_NAME) for _ in range(2)]
        text = " ".join(line.decode("utf-8").rstrip("\n") for line in lines)
        if text not in _NAMES:
            raise Refused(f"it refers to '{text.replace(' ', '.')}', which is no tensor")
        return _NAMES[text]

    def _taken(self, count: int) -> list[Any]:
        """Take the uppermost values from the stack."""
        values = self._stack[-count:]
        if len(values) < count or _MARK in values:
            raise Refused("its pickle takes values that are not there")
        del self._stack[-count:]
        return values

    def _to_mark(self) -> list[Any]:
        """Take all values above the uppermost mark, and the mark."""
        values: list[Any] = []
        while self._stack:
            value = self._stack.pop()
            if value is _MARK:
                return values[::-1]
            values.append(value)
        raise Refused("its pickle lacks a mark")

    def _top(self, kind: type) -> Any:
        if not self._stack or type(self._stack[-1]) is not kind:
            raise Refused(f"its pickle fills a {kind.__name__} that is not there")
        return self._stack[-1]

    def _append(self, values: list[Any]) -> None:
        self._top(list).extend(values)

    def _set_items(self, values: list[Any]) -> None:
        filled = self._top(dict)
        if len(values) % 2:
            raise Refused("its pickle has a key without a value")
        for key, value in zip(values[::2], values[1::2]):
            if not isinstance(key, (str, int)):
                raise Refused(f"a dict has a {type(key).__name__} as key")
            filled[key] = value

    def _remember(self, place: int) -> None:
        self._memo[place] = self._stack[-1]


def _exactly(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise Refused("its pickle has no end")
    return content


def _without_attributes(target: Any, attributes: Any) -> Any:
    """Let the attributes of a dict go: PyTorch gives an ordered dict its versions."""
    if not isinstance(target, dict) or not isinstance(attributes, dict):
        raise Refused(f"it gives a {type(target).__name__} attributes")
    return target


def _made(function: Any, arguments: Any) -> object:
    """Return what one of the two known functions makes."""
    if function is _ORDERED_DICT and arguments == ():
        return {}
    if function is _REBUILD and isinstance(arguments, tuple) and len(arguments) in (6, 7):
        return _tensor(*arguments[:4])
    called = function.text if isinstance(function, _Name) else type(function).__name__
    raise Refused(f"it calls '{called}' with {_kinds(arguments)}")


def _storage(identity: Any) -> Storage:
    """Return the storage that a persistent id of PyTorch names."""
    # written before 1.6, a view has a sixth entry; later ones have None there or five
    fits = isinstance(identity, tuple) and len(identity) in (5, 6) and identity[5:] in ((), (None,))
    if not fits or identity[0] != "storage":
        raise Refused(f"it refers to numbers by {_kinds(identity)}")
    kind, key, count = identity[1], identity[2], identity[4]
    if not isinstance(kind, _Name) or kind not in _DTYPES:
        raise Refused(f"it holds numbers of {_kinds((kind,))}")
    if not isinstance(key, str) or not _is_size(count):
        raise Refused(f"it refers to numbers by {_kinds(identity)}, or their count is no size")
    return Storage(_DTYPES[kind], key, count)


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any) -> StoredTensor:
    """Return a tensor, whose numbers all lie in its storage."""
    if not isinstance(storage, Storage) or not _is_size(offset):
        raise Refused(f"a tensor is made of {_kinds((storage, offset))}")
    for sizes in (shape, stride):
        if not isinstance(sizes, tuple) or not all(_is_size(size) for size in sizes):
            raise Refused(f"a tensor's shape or stride is {_kinds(sizes)}")
    if len(shape) != len(stride) or len(shape) > 8 or 0 in shape:
        raise Refused(f"a tensor of {len(shape)} axes is empty, or has {len(stride)} strides")
    tensor = StoredTensor(storage, offset, shape, stride)
    if offset + tensor.span > storage.count:
        raise Refused(f"a tensor of {shape} reaches beyond its storage of {storage.count} numbers")
    return tensor


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**48


def _kinds(values: Any) -> str:
    """Return what values are, in words that fit an error."""
    if not isinstance(values, tuple):
        return f"a {type(values).__name__}"
    named = [value.text if isinstance(value, _Name) else type(value).__name__ for value in values]
    return f"({', '.join(named[:8])})"
