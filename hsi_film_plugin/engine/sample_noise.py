"""Random fields of the sample scene that depend on the place and a key, never on the window.

Everything here is a pure function of coordinates: a window of the scene sees
the same field as the whole scene does, without the scene being kept anywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint32]

_MASK = 0xFFFFFFFF


def make_key(*parts: int) -> int:
    """Return a 32-bit key from whole numbers, such as a seed and a purpose."""
    key = 0x243F6A88
    for part in parts:
        key = ((key ^ (part & _MASK)) * 0x9E3779B1) & _MASK
        key ^= key >> 15
        key = (key * 0x85EBCA6B) & _MASK
        key ^= key >> 13
    return key


def hashes(first: npt.NDArray[Any], second: npt.NDArray[Any], key: int) -> Hashes:
    """Return a 32-bit hash of every pair of whole numbers (arrays that broadcast)."""
    mixed = np.asarray(first).astype(np.uint32) * np.uint32(0x9E3779B1)
    mixed = mixed ^ np.uint32(key)
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x85EBCA6B)
    mixed = mixed ^ (np.asarray(second).astype(np.uint32) * np.uint32(0xC2B2AE35))
    mixed = (mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x7FEB352D)
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x846CA68B)
    hashed: Hashes = mixed ^ (mixed >> np.uint32(16))
    return hashed


def uniform(first: npt.NDArray[Any], second: npt.NDArray[Any], key: int) -> Floats:
    """Return a uniform number in [0, 1) for every pair of whole numbers."""
    drawn: Floats = hashes(first, second, key) * np.float64(2.0**-32)
    return drawn


def smooth_noise(x: Floats, y: Floats, pitch: float, key: int) -> Floats:
    """Return value noise in [-1, 1] whose features are about ``pitch`` wide.

    Args:
        x: Coordinates, any shape.
        y: Coordinates, the shape of ``x``.
        pitch: Distance between the lattice's nodes, in the unit of ``x``.
        key: Which of the many noise fields.
    """
    u, v = x / pitch, y / pitch
    column, row = np.floor(u), np.floor(v)
    u, v = _ease(u - column), _ease(v - row)
    left, top = column.astype(np.int64), row.astype(np.int64)
    # Hash each node of the lattice once, then look the four corners up.
    first, last = int(left.min()), int(left.max()) + 1
    upper, lower = int(top.min()), int(top.max()) + 1
    nodes = uniform(
        np.arange(first, last + 1)[None, :], np.arange(upper, lower + 1)[:, None], key
    ).ravel()
    width = last - first + 1
    corner = (top - upper) * width + (left - first)
    high = nodes[corner] * (1 - u) + nodes[corner + 1] * u
    low = nodes[corner + width] * (1 - u) + nodes[corner + width + 1] * u
    noise: Floats = 2.0 * (high * (1 - v) + low * v) - 1.0
    return noise


def fractal_noise(x: Floats, y: Floats, pitch: float, key: int, octaves: int = 3) -> Floats:
    """Return ``octaves`` of smooth noise, each half as wide and high, in about [-1, 1]."""
    total = np.zeros_like(x)
    for octave in range(octaves):
        scale = 0.5**octave
        total += scale * smooth_noise(x, y, pitch * scale, make_key(key, octave))
    return total / (2.0 - 0.5 ** (octaves - 1))


def nearest_points(
    x: Floats, y: Floats, pitch: float, key: int, jitter: float = 0.85
) -> tuple[Hashes, Floats, Floats, Hashes, Floats]:
    """Return the nearest and second nearest points of a jittered lattice (Worley 1996).

    Args:
        x: Coordinates, any shape.
        y: Coordinates, the shape of ``x``.
        pitch: Mean distance between the points.
        key: Which set of points.
        jitter: How far the points leave the lattice, 0 to 1.

    Returns:
        Of the nearest point its hash, and the vector (dx, dy) from it; then the
        second nearest point's hash, and how much farther away it is.
    """
    u, v = x / pitch, y / pitch
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    first, upper = int(column.min()) - 1, int(row.min()) - 1
    columns = np.arange(first, int(column.max()) + 2)
    rows = np.arange(upper, int(row.max()) + 2)[:, None]
    width = len(columns)
    ids = hashes(columns[None, :], rows, key)
    moved_x = columns[None, :] + 0.5 + jitter * (uniform(ids, ids, 1) - 0.5)
    moved_y = rows + 0.5 + jitter * (uniform(ids, ids, 2) - 0.5)
    ids, moved_x, moved_y = ids.ravel(), moved_x.ravel(), moved_y.ravel()
    home = (row - upper) * width + (column - first)
    around = np.array([down * width + right for down in (-1, 0, 1) for right in (-1, 0, 1)])
    distances = np.empty((len(around), *u.shape))
    for place, offset in enumerate(around):
        node = home + offset
        distances[place] = (u - moved_x[node]) ** 2 + (v - moved_y[node]) ** 2
    nearest = distances.argmin(axis=0)
    best = np.take_along_axis(distances, nearest[None], axis=0)[0]
    np.put_along_axis(distances, nearest[None], np.inf, axis=0)
    following = distances.argmin(axis=0)
    second = np.take_along_axis(distances, following[None], axis=0)[0]
    node = home + around[nearest]
    farther = (np.sqrt(second) - np.sqrt(best)) * pitch
    dx, dy = (u - moved_x[node]) * pitch, (v - moved_y[node]) * pitch
    return ids[node], dx, dy, ids[home + around[following]], farther


def _ease(share: Floats) -> Floats:
    """Return the quintic step, whose first and second derivatives end at 0."""
    eased: Floats = share * share * share * (share * (share * 6.0 - 15.0) + 10.0)
    return eased
