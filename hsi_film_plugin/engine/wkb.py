"""Well-known binary geometries taken apart into polygons and points."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_POINT, _POLYGON, _COLLECTIONS = 1, 3, (4, 6, 7)
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000


class UnsupportedGeometryError(ValueError):
    """A geometry that is neither area nor point, such as a line."""


@dataclass(frozen=True)
class Part:
    """One polygon, or one point.

    Attributes:
        rings: float64 (n, 2) arrays of x, y: outer ring first, then holes. A point is one
            ring of one vertex.
    """

    rings: tuple[np.ndarray, ...]

    @property
    def is_point(self) -> bool:
        """Whether this is a point."""
        return len(self.rings[0]) == 1


def parts_of(wkb: bytes) -> list[Part]:
    """Return the polygons and points of a geometry; empty ones are left out.

    Raises:
        UnsupportedGeometryError: if it holds lines, or anything else without pixels.
        ValueError: if the bytes are not well-known binary.
    """
    try:
        return list(_Reader(wkb).geometry())
    except struct.error as error:
        raise ValueError("a geometry is cut short") from error


class _Reader:
    def __init__(self, wkb: bytes) -> None:
        self._bytes = wkb
        self._at = 0

    def geometry(self) -> Iterator[Part]:
        order = "<" if self._bytes[self._at : self._at + 1] == b"\x01" else ">"
        self._at += 1
        (code,) = self._unpack(order + "I")
        if code & _EWKB_SRID:
            self._at += 4
        kind, dimensions = _kind_and_dimensions(code)
        if kind == _POINT:
            point = self._vertices(order, 1, dimensions)
            if np.isfinite(point).all():
                yield Part((point,))
        elif kind == _POLYGON:
            (count,) = self._unpack(order + "I")
            rings = [self._ring(order, dimensions) for _ in range(count)]
            if rings and len(rings[0]) >= 3:
                yield Part(tuple(ring for ring in rings if len(ring) >= 3))
        elif kind in _COLLECTIONS:
            (count,) = self._unpack(order + "I")
            for _ in range(count):
                yield from self.geometry()
        else:
            raise UnsupportedGeometryError(f"geometry type {kind}")

    def _ring(self, order: str, dimensions: int) -> np.ndarray:
        (count,) = self._unpack(order + "I")
        return self._vertices(order, count, dimensions)

    def _vertices(self, order: str, count: int, dimensions: int) -> np.ndarray:
        size = 8 * count * dimensions
        raw = self._bytes[self._at : self._at + size]
        if len(raw) < size:
            raise ValueError("a geometry is cut short")
        self._at += size
        values = np.frombuffer(raw, dtype=order + "f8").reshape(count, dimensions)
        return values[:, :2].astype(np.float64)

    def _unpack(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(layout, self._bytes, self._at)
        self._at += struct.calcsize(layout)
        return values


def _kind_and_dimensions(code: int) -> tuple[int, int]:
    """Return the basic type and the numbers a vertex, for ISO and extended WKB."""
    extended = bool(code & _EWKB_Z) + bool(code & _EWKB_M)
    iso, kind = divmod(code & 0x0FFFFFFF, 1000)
    return kind, 2 + max(extended, (0, 1, 1, 2)[iso] if iso < 4 else 0)
