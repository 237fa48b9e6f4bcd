from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from bench.accuracy.benchmark import SceneFiles, load_benchmark
from bench.accuracy.matlab_scenes import CLASSIC_SCENES, FoundScene, array_of
from bench.accuracy.scene_files import read_raster, write_labels

SCENES = {scene.name.removeprefix("classic-"): scene for scene in CLASSIC_SCENES}
HEIGHT, WIDTH = 12, 16


def cube(bands: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5000, (HEIGHT, WIDTH, bands)).astype(np.uint16)


def reference() -> np.ndarray:
    classes = np.zeros((HEIGHT, WIDTH), np.uint8)
    classes[:, :6], classes[:, 8:] = 1, 2
    return classes


def halves() -> tuple[np.ndarray, np.ndarray]:
    classes, rows = reference(), np.indices((HEIGHT, WIDTH))[0]
    return np.where(rows < 3, classes, 0), np.where(rows >= 3, classes, 0)


def written(found: FoundScene | None, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    assert found is not None
    folder.mkdir(exist_ok=True)
    found.write(folder)
    return read_raster(folder / "train.tif"), read_raster(folder / "test.tif")


@pytest.mark.parametrize(
    ("name", "stem", "variable"),
    [
        ("indian_pines", "Indian_pines_corrected", "Indian_pines_gt"),
        ("pavia_university", "PaviaU", "PaviaU_gt"),
        ("salinas", "Salinas_corrected", "Salinas_gt"),
    ],
)
def test_a_cube_and_a_reference_are_split_once_and_for_all(
    name: str, stem: str, variable: str, tmp_path: Path
) -> None:
    savemat(tmp_path / f"{stem}.mat", {stem.lower(): cube(9)})
    savemat(tmp_path / f"{variable}.mat", {variable.lower(): reference()})
    found = SCENES[name].find(tmp_path, tmp_path / "nothing")
    train, test = written(found, tmp_path / "a")
    assert "no official split" in found.split
    assert [(train == value).sum() for value in (1, 2)] == [15, 15]
    np.testing.assert_array_equal(np.maximum(train, test), reference())
    np.testing.assert_array_equal(written(found, tmp_path / "b")[0], train)


def test_the_projects_rasters_give_the_official_split(tmp_path: Path) -> None:
    train, test = halves()
    savemat(tmp_path / "PaviaU.mat", {"paviaU": cube(103)})
    (tmp_path / "project" / "label_maps").mkdir(parents=True)
    for kind, classes in (("train", train), ("test", test)):
        write_labels(tmp_path / f"project/label_maps/pavia_university_{kind}.tif", classes)
    found = SCENES["pavia_university"].find(tmp_path, tmp_path / "project")
    for expected, got in zip((train, test), written(found, tmp_path / "made")):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("name", "folder", "files"),
    [
        ("augsburg", "Augsburg", ("data_HS_LR", "TrainImage", "TestImage")),
        ("berlin", "Berlin", ("data_HS_LR", "TrainImage", "TestImage")),
        ("houston_2013", "Houston2013", ("data_HS_LR", "TrainImage", "TestImage")),
        ("houston_2013", "", ("Houston", "TRLabel", "TSLabel")),
    ],
)
def test_training_and_test_files_are_the_official_split(
    name: str, folder: str, files: tuple[str, str, str], tmp_path: Path
) -> None:
    train, test = halves()
    place = tmp_path / folder
    place.mkdir(exist_ok=True)
    for file, values in zip(files, (cube(5), train, test)):
        savemat(place / f"{file}.mat", {file: values})
    others = {scene for scene in SCENES if SCENES[scene].find(tmp_path, tmp_path)} - {name}
    assert not others
    found = SCENES[name].find(tmp_path, tmp_path)
    assert "official" in found.split
    for expected, got in zip((train, test), written(found, tmp_path / "made")):
        np.testing.assert_array_equal(got, expected)


def test_a_file_may_hold_cube_and_split(tmp_path: Path) -> None:
    train, test = halves()
    held = {"input": cube(5), "TR": train, "TE": test, "l_max": np.ones((1, 5))}
    savemat(tmp_path / "IndianPine.mat", held)
    found = SCENES["indian_pines"].find(tmp_path, tmp_path)
    for expected, got in zip((train, test), written(found, tmp_path / "made")):
        np.testing.assert_array_equal(got, expected)


def test_bands_have_their_wavelengths_where_none_is_missing(tmp_path: Path) -> None:
    for bands, known in ((103, True), (102, False)):
        folder = tmp_path / str(bands)
        folder.mkdir()
        savemat(folder / "PaviaU.mat", {"paviaU": cube(bands)})
        savemat(folder / "PaviaU_gt.mat", {"paviaU_gt": reference()})
        written(SCENES["pavia_university"].find(folder, folder / "nothing"), folder)
        files = SceneFiles(folder / "scene.tif", folder / "train.tif", folder / "test.tif")
        benchmark = load_benchmark("x", 0, files)
        assert benchmark.cube.shape == (bands, HEIGHT, WIDTH)
        assert (benchmark.wavelengths is not None) == known
        row, col = benchmark.test.rows[0], benchmark.test.cols[0]
        np.testing.assert_array_equal(benchmark.cube[:, row, col], cube(bands)[row, col])


def test_missing_scenes_are_not_found(tmp_path: Path) -> None:
    savemat(tmp_path / "Salinas_corrected.mat", {"salinas_corrected": cube(5)})
    assert SCENES["salinas"].find(tmp_path, tmp_path) is None
    assert SCENES["berlin"].find(tmp_path, tmp_path) is None
    assert [path.name for path in SCENES["salinas"].wanted(tmp_path)] == [
        "Salinas_corrected.mat",
        "Salinas_gt.mat",
    ]


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    savemat(tmp_path / "PaviaU.mat", {"paviaU": cube(5)})
    savemat(tmp_path / "PaviaU_gt.mat", {"paviaU_gt": np.ones((3, 4), np.uint8)})
    found = SCENES["pavia_university"].find(tmp_path, tmp_path / "nothing")
    with pytest.raises(SystemExit, match="12 × 16 pixels, its labels 3 × 4"):
        found.write(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "PaviaU.mat").write_bytes(b"no such thing" * 20)
    with pytest.raises(SystemExit, match=r"PaviaU.mat' cannot be read"):
        array_of(tmp_path / "PaviaU.mat", 3)


def test_a_file_of_version_7_3_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "PaviaU.mat").write_bytes(header + bytes(400))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(SystemExit, match=r"h5py.*-v7'"):
        array_of(tmp_path / "PaviaU.mat", 3)
