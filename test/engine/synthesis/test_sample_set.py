"""Samples in memory: their spectra, and parts of them."""

from __future__ import annotations

import numpy as np


def test_spectra_are_those_of_the_pixels_in_the_middle(make_sample_set):
    spectra = np.random.default_rng(1).random((5, 8))
    samples = make_sample_set(spectra=spectra, noise=0.3)
    assert samples.spectra().dtype == np.float32
    np.testing.assert_allclose(samples.spectra(), spectra, atol=2e-3)
    cubes = samples.cubes(slice(1, 3))
    assert cubes.shape == (2, 8, 4, 4)
    np.testing.assert_allclose(cubes[:, :, 2, 2], spectra[1:3], atol=2e-3)
    assert np.abs(cubes[0, :, 0, 0] - spectra[1]).max() > 0.1


def test_samples_are_counted_for_every_class_also_those_without_any(make_sample_set):
    assert make_sample_set((1, 0, 1)).counts().tolist() == [1, 2, 0]


def test_a_subset_keeps_what_belongs_to_its_samples(make_sample_set):
    samples = make_sample_set()
    kept = samples.subset(samples.recognised)
    assert (kept.count, kept.side) == (4, 4)
    assert kept.recognised.all()
    np.testing.assert_array_equal(kept.class_indices, [0, 0, 1, 1])
    np.testing.assert_array_equal(kept.prompt_of, kept.class_indices)
    np.testing.assert_array_equal(kept.attention, samples.attention[samples.recognised])
    np.testing.assert_array_equal(kept.spectra(), samples.spectra()[samples.recognised])
    np.testing.assert_array_equal(samples.subset(np.array([4])).components, samples.components[4:])


def test_some_bands_alone_are_those_of_all(make_sample_set):
    samples, some = make_sample_set(), np.array([6, 0, 3])
    np.testing.assert_allclose(samples.spectra(some), samples.spectra()[:, some], rtol=1e-5)
    cubes = samples.cubes(np.array([4, 1]))
    np.testing.assert_allclose(samples.cubes(np.array([4, 1]), some), cubes[:, some], rtol=1e-5)
