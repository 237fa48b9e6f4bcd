"""A lock between processes that the system releases when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


class Busy(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock of that name.

    Raises:
        Busy: if another process holds it.
        OSError: if the lock's file cannot be written.
    """
    with path.open("ab") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy from error
        try:
            yield
        finally:
            if os.name != "nt":
                path.unlink(missing_ok=True)
    if os.name == "nt":
        with contextlib.suppress(OSError):  # someone else has just opened it
            path.unlink()
