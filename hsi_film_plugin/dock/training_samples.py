"""Which file of synthetic samples the final training uses beside the labels."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsRasterLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..background_task import BackgroundTask, Outcome
from .final_run import CLOSING_MS
from .project_state import from_json, path_beside, path_found

#: Custom property of a scene's layer: the samples that are trained with beside its labels, as
#: JSON: the path, and the path from the scene's folder.
SAMPLES_OF_SCENE = "hsi_film/samples"
#: So many bytes are copied between two looks at whether to stop.
_BLOCK = 1 << 22


class TrainingSamples(QObject):
    """The file of samples that was added to training, if any; a training takes one.

    Each scene has its own, since the labels are its own too.

    Signals:
        changed: Another file, or none; also if a copy was given up.
        kept: A file was copied, and is trained with: the file, and the copy.
        failed: A sentence why a file cannot be kept.
    """

    changed = pyqtSignal()
    kept = pyqtSignal(str, str)
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = ""
        self._scene: QgsRasterLayer | None = None
        self._copying: BackgroundTask | None = None

    @property
    def path(self) -> str:
        """The file; empty for none."""
        return self._path

    @property
    def copying(self) -> bool:
        """Whether a file is being copied."""
        return self._copying is not None

    def state(self) -> dict[str, Any]:
        """Return what a project or a session keeps of it, in JSON's types."""
        return {
            "training_samples": self._path,
            "training_samples_beside": path_beside(self._path, self._scene),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was kept; a state that says nothing leaves what the scene has."""
        path = state.get("training_samples")
        if isinstance(path, str):
            self.use(path_found(path, state.get("training_samples_beside"), self._scene))

    def set_scene(self, scene: QgsRasterLayer | None) -> None:
        """Train with the samples of another scene."""
        if scene is self._scene:
            return
        self._scene = None  # the scene before keeps its own
        kept = None if scene is None else from_json(str(scene.customProperty(SAMPLES_OF_SCENE, "")))
        path = ""
        if isinstance(kept, list) and len(kept) == 2 and isinstance(kept[0], str):
            path = path_found(kept[0], kept[1], scene)
        self.use(path)
        self._scene = scene

    def use(self, path: str) -> None:
        """Train with another file of samples; empty for none. A copy that runs is given up."""
        given_up = self._give_up()
        if path != self._path:
            self._take(path)
        elif given_up:
            self.changed.emit()

    def use_copy(self, source: Path, path: Path) -> None:
        """Copy a file that will not stay to `path`, off the main thread, and train with that."""
        self._give_up()

        def work(task: BackgroundTask) -> Outcome:
            try:
                whole = _copy(source, path, task)
            except OSError as error:
                return Outcome(False, error.strerror or str(error))
            return Outcome(whole, "")

        def end(outcome: Outcome | None) -> None:
            if self._copying is not task:
                return
            self._copying = None
            if outcome is not None and outcome.done:
                self._take(str(path))
                self.kept.emit(str(source), str(path))
            else:
                self.failed.emit(self._why_not(path, outcome))

        task = BackgroundTask(self.tr("Keeping the samples"), work, end)
        self._copying = task
        QgsApplication.taskManager().addTask(task)

    def close(self) -> None:
        """Give up what is being copied, and wait a little until its thread has ended."""
        task = self._copying
        self._give_up()
        if task is not None:
            task.waitForFinished(CLOSING_MS)

    def _give_up(self) -> bool:
        """Forget the copy that runs, which leaves no file; return whether there was one."""
        task, self._copying = self._copying, None
        if task is not None:
            task.forget()
        return task is not None

    def _why_not(self, path: Path, outcome: Outcome | None) -> str:
        """Return why there is no copy."""
        if outcome is not None and not outcome.text:
            return self.tr("Cancelled: the samples were not added to training.")
        reason = self.tr("see the log of QGIS") if outcome is None else outcome.text
        return self.tr(
            "The samples cannot be written to “{path}”: {reason}. Make room there, or save the "
            "project in a folder that can be written to, and add them again."
        ).format(path=path, reason=reason)

    def _take(self, path: str) -> None:
        if path == self._path:
            return
        self._path = path
        if self._scene is not None and not sip.isdeleted(self._scene):
            kept = json.dumps([path, path_beside(path, self._scene)]) if path else ""
            self._scene.setCustomProperty(SAMPLES_OF_SCENE, kept)
        self.changed.emit()


def _copy(source: Path, path: Path, task: BackgroundTask) -> bool:
    """Copy a file; return False if the task was cancelled, which leaves nothing.

    Raises:
        OSError: it cannot be copied, and nothing is left.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with source.open("rb") as given, partial.open("wb") as taken:
            while not task.isCanceled():
                block = given.read(_BLOCK)
                if not block:
                    break
                taken.write(block)
        if task.isCanceled():
            return False
        partial.replace(path)
        return True
    finally:
        partial.unlink(missing_ok=True)
