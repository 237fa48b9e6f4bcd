"""HSI FiLM for QGIS: what the plugin loader imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .hsi_film_plugin.plugin import HsiFilmPlugin


def classFactory(iface: Any) -> HsiFilmPlugin:
    """Make the plugin; `iface` is None under qgis_process."""
    from .hsi_film_plugin.plugin import HsiFilmPlugin

    return HsiFilmPlugin(iface)
