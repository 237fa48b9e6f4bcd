"""The picture of a scene that the backbone sees."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.pseudo_image import fill_invalid, fit_pseudo_image, true_colour_bands
from hsi_film_plugin.engine.statistics import SceneSample

RNG = np.random.default_rng(2)
WAVELENGTHS = np.arange(400.0, 1000.0, 10.0)


def sample_of(spectra: np.ndarray, bands: tuple[int, ...] | None = None) -> SceneSample:
    bands = bands or tuple(range(spectra.shape[1]))
    return SceneSample(bands, (), spectra.astype(np.float32), 1.0)


def test_true_colour_is_found_by_wavelength_in_any_order():
    assert [WAVELENGTHS[b] for b in true_colour_bands(60, WAVELENGTHS)] == [640, 550, 460]
    backwards = WAVELENGTHS[::-1].copy()
    assert [backwards[b] for b in true_colour_bands(60, backwards)] == [640, 550, 460]


@pytest.mark.parametrize("wavelengths", [None, np.linspace(1000, 2500, 9)])
def test_without_visible_wavelengths_bands_are_spread_longest_as_red(wavelengths):
    red, green, blue = true_colour_bands(9, wavelengths)
    assert 8 > red > green > blue > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_bands_still_make_three_channels(count: int):
    for kind in ("rgb", "pca"):
        spectra = RNG.random((100, count)).astype(np.float32)
        picture = fit_pseudo_image(kind, sample_of(spectra), None)(spectra)
        assert picture.shape == (100, 3)
        assert picture.dtype == np.float32
        assert np.isfinite(picture).all()
        assert np.abs(picture).max() <= 1


def test_a_true_colour_picture_shows_the_bands_in_use_not_those_of_the_same_number():
    spectra = np.zeros((100, 3), np.float32)
    spectra[:, 0] = np.linspace(0, 1, 100)  # 460 nm is the third band of the scene
    wavelengths = np.array([1000.0, 900.0, 460.0, 550.0, 640.0])
    picture = fit_pseudo_image("rgb", sample_of(spectra, (2, 3, 4)), wavelengths)(spectra)
    assert np.ptp(picture[:, 2]) == pytest.approx(2)
    assert np.ptp(picture[:, 0]) == 0


def test_true_colour_is_stretched_as_one_so_that_hues_stay():
    spectra = np.stack([np.linspace(0, 1, 1000), np.linspace(0, 0.1, 1000)] * 2, axis=1)[:, :3]
    picture = fit_pseudo_image("rgb", sample_of(spectra), None)(spectra.astype(np.float32))
    assert np.ptp(picture, axis=0).max() > 2 * np.ptp(picture, axis=0).min()


def test_the_stretch_ignores_a_percent_of_outliers_and_brightens():
    spectra = np.repeat(np.linspace(0, 1, 1000)[:, None], 3, axis=1)
    spectra[-1] = 1e4
    image = fit_pseudo_image("rgb", sample_of(spectra), None)
    assert image.high[0] == pytest.approx(0.99, abs=0.01)
    (middle,) = image(np.full((1, 3), 0.5, np.float32))
    assert middle[0] > 0.3  # a straight stretch would give 0


def test_components_are_each_stretched_alone():
    spectra = RNG.normal(size=(2000, 6)) * [9, 5, 3, 1, 1, 1] @ RNG.normal(size=(6, 6))
    picture = fit_pseudo_image("pca", sample_of(spectra), None)(spectra.astype(np.float32))
    assert (picture.min(axis=0) == -1).all()
    assert (picture.max(axis=0) == 1).all()


def test_components_of_bands_that_are_all_alike_still_make_a_picture():
    spectra = np.repeat(RNG.normal(size=(300, 1)), 4, axis=1)
    picture = fit_pseudo_image("pca", sample_of(spectra), None)(spectra.astype(np.float32))
    assert picture.shape == (300, 3)
    np.testing.assert_array_equal(picture[:, 0], picture[:, 2])


def test_a_pixel_s_colour_does_not_depend_on_what_is_shown_with_it():
    spectra = RNG.normal(size=(1000, 50)).astype(np.float32)
    for kind in ("rgb", "pca"):
        image = fit_pseudo_image(kind, sample_of(spectra), None)
        whole = image(spectra)
        for part in (slice(0, 192), slice(96, 512), slice(3, 4)):
            np.testing.assert_array_equal(image(spectra[part]), whole[part])


def test_invalid_pixels_take_the_nearest_valid_colour():
    picture = np.zeros((3, 64, 64), np.float32)
    picture[:, :, 32:] = 5
    valid = np.zeros((64, 64), bool)
    valid[:, 31:33] = True
    filled = fill_invalid(picture, valid)
    assert (filled[:, :, :32] == 0).all()
    assert (filled[:, :, 32:] == 5).all()


def test_a_window_without_invalid_pixels_stays_as_it_is():
    picture = RNG.random((3, 64, 64)).astype(np.float32)
    assert fill_invalid(picture, np.ones((64, 64), bool)) is picture
