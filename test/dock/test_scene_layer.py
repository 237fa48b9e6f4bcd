"""Which layers can be labelled on."""

from __future__ import annotations

from osgeo import gdal, osr
from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer

from hsi_film_plugin.dock.scene_layer import (
    alpha_band,
    is_hyperspectral,
    read_scene_bands,
    suitable_layers,
    unsuitable_layers,
    why_unsuitable,
)


def test_a_raster_with_enough_bands_can_be_labelled_on(make_scene, tmp_path):
    layer = QgsRasterLayer(make_scene(tmp_path / "scene.tif"), "scene")
    assert why_unsuitable(layer) == ""
    assert is_hyperspectral(layer)


def test_a_raster_without_crs_can_be_labelled_on(make_scene, tmp_path):
    layer = QgsRasterLayer(make_scene(tmp_path / "scene.tif", epsg=None), "scene")
    assert is_hyperspectral(layer)


def control_points():
    corners = ((0, 0, 13, 52), (0, 64, 13, 51), (64, 0, 14, 52), (64, 64, 14.1, 51.1))
    return [gdal.GCP(x, y, 0, col, row) for row, col, y, x in corners]


def test_a_raster_that_only_control_points_place_is_refused_with_the_way_out(make_scene, tmp_path):
    path = make_scene(tmp_path / "swath.tif", epsg=None)
    raster = gdal.Open(path, gdal.GA_Update)
    degrees = osr.SpatialReference()
    degrees.ImportFromEPSG(4326)
    raster.SetGCPs(control_points(), degrees.ExportToWkt())
    del raster
    reason = why_unsuitable(QgsRasterLayer(path, "the swath"))
    assert "“the swath” is placed by ground control points" in reason
    assert "Warp" in reason


def test_a_raster_that_only_rpcs_place_is_refused(make_scene, tmp_path):
    path = make_scene(tmp_path / "pushbroom.tif", epsg=None)
    one = " ".join(["1", *["0"] * 19])
    rpcs = {f"{name}_COEFF": one for name in ("LINE_NUM", "LINE_DEN", "SAMP_NUM", "SAMP_DEN")}
    for name, offset, scale in (
        ("LINE", 32, 32),
        ("SAMP", 32, 32),
        ("LAT", 52, 1),
        ("LONG", 13, 1),
        ("HEIGHT", 0, 100),
    ):
        rpcs[f"{name}_OFF"], rpcs[f"{name}_SCALE"] = str(offset), str(scale)
    raster = gdal.Open(path, gdal.GA_Update)
    raster.SetMetadata(rpcs, "RPC")
    del raster
    assert gdal.Open(path).GetMetadata("RPC")
    assert "RPCs only" in why_unsuitable(QgsRasterLayer(path, "pushbroom"))


def test_rotated_and_south_up_rasters_can_be_labelled_on(make_scene, tmp_path):
    for name, transform in (
        ("turned", (500000.0, 8.0, 6.0, 5800000.0, 6.0, -8.0)),
        ("south", (500000.0, 10.0, 0.0, 5799000.0, 0.0, 10.0)),
    ):
        path = make_scene(tmp_path / f"{name}.tif")
        raster = gdal.Open(path, gdal.GA_Update)
        raster.SetGeoTransform(transform)
        del raster
        assert why_unsuitable(QgsRasterLayer(path, name)) == ""


def test_a_raster_with_few_bands_is_refused_by_name(make_scene, tmp_path):
    layer = QgsRasterLayer(make_scene(tmp_path / "rgb.tif", bands=4), "a photo")
    assert "a photo" in why_unsuitable(layer)
    assert "4" in why_unsuitable(layer)


def test_bad_bands_do_not_count(make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", bands=10)
    raster = gdal.Open(path, gdal.GA_Update)
    for number in range(1, 4):
        raster.GetRasterBand(number).SetMetadataItem("bbl", "0")
    del raster
    assert not is_hyperspectral(QgsRasterLayer(path, "scene"))


def test_complex_rasters_other_layers_and_nothing_are_refused(qgis, tmp_path):
    path = str(tmp_path / "c.tif")
    gdal.GetDriverByName("GTiff").Create(path, 4, 4, 9, gdal.GDT_CFloat32).FlushCache()
    assert "complex" in why_unsuitable(QgsRasterLayer(path, "radar"))
    assert why_unsuitable(QgsVectorLayer("Point", "points", "memory"))
    assert why_unsuitable(None)
    assert why_unsuitable(QgsRasterLayer(str(tmp_path / "none.tif"), "gone"))


def test_a_layer_that_is_no_plain_file_is_refused(make_scene, tmp_path):
    import zipfile

    path = make_scene(tmp_path / "scene.tif")
    with zipfile.ZipFile(tmp_path / "scene.zip", "w") as archive:
        archive.write(path, "scene.tif")
    layer = QgsRasterLayer(f"/vsizip/{tmp_path / 'scene.zip'}/scene.tif", "zipped")
    assert layer.isValid()
    assert "zipped" in why_unsuitable(layer)


def test_a_project_lists_its_scenes_by_name_and_the_rest(make_scene, tmp_path):
    project = QgsProject()
    scenes = [
        QgsRasterLayer(make_scene(tmp_path / f"{name}.tif"), name)
        for name in ("b scene", "A scene")
    ]
    photo = QgsRasterLayer(make_scene(tmp_path / "rgb.tif", bands=3), "photo")
    points = QgsVectorLayer("Point", "points", "memory")
    project.addMapLayers([*scenes, photo, points])
    assert [layer.name() for layer in suitable_layers(project)] == ["A scene", "b scene"]
    assert {layer.name() for layer in unsuitable_layers(project)} == {"photo", "points"}


def test_the_layer_combo_box_shows_only_scenes(make_scene, tmp_path):
    from qgis.gui import QgsMapLayerComboBox

    scene = QgsRasterLayer(make_scene(tmp_path / "scene.tif"), "scene")
    photo = QgsRasterLayer(make_scene(tmp_path / "rgb.tif", bands=3), "photo")
    QgsProject.instance().addMapLayers([scene, photo])
    try:
        box = QgsMapLayerComboBox()
        box.setExceptedLayerList(unsuitable_layers(QgsProject.instance()))
        assert [box.itemText(row) for row in range(box.count())] == ["scene"]
    finally:
        QgsProject.instance().removeAllMapLayers()


def test_the_bands_of_a_scene_are_read_from_its_metadata(make_scene, tmp_path):
    bands = read_scene_bands(make_scene(tmp_path / "scene.tif", bands=21))
    assert bands.count == 21
    assert bands.wavelengths[[0, 10, 20]].tolist() == [400, 1400, 2400]
    assert bands.good.all()
    assert bands.nodata == (-9999,) * 21
    assert bands.names[0] == "Band 1"


def test_the_alpha_band_is_found(qgis, tmp_path):
    path = str(tmp_path / "a.tif")
    driver = gdal.GetDriverByName("GTiff")
    raster = driver.Create(path, 4, 4, 10, gdal.GDT_Byte)
    raster.GetRasterBand(10).SetColorInterpretation(gdal.GCI_AlphaBand)
    del raster
    assert alpha_band(QgsRasterLayer(path, "with alpha")) == 10
    driver.Create(str(tmp_path / "b.tif"), 4, 4, 10, gdal.GDT_Byte).FlushCache()
    assert alpha_band(QgsRasterLayer(str(tmp_path / "b.tif"), "without")) == -1
