"""A model says of pixels what its heads say together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hsi_film_plugin.engine.model import Model, Predictor
from test.engine.conftest import predictions


@pytest.fixture
def model(make_fields, make_model) -> Model:
    return make_model(make_fields(48).raster)


def test_probabilities_add_up_to_one_and_missing_features_count_as_zeros(model: Model):
    said = predictions(model)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    spectra = np.ones((4, len(model.bands.used)), np.float32)
    predictor = Predictor(model)
    assert model.spatial is not None
    np.testing.assert_array_equal(
        predictor(spectra, None),
        predictor(spectra, np.zeros((4, model.spatial.inputs), np.float32)),
    )


def test_heads_with_inputs_of_their_own_each_get_theirs(mixed_model: Model):
    linear, *_ = mixed_model.heads
    alone = replace(mixed_model, heads=(replace(linear, part=replace(linear.part, weight=1.0)),))
    spectra = np.random.default_rng(1).random((50, len(mixed_model.bands.used))).astype(np.float32)
    centred = spectra - spectra.mean(axis=1, keepdims=True)
    normal = centred / centred.std(axis=1, keepdims=True)
    logits = linear.inputs.affine(normal) @ linear.parameters["classes.weight"][0]
    logits = (logits + linear.parameters["classes.bias"][0]) / (1.4 * mixed_model.temperature)
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Predictor(alone)(spectra, None), expected, rtol=1e-3, atol=1e-5)
    # brightness is nothing to a head whose spectra are normalised
    brighter = Predictor(alone)(3 * spectra + 1, None)
    np.testing.assert_allclose(brighter, expected, rtol=1e-3, atol=1e-5)
    assert not np.allclose(
        predictions(mixed_model), predictions(replace(mixed_model, heads=mixed_model.heads[1:]))
    )
