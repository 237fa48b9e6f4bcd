"""Which Python runs the engine: the one found, and whether it is ready.

Order: ``HSIFILM_ENGINE_PYTHON``, the plugin's setting, the managed environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import folders
from .stamp import REQUIREMENTS, STAMP, fingerprint, read_stamp

VARIABLE: Final = "HSIFILM_ENGINE_PYTHON"


@dataclass(frozen=True)
class EngineStatus:
    """Whether jobs can be run.

    Attributes:
        python: The interpreter that would run them, if there is one.
        ready: Whether it can be started, as far as a look at its files tells.
        message: A sentence for the user: what will run, or what is missing and what to do.
    """

    python: Path | None
    ready: bool
    message: str


def find_engine_python(setting: str | None = None) -> Path | None:
    """Return the engine's interpreter, or None if none is ready.

    Args:
        setting: The interpreter, or the environment's folder, in the plugin's settings.
    """
    status = engine_status(setting)
    return status.python if status.ready else None


def engine_status(setting: str | None = None) -> EngineStatus:
    """Return whether the engine can be started; cheap enough for every ``canExecute()``.

    Args:
        setting: The interpreter, or the environment's folder, in the plugin's settings.
    """
    variable = os.environ.get(VARIABLE, "").strip()
    if variable:
        return _chosen(variable, f"the environment variable {VARIABLE}")
    if setting and setting.strip():
        return _chosen(setting.strip(), "the setting of HSI FiLM")
    return managed_status(folders.managed_environment())


def _chosen(text: str, source: str) -> EngineStatus:
    path = Path(text).expanduser()
    python = folders.python_of(path) if path.is_dir() else path
    if not python.is_file():
        return EngineStatus(
            None,
            False,
            f"The engine's interpreter '{text}', named by {source}, does not exist. "
            "Name another one, or clear it to use the engine that the plugin installs.",
        )
    if not os.access(python, os.X_OK):
        return EngineStatus(
            None,
            False,
            f"The engine's interpreter '{text}', named by {source}, cannot be executed. "
            "Name another one, or change its permissions.",
        )
    return EngineStatus(python, True, f"The engine runs with '{python}', named by {source}.")


def managed_status(folder: Path, requirements: Path = REQUIREMENTS) -> EngineStatus:
    """Return whether an environment that the plugin built is complete and fits the plugin."""
    stamp = read_stamp(folder)
    python = folders.python_of(folder)
    if stamp is None:
        broken = "incomplete" if folder.exists() else "not installed"
        return EngineStatus(
            None,
            False,
            f"The engine of HSI FiLM is {broken}. Install it from the menu Plugins ▸ HSI FiLM, "
            "or name a Python interpreter that has its libraries in the plugin's settings.",
        )
    if stamp.get("requirements") != fingerprint(requirements):
        return EngineStatus(
            None,
            False,
            f"The engine in '{folder}' was built for other library versions than this plugin "
            "needs. Install it again from the menu Plugins ▸ HSI FiLM.",
        )
    if not python.exists():
        return EngineStatus(
            None,
            False,
            f"The engine in '{folder}' has lost its Python interpreter, perhaps to an upgrade of "
            "the system. Install it again from the menu Plugins ▸ HSI FiLM.",
        )
    notices = [str(notice) for notice in stamp.get("notices") or ()]
    words = [
        f"The engine is installed in '{folder}'.",
        str(stamp.get("device_reason", "")),
        *notices,
    ]
    return EngineStatus(python, True, " ".join(word for word in words if word))


def identity(python: Path) -> tuple[str, int]:
    """Return what changes when the environment around an interpreter is built anew."""
    stamp = python.parent.parent / STAMP
    try:
        return str(python), stamp.stat().st_mtime_ns
    except OSError:
        return str(python), 0
