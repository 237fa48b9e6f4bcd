"""Any class map against any reference: the report and its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from .area import AreaEstimates, polygon_area_estimates
from .assessment import Accuracy, accuracy, confusion_matrix
from .class_map import ClassMap, read_class_map
from .errors import InputError
from .grid import crs_name, pixel_square_metres
from .label_classes import LabelClass
from .labels import Labels, read_labels
from .parameters import LabelSource
from .progress import Progress
from .provenance import software
from .report import (
    AccuracySection,
    AreasSection,
    LabelsSection,
    Picture,
    Report,
    SceneSection,
    on_reference,
)
from .report_pictures import class_map_picture, paint_labels, thumbnail_step
from .synthetic_mark import require_real_map

FEW_REFERENCE_PIXELS = 50


def assess_map(
    path: Path, source: LabelSource, progress: Progress
) -> tuple[Report, dict[str, Any], list[str]]:
    """Compare a class map with a reference.

    Args:
        path: The class map.
        source: The reference.
        progress: For a progress bar, and to cancel.

    Returns:
        The report, the same figures as a JSON-ready table, and warnings.

    Raises:
        InputError: if either cannot be read or is synthetic, or they have no class in common.
    """
    progress.report(0.0, "Reading the class map")
    class_map = read_class_map(path)
    require_real_map(class_map)
    progress.report(0.3, "Reading the reference")
    reference = read_labels(
        source.path, class_map, source.class_field, layer=source.layer, styles=source.styles
    )
    progress.report(0.6, "Comparing")
    classes, in_map, in_reference, matched_by = _common_classes(class_map, reference)
    mapped = _indices(class_map, in_map)[reference.rows, reference.cols]
    truth = in_reference[reference.classes_of]
    judged = mapped >= 0
    warnings = list(reference.warnings)
    if not judged.any():
        raise InputError(
            f"'{path.name}' is unclassified at every reference pixel. Check that both show the "
            "same place."
        )
    if not judged.all():
        warnings.append(
            f"{int((~judged).sum())} reference pixels are unclassified in the map and were left "
            "out."
        )
    warnings += _warnings(classes, class_map.classes, mapped[judged], truth[judged])
    matrix = confusion_matrix(truth[judged], mapped[judged], len(classes))
    found = accuracy(matrix)
    counts = np.zeros(len(classes), np.int64)
    np.add.at(counts, in_map, class_map.counts)
    pixel_area = pixel_square_metres(class_map)
    areas = polygon_area_estimates(
        truth[judged], mapped[judged], reference.polygons[judged], counts, pixel_area or 1.0
    )
    unit: Literal["m²", "pixels"] = "m²" if pixel_area else "pixels"
    places = len(np.unique(reference.polygons[judged]))
    statement = on_reference(int(judged.sum()), places)
    facts = (
        ("Size", f"{class_map.width:,} × {class_map.height:,} pixels"),
        ("CRS", crs_name(class_map.crs) or "none"),
        ("Classified", f"{class_map.counts.sum():,} pixels"),
        ("Reference", source.path.name),
        ("Classes matched by", matched_by),
    )
    report = Report(
        "Accuracy assessment",
        path.name,
        classes,
        tuple(warnings),
        SceneSection(facts, _pictures(class_map, in_map, reference, in_reference, classes)),
        LabelsSection.of(truth, reference.polygons, len(classes)),
        accuracy=AccuracySection(statement, matrix),
        areas=AreasSection(
            areas,
            unit,
            "Whole polygons count as the sample, since pixels of one polygon are alike.",
        ),
        provenance=(*software().items(), ("Reference sha256", reference.sha256)),
    )
    return report, _table(classes, matrix, found, areas, unit, warnings), warnings


def _common_classes(
    class_map: ClassMap, reference: Labels
) -> tuple[tuple[LabelClass, ...], np.ndarray, np.ndarray, str]:
    """Match the classes of map and reference: by name if they share any, else by value.

    Classes of text have values by their order only, which one more class shifts. Names that
    stand for nothing but a value count only where all agree.

    Returns:
        All classes; index among them of each class of the map and of the reference; and
        what they were matched by.
    """
    names = {known.name for known in class_map.classes}
    shared = [known for known in reference.classes if known.name in names]
    spoken = [known for known in shared if known.name != f"Class {known.value}"]
    by_name = bool(spoken) or len(shared) == len(reference.classes)

    def key(known: LabelClass) -> object:
        return known.name if by_name else known.value

    union = {key(known): known for known in (*reference.classes, *class_map.classes)}
    ordered = sorted(union.values(), key=lambda known: (known.value, known.name))
    position = {key(known): index for index, known in enumerate(ordered)}
    if not {key(k) for k in class_map.classes} & {key(k) for k in reference.classes}:
        raise InputError(
            f"'{class_map.path.name}' and the reference have no class in common: the map has "
            f"{_listed(class_map.classes)}, the reference {_listed(reference.classes)}. Choose "
            "the field that holds the map's values or names."
        )
    return (
        tuple(ordered),
        np.array([position[key(known)] for known in class_map.classes]),
        np.array([position[key(known)] for known in reference.classes]),
        "name" if by_name else "value",
    )


def _listed(classes: tuple[LabelClass, ...]) -> str:
    shown = ", ".join(f"{known.value} '{known.name}'" for known in classes[:6])
    return shown + (", …" if len(classes) > 6 else "")


def _indices(class_map: ClassMap, in_map: np.ndarray) -> np.ndarray:
    """Return the map as class indices ``(height, width)``, -1 where unclassified."""
    table = np.full(int(class_map.values.max()) + 1, -1, np.int32)
    for known, index in zip(class_map.classes, in_map):
        if known.value < len(table):
            table[known.value] = index
    indices: np.ndarray = table[class_map.values]
    return indices


def _warnings(
    classes: tuple[LabelClass, ...],
    in_map: tuple[LabelClass, ...],
    mapped: np.ndarray,
    truth: np.ndarray,
) -> list[str]:
    warnings = []
    if len(truth) < FEW_REFERENCE_PIXELS:
        warnings.append(f"Only {len(truth)} reference pixels: the figures are rough.")
    unknown = {index for index in truth.tolist() if classes[index] not in in_map}
    if unknown:
        names = ", ".join(classes[index].name for index in sorted(unknown))
        warnings.append(f"In the reference but not in the map, so always counted wrong: {names}.")
    absent = set(mapped.tolist()) - set(truth.tolist())
    if absent:
        names = ", ".join(classes[index].name for index in sorted(absent))
        warnings.append(f"In the map but not in the reference, so always counted wrong: {names}.")
    return warnings


def _pictures(
    class_map: ClassMap,
    in_map: np.ndarray,
    reference: Labels,
    in_reference: np.ndarray,
    classes: tuple[LabelClass, ...],
) -> tuple[Picture, ...]:
    step = thumbnail_step(class_map.height, class_map.width)
    colors = [known.color for known in classes]
    picture = class_map_picture(_indices(class_map, in_map)[::step, ::step], colors)
    painted = paint_labels(
        picture,
        reference.rows,
        reference.cols,
        in_reference[reference.classes_of],
        colors,
        step,
    )
    return (Picture("Class map", picture), Picture("Reference", painted))


def _table(
    classes: tuple[LabelClass, ...],
    matrix: np.ndarray,
    found: Accuracy,
    areas: AreaEstimates,
    unit: str,
    warnings: list[str],
) -> dict[str, Any]:
    return {
        "classes": [{"value": k.value, "name": k.name, "color": k.color} for k in classes],
        "confusion_matrix": {"rows": "map", "columns": "reference", "pixels": matrix.tolist()},
        "accuracy": found.as_dict(),
        "areas": {"unit": unit, **areas.as_dict()},
        "warnings": warnings,
    }
