"""Starting and ending other programs from within QGIS without handing on its surroundings.

The only place where the bridge starts programs: always with a list of arguments, never
through a shell.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess  # nosec B404
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

#: Variables that QGIS sets for its own Python, PROJ, GDAL and Qt, and that would lead
#: the engine's libraries to QGIS's files.
_FOREIGN = re.compile(
    r"^(PYTHON|__PYVENV_LAUNCHER__|PROJ_|PROJ$|GDAL_|OGR_|CPL_|GEOTIFF_|QT_|QML|QGIS_|DYLD_|"
    r"LD_PRELOAD$|GISBASE$|VIRTUAL_ENV|CONDA_|MPLBACKEND$)"
)
#: Search paths of which only the entries that lead into QGIS are dropped.
_SEARCH_PATHS = ("PATH", "LD_LIBRARY_PATH")
_INSTALLATIONS = ("APPDIR", "SNAP", "OSGEO4W_ROOT")


def scrubbed_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables without those that belong to QGIS's own libraries."""
    variables = dict(os.environ if environment is None else environment)
    roots = [variables[name] for name in _INSTALLATIONS if variables.get(name)]
    clean = {name: value for name, value in variables.items() if not _FOREIGN.match(name)}
    for name in _SEARCH_PATHS:
        if name in clean:
            entries = clean[name].split(os.pathsep)
            kept = [entry for entry in entries if not _inside(entry, roots)]
            clean[name] = os.pathsep.join(kept)
            if not kept:
                del clean[name]
    clean["MPLBACKEND"] = "Agg"
    return clean


def _inside(entry: str, roots: Sequence[str]) -> bool:
    path = os.path.join(os.path.normcase(os.path.normpath(entry)), "")
    return any(
        path.startswith(os.path.join(os.path.normcase(os.path.normpath(root)), ""))
        for root in roots
    )


def start(
    command: Sequence[str | Path],
    *,
    stdin: int | IO[Any] = subprocess.DEVNULL,
    stdout: int | IO[Any] = subprocess.DEVNULL,
    stderr: int | IO[Any] = subprocess.DEVNULL,
    extra: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, without a console window.

    Args:
        command: The program and its arguments.
        stdin: As of ``subprocess.Popen``; nothing by default.
        stdout: As of ``subprocess.Popen``; nothing by default.
        stderr: As of ``subprocess.Popen``; nothing by default.
        extra: Variables to add to the scrubbed environment.
        cwd: The working directory.

    Raises:
        OSError: if the program cannot be started.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(  # nosec B603
        [str(part) for part in command],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={**scrubbed_environment(), **(extra or {})},
        cwd=str(cwd) if cwd else None,
        start_new_session=os.name != "nt",  # Ctrl-C reaches it through its parent, in good order
        creationflags=flags,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a program that ``start`` started, and its children, at once; wait until it is gone."""
    if process.poll() is None:
        try:
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()
