"""How Processing and the dock run a job in the engine: one blocking call.

Standard library only: no Qt, so that it can be called from any thread.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ..engine import protocol
from ..engine.partials import remove_partials
from . import environment, folders
from .engine_process import LAUNCHER, EngineProcess, why_it_ended

OnProgress = Callable[[float, str, "float | None"], None]
IsCancelled = Callable[[], bool]
OnLog = Callable[[str], None]

#: How often cancelling is looked for, in seconds.
POLL_S: Final = 0.05
#: How long a cancelled job may take to clean up before the engine is killed, in seconds.
CANCEL_S: Final = 1.5
#: How long the engine may take to start, in seconds: cold disks and virus scanners are slow.
START_S: Final = 60.0
#: The engine leaves when nothing was asked for so long, in seconds.
IDLE_S: Final = 15 * 60.0
#: How often a job that waits for another one says so, in seconds.
WAITING_S: Final = 1.0


class EngineFailure(Exception):
    """A job that failed, with a sentence for the user.

    Attributes:
        kind: The engine's type of error (``InputError`` …), or ``missing`` (no engine to
            start), ``died`` (it ended in mid-run), ``unexpected`` (a fault of the engine).
        traceback: Of an unexpected failure in the engine; empty otherwise.
        log: The engine's log file, where there is one.
    """

    def __init__(
        self, message: str, kind: str, *, traceback: str = "", log: Path | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.traceback = traceback
        self.log = log


class EngineCancelled(Exception):
    """The job was cancelled, and has left no file behind."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class EngineClient:
    """Runs jobs in one engine, which is started with the first of them.

    Args:
        python: The engine's interpreter.
        entry: The script to run with it; the plugin's engine by default.
        idle_s: The engine leaves when nothing was asked for so long, in seconds.
        logs: The folder for the engine's logs; the user's by default.
    """

    def __init__(
        self,
        python: Path,
        *,
        entry: Path = LAUNCHER,
        idle_s: float = IDLE_S,
        logs: Path | None = None,
    ) -> None:
        self.python = python
        self._entry = entry
        self._idle_s = idle_s
        self._logs = logs
        self._turn = threading.Lock()
        self._engine: EngineProcess | None = None
        self._introduction: dict[str, Any] = {}
        self._closed = threading.Event()

    def run(
        self,
        method: str,
        params: Mapping[str, Any],
        on_progress: OnProgress,
        is_cancelled: IsCancelled,
        on_log: OnLog | None = None,
    ) -> dict[str, Any]:
        """Run a job and return its result; other threads' jobs wait for their turn.

        Args:
            method: The job's name.
            params: Its parameters; paths are texts.
            on_progress: Called in this thread with the fraction in [0, 1], a message, and
                the seconds left or None, at least every second.
            is_cancelled: Asked in this thread, several times a second.
            on_log: Called in this thread with lines for the user.

        Raises:
            EngineCancelled: if ``is_cancelled`` said so.
            EngineFailure: if the engine is missing, the job failed, or the engine died.
        """
        call = _Call(method, dict(params), on_progress, self._or_closed(is_cancelled), on_log)
        self._await_turn(call)
        try:
            return self._run(call)
        finally:
            self._turn.release()

    def hello(self, is_cancelled: IsCancelled = lambda: False) -> dict[str, Any]:
        """Return the engine's introduction (versions, devices), starting it if need be."""
        call = _Call("hello", {}, lambda *_: None, self._or_closed(is_cancelled), None)
        self._await_turn(call)
        try:
            self._started(call)
            return self._introduction
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the engine, cancelling what it does; the client cannot be used any more."""
        self._closed.set()
        with self._turn:  # the job that has it sees itself cancelled
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.leave(CANCEL_S)

    def _or_closed(self, is_cancelled: IsCancelled) -> IsCancelled:
        return lambda: self._closed.is_set() or is_cancelled()

    def _await_turn(self, call: _Call) -> None:
        said = time.monotonic()
        while not self._turn.acquire(timeout=POLL_S):
            if call.is_cancelled():
                raise EngineCancelled
            if time.monotonic() - said >= WAITING_S:
                said = time.monotonic()
                call.on_progress(0.0, "Waiting for another job to finish", None)
        if call.is_cancelled():
            self._turn.release()
            raise EngineCancelled

    def _run(self, call: _Call) -> dict[str, Any]:
        engine, fresh = self._started(call)
        try:
            return self._follow(engine, call)
        except _Gone:
            # An engine that was leaving because it was idle has not begun the job.
            if fresh or call.begun or engine.wait() != 0:
                raise self._died(engine, call) from None
        self._forget(engine)
        engine, _ = self._started(call)
        try:
            return self._follow(engine, call)
        except _Gone:
            raise self._died(engine, call) from None

    def _started(self, call: _Call) -> tuple[EngineProcess, bool]:
        """Return the engine, and whether it was started for this call."""
        if self._engine is not None and self._engine.alive:
            return self._engine, False
        if self._engine is not None:
            self._forget(self._engine)
        arguments = ["serve", "--idle", str(self._idle_s), "--parent", str(os.getpid())]
        try:
            engine = EngineProcess(self.python, self._entry, arguments, self._logs)
        except OSError as error:
            raise EngineFailure(
                f"The engine cannot be started with '{self.python}' ({error.strerror or error}). "
                "Install the engine, or choose another Python interpreter for it.",
                "missing",
            ) from error
        self._engine = engine
        greeting = _Call("hello", {}, call.on_progress, call.is_cancelled, call.on_log)
        try:
            self._introduction = self._follow(engine, greeting, limit_s=START_S)
        except _Gone:
            raise self._died(engine, greeting) from None
        if self._introduction.get("protocol") != protocol.VERSION:
            self._forget(engine)
            raise EngineFailure(
                f"'{self.python}' runs an engine that speaks version "
                f"{self._introduction.get('protocol')} of the messages; this plugin speaks "
                f"{protocol.VERSION}. Restart QGIS, or install the engine again.",
                "missing",
            )
        return engine, True

    def _follow(
        self, engine: EngineProcess, call: _Call, limit_s: float | None = None
    ) -> dict[str, Any]:
        """Send the call and pass on what comes until it is answered.

        Raises:
            _Gone: if the engine ended instead.
        """
        job = engine.send(call.method, call.params)
        end = None if limit_s is None else time.monotonic() + limit_s
        finished = False
        try:
            while True:
                answer = call.next_answer(engine, job, POLL_S)
                if answer is not None:
                    finished = True
                    if _error_code(answer) == protocol.JOB_CANCELLED:
                        raise _Gone  # not by us: the engine is leaving
                    return _result_of(answer, engine.log)
                if call.is_cancelled():
                    finished = True
                    return self._cancelled(engine, call, job)
                if end is not None and time.monotonic() > end:
                    raise EngineFailure(
                        f"The engine of '{self.python}' has not answered within {limit_s:g} s. "
                        f"Its log is '{engine.log}'.",
                        "died",
                        log=engine.log,
                    )
        except _Gone:
            finished = True
            raise
        finally:
            if not finished:  # a callback raised, or the engine does not answer
                self._abandon(engine, call)

    def _cancelled(self, engine: EngineProcess, call: _Call, job: int) -> dict[str, Any]:
        """Cancel the job; return its result if it finished all the same."""
        engine.send("cancel", {"job": job})
        quiet = _Call(call.method, call.params, lambda *_: None, lambda: True, call.on_log)
        end = time.monotonic() + CANCEL_S
        while time.monotonic() < end:
            try:
                answer = quiet.next_answer(engine, job, POLL_S)
            except _Gone:
                break
            if answer is None:
                continue
            if _error_code(answer) == protocol.JOB_CANCELLED or call.method == "hello":
                raise EngineCancelled
            return _result_of(answer, engine.log)  # it had just finished, or failed
        self._abandon(engine, call)
        raise EngineCancelled

    def _died(self, engine: EngineProcess, call: _Call) -> EngineFailure:
        status = engine.wait()
        reason = why_it_ended(status, folders.tail(engine.log))
        self._abandon(engine, call)
        return EngineFailure(f"{reason} Its log is '{engine.log}'.", "died", log=engine.log)

    def _abandon(self, engine: EngineProcess, call: _Call) -> None:
        """Kill the engine and remove what the job left half-written."""
        self._forget(engine)
        remove_partials(call.outputs())

    def _forget(self, engine: EngineProcess) -> None:
        engine.kill()
        if self._engine is engine:
            self._engine = None


class _Gone(Exception):
    """The engine's pipe has closed."""


class _Call:
    """One request with the callbacks of whoever made it."""

    def __init__(
        self,
        method: str,
        params: dict[str, Any],
        on_progress: OnProgress,
        is_cancelled: IsCancelled,
        on_log: OnLog | None,
    ) -> None:
        self.method = method
        self.params = params
        self.on_progress = on_progress
        self.is_cancelled = is_cancelled
        self.on_log = on_log
        self.begun = False

    def outputs(self) -> list[Path]:
        """Return the paths that the job writes."""
        return protocol.outputs_of(self.method, self.params)

    def next_answer(
        self, engine: EngineProcess, job: int, patience_s: float
    ) -> dict[str, Any] | None:
        """Take one message; return it if it answers the job, and None otherwise.

        Raises:
            _Gone: if the engine's pipe has closed.
        """
        try:
            message = engine.inbox.get(timeout=patience_s)
        except queue.Empty:
            return None
        if message is None:
            raise _Gone
        if message.get("id") == job and ("result" in message or "error" in message):
            return message
        params = message.get("params")
        if not isinstance(params, dict):
            return None
        if message.get("method") == "progress" and params.get("job") == job:
            self.begun = True
            fraction, eta = params.get("fraction"), params.get("eta_s")
            if isinstance(fraction, (int, float)):
                self.on_progress(float(fraction), str(params.get("message", "")), eta)
        elif message.get("method") == "log" and self.on_log is not None:
            self.on_log(str(params.get("message", "")))
        return None


def _error_code(answer: Mapping[str, Any]) -> int | None:
    error = answer.get("error")
    return error.get("code") if isinstance(error, dict) else None


def _result_of(answer: Mapping[str, Any], log: Path) -> dict[str, Any]:
    """Return the result in an answer, or raise the error in it."""
    error = answer.get("error")
    if not isinstance(error, dict):
        result = answer.get("result")
        return result if isinstance(result, dict) else {}
    data = error.get("data")
    data = data if isinstance(data, dict) else {}
    message = str(error.get("message", "The engine gave no reason."))
    kind = str(data.get("kind", "unexpected"))
    if kind == "unexpected":
        message = f"{message} ('{log}')"
    raise EngineFailure(message, kind, traceback=str(data.get("traceback", "")), log=log)


_shared: EngineClient | None = None
_shared_stamp: object = None
_shared_lock = threading.Lock()


def shared_client(setting: str | None = None) -> EngineClient:
    """Return the session's client; its engine is started by the first job.

    Args:
        setting: The interpreter that the plugin's settings name, if any.

    Raises:
        EngineFailure: if no engine is installed.
    """
    global _shared, _shared_stamp
    status = environment.engine_status(setting)
    if status.python is None or not status.ready:
        raise EngineFailure(status.message, "missing")
    stamp = environment.identity(status.python)
    with _shared_lock:
        old = _shared
        if old is not None and _shared_stamp == stamp:
            return old
        if old is None:
            atexit.register(close_shared_client)
        _shared, _shared_stamp = EngineClient(status.python), stamp
        client = _shared
    if old is not None:
        old.close()
    return client


def close_shared_client() -> None:
    """End the session's engine, if there is one."""
    global _shared, _shared_stamp
    with _shared_lock:
        old, _shared, _shared_stamp = _shared, None, None
    if old is not None:
        atexit.unregister(close_shared_client)
        old.close()
