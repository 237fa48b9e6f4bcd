"""The draft map: rough classes by discriminants, whatever few labels there are."""

from __future__ import annotations

import numpy as np

from hsi_film_plugin.engine.synthesis.draft_map import fit_draft_map


def clouds(counts: list[int], spread: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Return points of classes on a line, ``counts`` of each."""
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(len(counts)), counts)
    points = rng.normal(0, spread, (len(classes), 3))
    points[:, 0] += 2.0 * classes
    return points.astype(np.float32), classes


def test_pixels_are_given_to_the_class_they_lie_in():
    points, classes = clouds([30, 30, 30])
    found, posterior = fit_draft_map(points, classes, 3).of(points)
    assert found.dtype == np.int16
    assert (found == classes).mean() > 0.98
    assert posterior.min() > 1 / 3


def test_images_keep_their_shape_and_the_posterior_is_even_half_way():
    points, classes = clouds([50, 50])
    image = np.zeros((4, 5, 3), np.float32)
    image[..., 0] = 1.0
    found, posterior = fit_draft_map(points, classes, 2).of(image)
    assert found.shape == posterior.shape == (4, 5)
    assert abs(posterior[0, 0] - 0.5) < 0.4


def test_a_class_with_few_labels_is_as_likely_as_one_with_many():
    points, classes = clouds([400, 5])
    middle = np.array([[1.0, 0, 0]], np.float32)
    _, posterior = fit_draft_map(points, classes, 2).of(middle)
    many = np.concatenate([points[:5], points[400:]])
    _, even = fit_draft_map(many, classes[[*range(5), *range(400, 405)]], 2).of(middle)
    assert abs(posterior[0] - even[0]) < 0.35


def test_one_pixel_a_class_gives_the_nearest_one():
    points = np.array([[0, 0], [1, 0], [0, 4]], np.float32)
    draft = fit_draft_map(points, np.arange(3), 4)
    found, _ = draft.of(np.array([[0.1, 0.2], [0.8, 0], [0, 3]], np.float32))
    np.testing.assert_array_equal(found, [0, 1, 2])


def test_one_class_alone_is_everywhere():
    points, classes = clouds([20])
    found, posterior = fit_draft_map(points, classes, 1).of(points + 5)
    assert (found == 0).all()
    np.testing.assert_allclose(posterior, 1)


def test_a_class_without_pixels_is_never_chosen():
    points, classes = clouds([20, 20])
    found, _ = fit_draft_map(points, classes, 3).of(10 * points)
    assert set(found.tolist()) == {0, 1}
