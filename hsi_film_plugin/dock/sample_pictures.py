"""Pictures of synthetic samples in true colour, tinted with the attention of a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtGui import QImage

from ..layers.sample_reader import SampleFile

_CUT_PERCENT = (2.0, 98.0)
#: So many samples say how bright all are shown.
_STRETCH_SAMPLES = 400
#: Strong attention is seen by all eyes in this colour; the rest of the sample grows dark.
_TINT = np.array([255.0, 190.0, 0.0], dtype=np.float32)
_TINT_SHARE = 0.6
_DARKEST = 0.45
#: Attention that differs by less than this share of its most is shown as the little it differs:
#: a word that is attended to alike everywhere made no pixel more than another.
_LEAST_SPAN = 0.1


@dataclass(frozen=True)
class Stretch:
    """How the samples of one gallery become colours.

    Attributes:
        low: float32 (3,), values of red, green and blue that are shown black.
        high: float32 (3,), values that are shown in full.
    """

    low: np.ndarray
    high: np.ndarray


def stretch_of(samples: SampleFile) -> Stretch:
    """Return one stretch for all samples, from 2 % to 98 % of their values in each band."""
    step = max(1, samples.count // _STRETCH_SAMPLES)
    values = samples.colours[::step].reshape(-1, 3)
    values = values[np.isfinite(values).all(axis=1)]
    if not values.size:
        return Stretch(np.zeros(3, np.float32), np.ones(3, np.float32))
    low, high = np.percentile(values, _CUT_PERCENT, axis=0).astype(np.float32)
    return Stretch(low, np.maximum(high, low + 1e-6))


def picture(samples: SampleFile, index: int, stretch: Stretch) -> np.ndarray:
    """Return a sample's picture, uint8 (side, side, 3)."""
    shares = (samples.colours[index] - stretch.low) / (stretch.high - stretch.low)
    return (np.clip(np.nan_to_num(shares), 0.0, 1.0) * 255).astype(np.uint8)


def tinted(colours: np.ndarray, attention: np.ndarray) -> np.ndarray:
    """Return a picture in which the pixels that a word made shine and the others are dark.

    Args:
        colours: uint8 (side, side, 3).
        attention: float32 (g, g) from 0 to 1; shown is by how much it is above its least.

    Returns:
        uint8 (side, side, 3).
    """
    rows = np.arange(colours.shape[0]) * attention.shape[0] // colours.shape[0]
    cols = np.arange(colours.shape[1]) * attention.shape[1] // colours.shape[1]
    low, high = float(attention.min()), float(attention.max())
    share = ((attention - low) / max(high - low, _LEAST_SPAN))[np.ix_(rows, cols)][..., None]
    dark = colours.astype(np.float32) * (_DARKEST + (1 - _DARKEST) * share)
    mixed = dark + _TINT_SHARE * share * (_TINT - dark)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def image_of(colours: np.ndarray) -> QImage:
    """Return a picture, uint8 (side, side, 3), as an image of its own memory."""
    height, width, _ = colours.shape
    data = np.ascontiguousarray(colours).tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
