"""Draw a scene in true colour beside its class map with the legend.

Runs in the engine's environment::

    python -m tools.demo_preview scene.tif classes.tif preview.png
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hsi_film_plugin.engine.class_map import ClassMap, read_class_map
from hsi_film_plugin.engine.errors import EngineError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.pseudo_image import true_colour_bands
from hsi_film_plugin.engine.scene import Scene

LONGEST_SIDE = 1000
STRETCH_PERCENT = (2, 98)
UNCLASSIFIED = (0.92, 0.92, 0.92)


def read_true_colour(path: Path) -> np.ndarray:
    """Read a scene as a picture, large ones thinned out.

    Args:
        path: the scene.

    Returns:
        float32 ``(height, width, 3)`` in [0, 1]; white where the scene holds no data.
    """
    with Scene.open(path) as scene:
        bands = true_colour_bands(scene.count, scene.bands.wavelengths)
    with rasterio.open(path) as source:
        step = _step(source.height, source.width)
        shape = (3, math.ceil(source.height / step), math.ceil(source.width / step))
        picture = source.read([band + 1 for band in bands], out_shape=shape, masked=True)
    values = np.ma.masked_invalid(picture.astype(np.float32))
    # Each band alone: haze would tint a common stretch blue.
    low, high = np.nanpercentile(
        values.reshape(3, -1).filled(np.nan), STRETCH_PERCENT, axis=1, keepdims=True
    )
    span = np.maximum(high - low, np.finfo(np.float32).tiny)[..., None]
    shown = np.clip((values - low[..., None]) / span, 0, 1)
    shown[:, values.mask.any(axis=0) if values.mask.ndim else False] = 1
    return np.moveaxis(shown.filled(1).astype(np.float32), 0, -1)


def paint_classes(values: np.ndarray, classes: Sequence[LabelClass]) -> np.ndarray:
    """Paint a class map.

    Args:
        values: unsigned integers ``(height, width)``, 0 is unclassified.
        classes: the classes whose values and colours are meant.

    Returns:
        float32 ``(height, width, 3)`` in [0, 1].
    """
    picture = np.empty((*values.shape, 3), np.float32)
    picture[...] = UNCLASSIFIED
    for label in classes:
        picture[values == label.value] = to_rgb(label.color)
    return picture


def draw(scene: np.ndarray, class_map: ClassMap) -> Figure:
    """Put the scene, the map and the legend with each class's share side by side."""
    ratio = scene.shape[0] / scene.shape[1]
    figure = Figure(figsize=(13, max(3.5, 5 * ratio + 0.6)), layout="constrained")
    FigureCanvasAgg(figure)
    step = _step(class_map.height, class_map.width)
    painted = paint_classes(class_map.values[::step, ::step], class_map.classes)
    for axes, picture, title in zip(
        figure.subplots(1, 2), (scene, painted), ("Scene, true colour", "Class map")
    ):
        axes.imshow(picture, interpolation="nearest")
        axes.set_title(title)
        axes.set_axis_off()
    shares = class_map.counts / max(1, class_map.counts.sum())
    figure.legend(
        handles=[
            Patch(facecolor=label.color, edgecolor="0.4", label=f"{label.name}  {share:.1%}")
            for label, share in zip(class_map.classes, shares)
        ],
        loc="outside right upper",
        title="Share of the mapped area",
        frameon=False,
    )
    return figure


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture; the exit status is 1 where an input cannot be read."""
    parser = argparse.ArgumentParser(description="Draw a scene beside its class map.")
    for name in ("scene", "classes", "picture"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args(arguments)
    try:
        figure = draw(read_true_colour(options.scene), read_class_map(options.classes))
        figure.savefig(options.picture, dpi=110)
    except (EngineError, rasterio.errors.RasterioError) as error:
        print(f"preview: {error}", file=sys.stderr)
        return 1
    return 0


def _step(height: int, width: int) -> int:
    return max(1, math.ceil(max(height, width) / LONGEST_SIDE))


if __name__ == "__main__":
    sys.exit(main())
