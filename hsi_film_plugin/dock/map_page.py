"""The page of the live map: what it shows, where to label next, and how good it is so far."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from html import escape

from qgis.core import QgsGeometry
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QListWidgetItem, QWidget

from .accuracy_history import AccuracyPoint
from .accuracy_plot import AccuracyPlot
from .drawing import Drawing
from .label_layer import LabelLayer
from .labelling import Labelling
from .live_map import LiveMap
from .live_state import LiveState
from .page import Page
from .project_state import from_json
from .suggestions import Suggestions

#: Custom property of a label layer: the accuracies of the maps made from it, as JSON.
HISTORY_OF_LABELS = "hsi_film/history"
#: Sides of the largest square that is mapped live, in pixels.
SIDES = (256, 512, 1024)


class MapPage(Page):
    """Steers the live map and the suggestions."""

    def __init__(
        self,
        labelling: Labelling,
        drawing: Drawing,
        live: LiveMap,
        suggestions: Suggestions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("map_page", parent)
        self._labelling = labelling
        self._drawing = drawing
        self._live = live
        self._suggestions = suggestions
        self._history: list[AccuracyPoint] = []
        self._heard: dict[str, LabelLayer] = {}
        self.plot = self.put(self.plotLayout, AccuracyPlot(self))
        self._set_up_live()
        self._set_up_next()
        labelling.labelsChanged.connect(self._labels_changed)
        labelling.statisticsChanged.connect(lambda _: self._list_classes())
        self._labels_changed()
        self._list_suggestions()

    @property
    def history(self) -> list[AccuracyPoint]:
        """The accuracies so far, one for each number of labels."""
        return list(self._history)

    def set_history(self, points: list[AccuracyPoint]) -> None:
        """Go on with accuracies of before."""
        self._history = list(points)
        self.plot.set_points(self._history)
        labels = self._labelling.labels
        if labels is not None:  # so that it stays with these labels
            text = json.dumps([vars(point) for point in self._history])
            labels.layer.setCustomProperty(HISTORY_OF_LABELS, text)

    def restore_history(self, points: object) -> None:
        """Go on with the accuracies that a project or a session has kept, if it has."""
        if not isinstance(points, list):
            return
        self.set_history([AccuracyPoint(**point) for point in points if _is_point(point)])

    def flick(self) -> None:
        """Hide the live map, or show it again."""
        self.flicker.toggle()

    def accept_suggestion(self, class_id: int | None = None) -> None:
        """Label the current suggestion with a class, the one in the list if None."""
        if self._suggestions.current is None:
            return
        if class_id is None:
            class_id = self.acceptAs.currentData()
        if class_id is not None:
            self._suggestions.accept(int(class_id))

    def _set_up_live(self) -> None:
        live = self._live
        for key, name in (
            ("classes", self.tr("Classes")),
            ("confidence", self.tr("Confidence")),
            ("disagreement", self.tr("Disagreement")),
        ):
            self.mode.addItem(name, key)
        for side in SIDES:
            self.mostPixels.addItem(f"{side} × {side}", side * side)
        self.mostPixels.setCurrentIndex(SIDES.index(512))
        self.automatic.toggled.connect(self._set_automatic)
        self.updateNow.clicked.connect(live.refresh)
        self.mode.currentIndexChanged.connect(lambda _: live.set_mode(self.mode.currentData()))
        self.opacity.valueChanged.connect(lambda value: live.set_opacity(value / 100))
        self.flicker.toggled.connect(self._flicker)
        live.preview.shownChanged.connect(lambda shown: self.flicker.setChecked(not shown))
        self.mostPixels.currentIndexChanged.connect(self._set_most_pixels)
        live.stateChanged.connect(self._show_state)
        live.accuracyChanged.connect(self._add_accuracy)
        live.set_opacity(self.opacity.value() / 100)
        self._set_automatic(self.automatic.isChecked())

    def _set_up_next(self) -> None:
        self.suggest.clicked.connect(lambda: self._suggestions.ask(self.count.value()))
        self.visit.clicked.connect(self._suggestions.visit_next)
        self.accept.clicked.connect(lambda: self.accept_suggestion())
        self.skip.clicked.connect(self._suggestions.skip)
        self.suggestions.itemActivated.connect(self._visit)
        self.suggestions.itemClicked.connect(self._visit)
        self._suggestions.changed.connect(self._list_suggestions)
        self._suggestions.accepted.connect(self._accepted)

    def _set_automatic(self, on: bool) -> None:
        self._live.automatic = on

    def _set_most_pixels(self) -> None:
        self._live.settings = replace(
            self._live.settings, most_pixels=self.mostPixels.currentData()
        )

    def _flicker(self, hidden: bool) -> None:
        self._live.set_visible(not hidden)
        self.flicker.setText(self.tr("Show") if hidden else self.tr("Hide"))

    def _show_state(self, state: LiveState) -> None:
        self.state.setText(state.text)

    def _add_accuracy(self, point: AccuracyPoint) -> None:
        others = [p for p in self._history if p.polygons != point.polygons]
        self.set_history(sorted([*others, point], key=lambda p: p.polygons))

    def _labels_changed(self) -> None:
        self._history = []
        self.plot.set_points([])
        labels = self._labelling.labels
        if labels is not None:
            if labels is not self._heard.get(labels.layer.id()):
                self._heard[labels.layer.id()] = labels  # they come back with their scene
                labels.classes.changed.connect(self._list_classes)
            kept = str(labels.layer.customProperty(HISTORY_OF_LABELS, "") or "")
            self.restore_history(from_json(kept))
        self._list_classes()

    def _list_classes(self) -> None:
        labels, chosen = self._labelling.labels, self.acceptAs.currentData()
        self.acceptAs.clear()
        for known in () if labels is None else labels.classes.classes():
            self.acceptAs.addItem(known.name, known.class_id)
        self.acceptAs.setCurrentIndex(max(0, self.acceptAs.findData(chosen)))

    def _list_suggestions(self) -> None:
        current = self._suggestions.current
        self.suggestions.clear()
        for number, item in enumerate(self._suggestions.items(), 1):
            entry = QListWidgetItem(f"{number}. {item.reason}")
            entry.setData(Qt.ItemDataRole.UserRole, number - 1)
            entry.setToolTip(escape(item.reason))
            self.suggestions.addItem(entry)
            if item is current:
                self.suggestions.setCurrentItem(entry)
        some = bool(self._suggestions.items())
        if self._suggestions.busy and not some:
            waits = QListWidgetItem(self.tr("Looking for places…"))
            waits.setFlags(Qt.ItemFlag.NoItemFlags)
            self.suggestions.addItem(waits)
        self.suggest.setEnabled(not self._suggestions.busy)
        self.visit.setEnabled(some)
        for button in (self.accept, self.skip, self.acceptAs):
            button.setEnabled(current is not None)
        if current is not None and current.class_value is not None:
            self.acceptAs.setCurrentIndex(max(0, self.acceptAs.findData(current.class_value)))

    def _visit(self, entry: QListWidgetItem) -> None:
        self._suggestions.visit(int(entry.data(Qt.ItemDataRole.UserRole)))

    def _accepted(self, geometry: QgsGeometry, class_id: int) -> None:
        self._labelling.add_label(geometry, class_id, "suggestion")


def _is_point(value: object) -> bool:
    """Return whether a value read from JSON is what an `AccuracyPoint` was written as."""
    if not isinstance(value, dict) or set(value) != {field.name for field in fields(AccuracyPoint)}:
        return False
    return all(type(number) in (int, float) and math.isfinite(number) for number in value.values())
