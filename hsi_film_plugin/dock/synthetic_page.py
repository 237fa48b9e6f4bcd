"""The page of synthetic samples: laid out, and disabled until there is a synthesizer."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QWidget

from .labelling import Labelling
from .page import Page


class SyntheticPage(Page):
    """Lists the classes that samples could be made for, and says that none can be made yet."""

    def __init__(self, labelling: Labelling, parent: QWidget | None = None) -> None:
        super().__init__("synthetic_page", parent)
        self._labelling = labelling
        labelling.statisticsChanged.connect(self._list_classes)
        self._list_classes(())

    def _list_classes(self, statistics: object) -> None:
        labels = self._labelling.labels
        self.sampleClass.clear()
        for known in () if labels is None else labels.classes.classes():
            self.sampleClass.addItem(known.name, known.class_id)
