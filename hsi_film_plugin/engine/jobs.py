"""The engine's jobs: what each reads, computes and writes."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import parameters as given
from .assessment_report import assess_map
from .backbone_conversion import ConversionSettings, convert_backbone
from .classification import Classifier, Mapped, Products, classify, extent_block
from .device import Device, device_facts
from .errors import InputError
from .feature_raster import FeatureRasterSettings, write_features
from .job_facts import chosen_device, class_facts
from .job_outputs import (
    check_paths,
    path_facts,
    together,
    wanted_outputs,
    write_report,
    write_table,
)
from .labels import read_labels
from .live_jobs import LIVE_JOBS
from .model import Model
from .model_file import load_model, save_model
from .parameters import LabelSource, Parameters
from .progress import Progress
from .provenance import run_provenance
from .registry import Job
from .report import Report
from .sample_scene import SampleScene
from .sample_scene_files import write_sample_scene
from .scene import Scene
from .synthesis.jobs import SYNTHESIS_JOBS
from .training import Evidence, train
from .training_report import training_report, validated_figures, with_map
from .training_settings import TrainingSettings, check_settings

logger = logging.getLogger(__name__)
Result = dict[str, Any]


def train_job(params: Parameters, progress: Progress) -> Result:
    """Train a classifier; write its model file and, if wanted, its report."""
    started = time.monotonic()
    outputs = wanted_outputs(params, ("model",), ("report",))
    source, settings = LabelSource.of(params, "labels"), _training_settings(params)
    check_settings(settings)
    check_paths(outputs, given.required_path(params, "input"), source.path, settings.synthetic)
    device = _device(params)
    with Scene.open(given.required_path(params, "input")) as scene:
        model, evidence, report, warnings = _train(
            scene, source, settings, device, progress.part(0.0, 0.95)
        )
        with together(outputs) as hidden:
            _write_model_and_report(model, _timed(report, started), hidden)
            progress.report(1.0, "Done")
    return _result(outputs, model, device, warnings) | _accuracy(evidence, len(model.classes))


def classify_job(params: Parameters, progress: Progress) -> Result:
    """Classify a raster with a model file."""
    path, model_path = given.required_path(params, "input"), given.required_path(params, "model")
    outputs = wanted_outputs(params, ("output",), ("confidence", "probabilities"))
    check_paths(outputs, path, model_path)
    model = load_model(model_path)
    device = _device(params)
    with Scene.open(path) as scene:
        classifier = Classifier(model, scene, device)
        with together(outputs) as hidden:
            mapped = _classify(classifier, params, hidden, progress)
            progress.report(1.0, "Done")
        warnings = [*scene.warnings, *classifier.warnings, *_emptiness(scene, mapped)]
    return _result(outputs, model, device, warnings) | _unlike(mapped)


def train_and_classify_job(params: Parameters, progress: Progress) -> Result:
    """Train a classifier and classify the scene it was trained on, in one run."""
    started = time.monotonic()
    outputs = wanted_outputs(
        params, ("output",), ("model", "report", "confidence", "probabilities")
    )
    source, settings = LabelSource.of(params, "labels"), _training_settings(params)
    check_settings(settings)
    path = given.required_path(params, "input")
    check_paths(outputs, path, source.path, settings.synthetic)
    _min_confidence(params)
    device = _device(params)
    with Scene.open(path) as scene:
        extent_block(scene, given.extent(params))
        model, evidence, report, warnings = _train(
            scene, source, settings, device, progress.part(0.0, 0.6)
        )
        classifier = Classifier(model, scene, device)
        with together(outputs) as hidden:
            mapped = _classify(classifier, params, hidden, progress.part(0.6, 0.97))
            warnings += _emptiness(scene, mapped)
            report = with_map(report, scene, model, evidence, hidden["output"], mapped)
            _write_model_and_report(model, _timed(report, started), hidden)
            progress.report(1.0, "Done")
    figures = _accuracy(evidence, len(model.classes)) | _unlike(mapped)
    return _result(outputs, model, device, warnings) | figures


def assess_job(params: Parameters, progress: Progress) -> Result:
    """Compare any class map with a reference."""
    path, source = given.required_path(params, "input"), LabelSource.of(params, "reference")
    outputs = wanted_outputs(params, (), ("report", "table"))
    if not outputs:
        raise InputError("Neither 'report' nor 'table' is wanted. Give the path of at least one.")
    check_paths(outputs, path, source.path)
    report, table, warnings = assess_map(path, source, progress.part(0.0, 0.9))
    with together(outputs) as hidden:
        if "report" in hidden:
            write_report(report, hidden["report"])
        if "table" in hidden:
            write_table(table, hidden["table"])
        progress.report(1.0, "Done")
    return path_facts(outputs) | {"accuracy": table["accuracy"], "warnings": warnings}


def extract_features_job(params: Parameters, progress: Progress) -> Result:
    """Write a scene's spatial features as a raster."""
    path = given.required_path(params, "input")
    outputs = wanted_outputs(params, ("output",), ())
    check_paths(outputs, path)
    settings = FeatureRasterSettings(
        given.optional_path(params, "backbone"),
        given.integer(params, "components", 16),
        given.integer(params, "timestep", 0),
        given.integers(params, "blocks") or (-2, -3),
        given.text(params, "pseudo_image") or "auto",
    )
    device = _device(params)
    with Scene.open(path) as scene:
        with together(outputs) as hidden:
            write_features(scene, settings, device, hidden["output"], progress)
            progress.report(1.0, "Done")
        warnings = list(scene.warnings)
    return path_facts(outputs) | device_facts(device) | {"warnings": warnings}


def sample_scene_job(params: Parameters, progress: Progress) -> Result:
    """Render the sample scene."""
    outputs = wanted_outputs(params, ("output",), ("training", "reference"))
    scene = SampleScene(
        given.integer(params, "width", 256),
        given.integer(params, "height", 256),
        given.integer(params, "seed", 0),
    )
    write_sample_scene(
        scene, outputs["output"], outputs.get("training"), outputs.get("reference"), progress
    )
    return path_facts(outputs) | {"warnings": []}


def convert_backbone_job(params: Parameters, progress: Progress) -> Result:
    """Make a published diffusion checkpoint a folder that BACKBONE takes."""
    outputs = wanted_outputs(params, ("output",), ())
    settings = ConversionSettings(
        given.text(params, "precision") or ConversionSettings.precision,
        given.text(params, "noise_schedule"),
        given.text(params, "attention_order"),
        given.optional_integer(params, "heads"),
        given.optional_integer(params, "head_channels"),
    )
    source = given.required_path(params, "input")
    converted = convert_backbone(source, outputs["output"], settings, progress)
    return path_facts(outputs) | {
        "blocks": converted.architecture.blocks,
        "source_sha256": converted.source_sha256,
        "note": converted.note,
        "warnings": [],
    }


JOBS: Mapping[str, Job] = {
    "train": train_job,
    "classify": classify_job,
    "train_and_classify": train_and_classify_job,
    "assess": assess_job,
    "extract_features": extract_features_job,
    "sample_scene": sample_scene_job,
    "convert_backbone": convert_backbone_job,
    **LIVE_JOBS,
    **SYNTHESIS_JOBS,
}


def _train(
    scene: Scene,
    source: LabelSource,
    settings: TrainingSettings,
    device: Device,
    progress: Progress,
) -> tuple[Model, Evidence, Report, list[str]]:
    progress.report(0.0, "Reading the labels")
    labels = read_labels(
        source.path, scene, source.class_field, layer=source.layer, styles=source.styles
    )
    model, evidence = train(scene, labels, settings, device, progress.part(0.02, 0.98))
    provenance = run_provenance(scene, labels, settings, device, model)
    model = replace(model, provenance=provenance)
    warnings = [*scene.warnings, *labels.warnings, *evidence.warnings]
    report = training_report(scene, labels, model, evidence, warnings)
    return model, evidence, report, warnings


def _classify(
    classifier: Classifier,
    params: Parameters,
    outputs: Mapping[str, Path],
    progress: Progress,
) -> Mapped:
    area = extent_block(classifier.scene, given.extent(params))
    products = Products(outputs["output"], outputs.get("confidence"), outputs.get("probabilities"))
    least = _min_confidence(params)
    provenance = {
        f"HSIFILM_{key.upper().replace(' ', '_')}": value
        for key, value in classifier.model.provenance.items()
    }
    mapped = classify(classifier, area, products, least, provenance, progress)
    if mapped.unlike_share is not None:
        logger.info("Unlike anything labelled: %.1f %% of the map", 100 * mapped.unlike_share)
    return mapped


def _emptiness(scene: Scene, mapped: Mapped) -> list[str]:
    """Return a warning if no pixel has a class."""
    if mapped.classified:
        return []
    return [
        f"The map is empty: every pixel of '{scene.path.name}' that was asked for is nodata in "
        "some good band, or its confidence lies below MIN_CONFIDENCE. Mark empty bands as bad "
        "(bbl = 0)."
    ]


def _write_model_and_report(model: Model, report: Report, hidden: Mapping[str, Path]) -> None:
    if "model" in hidden:
        save_model(model, hidden["model"])
    if "report" in hidden:
        write_report(report, hidden["report"])


def _timed(report: Report, started: float) -> Report:
    fact = ("Time", f"{time.monotonic() - started:.0f} s")
    return replace(report, provenance=(*report.provenance, fact))


def _training_settings(params: Parameters) -> TrainingSettings:
    return TrainingSettings(
        given.optional_path(params, "backbone"),
        given.integer(params, "seed", 0),
        given.optional_integer(params, "timestep"),
        given.integers(params, "blocks"),
        given.text(params, "pseudo_image") or "auto",
        given.integer(params, "ensemble", TrainingSettings.ensemble),
        synthetic=given.optional_path(params, "synthetic"),
    )


def _min_confidence(params: Parameters) -> float:
    least = given.number(params, "min_confidence", 0.0)
    if not 0 <= least <= 1:
        raise InputError(f"MIN_CONFIDENCE is {least:g}. Choose a value from 0 to 1.")
    return least


def _device(params: Parameters) -> Device:
    if given.text(params, "dask_scheduler"):
        raise InputError(
            "DASK_SCHEDULER: this version classifies on one machine. Leave the parameter empty."
        )
    return chosen_device(params)


def _result(
    outputs: Mapping[str, Path], model: Model, device: Device, warnings: list[str]
) -> Result:
    return (
        path_facts(outputs)
        | device_facts(device)
        | {"classes": class_facts(model.classes), "warnings": list(warnings)}
    )


def _accuracy(evidence: Evidence, n_classes: int) -> Result:
    return {"accuracy": validated_figures(evidence, n_classes)}


def _unlike(mapped: Mapped) -> Result:
    return {"unlike_share": mapped.unlike_share}
