"""Backbones beside each other, and each beside its own shape with random weights.

What is compared is the head control of ``bench.accuracy``: FiLM heads that are alike in all but
their spatial features, at fixed timesteps and blocks, on real scenes. The same draws serve every
network, so gains over random weights are taken draw by draw. The bundled network is always there::

    python -m bench.backbone_shapes DIR DIR --draws 10 --timesteps 0 25 50 --blocks 2 2,3 1,2
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hsi_film_plugin.engine.backbone import BUNDLED, WEIGHTS

from .accuracy.benchmark import Benchmark, judged
from .accuracy.head_controls import BLOCKS, TIMESTEP, BackboneFeatures, head_on_backbone
from .accuracy.random_backbone import random_backbone
from .accuracy.scenes import scene_settings
from .measure import OUTPUT, Table

SCENES = ("indian_pines_ms-fields", "indian_pines_ms", "enmap_potsdam")


@dataclass(frozen=True)
class Place:
    """Where a network is read: how far windows are noised, and at which decoder blocks."""

    timestep: int
    blocks: tuple[int, ...]

    def __str__(self) -> str:
        return f"t = {self.timestep}, blocks {', '.join(map(str, self.blocks))}"


@dataclass(frozen=True)
class Judgement:
    """How right heads were.

    Attributes:
        scene: Name of the setting.
        draw: Seed of the split and of the heads.
        network: Its name.
        random: Whether its weights were random.
        place: Where it was read.
        overall: Overall accuracy in [0, 1].
        balanced: Mean recall over the test classes.
    """

    scene: str
    draw: int
    network: str
    random: bool
    place: Place
    overall: float
    balanced: float


def judgements(
    draws: Sequence[Benchmark],
    networks: Mapping[str, Mapping[bool, Path]],
    places: Sequence[Place],
) -> Iterator[Judgement]:
    """Yield how right heads are on draws of one scene.

    Args:
        draws: The scene's.
        networks: Folders by name: under False the network, under True its random twin.
        places: Where all of them are read.
    """
    timesteps = dict.fromkeys(place.timestep for place in places)
    for name, twins in networks.items():
        for random, folder in twins.items():
            for timestep in timesteps:
                # draws that share their pixels find these remembered
                features = BackboneFeatures()
                for benchmark in draws:
                    for place in places:
                        if place.timestep != timestep:
                            continue
                        outcome = head_on_backbone(
                            benchmark, benchmark.draw, features, folder, timestep, place.blocks
                        )
                        found = judged(benchmark, outcome)
                        yield Judgement(
                            benchmark.name,
                            benchmark.draw,
                            name,
                            random,
                            place,
                            found["overall"],
                            found["balanced"],
                        )


def comparison(
    found: Sequence[Judgement], shapes: Mapping[str, str], figure: str = "overall"
) -> Table:
    """Put judgements into a table, one row for each network and place.

    Args:
        found: Of any scenes, networks and places.
        shapes: What to say of each network's shape.
        figure: ``overall`` or ``balanced``.
    """
    scenes = list(dict.fromkeys(judgement.scene for judgement in found))
    values: dict[tuple[str, Place, bool], dict[str, dict[int, float]]] = {}
    for one in found:
        row = values.setdefault((one.network, one.place, one.random), {})
        row.setdefault(one.scene, {})[one.draw] = 100 * getattr(one, figure)
    rows = []
    for (network, place, random), by_scene in values.items():
        twin = None if random else values.get((network, place, True))
        cells, means, gains = [], [], []
        for scene in scenes:
            by_draw = by_scene[scene]
            means.append(float(np.mean(list(by_draw.values()))))
            spread = f" ± {np.std(list(by_draw.values()), ddof=1):.1f}" if len(by_draw) > 1 else ""
            gain = ""
            if twin is not None:
                differences = [by_draw[draw] - twin[scene][draw] for draw in by_draw]
                gains.append(float(np.mean(differences)))
                gain = f" ({gains[-1]:+.1f}; {sum(d > 0 for d in differences)}/{len(by_draw)})"
            cells.append(f"{means[-1]:.1f}{spread}{gain}")
        overall = f"{np.mean(means):.1f}" + (f" ({np.mean(gains):+.1f})" if gains else "")
        name = f"{network}, random weights" if random else network
        rows.append((name, shapes.get(network, ""), str(place), *cells, overall))
    draws = ", ".join(
        f"{len({one.draw for one in found if one.scene == scene})} of {scene}" for scene in scenes
    )
    note = (
        f"FiLM heads alone, alike in all but the network that their spatial features come from. "
        f"%, mean ± sd over draws: {draws}. In brackets: points over the same shape with random "
        "weights, mean over the same draws; and in how many draws it was ahead."
    )
    title = "Overall accuracy" if figure == "overall" else "Balanced accuracy"
    columns = ("network", "shape", "read at", *scenes, "mean of settings")
    return Table(f"{title} on features of backbones", columns, tuple(rows), note)


def shape(folder: Path) -> str:
    """Return the widths, layers, levels with attention and size of a diffusers network."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    widths = "-".join(str(width) for width in config["block_out_channels"])
    attentive = sum(name.startswith("Attn") for name in config["down_block_types"])
    megabytes = (folder / WEIGHTS).stat().st_size / 1e6
    layers = config["layers_per_block"]
    return f"{widths}, layers {layers}, attention on {attentive} levels, {megabytes:.1f} MB"


def main() -> None:
    """Read the command line, measure, print, and write the tables down."""
    options = _options()
    folders = {"bundled": BUNDLED} | {folder.name: folder for folder in options.folders}
    networks: dict[str, dict[bool, Path]] = {}
    for name, folder in folders.items():
        networks[name] = {False: folder}
        if not options.no_random:
            networks[name][True] = random_backbone(folder)
    if options.without_bundled:
        del networks["bundled"]
    places = [Place(t, blocks) for t in options.timesteps for blocks in options.blocks]
    found: list[Judgement] = []
    for setting in scene_settings(None):
        if setting.name not in options.scenes:
            continue
        if reason := setting.missing():
            print(f"Not measured: {setting.name}: {reason}.", flush=True)
            continue
        draws = [setting.load(draw) for draw in range(options.draws)]
        for one in judgements(draws, networks, places):
            found.append(one)
            weights = "random" if one.random else "trained"
            print(
                f"{one.scene}, draw {one.draw}: {one.network}, {weights}, {one.place}: "
                f"OA {100 * one.overall:.1f}",
                flush=True,
            )
    if not found:
        raise SystemExit("Nothing was measured: set HSIFILM_DATA to the folder of real scenes.")
    shapes = {name: shape(folder) for name, folder in folders.items()}
    tables = [comparison(found, shapes, figure) for figure in ("overall", "balanced")]
    text = "\n".join(table.markdown() for table in tables)
    print(f"\n{text}")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    content = json.dumps([asdict(one) for one in found], indent=1)
    options.output.with_suffix(".json").write_text(content + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.backbone_shapes", description=__doc__)
    add = parser.add_argument
    add("folders", type=Path, nargs="*", metavar="DIR", help="diffusers folders beside the bundled")
    add("--draws", type=int, default=3, help="of each setting")
    add("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    add("--timesteps", type=int, nargs="+", default=[TIMESTEP])
    blocks = "sets of blocks, counted from the decoder's end, such as 2,3"
    add("--blocks", type=_blocks, nargs="+", default=[BLOCKS], metavar="SET", help=blocks)
    add("--no-random", action="store_true", help="leave out the networks of random weights")
    add("--without-bundled", action="store_true", help="leave out the bundled network")
    add("--output", type=Path, default=OUTPUT / "backbone_shapes.md", help="and .json beside it")
    options = parser.parse_args()
    names = [folder.name for folder in options.folders]
    if "bundled" in names or len(set(names)) < len(names):
        parser.error("the folders' names must differ, and none may be 'bundled'")
    for folder in options.folders:
        if not (folder / WEIGHTS).is_file():
            parser.error(f"'{folder / WEIGHTS}' is no file")
    if options.draws < 1:
        parser.error("--draws must be at least 1")
    if options.without_bundled and not names:
        parser.error("--without-bundled leaves nothing to measure")
    return options


def _blocks(text: str) -> tuple[int, ...]:
    """Return the blocks that ``2,3`` names, counted backwards: -2, -3."""
    blocks = tuple(-int(part) for part in text.split(","))
    if not all(-4 <= block <= -1 for block in blocks):
        raise argparse.ArgumentTypeError(f"'{text}': blocks are 1 (the last) to 4")
    return blocks


if __name__ == "__main__":
    main()
