"""The scene settings of the benchmark: what each is, and how its files come about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.measure import data_folder
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_landscape import MATERIALS
from hsi_film_plugin.engine.sample_map_scene import MapScene, Recipe, default_recipes
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene

from .benchmark import Benchmark, SceneFiles, load_benchmark
from .fingerprint import combined, file_fingerprint, module_fingerprint, package_fingerprint
from .matlab_scenes import CLASSIC_SCENES, ClassicScene
from .scene_files import SCENES, made_once, read_raster, write_cube, write_labels
from .splits import thinned, whole_fields

#: How much the classes of a simulated scene vary within themselves, and how many of them are
#: parts of one material.
DIFFICULTIES = {"easy": (1.0, 1), "medium": (2.0, 2), "hard": (4.0, 3)}
SAMPLE_SIDE = 256
#: Where a simulation makes more test pixels than this, these are drawn from them.
MOST_SIMULATED_TEST = 20_000


@dataclass(frozen=True)
class SceneSetting:
    """A scene with a way to split it.

    Attributes:
        name: What it is called on the command line and in the results.
        split: How it is split, in words.
        needs: Files without which it cannot be measured.
        make: Makes its files, from a draw and a folder that it may fill.
        made_by: Fingerprint of the code that makes them.
        raster_changes: Whether every draw has a raster of its own.
        raster: Settings of the same raster share this name.
        in_detail: Whether the sweep and the label efficiency are measured on it.
        kind: ``measured``, ``simulated`` or ``classic``.
    """

    name: str
    split: str
    needs: tuple[Path, ...]
    make: Callable[[int, Path], SceneFiles]
    made_by: str
    raster_changes: bool
    raster: str
    in_detail: bool
    kind: str

    def missing(self) -> str | None:
        """Return why it cannot be measured here, or None."""
        lacking = [str(path) for path in self.needs if not path.is_file()]
        return f"{', '.join(lacking)} not found" if lacking else None

    def fingerprint(self, draw: int) -> str:
        """Return what tells this draw from others."""
        files = [file_fingerprint(path) for path in self.needs]
        return combined(self.name, draw, self.made_by, *files)

    def load(self, draw: int) -> Benchmark:
        """Return the scene and its split, made if it was not before."""
        folder = SCENES / f"{self.name}-{draw}-{self.fingerprint(draw)}"
        return load_benchmark(self.name, draw, self.make(draw, folder))


def scene_settings(data: Path | None) -> list[SceneSetting]:
    """Return all settings.

    Args:
        data: The user's folder of classic scenes, if any.
    """
    settings = [*_potsdam(), *_indian_pines(), *_simulated(), _sample()]
    return settings + [_classic(scene, data) for scene in CLASSIC_SCENES if data is not None]


def _potsdam() -> list[SceneSetting]:
    folder = data_folder() / "enmap_potsdam"
    names = ("scene.tif", "train_polygons.gpkg", "test_polygons.gpkg")
    raster, train, test = (folder / name for name in names)

    def make(draw: int, made: Path) -> SceneFiles:
        return SceneFiles(raster, train, test, "class_id")

    split = "test polygons in other blocks of 12×12 pixels"
    return [
        SceneSetting(
            "enmap_potsdam",
            split,
            (raster, train, test),
            make,
            "",
            False,
            "enmap_potsdam",
            True,
            "measured",
        )
    ]


def _indian_pines() -> list[SceneSetting]:
    raster, train, test = _indian_pines_files()

    def official(draw: int, made: Path) -> SceneFiles:
        return SceneFiles(raster, train, test)

    def fields(draw: int, made: Path) -> SceneFiles:
        known, asked = read_raster(train), read_raster(test)
        classes = np.where(known > 0, known, asked)
        most = {int(c): min(45, int((known == c).sum())) for c in np.unique(classes) if c}
        split = whole_fields(classes, most, draw)
        with made_once(made) as folder:
            if folder is not None:
                write_labels(folder / "train.tif", split.train)
                write_labels(folder / "test.tif", split.test)
        left = ", ".join(str(value) for value in split.left_out)
        notes = (f"Classes of a single field are left out: {left}.",) if left else ()
        return SceneFiles(raster, made / "train.tif", made / "test.tif", None, notes)

    made_by = combined(module_fingerprint("bench.accuracy.splits"), 45)
    needs = (raster, train, test)
    name = "indian_pines_ms"
    return [
        SceneSetting(
            name,
            "official split, which leaves training pixels inside test fields",
            needs,
            official,
            "",
            False,
            name,
            True,
            "measured",
        ),
        SceneSetting(
            f"{name}-fields",
            "whole fields are either trained on or tested, another draw for each seed",
            needs,
            fields,
            made_by,
            False,
            name,
            True,
            "measured",
        ),
    ]


def _indian_pines_files() -> tuple[Path, Path, Path]:
    folder = data_folder() / "indian_pines_ms"
    return folder / "scene.tif", folder / "train_labels.tif", folder / "test_labels.tif"


def _simulated() -> list[SceneSetting]:
    maps = data_folder() / "label_maps"
    splits = {
        "indian_pines": _indian_pines_files()[1:],
        "pavia_university": (
            maps / "pavia_university_train.tif",
            maps / "pavia_university_test.tif",
        ),
        "augsburg": (maps / "augsburg_train.tif", maps / "augsburg_test.tif"),
    }
    return [
        _simulation(name, split, level, *degree)
        for name, split in splits.items()
        for level, degree in DIFFICULTIES.items()
    ]


def recipes(classes: int, sharing: int) -> tuple[Recipe, ...]:
    """Return what classes are made of when neighbours in their list share a material.

    Args:
        classes: How many.
        sharing: How many make up a material, each a part of its range; 1 is the generator's
            own choice.
    """
    if sharing == 1:
        return default_recipes(classes)
    return tuple(
        Recipe(
            MATERIALS[place // sharing % len(MATERIALS)],
            second=(place % sharing / sharing, (place % sharing + 1) / sharing),
        )
        for place in range(classes)
    )


def _simulation(
    place: str, labels: tuple[Path, ...], level: str, difficulty: float, sharing: int
) -> SceneSetting:
    name = f"simulated-{place}-{level}"
    train, test = labels

    def make(draw: int, made: Path) -> SceneFiles:
        with made_once(made) as folder:
            if folder is not None:
                known, asked = read_raster(train), read_raster(test)
                classes = np.where(known > 0, known, asked)
                made_of = recipes(int(classes.max()), sharing)
                scene = MapScene(classes, made_of, draw, difficulty=difficulty)
                write_cube(
                    folder / "scene.tif",
                    scene.render(0, 0, *classes.shape),
                    wavelengths=scene.wavelengths,
                    good=scene.good,
                    scale=scene.scale,
                )
                write_labels(folder / "test.tif", thinned(asked, MOST_SIMULATED_TEST, draw))
        return SceneFiles(made / "scene.tif", train, made / "test.tif")

    made_by = combined(
        package_fingerprint("hsi_film_plugin.engine.sample_map_scene"),
        module_fingerprint("bench.accuracy.splits"),
        difficulty,
        repr(recipes(16, sharing)),
        MOST_SIMULATED_TEST,
    )
    materials = f"{sharing} classes to a material" if sharing > 1 else "each class a material"
    split = (
        f"simulated on the reference of {place}, {materials}, difficulty {difficulty:g}; official "
        f"split, at most {MOST_SIMULATED_TEST:,} test pixels"
    )
    return SceneSetting(
        name, split, labels, make, made_by, True, name, level == "medium", "simulated"
    )


def _sample() -> SceneSetting:
    def make(draw: int, made: Path) -> SceneFiles:
        scene = SampleScene(SAMPLE_SIDE, SAMPLE_SIDE, draw)
        with made_once(made) as folder:
            if folder is not None:
                raster, training = folder / "scene.tif", folder / "training.gpkg"
                write_sample_scene(scene, raster, training, None, Progress())
                truth = scene.truth(0, 0, SAMPLE_SIDE, SAMPLE_SIDE)
                test = thinned(truth, MOST_SIMULATED_TEST, draw)
                write_labels(folder / "test.tif", test, raster)
        return SceneFiles(made / "scene.tif", made / "training.gpkg", made / "test.tif", "class_id")

    made_by = combined(
        package_fingerprint("hsi_film_plugin.engine.sample_scene_files"),
        module_fingerprint("bench.accuracy.splits"),
        SAMPLE_SIDE,
        MOST_SIMULATED_TEST,
    )
    split = f"the sample scene: its training polygons, {MOST_SIMULATED_TEST:,} other pixels tested"
    return SceneSetting("sample", split, (), make, made_by, True, "sample", True, "simulated")


def _classic(scene: ClassicScene, data: Path | None) -> SceneSetting:
    found = scene.find(data, data_folder()) if data is not None else None

    def make(draw: int, made: Path) -> SceneFiles:
        notes: tuple[str, ...] = ()
        if found is not None:
            with made_once(made) as folder:
                if folder is not None:
                    found.write(folder)
            notes = (found.split,)
        return SceneFiles(made / "scene.tif", made / "train.tif", made / "test.tif", None, notes)

    made_by = combined(
        module_fingerprint("bench.accuracy.matlab_scenes"),
        module_fingerprint("bench.accuracy.splits"),
    )
    return SceneSetting(
        scene.name,
        found.split if found else "",
        found.paths if found else scene.wanted(data or Path()),
        make,
        made_by,
        False,
        scene.name,
        False,
        "classic",
    )
