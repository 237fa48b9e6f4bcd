"""Spectra as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np

from hsi_film_plugin.dock.scene_file import SceneBands
from hsi_film_plugin.dock.spectra_table import csv_text


def scene_bands(wavelengths):
    return SceneBands(
        count=3,
        wavelengths=wavelengths,
        good=np.array([True, False, True]),
        names=("a", "b", "c"),
        scales=np.ones(3),
        offsets=np.zeros(3),
        nodata=(None,) * 3,
        warnings=(),
    )


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def test_each_band_is_a_row_with_its_wavelength_and_values():
    bands = scene_bands(np.array([400.5, 500.0, 2450.25]))
    text = csv_text(bands, [("Water, deep", np.array([0.1, np.nan, 12345.678]))])
    assert rows(text) == [
        ["band", "wavelength_nm", "usable", "Water, deep"],
        ["1", "400.5", "1", "0.1"],
        ["2", "500", "0", ""],
        ["3", "2450.25", "1", "12345.68"],
    ]


def test_unknown_wavelengths_are_left_empty():
    assert [row[1] for row in rows(csv_text(scene_bands(None), []))[1:]] == ["", "", ""]
