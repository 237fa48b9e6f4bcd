"""The plugin's settings in the user's QGIS profile."""

from __future__ import annotations

from qgis.core import QgsSettings

_ENGINE_PYTHON = "hsi_film/engine_python"


def engine_python() -> str | None:
    """The interpreter that the user chose for the engine, or None for the managed one."""
    return QgsSettings().value(_ENGINE_PYTHON, "", type=str) or None


def set_engine_python(path: str | None) -> None:
    """Run the engine with the interpreter at `path`, or with the managed one when None."""
    if path:
        QgsSettings().setValue(_ENGINE_PYTHON, path)
    else:
        QgsSettings().remove(_ENGINE_PYTHON)
