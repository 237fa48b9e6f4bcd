"""What is unlike anything labelled is flagged, and little else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hsi_film_plugin.engine.folds import Folds, spatial_folds
from hsi_film_plugin.engine.novelty import (
    COMPONENTS,
    MOST_PROTOTYPES,
    Novelty,
    fit_novelty,
    nearest_distances,
)
from hsi_film_plugin.engine.training_pixels import TrainingPixels

BANDS, CLASSES = 20, 5
TILE = 4096


@pytest.fixture
def ground():
    """Return a function that draws pixels of the classes, in fields that differ a little."""
    shapes = np.random.default_rng(1).normal(size=(CLASSES, 4)) @ np.random.default_rng(2).normal(
        size=(4, BANDS)
    )

    def draw(seed: int, fields: int = 12, pixels: int = 8) -> TrainingPixels:
        rng = np.random.default_rng(seed)
        field = np.repeat(np.arange(CLASSES * fields), pixels)
        classes = field % CLASSES
        offset = rng.normal(0, 0.3, (CLASSES * fields, BANDS))
        spectra = shapes[classes] + offset[field] + rng.normal(0, 0.2, (len(field), BANDS))
        rows, cols = 20 * (field // 8) + rng.integers(0, 4, len(field)), 20 * (field % 8)
        return TrainingPixels(rows, cols, classes, field, spectra.astype(np.float32))

    return draw


def folds_of(pixels: TrainingPixels) -> Folds:
    classes = np.unique(pixels.classes, return_inverse=True)[1]
    return spatial_folds(pixels.rows, pixels.cols, classes, pixels.polygons)


def part(pixels: TrainingPixels, use: np.ndarray) -> TrainingPixels:
    return TrainingPixels(*(getattr(pixels, name)[use] for name in pixels.__dataclass_fields__))


@pytest.mark.parametrize("left_out", range(CLASSES))
def test_most_of_a_class_that_nobody_labelled_is_flagged_and_few_of_the_others(ground, left_out):
    everything, asked = ground(0), ground(9)
    known = part(everything, everything.classes != left_out)
    novelty = fit_novelty(known, folds_of(known), everything.spectra)
    assert novelty is not None
    flagged = novelty(asked.spectra) > 1
    assert flagged[asked.classes == left_out].mean() > 0.8
    assert 0.005 < flagged[asked.classes != left_out].mean() < 0.12


def test_the_radius_is_measured_on_places_that_were_held_out(ground):
    pixels = ground(0)
    novelty = fit_novelty(pixels, folds_of(pixels), pixels.spectra)
    one_by_one = np.arange(len(pixels.classes)) % 5
    careless = fit_novelty(pixels, replace(folds_of(pixels), fold=one_by_one), pixels.spectra)
    assert novelty is not None
    assert careless is not None
    # neighbours in one field are alike: between them distances are shorter
    assert careless.radius < 0.9 * novelty.radius


def test_a_class_that_one_fold_holds_alone_does_not_widen_the_radius(ground):
    pixels = ground(0)
    folds = folds_of(pixels)
    alone = folds.fold.copy()
    alone[pixels.classes == 4] = 0
    usual = fit_novelty(pixels, folds, pixels.spectra)
    lifted = fit_novelty(pixels, replace(folds, fold=alone), pixels.spectra)
    assert usual is not None
    assert lifted is not None
    assert lifted.radius < 2 * usual.radius


def test_without_folds_or_with_few_held_out_pixels_nothing_is_said(ground):
    pixels = ground(0)
    folds = folds_of(pixels)
    never = np.full(len(pixels.classes), -1)
    assert fit_novelty(pixels, replace(folds, fold=never, count=0), pixels.spectra) is None
    few = never.copy()
    few[:10] = 0
    assert fit_novelty(pixels, replace(folds, fold=few), pixels.spectra) is None


def test_labels_are_thinned_to_a_bounded_number_with_every_class_in_it(ground):
    pixels = ground(0, fields=40, pixels=20)
    novelty = fit_novelty(pixels, folds_of(pixels), pixels.spectra)
    assert novelty is not None
    assert novelty.prototypes.shape == (MOST_PROTOTYPES, COMPONENTS)
    assert np.median(novelty(ground(3).spectra)) < 1


@pytest.mark.parametrize("bands", [1, 2])
def test_scenes_of_few_bands_have_a_space_of_as_many_components(ground, bands):
    pixels = ground(0)
    pixels = replace(pixels, spectra=pixels.spectra[:, :bands])
    novelty = fit_novelty(pixels, folds_of(pixels), pixels.spectra)
    assert novelty is not None
    assert novelty.prototypes.shape[1] == bands
    assert (novelty(pixels.spectra[:8] + 1e4) > 1).all()


def test_labels_that_are_all_the_same_spectrum_say_nothing(ground):
    pixels = ground(0)
    same = replace(pixels, spectra=np.ones_like(pixels.spectra))
    assert fit_novelty(same, folds_of(same), pixels.spectra) is None


def test_a_pixel_is_judged_alike_wherever_it_stands_in_its_tile(ground):
    pixels = ground(0)
    novelty = fit_novelty(pixels, folds_of(pixels), pixels.spectra)
    assert novelty is not None
    tile = np.resize(ground(5).spectra, (TILE, BANDS))
    order = np.random.default_rng(0).permutation(TILE)
    np.testing.assert_array_equal(novelty(tile)[order], novelty(tile[order]))
    assert novelty(tile).dtype == np.float32


def test_numbers_that_overflow_are_unlike_and_stay_finite(ground):
    pixels = ground(0)
    novelty = fit_novelty(pixels, folds_of(pixels), pixels.spectra)
    assert novelty is not None
    tile = np.zeros((3, BANDS), np.float32)
    tile[0], tile[1, ::2], tile[1, 1::2] = 1e38, 3e38, -3e38
    with np.errstate(over="ignore", invalid="ignore"):
        found = novelty(tile)
    assert np.isfinite(found).all()
    assert (found[:2] > 1).all()


def test_distances_are_to_the_third_nearest_labelled_pixel():
    points = np.array([[0.0, 0.0], [10.0, 0.0]], np.float32)
    known = np.array([[1, 0], [2, 0], [4, 0], [9, 0]], np.float32)
    np.testing.assert_allclose(nearest_distances(points, known), [4, 8], rtol=1e-6)
    np.testing.assert_allclose(nearest_distances(points, known[:2]), [2, 9], rtol=1e-6)


def test_above_one_is_further_than_the_radius(ground):
    pixels = ground(0)
    novelty = fit_novelty(pixels, folds_of(pixels), pixels.spectra)
    assert novelty is not None
    wider = Novelty(novelty.space, novelty.prototypes, 4 * novelty.radius)
    asked = ground(7).spectra
    np.testing.assert_allclose(novelty(asked), 4 * wider(asked), rtol=1e-5)
