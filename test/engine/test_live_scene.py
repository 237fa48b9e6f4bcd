"""Features of the live map: the same however they are cut, kept on disk, made anew if damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio.shutil

from hsi_film_plugin.engine import live_scene, live_statistics, statistics
from hsi_film_plugin.engine.classification import TILE
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.live_cache import FeatureCache
from hsi_film_plugin.engine.live_features import tiles_of
from hsi_film_plugin.engine.live_scene import LiveScene
from hsi_film_plugin.engine.live_statistics import LiveSettings, load_statistics
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.windows import Block

CPU = Device("cpu", "a test", bfloat16=False)
WHOLE = Block(0, 0, 150, 300)


@pytest.fixture
def scene(make_raster) -> Path:
    """Return a scene of 300 x 150 pixels and 12 bands with a corner of nodata."""
    rng = np.random.default_rng(3)
    smooth = np.cumsum(rng.normal(size=(12, 150, 300)), axis=2)
    smooth[:, :40, 200:] = -9999
    tags = [{"wavelength": str(450 + 50 * band)} for band in range(12)]
    return make_raster("scene.tif", smooth.astype(np.float32), nodata=-9999, band_tags=tags)


@pytest.fixture
def opened(scene: Path, tiny_backbone: Path, tmp_path: Path) -> Callable[..., LiveScene]:
    """Return a function that makes the scene ready, by default with one cache."""

    def make(cache: str = "cache", **settings) -> LiveScene:
        limit = settings.pop("limit", 10**9)
        wanted = LiveSettings(**{"backbone": tiny_backbone, "blocks": (-1, -2), **settings})
        return LiveScene(Scene.open(scene), wanted, CPU, tmp_path / cache, limit)

    return make


def test_second_preparation_computes_nothing(opened):
    first, second = opened(), opened()
    tiles = first.prepare(WHOLE, Progress())
    assert len(tiles) == first.computed == 15
    assert second.prepare(WHOLE, Progress()) == tiles
    assert second.computed == 0


def test_features_are_finite_exactly_where_the_scene_holds_data(opened):
    live = opened()
    live.prepare(WHOLE, Progress())
    tile = live.tile((0, 1))
    held = np.ones(TILE, bool)
    held[:, 200 - 128 :] = False
    for feature in tile:
        np.testing.assert_array_equal(np.isfinite(feature), held)
    edge = live.tile((4, 2))
    assert np.isfinite(edge[:, :22, : 300 - 256]).all()
    assert np.isnan(edge[:, 22:]).all()
    assert np.isnan(edge[:, :, 300 - 256 :]).all()


def test_features_do_not_depend_on_what_was_prepared_with_them(opened):
    whole, piecewise = opened("one"), opened("two")
    whole.prepare(WHOLE, Progress())
    for block in (Block(70, 140, 10, 10), Block(0, 0, 33, 20), WHOLE):
        piecewise.prepare(block, Progress())
    assert piecewise.computed == whole.computed == 15
    for place in tiles_of(WHOLE):
        np.testing.assert_array_equal(whole.tile(place), piecewise.tile(place))


def test_every_group_of_features_varies_over_the_scene(opened):
    live = opened()
    live.prepare(WHOLE, Progress())
    groups = live.statistics.groups()
    assert list(groups) == ["spectrum", "shape", "context", "backbone"]
    tile = live.tile((2, 0)).astype(np.float32)
    for place in groups.values():
        assert (tile[place].std(axis=(1, 2)) > 0.01).all()


def test_without_a_backbone_there_are_spectra_and_context(opened):
    live = opened(use_backbone=False)
    live.prepare(WHOLE, Progress())
    assert list(live.statistics.groups()) == ["spectrum", "shape", "context"]


def test_other_settings_have_features_of_their_own(opened):
    folders = {
        opened(**settings).cache.folder
        for settings in ({}, {"pseudo_image": "rgb"}, {"timestep": 5}, {"use_backbone": False})
    }
    assert len(folders) == 4


def test_changed_scene_is_not_served_from_the_cache(opened, scene: Path):
    before = opened().cache.folder
    scene.write_bytes(scene.read_bytes() + b"\0")
    assert opened().cache.folder != before


def test_source_of_a_mosaic_of_mosaics_is_watched(make_raster, tmp_path: Path):
    values = np.random.default_rng(0).normal(size=(4, 40, 40)).astype(np.float32)
    source = make_raster("source.tif", values)
    inner, outer = tmp_path / "inner.vrt", tmp_path / "outer.vrt"
    rasterio.shutil.copy(str(source), str(inner), driver="VRT")
    outer.write_text(inner.read_text().replace(source.name, inner.name))
    folders = set()
    for _ in range(2):
        live = LiveScene(
            Scene.open(outer), LiveSettings(use_backbone=False), CPU, tmp_path / "cache"
        )
        folders.add(live.cache.folder)
        os.utime(source, ns=(5, 5))
    assert len(folders) == 2


def test_pixels_have_the_features_of_their_tiles(opened):
    live = opened()
    rows, cols = np.array([140, 3, 3, 10]), np.array([299, 127, 128, 250])
    found = live.at(rows, cols, Progress())
    assert live.computed == 3
    for row, col, features in zip(rows[:3], cols[:3], found):
        tile = live.tile((row // TILE[0], col // TILE[1]))
        np.testing.assert_array_equal(features, tile[:, row % TILE[0], col % TILE[1]])
    assert np.isnan(found[3]).all()


def test_damaged_files_are_made_anew_to_the_same_bytes(opened):
    live = opened()
    live.prepare(WHOLE, Progress())
    files = sorted(live.cache.folder.glob("*.npy"))
    kept = [path.read_bytes() for path in files]
    files[0].write_bytes(b"short")
    files[5].write_bytes(files[5].read_bytes()[:1000])
    live.cache.statistics.write_bytes(b"no safetensors")
    again = opened()
    again.prepare(WHOLE, Progress())
    assert again.computed == 2
    assert [path.read_bytes() for path in files] == kept


def test_statistics_survive_their_file(opened):
    live = opened()
    live.learn(Progress())
    found = load_statistics(live.cache.statistics)
    assert found.groups() == live.statistics.groups()
    np.testing.assert_array_equal(found.compression.matrix, live.statistics.compression.matrix)
    np.testing.assert_array_equal(found.picture.high, live.statistics.picture.high)
    assert load_statistics(live.cache.folder / "none") is None


def test_cancelled_preparation_keeps_what_it_has(opened):
    progress = Progress(lambda fraction, _: fraction > 0.95 and progress.cancelled.set())
    with pytest.raises(Cancelled):
        opened().prepare(WHOLE, progress)
    again = opened()
    again.prepare(WHOLE, Progress())
    assert 0 < again.computed < 15


def test_cancelled_preparation_keeps_the_limit_too(opened, tmp_path: Path):
    other = FeatureCache(tmp_path / "cache", ["other"])
    other.write("0_0", np.zeros((3000, *TILE), np.float16))
    os.utime(other.folder / "used", (0, 0))
    progress = Progress(lambda fraction, _: fraction > 0.95 and progress.cancelled.set())
    with pytest.raises(Cancelled):
        opened(limit=2 * 3000 * TILE[0] * TILE[1], use_backbone=False).prepare(WHOLE, progress)
    assert not other.folder.exists()


def test_limit_holds_while_much_is_prepared(
    opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_scene, "TILES_BETWEEN", 4)
    other = FeatureCache(tmp_path / "cache", ["other"])
    other.write("0_0", np.zeros((3000, *TILE), np.float16))
    os.utime(other.folder / "used", (0, 0))
    there = []
    live = opened(limit=2 * 3000 * TILE[0] * TILE[1], use_backbone=False)
    live.prepare(WHOLE, Progress(lambda *_: there.append(other.folder.exists())))
    assert there[0]
    assert not there[-1]


def test_tiles_that_are_not_asked_for_any_more_make_room(opened):
    first = opened(use_backbone=False)
    first.prepare(Block(0, 0, 32, 128), Progress())
    one = next(first.cache.folder.glob("*.npy")).stat().st_size
    first.prepare(Block(32, 0, 118, 300), Progress())
    for path in first.cache.folder.glob("*.npy"):
        os.utime(path, (5, 5))
    (first.cache.folder / "4_2.npy").unlink()
    again = opened(use_backbone=False, limit=int(8.5 * one))
    again.prepare(Block(96, 128, 54, 172), Progress())  # four tiles, one of them missing
    left = {path.stem for path in again.cache.folder.glob("*.npy")}
    assert {"3_1", "3_2", "4_1", "4_2"} <= left
    assert 4 < len(left) <= 8


def test_swath_that_the_sample_misses_is_learnt_from_what_is_shown(
    make_raster, tiny_backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    values = np.full((5, 130, 300), -9999, np.float32)
    values[:, 64:90, 200:240] = np.random.default_rng(0).normal(size=(5, 26, 40))
    scene = Scene.open(make_raster("swath.tif", values, nodata=-9999))
    monkeypatch.setattr(statistics, "SAMPLE_BLOCKS_A_SIDE", 2)
    monkeypatch.setattr(live_statistics, "LATTICE", 1)

    def live(name: str) -> LiveScene:
        return LiveScene(scene, LiveSettings(tiny_backbone, blocks=(-1,)), CPU, tmp_path / name)

    with pytest.raises(InputError, match="no valid pixel"):
        live("one").prepare(Block(0, 0, 30, 30), Progress())
    shown = live("two")
    shown.prepare(Block(60, 190, 40, 60), Progress())
    assert "backbone" in shown.statistics.groups()
    labelled = live("three")
    labelled.prepare(Block(0, 0, 30, 30), Progress(), (np.array([70]), np.array([210])))
    assert np.isfinite(labelled.at(np.array([70]), np.array([210]), Progress())).all()


def test_progress_grows_and_names_what_is_done(opened):
    seen: list[tuple[float, str]] = []
    opened().prepare(WHOLE, Progress(lambda *said: seen.append(said)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert "Computing what the backbone sees" in {message for _, message in seen}


def test_extent_larger_than_the_cache_is_refused(opened):
    with pytest.raises(InputError, match=r"extent of 300 × 150 pixels needs .* Zoom in"):
        opened(limit=10_000).prepare(WHOLE, Progress())


def test_scene_of_few_bands_has_no_shape(make_raster, tiny_backbone: Path, tmp_path: Path):
    values = np.random.default_rng(0).normal(size=(4, 40, 40)).astype(np.float32)
    scene = Scene.open(make_raster("few.tif", values))
    settings = LiveSettings(tiny_backbone, blocks=(-1,))
    live = LiveScene(scene, settings, CPU, tmp_path / "cache")
    live.prepare(Block(0, 0, 40, 40), Progress())
    assert list(live.statistics.groups()) == ["spectrum", "context", "backbone"]
    assert np.isfinite(live.tile((0, 0))[:, :32, :40]).all()


def test_scene_with_little_data_is_learnt_from_what_there_is(
    make_raster, tiny_backbone: Path, tmp_path: Path
):
    values = np.full((5, 130, 300), -9999, np.float32)
    values[:, 64:80, 256:280] = np.random.default_rng(0).normal(size=(5, 16, 24))
    scene = Scene.open(make_raster("little.tif", values, nodata=-9999))
    live = LiveScene(scene, LiveSettings(tiny_backbone, blocks=(-1,)), CPU, tmp_path / "cache")
    live.prepare(Block(0, 0, 130, 300), Progress())
    assert "backbone" in live.statistics.groups()
    tile = live.tile((2, 2))
    assert np.isfinite(tile[:, :16, :24]).all()
    assert np.isfinite(tile).sum() == len(tile) * 16 * 24
