"""What a patch shows, in facts that a sentence can be made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: Clockwise from north, as maps with north up have them.
COMPASS = (
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
)
AROUND = "around"
#: A neighbour is named from this share of the patch on ...
LEAST_SHARE = 0.08
#: ... and at most so many are.
MOST_NEIGHBOURS = 2
#: Mean length of the unit vectors from the centre to a class's pixels, below which it lies
#: around: a class on three of four sides has 0.30, one in half of the patch 0.64.
AROUND_BELOW = 0.35
#: Brightness, greenness and wetness are those of the class's pixels at most so far from the
#: centre: the draft map is rough, and what is farther away may be of another class.
NEAR = 3
#: Values of a class in a patch that its texture is told from, at least.
LEAST_TEXTURE_PIXELS = 9

BRIGHTNESS = ("dark", "medium bright", "bright")
TEXTURE = ("smooth", "slightly rough", "rough")
#: NDVI of surfaces without plants, of sparse, and of closed canopies (Weier and Herring 2000).
#: Below the first, water and wet surfaces, no word is true.
GREENNESS_FROM = (-0.05, 0.2, 0.4, 0.65)
GREENNESS = ("", "bare", "sparsely green", "green", "lush green")
#: Normalised difference moisture index (Gao 1996).
MOISTURE_FROM = (0.0, 0.25)
MOISTURE = ("dry", "moist", "wet")
#: Normalised difference water index of green and near infrared (McFeeters 1996), which tells
#: open water only: of plants and soils it says nothing.
WATER_FROM = (0.0,)
WATER = ("", "wet")

#: Centres in nm of the bands that the indices are made of, and how far off a band may be.
_GREEN, _RED, _PLATEAU, _NIR, _SWIR = (
    (560.0, 30.0),
    (665.0, 30.0),
    (842.0, 45.0),
    (860.0, 45.0),
    (1650.0, 70.0),
)


@dataclass(frozen=True)
class Neighbour:
    """Another class in a patch.

    Attributes:
        index: Class index.
        share: Of the patch's pixels with data, 0 to 1.
        direction: One of ``COMPASS``, or ``AROUND``.
    """

    index: int
    share: float
    direction: str


@dataclass(frozen=True)
class PatchFacts:
    """What a patch shows; the last four speak of its own class, near the centre but the texture.

    Attributes:
        index: Class index of the centre.
        share: Of the pixels with data that are of this class, 0 to 1.
        neighbours: The largest other classes, largest first.
        brightness: One of ``BRIGHTNESS``; empty when unknown, as the next ones.
        greenness: One of ``GREENNESS``.
        wetness: One of ``MOISTURE`` or ``WATER``.
        texture: One of ``TEXTURE``.
    """

    index: int
    share: float
    neighbours: tuple[Neighbour, ...]
    brightness: str
    greenness: str
    wetness: str
    texture: str


@dataclass(frozen=True)
class WordScale:
    """From which values on a scene's patches deserve which words.

    Attributes:
        brightness: Thirds of the scene's patches, two values.
        texture: Thirds of the standard deviation of brightness within a class and a patch.
        wetness: ``moisture``, ``water`` or empty: which index the third one is.
    """

    brightness: tuple[float, ...]
    texture: tuple[float, ...]
    wetness: str


def patch_facts(index: int, draft: np.ndarray, indices: np.ndarray, scale: WordScale) -> PatchFacts:
    """Return what a patch shows.

    Args:
        index: Class index of the centre pixel.
        draft: int ``(patch, patch)``, class of each pixel, -1 where there is none.
        indices: float32 ``(3, patch, patch)``: brightness, greenness, wetness; NaN when unknown.
        scale: The scene's.
    """
    held = np.bincount(draft.ravel() + 1, minlength=index + 2)
    shares = (held[1:] / max(1, draft.size - int(held[0]))).tolist()
    brightness, greenness, wetness, texture = _measured(draft == index, indices)
    return PatchFacts(
        index,
        shares[index],
        _neighbours(index, draft, shares),
        _word(brightness, scale.brightness, BRIGHTNESS),
        _word(greenness, GREENNESS_FROM, GREENNESS),
        _wetness(wetness, scale.wetness, greenness),
        _word(texture, scale.texture, TEXTURE),
    )


def fit_word_scale(draft: np.ndarray, indices: np.ndarray, wetness: str) -> WordScale:
    """Return the thresholds that cut a scene's patches into thirds.

    Args:
        draft: int ``(n, side, side)``.
        indices: float32 ``(n, 3, side, side)``.
        wetness: Which index the third one is, as ``wetness_kind`` says.
    """
    centre = draft.shape[1] // 2
    measured = np.array(
        [
            _measured(classes == classes[centre, centre], values)
            for classes, values in zip(draft, indices)
        ]
    ).reshape(-1, 4)
    thirds = []
    for values in measured[:, [0, 3]].T:
        found = values[np.isfinite(values)]
        thirds.append(np.quantile(found, (1 / 3, 2 / 3)) if len(found) else np.full(2, np.inf))
    brightness, texture = (tuple(float(value) for value in pair) for pair in thirds)
    return WordScale(brightness, texture, wetness)


def direction_of(draft: np.ndarray, index: int) -> str:
    """Return where a class lies in a patch: one of ``COMPASS``, ``AROUND``, or empty if nowhere.

    Args:
        draft: int ``(patch, patch)``, north first.
        index: Class index.
    """
    held = (draft == index).ravel()
    count = int(np.count_nonzero(held))
    if not count:
        return ""
    down, right, unit_down, unit_right = (held @ _offsets(*draft.shape)).tolist()
    if math.hypot(unit_down, unit_right) < AROUND_BELOW * count:
        return AROUND
    return COMPASS[round(math.atan2(right, -down) / (math.pi / 4)) % 8]


def layout_holds(draft: np.ndarray, index: int, direction: str) -> bool:
    """Return whether a class lies where a prompt says, or in the next of the eight directions.

    Args:
        draft: int ``(patch, patch)``, a sample's draft map.
        index: Class index of the neighbour.
        direction: One of ``COMPASS``, or ``AROUND``.
    """
    found = direction_of(draft, index)
    if not found or AROUND in (found, direction):
        return found == direction
    apart = (COMPASS.index(found) - COMPASS.index(direction)) % 8
    return apart in (0, 1, 7)


def spectral_indices(spectra: np.ndarray, wavelengths: np.ndarray | None) -> np.ndarray:
    """Return brightness, greenness and wetness of pixels.

    Brightness is the mean of all bands; greenness the NDVI; wetness the NDMI or, without
    shortwave infrared, the NDWI of green and near infrared.

    Args:
        spectra: float32 ``(..., bands)``.
        wavelengths: In nm, ``(bands,)``; None when unknown.

    Returns:
        float32 ``(..., 3)``; NaN where the bands for it are missing.
    """
    found = np.full((*spectra.shape[:-1], 3), np.nan, np.float32)
    found[..., 0] = spectra.mean(axis=-1)
    for place, pair in enumerate(_pairs(wavelengths), start=1):
        if pair is not None:
            found[..., place] = _difference(spectra[..., pair[0]], spectra[..., pair[1]])
    return found


def wetness_kind(wavelengths: np.ndarray | None) -> str:
    """Return which index the wetness is: ``moisture``, ``water``, or empty for none."""
    if _pairs(wavelengths)[1] is None:
        return ""
    return "water" if _band(wavelengths, _SWIR) is None else "moisture"


def _pairs(wavelengths: np.ndarray | None) -> tuple[tuple[int, int] | None, ...]:
    """Return the bands of the normalised differences of greenness and wetness."""
    red, nir = _band(wavelengths, _RED), _band(wavelengths, _PLATEAU)
    infrared, swir = _band(wavelengths, _NIR), _band(wavelengths, _SWIR)
    green = _band(wavelengths, _GREEN)
    greenness = None if red is None or nir is None else (nir, red)
    if infrared is None:
        return greenness, None
    if swir is not None:
        return greenness, (infrared, swir)
    return greenness, None if green is None else (green, infrared)


def _band(wavelengths: np.ndarray | None, wanted: tuple[float, float]) -> int | None:
    if wavelengths is None:
        return None
    distance = np.abs(np.asarray(wavelengths) - wanted[0])
    nearest = int(distance.argmin())
    return nearest if distance[nearest] <= wanted[1] else None


def _difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the normalised difference, 0 where both together are not above 0."""
    total = first + second
    usable = total > 0
    found = np.where(usable, (first - second) / np.where(usable, total, 1), 0)
    # corrected reflectance of dark pixels can be below 0, and the ratio anything
    return np.asarray(np.clip(found, -1, 1))


def _measured(own: np.ndarray, indices: np.ndarray) -> tuple[float, float, float, float]:
    """Return brightness, greenness and wetness of a class near the centre, and its texture.

    The texture is the standard deviation of the brightness of all its pixels.
    """
    row, col = own.shape[0] // 2, own.shape[1] // 2
    near = np.s_[max(0, row - NEAR) : row + NEAR + 1, max(0, col - NEAR) : col + NEAR + 1]
    close = indices[(slice(None), *near)][:, own[near]]
    if not close.shape[1]:
        return math.nan, math.nan, math.nan, math.nan
    brightness, greenness, wetness = (close.sum(axis=1) / close.shape[1]).tolist()
    values = indices[0][own]
    if len(values) < LEAST_TEXTURE_PIXELS:
        return brightness, greenness, wetness, math.nan
    spread = values - values.sum(dtype=np.float64) / len(values)
    return brightness, greenness, wetness, math.sqrt(np.dot(spread, spread) / len(values))


def _word(value: float, thresholds: tuple[float, ...], words: tuple[str, ...]) -> str:
    if value != value:
        return ""
    return words[sum(value >= threshold for threshold in thresholds)]


def _wetness(value: float, kind: str, greenness: float) -> str:
    if kind == "water":
        return _word(value, WATER_FROM, WATER)
    # of open water the moisture index says nothing
    known = kind == "moisture" and not greenness < GREENNESS_FROM[0]
    return _word(value, MOISTURE_FROM, MOISTURE) if known else ""


def _neighbours(index: int, draft: np.ndarray, shares: list[float]) -> tuple[Neighbour, ...]:
    found = [
        (share, other)
        for other, share in enumerate(shares)
        if share >= LEAST_SHARE and other != index
    ]
    found.sort(key=lambda item: (-item[0], item[1]))
    return tuple(
        Neighbour(other, share, direction_of(draft, other))
        for share, other in found[:MOST_NEIGHBOURS]
    )


@lru_cache(maxsize=8)
def _offsets(height: int, width: int) -> np.ndarray:
    """Return each pixel's place from the centre, and its unit vector: down, right, twice."""
    places = np.mgrid[:height, :width].reshape(2, -1).T.astype(np.float64)
    places -= (height // 2, width // 2)
    lengths = np.hypot(*places.T)
    lengths[lengths == 0] = 1
    offsets = np.hstack([places, places / lengths[:, None]])
    offsets.setflags(write=False)
    return offsets
