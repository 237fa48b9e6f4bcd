"""Facts of patches: shares, where neighbours lie, and the words that the values deserve."""

from __future__ import annotations

import numpy as np
import pytest

from hsi_film_plugin.engine.synthesis.patch_facts import (
    AROUND,
    COMPASS,
    WordScale,
    direction_of,
    fit_word_scale,
    layout_holds,
    patch_facts,
    spectral_indices,
    wetness_kind,
)

SCALE = WordScale((0.2, 0.4), (0.01, 0.05), "moisture")
#: Rows and columns of each direction's ninth of a patch.
PLACES = {
    "north": np.s_[:5, 5:11],
    "north-east": np.s_[:5, 11:],
    "east": np.s_[5:11, 11:],
    "south-east": np.s_[11:, 11:],
    "south": np.s_[11:, 5:11],
    "south-west": np.s_[11:, :5],
    "west": np.s_[5:11, :5],
    "north-west": np.s_[:5, :5],
}


def patch(**regions: tuple[slice, slice]) -> np.ndarray:
    """Return a draft map of class 0 with other classes ("c1" ...) in regions."""
    draft = np.zeros((16, 16), np.int16)
    for name, region in regions.items():
        draft[region] = int(name[1:])
    return draft


def flat(*values: float) -> np.ndarray:
    return np.broadcast_to(np.array(values, np.float32)[:, None, None], (3, 16, 16)).copy()


@pytest.mark.parametrize("direction", COMPASS)
def test_neighbours_lie_in_the_eight_directions_north_up(direction):
    draft = patch(c1=PLACES[direction])
    assert direction_of(draft, 1) == direction
    facts = patch_facts(0, draft, flat(0.3, 0.3, 0.1), SCALE)
    assert [(n.index, n.direction) for n in facts.neighbours] == [(1, direction)]
    assert facts.neighbours[0].share == pytest.approx((draft == 1).mean())
    assert facts.share == pytest.approx((draft == 0).mean())


def test_a_class_on_all_sides_lies_around():
    draft = np.ones((16, 16), np.int16)
    draft[5:12, 5:12] = 0
    assert direction_of(draft, 1) == AROUND
    assert direction_of(draft, 0) == AROUND
    assert direction_of(draft, 7) == ""


def test_at_most_two_neighbours_are_named_the_largest_first_and_tiny_ones_not():
    draft = patch(c1=np.s_[:4], c2=np.s_[12:], c3=np.s_[4:12, :3], c4=np.s_[6:8, 13:15])
    facts = patch_facts(0, draft, flat(0.3, 0.3, 0.1), SCALE)
    assert [(n.index, n.direction) for n in facts.neighbours] == [(1, "north"), (2, "south")]
    draft = patch(c4=np.s_[6:8, 13:15])
    assert patch_facts(0, draft, flat(0.3, 0.3, 0.1), SCALE).neighbours == ()


def test_pixels_without_data_count_nowhere():
    draft = np.full((16, 16), -1, np.int16)
    draft[:, 8:] = 0
    draft[:4, 8:] = 1
    facts = patch_facts(0, draft, flat(0.3, 0.3, 0.1), SCALE)
    assert facts.share == pytest.approx(0.75)
    assert facts.neighbours[0].share == pytest.approx(0.25)


def test_words_follow_the_scale_and_the_fixed_thresholds():
    def words(*values: float) -> tuple[str, str, str]:
        facts = patch_facts(0, patch(), flat(*values), SCALE)
        return facts.brightness, facts.greenness, facts.wetness

    assert words(0.1, 0.1, -0.2) == ("dark", "bare", "dry")
    assert words(0.3, 0.3, 0.1) == ("medium bright", "sparsely green", "moist")
    assert words(0.5, 0.5, 0.3) == ("bright", "green", "wet")
    assert words(0.5, 0.8, 0.3)[1] == "lush green"


def test_open_water_is_neither_bare_nor_moist():
    facts = patch_facts(0, patch(), flat(0.05, -0.4, 0.1), SCALE)
    assert (facts.brightness, facts.greenness, facts.wetness) == ("dark", "", "")
    water = WordScale((0.2, 0.4), (0.01, 0.05), "water")
    assert patch_facts(0, patch(), flat(0.05, -0.4, 0.5), water).wetness == "wet"
    assert patch_facts(0, patch(), flat(0.05, 0.4, -0.5), water).wetness == ""


def test_what_is_not_known_has_no_word():
    facts = patch_facts(0, patch(), flat(0.3, np.nan, np.nan), SCALE)
    assert (facts.greenness, facts.wetness) == ("", "")


def test_brightness_is_the_class_own_and_not_its_neighbours():
    draft, values = patch(c1=np.s_[:, 9:]), flat(0.1, 0.3, 0.1)
    values[0][:, 9:] = 0.9
    facts = patch_facts(0, draft, values, SCALE)
    assert (facts.brightness, facts.texture) == ("dark", "smooth")


def test_texture_is_told_from_enough_pixels_only():
    rng = np.random.default_rng(0)
    values = flat(0.3, 0.3, 0.1)
    values[0] += rng.normal(0, 0.1, (16, 16))
    assert patch_facts(0, patch(), values, SCALE).texture == "rough"
    lonely = np.ones((16, 16), np.int16)
    lonely[8, 8] = 0
    assert patch_facts(0, lonely, values, SCALE).texture == ""


def test_the_scale_cuts_a_scene_into_thirds():
    rng = np.random.default_rng(0)
    indices = np.zeros((300, 3, 17, 17), np.float32)
    indices[:, 0] = rng.random((300, 1, 1))
    scale = fit_word_scale(np.zeros((300, 17, 17), np.int16), indices, "moisture")
    words = [
        patch_facts(0, np.zeros((16, 16), np.int16), item[:, :16, :16], scale).brightness
        for item in indices
    ]
    assert [words.count(word) for word in ("dark", "medium bright", "bright")] == [100, 100, 100]


def test_a_layout_holds_in_the_stated_direction_and_its_next_ones():
    draft = patch(c1=PLACES["north-east"])
    assert layout_holds(draft, 1, "north-east")
    assert layout_holds(draft, 1, "east")
    assert not layout_holds(draft, 1, "south-east")
    assert not layout_holds(draft, 1, AROUND)
    assert not layout_holds(draft, 2, "north")


def test_indices_are_made_of_the_bands_at_their_wavelengths():
    wavelengths = np.array([480.0, 560, 665, 842, 1650])
    spectra = np.array([[[0.1, 0.1, 0.1, 0.3, 0.2]]], np.float32)
    found = spectral_indices(spectra, wavelengths)
    assert found.shape == (1, 1, 3)
    np.testing.assert_allclose(found[0, 0], [0.16, 0.5, 0.2], rtol=1e-5)
    assert wetness_kind(wavelengths) == "moisture"


def test_without_shortwave_infrared_the_wetness_is_the_water_index():
    wavelengths = np.array([560.0, 665, 842])
    found = spectral_indices(np.array([0.3, 0.2, 0.1], np.float32), wavelengths)
    np.testing.assert_allclose(found, [0.2, -1 / 3, 0.5], rtol=1e-5)
    assert wetness_kind(wavelengths) == "water"


def test_without_wavelengths_brightness_alone_is_known():
    found = spectral_indices(np.array([0.3, 0.1], np.float32), None)
    np.testing.assert_allclose(found, [0.2, np.nan, np.nan], rtol=1e-5)
    assert wetness_kind(None) == ""
    assert wetness_kind(np.array([1000.0, 1100.0])) == ""


def test_negative_reflectance_makes_no_index_beyond_one():
    found = spectral_indices(
        np.array([[-0.1, 0.2], [-0.1, 0.05], [0, 0]], np.float32), np.array([665.0, 842.0])
    )
    np.testing.assert_allclose(found[:, 1], [1, 0, 0])
