"""The engine's own classifier, as a user trains it, with samples in place of a SAMPLES file."""

from __future__ import annotations

import numpy as np

from bench.accuracy.engine_runs import probabilities_of
from hsi_film_plugin.engine.classification import Classifier
from hsi_film_plugin.engine.labels import Labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthesis.patches import read_patches
from hsi_film_plugin.engine.synthesis.sample_set import SampleSet
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.training import train
from hsi_film_plugin.engine.training_settings import TrainingSettings

from .plan import Method
from .remedies import REMEDIES, missing_counts, of_classes
from .samples import device, sample_set, training_labels
from .schedule import Workplace
from .trials import Split


def run_film(split: Split, method: Method, place: Workplace) -> np.ndarray:
    """Train the engine's classifier and return what it says of the test pixels.

    Returns:
        int64 ``(n,)``, class indices of the benchmark.
    """
    with Scene.open(split.scene.raster) as scene:
        labels = training_labels(split, scene)
        samples = _samples(split, method, place, scene, labels)
        settings = TrainingSettings(seed=split.draw)
        model, _ = train(scene, labels, settings, device(place), Progress(), samples)
        said = probabilities_of(Classifier(model, scene, device(place)), split.benchmark.test)
    values = np.array([known.value for known in labels.classes])
    predicted: np.ndarray = np.searchsorted(split.benchmark.values, values)[said.argmax(axis=1)]
    return predicted


def _samples(
    split: Split, method: Method, place: Workplace, scene: Scene, labels: Labels
) -> SampleSet | None:
    if method.synthesizer:
        return sample_set(split, method, place)
    if method.arm in REMEDIES:
        return remedy_samples(split, method, scene, labels)
    return None


def remedy_samples(split: Split, method: Method, scene: Scene, labels: Labels) -> SampleSet:
    """Return what a cheap remedy makes of real patches, as if it were synthetic samples.

    It works on the components of the engine's spectral code, which have about unit deviation.
    """
    data = read_patches([scene], labels, SynthesizerSettings(seed=split.draw), Progress())
    side = SynthesizerSettings.patch
    known = of_classes(
        data.labelled.values[:, :, :side, :side], data.labelled.classes, len(labels.classes)
    )
    wanted = missing_counts(known.classes, len(labels.classes), method.balance)
    made = REMEDIES[method.arm](known, wanted, np.random.default_rng([23, split.draw]))
    centre = np.zeros((len(made.values), side, side), bool)
    centre[:, side // 2, side // 2] = True
    return SampleSet(
        components=made.values,
        code=data.code,
        bands=data.bands,
        classes=labels.classes,
        class_indices=made.classes,
        labelled=centre,
        recognised=np.ones(len(made.values), bool),
        prompts=("",),
        prompt_of=np.zeros(len(made.values), np.int64),
        tokens=((),),
        attention=None,
        synthesizer_sha256="",
        label_sha256=labels.sha256,
        scene_names=(scene.path.name,),
        guidance=0.0,
        steps=0,
        seed=split.draw,
    )
