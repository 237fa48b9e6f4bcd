"""GeoPackages that hold labels: made, found again, and changed beside QGIS's own connection."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsField,
    QgsFields,
    QgsProviderRegistry,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType, QVariant

from ..translation import tr

TABLE = "labels"
CLASS_ID, CLASS_NAME, SOURCE, CREATED = "class_id", "class_name", "source", "created"
MOST_CLASSES = 65535
STYLE_NAME = "HSI FiLM classes"
#: What SQLite keeps beside a database that is open, or whose program was killed.
LEFTOVERS = ("-wal", "-shm", "-journal")
#: How long each step of a write waits for another writer, in ms: the window stands still meanwhile.
PATIENCE_MS = 50
#: Of how many files with fitting names it is asked whether they hold the labels of a scene.
MOST_LOOKED_INTO = 10
# The columns that QGIS gives the table in which it looks for styles.
_STYLE_COLUMNS = (
    ("f_table_catalog", ogr.OFTString, 256),
    ("f_table_schema", ogr.OFTString, 256),
    ("f_table_name", ogr.OFTString, 256),
    ("f_geometry_column", ogr.OFTString, 256),
    ("styleName", ogr.OFTString, 30),
    ("styleQML", ogr.OFTString, 0),
    ("styleSLD", ogr.OFTString, 0),
    ("useAsDefault", ogr.OFTInteger, 0),
    ("description", ogr.OFTString, 0),
    ("owner", ogr.OFTString, 30),
    ("ui", ogr.OFTString, 30),
    ("update_time", ogr.OFTDateTime, 0),
)


class LabelLayerError(Exception):
    """Labels cannot be read or written; the text is a sentence for the user."""


@dataclass(frozen=True)
class FileTable:
    """A table of a GeoPackage."""

    path: Path
    table: str

    @property
    def uri(self) -> str:
        """What QGIS opens it by."""
        return f"{self.path}|layername={self.table}"


def label_fields() -> QgsFields:
    """Return the fields of a label layer."""
    fields = QgsFields()
    whole_number, text = _field_types()
    fields.append(QgsField(CLASS_ID, whole_number))
    for name in (CLASS_NAME, SOURCE, CREATED):
        fields.append(QgsField(name, text))
    return fields


def _field_types() -> tuple[Any, Any]:
    """Return how this QGIS calls the types of whole numbers and texts."""
    if Qgis.QGIS_VERSION_INT >= 33800:
        return QMetaType.Type.Int, QMetaType.Type.QString
    return QVariant.Type.Int, QVariant.Type.String


def add_missing_fields(layer: QgsVectorLayer) -> None:
    """Give a layer the fields of labels that it lacks.

    Raises:
        LabelLayerError: if they cannot be added.
    """
    missing = [field for field in label_fields() if layer.fields().lookupField(field.name()) < 0]
    if not missing:
        return
    if layer.isEditable():
        added = all(layer.addAttribute(field) for field in missing)
    else:
        added = layer.dataProvider().addAttributes(missing)
        layer.updateFields()
    if not added:
        raise LabelLayerError(
            tr(
                "“{layer}” lacks the fields {names}, which cannot be added. Allow writing to its "
                "file, or make a label layer and import its polygons."
            ).format(layer=layer.name(), names=", ".join(field.name() for field in missing))
        )


def class_id_of(value: Any) -> int | None:
    """Return the class that a field's value stands for, as the engine would read it."""
    if isinstance(value, str):
        text = value.strip()
        number = float(text) if re.fullmatch(r"[1-9][0-9]{0,4}", text) else 0.0
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    else:  # NULL among them
        return None
    return int(number) if number.is_integer() and 1 <= number <= MOST_CLASSES else None


def is_empty(value: Any) -> bool:
    """Return whether a field's value says nothing."""
    return value is None or str(value).strip() in ("", "NULL")


def create_label_file(path: Path, crs: QgsCoordinateReferenceSystem) -> FileTable:
    """Make an empty label file; it is whole or not there at all.

    Raises:
        LabelLayerError: if there is a file already, or none can be made.
    """
    refuse_existing(path)
    partial = part_beside(path)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = TABLE
    options.layerOptions = ["FID=fid", "GEOMETRY_NAME=geom"]
    writer = QgsVectorFileWriter.create(
        str(partial),
        label_fields(),
        QgsWkbTypes.Type.MultiPolygon,
        crs,
        QgsCoordinateTransformContext(),
        options,
    )
    failed, reason = writer.hasError(), writer.errorMessage()
    del writer  # closes the file
    if failed != QgsVectorFileWriter.WriterError.NoError:
        remove_part(partial)
        raise LabelLayerError(
            tr(
                "“{path}” cannot be made: {reason}. Choose a folder that you may write to, "
                "with free space."
            ).format(path=path, reason=reason.rstrip("."))
        )
    put_in_place(partial, path)
    return FileTable(path, TABLE)


def refuse_existing(path: Path) -> None:
    """Raise LabelLayerError if `path` or what SQLite left of it is there already."""
    if os.path.lexists(path):
        raise LabelLayerError(
            tr("“{}” is there already. Choose another name; nothing is overwritten.").format(path)
        )
    refuse_leftovers(path)


def refuse_leftovers(path: Path) -> None:
    """Raise LabelLayerError if SQLite would take another database's changes for this one's."""
    for suffix in LEFTOVERS:
        if os.path.lexists(f"{path}{suffix}"):
            raise LabelLayerError(
                tr(
                    "“{path}” is open in a program, or was left behind by one: “{name}” lies "
                    "beside it. Choose another name, or remove that file if nothing has it open."
                ).format(path=path, name=f"{path.name}{suffix}")
            )


def part_beside(path: Path) -> Path:
    """Return where `path` is written before it is whole; what lies there is removed."""
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part.gpkg")
    remove_part(partial)
    return partial


def remove_part(partial: Path) -> None:
    """Remove an unfinished file and what SQLite left beside it."""
    for suffix in ("", *LEFTOVERS):
        try:
            os.remove(f"{partial}{suffix}")
        except OSError:
            continue  # most are never there, and a rest in a vanished folder disturbs nobody


def put_in_place(partial: Path, path: Path) -> None:
    """Give a finished file its name.

    Raises:
        LabelLayerError: if that cannot be done.
    """
    try:
        os.replace(partial, path)
    except OSError as error:
        remove_part(partial)
        raise LabelLayerError(
            tr("“{path}” cannot be written: {reason}. Choose another name or folder.").format(
                path=path, reason=error.strerror or error
            )
        ) from error


def path_of(layer: QgsVectorLayer) -> Path | None:
    """Return a layer's GeoPackage, None if it is stored in none on this computer."""
    provider = layer.dataProvider()
    if provider is None or provider.name() != "ogr" or provider.storageType() != "GPKG":
        return None
    path = QgsProviderRegistry.instance().decodeUri("ogr", layer.source()).get("path")
    return Path(path) if isinstance(path, str) and not path.startswith("/vsi") else None


def table_of(layer: QgsVectorLayer) -> FileTable | None:
    """Return where a layer's labels are stored, None if it is no GeoPackage on this computer.

    Raises:
        LabelLayerError: if the file cannot be read.
    """
    path = path_of(layer)
    if path is None:
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    table = parts.get("layerName")
    if not isinstance(table, str) or not table:
        with opened(path, update=False) as dataset:
            number = parts.get("layerId")
            first = dataset.GetLayer(number if isinstance(number, int) else 0)
            table = first.GetName()
    return FileTable(path, table)


def labels_beside(
    folders: Iterable[Path],
    stems: Iterable[str],
    crs: QgsCoordinateReferenceSystem,
    extent: QgsRectangle,
) -> Iterator[QgsVectorLayer]:
    """Yield the label files of a scene, opened, the last written first.

    Args:
        folders: where to look; not in folders within.
        stems: what comes before "_labels" in their names.
        crs: of the scene; may be invalid.
        extent: of the scene; labels that lie elsewhere are another scene's.
    """
    names = [f"{stem}_labels*.gpkg" for stem in dict.fromkeys(stems)]
    found = {path for folder in folders for name in names for path in Path(folder).glob(name)}
    for path in sorted(found, key=_last_written, reverse=True)[:MOST_LOOKED_INTO]:
        layer = _labels_in(path)
        if layer is None:
            continue
        own = layer.crs()
        if says_no_crs(own):
            own = QgsCoordinateReferenceSystem()
        placed = own == crs or not (own.isValid() or crs.isValid())
        if placed and (not layer.featureCount() or layer.extent().intersects(extent)):
            yield layer


def says_no_crs(crs: QgsCoordinateReferenceSystem) -> bool:
    """Return whether a CRS is what a GeoPackage says instead of nothing."""
    return bool(crs.description().startswith("Undefined"))


def _last_written(path: Path) -> float:
    times = [0.0]
    for name in (path, Path(f"{path}-wal")):
        try:
            times.append(name.stat().st_mtime)
        except OSError:  # gone by now, or never there
            continue
    return max(times)


def _labels_in(path: Path) -> QgsVectorLayer | None:
    """Return a file's table of labels as a layer; None if it holds none of this plugin."""
    wanted = set(label_fields().names())
    try:
        with opened(path, update=False) as dataset:
            tables = [dataset.GetLayer(place) for place in range(dataset.GetLayerCount())]
            ours = [
                table.GetName()
                for table in tables
                if wanted <= {field.GetName() for field in table.schema}
            ]
    except LabelLayerError:
        return None
    if not ours:
        return None
    layer = QgsVectorLayer(FileTable(path, ours[0]).uri, path.stem, "ogr")
    polygons = layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
    return layer if layer.isValid() and polygons else None


@contextmanager
def opened(path: Path, *, update: bool = True) -> Iterator[gdal.Dataset]:
    """Open a GeoPackage; GDAL's complaints inside become one LabelLayerError.

    SQLite is reached through GDAL only, as QGIS does: two copies of SQLite in one process would
    undo each other's locks.
    """
    access = gdal.OF_VECTOR | (gdal.OF_UPDATE if update else gdal.OF_READONLY)
    patience = [f"PRELUDE_STATEMENTS=PRAGMA busy_timeout = {PATIENCE_MS}"]
    said: list[str] = []

    def hear(severity: int, number: int, message: str) -> None:
        # Where another plugin has switched GDAL's exceptions on, each call forgets the last error.
        if severity >= gdal.CE_Failure:
            said.append(message)

    gdal.PushErrorHandler(hear)
    gdal.ErrorReset()
    try:
        dataset = gdal.OpenEx(str(path), access, allowed_drivers=["GPKG"], open_options=patience)
        if dataset is None:
            raise LabelLayerError(_reason(path, said))
        yield dataset
        dataset.FlushCache()
        if said:
            raise LabelLayerError(_reason(path, said))
    except RuntimeError as error:
        raise LabelLayerError(_reason(path, [*said, str(error)])) from error
    finally:
        gdal.PopErrorHandler()


def _reason(path: Path, said: Sequence[str]) -> str:
    if not path.exists():
        return tr("“{}” is no longer there. Bring it back, or begin a new label layer.").format(
            path
        )
    return tr("“{path}” cannot be read or changed: {reason}.").format(
        path=path, reason=(said[0] if said else "?").rstrip(".")
    )


def store_style(file: FileTable, qml: str) -> None:
    """Make `qml` the style that QGIS gives the layer wherever it is opened.

    Raises:
        LabelLayerError: if the file cannot be written, or QGIS is writing to it.
    """
    with opened(file.path) as dataset:
        labels = dataset.GetLayerByName(file.table)
        geometry = labels.GetGeometryColumn() if labels is not None else "geom"
        styles = dataset.GetLayerByName("layer_styles")
        if styles is None:
            styles = dataset.CreateLayer("layer_styles", None, ogr.wkbNone, ["FID=id"])
            for name, kind, width in _STYLE_COLUMNS:
                column = ogr.FieldDefn(name, kind)
                column.SetWidth(width)
                if name == "useAsDefault":
                    column.SetSubType(ogr.OFSTBoolean)
                styles.CreateField(column)
        dataset.StartTransaction()
        of_table = "f_table_name = '{}'".format(file.table.replace("'", "''"))
        styles.SetAttributeFilter(of_table)
        own = None
        for feature in list(styles):
            if own is None and feature.GetField("styleName") == STYLE_NAME:
                own = feature
            elif feature.GetField("useAsDefault"):
                feature.SetField("useAsDefault", 0)
                styles.SetFeature(feature)
        styles.SetAttributeFilter(None)
        new = own is None
        own = ogr.Feature(styles.GetLayerDefn()) if new else own
        for name, value in (
            ("f_table_catalog", ""),
            ("f_table_schema", ""),
            ("f_table_name", file.table),
            ("f_geometry_column", geometry),
            ("styleName", STYLE_NAME),
            ("styleQML", qml),
            ("styleSLD", ""),
            ("useAsDefault", 1),
            ("description", ""),
            ("owner", ""),
        ):
            own.SetField(name, value)
        if new:
            styles.CreateFeature(own)
        else:
            styles.SetFeature(own)
        dataset.CommitTransaction()
