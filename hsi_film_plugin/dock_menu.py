"""The toolbar button and the entry Plugins ▸ HSI FiLM ▸ Label and map…, which open the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QAction

from .icons import icon
from .plugin_menu import MENU

# The dock is imported when it is opened: a start of QGIS need not pay for it.
if TYPE_CHECKING:
    from .dock.dock import Dock
    from .environment_menu import EnvironmentMenu


class DockMenu:
    """Opens the dock, and takes it away with the plugin."""

    def __init__(self, iface: Any, engine_menu: EnvironmentMenu) -> None:
        self._iface = iface
        self._engine_menu = engine_menu
        self.dock: Dock | None = None
        self._action = QAction(icon("hsi_film"), self.tr("Label and map"), iface.mainWindow())
        self._action.setToolTip(self.tr("HSI FiLM: label a hyperspectral image and see its map"))
        self._action.setCheckable(True)
        self._action.triggered.connect(self.show)
        iface.addToolBarIcon(self._action)
        iface.addPluginToMenu(MENU, self._action)
        QgsProject.instance().readProject.connect(self._open_with_project)

    def tr(self, text: str) -> str:
        """Translate `text` in the context of this class."""
        return QCoreApplication.translate("DockMenu", text)

    def show(self, shown: bool = True) -> None:
        """Show the dock, made at the first time, or hide it."""
        if self.dock is None:
            if not shown:
                return
            from .dock.dock import Dock

            self.dock = Dock(self._iface.mapCanvas(), self._engine_menu, self._iface.mainWindow())
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
            self.dock.visibilityChanged.connect(self._follow)
        if shown:
            self.dock.setUserVisible(True)
        else:
            self.dock.close()  # which puts its tool away, too
        self._action.setChecked(shown)

    def remove(self) -> None:
        """Take button, entry and dock away; what runs is cancelled."""
        QgsProject.instance().readProject.disconnect(self._open_with_project)
        self._iface.removeToolBarIcon(self._action)
        self._iface.removePluginMenu(MENU, self._action)
        self._action.deleteLater()
        if self.dock is not None:
            self.dock.visibilityChanged.disconnect(self._follow)
            self.dock.shut_down()
            self._iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.dock = None

    def _follow(self, visible: bool) -> None:
        if self.dock is not None:
            self._action.setChecked(self.dock.isUserVisible())

    def _open_with_project(self, document: Any = None) -> None:
        """Open the dock with a project that was saved with it."""
        from .dock.project_state import read_state

        if read_state().get("open") is True:
            self.show()
