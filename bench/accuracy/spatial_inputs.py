"""Inputs that peers and controls take from a pixel's surroundings, without any network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.morphology import disk, erosion, reconstruction

from hsi_film_plugin.engine.statistics import whitening

from .benchmark import Benchmark


def smoothed(cube: np.ndarray, valid: np.ndarray, sigma: float) -> np.ndarray:
    """Return Gaussian-smoothed bands, to which pixels that are not valid add nothing.

    Args:
        cube: float32 ``(bands, height, width)``, 0 where not valid.
        valid: bool ``(height, width)``.
        sigma: In pixels.

    Returns:
        float32 ``(bands, height, width)``, 0 where not valid.
    """
    share = gaussian_filter(valid.astype(np.float32), sigma)
    share = np.where(valid, np.maximum(share, 1e-6), 1)
    bands = np.stack([gaussian_filter(band, sigma) for band in cube * valid])
    result: np.ndarray = (bands / share * valid).astype(np.float32)
    return result


def filled(cube: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give pixels that are not valid the values of the nearest valid one."""
    if valid.all():
        return cube
    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    result: np.ndarray = cube[:, nearest[0], nearest[1]]
    return result


def components(benchmark: Benchmark, count: int) -> np.ndarray:
    """Return whitened principal components of the scene, nodata filled from the nearest pixel.

    Returns:
        float32 ``(at most count, height, width)``.
    """
    projection = whitening(benchmark.spectra(), count)
    bands, height, width = benchmark.cube.shape
    pixels = projection(filled(benchmark.cube, benchmark.valid).reshape(bands, -1).T)
    return np.ascontiguousarray(pixels.T.reshape(-1, height, width).astype(np.float32))


def morphological_profiles(channels: np.ndarray, radii: Sequence[int]) -> np.ndarray:
    """Return extended morphological profiles: openings and closings by reconstruction.

    Source: Benediktsson, Palmason, Sveinsson 2005 (IEEE TGRS 43, 480-491).

    Args:
        channels: float32 ``(channels, height, width)``, principal components.
        radii: Of the disks, in pixels.

    Returns:
        float32 ``(channels * (1 + 2 * len(radii)), height, width)``.
    """
    profile = []
    for channel in channels:
        profile.append(channel)
        for radius in radii:
            profile += [_opened(channel, radius), -_opened(-channel, radius)]
    return np.stack(profile).astype(np.float32)


def _opened(channel: np.ndarray, radius: int) -> np.ndarray:
    """Return the opening by reconstruction with a disk; the closing is that of the negative."""
    eroded = erosion(channel, disk(radius))  # type: ignore[no-untyped-call]
    opened: np.ndarray = reconstruction(eroded, channel)  # type: ignore[no-untyped-call]
    return opened
