"""What a confidence is worth: how often it is right, and what asking for more of it costs.

Pure functions on numpy arrays. A figure that is not defined is NaN, never 0 or 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .assessment import ratio

#: As in Guo et al. 2017.
BINS = 15
#: Of ``MIN_CONFIDENCE``, for the table of what they keep.
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Calibration:
    """How often a classifier is right where it says that it is p sure.

    Attributes:
        ece: Expected calibration error in [0, 1]: mean |accuracy − confidence| over pixels.
        edges: Edges of the bins of confidence, (bins + 1,).
        count: Pixels a bin, (bins,).
        confidence: Mean confidence a bin, NaN where it is empty, (bins,).
        accuracy: Share of right pixels a bin, NaN where it is empty, (bins,).
    """

    ece: float
    edges: tuple[float, ...]
    count: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]


@dataclass(frozen=True)
class Kept:
    """What is left when less sure pixels stay unclassified.

    Attributes:
        threshold: The least confidence.
        share: Share of pixels at or above it.
        accuracy: Share of them that are right, NaN where none is left.
    """

    threshold: float
    share: float
    accuracy: float


def calibration(
    probability_of_winner: ArrayLike, correct: ArrayLike, bins: int = BINS
) -> Calibration:
    """Compare the confidence of the winning class with how often it is right.

    Expected calibration error over bins of equal width (Guo et al. 2017, "On calibration of
    modern neural networks", eq. 3).

    Args:
        probability_of_winner: Probability of the winning class in [0, 1], (n,).
        correct: Whether it was right, bool (n,).
        bins: Number of bins of equal width between 0 and 1.
    """
    probability = np.asarray(probability_of_winner, dtype=np.float64).ravel()
    right = np.asarray(correct, dtype=np.float64).ravel()
    edges = np.linspace(0.0, 1.0, bins + 1)
    which = np.clip(np.digitize(probability, edges[1:-1], right=True), 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    confidence = ratio(np.bincount(which, probability, bins), count)
    share_right = ratio(np.bincount(which, right, bins), count)
    gaps = np.abs(share_right - confidence)[count > 0]
    ece = float((gaps * count[count > 0]).sum() / count.sum()) if count.sum() else math.nan
    return Calibration(
        ece=ece,
        edges=tuple(edges.tolist()),
        count=tuple(count.tolist()),
        confidence=tuple(confidence.tolist()),
        accuracy=tuple(share_right.tolist()),
    )


def kept(
    probability_of_winner: ArrayLike,
    correct: ArrayLike,
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> tuple[Kept, ...]:
    """Return, for each least confidence, how many pixels it keeps and how many are right.

    A pixel is kept as ``MIN_CONFIDENCE`` keeps it: if its confidence is not below.

    Args:
        probability_of_winner: Probability of the winning class in [0, 1], (n,).
        correct: Whether it was right, bool (n,).
        thresholds: The least confidences.
    """
    probability = np.asarray(probability_of_winner).ravel()
    right = np.asarray(correct, dtype=bool).ravel()
    found = []
    for threshold in thresholds:
        keep = probability >= threshold
        share = float(keep.mean()) if keep.size else math.nan
        found.append(Kept(threshold, share, float(right[keep].mean()) if keep.any() else math.nan))
    return tuple(found)


def in_plain_words(probability_of_winner: ArrayLike, correct: ArrayLike) -> str:
    """Say of the tenth of the confidences that most pixels have how often it is right.

    Args:
        probability_of_winner: Probability of the winning class in [0, 1], at least one, (n,).
        correct: Whether it was right, bool (n,).
    """
    tenths = calibration(probability_of_winner, correct, 10)
    fullest = int(np.argmax(tenths.count))
    return (
        f"Of the {tenths.count[fullest]} held-out pixels with a confidence of "
        f"{10 * fullest}–{10 * fullest + 10} %, {100 * tenths.accuracy[fullest]:.0f} % were right."
    )
