"""Whether each class has enough labels in enough places, counted off the main thread."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsTask,
    QgsVectorLayerFeatureSource,
)
from qgis.PyQt.QtCore import pyqtSignal

from ..translation import tr
from .label_class import LabelClass
from .label_file import CLASS_ID, class_id_of
from .label_layer import LabelLayer
from .pixel_grid import PixelGrid

#: What a class should have for its accuracy to be told: folds are made of places, not of pixels.
ENOUGH_PIXELS, ENOUGH_POLYGONS, ENOUGH_PLACES = 30, 3, 3
#: With fewer pixels than this, even two places say little.
FEW_PIXELS = 10
#: How far apart labels lie that show the class in two places, in scene diagonals.
APART = 0.08


class Light(enum.Enum):
    """A traffic light for the labels of a class."""

    NONE = "none"
    POOR = "poor"
    FAIR = "fair"
    GOOD = "good"


@dataclass(frozen=True)
class ClassStatistics:
    """What the labels of a class amount to.

    Attributes:
        class_id: The class.
        polygons: Its labels.
        pixels: The pixels that they claim, each once, without those that another class claims.
        places: How many of them lie well apart from each other.
        light: Whether that is enough.
        advice: What to do next.
    """

    class_id: int
    polygons: int
    pixels: int
    places: int
    light: Light
    advice: str


@dataclass(frozen=True)
class CountedPixels:
    """The pixels of label outlines on one grid, kept from one count to the next.

    Attributes:
        grid: The grid.
        crs: The labels' CRS, as text.
        pixels: int64 (n,), row * width + column, by the outline's WKB.
    """

    grid: PixelGrid
    crs: str
    pixels: dict[bytes, np.ndarray]


class StatisticsTask(QgsTask):
    """Counts the pixels and places of the classes of a label layer.

    Labels that were counted before are not burned again.

    Args:
        labels: The labels, as they are now, with unsaved edits.
        grid: Of the scene.

    Signals:
        done: A ClassStatistics for each class, in their order, as a tuple.
    """

    done = pyqtSignal(object)

    def __init__(self, labels: LabelLayer, grid: PixelGrid) -> None:
        super().__init__(tr("Counting labels"), QgsTask.Flag.CanCancel)
        self._labels = labels
        self._grid = grid
        self._classes: tuple[LabelClass, ...] = labels.classes.classes()
        self._statistics: tuple[ClassStatistics, ...] = ()
        self._source: QgsVectorLayerFeatureSource | None = None
        self._transform: QgsCoordinateTransform | None = None
        crs = ""
        if labels.file is not None:
            layer = labels.layer
            self._source = QgsVectorLayerFeatureSource(layer)
            self._place = layer.fields().lookupField(CLASS_ID)
            if layer.crs().isValid() and grid.crs.isValid() and layer.crs() != grid.crs:
                self._transform = QgsCoordinateTransform(
                    layer.crs(), grid.crs, QgsProject.instance().transformContext()
                )
                crs = layer.crs().toWkt()
        before = labels.counted
        known = isinstance(before, CountedPixels) and (before.grid, before.crs) == (grid, crs)
        self._before: dict[bytes, np.ndarray] = before.pixels if known else {}
        self._counted = CountedPixels(grid, crs, {})

    def run(self) -> bool:
        """Count (called by QGIS in a thread)."""
        owners: list[int] = []
        claims: list[np.ndarray] = []
        for feature in self._features():
            if self.isCanceled():
                return False
            class_id = class_id_of(feature.attribute(self._place))
            if class_id is not None:
                owners.append(class_id)
                claims.append(self._pixels_of(feature.geometry()))
        self._statistics = statistics_of(self._classes, owners, claims, self._grid)
        return True

    def finished(self, result: bool) -> None:
        """Tell the result (called by QGIS in the main thread)."""
        if result:
            self._labels.counted = self._counted
            self.done.emit(self._statistics)

    def _features(self) -> Iterable[QgsFeature]:
        if self._source is None or self._place < 0:
            return ()
        request = QgsFeatureRequest().setSubsetOfAttributes([self._place])
        return self._source.getFeatures(request)

    def _pixels_of(self, geometry: QgsGeometry) -> np.ndarray:
        """Return the pixels of an outline as row * width + column, int64."""
        key = bytes(geometry.asWkb())
        pixels = self._before.get(key)
        if pixels is None:
            rows, cols = self._claimed(geometry)
            pixels = np.asarray(rows * self._grid.width + cols, dtype=np.int64)
        self._counted.pixels[key] = pixels
        return pixels

    def _claimed(self, geometry: QgsGeometry) -> tuple[np.ndarray, np.ndarray]:
        nothing = np.empty(0, np.int64)
        if geometry.isEmpty():
            return nothing, nothing
        if self._transform is not None:
            try:
                geometry.transform(self._transform)
            except QgsCsException:
                return nothing, nothing
        return self._grid.pixels_of(geometry)


def statistics_of(
    classes: Iterable[LabelClass],
    owners: list[int],
    claims: list[np.ndarray],
    grid: PixelGrid,
) -> tuple[ClassStatistics, ...]:
    """Return the statistics of the classes.

    Args:
        classes: The classes to tell of.
        owners: The class of each label.
        claims: int64 (n,) row * width + column, the pixels of each label.
        grid: Of the pixels.
    """
    of_label = np.array(owners, dtype=np.int64)
    sizes = [claim.size for claim in claims]
    pixels = np.concatenate([*claims, np.empty(0, np.int64)])
    counts = _pixel_counts(pixels, np.repeat(of_label, sizes))
    middles = np.array(
        [
            (np.mean(claim // grid.width), np.mean(claim % grid.width)) if claim.size else (-1, -1)
            for claim in claims
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    apart = APART * float(np.hypot(grid.width, grid.height))
    result = []
    for known in classes:
        own = of_label == known.class_id
        places = places_of(middles[own & (middles[:, 0] >= 0)], apart)
        polygons, count = int(own.sum()), counts.get(known.class_id, 0)
        light = light_of(polygons, count, places)
        advice = advice_for(known.name, light, polygons, count, places)
        result.append(ClassStatistics(known.class_id, polygons, count, places, light, advice))
    return tuple(result)


def _pixel_counts(pixels: np.ndarray, owners: np.ndarray) -> dict[int, int]:
    """Return each class's pixels: each once, those that two classes claim not at all."""
    order = np.lexsort((owners, pixels))
    pixels, owners = pixels[order], owners[order]
    fresh = np.ones(pixels.size, dtype=bool)
    fresh[1:] = (pixels[1:] != pixels[:-1]) | (owners[1:] != owners[:-1])
    pixels, owners = pixels[fresh], owners[fresh]
    shared = np.zeros(pixels.size, dtype=bool)
    shared[1:] = pixels[1:] == pixels[:-1]
    shared[:-1] |= shared[1:]
    found, counts = np.unique(owners[~shared], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist()))


def places_of(middles: np.ndarray, apart: float) -> int:
    """Return how many of the points (n, 2), taken in their order, lie at least `apart`."""
    places = 0
    while middles.shape[0]:
        places += 1
        others = middles[1:]
        middles = others[np.hypot(*(others - middles[0]).T) >= apart]
    return places


def light_of(polygons: int, pixels: int, places: int) -> Light:
    """Return whether labels suffice."""
    if pixels == 0:
        return Light.NONE
    if pixels >= ENOUGH_PIXELS and polygons >= ENOUGH_POLYGONS and places >= ENOUGH_PLACES:
        return Light.GOOD
    if pixels >= FEW_PIXELS and places >= 2:
        return Light.FAIR
    return Light.POOR


def advice_for(name: str, light: Light, polygons: int, pixels: int, places: int) -> str:
    """Return what to draw next for a class."""
    if polygons == 0:
        text = tr("Draw a first polygon of {name}.")
    elif pixels == 0:
        text = tr("No pixel is {name}’s alone. Draw it on the image, apart from other classes.")
    elif light is Light.GOOD:
        text = tr("{name} has enough labels in {places} places.")
    elif polygons == 1:
        text = tr("Draw a second polygon of {name}, far from the first.")
    elif places < 2:
        text = tr("Draw a polygon of {name} far from the others: they all lie in one place.")
    elif polygons < ENOUGH_POLYGONS or places < ENOUGH_PLACES:
        text = tr("Draw {name} in one more place, far from the {places} that it has.")
    else:
        text = tr("Draw larger polygons of {name}: {pixels} pixels are few, {enough} are enough.")
    return text.format(name=name, pixels=pixels, places=places, enough=ENOUGH_PIXELS)
