"""Label layers on their way to the engine: what a worker may read, written to one file.

A label layer may be a memory layer, filtered, joined, or in the middle of an edit. It is
therefore captured on the main thread (`capture_labels`) and written out by the worker
(`CapturedLabels.export`); the engine only ever sees a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsGeometry,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)

from ..translation import tr
from .raster_source import raster_file

LAYER_NAME = "labels"


@dataclass(frozen=True)
class ClassStyle:
    """How the label layer's own style shows one class: `value` is `str(field value)`."""

    value: str
    name: str
    color: str


@dataclass(frozen=True)
class LabelFile:
    """What the engine is told of the labels."""

    path: str
    layer: str | None
    class_field: str | None
    styles: tuple[ClassStyle, ...]

    def job(self, prefix: str) -> dict[str, Any]:
        """The job parameters of these labels; `prefix` is `labels` or `reference`."""
        return {
            prefix: self.path,
            f"{prefix}_layer": self.layer,
            "class_field": self.class_field,
            "styles": [asdict(style) for style in self.styles],
        }


@dataclass(frozen=True)
class CapturedFeatures:
    """A vector layer's features with filter and unsaved edits, and their geometry type."""

    source: QgsVectorLayerFeatureSource
    wkb_type: Any


@dataclass(frozen=True)
class CapturedLabels:
    """A label layer as it stood when the run began, safe to read from a worker thread."""

    name: str
    class_field: str | None
    styles: tuple[ClassStyle, ...]
    raster: str | None
    vector: CapturedFeatures | None

    def export(
        self, folder: Path, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> LabelFile:
        """Write vector labels to `folder`; a label raster is passed on as it is.

        Raises:
            QgsProcessingException: the features cannot be written.
        """
        if self.vector is None:
            return LabelFile(str(self.raster), None, None, self.styles)
        # The engine's messages name the file, so it is called what the user calls the layer.
        stem = re.sub(r"[^\w -]", "_", self.name)[:80].strip() or LAYER_NAME
        path = folder / f"{stem}.fgb"
        _write(self.vector, path, self.name, context, feedback)
        return LabelFile(str(path), LAYER_NAME, self.class_field, self.styles)


def capture_labels(
    layer: QgsMapLayer | None, class_field: str, parameter: str, field_parameter: str
) -> CapturedLabels:
    """Take what the run needs of `layer` (main thread only).

    Args:
        layer: a polygon, point or raster layer.
        class_field: the field that names the class; needed for vector layers.
        parameter: the description of the layer's parameter, for messages.
        field_parameter: the description of the field's parameter, for messages.

    Raises:
        QgsProcessingException: the layer is missing or of another kind, or the field is not
            one of its fields.
    """
    if isinstance(layer, QgsRasterLayer):
        path = raster_file(layer, parameter).path
        return CapturedLabels(layer.name(), None, tuple(_raster_styles(layer)), path, None)
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        raise QgsProcessingException(
            tr("{}: the layer cannot be opened. Choose polygons, points or a raster.").format(
                parameter
            )
        )
    if not layer.isSpatial():
        raise QgsProcessingException(
            tr(
                "{parameter}: “{layer}” is a table without geometry. "
                "Choose polygons, points or a raster."
            ).format(parameter=parameter, layer=layer.name())
        )
    field = _field(layer, class_field, parameter, field_parameter)
    styles = tuple(_vector_styles(layer, field))
    features = CapturedFeatures(QgsVectorLayerFeatureSource(layer), layer.wkbType())
    return CapturedLabels(layer.name(), field.name(), styles, None, features)


def _field(
    layer: QgsVectorLayer, class_field: str, parameter: str, field_parameter: str
) -> QgsField:
    names = [field.name() for field in layer.fields()]
    index = layer.fields().lookupField(class_field) if class_field else -1
    if index >= 0:
        return layer.fields().at(index)
    if not names:
        message = tr("{parameter}: “{layer}” has no fields. Add one that holds the class.")
    elif class_field:
        message = tr(
            "{field_parameter}: “{layer}” has no field “{field}”. Its fields are: {names}."
        )
    else:
        message = tr(
            "{field_parameter}: choose the field of “{layer}” that holds the class. "
            "Its fields are: {names}."
        )
    raise QgsProcessingException(
        message.format(
            parameter=parameter,
            field_parameter=field_parameter,
            layer=layer.name(),
            field=class_field,
            names=", ".join(names),
        )
    )


def _vector_styles(layer: QgsVectorLayer, field: QgsField) -> Iterator[ClassStyle]:
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return
    index = layer.fields().lookupField(renderer.classAttribute().strip('"'))
    if index < 0:
        return
    styled = layer.fields().at(index)
    # Numbers of another field would pass for classes; its texts match only the classes' names.
    if styled.name() != field.name() and styled.isNumeric():
        return
    for category in renderer.categories():
        values = category.value() if isinstance(category.value(), list) else [category.value()]
        symbol = category.symbol()
        for value in values:
            text = value_text(value, styled)
            # The category "all other values" has no value of its own.
            if text and symbol is not None:
                yield _class_style(text, category.label(), symbol.color().name())


def _raster_styles(layer: QgsRasterLayer) -> Iterator[ClassStyle]:
    renderer = layer.renderer()
    if isinstance(renderer, QgsPalettedRasterRenderer):
        for entry in renderer.classes():
            yield _class_style(str(int(entry.value)), entry.label, entry.color.name())


def _class_style(value: str, label: str, color: str) -> ClassStyle:
    # A label that only repeats the value names nothing: better names may stand in the data.
    name = label.strip()
    return ClassStyle(value, "" if name == value else name, color)


def value_text(value: object, field: QgsField) -> str:
    """`value` as the engine will read it from the file: whole numbers without a fraction."""
    if value is None:
        return ""
    if field.isNumeric():
        try:
            number = float(str(value))
        except ValueError:
            return ""
        return str(int(number)) if number.is_integer() else str(number)
    return "" if str(value) == "NULL" else str(value)


def _write(
    features: CapturedFeatures,
    path: Path,
    name: str,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> None:
    source = features.source
    # One geometry type for all: a polygon layer of QGIS may hold single and multi parts.
    wkb_type = QgsWkbTypes.multiType(QgsWkbTypes.linearType(features.wkb_type))
    options = QgsVectorFileWriter.SaveVectorOptions()
    # Unlike GeoPackage, FlatGeobuf can say that there is no CRS, and a field may be called "fid".
    options.driverName = "FlatGeobuf"
    options.layerName = LAYER_NAME
    options.layerOptions = ["SPATIAL_INDEX=NO"]  # which would put the features in its own order
    writer = QgsVectorFileWriter.create(
        str(path), source.fields(), wkb_type, source.crs(), context.transformContext(), options
    )
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        raise _not_written(name, writer.errorMessage())
    empty = True
    for feature in source.getFeatures():
        if feedback.isCanceled():
            break
        empty = False
        if not writer.addFeature(_straight_and_multi(feature), QgsFeatureSink.Flag.FastInsert):
            raise _not_written(name, writer.errorMessage())
    if not writer.flushBuffer():
        raise _not_written(name, writer.errorMessage())
    del writer  # closes the file
    if empty and not feedback.isCanceled():
        raise QgsProcessingException(
            tr("“{layer}” has no features. Draw some labels, or check the layer’s filter.").format(
                layer=name
            )
        )


def _straight_and_multi(feature: QgsFeature) -> QgsFeature:
    geometry = feature.geometry()
    if geometry.isNull():
        return feature
    if QgsWkbTypes.isCurvedType(geometry.wkbType()):
        geometry = QgsGeometry(geometry.constGet().segmentize())
    geometry.convertToMultiType()
    feature.setGeometry(geometry)
    return feature


def _not_written(name: str, reason: str) -> QgsProcessingException:
    return QgsProcessingException(
        tr("The labels of “{layer}” cannot be written for the engine: {reason}").format(
            layer=name, reason=reason
        )
    )
