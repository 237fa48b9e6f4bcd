"""The kernel two-sample test: right size, power, and honest about polygons."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import Cancelled
from hsi_film_plugin.engine.synthesis.mmd import gaussian_kernel, mmd_test


def cloud(count: int, seed: int, shift: float = 0.0, bands: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, (count, bands))


def clustered(polygons: int, pixels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels that vary between polygons much more than within, as labels do."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1, (polygons, 6)).repeat(pixels, axis=0)
    return centres + rng.normal(0, 0.1, centres.shape), np.arange(polygons).repeat(pixels)


def test_p_is_uniform_where_both_are_draws_of_one_distribution():
    found = [
        mmd_test(cloud(12, 2 * s), cloud(20, 2 * s + 1), seed=s, permutations=99).p_pixels
        for s in range(200)
    ]
    for level in (0.1, 0.25, 0.5, 0.75):
        assert np.mean(np.array(found) <= level) == pytest.approx(level, abs=0.09)


def test_the_estimate_is_unbiased():
    found = [
        mmd_test(cloud(12, 2 * s), cloud(20, 2 * s + 1), seed=s, permutations=1).mmd2
        for s in range(200)
    ]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_other_distributions_are_found_even_with_the_same_mean():
    shifted = mmd_test(cloud(40, 0), cloud(60, 1, shift=1.0))
    wide = mmd_test(cloud(80, 0), 3 * cloud(80, 1))
    assert shifted.p_pixels == pytest.approx(0.001)
    assert wide.p_pixels <= 0.01
    assert shifted.mmd2 > 0.01


def test_polygons_count_as_the_unit_where_pixels_of_one_are_alike():
    rejected_by_pixels = rejected_by_polygons = 0
    for seed in range(40):
        real, polygons = clustered(8, 12, seed)
        fresh = clustered(60, 1, 500 + seed)[0]
        found = mmd_test(real, fresh, polygons, seed, permutations=99)
        rejected_by_pixels += found.p_pixels <= 0.05
        rejected_by_polygons += found.p_polygons <= 0.05
        assert found.polygons == 8
    assert rejected_by_pixels > 30
    assert rejected_by_polygons <= 4


def test_polygons_still_tell_gross_differences():
    real, polygons = clustered(8, 12, 0)
    found = mmd_test(real, clustered(60, 1, 1)[0] + 4, polygons)
    assert found.p_polygons < 0.01
    assert found.mmd2 > found.own


def test_pixels_that_stand_alone_are_tested_once():
    found = mmd_test(cloud(10, 0), cloud(10, 1))
    assert found.p_polygons == found.p_pixels
    assert found.polygons == 10


def test_same_seed_gives_the_same_figures_and_large_sets_are_thinned():
    real, synthetic = cloud(2000, 0), cloud(700, 1)
    first = mmd_test(real, synthetic, seed=3, permutations=99)
    assert first == mmd_test(real, synthetic, seed=3, permutations=99)
    assert first.polygons == 300


def test_a_large_test_is_told_its_progress_and_can_be_stopped():
    real, polygons = clustered(40, 12, 0)
    heard: list[float] = []
    mmd_test(real, cloud(400, 1), polygons, permutations=99, tick=heard.append)
    assert len(heard) > 10
    assert heard == sorted(heard)
    assert heard[-1] < 1

    def stop(done: float) -> None:
        if done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        mmd_test(real, cloud(400, 1), polygons, permutations=99, tick=stop)


@pytest.mark.parametrize(("n", "m"), [(1, 5), (5, 1), (0, 5)])
def test_too_few_are_no_test(n, m):
    found = mmd_test(cloud(n, 0), cloud(m, 1))
    assert np.isnan([found.mmd2, found.p_pixels, found.p_polygons]).all()


def test_one_polygon_leaves_only_the_test_by_pixels():
    found = mmd_test(cloud(6, 0), cloud(6, 1), np.zeros(6, int))
    assert np.isnan([found.p_polygons, found.own]).all()
    assert np.isfinite(found.p_pixels)


def test_identical_samples_and_constant_bands_are_no_obstacle():
    same = np.ones((5, 4))
    assert mmd_test(same, same).p_pixels == 1
    real = cloud(8, 0)
    real[:, 2] = 0.5
    found = mmd_test(real, np.repeat(real[:1], 9, axis=0))
    assert np.isfinite(found.mmd2)
    assert found.p_pixels < 0.05


def test_kernel_has_its_width_from_the_median_distance():
    kernel = gaussian_kernel(np.array([[0.0], [1.0], [2.0]]))
    np.testing.assert_allclose(kernel[0], [0, np.exp(-0.5), np.exp(-2)])
