"""Classes and labels from elsewhere, and classes to elsewhere: layers, CSV files, QGIS styles."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtXml import QDomDocument

from ..translation import tr
from .class_list import ClassList, LabelClass
from .label_class import class_symbol, completed, named
from .label_file import CLASS_ID, CLASS_NAME, class_id_of, is_empty
from .label_layer import LabelLayer, LabelLayerError

COLUMNS = ("class_id", "class_name", "color")


class ClassTransferError(Exception):
    """Classes cannot be read or written; the text is a sentence for the user."""


def classes_of_layer(layer: QgsMapLayer) -> tuple[LabelClass, ...]:
    """Return the classes that a layer's style, category names or colour table name.

    Values that are no class numbers (texts, 0) become classes with numbers that are free.

    Raises:
        ClassTransferError: if it names none.
    """
    if isinstance(layer, QgsRasterLayer):
        entries = list(_raster_entries(layer))
    elif isinstance(layer, QgsVectorLayer):
        entries = list(_vector_entries(layer))
    else:
        entries = []
    if not entries:
        raise ClassTransferError(
            tr(
                "“{}” shows no classes. Style it by categories (a raster by paletted values), "
                "or choose another layer."
            ).format(layer.name())
        )
    return _numbered(entries)


def read_classes(path: Path) -> tuple[LabelClass, ...]:
    """Read classes from a CSV file (class_id, class_name, color) or a style of QGIS (.qml).

    Raises:
        ClassTransferError: if the file cannot be read or names no classes.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ClassTransferError(
            tr("“{path}” cannot be read: {reason}. Choose a CSV file or a QGIS style.").format(
                path=path, reason=getattr(error, "strerror", None) or tr("it is no text")
            )
        ) from error
    if Path(path).suffix.lower() == ".qml":
        entries = list(_qml_entries(text, Path(path)))
    else:
        entries = list(_csv_entries(text, Path(path)))
    if not entries:
        raise ClassTransferError(tr("“{}” names no classes.").format(path))
    return _numbered(entries)


def write_classes(path: Path, classes: Sequence[LabelClass]) -> None:
    """Write classes as CSV, or as a style of QGIS for polygons if the name ends in .qml.

    Raises:
        ClassTransferError: if the file cannot be written.
    """
    path = Path(path)
    text = _qml(classes) if path.suffix.lower() == ".qml" else _csv(classes)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ClassTransferError(
            tr("“{path}” cannot be written: {reason}. Choose another folder.").format(
                path=path, reason=error.strerror or error
            )
        ) from error


def import_labels(labels: LabelLayer, layer: QgsVectorLayer, field: str) -> int:
    """Copy the polygons of another layer into the labels; return how many labels that made.

    Classes are matched by their names, then by their numbers; those that are new are added.

    Args:
        labels: Where they go to.
        layer: Where they come from, in any CRS.
        field: Its field with the class, number or name.

    Raises:
        ClassTransferError: if the layer has no polygons with a class, or cannot be reprojected.
        LabelLayerError: if the labels cannot be written.
    """
    place = layer.fields().lookupField(field) if field else -1
    polygon = QgsWkbTypes.GeometryType.PolygonGeometry
    if place < 0 or layer.geometryType() != polygon:
        raise ClassTransferError(
            tr("“{layer}” has no polygons with a field “{field}”. Choose another.").format(
                layer=layer.name(), field=field
            )
        )
    features = [
        feature
        for feature in layer.getFeatures(_classes_only(layer, place))
        if not is_empty(feature.attribute(place)) and _has_area(feature)
    ]
    if not features:
        raise ClassTransferError(
            tr("No polygon of “{layer}” has a value in “{field}”.").format(
                layer=layer.name(), field=field
            )
        )
    wanted = _classes_of_values(layer, place, features)
    of_value = _matched(labels.classes, wanted)
    geometries = _moved(features, layer, labels.layer)
    pairs = [
        (geometry, of_value[_key(feature.attribute(place))])
        for feature, geometry in zip(features, geometries)
    ]
    return len(labels.add_all(pairs, "imported", tr("Import labels")))


def _has_area(feature: QgsFeature) -> bool:
    return feature.hasGeometry() and feature.geometry().area() > 0


def _classes_only(layer: QgsVectorLayer, place: int) -> QgsFeatureRequest:
    named_by = layer.fields().lookupField(CLASS_NAME)
    wanted = [place] if named_by < 0 else [place, named_by]
    return QgsFeatureRequest().setSubsetOfAttributes(wanted)


def _key(value: object) -> str:
    number = class_id_of(value)
    return str(value).strip() if number is None else str(number)


def _classes_of_values(
    layer: QgsVectorLayer, place: int, features: Iterable[QgsFeature]
) -> dict[str, LabelClass]:
    """Return what the layer says of the class of each value; a number of 0 is none."""
    styled: dict[str, LabelClass] = {}
    renderer = layer.renderer()
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        attribute = renderer.classAttribute().strip('"')
        if layer.fields().lookupField(attribute) == place:
            for value, name, color in _vector_entries(layer):
                styled[_key(value)] = LabelClass(class_id_of(value) or 0, name, color)
    named_by = layer.fields().lookupField(CLASS_NAME)
    result: dict[str, LabelClass] = {}
    for feature in features:
        value = feature.attribute(place)
        key = _key(value)
        if key in result:
            continue
        number = class_id_of(value)
        own = feature.attribute(named_by) if named_by >= 0 else None
        name = "" if is_empty(own) else str(own)
        if not name and number is None:
            name = key
        entry = styled.get(key, LabelClass(0, "", ""))
        result[key] = LabelClass(number or 0, entry.name or name, entry.color)
    return result


def _matched(known: ClassList, wanted: dict[str, LabelClass]) -> dict[str, int]:
    """Return the class of each value; classes that are missing are added to the list."""
    classes = list(known.classes())
    by_name = {entry.name.casefold(): entry.class_id for entry in classes}
    taken = {entry.class_id for entry in classes}
    result: dict[str, int] = {}
    # Values with numbers first: they keep theirs, the others get what is free.
    for key, entry in sorted(wanted.items(), key=lambda item: (not item[1].class_id, item[0])):
        name = named(entry.class_id, entry.name) if entry.class_id or entry.name else key
        same = by_name.get(name.casefold())
        if same is None and entry.class_id in taken and not entry.name:
            same = entry.class_id
        if same is None:
            number = entry.class_id
            if not number or number in taken:
                number = next(i for i in range(1, len(taken) + 2) if i not in taken)
            same = number
            taken.add(number)
            by_name[name.casefold()] = number
            classes.append(LabelClass(number, name, entry.color))
        result[key] = same
    if len(classes) > len(known.classes()):
        known.replace(classes)
    return result


def _moved(
    features: Iterable[QgsFeature], source: QgsVectorLayer, target: QgsVectorLayer
) -> list[QgsGeometry]:
    """Return the features' polygons in the target's CRS; without one they are taken as is."""
    geometries = [QgsGeometry(feature.geometry()) for feature in features]
    if source.crs().isValid() and target.crs().isValid() and source.crs() != target.crs():
        transform = QgsCoordinateTransform(source.crs(), target.crs(), QgsProject.instance())
        try:
            for geometry in geometries:
                geometry.transform(transform)
        except QgsCsException as error:
            raise ClassTransferError(
                tr(
                    "The polygons of “{layer}” do not fit into the CRS of the labels ({crs}). "
                    "Check the layer’s CRS."
                ).format(layer=source.name(), crs=target.crs().authid())
            ) from error
    return geometries


Entry = tuple[object, str, str]


def _numbered(entries: Sequence[Entry]) -> tuple[LabelClass, ...]:
    """Return classes of (value, name, colour); values that are no numbers get free ones."""
    numbers = [class_id_of(value) for value, _, _ in entries]
    taken = {number for number in numbers if number is not None}
    result: dict[int, LabelClass] = {}
    for (value, name, color), number in zip(entries, numbers):
        if number is None:
            if str(value).strip() in ("0", "0.0"):
                continue  # nodata or unclassified in every map
            number = next(i for i in range(1, len(taken) + 2) if i not in taken)
            taken.add(number)
        label = name.strip()
        if label == str(number):
            label = ""
        if not label and class_id_of(value) is None:
            label = str(value)
        result.setdefault(number, LabelClass(number, label, color))
    try:
        return completed(result.values())
    except LabelLayerError as error:
        raise ClassTransferError(str(error)) from error


def _vector_entries(layer: QgsVectorLayer) -> Iterator[Entry]:
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return
    for category in renderer.categories():
        value, symbol = category.value(), category.symbol()
        for entry in value if isinstance(value, list) else [value]:
            if not is_empty(entry) and symbol is not None:
                yield entry, category.label(), symbol.color().name()


def _raster_entries(layer: QgsRasterLayer) -> Iterator[Entry]:
    renderer = layer.renderer()
    if isinstance(renderer, QgsPalettedRasterRenderer):
        for entry in renderer.classes():
            yield int(entry.value), entry.label, entry.color.name()
        return
    for item in layer.dataProvider().colorTable(1):
        yield int(item.value), item.label, item.color.name()


def _csv_entries(text: str, path: Path) -> Iterator[Entry]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if not {"class_id", "class_name"} & set(names):
        raise ClassTransferError(
            tr("“{path}” has no column class_id or class_name. Its columns are: {names}.").format(
                path=path, names=", ".join(names) or "–"
            )
        )
    try:
        for row in rows:
            cells = {name: (value or "").strip() for name, value in zip(names, row.values())}
            name = cells.get("class_name", "")
            number = cells.get("class_id", "")
            if number and class_id_of(number) is None:
                raise ClassTransferError(
                    tr(
                        "“{path}”, line {line}: the class number “{number}” is no whole number "
                        "from 1 to 65535."
                    ).format(path=path, line=rows.line_num, number=number)
                )
            if number or name:
                yield number or name, name, cells.get("color", cells.get("colour", ""))
    except csv.Error as error:
        raise ClassTransferError(
            tr("“{path}” is no CSV file: {reason}.").format(path=path, reason=error)
        ) from error


def _qml_entries(text: str, path: Path) -> Iterator[Entry]:
    document = QDomDocument()
    document.setContent(text)
    if document.documentElement().tagName() != "qgis":
        raise ClassTransferError(tr("“{}” is no style of QGIS.").format(path))
    palette = document.elementsByTagName("paletteEntry")
    for place in range(palette.count()):
        entry = palette.at(place).toElement()
        yield entry.attribute("value"), entry.attribute("label"), entry.attribute("color")
    if not palette.count():
        layer = _bare_layer()
        if layer.importNamedStyle(document)[0]:
            yield from _vector_entries(layer)


def _csv(classes: Iterable[LabelClass]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows((known.class_id, known.name, known.color) for known in classes)
    return text.getvalue()


def _qml(classes: Iterable[LabelClass]) -> str:
    layer = _bare_layer()
    layer.setRenderer(
        QgsCategorizedSymbolRenderer(
            CLASS_ID,
            [
                QgsRendererCategory(known.class_id, class_symbol(known.color), known.name)
                for known in classes
            ],
        )
    )
    document = QDomDocument()
    layer.exportNamedStyle(document)
    return str(document.toString())


def _bare_layer() -> QgsVectorLayer:
    return QgsVectorLayer(f"Polygon?field={CLASS_ID}:integer", "", "memory")
