"""The live map: painted where the scene holds data, with an honest accuracy beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from hsi_film_plugin.engine import preview as preview_module
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import OutputError
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.live_scene import LiveScene
from hsi_film_plugin.engine.live_statistics import LiveSettings
from hsi_film_plugin.engine.preview import NODATA, accuracy_interval, preview, write_preview
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.windows import Block

CPU = Device("cpu", "a test", bfloat16=False)


def live_of(raster: Path, folder: Path) -> LiveScene:
    return LiveScene(Scene.open(raster), LiveSettings(use_backbone=False), CPU, folder)


def test_map_follows_the_labels(make_fields, tmp_path: Path):
    fields = make_fields(96)
    live = live_of(fields.raster, tmp_path / "cache")
    labels = read_labels(fields.labels, live.scene, "class_name")
    found = preview(live, labels, Block(0, 0, 96, 96), Progress())
    right = found.values[0] == np.array([known.value for known in labels.classes])[fields.truth]
    assert right.mean() > 0.97
    assert found.accuracy["overall_accuracy"] > 0.9
    assert found.accuracy["low"] < found.accuracy["overall_accuracy"] <= found.accuracy["high"]
    assert sum(found.counts.values()) == 96 * 96
    assert found.polygons == 32
    assert not found.warnings
    for band in found.values[1:]:
        assert band.min() >= 0
        assert band.max() <= 1


def test_pixels_without_data_stay_empty_in_every_band(make_fields, tmp_path: Path):
    def with_hole(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        spectra = 0.2 + 0.6 * rng.random((3, 8))
        cube = spectra[truth].transpose(2, 0, 1) + rng.normal(0, 0.02, (8, 96, 96))
        cube[3, 60:80, 10:30] = np.nan
        return cube

    fields = make_fields(96, values=with_hole)
    live = live_of(fields.raster, tmp_path / "cache")
    labels = read_labels(fields.labels, live.scene, "class_name")
    values = preview(live, labels, Block(50, 0, 40, 90), Progress()).values
    empty = np.zeros((40, 90), bool)
    empty[10:30, 10:30] = True
    for band in values:
        np.testing.assert_array_equal(band == NODATA, empty)


def test_a_piece_shows_what_the_whole_map_shows_there(make_fields, tmp_path: Path):
    fields = make_fields(150)
    live = live_of(fields.raster, tmp_path / "cache")
    labels = read_labels(fields.labels, live.scene, "class_name")
    whole = preview(live, labels, Block(0, 0, 150, 150), Progress()).values
    piece = preview(live, labels, Block(41, 77, 60, 70), Progress()).values
    np.testing.assert_array_equal(piece, whole[:, 41:101, 77:147])


def test_one_polygon_a_class_gives_a_map_without_an_accuracy(
    make_fields, make_vector, tmp_path: Path
):
    from test.engine.conftest import square

    fields = make_fields(96)
    few = make_vector("few.gpkg", [square(3, 3, 4), square(3, 15, 4)], class_name=["a", "b"])
    live = live_of(fields.raster, tmp_path / "cache")
    labels = read_labels(few, live.scene, "class_name")
    found = preview(live, labels, Block(0, 0, 96, 96), Progress())
    assert found.accuracy is None
    assert "nothing is known of the map's accuracy" in found.warnings[0]
    assert set(np.unique(found.values[0])) == {1, 2}


def test_classes_that_lie_in_one_place_are_told_apart_from_the_judged(
    make_fields, make_vector, tmp_path: Path
):
    from test.engine.conftest import square

    fields = make_fields(96)
    squares = [square(row, col, 4) for row, col in ((3, 3), (3, 63), (63, 3), (63, 63))]
    lonely = [square(39, 39, 4), square(39, 75, 4)]
    drawn = make_vector(
        "some.gpkg",
        [*squares, *lonely, square(90, 90, 1)],
        class_name=["a", "b", "b", "a", "soil", "tree", "dot"],
    )
    live = live_of(fields.raster, tmp_path / "cache")
    labels = read_labels(drawn, live.scene, "class_name")
    found = preview(live, labels, Block(0, 0, 96, 96), Progress())
    assert found.accuracy["untested"] == ["soil", "tree"]
    assert found.warnings == (
        "Class 'dot' is not mapped yet: it has one pixel. Draw more of it.",
        "Not judged yet, since they lie in one place: soil, tree.",
    )
    values = {known.name: known.value for known in labels.classes}
    assert found.counts[values["dot"]] == 0
    assert found.counts[values["soil"]] > 0
    assert set(found.counts) == set(values.values())


@pytest.mark.parametrize("sizes", [[50] * 6, [5, 200, 30, 30, 80, 12], [9] * 20])
def test_one_more_wrong_pixel_never_raises_the_lower_end(sizes: list[int]):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    place_by_place = np.arange(len(groups))
    for order in (place_by_place, rng.permutation(len(groups))):
        right = np.ones(len(groups), bool)
        low, high = accuracy_interval(right, groups)
        assert high == pytest.approx(1, abs=1e-3)
        for pixel in order:
            right[pixel] = False
            lower, _ = accuracy_interval(right, groups)
            assert lower <= low
            low = lower


@pytest.mark.parametrize("places", [6, 10])
@pytest.mark.parametrize("alike", [0.5, 0.8])
def test_interval_holds_the_accuracy_of_maps_that_lose_whole_places(places: int, alike: float):
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(places), 50)
    for true in (0.8, 0.9):
        spread = (1 - alike) / alike
        held = 0
        for _ in range(400):
            shares = rng.beta(true * spread, (1 - true) * spread, places)
            low, high = accuracy_interval(rng.random(len(groups)) < shares[groups], groups)
            held += low <= true <= high
        assert held / 400 >= 0.9


@pytest.fixture
def values() -> np.ndarray:
    return np.arange(3 * 20 * 30, dtype=np.float32).reshape(3, 20, 30)


def test_raster_lies_on_the_scenes_grid(make_raster, values: np.ndarray, tmp_path: Path):
    path = tmp_path / "preview.tif"
    with Scene.open(make_raster("scene.tif", np.ones((2, 60, 70), np.float32))) as scene:
        write_preview(path, values, scene, Block(5, 7, 20, 30), {"HSIFILM_SCENE": "scene.tif"})
        expected = scene.transform @ (7, 5)
    with rasterio.open(path) as written:
        np.testing.assert_array_equal(written.read(), values)
        assert written.transform @ (0, 0) == expected
        assert written.crs.to_epsg() == 32633
        assert written.nodata == NODATA
        assert written.descriptions == ("class", "confidence", "disagreement")
        assert written.tags()["HSIFILM_SCENE"] == "scene.tif"


def test_raster_of_a_scene_without_georeference_lies_where_qgis_draws_it(
    make_raster, values: np.ndarray, tmp_path: Path
):
    path = tmp_path / "preview.tif"
    raster = make_raster("scene.tif", np.ones((2, 60, 70), np.float32), crs=None, transform=None)
    with Scene.open(raster) as scene:
        write_preview(path, values, scene, Block(5, 7, 20, 30), {})
    with rasterio.open(path) as written:
        assert written.transform @ (0, 0) == (7, -5)
        assert written.crs is None


def test_failed_writing_keeps_the_last_preview(
    make_raster, values: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "preview.tif"
    path.write_bytes(b"the last one")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preview_module, "open_raster", full)
    with (
        Scene.open(make_raster("scene.tif", np.ones((2, 60, 70), np.float32))) as scene,
        pytest.raises(OutputError, match="disk is full"),
    ):
        write_preview(path, values, scene, Block(5, 7, 20, 30), {})
    assert path.read_bytes() == b"the last one"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["preview.tif", "scene.tif"]
