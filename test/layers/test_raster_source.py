"""From a raster layer to a file path, and which layers are none."""

from __future__ import annotations

import pytest


def test_a_file_is_its_path(qgis, scene):
    from qgis.core import QgsRasterLayer

    from hsi_film_plugin.layers.raster_source import RasterFile, raster_file

    assert raster_file(QgsRasterLayer(scene, "my scene"), "Hyperspectral scene") == (
        RasterFile(scene, "my scene")
    )


def test_a_map_service_is_refused_by_name(qgis):
    from qgis.core import QgsProcessingException, QgsRasterLayer

    from hsi_film_plugin.layers.raster_source import raster_file

    tiles = QgsRasterLayer("type=xyz&url=file:///nowhere/{z}/{x}/{y}.png", "some tiles", "wms")
    assert tiles.isValid()
    with pytest.raises(QgsProcessingException, match=r"Hyperspectral scene.*some tiles.*GeoTIFF"):
        raster_file(tiles, "Hyperspectral scene")


def test_a_raster_in_an_archive_is_refused_by_name(qgis, scene, tmp_path):
    import zipfile

    from qgis.core import QgsProcessingException, QgsRasterLayer

    from hsi_film_plugin.layers.raster_source import raster_file

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(scene, "scene.tif")
    layer = QgsRasterLayer(f"/vsizip/{tmp_path}/a.zip/scene.tif", "zipped")
    assert layer.isValid()
    with pytest.raises(QgsProcessingException, match="zipped"):
        raster_file(layer, "Hyperspectral scene")


def test_no_layer_is_refused(qgis):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.layers.raster_source import raster_file

    with pytest.raises(QgsProcessingException, match="Hyperspectral scene"):
        raster_file(None, "Hyperspectral scene")
