"""What a raster's metadata says of its bands: wavelengths, widths and bad bands.

Read from GDAL's per-band metadata (``wavelength``, ``fwhm``, ``bbl``), its IMAGERY
domain (``CENTRAL_WAVELENGTH_UM``, ``FWHM_UM``) and ENVI header lists, in this order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Tags = Mapping[str, str]

_NANOMETERS_PER_UNIT = {
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometers": 1.0,
    "nanometre": 1.0,
    "nanometres": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "micrometers": 1e3,
    "micrometre": 1e3,
    "micrometres": 1e3,
    "mm": 1e6,
    "millimeter": 1e6,
    "millimeters": 1e6,
    "m": 1e9,
    "meter": 1e9,
    "meters": 1e9,
}
_UNSTATED = {"", "unknown", "none"}
_LARGEST_MICROMETERS = 100.0  # a wavelength without a unit is in µm up to here, else in nm


@dataclass(frozen=True)
class Bands:
    """The bands of a scene.

    Attributes:
        wavelengths: Centre wavelengths in nm, float64 (count,); None when unknown.
        fwhm: Full widths at half maximum in nm, float64 (count,); None when unknown.
        good: bool (count,), False for bands that the file declares bad (or alpha).
        names: One name a band; never empty strings.
    """

    wavelengths: np.ndarray | None
    fwhm: np.ndarray | None
    good: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class RasterTags:
    """All metadata of a raster that can speak of its bands.

    Attributes:
        dataset: The default domain of the dataset.
        envi: The ENVI header as GDAL hands it on; empty for other formats.
        bands: The default domain of each band.
        imagery: The IMAGERY domain of each band.
        descriptions: The description of each band.
    """

    dataset: Tags
    envi: Tags
    bands: Sequence[Tags]
    imagery: Sequence[Tags]
    descriptions: Sequence[str | None]


def read_bands(tags: RasterTags) -> tuple[Bands, tuple[str, ...]]:
    """Return the bands that ``tags`` describe, and warnings about what was not usable."""
    warnings: list[str] = []
    count = len(tags.bands)
    wavelengths, factor = _wavelengths(tags, warnings)
    fwhm = None if wavelengths is None else _widths(tags, factor)
    bbl = _column(tags, "bbl")
    good = np.ones(count, dtype=bool)
    if bbl is not None:
        good = np.isnan(bbl) | (bbl != 0)
        if not good.any():
            warnings.append("The bad band list marks every band as bad; it was ignored.")
            good = np.ones(count, dtype=bool)
    names = tuple(text or f"Band {index + 1}" for index, text in enumerate(tags.descriptions))
    return Bands(wavelengths, fwhm, good, names), tuple(warnings)


def reflectance_scale(tags: RasterTags) -> float | None:
    """Return the number that ENVI's ``reflectance scale factor`` says to divide by."""
    text = tags.envi.get("reflectance_scale_factor") or tags.envi.get("reflectance scale factor")
    factor = _number(text)
    return factor if np.isfinite(factor) and factor > 0 else None


def header_list(text: str | None) -> list[str]:
    """Split an ENVI header list, ``{a, b, c}``, into its stripped items."""
    if not text:
        return []
    items = [item.strip() for item in text.strip().strip("{}").split(",")]
    return items if any(items) else []


def _wavelengths(tags: RasterTags, warnings: list[str]) -> tuple[np.ndarray | None, float]:
    """Return wavelengths in nm, if they are known, and nm per unit of the metadata."""
    raw, unit = _column(tags, "wavelength"), _unit(tags)
    if raw is None:
        raw, unit = _imagery_column(tags, "CENTRAL_WAVELENGTH_UM"), "um"
    if raw is None:
        return None, 1.0
    if not _usable(raw):
        known = int(np.sum(np.isfinite(raw) & (raw > 0)))
        warnings.append(
            f"Only {known} of {raw.size} bands have a wavelength; "
            "bands are matched by their position instead."
        )
        return None, 1.0
    if unit in _UNSTATED:
        factor = 1e3 if raw.max() <= _LARGEST_MICROMETERS else 1.0
    elif unit in _NANOMETERS_PER_UNIT:
        factor = _NANOMETERS_PER_UNIT[unit]
    else:
        warnings.append(
            f"The wavelength unit '{unit}' is not a length; "
            "bands are matched by their position instead."
        )
        return None, 1.0
    return raw * factor, factor


def _widths(tags: RasterTags, factor: float) -> np.ndarray | None:
    """Return full widths at half maximum in nm, if they are known for all bands."""
    widths = _column(tags, "fwhm")
    if widths is not None:
        widths = widths * factor
    else:
        widths = _imagery_column(tags, "FWHM_UM")
        if widths is not None:
            widths = widths * 1e3
    return widths if widths is not None and _usable(widths) else None


def _unit(tags: RasterTags) -> str:
    for source in (*tags.bands, tags.envi, tags.dataset):
        for key in ("wavelength_units", "wavelength units", "wavelength_unit"):
            value = _get(source, key)
            if value and value.strip():
                return value.strip().lower()
    return ""


def _column(tags: RasterTags, key: str) -> np.ndarray | None:
    """Return one number a band, NaN where a band has none; None if no band has one."""
    values = np.array([_number(_get(band, key)) for band in tags.bands])
    if np.isfinite(values).any():
        return values
    for source in (tags.envi, tags.dataset):
        items = header_list(_get(source, key))
        if items:
            values = np.array([_number(item) for item in items])
            # which bands a list of another length speaks of cannot be told
            return values if values.size == len(tags.bands) else np.full(len(tags.bands), np.nan)
    return None


def _imagery_column(tags: RasterTags, key: str) -> np.ndarray | None:
    values = np.array([_number(band.get(key)) for band in tags.imagery])
    return values if np.isfinite(values).any() else None


def _get(tags: Tags, key: str) -> str | None:
    """Look ``key`` up whatever its letters' case."""
    value = tags.get(key)
    if value is not None:
        return value
    return next((text for name, text in tags.items() if name.lower() == key), None)


def _number(text: str | None) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError:
        return float("nan")


def _usable(values: np.ndarray) -> bool:
    return bool(np.all(np.isfinite(values) & (values > 0)))
