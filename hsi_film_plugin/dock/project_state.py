"""What the dock remembers in a QGIS project, beside the layers themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qgis.core import QgsProject

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
