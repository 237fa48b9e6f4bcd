"""What is learnt of a scene once: from valid pixels, of bands that vary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import (
    SAMPLE_BLOCK,
    SAMPLE_BLOCKS_A_SIDE,
    sample_scene,
    standardisation,
    whitening,
)

RNG = np.random.default_rng(5)


def sampled(path: Path):
    with Scene.open(path) as scene:
        return sample_scene(scene, Progress())


def test_a_small_scene_is_sampled_whole(make_raster):
    cube = RNG.random((3, 40, 70)).astype(np.float32)
    sample = sampled(make_raster("a.tif", cube))
    assert sample.bands == (0, 1, 2)
    assert sample.valid_share == 1
    np.testing.assert_array_equal(np.sort(sample.spectra[:, 1]), np.sort(cube[1], axis=None))


def test_a_large_scene_is_sampled_from_edge_to_edge_in_bounded_size(make_raster):
    side = SAMPLE_BLOCK * SAMPLE_BLOCKS_A_SIDE * 3
    cube = np.arange(side * side, dtype=np.float32).reshape(1, side, side)
    sample = sampled(make_raster("a.tif", cube))
    assert len(sample.spectra) == (SAMPLE_BLOCK * SAMPLE_BLOCKS_A_SIDE) ** 2
    assert sample.spectra.min() == 0
    assert sample.spectra.max() == side * side - 1


def test_nodata_nan_and_bad_bands_never_enter(make_raster):
    cube = RNG.random((4, 20, 20)).astype(np.float32)
    cube[0, :5] = -9999
    cube[1, 5:10] = np.nan
    cube[2] = 1e30
    tags = [{"bbl": "1"}, {"bbl": "1"}, {"bbl": "0"}, {"bbl": "1"}]
    sample = sampled(make_raster("a.tif", cube, nodata=-9999, band_tags=tags))
    assert sample.bands == (0, 1, 3)
    assert sample.spectra.shape == (200, 3)
    assert sample.spectra.min() >= 0
    assert sample.spectra.max() <= 1
    assert sample.valid_share == 0.5


def test_constant_bands_are_left_out_and_listed(make_raster):
    cube = RNG.random((3, 20, 20)).astype(np.float32)
    cube[1] = 7
    sample = sampled(make_raster("a.tif", cube))
    assert sample.bands == (0, 2)
    assert sample.constant == (1,)
    assert sample.spectra.shape == (400, 2)


def test_a_scene_without_valid_pixels_is_named(make_raster):
    path = make_raster("empty.tif", np.full((2, 20, 20), np.nan, np.float32))
    with pytest.raises(InputError, match=r"'empty\.tif' has no valid pixel.*nodata"):
        sampled(path)


def test_a_scene_of_constant_bands_is_named(make_raster):
    path = make_raster("flat.tif", np.full((2, 20, 20), 3, np.float32))
    with pytest.raises(InputError, match=r"Every band of 'flat\.tif' is constant"):
        sampled(path)


def test_sampling_can_be_cancelled(make_raster):
    progress = Progress()
    progress.cancelled.set()
    path = make_raster("a.tif", RNG.random((1, 9, 9)).astype("f4"))
    with Scene.open(path) as scene, pytest.raises(Cancelled):
        sample_scene(scene, progress)


def test_standardised_inputs_have_zero_mean_and_unit_deviation():
    x = (RNG.random((500, 4)) * [1, 10, 1000, 0] + [0, 5, -300, 2]).astype(np.float32)
    mapped = standardisation(x)(x)
    assert mapped.dtype == np.float32
    np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(mapped.std(axis=0), [1, 1, 1, 0], atol=1e-4)


def test_whitened_components_are_uncorrelated_with_unit_variance_largest_first():
    x = (RNG.normal(size=(400, 6)) @ RNG.normal(size=(6, 6))).astype(np.float32)
    whitened = whitening(x, 4)(x)
    assert whitened.shape == (400, 4)
    np.testing.assert_allclose(np.cov(whitened, rowvar=False), np.eye(4), atol=1e-2)
    first = whitening(x, 1)(x)[:, 0]
    np.testing.assert_allclose(first, whitened[:, 0], rtol=1e-4, atol=1e-4)
    standard = standardisation(x)(x)
    explained = [np.square(np.corrcoef(standard.T, c)[:-1, -1]).sum() for c in whitened.T]
    assert explained == sorted(explained, reverse=True)


def test_directions_without_variance_are_left_out():
    one = RNG.normal(size=(50, 1))
    assert whitening(np.hstack([one, 2 * one, 0 * one]).astype(np.float32), 3).matrix.shape == (
        3,
        1,
    )


def test_one_input_alone_can_be_whitened():
    x = RNG.normal(3, 2, (50, 1)).astype(np.float32)
    mapped = whitening(x, 10)(x)
    assert mapped.shape == (50, 1)
    assert mapped.std() == pytest.approx(1, abs=0.02)


def test_the_sign_of_a_component_does_not_depend_on_the_sample_s_order():
    x = (RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5))).astype(np.float32)
    forth, back = whitening(x, 5), whitening(x[::-1].copy(), 5)
    np.testing.assert_allclose(forth.matrix, back.matrix, rtol=1e-2, atol=1e-3)
    largest = np.abs(forth.matrix * x.std(axis=0)[:, None]).argmax(axis=0)
    assert (forth.matrix[largest, np.arange(5)] > 0).all()


def test_a_scene_that_is_nearly_all_nodata_is_sampled_where_its_labels_lie(make_raster):
    cube = np.full((2, 2000, 40), -1, np.float32)
    cube[:, 100:110, 5:15] = np.arange(200).reshape(2, 10, 10)
    rows, cols = np.arange(102, 106), np.full(4, 8)
    with Scene.open(make_raster("swath.tif", cube, nodata=-1)) as scene:
        with pytest.raises(InputError, match="no valid pixel"):
            sample_scene(scene, Progress())
        sample = sample_scene(scene, Progress(), (rows, cols))
    assert len(sample.spectra) == 100
    assert sample.bands == (0, 1)
