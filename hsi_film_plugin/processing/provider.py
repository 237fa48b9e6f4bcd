"""The provider `hsifilm`: everything that HSI FiLM offers in the Processing Toolbox."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from ..icons import icon as load_icon
from .assess_accuracy import AssessAccuracy
from .classify_raster import ClassifyRaster
from .create_sample_scene import CreateSampleScene
from .evaluate_samples import EvaluateSamples
from .extract_features import ExtractFeatures
from .synthesize_samples import SynthesizeSamples
from .train_and_classify import TrainAndClassify
from .train_classifier import TrainClassifier
from .train_synthesizer import TrainSynthesizer

ALGORITHMS = (
    TrainClassifier,
    ClassifyRaster,
    TrainAndClassify,
    AssessAccuracy,
    ExtractFeatures,
    TrainSynthesizer,
    SynthesizeSamples,
    EvaluateSamples,
    CreateSampleScene,
)


class HsiFilmProvider(QgsProcessingProvider):
    """Lists the algorithms and the formats they write."""

    def id(self) -> str:
        return "hsifilm"

    def name(self) -> str:
        return "HSI FiLM"

    def longName(self) -> str:
        return QCoreApplication.translate(
            "HsiFilmProvider", "HSI FiLM (hyperspectral classification)"
        )

    def icon(self) -> QIcon:
        return load_icon("hsi_film")

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """The engine writes GeoTIFF."""
        return ["tif", "tiff"]

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        """Formats of one file, so that a result can be moved into place in one step."""
        return ["gpkg", "geojson"]
