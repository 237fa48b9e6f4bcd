"""Regions that grow from a pixel over neighbours with a spectrum like its own."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

_CHUNK_PIXELS = 2048  # spectra looked at together: what stays in the processor's cache


def growth(cube: np.ndarray, valid: np.ndarray, seed_row: int, seed_col: int) -> np.ndarray:
    """Return at which tolerance each pixel joins the seed's region, degrees.

    A pixel joins once a path of 4-neighbours leads to it on which no spectrum differs from the
    seed's by a larger spectral angle (Kruse et al. 1993, doi:10.1016/0034-4257(93)90013-N): the
    minimax path, found as Dijkstra finds the shortest.

    Args:
        cube: Float (bands, height, width).
        valid: Bool (height, width), False where there are no data.
        seed_row: Row of the seed.
        seed_col: Column of the seed.

    Returns:
        Float32 (height, width); inf where invalid or out of reach, and everywhere if the seed
        is invalid.
    """
    angles = spectral_angles(cube, cube[:, seed_row, seed_col])
    angles[~np.asarray(valid, dtype=bool)] = np.inf
    height, width = angles.shape
    walled = np.full((height + 2, width + 2), np.inf)  # a border spares the loop all checks
    walled[1:-1, 1:-1] = angles
    seed = (seed_row + 1) * (width + 2) + seed_col + 1
    joined = _minimax(walled.ravel().tolist(), width + 2, seed)
    surface = np.array(joined, dtype=np.float32).reshape(walled.shape)
    return np.ascontiguousarray(surface[1:-1, 1:-1])


def region(surface: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the region at a tolerance in degrees; bool (height, width), connected."""
    return np.asarray(surface <= np.float32(tolerance))


def spectral_angles(cube: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Return the angle between each pixel's spectrum and another one, degrees.

    A spectrum without length (all zero) is at 90 degrees to all others, and at 0 to its like.

    Args:
        cube: Float (bands, height, width).
        spectrum: Float (bands,).

    Returns:
        Float64 (height, width); inf where a spectrum is not finite.
    """
    bands, height, width = cube.shape
    length = float(np.linalg.norm(spectrum.astype(np.float64)))
    direction = (spectrum / length if length else np.zeros(bands)).astype(np.float32)[:, None]
    angles = np.empty((height, width))
    step = max(1, _CHUNK_PIXELS // width)
    with np.errstate(all="ignore"):  # what is not finite is told apart below
        for row in range(0, height, step):
            part = cube[:, row : row + step].astype(np.float32, copy=False).reshape(bands, -1)
            lengths = np.sqrt(np.einsum("bp,bp->p", part, part))
            # From the chord, since the cosine of a small angle drowns in float32's rounding.
            chords = part / np.where(lengths > 0, lengths, np.float32(1.0)) - direction
            halves = np.sqrt(np.einsum("bp,bp->p", chords, chords).astype(np.float64)) / 2
            turned = np.degrees(2 * np.arcsin(np.minimum(halves, 1.0)))
            if length:
                turned[lengths == 0] = 90.0
            else:
                turned = np.where(lengths == 0, 0.0, 90.0)
            turned[~np.isfinite(lengths) | ~np.isfinite(turned)] = np.inf
            angles[row : row + step] = turned.reshape(-1, width)
    if not np.isfinite(length):
        angles[:] = np.inf
    return angles


def _minimax(costs: list[float], width: int, seed: int) -> list[float]:
    """Return the least height of a pass from the seed to each cell of a walled flat grid."""
    wall = float("inf")
    reached = [wall] * len(costs)
    if costs[seed] == wall:
        return reached
    heap = [(costs[seed], seed)]
    # Costs are overwritten by the wall as cells are met: each is met once.
    costs[seed] = wall
    steps = (-width, -1, 1, width)
    while heap:
        level, cell = heappop(heap)
        basin = [cell]
        # All that lies no higher than the pass is reached without the heap.
        while basin:
            cell = basin.pop()
            reached[cell] = level
            for step in steps:
                beside = cell + step
                cost = costs[beside]
                if cost <= level:
                    costs[beside] = wall
                    basin.append(beside)
                elif cost < wall:
                    costs[beside] = wall
                    heappush(heap, (cost, beside))
    return reached
