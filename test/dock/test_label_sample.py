"""Which pixels of a label are read."""

from __future__ import annotations

import numpy as np

from hsi_film_plugin.dock import label_sample
from hsi_film_plugin.dock.label_sample import MOST_PIXELS, sampled_windows


def block(row, col, size):
    rows, cols = np.mgrid[row : row + size, col : col + size]
    return rows.ravel(), cols.ravel()


def pixels(windows):
    return {(int(r), int(c)) for rows, cols in windows for r, c in zip(rows, cols)}


def test_of_a_small_label_every_pixel_is_read_in_one_window():
    windows = list(sampled_windows(*block(3, 4, 5), (50, 50), 200))
    assert len(windows) == 1
    assert pixels(windows) == {(r, c) for r in range(3, 8) for c in range(4, 9)}


def test_pixels_outside_of_the_scene_are_left_out():
    assert pixels(sampled_windows(*block(-2, -2, 4), (50, 50), 10)) == {
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
    }
    assert not pixels(sampled_windows(*block(60, 60, 4), (50, 50), 10))


def test_a_large_label_is_thinned_evenly():
    found = pixels(sampled_windows(*block(0, 0, 100), (100, 100), 10))
    assert len(found) == MOST_PIXELS
    rows = [row for row, _ in found]
    assert np.mean(rows) == np.clip(np.mean(rows), 47, 52)
    assert min(rows) < 3
    assert max(rows) > 96


def test_windows_of_a_label_that_is_spread_far_stay_small_and_few(monkeypatch):
    monkeypatch.setattr(label_sample, "_WINDOW_BYTES", 4 * 200 * 100)
    windows = list(sampled_windows(*block(0, 0, 2000), (2000, 2000), 200))
    assert 0 < len(windows) <= 32
    for rows, cols in windows:
        assert (np.ptp(rows) + 1) * (np.ptp(cols) + 1) <= 100
