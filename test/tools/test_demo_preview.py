"""The demo's picture shows the scene in true colour and the map in the classes' colours."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from hsi_film_plugin.engine.class_map import ClassMap
from hsi_film_plugin.engine.label_classes import LabelClass
from tools import demo_preview

CLASSES = (LabelClass(1, "water", "#0000ff"), LabelClass(7, "soil", "#ff8000"))


@pytest.fixture
def scene(tmp_path):
    """Four bands, blue first; the third column is brightest in red; one corner is nodata."""
    path = tmp_path / "scene.tif"
    values = np.full((4, 8, 9), 0.1, np.float32)
    values[2, :, 3] = 0.9
    values[:, 0, 0] = -1
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=8,
        width=9,
        count=4,
        dtype="float32",
        nodata=-1,
        crs="EPSG:32633",
        transform=from_origin(0, 0, 30, 30),
    ) as target:
        target.write(values)
        for band, wavelength in enumerate((460, 550, 640, 2200), start=1):
            target.update_tags(band, wavelength=wavelength, wavelength_units="Nanometers")
    return path


def test_true_colour_shows_the_band_at_640_nm_as_red(scene):
    picture = demo_preview.read_true_colour(scene)
    assert picture.shape == (8, 9, 3)
    np.testing.assert_array_equal(picture[4, 3], [1, 0, 0])


def test_nodata_is_white(scene):
    np.testing.assert_array_equal(demo_preview.read_true_colour(scene)[0, 0], [1, 1, 1])


def test_large_scene_is_thinned_out(scene, monkeypatch):
    monkeypatch.setattr(demo_preview, "LONGEST_SIDE", 5)
    assert demo_preview.read_true_colour(scene).shape == (4, 5, 3)


def test_classes_have_their_colours_and_the_rest_is_grey():
    painted = demo_preview.paint_classes(np.array([[0, 1, 7]], np.uint8), CLASSES)
    np.testing.assert_allclose(
        painted[0], [demo_preview.UNCLASSIFIED, (0, 0, 1), (1, 128 / 255, 0)], atol=1e-6
    )


def test_legend_names_every_class_with_its_share(scene, tmp_path):
    values = np.array([[1, 1, 1, 7, 0]], np.uint8)
    counts = np.array([3, 1])
    place = (None, from_origin(0, 0, 30, 30), False)
    class_map = ClassMap(tmp_path / "classes.tif", 5, 1, *place, CLASSES, values, counts, {})
    figure = demo_preview.draw(demo_preview.read_true_colour(scene), class_map)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["water  75.0%", "soil  25.0%"]


def test_unreadable_map_ends_with_status_1_and_no_picture(scene, tmp_path, capsys):
    missing, picture = tmp_path / "classes.tif", tmp_path / "preview.png"
    assert demo_preview.main([str(scene), str(missing), str(picture)]) == 1
    assert "classes.tif" in capsys.readouterr().err
    assert not picture.exists()
