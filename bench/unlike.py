"""``python -m bench.unlike``: whether a map notices a class that nobody labelled.

Each class in turn is left out of the labels. Its test pixels should then look more unlike the
labels than those of the other classes do. Beside the score of ``engine/novelty.py`` stand
others that were tried; all have their radius from the same folds by the same rule.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.features import FeatureMaps, FeatureSettings, features_at
from hsi_film_plugin.engine.folds import Folds, spatial_folds
from hsi_film_plugin.engine.heads import Fitting, HeadShape, fit, logits
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.novelty import (
    COMPONENTS,
    nearest_distances,
    principal_components,
    usual_radius,
    within_class_whitening,
)
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.pseudo_image import fit_pseudo_image
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import SceneSample, sample_scene, standardisation, whitening
from hsi_film_plugin.engine.training_pixels import TrainingPixels, training_pixels

from .measure import Table, data_folder
from .real_scenes import SCENES

MOST_TESTED = 2500
FEWEST_TESTED = 5
TIMESTEP, BLOCKS, SPATIAL_COMPONENTS = 0, (-2, -3), 16

#: From labelled inputs, their classes and asked inputs to one score an asked pixel.
Score = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Split:
    """A scene's labels, and the pixels that its maps are tested on.

    Attributes:
        scene_spectra: float32 ``(m, bands)``: pixels that stand for the scene.
        known: Labelled pixels.
        asked: Test pixels with the same class indices.
        known_features: float32 ``(n, channels)``, of the backbone.
        asked_features: The same of the test pixels.
    """

    scene_spectra: np.ndarray
    known: TrainingPixels
    asked: TrainingPixels
    known_features: np.ndarray
    asked_features: np.ndarray


def nearest(known: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return distances to the third-nearest labelled pixel."""
    return nearest_distances(asked, known)


def nearest_within_classes(known: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return the same where the spread within classes is equal in all directions."""
    equal = within_class_whitening(known, classes)
    return nearest_distances(asked @ equal, known @ equal)


def to_class_means(known: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return Mahalanobis distances to the nearest class mean (Lee et al. 2018)."""
    equal = within_class_whitening(known, classes)
    means = np.stack([known[classes == c].mean(axis=0) for c in np.unique(classes)])
    return np.linalg.norm((asked @ equal)[:, None] - (means @ equal)[None], axis=2).min(axis=1)


def unsure(known: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return how unsure two spectral heads are: one minus the largest probability."""
    index = np.unique(classes, return_inverse=True)[1]
    shape = HeadShape("spectral", known.shape[1], 1, int(index.max()) + 1)
    inputs = torch.from_numpy(known)
    steps = fit(
        shape,
        inputs,
        torch.zeros(len(known), 1),
        torch.from_numpy(index),
        torch.ones(2, len(known)),
        [0, 1],
        Fitting(steps=250),
    )
    *_, (_, parameters) = steps
    with torch.inference_mode():
        outputs = logits(shape, parameters, torch.from_numpy(asked), torch.zeros(len(asked), 1))
        said = outputs.softmax(-1).mean(0).numpy()
    return 1 - said.max(axis=1)


def scores(split: Split) -> dict[str, tuple[np.ndarray, np.ndarray, Score]]:
    """Return, by name, inputs of labelled and of asked pixels, and a score of them."""
    sample, known, asked = split.scene_spectra, split.known.spectra, split.asked.spectra
    components = principal_components(sample, COMPONENTS)
    white = whitening(sample, COMPONENTS)
    bands = standardisation(sample)
    surroundings = whitening(split.known_features, SPATIAL_COMPONENTS)
    spread = np.sqrt(components(sample).var(axis=0).sum() / SPATIAL_COMPONENTS)
    both = [
        np.hstack([components(spectra), spread * surroundings(features)]).astype(np.float32)
        for spectra, features in ((known, split.known_features), (asked, split.asked_features))
    ]
    spectral = components(known), components(asked)
    return {
        "nearest label, spread within classes made equal (chosen)": (
            *spectral,
            nearest_within_classes,
        ),
        "nearest label, principal components": (*spectral, nearest),
        "nearest label, whitened components": (white(known), white(asked), nearest),
        "nearest class mean, Mahalanobis": (*spectral, to_class_means),
        "the chosen one, spatial features added": (both[0], both[1], nearest_within_classes),
        "one minus the confidence of spectral heads": (bands(known), bands(asked), unsure),
    }


@dataclass(frozen=True)
class Outcome:
    """How well one class was noticed; each a share.

    Attributes:
        auroc: How often a pixel of the class is more unlike than one of the others.
        at_five: Pixels of the class beyond what 5 % of the others' test pixels exceed.
        noticed: Pixels of the class beyond the radius, which only labels decide.
        false: Pixels of the other classes beyond it.
    """

    auroc: float
    at_five: float
    noticed: float
    false: float


def leave_out(
    left_out: int, split: Split, known: np.ndarray, asked: np.ndarray, score: Score
) -> Outcome | None:
    """Leave a class out of the labels and look for it; None where that cannot be judged."""
    use = split.known.classes != left_out
    inputs, classes = known[use], split.known.classes[use]
    held = _held_out(inputs, classes, _folds(split.known, use), score)
    radius = usual_radius(held)
    theirs = split.asked.classes == left_out
    if radius is None or theirs.sum() < FEWEST_TESTED:
        return None
    found = score(inputs, classes, asked)
    return Outcome(
        float(roc_auc_score(theirs, found)),
        float((found[theirs] > np.quantile(found[~theirs], 0.95)).mean()),
        float((found[theirs] > radius).mean()),
        float((found[~theirs] > radius).mean()),
    )


def _folds(pixels: TrainingPixels, use: np.ndarray) -> Folds:
    index = np.unique(pixels.classes[use], return_inverse=True)[1]
    return spatial_folds(pixels.rows[use], pixels.cols[use], index, pixels.polygons[use])


def _held_out(inputs: np.ndarray, classes: np.ndarray, folds: Folds, score: Score) -> np.ndarray:
    found = []
    for k in range(folds.count):
        held = folds.fold == k
        found.append(score(inputs[~held], classes[~held], inputs[held]))
    return np.concatenate(found) if found else np.empty(0, np.float32)


def read_split(raster: Path, train: Path, test: Path, field: str | None) -> Split:
    """Read the labelled pixels and at most ``MOST_TESTED`` test pixels of a scene."""
    with Scene.open(raster) as scene:
        labels, reference = (read_labels(path, scene, field) for path in (train, test))
        sample = sample_scene(scene, Progress())
        known, _ = training_pixels(scene, labels, sample, 0)
        asked, _ = training_pixels(scene, reference, sample, 0)
        index = {entry.name: number for number, entry in enumerate(labels.classes)}
        classes = np.array([index.get(entry.name, -1) for entry in reference.classes])
        asked = _part(asked, np.arange(len(asked.classes)), classes[asked.classes])
        judged = np.flatnonzero(asked.classes >= 0)
        if len(judged) > MOST_TESTED:
            judged = np.random.default_rng(0).choice(judged, MOST_TESTED, replace=False)
        asked = _part(asked, judged, asked.classes[judged])
        features = _features(scene, sample, known, asked)
    return Split(sample.spectra, known, asked, *features)


def _part(pixels: TrainingPixels, use: np.ndarray, classes: np.ndarray) -> TrainingPixels:
    cut = {entry.name: getattr(pixels, entry.name)[use] for entry in fields(pixels)}
    return TrainingPixels(**(cut | {"classes": classes}))


def _features(
    scene: Scene, sample: SceneSample, known: TrainingPixels, asked: TrainingPixels
) -> tuple[np.ndarray, np.ndarray]:
    backbone = Backbone(None, Device("cpu", "a comparison", bfloat16=False))
    picture = fit_pseudo_image("rgb", sample, scene.bands.wavelengths)
    settings = FeatureSettings(picture, sample.bands, TIMESTEP, BLOCKS)
    maps = FeatureMaps(backbone, TIMESTEP, BLOCKS)
    rows, cols = np.r_[known.rows, asked.rows], np.r_[known.cols, asked.cols]
    found = features_at(scene, settings, maps, rows, cols, Progress())
    return found[: len(known.rows)], found[len(known.rows) :]


def unlike_tables() -> list[Table]:
    """Return how well each score notices classes that were left out, a table for each scene."""
    tables = []
    for scene in SCENES:
        folder = data_folder() / scene.name
        if not (folder / "scene.tif").is_file():
            missing = f"not measured: {folder} is not there (see HSIFILM_DATA)"
            tables.append(Table(f"Unlike anything labelled: {scene.name}", ("",), ((missing,),)))
            continue
        paths = folder / "scene.tif", folder / scene.train, folder / scene.test
        tables.append(_table(scene.name, read_split(*paths, scene.field or None)))
    with tempfile.TemporaryDirectory() as name:
        paths = tuple(Path(name) / file for file in ("scene.tif", "train.gpkg", "test.gpkg"))
        write_sample_scene(SampleScene(256, 256, 0), *paths, Progress())
        tables.append(_table("sample scene", read_split(*paths, "class_name")))
    return tables


def _table(name: str, split: Split) -> Table:
    rows = []
    classes = np.unique(split.known.classes)
    for title, (known, asked, score) in scores(split).items():
        outcomes = [leave_out(int(c), split, known, asked, score) for c in classes]
        judged = [outcome for outcome in outcomes if outcome is not None]
        means = [np.mean([getattr(o, f.name) for o in judged]) for f in fields(Outcome)]
        rows.append((title, f"{means[0]:.3f}", *(f"{100 * mean:.1f}" for mean in means[1:])))
    columns = ("", "AUROC", "at 5 % false alarms, %", "noticed, %", "false alarms, %")
    note = (
        f"Mean over {len(classes)} classes, each left out of the labels in turn. The last two "
        "columns are what the radius from the folds of the labels gives."
    )
    return Table(f"Unlike anything labelled: {name}", columns, tuple(rows), note)


def main() -> None:
    """Compare and print."""
    for table in unlike_tables():
        print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
