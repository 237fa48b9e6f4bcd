"""Extract features: the backbone's spatial features of a scene as a raster."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ..layers.layer_styles import style_bands
from ..layers.raster_source import RasterFile
from .algorithm import Group, HsiFilmAlgorithm
from .engine_run import run_engine
from .parameters import (
    add_backbone,
    add_device,
    add_feature_choices,
    add_scene,
    device,
    feature_job,
    scene_file,
)
from .result_layers import load_styled

COMPONENTS = "COMPONENTS"
OUTPUT = "OUTPUT"


@dataclass(frozen=True)
class FeatureInputs:
    """What is read from layers on the main thread."""

    scene: RasterFile


class ExtractFeatures(HsiFilmAlgorithm):
    """`hsifilm:extractfeatures`."""

    GROUP = Group.FEATURES
    ICON = "features"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_scene(self)
        add_backbone(self)
        self.add(
            QgsProcessingParameterNumber(
                COMPONENTS,
                self.tr("Components"),
                QgsProcessingParameterNumber.Type.Integer,
                defaultValue=16,
                minValue=1,
                maxValue=1024,
            ),
            self.tr(
                "How many bands the output has: the features are compressed to this many principal "
                "components, computed once for the whole scene."
            ),
        )
        add_feature_choices(self)
        add_device(self)
        self.add(
            QgsProcessingParameterRasterDestination(OUTPUT, self.tr("Features")),
            self.tr(
                "A float GeoTIFF on the scene’s grid with one band per component, the strongest "
                "first."
            ),
        )

    def name(self) -> str:
        return "extractfeatures"

    def displayName(self) -> str:
        return self.tr("Extract features")

    def summary(self) -> str:
        return self.tr(
            "<p>Writes the spatial features that a frozen diffusion model sees in a hyperspectral "
            "scene, for segmentation, clustering or classifiers of your own.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,features,embedding,deep features,texture,diffusion,unet,backbone,"
            "principal components"
        ).split(",")

    def capture(self, parameters: dict[str, Any], context: QgsProcessingContext) -> FeatureInputs:
        return FeatureInputs(scene_file(self, parameters, context))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        output = self.parameterAsOutputLayer(parameters, OUTPUT, context)
        result = run_engine(
            "extract_features",
            {
                "input": self.captured.scene.path,
                **feature_job(self, parameters, context),
                "components": self.parameterAsInt(parameters, COMPONENTS, context),
                "device": device(self, parameters, context),
                "output": output,
            },
            feedback,
        )
        if result is None:
            return {}
        name = self.tr("{} – features").format(self.captured.scene.name)
        load_styled(context, output, name, lambda layer: style_bands(layer, 1, 2, 3))
        return {OUTPUT: output}
