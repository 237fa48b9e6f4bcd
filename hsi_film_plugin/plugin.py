"""The plugin as QGIS loads it: the provider always, dock and menu only where there is a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

from .icons import PLUGIN_ROOT
from .processing.provider import HsiFilmProvider

if TYPE_CHECKING:
    from .dock_menu import DockMenu
    from .plugin_menu import PluginMenu


class HsiFilmPlugin:
    """HSI FiLM in one QGIS session; `iface` is None under qgis_process."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._provider: HsiFilmProvider | None = None
        self._translator: QTranslator | None = None
        self._menus: list[PluginMenu] = []
        self._dock_menu: DockMenu | None = None

    def initProcessing(self) -> None:
        """Offer the algorithms; all that qgis_process calls."""
        if self._provider is not None:
            return
        self._translate()
        self._provider = HsiFilmProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Offer the algorithms, the menu and the dock."""
        self.initProcessing()
        if self._iface is not None and not self._menus:
            from .backbone_menu import BackboneMenu
            from .dock_menu import DockMenu
            from .environment_menu import EnvironmentMenu

            engine_menu = EnvironmentMenu(self._iface)
            self._dock_menu = DockMenu(self._iface, engine_menu)
            self._menus = [engine_menu, BackboneMenu(self._iface)]

    def unload(self) -> None:
        """Take everything back, the engine included."""
        from .bridge.client import close_shared_client

        if self._dock_menu is not None:
            self._dock_menu.remove()
            self._dock_menu = None
        for menu in self._menus:
            menu.remove()
        self._menus = []
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
        close_shared_client()

    def _translate(self) -> None:
        locale = QgsApplication.locale()
        for name in (locale, locale.split("_")[0]):
            path = PLUGIN_ROOT / "i18n" / f"hsi_film_plugin_{name}.qm"
            if path.exists():
                self._translator = QTranslator()
                self._translator.load(str(path))
                QCoreApplication.installTranslator(self._translator)
                return
