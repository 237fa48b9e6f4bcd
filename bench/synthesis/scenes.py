"""The scenes of the comparison: made once into a folder that holds rasters alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.accuracy.benchmark import Benchmark, SceneFiles, load_benchmark
from bench.accuracy.fingerprint import (
    combined,
    file_fingerprint,
    module_fingerprint,
    package_fingerprint,
)
from bench.accuracy.scene_files import made_once, read_raster, write_cube, write_labels
from bench.accuracy.scenes import recipes
from bench.accuracy.splits import Split, whole_fields
from bench.measure import data_folder
from hsi_film_plugin.engine.label_classes import ClassStyle
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.sample_map_scene import MapScene
from hsi_film_plugin.engine.scene import Scene

from .block_split import BLOCK, MARGIN, blocks_apart
from .long_tail import COMMON, RARE, TESTED, drawn, tail_of

RASTER, FACTS = "scene.tif", "scene.json"
_FIELDS = "every field is either trained on or tested, another draw for each seed"

_POTSDAM = ("roof", "pavement", "low vegetation", "tree", "soil", "water")
_INDIAN_PINES = (
    "corn, no till",
    "corn, minimum till",
    "corn",
    "grass pasture",
    "trees",
    "windrowed hay",
    "soybean, no till",
    "soybean, minimum till",
    "clean soybean",
    "wheat",
    "woods",
    "buildings with grass and trees",
    "stone and steel towers",
    "alfalfa",
    "mown grass pasture",
    "oats",
)
_PAVIA = (
    "asphalt",
    "meadows",
    "gravel",
    "trees",
    "metal sheets",
    "bare soil",
    "bitumen",
    "bricks",
    "shadows",
)
_AUGSBURG = (
    "forest",
    "residential area",
    "industrial area",
    "low plants",
    "allotments",
    "commercial area",
    "water",
)
#: Rows and columns of the reference maps that are simulated.
_PAVIA_WINDOW = (slice(100, 360), slice(None))
_AUGSBURG_WINDOW = (slice(38, 294), slice(115, 371))
#: How much the classes of a simulated scene vary within themselves, and how many of them are
#: parts of one material.
_DIFFICULTY, _SHARING = 2.0, 3
_SIMULATION_SEED = 0


@dataclass(frozen=True)
class Source:
    """A scene before it is made.

    Attributes:
        name: What it is called in results.
        split: Where its training and its test pixels lie, in words.
        needs: Files without which it cannot be made.
        made_by: Fingerprint of the code that makes it.
        class_names: The names of the classes 1, 2, …
        write: Writes the raster.
        split_of: Returns class numbers of what may be trained on and of what is tested, for a
            draw; each ``(height, width)``.
    """

    name: str
    split: str
    needs: tuple[Path, ...]
    made_by: str
    class_names: tuple[str, ...]
    write: Callable[[Path], None]
    split_of: Callable[[int], Split]

    def missing(self) -> str | None:
        """Return why it cannot be made here, or None."""
        lacking = [str(path) for path in self.needs if not path.is_file()]
        return f"{', '.join(lacking)} not found" if lacking else None

    def fingerprint(self) -> str:
        """Return what tells its files from those of another version."""
        return combined(
            self.name, self.made_by, self.class_names, *map(file_fingerprint, self.needs)
        )


def sources() -> list[Source]:
    """Return all scenes: two measured, two simulated."""
    return [
        _potsdam(),
        _indian_pines(),
        _simulated("pavia_university", ("pavia_university.tif",), _PAVIA, _PAVIA_WINDOW),
        _simulated(
            "augsburg", ("augsburg_train.tif", "augsburg_test.tif"), _AUGSBURG, _AUGSBURG_WINDOW
        ),
    ]


def prepare(source: Source, draws: int, folder: Path) -> Path:
    """Write a scene, its classes and the splits of all draws as rasters, unless they are there.

    Nothing else is read afterwards, so the folder may travel to another machine.

    Args:
        source: What to make.
        draws: How many splits.
        folder: Of all scenes.

    Returns:
        The scene's own folder, whose name changes with what decides its content.
    """
    place = folder / f"{source.name}-{combined(source.fingerprint(), draws)}"
    with made_once(place) as made:
        if made is not None:
            source.write(made / RASTER)
            splits = [source.split_of(draw) for draw in range(draws)]
            tail = tail_of(splits)
            for draw, split in enumerate(splits):
                for labels in RARE:
                    known = drawn(split.train, tail.counts(labels), draw)
                    write_labels(made / f"train-{labels}-{draw}.tif", known)
                asked = drawn(split.test, dict.fromkeys(tail.values, TESTED), draw)
                write_labels(made / f"test-{draw}.tif", asked)
            facts = {
                "name": source.name,
                "fingerprint": source.fingerprint(),
                "split": source.split,
                "draws": draws,
                "rare": tail.rare,
                "names": {value: source.class_names[value - 1] for value in tail.values},
            }
            (made / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return place


@dataclass(frozen=True)
class PreparedScene:
    """A scene as it lies in its folder.

    Attributes:
        folder: Holds everything.
        name: What it is called in results.
        fingerprint: Of what made it.
        split: Where its training and its test pixels lie, in words.
        draws: How many splits there are.
        rare: Numbers of the rare classes.
        names: Of the classes, by number, in this order.
    """

    folder: Path
    name: str
    fingerprint: str
    split: str
    draws: int
    rare: tuple[int, ...]
    names: dict[int, str]

    @property
    def raster(self) -> Path:
        """Return the raster."""
        return self.folder / RASTER

    @property
    def styles(self) -> tuple[ClassStyle, ...]:
        """Return what gives the classes of label rasters their names."""
        return tuple(ClassStyle(str(value), name, "") for value, name in self.names.items())

    def train(self, labels: int, draw: int) -> Path:
        """Return the label raster of what is trained on."""
        return self.folder / f"train-{labels}-{draw}.tif"

    def benchmark(self, labels: int, draw: int) -> Benchmark:
        """Return the scene with a split."""
        files = SceneFiles(self.raster, self.train(labels, draw), self.folder / f"test-{draw}.tif")
        return load_benchmark(self.name, draw, files)

    def is_rare(self, values: np.ndarray) -> np.ndarray:
        """Return which class numbers are rare ones', bool ``(n,)``."""
        return np.isin(values, self.rare)


def prepared_scenes(folder: Path) -> list[PreparedScene]:
    """Return what lies in a folder of scenes, the order of :func:`sources`.

    Raises:
        SystemExit: if there is none, or one in two versions.
    """
    found = [_read(path) for path in sorted(folder.glob(f"*/{FACTS}"))]
    names = [scene.name for scene in found]
    if not found:
        raise SystemExit(f"No scene lies in '{folder}'. Run 'python -m bench.synthesis prepare'.")
    if len(set(names)) < len(names):
        raise SystemExit(f"'{folder}' holds a scene in two versions. Remove the older ones.")
    order = [source.name for source in sources()]
    return sorted(found, key=lambda scene: order.index(scene.name))


def _read(path: Path) -> PreparedScene:
    facts = json.loads(path.read_text(encoding="utf-8"))
    names = {int(value): name for value, name in facts.pop("names").items()}
    rare = tuple(facts.pop("rare"))
    return PreparedScene(folder=path.parent, names=names, rare=rare, **facts)


def _potsdam() -> Source:
    folder = data_folder() / "enmap_potsdam"
    raster, train, test = (
        folder / name for name in ("scene.tif", "train_polygons.gpkg", "test_polygons.gpkg")
    )

    def write(path: Path) -> None:
        shutil.copyfile(raster, path)

    def split_of(draw: int) -> Split:
        with Scene.open(raster) as scene:
            known, asked = (
                _burned(read_labels(p, scene, "class_id"), scene) for p in (train, test)
            )
        asked[known > 0] = 0
        return Split(known, asked)

    return Source(
        "enmap_potsdam",
        "test polygons in other blocks of 12×12 pixels than the training polygons",
        (raster, train, test),
        _made_by(),
        _POTSDAM,
        write,
        split_of,
    )


def _burned(labels: Labels, scene: Scene) -> np.ndarray:
    picture = np.zeros((scene.height, scene.width), np.uint8)
    values = np.array([known.value for known in labels.classes])
    picture[labels.rows, labels.cols] = values[labels.classes_of]
    return picture


def _indian_pines() -> Source:
    folder = data_folder() / "indian_pines_ms"
    raster, *labels = (
        folder / name for name in ("scene.tif", "train_labels.tif", "test_labels.tif")
    )

    def write(path: Path) -> None:
        shutil.copyfile(raster, path)

    return Source(
        "indian_pines_ms",
        f"blocks of {BLOCK}×{BLOCK} pixels are either trained on or tested, class by class and "
        f"another draw for each seed; no test pixel is within {MARGIN} of one that may be trained "
        "on; classes that are too small for that are left out",
        (raster, *labels),
        combined(_made_by(), module_fingerprint("bench.synthesis.block_split")),
        _INDIAN_PINES,
        write,
        lambda draw: blocks_apart(_map(labels), draw),
    )


def _simulated(
    place: str, maps: tuple[str, ...], names: tuple[str, ...], window: tuple[slice, slice]
) -> Source:
    paths = tuple(data_folder() / "label_maps" / name for name in maps)

    def write(path: Path) -> None:
        classes = _map(paths)[window]
        made_of = recipes(len(names), _SHARING)
        scene = MapScene(classes, made_of, _SIMULATION_SEED, difficulty=_DIFFICULTY)
        numbers = scene.render(0, 0, *classes.shape)
        write_cube(path, numbers, wavelengths=scene.wavelengths, good=scene.good, scale=scene.scale)

    made_by = combined(
        package_fingerprint("hsi_film_plugin.engine.sample_map_scene"),
        repr((recipes(len(names), _SHARING), window, _DIFFICULTY, _SIMULATION_SEED)),
        _made_by(),
    )
    return Source(
        f"simulated-{place}",
        f"simulated on a part of the reference map of {place}; {_FIELDS}",
        paths,
        made_by,
        names,
        write,
        lambda draw: _fields(_map(paths)[window], draw),
    )


def _made_by() -> str:
    return combined(
        module_fingerprint("bench.accuracy.splits"),
        module_fingerprint("bench.synthesis.long_tail"),
    )


def _map(paths: Sequence[Path]) -> np.ndarray:
    """Return the class numbers of label rasters together."""
    classes = read_raster(paths[0])
    for path in paths[1:]:
        classes = np.where(classes > 0, classes, read_raster(path))
    return classes


def _fields(classes: np.ndarray, draw: int) -> Split:
    most = dict.fromkeys(np.unique(classes[classes > 0]).tolist(), COMMON)
    return whole_fields(classes, most, draw)
