"""Spectral inputs: shading taken away, slopes standardised, nothing tried twice."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.spectral_inputs import (
    LEAST_BANDS,
    SpectralInputs,
    first_derivative,
    spectral_options,
    standard_normal_variate,
)


def spectra_of(bands: int, count: int = 200) -> np.ndarray:
    """Return smooth spectra of different brightness, float32 ``(count, bands)``."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 1, (count, bands)).cumsum(axis=1)
    return (5 + rng.random((count, 1)) * 10 + steps).astype(np.float32)


def named(options: list[SpectralInputs], name: str) -> SpectralInputs:
    return next(option for option in options if option.name == name)


def test_normalised_spectra_have_zero_mean_and_unit_deviation():
    found = standard_normal_variate(spectra_of(40))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=1), 1, rtol=1e-5)


def test_each_pixel_s_gain_and_offset_are_taken_away():
    spectra = spectra_of(40)
    rng = np.random.default_rng(1)
    gain, offset = rng.uniform(0.3, 3, (200, 1)), rng.uniform(-5, 5, (200, 1))
    shaded = (gain * spectra + offset).astype(np.float32)
    found = named(spectral_options(spectra), "standard normal variate")
    np.testing.assert_allclose(found(shaded), found(spectra), atol=2e-3)
    plain = named(spectral_options(spectra), "standardised bands")
    assert not np.allclose(plain(shaded), plain(spectra), atol=0.5)


@pytest.mark.parametrize("level", [0.0, 0.1, 1 / 3, 4321.1, 1e-20, -7.7])
@pytest.mark.parametrize("bands", [9, 224])
def test_flat_spectra_become_zeros(level: float, bands: int):
    flat = np.full((3, bands), level, np.float32)
    np.testing.assert_array_equal(standard_normal_variate(flat), np.zeros((3, bands)))
    found = named(spectral_options(spectra_of(bands)), "standard normal variate")
    assert np.isfinite(found(flat)).all()


def test_a_pixel_s_inputs_do_not_depend_on_its_neighbours_or_on_how_it_lies_in_memory():
    spectra = spectra_of(33)
    whole = standard_normal_variate(spectra)
    np.testing.assert_array_equal(standard_normal_variate(spectra[5:6]), whole[5:6])
    np.testing.assert_array_equal(standard_normal_variate(np.asfortranarray(spectra)), whole)


def test_the_derivative_is_that_of_neighbouring_bands_standardised():
    spectra = spectra_of(12)
    slopes = np.diff(spectra.astype(np.float64), axis=1)
    expected = (slopes - slopes.mean(axis=0)) / slopes.std(axis=0)
    found = first_derivative(spectra)(spectra)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_slope_that_never_varies_is_no_input_of_any_size():
    spectra = spectra_of(10)
    spectra[:, 4] = spectra[:, 3]
    found = first_derivative(spectra)(spectra)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[:, 3], 0)


@pytest.mark.parametrize("bands", [1, 2, 7, 8, 10, 11, 30, 31, 60])
def test_no_option_is_there_twice_and_the_first_is_the_bands_as_they_are(bands: int):
    spectra = spectra_of(bands)
    options = spectral_options(spectra)
    names = [option.name for option in options]
    assert len(set(names)) == len(names)
    assert names[0] == "standardised bands"
    assert not options[0].snv
    expected = (spectra - spectra.mean(axis=0)) / spectra.std(axis=0)
    np.testing.assert_allclose(options[0](spectra), expected, atol=1e-3)
    values = [option(spectra) for option in options]
    for k, first in enumerate(values):
        assert first.shape == (len(spectra), options[k].count)
        assert first.dtype == np.float32
        assert np.isfinite(first).all()
        for second in values[:k]:
            # one input alone is whitened by being standardised
            assert bands == 1 or first.shape != second.shape or not np.allclose(first, second)


def test_shape_and_slope_are_tried_only_where_there_are_bands_enough():
    few = {option.name for option in spectral_options(spectra_of(LEAST_BANDS - 1))}
    many = {option.name for option in spectral_options(spectra_of(LEAST_BANDS))}
    assert many - few == {"standard normal variate", "first derivative"}
    assert not few - many


def test_more_components_are_tried_only_where_there_are_more_bands():
    def components(bands: int) -> list[int]:
        return [
            option.count
            for option in spectral_options(spectra_of(bands))
            if "components" in option.name
        ]

    assert components(6) == [6]
    assert components(10) == [10]
    assert components(20) == [10, 20]
    assert components(50) == [10, 30]
