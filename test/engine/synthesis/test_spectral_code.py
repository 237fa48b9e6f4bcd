"""Spectra survive their code, dark ones too."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.synthesis.spectral_code import fit_spectral_code


def made_spectra(count: int = 400, bands: int = 30) -> np.ndarray:
    draws = np.random.default_rng(3)
    shapes = np.abs(draws.standard_normal((5, bands))) + 0.2
    return (1000 * draws.random((count, 5)) @ shapes).astype(np.float32)


def angles(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    cosine = (x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_as_many_components_as_the_spectra_have_bring_them_back() -> None:
    spectra = made_spectra()
    code = fit_spectral_code(spectra, 32)

    assert code.components == 5
    np.testing.assert_allclose(code.decode(code.encode(spectra)), spectra, rtol=1e-3)


def test_components_are_of_the_order_of_one_and_the_first_is_the_largest() -> None:
    spectra = made_spectra()
    deviation = fit_spectral_code(spectra, 5).encode(spectra).std(axis=0)

    assert deviation.argmax() == 0
    assert 0.3 < deviation[0] < 3
    assert deviation.min() > 0.05


def test_dark_pixels_keep_their_shape_although_few() -> None:
    bright = made_spectra()
    draws = np.random.default_rng(4)
    dark = 2 + draws.random((20, 1)) * np.sin(np.arange(30) / 3)
    spectra = np.concatenate([bright, dark]).astype(np.float32)
    code = fit_spectral_code(spectra, 5)

    assert angles(code.decode(code.encode(dark)), dark).mean() < 5
    assert angles(code.decode(code.encode(bright)), bright).mean() < 5


def test_patches_keep_their_shape_in_front_of_the_bands() -> None:
    spectra = made_spectra()
    code = fit_spectral_code(spectra, 4)

    assert code.encode(spectra.reshape(20, 20, -1)).shape == (20, 20, 4)
    assert code.decode(np.zeros((2, 3, 4))).shape == (2, 3, 30)


def test_pixels_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(InputError, match="same spectrum"):
        fit_spectral_code(np.full((50, 6), 7, np.float32), 4)
