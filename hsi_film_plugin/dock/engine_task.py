"""Jobs of the engine as tasks of QGIS: told to the main thread, the newest in place of the old."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsTask,
)
from qgis.PyQt.QtCore import QObject, QThreadPool, QTimer, pyqtSignal

from ..bridge.client import EngineCancelled, EngineFailure, shared_client
from ..bridge.folders import cache_folder
from ..layers.label_export import CapturedLabels
from ..settings import engine_python
from ..translation import tr

#: The kind of a failure that came from the user's layers rather than from the engine.
INPUT = "InputError"
#: What the engine says before a job has said anything.
NOT_BEGUN = "Starting"
#: The kind of a failure that nobody foresaw.
UNEXPECTED = "unexpected"
#: How the names of the tasks' folders begin.
FOLDER_PREFIX = "hsifilm_"
#: A folder as old as this was left behind by a QGIS that crashed, in s.
LEFT_BEHIND_S = 7 * 24 * 3600


class Client(Protocol):
    """What a task needs of `bridge.client.EngineClient`."""

    def run(
        self,
        method: str,
        params: Mapping[str, Any],
        on_progress: Any,
        is_cancelled: Any,
        on_log: Any = None,
    ) -> dict[str, Any]:
        """Run a job and return its result."""


def session_client() -> Client:
    """The engine that serves this QGIS session."""
    return shared_client(engine_python())


@dataclass(frozen=True)
class _Outcome:
    """How a run ended; all empty when it was cancelled."""

    result: dict[str, Any] | None = None
    failure: str = ""
    kind: str = ""


# QGIS calls `finished` of a task through its Python object, which nobody else may hold by then.
_running: set[EngineTask] = set()


class EngineTask(QgsTask):
    """Runs one job in the engine; its signals arrive in the main thread, the end of it once.

    Args:
        description: What QGIS's list of tasks says.
        method: The job's name.
        make_params: Called in the task's thread for the job's parameters; those that are None are
            left out, so that the engine's own defaults apply.
        client: Called in the task's thread for the engine; this session's by default.
        labels: Exported in the task's thread to a file that is there for the time of the run.
        output: The name of a file that the job writes into a folder of its own. Its path is the
            job's parameter and in the result `output`; who receives the result owns the file
            and gives it to `discard_output` in the end.
    """

    progressed = pyqtSignal(float, str)
    succeeded = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    cancelled = pyqtSignal()

    def __init__(
        self,
        description: str,
        method: str,
        make_params: Callable[[], Mapping[str, Any]],
        client: Callable[[], Client] | None = None,
        *,
        labels: CapturedLabels | None = None,
        output: str | None = None,
    ) -> None:
        super().__init__(description, _flags())
        self.method = method
        self._make_params = make_params
        self._client = client or session_client
        self._labels = labels
        self._output = output
        self._context = QgsProcessingContext()
        self._context.setTransformContext(QgsProject.instance().transformContext())
        self._feedback = QgsProcessingFeedback(False)
        self._outcome: _Outcome | None = None
        self._forgotten = False

    def start(self) -> None:
        """Hand the task to QGIS, which runs it as soon as it can."""
        _running.add(self)
        QgsApplication.taskManager().addTask(self)

    def run(self) -> bool:
        """Do the work (called by QGIS in a thread)."""
        pool = QThreadPool.globalInstance()
        # This thread only waits: QGIS may share the pool between its tasks and its rendering,
        # and on a machine of two cores two waiting tasks would leave the canvas blank.
        pool.releaseThread()
        try:
            self._outcome = self._work()
        finally:
            pool.reserveThread()
        return self._outcome.result is not None

    def cancel(self) -> None:
        """Stop as soon as the engine has answered."""
        self._feedback.cancel()
        super().cancel()

    def finished(self, result: bool) -> None:
        """Tell how it ended (called by QGIS in the main thread)."""
        _running.discard(self)
        outcome = self._outcome
        if self._forgotten:
            self._discard()
        elif outcome is not None and outcome.result is not None:
            self.succeeded.emit(outcome.result)
        elif outcome is not None and outcome.failure:
            self.failed.emit(outcome.failure, outcome.kind)
        elif outcome is not None or self.isCanceled():
            self.cancelled.emit()
        else:
            broken = tr("{}: broken off by a fault of the plugin. See the log of QGIS.")
            self.failed.emit(broken.format(self.description()), UNEXPECTED)

    def forget(self) -> None:
        """Cancel, tell nobody how it ends, and leave no file."""
        self._forgotten = True
        self.cancel()

    def _work(self) -> _Outcome:
        done, folder = False, None
        try:
            folder = _new_folder()
            result = self._client().run(
                self.method, self._params(folder), self._progress, self.isCanceled
            )
            done = self._output is not None
            return _Outcome(result)
        except EngineCancelled:
            return _Outcome()
        except EngineFailure as failure:
            return _Outcome(failure=str(failure), kind=failure.kind)
        except (QgsProcessingException, OSError) as problem:
            if self.isCanceled():
                return _Outcome()
            return _Outcome(failure=str(problem), kind=INPUT)
        finally:
            if folder is not None:
                shutil.rmtree(_label_folder(folder) if done else folder, ignore_errors=True)

    def _params(self, folder: Path) -> dict[str, Any]:
        params = dict(self._make_params())
        if self._labels is not None:
            place = _label_folder(folder)
            place.mkdir()
            params.update(self._labels.export(place, self._context, self._feedback).job("labels"))
            if self.isCanceled():  # half of the labels are no labels
                raise EngineCancelled
        if self._output is not None:
            params["output"] = str(folder / self._output)
        return {name: value for name, value in params.items() if value is not None}

    def _progress(self, fraction: float, message: str, eta_s: float | None = None) -> None:
        self.setProgress(100.0 * min(max(fraction, 0.0), 1.0))
        if not self._forgotten:
            # what the engine says before a job has begun tells less than what was asked for
            self.progressed.emit(fraction, "" if message == NOT_BEGUN else message)

    def _discard(self) -> None:
        if self._outcome is not None and self._outcome.result and self._output is not None:
            discard_output(str(self._outcome.result.get("output", "")))


def _flags() -> Any:
    """Nobody is to be asked, or notified by the desktop, about what comes with each polygon."""
    flags = QgsTask.Flag.CanCancel | QgsTask.Flag.CancelWithoutPrompt
    silent = getattr(QgsTask.Flag, "Silent", None)  # since QGIS 3.26
    return flags if silent is None else flags | silent


def discard_output(path: str) -> bool:
    """Remove a file that a task's result named, with the folder that was made for it.

    Returns:
        Whether it is gone; on Windows a file that is being read cannot be removed.
    """
    folder = Path(path).parent
    if path and folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    return True


def _new_folder() -> Path:
    """Return a new folder for a task, and remove those that a crash has left.

    It lies in the user's cache: about layers in the folder for temporary files, QGIS asks when it
    closes whether they may be lost.

    Raises:
        OSError: if it cannot be made.
    """
    place = cache_folder() / "work"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):  # another QGIS has removed it just now
            if time.time() - old.stat().st_mtime > LEFT_BEHIND_S:
                shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=place))


def _label_folder(folder: Path) -> Path:
    return folder / "labels"


class LatestJob(QObject):
    """Runs at most one task: a newer request cancels the running one and follows it.

    Of many requests in a row only the first and the last are ever started. A task that was
    superseded is not told as cancelled; if it has done its work all the same, that is told.
    """

    progressed = pyqtSignal(float, str)
    succeeded = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    cancelled = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: EngineTask | None = None
        self._next: Callable[[], EngineTask] | None = None
        # A task that QGIS has not started yet ends within the call that cancels it: what
        # follows waits for the event loop, so that a burst of requests does not start each.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._go_on)

    @property
    def running(self) -> bool:
        """Whether a task runs, or is about to."""
        return self._task is not None or self._next is not None

    def request(self, make_task: Callable[[], EngineTask]) -> None:
        """Run the task that `make_task` makes, after whatever runs now has been cancelled.

        Args:
            make_task: Called in the main thread when the task's turn has come, so that it can
                take what is newest then. What it raises as a `QgsProcessingException` is told
                as a failure.
        """
        self._next = make_task
        if self._task is not None:
            self._task.cancel()
        elif not self._soon.isActive():
            self._go_on()

    def cancel(self) -> None:
        """Cancel what runs and what waits."""
        waited, self._next = self._next is not None, None
        if self._task is not None:
            self._task.cancel()
        elif waited:
            self.cancelled.emit()

    def drop(self) -> None:
        """Cancel what runs and what waits, and tell nobody."""
        self._next = None
        if self._task is not None:
            task, self._task = self._task, None
            task.forget()

    def _start(self, make_task: Callable[[], EngineTask]) -> None:
        try:
            task = make_task()
        except QgsProcessingException as problem:
            self.failed.emit(str(problem), INPUT)
            return
        self._task = task
        task.progressed.connect(self._on_progress)
        task.succeeded.connect(self._on_success)
        task.failed.connect(self._on_failure)
        task.cancelled.connect(self._on_cancel)
        task.start()

    def _on_progress(self, fraction: float, message: str) -> None:
        # What a dropped task had told before may arrive after it.
        if self._task is not None and self.sender() is self._task and self._next is None:
            self.progressed.emit(fraction, message)

    def _on_success(self, result: dict[str, Any]) -> None:
        self._task = None
        self.succeeded.emit(result)
        self._go_on()

    def _on_failure(self, sentence: str, kind: str) -> None:
        self._task = None
        if self._next is None:
            self.failed.emit(sentence, kind)
        self._go_on()

    def _on_cancel(self) -> None:
        self._task = None
        if self._next is None:
            self.cancelled.emit()
        else:
            self._soon.start(0)

    def _go_on(self) -> None:
        """Start what waits, unless who was told of the last end has started something."""
        if self._task is None and self._next is not None:
            make_task, self._next = self._next, None
            self._start(make_task)
