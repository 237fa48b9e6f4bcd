"""The live map: fitted to the labels so far, painted over what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from .assessment import accuracy, confusion_matrix, defined
from .classification import TILE
from .errors import OutputError
from .grid import Grid, GridWindow
from .label_classes import LabelClass
from .labels import Labels
from .live_labels import labelled_pixels
from .live_model import LiveModel, fit_live_model, predict
from .live_scene import LiveScene
from .outputs import atomic_output, writing_failed
from .progress import Progress
from .raster_file import open_raster
from .score_interval import sum_interval
from .synthetic_mark import marks
from .windows import Block

NODATA = -1.0
#: How alike pixels of one place are in being right or wrong. Simulated maps whose places are lost
#: as a whole or hardly at all have their accuracy within nine of ten intervals with this. It is not
#: estimated from the labels at hand: from few places anything may come out, and one more wrong
#: pixel could make the interval narrower.
WITHIN_PLACES = 0.5
BANDS = ("class", "confidence", "disagreement")


@dataclass(frozen=True)
class Preview:
    """What a live map shows.

    Attributes:
        values: float32 ``(3, height, width)``: class value, confidence, disagreement; -1 where
            the scene holds no data.
        counts: Number of pixels of each class value.
        accuracy: On held-out polygons, as JSON knows it, with the names of the classes that it
            does not speak of; None where nothing can be held out.
        heads: What was chosen, in words.
        pixels: Labelled pixels that were used.
        polygons: Polygons that they lie in.
        warnings: Sentences for the user.
    """

    values: np.ndarray
    counts: dict[int, int]
    accuracy: dict[str, Any] | None
    heads: str
    pixels: int
    polygons: int
    warnings: tuple[str, ...]


def preview(live: LiveScene, labels: Labels, shown: Block, progress: Progress) -> Preview:
    """Fit to the labels and classify what is shown.

    Args:
        live: The scene; what is missing in its cache is computed.
        labels: Among them two classes of at least two pixels.
        shown: What to map.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if labels or scene cannot be used.
    """
    tiles = live.prepare(shown, progress.part(0.0, 0.6), (labels.rows, labels.cols))
    pixels, classes, warnings = labelled_pixels(live, labels, shown, progress.part(0.6, 0.75))
    model = fit_live_model(pixels, live.statistics.groups(), progress.part(0.75, 0.85))
    values = np.array([known.value for known in classes], np.float32)
    shown_values = np.full((3, shown.height, shown.width), NODATA, np.float32)
    part = progress.part(0.85, 1.0)
    for number, (row, col) in enumerate(tiles):
        part.report(number / len(tiles), "Painting the map")
        tile = live.tile((row, col))
        # always the whole tile: kernels, and so rounding, depend on its shape
        said = predict(model, tile.reshape(len(tile), -1))
        best = said.probabilities.max(axis=0)
        winner = values[said.probabilities.argmax(axis=0)]
        painted = np.stack([winner, best, said.disagreement]).reshape(3, *TILE)
        painted[:, np.isnan(tile[0])] = NODATA
        _copy(painted, Block(row * TILE[0], col * TILE[1], *TILE), shown_values, shown)
    if not folds_allow(model):
        warnings.append(
            "The labels lie in too few places to hold any of them out, so nothing is known of the "
            "map's accuracy, and only spectra were used. Draw polygons of each class in at least "
            "two places."
        )
    elif model.folds.untested:
        names = untested_names(model, classes)
        they = "they lie" if len(names) > 1 else "it lies"
        warnings.append(f"Not judged yet, since {they} in one place: {', '.join(names)}.")
    return Preview(
        shown_values,
        _counts(shown_values[0], labels.classes),
        live_accuracy(model, pixels.classes, classes),
        model.describe(),
        len(pixels.classes),
        len(np.unique(pixels.polygons)),
        tuple(warnings),
    )


def folds_allow(model: LiveModel) -> bool:
    """Return whether any labelled pixel was held out."""
    return model.folds.count > 0


def untested_names(model: LiveModel, classes: Sequence[LabelClass]) -> list[str]:
    """Return the names of the classes whose labels could not be held out."""
    return [classes[index].name for index in sorted(model.folds.untested)]


def live_accuracy(
    model: LiveModel, truth: np.ndarray, classes: Sequence[LabelClass]
) -> dict[str, Any] | None:
    """Return the accuracy on held-out polygons with a 95 % interval; None where there is none.

    Args:
        model: The model.
        truth: int64 ``(n,)``, class indices of the pixels that it was fitted to.
        classes: What they mean.
    """
    known = np.isfinite(model.held_out).all(axis=1)
    if not known.any():
        return None
    said = model.held_out[known].argmax(axis=1)
    found = accuracy(confusion_matrix(truth[known], said, len(classes)))
    low, high = accuracy_interval(said == truth[known], model.folds.groups[known])
    return {
        "overall_accuracy": defined(found.overall),
        "balanced_accuracy": defined(found.balanced),
        "kappa": defined(found.kappa),
        "low": low,
        "high": high,
        "untested": untested_names(model, classes),
    }


def accuracy_interval(right: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Return both ends of the 95 % interval of the share of pixels that are right.

    Pixels of one place are alike: the interval is Wilson's for as many independent pixels as say
    as much, with Student's quantile for as many places.

    Args:
        right: bool ``(n,)``.
        groups: int64 ``(n,)``, the place of each pixel.
    """
    sizes = np.unique(groups, return_counts=True)[1]
    a_place = float((sizes**2).sum() / len(right))  # of large ones more than of small ones
    size = len(right) / (1 + (a_place - 1) * WITHIN_PLACES)
    freedom = max(1.0, len(right) / a_place - 1)
    ones = np.ones((1, 1))
    low, high = sum_interval(
        ones, ones * right.mean() * size, ones * size, float(student.ppf(0.975, freedom))
    )
    return float(low[0]), float(high[0])


def write_preview(
    path: Path, values: np.ndarray, grid: Grid, shown: Block, tags: Mapping[str, str]
) -> None:
    """Write a live map as a plain GeoTIFF of three bands, whole or not at all.

    Raises:
        OutputError: if it cannot be written.
    """
    window = GridWindow.of(grid, shown.row, shown.col, shown.height, shown.width)
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": shown.width,
        "height": shown.height,
        "count": len(values),
        "dtype": "float32",
        "nodata": NODATA,
        "interleave": "band",
    }
    if window.georeferenced:
        profile["transform"] = window.transform
        if window.crs is not None:
            profile["crs"] = window.crs
    with atomic_output(path) as hidden:
        try:
            with open_raster(hidden, "w", **profile) as dataset:
                dataset.update_tags(**dict(sorted({**tags, **marks(window)}.items())))
                for index, name in enumerate(BANDS):
                    dataset.set_band_description(index + 1, name)
                dataset.write(values)
            written = hidden.stat().st_size
        except OSError as error:
            raise writing_failed(path, error, values.nbytes) from error
        if written < values.nbytes:  # GDAL tells no one when a write fails while a file is closed
            raise OutputError(
                f"'{path}' does not hold all that was written. The disk may be full: free some "
                "space, or choose another folder."
            )


def _copy(piece: np.ndarray, place: Block, target: np.ndarray, shown: Block) -> None:
    """Copy what a piece and the target, both placed on the scene, have in common."""
    top, left = max(place.row, shown.row), max(place.col, shown.col)
    bottom = min(place.row + place.height, shown.row + shown.height)
    right = min(place.col + place.width, shown.col + shown.width)
    target[:, top - shown.row : bottom - shown.row, left - shown.col : right - shown.col] = piece[
        :, top - place.row : bottom - place.row, left - place.col : right - place.col
    ]


def _counts(values: np.ndarray, classes: Sequence[LabelClass]) -> dict[int, int]:
    found = np.bincount(values[values > 0].astype(np.int64))
    return {
        known.value: int(found[known.value]) if known.value < len(found) else 0 for known in classes
    }
