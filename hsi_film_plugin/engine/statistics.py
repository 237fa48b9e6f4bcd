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


def sample_scene(
    scene: Scene, progress: Progress, labelled: tuple[np.ndarray, np.ndarray] | None = None
) -> SceneSample:
    """Read blocks on a regular lattice over the scene (all of a small one).

    Args:
        scene: The scene.
        progress: For a progress bar, and to cancel.
        labelled: Rows and columns of labelled pixels: where to look instead if the lattice
            falls on nodata only, as it can in a swath that fills little of its raster.

    Raises:
        InputError: if the scene has no valid pixel or no band that varies.
    """
    wanted = [int(band) for band in np.flatnonzero(scene.bands.good)]
    lattice = [(top, left) for top in _lattice(scene.height) for left in _lattice(scene.width)]
    pixels, seen = _read_blocks(scene, lattice, wanted, progress)
    if not len(pixels) and labelled is not None:
        pixels, seen = _read_blocks(scene, _blocks_of(*labelled), wanted, progress)
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


def _read_blocks(
    scene: Scene, blocks: list[tuple[int, int]], bands: list[int], progress: Progress
) -> tuple[np.ndarray, int]:
    """Return the valid pixels of blocks, float32 ``(n, len(bands))``, and how many were read."""
    spectra, seen = [np.empty((0, len(bands)), np.float32)], 0
    for done, (top, left) in enumerate(blocks):
        progress.report(done / len(blocks), "Sampling the scene")
        height = min(SAMPLE_BLOCK, scene.height - top)
        width = min(SAMPLE_BLOCK, scene.width - left)
        cube, valid = scene.read(top, left, height, width, bands)
        spectra.append(cube[:, valid].T)
        seen += valid.size
    return np.concatenate(spectra), seen


def _blocks_of(rows: np.ndarray, cols: np.ndarray) -> list[tuple[int, int]]:
    """Return where the blocks that hold the pixels begin, thinned to as many as a lattice's."""
    held = np.unique(np.stack([rows, cols], axis=1) // SAMPLE_BLOCK, axis=0) * SAMPLE_BLOCK
    stride = -(-len(held) // SAMPLE_BLOCKS_A_SIDE**2)
    return [(int(top), int(left)) for top, left in held[::stride]]


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
