"""The three-channel picture of a scene that the backbone sees.

``rgb`` shows three bands near true colour, stretched together over the scene and
brightened with gamma 0.4 (Hu, Banerjee, Prasad 2025); ``pca`` shows the first
three principal components of all bands, each stretched by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from .statistics import AffineMap, SceneSample, whitening

KINDS = ("rgb", "pca")
TRUE_COLOUR_NM = (640.0, 550.0, 460.0)
GAMMA = 0.4
STRETCH_PERCENT = (1.0, 99.0)


@dataclass(frozen=True)
class PseudoImage:
    """How pixels of a scene become a picture.

    Attributes:
        kind: ``rgb`` or ``pca``.
        projection: From the bands in use to three channels.
        low: float32 ``(3,)``, what becomes black.
        high: float32 ``(3,)``, what becomes white.
        gamma: Exponent after the stretch.
    """

    kind: str
    projection: AffineMap
    low: np.ndarray
    high: np.ndarray
    gamma: float

    def __call__(self, spectra: np.ndarray) -> np.ndarray:
        """Map float32 ``(n, bands in use)`` to float32 ``(n, 3)`` in [-1, 1]."""
        stretched = (self.projection(spectra) - self.low) / (self.high - self.low)
        picture: np.ndarray = 2 * np.clip(stretched, 0, 1) ** np.float32(self.gamma) - 1
        return picture.astype(np.float32)


def fit_pseudo_image(kind: str, sample: SceneSample, wavelengths: np.ndarray | None) -> PseudoImage:
    """Learn a picture's projection and stretch from a scene's sample.

    Args:
        kind: ``rgb`` or ``pca``.
        sample: The scene's sample.
        wavelengths: In nm, of all bands of the scene, or None.
    """
    count = len(sample.bands)
    if kind == "pca" and count >= 3:
        projection, gamma = whitening(sample.spectra, 3), 1.0
        if projection.matrix.shape[1] < 3:
            matrix = projection.matrix[:, np.arange(3) % projection.matrix.shape[1]]
            projection = AffineMap(projection.mean, matrix)
    else:
        shown = None if wavelengths is None else wavelengths[list(sample.bands)]
        matrix = np.zeros((count, 3), np.float32)
        matrix[true_colour_bands(count, shown), np.arange(3)] = 1
        projection, gamma = AffineMap(np.zeros(count, np.float32), matrix), GAMMA
    channels = projection(sample.spectra)
    # True colour is stretched as one, so that its hues stay; components each alone.
    together = None if gamma == GAMMA else 0
    low, high = np.percentile(channels, STRETCH_PERCENT, axis=together)
    high = np.maximum(high, low + 1e-6 * np.maximum(1, np.abs(low)))
    return PseudoImage(
        kind,
        projection,
        np.broadcast_to(low, 3).astype(np.float32),
        np.broadcast_to(high, 3).astype(np.float32),
        gamma,
    )


def true_colour_bands(count: int, wavelengths: np.ndarray | None) -> list[int]:
    """Return the bands to show as red, green and blue.

    Without wavelengths, or where none lies in the visible, the bands are spread
    over the spectrum, the shortest one shown as blue.
    """
    if wavelengths is not None and np.min(wavelengths) < 700 and np.max(wavelengths) > 500:
        return [int(np.abs(wavelengths - wanted).argmin()) for wanted in TRUE_COLOUR_NM]
    return [(count - 1) * part // 4 for part in (3, 2, 1)]


def fill_invalid(picture: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give invalid pixels of a window the value of the nearest valid one.

    Args:
        picture: float32 ``(3, 64, 64)``.
        valid: bool ``(64, 64)``, with at least one True.
    """
    if valid.all():
        return picture
    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    filled: np.ndarray = picture[:, nearest[0], nearest[1]]
    return filled
