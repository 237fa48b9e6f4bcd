"""The engine as QGIS runs it: answers requests on stdin, computes, leaves with its parent.

Three threads: one reads requests and answers at once, one computes jobs one after
the other, and the main thread keeps watch. It repeats the progress while a step
is long, and leads the engine out when the parent is gone, a signal came, or
nothing was asked for a while.
"""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import queue
import signal
import stat
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from . import protocol
from .errors import Cancelled, EngineError
from .failures import explain
from .introduction import introduce
from .pace import Pace
from .partials import remove_partials
from .progress import Progress
from .registry import Job

LOGGER = logging.getLogger(__name__)

#: How often the main thread looks around, in seconds.
WATCH_S = 0.2
#: How long a cancelled job may take to clean up when the engine leaves, in seconds.
FAREWELL_S = 2.0
#: When Python's own teardown hangs on top of that, it is cut off, in seconds.
TEARDOWN_S = 1.5
#: Exit status when a job did not stop in time.
STUBBORN = 3
#: A log that outgrows this is emptied, in bytes.
LARGEST_LOG = 8 * 1024 * 1024


@dataclass
class _Run:
    """A job that was asked for."""

    id: int | str
    method: str
    params: dict[str, Any]
    progress: Progress
    cancelled: threading.Event = field(default_factory=threading.Event)


class Service:
    """Answers requests from ``source`` on ``sink`` until there is a reason to leave.

    Args:
        jobs: The jobs by name. Looked up in the computing thread, so that a registry
            may import its libraries then.
        source: Where requests come from.
        sink: Where answers and notifications go.
        idle_s: Leave after so many seconds without a job; 0 is never.
        parent: Process id of whoever started the engine; 0 if it is not known.
    """

    def __init__(
        self,
        jobs: Mapping[str, Job],
        source: BinaryIO,
        sink: BinaryIO,
        *,
        idle_s: float = 0.0,
        parent: int = 0,
    ) -> None:
        self._jobs = jobs
        self._source = source
        self._sink = sink
        self._idle_s = idle_s
        self._parent = parent
        self._real_parent = os.getppid()
        self._writing = threading.Lock()
        self._waiting: queue.SimpleQueue[_Run] = queue.SimpleQueue()
        self._runs: dict[int | str, _Run] = {}
        self._pace: Pace | None = None
        self._last_active = time.monotonic()
        self._leave = threading.Event()
        self._reason = ""
        self._signal = 0

    def serve(self) -> None:
        """Serve until the parent is gone, ``shutdown`` or a signal came, or idle time is over."""
        threads = [
            threading.Thread(target=self._read, name="requests", daemon=True),
            threading.Thread(target=self._compute, name="jobs", daemon=True),
        ]
        for thread in threads:
            thread.start()
        while not self._leave.wait(WATCH_S):
            self._watch()
        LOGGER.info("The engine leaves: %s.", self._reason)
        self._farewell()

    def signalled(self, number: int, _frame: object = None) -> None:
        """Handle a signal: leave at the next look around."""
        # Setting the event here could wait for a lock that the interrupted code holds.
        self._signal = number

    def leave(self, reason: str) -> None:
        """Ask the engine to leave; may be called from any thread."""
        self._reason = self._reason or reason
        self._leave.set()

    def log(self, level: str, message: str) -> None:
        """Send a log line to the client."""
        self._notify("log", {"level": level, "message": message})

    # The main thread

    def _watch(self) -> None:
        if self._signal:
            self.leave(f"signal {self._signal} came")
        pace = self._pace
        if pace is not None:
            pace.repeat()
        if self._runs:
            self._last_active = time.monotonic()
        elif self._idle_s and time.monotonic() - self._last_active > self._idle_s:
            self.leave(f"nothing was asked for {self._idle_s:g} s")
        if self._orphaned():
            self.leave("its parent process is gone")
        _limit_log()

    def _orphaned(self) -> bool:
        """Return whether the parent died; stdin may still be open in one of its children."""
        if os.name == "nt":
            return False  # Windows' pipe handles are not inherited; their end is enough
        if os.getppid() != self._real_parent:
            return True
        try:
            if self._parent:
                os.kill(self._parent, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    def _farewell(self) -> None:
        """Cancel what runs or waits, and let it clean up, but not for long."""
        # Native code may hold the interpreter: this watchdog needs no Python to end the process.
        faulthandler.dump_traceback_later(FAREWELL_S + TEARDOWN_S, exit=True)
        runs = list(self._runs.values())
        for run in runs:
            run.cancelled.set()
        end = time.monotonic() + FAREWELL_S
        while self._runs and time.monotonic() < end:
            time.sleep(0.02)
        for run in runs:
            remove_partials(protocol.outputs_of(run.method, run.params))
        if self._runs:
            LOGGER.warning("Job %s did not stop in time.", ", ".join(map(str, self._runs)))
            logging.shutdown()
            os._exit(STUBBORN)  # a job that goes on would write its partial files anew

    # The reading thread

    def _read(self) -> None:
        while True:
            try:
                line = self._source.readline(protocol.LONGEST_LINE)
            except (OSError, ValueError):
                line = b""
            if not line:
                self.leave("its input has ended")
                return
            if not line.strip():
                continue
            try:
                if not line.endswith(b"\n") and len(line) >= protocol.LONGEST_LINE:
                    self._skip_line()
                    raise protocol.ProtocolError(
                        protocol.PARSE_ERROR,
                        f"The line is longer than {protocol.LONGEST_LINE} bytes.",
                    )
                self._answer(protocol.decode(line))
            except protocol.ProtocolError as error:
                LOGGER.warning("Refused a message: %s", error)
                self._write(protocol.error(error.request, error.code, str(error), "ProtocolError"))

    def _skip_line(self) -> None:
        while True:
            rest = self._source.readline(protocol.LONGEST_LINE)
            if not rest or rest.endswith(b"\n"):
                return

    def _answer(self, message: dict[str, Any]) -> None:
        method, request = message.get("method"), message.get("id")
        params = message.get("params", {})
        if not isinstance(method, str):
            raise protocol.ProtocolError(
                protocol.INVALID_REQUEST, "The message names no 'method'.", request
            )
        if not isinstance(params, dict):
            raise protocol.ProtocolError(
                protocol.INVALID_PARAMS,
                f"'params' of '{method}' is a {type(params).__name__}; an object is needed.",
                request,
            )
        if method in self._jobs:
            self._take_job(request, method, params)
        elif method == "hello":
            self._reply(request, introduce())
        elif method == "cancel":
            self._reply(request, {"cancelled": self._cancel(params, request)})
        elif method == "shutdown":
            self._reply(request, {})
            self.leave("it was told to shut down")
        else:
            raise protocol.ProtocolError(
                protocol.METHOD_NOT_FOUND, f"The engine knows no '{method}'.", request
            )

    def _take_job(self, request: int | str | None, method: str, params: dict[str, Any]) -> None:
        if request is None:
            raise protocol.ProtocolError(
                protocol.INVALID_REQUEST, f"'{method}' needs an 'id' to be answered."
            )
        if request in self._runs:
            raise protocol.ProtocolError(
                protocol.INVALID_REQUEST, f"The id {request!r} is already in use.", request
            )
        cancelled = threading.Event()
        run = _Run(request, method, params, Progress(self._listen, cancelled), cancelled)
        self._runs[request] = run
        self._waiting.put(run)

    def _cancel(self, params: dict[str, Any], request: int | str | None) -> bool:
        if "job" not in params or not isinstance(params["job"], (int, str)):
            raise protocol.ProtocolError(
                protocol.INVALID_PARAMS, "'cancel' needs 'job', the id of a job.", request
            )
        run = self._runs.get(params["job"])
        if run is not None:
            run.cancelled.set()
        return run is not None  # a job that has just finished is no mistake

    # The computing thread

    def _compute(self) -> None:
        while True:
            run = self._waiting.get()
            self._pace = Pace(partial(self._say_progress, run.id))
            answer = self._do(run)
            # Before it is answered: the answer may be followed by a request about it at once.
            self._pace = None
            self._last_active = time.monotonic()
            self._runs.pop(run.id, None)
            self._write(answer)

    def _listen(self, fraction: float, message: str) -> None:
        pace = self._pace
        if pace is not None:
            pace.report(fraction, message)

    def _say_progress(
        self, job: int | str, fraction: float, message: str, eta_s: float | None
    ) -> None:
        self._notify(
            "progress", {"job": job, "fraction": fraction, "message": message, "eta_s": eta_s}
        )

    def _do(self, run: _Run) -> bytes:
        """Run a job and return the line that answers it."""
        LOGGER.info("Job %s: %s %s", run.id, run.method, run.params)
        try:
            run.progress.report(0.0, "Starting")
            result = self._jobs[run.method](run.params, run.progress)
            answer = protocol.result(run.id, result)
        except Cancelled as error:
            LOGGER.info("Job %s was cancelled.", run.id)
            return protocol.error(run.id, protocol.JOB_CANCELLED, str(error), "Cancelled")
        except EngineError as error:
            LOGGER.warning("Job %s: %s", run.id, error)
            return protocol.error(run.id, protocol.JOB_FAILED, str(error), type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the border: every failure is answered
            trace = traceback.format_exc()
            LOGGER.error("Job %s failed.\n%s", run.id, trace)
            kind, sentence = explain(error)
            code = protocol.INTERNAL_ERROR if kind == "unexpected" else protocol.JOB_FAILED
            return protocol.error(run.id, code, sentence, kind, trace)
        LOGGER.info("Job %s is done.", run.id)
        return answer

    # Writing, from any thread

    def _reply(self, request: int | str | None, result: dict[str, Any]) -> None:
        if request is not None:  # a notification gets no answer
            self._write(protocol.result(request, result))

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        self._write(protocol.encode({"jsonrpc": "2.0", "method": method, "params": params}))

    def _write(self, line: bytes) -> None:
        try:
            with self._writing:
                self._sink.write(line)
                self._sink.flush()
        except (OSError, ValueError):
            self.leave("nobody reads its answers any more")


class _ToClient(logging.Handler):
    """Sends what the jobs log to the client; the service's own lines stay in the log file."""

    def __init__(self, service: Service) -> None:
        super().__init__(logging.INFO)
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != LOGGER.name:
            self._service.log(record.levelname.lower(), record.getMessage())


def run_service(jobs: Mapping[str, Job], *, idle_s: float = 0.0, parent: int = 0) -> None:
    """Serve on this process's stdin and stdout, and log to stderr.

    Whatever a library prints goes to the log, so that it cannot garble the answers.

    Args:
        jobs: The jobs by name.
        idle_s: Leave after so many seconds without a job; 0 is never.
        parent: Process id of whoever started the engine; 0 if it is not known.
    """
    source, sink = _claim_pipes()
    service = Service(jobs, source, sink, idle_s=idle_s, parent=parent)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger(__package__).addHandler(_ToClient(service))
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), service.signalled)
    service.serve()


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return private copies of stdin and stdout; the public ones now are nothing and the log."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return source, sink


def _limit_log() -> None:
    """Empty the log file once it is too large."""
    status = os.fstat(2)
    if stat.S_ISREG(status.st_mode) and status.st_size > LARGEST_LOG:
        os.ftruncate(2, 0)
