"""Finding a Python on this computer that can make the engine's environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess  # nosec B404
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import child_processes

#: numpy 2.4 and scikit-learn 1.9 need the first; the pinned libraries have wheels up to the last.
OLDEST: Final = (3, 11)
NEWEST: Final = (3, 13)

_PROBE: Final = (
    "import importlib.util, json, sys; print(json.dumps({"
    "'version': sys.version_info[:3], 'bits': sys.maxsize.bit_length() + 1, "
    "'ensurepip': importlib.util.find_spec('ensurepip') is not None, "
    "'venv': importlib.util.find_spec('venv') is not None}))"
)


@dataclass(frozen=True)
class BasePython:
    """An interpreter that may make environments.

    Attributes:
        path: The program.
        version: Such as ``(3, 11, 2)``.
        complete: Whether it has venv and ensurepip, which Debian packs apart.
    """

    path: Path
    version: tuple[int, ...]
    complete: bool

    @property
    def fits(self) -> bool:
        """Whether the engine's libraries run on it."""
        return OLDEST <= self.version[:2] <= NEWEST


def needs_standalone() -> bool:
    """Return whether QGIS's surroundings make broken environments on this computer."""
    return (
        sys.platform in ("win32", "darwin")
        or Path("/.flatpak-info").exists()
        or bool(os.environ.get("FLATPAK_ID"))
    )


def find_base_python(chosen: Path | None = None) -> BasePython | None:
    """Return the first fitting interpreter, preferring those that are complete.

    Args:
        chosen: The only one to look at, if given.
    """
    best = None
    for path in [chosen] if chosen else _candidates():
        python = probe(path)
        if python is not None and python.fits:
            if python.complete:
                return python
            best = best or python
    return best


def probe(path: Path) -> BasePython | None:
    """Return what an interpreter is, or None if it does not run."""
    try:
        process = child_processes.start([path, "-I", "-c", _PROBE], stdout=subprocess.PIPE)
        with process:
            try:
                answer, _ = process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                child_processes.kill(process)
                return None
        found: Any = json.loads(answer)
        version = tuple(int(part) for part in found["version"])
        complete = bool(found["ensurepip"] and found["venv"] and found["bits"] == 64)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return BasePython(path, version, complete)


def _candidates() -> list[Path]:
    """Return programs that may be a Python, QGIS's own first."""
    paths = []
    mounted = os.environ.get("APPDIR") or os.environ.get("SNAP")  # gone after QGIS has ended
    if sys.executable and Path(sys.executable).name.startswith("python") and not mounted:
        paths.append(sys.executable)
    paths.append("/usr/bin/python3")
    names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    paths += [found for name in (*names, "python3") if (found := shutil.which(name))]
    return [Path(path) for path in dict.fromkeys(paths)]
