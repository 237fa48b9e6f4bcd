"""QGIS layer styles (.qml) written without QGIS."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .label_classes import LabelClass

_PALETTED = """\
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
{entries}
      </colorPalette>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation colorizeOn="0" saturation="0" grayscaleMode="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
"""


def paletted_qml(classes: Sequence[LabelClass]) -> str:
    """Return a style that draws a class map in its classes' colours, with their names."""
    entries = "\n".join(
        f'        <paletteEntry value="{item.value}" label="{escape(item.name)}" '
        f'color="{item.color}" alpha="255"/>'
        for item in classes
    )
    return _PALETTED.format(entries=entries)
