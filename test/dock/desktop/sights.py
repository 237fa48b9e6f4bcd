"""What is to be seen: in the dock, in the file of labels, of the map."""

from __future__ import annotations

from collections import Counter
from typing import Any

from driver import LEFT_EDGE, PIXEL, TOP_EDGE, Desktop
from osgeo import ogr
from qgis.core import QgsMapLayer, QgsProject
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
    counts = Counter(label["class"] for label in labels_on_disk(desk))
    desk.until(
        lambda: {row[2]: row[3] for row in _rows(desk) if row[3]} == counts,
        f"the table shows the labels in the file, {dict(counts)}",
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
    """Wait until the map has followed the labels and the view, and nothing is about to be made."""
    live = desk.dock.live

    def at_rest() -> bool:
        due = live._label_rest.isActive() or live._view_rest.isActive()
        return not (due or live._preparing.running or live._previewing.running)

    desk.until(
        lambda: live.state.kind.value == "ready" and not live._stale and at_rest(),
        "the map is up to date",
    )


def previews() -> list[QgsMapLayer]:
    """The layers of live maps in the project."""
    layers = QgsProject.instance().mapLayers().values()
    return [layer for layer in layers if "preview" in layer.name()]


def entries(combo: QComboBox) -> list[str]:
    """The entries of a list."""
    return [combo.itemText(place) for place in range(combo.count())]
