"""Parameters of classification and their job parameters, for every algorithm that makes maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingParameterExtent,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
)

from ..layers.layer_styles import map_classes, style_class_map, style_confidence
from ..translation import tr
from .algorithm import HsiFilmAlgorithm
from .parameters import INPUT
from .result_layers import load_styled

EXTENT = "EXTENT"
DASK_SCHEDULER = "DASK_SCHEDULER"
MIN_CONFIDENCE = "MIN_CONFIDENCE"
OUTPUT = "OUTPUT"
CONFIDENCE = "CONFIDENCE"
PROBABILITIES = "PROBABILITIES"


def add_extent(algorithm: HsiFilmAlgorithm) -> None:
    """`EXTENT`."""
    algorithm.add(
        QgsProcessingParameterExtent(EXTENT, tr("Extent to classify"), optional=True),
        tr(
            "Classify only this part of the scene; it may be given in any CRS. The pixels get the "
            "same classes as in a map of the whole scene. Leave it empty for the whole scene."
        ),
    )


def extent(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[float] | None:
    """[xmin, ymin, xmax, ymax] in the CRS of `INPUT`, or None for the whole scene."""
    if not parameters.get(EXTENT):
        return None
    layer = algorithm.parameterAsRasterLayer(parameters, INPUT, context)
    box = algorithm.parameterAsExtent(parameters, EXTENT, context, layer.crs())
    if box.isNull():
        return None
    return [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]


def add_classification_choices(algorithm: HsiFilmAlgorithm) -> None:
    """`DASK_SCHEDULER` and `MIN_CONFIDENCE`."""
    algorithm.add(
        QgsProcessingParameterString(DASK_SCHEDULER, tr("Dask scheduler"), optional=True),
        tr(
            "Kept for classifying on a cluster, which this version cannot do yet: leave it empty. "
            "An address given here is refused before anything is computed."
        ),
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterNumber(
            MIN_CONFIDENCE,
            tr("Minimum confidence"),
            QgsProcessingParameterNumber.Type.Double,
            defaultValue=0.0,
            minValue=0.0,
            maxValue=1.0,
        ),
        tr(
            "Pixels whose most probable class is less probable than this stay unclassified (0). "
            "With 0 every valid pixel gets a class."
        ),
        advanced=True,
    )


def classification_job(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """Job parameters of `DASK_SCHEDULER` and `MIN_CONFIDENCE`."""
    scheduler = algorithm.parameterAsString(parameters, DASK_SCHEDULER, context).strip()
    return {
        "dask_scheduler": scheduler or None,
        "min_confidence": algorithm.parameterAsDouble(parameters, MIN_CONFIDENCE, context),
    }


def add_map_outputs(algorithm: HsiFilmAlgorithm) -> None:
    """`OUTPUT` and `CONFIDENCE`."""
    algorithm.add(
        QgsProcessingParameterRasterDestination(OUTPUT, tr("Class map")),
        tr(
            "A GeoTIFF of class values on the scene's grid, 0 where there is no data, with class "
            "names, colours and attribute table inside."
        ),
    )
    algorithm.add(
        QgsProcessingParameterRasterDestination(CONFIDENCE, tr("Confidence"), optional=True),
        tr(
            "A GeoTIFF of two bands. The first holds the calibrated probability (0 to 1) of the "
            "class that each pixel was given. The second tells how unlike all labelled pixels a "
            "pixel's spectrum is: above 1 it is further from them than 95 % of labelled ground "
            "that was held out, so its class may be one that nobody labelled. Optional."
        ),
        create_by_default=False,
    )


def add_probabilities(algorithm: HsiFilmAlgorithm) -> None:
    """`PROBABILITIES`."""
    algorithm.add(
        QgsProcessingParameterRasterDestination(
            PROBABILITIES, tr("Class probabilities"), optional=True
        ),
        tr("A GeoTIFF with one band per class that holds the probability of that class. Optional."),
        create_by_default=False,
    )


def map_outputs(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, str]:
    """The map's destinations that were asked for: parameter name to path."""
    names = [
        name
        for name in (OUTPUT, CONFIDENCE, PROBABILITIES)
        if algorithm.parameterDefinition(name) is not None and parameters.get(name)
    ]
    return {name: algorithm.parameterAsOutputLayer(parameters, name, context) for name in names}


def style_maps(
    context: QgsProcessingContext,
    outputs: Mapping[str, str],
    result: Mapping[str, Any],
    scene_name: str,
) -> None:
    """Name the maps after their scene and give them their legends when QGIS loads them."""
    names = {
        OUTPUT: tr("{} – classes"),
        CONFIDENCE: tr("{} – confidence"),
        PROBABILITIES: tr("{} – class probabilities"),
    }
    classes = map_classes(result)
    styles: dict[str, Callable[[QgsMapLayer], None]] = {
        OUTPUT: lambda layer: style_class_map(layer, classes),
        CONFIDENCE: style_confidence,
        PROBABILITIES: lambda layer: None,
    }
    for name, path in outputs.items():
        title = names[name].format(scene_name)
        load_styled(context, path, title, styles[name], shown=name == OUTPUT)
