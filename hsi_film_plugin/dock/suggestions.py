"""Where to label next: asked of the engine, visited on the canvas, accepted or skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsCsException, QgsGeometry, QgsRectangle
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .crs_transform import transform_between
from .engine_task import EngineTask, LatestJob
from .live_map import LiveMap
from .suggestion_markers import Marker, SuggestionMarkers

#: How many places are suggested unless another number is asked for.
COUNT = 5
#: A place is shown at this part of the view's width when the view is moved to it.
SHARE = 1 / 12
#: The view is zoomed only if the place takes up less or more of it than this.
TOO_SMALL, TOO_LARGE = 1 / 60, 1 / 2


@dataclass(frozen=True, eq=False)
class Suggestion:
    """A place that is worth a label.

    Attributes:
        x: Of its middle, in the scene's CRS.
        y: See `x`.
        geometry: Its outline along pixel edges, in the scene's CRS.
        pixels: How many pixels it holds.
        class_value: What the model takes it for; None if there is no model yet.
        class_name: The name of that class.
        confidence: How sure of it the model is, 0 to 1; None if there is no model yet.
        score: How much a label here is expected to help.
        reason: Why, as a sentence.
    """

    x: float
    y: float
    geometry: QgsGeometry
    pixels: int
    class_value: int | None
    class_name: str
    confidence: float | None
    score: float
    reason: str


class Suggestions(QObject):
    """The places that the engine suggests for the labels of a live map.

    They are asked for anew when the labels have changed and the map has followed; until then,
    those that are left stay. What was skipped is not suggested again.

    Signals:
        changed: Other places, or another one is current.
        accepted: The outline of a place (in the scene's CRS) and the class that it was given.
        failed: A sentence why there are no suggestions.
        progressed: How far the search is, 0 to 1; None at its end.

    Attributes:
        avoided: The middles of places that were skipped, in the scene's CRS.
    """

    changed = pyqtSignal()
    accepted = pyqtSignal(QgsGeometry, int)
    failed = pyqtSignal(str)
    progressed = pyqtSignal(object)

    def __init__(self, canvas: QgsMapCanvas, live: LiveMap, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._live = live
        self._items: tuple[Suggestion, ...] = ()
        self._current: Suggestion | None = None
        self._count = COUNT
        self._stale = False
        self.avoided: tuple[tuple[float, float], ...] = ()
        self._markers = SuggestionMarkers(canvas)
        self._job = LatestJob(self)
        self._job.succeeded.connect(self._on_result)
        self._job.failed.connect(self._on_failure)
        self._job.progressed.connect(lambda fraction, _: self.progressed.emit(fraction))
        self._job.cancelled.connect(self._on_end)
        live.labelsEdited.connect(self._on_labels)
        live.mapReady.connect(self._on_map)
        canvas.destinationCrsChanged.connect(self._mark)

    @property
    def busy(self) -> bool:
        """Whether the engine is looking for places."""
        return self._job.running

    @property
    def current(self) -> Suggestion | None:
        """The place that is being looked at."""
        return self._current

    def items(self) -> tuple[Suggestion, ...]:
        """The places that are neither accepted nor skipped, the most useful first."""
        return self._items

    def ask(self, count: int = COUNT) -> None:
        """Look for places in the visible part of the scene."""
        self._count = int(count)
        self._stale = False
        self._job.request(self._task)
        if self._job.running:  # else it has told why not
            self.progressed.emit(0.0)
        self.changed.emit()

    def visit_next(self) -> None:
        """Move the canvas to the next place; look for places if none is left."""
        if not self._items:
            self.ask(self._count)
            return
        place = -1 if self._current is None else self._items.index(self._current)
        self.visit((place + 1) % len(self._items))

    def visit(self, index: int) -> None:
        """Move the canvas to a place, with what surrounds it."""
        if not 0 <= index < len(self._items):
            return
        self._current = self._items[index]
        self._move_to(self._current)
        self._mark()
        self.changed.emit()

    def in_view(self) -> bool:
        """Return whether the canvas shows the place that is being looked at."""
        outline = None if self._current is None else self._on_canvas(self._current.geometry)
        return outline is not None and outline.boundingBoxIntersects(self._canvas.extent())

    def accept(self, class_id: int) -> None:
        """Give the current place a class."""
        item = self._take_current()
        if item is not None:
            self.changed.emit()
            self.accepted.emit(QgsGeometry(item.geometry), int(class_id))

    def skip(self) -> None:
        """Suggest the current place never again, and go to the next one."""
        if self._current is None:
            return
        place = self._items.index(self._current)
        item = self._take_current()
        if item is not None:
            self.avoided = (*self.avoided, (item.x, item.y))
        if self._items:
            self.visit(place % len(self._items))
        else:
            self.changed.emit()

    def cancel(self) -> None:
        """Stop looking for places; those that are there stay."""
        self._job.cancel()

    def clear(self) -> None:
        """Forget all places: the scene or the labels are others."""
        self._job.drop()
        self._items, self._current, self._stale = (), None, False
        self._mark()
        self._on_end()

    def close(self) -> None:
        """Stop looking, and take the markers off the canvas."""
        self._live.labelsEdited.disconnect(self._on_labels)
        self._live.mapReady.disconnect(self._on_map)
        self._canvas.destinationCrsChanged.disconnect(self._mark)
        self._job.drop()
        self._items, self._current = (), None
        self._markers.clear()

    def _task(self) -> EngineTask:
        avoid = [list(place) for place in self.avoided]
        return self._live.subject.suggest_task({"count": self._count, "avoid": avoid or None})

    def _take_current(self) -> Suggestion | None:
        item, self._current = self._current, None
        self._items = tuple(other for other in self._items if other is not item)
        self._mark()
        return item

    def _on_result(self, result: Mapping[str, Any]) -> None:
        found = suggestions_of(result)
        kept = self._current
        if kept is not None:  # it is being looked at: it must not vanish
            found = (kept, *(item for item in found if not _overlap(item, kept)))
        self._items = found[: max(self._count, 1)]
        self._mark()
        self._on_end()
        if not self._items:
            self.failed.emit(
                self.tr("No place in view is worth a label more than others. Move the view.")
            )

    def _on_end(self) -> None:
        self.progressed.emit(None)
        self.changed.emit()

    def _on_failure(self, sentence: str, kind: str) -> None:
        self._on_end()
        self.failed.emit(sentence)

    def _on_labels(self) -> None:
        if not self._live.automatic:  # no map will follow, so nothing would be asked for anew
            return
        if self._items or self._job.running:
            self._stale = True
            self._job.drop()  # the map comes first
            self._on_end()

    def _on_map(self, result: object) -> None:
        if self._stale:
            self.ask(self._count)

    def _mark(self) -> None:
        grid = self._live.subject.grid
        markers = []
        for number, item in enumerate(self._items if grid is not None else (), 1):
            outline = self._on_canvas(item.geometry)
            if outline is not None:
                current = item is self._current
                middle = outline.pointOnSurface().asPoint()
                markers.append(Marker(number, middle, outline, current))
        self._markers.show(markers)

    def _move_to(self, item: Suggestion) -> None:
        outline = self._on_canvas(item.geometry)
        if outline is None:
            self.failed.emit(self.tr("The place cannot be shown in the project's CRS."))
            return
        box, view = outline.boundingBox(), self._canvas.extent()
        size, width = max(box.width(), box.height()), min(view.width(), view.height())
        if not TOO_SMALL * width <= size <= TOO_LARGE * width:
            half = size / SHARE / 2
            middle = box.center()
            self._canvas.setExtent(
                QgsRectangle(
                    middle.x() - half, middle.y() - half, middle.x() + half, middle.y() + half
                )
            )
        elif not view.scaled(0.8).contains(box):
            self._canvas.setCenter(box.center())
        else:
            return
        self._canvas.refresh()

    def _on_canvas(self, geometry: QgsGeometry) -> QgsGeometry | None:
        """Return `geometry` in the CRS of the canvas; None if it has no place there."""
        grid = self._live.subject.grid
        if grid is None:
            return None
        placed = QgsGeometry(geometry)
        target = self._canvas.mapSettings().destinationCrs()
        try:
            placed.transform(transform_between(grid.crs, target))
        except QgsCsException:
            return None
        return placed


def suggestions_of(result: Mapping[str, Any]) -> tuple[Suggestion, ...]:
    """The places in the engine's answer that have an outline."""
    found = []
    for entry in result.get("suggestions") or ():
        geometry = QgsGeometry.fromWkt(str(entry.get("wkt", "")))
        if geometry.isNull() or geometry.isEmpty():
            continue
        geometry.convertToMultiType()
        value, confidence = entry.get("class_value"), entry.get("confidence")
        found.append(
            Suggestion(
                float(entry["x"]),
                float(entry["y"]),
                geometry,
                int(entry.get("pixels") or 0),
                None if value is None else int(value),
                str(entry.get("class_name") or ""),
                None if confidence is None else float(confidence),
                float(entry.get("score") or 0.0),
                str(entry.get("reason") or ""),
            )
        )
    return tuple(found)


def _overlap(one: Suggestion, other: Suggestion) -> bool:
    return one.geometry.intersects(other.geometry)
