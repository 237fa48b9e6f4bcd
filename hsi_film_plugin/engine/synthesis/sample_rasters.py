"""Synthetic samples as rasters: a mosaic of their spectra, and the labels that lie on it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from affine import Affine

from ..class_map import ClassMapWriter
from ..grid import GridWindow
from ..progress import Progress
from ..raster_writer import RasterFormat, RasterWriter
from ..synthetic_mark import MARKED
from .sample_set import SampleSet

#: A summary of prompts names so many, in so many characters.
MOST_PROMPTS, MOST_CHARACTERS = 20, 2000


def write_mosaic(samples: SampleSet, path: Path, progress: Progress | None = None) -> None:
    """Write the samples side by side as a raster of physical values, float32.

    They fill a near-square grid row by row; what is left of the last row is NaN, the nodata
    value. The bands are those in use, with their wavelengths. The raster lies nowhere: no CRS.

    Raises:
        OutputError: if it cannot be written.
        Cancelled: if the job was cancelled; nothing is left then.
    """
    progress = progress or Progress()
    grid = mosaic_grid(samples, path)
    form = RasterFormat(
        "float32",
        math.nan,
        band_names(samples),
        sample_tags(samples),
        band_tags=_band_tags(samples),
    )
    with RasterWriter(path, grid, form) as writer:
        for row, which in _rows(samples, progress.part(0.0, 0.4)):
            cubes = samples.cubes(which)
            writer.write(row, 0, np.concatenate(list(cubes), axis=2))
        writer.close(progress.part(0.4, 1.0))


def write_label_raster(samples: SampleSet, path: Path, progress: Progress | None = None) -> None:
    """Write the labels of the samples as a class map that lies on their mosaic; 0 is unlabelled.

    Raises:
        OutputError: if it cannot be written.
        Cancelled: if the job was cancelled; nothing is left then.
    """
    progress = progress or Progress()
    values = np.array([known.value for known in samples.classes])[samples.class_indices]
    grid = mosaic_grid(samples, path)
    with ClassMapWriter(path, grid, samples.classes, sample_tags(samples)) as writer:
        for row, which in _rows(samples, progress.part(0.0, 0.4)):
            labels = samples.labelled[which] * values[which][:, None, None]
            writer.write(row, 0, np.concatenate(list(labels), axis=1))
        writer.close(progress.part(0.4, 1.0))


def mosaic_columns(count: int) -> int:
    """Return how many samples lie side by side."""
    return math.isqrt(count - 1) + 1


def mosaic_grid(samples: SampleSet, path: Path) -> GridWindow:
    """Return where the samples' pixels lie: nowhere on the ground."""
    columns = mosaic_columns(samples.count)
    rows = -(-samples.count // columns)
    side = samples.side
    return GridWindow(
        path, columns * side, rows * side, None, Affine.identity(), False, synthetic=True
    )


def sample_tags(samples: SampleSet) -> dict[str, str]:
    """Return the metadata of every file made from samples: the mark, and what made them."""
    return MARKED | {
        "HSIFILM_SYNTHESIZER_SHA256": samples.synthesizer_sha256,
        "HSIFILM_PROMPTS": prompt_summary(samples),
        "HSIFILM_NEGATIVE_PROMPT": one_line(samples.negative),
        "HSIFILM_GUIDANCE": f"{samples.guidance:g}",
        "HSIFILM_STEPS": str(samples.steps),
        "HSIFILM_SEED": str(samples.seed),
        "HSIFILM_SCENES": one_line(", ".join(samples.scene_names)),
        "HSIFILM_PATCH": str(samples.side),
    }


def prompt_summary(samples: SampleSet) -> str:
    """Return the most frequent prompts and how many samples each has, in one line."""
    found = Counter(samples.prompt_of.tolist()).most_common()
    shown = [f"{one_line(samples.prompts[index])} ({n})" for index, n in found[:MOST_PROMPTS]]
    if len(found) > MOST_PROMPTS:
        shown.append(f"and {len(found) - MOST_PROMPTS} more")
    text = "; ".join(shown)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 2]} …"


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters, which headers cannot hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def band_names(samples: SampleSet) -> tuple[str, ...]:
    """Return a name of each band: its wavelength, else its number in the scene."""
    if samples.bands.wavelengths is None:
        return tuple(f"Band {band + 1}" for band in samples.bands.used)
    return tuple(f"{wavelength:.1f} nm" for wavelength in samples.bands.wavelengths)


def _band_tags(samples: SampleSet) -> tuple[dict[str, str], ...]:
    if samples.bands.wavelengths is None:
        return ()
    return tuple(
        {"wavelength": f"{wavelength:.3f}", "wavelength_units": "nm"}
        for wavelength in samples.bands.wavelengths
    )


def _rows(samples: SampleSet, progress: Progress) -> Iterator[tuple[int, slice]]:
    """Yield the first pixel row of each row of samples, and which samples lie in it."""
    columns = mosaic_columns(samples.count)
    for first in range(0, samples.count, columns):
        progress.report(first / samples.count, "Writing the samples")
        yield first // columns * samples.side, slice(first, first + columns)
