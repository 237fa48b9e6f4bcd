"""The products of classification: class map, confidence and probabilities; reading maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling

from .errors import InputError
from .grid import Grid
from .label_classes import LabelClass, assign_classes, named_classes
from .qml_style import paletted_qml
from .raster_attributes import class_sidecar, read_raster_classes
from .raster_file import gdal_errors, is_georeferenced, is_nodata, open_raster
from .raster_writer import RasterFormat, RasterWriter, colormap_of
from .synthetic_mark import is_synthetic

UNCLASSIFIED = 0
NO_CONFIDENCE = -1.0
CONFIDENCE_BANDS = ("confidence", "unlike anything labelled (if above 1)")


class ClassMapWriter(RasterWriter):
    """A class map: 0 is nodata, and the file carries its classes' names and colours.

    The smallest unsigned type; colour table (uint8), category names, attribute table with
    pixel counts, a ``.qml`` style beside it, and provenance in the metadata.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        classes: Sequence[LabelClass],
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        """See ``RasterWriter``; ``provenance`` must be the same for the same run."""
        self.classes = tuple(classes)
        dtype = map_dtype(classes)
        colors = [(item.value, item.color) for item in classes]
        form = RasterFormat(
            dtype=dtype,
            nodata=UNCLASSIFIED,
            descriptions=("class",),
            tags=provenance or {},
            colormap=colormap_of(colors) if dtype == "uint8" else None,
            resampling=Resampling.mode,
        )
        super().__init__(path, grid, form)

    def write_sidecars(self, partial: Path) -> None:
        """Write the attribute table and the style."""
        unknown = set(self.counts) - {UNCLASSIFIED, *(item.value for item in self.classes)}
        if unknown:
            raise ValueError(f"values {sorted(unknown)} are not among the map's classes")
        sidecar = Path(f"{partial}.aux.xml")
        sidecar.write_text(class_sidecar(self.classes, self.counts), encoding="utf-8", newline="\n")
        style = paletted_qml(self.classes)
        partial.with_suffix(".qml").write_text(style, encoding="utf-8", newline="\n")


def confidence_writer(
    path: Path, grid: Grid, provenance: Mapping[str, str] | None = None
) -> RasterWriter:
    """Return a writer for confidences and for how unlike all labels pixels are.

    Float32, nodata -1; in the second band, values above 1 are unlike anything labelled.
    """
    form = RasterFormat("float32", NO_CONFIDENCE, CONFIDENCE_BANDS, provenance or {})
    return RasterWriter(path, grid, form)


def probability_writer(
    path: Path,
    grid: Grid,
    classes: Sequence[LabelClass],
    provenance: Mapping[str, str] | None = None,
) -> RasterWriter:
    """Return a writer for probabilities: float32, one band a class, nodata -1."""
    names = tuple(item.name for item in classes)
    return RasterWriter(path, grid, RasterFormat("float32", NO_CONFIDENCE, names, provenance or {}))


def map_dtype(classes: Sequence[LabelClass]) -> str:
    """Return the smallest unsigned type that holds the classes' values."""
    return "uint8" if max((item.value for item in classes), default=0) <= 255 else "uint16"


@dataclass(frozen=True)
class ClassMap:
    """A class map in memory; also a ``Grid``, for labels to be burned onto.

    Attributes:
        path: The file.
        width: Columns.
        height: Rows.
        crs: CRS, or None.
        transform: From (column, row) to coordinates.
        georeferenced: Whether the file says where it lies.
        classes: The classes that occur or are named, in the order of their values.
        values: uint8 or uint16 (height, width); 0 where unclassified.
        counts: Number of pixels of each class, int64 (len(classes),).
        tags: Metadata of the file, with the provenance of maps of ours.
    """

    path: Path
    width: int
    height: int
    crs: CRS | None
    transform: Affine
    georeferenced: bool
    classes: tuple[LabelClass, ...]
    values: np.ndarray
    counts: np.ndarray
    tags: Mapping[str, str]

    @property
    def synthetic(self) -> bool:
        """Whether it is a map of synthetic samples."""
        return is_synthetic(self.tags)


def read_class_map(path: Path | str) -> ClassMap:
    """Read any single-band raster of whole numbers from 0 to 65535 as a class map.

    Names and colours come from its attribute table, category names and colour table.

    Raises:
        InputError: if it cannot be read, or is no class map.
    """
    path = Path(path)
    with gdal_errors(path, "open"), open_raster(path) as dataset:
        if dataset.count != 1:
            raise InputError(
                f"'{path.name}' has {dataset.count} bands, but a class map has one. "
                "Choose the class map."
            )
        if dataset.dtypes[0].startswith("complex"):
            raise InputError(f"'{path.name}' holds complex numbers, not classes.")
        values = np.zeros((dataset.height, dataset.width), dtype=np.uint16)
        for _, window in dataset.block_windows(1):
            block = dataset.read(1, window=window)
            labelled = dataset.read_masks(1, window=window) != 0
            values[window.toslices()] = _as_classes(path, block, labelled, dataset.nodata)
        legend = read_raster_classes(path, dataset)
        grid = dataset.width, dataset.height, dataset.crs or None, dataset.transform
        georeferenced, tags = is_georeferenced(dataset), dataset.tags()
    histogram = np.bincount(values.ravel(), minlength=1)
    named = {value for value in legend.names if 0 < value <= 65535}
    present = sorted((set(np.flatnonzero(histogram).tolist()) | named) - {UNCLASSIFIED})
    if not histogram[1:].any():
        raise InputError(f"'{path.name}' has no classified pixel: all are 0 or nodata.")
    classes, _ = assign_classes(named_classes(present, legend.names, legend.colors), ())
    counts = np.array([histogram[v] if v < histogram.size else 0 for v in present], np.int64)
    if values.max() <= 255:
        values = values.astype(np.uint8)
    return ClassMap(path, *grid, georeferenced, classes, values, counts, tags)


def _as_classes(
    path: Path, block: np.ndarray, labelled: np.ndarray, nodata: float | None
) -> np.ndarray:
    if np.issubdtype(block.dtype, np.floating):
        labelled = labelled & np.isfinite(block)
    if nodata is not None and not np.isnan(nodata):
        labelled = labelled & ~is_nodata(block, nodata)
    found = block[labelled]
    if found.size and (found.min() < 0 or found.max() > 65535 or np.any(found != np.round(found))):
        raise InputError(
            f"'{path.name}' holds values that are not whole numbers from 0 to 65535, so it is "
            "no class map. Choose the class map."
        )
    return np.where(labelled, block, 0).astype(np.uint16)
