"""A scene made ready for the live map: its features are computed once and kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from affine import Affine

from .backbone import BUNDLED, Backbone
from .classification import TILE
from .device import Device
from .errors import InputError
from .live_cache import LIMIT_BYTES, FeatureCache, file_facts
from .live_features import Place, TileMaker, tiles_of
from .live_statistics import (
    LiveSettings,
    LiveStatistics,
    learn_statistics,
    load_statistics,
    save_statistics,
)
from .progress import Progress
from .raster_file import open_raster
from .scene import Scene
from .windows import Block


class LiveScene:
    """Features of a scene's tiles, from the cache where it has them.

    Args:
        scene: The scene.
        settings: What decides its features.
        device: Where the backbone runs; it is loaded only when something is missing.
        cache: Folder of the cache.
        limit: Of the cache's size, in bytes.

    Raises:
        OutputError: if the cache cannot be written to.
    """

    def __init__(
        self,
        scene: Scene,
        settings: LiveSettings,
        device: Device,
        cache: Path,
        limit: int = LIMIT_BYTES,
    ) -> None:
        self.scene = scene
        self.settings = settings
        self._device = device
        self._limit = limit
        self._backbone: Backbone | None = None
        self._statistics: LiveStatistics | None = None
        #: Tiles that were not in the cache.
        self.computed = 0
        self.cache = FeatureCache(cache, self._facts())

    def _facts(self) -> list[object]:
        settings = self.settings
        scene = self.scene
        known: list[object] = [file_facts(_files_of(scene.path))]
        known += [scene.bands.good.tolist(), scene.nodata, scene.scales.tolist()]
        known += [scene.offsets.tolist(), settings.use_backbone, settings.pseudo_image]
        if scene.bands.wavelengths is not None:
            known.append(scene.bands.wavelengths.tolist())
        if settings.use_backbone:
            folder = settings.backbone or BUNDLED
            files = [path for path in folder.rglob("*") if path.is_file()]
            known += [file_facts(files), settings.timestep, settings.blocks]
            known += [self._device.kind, self._device.bfloat16]
        return known

    @property
    def statistics(self) -> LiveStatistics:
        """What was learnt of the scene; see :meth:`learn`."""
        if self._statistics is None:
            raise RuntimeError("nothing was learnt of the scene yet")
        return self._statistics

    @property
    def transform(self) -> Affine:
        """From (column, row) to coordinates, as QGIS shows the scene."""
        return self.scene.transform if self.scene.georeferenced else Affine.scale(1, -1)

    def learn(self, progress: Progress) -> None:
        """Learn what the features need to know of the scene, unless that is known.

        Raises:
            InputError: if the scene holds nothing to learn from, or the backbone does not fit.
        """
        if self._statistics is None:
            self._statistics = load_statistics(self.cache.statistics)
        if self._statistics is None:
            self._statistics = learn_statistics(self.scene, self.settings, self._loaded(), progress)
            save_statistics(self._statistics, self.cache.statistics)

    def prepare(self, block: Block, progress: Progress) -> list[Place]:
        """Compute what the cache lacks of a block's tiles, and return all of them.

        Raises:
            InputError: if the block is larger than the cache may become.
        """
        self.learn(progress.part(0.0, 0.2))
        tiles = tiles_of(block)
        needed = len(tiles) * 2 * self._size()
        if needed > self._limit:
            raise InputError(
                f"The extent of {block.width} × {block.height} pixels needs {needed / 1e9:.1f} GB "
                f"of cache, more than the {self._limit / 1e9:.1f} GB that it may take. Zoom in, or "
                "allow a larger cache."
            )
        self.complete(tiles, progress.part(0.2, 1.0))
        return tiles

    def complete(self, tiles: Sequence[Place], progress: Progress) -> None:
        """Compute the tiles that the cache lacks, and keep them as they come."""
        missing = [place for place in tiles if not self.cache.has(_name(place), self._shape())]
        if not missing:
            return
        maker = TileMaker(self.scene, self.statistics, self.settings, self._loaded())
        for place, features in maker.make(missing, progress):
            self.cache.write(_name(place), features)
            self.computed += 1
        self.cache.shrink(self._limit)

    def tile(self, place: Place) -> np.ndarray:
        """Return a tile's features, float16 ``(features, 32, 128)``; NaN where there is no data.

        After :meth:`learn`.
        """
        found = self.cache.read(_name(place), self._shape())
        if found is None:
            maker = TileMaker(self.scene, self.statistics, self.settings, self._loaded())
            _, found = next(iter(maker.make([place], Progress())))
            self.cache.write(_name(place), found)
            self.computed += 1
        return found

    def at(self, rows: np.ndarray, cols: np.ndarray, progress: Progress) -> np.ndarray:
        """Return the features of single pixels, float32 ``(n, features)``; NaN without data."""
        self.learn(progress.part(0.0, 0.3))
        tiles = np.stack([rows // TILE[0], cols // TILE[1]], axis=1)
        wanted, which = np.unique(tiles, axis=0, return_inverse=True)
        places = [(int(row), int(col)) for row, col in wanted]
        self.complete(places, progress.part(0.3, 1.0))
        result = np.empty((len(rows), self.statistics.count), np.float32)
        order = np.argsort(which.ravel(), kind="stable")
        edges = np.searchsorted(which.ravel()[order], np.arange(len(places) + 1))
        for number, place in enumerate(places):
            progress.check()
            inside = order[edges[number] : edges[number + 1]]
            tile = self.tile(place)
            result[inside] = tile[:, rows[inside] % TILE[0], cols[inside] % TILE[1]].T
        return result

    def _shape(self) -> tuple[int, int, int]:
        return (self.statistics.count, *TILE)

    def _size(self) -> int:
        return int(np.prod(self._shape()))

    def _loaded(self) -> Backbone | None:
        if self._backbone is None and self.settings.use_backbone:
            self._backbone = Backbone(self.settings.backbone, self._device)
            self._backbone.check(self.settings.timestep, self.settings.blocks)
        return self._backbone


def _name(place: Place) -> str:
    return f"{place[0]}_{place[1]}"


def _files_of(path: Path) -> list[Path]:
    """Return the files behind a raster, but for those that QGIS rewrites at any time."""
    with open_raster(path) as dataset:
        return [Path(name) for name in dataset.files if not name.endswith((".aux.xml", ".ovr"))]
