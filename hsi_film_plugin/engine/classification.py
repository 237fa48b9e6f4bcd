"""From a scene and a model to a class map, streamed in chunks.

The map does not depend on the chunks: windows lie on one global grid and keep
their place in their batch, heads see tiles of fixed size on the same grid, and all
statistics travel in the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .backbone import Backbone
from .class_map import (
    NO_CONFIDENCE,
    UNCLASSIFIED,
    ClassMapWriter,
    confidence_writer,
    probability_writer,
)
from .context import SceneContext
from .device import Device
from .errors import ModelFileError
from .features import Cube, FeatureBlocks, FeatureMaps, read_cube
from .grid import GridWindow
from .model import Model, ModelBands, Predictor, SpatialPath
from .progress import Progress
from .raster_writer import RasterWriter
from .scene import Scene
from .windows import CHUNK_MULTIPLE, STRIDE, Block, aligned, chunks, grown

#: Heads see this many pixels at a time: 32 rows of 128 columns of the grid.
TILE = (STRIDE, CHUNK_MULTIPLE)
CHUNK_ROWS = 128
#: Of the float32 spectra of a chunk and its surroundings.
CHUNK_BYTES = 100e6
#: Bands of the same sensor, in the same order: also where two have one wavelength.
SAME_NM = 0.1
#: A band fits one of the model's if it lies within this of it, in nm ...
LEAST_TOLERANCE_NM = 2.0
#: ... or within this share of the distance between the model's neighbouring bands.
TOLERANCE_SHARE = 0.6


@dataclass(frozen=True)
class Prediction:
    """What a model says of a chunk.

    Attributes:
        block: Which chunk.
        probabilities: float32 ``(classes, height, width)``; 0 where not valid.
        valid: bool ``(height, width)``.
        novelty: float32 ``(height, width)``: above 1 where unlike anything labelled; 0 where
            not valid; None where the model cannot tell.
    """

    block: Block
    probabilities: np.ndarray
    valid: np.ndarray
    novelty: np.ndarray | None = None


@dataclass(frozen=True)
class Mapped:
    """What a class map shows.

    Attributes:
        counts: Number of pixels of each map value, 0 the unclassified.
        unlike: How many pixels with a class are unlike anything labelled; None where the
            model cannot tell.
    """

    counts: dict[int, int]
    unlike: int | None

    @property
    def classified(self) -> int:
        """Number of pixels with a class."""
        return sum(count for value, count in self.counts.items() if value != UNCLASSIFIED)

    @property
    def unlike_share(self) -> float | None:
        """Share of the pixels with a class that are unlike anything labelled, if known."""
        if self.unlike is None or not self.classified:
            return None
        return self.unlike / self.classified


@dataclass(frozen=True)
class Products:
    """Where the products of a classification go; None leaves one out."""

    output: Path
    confidence: Path | None = None
    probabilities: Path | None = None

    def paths(self) -> dict[str, Path]:
        """Return the wanted paths by the names of their parameters."""
        named = {
            "OUTPUT": self.output,
            "CONFIDENCE": self.confidence,
            "PROBABILITIES": self.probabilities,
        }
        return {name: path for name, path in named.items() if path is not None}


def match_bands(bands: ModelBands, scene: Scene) -> tuple[tuple[int, ...], list[str]]:
    """Find the bands of a scene that a model reads: by wavelength, else by position.

    Returns:
        Zero-based indices, and warnings.

    Raises:
        ModelFileError: if the scene lacks a band.
    """
    theirs = scene.bands.wavelengths
    if bands.wavelengths is None or theirs is None:
        if scene.count != bands.count:
            raise ModelFileError(
                f"The model was trained on {bands.count} bands and '{scene.path.name}' has "
                f"{scene.count}; without wavelengths in both they cannot be matched. Give the "
                "raster its wavelengths, or train a model on it."
            )
        if bands.wavelengths is None and theirs is None:
            return bands.used, []
        return bands.used, [
            "Bands were matched by position, because wavelengths are known only for "
            + ("the raster." if theirs is not None else "the model.")
        ]
    wanted = np.asarray(bands.wavelengths)
    used = list(bands.used)
    alike = scene.count == bands.count and scene.bands.good[used].all()
    if alike and np.abs(theirs[used] - wanted).max() < SAME_NM:
        return bands.used, []
    good = np.flatnonzero(scene.bands.good)
    distance = np.abs(wanted[:, None] - theirs[good][None, :])
    nearest = distance.argmin(axis=1)
    missing = distance.min(axis=1) > band_tolerance(wanted)
    if missing.any():
        named = ", ".join(f"{w:.0f}" for w in wanted[missing][:8])
        more = ", …" if missing.sum() > 8 else ""
        raise ModelFileError(
            f"'{scene.path.name}' lacks {int(missing.sum())} of the model's {len(wanted)} bands "
            f"(near {named}{more} nm). Use a raster of the same sensor, or train a model on it."
        )
    return tuple(int(band) for band in good[nearest]), []


def band_tolerance(wavelengths: np.ndarray) -> np.ndarray:
    """Return how far, in nm, a band may lie from each of the model's."""
    if len(wavelengths) < 2:
        return np.full(len(wavelengths), 10.0)
    order = np.argsort(wavelengths)
    gaps = np.diff(wavelengths[order])
    nearest = np.minimum(np.r_[gaps, gaps[-1]], np.r_[gaps[0], gaps])
    result = np.empty(len(wavelengths))
    result[order] = np.maximum(LEAST_TOLERANCE_NM, TOLERANCE_SHARE * nearest)
    return result


class Classifier:
    """A model made ready for one scene.

    Args:
        model: What to classify with.
        scene: What to classify.
        device: Where the backbone runs.

    Raises:
        ModelFileError: if the scene lacks a band, or the backbone is another one.
    """

    def __init__(self, model: Model, scene: Scene, device: Device) -> None:
        self.model = model
        self.scene = scene
        self.bands, self.warnings = match_bands(model.bands, scene)
        self._predictor = Predictor(model)
        self._features: FeatureBlocks | None = None
        if model.spatial is not None:
            backbone = load_backbone(model.spatial, device)
            maps = FeatureMaps(
                backbone,
                model.spatial.timestep,
                model.spatial.blocks,
                model.spatial.compression,
            )
            self._features = FeatureBlocks(maps)

    def chunk_size(self) -> tuple[int, int]:
        """Return rows and columns of a chunk that keeps memory bounded."""
        rows = CHUNK_ROWS + 2 * STRIDE
        cols = int(CHUNK_BYTES / (4 * rows * len(self.bands))) // CHUNK_MULTIPLE * CHUNK_MULTIPLE
        return CHUNK_ROWS, min(1024, max(CHUNK_MULTIPLE, cols))

    def predict(self, chunk: Block, progress: Progress) -> Prediction:
        """Return what the model says of a chunk."""
        block = aligned(chunk)
        margin = 0 if self._features is None else STRIDE
        cube = read_cube(self.scene, grown(block, margin), self.bands)
        features: list[np.ndarray] = []
        spatial = self.model.spatial
        if self._features is not None and spatial is not None and cube.valid.any():
            picture = cube.picture(spatial.pseudo_image)
            rows = self._features.cell_rows(picture, block, progress.part(0.0, 0.9))
            features = [
                np.concatenate(
                    [row.cpu().numpy(), _context_row(spatial.context, cube, block, at, progress)]
                )
                for at, row in enumerate(rows)
            ]
        shape = len(self.model.classes) + (self.model.novelty is not None)
        said = np.zeros((shape, block.height, block.width), np.float32)
        inside = np.s_[margin : margin + block.height, margin : margin + block.width]
        valid = cube.valid[inside]
        for number, (top, left) in enumerate(_tiles(block)):
            progress.check()
            cut = np.s_[top : top + TILE[0], left : left + TILE[1]]
            if valid[cut].any():
                row = features[number // -(-block.width // TILE[1])] if features else None
                said[(slice(None), *cut)] = self._tile(cube, margin, top, left, row)
        rows_wanted = slice(chunk.row - block.row, chunk.row - block.row + chunk.height)
        cols_wanted = slice(chunk.col - block.col, chunk.col - block.col + chunk.width)
        valid = valid[rows_wanted, cols_wanted]
        said = said[:, rows_wanted, cols_wanted] * valid
        count = len(self.model.classes)
        return Prediction(chunk, said[:count], valid, said[count] if len(said) > count else None)

    def _tile(
        self, cube: Cube, margin: int, top: int, left: int, row: np.ndarray | None
    ) -> np.ndarray:
        """Return a tile's probabilities and novelty ``(classes + 1, 32, at most 128)``.

        Without the novelty if the model cannot tell it. Tiles at the right edge are filled up,
        so that all have the same shape: kernels, and so rounding, depend on it.
        """
        width = min(TILE[1], cube.block.width - 2 * margin - left)
        rows, cols = slice(margin + top, margin + top + TILE[0]), margin + left
        spectra = _filled(cube.spectra[:, rows, cols : cols + width])
        features = None if row is None else _filled(row[:, :, left : left + width])
        said = self._predictor(spectra, features)
        if self.model.novelty is not None:
            said = np.column_stack([said, self.model.novelty(spectra)])
        return said.T.reshape(-1, *TILE)[:, :, :width]


def _context_row(
    context: SceneContext, cube: Cube, block: Block, at: int, progress: Progress
) -> np.ndarray:
    """Return the context of a block's cells in one row, float32 ``(count, 32, width)``."""
    row = block.row + at * STRIDE
    cells = []
    for col in range(block.col, block.col + block.width, STRIDE):
        progress.check()
        cells.append(context.cell(cube, row, col).transpose(2, 0, 1))
    return np.concatenate(cells, axis=2)


def _tiles(block: Block) -> Iterator[tuple[int, int]]:
    for top in range(0, block.height, TILE[0]):
        for left in range(0, block.width, TILE[1]):
            yield top, left


def _filled(piece: np.ndarray) -> np.ndarray:
    """Return ``(channels, 32, width)`` as pixels ``(32 * 128, channels)``, zeros added."""
    full = np.zeros((*TILE, len(piece)), np.float32)
    full[:, : piece.shape[2]] = piece.transpose(1, 2, 0)
    return full.reshape(-1, len(piece))


def load_backbone(spatial: SpatialPath, device: Device) -> Backbone:
    """Load the backbone that a model was trained with.

    Raises:
        ModelFileError: if the folder now holds another network.
    """
    backbone = Backbone(Path(spatial.backbone) if spatial.backbone else None, device)
    if backbone.info.sha256 != spatial.backbone_sha256:
        raise ModelFileError(
            f"The model was trained with another backbone (sha256 {spatial.backbone_sha256[:12]}…) "
            f"than '{backbone.folder.name}' holds now ({backbone.info.sha256[:12]}…). Restore that "
            "backbone, or train the model again."
        )
    return backbone


def extent_block(scene: Scene, extent: Sequence[float] | None) -> Block:
    """Return the pixels of an extent in the raster's CRS, or all of them."""
    if extent is None:
        return Block(0, 0, scene.height, scene.width)
    row, col, height, width = scene.window(extent)
    return Block(row, col, height, width)


def classify(
    classifier: Classifier,
    area: Block,
    products: Products,
    min_confidence: float,
    provenance: dict[str, str],
    progress: Progress,
) -> Mapped:
    """Write the class map of an area, and what else is wanted, each file whole or not at all.

    If it fails late, some files may be there: give hidden paths where all are to appear or none.

    Args:
        classifier: A model made ready for a scene.
        area: What to classify.
        products: Where to write.
        min_confidence: From 0 to 1; below this, pixels stay unclassified.
        provenance: Goes into the files' metadata.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if the scene cannot be read.
        OutputError: if an output cannot be written.
    """
    classes, scene = classifier.model.classes, classifier.scene
    grid = GridWindow.of(scene, area.row, area.col, area.height, area.width)
    values = np.array([known.value for known in classes])
    pieces = list(chunks(area, *classifier.chunk_size()))
    unlike = None if classifier.model.novelty is None else 0
    with ExitStack() as stack:
        class_map = stack.enter_context(ClassMapWriter(products.output, grid, classes, provenance))
        confidence = probabilities = None
        if products.confidence:
            confidence = stack.enter_context(
                confidence_writer(products.confidence, grid, provenance)
            )
        if products.probabilities:
            probabilities = stack.enter_context(
                probability_writer(products.probabilities, grid, classes, provenance)
            )
        for number, chunk in enumerate(pieces):
            part = progress.part(0.9 * number / len(pieces), 0.9 * (number + 1) / len(pieces))
            part.report(0.0, "Classifying")
            said = classifier.predict(chunk, part)
            row, col = chunk.row - area.row, chunk.col - area.col
            best = said.probabilities.max(axis=0)
            sure = said.valid & (best >= min_confidence)
            winner = values[said.probabilities.argmax(axis=0)]
            class_map.write(row, col, np.where(sure, winner, 0))
            if unlike is not None and said.novelty is not None:
                unlike += int((sure & (said.novelty > 1)).sum())
            if confidence is not None:
                confidence.write(row, col, _confidence_bands(said, best))
            if probabilities is not None:
                probabilities.write(
                    row, col, np.where(said.valid, said.probabilities, NO_CONFIDENCE)
                )
        progress.report(0.9, "Writing the map")
        _close([w for w in (class_map, confidence, probabilities) if w], progress.part(0.9, 1.0))
    return Mapped(class_map.counts, unlike)


def _confidence_bands(said: Prediction, best: np.ndarray) -> np.ndarray:
    """Return confidence and novelty ``(2, height, width)``, nodata where not known."""
    unknown = np.full_like(best, NO_CONFIDENCE)
    novelty = unknown if said.novelty is None else said.novelty
    return np.where(said.valid, np.stack([best, novelty]), NO_CONFIDENCE)


def _close(writers: list[RasterWriter], progress: Progress) -> None:
    for number, writer in enumerate(writers):
        writer.close(progress.part(number / len(writers), (number + 1) / len(writers)))
