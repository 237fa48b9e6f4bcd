"""The classifier of the live map: closed-form heads, and an honest choice among them."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.discriminant import linear_discriminants
from hsi_film_plugin.engine.live_model import (
    WARMTH,
    HeadInputs,
    LabelledPixels,
    _Sums,
    fit_live_model,
    head_inputs,
    predict,
)
from hsi_film_plugin.engine.progress import Progress

GROUPS = {"spectrum": slice(0, 12), "shape": slice(12, 16), "context": slice(16, 24)}


def labelled(
    informative: slice, polygons: int = 5, classes: int = 3, noise: float = 1.0, seed: int = 0
) -> LabelledPixels:
    """Return polygons of 9 pixels, far apart, whose class shows in some features only."""
    rng = np.random.default_rng(seed)
    means = np.zeros((classes, 24))
    means[:, informative] = 3 * rng.normal(size=(classes, informative.stop - informative.start))
    owner = np.repeat(np.arange(classes * polygons), 9)
    label = owner % classes
    within = np.tile(np.arange(9), classes * polygons)
    features = means[label] + noise * rng.normal(size=(len(owner), 24))
    return LabelledPixels(
        40 * (owner // 5) + within // 3,
        40 * (owner % 5) + within % 3,
        label,
        owner,
        features.astype(np.float32),
        classes,
    )


def share(model, kind: str) -> float:
    return float(sum(s for s, n in zip(model.shares, model.names) if kind in n))


def test_head_equals_the_discriminant_of_training():
    pixels = labelled(slice(0, 12))
    columns = np.arange(12)
    weights = 1 / np.sqrt(np.bincount(pixels.classes))[pixels.classes]
    expected = linear_discriminants(
        pixels.features[:, columns], pixels.classes, weights[None].astype(np.float32), 3
    )
    weight, bias = _Sums(pixels, np.zeros(len(pixels.classes), int)).head(
        HeadInputs("linear", "all", columns), None
    )
    weight, bias = WARMTH * weight, WARMTH * bias
    np.testing.assert_allclose(weight[:, :12], expected["classes.weight"][0].T, atol=1e-3)
    np.testing.assert_allclose(
        bias - bias.mean(),
        expected["classes.bias"][0, 0] - expected["classes.bias"].mean(),
        atol=1e-3,
    )
    assert not weight[:, 12:].any()


def test_head_without_a_fold_knows_nothing_of_it():
    pixels = labelled(slice(0, 12))
    fold = np.where(pixels.classes == 2, 1, 0)
    everything = HeadInputs("linear", "all", np.arange(12))
    _, bias = _Sums(pixels, fold).head(everything, 1)
    assert bias[2] < bias[:2].min() - 20


def test_surroundings_serve_where_they_tell_more_than_spectra():
    spectral = fit_live_model(labelled(slice(0, 8)), GROUPS, Progress())
    spatial = fit_live_model(labelled(slice(16, 24)), GROUPS, Progress())
    assert share(spectral, "surroundings") == 0
    assert share(spatial, "surroundings") > 0.5
    assert spectral.shares.sum() == pytest.approx(1)


def test_what_was_held_out_tells_a_good_model_from_a_useless_one():
    good, useless = labelled(slice(0, 12)), labelled(slice(0, 12), noise=30.0)
    shares = []
    for pixels in (good, useless):
        said = fit_live_model(pixels, GROUPS, Progress()).held_out
        assert np.isfinite(said).all()
        shares.append((said.argmax(axis=1) == pixels.classes).mean())
    assert shares[0] > 0.95
    assert shares[1] < 0.6


def test_one_more_label_of_the_same_kind_does_not_turn_the_blend():
    pixels = labelled(slice(9, 24), polygons=8, noise=3.0)
    shares = []
    for count in range(15, 25):
        keep = pixels.polygons < count
        some = LabelledPixels(
            pixels.rows[keep],
            pixels.cols[keep],
            pixels.classes[keep],
            pixels.polygons[keep],
            pixels.features[keep],
            pixels.n_classes,
        )
        shares.append(share(fit_live_model(some, GROUPS, Progress()), "surroundings"))
    assert np.abs(np.diff(shares)).max() <= 0.3


def test_one_polygon_a_class_leaves_spectra_alone_and_nothing_held_out():
    model = fit_live_model(labelled(slice(0, 12), polygons=1), GROUPS, Progress())
    assert not model.folds.count
    assert np.isnan(model.held_out).all()
    assert share(model, "surroundings") == 0
    assert "components" in model.describe()


def test_probabilities_add_up_and_follow_the_labels():
    pixels = labelled(slice(0, 12))
    model = fit_live_model(pixels, GROUPS, Progress())
    said = predict(model, pixels.features.T)
    np.testing.assert_allclose(said.probabilities.sum(axis=0), 1, atol=1e-5)
    assert (said.probabilities.argmax(axis=0) == pixels.classes).mean() > 0.95
    assert said.disagreement.min() >= 0
    assert said.disagreement.max() <= 1


def test_heads_disagree_where_spectra_and_surroundings_contradict():
    pixels = labelled(slice(0, 24))
    model = fit_live_model(pixels, GROUPS, Progress())
    first, second = (pixels.features[pixels.classes == c].mean(axis=0) for c in (0, 1))
    mixed = np.concatenate([first[:16], 5 * second[16:]])
    said = predict(model, np.stack([first, mixed], axis=1).astype(np.float16))
    assert said.disagreement[1] > said.disagreement[0] + 0.05


def test_pixels_without_data_say_nothing_and_spoil_no_others():
    pixels = labelled(slice(0, 12))
    model = fit_live_model(pixels, GROUPS, Progress())
    features = pixels.features.T.copy()
    before = predict(model, features).probabilities
    features[:, 3] = np.nan
    after = predict(model, features).probabilities
    assert np.isnan(after[:, 3]).all()
    np.testing.assert_array_equal(np.delete(after, 3, axis=1), np.delete(before, 3, axis=1))


def test_same_labels_give_the_same_bytes():
    one, two = (fit_live_model(labelled(slice(0, 12)), GROUPS, Progress()) for _ in range(2))
    assert one.weight.tobytes() == two.weight.tobytes()
    assert one.held_out.tobytes() == two.held_out.tobytes()
    assert one.describe() == two.describe()


def test_spectra_of_few_bands_make_one_spectral_head():
    names = [one.name for one in head_inputs({"spectrum": slice(0, 4), "context": slice(4, 9)})]
    assert names == ["4 components", "spectrum and surroundings"]


def test_one_large_polygon_that_is_lost_does_not_decide_over_the_surroundings():
    pixels = labelled(slice(16, 24), polygons=8)
    lost = np.flatnonzero(pixels.polygons == 0)
    many = np.concatenate([np.arange(len(pixels.classes)), np.tile(lost, 30)])
    features = pixels.features.copy()
    features[lost, 16:24] = pixels.features[pixels.classes == 1, 16:24].mean(axis=0)
    features[lost, :16] = 0
    larger = LabelledPixels(
        pixels.rows[many],
        pixels.cols[many],
        pixels.classes[many],
        pixels.polygons[many],
        features[many],
        pixels.n_classes,
    )
    assert share(fit_live_model(larger, GROUPS, Progress()), "surroundings") > 0.5
