"""Linear discriminants: those of the textbook, and none where there are no pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from hsi_film_plugin.engine import discriminant as module
from hsi_film_plugin.engine.discriminant import linear_discriminants
from hsi_film_plugin.engine.heads import HeadShape, Parameters, logits


def labelled(
    count: int = 90, bands: int = 6, classes: int = 3, apart: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return correlated pixels of overlapping classes, as many of each."""
    rng = np.random.default_rng(0)
    known = np.arange(count) % classes
    mixing = rng.normal(0, 1, (bands, bands))
    means = rng.normal(0, apart, (classes, bands))
    return (means[known] + rng.normal(0, 1, (count, bands)) @ mixing).astype(np.float32), known


def outputs(parameters: Parameters, inputs: np.ndarray, n_classes: int) -> np.ndarray:
    """Return what the engine's heads say with these parameters, ``(heads, n, classes)``."""
    shape = HeadShape("linear", inputs.shape[1], 1, n_classes)
    nothing = torch.zeros(len(inputs), 1)
    return logits(shape, parameters, torch.from_numpy(inputs), nothing).numpy()


def said(
    inputs: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray | None = None,
    n_classes: int = 3,
    of: np.ndarray | None = None,
) -> np.ndarray:
    """Return one discriminant's logits ``(n, classes)`` of its own or other pixels."""
    row = np.ones(len(classes), np.float32) if weights is None else weights
    found = linear_discriminants(inputs, classes, row[None], n_classes)
    return outputs(found, inputs if of is None else of, n_classes)[0]


def probabilities(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


class PooledLedoitWolf:
    """The pooled covariance, shrunk, for scikit-learn, which asks for it class by class.

    The mean of its per-class answers, weighted by priors, must be the pooled one: it answers
    each with the same.
    """

    def __init__(self, covariance: np.ndarray) -> None:
        self.covariance = covariance

    def fit(self, _: np.ndarray) -> PooledLedoitWolf:
        self.covariance_ = self.covariance
        return self


def pooled(inputs: np.ndarray, classes: np.ndarray) -> np.ndarray:
    means = np.stack([inputs[classes == c].mean(axis=0) for c in np.unique(classes)])
    return ledoit_wolf(inputs - means[classes], assume_centered=True)[0]


@pytest.mark.parametrize(("count", "classes"), [(90, 3), (30, 2), (24, 4)])
def test_it_is_scikit_learn_s_discriminant_with_the_pooled_covariance_shrunk(
    count: int, classes: int
):
    inputs, known = labelled(count, classes=classes, apart=0.6)
    double = inputs.astype(np.float64)
    theirs = LinearDiscriminantAnalysis(
        solver="lsqr", covariance_estimator=PooledLedoitWolf(pooled(double, known))
    ).fit(double, known)
    ours = probabilities(said(inputs, known, n_classes=classes))
    np.testing.assert_allclose(ours, theirs.predict_proba(double), atol=1e-4)
    assert 0.5 < (ours.argmax(axis=1) == known).mean() < 1


def test_priors_are_the_weights_of_the_classes():
    inputs, classes = labelled()
    weights = np.array([4.0, 1.0, 0.5], np.float32)[classes]
    gain = said(inputs, classes, weights) - said(inputs, classes)
    expected = np.log([4.0, 1.0, 0.5])
    np.testing.assert_allclose(
        gain - gain[:, :1], np.tile(expected - expected[0], (len(gain), 1)), atol=1e-3
    )


def test_shrinking_helps_where_pixels_are_fewer_than_inputs():
    rng = np.random.default_rng(1)
    known = np.arange(400) % 2
    inputs = (0.4 * (2 * known - 1)[:, None] + rng.normal(0, 1, (400, 60))).astype(np.float32)
    few = slice(0, 20)
    found = said(inputs[few], known[few], n_classes=2, of=inputs)
    assert np.isfinite(found).all()
    assert (found.argmax(axis=1) == known).mean() > 0.8


def test_a_class_without_pixels_is_never_chosen_wherever_a_pixel_lies():
    inputs, classes = labelled()
    # all that is known lies on one side of the origin, as it can in a scene
    inputs += 20
    present = classes != 1
    everywhere = np.random.default_rng(2).normal(0, 100, (2000, 6)).astype(np.float32)
    found = probabilities(said(inputs, classes, present.astype(np.float32), of=everywhere))
    assert np.isfinite(found).all()
    assert found[:, 1].max() < 1e-15


def test_pixels_of_weight_zero_teach_a_head_nothing():
    inputs, classes = labelled()
    weights = np.ones((2, 90), np.float32)
    weights[0, 60:] = 0
    corrupted, elsewhere = classes.copy(), inputs.copy()
    corrupted[60:] = (classes[60:] + 1) % 3
    elsewhere[60:] = 1000
    honest = linear_discriminants(inputs, classes, weights, 3)
    found = linear_discriminants(elsewhere, corrupted, weights, 3)
    for name, tensor in honest.items():
        assert torch.equal(tensor[0], found[name][0])
        assert not torch.equal(tensor[1], found[name][1])


def test_a_head_is_the_same_alone_and_in_a_stack_and_every_time():
    inputs, classes = labelled()
    weights = np.ones((3, 90), np.float32)
    weights[1, ::4] = 0
    stacked = linear_discriminants(inputs, classes, weights, 3)
    alone = linear_discriminants(inputs, classes, weights[1:2], 3)
    assert stacked["classes.weight"].shape == (3, 6, 3)
    assert stacked["classes.bias"].shape == (3, 1, 3)
    for name, tensor in alone.items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor[0], stacked[name][1])
        assert torch.equal(stacked[name][0], stacked[name][2])


@pytest.mark.parametrize("level", [0.0, 3.5])
def test_inputs_that_never_vary_change_nothing(level: float):
    inputs, classes = labelled(300)
    constant = np.full((300, 1), level, np.float32)
    found = said(np.hstack([inputs, constant]), classes)
    assert np.isfinite(found).all()
    same = said(inputs, classes).argmax(axis=1) == found.argmax(axis=1)
    assert same.mean() > 0.98


def test_classes_without_any_spread_are_told_apart():
    known = np.arange(30) % 3
    inputs = np.array([[0, 1], [1, 0], [1, 1]], np.float32)[known]
    found = probabilities(said(inputs, known))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found.argmax(axis=1), known)


def test_two_classes_are_divided_half_way_between_their_means():
    rng = np.random.default_rng(3)
    known = np.arange(2000) % 2
    inputs = (3.0 * known[:, None] + rng.normal(0, 1, (2000, 1))).astype(np.float32)
    line = np.linspace(-3, 6, 901, dtype=np.float32)[:, None]
    second = said(inputs, known, n_classes=2, of=line).argmax(axis=1)
    assert line[second.argmax(), 0] == pytest.approx(1.5, abs=0.1)
    assert (np.diff(second) >= 0).all()


def test_a_pixel_that_counts_twice_is_as_good_as_two():
    inputs, classes = labelled(60)
    twice = np.arange(60) % 5 == 0
    doubled = np.concatenate([inputs, inputs[twice]]), np.concatenate([classes, classes[twice]])
    # the shrinkage is estimated from a sample of another size, so there has to be none
    weights = (1.0 + twice).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ledoit_wolf", lambda x, **_: (x.T @ x / len(x), 0.0))
        first = linear_discriminants(inputs, classes, weights[None], 3, weights)
        second = linear_discriminants(*doubled, np.ones((1, 72), np.float32), 3)
    difference = outputs(first, inputs, 3) - outputs(second, inputs, 3)
    # but for how the weights add up, which shifts all priors alike
    np.testing.assert_allclose(difference, 0, atol=2e-3)


def test_pixels_that_all_count_alike_change_nothing():
    inputs, classes = labelled()
    weights = np.random.default_rng(1).random((2, len(classes)), np.float32)
    alike = linear_discriminants(inputs, classes, weights, 3, np.ones(len(classes), np.float32))
    for name, tensor in linear_discriminants(inputs, classes, weights, 3).items():
        assert torch.equal(tensor, alike[name])
