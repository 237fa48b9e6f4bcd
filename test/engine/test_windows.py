"""The grid of windows: every pixel in four of them, and chunks that share it."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.windows import (
    CHUNK_MULTIPLE,
    RUN,
    STRIDE,
    WINDOW,
    Block,
    aligned,
    blend_weights,
    chunks,
    grown,
    mirrored,
    run_of,
    windows_of_pixels,
)


def test_every_pixel_lies_in_exactly_four_windows():
    for row, col in ((0, 0), (0, 63), (31, 32), (32, 31), (100, 1000)):
        found = windows_of_pixels(np.array([row]), np.array([col]))
        holding = [
            (i, j)
            for i in range(-3, 40)
            for j in range(-3, 40)
            if 0 <= row - i * STRIDE < WINDOW and 0 <= col - j * STRIDE < WINDOW
        ]
        assert found == holding
        assert len(found) == 4


def test_windows_of_many_pixels_come_once_and_sorted():
    rows, cols = np.array([40, 0, 33, 40]), np.array([5, 0, 31, 5])
    found = windows_of_pixels(rows, cols)
    assert found == sorted(set(found))
    assert found == [(i, j) for i in (-1, 0, 1) for j in (-1, 0)]


def test_blending_weights_of_the_four_windows_add_up_to_one():
    total = np.zeros((4 * STRIDE, 4 * STRIDE))
    for i in range(-1, 4):
        for j in range(-1, 4):
            window = np.zeros((6 * STRIDE, 6 * STRIDE))
            top, left = (i + 1) * STRIDE, (j + 1) * STRIDE
            window[top : top + WINDOW, left : left + WINDOW] = blend_weights()
            total += window[STRIDE:-STRIDE, STRIDE:-STRIDE]
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_weights_are_small_at_a_window_s_edge_and_symmetric():
    weights = blend_weights()
    assert weights.shape == (WINDOW, WINDOW)
    assert weights.dtype == np.float32
    assert weights[0].max() < 0.001 < 0.99 < weights.max()
    np.testing.assert_array_equal(weights, weights[::-1])
    np.testing.assert_array_equal(weights, weights.T)


def test_runs_hold_four_neighbours_and_begin_at_fixed_columns():
    for j in range(-1, 20):
        first, place = run_of(j)
        assert 0 <= place < RUN
        assert first + place == j
        assert (first + 1) % RUN == 0
    # so that the run of a chunk's first window begins with it
    assert run_of(CHUNK_MULTIPLE // STRIDE * 3 - 1)[1] == 0


@pytest.mark.parametrize(
    ("area", "rows", "cols"),
    [
        (Block(0, 0, 1, 1), 128, 128),
        (Block(0, 0, 300, 500), 128, 256),
        (Block(37, 130, 300, 290), 1, 1),
        (Block(500, 511, 3, 2), 128, 512),
        (Block(0, 0, 128, 128), 128, 128),
    ],
)
def test_chunks_cover_an_area_exactly_once_and_meet_on_the_grid(area: Block, rows: int, cols: int):
    covered = np.zeros((area.row + area.height, area.col + area.width), int)
    for chunk in chunks(area, rows, cols):
        covered[chunk.row : chunk.row + chunk.height, chunk.col : chunk.col + chunk.width] += 1
        assert chunk.height > 0
        assert chunk.width > 0
        assert chunk.row == area.row or chunk.row % CHUNK_MULTIPLE == 0
        assert chunk.col == area.col or chunk.col % CHUNK_MULTIPLE == 0
    assert (covered[area.row :, area.col :] == 1).all()
    assert covered.sum() == area.height * area.width


def test_chunks_go_down_a_column_before_the_next():
    found = [(c.row, c.col) for c in chunks(Block(0, 0, 256, 256), 128, 128)]
    assert found == [(0, 0), (128, 0), (0, 128), (128, 128)]


def test_an_aligned_block_holds_the_block_in_whole_cells_from_a_run_s_column():
    for block in (Block(37, 200, 5, 7), Block(0, 0, 32, 128), Block(31, 127, 2, 2)):
        found = aligned(block)
        assert found.row <= block.row
        assert found.col <= block.col
        assert found.row + found.height >= block.row + block.height
        assert found.col + found.width >= block.col + block.width
        assert found.row % STRIDE == found.height % STRIDE == found.width % STRIDE == 0
        assert found.col % CHUNK_MULTIPLE == 0
    assert aligned(Block(0, 0, 32, 128)) == Block(0, 0, 32, 128)


def test_growing_adds_a_margin_on_every_side():
    assert grown(Block(10, 20, 3, 4), 5) == Block(5, 15, 13, 14)


def test_outside_the_raster_is_its_mirror_image():
    np.testing.assert_array_equal(mirrored(-40, 100, 3), _folded(-40, 100, 3))
    np.testing.assert_array_equal(mirrored(-2, 6, 10), [1, 0, 0, 1, 2, 3])
    np.testing.assert_array_equal(mirrored(8, 5, 10), [8, 9, 9, 8, 7])
    np.testing.assert_array_equal(mirrored(-64, 128, 1), np.zeros(128))


def _folded(start: int, length: int, size: int) -> list[int]:
    """Fold indices back one reflection at a time."""
    found = []
    for index in range(start, start + length):
        while not 0 <= index < size:
            index = -1 - index if index < 0 else 2 * size - 1 - index
        found.append(index)
    return found
