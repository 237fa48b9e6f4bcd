"""The layer that shows the newest preview."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def make_preview(tmp_path, monkeypatch):
    """Makes a preview as a task of the engine leaves it; its left half is class 1."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def make(epsg=32633):
        import numpy as np
        from osgeo import gdal, osr

        path = Path(tempfile.mkdtemp(prefix="hsifilm_")) / "preview.tif"
        raster = gdal.GetDriverByName("GTiff").Create(str(path), 10, 10, 3, gdal.GDT_Float32)
        raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
        if epsg:
            srs = osr.SpatialReference()
            srs.ImportFromEPSG(epsg)
            raster.SetProjection(srs.ExportToWkt())
        classes = np.full((10, 10), 2, np.float32)
        classes[:, :5] = 1
        classes[0, 0], classes[9, 9] = 0, -1
        confidence = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
        for band, values in enumerate((classes, confidence, 1 - confidence), 1):
            raster.GetRasterBand(band).WriteArray(values)
            raster.GetRasterBand(band).SetNoDataValue(-1)
        raster.FlushCache()
        return str(path)

    return make


@pytest.fixture
def project(qgis):
    from qgis.core import QgsProject

    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture
def scene(project, make_scene, tmp_path):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(make_scene(tmp_path / "scene.tif"), "my scene", "gdal")
    project.addMapLayer(layer)
    return layer


@pytest.fixture
def preview(project):
    from hsi_film_plugin.dock.preview_layer import PreviewLayer

    preview = PreviewLayer()
    yield preview
    preview.close()


@pytest.fixture
def classes():
    from hsi_film_plugin.layers.layer_styles import MapClass

    return (MapClass(1, "Forest", "#ff0000"), MapClass(2, "Water", "#0000ff"))


def colors(layer):
    """The colours of the pixels in the first row, as QGIS paints them."""
    from qgis.PyQt.QtGui import QColor

    block = layer.renderer().block(1, layer.extent(), 10, 10)
    return [QColor.fromRgba(block.color(0, column)) for column in range(10)]


def names(project):
    return [layer.name() for layer in project.layerTreeRoot().layerOrder()]


def test_preview_lies_above_the_scene_and_below_the_labels(
    project, scene, preview, classes, make_preview, polygons
):
    project.addMapLayer(polygons)
    preview.show(make_preview(), classes, scene)
    assert names(project) == ["my labels", "HSI FiLM preview", "my scene"]


def test_preview_lies_above_pictures_made_of_the_scene(
    project, scene, preview, classes, make_preview, tmp_path
):
    from qgis.core import QgsRasterLayer

    from hsi_film_plugin.dock.preview_layer import PICTURE_OF

    picture = QgsRasterLayer(scene.source(), "my picture")
    picture.setCustomProperty(PICTURE_OF, scene.id())
    project.addMapLayer(picture)
    preview.show(make_preview(), classes, scene)
    assert names(project) == ["HSI FiLM preview", "my picture", "my scene"]


def test_preview_lies_in_the_group_of_the_scene(project, scene, preview, classes, make_preview):
    root = project.layerTreeRoot()
    group = root.addGroup("my group")
    node = root.findLayer(scene.id())
    group.addChildNode(node.clone())
    root.removeChildNode(node)
    preview.show(make_preview(), classes, scene)
    assert [child.name() for child in group.children()] == ["HSI FiLM preview", "my scene"]


def test_preview_lies_above_the_scene_in_an_order_of_the_users(
    project, scene, preview, classes, make_preview, polygons
):
    project.addMapLayer(polygons)
    root = project.layerTreeRoot()
    root.setHasCustomLayerOrder(True)
    root.setCustomLayerOrder([scene, polygons])
    preview.show(make_preview(), classes, scene)
    assert names(project) == ["HSI FiLM preview", "my scene", "my labels"]


def test_classes_have_the_colours_and_names_of_the_labels(scene, preview, classes, make_preview):
    preview.show(make_preview(), classes, scene)
    row = colors(preview.layer)
    assert row[1].name() == "#ff0000"
    assert row[9].name() == "#0000ff"
    legend = [entry.label for entry in preview.layer.renderer().classes()]
    assert legend == ["Forest", "Water"]


def test_unclassified_pixels_are_transparent(scene, preview, classes, make_preview):
    preview.show(make_preview(), classes, scene)
    assert colors(preview.layer)[0].alpha() == 0


def test_modes_show_their_bands_on_fixed_ramps(scene, preview, classes, make_preview):
    from hsi_film_plugin.dock.preview_layer import PreviewMode

    preview.show(make_preview(), classes, scene)
    preview.set_mode(PreviewMode.CONFIDENCE)
    assert preview.layer.renderer().band() == 2
    assert colors(preview.layer)[0].name() == "#440154"
    preview.set_mode(PreviewMode.DISAGREEMENT)
    assert preview.layer.renderer().band() == 3
    assert colors(preview.layer)[0].name() == "#7f2704"


def test_mode_and_opacity_outlive_the_next_preview(scene, preview, classes, make_preview):
    from hsi_film_plugin.dock.preview_layer import PreviewMode

    preview.set_opacity(0.4)
    preview.set_mode(PreviewMode.CONFIDENCE)
    for _ in range(2):
        preview.show(make_preview(), classes, scene)
        assert preview.layer.opacity() == pytest.approx(0.4)
        assert preview.layer.renderer().band() == 2


def test_next_preview_takes_the_same_layer_and_removes_the_old_file(
    project, scene, preview, classes, make_preview
):
    first, second = make_preview(), make_preview()
    preview.show(first, classes, scene)
    layer = preview.layer
    preview.show(second, classes, scene)
    assert preview.layer is layer
    assert layer.source() == second
    assert not Path(first).exists()
    assert Path(second).exists()


def test_only_the_preview_is_painted_anew(scene, preview, classes, make_preview):
    preview.show(make_preview(), classes, scene)
    painted = []
    scene.repaintRequested.connect(lambda: painted.append("scene"))
    preview.layer.repaintRequested.connect(lambda: painted.append("preview"))
    preview.show(make_preview(), classes, scene)
    assert "preview" in painted
    assert "scene" not in painted


def test_flicker_switches_the_layer_and_keeps_it(project, scene, preview, classes, make_preview):
    preview.show(make_preview(), classes, scene)
    painted = []
    preview.layer.repaintRequested.connect(lambda: painted.append(1))
    preview.set_visible(False)
    node = project.layerTreeRoot().findLayer(preview.layer.id())
    assert not node.isVisible()
    preview.set_visible(True)
    assert node.isVisible()
    assert painted == []  # the canvas has its picture still


def test_hidden_preview_stays_hidden_with_the_next_one(
    project, scene, preview, classes, make_preview
):
    preview.set_visible(False)
    preview.show(make_preview(), classes, scene)
    preview.show(make_preview(), classes, scene)
    assert not project.layerTreeRoot().findLayer(preview.layer.id()).isVisible()


def test_check_box_of_the_user_is_told(project, scene, preview, classes, make_preview):
    told = []
    preview.shownChanged.connect(told.append)
    preview.show(make_preview(), classes, scene)
    node = project.layerTreeRoot().findLayer(preview.layer.id())
    node.setItemVisibilityChecked(False)
    assert told == [False]
    assert not preview.visible


def test_project_is_not_made_unsaved(project, scene, preview, classes, make_preview):
    from hsi_film_plugin.dock.preview_layer import PreviewMode

    project.setDirty(False)
    preview.show(make_preview(), classes, scene)
    preview.show(make_preview(), classes, scene)
    preview.set_mode(PreviewMode.CONFIDENCE)
    preview.set_opacity(0.5)
    preview.set_visible(False)
    preview.remove()
    assert not project.isDirty()


def test_nobody_is_warned_of_losing_a_preview(scene, preview, classes, make_preview):
    preview.show(make_preview(), classes, scene)
    assert preview.layer.customProperty("skipMemoryLayersCheck")


def test_saved_project_opens_without_the_preview(
    project, scene, preview, classes, make_preview, tmp_path
):
    path = make_preview()
    preview.show(path, classes, scene)
    assert project.write(str(tmp_path / "project.qgs"))
    assert path not in (tmp_path / "project.qgs").read_text()
    project.clear()
    bad = []
    project.readProject.connect(
        lambda: bad.extend(x for x in project.mapLayers().values() if not x.isValid())
    )
    assert project.read(str(tmp_path / "project.qgs"))
    assert names(project) == ["my scene"]
    assert bad == []
    assert not project.isDirty()


def test_project_with_a_preview_opens_without_the_plugin(
    project, scene, classes, make_preview, tmp_path
):
    from hsi_film_plugin.dock.preview_layer import PreviewLayer

    preview = PreviewLayer()
    preview.show(make_preview(), classes, scene)
    project.write(str(tmp_path / "project.qgs"))
    preview.close()
    project.clear()
    project.read(str(tmp_path / "project.qgs"))
    assert all(layer.isValid() for layer in project.mapLayers().values())


def test_layer_that_the_user_removed_comes_back(
    qgis, project, scene, preview, classes, make_preview, until
):
    path = make_preview()
    preview.show(path, classes, scene)
    project.removeMapLayer(preview.layer.id())
    assert preview.layer is None
    until(lambda: not Path(path).exists())
    preview.set_visible(True)
    preview.set_opacity(0.5)
    preview.show(make_preview(), classes, scene)
    assert preview.layer.isValid()


def test_preview_without_crs_lies_on_a_scene_without_crs(
    project, preview, classes, make_preview, make_scene, tmp_path
):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

    bare = QgsRasterLayer(make_scene(tmp_path / "bare.tif", epsg=None), "bare", "gdal")
    bare.setCrs(QgsCoordinateReferenceSystem())
    project.addMapLayer(bare)
    preview.show(make_preview(epsg=None), classes, bare)
    assert not preview.layer.crs().isValid()


def test_file_that_cannot_be_opened_is_no_preview(project, scene, preview, classes, tmp_path):
    assert not preview.show(str(tmp_path / "absent.tif"), classes, scene)
    assert names(project) == ["my scene"]


def test_file_that_cannot_be_opened_takes_nothing_for_a_map(
    project, scene, preview, classes, make_preview, tmp_path
):
    preview.show(make_preview(), classes, scene)
    assert not preview.show(str(tmp_path / "absent.tif"), classes, scene)
    assert preview.show(make_preview(), classes, scene)
    assert preview.layer.isValid()


def test_closing_takes_the_layer_and_its_file_away(project, scene, preview, classes, make_preview):
    from hsi_film_plugin.dock.preview_layer import PreviewLayer

    path = make_preview()
    another = PreviewLayer()
    another.show(path, classes, scene)
    another.close()
    assert names(project) == ["my scene"]
    assert not Path(path).exists()


def test_new_colours_are_shown_at_once(scene, preview, classes, make_preview):
    from hsi_film_plugin.layers.layer_styles import MapClass

    preview.show(make_preview(), classes, scene)
    preview.set_classes([MapClass(1, "Wood", "#00ff00"), MapClass(9, "Never mapped", "#ffffff")])
    row = colors(preview.layer)
    assert row[1].name() == "#00ff00"
    assert row[9].name() == "#0000ff"
    assert [entry.label for entry in preview.layer.renderer().classes()] == ["Wood", "Water"]
