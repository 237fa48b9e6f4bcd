"""The plugin's icons, loaded by path so that no resources need compiling."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtGui import QIcon

PLUGIN_ROOT = Path(__file__).resolve().parents[1]
ICONS = PLUGIN_ROOT / "resources" / "icons"


def icon(name: str) -> QIcon:
    """The icon `resources/icons/<name>.svg`."""
    return QIcon(str(ICONS / f"{name}.svg"))
