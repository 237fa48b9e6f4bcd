"""The autoencoder gets better than the linear code that it starts as, and is judged in bands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis.autoencoder import build_autoencoder
from hsi_film_plugin.engine.synthesis.autoencoder_training import (
    BandAngles,
    decode_latents,
    encode_patches,
    reconstruction,
    train_autoencoder,
)
from hsi_film_plugin.engine.synthesis.checkpoint import Checkpoints
from hsi_film_plugin.engine.synthesis.patches import PatchData
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.spectral_code import SpectralCode

CPU = torch.device("cpu")


def test_angles_are_those_between_spectra() -> None:
    code = SpectralCode(
        np.zeros(2, np.float32), np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)
    )
    x = torch.tensor([1.0, 0.0]).reshape(1, 2, 1, 1)
    for degrees in (0.0, 1.0, 45.0, 90.0):
        turned = torch.deg2rad(torch.tensor(degrees))
        y = 7 * torch.stack([turned.cos(), turned.sin()]).reshape(1, 2, 1, 1)
        found = torch.rad2deg(BandAngles(code, CPU)(x, y))
        assert found.item() == pytest.approx(degrees, abs=0.01)


def test_spectra_that_are_all_zero_have_finite_angles_and_slopes() -> None:
    code = SpectralCode(
        np.zeros(2, np.float32), np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)
    )
    y = torch.ones(1, 2, 1, 1, requires_grad=True)
    BandAngles(code, CPU)(torch.zeros(1, 2, 1, 1), y).sum().backward()

    assert y.grad is not None
    assert y.grad.isfinite().all()


def test_training_betters_what_the_linear_code_loses(
    patch_data: PatchData, cpu: Device, tiny_recipe: Recipe
) -> None:
    settings = SynthesizerSettings(patch=8, latent_channels=1, components=4)
    recipe = replace(tiny_recipe, autoencoder_steps=150)
    untrained = build_autoencoder(patch_data.code.components, settings, 16, 1)
    trained, losses = train_autoencoder(
        patch_data, settings, recipe, cpu, Checkpoints(None, ""), Progress()
    )
    before, after = (
        reconstruction(network, patch_data, 8, CPU, Progress()).degrees
        for network in (untrained, trained)
    )

    assert after < 0.8 * before
    assert losses[-1][0] == 150


def test_pixels_without_data_do_not_count(patch_data: PatchData) -> None:
    settings = SynthesizerSettings(patch=8, latent_channels=3, components=4)
    network = build_autoencoder(patch_data.code.components, settings, 16, 1)
    held_out = patch_data.held_out
    plain = reconstruction(network, patch_data, 8, CPU, Progress())
    spoilt = held_out.values.copy()
    spoilt[:, :, 0, 0] = 100.0
    without = held_out.draft.copy()
    without[:, 0, 0] = -1
    changed = replace(held_out, values=spoilt, draft=without)
    found = reconstruction(network, replace(patch_data, held_out=changed), 8, CPU, Progress())

    assert found.degrees == pytest.approx(plain.degrees, rel=0.05)
    assert found.rmse == pytest.approx(plain.rmse, rel=0.05)


def test_without_held_out_patches_nothing_is_claimed(patch_data: PatchData) -> None:
    settings = SynthesizerSettings(patch=8, latent_channels=3, components=4)
    network = build_autoencoder(patch_data.code.components, settings, 16, 1)
    none = patch_data.held_out.taken(np.zeros(len(patch_data.held_out), bool))
    found = reconstruction(network, replace(patch_data, held_out=none), 8, CPU, Progress())

    assert np.isnan([found.degrees, found.rmse, found.code_degrees]).all()


def test_what_the_spectral_components_lose_is_part_of_the_angle(patch_data: PatchData) -> None:
    settings = SynthesizerSettings(patch=8, latent_channels=4, components=4)
    network = build_autoencoder(patch_data.code.components, settings, 16, 1)  # loses nothing itself
    kept = reconstruction(network, patch_data, 8, CPU, Progress())
    coded = np.moveaxis(patch_data.held_out.values, 1, -1)
    same = np.moveaxis(patch_data.code.decode(coded), -1, 1)
    of_code = reconstruction(network, replace(patch_data, held_out_bands=same), 8, CPU, Progress())

    assert kept.degrees == pytest.approx(kept.code_degrees, rel=0.01)
    assert kept.code_degrees > 0.1
    assert of_code.degrees < 0.1 * kept.degrees


def test_judging_can_be_cancelled(patch_data: PatchData) -> None:
    settings = SynthesizerSettings(patch=8, latent_channels=3, components=4)
    network = build_autoencoder(patch_data.code.components, settings, 16, 1)
    progress = Progress()
    progress.cancelled.set()

    with pytest.raises(Cancelled):
        reconstruction(network, patch_data, 8, CPU, progress)


def test_latents_do_not_depend_on_how_many_patches_are_coded(patch_data: PatchData) -> None:
    settings = SynthesizerSettings(patch=8, latent_channels=3, components=4)
    network = build_autoencoder(patch_data.code.components, settings, 16, 1)
    values = np.tile(patch_data.labelled.values[:, :, :8, :8], (6, 1, 1, 1))
    latents = encode_patches(network, values, CPU)

    assert latents.shape == (len(values), 3, 8, 8)
    torch.testing.assert_close(encode_patches(network, values[:3], CPU), latents[:3])
    assert decode_latents(network, latents, CPU).shape == values.shape
