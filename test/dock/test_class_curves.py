"""Class means from labels, and scales that make spectra comparable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hsi_film_plugin.dock.class_curves import Scale, class_curve, divisor


@dataclass(frozen=True)
class Summed:
    fid: object
    class_id: int
    count: int
    mean: np.ndarray
    m2: np.ndarray


def summed(spectra):
    if not len(spectra):
        return Summed(0, 1, 0, np.full(spectra.shape[1], np.nan), np.zeros(spectra.shape[1]))
    mean = spectra.mean(axis=0)
    return Summed(0, 1, len(spectra), mean, ((spectra - mean) ** 2).sum(axis=0))


def test_mean_and_deviation_are_those_of_all_pixels_together():
    rng = np.random.default_rng(1)
    parts = [rng.normal(1e4 * k, 1 + k, (n, 6)) for k, n in enumerate((1, 7, 400))]
    curve = class_curve(4, "Water", "#0000ff", [summed(part) for part in parts])
    pixels = np.concatenate(parts)
    assert np.allclose(curve.mean, pixels.mean(axis=0))
    assert np.allclose(curve.sd, pixels.std(axis=0, ddof=1))
    assert (curve.class_id, curve.name, curve.color, curve.count) == (4, "Water", "#0000ff", 408)


def test_labels_without_valid_pixels_do_not_count():
    full, empty = np.ones((3, 4)), np.empty((0, 4))
    curve = class_curve(1, "", "#000000", [summed(empty), summed(full)])
    assert curve.count == 3
    assert np.allclose(curve.mean, 1)
    assert class_curve(1, "", "#000000", [summed(empty)]) is None
    assert class_curve(1, "", "#000000", []) is None


def test_one_pixel_has_no_deviation():
    assert class_curve(1, "", "#000000", [summed(np.ones((1, 4)))]).sd.tolist() == [0] * 4


def test_a_band_without_values_stays_a_gap():
    part = np.ones((3, 4))
    part[:, 2] = np.nan
    curve = class_curve(1, "", "#000000", [summed(part), summed(np.ones((2, 4)))])
    assert np.isnan(curve.mean).tolist() == [False, False, True, False]


def test_the_mean_of_the_good_bands_divides():
    values, good = np.array([1.0, 3.0, 100.0]), np.array([True, True, False])
    assert divisor(values, np.arange(3.0), good, Scale.MEAN).tolist() == [2, 2, 2]
    assert divisor(values, np.arange(3.0), good, Scale.VALUES).tolist() == [1, 1, 1]


def test_the_continuum_runs_over_absorptions_in_straight_lines():
    values = np.array([2.0, 1.0, 4.0, 1.0, 2.0])
    continuum = divisor(values, np.arange(5.0), np.ones(5, bool), Scale.CONTINUUM)
    assert np.allclose(continuum, [2, 3, 4, 3, 2])


def test_what_cannot_be_divided_by_is_a_gap():
    good = np.ones(3, bool)
    dark = divisor(np.array([-1.0, 0.0, 1.0]), np.arange(3.0), good, Scale.MEAN)
    assert np.isnan(dark).all()
    nothing = divisor(np.full(3, np.nan), np.arange(3.0), good, Scale.CONTINUUM)
    assert np.isnan(nothing).all()
