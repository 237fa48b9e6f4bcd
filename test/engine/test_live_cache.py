"""The cache of prepared features: whole files, damaged ones made anew, a limit that holds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import OutputError
from hsi_film_plugin.engine.live_cache import TAG, FeatureCache, file_facts

SHAPE = (3, 4, 5)


@pytest.fixture
def tile() -> np.ndarray:
    return np.arange(60, dtype=np.float16).reshape(SHAPE)


def test_tile_is_read_back_as_it_was_written(tmp_path: Path, tile: np.ndarray):
    cache = FeatureCache(tmp_path / "cache", ["scene"])
    assert not cache.has("1_2", SHAPE)
    cache.write("1_2", tile)
    assert cache.has("1_2", SHAPE)
    np.testing.assert_array_equal(cache.read("1_2", SHAPE), tile)
    assert cache.bytes() >= tile.nbytes


def test_nothing_but_whole_files_is_left_after_writing(tmp_path: Path, tile: np.ndarray):
    cache = FeatureCache(tmp_path, ["scene"])
    cache.write("0_0", tile)
    cache.write("0_0", tile)
    assert sorted(path.name for path in cache.folder.iterdir()) == ["0_0.npy", TAG, "used"]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"garbage" * 100])
def test_damaged_tile_counts_as_missing(tmp_path: Path, tile: np.ndarray, content: bytes):
    cache = FeatureCache(tmp_path, ["scene"])
    cache.write("0_0", tile)
    (cache.folder / "0_0.npy").write_bytes(content)
    assert not cache.has("0_0", SHAPE)
    assert cache.read("0_0", SHAPE) is None


def test_damaged_header_counts_as_missing_whatever_it_says(tmp_path: Path, tile: np.ndarray):
    cache = FeatureCache(tmp_path, ["scene"])
    cache.write("0_0", tile)
    path = cache.folder / "0_0.npy"
    whole = path.read_bytes()
    for text in (b"{'descr': (", b"\xff" * 20, b"{'descr': '<f2', 'fortran_order': True,"):
        path.write_bytes(whole[:10] + text + whole[10 + len(text) :])
        assert cache.read("0_0", SHAPE) is None
    path.write_bytes(whole + b"\0")
    assert cache.read("0_0", SHAPE) is None
    path.write_bytes(whole)
    np.testing.assert_array_equal(cache.read("0_0", SHAPE), tile)


def test_arrays_are_kept_in_a_format_that_numpy_reads(tmp_path: Path, tile: np.ndarray):
    cache = FeatureCache(tmp_path, ["scene"])
    cache.write("0_0", np.asfortranarray(tile))
    np.testing.assert_array_equal(np.load(cache.folder / "0_0.npy"), tile)
    np.testing.assert_array_equal(cache.read("0_0", SHAPE), tile)


def test_tile_of_another_shape_or_cut_short_counts_as_missing(tmp_path: Path, tile: np.ndarray):
    cache = FeatureCache(tmp_path, ["scene"])
    cache.write("0_0", tile)
    assert cache.read("0_0", (3, 5, 4)) is None
    path = cache.folder / "0_0.npy"
    path.write_bytes(path.read_bytes()[:-7])
    assert not cache.has("0_0", SHAPE)
    assert cache.read("0_0", SHAPE) is None


def test_other_facts_have_another_folder(tmp_path: Path):
    one, same, other = (FeatureCache(tmp_path, facts) for facts in (["a", 1], ["a", 1], ["a", 2]))
    assert one.folder == same.folder != other.folder


def test_facts_of_files_change_with_their_content(tmp_path: Path):
    path = tmp_path / "scene.tif"
    path.write_bytes(b"12")
    before = file_facts([path])
    path.write_bytes(b"123")
    longer = file_facts([path])
    os.utime(path, ns=(5, 5))
    assert before != longer != file_facts([path])
    assert file_facts([tmp_path / "gone.tif"]) == []


def test_folders_used_longest_ago_go_first_and_never_the_one_in_use(
    tmp_path: Path, tile: np.ndarray
):
    caches = [FeatureCache(tmp_path, [name]) for name in ("a", "b", "c")]
    for age, cache in enumerate(caches):
        cache.write("0_0", tile)
        os.utime(cache.folder / "used", ns=(age, age))
    stranger = tmp_path / "notes.txt"
    stranger.write_text("mine")
    oldest, _, newest = caches
    assert oldest.shrink(2 * caches[0].bytes()) == 1  # it is the oldest, but in use
    assert [cache.folder.exists() for cache in caches] == [True, False, True]
    assert newest.shrink(0) == 1
    assert [cache.folder.exists() for cache in caches] == [False, False, True]
    assert stranger.exists()


def test_folder_cleared_by_another_process_is_made_again(tmp_path: Path, tile: np.ndarray):
    ours, other = FeatureCache(tmp_path, ["ours"]), FeatureCache(tmp_path, ["other"])
    ours.write("0_0", tile)
    other.shrink(0)
    assert not ours.folder.exists()
    assert ours.read("0_0", SHAPE) is None
    ours.write("0_0", tile)
    assert ours.has("0_0", SHAPE)


def test_cache_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutputError, match=r"cache folder '.*' cannot be written.*Choose"):
        FeatureCache(blocked / "cache", ["scene"])


def test_folders_that_are_not_ours_are_never_removed(tmp_path: Path, tile: np.ndarray):
    named_alike = tmp_path / "scene-x"
    unmarked = tmp_path / f"scene-{'0123456789ab' * 2}"
    marked_by_another = tmp_path / f"scene-{'a' * 24}"
    elsewhere = tmp_path / "elsewhere"
    for folder in (named_alike, unmarked, marked_by_another, elsewhere):
        folder.mkdir()
        (folder / "used").touch()
        (folder / "mine.txt").write_text("years of work")
    ours = FeatureCache(tmp_path, ["ours"])
    (named_alike / TAG).write_bytes((ours.folder / TAG).read_bytes())
    (elsewhere / TAG).write_bytes((ours.folder / TAG).read_bytes())
    (marked_by_another / TAG).write_text("Signature: 8a477f597d28d172789f06886806bc55")
    link = tmp_path / f"scene-{'b' * 24}"
    link.symlink_to(elsewhere, target_is_directory=True)
    assert ours.shrink(0) == 0
    for folder in (named_alike, unmarked, marked_by_another, elsewhere, link):
        assert (folder / "mine.txt").exists()


def test_folder_that_cannot_be_removed_does_not_count_as_gone(
    tmp_path: Path, tile: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    caches = [FeatureCache(tmp_path, [name]) for name in ("a", "b", "c")]
    for age, cache in enumerate(caches):
        cache.write("0_0", tile)
        os.utime(cache.folder / "used", ns=(age, age))
    really = shutil.rmtree

    def stubborn(path: Path, ignore_errors: bool) -> None:
        if path != caches[0].folder:
            really(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", stubborn)
    assert caches[2].shrink(2 * caches[0].bytes()) == 1
    assert [cache.folder.exists() for cache in caches] == [True, False, True]


def test_tiles_used_longest_ago_go_when_one_folder_alone_is_too_large(
    tmp_path: Path, tile: np.ndarray
):
    cache = FeatureCache(tmp_path, ["scene"])
    for age, name in enumerate(("0_0", "0_1", "0_2", "0_3")):
        cache.write(name, tile)
        os.utime(cache.folder / f"{name}.npy", ns=(age, age))
    cache.read("0_1", SHAPE)  # used just now
    one = (cache.folder / "0_0.npy").stat().st_size
    cache.shrink(cache.bytes() - 2 * one, keep={"0_0"})
    left = sorted(path.stem for path in cache.folder.glob("*.npy"))
    assert left == ["0_0", "0_1"]


def test_what_was_left_half_written_goes_after_a_day(tmp_path: Path, tile: np.ndarray):
    cache = FeatureCache(tmp_path, ["scene"])
    old, new = cache.folder / ".0_0.npy.1-abcd", cache.folder / ".0_1.npy.2-abcd"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    cache.shrink(10**9)
    assert not old.exists()
    assert new.exists()
