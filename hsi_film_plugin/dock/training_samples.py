"""Which file of synthetic samples the final training uses beside the labels."""

from __future__ import annotations

import shutil
from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..background_task import BackgroundTask, Outcome


class TrainingSamples(QObject):
    """The file of samples that was added to training, if any; a training takes one.

    Signals:
        changed: Another file, or none.
        failed: A sentence why a file cannot be kept.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = ""
        self._copying: BackgroundTask | None = None

    @property
    def path(self) -> str:
        """The file; empty for none."""
        return self._path

    @property
    def copying(self) -> bool:
        """Whether a file is being copied."""
        return self._copying is not None

    def use(self, path: str) -> None:
        """Train with another file of samples; empty for none."""
        if path != self._path:
            self._path = path
            self.changed.emit()

    def use_copy(self, source: Path, path: Path) -> None:
        """Copy a file that will not stay to `path`, off the main thread, and train with that."""

        def work(task: BackgroundTask) -> Outcome:
            partial = path.with_name(f".{path.name}.part")
            try:
                shutil.copyfile(source, partial)
                partial.replace(path)
            except OSError as error:
                partial.unlink(missing_ok=True)
                return Outcome(False, str(error))
            return Outcome(True, "")

        def end(outcome: Outcome | None) -> None:
            self._copying = None
            if outcome is not None and outcome.done:
                self.use(str(path))
            else:
                reason = "" if outcome is None else outcome.text
                self.failed.emit(
                    self.tr("The samples cannot be written to “{path}”: {reason}").format(
                        path=path, reason=reason
                    )
                )

        self._copying = BackgroundTask(self.tr("Keeping the samples"), work, end)
        QgsApplication.taskManager().addTask(self._copying)

    def close(self) -> None:
        """Wait until what is being copied is copied."""
        if self._copying is not None:
            self._copying.waitForFinished()
