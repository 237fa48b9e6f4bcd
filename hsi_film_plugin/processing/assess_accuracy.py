"""Assess accuracy: a report on any class map, from reference polygons, points or pixels."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
)

from ..layers.label_export import CapturedLabels
from ..layers.raster_source import RasterFile
from .algorithm import Group, HsiFilmAlgorithm
from .engine_run import run_engine
from .parameters import INPUT, add_labels, labels, scene_file
from .training import REPORT, report_filter

REFERENCE = "REFERENCE"
TABLE = "TABLE"


@dataclass(frozen=True)
class AssessmentInputs:
    """What is read from layers on the main thread."""

    class_map: RasterFile
    reference: CapturedLabels


class AssessAccuracy(HsiFilmAlgorithm):
    """`hsifilm:assessaccuracy`."""

    GROUP = Group.ACCURACY
    ICON = "assess"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterRasterLayer(INPUT, self.tr("Class map")),
            self.tr(
                "A raster whose values are classes, made with this plugin or any other tool. Its "
                "category names, attribute table and colours are used where it has them."
            ),
        )
        add_labels(
            self,
            REFERENCE,
            self.tr("Reference"),
            self.tr(
                "Polygons or points of known class in any CRS, or a raster of classes. They must "
                "not have been used to make the map: accuracy on training data is no accuracy. "
                "Classes are matched to the map’s by value, and by name where there are names."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, self.tr("Report"), fileFilter=report_filter(), optional=True
            ),
            self.tr(
                "A self-contained HTML page: confusion matrix, overall and balanced accuracy, "
                "kappa, F1, IoU, user’s and producer’s accuracy, and the area of each class with "
                "its 95 % interval."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                TABLE,
                self.tr("Table"),
                fileFilter=self.tr("JSON table (*.json)"),
                optional=True,
            ),
            self.tr("The same figures as JSON, for scripts."),
        )

    def name(self) -> str:
        return "assessaccuracy"

    def displayName(self) -> str:
        return self.tr("Assess accuracy")

    def summary(self) -> str:
        return self.tr(
            "<p>Compares a class map with reference data and reports its accuracy. Areas are "
            "estimated with the stratified estimator of Olofsson et al. (2014), with 95 % "
            "confidence intervals.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "accuracy assessment,confusion matrix,error matrix,kappa,overall accuracy,area "
            "estimate,confidence interval,validation,reference,ground truth,classification"
        ).split(",")

    def capture(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> AssessmentInputs:
        return AssessmentInputs(
            scene_file(self, parameters, context), labels(self, parameters, REFERENCE, context)
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        report = self.parameterAsFileOutput(parameters, REPORT, context) or None
        table = self.parameterAsFileOutput(parameters, TABLE, context) or None
        with tempfile.TemporaryDirectory(prefix="hsifilm_") as folder:
            reference = self.captured.reference.export(Path(folder), context, feedback)
            result = run_engine(
                "assess",
                {
                    "input": self.captured.class_map.path,
                    **reference.job("reference"),
                    "report": report,
                    "table": table,
                },
                feedback,
            )
        if result is None:
            return {}
        return {REPORT: report, TABLE: table}
