"""Running pip (or another installer) so that its progress is seen and it can be stopped."""

from __future__ import annotations

import queue
import re
import subprocess  # nosec B404
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final, cast

from . import child_processes

POLL_S: Final = 0.1
#: While an installer is silent, its message is repeated with the time that it has taken.
REPEAT_S: Final = 1.0

_PROGRESS: Final = re.compile(r"Progress (\d+) of (\d+)")
_STEP: Final = re.compile(
    r"\s*(Collecting|Downloading|Using cached|Requirement already satisfied:|Processing|"
    r"Building wheel for|Installing collected packages:|Successfully installed) ?(\S*)"
)
_LARGE_BYTES: Final = 20_000_000


class Stopped(Exception):
    """The user stopped the installation."""


class PipProgress:
    """Makes a fraction that only grows of what pip prints, whose number of steps is unknown."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self.message = ""
        self._base = 0.0

    def wait(self) -> None:
        """Creep on while pip unpacks large libraries without a word."""
        self.fraction += (1.0 - self.fraction) * 0.01

    def take(self, line: str) -> None:
        """Take a line of pip's output."""
        counted = _PROGRESS.search(line)
        if counted:
            done, size = int(counted.group(1)), max(1, int(counted.group(2)))
            share = 0.5 if size > _LARGE_BYTES else 0.02
            self.fraction = max(
                self.fraction, self._base + (1.0 - self._base) * share * min(1.0, done / size)
            )
            return
        step = _STEP.match(line)
        if step:
            self._base = max(self._base, self.fraction)
            what, name = step.groups()
            if what.startswith("Installing"):
                self.message = "Installing the libraries"
                self._base += (1.0 - self._base) * 0.3
            elif what.startswith("Successfully"):
                self._base = 1.0
            else:
                self.message = f"{what} {name.rpartition('/')[2]}".rstrip(":")
                self._base += (1.0 - self._base) * 0.02
            self.fraction = self._base


def run(
    command: Sequence[str | Path],
    *,
    log: BinaryIO,
    on_line: Callable[[str], None],
    on_silence: Callable[[float], None],
    is_stopped: Callable[[], bool],
    variables: Mapping[str, str] | None = None,
) -> int:
    """Run a program to its end and return its exit status; its output goes to the log.

    Args:
        command: The program and its arguments.
        log: Takes all that the program prints.
        on_line: Called with each line of it.
        on_silence: Called every second with the seconds since the last line.
        is_stopped: Asked several times a second.
        variables: To add to the program's environment.

    Raises:
        Stopped: if ``is_stopped`` said so; the program and its children are gone.
        OSError: if the program cannot be started.
    """
    log.write(("$ " + " ".join(str(part) for part in command) + "\n").encode("utf-8"))
    process = child_processes.start(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, extra=variables
    )
    lines: queue.Queue[bytes] = queue.Queue()
    output = cast(BinaryIO, process.stdout)

    def read() -> None:
        for line in output:
            lines.put(line)

    reader = threading.Thread(target=read, name="installer-output", daemon=True)
    reader.start()
    heard = repeated = time.monotonic()
    try:
        while reader.is_alive() or not lines.empty():
            if is_stopped():
                raise Stopped
            now = time.monotonic()
            try:
                line = lines.get(timeout=POLL_S)
            except queue.Empty:
                if now - repeated >= REPEAT_S:
                    repeated = now
                    on_silence(now - heard)
                continue
            heard = now
            text = line.decode("utf-8", "replace").rstrip()
            if not _PROGRESS.search(text):
                log.write(line)
                log.flush()
            on_line(text)
        return process.wait()
    finally:
        child_processes.kill(process)
        reader.join(5)
        output.close()
