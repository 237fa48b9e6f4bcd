"""Heads on trial: how pixels are weighted."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.folds import Folds
from hsi_film_plugin.engine.training_pixels import TrainingPixels
from hsi_film_plugin.engine.trial import Trial


def test_weights_bring_classes_half_way_to_balance():
    classes = np.repeat([0, 1], [90, 10])
    pixels = TrainingPixels(classes, classes, classes, classes, np.zeros((100, 1), np.float32))
    nowhere = Folds(np.full(100, -1), 0, classes, 0.0, np.full(100, np.nan), ())
    weights = Trial(pixels, nowhere, 2, 0).weights(np.arange(100) % 2 == 0)
    assert (weights[1::2] == 0).all()
    assert weights[:90].sum() / weights[90:].sum() == pytest.approx(3, rel=1e-3)
    assert weights.mean() == pytest.approx(1)
