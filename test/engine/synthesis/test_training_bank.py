"""The bank holds classes evenly, turned and mixed, each with a prompt that is true of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.errors import Cancelled
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis.patches import PatchData
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.training_bank import TrainingBank, make_bank, turned

CENTRE = 4


def banked(
    data: PatchData, writer: PromptWriter, settings: SynthesizerSettings, recipe: Recipe
) -> TrainingBank:
    return make_bank(data, writer, settings, recipe, torch.from_numpy, Progress())


def test_classes_come_evenly_though_one_has_three_pixels(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    bank = banked(patch_data, writer, tiny_settings, tiny_recipe)

    assert np.bincount(bank.classes[: bank.labelled]).tolist() == [24, 24]
    assert (bank.classes[bank.labelled :] == -1).all()
    assert len(bank.latents) == 48 + 16


def test_the_centre_is_of_the_class_whatever_is_mixed_in(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    bank = banked(patch_data, writer, tiny_settings, replace(tiny_recipe, clipped_share=1.0))
    centres = bank.latents[: bank.labelled, :, CENTRE, CENTRE].numpy()
    real = patch_data.labelled.values[:, :, CENTRE, CENTRE]

    assert not bank.whole.any()
    for known, centre in zip(bank.classes, centres):
        of_class = real[patch_data.labelled.classes == known]
        assert (np.abs(of_class - centre).max(axis=1) < 1e-6).any()


def test_prompts_name_their_class_first(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    bank = banked(patch_data, writer, tiny_settings, tiny_recipe)
    named = [bank.prompts[index] for index in bank.prompt_of]

    for known, prompt in zip(bank.classes, named):
        first = min(("meadow", "lake"), key=lambda word: (prompt + word).index(word))
        assert first == ("meadow", "lake")[known]
    assert {"meadow", "lake"} <= set(named)  # a name alone is a prompt, too
    assert any("lake to the" in prompt for prompt in named)


def test_coarse_prompts_are_class_names(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    bank = banked(patch_data, writer, replace(tiny_settings, prompts="coarse"), tiny_recipe)

    assert set(bank.prompts) == {"meadow", "lake"}


def test_coarse_prompts_take_turns_among_the_descriptions(
    patch_data: PatchData, tiny_settings: SynthesizerSettings, tiny_recipe: Recipe
) -> None:
    writer = PromptWriter(patch_data.classes, {0: ("a green meadow", "pasture"), 1: ("lake",)})
    for settings in (tiny_settings, replace(tiny_settings, prompts="coarse")):
        recipe = replace(tiny_recipe, coarse_share=0.5)
        bank = banked(patch_data, writer, settings, recipe)
        assert {"a green meadow", "pasture", "lake"} <= set(bank.prompts)


def test_without_clipping_and_unlabelled_patches_there_are_whole_labelled_ones_only(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    settings = replace(tiny_settings, clipping=False, unlabelled=False)
    bank = banked(patch_data, writer, settings, tiny_recipe)

    assert bank.whole.all()
    assert len(bank.latents) == bank.labelled == 48
    assert sum(map(len, bank.prompts_of_classes(2))) == 48


def test_the_same_seed_gives_the_same_bank(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    first, second = (banked(patch_data, writer, tiny_settings, tiny_recipe) for _ in range(2))
    other = banked(patch_data, writer, replace(tiny_settings, seed=1), tiny_recipe)

    assert first.latents.equal(second.latents)
    assert first.prompts == second.prompts
    assert not first.latents.equal(other.latents)


def test_composing_can_be_cancelled(
    patch_data: PatchData,
    writer: PromptWriter,
    tiny_settings: SynthesizerSettings,
    tiny_recipe: Recipe,
) -> None:
    progress = Progress()
    progress.cancelled.set()

    with pytest.raises(Cancelled):
        make_bank(patch_data, writer, tiny_settings, tiny_recipe, torch.from_numpy, progress)


def test_eight_symmetries_are_all_different_and_keep_the_centre() -> None:
    patch = np.arange(25).reshape(5, 5)
    views = {turned(patch, symmetry).tobytes() for symmetry in range(8)}

    assert len(views) == 8
    assert all(turned(patch, symmetry)[2, 2] == patch[2, 2] for symmetry in range(8))
