"""Regions grow over the least steep path, and never across what is invalid."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.dock.spectral_growth import growth, region, spectral_angles


def angle(one, other):
    """The textbook's formula, in float64."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    cosine = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def brute_force(angles, row, col):
    """Lower each pixel to the least of its neighbours, until nothing changes any more."""
    surface = np.full(angles.shape, np.inf)
    surface[row, col] = angles[row, col]
    while True:
        walled = np.pad(surface, 1, constant_values=np.inf)
        beside = np.minimum.reduce(
            [walled[:-2, 1:-1], walled[2:, 1:-1], walled[1:-1, :-2], walled[1:-1, 2:]]
        )
        lower = np.minimum(surface, np.maximum(angles, beside))
        if np.array_equal(lower, surface):
            return surface
        surface = lower


def spectra_at(angles):
    """A cube of two bands whose spectra stand at these angles to the first axis."""
    turned = np.radians(angles)
    return np.stack([np.cos(turned), np.sin(turned)]).astype(np.float32)


def test_growth_is_the_least_of_the_highest_angles_on_all_paths():
    random = np.random.default_rng(0)
    for _ in range(20):
        height, width = random.integers(1, 14, 2)
        cube = random.random((6, height, width)).astype(np.float32) + 0.2
        valid = random.random((height, width)) < 0.8
        row, col = random.integers(height), random.integers(width)
        valid[row, col] = True
        angles = np.where(valid, spectral_angles(cube, cube[:, row, col]), np.inf)
        expected = brute_force(angles, row, col)
        surface = growth(cube, valid, row, col)
        assert surface.dtype == np.float32
        np.testing.assert_allclose(surface, expected.astype(np.float32), rtol=1e-6)


def test_angles_are_those_of_the_textbook():
    cube = np.random.default_rng(1).random((50, 7, 9)).astype(np.float32)
    angles = spectral_angles(cube, cube[:, 2, 3])
    expected = [[angle(cube[:, r, c], cube[:, 2, 3]) for c in range(9)] for r in range(7)]
    np.testing.assert_allclose(angles, expected, atol=2e-3)
    assert angles[2, 3] == pytest.approx(0, abs=1e-4)


def test_angles_of_a_hundredth_of_a_degree_are_told_apart():
    angles = spectral_angles(spectra_at([[0.0, 0.01, 0.02, 120.0, 180.0]]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(angles, [[0.0, 0.01, 0.02, 120.0, 180.0]], atol=1e-4)


def test_brightness_does_not_matter():
    cube = spectra_at(np.full((3, 3), 30.0)) * np.arange(1, 10).reshape(3, 3).astype(np.float32)
    assert growth(cube, np.ones((3, 3), bool), 1, 1).max() < 1e-3


def test_what_lies_behind_a_wall_is_reached_around_it_or_not_at_all():
    angles = np.array([[0.0, 9.0, 1.0], [2.0, 9.0, 2.0], [3.0, 5.0, 3.0]])
    cube, valid = spectra_at(angles), np.ones((3, 3), bool)
    assert growth(cube, valid, 0, 0)[0, 2] == pytest.approx(5.0, abs=1e-3)
    valid[:, 1] = False
    surface = growth(cube, valid, 0, 0)
    assert np.isinf(surface[:, 1:]).all()
    assert np.isfinite(surface[:, 0]).all()


def test_corners_do_not_connect():
    valid = np.array([[True, False], [False, True]])
    assert np.isinf(growth(spectra_at(np.zeros((2, 2))), valid, 0, 0)[1, 1])


def test_a_seed_without_data_reaches_nothing():
    valid = np.ones((3, 3), bool)
    valid[1, 1] = False
    assert np.isinf(growth(spectra_at(np.zeros((3, 3))), valid, 1, 1)).all()


def test_spectra_that_are_not_finite_are_never_taken():
    cube = spectra_at(np.zeros((3, 3)))
    cube[0, 0, 1] = np.nan
    cube[1, 1, 0] = np.inf
    surface = growth(cube, np.ones((3, 3), bool), 0, 0)
    assert surface[0, 0] == 0
    assert np.isinf(surface.ravel()[1:]).all()
    assert np.isinf(growth(cube, np.ones((3, 3), bool), 0, 1)).all()


def test_spectra_of_zeros_are_like_each_other_and_unlike_all_others():
    cube = spectra_at(np.zeros((1, 4)))
    cube[:, 0, 1] = 0
    assert growth(cube, np.ones((1, 4), bool), 0, 0).tolist() == [[0, 90, 90, 90]]
    cube[:, 0, 2] = 0
    assert growth(cube, np.ones((1, 4), bool), 0, 1).tolist() == [[90, 0, 0, 90]]


def test_a_region_holds_what_joined_at_its_tolerance_and_is_one_piece():
    angles = np.array([[0.0, 2.0, 9.0, 1.0]])
    surface = growth(spectra_at(angles), np.ones((1, 4), bool), 0, 0)
    assert region(surface, 1.0).tolist() == [[True, False, False, False]]
    assert region(surface, 3.0).tolist() == [[True, True, False, False]]
    assert region(surface, 10.0).all()


def test_the_cube_is_left_as_it_was():
    cube = np.random.default_rng(3).random((4, 5, 6)).astype(np.float32)
    before, valid = cube.copy(), np.ones((5, 6), bool)
    growth(cube, valid, 0, 0)
    assert np.array_equal(cube, before)
    assert valid.all()
