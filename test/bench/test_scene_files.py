from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import scene_files
from bench.accuracy.benchmark import load_benchmark
from bench.accuracy.scene_files import made_once, with_few_labels, write_cube
from hsi_film_plugin.engine.scene import Scene

from .conftest import BenchmarkMaker


def test_a_folder_is_filled_once_and_only_whole(tmp_path: Path) -> None:
    target = tmp_path / "made"

    def fail() -> None:
        with made_once(target) as folder:
            (folder / "half").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with made_once(target) as folder:
        (folder / "whole").touch()
    assert [path.name for path in target.iterdir()] == ["whole"]
    with made_once(target) as folder:
        assert folder is None


def test_a_cube_keeps_scale_wavelengths_and_bad_bands(tmp_path: Path) -> None:
    values = np.arange(3 * 16 * 20, dtype=np.uint16).reshape(3, 16, 20)
    path = tmp_path / "cube.tif"
    write_cube(path, values, wavelengths=[500, 600, 700], good=[True, False, True], scale=0.01)
    with Scene.open(path) as scene:
        assert scene.bands.wavelengths.tolist() == [500, 600, 700]
        assert scene.bands.good.tolist() == [True, False, True]
        cube, valid = scene.read(0, 0, 16, 20)
    np.testing.assert_allclose(cube[2], values[2] * 0.01, rtol=1e-6)
    assert valid.all()


def test_few_labels_are_the_same_in_the_file(
    make_benchmark: BenchmarkMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_files, "SCENES", tmp_path / "scenes")
    few = with_few_labels(make_benchmark(), 5)
    assert np.bincount(few.train.classes).tolist() == [5, 5, 5]
    read = load_benchmark("x", 0, few.files)
    assert len(read.train) == 15
    np.testing.assert_array_equal(read.train.rows, few.train.rows)
    np.testing.assert_array_equal(read.train.classes, few.train.classes)
