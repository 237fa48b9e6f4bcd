"""Combines the spectra of labels into one curve a class, and brings curves to one scale."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .spectrum_reader import LabelSpectra


class Scale(enum.Enum):
    """What the plot shows of spectra.

    VALUES: the scene's values. MEAN: divided by their mean, which hides brightness.
    CONTINUUM: divided by their upper convex hull (Clark and Roush 1984), which brings out
    absorption.
    """

    VALUES = "values"
    MEAN = "mean"
    CONTINUUM = "continuum"


@dataclass(frozen=True)
class ClassCurve:
    """The spectra of a class's labels.

    Attributes:
        class_id: The class.
        name: Its name.
        color: ``#rrggbb``.
        mean: Physical values, float (bands,).
        sd: Standard deviation of its pixels, float (bands,); 0 where there is one pixel.
        count: Pixels.
    """

    class_id: int
    name: str
    color: str
    mean: np.ndarray
    sd: np.ndarray
    count: int


@dataclass(frozen=True)
class LabelCurve:
    """The mean spectrum of one label.

    Attributes:
        fid: The label.
        class_id: Its class.
        color: ``#rrggbb``.
        mean: Physical values, float (bands,).
    """

    fid: object
    class_id: int
    color: str
    mean: np.ndarray


def class_curve(
    class_id: int, name: str, color: str, spectra: Sequence[LabelSpectra]
) -> ClassCurve | None:
    """Combine labels into the mean and the deviation of all of their pixels.

    Exact for any sizes of the labels (Chan, Golub, LeVeque 1983).

    Returns:
        The curve; None if no label has a valid pixel.
    """
    filled = [label for label in spectra if label.count > 0]
    if not filled:
        return None
    counts = np.array([label.count for label in filled], dtype=np.float64)[:, None]
    means = np.array([label.mean for label in filled])
    total = float(counts.sum())
    mean = (counts * means).sum(axis=0) / total
    m2 = sum(label.m2 for label in filled) + (counts * (means - mean) ** 2).sum(axis=0)
    sd = np.sqrt(m2 / (total - 1)) if total > 1 else np.zeros_like(mean)
    return ClassCurve(class_id, name, color, mean, sd, int(total))


def divisor(values: np.ndarray, x: np.ndarray, good: np.ndarray, scale: Scale) -> np.ndarray:
    """Return what a spectrum is divided by to show it at a scale.

    Args:
        values: float (bands,).
        x: Where the bands lie, ascending, float (bands,).
        good: Which bands count, bool (bands,).
        scale: What to show.

    Returns:
        float64 (bands,); NaN where the scale is not defined, as for a mean of 0.
    """
    used = good & np.isfinite(values)
    if scale is Scale.VALUES:
        return np.ones(values.shape)
    if not used.any():
        return np.full(values.shape, np.nan)
    if scale is Scale.MEAN:
        below = np.full(values.shape, float(values[used].mean()))
    else:
        below = np.interp(x, *_upper_hull(x[used], values[used]), left=np.nan, right=np.nan)
    return np.where(below > 0, below, np.nan)


def _upper_hull(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hull: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist()):
        while len(hull) > 1 and _bends_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    found = np.array(hull)
    return found[:, 0], found[:, 1]


def _bends_up(
    first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]
) -> bool:
    return (middle[0] - first[0]) * (last[1] - first[1]) >= (middle[1] - first[1]) * (
        last[0] - first[0]
    )
