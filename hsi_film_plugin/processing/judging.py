"""What algorithms share that judge something by real labels: they write a report and a table."""

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
)

from ..layers.label_export import CapturedLabels
from ..layers.raster_source import RasterFile
from ..translation import tr
from .algorithm import HsiFilmAlgorithm
from .engine_run import run_engine
from .parameters import labels, scene_file
from .training import REPORT, report_filter

TABLE = "TABLE"


@dataclass(frozen=True)
class JudgingInputs:
    """What is read from layers on the main thread."""

    raster: RasterFile
    labels: CapturedLabels


class JudgingAlgorithm(HsiFilmAlgorithm):
    """Has `INPUT`, real labels, `REPORT` and `TABLE`; subclasses name their job and add to it."""

    #: The engine's job.
    METHOD: str
    #: The parameter of the labels; in lower case, their name in the job.
    REAL_LABELS: str

    def add_findings(self, report_help: str) -> None:
        """`REPORT` and `TABLE`."""
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, tr("Report"), fileFilter=report_filter(), optional=True
            ),
            report_help,
        )
        self.add(
            QgsProcessingParameterFileDestination(
                TABLE, tr("Table"), fileFilter=tr("JSON table (*.json)"), optional=True
            ),
            tr("The same figures as JSON, for scripts."),
        )

    def job(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        """Job parameters beside the raster, the labels and the outputs."""
        return {}

    def capture(self, parameters: dict[str, Any], context: QgsProcessingContext) -> JudgingInputs:
        return JudgingInputs(
            scene_file(self, parameters, context),
            labels(self, parameters, self.REAL_LABELS, context),
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        captured: JudgingInputs = self.captured
        outputs = {
            name: self.parameterAsFileOutput(parameters, name, context) or None
            for name in (REPORT, TABLE)
        }
        with tempfile.TemporaryDirectory(prefix="hsifilm_") as folder:
            label_file = captured.labels.export(Path(folder), context, feedback)
            result = run_engine(
                self.METHOD,
                {
                    **self.job(parameters, context),
                    "input": captured.raster.path,
                    **label_file.job(self.REAL_LABELS.lower()),
                    "report": outputs[REPORT],
                    "table": outputs[TABLE],
                },
                feedback,
            )
        return {} if result is None else outputs
