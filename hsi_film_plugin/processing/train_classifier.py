"""Train classifier: a model from a scene and a few labels."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback

from ..layers.label_export import CapturedLabels
from ..layers.raster_source import RasterFile
from .algorithm import Group, HsiFilmAlgorithm
from .engine_run import run_engine
from .parameters import labels, scene_file
from .training import (
    LABELS,
    MODEL,
    REPORT,
    add_model_outputs,
    add_training,
    model_outputs,
    training_job,
)


@dataclass(frozen=True)
class TrainingInputs:
    """What is read from layers on the main thread."""

    scene: RasterFile
    labels: CapturedLabels


class TrainClassifier(HsiFilmAlgorithm):
    """`hsifilm:trainclassifier`."""

    GROUP = Group.CLASSIFICATION
    ICON = "train"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_training(self)
        add_model_outputs(self)

    def name(self) -> str:
        return "trainclassifier"

    def displayName(self) -> str:
        return self.tr("Train classifier")

    def summary(self) -> str:
        return self.tr(
            "<p>Trains a classifier on a hyperspectral scene from a few labelled polygons, points "
            "or pixels. Spatial features of a frozen diffusion model are fused with each pixel’s "
            "spectrum; only small heads are trained.</p>"
            "<p>Linear, spectral, spatial and FiLM heads are compared and blended on spatially "
            "separate folds of whole polygons. Accuracy is stated on other folds, as a rule "
            "further from the labels of a class; the report shows the figures.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,imaging spectroscopy,supervised,classification,training,machine "
            "learning,deep learning,diffusion,film,land cover,model"
        ).split(",")

    def capture(self, parameters: dict[str, Any], context: QgsProcessingContext) -> TrainingInputs:
        return TrainingInputs(
            scene_file(self, parameters, context), labels(self, parameters, LABELS, context)
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        outputs = model_outputs(self, parameters, context)
        with tempfile.TemporaryDirectory(prefix="hsifilm_") as folder:
            label_file = self.captured.labels.export(Path(folder), context, feedback)
            result = run_engine(
                "train",
                {
                    "input": self.captured.scene.path,
                    **label_file.job("labels"),
                    **training_job(self, parameters, context),
                    **outputs,
                },
                feedback,
            )
        if result is None:
            return {}
        return {MODEL: outputs["model"], REPORT: outputs["report"]}
