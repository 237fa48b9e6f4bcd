from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import scenes
from bench.accuracy.scene_files import read_raster, write_cube, write_labels
from bench.accuracy.scenes import SceneSetting, recipes, scene_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, SceneSetting]:
    """Settings over a small stand-in for the data folder."""
    data = tmp_path / "data"
    (data / "indian_pines_ms").mkdir(parents=True)
    (data / "label_maps").mkdir()
    row, col = np.indices((48, 48))
    classes = np.where((row % 8 < 6) & (col % 8 < 6), (row // 8 + col // 8) % 3 + 1, 0)
    train = np.where((row + col) % 3 == 0, classes, 0).astype(np.uint8)
    test = (classes - train).astype(np.uint8)
    cube = np.random.default_rng(0).random((4, 48, 48)).astype(np.float32)
    write_cube(data / "indian_pines_ms/scene.tif", cube)
    for path in ("indian_pines_ms/{}_labels.tif", "label_maps/augsburg_{}.tif"):
        write_labels(data / path.format("train"), train)
        write_labels(data / path.format("test"), test)
    monkeypatch.setattr(scenes, "data_folder", lambda: data)
    monkeypatch.setattr(scenes, "SCENES", tmp_path / "scenes")
    monkeypatch.setattr(scenes, "SAMPLE_SIDE", 64)
    monkeypatch.setattr(scenes, "MOST_SIMULATED_TEST", 300)
    return {setting.name: setting for setting in scene_settings(None)}


def test_what_is_not_there_is_said(settings: dict[str, SceneSetting]) -> None:
    assert "enmap_potsdam/scene.tif, " in settings["enmap_potsdam"].missing()
    assert settings["simulated-pavia_university-easy"].missing() is not None
    assert settings["indian_pines_ms"].missing() is None
    assert settings["sample"].missing() is None


def test_the_official_split_is_taken_as_it_is(settings: dict[str, SceneSetting]) -> None:
    benchmark = settings["indian_pines_ms"].load(0)
    train, test = (read_raster(path) for path in settings["indian_pines_ms"].needs[1:])
    assert len(benchmark.train) == (train > 0).sum()
    assert len(benchmark.test) == (test > 0).sum()


def test_no_field_is_in_both_and_another_seed_is_another_draw(
    settings: dict[str, SceneSetting],
) -> None:
    setting = settings["indian_pines_ms-fields"]
    places = []
    for draw in (0, 1):
        benchmark = setting.load(draw)
        trained, tested = (
            {(r // 8, c // 8) for r, c in zip(pixels.rows.tolist(), pixels.cols.tolist())}
            for pixels in (benchmark.train, benchmark.test)
        )
        assert not trained & tested
        assert np.bincount(benchmark.train.classes).max() <= 45
        places.append(trained)
    assert places[0] != places[1]


def test_simulations_differ_with_the_seed_and_repeat(settings: dict[str, SceneSetting]) -> None:
    setting = settings["simulated-augsburg-medium"]
    first, again, other = setting.load(0), setting.load(0), setting.load(1)
    np.testing.assert_array_equal(first.cube, again.cube)
    assert (first.cube != other.cube).any()
    assert len(first.test) == 300
    assert len(first.train) == (read_raster(setting.needs[0]) > 0).sum()
    assert first.wavelengths is not None
    assert first.cube.max() < 2  # reflectance


def test_the_sample_scene_is_trained_on_its_polygons(settings: dict[str, SceneSetting]) -> None:
    benchmark = settings["sample"].load(3)
    trained = set(zip(benchmark.train.rows.tolist(), benchmark.train.cols.tolist()))
    tested = set(zip(benchmark.test.rows.tolist(), benchmark.test.cols.tolist()))
    assert trained
    assert not trained & tested
    assert 200 < len(tested) <= 300


def test_fingerprints_follow_the_data_and_the_draw(settings: dict[str, SceneSetting]) -> None:
    setting = settings["indian_pines_ms-fields"]
    before = setting.fingerprint(0)
    assert before == setting.fingerprint(0) != setting.fingerprint(1)
    write_labels(setting.needs[1], read_raster(setting.needs[1])[::-1])
    scenes.file_fingerprint.cache_clear()
    assert setting.fingerprint(0) != before


@pytest.mark.parametrize("sharing", [2, 3])
def test_classes_that_share_a_material_are_parts_of_it(sharing: int) -> None:
    made_of = recipes(9, sharing)
    materials = [recipe.material for recipe in made_of]
    assert max(materials.count(material) for material in materials) == sharing
    assert made_of[0].second == (0.0, pytest.approx(1 / sharing))
    assert made_of[1].second[0] == made_of[0].second[1]
    assert len(set(made_of)) == 9
