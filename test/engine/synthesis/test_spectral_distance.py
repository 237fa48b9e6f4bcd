"""Mean, spread and angle of samples beside real spectra."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.synthesis import spectral_distance as distance


def spectra(count: int, seed: int, bands: int = 12) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = 2 + np.sin(np.linspace(0, 3, bands))
    return (shape + rng.normal(0, 0.1, (count, bands))).astype(np.float32)


def test_angles_are_those_between_directions_whatever_the_brightness():
    right = np.array([[2.0, 0.0], [0.0, 3.0], [5.0, 5.0], [-1.0, 0.0]])
    found = distance.spectral_angles(right, np.array([7.0, 0.0]))
    np.testing.assert_allclose(found, [0, 90, 45, 180], atol=1e-5)


def test_a_spectrum_of_zeros_is_like_none():
    assert distance.spectral_angles(np.zeros((1, 3)), np.ones(3)).tolist() == [90.0]


def test_a_pixel_is_measured_to_the_mean_of_the_others():
    x = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(distance.leave_one_out_angles(x), [90, 90])
    assert distance.leave_one_out_angles(x[:1]).shape == (0,)


@pytest.mark.parametrize("count", [4, 40, 400])
def test_fresh_pixels_of_the_class_lie_within_its_spread_as_often_as_expected(count):
    found = [
        distance.compare_angles(spectra(count, seed), spectra(200, 1000 + seed))
        for seed in range(60)
    ]
    inside = np.mean([one.inside for one in found])
    assert inside == pytest.approx(found[0].expected, abs=0.05)
    assert found[0].expected == pytest.approx(min(0.95, count / (count + 1)), abs=0.02)


def test_other_spectra_lie_outside_the_spread_of_the_class():
    real = spectra(60, 0)
    found = distance.compare_angles(real, real * np.linspace(1, 3, 12))
    assert found.inside == 0
    assert found.median > found.limit > found.own_median


def test_one_real_pixel_has_no_spread_to_lie_within():
    found = distance.compare_angles(spectra(1, 0), spectra(5, 1))
    assert np.isnan([found.limit, found.inside, found.expected, found.own_median]).all()
    assert found.median < 10


def test_means_and_spreads_are_compared_band_by_band():
    real = spectra(500, 0)
    found = distance.compare_spectra(real, 2 * real)
    assert found.mean_correlation == pytest.approx(1)
    assert found.sd_correlation == pytest.approx(1)
    assert found.spread_ratio == pytest.approx(2)
    np.testing.assert_allclose(found.synthetic_mean, 2 * found.real_mean)


def test_what_does_not_vary_has_no_correlation_and_one_sample_no_spread():
    flat = np.full((5, 4), 0.3, np.float32)
    found = distance.compare_spectra(flat, spectra(1, 0, 4))
    assert np.isnan([found.mean_correlation, found.sd_correlation, found.spread_ratio]).all()
    assert np.isnan(found.synthetic_sd).all()


def test_no_real_spectra_leave_everything_unknown():
    found = distance.compare_spectra(np.empty((0, 4)), spectra(3, 0, 4))
    assert np.isnan(found.real_mean).all()
    assert np.isnan(found.mean_correlation)


def test_nan_is_refused_by_name():
    with pytest.raises(InputError, match="The samples hold 1 values that are NaN"):
        distance.require_finite(np.array([1.0, np.nan]), "The samples")
