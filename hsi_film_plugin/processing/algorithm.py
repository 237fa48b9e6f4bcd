"""What every HSI FiLM algorithm shares: translation, icon, help page, and the engine check."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

import enum
from html import escape
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from ..icons import icon as load_icon
from ..settings import engine_python

HELP_URL = "https://github.com/hsi-film/hsi-film-plugin/blob/main/docs/algorithms.md"


class Group(enum.Enum):
    """The folders of the Toolbox; a value is the group's id."""

    CLASSIFICATION = "classification"
    ACCURACY = "accuracy"
    FEATURES = "features"
    SYNTHETIC_SAMPLES = "syntheticsamples"
    SAMPLE_DATA = "sampledata"


class HsiFilmAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of the provider `hsifilm`; subclasses name their group, icon and summary."""

    GROUP: Group
    ICON = "hsi_film"
    NEEDS_ENGINE = True

    def tr(self, text: str) -> str:
        """Translate `text` in the context of the algorithm's class."""
        return QCoreApplication.translate(type(self).__name__, text)

    def group(self) -> str:
        return {
            Group.CLASSIFICATION: QCoreApplication.translate("HsiFilmAlgorithm", "Classification"),
            Group.ACCURACY: QCoreApplication.translate("HsiFilmAlgorithm", "Accuracy"),
            Group.FEATURES: QCoreApplication.translate("HsiFilmAlgorithm", "Features"),
            Group.SYNTHETIC_SAMPLES: QCoreApplication.translate(
                "HsiFilmAlgorithm", "Synthetic samples"
            ),
            Group.SAMPLE_DATA: QCoreApplication.translate("HsiFilmAlgorithm", "Sample data"),
        }[self.GROUP]

    def groupId(self) -> str:
        return self.GROUP.value

    def summary(self) -> str:
        """What the algorithm does, in a paragraph or two of HTML, for the help panel."""
        raise NotImplementedError

    def shortHelpString(self) -> str:
        inputs, outputs = [], []
        for definition in self.parameterDefinitions():
            line = f"<p><b>{escape(definition.description())}</b><br>{definition.help()}</p>"
            (outputs if definition.isDestination() else inputs).append(line)
        return "".join(
            [
                self.summary(),
                "<h3>" + QCoreApplication.translate("HsiFilmAlgorithm", "Inputs") + "</h3>",
                *inputs,
                "<h3>" + QCoreApplication.translate("HsiFilmAlgorithm", "Outputs") + "</h3>",
                *outputs,
            ]
        )

    def helpUrl(self) -> str:
        return f"{HELP_URL}#{self.name()}"

    def icon(self) -> QIcon:
        return load_icon(self.ICON)

    def createInstance(self) -> HsiFilmAlgorithm:
        return type(self)()

    def canExecute(self) -> tuple[bool, str]:
        """Whether the engine is installed, and if not, what to do about it."""
        if not self.NEEDS_ENGINE:
            return True, ""
        from ..bridge.environment import engine_status

        status = engine_status(engine_python())
        return status.ready, "" if status.ready else status.message

    def capture(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Any:
        """Read from layers what the run needs, as one frozen object; runs on the main thread.

        Raises:
            QgsProcessingException: a layer or field cannot be used.
        """
        return None

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Say what is wrong with a layer before the run rather than in its log."""
        fine, message = super().checkParameterValues(parameters, context)
        if fine:
            try:
                self.capture(parameters, context)
            except QgsProcessingException as problem:
                return False, str(problem)
        return fine, message

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        self.captured = self.capture(parameters, context)
        return True

    def add(
        self,
        definition: QgsProcessingParameterDefinition,
        help_text: str,
        *,
        advanced: bool = False,
        create_by_default: bool = True,
    ) -> None:
        """Add a parameter together with the sentence that explains it."""
        definition.setHelp(help_text)
        if advanced:
            definition.setFlags(
                definition.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            )
        if definition.isDestination():
            definition.setCreateByDefault(create_by_default)
        # QGIS takes the definition over, so nothing may be changed after this line.
        if not self.addParameter(definition):
            raise QgsProcessingException(f"{self.id()}: parameter {definition.name()} is refused.")

    def optional_number(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> int | None:
        """An integer that was given, or None where the parameter was left empty."""
        if parameters.get(name) in (None, ""):
            return None
        return int(self.parameterAsInt(parameters, name, context))
