"""Spatial features of pixels: decoder activations of windows, blended on the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from .backbone import Backbone
from .errors import ModelFileError
from .progress import Progress
from .pseudo_image import PseudoImage, fill_invalid
from .scene import Scene
from .statistics import AffineMap
from .windows import (
    RUN,
    STRIDE,
    WINDOW,
    Block,
    blend_weights,
    mirrored,
    run_of,
    windows_of_pixels,
)


@dataclass(frozen=True)
class FeatureSettings:
    """What decides the features of a scene, beside its backbone.

    Attributes:
        pseudo_image: How the scene becomes a picture.
        bands: Zero-based bands of the scene that the picture is made from.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
    """

    pseudo_image: PseudoImage
    bands: tuple[int, ...]
    timestep: int
    blocks: tuple[int, ...]


@dataclass(frozen=True)
class Picture:
    """A piece of a scene as the backbone sees it, continued by mirroring outside.

    Attributes:
        row: Row of the first pixel; may be negative.
        col: Column of the first pixel; may be negative.
        channels: float32 ``(3, height, width)``.
        valid: bool ``(height, width)``.
    """

    row: int
    col: int
    channels: np.ndarray
    valid: np.ndarray

    def window(self, i: int, j: int) -> np.ndarray | None:
        """Return window ``(i, j)`` as float32 ``(3, 64, 64)``, None if all nodata.

        None, too, if it is not wholly inside the picture.
        """
        top, left = i * STRIDE - self.row, j * STRIDE - self.col
        cut = np.s_[top : top + WINDOW, left : left + WINDOW]
        if top < 0 or left < 0:
            return None
        valid = self.valid[cut]
        if valid.shape != (WINDOW, WINDOW) or not valid.any():
            return None
        return fill_invalid(self.channels[(slice(None), *cut)], valid)


@dataclass(frozen=True)
class Cube:
    """A piece of a scene, continued by mirroring outside.

    Attributes:
        block: Which piece; may begin at negative rows and columns.
        spectra: float32 ``(bands, height, width)``.
        valid: bool ``(height, width)``.
    """

    block: Block
    spectra: np.ndarray
    valid: np.ndarray

    def picture(self, pseudo_image: PseudoImage) -> Picture:
        """Return this piece as the backbone sees it."""
        _, height, width = self.spectra.shape
        channels = np.empty((3, height, width), np.float32)
        for row in range(height):  # by rows: the copy for all pixels at once would be large
            channels[:, row] = pseudo_image(self.spectra[:, row].T).T
        return Picture(self.block.row, self.block.col, channels, self.valid)


def read_cube(scene: Scene, block: Block, bands: Sequence[int]) -> Cube:
    """Read ``block``, which may reach outside the scene, where it is mirrored."""
    rows = mirrored(block.row, block.height, scene.height)
    cols = mirrored(block.col, block.width, scene.width)
    top, left = int(rows.min()), int(cols.min())
    height, width = int(rows.max()) - top + 1, int(cols.max()) - left + 1
    cube, valid = scene.read(top, left, height, width, bands)
    if (height, width) != (block.height, block.width) or block.row < 0 or block.col < 0:
        down, right = np.ix_(rows - top, cols - left)
        cube, valid = cube[:, down, right], valid[down, right]
    return Cube(block, cube, valid)


class FeatureMaps:
    """Features of windows, computed in runs that never depend on the chunk.

    Args:
        backbone: The frozen network.
        timestep: How far windows are noised.
        blocks: Decoder blocks.
        compression: Maps the concatenated channels to fewer; None keeps all.
    """

    def __init__(
        self,
        backbone: Backbone,
        timestep: int,
        blocks: Sequence[int],
        compression: AffineMap | None = None,
    ) -> None:
        backbone.check(timestep, blocks)
        self._backbone = backbone
        self._timestep = timestep
        self._blocks = tuple(blocks)
        self._compression = compression
        device = backbone.device.torch
        self._weights = torch.from_numpy(blend_weights()).to(device)
        #: Channels of each block, known once a window has been computed.
        self.channels: list[int] = []
        if compression is not None:
            self._matrix = torch.from_numpy(compression.matrix).to(device)
            # Blending weights add up to one, so the offset can be added per window.
            self._offset = torch.from_numpy(-compression.mean @ compression.matrix).to(device)

    @property
    def outputs(self) -> int:
        """Channels after the compression."""
        if self._compression is None:
            return sum(self.channels)
        return int(self._compression.matrix.shape[1])

    def run(self, picture: Picture, i: int, first: int) -> list[torch.Tensor | None]:
        """Return the weighted features of the run of windows that begins at ``(i, first)``.

        Returns:
            For each window float32 ``(channels, 64, 64)``, None where all is nodata
            or the window is not wholly inside the picture.
        """
        windows = [picture.window(i, first + place) for place in range(RUN)]
        if all(window is None for window in windows):
            return [None] * RUN
        empty = np.zeros((3, WINDOW, WINDOW), np.float32)
        batch = torch.from_numpy(np.stack([empty if w is None else w for w in windows]))
        with torch.inference_mode():
            maps = self._backbone.activations(batch, self._timestep, self._blocks)
            self.channels = [block.shape[1] for block in maps]
            self._check_channels()
            return [
                None if window is None else self._finish([block[place] for block in maps])
                for place, window in enumerate(windows)
            ]

    def centres(self, windows: np.ndarray) -> np.ndarray:
        """Return the features of the pixels ``[32, 32]`` of single windows.

        A window of its own, with the pixel in its middle, stands for the four that are blended
        at a pixel of a scene.

        Args:
            windows: float32 ``(n, 3, 64, 64)`` in [-1, 1]. Give as many each time: kernels,
                and so rounding, depend on it.

        Returns:
            float32 ``(n, channels)``.
        """
        middle = WINDOW // 2
        with torch.inference_mode():
            maps = self._backbone.activations(
                torch.from_numpy(windows), self._timestep, self._blocks
            )
            self.channels = [block.shape[1] for block in maps]
            self._check_channels()
            found = [
                self._finish([block[place] for block in maps])[:, middle, middle]
                / self._weights[middle, middle]
                for place in range(len(windows))
            ]
            return torch.stack(found).cpu().numpy()

    def _check_channels(self) -> None:
        found = sum(self.channels)
        if self._compression is not None and found != len(self._compression.mean):
            raise ModelFileError(
                f"The model reads {len(self._compression.mean)} channels of its backbone, whose "
                f"decoder blocks {list(self._blocks)} have {found}: its file does not fit "
                "together. Train it again."
            )

    def _finish(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """Compress, bring to 64x64 and weight the blocks' maps of one window."""
        parts, start = [], 0
        for block in maps:
            if self._compression is not None:
                piece = self._matrix[start : start + len(block)]
                start += len(block)
                block = torch.einsum("chw,cd->dhw", block, piece)
            parts.append(
                functional.interpolate(
                    block[None], size=(WINDOW, WINDOW), mode="bilinear", align_corners=False
                )[0]
            )
        if self._compression is None:
            return torch.cat(parts) * self._weights
        return (sum(parts[1:], parts[0]) + self._offset[:, None, None]) * self._weights


class FeatureBlocks:
    """Features of chunks of a scene, one row of cells after the other.

    The last row of windows is kept, so that the chunk below does not repeat it.
    """

    def __init__(self, maps: FeatureMaps) -> None:
        self._maps = maps
        self._kept: dict[tuple[int, int, int, int], list[torch.Tensor | None]] = {}

    def cell_rows(self, picture: Picture, block: Block, progress: Progress) -> list[torch.Tensor]:
        """Return the features of a chunk.

        Args:
            picture: Covers ``block`` and 32 pixels around it.
            block: Whole cells, see :func:`windows.aligned`.
            progress: For a progress bar, and to cancel.

        Returns:
            For each 32-pixel row of cells, float32 ``(channels, 32, block.width)``;
            an empty list where the chunk has no valid window.
        """
        top, cells = block.row // STRIDE, block.height // STRIDE
        left, width = block.col // STRIDE, block.width // STRIDE
        previous: dict[int, torch.Tensor] = {}
        rows: list[torch.Tensor | None] = []
        for number, i in enumerate(range(top - 1, top + cells)):
            part = progress.part(number / (cells + 1), (number + 1) / (cells + 1))
            current = self._window_row(picture, i, left, width, part)
            self._kept = {key: run for key, run in self._kept.items() if key[0] == i}
            if i < top:
                previous = current
                continue
            rows.append(_blended(previous, current, left, width))
            previous = current
        found = [row for row in rows if row is not None]
        if not found:
            return []
        return [torch.zeros_like(found[0]) if row is None else row for row in rows]

    def _window_row(
        self, picture: Picture, i: int, left: int, width: int, progress: Progress
    ) -> dict[int, torch.Tensor]:
        """Return the weighted windows ``(i, j)`` that reach into the chunk's columns."""
        found = {}
        for first in range(left - 1, left + width, RUN):
            progress.report((first - left) / width, "Classifying")
            key = (i, first, left, width)  # runs at a chunk's edges are cut differently
            if key not in self._kept:
                self._kept[key] = self._maps.run(picture, i, first)
            for place, window in enumerate(self._kept[key]):
                if window is not None and left - 1 <= first + place < left + width:
                    found[first + place] = window
        return found


def _blended(
    above: dict[int, torch.Tensor], below: dict[int, torch.Tensor], left: int, width: int
) -> torch.Tensor | None:
    """Add up, in a fixed order, what two rows of windows give to the cells between."""
    some = next(iter([*above.values(), *below.values()]), None)
    if some is None:
        return None
    row = some.new_zeros((len(some), STRIDE, width * STRIDE))
    for windows, rows in ((above, slice(STRIDE, WINDOW)), (below, slice(0, STRIDE))):
        for j in sorted(windows):
            start = (j - left) * STRIDE
            low, high = max(0, start), min(width * STRIDE, start + WINDOW)
            row[:, :, low:high] += windows[j][:, rows, low - start : high - start]
    return row


def features_at(
    scene: Scene,
    settings: FeatureSettings,
    maps: FeatureMaps,
    rows: np.ndarray,
    cols: np.ndarray,
    progress: Progress,
) -> np.ndarray:
    """Return the features of single pixels, float32 ``(n, channels)``.

    Only the windows that hold one of the pixels are computed.
    """
    runs: dict[tuple[int, int], list[int]] = {}
    for i, j in windows_of_pixels(rows, cols):
        first, place = run_of(j)
        runs.setdefault((i, first), []).append(place)
    gathered: np.ndarray | None = None
    for done, ((i, first), places) in enumerate(sorted(runs.items())):
        progress.report(done / len(runs), "Computing spatial features of the labels")
        block = Block(i * STRIDE, first * STRIDE, WINDOW, (RUN - 1) * STRIDE + WINDOW)
        cube = read_cube(scene, block, settings.bands)
        run = maps.run(cube.picture(settings.pseudo_image), i, first)
        for place in places:
            window = run[place]
            if window is None:
                continue
            top, left = i * STRIDE, (first + place) * STRIDE
            inside = np.flatnonzero(
                (rows >= top) & (rows < top + WINDOW) & (cols >= left) & (cols < left + WINDOW)
            )
            if gathered is None:
                gathered = np.zeros((len(rows), len(window)), np.float32)
            values = window[:, rows[inside] - top, cols[inside] - left]
            gathered[inside] += values.T.cpu().numpy()
    return np.zeros((len(rows), 0), np.float32) if gathered is None else gathered
