"""What a user may decide about training is checked before any work."""

from __future__ import annotations

from typing import Any

import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.training_settings import TrainingSettings, check_settings


def test_defaults_and_limits_are_accepted():
    check_settings(TrainingSettings())
    check_settings(TrainingSettings(seed=2**31 - 1, ensemble=50, pseudo_image="pca"))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"pseudo_image": "false colour"}, r"PSEUDO_IMAGE is 'false colour'.*auto, rgb or pca"),
        ({"ensemble": 0}, r"ENSEMBLE is 0"),
        ({"ensemble": 51}, r"ENSEMBLE is 51"),
        ({"seed": -1}, r"SEED is -1"),
        ({"seed": 2**31}, r"SEED is 2147483648"),
    ],
)
def test_settings_out_of_range_are_named(settings: dict[str, Any], sentence: str):
    with pytest.raises(InputError, match=sentence):
        check_settings(TrainingSettings(**settings))
