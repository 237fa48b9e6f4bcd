"""The draft map: a rough class of every pixel, to write prompts and lay out labels with.

It never counts as truth: its discriminants are fitted to the labelled pixels alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..discriminant import linear_discriminants

#: Pixels of a chunk whose scores are held at a time.
_CHUNK = 65_536


@dataclass(frozen=True)
class DraftMap:
    """Linear discriminants on spectral components.

    Attributes:
        weight: float32 ``(components, classes)``.
        bias: float32 ``(classes,)``.
    """

    weight: np.ndarray
    bias: np.ndarray

    def of(self, components: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the likeliest class of pixels.

        Args:
            components: float32 ``(..., components)``.

        Returns:
            Class indices, int16 ``(...)``, and their posterior probabilities, float32 ``(...)``.
        """
        flat = components.reshape(-1, components.shape[-1])
        classes = np.empty(len(flat), np.int16)
        posterior = np.empty(len(flat), np.float32)
        for start in range(0, len(flat), _CHUNK):
            scores = flat[start : start + _CHUNK] @ self.weight + self.bias
            best = scores.argmax(axis=1)
            highest = scores[np.arange(len(best)), best]
            classes[start : start + _CHUNK] = best
            posterior[start : start + _CHUNK] = 1 / np.exp(scores - highest[:, None]).sum(axis=1)
        shape = components.shape[:-1]
        return classes.reshape(shape), posterior.reshape(shape)


def fit_draft_map(components: np.ndarray, classes: np.ndarray, n_classes: int) -> DraftMap:
    """Fit the discriminants, every class equally likely beforehand.

    How many labels a class has says nothing of how much of the scene it covers.

    Args:
        components: float32 ``(n, components)`` of labelled pixels.
        classes: int64 ``(n,)``, class indices.
        n_classes: How many there are; those without pixels are never chosen.
    """
    counts = np.bincount(classes, minlength=n_classes)
    means = np.zeros((n_classes, components.shape[1]))
    np.add.at(means, classes, components.astype(np.float64))
    means /= np.maximum(counts, 1)[:, None]
    if not np.any(components - means[classes].astype(np.float32)):
        return _nearest_mean(means, counts)
    weights = (1 / counts[classes]).astype(np.float32)
    found = linear_discriminants(components, classes, weights[None], n_classes)
    return DraftMap(
        found["classes.weight"][0].numpy().copy(), found["classes.bias"][0, 0].numpy().copy()
    )


def _nearest_mean(means: np.ndarray, counts: np.ndarray) -> DraftMap:
    """Return what chooses the nearest mean: one pixel a class tells nothing of its spread."""
    bias = np.where(counts > 0, -0.5 * (means**2).sum(axis=1), -np.inf)
    bias = np.maximum(bias - bias.max(), np.finfo(np.float32).min / 2)
    return DraftMap(means.T.astype(np.float32), bias.astype(np.float32))
