"""The jobs of synthetic samples: train a synthesizer, make samples, judge them."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from .. import parameters as given
from ..backbone_files import file_sha256
from ..device import Device, device_facts
from ..errors import InputError
from ..job_facts import chosen_device, class_facts
from ..job_outputs import (
    check_paths,
    path_facts,
    together,
    wanted_outputs,
    write_report,
    write_table,
)
from ..labels import Labels, read_labels
from ..parameters import LabelSource, Parameters
from ..progress import Progress
from ..provenance import software
from ..registry import Job
from ..scene import Scene
from ..synthetic_mark import require_real
from .descriptions import read_descriptions, write_descriptions
from .judged import Judged
from .judging import judge, judging_table
from .judging_data import require_same_bands
from .judging_report import judging_report
from .making import SCENES_SHA256, make_samples
from .ordering import DEFAULT_GUIDANCE, DEFAULT_STEPS, Wish, check_seed, cut_short, ordered
from .patches import read_patches
from .prompts import PromptWriter
from .sample_file import read_samples, write_samples
from .sample_rasters import write_label_raster, write_mosaic
from .sample_set import SampleSet
from .sampling import class_order
from .settings import SynthesizerSettings, check_settings
from .spectral_library import check_library, write_library
from .synthesizer import Synthesizer
from .synthesizer_file import load_synthesizer, save_synthesizer
from .synthesizer_report import synthesizer_report
from .text_encoder import TextEncoder
from .training import train_synthesizer

logger = logging.getLogger(__name__)
Result = dict[str, Any]
#: Samples of each class that a synthesizer is judged by.
JUDGED_SAMPLES = 50
#: Prompts of a class in the table to edit, the most frequent first.
MOST_PROMPTS = 30
#: Interrupted trainings older than this are removed, in days.
KEPT_DAYS = 30


def train_synthesizer_job(params: Parameters, progress: Progress) -> Result:
    """Train a synthesizer; write its file and, if wanted, its report and its prompts."""
    started = time.monotonic()
    outputs = wanted_outputs(params, ("synthesizer",), ("report", "prompt_table"))
    source = LabelSource.of(params, "labels")
    paths = [given.required_path(params, "input"), *given.paths(params, "more_inputs")]
    table = given.optional_path(params, "descriptions")
    check_paths(outputs, *paths, source.path, table)
    settings = _settings(params)
    check_settings(settings)
    device = chosen_device(params)
    with ExitStack() as stack:
        scenes = [stack.enter_context(Scene.open(path)) for path in paths]
        for scene in scenes:
            require_real(scene)
        _require_different(scenes)
        progress.report(0.0, "Reading the labels")
        labels = _labels(source, scenes[0])
        described = {} if table is None else read_descriptions(table, labels.classes)
        encoder = _encoder(params, device)
        data = read_patches(scenes, labels, settings, progress.part(0.01, 0.05))
        writer = PromptWriter(labels.classes, described)
        provenance = _provenance(scenes, labels, settings, encoder, device, described)
        kept = _checkpoint(params, provenance)
        synthesizer, record = train_synthesizer(
            data, writer, encoder, settings, device, progress.part(0.05, 0.97), kept
        )
        synthesizer = replace(
            synthesizer,
            scene_names=tuple(path.name for path in paths),
            label_sha256=labels.sha256,
            provenance=provenance,
        )
        warnings = [
            *(warning for scene in scenes for warning in scene.warnings),
            *labels.warnings,
            *data.warnings,
        ]
        seconds = time.monotonic() - started
        with together(outputs) as hidden:
            save_synthesizer(synthesizer, hidden["synthesizer"])
            if "report" in hidden:
                report = synthesizer_report(
                    synthesizer, record, data, scenes[0], labels, device, warnings, seconds
                )
                write_report(report, hidden["report"])
            if "prompt_table" in hidden:
                write_descriptions(hidden["prompt_table"], prompt_rows(synthesizer))
            progress.report(1.0, "Done")
    if kept is not None:
        kept.unlink(missing_ok=True)
    return (
        path_facts(outputs)
        | device_facts(device)
        | {
            "classes": class_facts(synthesizer.classes),
            "reconstruction_degrees": record.reconstruction_degrees,
            "resumed": record.resumed,
            "warnings": warnings,
        }
    )


def synthesize_job(params: Parameters, progress: Progress) -> Result:
    """Make samples; write them as a file to train with, as rasters and as a library."""
    path = given.required_path(params, "synthesizer")
    outputs = wanted_outputs(params, ("samples",), ("output", "label_raster", "library"))
    check_paths(outputs, path)
    if "library" in outputs:
        check_library(outputs["library"])
    wish = Wish(
        given.text(params, "class"),
        given.text(params, "prompt"),
        given.optional_integer(params, "count"),
        given.optional_number(params, "balance"),
        given.text(params, "negative_prompt") or "",
        given.number(params, "guidance", DEFAULT_GUIDANCE),
        given.integer(params, "steps", DEFAULT_STEPS),
        given.integer(params, "seed", 0),
    )
    progress.report(0.0, "Reading the synthesizer")
    synthesizer, sha256 = load_synthesizer(path), file_sha256(path)
    order, warnings = ordered(synthesizer, wish)
    device = chosen_device(params)
    encoder = _encoder(params, device)
    warnings = (*warnings, *cut_short(encoder, order, wish))
    samples = make_samples(synthesizer, sha256, order, encoder, device, progress.part(0.02, 0.9))
    with together(outputs) as hidden:
        write_samples(samples, hidden["samples"])
        if "output" in hidden:
            write_mosaic(samples, hidden["output"], progress.part(0.9, 0.97))
        if "label_raster" in hidden:
            write_label_raster(samples, hidden["label_raster"], progress.part(0.97, 0.99))
        if "library" in hidden:
            write_library(samples, hidden["library"])
        progress.report(1.0, "Done")
    return (
        path_facts(outputs)
        | device_facts(device)
        | {
            "classes": class_facts(samples.classes),
            "counts": {
                str(known.value): int(count)
                for known, count in zip(samples.classes, samples.counts())
            },
            "recognised": int(samples.recognised.sum()),
            "warnings": list(warnings),
        }
    )


def evaluate_samples_job(params: Parameters, progress: Progress) -> Result:
    """Judge samples by the labelled pixels of a scene."""
    outputs = wanted_outputs(params, (), ("report", "table"))
    if not outputs:
        raise InputError("Neither 'report' nor 'table' is wanted. Give the path of at least one.")
    path, source = given.required_path(params, "input"), LabelSource.of(params, "labels")
    made_by = given.optional_path(params, "synthesizer")
    kept_in = given.optional_path(params, "samples")
    check_paths(outputs, path, source.path, made_by, kept_in)
    seed = given.integer(params, "seed", 0)
    check_seed(seed)
    device = chosen_device(params)
    if made_by is not None and kept_in is None:
        name, judged = made_by.name, _to_be_made(made_by, params, seed, device)
    elif kept_in is not None and made_by is None:
        name, judged = kept_in.name, Judged.of_samples(read_samples(kept_in))
    else:
        raise InputError("Give either SYNTHESIZER or SAMPLES: one of the two is judged.")
    with Scene.open(path) as scene:
        require_real(scene)
        labels = _labels(source, scene)
        settings = judged.settings(seed)
        check_settings(settings)
        data = read_patches([scene], labels, settings, progress.part(0.0, 0.1))
        require_same_bands(judged.bands, data.bands)
        samples = judged.samples(progress.part(0.1, 0.6))
        unlike = judged.unlike_training(scene, labels)
        warnings = [*scene.warnings, *labels.warnings, *data.warnings]
        if unlike:
            warnings.append(
                f"Copies of training patches were not looked for, because {unlike}, so that it is "
                "not known which patches the training saw. Judge by the scene and the labels that "
                "the synthesizer was trained with, if you want to know."
            )
        judging = progress.part(0.6, 0.95)
        judgement = judge(samples, data, seed, judging, scene, copies=not unlike)
        report = judging_report(judgement, samples, name, (("Scene", scene.path.name),), warnings)
        table = judging_table(judgement)
        with together(outputs) as hidden:
            if "report" in hidden:
                write_report(report, hidden["report"])
            if "table" in hidden:
                write_table(table, hidden["table"])
            progress.report(1.0, "Done")
    return (
        path_facts(outputs)
        | device_facts(device)
        | {
            "verdicts": {
                known.name: found.verdict for known, found in zip(judgement.classes, judgement.each)
            },
            "warnings": warnings,
        }
    )


SYNTHESIS_JOBS: Mapping[str, Job] = {
    "train_synthesizer": train_synthesizer_job,
    "synthesize": synthesize_job,
    "evaluate_samples": evaluate_samples_job,
}


def prompt_rows(synthesizer: Synthesizer) -> list[tuple[str, str, float]]:
    """Return the prompts that the data gave, most frequent first: class, prompt, share."""
    rows = []
    for known, prompts in zip(synthesizer.classes, synthesizer.prompts):
        for prompt, count in Counter(prompts).most_common(MOST_PROMPTS):
            rows.append((known.name, prompt, count / len(prompts)))
    return rows


def _labels(source: LabelSource, scene: Scene) -> Labels:
    return read_labels(
        source.path, scene, source.class_field, layer=source.layer, styles=source.styles
    )


def _require_different(scenes: Sequence[Scene]) -> None:
    """Refuse a scene that is given twice: what is held out of one would be seen in the other."""
    found: dict[str, Scene] = {}
    for scene in scenes:
        twin = found.setdefault(scene.fingerprint(), scene)
        if twin is not scene:
            raise InputError(
                f"'{scene.path.name}' is the same scene as '{twin.path.name}'. Give each scene "
                "once: INPUT must not be among MORE_SCENES."
            )


def _settings(params: Parameters) -> SynthesizerSettings:
    usual = SynthesizerSettings()
    return SynthesizerSettings(
        patch=given.integer(params, "patch_size", usual.patch),
        prompts=given.text(params, "prompts") or usual.prompts,
        unlabelled=given.boolean(params, "unlabelled", usual.unlabelled),
        clipping=given.boolean(params, "clipping", usual.clipping),
        uncertainty=given.boolean(params, "uncertainty", usual.uncertainty),
        effort=given.number(params, "effort", usual.effort),
        seed=given.integer(params, "seed", usual.seed),
    )


def _provenance(
    scenes: Sequence[Scene],
    labels: Labels,
    settings: SynthesizerSettings,
    encoder: TextEncoder,
    device: Device,
    described: Mapping[int, Sequence[str]],
) -> dict[str, str]:
    """Return what decides the synthesizer; equal runs give equal text."""
    return software() | {
        "Scenes": ", ".join(scene.path.name for scene in scenes),
        SCENES_SHA256: ", ".join(scene.fingerprint() for scene in scenes),
        "Labels sha256": labels.sha256,
        "Settings": json.dumps(asdict(settings), sort_keys=True),
        "Descriptions": json.dumps({str(k): list(v) for k, v in sorted(described.items())}),
        "Text encoder": f"{encoder.name}, sha256 {encoder.sha256}",
        "Device": device.kind,
    }


def _checkpoint(params: Parameters, provenance: Mapping[str, str]) -> Path | None:
    """Return the file that keeps this training while it is not finished.

    Raises:
        InputError: if its folder cannot be used.
    """
    folder = given.optional_path(params, "checkpoint")
    if folder is None:
        return None
    oldest = time.time() - KEPT_DAYS * 86400
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # those half written when a run was killed have their own endings
        for other in folder.glob("*.training.safetensors*"):
            if other.stat().st_mtime < oldest:
                other.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder '{folder}' of CHECKPOINT cannot be used: {error.strerror or error}. "
            "Choose another one, or leave it empty."
        ) from error
    digest = hashlib.sha256(json.dumps(dict(provenance), sort_keys=True).encode()).hexdigest()
    return folder / f"{digest[:24]}.training.safetensors"


def _encoder(params: Parameters, device: Device) -> TextEncoder:
    return TextEncoder.load(given.text(params, "text_encoder"), device.torch)


def _to_be_made(path: Path, params: Parameters, seed: int, device: Device) -> Judged:
    synthesizer, sha256 = load_synthesizer(path), file_sha256(path)
    counts = [JUDGED_SAMPLES] * len(synthesizer.classes)
    order = class_order(synthesizer, counts, seed=seed)

    def make(progress: Progress) -> SampleSet:
        encoder = _encoder(params, device)
        return make_samples(synthesizer, sha256, order, encoder, device, progress)

    return Judged.of_synthesizer(synthesizer, make)
