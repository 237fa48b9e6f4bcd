"""Synthetic samples of ours for a split: a synthesizer is trained once and serves all arms."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy.fingerprint import combined
from bench.accuracy.scene_files import made_once
from hsi_film_plugin.engine.device import Device, choose_device
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthesis.making import laid_out, make_samples
from hsi_film_plugin.engine.synthesis.ordering import DEFAULT_GUIDANCE
from hsi_film_plugin.engine.synthesis.patches import PatchData, read_patches
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.sample_file import read_samples, write_samples
from hsi_film_plugin.engine.synthesis.sample_set import SampleSet
from hsi_film_plugin.engine.synthesis.sampling import class_order, reconstruct_with_noise
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.synthesizer import Synthesizer
from hsi_film_plugin.engine.synthesis.synthesizer_file import load_synthesizer, save_synthesizer
from hsi_film_plugin.engine.synthesis.text_encoder import TextEncoder
from hsi_film_plugin.engine.synthesis.training import TrainingRecord, train_synthesizer

from .plan import Method
from .schedule import SYNTHESIZERS, Workplace, synthesizer_fingerprint
from .trials import DrawnSamples, Split

#: Noise of the autoencoder's own samples, in deviations of its latent channels.
AUTOENCODER_NOISE = 0.25
_SYNTHESIZER, _AUTOENCODER_SAMPLES, _RECORD = "synthesizer", "samples-vae", "record.json"


def drawn_samples(split: Split, method: Method, place: Workplace) -> DrawnSamples:
    """Return the samples of an arm, made if they were not before, in physical values."""
    samples = sample_set(split, method, place)
    values = [samples.classes[index].value for index in samples.class_indices]
    patches = samples.cubes(slice(None))
    if patches.shape[1] != len(split.benchmark.cube):
        raise RuntimeError(f"{patches.shape[1]} bands made of {len(split.benchmark.cube)}")
    return DrawnSamples(patches, np.searchsorted(split.benchmark.values, values))


def sample_set(split: Split, method: Method, place: Workplace) -> SampleSet:
    """Return the samples of an arm as the engine has them: classes fully balanced."""
    folder = synthesizer_folder(split, method.synthesizer, place)
    if method.arm == "vae":
        return read_samples(folder / f"{_AUTOENCODER_SAMPLES}.safetensors")
    guidance = DEFAULT_GUIDANCE if method.guidance is None else method.guidance
    path = folder / f"samples-{guidance:g}.safetensors"
    if not path.is_file():
        synthesizer = load_synthesizer(folder / f"{_SYNTHESIZER}.safetensors")
        write_samples(balanced(synthesizer, guidance, split, place), path)
    return read_samples(path)


def synthesizer_folder(split: Split, kind: str, place: Workplace) -> Path:
    """Return the folder of a trained synthesizer and its samples, made if it is not there.

    Args:
        split: The scene and its labels.
        kind: ``coarse``, ``fine``, or ``fine-`` and the setting that is switched off.
        place: Where folders lie and networks run.
    """
    name, labels, draw = split.key
    known = combined(split.scene.fingerprint, synthesizer_fingerprint(place))
    folder = place.folder / SYNTHESIZERS / f"{name}-{labels}-{draw}-{kind}-{known}"
    with made_once(folder) as made:
        if made is not None:
            data, synthesizer, record = trained(split, kind, place)
            save_synthesizer(synthesizer, made / f"{_SYNTHESIZER}.safetensors")
            samples = balanced(synthesizer, DEFAULT_GUIDANCE, split, place)
            write_samples(samples, made / f"samples-{DEFAULT_GUIDANCE:g}.safetensors")
            if kind == "fine":
                other = autoencoder_samples(synthesizer, samples, data, draw)
                write_samples(other, made / f"{_AUTOENCODER_SAMPLES}.safetensors")
            text = json.dumps(asdict(record), indent=1) + "\n"
            (made / _RECORD).write_text(text, encoding="utf-8")
    return folder


def trained(
    split: Split, kind: str, place: Workplace
) -> tuple[PatchData, Synthesizer, TrainingRecord]:
    """Train a synthesizer as a user would, on the split's training labels."""
    prompts, _, without = kind.partition("-")
    settings = SynthesizerSettings(prompts=prompts, seed=split.draw, effort=place.effort)
    if without:
        off: dict[str, Any] = {without: False}
        settings = replace(settings, **off)
    with Scene.open(split.scene.raster) as scene:
        labels = training_labels(split, scene)
        data = read_patches([scene], labels, settings, Progress())
    writer = PromptWriter(labels.classes, {})
    encoder = text_encoder(place)
    synthesizer, record = train_synthesizer(
        data, writer, encoder, settings, device(place), Progress()
    )
    named = replace(synthesizer, scene_names=(split.scene.raster.name,), label_sha256=labels.sha256)
    return data, named, record


def training_labels(split: Split, scene: Scene) -> Labels:
    """Return the training labels with the classes' names."""
    path = split.scene.train(split.labels, split.draw)
    return read_labels(path, scene, None, styles=split.scene.styles)


def balanced(
    synthesizer: Synthesizer, guidance: float, split: Split, place: Workplace
) -> SampleSet:
    """Return what brings all classes of a split to the largest one.

    That is counted in labels, as for the other arms; the synthesizer knows only how many of them
    lie in whole patches.
    """
    values = [known.value for known in synthesizer.classes]
    index = np.searchsorted(split.benchmark.values, values)
    order = class_order(synthesizer, split.wanted(1.0)[index], guidance=guidance, seed=split.draw)
    return make_samples(
        synthesizer, "", order, text_encoder(place), device(place), Progress(), attention=False
    )


def autoencoder_samples(
    synthesizer: Synthesizer, like: SampleSet, data: PatchData, draw: int
) -> SampleSet:
    """Return as many samples of each class that only the autoencoder has made of real patches.

    Classes whose labels lie in no whole patch get none.
    """
    there = np.unique(data.labelled.classes)
    like = like.subset(np.isin(like.class_indices, there))
    made = np.empty(like.components.shape, np.float32)
    for index, count in enumerate(like.counts()):
        if count:
            made[like.class_indices == index] = reconstruct_with_noise(
                synthesizer, data.labelled, int(count), index, draw, AUTOENCODER_NOISE
            )
    labelled, recognised = laid_out(made, like.class_indices, synthesizer.draft)
    return replace(
        like, components=made.astype(np.float16), labelled=labelled, recognised=recognised
    )


@lru_cache(maxsize=1)
def text_encoder(place: Workplace) -> TextEncoder:
    """Return the text encoder."""
    return TextEncoder.load(place.text_encoder, device(place).torch)


@lru_cache(maxsize=1)
def device(place: Workplace) -> Device:
    """Return the device that networks run on."""
    return choose_device(place.device)
