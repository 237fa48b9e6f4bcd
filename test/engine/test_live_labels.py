"""Labelled pixels of the live map: few, spread evenly, and near what is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine import live_labels
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import Labels
from hsi_film_plugin.engine.live_labels import labelled_pixels
from hsi_film_plugin.engine.live_scene import LiveScene
from hsi_film_plugin.engine.live_statistics import LiveSettings
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.windows import Block

SHOWN = Block(0, 0, 64, 128)


@pytest.fixture
def live(make_raster, tmp_path: Path) -> LiveScene:
    """Return a scene of 160 x 640 pixels, the first row nodata, without a backbone."""
    values = np.random.default_rng(0).normal(size=(4, 160, 640)).astype(np.float32)
    values[:, 0] = -9999
    scene = Scene.open(make_raster("scene.tif", values, nodata=-9999))
    settings = LiveSettings(use_backbone=False)
    return LiveScene(scene, settings, Device("cpu", "a test", bfloat16=False), tmp_path / "cache")


def labels(places: list[tuple[int, int, int]], side: int = 3) -> Labels:
    """Return squares of a class at (row, col, class)."""
    rows, cols, classes, polygons = [], [], [], []
    for polygon, (row, col, known) in enumerate(places):
        down, right = np.divmod(np.arange(side * side), side)
        rows.append(row + down)
        cols.append(col + right)
        classes.append(np.full(side * side, known))
        polygons.append(np.full(side * side, polygon))
    arrays = [np.concatenate(found) for found in (rows, cols, classes, polygons)]
    count = int(arrays[2].max()) + 1
    known = tuple(LabelClass(c + 1, f"class {c + 1}", "#000000") for c in range(count))
    return Labels(known, *arrays, (), "")


def test_all_of_a_few_labels_are_used_with_their_features(live: LiveScene):
    found, _, warnings = labelled_pixels(
        live, labels([(5, 5, 0), (20, 90, 1), (150, 630, 1)]), SHOWN, Progress()
    )
    assert len(found.classes) == 27
    assert not warnings
    tile = live.tile((0, 0))
    np.testing.assert_array_equal(found.features[0], tile[:, 5, 5])
    assert live.computed == 2


def test_very_many_labels_are_thinned_evenly(live: LiveScene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_labels, "MOST_PIXELS", 40)
    many = [(4 * (n // 30) + 1, 4 * (n % 30), n % 2) for n in range(300)]
    found, _, _ = labelled_pixels(live, labels(many), SHOWN, Progress())
    assert len(found.classes) == 40
    assert np.bincount(found.classes).tolist() == [20, 20]
    assert np.bincount(found.polygons).max() == 1


def test_far_tiles_are_limited_but_every_class_keeps_its_nearest(
    live: LiveScene, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_labels, "MOST_OUTSIDE_TILES", 2)
    places = [(5, 5, 0), (70, 10, 0), (100, 10, 0), (70, 300, 1), (5, 600, 1)]
    found, _, warnings = labelled_pixels(live, labels(places), SHOWN, Progress())
    assert sorted(set(found.polygons.tolist())) == [0, 1, 3]
    assert live.computed == 3
    assert "18 labelled pixels far from what is shown" in warnings[0]


def test_nodata_is_left_out_with_a_warning(live: LiveScene):
    found, _, warnings = labelled_pixels(live, labels([(0, 5, 0), (20, 90, 1)]), SHOWN, Progress())
    assert len(found.classes) == 15
    assert "3 labelled pixels are nodata" in warnings[0]


@pytest.mark.parametrize(
    ("places", "side", "sentence"),
    [
        ([(5, 5, 0), (20, 20, 0)], 3, r"one class only \('class 1'\).*Label at least two classes"),
        ([(0, 5, 0), (0, 20, 1)], 1, r"Every labelled pixel of 'scene.tif' is nodata.*Draw"),
        ([(5, 5, 0), (6, 5, 0), (9, 9, 1)], 1, r"Class 'class 2' has one pixel. Draw more"),
        ([(5, 5, 0), (0, 9, 1), (7, 7, 2), (8, 8, 2)], 1, r"Class 'class 1' has one pixel"),
        ([(5, 5, 0), (6, 5, 1)], 1, r"Class 'class 1' has one pixel. Draw more of it"),
    ],
)
def test_labels_that_nothing_can_be_told_from_are_refused(live, places, side, sentence):
    with pytest.raises(InputError, match=sentence):
        labelled_pixels(live, labels(places, side), SHOWN, Progress())


def test_classes_of_one_pixel_or_none_are_left_out_for_the_time_being(live: LiveScene):
    places = [(5, 5, 0), (9, 9, 1), (9, 10, 1), (0, 20, 2), (20, 20, 3), (20, 21, 3)]
    found, classes, warnings = labelled_pixels(live, labels(places, 1), SHOWN, Progress())
    assert [known.value for known in classes] == [2, 4]
    assert found.classes.tolist() == [0, 0, 1, 1]
    assert found.n_classes == 2
    assert found.cols.tolist() == [9, 10, 20, 21]
    assert warnings[1:] == [
        "Class 'class 1' is not mapped yet: it has one pixel. Draw more of it.",
        "Class 'class 3' is not mapped yet: it has no pixel with data. Draw more of it.",
    ]
