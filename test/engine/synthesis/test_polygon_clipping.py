"""Polygons keep the centre, and mix to every degree."""

from __future__ import annotations

import numpy as np
from skimage.measure import label

from hsi_film_plugin.engine.synthesis.polygon_clipping import random_polygon


def test_the_centre_is_always_kept() -> None:
    draws = np.random.default_rng(0)

    assert all(random_polygon(size, draws)[size // 2, size // 2] for size in (8, 16, 17) * 60)


def test_shares_of_the_area_range_from_a_little_to_most_of_it() -> None:
    draws = np.random.default_rng(1)
    shares = np.array([random_polygon(16, draws).mean() for _ in range(300)])

    assert shares.min() < 0.2
    assert shares.max() > 0.75
    assert 0.3 < shares.mean() < 0.6


def test_a_polygon_is_one_piece() -> None:
    draws = np.random.default_rng(2)

    assert all(label(random_polygon(16, draws)).max() == 1 for _ in range(100))


def test_the_same_seed_gives_the_same_polygon() -> None:
    first, second = (random_polygon(16, np.random.default_rng(5)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
