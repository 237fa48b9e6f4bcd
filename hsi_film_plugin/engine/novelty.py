"""How unlike all labelled pixels a pixel is: so that a map can say where it only guesses.

A classifier shares all probability out among the classes that it knows, so it can be sure of
a pixel whose class nobody labelled. The distance to the nearest labelled spectra cannot.

The distance is taken in a few principal components of the scene, in which the spread of
pixels within their classes is made equal in all directions (as in the shared covariance of
Lee et al. 2018, "A simple unified framework for detecting out-of-distribution samples"), to
the third-nearest labelled pixel (as Sun et al. 2022, "Out-of-distribution detection with deep
nearest neighbors"). It is measured against what is usual on ground that was not labelled:
from pixels that a fold holds out to the labelled pixels of the other folds. ``python -m
bench.unlike`` compares it with others by leaving classes out; spatial features helped only
where test pixels lie in labelled fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .folds import Folds
from .statistics import AffineMap, standardisation
from .training_pixels import TrainingPixels, thinned

COMPONENTS = 15
NEIGHBOURS = 3
#: Labelled pixels that distances are measured to; more are thinned, evenly over classes.
MOST_PROTOTYPES = 1000
#: How far the covariance within classes is drawn towards equal spread in all directions.
SHRINKAGE = 0.1
#: Fewer held-out pixels say too little of what is usual.
LEAST_HELD_OUT = 20
#: One-sided 95 % point of the normal distribution, and what makes a median absolute
#: deviation a standard deviation.
NORMAL_95, MAD_TO_SD = 1.6449, 1.4826
#: Ratios beyond this, and those of pixels whose numbers overflow, count as this.
MOST_UNLIKE = 1e6


@dataclass(frozen=True)
class Novelty:
    """What tells pixels that are like nothing labelled.

    Attributes:
        space: Maps the spectra of the used bands to the space of the distances.
        prototypes: float32 ``(n, components)``: labelled pixels there.
        radius: Distance that 95 % of the labelled pixels keep within on other ground.
    """

    space: AffineMap
    prototypes: np.ndarray
    radius: float

    def __call__(self, spectra: np.ndarray) -> np.ndarray:
        """Return how unlike all labelled pixels each is, float32 ``(n,)``; above 1 is unlike.

        Args:
            spectra: float32 ``(n, used bands)``. Give all calls the same n: rounding may
                depend on it.
        """
        distances = nearest_distances(self.space(spectra), self.prototypes)
        ratio = np.nan_to_num(distances / np.float32(self.radius), nan=np.inf)
        result: np.ndarray = np.minimum(ratio, np.float32(MOST_UNLIKE))
        return result


def fit_novelty(pixels: TrainingPixels, folds: Folds, scene_spectra: np.ndarray) -> Novelty | None:
    """Learn what labelled pixels look like, and how far from it is usual.

    Args:
        pixels: The labelled pixels.
        folds: How they are held out.
        scene_spectra: float32 ``(m, used bands)``: pixels that stand for the scene.

    Returns:
        None where too few pixels can be held out to say what is usual.
    """
    components = principal_components(scene_spectra, COMPONENTS)
    inputs = components(pixels.spectra)
    radius = usual_radius(held_out_distances(inputs, pixels, folds.fold))
    if radius is None:
        return None
    equal = within_class_whitening(inputs, pixels.classes)
    space = AffineMap(components.mean, components.matrix @ equal)
    chosen = thinned(pixels.classes, pixels.polygons, 0, MOST_PROTOTYPES)
    return Novelty(space, space(pixels.spectra[chosen]), radius)


def usual_radius(held_out: np.ndarray) -> float | None:
    """Return the distance that 95 % of held-out pixels keep within.

    The 95 % point of a log-normal distribution with the median and the median absolute
    deviation of the distances. A plain quantile would be that of the few classes that one fold
    holds nearly all of, whose pixels are unlike the other folds'.

    Args:
        held_out: Distances of held-out pixels, ``(n,)``.

    Returns:
        None where there are too few.
    """
    known = held_out[held_out > 0]
    if len(known) < LEAST_HELD_OUT:
        return None
    logs = np.log(known.astype(np.float64))
    middle = np.median(logs)
    spread = MAD_TO_SD * np.median(np.abs(logs - middle))
    return float(np.exp(middle + NORMAL_95 * spread))


def held_out_distances(inputs: np.ndarray, pixels: TrainingPixels, fold: np.ndarray) -> np.ndarray:
    """Return the distances of held-out pixels to the other folds' pixels, ``(held out,)``.

    Args:
        inputs: float32 ``(n, components)``.
        pixels: The same n pixels.
        fold: int64 ``(n,)``, -1 where a pixel is never held out.
    """
    found = []
    for k in range(fold.max() + 1):
        held, others = fold == k, np.flatnonzero(fold != k)
        equal = within_class_whitening(inputs[others], pixels.classes[others])
        near = thinned(pixels.classes[others], pixels.polygons[others], 0, MOST_PROTOTYPES)
        found.append(nearest_distances(inputs[held] @ equal, inputs[others[near]] @ equal))
    return np.concatenate(found) if found else np.empty(0, np.float32)


def principal_components(spectra: np.ndarray, components: int) -> AffineMap:
    """Return the map to the principal components of standardised bands, not scaled.

    Args:
        spectra: float32 ``(m, bands)``.
        components: At most so many.
    """
    scale = standardisation(spectra)
    covariance = np.cov(scale(spectra).astype(np.float64), rowvar=False)
    _, vectors = np.linalg.eigh(covariance.reshape(spectra.shape[1], spectra.shape[1]))
    leading = vectors[:, ::-1][:, :components]
    return AffineMap(scale.mean, (scale.matrix @ leading).astype(np.float32))


def within_class_whitening(inputs: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the matrix after which the spread within classes is equal in all directions.

    Args:
        inputs: float32 ``(n, components)``.
        classes: int64 ``(n,)``.

    Returns:
        float32 ``(components, components)``.
    """
    _, index = np.unique(classes, return_inverse=True)
    counts = np.bincount(index)
    means = np.stack([np.bincount(index, column) / counts for column in inputs.T], axis=1)
    residual = inputs - means[index]
    covariance = residual.T @ residual / len(residual)
    even = np.trace(covariance) / len(covariance) or 1.0
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * even * np.eye(len(covariance))
    return np.linalg.cholesky(np.linalg.inv(shrunk)).astype(np.float32)


def nearest_distances(points: np.ndarray, prototypes: np.ndarray) -> np.ndarray:
    """Return the distance of each point to its third-nearest prototype, float32 ``(n,)``.

    Args:
        points: float32 ``(n, components)``.
        prototypes: float32 ``(m, components)``; of fewer than three, the farthest counts.
    """
    known = torch.from_numpy(np.ascontiguousarray(prototypes))
    asked = torch.from_numpy(np.ascontiguousarray(points))
    # |x - p|² = |x|² + (|p|² - 2 x·p): one product of matrices
    partial = torch.addmm((known * known).sum(1)[None], asked, known.T, alpha=-2)
    rank = min(NEIGHBOURS, len(known))
    squared = partial.topk(rank, dim=1, largest=False).values[:, -1] + (asked * asked).sum(1)
    distances: np.ndarray = squared.clamp(min=0).sqrt().numpy()
    return distances
