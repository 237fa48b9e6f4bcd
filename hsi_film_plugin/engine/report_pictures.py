"""The report's thumbnails: a true-colour picture, labels painted on it, a class map."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

LONGEST_SIDE = 640


def thumbnail_step(height: int, width: int) -> int:
    """Return how many scene pixels one thumbnail pixel stands for, each way."""
    return max(1, -(-max(height, width) // LONGEST_SIDE))


def true_colour(bands: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Stretch three bands to a picture, transparent where nothing is valid.

    Args:
        bands: Red, green and blue, float32 (3, height, width), physical values.
        valid: bool (height, width).

    Returns:
        uint8 (height, width, 4): each band stretched between its 2nd and 98th percentile.
    """
    picture = np.zeros((*valid.shape, 4), dtype=np.uint8)
    if valid.any():
        for channel, band in enumerate(bands):
            low, high = np.percentile(band[valid], (2, 98))
            scaled = (band - low) / max(float(high - low), 1e-12)
            picture[..., channel] = np.where(valid, np.clip(scaled, 0, 1) * 255, 0)
    picture[..., 3] = np.where(valid, 255, 0)
    return picture


def paint_labels(
    picture: NDArray[np.uint8],
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    classes_of: NDArray[np.int64],
    colors: Sequence[str],
    step: int = 1,
) -> NDArray[np.uint8]:
    """Paint labelled pixels in their class's colour on a greyed picture.

    Args:
        picture: uint8 (height, width, 4), from ``true_colour``.
        rows: Rows of labelled pixels in the scene, (n,).
        cols: Their columns, (n,).
        classes_of: Their class indices, (n,).
        colors: One "#rrggbb" a class.
        step: Scene pixels in one thumbnail pixel, from ``thumbnail_step``.

    Returns:
        uint8 (height, width, 4).
    """
    painted = picture.copy()
    grey = picture[..., :3].mean(axis=2, keepdims=True)
    painted[..., :3] = 60 + 0.5 * grey
    height, width = picture.shape[:2]
    palette = _palette(colors)[classes_of]
    reach = max(height, width) // 300  # else single pixels vanish in a large thumbnail
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            row = np.clip(rows // step + down, 0, height - 1)
            col = np.clip(cols // step + right, 0, width - 1)
            painted[row, col] = palette
    return painted


def class_map_picture(indices: NDArray[np.integer], colors: Sequence[str]) -> NDArray[np.uint8]:
    """Colour a class map.

    Args:
        indices: Class indices (height, width), −1 where there is no class.
        colors: One "#rrggbb" a class.

    Returns:
        uint8 (height, width, 4), transparent where there is no class.
    """
    table = np.vstack([_palette(colors), np.zeros((1, 4), dtype=np.uint8)])
    picture: NDArray[np.uint8] = table[indices]
    return picture


def png_data_uri(pixels: NDArray[np.uint8]) -> str:
    """Return uint8 (height, width, 3 or 4) as a PNG that a page can carry in itself."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def safe_colour(color: str) -> str:
    """Return the colour if it is "#rrggbb", else grey: styles are no place for other text."""
    return color if re.fullmatch(r"#[0-9a-fA-F]{6}", color) else "#808080"


def _palette(colors: Sequence[str]) -> NDArray[np.uint8]:
    """Return uint8 (K, 4), opaque."""
    rgb = [(*ImageColor.getrgb(safe_colour(color))[:3], 255) for color in colors]
    return np.array(rgb, dtype=np.uint8).reshape(-1, 4)
