"""Places that may be suggested: small, in one piece, homogeneous, and where there is data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import label

from hsi_film_plugin.engine.classification import TILE
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.live_scene import LiveScene
from hsi_film_plugin.engine.live_statistics import LiveSettings
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.spots import LEAST_PIXELS, REACH, spots_of, tile_spots
from hsi_film_plugin.engine.windows import Block

SPECTRUM = slice(0, 4)


def fields_tile() -> tuple[np.ndarray, np.ndarray]:
    """Return a tile of 16 x 16 fields with little noise, and the field of each pixel."""
    rng = np.random.default_rng(1)
    row, col = np.indices(TILE)
    field = row // 16 * 8 + col // 16
    values = 2 * rng.normal(size=(16, 4))
    tile = values[field].transpose(2, 0, 1) + 0.1 * rng.normal(size=(4, *TILE))
    return tile.astype(np.float16), field


def test_spots_are_small_connected_and_around_their_typical_pixel():
    spots, centres = tile_spots(fields_tile()[0], SPECTRUM)
    assert len(centres) >= 30
    for number, (row, col) in enumerate(centres):
        rows, cols = np.nonzero(spots == number)
        assert LEAST_PIXELS <= len(rows) <= (2 * REACH + 1) ** 2
        assert spots[row, col] == number
        assert np.abs(rows - row).max() <= REACH
        assert np.abs(cols - col).max() <= REACH
        assert label(spots == number)[1] == 1


def test_spots_do_not_reach_over_borders():
    tile, field = fields_tile()
    spots, centres = tile_spots(tile, SPECTRUM)
    pure = [len(np.unique(field[spots == number])) == 1 for number in range(len(centres))]
    assert np.mean(pure) > 0.95


def test_pixels_without_data_are_in_no_spot():
    tile, _ = fields_tile()
    tile[:, :, 70:] = np.nan
    spots, centres = tile_spots(tile, SPECTRUM)
    assert len(centres)
    assert (spots[:, 70:] == -1).all()
    tile[:] = np.nan
    spots, centres = tile_spots(tile, SPECTRUM)
    assert (spots == -1).all()
    assert centres.shape == (0, 2)


@pytest.fixture
def live(make_fields, tmp_path: Path) -> LiveScene:
    scene = Scene.open(make_fields(150).raster)
    settings = LiveSettings(use_backbone=False)
    device = Device("cpu", "a test", bfloat16=False)
    found = LiveScene(scene, settings, device, tmp_path / "cache")
    found.learn(Progress())
    return found


def test_spots_of_a_scene_lie_in_what_is_shown_and_carry_their_features(live: LiveScene):
    shown = Block(20, 30, 60, 110)
    tiles = live.prepare(shown, Progress())
    spots = spots_of(live, tiles, shown, Progress())
    assert len(spots.rows) > 20
    assert (spots.rows >= 20).all()
    assert (spots.rows < 80).all()
    assert (spots.cols >= 30).all()
    assert (spots.cols < 140).all()
    pick = [7, len(spots.pixel_rows) - 1]
    expected = live.at(spots.pixel_rows[pick], spots.pixel_cols[pick], Progress())
    np.testing.assert_array_equal(spots.features[pick].astype(np.float32), expected)
    typical = spots.pixel_rows * 1000 + spots.pixel_cols
    for spot in range(len(spots.rows)):
        inside = typical[spots.edges[spot] : spots.edges[spot + 1]]
        assert spots.rows[spot] * 1000 + spots.cols[spot] in inside


def test_spots_are_the_same_from_the_cache(live: LiveScene):
    shown = Block(0, 0, 150, 150)
    tiles = live.prepare(shown, Progress())
    first = spots_of(live, tiles, shown, Progress())
    assert (live.cache.folder / "0_0_spots.npy").exists()
    second = spots_of(live, tiles, shown, Progress())
    np.testing.assert_array_equal(first.edges, second.edges)
    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.pixel_cols, second.pixel_cols)


@pytest.mark.parametrize("wrong", ["number", "typical", "nodata"])
def test_kept_spots_that_cannot_be_are_found_anew(live: LiveScene, wrong: str):
    shown = Block(0, 0, 150, 150)
    tiles = live.prepare(shown, Progress())
    first = spots_of(live, tiles, shown, Progress())
    name = "4_1_spots" if wrong == "nodata" else "0_0_spots"
    kept = live.cache.read(name, (2, *TILE), np.int16)
    if wrong == "number":
        kept[0, 5, 5] = 30_000
    elif wrong == "typical":
        kept[1] = 1
    else:
        kept[0, 31, 127] = 0
    live.cache.write(name, kept)
    second = spots_of(live, tiles, shown, Progress())
    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.pixel_rows, second.pixel_rows)


def test_means_are_those_of_each_spot(live: LiveScene):
    shown = Block(0, 0, 64, 64)
    spots = spots_of(live, live.prepare(shown, Progress()), shown, Progress())
    rows = spots.means(spots.pixel_rows)
    first = spots.pixel_rows[: spots.edges[1]]
    assert rows[0] == pytest.approx(first.mean())
    assert spots.means(spots.features[:, :3]).shape == (len(spots.rows), 3)
