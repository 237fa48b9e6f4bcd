"""Whether a classifier that the synthesizer has no part in recognises its samples.

A support vector machine with a Gaussian kernel on standardised real spectra. What it says of
samples counts only for classes that it tells apart on real labels of held-out places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ..folds import spatial_folds
from ..training_pixels import thinned

#: Ordinary for standardised spectra; the question is one of likeness, so nothing is tuned.
COST = 10.0
#: Time grows with the square.
MOST_PIXELS = 2000
#: Samples classified between two looks at whether the job was cancelled.
AT_ONCE = 500


@dataclass(frozen=True)
class Recognition:
    """What the classifier says.

    Attributes:
        recognised: Share of the samples of each class taken for that class, float64 (classes,);
            NaN without samples or where the classifier does not know the class.
        own: Share of held-out real pixels of each class taken for it, float64 (classes,); NaN
            where a class lies in one place only.
        taken_for: int64 (samples,), class of each sample, -1 without a classifier.
    """

    recognised: NDArray[np.float64]
    own: NDArray[np.float64]
    taken_for: NDArray[np.int64]


@dataclass(frozen=True)
class RealPixels:
    """Labelled pixels to learn from.

    Attributes:
        spectra: float32 (n, bands).
        classes: int64 (n,), class indices.
        polygons: int64 (n,).
        rows: int64 (n,).
        cols: int64 (n,).
    """

    spectra: NDArray[np.float32]
    classes: NDArray[np.int64]
    polygons: NDArray[np.int64]
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]


def recognise(
    real: RealPixels,
    samples: NDArray[np.floating],
    sample_classes: NDArray[np.int64],
    n_classes: int,
    seed: int = 0,
    tick: Callable[[float], None] = lambda _: None,
) -> Recognition:
    """Train on real pixels, and classify samples and held-out real pixels.

    Args:
        real: Labelled pixels.
        samples: (m, bands).
        sample_classes: int64 (m,).
        n_classes: Number of classes.
        seed: Of thinning.
        tick: Told the fraction done.
    """
    keep = thinned(real.classes, real.polygons, seed, MOST_PIXELS)
    x, y, polygons = real.spectra[keep], real.classes[keep], real.polygons[keep]
    unknown = np.full(n_classes, np.nan)
    if len(np.unique(y)) < 2:
        return Recognition(unknown, unknown.copy(), np.full(len(samples), -1))
    folds = spatial_folds(real.rows[keep], real.cols[keep], y, polygons)
    said = np.full(len(y), -1)
    for fold in range(folds.count):
        tick(0.7 * fold / folds.count)
        held, seen = folds.fold == fold, folds.fold != fold
        if held.any() and len(np.unique(y[seen])) > 1:
            said[held] = _classifier().fit(x[seen], y[seen]).predict(x[held])
    taken = np.full(len(samples), -1)
    tick(0.7)
    if len(samples):
        classifier = _classifier().fit(x, y)
        for start in range(0, len(samples), AT_ONCE):
            tick(0.8 + 0.2 * start / len(samples))
            some = slice(start, start + AT_ONCE)
            taken[some] = classifier.predict(samples[some])
    own, recognised = unknown.copy(), unknown.copy()
    for index in range(n_classes):
        judged = (y == index) & (said >= 0)
        mine = sample_classes == index
        if judged.any():
            own[index] = (said[judged] == index).mean()
        if mine.any() and (y == index).any():
            recognised[index] = (taken[mine] == index).mean()
    return Recognition(recognised, own, taken)


def _classifier() -> Pipeline:
    return make_pipeline(
        StandardScaler(), SVC(C=COST, gamma="scale", class_weight="balanced", cache_size=200)
    )
