"""Labels: polygons, points or a label raster, burned onto a scene's grid."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import InputError
from .grid import Grid
from .label_classes import ClassStyle as ClassStyle
from .label_classes import LabelClass as LabelClass
from .label_classes import assign_classes
from .label_raster import read_raster
from .label_vector import Claims, read_vector, vector_layers
from .synthetic_mark import require_real


@dataclass(frozen=True)
class Labels:
    """Labelled pixels of a grid, in the order of their rows and columns, each once.

    Attributes:
        classes: The classes that have pixels, in the order of their values.
        rows: int64 (n,).
        cols: int64 (n,).
        classes_of: int64 (n,), index into ``classes``.
        polygons: int64 (n,), number of the polygon, the point, or the connected group of a
            label raster. Parts of a multipolygon are polygons of their own.
        warnings: Sentences for the user.
        sha256: Of classes, pixels and polygons.
    """

    classes: tuple[LabelClass, ...]
    rows: np.ndarray
    cols: np.ndarray
    classes_of: np.ndarray
    polygons: np.ndarray
    warnings: tuple[str, ...]
    sha256: str


def read_labels(
    path: Path | str,
    scene: Grid,
    class_field: str | None,
    *,
    layer: str | None = None,
    styles: Sequence[ClassStyle] = (),
) -> Labels:
    """Read a vector layer or a label raster, in any CRS, onto a scene's grid.

    Args:
        path: Vector file or single-band raster.
        scene: The grid that the labels are burned onto.
        class_field: Field with the classes, text or integer; ignored for rasters.
        layer: Layer of the vector file; may be None if it has only one.
        styles: Names and colours from the layer's own style, which win.

    Raises:
        InputError: if the labels cannot be read, none lies on the scene, or either is
            synthetic.
    """
    require_real(scene)
    path = Path(path)
    if not path.exists():
        raise InputError(f"The labels '{path}' do not exist. Check their path.")
    layers = vector_layers(path)
    if layers:
        claims = read_vector(path, layers, scene, class_field, layer)
    else:
        claims = read_raster(path, scene)
    if claims.pixels.size == 0:
        raise InputError(
            f"No label of '{path.name}' lies on '{scene.path.name}'. Check that both have the "
            "right CRS and show the same place."
        )
    classes, notes = assign_classes(claims.found, styles)
    return _reconcile(claims, classes, notes, scene)


def _reconcile(
    claims: Claims, classes: tuple[LabelClass, ...], notes: tuple[str, ...], grid: Grid
) -> Labels:
    """Keep each pixel once; drop those that two classes claim, and classes without pixels."""
    warnings = [*claims.warnings, *notes]
    pixels, owners, polygons, disputed = _each_once(claims)
    if disputed:
        warnings.append(
            f"{disputed} pixel{'' if disputed == 1 else 's'} claimed by more than one class "
            "were left out. Overlapping polygons of different classes cause this."
        )
    present = np.flatnonzero(np.bincount(owners, minlength=len(classes)))
    for index, item in enumerate(classes):
        if index not in present:
            warnings.append(f"The class '{item.name}' has no pixel on the raster; left out.")
    if present.size == 0:
        raise InputError(
            "Every labelled pixel is claimed by more than one class. "
            "Correct the polygons so that classes do not overlap."
        )
    present_classes = tuple(classes[index] for index in present)
    rows, cols = np.divmod(pixels, grid.width)
    classes_of = np.searchsorted(present, owners).astype(np.int64)
    digest = hashlib.sha256(repr([(item.value, item.name) for item in present_classes]).encode())
    for array in (rows, cols, classes_of, polygons):
        digest.update(np.ascontiguousarray(array, dtype="<i8").tobytes())
    return Labels(
        present_classes, rows, cols, classes_of, polygons, tuple(warnings), digest.hexdigest()
    )


def _each_once(claims: Claims) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return undisputed pixels in order, their classes and polygons; and how many others."""
    if np.all(claims.pixels[1:] > claims.pixels[:-1]):  # as label rasters are
        return claims.pixels, claims.classes, claims.polygons, 0
    order = np.lexsort((claims.polygons, claims.classes, claims.pixels))
    pixels, owners = claims.pixels[order], claims.classes[order]
    starts = np.flatnonzero(np.diff(pixels, prepend=-1))
    ends = np.append(starts[1:], pixels.size) - 1
    agreed = owners[starts] == owners[ends]  # sorted by class within a pixel
    kept = starts[agreed]
    return pixels[kept], owners[kept], claims.polygons[order][kept], int(np.sum(~agreed))
