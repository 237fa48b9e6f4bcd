"""Peers without a network: forests and support vectors on spectra and on simple context."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import GridSearchCV, cross_val_score

from bench.peers import random_forest, support_vectors

from .benchmark import Benchmark, Outcome
from .spatial_inputs import components, morphological_profiles, smoothed

SIGMAS = (1.0, 2.0, 4.0)
CV_FOLDS = 3
PROFILE_COMPONENTS = 4
PROFILE_RADII = (2, 4, 6, 8)
FOREST_COMPONENTS = 30

Estimator = Callable[[int], Any]


def forest_on_bands(benchmark: Benchmark, seed: int) -> Outcome:
    """Random forest of 300 trees on the spectra."""
    return _on(lambda: benchmark.cube, random_forest, benchmark, seed)


def support_vectors_on_bands(benchmark: Benchmark, seed: int) -> Outcome:
    """SVM with an RBF kernel on the spectra, its parameters found by a grid search."""
    return _on(lambda: benchmark.cube, support_vectors, benchmark, seed)


def forest_on_components(benchmark: Benchmark, seed: int) -> Outcome:
    """Random forest on 30 whitened principal components."""
    return _on(lambda: components(benchmark, FOREST_COMPONENTS), random_forest, benchmark, seed)


def forest_on_smoothed(benchmark: Benchmark, seed: int) -> Outcome:
    """Random forest on Gaussian-smoothed bands."""
    return _on_smoothed(random_forest, benchmark, seed)


def support_vectors_on_smoothed(benchmark: Benchmark, seed: int) -> Outcome:
    """SVM on Gaussian-smoothed bands."""
    return _on_smoothed(support_vectors, benchmark, seed)


def support_vectors_on_profiles(benchmark: Benchmark, seed: int) -> Outcome:
    """SVM on extended morphological profiles of four principal components."""

    def profiles() -> np.ndarray:
        return morphological_profiles(components(benchmark, PROFILE_COMPONENTS), PROFILE_RADII)

    return _on(profiles, support_vectors, benchmark, seed)


def _on(
    make_inputs: Callable[[], np.ndarray], estimator: Estimator, benchmark: Benchmark, seed: int
) -> Outcome:
    """Train and judge on the channels that ``make_inputs`` returns, ``(channels, h, w)``."""
    started = time.perf_counter()
    inputs = make_inputs()
    model = _prepared(estimator, seed)
    with _quiet():
        model.fit(benchmark.train.of(inputs), benchmark.train.classes)
    return _said(model, inputs, benchmark, started, {})


def _on_smoothed(estimator: Estimator, benchmark: Benchmark, seed: int) -> Outcome:
    """Choose the width of the smoothing by cross-validation on the training pixels."""
    started = time.perf_counter()
    marks, known = {}, benchmark.train
    for sigma in SIGMAS:
        inputs = smoothed(benchmark.cube, benchmark.valid, sigma)
        model = _prepared(estimator, seed)
        with _quiet():
            if isinstance(model, GridSearchCV):
                mark = model.fit(known.of(inputs), known.classes).best_score_
            else:
                scores = cross_val_score(model, known.of(inputs), known.classes, cv=CV_FOLDS)
                mark = scores.mean()
                model.fit(known.of(inputs), known.classes)
        marks[sigma] = (float(mark), model, inputs)
    sigma = max(marks, key=lambda width: marks[width][0])
    return _said(*marks[sigma][1:], benchmark, started, {"sigma": f"{sigma:g}"})


def _prepared(estimator: Estimator, seed: int) -> Any:
    return estimator(seed).set_params(n_jobs=torch.get_num_threads())


def _said(
    model: Any, inputs: np.ndarray, benchmark: Benchmark, started: float, notes: dict[str, str]
) -> Outcome:
    trained = time.perf_counter()
    predicted = model.predict(benchmark.test.of(inputs))
    ended = time.perf_counter()
    return Outcome(predicted, trained - started, ended - trained, {}, notes)


class _quiet(warnings.catch_warnings):  # noqa: N801
    """Classes of fewer pixels than folds are spread as well as they can be."""

    def __enter__(self) -> Any:
        entered = super().__enter__()
        warnings.simplefilter("ignore", UserWarning)
        return entered
