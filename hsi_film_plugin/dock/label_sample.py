"""Which pixels of a label are read for its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

MOST_PIXELS = 400
_MOST_WINDOWS = 32
_WINDOW_BYTES = 8 * 2**20


def sampled_windows(
    rows: np.ndarray, cols: np.ndarray, shape: tuple[int, int], bands: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield a label's pixels in groups, each of which lies in a window of bounded size.

    Args:
        rows: Of the label's pixels.
        cols: Of the label's pixels.
        shape: Height and width of the scene; pixels outside are left out.
        bands: How many bands are read.

    Yields:
        Rows and columns, int64: at most `MOST_PIXELS` in all, evenly thinned. Of a label that
        is spread too far, whole groups are left out evenly.
    """
    rows, cols = _thinned(np.asarray(rows, np.int64), np.asarray(cols, np.int64), shape)
    affordable = max(1, _WINDOW_BYTES // (4 * bands))
    waiting = [np.arange(rows.size)] if rows.size else []
    groups = []
    while waiting:
        group = waiting.pop()
        height, width = np.ptp(rows[group]) + 1, np.ptp(cols[group]) + 1
        if group.size == 1 or height * width <= affordable:
            groups.append(group)
            continue
        along = rows if height >= width else cols
        group = group[np.argsort(along[group], kind="stable")]
        waiting += [group[: group.size // 2], group[group.size // 2 :]]
    step = -(-len(groups) // _MOST_WINDOWS)
    for group in groups[:: max(1, step)]:
        yield rows[group], cols[group]


def _thinned(
    rows: np.ndarray, cols: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    inside = (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
    rows, cols = rows[inside], cols[inside]
    if rows.size > MOST_PIXELS:
        kept = np.linspace(0, rows.size - 1, MOST_PIXELS).astype(np.int64)
        rows, cols = rows[kept], cols[kept]
    return rows, cols
