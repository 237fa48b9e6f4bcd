"""How layers of the plugin look: class colours, a ramp, natural colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsContrastEnhancement,
    QgsMapLayer,
    QgsMultiBandColorRenderer,
    QgsPalettedRasterRenderer,
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
    layer.setRenderer(share_renderer(layer, 1, CONFIDENCE_RAMP))


def share_renderer(
    layer: QgsRasterLayer, band: int, colors: Iterable[tuple[float, str]]
) -> QgsSingleBandPseudoColorRenderer:
    """Return what shows a band of values from 0 to 1 in colours between those given."""
    ramp = QgsColorRampShader(0.0, 1.0)
    ramp.setColorRampType(QgsColorRampShader.Type.Interpolated)
    ramp.setColorRampItemList(
        [
            QgsColorRampShader.ColorRampItem(value, QColor(color), f"{value:.0%}")
            for value, color in colors
        ]
    )
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), band, shader)
    renderer.setClassificationMin(0.0)
    renderer.setClassificationMax(1.0)
    return renderer


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
