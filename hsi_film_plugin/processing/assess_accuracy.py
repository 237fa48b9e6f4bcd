"""Assess accuracy: a report on any class map, from reference polygons, points or pixels."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingParameterRasterLayer

from .algorithm import Group
from .judging import JudgingAlgorithm
from .parameters import INPUT, add_labels

REFERENCE = "REFERENCE"


class AssessAccuracy(JudgingAlgorithm):
    """`hsifilm:assessaccuracy`."""

    GROUP = Group.ACCURACY
    ICON = "assess"
    METHOD = "assess"
    REAL_LABELS = REFERENCE

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
        self.add_findings(
            self.tr(
                "A self-contained HTML page: confusion matrix, overall and balanced accuracy, "
                "kappa, F1, IoU, user’s and producer’s accuracy, and the area of each class with "
                "its 95 % interval."
            )
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
