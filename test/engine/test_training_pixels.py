"""Labelled pixels: rare classes and small polygons are kept when there are too many."""

from __future__ import annotations

import numpy as np

from hsi_film_plugin.engine import training_pixels


def test_rare_classes_keep_all_their_pixels_when_thinned(monkeypatch):
    classes = np.repeat([0, 1], [1000, 20])
    polygons = np.concatenate([np.repeat(np.arange(10), 100), np.repeat([10], 20)])
    kept = training_pixels._thinned(classes, polygons, 0)
    assert len(kept) == 1020
    monkeypatch.setattr(training_pixels, "MOST_PIXELS", 100)
    kept = training_pixels._thinned(classes, polygons, 0)
    assert (classes[kept] == 1).sum() == 20
    assert set(np.bincount(polygons[kept])[:10]) == {8}
