"""Patches of scenes: whole, filled, held out without overlap, and sentences where none can be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthesis import patches as module
from hsi_film_plugin.engine.synthesis.patches import PatchData, Patches, read_patches
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings

SIDE, HALF = 17, 8
WAVELENGTHS = (480.0, 560.0, 665.0, 842.0, 1650.0, 2200.0)


@pytest.fixture(autouse=True)
def few_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_UNLABELLED", 120)
    monkeypatch.setattr(module, "MOST_HELD_OUT", 20)


def tags(wavelengths: tuple[float, ...] = WAVELENGTHS) -> list[dict[str, str]]:
    return [{"wavelength": str(value), "wavelength_units": "nm"} for value in wavelengths]


def landscape(size: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a cube of three classes in stripes of 20 columns, and the classes."""
    rng = np.random.default_rng(seed)
    truth = np.broadcast_to(np.arange(size) // 20 % 3, (size, size))
    spectra = 0.2 + 0.6 * np.random.default_rng(9).random((3, len(WAVELENGTHS)))
    cube = spectra[truth].transpose(2, 0, 1) + rng.normal(0, 0.01, (len(WAVELENGTHS), size, size))
    return cube.astype(np.float32), truth


def labels_at(truth: np.ndarray, *windows: tuple[slice, slice]) -> Labels:
    """Return the labels of the pixels in windows, each window a polygon."""
    image = np.full(truth.shape, -1)
    for number, window in enumerate(windows):
        image[window] = number
    rows, cols = np.nonzero(image >= 0)
    found = truth[rows, cols]
    present = np.unique(found)
    known = tuple(LabelClass(int(k) + 1, f"class {k}", "#123456") for k in present)
    index = np.searchsorted(present, found)
    return Labels(known, rows, cols, index, image[rows, cols], (), "0" * 64)


def read(path: Path, labels: Labels, *further: Path, **settings: int) -> PatchData:
    scenes = [Scene.open(item) for item in (path, *further)]
    try:
        return read_patches(scenes, labels, SynthesizerSettings(**settings), Progress())
    finally:
        for scene in scenes:
            scene.close()


def spots(truth: np.ndarray) -> Labels:
    return labels_at(truth, np.s_[40:43, 8:11], np.s_[60:63, 28:31], np.s_[20:23, 48:51])


def overlap(first: Patches, second: Patches) -> bool:
    down = np.abs(first.rows[:, None] - second.rows)
    right = np.abs(first.cols[:, None] - second.cols)
    same = first.scenes[:, None] == second.scenes
    return bool((same & (down < SIDE) & (right < SIDE)).any())


def test_patches_hold_the_components_of_the_scene_around_their_centre(make_raster):
    cube, truth = landscape()
    labels = spots(truth)
    data = read(make_raster("a.tif", cube, band_tags=tags()), labels)
    assert len(data.labelled) == 27
    for patches in (data.labelled, data.unlabelled, data.held_out):
        for n in range(0, len(patches), 7):
            row, col = patches.rows[n] - HALF, patches.cols[n] - HALF
            inside = patches.draft[n] >= 0
            assert inside[HALF, HALF]
            if inside.all():
                window = cube[:, row : row + SIDE, col : col + SIDE]
                expected = data.code.encode(window.transpose(1, 2, 0)).transpose(2, 0, 1)
                np.testing.assert_allclose(patches.values[n], expected, atol=1e-4)
                np.testing.assert_allclose(patches.indices[n, 0], window.mean(axis=0), atol=1e-5)
    assert data.bands.used == tuple(range(6))
    assert data.bands.wavelengths == WAVELENGTHS
    assert data.labelled.values.dtype == np.float32
    assert data.labelled.draft.dtype == np.int16


def test_the_centre_of_a_labelled_patch_is_its_class_and_the_draft_map_knows_the_rest(make_raster):
    cube, truth = landscape()
    labels = spots(truth)
    data = read(make_raster("a.tif", cube, band_tags=tags()), labels)
    patches = data.labelled
    np.testing.assert_array_equal(patches.draft[:, HALF, HALF], patches.classes)
    np.testing.assert_array_equal(patches.classes, truth[patches.rows, patches.cols])
    np.testing.assert_array_equal(patches.polygons, labels.polygons)
    n = 13
    row, col = patches.rows[n] - HALF, patches.cols[n] - HALF
    np.testing.assert_array_equal(patches.draft[n], truth[row : row + SIDE, col : col + SIDE])


def test_true_labels_win_over_the_draft_map(make_raster):
    cube, truth = landscape()
    told = truth.copy()
    told[60:63, 28:31] = 0  # an odd spot that looks like class 1
    labels = labels_at(
        told, np.s_[40:43, 8:11], np.s_[60:63, 28:31], np.s_[20:23, 48:51], np.s_[90:100, 25:35]
    )
    data = read(make_raster("a.tif", cube, band_tags=tags()), labels)
    at = np.flatnonzero((data.labelled.rows == 61) & (data.labelled.cols == 29))[0]
    assert (data.labelled.draft[at, 7:10, 7:10] == 0).all()
    assert (data.labelled.draft[at, 12:, 7:10] == 1).all()


def test_what_is_held_out_overlaps_no_other_patch(make_raster):
    cube, truth = landscape(200)
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))
    assert len(data.held_out) == 20
    assert len(data.unlabelled) == 120
    assert not overlap(data.held_out, data.labelled)
    assert not overlap(data.held_out, data.unlabelled)
    assert (data.unlabelled.classes == -1).all()
    assert (data.held_out.polygons == -1).all()


def test_what_is_held_out_is_the_same_for_every_seed_and_code(make_raster):
    cube, truth = landscape()
    path, labels = make_raster("a.tif", cube, band_tags=tags()), spots(truth)
    first = read(path, labels, seed=0)
    second = read(path, labels, seed=5, components=3)
    assert len(first.held_out)
    assert np.array_equal(first.held_out.rows, second.held_out.rows)
    assert np.array_equal(first.held_out.cols, second.held_out.cols)


def test_what_is_held_out_of_the_first_scene_is_the_same_with_further_scenes(make_raster):
    cube, truth = landscape()
    other, _ = landscape(seed=5)
    first = make_raster("a.tif", cube, band_tags=tags())
    second = make_raster("b.tif", other, band_tags=tags())
    alone, both = read(first, spots(truth)), read(first, spots(truth), second)
    count = len(alone.held_out)
    np.testing.assert_array_equal(both.held_out.scenes[:count], 0)
    assert (both.held_out.scenes[count:] == 1).all()
    assert len(both.held_out) > count
    np.testing.assert_array_equal(both.held_out.rows[:count], alone.held_out.rows)
    np.testing.assert_array_equal(both.held_out.cols[:count], alone.held_out.cols)


def test_the_bands_of_what_is_held_out_are_kept_as_the_scene_has_them(make_raster):
    cube, truth = landscape()
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth), components=2)
    assert data.held_out_bands.shape == (len(data.held_out), 6, SIDE, SIDE)
    for n in range(0, len(data.held_out), 5):
        row, col = data.held_out.rows[n] - HALF, data.held_out.cols[n] - HALF
        window = cube[:, row : row + SIDE, col : col + SIDE]
        np.testing.assert_array_equal(data.held_out_bands[n], window)


def test_unlabelled_patches_are_spread_and_never_centred_on_labels(make_raster):
    cube, truth = landscape(200)
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))
    quarters = (data.unlabelled.rows > 100) * 2 + (data.unlabelled.cols > 100)
    assert np.bincount(quarters, minlength=4).min() > 10
    centres = set(zip(data.unlabelled.rows.tolist(), data.unlabelled.cols.tolist()))
    assert len(centres) == len(data.unlabelled)
    assert not centres & set(zip(data.labelled.rows.tolist(), data.labelled.cols.tolist()))


def test_a_small_scene_holds_nothing_out_and_says_so(make_raster):
    cube, truth = landscape(60)
    labels = labels_at(truth, np.s_[10:13, 8:11], np.s_[30:33, 28:31], np.s_[40:43, 45:48])
    data = read(make_raster("a.tif", cube, band_tags=tags()), labels)
    assert len(data.held_out) == 0
    assert data.held_out.values.shape == (0, data.code.matrix.shape[1], SIDE, SIDE)
    assert any(warning.startswith("No patch could be held out") for warning in data.warnings)


def test_the_seed_decides_everything(make_raster):
    cube, truth = landscape()
    path = make_raster("a.tif", cube, band_tags=tags())
    first, again, other = (read(path, spots(truth), seed=seed) for seed in (3, 3, 4))
    for name in ("labelled", "unlabelled", "held_out"):
        for array in ("values", "rows", "cols", "draft", "indices"):
            np.testing.assert_array_equal(
                getattr(getattr(first, name), array), getattr(getattr(again, name), array)
            )
    assert first.scale == again.scale
    assert not np.array_equal(first.unlabelled.rows, other.unlabelled.rows)


def test_pixels_without_data_are_filled_and_have_no_draft_class(make_raster):
    cube, truth = landscape()
    cube[:, 44:46, 5:15] = np.nan
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))
    at = np.flatnonzero((data.labelled.rows == 42) & (data.labelled.cols == 9))[0]
    empty = data.labelled.draft[at] < 0
    assert empty.sum() == 20
    assert np.isfinite(data.labelled.values).all()
    np.testing.assert_array_equal(
        data.labelled.values[at][:, 10, 6:12], data.labelled.values[at][:, 9, 6:12]
    )
    assert (data.labelled.indices[at, 0][empty] > 0).all()


def test_patches_of_too_little_data_are_left_out_unless_their_class_has_few_others(make_raster):
    cube, truth = landscape()
    edge = labels_at(
        truth, np.s_[0:3, 8:11], np.s_[40:44, 8:12], np.s_[0:3, 28:31], np.s_[60:63, 48:51]
    )
    data = read(make_raster("a.tif", cube, band_tags=tags()), edge)
    rows_of = [data.labelled.rows[data.labelled.classes == k] for k in range(3)]
    assert rows_of[0].min() == 40  # sixteen others
    assert sorted(set(rows_of[1].tolist())) == [0, 1, 2]  # no others
    assert "9 labelled pixels have less than 75% data around them" in " ".join(data.warnings)


def test_unlabelled_patches_hold_mostly_data(make_raster):
    cube, truth = landscape()
    cube[:, 70:] = np.nan
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))
    assert (data.unlabelled.draft >= 0).mean(axis=(1, 2)).min() >= 0.75
    assert data.unlabelled.rows.max() < 70


def test_a_scene_smaller_than_a_patch_is_refused(make_raster):
    cube, truth = landscape(16)
    labels = labels_at(truth, np.s_[2:5, 2:5])
    with pytest.raises(InputError, match=r"'a\.tif' has 16 x 16 pixels, and a patch takes 17 x 17"):
        read(make_raster("a.tif", cube, band_tags=tags()), labels)


def test_a_scene_of_just_one_patch_is_read(make_raster):
    cube, truth = landscape(17)
    labels = labels_at(truth, np.s_[7:10, 7:10])
    data = read(make_raster("a.tif", cube, band_tags=tags()), labels)
    assert len(data.labelled) == 9
    said = " ".join(data.warnings)
    assert "All labels lie within one patch of 16 x 16 pixels" in said
    assert "one class only ('class 0')" in said


def test_a_class_without_a_pixel_with_data_is_named(make_raster):
    cube, truth = landscape()
    cube[:, 60:63, 28:31] = np.nan
    with pytest.raises(InputError, match="Class 'class 1' has no labelled pixel with data"):
        read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))


def test_labels_on_nodata_are_counted_and_refused_if_all_are(make_raster):
    cube, truth = landscape()
    cube[:, 60, 28:31] = np.nan
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))
    assert "3 labelled pixels are nodata" in data.warnings[0]
    cube[:, 60:63, 28:31] = cube[:, 40:43, 8:11] = cube[:, 20:23, 48:51] = np.nan
    with pytest.raises(InputError, match=r"Every labelled pixel of 'b\.tif' is nodata"):
        read(make_raster("b.tif", cube, band_tags=tags()), spots(truth))


def test_very_many_labels_are_thinned_evenly(make_raster, monkeypatch):
    monkeypatch.setattr(module, "MOST_LABELLED", 60)
    cube, truth = landscape()
    labels = labels_at(truth, np.s_[20:60, 5:19], np.s_[20:60, 22:38], np.s_[70:74, 42:46])
    path = make_raster("a.tif", cube, band_tags=tags())
    data = read(path, labels)
    assert len(data.labelled) == 60
    assert np.bincount(data.labelled.classes).tolist() == [22, 22, 16]
    assert data.counts == tuple(np.bincount(labels.classes_of).tolist())
    other = read(path, labels, seed=4)
    np.testing.assert_array_equal(other.labelled.rows, data.labelled.rows)
    np.testing.assert_array_equal(other.labelled.cols, data.labelled.cols)
    assert "patches around 60 of them" in " ".join(data.warnings)


def test_further_scenes_give_unlabelled_patches_with_bands_matched_by_wavelength(make_raster):
    cube, truth = landscape()
    other, _ = landscape(80, seed=5)
    first = make_raster("a.tif", cube, band_tags=tags())
    second = make_raster("b.tif", other[::-1].copy(), band_tags=tags(WAVELENGTHS[::-1]))
    data = read(first, spots(truth), second)
    assert np.bincount(data.unlabelled.scenes).tolist() == [60, 60]
    assert (data.labelled.scenes == 0).all()
    at = np.flatnonzero(data.unlabelled.scenes == 1)[0]
    row, col = data.unlabelled.rows[at] - HALF, data.unlabelled.cols[at] - HALF
    inside = data.unlabelled.draft[at] >= 0
    row, col = int(row), int(col)
    centre = other[:, row + HALF, col + HALF]
    np.testing.assert_allclose(
        data.unlabelled.values[at][:, HALF, HALF], data.code.encode(centre), atol=1e-4
    )
    assert inside[HALF, HALF]


def test_further_scenes_of_other_bands_are_refused(make_raster):
    cube, truth = landscape()
    first = make_raster("a.tif", cube, band_tags=tags())
    second = make_raster("b.tif", cube[:3], band_tags=tags(WAVELENGTHS[:3]))
    with pytest.raises(InputError, match=r"'b\.tif' cannot be added"):
        read(first, spots(truth), second)


def test_without_wavelengths_the_prompts_will_say_less(make_raster):
    cube, truth = landscape()
    data = read(make_raster("a.tif", cube), spots(truth))
    assert data.bands.wavelengths is None
    assert np.isnan(data.labelled.indices[:, 1:]).all()
    assert np.isfinite(data.labelled.indices[:, 0]).all()
    assert "'a.tif' has no wavelengths" in " ".join(data.warnings)
    assert data.scale.wetness == ""


def test_constant_bands_are_left_out(make_raster):
    cube, truth = landscape()
    cube[2] = 1
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth))
    assert data.bands.used == (0, 1, 3, 4, 5)
    assert data.bands.count == 6


def test_a_patch_of_another_size_has_its_centre_in_the_middle(make_raster):
    cube, truth = landscape()
    data = read(make_raster("a.tif", cube, band_tags=tags()), spots(truth), patch=8)
    assert data.labelled.values.shape[2:] == (9, 9)
    np.testing.assert_array_equal(data.labelled.draft[:, 4, 4], data.labelled.classes)


def test_a_large_scene_is_read_by_windows_only(make_raster, monkeypatch):
    monkeypatch.setattr(module, "TILES_ENOUGH", 4)
    cube, truth = landscape(640)
    labels = labels_at(truth, np.s_[40:43, 8:11], np.s_[600:603, 628:631])
    path = make_raster("a.tif", cube, band_tags=tags(), tiled=True, blockxsize=64, blockysize=64)
    seen: list[int] = []
    original = Scene.read

    def watched(self, row, col, height, width, bands=None):
        seen.append(height * width)
        return original(self, row, col, height, width, bands)

    monkeypatch.setattr(Scene, "read", watched)
    data = read(path, labels)
    assert max(seen) <= (128 + 2 * HALF + 1) ** 2
    assert len(data.unlabelled) == 120
    assert len(np.unique(data.unlabelled.rows // 128 * 5 + data.unlabelled.cols // 128)) <= 9


def test_polygons_of_a_real_file_are_read(make_fields):
    fields = make_fields(96, bands=6)
    with Scene.open(fields.raster) as scene:
        labels = read_labels(fields.labels, scene, "class_name")
        data = read_patches([scene], labels, SynthesizerSettings(), Progress())
    assert [known.name for known in data.classes] == ["class 1", "class 2", "class 3"]
    found = fields.truth[data.labelled.rows, data.labelled.cols]
    np.testing.assert_array_equal(found, data.labelled.classes)
