"""Labelled pixels: those that hold data, enough of each class, and not too many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine import training_pixels as module
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import Labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import sample_scene
from hsi_film_plugin.engine.training_pixels import TrainingPixels, read_pixels, training_pixels

NAMES = ("oak", "elm", "ash")


def labels_of(classes: np.ndarray) -> Labels:
    """Return labels from an image of class indices, -1 where unlabelled; rows are polygons."""
    rows, cols = np.nonzero(classes >= 0)
    found = classes[rows, cols]
    known = tuple(LabelClass(k + 1, NAMES[k], "#123456") for k in range(found.max() + 1))
    return Labels(known, rows, cols, found, rows * 10 + found, (), "0" * 64)


def chosen(path: Path, classes: np.ndarray, seed: int = 0) -> tuple[TrainingPixels, list[str]]:
    with Scene.open(path) as scene:
        return training_pixels(scene, labels_of(classes), sample_scene(scene, Progress()), seed)


@pytest.fixture
def cube() -> np.ndarray:
    return np.random.default_rng(0).random((4, 40, 50)).astype(np.float32)


@pytest.fixture
def classes() -> np.ndarray:
    image = np.full((40, 50), -1)
    image[2:6, 3:9] = 0
    image[30:34, 40:44] = 1
    return image


def test_pixels_carry_their_own_spectra(make_raster, cube, classes):
    cube[1] = 4
    pixels, warnings = chosen(make_raster("a.tif", cube), classes)
    assert len(pixels.rows) == 24 + 16
    np.testing.assert_array_equal(pixels.spectra, cube[[0, 2, 3]][:, pixels.rows, pixels.cols].T)
    np.testing.assert_array_equal(pixels.classes, classes[pixels.rows, pixels.cols])
    assert warnings == ["Constant bands were left out: 2."]


def test_pixels_far_apart_are_read_as_from_the_whole_scene(make_raster):
    cube = np.random.default_rng(1).random((2, 300, 270)).astype(np.float32)
    cube[:, 0, 0] = np.nan
    rows, cols = np.array([299, 0, 128, 127, 0]), np.array([269, 0, 127, 128, 200])
    with Scene.open(make_raster("a.tif", cube)) as scene:
        spectra, valid = read_pixels(scene, rows, cols, (1, 0))
    np.testing.assert_array_equal(valid, [True, False, True, True, True])
    np.testing.assert_array_equal(spectra[valid], cube[::-1, rows, cols].T[valid])


def test_labels_on_nodata_are_left_out_and_counted(make_raster, cube, classes):
    cube[0, :4] = np.nan
    pixels, warnings = chosen(make_raster("a.tif", cube), classes)
    assert pixels.rows.min() == 4
    assert np.isfinite(pixels.spectra).all()
    assert warnings == ["12 labelled pixels are nodata in the scene and were left out."]


def test_labels_on_nodata_only_are_refused(make_raster, cube, classes):
    cube[:, classes >= 0] = np.nan
    with pytest.raises(InputError, match=r"Every labelled pixel of 'a\.tif' is nodata"):
        chosen(make_raster("a.tif", cube), classes)


def test_one_class_only_is_named(make_raster, cube, classes):
    classes[classes == 1] = -1
    with pytest.raises(InputError, match=r"one class only \('oak'\)"):
        chosen(make_raster("a.tif", cube), classes)


def test_one_class_that_is_left_of_two_is_named(make_raster, cube, classes):
    cube[:, classes == 0] = np.nan
    with pytest.raises(InputError, match=r"one class only \('elm'\)"):
        chosen(make_raster("a.tif", cube), classes)


def test_a_class_of_one_pixel_is_named(make_raster, cube, classes):
    classes[20, 20] = 2
    with pytest.raises(InputError, match="Class 'ash' has one pixel"):
        chosen(make_raster("a.tif", cube), classes)


def test_a_class_on_nodata_only_is_named(make_raster, cube, classes):
    classes[20, 20:24] = 2
    cube[3, 20] = np.inf
    with pytest.raises(InputError, match="Class 'ash' has no pixel with data"):
        chosen(make_raster("a.tif", cube), classes)


def test_very_many_labels_are_thinned_evenly_over_classes_and_polygons(
    make_raster, cube, monkeypatch
):
    monkeypatch.setattr(module, "MOST_PIXELS", 240)
    classes = np.full((40, 50), -1)
    classes[:30] = 0
    classes[30:36] = 1
    classes[36, :30] = 2
    path = make_raster("a.tif", cube)
    pixels, warnings = chosen(path, classes)
    np.testing.assert_array_equal(np.bincount(pixels.classes), [105, 105, 30])
    for c in (0, 1):
        _, per_polygon = np.unique(pixels.polygons[pixels.classes == c], return_counts=True)
        assert np.ptp(per_polygon) <= 1
    assert warnings[0].startswith("1830 pixels are labelled; 240 of them, spread evenly")
    same, other = chosen(path, classes)[0], chosen(path, classes, seed=1)[0]
    np.testing.assert_array_equal(same.cols, pixels.cols)
    assert not np.array_equal(other.cols, pixels.cols)
