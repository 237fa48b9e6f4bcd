"""Evaluate samples: whether synthetic samples of each class can be trusted."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..layers.label_export import CapturedLabels
from ..layers.raster_source import RasterFile
from .algorithm import Group, HsiFilmAlgorithm
from .assess_accuracy import TABLE
from .engine_run import run_engine
from .parameters import (
    SEED,
    add_device,
    add_labels,
    add_scene,
    add_seed,
    device,
    labels,
    scene_file,
)
from .synthesis import (
    SAMPLES,
    SYNTHESIZER,
    add_synthesizer,
    add_text_encoder,
    samples_filter,
    text_encoder,
)
from .training import LABELS, REPORT, report_filter


@dataclass(frozen=True)
class EvaluationInputs:
    """What is read from layers on the main thread."""

    scene: RasterFile
    labels: CapturedLabels


class EvaluateSamples(HsiFilmAlgorithm):
    """`hsifilm:evaluatesamples`."""

    GROUP = Group.SYNTHETIC_SAMPLES
    ICON = "evaluate_samples"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_synthesizer(
            self,
            self.tr(
                "A synthesizer to be judged: samples of all its classes are made and compared. "
                "Give either this or a file of samples."
            ),
            optional=True,
        )
        self.add(
            QgsProcessingParameterFile(
                SAMPLES, self.tr("Samples"), optional=True, fileFilter=samples_filter()
            ),
            self.tr(
                "A file of samples to be judged, made by Synthesize samples. Give either this or "
                "a synthesizer."
            ),
        )
        add_scene(self)
        add_labels(
            self,
            LABELS,
            self.tr("Labels"),
            self.tr(
                "Real labels of the same classes to compare the samples with: polygons, points or "
                "a raster of classes. Labels that the synthesizer was not trained with say most."
            ),
        )
        add_seed(
            self,
            self.tr("Draws what is compared; the same seed and input give the same figures."),
        )
        add_text_encoder(self)
        add_device(self)
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, self.tr("Report"), fileFilter=report_filter(), optional=True
            ),
            self.tr(
                "A self-contained HTML page: for each class a verdict (use, use with care, do not "
                "use), real and synthetic spectra, their distances, which pixels each word of a "
                "description made, and whether training patches were memorised."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                TABLE, self.tr("Table"), fileFilter=self.tr("JSON table (*.json)"), optional=True
            ),
            self.tr("The same figures as JSON, for scripts."),
        )

    def name(self) -> str:
        return "evaluatesamples"

    def displayName(self) -> str:
        return self.tr("Evaluate samples")

    def summary(self) -> str:
        return self.tr(
            "<p>Compares synthetic samples with real spectra of the same classes and says for each "
            "class whether the samples can be trained with.</p>"
            "<p>Samples come from a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp; Xu 2025). A good "
            "verdict is no accuracy: samples never enter validation, which is done on real labels "
            "alone.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,synthetic samples,rare classes,data augmentation,generative model,"
            "quality,spectral angle,validation"
        ).split(",")

    def capture(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> EvaluationInputs:
        given = [bool(parameters.get(name)) for name in (SYNTHESIZER, SAMPLES)]
        if not any(given):
            raise QgsProcessingException(
                self.tr("Nothing is there to be judged. Give a synthesizer or a file of samples.")
            )
        if all(given):
            raise QgsProcessingException(
                self.tr(
                    "A synthesizer and a file of samples are both given. Leave one of them empty: "
                    "one thing is judged at a time."
                )
            )
        return EvaluationInputs(
            scene_file(self, parameters, context), labels(self, parameters, LABELS, context)
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
            label_file = self.captured.labels.export(Path(folder), context, feedback)
            result = run_engine(
                "evaluate_samples",
                {
                    "synthesizer": self.parameterAsFile(parameters, SYNTHESIZER, context) or None,
                    "samples": self.parameterAsFile(parameters, SAMPLES, context) or None,
                    "input": self.captured.scene.path,
                    **label_file.job("labels"),
                    "seed": self.parameterAsInt(parameters, SEED, context),
                    "text_encoder": text_encoder(self, parameters, context),
                    "device": device(self, parameters, context),
                    "report": report,
                    "table": table,
                },
                feedback,
            )
        if result is None:
            return {}
        return {REPORT: report, TABLE: table}
