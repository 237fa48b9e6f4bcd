"""Parameters of training and their job parameters, for every algorithm that trains."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ..translation import tr
from .algorithm import HsiFilmAlgorithm
from .parameters import (
    SEED,
    add_backbone,
    add_device,
    add_feature_choices,
    add_labels,
    add_scene,
    add_seed,
    device,
    feature_job,
)

LABELS = "LABELS"
SYNTHETIC = "SYNTHETIC"
ENSEMBLE = "ENSEMBLE"
MODEL = "MODEL"
REPORT = "REPORT"


def add_training(algorithm: HsiFilmAlgorithm) -> None:
    """Everything that training asks, from the scene to the ensemble; no outputs."""
    add_scene(algorithm)
    add_labels(
        algorithm,
        LABELS,
        tr("Training labels"),
        tr(
            "Polygons or points of known class in any CRS, or a raster whose values are classes "
            "(0 and nodata are unlabelled). A layer's filter and unsaved edits count. Several "
            "separate polygons per class let the accuracy be validated. The layer's categorised "
            "style gives the map its class names and colours."
        ),
    )
    add_backbone(algorithm)
    algorithm.add(
        QgsProcessingParameterFile(
            SYNTHETIC,
            tr("Synthetic samples"),
            optional=True,
            fileFilter=tr("Synthetic samples (*.safetensors);;All files (*)"),
        ),
        tr(
            "A file of samples made by Synthesize samples, to train rare classes with beside the "
            "real labels. Its classes and bands must be those of labels and scene. Samples are "
            "used for the final heads only: folds and the stated accuracy come from real labels "
            "alone. Optional."
        ),
    )
    add_seed(
        algorithm,
        tr(
            "The same seed and input give the same model on the same device; another seed gives "
            "another, equally valid one."
        ),
    )
    add_feature_choices(algorithm)
    algorithm.add(
        QgsProcessingParameterNumber(
            ENSEMBLE,
            tr("Ensemble size"),
            QgsProcessingParameterNumber.Type.Integer,
            optional=True,
            minValue=1,
            maxValue=32,
        ),
        tr(
            "How many heads are trained and averaged: more are steadier and slower. Leave it "
            "empty for the default."
        ),
        advanced=True,
    )
    add_device(algorithm)


def training_job(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """Job parameters of training, without the scene, the labels and the outputs."""
    return {
        **feature_job(algorithm, parameters, context),
        "synthetic": algorithm.parameterAsFile(parameters, SYNTHETIC, context) or None,
        "seed": algorithm.parameterAsInt(parameters, SEED, context),
        "ensemble": algorithm.optional_number(parameters, ENSEMBLE, context),
        "device": device(algorithm, parameters, context),
    }


def add_model_outputs(algorithm: HsiFilmAlgorithm) -> None:
    """`MODEL` and `REPORT`."""
    algorithm.add(
        QgsProcessingParameterFileDestination(MODEL, tr("Model"), fileFilter=model_filter()),
        tr(
            "The trained model: one safetensors file with the head, the statistics, the classes "
            "with their colours, and the bands. It classifies other scenes of the same sensor."
        ),
    )
    algorithm.add(
        QgsProcessingParameterFileDestination(
            REPORT,
            tr("Report"),
            fileFilter=report_filter(),
            optional=True,
        ),
        tr(
            "A self-contained HTML page: the labels, the spectra, what was compared on spatially "
            "separate folds, the accuracy with its uncertainty, warnings and provenance."
        ),
    )


def model_outputs(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """Job parameters of `MODEL` and `REPORT`."""
    return {
        "model": algorithm.parameterAsFileOutput(parameters, MODEL, context),
        "report": algorithm.parameterAsFileOutput(parameters, REPORT, context) or None,
    }


def model_filter() -> str:
    """The file dialog's filter for models."""
    return tr("HSI FiLM model (*.safetensors)")


def report_filter() -> str:
    """The file dialog's filter for reports."""
    return tr("HTML report (*.html)")
