"""Where the next label would help most: where the map is unsure, and unlike what is labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from affine import Affine
from rasterio.features import shapes

from .grid import Grid, to_pixels
from .label_classes import LabelClass
from .labels import Labels
from .live_labels import mapped_pixels, usable_pixels
from .live_model import LabelledPixels, LiveModel, fit_live_model, predict
from .live_scene import LiveScene
from .progress import Progress
from .spots import REACH, Spots, spots_of
from .windows import Block

#: Whitened components in which places are like or unlike one another.
COMPONENTS = 10
#: Pixels between places that are suggested together, where there is room.
APART = 12
#: Spots that stand for all when typical ones are sought.
REFERENCES = 400
#: Components of a spot vary at least so much: below, it is noise.
LEAST_SPREAD = 0.01
#: Pixels that are judged between two looks at whether someone cancelled.
AT_ONCE = 2**14
#: Who says one class by less than this over another is unsure.
CLEAR = 0.5


@dataclass(frozen=True)
class Weights:
    """What the logarithms of these count for in a place's score; see ``bench.suggestions``.

    Attributes:
        unsure: How unsure the heads are.
        unlike: How far the place lies from what is labelled.
        mixed: How much its pixels differ; this counts against it.
        typical: How many places are like it; where there is no model.
    """

    unsure: float = 1.0
    unlike: float = 0.5
    mixed: float = 1.0
    typical: float = 1.0


WEIGHTS = Weights()


@dataclass(frozen=True)
class Suggestion:
    """A place to label.

    Attributes:
        row: Of its most typical pixel.
        col: Of the same.
        x: Its centre in the raster's CRS.
        y: The same.
        wkt: Its polygon along pixel edges, in the raster's CRS.
        pixels: How many it holds.
        known: The class that the map shows there; None without a model.
        confidence: The map's; None without a model.
        score: How useful, beside the first suggestion's 1.
        reason: A sentence.
    """

    row: int
    col: int
    x: float
    y: float
    wkt: str
    pixels: int
    known: LabelClass | None
    confidence: float | None
    score: float
    reason: str


@dataclass(frozen=True)
class Standing:
    """How spots stand before any is chosen.

    Attributes:
        positions: int64 ``(n, 2)``, row and column.
        places: float32 ``(n, components)``, where spots lie among spectra.
        merit: float64 ``(n,)``, the logarithm of what makes each worth a label by itself.
        committee: float32 ``(n, classes)``, what all heads say together; None without a model.
        blend: float32 ``(n, classes)``, what the map says; None without a model.
    """

    positions: np.ndarray
    places: np.ndarray
    merit: np.ndarray
    committee: np.ndarray | None = None
    blend: np.ndarray | None = None


def suggest(
    live: LiveScene,
    labels: Labels | None,
    shown: Block,
    count: int,
    avoid: Sequence[tuple[float, float]],
    progress: Progress,
) -> tuple[list[Suggestion], list[str]]:
    """Return the places of what is shown that are most worth a label, the best first.

    Args:
        live: The scene; what is missing in its cache is computed.
        labels: None where there are none yet.
        shown: Where to look.
        count: How many places at most.
        avoid: Coordinates in the raster's CRS of places that are not wanted.
        progress: For a progress bar, and to cancel.

    Returns:
        The places, and sentences for the user.

    Raises:
        InputError: if the scene cannot be used.
    """
    labelled = None if labels is None else (labels.rows, labels.cols)
    tiles = live.prepare(shown, progress.part(0.0, 0.6), labelled)
    spots = spots_of(live, tiles, shown, progress.part(0.6, 0.8))
    if not len(spots.rows):
        return [], []
    groups = live.statistics.groups()
    pixels, model = None, None
    classes: tuple[LabelClass, ...] = ()
    warnings: list[str] = []
    if labels is not None:
        pixels, warnings = usable_pixels(live, labels, shown, progress.part(0.8, 0.85))
        mapped, classes, more = mapped_pixels(pixels, labels)
        warnings += more
        if len(classes) > 1:
            model = fit_live_model(mapped, groups, progress.part(0.85, 0.95), judged=False)
    progress.report(0.95, "Comparing places")
    components = np.arange(groups["spectrum"].start, groups["spectrum"].stop)[:COMPONENTS]
    standing = stand(spots, model, components, progress=progress)
    known = labelled_places(pixels, components)
    taken = _labelled(spots, labels, live.scene) | _avoided(spots, avoid, live.scene)
    chosen = choose_spots(standing, known, taken, count, progress=progress)
    found = [
        _suggestion(spots, spot, score, standing, classes, known, live.transform)
        for spot, score in chosen
    ]
    return found, warnings


def stand(
    spots: Spots,
    model: LiveModel | None,
    components: np.ndarray,
    weights: Weights = WEIGHTS,
    progress: Progress | None = None,
) -> Standing:
    """Judge spots one by one: how unsure the model is of them, and how pure they are."""
    progress = progress or Progress()
    values = spots.features[:, components].astype(np.float32)
    places = spots.means(values)
    counts = np.diff(spots.edges)
    variance = spots.means((values - places[spots.owners]) ** 2).mean(axis=1)
    spread = np.sqrt(variance * counts / np.maximum(counts - 1, 1))
    positions = np.stack([spots.rows, spots.cols], axis=1)
    merit = -weights.mixed * np.log(spread + LEAST_SPREAD)
    if model is None:
        return Standing(
            positions, places, merit + weights.typical * np.log(_typical(places, progress))
        )
    said = []
    for start in range(0, len(spots.features), AT_ONCE):
        progress.check()
        said.append(predict(model, spots.features[start : start + AT_ONCE].T))
    blend = spots.means(np.concatenate([one.probabilities.T for one in said]))
    # all heads together: the chosen ones may be sure of what others, with more labels, will tell
    committee = spots.means(np.concatenate([one.committee.T for one in said]))
    two = np.sort(committee, axis=1)[:, -2:]
    unsure = 1 - (two[:, 1] - two[:, 0])
    merit = merit + weights.unsure * np.log(unsure + 0.01)
    return Standing(positions, places, merit, committee, blend)


def labelled_places(pixels: LabelledPixels | None, components: np.ndarray) -> np.ndarray:
    """Return where labelled polygons lie among spectra, float32 ``(polygons, components)``."""
    if pixels is None or not len(pixels.classes):
        return np.zeros((0, len(components)), np.float32)
    owner = np.unique(pixels.polygons, return_inverse=True)[1].ravel()
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(owner.max() + 1))
    total = np.add.reduceat(pixels.features[order][:, components].astype(np.float64), starts)
    places: np.ndarray = (total / np.bincount(owner)[:, None]).astype(np.float32)
    return places


def choose_spots(
    standing: Standing,
    known: np.ndarray,
    taken: np.ndarray,
    count: int,
    weights: Weights = WEIGHTS,
    progress: Progress | None = None,
) -> list[tuple[int, float]]:
    """Choose one spot after the other, each far from those labelled and those chosen.

    Args:
        standing: How spots stand.
        known: float32 ``(m, components)``, what is labelled.
        taken: bool ``(n,)``, spots that may not be chosen.
        count: How many at most.
        weights: What counts for how much.
        progress: To cancel.

    Returns:
        Spots and their scores, of which the first is 1.
    """
    progress = progress or Progress()
    free = ~taken
    nearest = _nearest(standing.places, known, progress)
    found: list[tuple[int, float]] = []
    best = 0.0
    while len(found) < count and free.any():
        progress.check()
        score = standing.merit.astype(np.float64)
        if np.isfinite(nearest).all():
            score = score + weights.unlike * np.log(nearest + 1e-3)
        spot = int(np.where(free, score, -np.inf).argmax())
        if not found:
            best = float(score[spot])
        found.append((spot, float(np.exp(min(0.0, score[spot] - best)))))
        free[spot] = False
        nearest = np.minimum(nearest, _nearest(standing.places, standing.places[[spot]], progress))
        away = np.abs(standing.positions - standing.positions[spot]).max(axis=1) > APART
        if (free & away).any():
            free &= away
    return found


def _nearest(places: np.ndarray, known: np.ndarray, progress: Progress) -> np.ndarray:
    """Return the distance of each place to the nearest known one, infinite without any."""
    nearest = np.full(len(places), np.inf)
    squares = (places.astype(np.float64) ** 2).sum(axis=1)
    for start in range(0, len(known), 256):
        progress.check()
        part = known[start : start + 256].astype(np.float64)
        distance = squares[:, None] - 2 * places @ part.T + (part**2).sum(axis=1)
        nearest = np.minimum(nearest, distance.min(axis=1))
    found: np.ndarray = np.sqrt(np.maximum(nearest, 0))
    return found


def _typical(places: np.ndarray, progress: Progress) -> np.ndarray:
    """Return how many places are like each one, as a share of all, float64 ``(n,)``."""
    some = np.random.default_rng(0).permutation(len(places))[:REFERENCES]
    distance = np.stack([_nearest(places, places[[one]], progress) for one in some], axis=1)
    near = np.sort(distance, axis=1)[:, min(5, len(some) - 1)]
    width = max(float(np.median(near)), 1e-6)
    typical: np.ndarray = np.exp(-0.5 * (distance / (2 * width)) ** 2).mean(axis=1) + 1e-4
    return typical


def _labelled(spots: Spots, labels: Labels | None, grid: Grid) -> np.ndarray:
    """Return which spots hold a labelled pixel."""
    if labels is None:
        return np.zeros(len(spots.rows), bool)
    pixels = spots.pixel_rows * grid.width + spots.pixel_cols
    held = np.isin(pixels, labels.rows * grid.width + labels.cols)
    taken: np.ndarray = np.bincount(spots.owners[held], minlength=len(spots.rows)) > 0
    return taken


def _avoided(spots: Spots, avoid: Sequence[tuple[float, float]], grid: Grid) -> np.ndarray:
    """Return which spots lie where none is wanted."""
    taken = np.zeros(len(spots.rows), bool)
    if not avoid:
        return taken
    points = np.array(avoid, np.float64)
    cols, rows = (np.floor(place) for place in to_pixels(grid, points[:, 0], points[:, 1]))
    for row, col in zip(rows, cols):
        taken |= (np.abs(spots.rows - row) <= REACH) & (np.abs(spots.cols - col) <= REACH)
    return taken


def _suggestion(
    spots: Spots,
    spot: int,
    score: float,
    standing: Standing,
    classes: Sequence[LabelClass],
    known: np.ndarray,
    transform: Affine,
) -> Suggestion:
    inside = slice(int(spots.edges[spot]), int(spots.edges[spot + 1]))
    row, col = int(spots.rows[spot]), int(spots.cols[spot])
    x, y = transform @ (col + 0.5, row + 0.5)
    likely, confidence = None, None
    reason = "A typical place of the scene that no label speaks for yet."
    if standing.blend is not None and standing.committee is not None:
        said = standing.blend[spot]
        likely, confidence = classes[int(said.argmax())], float(said.max())
        reason = _reason(said, standing.committee[spot], classes)
    elif len(known):
        reason = "Unlike what is labelled so far."
    return Suggestion(
        row,
        col,
        float(x),
        float(y),
        outline(spots.pixel_rows[inside], spots.pixel_cols[inside], transform),
        inside.stop - inside.start,
        likely,
        confidence,
        score,
        reason,
    )


def _reason(blend: np.ndarray, committee: np.ndarray, classes: Sequence[LabelClass]) -> str:
    """Say why a place is worth a label, without contradicting what the map shows there."""
    first, second = np.argsort(-blend, kind="stable")[:2]
    if blend[first] - blend[second] < CLEAR:
        return (
            f"Unsure: {classes[first].name} ({blend[first]:.0%}) or "
            f"{classes[second].name} ({blend[second]:.0%})."
        )
    others = np.where(np.arange(len(classes)) == first, -np.inf, committee)
    rival = int(others.argmax())
    if committee[first] - committee[rival] < CLEAR:
        return f"The map says {classes[first].name}, other classifiers {classes[rival].name}."
    return f"Unlike the labels so far, though the map takes it for {classes[first].name}."


def outline(rows: np.ndarray, cols: np.ndarray, transform: Affine) -> str:
    """Return connected pixels as a polygon along their edges, as well-known text."""
    top, left = int(rows.min()), int(cols.min())
    mask = np.zeros((int(rows.max()) - top + 1, int(cols.max()) - left + 1), np.uint8)
    mask[rows - top, cols - left] = 1
    placed = transform @ Affine.translation(left, top)
    geometry, _ = next(shapes(mask, mask=mask.astype(bool), connectivity=4, transform=placed))
    rings = (
        "(" + ", ".join(f"{x!r} {y!r}" for x, y in ring) + ")" for ring in geometry["coordinates"]
    )
    return f"POLYGON ({', '.join(rings)})"
