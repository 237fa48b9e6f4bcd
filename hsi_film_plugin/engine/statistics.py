"""What is known of a whole scene before any of it is classified.

Everything that scales or projects pixels is learnt once from a fixed sample of
the scene and travels in the model, so that no chunk is treated unlike another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .progress import Progress
from .scene import Scene

SAMPLE_BLOCK = 32
SAMPLE_BLOCKS_A_SIDE = 12


@dataclass(frozen=True)
class SceneSample:
    """Pixels that stand for a scene.

    Attributes:
        bands: Zero-based indices of the bands in use: good ones that vary.
        constant: Good bands that were dropped because they are constant.
        spectra: float32 ``(n, len(bands))``, valid pixels only.
        valid_share: Share of the sampled pixels that are valid.
    """

    bands: tuple[int, ...]
    constant: tuple[int, ...]
    spectra: np.ndarray
    valid_share: float


def sample_scene(scene: Scene, progress: Progress) -> SceneSample:
    """Read blocks on a regular lattice over the scene (all of a small one).

    Raises:
        InputError: if the scene has no valid pixel or no band that varies.
    """
    wanted = [int(band) for band in np.flatnonzero(scene.bands.good)]
    spectra, seen = [], 0
    tops, lefts = _lattice(scene.height), _lattice(scene.width)
    for done, top in enumerate(tops):
        for left in lefts:
            progress.report(done / len(tops), "Sampling the scene")
            height = min(SAMPLE_BLOCK, scene.height - top)
            width = min(SAMPLE_BLOCK, scene.width - left)
            cube, valid = scene.read(top, left, height, width, wanted)
            spectra.append(cube[:, valid].T)
            seen += valid.size
    pixels = np.concatenate(spectra)
    if not len(pixels):
        raise InputError(
            f"'{scene.path.name}' has no valid pixel: every one that was looked at is nodata, "
            "NaN or infinite in some band. Check its nodata value, and mark empty bands as bad "
            "(bbl = 0)."
        )
    varies = pixels.min(axis=0) < pixels.max(axis=0)
    if not varies.any():
        raise InputError(f"Every band of '{scene.path.name}' is constant: there is nothing to map.")
    bands = tuple(band for band, keep in zip(wanted, varies) if keep)
    constant = tuple(band for band, keep in zip(wanted, varies) if not keep)
    return SceneSample(bands, constant, pixels[:, varies], len(pixels) / seen)


def _lattice(size: int) -> list[int]:
    """Return where sampled blocks begin along one side of the scene."""
    blocks = -(-size // SAMPLE_BLOCK)
    if blocks <= SAMPLE_BLOCKS_A_SIDE:
        return [block * SAMPLE_BLOCK for block in range(blocks)]
    chosen = np.linspace(0, blocks - 1, SAMPLE_BLOCKS_A_SIDE).round().astype(int)
    return [int(block) * SAMPLE_BLOCK for block in chosen]


@dataclass(frozen=True)
class AffineMap:
    """A learnt linear map ``(x - mean) @ matrix``.

    Attributes:
        mean: float32 ``(inputs,)``.
        matrix: float32 ``(inputs, outputs)``.
    """

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Map float32 ``(n, inputs)`` to float32 ``(n, outputs)``."""
        mapped: np.ndarray = (x - self.mean) @ self.matrix
        return mapped


def standardisation(x: np.ndarray) -> AffineMap:
    """Return the map of ``x (n, inputs)`` to zero mean and unit deviation."""
    mean = x.mean(axis=0, dtype=np.float64)
    deviation = x.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0)
    return AffineMap(mean.astype(np.float32), np.diag(scale).astype(np.float32))


def whitening(x: np.ndarray, components: int) -> AffineMap:
    """Return the map of ``x (n, inputs)`` to at most ``components`` whitened components.

    Components are the principal ones of the standardised inputs, each scaled to
    unit variance; its sign makes its largest loading positive. Those whose
    variance is below 1e-6 of the first are left out.
    """
    first = standardisation(x)
    covariance = np.cov(first(x).astype(np.float64), rowvar=False).reshape(x.shape[1], x.shape[1])
    variance, vectors = np.linalg.eigh(covariance)
    order = np.argsort(variance)[::-1][:components]
    order = order[variance[order] > 1e-6 * variance.max()]
    vectors = vectors[:, order]
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, np.arange(len(order))])
    matrix = first.matrix.astype(np.float64) @ (vectors / np.sqrt(variance[order]))
    return AffineMap(first.mean, matrix.astype(np.float32))
