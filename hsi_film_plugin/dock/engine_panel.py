"""The part of the dock that tells whether the engine is ready, and on which device it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QPushButton

from ..background_task import BackgroundTask, Outcome
from ..settings import engine_python

_DEVICE = "hsi_film/dock_device"
_BACKBONE = "hsi_film/dock_backbone"
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class EngineWidgets:
    """Where the engine's state is shown and chosen; a page lays them out."""

    status: QLabel
    device_status: QLabel
    install: QPushButton
    diagnostics: QPushButton
    device: QComboBox
    backbone: QComboBox


class EngineMenu(Protocol):
    """What this panel needs of the menu that installs the engine."""

    def install(self) -> None:
        """Ask, and install."""

    def diagnose(self) -> None:
        """Show the diagnostics."""

    def add_listener(self, listener: Any) -> None:
        """Call `listener` with the task that has begun, and with None when it has ended."""

    def remove_listener(self, listener: Any) -> None:
        """Call it no more."""


class EnginePanel(QObject):
    """Shows the engine's state, and lets the user install it and choose device and backbone.

    Signals:
        settingsChanged: Another device or backbone is to be used.
        readyChanged: Whether the engine can be used.
        progressed: How far the installation is, and what it does; None when it has ended.
    """

    settingsChanged = pyqtSignal()  # noqa: N815
    readyChanged = pyqtSignal(bool)  # noqa: N815
    progressed = pyqtSignal(object, str)

    def __init__(self, widgets: EngineWidgets, menu: EngineMenu | None, parent: QObject) -> None:
        super().__init__(parent)
        self._widgets = widgets
        self._menu = menu
        self._asking: BackgroundTask | None = None
        self._installing: BackgroundTask | None = None
        self.ready = False
        widgets.install.clicked.connect(self._install)
        widgets.diagnostics.clicked.connect(self._diagnose)
        for button in (widgets.install, widgets.diagnostics):
            button.setEnabled(menu is not None)
        self._fill_devices()
        self.fill_backbones()
        widgets.device.currentIndexChanged.connect(self._choose)
        widgets.backbone.currentIndexChanged.connect(self._choose)
        if menu is not None:
            menu.add_listener(self._installation)
        self.refresh()

    @property
    def device(self) -> str:
        """The engine's name of the chosen device."""
        return str(self._widgets.device.currentData() or "auto")

    @property
    def backbone(self) -> str:
        """The id of the chosen backbone; empty for the bundled one."""
        return str(self._widgets.backbone.currentData() or "")

    def refresh(self) -> None:
        """Look again whether the engine is there."""
        from ..bridge.environment import engine_status

        status = engine_status(engine_python())
        self._widgets.status.setText(status.message)
        self._widgets.install.setVisible(not status.ready)
        if status.ready != self.ready:
            self.ready = status.ready
            self.readyChanged.emit(status.ready)
        if status.ready:
            self._ask_devices()
        else:
            self._widgets.device_status.setText(
                self.tr("Without it labels can be drawn and spectra compared, but nothing mapped.")
            )

    def tell_device(self, kind: str, reason: str) -> None:
        """Show the device that a job has used."""
        self._widgets.device_status.setText(
            self.tr("Computed on: {device}. {reason}").format(device=kind.upper(), reason=reason)
        )

    def fill_backbones(self) -> None:
        """List the bundled backbone and the installed ones."""
        from ..bridge.backbone_store import installed_backbones, store_folder

        combo, wanted = self._widgets.backbone, QgsSettings().value(_BACKBONE, "", type=str)
        combo.blockSignals(True)
        combo.clear()
        combo.addItem(self.tr("Bundled"), "")
        for name in installed_backbones(store_folder()):
            combo.addItem(name, name)
        combo.setCurrentIndex(max(0, combo.findData(wanted)))
        combo.blockSignals(False)

    def close(self) -> None:
        """Stop listening; an installation goes on."""
        if self._menu is not None:
            self._menu.remove_listener(self._installation)
        self._installing = None
        if self._asking is not None:
            self._asking.forget()
            self._asking = None

    def cancel(self) -> None:
        """Stop an installation that runs."""
        if self._installing is not None:
            self._installing.cancel()

    def _fill_devices(self) -> None:
        names = (
            self.tr("Automatic"),
            self.tr("CPU"),
            self.tr("NVIDIA GPU (CUDA)"),
            self.tr("Apple GPU (MPS)"),
        )
        for key, name in zip(DEVICES, names):
            self._widgets.device.addItem(name, key)
        wanted = QgsSettings().value(_DEVICE, "auto", type=str)
        self._widgets.device.setCurrentIndex(max(0, self._widgets.device.findData(wanted)))

    def _choose(self) -> None:
        QgsSettings().setValue(_DEVICE, self.device)
        QgsSettings().setValue(_BACKBONE, self.backbone)
        self.settingsChanged.emit()

    def _install(self) -> None:
        if self._menu is not None:
            self._menu.install()

    def _diagnose(self) -> None:
        if self._menu is not None:
            self._menu.diagnose()

    def _installation(self, task: BackgroundTask | None) -> None:
        self._installing = task
        if task is None:
            self.progressed.emit(None, "")
            self.refresh()
        else:
            task.progressChanged.connect(self._install_progress)
            self.progressed.emit(0.0, task.description())

    def _install_progress(self, percent: float) -> None:
        if self._installing is not None:
            self.progressed.emit(percent / 100, self._installing.description())

    def _ask_devices(self) -> None:
        """Start the engine in the background, and learn which devices it may use."""
        if self._asking is not None:
            return
        self._widgets.device_status.setText(self.tr("Starting the engine…"))
        setting = engine_python()

        def work(task: BackgroundTask) -> Outcome:
            from ..bridge.client import EngineCancelled, EngineFailure, shared_client

            try:
                hello = shared_client(setting).hello(task.isCanceled)
            except EngineCancelled:
                return Outcome(False, "")
            except EngineFailure as failure:
                return Outcome(False, str(failure))
            devices = ", ".join(str(name).upper() for name in hello.get("devices") or ())
            return Outcome(True, devices)

        self._asking = BackgroundTask(
            self.tr("Starting the engine of HSI FiLM"), work, self._told, ask=False
        )
        QgsApplication.taskManager().addTask(self._asking)

    def _told(self, outcome: Outcome | None) -> None:
        self._asking = None
        if outcome is None:
            text = self.tr("The engine could not be started. See the log of QGIS.")
        elif outcome.done:
            text = self.tr("Ready. Devices that may be used: {}.").format(outcome.text or "CPU")
        else:
            text = outcome.text
        self._widgets.device_status.setText(text)
