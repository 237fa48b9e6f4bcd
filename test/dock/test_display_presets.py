"""How scenes are shown: which bands, and how they are stretched."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsApplication, QgsRasterLayer
from qgis.PyQt.QtCore import QCoreApplication, QEvent

from hsi_film_plugin.dock.display_presets import (
    cumulative_cut,
    display_presets,
    show_preset,
    shown_preset,
)
from hsi_film_plugin.dock.scene_file import SceneBands
from hsi_film_plugin.dock.scene_layer import read_scene_bands


def scene_bands(wavelengths, count=None, bad=()):
    count = len(wavelengths) if wavelengths is not None else count
    good = np.ones(count, dtype=bool)
    good[list(bad)] = False
    return SceneBands(
        count=count,
        wavelengths=None if wavelengths is None else np.array(wavelengths, dtype=float),
        good=good,
        names=tuple(f"Band {n + 1}" for n in range(count)),
        scales=np.ones(count),
        offsets=np.zeros(count),
        nodata=(None,) * count,
        warnings=(),
    )


def wait_until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.005)
    assert condition()


def by_key(bands):
    return {preset.key: preset.bands for preset in display_presets(bands)}


def test_a_full_range_sensor_has_all_presets_at_their_wavelengths():
    bands = scene_bands(range(400, 2500, 10))
    assert by_key(bands) == {
        "true_colour": (25, 16, 7),
        "false_colour": (47, 26, 16),
        "short_wave": (181, 126, 47),
        "pca": None,
    }
    assert display_presets(bands)[0].key == "true_colour"


def test_bad_bands_are_passed_over():
    assert by_key(scene_bands(range(400, 1000, 10), bad=(24,)))["true_colour"] == (24, 16, 7)


def test_only_what_the_sensor_has_is_offered():
    assert set(by_key(scene_bands(range(400, 1000, 10)))) == {"true_colour", "false_colour", "pca"}
    short_wave = by_key(scene_bands(range(1000, 2500, 10)))
    assert set(short_wave) == {"short_wave", "pca"}
    assert short_wave["short_wave"] == (121, 66, 26)


def test_bands_without_wavelengths_are_spread_over_the_good_ones():
    assert by_key(scene_bands(None, 9)) == {"spread": (7, 5, 3), "pca": None}
    assert by_key(scene_bands(None, 10, bad=(0,)))["spread"] == (8, 6, 4)


def test_a_preset_is_shown_with_a_stretch_of_each_band(make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", width=100, height=100, bands=200, nodata_corner=True)
    layer = QgsRasterLayer(path, "scene")
    presets = display_presets(read_scene_bands(path))
    show_preset(layer, presets[0])
    gc.collect()  # nothing in Python holds on to the work
    wait_until(lambda: shown_preset(layer, presets) == presets[0])
    renderer = layer.renderer()
    values = gdal.Open(path).ReadAsArray()[presets[0].bands[0] - 1]
    low, high = np.percentile(values[values != -9999], (2, 98))
    stretch = renderer.redContrastEnhancement()
    assert stretch.minimumValue() == pytest.approx(low, abs=10)
    assert stretch.maximumValue() == pytest.approx(high, abs=10)
    assert layer.dataProvider().useSourceNoDataValue(presets[0].bands[0])


def test_the_latest_preset_wins(make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", bands=200)
    layer = QgsRasterLayer(path, "scene")
    presets = display_presets(read_scene_bands(path))
    for preset in (presets[0], presets[1], presets[2]):
        show_preset(layer, preset)
    wait_until(lambda: not QgsApplication.taskManager().tasks())
    assert shown_preset(layer, presets) == presets[2]


def test_alpha_and_opacity_of_the_layer_stay(qgis, tmp_path):
    path = str(tmp_path / "a.tif")
    raster = gdal.GetDriverByName("GTiff").Create(path, 9, 9, 10, gdal.GDT_Byte)
    raster.GetRasterBand(10).SetColorInterpretation(gdal.GCI_AlphaBand)
    raster.GetRasterBand(10).Fill(255)
    del raster
    layer = QgsRasterLayer(path, "with alpha")
    layer.renderer().setOpacity(0.5)
    presets = display_presets(read_scene_bands(path))
    show_preset(layer, presets[0])
    wait_until(lambda: shown_preset(layer, presets) == presets[0])
    assert layer.renderer().alphaBand() == 10
    assert layer.renderer().opacity() == 0.5


def test_a_layer_that_goes_away_meanwhile_does_no_harm(make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")
    layer = QgsRasterLayer(path, "scene")
    show_preset(layer, display_presets(read_scene_bands(path))[0])
    layer.deleteLater()
    QCoreApplication.sendPostedEvents(layer, QEvent.Type.DeferredDelete)
    wait_until(lambda: not QgsApplication.taskManager().tasks())


def test_principal_components_have_no_bands_to_show(make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")
    pca = display_presets(read_scene_bands(path))[-1]
    with pytest.raises(ValueError, match="pca"):
        show_preset(QgsRasterLayer(path, "scene"), pca)


def test_the_cut_is_in_the_values_that_qgis_shows(tmp_path):
    cube = np.arange(3 * 50 * 50, dtype=np.int16).reshape(3, 50, 50)
    cube.tofile(str(tmp_path / "a.img"))
    (tmp_path / "a.img.hdr").write_text(
        "ENVI\nsamples = 50\nlines = 50\nbands = 3\nheader offset = 0\ndata type = 2\n"
        "interleave = bsq\nbyte order = 0\nreflectance scale factor = 10000\n"
    )
    ((low, high),) = cumulative_cut(str(tmp_path / "a.img"), [1])
    assert low == pytest.approx(50, abs=15)
    assert high == pytest.approx(2450, abs=15)


def test_a_scene_without_any_value_can_be_shown(make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", width=4, height=4, nodata_corner=True)
    assert cumulative_cut(path, [1, 2]) == ((0.0, 1.0), (0.0, 1.0))
