"""Which synthesizer the dock makes samples with, and whether it fits image and labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..background_task import BackgroundTask, Outcome
from ..layers.layer_styles import MapClass
from ..layers.sample_reader import SampleFileError, SynthesizerFacts, read_synthesizer
from ..translation import tr
from .labelling import Labelling

#: A band of the image is one of the samples' if it lies within this share of the distance to its
#: own neighbour, and within so many nm at least: as in the engine, which has the last word.
FIT_SHARE, LEAST_FIT_NM = 0.6, 2.0
#: How far it may lie, in nm, where an image has one band only.
FIT_ALONE_NM = 10.0


class SynthesizerChoice(QObject):
    """The synthesizer in use; what its file says of itself is read off the main thread.

    Signals:
        changed: Another one, or none; or it has been read.

    Attributes:
        path: Its file; empty for none.
        facts: What it says of itself; None where there is none, or it cannot be read (yet).
        problem: A sentence why it cannot be read; empty if it can.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = ""
        self.facts: SynthesizerFacts | None = None
        self.problem = ""
        self._reading: BackgroundTask | None = None

    @property
    def reading(self) -> bool:
        """Whether its file is being read."""
        return self._reading is not None

    def use(self, path: str) -> None:
        """Make samples with another synthesizer; the empty text for none."""
        self.close()
        self.path, self.facts, self.problem = path, None, ""
        if path:
            self._read(path)
        self.changed.emit()

    def close(self) -> None:
        """Let go of a file that is being read."""
        if self._reading is not None:
            self._reading.forget()
            self._reading = None

    def _read(self, path: str) -> None:
        found: list[SynthesizerFacts] = []

        def work(task: BackgroundTask) -> Outcome:
            try:
                found.append(read_synthesizer(Path(path)))
            except SampleFileError as error:
                return Outcome(False, str(error))
            return Outcome(True, "")

        def end(outcome: Outcome | None) -> None:
            self._reading = None
            if found:
                self.facts = found[0]
            else:
                unread = self.tr("“{}” could not be read. See the log of QGIS.").format(path)
                self.problem = unread if outcome is None else outcome.text
            self.changed.emit()

        self._reading = BackgroundTask(self.tr("Reading a synthesizer"), work, end, ask=False)
        QgsApplication.taskManager().addTask(self._reading)


def why_other_bands(wavelengths: Sequence[float], scene_bands: int, labelling: Labelling) -> str:
    """Return why spectra of some wavelengths do not have the image's bands; empty if they do.

    Args:
        wavelengths: Of the spectra, in nm; empty when unknown.
        scene_bands: Of the scene that they were made like, used or not; 0 when unknown.
        labelling: The image.
    """
    bands = labelling.bands
    if labelling.scene is None or bands is None or bands.wavelengths is None:
        return ""  # the engine has to say
    if not len(wavelengths):
        return ""
    every = np.asarray(bands.wavelengths, dtype=np.float64)
    given = np.asarray(wavelengths, dtype=np.float64)
    own = every[bands.good]
    near = np.abs(own[:, None] - given[None, :]) <= _reach(own)[:, None]
    missing = int((~near.any(axis=1)).sum())
    # The engine leaves out bands that say nothing, of the image and of the samples made like it.
    alike = scene_bands == len(every) and bool(near.any(axis=0).all())
    if alike or not missing:
        return ""
    return tr(
        "{missing} of the {count} bands of “{scene}” are missing there: it was made for another "
        "sensor."
    ).format(scene=labelling.scene.name(), missing=missing, count=len(own))


def _reach(wavelengths: np.ndarray) -> np.ndarray:
    """Return how far, in nm, a band may lie from each of these."""
    if len(wavelengths) < 2:
        return np.full(len(wavelengths), FIT_ALONE_NM)
    order = np.argsort(wavelengths)
    gaps = np.diff(wavelengths[order])
    reach = np.empty(len(wavelengths))
    reach[order] = np.minimum(np.r_[gaps, gaps[-1]], np.r_[gaps[0], gaps])
    return np.maximum(LEAST_FIT_NM, FIT_SHARE * reach)


def unknown_classes(wanted: Iterable[MapClass], known: Iterable[MapClass]) -> list[str]:
    """Return the names of classes that are not among others, by value and name."""
    there = {(entry.value, entry.name) for entry in known}
    return [entry.name for entry in wanted if (entry.value, entry.name) not in there]


def label_classes(labelling: Labelling) -> tuple[MapClass, ...]:
    """Return the classes of the labels; none where there are no labels."""
    labels = labelling.labels
    classes = () if labels is None else labels.classes.classes()
    return tuple(MapClass(known.class_id, known.name, known.color) for known in classes)
