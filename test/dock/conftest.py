"""Scenes for the tests of the dock."""

from __future__ import annotations

import importlib.util

import pytest

# The engine's environment has no QGIS: there is nothing here for it to run.
if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["*.py"]


def spectra(height, width, bands):
    """Float32 (bands, height, width): four quarters, each with a spectrum of its own."""
    import numpy as np

    rows, cols = np.mgrid[:height, :width]
    quarter = 2 * (rows >= height // 2) + (cols >= width // 2)
    phase = np.linspace(0, 3, bands)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 5, (bands, height, width))
    return (1000 + 400 * np.sin(phase + quarter) + noise).astype(np.float32)


@pytest.fixture
def make_scene(qgis):
    """Makes a hyperspectral GeoTIFF of four quarters, 400 to 2400 nm; returns its path."""

    def make(path, width=64, height=64, bands=20, epsg=32633, nodata_corner=False):
        import numpy as np
        from osgeo import gdal, osr

        cube = spectra(height, width, bands)
        if nodata_corner:
            cube[:, :4, :4] = -9999
        raster = gdal.GetDriverByName("GTiff").Create(
            str(path), width, height, bands, gdal.GDT_Float32, ["TILED=YES", "INTERLEAVE=PIXEL"]
        )
        if epsg:
            raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
            srs = osr.SpatialReference()
            srs.ImportFromEPSG(epsg)
            raster.SetProjection(srs.ExportToWkt())
        wavelengths = np.linspace(400, 2400, bands)
        for index, wavelength in enumerate(wavelengths):
            band = raster.GetRasterBand(index + 1)
            band.WriteArray(cube[index])
            band.SetNoDataValue(-9999)
            band.SetMetadata({"wavelength": f"{wavelength:.1f}", "wavelength_units": "nm"})
        raster.FlushCache()
        return str(path)

    return make
