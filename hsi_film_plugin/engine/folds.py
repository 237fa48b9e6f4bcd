"""Folds of whole polygons that lie far from one another.

Accuracy on pixels next to the training pixels flatters: a field is like itself.
So polygons that lie near one another are kept together. Two divisions serve two ends:
:func:`spatial_folds` leaves so many places that choosing on them is steady, and
:func:`distant_folds` keeps the labels of each class in as few places as can be, as far
apart as they allow, for a statement about ground that was never labelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree
from sklearn.model_selection import StratifiedGroupKFold

MOST_FOLDS = 5
#: More polygons than this are taken together with their neighbours.
MOST_POLYGONS = 2500
#: Labels are kept together only as long as they still make about four groups a fold,
#: so that each fold holds a mixture, and training on the others misses little.
GROUPS = 20
#: A group may not hold more than this share of the labelled pixels.
LARGEST_GROUP = 0.25
#: Every class stays in as many places as this, if it has as many polygons.
PLACES = 5
#: Labels of a class are joined in distant folds where the next link is so much longer.
CLEAR_GAP = 1.5
#: Such a group may not hold more than this share of its class.
LARGEST_DISTANT_GROUP = 0.9


@dataclass(frozen=True)
class Folds:
    """Which labelled pixel is held out when.

    Attributes:
        fold: int64 ``(n,)``: the fold that holds a pixel out; -1 where it is always
            trained on, because its class lies in one place only.
        count: Number of folds; 0 when the labels allow none.
        groups: int64 ``(n,)``: groups of neighbouring polygons.
        separation: Pixels between the nearest two groups.
        nearest: float64 ``(n,)``: pixels from a held-out pixel to the nearest one
            trained on (of its own class, for distant folds); NaN where there is none.
        untested: Indices of the classes that lie in one place only.
    """

    fold: np.ndarray
    count: int
    groups: np.ndarray
    separation: float
    nearest: np.ndarray
    untested: tuple[int, ...]


def spatial_folds(
    rows: np.ndarray, cols: np.ndarray, classes: np.ndarray, polygons: np.ndarray
) -> Folds:
    """Divide labelled pixels into at most five folds, to choose on.

    Args:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
        polygons: int64 ``(n,)``, which polygon a pixel belongs to.
    """
    positions = np.stack([rows, cols], axis=1).astype(np.float64)
    polygon = _coarse(positions, polygons)
    groups, separation = _joined(
        positions, polygon, lambda joined: _allowed(joined, classes, polygon)
    )
    return _folds(positions, classes, groups, separation, np.zeros_like(classes))


def distant_folds(
    rows: np.ndarray,
    cols: np.ndarray,
    classes: np.ndarray,
    polygons: np.ndarray,
    at_least: float,
) -> Folds:
    """Divide labelled pixels into at most five folds, to say what the map is worth elsewhere.

    The labels of each class are joined by themselves, up to the clearest gap between
    them: the place in the row of ever longer links where the next one is longest beside
    the one before. So pixels that were strewn over a field stay together, however near
    the next field lies. Where there is no such gap, those nearer than ``at_least`` are
    joined: give it what the folds to choose on keep.

    Args:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
        polygons: int64 ``(n,)``, which polygon a pixel belongs to.
        at_least: In pixels.
    """
    positions = np.stack([rows, cols], axis=1).astype(np.float64)
    polygon = _coarse(positions, polygons)
    groups = np.zeros(len(rows), int)
    separation = np.inf
    for c in np.unique(classes):
        mine = np.flatnonzero(classes == c)
        inside = np.unique(polygon[mine], return_inverse=True)[1].ravel()
        found, apart = _joined_to_clearest_gap(positions[mine], inside, at_least)
        groups[mine] = found + groups.max() + 1
        separation = min(separation, apart or np.inf)
    separation = float(separation) if np.isfinite(separation) else 0.0
    return _folds(positions, classes, groups, separation, classes)


def _folds(
    positions: np.ndarray,
    classes: np.ndarray,
    groups: np.ndarray,
    separation: float,
    kin: np.ndarray,
) -> Folds:
    """Return folds of whole groups; distances are to pixels that are alike in ``kin``."""
    places = {c: len(np.unique(groups[classes == c])) for c in np.unique(classes).tolist()}
    untested = tuple(c for c, found in places.items() if found < 2)
    testable = ~np.isin(classes, untested)
    fold = np.full(len(classes), -1)
    count = min(MOST_FOLDS, len(np.unique(groups[testable]))) if testable.any() else 0
    if count < 2 or len(places) - len(untested) < 2:
        nothing = np.full(len(classes), np.nan)
        return Folds(fold, 0, groups, separation, nothing, tuple(places))
    fold[testable] = _stratified(classes[testable], groups[testable], count)
    nearest = np.full(len(classes), np.nan)
    for k in range(count):
        for kind in np.unique(kin):
            held, trained = (fold == k) & (kin == kind), (fold != k) & (kin == kind)
            if held.any() and trained.any():
                nearest[held] = cKDTree(positions[trained]).query(positions[held])[0]
    return Folds(fold, count, groups, separation, nearest, untested)


def _stratified(classes: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Return the fold of each pixel: whole groups, classes spread evenly."""
    fold = np.zeros(len(classes), int)
    splitter = StratifiedGroupKFold(n_splits=count)
    # The splitter wants every class at least as often as there are folds; classes
    # of few pixels are spread as well as their groups allow all the same.
    frequent = np.repeat(np.arange(len(classes)), count)
    for k, (_, held) in enumerate(splitter.split(frequent, classes[frequent], groups[frequent])):
        fold[frequent[held]] = k
    return fold


def _joined(
    positions: np.ndarray,
    polygon: np.ndarray,
    allowed: Callable[[np.ndarray], bool],
    at_most: float = np.inf,
) -> tuple[np.ndarray, float]:
    """Join polygons nearer than the largest distance that is allowed.

    Args:
        positions: float64 ``(n, 2)``.
        polygon: int64 ``(n,)``, from 0 without gaps.
        allowed: Judges the groups ``(n,)`` of a distance.
        at_most: No larger distance is tried.

    Returns:
        int64 ``(n,)`` group of each pixel, and the distance between the nearest two.
    """
    first, second, distance = _links(positions, polygon)
    lengths = np.unique(np.minimum(distance, at_most))
    # Shorter links leave more and smaller groups: what is allowed can be bisected.
    low, high, groups = 0, len(lengths), polygon
    while low < high:
        middle = (low + high) // 2
        near = distance < lengths[middle]
        joined = _components(polygon, first[near], second[near])
        if allowed(joined):
            low, groups = middle + 1, joined
        else:
            high = middle
    apart = distance[groups[first] != groups[second]]
    return groups, float(apart.min()) if len(apart) else 0.0


def _joined_to_clearest_gap(
    positions: np.ndarray, polygon: np.ndarray, at_least: float
) -> tuple[np.ndarray, float]:
    """Join the polygons of one class up to the clearest gap, as :func:`_joined` returns it.

    Args:
        positions: float64 ``(n, 2)``.
        polygon: int64 ``(n,)``, from 0 without gaps.
        at_least: Polygons nearer than this are joined, gap or no gap, where that is allowed.
    """
    first, second, distance = _links(positions, polygon)
    tree = _tree(polygon, first, second, distance)

    def allowed(joined: np.ndarray) -> bool:
        largest: int = np.bincount(joined).max()
        return joined.max() > 0 and largest <= LARGEST_DISTANT_GROUP * len(joined)

    def join(limit: float) -> np.ndarray:
        near = distance < limit
        return _components(polygon, first[near], second[near])

    gaps = [
        (longer / shorter, float(longer))
        for shorter, longer in zip(tree, tree[1:])
        if longer >= at_least and longer > CLEAR_GAP * shorter
    ]
    clearest = [limit for _, limit in sorted(gaps, reverse=True)]
    chosen = next((limit for limit in clearest if allowed(join(limit))), None)
    if chosen is None:
        chosen = clearest[0] if clearest else min([at_least, *tree[-1:]])
    # where that leaves one group with nearly everything, the largest distance that does not
    return _joined(positions, polygon, allowed, chosen)


def _links(positions: np.ndarray, polygon: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of pixels of different polygons, and how far apart they are.

    The shortest links between any two sets of polygons are among them.
    """
    first, second = _neighbours(positions)
    between = polygon[first] != polygon[second]
    first, second = first[between], second[between]
    return first, second, np.linalg.norm(positions[first] - positions[second], axis=1)


def _tree(
    polygon: np.ndarray, first: np.ndarray, second: np.ndarray, distance: np.ndarray
) -> np.ndarray:
    """Return the links of the shortest tree over polygons, the shortest first."""
    order = np.argsort(distance, kind="stable")
    pairs = np.sort(np.stack([polygon[first], polygon[second]], axis=1), axis=1)[order]
    pairs, shortest = np.unique(pairs, axis=0, return_index=True)
    count = polygon.max() + 1
    links = coo_matrix((distance[order][shortest], tuple(pairs.T)), shape=(count, count))
    found: np.ndarray = np.sort(minimum_spanning_tree(links).data)
    return found


def _neighbours(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of pixels that hold the shortest links between any two sets of them.

    The shortest tree over points is a part of their Delaunay triangulation.
    """
    try:
        corners = Delaunay(positions).simplices
    except QhullError:  # too few pixels for a triangle, or all in one line
        order = np.lexsort(positions.T)
        return order[:-1], order[1:]
    return corners.ravel(), np.roll(corners, -1, axis=1).ravel()


def _components(polygon: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the group of each pixel when pairs of pixels join their polygons."""
    count = polygon.max() + 1
    pairs = (polygon[first], polygon[second])
    links = coo_matrix((np.ones(len(first)), pairs), shape=(count, count))
    groups: np.ndarray = connected_components(links, directed=False)[1][polygon]
    return groups


def _allowed(groups: np.ndarray, classes: np.ndarray, polygon: np.ndarray) -> bool:
    """Return whether every class still lies in enough places, and no group in most."""
    if groups.max() + 1 < min(GROUPS, polygon.max() + 1):
        return False
    if np.bincount(groups).max() > LARGEST_GROUP * len(groups):
        return False
    for c in np.unique(classes):
        mine = classes == c
        possible = len(np.unique(polygon[mine]))
        if len(np.unique(groups[mine])) < min(possible, PLACES):
            return False
    return True


def _coarse(positions: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Return the polygons, neighbours taken together where there are too many."""
    ids = np.unique(polygons, return_inverse=True)[1]
    cell = 1.0
    while ids.max() + 1 > MOST_POLYGONS:
        cell *= 2
        centres = np.stack(
            [np.bincount(ids, positions[:, axis]) / np.bincount(ids) for axis in (0, 1)], axis=1
        )
        merged = np.unique((centres // cell).astype(int), axis=0, return_inverse=True)[1]
        ids = merged.ravel()[ids]
    return np.unique(ids, return_inverse=True)[1].ravel()
