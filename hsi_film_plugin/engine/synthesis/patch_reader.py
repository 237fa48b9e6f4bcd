"""Cutting patches out of a scene, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..labels import Labels
from ..progress import Progress
from ..pseudo_image import fill_invalid
from ..scene import Scene
from .draft_map import DraftMap
from .patch_facts import spectral_indices
from .spectral_code import SpectralCode

#: Scenes are read in tiles of about this side, in pixels, so that memory stays bounded.
TILE = 128


@dataclass(frozen=True)
class Patches:
    """Patches of one pixel more than ``settings.patch`` a side, so that they have a centre.

    Attributes:
        values: float32 ``(n, components, side, side)``; pixels without data are filled.
        classes: int64 ``(n,)``, class indices of the centres, -1 unlabelled.
        polygons: int64 ``(n,)``, -1 unlabelled.
        rows: int64 ``(n,)``, of the centre in its scene.
        cols: int64 ``(n,)``.
        scenes: int64 ``(n,)``, number of the scene.
        draft: int16 ``(n, side, side)``, draft class of each pixel, -1 without data.
        indices: float32 ``(n, 3, side, side)``: brightness, greenness and wetness; NaN where
            they are not known.
    """

    values: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    rows: np.ndarray
    cols: np.ndarray
    scenes: np.ndarray
    draft: np.ndarray
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def taken(self, chosen: np.ndarray) -> Patches:
        """Return the patches that an index or a mask chooses."""
        return Patches(*(getattr(self, field.name)[chosen] for field in fields(self)))


def joined(parts: Sequence[Patches]) -> Patches:
    """Return the patches of all parts."""
    if len(parts) == 1:
        return parts[0]
    return Patches(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Patches)
        )
    )


class PatchReader:
    """Cuts patches out of a scene, tile by tile.

    Args:
        scene: To read from.
        number: Of the scene among several.
        used: Zero-based indices of its bands.
        wavelengths: Theirs in nm, None when unknown.
        code: From spectra to components.
        draft: From components to rough classes.
        labels: Labels on this scene, which the draft map follows; None for none.
        patch: Even; patches are one pixel more a side.
    """

    def __init__(
        self,
        scene: Scene,
        number: int,
        used: tuple[int, ...],
        wavelengths: np.ndarray | None,
        code: SpectralCode,
        draft: DraftMap,
        labels: Labels | None,
        patch: int,
    ) -> None:
        self.scene = scene
        self.number = number
        self.side = patch + 1
        self.half = patch // 2
        self._used = used
        self._wavelengths = wavelengths
        self._code = code
        self._draft = draft
        # labels come in the order of their pixels, each once
        self._pixels = None if labels is None else labels.rows * scene.width + labels.cols
        self._classes = None if labels is None else labels.classes_of

    def valid_share(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """Return the share of data in the patch around each pixel, float ``(height, width)``."""
        half, side = self.half, self.side
        _, valid = self.scene.read(top - half, left - half, height + 2 * half, width + 2 * half, ())
        total = np.pad(valid.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        inside = total[side:, side:] - total[:-side, side:]
        inside = inside - total[side:, :-side] + total[:-side, :-side]
        return np.asarray(inside / side**2)

    def cut(
        self, rows: np.ndarray, cols: np.ndarray, progress: Progress
    ) -> tuple[Patches, np.ndarray]:
        """Return the unlabelled patches around pixels, and the share of data in each."""
        n, side, half = len(rows), self.side, self.half
        values = np.zeros((n, self._code.matrix.shape[1], side, side), np.float32)
        indices = np.zeros((n, 3, side, side), np.float32)
        draft = np.full((n, side, side), -1, np.int16)
        share = np.zeros(n)
        for inside, top, left, cube, valid in self._tiles(rows, cols, progress):
            spectra = np.ascontiguousarray(np.moveaxis(cube, 0, -1))
            components = self._code.encode(spectra)
            classes = np.where(valid, self._draft_of(components, top, left), -1)
            planes = np.ascontiguousarray(np.moveaxis(components, -1, 0))
            shown = np.moveaxis(spectral_indices(spectra, self._wavelengths), -1, 0)
            for place in inside.tolist():
                down, right = rows[place] - half - top, cols[place] - half - left
                window = np.s_[down : down + side, right : right + side]
                values[place] = planes[(slice(None), *window)]
                indices[place] = shown[(slice(None), *window)]
                draft[place] = classes[window]
                held = valid[window]
                share[place] = held.mean()
                if 0 < share[place] < 1:
                    values[place] = fill_invalid(values[place], held)
                    indices[place] = fill_invalid(indices[place], held)
        none = np.full(n, -1, np.int64)
        scenes = np.full(n, self.number, np.int64)
        return Patches(values, none, none, rows, cols, scenes, draft, indices), share

    def cut_bands(self, rows: np.ndarray, cols: np.ndarray, progress: Progress) -> np.ndarray:
        """Return what the scene holds around pixels, float32 ``(n, bands, side, side)``.

        Pixels without data are 0.
        """
        side, half = self.side, self.half
        found = np.zeros((len(rows), len(self._used), side, side), np.float32)
        for inside, top, left, cube, valid in self._tiles(rows, cols, progress):
            for place in inside.tolist():
                down, right = rows[place] - half - top, cols[place] - half - left
                window = np.s_[down : down + side, right : right + side]
                found[place] = np.where(valid[window], cube[(slice(None), *window)], 0)
        return found

    def _tiles(
        self, rows: np.ndarray, cols: np.ndarray, progress: Progress
    ) -> Iterator[tuple[np.ndarray, int, int, np.ndarray, np.ndarray]]:
        """Yield the numbers of pixels near each other, top, left, the scene there, and where."""
        half = self.half
        groups = list(_by_tile(rows, cols, self.scene.width))
        for done, inside in enumerate(groups):
            progress.report(done / len(groups), "Reading the patches")
            top, left = int(rows[inside].min()) - half, int(cols[inside].min()) - half
            height = int(rows[inside].max()) + half + 1 - top
            width = int(cols[inside].max()) + half + 1 - left
            cube, valid = self.scene.read(top, left, height, width, self._used)
            yield inside, top, left, cube, valid

    def _draft_of(self, components: np.ndarray, top: int, left: int) -> np.ndarray:
        """Return the draft map of a window, with the labels where there are some."""
        classes, _ = self._draft.of(components)
        if self._pixels is None or self._classes is None:
            return classes
        height, width = classes.shape
        for row in range(max(0, top), min(self.scene.height, top + height)):
            begin = row * self.scene.width
            start, stop = np.searchsorted(
                self._pixels, (begin + max(0, left), begin + min(self.scene.width, left + width))
            )
            places = self._pixels[start:stop] - begin - left
            classes[row - top, places] = self._classes[start:stop]
        return classes


def tiles(scene: Scene) -> np.ndarray:
    """Return tiles of about equal size that cover a scene: top, bottom, left, right."""
    edges = [
        np.linspace(0, size, -(-size // TILE) + 1).round().astype(int)
        for size in (scene.height, scene.width)
    ]
    return np.array(
        [
            (top, bottom, left, right)
            for top, bottom in zip(edges[0][:-1], edges[0][1:])
            for left, right in zip(edges[1][:-1], edges[1][1:])
        ]
    )


def _by_tile(rows: np.ndarray, cols: np.ndarray, width: int) -> Iterator[np.ndarray]:
    """Yield the numbers of the pixels in each tile that holds some."""
    if not len(rows):
        return
    tiles = rows // TILE * (width // TILE + 1) + cols // TILE
    order = np.argsort(tiles, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(tiles[order])) + 1)
