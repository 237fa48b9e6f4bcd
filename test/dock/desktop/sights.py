"""What is to be seen: in the dock, in the file of labels, of the map."""

from __future__ import annotations

from typing import Any

from driver import LEFT_EDGE, PIXEL, TOP_EDGE, Desktop
from osgeo import ogr
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox


def labels_on_disk(desk: Desktop) -> list[dict[str, Any]]:
    """The labels in the dock's file as another program reads them, sizes in pixels."""
    path = desk.dock.labelling.labels.layer.source().split("|")[0]
    file = ogr.Open(path)
    found = []
    for feature in file.GetLayer(0):
        shape = feature.GetGeometryRef()
        left, _, _, top = shape.GetEnvelope()
        found.append(
            {
                "class": feature["class_name"],
                "class_id": feature["class_id"],
                "source": feature["source"],
                "pixels": round(shape.GetArea() / PIXEL**2, 2),
                "left": round((left - LEFT_EDGE) / PIXEL, 2),
                "top": round((TOP_EDGE - top) / PIXEL, 2),
                "fid": feature.GetFID(),
            }
        )
    return found


def shown_classes(desk: Desktop) -> list[list[Any]]:
    """What the table of classes shows once it has counted: key, colour, name, labels."""
    count = len(labels_on_disk(desk))
    desk.until(
        lambda: sum(row[3] for row in _rows(desk)) == count, "the table shows how many labels"
    )
    return _rows(desk)


def _rows(desk: Desktop) -> list[list[Any]]:
    model = desk.dock.label_page.classes.model()
    role = Qt.ItemDataRole.EditRole
    return [
        [model.index(row, column).data(role) for column in range(4)]
        for row in range(model.rowCount())
    ]


def map_is_up_to_date(desk: Desktop) -> None:
    """Wait until the map has followed the labels."""
    live = desk.dock.live
    desk.until(
        lambda: live.state.kind.value == "ready" and not live._stale, "the map is up to date", 90
    )


def entries(combo: QComboBox) -> list[str]:
    """The entries of a list."""
    return [combo.itemText(place) for place in range(combo.count())]
