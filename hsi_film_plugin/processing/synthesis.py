"""Parameters that the algorithms of synthetic samples share, and their job parameters."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..translation import tr
from .algorithm import HsiFilmAlgorithm

SYNTHESIZER = "SYNTHESIZER"
SAMPLES = "SAMPLES"
TEXT_ENCODER = "TEXT_ENCODER"


def add_synthesizer(algorithm: HsiFilmAlgorithm, help_text: str, *, optional: bool = False) -> None:
    """`SYNTHESIZER`, as an input."""
    algorithm.add(
        QgsProcessingParameterFile(
            SYNTHESIZER, tr("Synthesizer"), optional=optional, fileFilter=synthesizer_filter()
        ),
        help_text,
    )


def add_text_encoder(algorithm: HsiFilmAlgorithm) -> None:
    """`TEXT_ENCODER`."""
    algorithm.add(
        QgsProcessingParameterString(TEXT_ENCODER, tr("Text encoder"), optional=True),
        tr(
            "What turns descriptions into numbers. Leave it empty for the one that is installed "
            "with the engine. A folder with another sentence-transformers model can be given, or "
            "one of the Hugging Face hub as owner/name@revision, if it lies in the hub’s cache on "
            "this computer already and the revision is given in full (40 letters and digits): "
            "nothing is downloaded. A synthesizer works only with the text encoder that it was "
            "trained with."
        ),
        advanced=True,
    )


def text_encoder(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str | None:
    """What `TEXT_ENCODER` says; None for the engine's own."""
    return algorithm.parameterAsString(parameters, TEXT_ENCODER, context).strip() or None


def synthesizer_filter() -> str:
    """The file dialog's filter for synthesizers."""
    return tr("Synthesizer (*.safetensors)")


def samples_filter() -> str:
    """The file dialog's filter for files of samples."""
    return tr("Synthetic samples (*.safetensors)")
