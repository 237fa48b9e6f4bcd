"""A scene made ready for the live map: its features are computed once and kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from affine import Affine
from rasterio.errors import RasterioError

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

#: Tiles that are made between two looks at the cache's size.
TILES_BETWEEN = 64
#: Pixels between places of what is shown where to look if all else is nodata.
SHOWN_STEP = 32


class LiveScene:
    """Features of a scene's tiles, from the cache where it has them.

    Args:
        scene: The scene.
        settings: What decides its features.
        device: Where the backbone runs; it is loaded only when something is missing.
        cache: Folder of the cache.
        limit: Of the cache's size, in bytes.

    Raises:
        InputError: if the cache may hold nothing.
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
        if limit <= 0:
            raise InputError(
                f"The cache may take {limit} bytes, which is nothing. Allow at least as much as "
                "what is shown needs; some gigabytes serve well."
            )
        self.scene = scene
        self.settings = settings
        self._device = device
        self._limit = limit
        self._backbone: Backbone | None = None
        self._statistics: LiveStatistics | None = None
        #: Arrays that this scene asked for: they stay, whatever the limit.
        self._wanted: set[str] = set()
        #: Tiles that were not in the cache.
        self.computed = 0
        self.cache = FeatureCache(cache, self._facts())

    def _facts(self) -> list[object]:
        settings = self.settings
        scene = self.scene
        files = _files_of(scene.path)
        known: list[object] = [file_facts(files)]
        if not all(path.exists() for path in files):  # in an archive or far away
            known.append(scene.fingerprint())
        known += [scene.bands.good.tolist(), scene.nodata, scene.scales.tolist()]
        known += [scene.offsets.tolist(), settings.use_backbone, settings.pseudo_image]
        if scene.bands.wavelengths is not None:
            known.append(scene.bands.wavelengths.tolist())
        if settings.use_backbone:
            folder = settings.backbone or BUNDLED
            network = [path for path in folder.rglob("*") if path.is_file()]
            known += [file_facts(network), settings.timestep, settings.blocks]
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

    def learn(
        self, progress: Progress, fallback: tuple[np.ndarray, np.ndarray] | None = None
    ) -> None:
        """Learn what the features need to know of the scene, unless that is known.

        Args:
            progress: For a progress bar, and to cancel.
            fallback: Rows and columns where to look if the places strewn over the scene are
                all nodata, as in a swath that fills little of its raster.

        Raises:
            InputError: if the scene holds nothing to learn from, or the backbone does not fit.
        """
        if self._statistics is None:
            self._statistics = load_statistics(self.cache.statistics)
        if self._statistics is None:
            self._statistics = learn_statistics(
                self.scene, self.settings, self._loaded(), progress, fallback
            )
            save_statistics(self._statistics, self.cache.statistics)

    def prepare(
        self,
        block: Block,
        progress: Progress,
        labelled: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> list[Place]:
        """Compute what the cache lacks of a block's tiles, and return all of them.

        Args:
            block: Pixels of the scene.
            progress: For a progress bar, and to cancel.
            labelled: Rows and columns of labelled pixels, where data may be, too.

        Raises:
            InputError: if the block is larger than the cache may become.
        """
        self.learn(progress.part(0.0, 0.2), _places_of(block, labelled))
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
        for place in tiles:
            self._wanted |= {tile_name(place), spots_name(place)}
        missing = [place for place in tiles if not self.cache.has(tile_name(place), self._shape())]
        if not missing:
            return
        maker = TileMaker(self.scene, self.statistics, self.settings, self._loaded())
        try:
            for number, (place, features) in enumerate(maker.make(missing, progress), 1):
                self.cache.write(tile_name(place), features)
                self.computed += 1
                if number % TILES_BETWEEN == 0:
                    self.cache.shrink(self._limit, self._wanted)
        finally:
            self.cache.shrink(self._limit, self._wanted)

    def tile(self, place: Place) -> np.ndarray:
        """Return a tile's features, float16 ``(features, 32, 128)``; NaN where there is no data.

        After :meth:`learn`.
        """
        found = self.cache.read(tile_name(place), self._shape())
        if found is None:
            maker = TileMaker(self.scene, self.statistics, self.settings, self._loaded())
            _, found = next(iter(maker.make([place], Progress())))
            self.cache.write(tile_name(place), found)
            self.computed += 1
        return found

    def at(self, rows: np.ndarray, cols: np.ndarray, progress: Progress) -> np.ndarray:
        """Return the features of single pixels, float32 ``(n, features)``; NaN without data."""
        self.learn(progress.part(0.0, 0.3), (rows, cols))
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


def tile_name(place: Place) -> str:
    """Return what the cache calls a tile."""
    return f"{place[0]}_{place[1]}"


def spots_name(place: Place) -> str:
    """Return what the cache calls the spots of a tile."""
    return f"{tile_name(place)}_spots"


def _places_of(
    block: Block, labelled: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns strewn over a block, and those of labels."""
    down = np.arange(block.row, block.row + block.height, SHOWN_STEP)
    right = np.arange(block.col, block.col + block.width, SHOWN_STEP)
    rows, cols = (side.ravel() for side in np.meshgrid(down, right, indexing="ij"))
    if labelled is None:
        return rows, cols
    return np.concatenate([rows, labelled[0]]), np.concatenate([cols, labelled[1]])


def _files_of(path: Path) -> list[Path]:
    """Return the files behind a raster, but for those that QGIS rewrites at any time.

    GDAL names the files that a mosaic lists; those that these list in turn are looked up here.
    """
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        current = waiting.pop()
        try:
            with open_raster(current) as dataset:
                names = [Path(name) for name in dataset.files]
        except RasterioError:  # a mosaic's file that is gone: reading it will tell
            continue
        for name in names:
            if name not in found and not name.name.endswith((".aux.xml", ".ovr")):
                found[name] = None
                if name != path and name.suffix.lower() == ".vrt":
                    waiting.append(name)
    return list(found)
