"""Tables of finished runs: each scene, the summary, controls, few labels, sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.measure import Table

from .methods import (
    DEFAULT,
    FEW_LABEL_METHODS,
    FEW_LABELS_OURS,
    FOREST,
    GROUPS,
    Method,
)
from .scenes import SceneSetting
from .store import Result

NOTHING = "–"
#: Figures, their headings and what they are multiplied by.
ACCURACIES = (
    ("overall", "OA", 100.0),
    ("balanced", "balanced", 100.0),
    ("kappa", "κ", 1.0),
    ("f1", "F1", 100.0),
)


@dataclass(frozen=True)
class Results:
    """Results to be put into tables.

    Attributes:
        scenes: In the order of the tables.
        methods: Likewise.
        found: Whatever is there.
    """

    scenes: Sequence[SceneSetting]
    methods: Sequence[Method]
    found: Sequence[Result]

    def values(self, scene: str, method: str, figure: str, labels: int = 0) -> np.ndarray:
        """Return a figure's values over the draws, in their order, ``(draws,)``."""
        found = self.by_draw(scene, method, figure, labels)
        return np.array([found[draw] for draw in sorted(found)])

    def by_draw(self, scene: str, method: str, figure: str, labels: int = 0) -> dict[int, float]:
        """Return a figure's value of each draw."""
        return {
            result.unit.draw: result.figures[figure]
            for result in self.found
            if (result.unit.scene, result.unit.method, result.unit.labels)
            == (scene, method, labels)
            and figure in result.figures
        }

    def gain(self, scene: str, first: str, second: str) -> float:
        """Return how much OA ``first`` is ahead of ``second`` on draws of both, NaN without any."""
        one, other = (self.by_draw(scene, method, "overall") for method in (first, second))
        common = [one[draw] - other[draw] for draw in one.keys() & other.keys()]
        return float(np.mean(common)) if common else float("nan")

    def mean(self, scene: str, method: str, figure: str, labels: int = 0) -> float:
        """Return a figure's mean over the draws, NaN without any."""
        values = self.values(scene, method, figure, labels)
        return float(values.mean()) if len(values) else float("nan")

    def of_group(self, *groups: str) -> list[Method]:
        """Return the methods of groups that have any result of their own training pixels."""
        there = {result.unit.method for result in self.found if not result.unit.labels}
        return [m for m in self.methods if m.group in groups and m.name in there]

    def measured(self) -> list[SceneSetting]:
        """Return the scenes that have any result."""
        there = {result.unit.scene for result in self.found}
        return [scene for scene in self.scenes if scene.name in there]


def spread(values: np.ndarray, scale: float = 1.0, digits: int = 1) -> str:
    """Return mean ± standard deviation as text."""
    if not len(values):
        return NOTHING
    mean = f"{scale * values.mean():.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {scale * values.std(ddof=1):.{digits}f}"


def percent(share: float) -> str:
    """Return a share as percent, without the sign."""
    return NOTHING if np.isnan(share) else f"{100 * share:.1f}"


def points(difference: float) -> str:
    """Return a difference of shares in points of percent."""
    return NOTHING if np.isnan(difference) else f"{100 * difference:+.1f}"


def all_tables(results: Results) -> list[Table]:
    """Return every table that has something in it."""
    makers: list[Callable[[Results], Table]] = [
        summary_table,
        control_table,
        gain_table,
        validation_table,
        few_labels_table,
        sweep_table,
    ]
    tables = [make(results) for make in makers]
    tables += [scene_table(results, scene) for scene in results.measured()]
    return [table for table in tables if table.rows]


def summary_table(results: Results) -> Table:
    """Return the OA of everything a user could choose, scene by scene, the best in bold."""
    methods = results.of_group("ours", "peers")
    peers = [m.name for m in methods if m.group == "peers"]
    names = [m.name for m in methods]
    grid = _grid(results, names, "overall")
    scenes = [scene.name for scene in results.measured()]
    counts = [[len(results.values(scene, name, "overall")) for name in names] for scene in scenes]
    margins = np.array([_margin(results, scene, peers) for scene in scenes])
    rows = [
        (scene, *_counted(_bold_best(line), count), points(margin))
        for scene, line, count, margin in zip(scenes, grid, counts, margins)
    ]
    compared = ~np.isnan(margins)
    if compared.any():
        # peers that were not measured on all of these scenes have no mean that compares
        means = _bold_best(grid[compared].mean(axis=0))
        margin = points(float(margins[compared].mean()))
        rows.append((f"mean of {compared.sum()} scenes", *means, margin))
    columns = ("OA, %", *(m.title for m in methods), "default − best peer")
    note = (
        "Mean over seeds; the best in bold. The best peer is another one on each scene, and chosen "
        "by its test accuracy: no analyst could choose so well. The margin is taken on draws that "
        "both were measured on; a number in brackets says of how many draws a figure is, where "
        "others of the row have more."
    )
    return Table("Summary", columns, tuple(rows) if methods else (), note)


def _grid(results: Results, methods: Sequence[str], figure: str) -> np.ndarray:
    """Return mean figures, float64 ``(scenes, methods)``."""
    scenes = results.measured()
    lines = [[results.mean(scene.name, name, figure) for name in methods] for scene in scenes]
    return np.array(lines).reshape(len(scenes), len(methods))


def _bold_best(line: np.ndarray) -> list[str]:
    texts = [percent(share) for share in line]
    if not np.isnan(line).all():
        best = texts[int(np.nanargmax(line))]
        texts = [f"**{text}**" if text == best else text for text in texts]
    return texts


def _counted(texts: Sequence[str], counts: Sequence[int]) -> list[str]:
    """Say of how many draws a figure is, where others have more."""
    most = max(counts, default=0)
    return [f"{t} ({n})" if 0 < n < most else t for t, n in zip(texts, counts)]


def _margin(results: Results, scene: str, peers: Sequence[str]) -> float:
    """Return how far the default is ahead of the peer that it is least ahead of."""
    gains = [results.gain(scene, DEFAULT, peer) for peer in peers]
    known = [gain for gain in gains if not np.isnan(gain)]
    return min(known) if known else float("nan")


def control_table(results: Results) -> Table:
    """Return what pretraining is worth: heads alike but for their spatial features."""
    methods = results.of_group("heads", "controls")
    grid = _grid(results, [m.name for m in methods], "overall")
    rows = [
        (scene.name, *(percent(share) for share in line))
        for scene, line in zip(results.measured(), grid)
        if not np.isnan(line).all()
    ]
    title = "Controls: what explains the gain"
    note = (
        "OA, %, mean over seeds. Columns that begin with a network or with smoothed bands are FiLM "
        "heads alone, alike in all but their spatial features; the others are the whole method "
        "with the bundled network's weights replaced by random ones."
    )
    return Table(title, ("OA, %", *(m.title for m in methods)), tuple(rows), note)


def gain_table(results: Results) -> Table:
    """Return by how much heads on the pretrained network beat what could explain it away."""
    heads = {method.name: method for method in results.of_group("heads")}
    smoothed = [name for name in heads if name.startswith("head-smoothed")]
    rows, grid = [], []
    for scene in results.measured():
        others = [results.gain(scene.name, "head-pretrained", name) for name in smoothed]
        known = [value for value in others if not np.isnan(value)]
        line = [
            results.gain(scene.name, "head-pretrained", "head-random"),
            min(known) if known else float("nan"),
            results.gain(scene.name, "head-pretrained", FOREST),
        ]
        if not np.isnan(line).all():
            grid.append(line)
            rows.append((scene.name, *(points(value) for value in line)))
    whole = np.array([line for line in grid if not np.isnan(line).any()])
    if len(whole):
        means = (points(value) for value in whole.mean(axis=0))
        rows.append((f"mean of {len(whole)} scenes", *means))
    columns = ("points of OA", "over random weights", "over the best smoothing", "over the forest")
    note = "FiLM heads alone on the pretrained network, timestep and blocks fixed."
    return Table("What pretraining is worth", columns, tuple(rows), note)


def validation_table(results: Results) -> Table:
    """Return how far the report's own figures are from those on the test pixels."""
    rows, gaps = [], []
    for scene in results.measured():
        validated = results.mean(scene.name, DEFAULT, "validated")
        tested = results.mean(scene.name, DEFAULT, "overall")
        if np.isnan(validated):
            continue
        gaps.append(validated - tested)
        by_area = results.mean(scene.name, DEFAULT, "validated_by_area")
        near = results.mean(scene.name, DEFAULT, "validated_near")
        texts = [percent(near), percent(validated), percent(by_area), percent(tested)]
        texts.append(points(gaps[-1]))
        for figure in ("ece_held_out", "ece_test"):
            texts.append(spread(results.values(scene.name, DEFAULT, figure), 1.0, 3))
        texts.append(spread(results.values(scene.name, DEFAULT, "fold_distance"), 1.0, 0))
        rows.append((scene.name, *texts))
    if rows:
        mean = points(float(np.mean(gaps)))
        size = f"{100 * float(np.mean(np.abs(gaps))):.1f}"
        ece = [
            np.nanmean([results.mean(s.name, DEFAULT, figure) for s in results.measured()])
            for figure in ("ece_held_out", "ece_test")
        ]
        rows.append(
            ("mean", "", "", "", "", f"{mean}, size {size}", *(f"{e:.3f}" for e in ece), "")
        )
    columns = (
        "default",
        "validated beside labels, %",
        "validated far from labels, %",
        "the same by area, %",
        "test OA, %",
        "difference",
        "ECE, held out",
        "ECE, test",
        "pixels to the nearest trained on",
    )
    note = (
        "Validated: what the report says, from places held out, without any test pixel: beside "
        "the labels (the folds that are chosen on), far from them (the folds that accuracy is "
        "stated on; the difference is this one's), and this weighted by each class's share of the "
        "test pixels as mapped. ECE: "
        "expected calibration error of the most probable class, 15 bins."
    )
    return Table("What the report says beside the truth", columns, tuple(rows), note)


def few_labels_table(results: Results) -> Table:
    """Return the OA with few labels a class."""
    titles = {method.name: method.title for method in results.methods}
    counts = sorted({r.unit.labels for r in results.found if r.unit.labels})
    columns = [
        (method, count)
        for method in FEW_LABEL_METHODS
        for count in FEW_LABELS_OURS
        if any((r.unit.method, r.unit.labels) == (method, count) for r in results.found)
    ]
    rows, grid = [], []
    for scene in results.measured():
        line = [results.mean(scene.name, method, "overall", count) for method, count in columns]
        if not np.isnan(line).all():
            rows.append((scene.name, *(percent(share) for share in line)))
            grid.append(line)
    if rows:
        whole = np.array([line for line in grid if not np.isnan(line).any()])
        if len(whole):
            means = (percent(share) for share in whole.mean(axis=0))
            rows.append((f"mean of {len(whole)} scenes", *means))
    headings = tuple(f"{titles.get(method, method)}, {count}" for method, count in columns)
    note = (
        "OA, %, mean over draws, trained on so many random training pixels a class, the same for "
        "all methods; classes that have fewer give what they have. Random pixels leave training "
        "pixels near the test pixels wherever the split does."
    )
    return Table(f"Few labels a class: {counts}", ("OA, %", *headings), tuple(rows), note)


def sweep_table(results: Results) -> Table:
    """Return the OA of FiLM heads over timesteps and decoder blocks."""
    methods = results.of_group("sweep")
    grid = _grid(results, [m.name for m in methods], "overall")
    keep = ~np.isnan(grid).all(axis=1) if len(methods) else np.zeros(0, bool)
    names = [scene.name for scene, kept in zip(results.measured(), keep) if kept]
    grid = grid[keep] if len(methods) else grid
    rows = []
    for number, method in enumerate(methods):
        column = grid[:, number]
        mean = percent(float(column.mean()))
        best = [percent(share) for share in column]
        rows.append((method.title, *best, mean))
    note = "OA, %, mean over seeds, of FiLM heads alone on the bundled network; one row a setting."
    return Table("Timestep and decoder blocks", ("", *names, "mean"), tuple(rows), note)


def scene_table(results: Results, scene: SceneSetting) -> Table:
    """Return everything that was measured on one scene, but the sweep."""
    forest = results.mean(scene.name, FOREST, "seconds")
    methods = results.of_group(*(group for group in GROUPS if group != "sweep"))
    mine = [r for r in results.found if r.unit.scene == scene.name and not r.unit.labels]
    draws = len({result.unit.draw for result in mine})
    rows = []
    for method in methods:
        if not len(results.values(scene.name, method.name, "overall")):
            continue
        texts = [
            spread(results.values(scene.name, method.name, figure), scale, 3 if scale == 1 else 1)
            for figure, _, scale in ACCURACIES
        ]
        for figure in ("train_seconds", "predict_seconds"):
            texts.append(f"{results.mean(scene.name, method.name, figure):.1f}")
        ratio = results.mean(scene.name, method.name, "seconds") / forest
        texts.append(NOTHING if np.isnan(ratio) else f"{ratio:.1f}")
        found = len(results.values(scene.name, method.name, "overall"))
        title = method.title if found == draws else f"{method.title} ({found})"
        rows.append((title, *texts))
    headings = (heading for _, heading, _ in ACCURACIES)
    columns = ("", *headings, "training s", "prediction s", "× forest")
    return Table(scene.name, columns, tuple(rows), _scene_note(results, scene))


def _scene_note(results: Results, scene: SceneSetting) -> str:
    mine = [r for r in results.found if r.unit.scene == scene.name and not r.unit.labels]
    draws = len({result.unit.draw for result in mine})
    train, test = (
        _range([result.figures[figure] for result in mine])
        for figure in ("train_pixels", "test_pixels")
    )
    return (
        f"Mean ± sd over {draws} seeds, or as many as stand in brackets; {scene.split}. "
        f"{train} training and {test} test pixels. "
        "Prediction is of the test pixels; ours is of every chunk that holds one, which is the "
        "whole of a small scene."
    )


def _range(values: Sequence[float]) -> str:
    if not values:
        return NOTHING
    low, high = int(min(values)), int(max(values))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
