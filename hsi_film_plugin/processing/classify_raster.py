"""Classify raster: a class map of a scene from a trained model."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
)

from ..layers.raster_source import RasterFile
from .algorithm import Group, HsiFilmAlgorithm
from .classification import (
    CONFIDENCE,
    OUTPUT,
    PROBABILITIES,
    add_classification_choices,
    add_extent,
    add_map_outputs,
    add_probabilities,
    classification_job,
    extent,
    map_outputs,
    style_maps,
)
from .engine_run import run_engine
from .parameters import add_device, add_scene, device, scene_file
from .training import MODEL, model_filter


@dataclass(frozen=True)
class ClassificationInputs:
    """What is read from layers on the main thread."""

    scene: RasterFile
    extent: list[float] | None


class ClassifyRaster(HsiFilmAlgorithm):
    """`hsifilm:classifyraster`."""

    GROUP = Group.CLASSIFICATION
    ICON = "classify"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_scene(self)
        self.add(
            QgsProcessingParameterFile(MODEL, self.tr("Model"), fileFilter=model_filter()),
            self.tr(
                "The model file written by “Train classifier”. Bands are matched by wavelength, so "
                "the scene needs the bands that the model was trained on."
            ),
        )
        add_extent(self)
        add_device(self)
        add_classification_choices(self)
        add_map_outputs(self)
        add_probabilities(self)

    def name(self) -> str:
        return "classifyraster"

    def displayName(self) -> str:
        return self.tr("Classify raster")

    def summary(self) -> str:
        return self.tr(
            "<p>Classifies a hyperspectral scene of any size with a trained model, block by block. "
            "The map is georeferenced like the scene and carries its legend.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,imaging spectroscopy,classification,prediction,inference,class map,"
            "land cover,confidence,deep learning,diffusion,film"
        ).split(",")

    def capture(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> ClassificationInputs:
        return ClassificationInputs(
            scene_file(self, parameters, context), extent(self, parameters, context)
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        outputs = map_outputs(self, parameters, context)
        result = run_engine(
            "classify",
            {
                "input": self.captured.scene.path,
                "model": self.parameterAsFile(parameters, MODEL, context),
                "extent": self.captured.extent,
                "device": device(self, parameters, context),
                **classification_job(self, parameters, context),
                "output": outputs[OUTPUT],
                "confidence": outputs.get(CONFIDENCE),
                "probabilities": outputs.get(PROBABILITIES),
            },
            feedback,
        )
        if result is None:
            return {}
        style_maps(context, outputs, result, self.captured.scene.name)
        return dict(outputs)
