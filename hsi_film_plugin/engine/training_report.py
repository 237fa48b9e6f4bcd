"""The report of a training run, filled from its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.enums import Resampling
from scipy.spatial import cKDTree

from .area import polygon_area_estimates
from .assessment import Accuracy, accuracy, confusion_matrix
from .calibration import calibration, in_plain_words, kept
from .choice import HeldOut, losses
from .classification import Mapped
from .folds import Folds as Division
from .grid import pixel_square_metres
from .heads import SPATIAL_KINDS
from .labels import Labels
from .model import Model
from .pseudo_image import true_colour_bands
from .raster_file import open_raster
from .report import (
    AccuracySection,
    AreasSection,
    CalibrationSection,
    Candidate,
    ComparisonSection,
    Folds,
    LabelsSection,
    Picture,
    Report,
    SceneSection,
    SpectraSection,
    cross_validated,
    no_statement,
)
from .report_pictures import class_map_picture, paint_labels, thumbnail_step, true_colour
from .scene import Scene
from .training import Evidence
from .training_pixels import TrainingPixels, read_pixels

DESCRIPTIONS = {
    "linear": "The pixel's spectrum alone, told apart by linear discriminants",
    "spectral": "The pixel's spectrum alone, told apart by a small network",
    "spatial": "The pixel's surroundings alone: the backbone's features and those of all bands",
    "film": "Surroundings modulated by the spectrum (FiLM)",
}
NAMES = {
    "linear": "Linear discriminant",
    "spectral": "Spectral only",
    "spatial": "Spatial only",
    "film": "FiLM",
}


def training_report(
    scene: Scene, labels: Labels, model: Model, evidence: Evidence, warnings: Sequence[str]
) -> Report:
    """Return the report of a training run, as far as no map is needed."""
    colors = [known.color for known in model.classes]
    step = thumbnail_step(scene.height, scene.width)
    picture = scene_picture(scene, step)
    pixels, use = evidence.pixels, evidence.synthetic
    labelled = paint_labels(picture, labels.rows, labels.cols, labels.classes_of, colors, step)
    every_band = tuple(range(scene.count))
    spectra, valid = read_pixels(scene, pixels.rows, pixels.cols, every_band)
    near = _folds(
        scene, evidence.choosing_folds, "whole polygons, near ones taken together", of_class=False
    )
    folds = _folds(
        scene,
        evidence.folds,
        "whole polygons, near ones of a class taken together",
        of_class=True,
    )
    return Report(
        "Training report",
        scene.path.name,
        model.classes,
        tuple(dict.fromkeys(warnings)),
        SceneSection(
            _facts(scene, evidence),
            (Picture("The scene", picture), Picture("Labels", labelled)),
        ),
        replace(
            LabelsSection.of(labels.classes_of, labels.polygons, len(model.classes)),
            note="" if use is None else use.in_words(model.classes),
        ),
        SpectraSection.of(
            spectra[valid],
            pixels.classes[valid],
            len(model.classes),
            scene.bands.good,
            scene.bands.wavelengths,
        ),
        _comparison(evidence, near),
        _accuracy_section(evidence, folds, len(model.classes)),
        None,
        _calibration_section(evidence),
        tuple(model.provenance.items()),
    )


def with_map(
    report: Report,
    scene: Scene,
    model: Model,
    evidence: Evidence,
    class_map: Path,
    mapped: Mapped,
) -> Report:
    """Add to a report what is known only once there is a map.

    Args:
        report: From :func:`training_report`.
        scene: The scene that was mapped.
        model: What it was mapped with.
        evidence: Of the training.
        class_map: The map's file.
        mapped: What it shows.
    """
    shown = Picture("Class map", map_picture(class_map, model))
    section = report.scene and replace(
        report.scene,
        pictures=(*report.scene.pictures, shown),
        facts=(*report.scene.facts, *_map_facts(mapped)),
    )
    areas = None
    known = _held_out(evidence)
    if known.any():
        pixel_area = pixel_square_metres(scene)
        areas = AreasSection(
            polygon_area_estimates(
                evidence.pixels.classes[known],
                evidence.held_out[known].argmax(axis=1),
                evidence.folds.groups[known],
                np.array([mapped.counts.get(c.value, 0) for c in model.classes]),
                pixel_area or 1.0,
            ),
            "m²" if pixel_area else "pixels",
            "Errors are those of heads that had not seen the labels they were judged on, the "
            "places of the labels counting as the sample.",
        )
    return replace(report, scene=section, areas=areas)


def _map_facts(mapped: Mapped) -> list[tuple[str, str]]:
    share = mapped.unlike_share
    if share is None:
        return []
    return [
        (
            "Unlike anything labelled",
            f"{share:.1%} of the classified pixels; of ground like the labelled, about 5 % are",
        )
    ]


def validated_figures(evidence: Evidence, n_classes: int) -> dict[str, Any] | None:
    """Return the cross-validated figures ready for JSON, None where the labels allow none."""
    found = validated_accuracy(evidence, n_classes)
    if found is None:
        return None
    error = calibration(*_confidences(evidence)).ece
    return found.as_dict() | {"expected_calibration_error": error}


def validated_accuracy(evidence: Evidence, n_classes: int) -> Accuracy | None:
    """Return the cross-validated accuracy, None where the labels allow none."""
    known = _held_out(evidence)
    if not known.any():
        return None
    return accuracy(_matrix(evidence, known, n_classes))


def scene_picture(scene: Scene, step: int) -> np.ndarray:
    """Return a thumbnail near true colour, uint8 ``(height, width, 4)``."""
    good = np.flatnonzero(scene.bands.good)
    wavelengths = scene.bands.wavelengths
    shown = true_colour_bands(len(good), None if wavelengths is None else wavelengths[good])
    bands = [int(good[band]) for band in shown]
    return true_colour(*scene.thumbnail(bands, step))


def map_picture(class_map: Path, model: Model) -> np.ndarray:
    """Return a thumbnail of a class map, uint8 ``(height, width, 4)``."""
    with open_raster(class_map) as dataset:
        step = thumbnail_step(dataset.height, dataset.width)
        shape = (-(-dataset.height // step), -(-dataset.width // step))
        values = dataset.read(1, out_shape=shape, resampling=Resampling.nearest)
    indices = np.full(values.shape, -1)
    for index, known in enumerate(model.classes):
        indices[values == known.value] = index
    return class_map_picture(indices, [known.color for known in model.classes])


def _facts(scene: Scene, evidence: Evidence) -> tuple[tuple[str, str], ...]:
    about = scene.describe()
    facts = [("Size", f"{about.width:,} × {about.height:,} pixels"), ("CRS", about.crs or "none")]
    if about.crs:
        facts.append(("Pixel", f"{about.pixel_width:g} × {about.pixel_height:g} (CRS units)"))
    facts.append(("Bands", f"{about.count}, of which {len(evidence.sample.bands)} are used"))
    if about.wavelength_range:
        low, high = about.wavelength_range
        facts.append(("Wavelengths", f"{low:.0f} to {high:.0f} nm"))
    if about.bad_bands:
        facts.append(("Bad bands", ", ".join(str(band) for band in about.bad_bands)))
    facts.append(("Holds data", f"{evidence.sample.valid_share:.0%} of the sampled pixels"))
    return tuple(facts)


def _folds(scene: Scene, folds: Division, grouping: str, *, of_class: bool) -> Folds | None:
    if not folds.count:
        return None
    area = pixel_square_metres(scene)
    gap = float(np.nanmin(folds.nearest))
    return Folds(
        tuple(int((folds.fold == k).sum()) for k in range(folds.count)),
        f"{grouping} in {len(np.unique(folds.groups))} places",
        gap,
        gap * area**0.5 if area else None,
        of_class,
    )


def _own_class_distance(pixels: TrainingPixels, folds: Division) -> float:
    """Return the median of the pixels from a held-out pixel to its class's nearest trained on.

    NaN where no class is trained on while pixels of it are held out.
    """
    positions = np.stack([pixels.rows, pixels.cols], axis=1)
    found = [np.zeros(0)]
    for k in range(folds.count):
        for c in np.unique(pixels.classes[folds.fold == k]):
            mine = pixels.classes == c
            held, trained = mine & (folds.fold == k), mine & (folds.fold != k)
            if trained.any():
                found.append(cKDTree(positions[trained]).query(positions[held])[0])
    distances = np.concatenate(found)
    return float(np.median(distances)) if len(distances) else np.nan


def _held_out(evidence: Evidence) -> np.ndarray:
    known: np.ndarray = np.isfinite(evidence.held_out).all(axis=1)
    return known


def _near(evidence: Evidence) -> np.ndarray:
    known: np.ndarray = np.isfinite(evidence.near).all(axis=1)
    return known


def _validated(evidence: Evidence) -> float:
    known = _held_out(evidence)
    return float((evidence.held_out[known].argmax(axis=1) == evidence.pixels.classes[known]).mean())


def _matrix(evidence: Evidence, known: np.ndarray, n_classes: int) -> np.ndarray:
    predicted = evidence.held_out[known].argmax(axis=1)
    return confusion_matrix(evidence.pixels.classes[known], predicted, n_classes)


def _comparison(evidence: Evidence, folds: Folds | None) -> ComparisonSection | None:
    if folds is None:
        return None
    known = _near(evidence)
    parts = {(part.kind, part.effort, part.inputs): part for part in evidence.choice.parts}
    candidates = []
    for held_out in evidence.candidates:
        part = parts.get((held_out.kind, held_out.effort, held_out.inputs))
        name = f"{NAMES[held_out.kind]}, {held_out.effort}, {held_out.inputs}"
        weight = 0.0 if part is None else part.weight
        candidates.append(
            _candidate(
                name, DESCRIPTIONS[held_out.kind], held_out, evidence, weight, part is not None
            )
        )
    blend = HeldOut("blend", "", "", evidence.near)
    description = "What the model is, each fold judged by the blend that the other folds chose"
    candidates.append(_candidate("Blend", description, blend, evidence, None, True))
    note = (
        f"Spectral inputs of the networks: {evidence.spectral_name}. Spatial features: "
        f"{evidence.spatial_name}. {evidence.backbone_note} Both were chosen on the same folds. "
    )
    surroundings = [held_out.kind in SPATIAL_KINDS for held_out in evidence.candidates]
    if any(surroundings) and not all(surroundings):
        note += (
            "Surroundings are used only where a blend with them beats the best blend of spectra "
            "alone by more than two standard errors over places. "
        )
    note += (
        f"{int(known.sum())} labelled pixels were held out in turn; the median one lies "
        f"{np.nanmedian(evidence.choosing_folds.nearest):.0f} pixels from the nearest one trained "
        "on. Accuracy is stated on other folds."
    )
    return ComparisonSection(tuple(candidates), folds, note)


def _candidate(
    name: str,
    description: str,
    held_out: HeldOut,
    evidence: Evidence,
    weight: float | None,
    chosen: bool,
) -> Candidate:
    known = _near(evidence)
    said, classes = held_out.probabilities[known], evidence.pixels.classes[known]
    right = said.argmax(axis=1) == classes
    found = accuracy(confusion_matrix(classes, said.argmax(axis=1), said.shape[1]))
    fold = evidence.choosing_folds.fold[known]
    return Candidate(
        name,
        description,
        found.overall,
        found.balanced,
        found.kappa,
        float(losses(said, classes).mean()),
        tuple(float(right[fold == k].mean()) for k in range(evidence.choosing_folds.count)),
        weight,
        chosen,
    )


def _accuracy_section(evidence: Evidence, folds: Folds | None, n_classes: int) -> AccuracySection:
    if folds is None:
        return AccuracySection(
            no_statement("fewer than two classes are labelled in separate places")
        )
    far = _own_class_distance(evidence.pixels, evidence.folds)
    note = (
        f"The median held-out pixel lies {far:.0f} pixels from the nearest one of its class that "
        f"was trained on.{_on_choosing_folds(evidence, far)}"
    )
    if evidence.synthetic is not None:
        note += (
            " The heads that were judged have seen no synthetic sample; those of the model have, "
            "and may do better or worse."
        )
    if evidence.folds.untested:
        note += " Classes that are labelled in one place only are not judged."
    return AccuracySection(
        cross_validated(folds), _matrix(evidence, _held_out(evidence), n_classes), note
    )


def _on_choosing_folds(evidence: Evidence, far: float) -> str:
    """Say what is right on the folds that were chosen on, beside those ``far`` from a class."""
    known = _near(evidence)
    if not known.any():
        return ""
    right = (evidence.near[known].argmax(axis=1) == evidence.pixels.classes[known]).mean()
    near = _own_class_distance(evidence.pixels, evidence.choosing_folds)
    if near < far:
        better = "better" if right > _validated(evidence) else "not better"
        where = f"Nearer to the labels of a class the map is {better}"
    else:
        where = "On the folds that were chosen on"
    return (
        f" {where}: {right:.0%} of the pixels are right there, the median one {near:.0f} pixels "
        "from the nearest of its class."
    )


def _calibration_section(evidence: Evidence) -> CalibrationSection | None:
    if not _held_out(evidence).any():
        return None
    confidence, right = _confidences(evidence)
    return CalibrationSection(
        calibration(confidence, right),
        kept(confidence, right),
        f"{in_plain_words(confidence, right)} The heads had seen no label of the fold that they "
        "are judged on, and the temperature is that of the other folds; the blend was chosen "
        "with all labels.",
    )


def _confidences(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of each held-out pixel, and whether its class is right."""
    known = _held_out(evidence)
    said = evidence.held_out[known]
    return said.max(axis=1), said.argmax(axis=1) == evidence.pixels.classes[known]
