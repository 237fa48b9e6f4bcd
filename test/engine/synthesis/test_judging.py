"""Samples judged by real labelled patches: good ones, bad ones, and too few of either."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis.judging import judge, judging_table
from hsi_film_plugin.engine.synthesis.verdicts import AVOID, CARE, NOT_JUDGED, USE

from .judging_scene import SIZE, code, patch_data, patches, sample_set

THREE = np.repeat(np.arange(3), 30)


def judged(samples, data=None, **options):
    return judge(samples, data or patch_data(), 0, Progress(), **options)


def test_samples_like_the_real_patches_are_for_use():
    found = judged(sample_set(THREE))
    assert [one.verdict for one in found.each] == [USE, USE, USE]
    for one in found.each:
        assert one.angles.inside > 0.8
        assert one.in_ellipse > 0.8
        assert one.recognised > 0.9
        assert one.memorising.copies <= 2
        assert one.same_kind
        assert 0.8 < one.diversity < 1.25
        assert one.spectra.mean_correlation > 0.99


def test_copies_collapsed_and_foreign_samples_are_found_out_each_in_its_class():
    data = patch_data()
    copies = data.labelled.values[:30, :, ::-1, :][:, :, :SIZE, :SIZE]
    same = np.repeat(patches(np.array([1]), 77, SIZE), 30, axis=0)
    foreign = patches(np.zeros(30, int), 78, SIZE)
    found = judged(sample_set(THREE, np.concatenate([copies, same, foreign])), data)
    assert [one.verdict for one in found.each] == [AVOID, AVOID, AVOID]
    assert "Memorised" in found.each[0].reasons[0]
    assert "nearly all the same" in " ".join(found.each[1].reasons)
    assert found.each[2].recognised == 0
    assert found.each[2].angles.inside < 0.5


def test_a_class_of_three_pixels_gets_care_at_best():
    found = judged(sample_set(THREE), patch_data((30, 30, 3)))
    assert found.each[2].verdict == CARE
    assert any("Only 3 real pixels" in reason for reason in found.each[2].reasons)
    assert found.each[2].ellipse is None
    assert np.isnan(found.each[2].in_ellipse)


def test_one_real_pixel_and_one_sample_are_judged_as_far_as_they_go():
    found = judged(sample_set(np.array([0] * 10 + [2])), patch_data((20, 20, 1)))
    rare = found.each[2]
    assert rare.verdict == CARE
    assert (rare.real, rare.samples) == (1, 1)
    assert rare.coverage is None
    assert np.isnan([rare.mmd.mmd2, rare.angles.inside, rare.diversity]).all()


def test_a_class_without_samples_is_not_judged_and_one_without_pixels_not_to_be_used():
    found = judged(sample_set(np.repeat([0, 2], 12)), patch_data((30, 30, 0)))
    assert [one.verdict for one in found.each][1:] == [NOT_JUDGED, AVOID]


def test_samples_of_a_class_that_the_labels_lack_stand_beside_theirs():
    samples = sample_set(THREE)
    strange = (*samples.classes[:2], LabelClass(9, "bog", "#777777"))
    found = judged(replace(samples, classes=strange))
    assert [known.name for known in found.classes] == ["meadow", "<b>water", "roof", "bog"]
    assert [one.verdict for one in found.each][2:] == [NOT_JUDGED, AVOID]


def test_components_of_another_code_are_compared_as_the_same_spectra():
    data, samples = patch_data(), sample_set(THREE)
    mixed = np.array([[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1]], np.float32)
    other = replace(
        code(),
        mean=code().mean + 1,
        matrix=code().matrix @ mixed,
        inverse=np.linalg.inv(mixed).astype(np.float32) @ code().inverse,
    )
    shift = ((code().mean - other.mean) @ other.matrix)[:, None, None]
    values = np.einsum("nkij,kc->ncij", samples.components, mixed) + shift
    # a shift outside the components cannot be coded, so only what lies inside is compared
    found = judged(replace(samples, code=other, components=values.astype(np.float32)), data)
    plain = judged(samples, data)
    for one, two in zip(found.each, plain.each):
        assert one.angles.inside == pytest.approx(two.angles.inside, abs=0.2)
        assert one.memorising.copies <= 3


def test_layout_is_right_where_the_draft_has_the_neighbour_where_the_prompt_says():
    values = patches(np.zeros(12, int), 5, SIZE, spread=0.1)
    roof = patches(np.full(12, 2), 6, SIZE, spread=0.1)
    values[:6, :, :3, 5:] = roof[:6, :, :3, 5:]
    values[6:9, :, 5:, :3] = roof[6:9, :, 5:, :3]
    found = judged(sample_set(np.zeros(12, int), values)).each[0]
    assert (found.placed, found.placeable) == (6, 12)


def test_overall_shares_leave_out_what_cannot_be_judged():
    found = judged(sample_set(np.array([0] * 20 + [2] * 20)), patch_data((30, 30, 1)))
    assert np.isnan(found.each[2].separable)
    assert found.recognised == found.each[0].recognised
    assert 0 <= found.placed <= 1
    assert np.isnan(replace(found, each=found.each[1:]).recognised)


def test_without_patches_held_out_nothing_is_said_of_copies():
    found = judged(sample_set(THREE), patch_data(held_out=0))
    assert all(one.memorising is None for one in found.each)
    assert {one.verdict for one in found.each} == {CARE}


def test_copies_are_not_looked_for_where_the_held_out_patches_are_others():
    found = judged(sample_set(THREE), copies=False)
    assert found.held_out == 0
    assert all(one.memorising is None for one in found.each)


def test_identical_real_pixels_and_constant_bands_are_no_obstacle():
    data = patch_data()
    still = data.labelled.values.copy()
    still[:30] = still[0]
    still[:, 3] = 0
    found = judged(sample_set(THREE), replace(data, labelled=replace(data.labelled, values=still)))
    assert np.isnan([found.each[0].diversity, found.each[0].spectra.spread_ratio]).all()
    json.dumps(judging_table(found), allow_nan=False)


def test_nan_is_refused():
    values = patches(THREE, 1, SIZE)
    values[4, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="NaN or infinite"):
        judged(sample_set(THREE, values))


def test_no_samples_and_other_bands_are_refused():
    with pytest.raises(InputError, match="no sample to judge"):
        judged(sample_set(np.empty(0, int)))
    samples = sample_set(THREE)
    with pytest.raises(InputError, match="The samples have 3 bands, the scene 20"):
        judged(replace(samples, bands=replace(samples.bands, used=(0, 1, 2))))
    moved = tuple(value + 30 for value in samples.bands.wavelengths)
    with pytest.raises(InputError, match="Band 1 of the samples lies at 480 nm"):
        judged(replace(samples, bands=replace(samples.bands, wavelengths=moved)))


def test_the_table_is_json_with_null_for_what_is_not_known():
    found = judged(sample_set(THREE), patch_data((30, 30, 1)))
    table = json.loads(json.dumps(judging_table(found), allow_nan=False))
    assert table["synthetic"] is True
    assert table["classes"][0]["name"] == "meadow"
    assert table["classes"][2]["in_ellipse"] is None
    assert sum(table["verdicts"].values()) == 3


def test_equal_input_gives_equal_figures():
    one, two = (judging_table(judged(sample_set(THREE))) for _ in range(2))
    assert one == two


def test_judging_can_be_cancelled():
    progress = Progress()
    progress.cancelled.set()
    with pytest.raises(Cancelled):
        judge(sample_set(THREE), patch_data(), 0, progress)
