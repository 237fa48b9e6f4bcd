"""Descriptions of classes on their way from a table of QGIS to the engine's CSV file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsMapLayer,
    QgsProcessingException,
    QgsVectorLayer,
)

from ..translation import tr
from .label_export import value_text

CLASS, DESCRIPTION = "class", "description"
#: More rows than this are no descriptions but some other table.
MOST_ROWS = 10_000


@dataclass(frozen=True)
class CapturedDescriptions:
    """A table of descriptions as it stood when the run began, safe to write from a worker.

    Attributes:
        name: What the user calls the table.
        rows: A class, by its name or value, and a description of it.
    """

    name: str
    rows: tuple[tuple[str, str], ...]

    def export(self, folder: Path) -> Path:
        """Write the table as CSV with the columns `class` and `description`.

        Raises:
            QgsProcessingException: it cannot be written.
        """
        path = folder / "descriptions.csv"
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow((CLASS, DESCRIPTION))
                writer.writerows(self.rows)
        except OSError as error:
            raise QgsProcessingException(
                tr(
                    "The descriptions of “{table}” cannot be written for the engine: {reason}. "
                    "Make room in the folder for temporary files."
                ).format(table=self.name, reason=error.strerror or error)
            ) from error
        return path


def capture_descriptions(layer: QgsMapLayer | None, parameter: str) -> CapturedDescriptions:
    """Read the descriptions of a table (main thread only).

    Args:
        layer: A layer or table with the fields `class` and `description`; capitals do not count.
        parameter: The parameter's description, for messages.

    Raises:
        QgsProcessingException: it cannot be opened, lacks a field, or holds no descriptions.
    """
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        raise QgsProcessingException(
            tr("{}: the table cannot be opened. Choose a table layer or a CSV file.").format(
                parameter
            )
        )
    places = {field.name().strip().lower(): place for place, field in enumerate(layer.fields())}
    missing = [name for name in (CLASS, DESCRIPTION) if name not in places]
    if missing:
        raise QgsProcessingException(
            tr(
                "{parameter}: “{table}” has no field “{missing}”. It needs the fields class (a "
                "class’s name or value) and description; it has: {names}."
            ).format(
                parameter=parameter,
                table=layer.name(),
                missing=missing[0],
                names=", ".join(field.name() for field in layer.fields()),
            )
        )
    features = _features(layer)
    if len(features) > MOST_ROWS:
        raise QgsProcessingException(
            tr(
                "{parameter}: “{table}” has more than {most} rows. Descriptions of classes are a "
                "few rows a class: choose another table."
            ).format(parameter=parameter, table=layer.name(), most=MOST_ROWS)
        )
    rows = tuple(_rows(layer, features, places[CLASS], places[DESCRIPTION]))
    if not rows:
        raise QgsProcessingException(
            tr(
                "{parameter}: “{table}” holds no descriptions. Give each row a class and a "
                "description, or leave the parameter empty."
            ).format(parameter=parameter, table=layer.name())
        )
    return CapturedDescriptions(layer.name(), rows)


def _features(layer: QgsVectorLayer) -> list[QgsFeature]:
    """Return the rows of a table, and one too many where there are too many.

    They are counted as they are read: some providers do not know how many rows they have.
    """
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    return list(layer.getFeatures(request.setLimit(MOST_ROWS + 1)))


def _rows(
    layer: QgsVectorLayer, features: list[QgsFeature], class_place: int, text_place: int
) -> list[tuple[str, str]]:
    """Return the rows that name a class and describe it."""
    fields = layer.fields()
    rows = []
    for feature in features:
        values = feature.attributes()
        known = value_text(values[class_place], fields.at(class_place)).strip()
        text = value_text(values[text_place], fields.at(text_place)).strip()
        if known and text:
            rows.append((known, text))
    return rows
