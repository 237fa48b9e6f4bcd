"""A scene with a split into training and test pixels, as every method receives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hsi_film_plugin.engine.assessment import accuracy, confusion_matrix
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import sample_scene


@dataclass(frozen=True)
class SceneFiles:
    """Where a scene and its split lie.

    Attributes:
        raster: The scene.
        train: Polygons or a label raster.
        test: Likewise; pixels that are trained on are not tested.
        class_field: Of the polygons; None for label rasters.
        notes: Sentences on the split that a reader of its figures must know.
    """

    raster: Path
    train: Path
    test: Path
    class_field: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pixels:
    """Labelled pixels.

    Attributes:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
    """

    rows: np.ndarray
    cols: np.ndarray
    classes: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def chosen(self, which: np.ndarray) -> Pixels:
        """Return some of the pixels."""
        return Pixels(self.rows[which], self.cols[which], self.classes[which])

    def of(self, cube: np.ndarray) -> np.ndarray:
        """Return the pixels of a cube ``(channels, height, width)``, ``(n, channels)``."""
        values: np.ndarray = cube[:, self.rows, self.cols].T
        return values


@dataclass(frozen=True)
class Benchmark:
    """A scene and a split.

    Attributes:
        name: The scene setting's.
        draw: Seed of the split, of the simulation and of the methods.
        cube: float32 ``(bands, height, width)``, good bands that vary; 0 where not valid.
        valid: bool ``(height, width)``.
        wavelengths: In nm, of the cube's bands, or None.
        values: int64 ``(classes,)``: the classes' numbers in the label files, ascending.
        train: What may be trained on.
        test: What is judged.
        files: The same as files.
    """

    name: str
    draw: int
    cube: np.ndarray
    valid: np.ndarray
    wavelengths: np.ndarray | None
    values: np.ndarray
    train: Pixels
    test: Pixels
    files: SceneFiles

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.values)

    def spectra(self, most: int = 20_000) -> np.ndarray:
        """Return valid pixels spread over the scene, float32 ``(at most most, bands)``."""
        places = np.flatnonzero(self.valid)
        chosen = places[:: -(-len(places) // most)]
        return np.ascontiguousarray(self.cube.reshape(len(self.cube), -1)[:, chosen].T)


@dataclass(frozen=True)
class Outcome:
    """What a method said of the test pixels.

    Attributes:
        predicted: int64 ``(n,)``, class indices.
        train_seconds: Wall time up to a model that is ready.
        predict_seconds: Wall time of the prediction.
        figures: Whatever else was measured, by name.
        notes: What it chose, in words, by name.
    """

    predicted: np.ndarray
    train_seconds: float
    predict_seconds: float
    figures: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def judged(benchmark: Benchmark, outcome: Outcome) -> dict[str, float]:
    """Return an outcome's figures; accuracies in [0, 1]."""
    matrix = confusion_matrix(benchmark.test.classes, outcome.predicted, benchmark.n_classes)
    found = accuracy(matrix)
    return {
        "overall": found.overall,
        "balanced": found.balanced,
        "kappa": found.kappa,
        "f1": found.macro_f1,
        "train_seconds": outcome.train_seconds,
        "predict_seconds": outcome.predict_seconds,
        "seconds": outcome.train_seconds + outcome.predict_seconds,
        "train_pixels": len(benchmark.train),
        "test_pixels": len(benchmark.test),
        **outcome.figures,
    }


def load_benchmark(name: str, draw: int, files: SceneFiles) -> Benchmark:
    """Read a scene and its split as the engine reads them."""
    with Scene.open(files.raster) as scene:
        train = read_labels(files.train, scene, files.class_field)
        test = read_labels(files.test, scene, files.class_field)
        bands = list(sample_scene(scene, Progress(), (train.rows, train.cols)).bands)
        cube, valid = scene.read(0, 0, scene.height, scene.width, bands)
        wavelengths = scene.bands.wavelengths
    values = np.union1d(_values(train), _values(test))
    known = _pixels(train, values, valid)
    trained_on = np.zeros(valid.shape, bool)
    trained_on[known.rows, known.cols] = True
    return Benchmark(
        name,
        draw,
        cube,
        valid,
        None if wavelengths is None else wavelengths[bands],
        values,
        known,
        _pixels(test, values, valid & ~trained_on),
        files,
    )


def _values(labels: Labels) -> np.ndarray:
    return np.array([known.value for known in labels.classes], np.int64)


def _pixels(labels: Labels, values: np.ndarray, allowed: np.ndarray) -> Pixels:
    """Return the labelled pixels that are allowed, bool ``(height, width)``."""
    classes = np.searchsorted(values, _values(labels))[labels.classes_of]
    return Pixels(labels.rows, labels.cols, classes).chosen(allowed[labels.rows, labels.cols])
