"""What the dock remembers in a QGIS project, beside the layers themselves."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsProject, QgsRasterLayer

SCOPE = "hsi_film"
_DOCK = "/dock"


def read_state() -> dict[str, Any]:
    """Return what was remembered; empty if nothing was, or what there is cannot be read."""
    text, _ = QgsProject.instance().readEntry(SCOPE, _DOCK, "")
    state = from_json(text)
    return state if isinstance(state, dict) else {}


def from_json(text: str) -> Any:
    """Return what a text of a project says; None if it is empty or damaged."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def write_state(state: Mapping[str, Any]) -> None:
    """Remember the state; the project changes only if it is another one."""
    if read_state() != dict(state):
        QgsProject.instance().writeEntry(SCOPE, _DOCK, json.dumps(state, sort_keys=True))


def path_beside(path: str, scene: QgsRasterLayer | None) -> str:
    """Return the path of a file from its scene's folder, as every system writes it.

    Both may move together, with a project or a session. Empty where there is none.
    """
    if not path or scene is None:
        return ""
    try:
        return Path(os.path.relpath(path, _folder_of(scene))).as_posix()
    except ValueError:  # another drive of Windows
        return ""


def path_found(path: str, beside: object, scene: QgsRasterLayer | None) -> str:
    """Return where a file is now: where it was, else as it lay beside its scene.

    Args:
        path: Where it was; returned as it is if the file is nowhere.
        beside: What `path_beside` said, read from JSON.
        scene: The scene, wherever it is now.
    """
    if not path or Path(path).is_file() or scene is None:
        return path
    if not isinstance(beside, str) or not beside:
        return path
    moved = os.path.normpath(_folder_of(scene) / beside)
    return moved if Path(moved).is_file() else path


def _folder_of(scene: QgsRasterLayer) -> Path:
    return Path(scene.source()).absolute().parent


def whole_number(value: object) -> int | None:
    """Return a value read from JSON if it is a number that Qt can hold."""
    return value if type(value) is int and abs(value) < 2**31 else None


def places(value: object) -> tuple[tuple[float, float], ...]:
    """Return the pairs of numbers in a value read from JSON, nothing else."""
    if not isinstance(value, list):
        return ()
    return tuple((float(item[0]), float(item[1])) for item in value if _is_place(item))


def _is_place(item: object) -> bool:
    if not isinstance(item, list) or len(item) != 2:
        return False
    return all(type(number) in (int, float) and math.isfinite(number) for number in item)
