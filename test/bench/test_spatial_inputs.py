from __future__ import annotations

import numpy as np

from bench.accuracy.spatial_inputs import components, filled, morphological_profiles, smoothed

from .conftest import SIDE, BenchmarkMaker


def test_smoothing_takes_nothing_from_nodata() -> None:
    cube = np.full((2, 20, 20), 3.0, np.float32)
    valid = np.ones((20, 20), bool)
    valid[:, :7] = False
    cube[:, ~valid] = 0
    blurred = smoothed(cube, valid, 2.0)
    np.testing.assert_allclose(blurred[:, valid], 3.0, rtol=1e-5)
    assert (blurred[:, ~valid] == 0).all()


def test_smoothing_spreads_a_point() -> None:
    cube = np.zeros((1, 21, 21), np.float32)
    cube[0, 10, 10] = 1
    blurred = smoothed(cube, np.ones((21, 21), bool), 2.0)[0]
    assert blurred[10, 10] < 0.1
    assert blurred[10, 12] == blurred[12, 10] > 0


def test_nodata_is_filled_from_the_nearest_pixel() -> None:
    cube = np.arange(12, dtype=np.float32).reshape(1, 1, 12)
    valid = np.ones((1, 12), bool)
    valid[0, :3] = False
    assert filled(cube, valid)[0, 0, :4].tolist() == [3, 3, 3, 3]


def test_components_are_white(make_benchmark: BenchmarkMaker) -> None:
    found = components(make_benchmark(nodata=4), 3)
    assert found.shape == (3, SIDE, SIDE)
    inside = found[:, :, 4:].reshape(3, -1)
    np.testing.assert_allclose(np.cov(inside), np.eye(3), atol=0.02)


def test_profiles_remove_what_is_smaller_than_the_disk_and_keep_the_rest() -> None:
    channel = np.zeros((30, 30), np.float32)
    channel[4:6, 4:6] = 5  # smaller than the disk
    channel[12:26, 12:26] = 7  # larger
    channel[18:20, 18:20] = 0  # a small hole
    original, opened, closed = morphological_profiles(channel[None], (3,))
    np.testing.assert_array_equal(original, channel)
    assert opened[4, 4] == 0
    assert opened[13, 13] == 7
    assert opened[18, 18] == 0
    assert closed[18, 18] == 7
    assert closed[4, 4] == 5
