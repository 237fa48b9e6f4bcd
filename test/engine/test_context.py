"""Context: what all bands say around a pixel, the same however a scene is cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, grey_closing, grey_opening

from hsi_film_plugin.engine import context as module
from hsi_film_plugin.engine.context import MARGIN, RADII, SIGMAS, learn_context, raw_cell
from hsi_film_plugin.engine.features import Cube, read_cube
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import AffineMap
from hsi_film_plugin.engine.windows import STRIDE, Block

SHAPE = (5, 90, 101)
PROJECTION = AffineMap(np.zeros(5, np.float32), np.eye(5, 3, dtype=np.float32))


def textured(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return gaussian_filter(rng.normal(0, 1, SHAPE), (0, 1.5, 1.5)).astype(np.float32)


def whole(pixels: np.ndarray, valid: np.ndarray | None = None) -> Cube:
    _, height, width = pixels.shape
    return Cube(
        Block(0, 0, height, width),
        pixels,
        np.ones((height, width), bool) if valid is None else valid,
    )


def test_means_and_profiles_are_those_of_the_components():
    pixels = textured()
    found = raw_cell(PROJECTION, whole(pixels), 32, 32)
    inner = np.s_[32 : 32 + STRIDE, 32 : 32 + STRIDE]
    for number, sigma in enumerate(SIGMAS):
        for k in range(3):
            smoothed = gaussian_filter(pixels[k].astype(float), sigma, radius=MARGIN)
            np.testing.assert_allclose(found[:, :, 3 * number + k], smoothed[inner], atol=1e-5)
    first = 3 * len(SIGMAS)
    for number, radius in enumerate(RADII):
        size = 2 * radius + 1
        for k in range(3):
            opened = found[:, :, first + 6 * number + k]
            closed = found[:, :, first + 6 * number + 3 + k]
            np.testing.assert_array_equal(opened, grey_opening(pixels[k], size)[inner])
            np.testing.assert_array_equal(closed, grey_closing(pixels[k], size)[inner])


def test_a_cell_is_the_same_to_the_bit_from_any_piece_of_the_scene(make_raster):
    with Scene.open(make_raster("scene.tif", textured(1))) as scene:
        bands = tuple(range(scene.count))
        pieces = [Block(16, 16, 64, 64), Block(-16, -32, 110, 150), Block(0, 0, 96, 128)]
        found = [raw_cell(PROJECTION, read_cube(scene, piece, bands), 32, 32) for piece in pieces]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_nothing_further_than_the_margin_matters():
    near, far = textured(2), textured(2)
    far[:, :, 32 + STRIDE + MARGIN :] += 50
    found = [raw_cell(PROJECTION, whole(pixels), 16, 32) for pixels in (near, far)]
    np.testing.assert_array_equal(*found)
    far[:, :, 32 + STRIDE + MARGIN - 1] += 50
    assert not np.array_equal(found[0], raw_cell(PROJECTION, whole(far), 16, 32))


def test_nodata_leaves_no_trace_in_the_features():
    pixels, valid = textured(3), np.ones(SHAPE[1:], bool)
    valid[:, 60:] = False
    pixels[:, ~valid] = 0
    spoilt = pixels.copy()
    spoilt[:, ~valid] = 1e6
    found = [raw_cell(PROJECTION, whole(p, valid), 16, 32) for p in (pixels, spoilt)]
    np.testing.assert_array_equal(*found)
    assert np.abs(found[0]).max() < 10


def test_all_nodata_gives_zeros():
    found = raw_cell(PROJECTION, whole(textured(), np.zeros(SHAPE[1:], bool)), 16, 16)
    assert not found.any()


def test_learnt_features_are_scaled_and_those_of_the_cells(make_raster):
    with Scene.open(make_raster("scene.tif", textured(4))) as scene:
        bands = tuple(range(scene.count))
        cube, _ = scene.read(0, 0, scene.height, scene.width, bands)
        rows, cols = (axis.ravel() for axis in np.mgrid[0 : scene.height : 3, 0 : scene.width : 3])
        sample = cube.reshape(len(bands), -1).T
        context, features = learn_context(scene, bands, sample, rows, cols, Progress())
        piece = read_cube(scene, Block(16, 16, 64, 64), bands)
        cell = context.cell(piece, 32, 32)
    assert features.shape == (len(rows), context.count)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-3)
    inside = (rows // STRIDE == 1) & (cols // STRIDE == 1)
    expected = cell[rows[inside] - 32, cols[inside] - 32]
    np.testing.assert_allclose(features[inside], expected, atol=1e-5)


@pytest.mark.parametrize("bands", [1, 2, 200])
def test_scenes_of_any_number_of_bands_have_context(bands: int):
    rng = np.random.default_rng(bands)
    pixels = rng.normal(0, 1, (bands, 64, 64)).astype(np.float32)
    projection = module.whitening(pixels.reshape(bands, -1).T, module.COMPONENTS)
    found = raw_cell(projection, whole(pixels), 16, 16)
    assert found.shape[2] == module.feature_count(min(bands, module.COMPONENTS))
    assert np.isfinite(found).all()
