"""One running engine: its process, its messages, and why it ended."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess  # nosec B404
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from ..engine import protocol
from . import child_processes, folders

LAUNCHER: Final = Path(__file__).with_name("launch_engine.py")

#: How long an engine whose pipe has closed may take to be gone, in seconds.
EXIT_S: Final = 5.0

#: Windows' ways to say why a process ended.
_ACCESS_VIOLATION: Final = 0xC0000005
_NO_MEMORY: Final = (0xC0000017, 0xC000012D, 0xC00000FD)
_DLL_MISSING: Final = (0xC0000135, 0xC0000139, 0xC000007B, 0xC0000142)

_IMPORT_FAILED: Final = re.compile(
    r"^(?:ModuleNotFoundError|ImportError|OSError): .*"
    r"(?:No module named|cannot import|DLL load failed|shared object file|\.so|\.dll|dlopen).*$",
    re.MULTILINE,
)
_FAREWELL: Final = re.compile(r"The engine leaves: (.+)\.$", re.MULTILINE)


class EngineProcess:
    """A started engine. Messages to it may be sent from any thread.

    Args:
        python: The engine's interpreter.
        entry: The script to run with it.
        arguments: For the script.
        logs: The folder for the log.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(
        self, python: Path, entry: Path, arguments: Sequence[str], logs: Path | None = None
    ) -> None:
        self.log = folders.new_log("engine", logs)
        self.inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._number = 0
        self._writing = threading.Lock()
        # Appending lets the engine empty a log that has grown too large.
        with self.log.open("ab") as log:
            self._process = child_processes.start(
                [python, "-I", "-X", "utf8", entry, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._input = cast(BinaryIO, self._process.stdin)
        self._output = cast(BinaryIO, self._process.stdout)
        self._reader = threading.Thread(target=self._read, name="engine-messages", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, method: str, params: Mapping[str, Any]) -> int:
        """Send a request and return its id; a dead engine is told by ``None`` in the inbox."""
        with self._writing:
            self._number += 1
            number = self._number
            request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            try:
                self._input.write(protocol.encode(request))
                self._input.flush()
            except (OSError, ValueError):  # ValueError: the pipe was closed by leave()
                self.inbox.put(None)
        return number

    def leave(self, patience_s: float) -> None:
        """Close the pipe, which tells the engine to leave, and kill it if it does not."""
        with self._writing, contextlib.suppress(OSError):  # it may be gone with requests unread
            self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_s)
        self.kill()

    def kill(self) -> None:
        """End the engine at once, and free what belongs to it."""
        child_processes.kill(self._process)
        self._reader.join(EXIT_S)
        for pipe in (self._input, self._output):
            with contextlib.suppress(OSError):  # requests that nobody will read any more
                pipe.close()

    def wait(self) -> int:
        """Return the exit status of an engine whose pipe has closed."""
        try:
            return self._process.wait(EXIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode

    def _read(self) -> None:
        """Put every message into the inbox, and None at the end."""
        while True:
            try:
                line = self._output.readline()
            except (OSError, ValueError):
                break
            if not line:
                break
            try:
                self.inbox.put(protocol.decode(line))
            except protocol.ProtocolError as error:
                shown = line[:200].decode("utf-8", "replace").rstrip()
                text = f"Ignored a line of the engine that is no message ({error}): {shown}"
                params = {"level": "warning", "message": text}
                self.inbox.put({"jsonrpc": "2.0", "method": "log", "params": params})
        self.inbox.put(None)


def why_it_ended(status: int, log: str) -> str:
    """Return sentences on why an engine ended unasked, and what to do.

    Args:
        status: Its exit status; negative is a signal on POSIX.
        log: The end of its log.
    """
    if status > 128 and os.name != "nt":
        status = 128 - status  # as a shell in between reports a signal
    unsigned = status & 0xFFFFFFFF
    if status == -9 or (sys.platform == "win32" and unsigned in _NO_MEMORY):
        return (
            "The engine was killed in mid-run. The usual cause is that the computer ran out of "
            "memory: close other programs or choose a smaller extent, and run it again."
        )
    farewell = _FAREWELL.findall(log)
    if farewell:
        return f"The engine left in mid-run: {farewell[-1]}. Run it again if that was not meant."
    missing = _IMPORT_FAILED.findall(log)
    if missing or unsigned in _DLL_MISSING:
        detail = f" ({missing[-1]})" if missing else ""
        return (
            f"The engine ended because a library is missing or damaged{detail}. "
            "Install the engine again, or choose another Python interpreter for it."
        )
    if "MemoryError" in log[-1000:]:
        return (
            "The engine ended because the computer ran out of memory. "
            "Close other programs or choose a smaller extent, and run it again."
        )
    if status < 0:
        return (
            f"The engine was ended by signal {-status} ({_signal_name(-status)}). "
            "If nobody stopped it, a library has crashed: install the engine again, or choose "
            "the CPU as the device."
        )
    if unsigned == _ACCESS_VIOLATION:
        return (
            "The engine crashed in one of its libraries (access violation). "
            "Install the engine again, or choose the CPU as the device."
        )
    lines = [line for line in log.strip().splitlines() if line.strip()]
    detail = f" Its last words were: {lines[-1].strip()}" if lines else ""
    return f"The engine ended unasked with status {status}.{detail}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
