"""The independent classifier: what it says of samples, and what it may say anything of."""

from __future__ import annotations

import numpy as np

from hsi_film_plugin.engine.synthesis.recognition import RealPixels, recognise


def pixels(gap: float, seed: int = 0, classes: int = 3) -> RealPixels:
    """Return classes whose means lie ``gap`` apart, in five polygons each."""
    rng = np.random.default_rng(seed)
    labels = np.arange(classes).repeat(40)
    polygons = np.arange(5 * classes).repeat(8)
    spectra = labels[:, None] * gap + rng.normal(0, 1, (len(labels), 5))
    rows = polygons * 30 + np.tile(np.arange(8), 5 * classes)
    return RealPixels(spectra.astype(np.float32), labels, polygons, rows, polygons % 4 * 40)


def test_samples_of_separate_classes_are_recognised_and_strange_ones_are_not():
    real = pixels(6.0)
    samples = np.concatenate([real.spectra[:10], real.spectra[80:90]])
    found = recognise(real, samples, np.array([0] * 10 + [1] * 10), 3)
    np.testing.assert_allclose(found.recognised[:2], [1, 0])
    assert np.isnan(found.recognised[2])
    assert (found.own > 0.9).all()
    assert found.taken_for[10:].tolist() == [2] * 10


def test_classes_that_overlap_say_so_on_held_out_places():
    found = recognise(pixels(0.0), pixels(0.0).spectra, pixels(0.0).classes, 3)
    assert (found.own < 0.6).all()


def test_a_class_in_one_place_is_not_judged_and_one_without_pixels_not_known():
    real = pixels(6.0)
    polygons, rows = real.polygons.copy(), real.rows.copy()
    polygons[real.classes == 2] = 99
    rows[real.classes == 2] = 900 + np.arange(40)
    one_place = RealPixels(real.spectra, real.classes, polygons, rows, real.cols)
    found = recognise(one_place, real.spectra[:2], np.array([0, 3]), 4)
    assert np.isnan(found.own[2:]).all()
    assert found.recognised[0] == 1
    assert np.isnan(found.recognised[3])


def test_one_class_alone_leaves_nothing_to_tell_apart():
    real = pixels(6.0, classes=1)
    found = recognise(real, real.spectra[:3], np.zeros(3, int), 1)
    assert np.isnan(found.recognised).all()
    assert found.taken_for.tolist() == [-1] * 3


def test_many_samples_are_classified_part_by_part_with_progress():
    real, heard = pixels(6.0), []
    samples = np.tile(real.spectra, (11, 1))
    found = recognise(real, samples, np.tile(real.classes, 11), 3, 0, heard.append)
    assert found.taken_for.tolist() == np.tile(found.taken_for[:120], 11).tolist()
    assert (found.recognised > 0.95).all()
    assert len([done for done in heard if done >= 0.8]) == 3
    assert heard == sorted(heard)
