"""How good a class map is: confusion matrix and accuracy.

One convention holds everywhere: in a confusion matrix **rows are the map's classes and
columns are the reference's** (Olofsson et al. 2014). So a row divided by its sum speaks of
user's accuracy, a column divided by its sum of producer's accuracy.

Areas with their intervals are in ``area``, what a confidence is worth is in ``calibration``.
Pure functions on numpy arrays. A figure that is not defined is NaN, never 0 or 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def confusion_matrix(
    reference: ArrayLike, predicted: ArrayLike, n_classes: int
) -> NDArray[np.int64]:
    """Count pixels by mapped and by reference class.

    Args:
        reference: Class indices 0 … ``n_classes`` − 1 on the ground, integers, any shape.
        predicted: Class indices of the map at the same pixels, the same shape.
        n_classes: K, the number of classes.

    Returns:
        int64 (K, K): **rows are the map, columns the reference**.

    Raises:
        ValueError: if the shapes differ or an index lies outside 0 … K − 1.
    """
    truth = np.asarray(reference).ravel()
    mapped = np.asarray(predicted).ravel()
    if truth.shape != mapped.shape:
        raise ValueError(f"{truth.size} reference pixels do not match {mapped.size} mapped ones.")
    for indices in (truth, mapped):
        if indices.size and not (indices.min() >= 0 and indices.max() < n_classes):
            raise ValueError(
                f"Class indices run from {indices.min()} to {indices.max()}, "
                f"but must lie in 0 … {n_classes - 1}."
            )
    flat = mapped.astype(np.int64) * n_classes + truth.astype(np.int64)
    counts = np.bincount(flat, minlength=n_classes * n_classes).astype(np.int64)
    return counts.reshape(n_classes, n_classes)


@dataclass(frozen=True)
class Accuracy:
    """What a confusion matrix says, each figure in [0, 1] (κ in [−1, 1]) or NaN if undefined.

    Attributes:
        n: Number of reference pixels.
        overall: Share of pixels that are right.
        balanced: Mean producer's accuracy of the classes that the reference holds.
        kappa: Cohen's κ.
        macro_f1: Mean F1 of the classes that the map or the reference holds.
        mean_iou: Mean intersection over union of the same classes.
        f1: F1 a class, (K,).
        iou: Intersection over union a class, (K,).
        users: User's accuracy a class (precision), (K,).
        producers: Producer's accuracy a class (recall), (K,).
        mapped: Pixels a class in the map, (K,).
        reference: Pixels a class in the reference, (K,).
    """

    n: int
    overall: float
    balanced: float
    kappa: float
    macro_f1: float
    mean_iou: float
    f1: tuple[float, ...]
    iou: tuple[float, ...]
    users: tuple[float, ...]
    producers: tuple[float, ...]
    mapped: tuple[int, ...]
    reference: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON: undefined ones are None."""
        return {
            "n": self.n,
            "overall_accuracy": defined(self.overall),
            "balanced_accuracy": defined(self.balanced),
            "kappa": defined(self.kappa),
            "macro_f1": defined(self.macro_f1),
            "mean_iou": defined(self.mean_iou),
            "f1": [defined(v) for v in self.f1],
            "iou": [defined(v) for v in self.iou],
            "users_accuracy": [defined(v) for v in self.users],
            "producers_accuracy": [defined(v) for v in self.producers],
            "mapped_pixels": list(self.mapped),
            "reference_pixels": list(self.reference),
        }


def accuracy(matrix: ArrayLike) -> Accuracy:
    """Compute the usual figures of a confusion matrix.

    Args:
        matrix: Counts (K, K), rows map, columns reference.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    mapped, reference = counts.sum(axis=1), counts.sum(axis=0)
    right, n = np.diag(counts), int(counts.sum())
    users, producers = ratio(right, mapped), ratio(right, reference)
    f1 = ratio(2 * right, mapped + reference)
    iou = ratio(right, mapped + reference - right)
    overall = float(right.sum() / n) if n else math.nan
    by_chance = float((mapped / n) @ (reference / n)) if n else math.nan
    return Accuracy(
        n=n,
        overall=overall,
        balanced=_mean(producers),
        kappa=(overall - by_chance) / (1 - by_chance) if by_chance < 1 else math.nan,
        macro_f1=_mean(f1),
        mean_iou=_mean(iou),
        f1=tuple(f1.tolist()),
        iou=tuple(iou.tolist()),
        users=tuple(users.tolist()),
        producers=tuple(producers.tolist()),
        mapped=tuple(mapped.tolist()),
        reference=tuple(reference.tolist()),
    )


def defined(value: float) -> float | None:
    """Return the value, or None if it is NaN."""
    return None if math.isnan(value) else float(value)


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, with NaN where the whole is 0."""
    answer = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=answer, where=np.asarray(whole) != 0)
    return answer


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of the defined values, NaN if there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan
