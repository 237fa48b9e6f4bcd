"""Real scenes: ours and the peers train, map and are judged, each in a process of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .measure import ENGINE, OUTPUT, Run, Table, data_folder, run
from .peers import PEERS


@dataclass(frozen=True)
class RealScene:
    """A scene with a split.

    Attributes:
        name: The folder.
        train: File of the training labels.
        test: File of the test labels.
        field: Field of the classes; empty for label rasters.
        split: What the split is.
    """

    name: str
    train: str
    test: str
    field: str
    split: str


SCENES = (
    RealScene(
        "enmap_potsdam",
        "train_polygons.gpkg",
        "test_polygons.gpkg",
        "class_id",
        "test polygons in other blocks of 12×12 pixels",
    ),
    RealScene(
        "indian_pines_ms",
        "train_labels.tif",
        "test_labels.tif",
        "",
        "official split; it leaves training pixels inside test fields, which rewards context",
    ),
)


@dataclass(frozen=True)
class Outcome:
    """One run on one scene: accuracies in percent, seconds, peak memory in 10^6 bytes."""

    overall: float
    balanced: float
    seconds: float
    peak_mb: float


def ours(scene: RealScene, folder: Path, seed: int) -> Outcome:
    """Train, classify and report through the command line; judge by ``assess``."""
    out = OUTPUT / scene.name
    out.mkdir(parents=True, exist_ok=True)
    field = ["--class-field", scene.field] if scene.field else []
    mapped = run(
        [
            *(*ENGINE, "train-and-classify", str(folder / "scene.tif"), str(folder / scene.train)),
            *field,
            *("--output", str(out / "classes.tif"), "--model", str(out / "model.safetensors")),
            *("--report", str(out / "report.html"), "--confidence", str(out / "confidence.tif")),
            *("--seed", str(seed), "--quiet", "--json"),
        ]
    )
    judged = run(
        [
            *(*ENGINE, "assess", str(out / "classes.tif"), str(folder / scene.test)),
            *(*field, "--table", str(out / "table.json"), "--quiet", "--json"),
        ]
    )
    figures = json.loads(judged.output)["accuracy"]
    return _outcome(mapped, 100 * figures["overall_accuracy"], 100 * figures["balanced_accuracy"])


def peer(name: str, scene: RealScene, folder: Path, seed: int) -> Outcome:
    """Train a peer, let it map the scene, and judge it."""
    done = run(
        [
            *(sys.executable, "-m", "bench.peers", name, str(seed), str(folder / "scene.tif")),
            *(str(folder / scene.train), str(folder / scene.test), scene.field),
        ]
    )
    figures = json.loads(done.output.splitlines()[-1])
    return _outcome(done, figures["overall"], figures["balanced"])


def _outcome(done: Run, overall: float, balanced: float) -> Outcome:
    return Outcome(overall, balanced, done.seconds, done.peak_mb)


def real_scene_tables(seeds: int) -> list[Table]:
    """Return a table for each real scene that is at hand, and one that names the others."""
    tables = []
    for scene in SCENES:
        folder = data_folder() / scene.name
        if not (folder / "scene.tif").is_file():
            missing = f"not measured: {folder} is not there (see HSIFILM_DATA)"
            tables.append(Table(scene.name, ("",), ((missing,),)))
            continue
        outcomes = {"HSI FiLM": [ours(scene, folder, seed) for seed in range(seeds)]}
        for name in PEERS:
            outcomes[name] = [peer(name, scene, folder, seed) for seed in range(seeds)]
        forest = np.mean([o.seconds for o in outcomes["Random forest, 300 trees"]])
        rows = tuple(_row(name, found, float(forest)) for name, found in outcomes.items())
        columns = ("", "OA", "balanced", "seconds", "× forest", "peak MB")
        note = f"Mean ± sd over {seeds} seeds; {scene.split}. Time is for training, the whole map"
        tables.append(Table(scene.name, columns, rows, note + " and, for ours, the report."))
    return tables


def _row(name: str, found: list[Outcome], forest: float) -> tuple[str, ...]:
    def spread(values: list[float]) -> str:
        return f"{np.mean(values):.1f} ± {np.std(values):.1f}"

    seconds = [o.seconds for o in found]
    return (
        name,
        spread([o.overall for o in found]),
        spread([o.balanced for o in found]),
        f"{np.mean(seconds):.0f}",
        f"{np.mean(seconds) / forest:.1f}",
        f"{max(o.peak_mb for o in found):.0f}",
    )
