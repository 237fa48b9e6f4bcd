"""A labelling session in one GeoPackage: the labels, their style, and what the dock was set to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsFields,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)
from qgis.PyQt.QtXml import QDomDocument

from ..translation import tr
from .label_file import (
    TABLE,
    FileTable,
    LabelLayerError,
    opened,
    part_beside,
    put_in_place,
    refuse_leftovers,
    remove_part,
    store_style,
)
from .label_layer import LabelLayer

SESSION_TABLE = "hsifilm_session"
#: Grows when older versions of the plugin would misread a session.
VERSION = 1
_VERSION_KEY = "session_version"


class SessionError(LabelLayerError):
    """A session cannot be saved or loaded; the text is a sentence for the user."""


@dataclass(frozen=True)
class SessionFile:
    """A session as it was saved.

    Attributes:
        path: The file.
        layer_name: Its table of labels.
        state: What the dock gave; what it points to may have moved since.
    """

    path: Path
    layer_name: str
    state: Mapping[str, Any]

    @property
    def layer_path(self) -> str:
        """What QGIS opens the labels by."""
        return FileTable(self.path, self.layer_name).uri

    def open_layer(self) -> QgsVectorLayer:
        """Return the labels as a layer, called as the file."""
        return QgsVectorLayer(self.layer_path, self.path.stem, "ogr")


@dataclass(frozen=True)
class CapturedSession:
    """A session as it stood at one moment, which any thread may write."""

    name: str
    own_path: Path | None
    source: QgsVectorLayerFeatureSource
    fields: QgsFields
    crs: QgsCoordinateReferenceSystem
    transforms: QgsCoordinateTransformContext
    style: str
    state: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Write the session; a file of this name is replaced once the new one is whole.

        Raises:
            SessionError: if it cannot be written.
        """
        path = Path(path)
        try:
            if self._is_own(path) and _is_session(path):  # its labels are on the disk already
                _write_state(path, self.state)
                return
            self._refuse(path)
            partial = part_beside(path)
            try:
                self._write_labels(partial)
                store_style(FileTable(partial, TABLE), self.style)
                _write_state(partial, self.state)
                put_in_place(partial, path)
            finally:
                remove_part(partial)
        except SessionError:
            raise
        except LabelLayerError as error:
            raise SessionError(str(error)) from error

    def _is_own(self, path: Path) -> bool:
        own = self.own_path
        return own is not None and path.exists() and own.exists() and path.samefile(own)

    def _refuse(self, path: Path) -> None:
        if self._is_own(path):
            raise SessionError(
                tr(
                    "“{}” holds the labels that you are drawing. Choose another name for the "
                    "session."
                ).format(path)
            )
        if path.exists() and not _is_session(path):
            raise SessionError(
                tr(
                    "“{}” is no labelling session, so it is not overwritten. Choose another name."
                ).format(path)
            )
        refuse_leftovers(path)

    def _write_labels(self, partial: Path) -> None:
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = TABLE
        options.layerOptions = ["FID=fid", "GEOMETRY_NAME=geom"]
        writer = QgsVectorFileWriter.create(
            str(partial),
            self.fields,
            QgsWkbTypes.Type.MultiPolygon,
            self.crs,
            self.transforms,
            options,
        )
        failed = writer.hasError() != QgsVectorFileWriter.WriterError.NoError
        if not failed:
            key = self.fields.lookupField("fid")
            for feature in self.source.getFeatures(QgsFeatureRequest()):
                if key >= 0:
                    feature.setAttribute(key, None)  # unsaved labels have no number yet
                geometry = feature.geometry()
                geometry.convertToMultiType()
                feature.setGeometry(geometry)
                failed = failed or not writer.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
            failed = failed or not writer.flushBuffer()
        reason = writer.errorMessage()
        del writer  # closes the file
        if failed:
            raise SessionError(
                tr(
                    "The session cannot be written beside “{path}”: {reason}. Choose a folder "
                    "that you may write to, with free space."
                ).format(path=partial.parent, reason=reason.rstrip("."))
            )


def capture_session(labels: LabelLayer, state: Mapping[str, Any]) -> CapturedSession:
    """Take what a session holds (main thread only), with unsaved edits.

    Args:
        labels: The labels.
        state: What JSON can hold, given back by `load_session`.

    Raises:
        SessionError: if the label layer is gone.
    """
    file = labels.file
    if file is None:
        raise SessionError(tr("The label layer was removed: there is nothing to save."))
    layer = labels.layer
    document = QDomDocument()
    layer.exportNamedStyle(document)
    return CapturedSession(
        layer.name(),
        file.path,
        QgsVectorLayerFeatureSource(layer),
        layer.fields(),
        layer.crs(),
        QgsProject.instance().transformContext(),
        document.toString(),
        {key: json.dumps(value, ensure_ascii=False) for key, value in state.items()},
    )


def save_session(path: Path, labels: LabelLayer, state: Mapping[str, Any]) -> None:
    """Save labels, classes and `state` in one new GeoPackage.

    Raises:
        SessionError: if it cannot be written.
    """
    capture_session(labels, state).write(path)


def load_session(path: Path) -> SessionFile:
    """Read what a session holds; its labels are opened from `layer_path`.

    Raises:
        SessionError: if the file is no session, or of a newer version.
    """
    path = Path(path)
    try:
        with opened(path, update=False) as dataset:
            rows = _rows(dataset)
            tables = {dataset.GetLayer(i).GetName() for i in range(dataset.GetLayerCount())}
    except LabelLayerError as error:
        if not path.exists():
            raise SessionError(str(error)) from error
        raise _no_session(path) from error
    if rows is None or TABLE not in tables:
        raise _no_session(path)
    try:
        state = {key: json.loads(text) for key, text in rows.items()}
    except ValueError as error:
        raise SessionError(
            tr("“{}” is damaged: the settings of the session cannot be read.").format(path)
        ) from error
    version = state.pop(_VERSION_KEY, None)
    if not isinstance(version, int) or version > VERSION:
        raise SessionError(
            tr("“{}” was saved by a newer version of HSI FiLM. Update the plugin.").format(path)
        )
    return SessionFile(path, TABLE, state)


def _is_session(path: Path) -> bool:
    try:
        with opened(path, update=False) as dataset:
            return _rows(dataset) is not None
    except LabelLayerError:
        return False


def _no_session(path: Path) -> SessionError:
    return SessionError(
        tr("“{}” is no labelling session. Choose a file that the dock has saved.").format(path)
    )


def _rows(dataset: gdal.Dataset) -> dict[str, str] | None:
    table = dataset.GetLayerByName(SESSION_TABLE)
    if table is None:
        return None
    return {row.GetField("key"): row.GetField("value") for row in table}


def _write_state(path: Path, state: Mapping[str, str]) -> None:
    with opened(path) as dataset:
        table = dataset.GetLayerByName(SESSION_TABLE)
        if table is None:
            table = dataset.CreateLayer(SESSION_TABLE, None, ogr.wkbNone, ["FID=id"])
            for name in ("key", "value"):
                table.CreateField(ogr.FieldDefn(name, ogr.OFTString))
        dataset.StartTransaction()
        for row in [row.GetFID() for row in table]:
            table.DeleteFeature(row)
        for key, value in {**state, _VERSION_KEY: json.dumps(VERSION)}.items():
            row = ogr.Feature(table.GetLayerDefn())
            row.SetField("key", key)
            row.SetField("value", value)
            table.CreateFeature(row)
        dataset.CommitTransaction()
