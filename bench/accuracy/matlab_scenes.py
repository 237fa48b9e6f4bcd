"""The classic scenes from the ``.mat`` files that they are passed around as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat, whosmat

from .scene_files import read_raster, write_cube, write_labels
from .splits import Split, fixed_share

#: The toolboxes of several scenes call their cubes this: the folder tells them apart.
_SHARED_NAME = "data_HS_LR.mat"
#: Where a scene has no official split: this share of each class, within these limits.
SHARE, LEAST, MOST = 0.05, 15, 50


@dataclass(frozen=True)
class ClassicScene:
    """A classic scene and the usual names of its files.

    Attributes:
        name: What it is called in the results.
        folders: Names of the folder it may lie in; the data folder itself is searched too.
        cubes: Usual file names of the cube.
        references: Of the complete reference.
        train: Of the official training labels.
        test: Of the official test labels.
        split_rasters: Where the project's data folder holds the official split: its two files.
        wavelengths: Approximate band centres in nm: (band, nm) pairs to interpolate between;
            ``count`` is the number of bands they are meant for.
        count: See ``wavelengths``.
    """

    name: str
    folders: tuple[str, ...]
    cubes: tuple[str, ...]
    references: tuple[str, ...]
    train: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    split_rasters: tuple[str, str] | None = None
    wavelengths: tuple[tuple[float, float], ...] = ()
    count: int = 0

    def wanted(self, data: Path) -> tuple[Path, ...]:
        """Return the files that were looked for, by their most usual names."""
        return tuple(data / names[0] for names in (self.cubes, self.references or self.train))

    def find(self, data: Path, project_data: Path) -> FoundScene | None:
        """Look for the scene in the user's folder.

        Args:
            data: The user's folder of ``.mat`` files, in folders a scene or all together.
            project_data: Where rasters of official splits may lie.
        """
        own = [data / name for name in self.folders]
        if data.name in self.folders:
            own.append(data)
        cube = _first(own, self.cubes)
        if cube is None:
            cube = _first([data], [name for name in self.cubes if name != _SHARED_NAME])
        if cube is None:
            return None
        # Files of the same names belong to several scenes: only neighbours go together.
        beside = [cube.parent]
        train, test = _first(beside, self.train), _first(beside, self.test)
        if train is not None and test is not None:
            return FoundScene(self, (cube, train, test), "official split of its files")
        if _has_split(cube):
            return FoundScene(self, (cube,), "official split of its file")
        if self.split_rasters is not None:
            rasters = [project_data / name for name in self.split_rasters]
            if all(path.is_file() for path in rasters):
                return FoundScene(self, (cube, *rasters), "official split")
        reference = _first(beside, self.references)
        if reference is None:
            return None
        split = (
            f"no official split: {SHARE:.0%} of each class, {LEAST} to {MOST} pixels and at most "
            "half of it, drawn once"
        )
        return FoundScene(self, (cube, reference), split)


@dataclass(frozen=True)
class FoundScene:
    """A classic scene whose files are there.

    Attributes:
        scene: Which one.
        paths: The cube, then the labels: training and test, one reference, or nothing
            where they are in the cube's file.
        split: How it is split, in words.
    """

    scene: ClassicScene
    paths: tuple[Path, ...]
    split: str

    def write(self, folder: Path) -> None:
        """Write ``scene.tif``, ``train.tif`` and ``test.tif``.

        Raises:
            SystemExit: if a file cannot be read or does not fit the others.
        """
        cube = array_of(self.paths[0], 3).astype(np.float32)
        split = self._split()
        for labels in (split.train, split.test):
            if labels.shape != cube.shape[:2]:
                raise SystemExit(
                    f"'{self.paths[0]}' has {cube.shape[0]} × {cube.shape[1]} pixels, its labels "
                    f"{labels.shape[0]} × {labels.shape[1]}. Put files that belong together into "
                    "one folder."
                )
        wavelengths = None
        if cube.shape[2] == self.scene.count:
            bands, centres = np.array(self.scene.wavelengths).T
            wavelengths = np.interp(np.arange(cube.shape[2]), bands, centres)
        write_cube(folder / "scene.tif", cube.transpose(2, 0, 1), wavelengths=wavelengths)
        write_labels(folder / "train.tif", split.train)
        write_labels(folder / "test.tif", split.test)

    def _split(self) -> Split:
        if len(self.paths) == 1:
            held = _variables(self.paths[0])
            return Split(_labels(held["TR"]), _labels(held["TE"]))
        if len(self.paths) == 3:
            train, test = (
                _labels(array_of(path, 2)) if path.suffix == ".mat" else read_raster(path)
                for path in self.paths[1:]
            )
            return Split(train, np.where(train > 0, 0, test))
        return fixed_share(_labels(array_of(self.paths[1], 2)), SHARE, LEAST, MOST)


def array_of(path: Path, dimensions: int) -> np.ndarray:
    """Return the largest array of so many dimensions in a ``.mat`` file.

    Raises:
        SystemExit: if the file cannot be read or holds none.
    """
    found = [value for value in _variables(path).values() if value.ndim == dimensions]
    found = [value for value in found if min(value.shape) > 1]
    if not found:
        raise SystemExit(f"'{path}' holds no array of {dimensions} dimensions. Check the file.")
    return max(found, key=lambda value: value.size)


def _variables(path: Path) -> dict[str, np.ndarray]:
    """Return a file's numeric arrays by name."""
    try:
        held: dict[str, Any] = loadmat(path)
    except NotImplementedError:
        held = _hdf5_variables(path)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error
    return {
        name: value
        for name, value in held.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    }


def _hdf5_variables(path: Path) -> dict[str, Any]:
    """Return what a file of version 7.3 holds; its axes are the other way round there."""
    try:
        import h5py
    except ImportError:
        raise SystemExit(
            f"'{path}' is a MATLAB 7.3 file, which needs h5py. Install h5py into the engine's "
            "environment, or save the file again in MATLAB with save(..., '-v7')."
        ) from None
    with h5py.File(path) as file:
        return {
            name: np.asarray(value).transpose()
            for name, value in file.items()
            if isinstance(value, h5py.Dataset)
        }


def _has_split(path: Path) -> bool:
    try:
        names = {name for name, _, _ in whosmat(path)}
    except NotImplementedError:
        names = set(_hdf5_variables(path))
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error
    return {"TR", "TE"} <= names


def _unreadable(path: Path, error: Exception) -> SystemExit:
    return SystemExit(f"'{path}' cannot be read as a MATLAB file: {error}")


def _labels(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int64)


def _first(folders: Sequence[Path], names: Sequence[str]) -> Path | None:
    """Return the first file there is, names compared without regard to case."""
    for folder in folders:
        if not folder.is_dir():
            continue
        there = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
        for name in names:
            if name.lower() in there:
                return there[name.lower()]
    return None


_TRAIN = ("TrainImage.mat", "TRLabel.mat", "train.mat")
_TEST = ("TestImage.mat", "TSLabel.mat", "test.mat")
# AVIRIS's 220 or 224 bands without those in the water vapour.
_AVIRIS = ((0.0, 400.0), (102.0, 1341.0), (103.0, 1441.0), (142.0, 1811.0), (143.0, 1955.0))

CLASSIC_SCENES = (
    ClassicScene(
        "classic-indian_pines",
        ("IndianPines", "Indian_pines", "indian_pines"),
        ("Indian_pines_corrected.mat", "IndianPine.mat", "Indian_pines.mat"),
        ("Indian_pines_gt.mat",),
        _TRAIN,
        _TEST,
        ("indian_pines_ms/train_labels.tif", "indian_pines_ms/test_labels.tif"),
        (*_AVIRIS, (199.0, 2490.0)),
        200,
    ),
    ClassicScene(
        "classic-pavia_university",
        ("PaviaU", "Pavia", "pavia_university"),
        ("PaviaU.mat", "Pavia.mat"),
        ("PaviaU_gt.mat",),
        _TRAIN,
        _TEST,
        ("label_maps/pavia_university_train.tif", "label_maps/pavia_university_test.tif"),
        ((0.0, 430.0), (102.0, 860.0)),
        103,
    ),
    ClassicScene(
        "classic-salinas",
        ("Salinas", "salinas"),
        ("Salinas_corrected.mat", "Salinas.mat"),
        ("Salinas_gt.mat",),
        _TRAIN,
        _TEST,
        None,
        (*_AVIRIS, (203.0, 2490.0)),
        204,
    ),
    ClassicScene(
        "classic-houston_2013",
        ("Houston", "Houston2013", "houston_2013"),
        ("Houston.mat", "Houston13.mat", "HoustonU.mat", "data_HS_LR.mat"),
        ("Houston_gt.mat", "Houston13_7gt.mat"),
        _TRAIN,
        _TEST,
        None,
        ((0.0, 380.0), (143.0, 1050.0)),
        144,
    ),
    ClassicScene(
        "classic-augsburg",
        ("Augsburg", "augsburg"),
        ("data_HS_LR.mat", "Augsburg.mat"),
        ("Augsburg_gt.mat",),
        _TRAIN,
        _TEST,
        ("label_maps/augsburg_train.tif", "label_maps/augsburg_test.tif"),
        ((0.0, 400.0), (179.0, 2500.0)),
        180,
    ),
    ClassicScene(
        "classic-berlin",
        ("Berlin", "berlin"),
        ("data_HS_LR.mat", "Berlin.mat"),
        ("Berlin_gt.mat",),
        _TRAIN,
        _TEST,
        None,
        ((0.0, 420.0), (93.0, 1000.0), (243.0, 2450.0)),
        244,
    ),
)
