"""How many labels suggestions spare: labelling simulated on scenes whose truth is known.

One polygon a class begins. Then one polygon after the other is added, where a suggestion points
or at a random labelled place, always of the same shapes: the cores of superpixels. Whoever labels
knows the truth: a polygon gets the class that most of its pixels are of, and a place without any
truth is skipped. After each polygon the live map is fitted anew and judged on labelled pixels
that no polygon holds. Suggestions see neither those pixels' classes nor how well the map does.

The goal is what random places of the same seed keep in the end: the mean of their last judgements,
since one alone is noisy. It counts as reached when the accuracy does not fall below it again.

The sample scene of the tuning was another one than that reported. There is one Indian Pines only:
the tuning saw it, too, and the seeds alone are others.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from hsi_film_plugin.engine.device import choose_device
from hsi_film_plugin.engine.live_model import LabelledPixels, LiveModel, fit_live_model, predict
from hsi_film_plugin.engine.live_scene import LiveScene
from hsi_film_plugin.engine.live_statistics import LiveSettings
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.spots import Spots, spots_of
from hsi_film_plugin.engine.suggestion import (
    COMPONENTS,
    WEIGHTS,
    Weights,
    choose_spots,
    labelled_places,
    stand,
)
from hsi_film_plugin.engine.windows import Block

from .measure import OUTPUT, Table, data_folder

#: Labelled pixels that the map is judged on, drawn once a scene.
JUDGED = 10_000
#: Polygons between two judgements.
EVERY = 2
#: Of random places in the end; their mean is the goal.
LAST_JUDGEMENTS = 5
#: Seeds of the tuning were 10 and up, on another sample scene and on Indian Pines; those from 0
#: are reported.
TUNING_SEEDS = (10, 11, 12)
RANDOM = "random places"
STRATEGIES = {
    RANDOM: None,
    "suggestions": WEIGHTS,
    "the unsure alone": Weights(unsure=1, unlike=0, mixed=0),
    "the unlike alone": Weights(unsure=0, unlike=1, mixed=0),
}


@dataclass(frozen=True)
class Simulation:
    """A scene, all its features, and what its labeller knows.

    Attributes:
        name: For the table.
        groups: Which features are which.
        spots: Every place that may be labelled.
        oracle: int64 ``(spots,)``, the true class of most of a spot's pixels; 0 where unknown.
        owner: int64 ``(height, width)``, the spot of each pixel; -1 for none.
        truth: int64 ``(height, width)``; 0 where unknown.
        judged: float16 ``(features, n)``, of the pixels that the map is judged on.
        rows: int64 ``(n,)``, where they lie.
        cols: int64 ``(n,)``.
    """

    name: str
    groups: dict[str, slice]
    spots: Spots
    oracle: np.ndarray
    owner: np.ndarray
    truth: np.ndarray
    judged: np.ndarray
    rows: np.ndarray
    cols: np.ndarray

    def beginning(self, rng: np.random.Generator) -> list[int]:
        """Return one spot of each class, at random labelled pixels."""
        first: dict[int, int] = {}
        for spot in self.strewn(rng):
            first.setdefault(int(self.oracle[spot]), spot)
        return [first[known] for known in sorted(first)]

    def strewn(self, rng: np.random.Generator) -> list[int]:
        """Return the spots of random labelled pixels, each once."""
        rows, cols = np.nonzero((self.truth > 0) & (self.owner >= 0))
        spots = self.owner[rows, cols][rng.permutation(len(rows))]
        return [int(spot) for spot in dict.fromkeys(spots.tolist()) if self.oracle[spot] > 0]

    def labelled(self, chosen: Sequence[int]) -> tuple[LabelledPixels, np.ndarray]:
        """Return the pixels of labelled spots, and the class values behind their indices."""
        edges = self.spots.edges
        pixels = np.concatenate([np.arange(edges[spot], edges[spot + 1]) for spot in chosen])
        sizes = [int(edges[spot + 1] - edges[spot]) for spot in chosen]
        values, classes = np.unique(
            np.repeat(self.oracle[list(chosen)], sizes), return_inverse=True
        )
        return (
            LabelledPixels(
                self.spots.pixel_rows[pixels],
                self.spots.pixel_cols[pixels],
                classes.ravel(),
                np.repeat(np.arange(len(chosen)), sizes),
                self.spots.features[pixels].astype(np.float32),
                len(values),
            ),
            values,
        )

    def accuracy(
        self, model: LiveModel, values: np.ndarray, chosen: Sequence[int]
    ) -> tuple[float, float]:
        """Return overall and balanced accuracy on the judged pixels that no label holds."""
        said = values[predict(model, self.judged).probabilities.argmax(axis=0)]
        truth = self.truth[self.rows, self.cols]
        free = ~np.isin(self.owner[self.rows, self.cols], chosen)
        right, truth = (said == truth)[free], truth[free]
        return float(right.mean()), float(np.mean([right[truth == c].mean() for c in set(truth)]))


@dataclass(frozen=True)
class Labelling:
    """How a simulated labelling went.

    Attributes:
        polygons: How many there were at each judgement.
        overall: Accuracy then.
        balanced: Mean accuracy of the classes then.
    """

    polygons: tuple[int, ...]
    overall: tuple[float, ...]
    balanced: tuple[float, ...]


def label(simulation: Simulation, weights: Weights | None, seed: int, end: int) -> Labelling:
    """Label until there are ``end`` polygons.

    Args:
        simulation: The scene.
        weights: Of the suggestions; None labels random places.
        seed: Of the beginning, and of random places.
        end: How many polygons there are in the end.
    """
    rng = np.random.default_rng(seed)
    chosen = simulation.beginning(rng)
    queue = [spot for spot in simulation.strewn(rng) if spot not in chosen]
    spectrum = simulation.groups["spectrum"]
    components = np.arange(spectrum.start, spectrum.stop)[:COMPONENTS]
    # a place without truth was seen and skipped, or never comes up
    taken = np.zeros(len(simulation.oracle), bool)
    taken[chosen] = True
    found = []
    while True:
        pixels, values = simulation.labelled(chosen)
        judged = len(chosen) % EVERY == 0 or len(chosen) == end
        model = None
        if judged or weights is not None:
            model = fit_live_model(pixels, simulation.groups, Progress(), judged=False)
        if judged and model is not None:
            found.append((len(chosen), *simulation.accuracy(model, values, chosen)))
        if len(chosen) >= end:
            break
        if weights is None:
            chosen.append(queue.pop(0))
            continue
        standing = stand(simulation.spots, model, components, weights)
        known = labelled_places(pixels, components)
        while True:
            spot = choose_spots(standing, known, taken, 1, weights)[0][0]
            taken[spot] = True
            if simulation.oracle[spot]:
                break
        chosen.append(spot)
    polygons, overall, balanced = zip(*found)
    return Labelling(polygons, overall, balanced)


def prepared(name: str, raster: Path, truth: np.ndarray, cache: Path) -> Simulation:
    """Compute the features of a scene and its spots."""
    with Scene.open(raster) as scene:
        whole = Block(0, 0, scene.height, scene.width)
        live = LiveScene(scene, LiveSettings(), choose_device("auto"), cache)
        tiles = live.prepare(whole, Progress())
        spots = spots_of(live, tiles, whole, Progress())
        rows, cols = np.nonzero(truth)
        some = np.sort(np.random.default_rng(0).permutation(len(rows))[:JUDGED])
        rows, cols = rows[some], cols[some]
        judged = live.at(rows, cols, Progress()).T
        groups = live.statistics.groups()
    holds = np.isfinite(judged[0])
    owner = np.full(truth.shape, -1)
    owner[spots.pixel_rows, spots.pixel_cols] = spots.owners
    votes = np.zeros((len(spots.rows), int(truth.max()) + 1), np.int64)
    np.add.at(votes, (spots.owners, truth[spots.pixel_rows, spots.pixel_cols]), 1)
    votes[:, 0] = 0
    oracle = votes.argmax(axis=1)
    return Simulation(
        name, groups, spots, oracle, owner, truth, judged[:, holds], rows[holds], cols[holds]
    )


def sample_simulation(seed: int, folder: Path) -> Simulation:
    """Return the sample scene as the demo shows it, of a seed."""
    scene = SampleScene(256, 256, seed)
    raster = folder / f"sample_{seed}.tif"
    write_sample_scene(scene, raster, None, None, Progress())
    truth = scene.truth(0, 0, 256, 256).astype(np.int64)
    return prepared("sample scene", raster, truth, folder / "cache")


def indian_pines_simulation(folder: Path) -> Simulation:
    """Return the real scene, whose labels of both halves are the truth."""
    data = data_folder() / "indian_pines_ms"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(data / "train_labels.tif") as train:
            truth = train.read(1).astype(np.int64)
        with rasterio.open(data / "test_labels.tif") as test:
            truth = np.where(truth > 0, truth, test.read(1))
    return prepared("indian_pines_ms", data / "scene.tif", truth, folder / "cache")


def goal(labelling: Labelling) -> float:
    """Return the accuracy that a labelling keeps in the end."""
    return float(np.mean(labelling.overall[-LAST_JUDGEMENTS:]))


def reached(labelling: Labelling, target: float, *, for_good: bool) -> int | None:
    """Return with how many polygons an accuracy was reached (for good), None if it was not."""
    there = np.array(labelling.overall) >= target
    if not (there[-1] if for_good else there.any()):
        return None
    first = len(there) - int(np.argmin(there[::-1])) if for_good else int(np.argmax(there))
    return labelling.polygons[0 if for_good and there.all() else first]


def suggestion_tables(seeds: Sequence[int] = range(5), *, tuning: bool = False) -> list[Table]:
    """Simulate labelling on both scenes with every strategy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends: list[tuple[Callable[[], Simulation], int]] = [
            (lambda: sample_simulation(1 if tuning else 0, folder), 80)
        ]
        if (data_folder() / "indian_pines_ms").is_dir():
            ends.append((lambda: indian_pines_simulation(folder), 100))
        return [_table(make(), seeds, end) for make, end in ends]


def _table(simulation: Simulation, seeds: Sequence[int], end: int) -> Table:
    started = time.monotonic()
    runs = {
        name: [label(simulation, weights, seed, end) for seed in seeds]
        for name, weights in STRATEGIES.items()
    }
    targets = [goal(run) for run in runs[RANDOM]]
    rows = []
    for name, found in runs.items():
        curve = np.mean([run.overall for run in found], axis=0)
        balanced = np.mean([run.balanced for run in found], axis=0)
        rows.append(
            (
                name,
                _shares(found, targets, end, for_good=True),
                _shares(found, targets, end, for_good=False),
                *(f"{curve[int(part * (len(curve) - 1))]:.3f}" for part in (0, 0.25, 0.5, 1)),
                f"{balanced[-1]:.3f}",
            )
        )
    begin = runs[RANDOM][0].polygons[0]
    columns = (
        f"{begin} to {end} polygons",
        "polygons to random's end, for good",
        "… for the first time",
        *("accuracy at first", "after a quarter", "after a half", "at the end"),
        "balanced, at the end",
    )
    note = (
        f"Means of {len(seeds)} seeds in {time.monotonic() - started:.0f} s. Polygons: the share "
        f"of {end} with which the accuracy was reached that random places of the same seed had in "
        f"the mean of their last {LAST_JUDGEMENTS} judgements; where it was not, all count. Random "
        "places have their own noise beside it."
    )
    OUTPUT.mkdir(parents=True, exist_ok=True)
    content = {name: [asdict(run) for run in found] for name, found in runs.items()}
    path = OUTPUT / f"suggestions_{simulation.name.replace(' ', '_')}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return Table(f"Suggestions, {simulation.name}", columns, tuple(rows), note)


def _shares(
    found: Sequence[Labelling], targets: Sequence[float], end: int, *, for_good: bool
) -> str:
    counts = [reached(run, target, for_good=for_good) for run, target in zip(found, targets)]
    share = np.mean([(end if count is None else count) / end for count in counts])
    missed = sum(count is None for count in counts)
    return f"{share:.0%}" + (f" ({missed} never)" if missed else "")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.suggestions", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--tuning", action="store_true", help="the scene and seeds of the tuning")
    options = parser.parse_args()
    seeds = TUNING_SEEDS if options.tuning else options.seeds
    for table in suggestion_tables(seeds, tuning=options.tuning):
        print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
