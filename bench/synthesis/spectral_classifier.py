"""Support vectors on spectra, alike for all arms."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from .remedies import Examples

_GRID = {"C": [1, 10, 100, 1000], "gamma": ["scale", 1e-3, 1e-2]}
_FOLDS = 3


def support_vectors(
    known: Examples, chosen_on: Examples, asked: np.ndarray, weighted: bool, seed: int
) -> np.ndarray:
    """Return what an SVM with an RBF kernel says of spectra, class indices int64 ``(n,)``.

    Its two parameters are chosen once for all arms, on the real examples with classes counting
    alike: held-out copies of what is trained on would make the closest fit look best, and another
    choice for each arm would hide what the arms do.

    Args:
        known: Standardised spectra to be trained on.
        chosen_on: The real ones among them.
        asked: float32 ``(n, bands)``, standardised alike.
        weighted: Whether classes count alike, however many examples they have.
        seed: Of the folds.
    """
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    search = GridSearchCV(
        SVC(class_weight="balanced"), _GRID, cv=folds, scoring="balanced_accuracy", refit=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)  # a class of fewer examples than folds
        search.fit(chosen_on.values, chosen_on.classes)
        model = SVC(class_weight="balanced" if weighted else None, **search.best_params_)
        model.fit(known.values, known.classes)
    said: np.ndarray = model.predict(asked).astype(np.int64)
    return said
