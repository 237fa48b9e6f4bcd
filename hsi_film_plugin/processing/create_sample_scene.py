"""Create sample scene: a made-up hyperspectral scene whose every pixel's class is known."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterVectorDestination,
)

from ..layers.layer_styles import MapClass, style_bands, style_polygons
from .algorithm import Group, HsiFilmAlgorithm
from .parameters import SEED, add_seed
from .result_layers import load_styled

WIDTH = "WIDTH"
HEIGHT = "HEIGHT"
OUTPUT = "OUTPUT"
TRAINING = "TRAINING"
REFERENCE = "REFERENCE"

TRUE_COLOUR_NM = (650.0, 550.0, 470.0)


class CreateSampleScene(HsiFilmAlgorithm):
    """`hsifilm:createsamplescene`; runs in QGIS itself, so it works before the engine does."""

    GROUP = Group.SAMPLE_DATA
    ICON = "sample_scene"
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        for name, description, sentence in (
            (WIDTH, self.tr("Width"), self.tr("Columns of the scene, in pixels of 5 m.")),
            (HEIGHT, self.tr("Height"), self.tr("Rows of the scene, in pixels of 5 m.")),
        ):
            self.add(
                QgsProcessingParameterNumber(
                    name,
                    description,
                    QgsProcessingParameterNumber.Type.Integer,
                    defaultValue=256,
                    minValue=16,
                    maxValue=32768,
                ),
                sentence,
            )
        add_seed(self, self.tr("The same seed gives the same scene; another seed another one."))
        self.add(
            QgsProcessingParameterRasterDestination(OUTPUT, self.tr("Sample scene")),
            self.tr(
                "A GeoTIFF of reflectance in 100 bands from 420 to 2450 nm, with wavelengths, "
                "widths, and the bands of the water vapour marked as bad."
            ),
        )
        for name, description, sentence in (
            (
                TRAINING,
                self.tr("Training polygons"),
                self.tr(
                    "A few polygons per class to train on, with the fields class_id and class_name."
                ),
            ),
            (
                REFERENCE,
                self.tr("Reference polygons"),
                self.tr(
                    "The true class of every pixel as polygons, with the fields class_id and "
                    "class_name: what a map of the scene can be assessed against."
                ),
            ),
        ):
            self.add(
                QgsProcessingParameterVectorDestination(
                    name, description, QgsProcessing.SourceType.TypeVectorPolygon
                ),
                sentence,
            )

    def name(self) -> str:
        return "createsamplescene"

    def displayName(self) -> str:
        return self.tr("Create sample scene")

    def summary(self) -> str:
        return self.tr(
            "<p>Renders a plausible hyperspectral scene of forests, fields, water and villages, "
            "with mixed pixels, shadows and sensor noise, together with training polygons and the "
            "complete truth. For trying the other algorithms, and for tests.</p>"
            "<p>Works before the engine is installed.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,sample,example,demo,synthetic,simulated,test data,training data,"
            "reference,ground truth"
        ).split(",")

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        # numpy and GDAL's bindings cost time that only this run needs to spend.
        from ..engine.errors import InputError
        from ..engine.sample_scene import SampleScene
        from .sample_files import CLASS_ID, Stopped, write_sample

        outputs = {
            name: self.parameterAsOutputLayer(parameters, name, context)
            for name in (OUTPUT, TRAINING, REFERENCE)
        }

        def go_on(fraction: float) -> bool:
            feedback.setProgress(100.0 * fraction)
            return not feedback.isCanceled()

        try:
            scene = SampleScene(
                self.parameterAsInt(parameters, WIDTH, context),
                self.parameterAsInt(parameters, HEIGHT, context),
                self.parameterAsInt(parameters, SEED, context),
            )
            write_sample(scene, *(Path(path) for path in outputs.values()), go_on)
        except InputError as error:
            raise QgsProcessingException(str(error)) from error
        except Stopped:
            return {}
        classes = [MapClass(entry.value, entry.name, entry.color) for entry in scene.classes]
        bands = [1 + int(abs(scene.wavelengths - nm).argmin()) for nm in TRUE_COLOUR_NM]
        load_styled(
            context,
            outputs[OUTPUT],
            self.tr("Sample scene"),
            lambda layer: style_bands(layer, *bands),
        )
        for name, title in (
            (TRAINING, self.tr("Training polygons")),
            (REFERENCE, self.tr("Reference polygons")),
        ):
            load_styled(
                context,
                outputs[name],
                title,
                lambda layer: style_polygons(layer, CLASS_ID, classes),
                shown=name == TRAINING,
            )
        return outputs
