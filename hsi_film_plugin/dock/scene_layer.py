"""Which layers of a project are hyperspectral scenes, and what their bands are."""

from __future__ import annotations

from qgis.core import (
    QgsMapLayer,
    QgsProcessingException,
    QgsProject,
    QgsRaster,
    QgsRasterLayer,
)

from ..layers.raster_source import raster_file
from ..translation import tr
from .scene_file import SceneBands as SceneBands
from .scene_file import SceneFile, SceneFileError

LEAST_BANDS = 8


def read_scene_bands(path: str) -> SceneBands:
    """Return what a file says of its bands.

    Raises:
        SceneFileError: it cannot be read, or holds complex numbers or a palette.
    """
    with SceneFile(path) as scene:
        return scene.bands


def is_hyperspectral(layer: QgsMapLayer | None) -> bool:
    """Whether spectra can be labelled on `layer`."""
    return not why_unsuitable(layer)


def why_unsuitable(layer: QgsMapLayer | None) -> str:
    """A sentence that says why `layer` cannot be labelled on; empty if it can."""
    if not isinstance(layer, QgsRasterLayer):
        return tr("Choose a raster layer.")
    try:
        path = raster_file(layer, tr("Scene")).path
    except QgsProcessingException as error:
        return str(error)
    # what the provider already knows spares opening the file of nearly every other layer
    if layer.bandCount() < LEAST_BANDS:
        return _too_few(layer, layer.bandCount())
    try:
        with SceneFile(path) as scene:
            bands, only_points = scene.bands, scene.only_points
    except SceneFileError as error:
        return str(error)
    if only_points:
        # QGIS shows a warped copy, whose pixels are not those of the file
        return tr(
            "“{}” is placed by ground control points or RPCs only. Warp it first: Raster ‣ "
            "Projections ‣ Warp."
        ).format(layer.name())
    good = int(bands.good.sum())
    return "" if good >= LEAST_BANDS else _too_few(layer, good)


def suitable_layers(project: QgsProject) -> list[QgsRasterLayer]:
    """The hyperspectral layers of a project, by name."""
    layers = [layer for layer in project.mapLayers().values() if is_hyperspectral(layer)]
    return sorted(layers, key=lambda layer: (layer.name().casefold(), layer.id()))


def unsuitable_layers(project: QgsProject) -> list[QgsMapLayer]:
    """All other layers: what `QgsMapLayerComboBox.setExceptedLayerList` hides."""
    return [layer for layer in project.mapLayers().values() if not is_hyperspectral(layer)]


def alpha_band(layer: QgsRasterLayer) -> int:
    """The number (from 1) of the layer's alpha band, -1 if it has none."""
    provider = layer.dataProvider()
    for number in range(layer.bandCount(), 0, -1):
        if provider.colorInterpretation(number) == QgsRaster.ColorInterpretation.AlphaBand:
            return number
    return -1


def _too_few(layer: QgsRasterLayer, count: int) -> str:
    return tr(
        "“{layer}” has {count} usable bands; spectra need at least {least}. Choose a "
        "hyperspectral raster."
    ).format(layer=layer.name(), count=count, least=LEAST_BANDS)
