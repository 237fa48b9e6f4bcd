"""Holds a label file open for writing, and keeps it whole for who copies it meanwhile."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer

from ..background_task import BackgroundTask, Outcome
from ..translation import tr
from .label_file import LabelLayerError, opened, path_of

#: How long changes may stay beside the file, in ms.
REST_MS = 3000
#: How often a file is tried again that someone reads.
MOST_TRIES = 20


class LabelHold(QObject):
    """Has QGIS keep a label file open for writing, as while a layer is edited.

    SQLite then writes into a file beside it ("-wal"): readers never stand in the way of a label,
    and a label costs little. From there the changes are brought into the file itself, a few
    seconds after they were made, so that a copy of that one file holds all labels.

    Args:
        layer: of the labels.
        parent: owns it.
    """

    def __init__(self, layer: QgsVectorLayer, parent: QObject) -> None:
        super().__init__(parent)
        self._layer: QgsVectorLayer | None = layer
        self._wanted = False
        self._held = False
        self._place: tuple[str, int] | None = None  # what is held
        self._tries = 0
        self._task: BackgroundTask | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REST_MS)
        self._soon.timeout.connect(self._settle)
        layer.dataSourceChanged.connect(self._moved)
        layer.willBeDeleted.connect(self._going)

    def take(self) -> None:
        """Hold the file; nothing if it is held already."""
        self._wanted = True
        if self._layer is not None and not self._held:
            self._held = bool(self._layer.dataProvider().enterUpdateMode())
            self._place = self._where()

    def let_go(self) -> None:
        """Hold it no longer; nothing if it is not held."""
        self._wanted = False
        self._tries = 0
        # QGIS can tidy up beside the file only while nobody else has it open.
        if self._task is None:
            self._leave()

    def note_change(self) -> None:
        """Bring what was changed into the file soon."""
        self._tries = 0
        # Not put off by the next change: someone who draws fast is never at rest.
        if self._layer is not None and not self._soon.isActive():
            self._soon.start()

    def _leave(self) -> None:
        # The layer's Python object may be gone before its signal says so.
        if self._layer is None or sip.isdeleted(self._layer):
            return
        if self._held:
            self._held = False
            provider = self._layer.dataProvider()
            if not self._layer.isEditable():
                # QGIS closes connections that it keeps for reading when something is written:
                # with one left, SQLite could not tidy up.
                provider.deleteFeatures([])
            provider.leaveUpdateMode()
        self._settle()

    def _settle(self) -> None:
        """Bring the changes into the file, in a thread."""
        self._soon.stop()
        if self._layer is None or sip.isdeleted(self._layer):
            return
        path = path_of(self._layer)
        if path is None or not _waits_beside(path):
            return
        if self._task is not None:
            self._soon.start()
            return

        def work(task: BackgroundTask) -> Outcome:
            try:
                return Outcome(checkpoint(path), "")
            except LabelLayerError as error:
                return Outcome(False, str(error))

        self._task = BackgroundTask(tr("Completing the label file"), work, self._settled, ask=False)
        QgsApplication.taskManager().addTask(self._task)

    def _settled(self, outcome: Outcome | None) -> None:
        self._task = None
        if sip.isdeleted(self):
            return
        if self._held and not self._wanted:
            self._leave()
            return
        if outcome is not None and outcome.done:
            return
        self._tries += 1
        if self._layer is not None and self._tries < MOST_TRIES:
            self._soon.start()

    def _moved(self) -> None:
        """Hold the file that the layer was moved to: that is another provider's."""
        if self._held and self._place == self._where():
            return  # QGIS tells it twice
        self._held = False
        if self._wanted:
            self.take()

    def _where(self) -> tuple[str, int]:
        return self._layer.source(), sip.unwrapinstance(self._layer.dataProvider())

    def _going(self) -> None:
        # The layer closes its file itself, and with that brings everything into it.
        self._layer = None
        self._soon.stop()


def checkpoint(path: Path) -> bool:
    """Bring the changes that SQLite keeps beside a file into it; nobody waits for that.

    Returns:
        Whether the file is whole; it is not while someone reads what was there before.

    Raises:
        LabelLayerError: if the file cannot be opened or written.
    """
    if not _waits_beside(path):
        return True
    with opened(path) as dataset:
        rows = dataset.ExecuteSQL("PRAGMA wal_checkpoint(PASSIVE)")
        if rows is None:
            return False
        try:
            row = rows.GetNextFeature()
            _, written, moved = (row.GetField(place) for place in range(3))
        finally:
            dataset.ReleaseResultSet(rows)
    return bool(written == moved)


def _waits_beside(path: Path) -> bool:
    try:
        return Path(f"{path}-wal").stat().st_size > 0
    except OSError:  # most often there is none
        return False
