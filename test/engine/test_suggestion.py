"""Suggestions: unsure and unlike places first, never where there is a label or no wish for one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from rasterio.features import rasterize

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.live_scene import LiveScene
from hsi_film_plugin.engine.live_statistics import LiveSettings
from hsi_film_plugin.engine.preview import preview
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.suggestion import (
    Standing,
    Suggestion,
    _reason,
    choose_spots,
    outline,
    suggest,
)
from hsi_film_plugin.engine.windows import Block

WHOLE = Block(0, 0, 96, 96)


@pytest.fixture
def live(make_fields, tmp_path: Path) -> LiveScene:
    """Return a scene of four kinds of fields, without a backbone."""
    scene = Scene.open(make_fields(96, classes=4).raster)
    device = Device("cpu", "a test", bfloat16=False)
    return LiveScene(scene, LiveSettings(use_backbone=False), device, tmp_path / "cache")


@pytest.fixture
def fields(make_fields):
    return make_fields(96, classes=4, name="same")


def places_of(*asked) -> list[Suggestion]:
    """Return the suggested places alone."""
    return suggest(*asked, Progress())[0]


def without(labels: Labels, known: int) -> Labels:
    """Return labels that lack the class of an index."""
    keep = labels.classes_of != known
    classes = tuple(one for index, one in enumerate(labels.classes) if index != known)
    indices = labels.classes_of[keep]
    indices = indices - (indices > known)
    return Labels(
        classes, labels.rows[keep], labels.cols[keep], indices, labels.polygons[keep], (), ""
    )


def test_first_place_is_of_the_class_that_no_label_speaks_for(live: LiveScene, fields):
    labels = without(read_labels(fields.labels, live.scene, "class_name"), 2)
    first = places_of(live, labels, WHOLE, 1, ())[0]
    assert fields.truth[first.row, first.col] == 2
    assert first.score == 1
    assert first.known in labels.classes
    assert first.reason.endswith(".")


def test_places_differ_and_hold_no_label(live: LiveScene, fields):
    labels = read_labels(fields.labels, live.scene, "class_name")
    found = places_of(live, labels, WHOLE, 6, ())
    assert len({(one.row, one.col) for one in found}) == 6
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    labelled = np.zeros((96, 96), bool)
    labelled[labels.rows, labels.cols] = True
    for one in found:
        assert not labelled[burned(one.wkt, live.scene.transform)].any()


def burned(wkt: str, transform: Affine) -> np.ndarray:
    """Return which pixels' centres lie in a polygon."""
    rings = [
        [tuple(map(float, corner.split())) for corner in text.split(", ")]
        for text in wkt.removeprefix("POLYGON ((").removesuffix("))").split("), (")
    ]
    geometry = {"type": "Polygon", "coordinates": rings}
    return rasterize([geometry], (96, 96), transform=transform).astype(bool)


def test_polygon_holds_the_pixels_that_it_counts(live: LiveScene):
    for one in places_of(live, None, WHOLE, 4, ()):
        inside = burned(one.wkt, live.scene.transform)
        assert inside.sum() == one.pixels <= 25
        assert inside[one.row, one.col]
        assert live.scene.transform @ (one.col + 0.5, one.row + 0.5) == (one.x, one.y)


def test_places_to_avoid_are_not_suggested_again(live: LiveScene):
    first = places_of(live, None, WHOLE, 5, ())
    avoid = [(one.x, one.y) for one in first]
    again = places_of(live, None, WHOLE, 5, avoid)
    for one in again:
        assert all(abs(one.row - old.row) > 2 or abs(one.col - old.col) > 2 for old in first)


def test_without_labels_every_kind_of_field_is_found_soon(live: LiveScene, fields):
    found = places_of(live, None, WHOLE, 6, ())
    assert {fields.truth[one.row, one.col] for one in found} == {0, 1, 2, 3}
    assert all(one.known is None and one.confidence is None for one in found)


def test_one_labelled_class_leads_to_the_others(live: LiveScene, fields):
    rows, cols = np.nonzero(fields.truth == 1)
    some = slice(0, 40)
    labels = Labels(
        (LabelClass(5, "meadow", "#00ff00"),),
        rows[some],
        cols[some],
        np.zeros(40, int),
        np.zeros(40, int),
        (),
        "",
    )
    found = places_of(live, labels, WHOLE, 3, ())
    assert {fields.truth[one.row, one.col] for one in found} == {0, 2, 3}
    assert found[0].reason == "Unlike what is labelled so far."


def test_same_labels_give_the_same_places(live: LiveScene, fields):
    labels = read_labels(fields.labels, live.scene, "class_name")
    one, two = (places_of(live, labels, WHOLE, 5, ()) for _ in range(2))
    assert one == two


def test_scene_that_is_labelled_all_over_has_no_place_left(live: LiveScene, fields):
    rows, cols = (side.ravel() for side in np.indices((96, 96)))
    classes = tuple(LabelClass(c + 1, f"class {c + 1}", "#000000") for c in range(4))
    labels = Labels(classes, rows, cols, fields.truth.ravel(), rows // 12 * 8 + cols // 12, (), "")
    assert places_of(live, labels, WHOLE, 5, ()) == []


def test_merit_and_distance_both_count():
    places = np.array([[0.0], [10.0], [10.1], [1.0]], np.float32)
    positions = 50 * np.stack([np.arange(4), np.arange(4)], axis=1)
    standing = Standing(positions, places, np.array([0.0, 0.0, 0.1, 4.0]))
    known, nothing = np.array([[0.5]], np.float32), np.zeros(4, bool)
    order = [spot for spot, _ in choose_spots(standing, known, nothing, 4)]
    assert order[0] == 3  # of great merit, though near what is known
    assert order[1] == 2  # far
    assert order[2] == 0  # not 1, which is like the one before
    taken = np.array([False, False, True, True])
    assert [spot for spot, _ in choose_spots(standing, known, taken, 4)] == [1, 0]


def test_places_suggested_together_lie_apart_while_there_is_room():
    positions = np.array([[0, 0], [0, 5], [0, 40], [3, 44]])
    standing = Standing(positions, 10 * np.eye(4, dtype=np.float32), np.array([4.0, 3, 2, 1]))
    nothing = np.zeros((0, 4), np.float32)
    order = [spot for spot, _ in choose_spots(standing, nothing, np.zeros(4, bool), 4)]
    assert order[:2] == [0, 2]


def test_outline_follows_pixel_edges_around_holes():
    rows, cols = np.nonzero(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]))
    text = outline(rows + 4, cols + 2, Affine(10, 0, 100, 0, -10, 1000))
    assert text.startswith("POLYGON ((")
    assert text.count("(") == 3
    assert "120.0 960.0" in text
    assert "130.0 950.0" in text


CLASSES = tuple(LabelClass(c + 1, name, "#000000") for c, name in enumerate("ABC"))


@pytest.mark.parametrize(
    ("blend", "committee", "reason"),
    [
        ([0.62, 0.38, 0], [0.1, 0.1, 0.8], "Unsure: A (62%) or B (38%)."),
        ([0.9, 0.05, 0.05], [0.2, 0.7, 0.1], "The map says A, other classifiers B."),
        ([0.9, 0.05, 0.05], [0.5, 0.1, 0.4], "The map says A, other classifiers C."),
        ([0.9, 0.1, 0], [0.9, 0, 0.1], "Unlike the labels so far, though the map takes it for A."),
    ],
)
def test_reason_does_not_contradict_the_map(blend, committee, reason: str):
    assert _reason(np.array(blend), np.array(committee), CLASSES) == reason


def test_class_and_confidence_are_what_the_map_shows(make_fields, tmp_path: Path):
    noisy = make_fields(96, classes=4, noise=0.15)
    device = Device("cpu", "a test", bfloat16=False)
    settings = LiveSettings(use_backbone=False)
    live = LiveScene(Scene.open(noisy.raster), settings, device, tmp_path / "cache")
    labels = read_labels(noisy.labels, live.scene, "class_name")
    shown = preview(live, labels, WHOLE, Progress()).values
    compared = 0
    for one in places_of(live, labels, WHOLE, 40, ()):
        inside = burned(one.wkt, live.scene.transform)
        if (shown[0][inside] == one.known.value).all():
            assert one.confidence == pytest.approx(float(shown[1][inside].mean()), abs=1e-4)
            compared += 1
    assert compared > 2


def test_class_of_one_pixel_is_told_and_not_suggested(live: LiveScene, fields):
    labels = read_labels(fields.labels, live.scene, "class_name")
    lone = int(np.flatnonzero(labels.classes_of == 1)[0])
    keep = labels.classes_of != 1
    keep[lone] = True
    columns = (labels.rows, labels.cols, labels.classes_of, labels.polygons)
    some = Labels(labels.classes, *(column[keep] for column in columns), (), "")
    found, warnings = suggest(live, some, WHOLE, 5, (), Progress())
    assert labels.classes[1] not in {one.known for one in found}
    assert "is not mapped yet: it has one pixel" in warnings[0]


@pytest.mark.parametrize("labelled", [True, False])
def test_comparison_of_places_can_be_cancelled(live: LiveScene, fields, labelled: bool):
    labels = read_labels(fields.labels, live.scene, "class_name") if labelled else None
    progress = Progress(
        lambda _, message: message == "Comparing places" and progress.cancelled.set()
    )
    with pytest.raises(Cancelled):
        suggest(live, labels, WHOLE, 5, (), progress)
