"""Folds of whole polygons that lie as far from one another as the labels allow.

Accuracy on pixels next to the training pixels flatters: a field is like itself.
So polygons that lie near one another are kept together, with the largest distance
for which every class can still be trained and tested in different places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.model_selection import StratifiedGroupKFold

MOST_FOLDS = 5
MOST_POINTS = 2500
#: Labels are kept together only as long as they still make about four groups a fold,
#: so that each fold holds a mixture, and training on the others misses little.
GROUPS = 20
#: A group may not hold more than this share of the labelled pixels.
LARGEST_GROUP = 0.25
#: Every class stays in as many places as this, if it has as many polygons.
PLACES = 5


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
            trained on; NaN where it is never held out.
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
    """Divide labelled pixels into at most five folds.

    Args:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
        polygons: int64 ``(n,)``, which polygon a pixel belongs to.
    """
    positions = np.stack([rows, cols], axis=1).astype(np.float64)
    groups, separation = _groups(positions, classes, polygons)
    places = {c: len(np.unique(groups[classes == c])) for c in np.unique(classes).tolist()}
    untested = tuple(c for c, found in places.items() if found < 2)
    testable = ~np.isin(classes, untested)
    fold = np.full(len(rows), -1)
    count = min(MOST_FOLDS, len(np.unique(groups[testable]))) if testable.any() else 0
    if count < 2 or len(places) - len(untested) < 2:
        nothing = np.full(len(rows), np.nan)
        return Folds(fold, 0, groups, separation, nothing, tuple(places))
    fold[testable] = _stratified(classes[testable], groups[testable], count)
    nearest = np.full(len(rows), np.nan)
    for k in range(count):
        held = fold == k
        if held.any() and not held.all():
            nearest[held] = cKDTree(positions[~held]).query(positions[held])[0]
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


def _groups(
    positions: np.ndarray, classes: np.ndarray, polygons: np.ndarray
) -> tuple[np.ndarray, float]:
    """Join polygons nearer than the largest distance that the labels allow.

    Returns:
        int64 ``(n,)`` group of each pixel, and the distance between the nearest two.
    """
    polygon = np.unique(_coarse(positions, polygons), return_inverse=True)[1]
    points = _thinned(polygon)
    distance = cdist(positions[points], positions[points])
    # Single linkage between polygons: the shortest tree over their pixels.
    distance[polygon[points][:, None] == polygon[points][None, :]] = 0.0
    tree = minimum_spanning_tree(distance + 1e-9 * (distance == 0)).tocoo()
    lengths = np.unique(np.round(tree.data[tree.data > 1e-6], 6))
    for longest in lengths[::-1]:
        groups = _components(tree, points, polygon, longest * (1 - 1e-9) - 1e-6)
        if _allowed(groups, classes, polygon):
            return groups, float(longest)
    return polygon, float(lengths[0]) if len(lengths) else 0.0


def _components(
    tree: coo_matrix, points: np.ndarray, polygon: np.ndarray, below: float
) -> np.ndarray:
    """Return the group of each pixel when links shorter than ``below`` join polygons."""
    keep = tree.data < below
    count = polygon.max() + 1
    first, second = polygon[points[tree.row[keep]]], polygon[points[tree.col[keep]]]
    links = coo_matrix((np.ones(keep.sum()), (first, second)), shape=(count, count))
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
    while ids.max() + 1 > MOST_POINTS:
        cell *= 2
        centres = np.stack(
            [np.bincount(ids, positions[:, axis]) / np.bincount(ids) for axis in (0, 1)], axis=1
        )
        merged = np.unique((centres // cell).astype(int), axis=0, return_inverse=True)[1]
        ids = merged.ravel()[ids]
    return ids


def _thinned(polygon: np.ndarray) -> np.ndarray:
    """Return at most about ``MOST_POINTS`` pixels, at least one of each polygon."""
    share = max(1, -(-len(polygon) // MOST_POINTS))
    order = np.argsort(polygon, kind="stable")
    first = np.unique(polygon[order], return_index=True)[1]
    return np.unique(np.concatenate([order[::share], order[first]]))
