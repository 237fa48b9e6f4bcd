"""A scene of square fields, small enough for every method to take moments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.accuracy.benchmark import Benchmark, SceneFiles, load_benchmark
from bench.accuracy.scene_files import write_cube, write_labels

SIDE, BANDS, FIELD = 40, 8, 10

BenchmarkMaker = Callable[..., Benchmark]


@pytest.fixture
def make_benchmark(tmp_path: Path) -> BenchmarkMaker:
    """Return a function that makes a scene of three classes in fields of 10 × 10 pixels.

    Every other pixel of the upper half is trained on, the lower half is tested. The first
    ``nodata`` columns hold no values. ``noise`` is added to every value.
    """

    def make(*, noise: float = 0.1, nodata: int = 0, name: str = "fields") -> Benchmark:
        rng = np.random.default_rng(3)
        row, col = np.indices((SIDE, SIDE))
        classes = (row // FIELD + 2 * (col // FIELD)) % 3 + 1
        spectra = rng.random((3, BANDS))
        cube = spectra[classes - 1].transpose(2, 0, 1)
        cube = (cube + rng.normal(0, noise, cube.shape)).astype(np.float32)
        cube[:, :, :nodata] = np.nan
        folder = tmp_path / name
        folder.mkdir()
        files = SceneFiles(folder / "scene.tif", folder / "train.tif", folder / "test.tif")
        wavelengths = np.linspace(450, 900, BANDS)
        write_cube(files.raster, cube, wavelengths=wavelengths)
        upper = (row < SIDE // 2) & ((row + col) % 2 == 0)
        write_labels(files.train, np.where(upper, 10 * classes, 0))
        write_labels(files.test, np.where(row >= SIDE // 2, 10 * classes, 0))
        return load_benchmark(name, 0, files)

    return make


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a very small network of random weights."""
    import torch
    from diffusers import UNet2DModel

    torch.manual_seed(1)
    unet = UNet2DModel(
        sample_size=64,
        block_out_channels=(8, 16, 16),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
    )
    folder = tmp_path_factory.mktemp("backbones") / "tiny"
    unet.save_pretrained(folder, safe_serialization=True)
    return folder
