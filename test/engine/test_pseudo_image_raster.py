"""A picture of a scene to look at: three bands of bytes, empty where there is no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from hsi_film_plugin.engine.errors import Cancelled
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.pseudo_image_raster import write_pseudo_image
from hsi_film_plugin.engine.scene import Scene


@pytest.fixture
def scene(make_raster) -> Path:
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=(10, 140, 150)), axis=2).astype(np.float32)
    values[:, 20:30, 40:60] = -9999
    tags = [{"wavelength": str(450 + 30 * band)} for band in range(10)]
    return make_raster("scene.tif", values, nodata=-9999, band_tags=tags)


@pytest.mark.parametrize("kind", ["pca", "rgb"])
def test_picture_has_three_bands_of_contrast_and_no_data_where_the_scene_has_none(
    scene: Path, tmp_path: Path, kind: str
):
    path = tmp_path / "picture.tif"
    with Scene.open(scene) as opened:
        write_pseudo_image(opened, kind, path, Progress())
    with rasterio.open(path) as written:
        values, georeference = written.read(), written.transform
        assert written.dtypes == ("uint8",) * 3
        assert written.nodata == 0
        assert written.tags()["HSIFILM_PSEUDO_IMAGE"] == kind
    with rasterio.open(scene) as original:
        assert georeference == original.transform
    empty = np.zeros((140, 150), bool)
    empty[20:30, 40:60] = True
    for band in values:
        np.testing.assert_array_equal(band == 0, empty)
        assert np.ptp(band[~empty]) > 200


def test_true_colour_shows_the_band_near_red_first(scene: Path, tmp_path: Path):
    with Scene.open(scene) as opened:
        write_pseudo_image(opened, "rgb", tmp_path / "picture.tif", Progress())
        red, valid = opened.read(0, 0, 140, 150, [6])
    with rasterio.open(tmp_path / "picture.tif") as written:
        shown = written.read(1)
    inside = valid & (shown > 1) & (shown < 255)
    order = np.argsort(red[0][inside], kind="stable")
    assert (np.diff(shown[inside][order].astype(int)) >= 0).all()


def test_cancelled_picture_leaves_nothing(scene: Path, tmp_path: Path):
    folder = tmp_path / "out"
    folder.mkdir()
    progress = Progress(lambda fraction, _: fraction > 0.4 and progress.cancelled.set())
    with Scene.open(scene) as opened, pytest.raises(Cancelled):
        write_pseudo_image(opened, "pca", folder / "picture.tif", progress)
    assert not list(folder.iterdir())
