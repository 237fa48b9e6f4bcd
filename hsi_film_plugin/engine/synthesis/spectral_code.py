"""Spectra as a few components, and back: what the autoencoder sees of a scene's bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError

#: Components are divided by this power of their deviation: 1 would whiten them, so that noise
#: weighs as much as signal; 0 would let the first one outweigh all that tells classes apart.
EQUALISING = 0.67
#: A pixel weighs by this power of its brightness: -2 would minimise spectral angles alone, 0
#: leaves dark pixels such as water to chance. Of those tried it gives the least mean angle.
BRIGHTNESS_POWER = -1.5
#: A dark pixel counts as much as so many pixels of the median brightness, at most.
MOST_WEIGHT = 1000.0
#: Components whose deviation is below this share of the first's are rounding.
LEAST_DEVIATION = 1e-5


@dataclass(frozen=True)
class SpectralCode:
    """A linear code of spectra.

    Attributes:
        mean: float32 ``(bands,)``.
        matrix: float32 ``(bands, components)``: ``(x - mean) @ matrix`` are the components.
        inverse: float32 ``(components, bands)``: back again.
    """

    mean: np.ndarray
    matrix: np.ndarray
    inverse: np.ndarray

    @property
    def components(self) -> int:
        """How many components there are."""
        return int(self.matrix.shape[1])

    def encode(self, spectra: np.ndarray) -> np.ndarray:
        """Return float32 ``(..., components)`` of ``(..., bands)``."""
        coded: np.ndarray = (spectra.astype(np.float32) - self.mean) @ self.matrix
        return coded

    def decode(self, components: np.ndarray) -> np.ndarray:
        """Return float32 ``(..., bands)`` of ``(..., components)``."""
        spectra: np.ndarray = components.astype(np.float32) @ self.inverse + self.mean
        return spectra


def fit_spectral_code(spectra: np.ndarray, components: int) -> SpectralCode:
    """Return the code of a scene's spectra: weighted, partly equalised principal components.

    Dark pixels weigh more: the spectral angle of a reconstruction is about ``|x - x̂| / |x|``.

    Args:
        spectra: float32 ``(n, bands)``, finite.
        components: At most so many; fewer where the spectra have no more.

    Raises:
        InputError: if all spectra are the same.
    """
    x = spectra.astype(np.float64)
    brightness = np.linalg.norm(x, axis=1)
    typical = max(float(np.median(brightness)), 1e-12)
    weights = np.maximum(brightness / typical, MOST_WEIGHT ** (1 / BRIGHTNESS_POWER))
    weights = weights**BRIGHTNESS_POWER
    weights /= weights.sum()
    mean = weights @ x
    centred = x - mean
    covariance = (centred * weights[:, None]).T @ centred
    variance, vectors = np.linalg.eigh(covariance)
    order = np.argsort(variance)[::-1][:components]
    deviation = np.sqrt(np.maximum(variance[order], 0.0))
    # the deviation of equal pixels is the rounding of their mean
    least = max(float(deviation.max()), typical / MOST_WEIGHT)
    kept = deviation > LEAST_DEVIATION * least
    if not kept.any():
        raise InputError(
            "All pixels of the scene have the same spectrum: there is nothing to learn."
        )
    order, deviation = order[kept], deviation[kept]
    vectors = vectors[:, order]
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, np.arange(len(order))])
    scale = deviation**EQUALISING * deviation[0] ** (1 - EQUALISING)
    return SpectralCode(
        mean.astype(np.float32),
        (vectors / scale).astype(np.float32),
        (vectors * scale).T.astype(np.float32),
    )
