"""Settings that nothing can be trained with are refused, and the sentence names what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings, check_settings


def test_the_defaults_can_be_trained_with() -> None:
    check_settings(SynthesizerSettings())


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"patch": 15}, "patch size is 15"),
        ({"patch": 4}, "patch size is 4"),
        ({"patch": 18, "reduction": 2}, "multiple of 4"),
        ({"reduction": 3}, "reduction is 3"),
        ({"latent_channels": 0}, "latent channels are 0"),
        ({"components": 0}, "components are 0"),
        ({"prompts": "long"}, "'long'"),
        ({"prompt_dropout": 1.0}, "dropout is 1"),
        ({"effort": float("nan")}, "effort is nan"),
        ({"effort": 0.0}, "effort is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**31}, "seed is 2147483648"),
    ],
)
def test_others_are_refused(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        check_settings(replace(SynthesizerSettings(), **changed))
