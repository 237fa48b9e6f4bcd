"""From a raster layer of QGIS to the file that the engine opens."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsProcessingException, QgsProviderRegistry, QgsRasterLayer

from ..translation import tr


@dataclass(frozen=True)
class RasterFile:
    """A raster layer's file, and what the user calls the layer."""

    path: str
    name: str


def raster_file(layer: QgsRasterLayer | None, parameter: str) -> RasterFile:
    """The file behind `layer`.

    Args:
        layer: a raster layer, or None when QGIS could not resolve the parameter's value.
        parameter: the parameter's description, for the message.

    Raises:
        QgsProcessingException: there is no layer, or it is no plain file (a WMS, a database,
            a subdataset, a file in an archive).
    """
    if layer is None or not layer.isValid():
        raise QgsProcessingException(
            tr("{}: the raster cannot be opened. Choose a raster file.").format(parameter)
        )
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = str(parts.get("path") or "")
    plain = layer.providerType() == "gdal" and not parts.get("vsiPrefix")
    if not plain or not path or parts.get("layerName") or "://" in path:
        raise QgsProcessingException(
            tr(
                "{parameter}: the layer “{layer}” is not a raster file of its own ({source}). "
                "Save it as GeoTIFF first (Raster ‣ Conversion ‣ Translate)."
            ).format(
                parameter=parameter,
                layer=layer.name(),
                source=layer.providerType() if layer.providerType() != "gdal" else layer.source(),
            )
        )
    return RasterFile(path, layer.name())
