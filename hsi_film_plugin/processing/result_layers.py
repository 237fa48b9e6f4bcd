"""How result layers look when QGIS loads them: class colours, a ramp, natural colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsContrastEnhancement,
    QgsMapLayer,
    QgsMultiBandColorRenderer,
    QgsPalettedRasterRenderer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsRasterShader,
    QgsRendererCategory,
    QgsSingleBandPseudoColorRenderer,
    QgsSymbol,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

# Dark violet to yellow, even in lightness: reads the same in print and for the colour-blind.
CONFIDENCE_RAMP = (
    (0.0, "#440154"),
    (0.25, "#3b528b"),
    (0.5, "#21918c"),
    (0.75, "#5ec962"),
    (1.0, "#fde725"),
)


@dataclass(frozen=True)
class MapClass:
    """One entry of a class map's legend."""

    value: int
    name: str
    color: str


def map_classes(result: Mapping[str, Any]) -> tuple[MapClass, ...]:
    """The classes of an engine result."""
    return tuple(
        MapClass(int(entry["value"]), str(entry["name"]), str(entry["color"]))
        for entry in result.get("classes") or ()
    )


def style_class_map(layer: QgsMapLayer, classes: Sequence[MapClass]) -> None:
    """Show a class map with its legend."""
    if not isinstance(layer, QgsRasterLayer) or not classes:
        return
    entries = [
        QgsPalettedRasterRenderer.Class(entry.value, QColor(entry.color), entry.name)
        for entry in classes
    ]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries))


def style_confidence(layer: QgsMapLayer) -> None:
    """Show a confidence raster (0 to 1) with one fixed ramp, so that maps can be compared."""
    if not isinstance(layer, QgsRasterLayer):
        return
    ramp = QgsColorRampShader(0.0, 1.0)
    ramp.setColorRampType(QgsColorRampShader.Type.Interpolated)
    ramp.setColorRampItemList(
        [
            QgsColorRampShader.ColorRampItem(value, QColor(color), f"{value:.0%}")
            for value, color in CONFIDENCE_RAMP
        ]
    )
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(0.0)
    renderer.setClassificationMax(1.0)
    layer.setRenderer(renderer)


def style_bands(layer: QgsMapLayer, red: int, green: int, blue: int) -> None:
    """Show three bands (counted from one) as a picture, stretched from 2 % to 98 %."""
    if not isinstance(layer, QgsRasterLayer) or layer.bandCount() < max(red, green, blue):
        return
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), red, green, blue))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )


def style_polygons(layer: QgsMapLayer, field: str, classes: Iterable[MapClass]) -> None:
    """Show polygons in the colours of their classes."""
    if not isinstance(layer, QgsVectorLayer):
        return
    categories = []
    for entry in classes:
        symbol = QgsSymbol.defaultSymbol(layer.geometryType())
        symbol.setColor(QColor(entry.color))
        categories.append(QgsRendererCategory(entry.value, symbol, entry.name))
    layer.setRenderer(QgsCategorizedSymbolRenderer(field, categories))


def load_styled(
    context: QgsProcessingContext,
    path: str,
    name: str,
    style: Callable[[QgsMapLayer], None],
    *,
    shown: bool = True,
) -> None:
    """Call the layer at `path` `name` and style it, if QGIS is going to load it.

    Args:
        context: of the run.
        path: the output as the algorithm returns it.
        name: what the layer is called in the project.
        style: called with the layer once it is loaded.
        shown: whether it is switched on; QGIS 3.22 stacks a run's layers in no useful order,
            and a side product must not cover the map.
    """
    if not context.willLoadLayerOnCompletion(path):
        return
    details = context.layerToLoadOnCompletionDetails(path)
    details.name = name
    details.setPostProcessor(_kept(_Styler(style, shown)))


class _Styler(QgsProcessingLayerPostProcessorInterface):
    """Applies one style to one layer, on the main thread, once it is loaded."""

    def __init__(self, style: Callable[[QgsMapLayer], None], shown: bool) -> None:
        super().__init__()
        self._style = style
        self._shown = shown
        self.done = False

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        self._style(layer)
        layer.triggerRepaint()
        root = context.project().layerTreeRoot() if context.project() is not None else None
        node = root.findLayer(layer.id()) if root is not None else None
        if node is not None:
            node.setItemVisibilityChecked(self._shown)
            node.setExpanded(self._shown)
        self.done = True


# QGIS keeps a bare pointer to a post-processor; without this it would point at nothing.
_alive: list[_Styler] = []


def _kept(styler: _Styler) -> _Styler:
    _alive[:] = [waiting for waiting in _alive if not waiting.done]
    _alive.append(styler)
    return styler
