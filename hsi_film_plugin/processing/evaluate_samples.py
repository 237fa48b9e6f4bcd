"""Evaluate samples: whether synthetic samples of each class can be trusted."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterFile,
)

from .algorithm import Group
from .judging import JudgingAlgorithm, JudgingInputs
from .parameters import SEED, add_device, add_labels, add_scene, add_seed, device
from .synthesis import (
    SAMPLES,
    SYNTHESIZER,
    add_synthesizer,
    add_text_encoder,
    samples_filter,
    text_encoder,
)
from .training import LABELS


class EvaluateSamples(JudgingAlgorithm):
    """`hsifilm:evaluatesamples`."""

    GROUP = Group.SYNTHETIC_SAMPLES
    ICON = "evaluate_samples"
    METHOD = "evaluate_samples"
    REAL_LABELS = LABELS

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
        self.add_findings(
            self.tr(
                "A self-contained HTML page: for each class a verdict (use, use with care, do not "
                "use), real and synthetic spectra, their distances, which pixels each word of a "
                "description made, and whether training patches were memorised."
            )
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

    def capture(self, parameters: dict[str, Any], context: QgsProcessingContext) -> JudgingInputs:
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
        return super().capture(parameters, context)

    def job(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        return {
            "synthesizer": self.parameterAsFile(parameters, SYNTHESIZER, context) or None,
            "samples": self.parameterAsFile(parameters, SAMPLES, context) or None,
            "seed": self.parameterAsInt(parameters, SEED, context),
            "text_encoder": text_encoder(self, parameters, context),
            "device": device(self, parameters, context),
        }
