"""Untrained, the autoencoder is the linear code of the first components."""

from __future__ import annotations

import pytest
import torch

from hsi_film_plugin.engine.synthesis.autoencoder import build_autoencoder
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings


def test_untrained_it_keeps_the_first_components_exactly() -> None:
    network = build_autoencoder(6, SynthesizerSettings(patch=8, latent_channels=4), 16, 1)
    x = torch.randn(2, 6, 8, 8)
    with torch.no_grad():
        y = network.decode(network.encode(x).latent_dist.mean).sample

    torch.testing.assert_close(y[:, :4], x[:, :4])
    assert not y[:, 4:].any()


def test_its_latents_are_uncertain_but_little_to_begin_with() -> None:
    network = build_autoencoder(6, SynthesizerSettings(patch=8, latent_channels=4), 16, 1)
    with torch.no_grad():
        deviation = network.encode(torch.randn(2, 6, 8, 8)).latent_dist.std

    assert 0.01 < deviation.min() <= deviation.max() < 0.2


@pytest.mark.parametrize(("reduction", "side"), [(1, 8), (2, 4)])
def test_the_latent_is_reduced_as_asked(reduction: int, side: int) -> None:
    settings = SynthesizerSettings(patch=8, reduction=reduction, latent_channels=3)
    network = build_autoencoder(6, settings, 16, 1)
    with torch.no_grad():
        latents = network.encode(torch.randn(1, 6, 8, 8)).latent_dist.mean
        decoded = network.decode(latents).sample

    assert latents.shape == (1, 3, side, side)
    assert decoded.shape == (1, 6, 8, 8)


def test_more_latent_channels_than_components_are_no_trouble() -> None:
    network = build_autoencoder(2, SynthesizerSettings(patch=8, latent_channels=5), 16, 1)
    x = torch.randn(1, 2, 8, 8)
    with torch.no_grad():
        y = network.decode(network.encode(x).latent_dist.mean).sample

    torch.testing.assert_close(y, x)
