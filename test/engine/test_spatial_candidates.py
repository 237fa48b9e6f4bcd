"""The spatial features that may serve: what is tried, and what the user may fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hsi_film_plugin.engine import spatial_candidates as spatial_candidates_module
from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.features import (
    FeatureMaps,
    FeatureSettings,
    features_at,
    read_cube,
)
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.spatial_candidates import (
    PICTURES_AND_TIMESTEPS,
    SpatialSetting,
    spatial_candidates,
)
from hsi_film_plugin.engine.statistics import sample_scene
from hsi_film_plugin.engine.training_pixels import TrainingPixels
from hsi_film_plugin.engine.training_settings import TrainingSettings
from hsi_film_plugin.engine.windows import Block

ROWS, COLS = np.array([3, 3, 40, 47]), np.array([5, 6, 30, 47])


@pytest.fixture
def scene(make_fields):
    with Scene.open(make_fields(48).raster) as scene:
        yield scene


@pytest.fixture(scope="module")
def backbone(tiny_backbone: Path) -> Backbone:
    return Backbone(tiny_backbone, Device("cpu", "a test", bfloat16=False))


def found(scene: Scene, backbone: Backbone, **settings: Any) -> list[SpatialSetting]:
    pixels = TrainingPixels(ROWS, COLS, ROWS, ROWS, np.zeros((4, 8), np.float32))
    sample = sample_scene(scene, Progress())
    return spatial_candidates(
        scene, pixels, sample, TrainingSettings(**settings), backbone, Progress()
    )


def test_without_a_wish_pictures_and_timesteps_are_tried(scene, backbone):
    tried = found(scene, backbone)
    assert [(option.picture.kind, option.timestep, option.blocks) for option in tried] == [
        (kind, timestep, blocks)
        for kind, timestep in PICTURES_AND_TIMESTEPS
        for blocks in backbone.info.suggested_blocks
    ]


def test_a_wish_is_all_that_is_tried(scene, backbone):
    (only,) = found(scene, backbone, pseudo_image="pca", timestep=70, blocks=(-1, -2))
    assert (only.picture.kind, only.timestep, only.blocks) == ("pca", 70, (-1, -2))
    assert only.name == "pca picture, timestep 70, blocks -1, -2"


def test_a_wish_for_a_timestep_leaves_the_picture_open_and_tries_nothing_twice(scene, backbone):
    tried = found(scene, backbone, timestep=7, blocks=(-2,))
    assert [(option.picture.kind, option.timestep) for option in tried] == [("rgb", 7), ("pca", 7)]


def test_features_are_those_of_the_labels_compressed(scene, backbone):
    (option,) = found(scene, backbone, pseudo_image="rgb", timestep=0, blocks=(-2, -3))
    settings = FeatureSettings(option.picture, tuple(range(8)), 0, (-2, -3))
    plain = features_at(scene, settings, FeatureMaps(backbone, 0, (-2, -3)), ROWS, COLS, Progress())
    components = option.compression.matrix.shape[1]
    assert components <= 64
    assert option.features.shape == (4, components + option.context.count)
    np.testing.assert_allclose(
        option.features[:, :components], option.compression(plain), atol=2e-3
    )
    assert np.isfinite(option.features).all()


def test_what_all_bands_say_around_a_label_stands_behind_the_compressed_features(scene, backbone):
    (option,) = found(scene, backbone, pseudo_image="rgb", timestep=0, blocks=(-2, -3))
    cube = read_cube(scene, Block(-16, -16, 96, 96), tuple(range(8)))
    for row, col, features in zip(ROWS, COLS, option.features):
        top, left = row // 32 * 32, col // 32 * 32
        expected = option.context.cell(cube, top, left)[row - top, col - left]
        np.testing.assert_allclose(features[-option.context.count :], expected, atol=1e-5)


def test_nodata_beside_the_labels_teaches_the_compression_nothing(make_raster, backbone):
    cube = np.random.default_rng(0).random((8, 48, 48)).astype(np.float32)
    cube[:, :, 20:40] = np.nan
    with Scene.open(make_raster("holes.tif", cube)) as scene:
        rows, cols = spatial_candidates_module._with_surroundings(scene, ROWS, COLS)
    assert len(rows) > 10
    assert np.isfinite(cube[:, rows[4:], cols[4:]]).all()


@pytest.mark.parametrize("wish", [{"timestep": 5000}, {"blocks": (-9,)}, {"blocks": (1,)}])
def test_what_the_backbone_lacks_is_named(scene, backbone, wish: dict[str, Any]):
    with pytest.raises(InputError, match=r"BLOCKS|TIMESTEP"):
        found(scene, backbone, **wish)
