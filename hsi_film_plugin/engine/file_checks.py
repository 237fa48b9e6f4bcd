"""Checks of what a file from elsewhere says, so that nothing fails later."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .label_classes import MAX_CLASS_VALUE, LabelClass
from .model import ModelBands

#: More bands than any sensor has.
MOST_BANDS = 4096
#: More pixels than any labels have.
MOST_COUNT = 10**12
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_SHOWN = 8


def require(condition: bool, otherwise: str) -> None:
    """Go on if a condition is met.

    Raises:
        ValueError: if not, with the words given.
    """
    if not condition:
        raise ValueError(otherwise)


def checked_text(value: object) -> str:
    """Return a text.

    Raises:
        ValueError: if it is none, or holds half a character, which nothing can write again.
    """
    require(isinstance(value, str), f"{str(value)[:40]} in the place of a text")
    text = str(value)
    text.encode("utf-8")
    return text


def checked_count(value: object) -> int:
    """Return a whole number from 0 to ``MOST_COUNT``.

    Raises:
        ValueError: if it is none.
    """
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNT
    require(whole, f"{str(value)[:40]} in the place of a count")
    return int(str(value))


def checked_classes(described: Iterable[Mapping[str, Any]]) -> tuple[LabelClass, ...]:
    """Return the classes of a file's header: dictionaries of value, name and color.

    Raises:
        ValueError: if there is none, a value comes twice or is out of range, or a colour is none.
        LookupError: if a part is missing.
        TypeError: if they are no such dictionaries.
    """
    classes = tuple(
        LabelClass(
            checked_count(known["value"]),
            checked_text(known["name"]),
            checked_text(known["color"]),
        )
        for known in described
    )
    values = [known.value for known in classes]
    require(len(set(values)) == len(values) >= 1, f"class values {values[:_SHOWN]}")
    require(
        all(0 < value <= MAX_CLASS_VALUE for value in values), f"class values {values[:_SHOWN]}"
    )
    for known in classes:
        require(_COLOR.fullmatch(known.color) is not None, f"colour {known.color[:40]!r}")
    return classes


def checked_bands(
    count: object,
    used: Sequence[object],
    wavelengths: Sequence[Any] | None,
    most: int = MOST_BANDS,
) -> ModelBands:
    """Return the bands of a file's header.

    Args:
        count: Bands of the scene.
        used: Zero-based indices of those in use.
        wavelengths: Theirs in nm; None when unknown.
        most: Bands in use, at most.

    Raises:
        ValueError: if there are none or too many, one comes twice or is beyond the scene's, or a
            wavelength is not positive and finite.
        TypeError: if a wavelength is no number.
    """
    of_scene = checked_count(count)
    require(0 < len(used) <= most, f"{len(used)} bands")
    bands = tuple(checked_count(band) for band in used)
    fits = all(band < of_scene for band in bands) and len(set(bands)) == len(bands)
    require(fits, f"bands {bands[:_SHOWN]} of {of_scene}")
    if wavelengths is None:
        return ModelBands(of_scene, bands, None)
    require(len(wavelengths) == len(bands), f"{len(bands)} bands and other wavelengths")
    known = tuple(float(wavelength) for wavelength in wavelengths)
    # written so that NaN fails it, too
    require(all(0 < wavelength < math.inf for wavelength in known), "a wavelength out of range")
    return ModelBands(of_scene, bands, known)


def check_float32(tensors: Mapping[str, np.ndarray]) -> None:
    """Check that all tensors are of float32 and finite.

    Raises:
        ValueError: if one is not, with its name.
    """
    for name, array in tensors.items():
        numbers = array.dtype == np.float32 and bool(np.isfinite(array).all())
        require(numbers, f"tensor {name} of {array.dtype}, or not finite")
