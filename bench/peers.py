"""What an analyst would use instead, on the pixels' spectra alone."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import sample_scene
from hsi_film_plugin.engine.training_pixels import read_pixels


def random_forest(seed: int) -> Any:
    """Return EnMAP-Box's usual choice, with 300 trees."""
    return RandomForestClassifier(300, random_state=seed, n_jobs=-1)


def support_vectors(seed: int) -> Any:
    """Return an SVM with an RBF kernel, its parameters found by a grid search."""
    grid = {"svc__C": [1, 10, 100, 1000], "svc__gamma": ["scale", 1e-3, 1e-2, 1e-1]}
    model = make_pipeline(StandardScaler(), SVC(random_state=seed))
    return GridSearchCV(model, grid, cv=3, n_jobs=-1)


def perceptron(seed: int) -> Any:
    """Return a multilayer perceptron."""
    return make_pipeline(
        StandardScaler(), MLPClassifier((128, 64), max_iter=500, random_state=seed)
    )


PEERS: dict[str, Callable[[int], Any]] = {
    "Random forest, 300 trees": random_forest,
    "SVM, RBF kernel, grid search": support_vectors,
    "Spectral MLP": perceptron,
}


def main() -> None:
    """Train one peer, map the whole scene, judge it.

    Arguments: NAME SEED RASTER TRAIN TEST FIELD. Prints overall and balanced accuracy,
    in percent, as JSON.
    """
    name, seed, raster, train, test, field = sys.argv[1:]
    with Scene.open(raster) as scene:
        bands = sample_scene(scene, Progress()).bands
        known = read_labels(Path(train), scene, field or None)
        asked = read_labels(Path(test), scene, field or None)
        values = [np.array([c.value for c in x.classes])[x.classes_of] for x in (known, asked)]
        spectra, _ = read_pixels(scene, known.rows, known.cols, bands)
        cube, valid = scene.read(0, 0, scene.height, scene.width, bands)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = PEERS[name](int(seed)).fit(spectra, values[0])
    mapped = np.zeros(valid.shape, int)
    mapped[valid] = model.predict(cube[:, valid].T)
    said = mapped[asked.rows, asked.cols]
    figures = {
        "overall": 100 * float((said == values[1]).mean()),
        "balanced": 100 * float(balanced_accuracy_score(values[1], said)),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
