"""How far a cloud of samples covers a cloud of real pixels: ellipse, precision, recall, spread.

Precision and recall are those of Kynkäänniemi et al. 2019 ("Improved precision and recall
metric for assessing generative models"): the share of samples within reach of a real pixel,
and of real pixels within reach of a sample, reach being the distance to the k-th neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import f as f_distribution

Floats = NDArray[np.float64]

#: Kynkäänniemi et al. use 3 for tens of thousands of points.
MOST_NEIGHBOURS = 3
#: An ellipse in two dimensions needs a pixel more than this to have any edge at all.
LEAST_FOR_ELLIPSE = 5
#: Clouds are thinned to this, since both sides of a ratio must be as dense.
MOST = 500


@dataclass(frozen=True)
class Ellipse:
    """The region that a further pixel of a class falls into with 95 % chance, if normal.

    Attributes:
        mean: float64 (2,).
        covariance: float64 (2, 2).
        radius2: Squared Mahalanobis radius.
    """

    mean: Floats
    covariance: Floats
    radius2: float

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Return which of the points (n, 2) lie inside."""
        away = points - self.mean
        squared = (away * np.linalg.solve(self.covariance, away.T).T).sum(axis=1)
        inside: NDArray[np.bool_] = squared <= self.radius2
        return inside

    def outline(self, points: int = 72) -> Floats:
        """Return the outline, float64 (points + 1, 2)."""
        turn = np.linspace(0, 2 * np.pi, points + 1)
        circle = np.sqrt(self.radius2) * np.stack([np.cos(turn), np.sin(turn)])
        line: Floats = self.mean + (np.linalg.cholesky(self.covariance) @ circle).T
        return line


@dataclass(frozen=True)
class Coverage:
    """How two clouds cover each other.

    Attributes:
        precision: Share of samples within reach of a real pixel.
        recall: Share of real pixels within reach of a sample.
        neighbours: The k that was used.
    """

    precision: float
    recall: float
    neighbours: int


def prediction_ellipse(points: Floats) -> Ellipse | None:
    """Return the 95 % prediction ellipse of points (n, 2), None for too few or flat ones.

    Hotelling's region for one further draw, so that few points give a wide ellipse.
    """
    n = len(points)
    if n < LEAST_FOR_ELLIPSE:
        return None
    covariance = np.cov(points, rowvar=False)
    if np.linalg.cond(covariance) > 1e10 or not np.trace(covariance) > 0:
        return None
    radius2 = 2 * (n + 1) * (n - 1) / (n * (n - 2)) * f_distribution.ppf(0.95, 2, n - 2)
    return Ellipse(points.mean(axis=0), covariance, float(radius2))


def coverage(real: Floats, synthetic: Floats, seed: int = 0) -> Coverage | None:
    """Return precision and recall of samples (m, k) for real pixels (n, k).

    None where either side has fewer than two, and so no reach. Both are thinned to the same
    number, as reach shrinks with density.
    """
    size = min(len(real), len(synthetic), MOST)
    if size < 2:
        return None
    rng = np.random.default_rng(seed)
    real = real[np.sort(rng.permutation(len(real))[:size])]
    synthetic = synthetic[np.sort(rng.permutation(len(synthetic))[:size])]
    k = min(MOST_NEIGHBOURS, size - 1)
    between = cdist(real, synthetic)
    precision = (between <= _reach(real, k)[:, None]).any(axis=0).mean()
    recall = (between <= _reach(synthetic, k)[None]).any(axis=1).mean()
    return Coverage(float(precision), float(recall), k)


def mean_distance(points: Floats) -> float:
    """Return the mean distance between points (n, k), thinned to 500; NaN with fewer than two."""
    if len(points) < 2:
        return np.nan
    step = -(-len(points) // MOST)
    return float(pdist(points[::step]).mean())


def _reach(points: Floats, k: int) -> Floats:
    """Return the distance of each point to its k-th neighbour, float64 (n,)."""
    distances = cdist(points, points)
    reach: Floats = np.partition(distances, k, axis=1)[:, k]
    # cdist rounds, so that a copy of a point must still be within a reach of zero
    return reach + 1e-9 * (distances.max() or 1.0)
