"""Which words are shown with which map, over which sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hsi_film_plugin.engine.model import ModelBands
from hsi_film_plugin.engine.synthesis.attention_pictures import (
    SIDE,
    attention_galleries,
    overlaid,
    patch_pictures,
    sample_pictures,
    word_maps,
)
from hsi_film_plugin.engine.synthesis.sample_set import SampleWord

from .judging_scene import SIZE, sample_set


def test_tokens_of_a_word_are_joined_and_special_ones_and_commas_left_out():
    samples = sample_set(np.zeros(1, int))
    maps = word_maps(samples.prompts[0], samples.tokens[0], samples.attention[0])
    assert [found.word for found in maps] == ["meadow", "roof"]
    assert maps[0].weight[:, :2].min() == 1
    assert maps[0].weight[:, 2:].max() == 0
    assert np.argwhere(maps[1].weight == 1).tolist() == [[0, 7]]


def test_a_word_that_was_never_attended_to_has_an_empty_map():
    samples = sample_set(np.zeros(1, int))
    maps = word_maps(samples.prompts[0], samples.tokens[0], 0 * samples.attention[0])
    assert all(found.weight.max() == 0 for found in maps)


def test_prompts_cut_off_by_the_encoder_show_the_words_it_read():
    samples = sample_set(np.zeros(1, int))
    maps = word_maps(samples.prompts[0], samples.tokens[0], samples.attention[0, :3])
    assert [found.word for found in maps] == ["meadow"]


def test_each_gallery_is_a_prompt_with_its_sample_first():
    samples = sample_set(np.array([0, 0, 1]))
    samples = replace(
        samples,
        prompts=(samples.prompts[0], "roof"),
        tokens=(samples.tokens[0], samples.tokens[0][:2]),
        prompt_of=np.array([0, 0, 1]),
        recognised=np.array([False, True, True]),
    )
    galleries = attention_galleries(samples)
    assert [gallery.caption for gallery in galleries] == [f"“{text}”" for text in samples.prompts]
    assert [p.caption for p in galleries[0].pictures] == ["The sample", "meadow", "roof"]
    shown = sample_pictures(samples, np.array([1, 2]))[0]
    np.testing.assert_array_equal(
        galleries[0].pictures[0].pixels, shown.repeat(4, axis=0).repeat(4, axis=1)
    )


def test_samples_without_attention_have_no_galleries():
    assert attention_galleries(replace(sample_set(np.zeros(1, int)), attention=None)) == ()


def test_the_overlay_is_warm_where_a_word_was_attended_to_and_grey_elsewhere():
    picture = np.full((SIZE, SIZE, 4), (40, 90, 140, 255), np.uint8)
    weight = np.zeros((SIZE // 2, SIZE // 2), np.float32)
    weight[0, 0] = 1
    found = overlaid(picture, weight)
    assert found.shape == (SIDE, SIDE, 3)
    assert found[0, 0, 0] > found[0, 0, 2] + 100
    assert found[-1, -1].tolist() == [90, 90, 90]


def test_pictures_take_their_bands_by_wavelength_and_one_stretch():
    cubes = np.zeros((2, 4, SIZE, SIZE), np.float32)
    cubes[:, 2] = np.linspace(0, 100, 2 * SIZE * SIZE).reshape(2, SIZE, SIZE)
    bands = ModelBands(4, (0, 1, 2, 3), (460.0, 550.0, 640.0, 900.0))
    found = patch_pictures(cubes, bands)
    assert found.shape == (2, SIZE, SIZE, 4)
    assert found[1, ..., 0].min() > found[0, ..., 0].max() - 2
    assert found[..., 1:3].max() == 0


def test_maps_begin_at_their_least_and_flat_ones_stay_pale():
    tokens = [SampleWord("lake", 0, 4), SampleWord("dark", 5, 9)]
    clear, flat = np.full((2, 2), 0.8), np.full((2, 2), 0.99)
    clear[0, 1] = flat[0, 1] = 1.0
    found = word_maps("lake dark", tokens, np.stack([clear, flat]))
    np.testing.assert_allclose(found[0].weight, [[0, 1], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(found[1].weight, [[0, 0.1], [0, 0]], atol=1e-5)
