"""Spatial features: without seams, whatever the chunks, and sensible near nodata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled
from hsi_film_plugin.engine.features import (
    FeatureBlocks,
    FeatureMaps,
    FeatureSettings,
    Picture,
    features_at,
    read_cube,
)
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.pseudo_image import fit_pseudo_image
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import sample_scene, whitening
from hsi_film_plugin.engine.windows import STRIDE, Block, aligned, blend_weights, grown

BLOCKS = (-2, -3)


@pytest.fixture(scope="module")
def backbone(tiny_backbone: Path) -> Backbone:
    return Backbone(tiny_backbone, Device("cpu", "a test", bfloat16=False))


def settings_of(scene: Scene, kind: str = "rgb") -> FeatureSettings:
    sample = sample_scene(scene, Progress())
    return FeatureSettings(
        fit_pseudo_image(kind, sample, scene.bands.wavelengths), sample.bands, 0, BLOCKS
    )


def compressed(backbone: Backbone, scene: Scene, settings: FeatureSettings) -> FeatureMaps:
    rows, cols = (axis.ravel() for axis in np.mgrid[0 : scene.height : 7, 0 : scene.width : 7])
    maps = FeatureMaps(backbone, 0, BLOCKS)
    known = features_at(scene, settings, maps, rows, cols, Progress())
    return FeatureMaps(backbone, 0, BLOCKS, whitening(known, 6))


def chunked(
    maps: FeatureMaps, scene: Scene, settings: FeatureSettings, rows: int, cols: int
) -> np.ndarray:
    """Return the features of a whole scene, (channels, height, width), chunk by chunk."""
    blocks = FeatureBlocks(maps)
    found = np.zeros((maps.outputs, scene.height, scene.width), np.float32)
    for left in range(0, scene.width, cols):
        for top in range(0, scene.height, rows):
            chunk = Block(top, left, min(rows, scene.height - top), min(cols, scene.width - left))
            block = aligned(chunk)
            cube = read_cube(scene, grown(block, STRIDE), settings.bands)
            cells = blocks.cell_rows(cube.picture(settings.pseudo_image), block, Progress())
            if cells:
                whole = torch.cat(cells, dim=1).numpy()
                part = whole[:, : chunk.height, : chunk.width]
                found[:, top : top + chunk.height, left : left + chunk.width] = part
    return found


def noisy(rng: np.random.Generator, bands: int, height: int, width: int) -> np.ndarray:
    smooth = np.add.outer(np.linspace(0, 1, height), np.linspace(0, 2, width))
    return (smooth + rng.normal(0, 0.1, (bands, height, width))).astype(np.float32)


@pytest.mark.parametrize("kind", ["rgb", "pca"])
def test_features_are_the_same_bytes_however_the_scene_is_cut(make_raster, backbone, kind):
    cube = noisy(np.random.default_rng(0), 5, 140, 260)
    cube[:, 60:140, 70:190] = np.nan
    with Scene.open(make_raster("a.tif", cube)) as scene:
        settings = settings_of(scene, kind)
        maps = compressed(backbone, scene, settings)
        whole = chunked(maps, scene, settings, 256, 384)
        for rows, cols in ((128, 128), (32, 256)):
            np.testing.assert_array_equal(chunked(maps, scene, settings, rows, cols), whole)


def test_features_of_single_pixels_are_those_of_the_chunks(make_raster, backbone):
    cube = noisy(np.random.default_rng(1), 4, 100, 210)
    cube[:, :40, :40] = np.nan
    with Scene.open(make_raster("a.tif", cube)) as scene:
        settings = settings_of(scene)
        maps = compressed(backbone, scene, settings)
        whole = chunked(maps, scene, settings, 128, 128)
        rows, cols = np.array([0, 41, 31, 99, 64, 64]), np.array([50, 0, 127, 209, 128, 64])
        found = features_at(scene, settings, maps, rows, cols, Progress())
        np.testing.assert_allclose(found, whole[:, rows, cols].T, atol=2e-5)


def test_compressed_features_are_the_compression_of_the_plain_ones(make_raster, backbone):
    with Scene.open(make_raster("a.tif", noisy(np.random.default_rng(2), 3, 64, 64))) as scene:
        settings = settings_of(scene)
        maps = compressed(backbone, scene, settings)
        plain_maps = FeatureMaps(backbone, 0, BLOCKS)
        pixels = np.array([3, 33, 60]), np.array([9, 40, 1])
        plain = features_at(scene, settings, plain_maps, *pixels, Progress())
        assert plain.shape == (3, 32)
        assert plain_maps.channels == [16, 16]
        assert plain_maps.outputs == 32
        assert maps._compression is not None
        found = features_at(scene, settings, maps, *pixels, Progress())
        np.testing.assert_allclose(found, maps._compression(plain), atol=1e-4)


def test_there_are_no_seams_between_windows(make_raster, backbone):
    ramp = np.broadcast_to(np.linspace(0, 1, 256), (3, 96, 256)).astype(np.float32)
    with Scene.open(make_raster("a.tif", ramp)) as scene:
        settings = settings_of(scene)
        whole = chunked(compressed(backbone, scene, settings), scene, settings, 128, 128)
    steps = np.abs(np.diff(whole, axis=2)).mean(axis=(0, 1))[8:-8]
    on_edges = steps[np.arange(STRIDE - 9, len(steps), STRIDE)]
    assert on_edges.max() <= 2 * np.median(steps)


def test_kept_windows_do_not_serve_a_chunk_of_another_width(make_raster, backbone):
    with Scene.open(make_raster("a.tif", noisy(np.random.default_rng(3), 3, 96, 128))) as scene:
        settings = settings_of(scene)
        maps = compressed(backbone, scene, settings)
        used, fresh = FeatureBlocks(maps), FeatureBlocks(maps)

        def cells(blocks: FeatureBlocks, block: Block) -> np.ndarray:
            cube = read_cube(scene, grown(block, STRIDE), settings.bands)
            found = blocks.cell_rows(cube.picture(settings.pseudo_image), block, Progress())
            return torch.cat(found, dim=1).numpy()

        cells(used, Block(0, 0, 32, 64))
        below = Block(32, 0, 32, 128)
        np.testing.assert_array_equal(cells(used, below), cells(fresh, below))


def test_the_chunk_below_does_not_compute_windows_again(make_raster, backbone, monkeypatch):
    with Scene.open(make_raster("a.tif", noisy(np.random.default_rng(4), 3, 128, 128))) as scene:
        settings = settings_of(scene)
        maps = compressed(backbone, scene, settings)
        seen: list[tuple[int, int]] = []
        run = maps.run

        def counted(picture: Picture, i: int, first: int):
            seen.append((i, first))
            return run(picture, i, first)

        monkeypatch.setattr(maps, "run", counted)
        chunked(maps, scene, settings, 32, 128)
        assert len(seen) == len(set(seen)) == 5 * 2


def test_nodata_far_away_changes_nothing_and_nearby_the_features_stay_alike(make_raster, backbone):
    cube = noisy(np.random.default_rng(5), 3, 128, 256)
    holed = cube.copy()
    holed[:, :, 200:] = np.nan
    with Scene.open(make_raster("a.tif", cube)) as scene:
        settings = settings_of(scene)
        maps = compressed(backbone, scene, settings)
        whole = chunked(maps, scene, settings, 128, 256)
    with Scene.open(make_raster("b.tif", holed)) as scene:
        found = chunked(maps, scene, settings, 128, 256)
    np.testing.assert_array_equal(found[:, :, :128], whole[:, :, :128])
    near = np.abs(found[:, :, 180:195] - whole[:, :, 180:195]).mean()
    assert near < whole.std(axis=(1, 2)).mean()


def test_windows_without_data_are_not_computed(make_raster, backbone):
    cube = np.full((3, 128, 256), np.nan, np.float32)
    cube[:, :10, :10] = noisy(np.random.default_rng(6), 3, 10, 10)
    with Scene.open(make_raster("a.tif", cube)) as scene:
        settings = settings_of(scene)
        blocks = FeatureBlocks(FeatureMaps(backbone, 0, BLOCKS))
        block = Block(0, 128, 128, 128)
        picture = read_cube(scene, grown(block, STRIDE), settings.bands).picture(
            settings.pseudo_image
        )
        assert blocks.cell_rows(picture, block, Progress()) == []


@pytest.mark.parametrize(("height", "width"), [(1, 2), (3, 5), (40, 1), (63, 65)])
@pytest.mark.parametrize("bands", [1, 2, 3])
def test_scenes_smaller_than_a_window_have_features(make_raster, backbone, height, width, bands):
    cube = np.random.default_rng(8).random((bands, height, width)).astype(np.float32)
    with Scene.open(make_raster("a.tif", cube)) as scene:
        settings = settings_of(scene)
        maps = FeatureMaps(backbone, 0, BLOCKS)
        rows, cols = (axis.ravel() for axis in np.mgrid[:height, :width])
        found = features_at(scene, settings, maps, rows, cols, Progress())
        assert found.shape == (height * width, 32)
        assert np.isfinite(found).all()
        whole = chunked(maps, scene, settings, 128, 128)
        np.testing.assert_allclose(whole.reshape(32, -1).T, found, atol=2e-4)


def test_outside_the_scene_a_cube_is_its_mirror_image(make_raster):
    cube = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    with Scene.open(make_raster("a.tif", cube, nodata=5)) as scene:
        found = read_cube(scene, Block(-2, -1, 7, 6), (0,))
    expected = np.pad(cube, ((0, 0), (2, 2), (1, 1)), mode="symmetric")
    np.testing.assert_array_equal(found.valid, expected[0] != 5)
    np.testing.assert_array_equal(found.spectra, np.where(expected == 5, 0, expected))


def test_a_window_that_is_not_wholly_inside_a_picture_is_none():
    picture = Picture(0, 0, np.zeros((3, 160, 160), np.float32), np.ones((160, 160), bool))
    assert picture.window(0, 0) is not None
    assert picture.window(3, 3) is not None
    for i, j in ((-1, 0), (0, -1), (-3, 0), (0, -3), (4, 0), (0, 4), (100, 100)):
        assert picture.window(i, j) is None


def test_features_can_be_cancelled_between_runs(make_raster, backbone):
    with Scene.open(make_raster("a.tif", noisy(np.random.default_rng(9), 3, 64, 300))) as scene:
        settings = settings_of(scene)
        progress = Progress(lambda *_: progress.cancelled.set())
        block = Block(0, 0, 64, 320)
        picture = read_cube(scene, grown(block, STRIDE), settings.bands).picture(
            settings.pseudo_image
        )
        with pytest.raises(Cancelled):
            FeatureBlocks(FeatureMaps(backbone, 0, BLOCKS)).cell_rows(picture, block, progress)
        progress.cancelled.clear()
        with pytest.raises(Cancelled):
            features_at(
                scene,
                settings,
                FeatureMaps(backbone, 0, BLOCKS),
                np.array([0, 60]),
                np.array([0, 290]),
                progress,
            )


@pytest.mark.gpu
def test_features_on_a_gpu_are_those_of_the_cpu(make_raster, backbone, tiny_backbone, gpu):
    exact = Device(gpu.kind, gpu.reason, bfloat16=False)
    with Scene.open(make_raster("a.tif", noisy(np.random.default_rng(10), 3, 96, 96))) as scene:
        settings = settings_of(scene)
        rows, cols = np.array([0, 50, 95]), np.array([0, 60, 95])
        found = [
            features_at(scene, settings, FeatureMaps(used, 0, BLOCKS), rows, cols, Progress())
            for used in (backbone, Backbone(tiny_backbone, exact))
        ]
    np.testing.assert_allclose(found[1], found[0], atol=0.02)


def test_the_middle_of_a_window_of_its_own_is_that_of_the_window_in_a_scene(make_raster, backbone):
    cube = noisy(np.random.default_rng(0), 5, 140, 260)
    with Scene.open(make_raster("a.tif", cube)) as scene:
        settings = settings_of(scene)
        picture = read_cube(scene, Block(0, 0, 64, 160), settings.bands).picture(
            settings.pseudo_image
        )
        for maps in (compressed(backbone, scene, settings), FeatureMaps(backbone, 0, BLOCKS)):
            run = maps.run(picture, 0, 0)
            windows = np.stack([picture.window(0, place) for place in range(4)])
            # the weights of blending are nearly, but not quite, one in the middle
            weight = blend_weights()[32, 32]
            expected = np.stack([window[:, 32, 32].numpy() / weight for window in run])
            np.testing.assert_allclose(maps.centres(windows), expected, rtol=1e-4, atol=1e-4)
