"""``python -m bench.area_coverage``: how often 95 % intervals hold the truth in simulated surveys.

Maps whose confusion is known are surveyed again and again: by pixels drawn independently
within the map's classes, and by whole fields drawn at random, whose pixels are alike. Beside
the intervals of ``engine/area.py`` stand the usual ones, ± 1.96 or t standard errors.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from hsi_film_plugin.engine.area import AreaEstimates, area_estimates, polygon_area_estimates

from .measure import Table

Z95 = 1.96
FIELDS = 4000


@dataclass(frozen=True)
class Survey:
    """One survey's estimates, and the quantile of the usual interval."""

    found: AreaEstimates
    quantile: float


@dataclass(frozen=True)
class Truth:
    """What the figures would be if all ground were known; areas in pixels."""

    areas: np.ndarray
    users: np.ndarray
    producers: np.ndarray
    overall: float


@dataclass(frozen=True)
class Design:
    """A map and a way to survey it.

    Attributes:
        name: What is special about it.
        truth: What the estimates are of.
        draw: Draws one survey.
    """

    name: str
    truth: Truth
    draw: Callable[[np.random.Generator], Survey]


def pixel_designs() -> Iterator[Design]:
    """Yield surveys of single pixels, drawn within the map's classes."""
    four = _confusion([0.8, 0.85, 0.9, 0.75], 1.0, seed=5)
    yield _of_pixels("4 classes of equal size, 100 pixels each", [0.25] * 4, four, [100] * 4)
    yield _of_pixels("the same, 25 pixels each", [0.25] * 4, four, [25] * 4)
    rare = np.array(
        [
            [0.8, 0.1, 0.05, 0.05],
            [0.01, 0.85, 0.07, 0.07],
            [0.004, 0.02, 0.926, 0.05],
            [0.002, 0.02, 0.038, 0.94],
        ]
    )
    shares = [0.01, 0.09, 0.3, 0.6]
    yield _of_pixels("a class of 1 %, 75 pixels each", shares, rare, [75] * 4)
    yield _of_pixels("a class of 1 %, 30 to 150 pixels", shares, rare, [30, 40, 80, 150])
    many = np.maximum(np.random.default_rng(1).dirichlet(np.ones(16)), 0.005)
    spread = _confusion(np.linspace(0.6, 0.97, 16), 0.3, seed=6)
    yield _of_pixels("16 classes of any size, 30 pixels each", many / many.sum(), spread, [30] * 16)
    five = _confusion([0.7, 0.8, 0.9, 0.85, 0.75], 1.0, seed=7)
    sizes = [0.1, 0.15, 0.2, 0.25, 0.3]
    yield _of_pixels("5 classes, 10 pixels each", sizes, five, [10] * 5)
    good = _confusion([0.97, 0.98, 0.99], 1.0, seed=8)
    yield _of_pixels("3 classes, 97 to 99 % right, 50 each", [0.2, 0.3, 0.5], good, [50] * 3)


def polygon_designs() -> Iterator[Design]:
    """Yield surveys of whole fields, drawn at random."""
    even, right = [0.25] * 4, [0.8, 0.85, 0.9, 0.75]
    yield _of_polygons("4 classes, 100 fields", even, right, 100)
    yield _of_polygons("4 classes, 40 fields", even, right, 40)
    yield _of_polygons("4 classes, 20 fields", even, right, 20)
    yield _of_polygons("a class of 5 %, 100 fields", [0.05, 0.15, 0.3, 0.5], right, 100)
    ten = [0.04, 0.05, 0.06, 0.07, 0.1, 0.1, 0.12, 0.14, 0.16, 0.16]
    yield _of_polygons("10 classes, 150 fields", ten, np.linspace(0.6, 0.95, 10), 150)
    yield _of_polygons("fields of very different size, 60", even, right, 60, spread=1.2)
    yield _of_polygons("97 to 99 % right, 60 fields", [0.2, 0.3, 0.5], [0.97, 0.98, 0.99], 60)
    yield _of_polygons("pixels of a field err alone, 60", even, right, 60, alike=0.02)


def _confusion(right: object, evenness: float, seed: int) -> np.ndarray:
    """Return shares of truth by map class, rows adding up to 1."""
    rng, diagonal = np.random.default_rng(seed), np.asarray(right, float)
    rows = []
    for index, share in enumerate(diagonal):
        others = rng.dirichlet(np.full(len(diagonal) - 1, evenness)) * (1 - share)
        rows.append(np.insert(others, index, share))
    return np.array(rows)


def _truth(joint: np.ndarray) -> Truth:
    """Return the figures of pixels by map (rows) and truth (columns)."""
    hits = np.diag(joint)
    return Truth(
        joint.sum(axis=0),
        hits / joint.sum(axis=1),
        hits / joint.sum(axis=0),
        float(hits.sum() / joint.sum()),
    )


def _of_pixels(name: str, shares: object, confusion: np.ndarray, samples: list[int]) -> Design:
    mapped = 1e6 * np.asarray(shares, float)

    def draw(rng: np.random.Generator) -> Survey:
        matrix = [rng.multinomial(n, row) for n, row in zip(samples, confusion)]
        return Survey(area_estimates(np.array(matrix), mapped), Z95)

    return Design(name, _truth(mapped[:, None] * confusion), draw)


def _of_polygons(
    name: str,
    shares: list[float],
    right: object,
    fields: int,
    spread: float = 0.5,
    alike: float = 0.5,
) -> Design:
    """Return surveys of a map of fields of one class, where pixels of a field err alike.

    Args:
        name: Of the design.
        shares: Of the classes among the fields.
        right: Share of each class that the map gets right.
        fields: How many are drawn.
        spread: Of the logarithm of a field's size.
        alike: Correlation of the errors of a field's pixels.
    """
    rng = np.random.default_rng(len(name))
    truth = rng.choice(len(shares), FIELDS, p=shares)
    sizes = np.maximum(1, rng.lognormal(np.log(15), spread, FIELDS)).astype(int)
    confusion = _confusion(right, 0.6, seed=9)
    concentration = confusion[truth] * (1 / alike - 1)
    weights = rng.gamma(np.maximum(concentration, 1e-6)) + 1e-12
    mapped = rng.multinomial(sizes, weights / weights.sum(axis=1, keepdims=True))
    joint = np.stack([mapped[truth == c].sum(axis=0) for c in range(len(shares))], axis=1)

    def draw(survey: np.random.Generator) -> Survey:
        chosen = survey.choice(FIELDS, fields, replace=False)
        counts = mapped[chosen]
        cells = np.tile(np.arange(len(shares)), fields)
        found = polygon_area_estimates(
            np.repeat(truth[chosen], counts.sum(axis=1)),
            np.repeat(cells, counts.ravel()),
            np.repeat(np.arange(fields), counts.sum(axis=1)),
            joint.sum(axis=1),
        )
        return Survey(found, float(student.ppf(0.975, fields - 1)))

    return Design(name, _truth(joint), draw)


@dataclass(frozen=True)
class Coverage:
    """Shares of the surveys whose interval holds the truth; a class each, ``(classes,)``."""

    areas: np.ndarray
    usual: np.ndarray
    users: np.ndarray
    producers: np.ndarray
    overall: float


def coverage(design: Design, surveys: int, seed: int = 0) -> Coverage:
    """Survey again and again; surveys that give no figure for a class do not count for it."""
    rng, truth = np.random.default_rng(seed), design.truth
    held: dict[str, list[np.ndarray]] = {"areas": [], "usual": [], "users": [], "producers": []}
    overall = 0
    for _ in range(surveys):
        survey = design.draw(rng)
        figures = np.array(
            [
                (c.low, c.high, c.users_low, c.users_high, c.producers_low, c.producers_high)
                for c in survey.found.classes
            ]
        ).T
        estimates = np.array([(c.area, c.standard_error) for c in survey.found.classes]).T
        half = survey.quantile * np.nan_to_num(estimates[1])
        usual = np.array([estimates[0] - half, estimates[0] + half])
        for name, ends, value in (
            ("areas", figures[:2], truth.areas),
            ("usual", usual, truth.areas),
            ("users", figures[2:4], truth.users),
            ("producers", figures[4:], truth.producers),
        ):
            inside = (ends[0] <= value + 1e-9) & (value - 1e-9 <= ends[1])
            held[name].append(np.where(np.isnan(ends[0]), np.nan, inside))
        overall += survey.found.overall_low <= truth.overall <= survey.found.overall_high
    shares = {name: np.nanmean(found, axis=0) for name, found in held.items()}
    return Coverage(**shares, overall=overall / surveys)


def area_coverage_tables(surveys: int = 1000) -> list[Table]:
    """Return the coverage of the intervals in every design, in percent."""
    tables = []
    for title, designs in (
        ("Area intervals, surveys of single pixels", pixel_designs()),
        ("Area intervals, surveys of whole polygons", polygon_designs()),
    ):
        found = [(design.name, coverage(design, surveys)) for design in designs]
        rows = [_row(name, entry) for name, entry in found]
        means = [
            f"**{100 * np.mean([np.mean(getattr(entry, name)) for _, entry in found]):.1f}**"
            for name in ("usual", "areas", "users", "producers", "overall")
        ]
        rows.append(("**mean**", *means))
        columns = ("", "± standard errors", "areas", "user's", "producer's", "overall")
        note = (
            f"Percent of {surveys} simulated surveys whose 95 % interval holds the truth: mean "
            "over the classes, lowest class in brackets."
        )
        tables.append(Table(title, columns, tuple(rows), note))
    return tables


def _row(name: str, found: Coverage) -> tuple[str, ...]:
    def text(shares: np.ndarray) -> str:
        return f"{100 * shares.mean():.1f} ({100 * shares.min():.1f})"

    classes = (found.usual, found.areas, found.users, found.producers)
    return (name, *(text(shares) for shares in classes), f"{100 * found.overall:.1f}")


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.area_coverage", description=__doc__)
    parser.add_argument("--surveys", type=int, default=1000, help="of each design")
    for table in area_coverage_tables(parser.parse_args().surveys):
        print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
