"""Tables of finished trials, and the sentences that their figures allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from bench.accuracy.store import Result
from bench.accuracy.tables import NOTHING, percent, spread
from bench.measure import Table

from .long_tail import COMMON, RARE, TESTED
from .plan import (
    ARMS,
    BALANCES,
    CHEAP,
    CLASSIFIERS,
    GUIDANCES,
    MIDDLE,
    OURS,
    PARTS,
    TITLES,
    Method,
)
from .quality import Quality
from .scenes import PreparedScene

#: Points of balanced accuracy that samples should bring over the best cheap remedy.
TARGET = 2.0
#: Figures, their headings, what they are multiplied by and their digits.
_FIGURES = (
    ("overall", "OA", 100.0, 1),
    ("balanced", "balanced", 100.0, 1),
    ("kappa", "κ", 1.0, 3),
    ("rare", "recall of rare classes", 100.0, 1),
    ("spread", "sd over classes", 100.0, 1),
)
Key = tuple[str, int]


@dataclass(frozen=True)
class Results:
    """What the tables are made of.

    Attributes:
        scenes: In the order of the tables.
        found: Finished trials.
        qualities: What was found of the samples themselves.
    """

    scenes: Sequence[PreparedScene]
    found: Sequence[Result]
    qualities: Sequence[Quality]

    def values(self, method: Method, labels: int, figure: str = "balanced") -> dict[Key, float]:
        """Return a figure of each scene and draw."""
        return {
            (r.unit.scene, r.unit.draw): r.figures[figure]
            for r in self.found
            if r.unit.method == method.name and r.unit.labels == labels
        }

    def of_scene(self, scene: str, method: Method, labels: int, figure: str) -> np.ndarray:
        """Return a figure's values over the draws of a scene."""
        found = self.values(method, labels, figure)
        return np.array([value for (name, _), value in sorted(found.items()) if name == scene])

    def shared(self, methods: Sequence[Method], labels: int) -> Results:
        """Return the results of the draws that all of some methods were measured on."""
        measured = [self.values(method, labels).keys() for method in methods]
        alike = set(measured[0]).intersection(*measured[1:])
        found = [r for r in self.found if (r.unit.scene, r.unit.draw) in alike]
        return replace(self, found=found)

    def mean(self, method: Method, labels: int, figure: str = "balanced") -> float:
        """Return the mean over scenes of the means over draws; NaN unless all scenes have some."""
        means = [self.of_scene(scene.name, method, labels, figure) for scene in self.scenes]
        if not all(len(values) for values in means):
            return float("nan")
        return float(np.mean([values.mean() for values in means]))


@dataclass(frozen=True)
class Gain:
    """How far one arm is ahead of another, in points of balanced accuracy.

    Attributes:
        mean: Over scenes and draws of both.
        low: Lower end of its 95 % interval (Student's t over scenes and draws).
        high: Upper end.
        pairs: Scenes and draws.
    """

    mean: float
    low: float
    high: float
    pairs: int

    def text(self) -> str:
        """Return it as text."""
        if not self.pairs:
            return NOTHING
        if self.pairs < 2:
            return f"{self.mean:+.1f}"
        return f"{self.mean:+.1f} ({self.low:+.1f} to {self.high:+.1f})"


def gain(results: Results, first: Method, second: Method, labels: int) -> Gain:
    """Compare two arms on the draws that both were measured on."""
    one, other = results.values(first, labels), results.values(second, labels)
    pairs = sorted(one.keys() & other.keys())
    differences = 100 * np.array([one[pair] - other[pair] for pair in pairs])
    if not len(differences):
        return Gain(np.nan, np.nan, np.nan, 0)
    mean = float(differences.mean())
    if len(differences) < 2:
        return Gain(mean, np.nan, np.nan, 1)
    half = float(stats.t.ppf(0.975, len(pairs) - 1) * stats.sem(differences))
    return Gain(mean, mean - half, mean + half, len(pairs))


def best_cheap(results: Results, classifier: str, labels: int) -> str | None:
    """Return the cheap remedy of the highest mean over scenes, which only hindsight can tell."""
    means = {arm: results.mean(Method(classifier, arm), labels) for arm in CHEAP}
    known = {arm: mean for arm, mean in means.items() if not np.isnan(mean)}
    return max(known, key=lambda arm: known[arm]) if known else None


def all_texts(results: Results) -> str:
    """Return all tables and sentences as Markdown."""
    tables = [
        scenes_table(results),
        gain_table(results),
        labels_table(results),
        *(classifier_table(results, classifier) for classifier in CLASSIFIERS),
        balance_table(results),
        guidance_table(results),
        parts_table(results),
        quality_table(results),
        *(scene_table(results, scene) for scene in results.scenes),
    ]
    blocks = [table.markdown() for table in tables if table.rows]
    return "\n".join(["\n\n".join(sentences(results)), "", *blocks])


def sentences(results: Results) -> list[str]:
    """Return what the figures say, in plain words."""
    said = [_setting(results)]
    gains = []
    for classifier in CLASSIFIERS:
        cheap = best_cheap(results, classifier, MIDDLE)
        ours = {arm: results.mean(Method(classifier, arm), MIDDLE) for arm in OURS}
        ours = {arm: mean for arm, mean in ours.items() if not np.isnan(mean)}
        if cheap is None or not ours:
            continue
        best = max(ours, key=lambda arm: ours[arm])
        found = gain(results, Method(classifier, best), Method(classifier, cheap), MIDDLE)
        other = results.mean(Method(classifier, cheap), MIDDLE)
        gains.append(found.mean)
        said.append(
            f"**{CLASSIFIERS[classifier]}**, {MIDDLE} labels in rare classes: {TITLES[best]}, "
            f"{_compared(found)} {TITLES[cheap]}, the best of the cheap remedies "
            f"({percent(ours[best])} against {percent(other)} % balanced accuracy, mean over "
            f"scenes; difference {found.text()} points, {found.pairs} pairs)."
        )
    if gains:
        reached = sum(mean >= TARGET for mean in gains)
        said.append(
            f"The aim of {TARGET:+.0f} points over the best cheap remedy is reached with {reached} "
            f"of {len(gains)} classifiers."
        )
    return said


def _setting(results: Results) -> str:
    draws = len({r.unit.draw for r in results.found})
    return (
        f"{draws} draws of each setting at most. Rare classes have {', '.join(map(str, RARE))} "
        f"training labels, others up to {COMMON}; at most {TESTED:,} test pixels a class."
    )


def _compared(found: Gain) -> str:
    if found.pairs > 1 and found.low > 0:
        return "is ahead of"
    if found.pairs > 1 and found.high < 0:
        return "is behind"
    return "cannot be told from"


def scenes_table(results: Results) -> Table:
    """Return which classes are rare, and how scenes are split."""
    rows = tuple(
        (
            scene.name,
            ", ".join(scene.names[value] for value in scene.rare),
            str(len(scene.names)),
            scene.split,
        )
        for scene in results.scenes
    )
    return Table("Scenes", ("scene", "rare classes", "of classes", "split"), rows)


def gain_table(results: Results) -> Table:
    """Return how far ours are ahead of the best cheap remedy."""
    rows = []
    for classifier, title in CLASSIFIERS.items():
        for labels in RARE:
            cheap = best_cheap(results, classifier, labels)
            if cheap is None:
                continue
            against = Method(classifier, cheap)
            texts = [
                gain(results, Method(classifier, arm), against, labels).text()
                for arm in ("vae", *OURS)
            ]
            if any(text != NOTHING for text in texts):
                rows.append((title, str(labels), TITLES[cheap], *texts))
    columns = (
        "classifier",
        "labels",
        "best cheap remedy",
        *(TITLES[arm] for arm in ("vae", *OURS)),
    )
    note = (
        "Points of balanced accuracy ahead of the cheap remedy with the highest mean over scenes, "
        "which only the test pixels could tell. In brackets the 95 % interval of the mean "
        "(Student's t over paired draws of all scenes)."
    )
    return Table("Ahead of the best cheap remedy", columns, tuple(rows), note)


def labels_table(results: Results) -> Table:
    """Return balanced accuracy by the number of labels, mean over scenes."""
    columns = [
        (classifier, labels)
        for classifier in CLASSIFIERS
        for labels in RARE
        if any(not np.isnan(results.mean(Method(classifier, arm), labels)) for arm in ARMS)
    ]
    grid = np.array(
        [[results.mean(Method(c, arm), labels) for c, labels in columns] for arm in ARMS]
    )
    headings = ("", *(f"{CLASSIFIERS[c]}, {labels}" for c, labels in columns))
    note = "Balanced accuracy, %, mean over scenes and draws; the best in bold."
    rows = _rows(grid) if columns else ()
    return Table("By labels in rare classes", headings, rows, note)


def classifier_table(results: Results, classifier: str) -> Table:
    """Return balanced accuracy scene by scene, with the middle number of labels."""
    scenes = [scene.name for scene in results.scenes]
    grid = np.full((len(ARMS), len(scenes) + 1), np.nan)
    for place, arm in enumerate(ARMS):
        method = Method(classifier, arm)
        for column, scene in enumerate(scenes):
            values = results.of_scene(scene, method, MIDDLE, "balanced")
            grid[place, column] = values.mean() if len(values) else np.nan
        grid[place, -1] = results.mean(method, MIDDLE)
    title = f"{CLASSIFIERS[classifier]}, {MIDDLE} labels in rare classes"
    note = "Balanced accuracy, %, mean over draws; the best in bold."
    return Table(title, ("", *scenes, "mean"), _rows(grid), note)


def _rows(grid: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """Return rows of arms with the best of each column in bold, without empty ones."""
    texts = [[percent(value) for value in line] for line in grid]
    for column in range(grid.shape[1]):
        if not np.isnan(grid[:, column]).all():
            best = texts[int(np.nanargmax(grid[:, column]))][column]
            for line in texts:
                line[column] = f"**{best}**" if line[column] == best else line[column]
    return tuple(
        (TITLES[arm], *line)
        for arm, line, values in zip(ARMS, texts, grid)
        if not np.isnan(values).all()
    )


def balance_table(results: Results) -> Table:
    """Return balanced accuracy by λ."""
    rows = []
    for classifier in ("svm", "cnn"):
        for arm in ("smote", "noise", "fine"):
            methods = [Method(classifier, "none")]
            methods += [Method(classifier, arm, balance=b) for b in BALANCES]
            shared = results.shared(methods, MIDDLE)
            means = [shared.mean(method, MIDDLE) for method in methods]
            if not np.isnan(means).all():
                rows.append((CLASSIFIERS[classifier], TITLES[arm], *map(percent, means)))
    columns = ("classifier", "", "λ = 0", *(f"λ = {b:g}" for b in BALANCES))
    note = (
        f"Balanced accuracy, %, mean over scenes and the draws that all of a line were measured "
        f"on; {MIDDLE} labels in rare classes."
    )
    return Table("How far classes are balanced", columns, tuple(rows), note)


def guidance_table(results: Results) -> Table:
    """Return balanced accuracy by ω."""
    rows = []
    for classifier in ("svm", "cnn"):
        methods = [Method(classifier, "fine", guidance=g) for g in GUIDANCES]
        shared = results.shared(methods, MIDDLE)
        means = [shared.mean(method, MIDDLE) for method in methods]
        if not np.isnan(means).all():
            rows.append((CLASSIFIERS[classifier], *map(percent, means)))
    columns = ("classifier", *(f"ω = {g:g}" for g in GUIDANCES))
    note = (
        f"Balanced accuracy, %, of {TITLES['fine']}, mean over scenes and the draws that all were "
        f"measured on; {MIDDLE} labels."
    )
    return Table("How strongly prompts guide", columns, tuple(rows), note)


def parts_table(results: Results) -> Table:
    """Return what parts of the method bring."""
    rows = []
    for classifier in ("svm", "cnn"):
        whole = Method(classifier, "fine")
        for part, title in PARTS.items():
            found = gain(results, Method(classifier, "fine", without=part), whole, MIDDLE)
            if found.pairs:
                rows.append((CLASSIFIERS[classifier], title, found.text(), str(found.pairs)))
    columns = ("classifier", TITLES["fine"], "points against the whole method", "pairs")
    note = (
        f"Balanced accuracy, {MIDDLE} labels in rare classes; negative where the part helps. "
        "In brackets the 95 % interval."
    )
    return Table("Parts switched off", columns, tuple(rows), note)


def quality_table(results: Results) -> Table:
    """Return what was found of the samples themselves."""
    rows = tuple(
        (
            quality.scene,
            *(quality.text(name) for name in Quality.COLUMNS),
        )
        for quality in results.qualities
    )
    columns = ("scene", *Quality.COLUMNS.values())
    note = (
        f"One synthesizer a scene, fine prompts, {RARE[-1]} labels in rare classes, the first "
        "draw. Recognition is by an SVM trained on real spectra of the *test* pixels, over the "
        "classes of which it recognises at least 90 % of held-out real pixels; angle, ellipse and "
        "memorising are of all classes. Peak memory is of the process that trains and samples."
    )
    return Table("The samples themselves", columns, rows, note)


def scene_table(results: Results, scene: PreparedScene) -> Table:
    """Return all figures of one scene."""
    rows = []
    for classifier, title in CLASSIFIERS.items():
        for arm in ARMS:
            method = Method(classifier, arm)
            texts = [
                spread(results.of_scene(scene.name, method, MIDDLE, figure), scale, digits)
                for figure, _, scale, digits in _FIGURES
            ]
            if texts[0] != NOTHING:
                rows.append((title, TITLES[arm], *texts))
    columns = ("classifier", "", *(heading for _, heading, _, _ in _FIGURES))
    note = f"Mean ± sd over draws; {MIDDLE} labels in rare classes."
    return Table(scene.name, columns, tuple(rows), note)
