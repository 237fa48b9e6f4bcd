"""Translation of the texts that stand outside of any class."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Translate `text`; `@default` is where pylupdate5 files the texts of plain functions."""
    return QCoreApplication.translate("@default", text)
