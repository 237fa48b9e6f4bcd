"""Train and classify: from labels to the class map of the same scene in one run."""

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
from .classification import (
    CONFIDENCE,
    OUTPUT,
    add_classification_choices,
    add_extent,
    add_map_outputs,
    classification_job,
    extent,
    map_outputs,
    style_maps,
)
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
class TrainAndClassifyInputs:
    """What is read from layers on the main thread."""

    scene: RasterFile
    labels: CapturedLabels
    extent: list[float] | None


class TrainAndClassify(HsiFilmAlgorithm):
    """`hsifilm:trainandclassify`."""

    GROUP = Group.CLASSIFICATION
    ICON = "train_and_classify"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_training(self)
        add_extent(self)
        add_classification_choices(self)
        add_map_outputs(self)
        add_model_outputs(self)

    def name(self) -> str:
        return "trainandclassify"

    def displayName(self) -> str:
        return self.tr("Train and classify")

    def summary(self) -> str:
        return self.tr(
            "<p>From a hyperspectral scene and a few labelled polygons, points or pixels to a "
            "georeferenced class map with its legend, its model and an accuracy report, in one "
            "run.</p>"
            "<p>Linear, spectral, spatial and FiLM heads are compared and blended on spatially "
            "separate folds of whole polygons; the blend classifies the scene. Accuracy is stated "
            "on other folds, as a rule further from the labels of a class; the report shows the "
            "figures.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,imaging spectroscopy,supervised,classification,training,class map,"
            "land cover,confidence,machine learning,deep learning,diffusion,film"
        ).split(",")

    def capture(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> TrainAndClassifyInputs:
        return TrainAndClassifyInputs(
            scene_file(self, parameters, context),
            labels(self, parameters, LABELS, context),
            extent(self, parameters, context),
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        maps = map_outputs(self, parameters, context)
        files = model_outputs(self, parameters, context)
        with tempfile.TemporaryDirectory(prefix="hsifilm_") as folder:
            label_file = self.captured.labels.export(Path(folder), context, feedback)
            result = run_engine(
                "train_and_classify",
                {
                    "input": self.captured.scene.path,
                    **label_file.job("labels"),
                    **training_job(self, parameters, context),
                    "extent": self.captured.extent,
                    **classification_job(self, parameters, context),
                    "output": maps[OUTPUT],
                    "confidence": maps.get(CONFIDENCE),
                    **files,
                },
                feedback,
            )
        if result is None:
            return {}
        style_maps(context, maps, result, self.captured.scene.name)
        return {**maps, MODEL: files["model"], REPORT: files["report"]}
