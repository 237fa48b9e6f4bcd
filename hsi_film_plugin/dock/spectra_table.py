"""Writes spectra as CSV, a row for each band."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from .scene_file import SceneBands


def csv_text(bands: SceneBands, columns: Sequence[tuple[str, np.ndarray]]) -> str:
    """Return a table of spectra.

    Args:
        bands: The scene's bands.
        columns: A name and the values, float (bands,), of each spectrum.

    Returns:
        CSV with the columns ``band``, ``wavelength_nm`` (empty if unknown), ``usable`` (1 or
        0) and those given; empty where a spectrum has no value.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["band", "wavelength_nm", "usable", *(name for name, _ in columns)])
    for index in range(bands.count):
        known = bands.wavelengths is not None
        wavelength = f"{bands.wavelengths[index]:.10g}" if known else ""
        values = [float(values[index]) for _, values in columns]
        shown = [f"{value:.7g}" if np.isfinite(value) else "" for value in values]
        writer.writerow([index + 1, wavelength, int(bands.good[index]), *shown])
    return text.getvalue()
