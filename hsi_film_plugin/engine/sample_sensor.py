"""The sample scene's sensor: bands, spectra, mixing within a pixel, illumination and noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .sample_landscape import MATERIALS
from .sample_noise import Floats, make_key, smooth_noise, uniform
from .sample_texture import FINER, Surface

PSF_MARGIN = 1
"""Pixels around a window from which light reaches its pixels."""

SCALE = 1e-4
"""Reflectance of one step of the stored whole numbers."""

MOST = 10000
"""The largest number stored, a reflectance of 1."""

WATER_VAPOUR = ((1340.0, 1450.0), (1790.0, 1960.0))
"""Where the atmosphere lets nothing through, nm: bands centred here are bad."""

SPECTRA = Path(__file__).resolve().parents[2] / "resources" / "sample_spectra.csv"

_STEPS = 3
_SPREAD = (0.11, 0.78, 0.11)


@dataclass(frozen=True, eq=False)
class Sensor:
    """An imaging spectrometer.

    Attributes:
        wavelengths: Band centres, nm, float64 (bands,).
        fwhm: Full widths at half maximum, nm, float64 (bands,).
        good: bool (bands,), False for bands in the water vapour.
        noise: Standard deviation of the noise, reflectance, float64 (bands,).
        spectra: Reflectance of the table's spectra, float64 (spectra, bands).
        skylight: Share of the light that also reaches shadows, float64 (bands,).
        shapes: Smooth spectral shapes that surfaces differ by, float64 (3, bands).
    """

    wavelengths: Floats
    fwhm: Floats
    good: npt.NDArray[np.bool_]
    noise: Floats
    spectra: Floats
    skylight: Floats
    shapes: Floats


@lru_cache(maxsize=4)
def make_sensor(bands: int) -> Sensor:
    """Return a sensor of ``bands`` bands from 420 to 2450 nm, twice as dense below 1000 nm."""
    span = np.array([0.0, 2 * 580.0, 2 * 580.0 + 1450.0])
    place = np.linspace(0.0, span[-1], bands) if bands > 1 else np.array([span[-1] * 0.3])
    nm = np.interp(place, span, [420.0, 1000.0, 2450.0])
    spacing = span[-1] / max(1, bands - 1)
    fwhm = np.maximum(1.1 * np.where(nm <= 1000.0, spacing / 2, spacing), 1.0)
    fwhm = np.minimum(fwhm, 60.0)
    good = np.ones(bands, dtype=np.bool_)
    for low, high in WATER_VAPOUR:
        good &= (nm < low) | (nm > high)

    # Signal-to-noise at 50 % reflectance: it follows the sunlight and the detector.
    ratio = np.interp(
        nm,
        [420, 480, 650, 850, 950, 1050, 1250, 1550, 1750, 2050, 2200, 2350, 2450],
        [110, 190, 260, 230, 110, 190, 190, 160, 140, 80, 90, 60, 35],
    )
    share = (nm - 420.0) / 2030.0
    return Sensor(
        wavelengths=nm,
        fwhm=fwhm,
        good=good,
        noise=np.where(good, 0.5 / ratio, 0.12),
        spectra=_resample(nm, fwhm),
        skylight=0.05 + 0.25 * (450.0 / nm) ** 2,
        shapes=np.array([np.cos(np.pi * (n * share + n / 3)) for n in (1, 2, 3)]),
    )


def mix(surface: Surface, sensor: Sensor) -> Floats:
    """Return what pixels reflect whose parts are ``surface``, float64 (bands, height, width).

    A part lies between four spectra of its material. The point-spread function
    is the pixel itself, blurred by a little of its neighbours; ``PSF_MARGIN``
    pixels around the surface are used up.
    """
    rows, columns = (side // FINER for side in surface.material.shape)
    present, kind = np.unique(surface.material, return_inverse=True)
    kind = kind.reshape(surface.material.shape)
    members = len(present) * _STEPS**2
    pixel = (
        np.repeat(np.arange(rows), FINER)[:, None] * columns
        + np.repeat(np.arange(columns), FINER)[None, :]
    )
    base = (pixel * members + kind * _STEPS**2).ravel()

    first, second = surface.first.ravel() * (_STEPS - 1), surface.second.ravel() * (_STEPS - 1)
    low_first = np.minimum(first.astype(np.int64), _STEPS - 2)
    low_second = np.minimum(second.astype(np.int64), _STEPS - 2)
    first, second = first - low_first, second - low_second
    corner = base + low_first * _STEPS + low_second
    sun = surface.sun.ravel() / FINER**2
    sky = np.maximum(0.0, 1.0 / FINER**2 - sun)
    lit = np.zeros(rows * columns * members)
    shaded = np.zeros(rows * columns * members)
    for step, weight in (
        (0, (1 - first) * (1 - second)),
        (1, (1 - first) * second),
        (_STEPS, first * (1 - second)),
        (_STEPS + 1, first * second),
    ):
        lit += np.bincount(corner + step, weight * sun, len(lit))
        shaded += np.bincount(corner + step, weight * sky, len(shaded))

    chosen = (present[:, None].astype(np.int64) * _STEPS**2 + np.arange(_STEPS**2)).ravel()
    spectra = sensor.spectra[chosen]
    parts = np.concatenate([lit.reshape(-1, members), shaded.reshape(-1, members)], axis=1)
    parts = _blur(parts.reshape(rows, columns, 2 * members))
    height, width = parts.shape[:2]
    both = np.concatenate([spectra, spectra * sensor.skylight])
    seen: Floats = (parts.reshape(-1, 2 * members) @ both).T.reshape(-1, height, width)
    return seen


def measure(
    reflectance: Floats,
    x: Floats,
    y: Floats,
    sensor: Sensor,
    tile: tuple[int, int, int],
    difficulty: float,
) -> npt.NDArray[np.uint16]:
    """Return the sensor's numbers for a tile: ``reflectance`` unevenly lit, and with noise.

    Args:
        reflectance: float64 (bands, height, width).
        x: Pixel centres, float64 (height, width).
        y: Pixel centres, float64 (height, width).
        sensor: The sensor.
        tile: Seed, and the tile's row and column: what the noise depends on.
        difficulty: How much surfaces differ beyond their table, and the noise.
    """
    key = make_key(tile[0], 3)
    tilt = smooth_noise(x, y, 95.0, make_key(key, 1)) + 0.5 * smooth_noise(
        x, y, 330.0, make_key(key, 2)
    )
    column = np.floor(x).astype(np.int64)
    row = np.floor(y).astype(np.int64)
    strengths = np.array(
        [
            smooth_noise(x, y, 6.0, make_key(key, 3, n))
            + 3.0 * (uniform(column, row, make_key(key, 4, n)) - 0.5)
            for n in range(len(sensor.shapes))
        ]
    )
    # Single precision from here on: the noise is far above its rounding.
    numbers = reflectance.astype(np.float32)
    numbers *= np.where(sensor.good, 1.0, 0.15).astype(np.float32)[:, None, None]
    differing = np.ones(numbers.shape, np.float32)
    for shape, strength in zip(sensor.shapes, 0.045 * difficulty * strengths):
        differing += shape.astype(np.float32)[:, None, None] * strength.astype(np.float32)
    numbers *= differing
    numbers *= (1.0 + 0.09 * tilt).astype(np.float32)

    # A pushbroom's detector elements differ a little from column to column.
    band = np.arange(len(sensor.good))[:, None]
    gain = 1.0 + 0.006 * (uniform(column[0][None, :], band, make_key(key, 5)) - 0.5)
    numbers *= gain.astype(np.float32)[:, None, :]
    random = np.random.Generator(np.random.SFC64([*tile]))
    noise = random.standard_normal(numbers.shape, dtype=np.float32)
    noise *= (difficulty**0.5 * sensor.noise).astype(np.float32)[:, None, None]
    numbers += noise
    numbers /= np.float32(SCALE)
    np.clip(numbers, 0, MOST, out=numbers)
    return np.rint(numbers, out=numbers).astype(np.uint16)


def _blur(parts: Floats) -> Floats:
    """Return ``parts`` (rows, columns, n) with some light of the neighbours, without the rim."""
    side, middle, _ = _SPREAD
    parts = middle * parts[1:-1] + side * (parts[:-2] + parts[2:])
    return middle * parts[:, 1:-1] + side * (parts[:, :-2] + parts[:, 2:])


def _resample(nm: Floats, fwhm: Floats) -> Floats:
    """Return the table's spectra as Gaussian bands see them, in the order of ``MATERIALS``."""
    with SPECTRA.open(encoding="ascii") as file:
        names = file.readline().strip().split(",")[1:]
        table = np.loadtxt(file, delimiter=",")
    steps = [f"{share:g}" for share in np.linspace(0, 1, _STEPS)]
    order = [
        names.index(f"{material}/{first}/{second}")
        for material in MATERIALS
        for first in steps
        for second in steps
    ]
    fine = np.arange(table[0, 0], table[-1, 0] + 1.0)
    curves = np.array([np.interp(fine, table[:, 0], table[:, 1 + place]) for place in order])
    sigma = fwhm[:, None] / 2.3548
    weights = np.exp(-0.5 * ((fine[None, :] - nm[:, None]) / sigma) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    resampled: Floats = (curves @ weights.T) * SCALE
    return resampled


class Sensed:
    """What a simulated scene of ``bands`` bands says of the sensor that recorded it."""

    bands: int

    @property
    def wavelengths(self) -> Floats:
        """Band centres, nm, float64 (bands,)."""
        return make_sensor(self.bands).wavelengths

    @property
    def fwhm(self) -> Floats:
        """Full widths at half maximum, nm, float64 (bands,)."""
        return make_sensor(self.bands).fwhm

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """Which bands are good, bool (bands,): False in the water vapour, nothing but noise."""
        return make_sensor(self.bands).good

    @property
    def scale(self) -> float:
        """Reflectance of one step of the numbers that ``render`` returns."""
        return SCALE
