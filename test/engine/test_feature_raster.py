"""The raster of spatial features: whitened, seamless, on the scene's grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine import feature_raster
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.feature_raster import FeatureRasterSettings, write_features
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene

CPU = Device("cpu", "a test", bfloat16=False)


@pytest.fixture
def written(tiny_backbone: Path, tmp_path: Path):
    """Return a function that writes the features of a raster."""

    def run(raster: Path, progress: Progress | None = None, **changes: Any) -> Path:
        options = {
            "backbone": tiny_backbone,
            "components": 5,
            "timestep": 0,
            "blocks": (-2, -3),
            "pseudo_image": "auto",
        }
        settings = FeatureRasterSettings(**(options | changes))
        output = tmp_path / "features.tif"
        with Scene.open(raster) as scene:
            write_features(scene, settings, CPU, output, progress or Progress())
        return output

    return run


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return dataset.read()


def test_bands_are_whitened_components_with_their_settings_in_the_metadata(make_fields, written):
    with rasterio.open(written(make_fields(150).raster, timestep=25)) as dataset:
        values = dataset.read()
        tags = dataset.tags()
        assert dataset.descriptions == tuple(f"feature {k + 1}" for k in range(5))
        assert dataset.nodata == feature_raster.NO_FEATURE
        assert dataset.shape == (150, 150)
    assert tags["HSIFILM_TIMESTEP"] == "25"
    assert tags["HSIFILM_BLOCKS"] == "-2,-3"
    assert tags["HSIFILM_PSEUDO_IMAGE"] == "rgb"
    assert len(tags["HSIFILM_BACKBONE_SHA256"]) == 64
    covariance = np.cov(values.reshape(5, -1))
    np.testing.assert_allclose(np.diag(covariance), 1, atol=0.35)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.3


def test_the_raster_does_not_depend_on_the_chunks(make_fields, written, monkeypatch):
    raster = make_fields(150).raster
    first = written(raster, pseudo_image="pca").read_bytes()
    monkeypatch.setattr(feature_raster, "CHUNK_COLS", 128)
    assert written(raster, pseudo_image="pca").read_bytes() == first


def test_there_are_no_more_bands_than_the_features_have_directions(make_fields, written):
    assert 5 < len(read(written(make_fields(64).raster, components=200, blocks=(-1,)))) <= 8


@pytest.mark.parametrize(("height", "width"), [(1, 3), (2, 2), (3, 5), (31, 33)])
def test_scenes_smaller_than_a_window_have_features(make_raster, written, height, width):
    cube = np.random.default_rng(0).random((2, height, width)).astype(np.float32)
    values = read(written(make_raster("small.tif", cube)))
    assert values.shape[1:] == (height, width)
    assert (values != feature_raster.NO_FEATURE).all()
    assert np.isfinite(values).all()


def test_nodata_has_no_features(make_raster, written):
    cube = np.random.default_rng(0).random((3, 70, 200)).astype(np.float32)
    cube[:, :, 60:] = np.nan
    cube[1, 5, 6] = np.inf
    values = read(written(make_raster("half.tif", cube)))
    np.testing.assert_array_equal(
        (values == feature_raster.NO_FEATURE).all(axis=0), ~np.isfinite(cube).all(axis=0)
    )


def test_one_valid_pixel_is_too_little(make_raster, written, tmp_path):
    cube = np.full((2, 40, 40), np.nan, np.float32)
    cube[:, 0, :2] = [[1, 2], [3, 4]]
    with pytest.raises(InputError, match=r"'few\.tif' holds too little data"):
        written(make_raster("few.tif", cube))
    assert not (tmp_path / "features.tif").exists()


def test_unusual_geotransforms_are_kept(make_fields, written):
    rotated = Affine(8, 6, 400000, 6, -8, 5000000)
    with rasterio.open(written(make_fields(40, transform=rotated).raster)) as dataset:
        assert dataset.transform.almost_equals(rotated)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"components": 0}, "COMPONENTS is 0. Choose 1 to 256"),
        ({"components": 257}, "COMPONENTS is 257"),
        ({"pseudo_image": "grey"}, "PSEUDO_IMAGE is 'grey'"),
        ({"timestep": 1000}, "TIMESTEP is 1000"),
        ({"blocks": (-4,)}, "BLOCKS is"),
        ({"backbone": Path("/nowhere")}, "no 'config.json'"),
    ],
)
def test_settings_out_of_range_are_named(make_fields, written, tmp_path, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        written(make_fields(40).raster, **changes)
    assert not (tmp_path / "features.tif").exists()


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.5, 0.92])
def test_cancelling_leaves_nothing(make_fields, written, tmp_path, moment: float):
    raster = make_fields(64).raster
    before = sorted(tmp_path.iterdir())

    def cancel(fraction: float, _: str) -> None:
        if fraction >= moment:
            progress.cancelled.set()

    progress = Progress(cancel)
    with pytest.raises(Cancelled):
        written(raster, progress)
    assert sorted(tmp_path.iterdir()) == before
