"""Linear discriminants: the heads that need the fewest labels.

Linear discriminant analysis with the pooled covariance shrunk as Ledoit and Wolf
(2004) derive. It has no random part and nothing to tune, and where labels are few it
is hard to beat on spectra.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.covariance import ledoit_wolf

from .heads import Parameters

#: How far a class without pixels lies below the mean of the others, so that it is never chosen.
ABSENT = -50.0


def linear_discriminants(
    inputs: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    n_classes: int,
    shares: np.ndarray | None = None,
) -> Parameters:
    """Return one discriminant for each row of weights.

    Args:
        inputs: float32 ``(n, inputs)``.
        classes: int64 ``(n,)``.
        weights: float32 ``(heads, n)``; zero keeps a pixel from a head. The weight of a
            class's pixels together is its prior.
        n_classes: Outputs.
        shares: float32 ``(n,)``, what each pixel counts in means and covariance; all alike
            where it is None.

    Returns:
        ``classes.weight (heads, inputs, n_classes)`` and ``classes.bias (heads, 1, n_classes)``.
    """
    counts = np.ones(len(classes)) if shares is None else shares.astype(np.float64)
    found = [
        _discriminant(inputs[row > 0], classes[row > 0], row[row > 0], n_classes, counts[row > 0])
        for row in weights
    ]
    return {
        "classes.weight": torch.from_numpy(np.stack([weight for weight, _ in found])),
        "classes.bias": torch.from_numpy(np.stack([bias[None] for _, bias in found])),
    }


def _discriminant(
    inputs: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    n_classes: int,
    shares: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    x = inputs.astype(np.float64)
    totals = np.bincount(classes, shares, minlength=n_classes)
    present = totals > 0
    means = np.zeros((n_classes, x.shape[1]))
    np.add.at(means, classes, x * shares[:, None])
    means /= np.where(present, totals, 1)[:, None]
    # a deviation that counts half adds half of its square to the covariance
    spread = (x - means[classes]) * np.sqrt(shares / shares.mean())[:, None]
    covariance, _ = ledoit_wolf(spread, assume_centered=True)
    # inputs that do not vary within classes have no variance to divide by
    covariance += (
        1e-9 * max(np.trace(covariance) / len(covariance), 1e-12) * np.eye(len(covariance))
    )
    weight = np.linalg.solve(covariance, means.T)
    prior = np.bincount(classes, weights.astype(np.float64), minlength=n_classes)
    bias = -0.5 * np.einsum("cd,dc->c", means, weight) + np.log(np.where(present, prior, 1))
    # only differences between classes count; these keep the numbers small
    weight -= weight[:, present].mean(axis=1, keepdims=True)
    bias -= bias[present].mean()
    weight[:, ~present], bias[~present] = 0, ABSENT
    return weight.astype(np.float32), bias.astype(np.float32)
