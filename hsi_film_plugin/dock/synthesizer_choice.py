"""Which synthesizer the dock makes samples with, and whether it fits image and labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..layers.layer_styles import MapClass
from ..layers.sample_reader import SampleFileError, SynthesizerFacts, read_synthesizer
from ..translation import tr
from .labelling import Labelling

#: A band of the image is one of the synthesizer's if it lies within this of it, in nm; the
#: engine, which has the last word, may be stricter.
FIT_NM = 10.0


class SynthesizerChoice(QObject):
    """The synthesizer in use.

    Signals:
        changed: Another one, or none.

    Attributes:
        path: Its file; empty for none.
        facts: What it says of itself; None where there is none, or it cannot be read.
        problem: A sentence why it cannot be read; empty if it can.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = ""
        self.facts: SynthesizerFacts | None = None
        self.problem = ""

    def use(self, path: str) -> None:
        """Make samples with another synthesizer; the empty text for none."""
        self.path, self.facts, self.problem = path, None, ""
        if path:
            try:
                self.facts = read_synthesizer(Path(path))
            except SampleFileError as error:
                self.problem = str(error)
        self.changed.emit()


def why_other_bands(wavelengths: Sequence[float], labelling: Labelling) -> str:
    """Return why spectra of these wavelengths, in nm, are not the image's; empty if they are.

    Where wavelengths are unknown the engine has to say.
    """
    bands = labelling.bands
    if labelling.scene is None or bands is None or bands.wavelengths is None:
        return ""
    if not len(wavelengths):
        return ""
    own = np.asarray(bands.wavelengths)[bands.good]
    wanted = np.asarray(wavelengths, dtype=np.float64)
    missing = int((np.abs(wanted[:, None] - own[None, :]).min(axis=1) > FIT_NM).sum())
    if not missing:
        return ""
    return tr(
        "“{scene}” lacks {missing} of its {count} bands: it was trained on an image of another "
        "sensor."
    ).format(scene=labelling.scene.name(), missing=missing, count=len(wanted))


def unknown_classes(wanted: Iterable[MapClass], known: Iterable[MapClass]) -> list[str]:
    """Return the names of classes that are not among others, by value and name."""
    there = {(entry.value, entry.name) for entry in known}
    return [entry.name for entry in wanted if (entry.value, entry.name) not in there]


def label_classes(labelling: Labelling) -> tuple[MapClass, ...]:
    """Return the classes of the labels; none where there are no labels."""
    labels = labelling.labels
    classes = () if labels is None else labels.classes.classes()
    return tuple(MapClass(known.class_id, known.name, known.color) for known in classes)
