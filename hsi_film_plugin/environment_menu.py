"""The menu Plugins ▸ HSI FiLM: install the engine, choose another Python for it, look it over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QFileDialog

from .background_task import BackgroundTask, Outcome
from .plugin_menu import TITLE, PluginMenu
from .settings import engine_python, set_engine_python
from .text_dialog import TextDialog

# The bridge is imported when an entry is used: a start of QGIS need not pay for it.


class EnvironmentMenu(PluginMenu):
    """The entries about the engine."""

    def __init__(self, iface: Any) -> None:
        super().__init__(iface)
        self._dialog: TextDialog | None = None
        self.add_entry(self.tr("Install the engine…"), self.install)
        self.add_entry(self.tr("Choose the engine’s Python…"), self.choose)
        self.add_entry(self.tr("Engine diagnostics…"), self.diagnose)

    def remove(self) -> None:
        """Take the entries away, cancel what runs and close the dialog."""
        super().remove()
        if self._dialog is not None:
            self._dialog.close()
            self._dialog = None

    def tr(self, text: str) -> str:
        """Translate `text` in the context of this class."""
        return QCoreApplication.translate("EnvironmentMenu", text)

    def install(self) -> None:
        """Ask, and build the engine's environment in the background."""
        from .bridge import environment
        from .network import fetch, proxy_address

        target = environment.managed_environment()
        status = environment.engine_status(engine_python())
        question = self.tr(
            "The engine (PyTorch and its companions) is downloaded and installed in\n{folder}\n\n"
            "This takes some minutes, about 1 GB of downloads, and several times as much with an "
            "NVIDIA graphics card. QGIS stays usable meanwhile; the installation can be cancelled "
            "in the status bar.\n\nNow: {status}\n\nInstall it?"
        ).format(folder=target, status=status.message)
        if not self.confirmed(question):
            return
        order = environment.Order(proxy=proxy_address(), fetch=fetch)

        def work(task: BackgroundTask) -> Outcome:
            try:
                status = environment.build_environment(
                    target, _progress_of(task), task.isCanceled, order
                )
            except environment.InstallationStopped as stopped:
                return Outcome(False, str(stopped))
            except environment.InstallationFailure as failure:
                return Outcome(False, str(failure))
            return Outcome(status.ready, status.message)

        self.start(self.tr("Installing the engine of HSI FiLM"), work)

    def choose(self) -> None:
        """Let the user name an interpreter that has the engine's libraries, and check it."""
        from .bridge import environment

        chosen = engine_python()
        if chosen is not None and self.confirmed(
            self.tr(
                "The engine runs with\n{python}\n\nGo back to the engine that the plugin installs? "
                "(“No” lets you choose another Python.)"
            ).format(python=chosen)
        ):
            set_engine_python(None)
            self.tell(environment.engine_status().message, Qgis.MessageLevel.Info)
            return
        path, _ = QFileDialog.getOpenFileName(
            self._iface.mainWindow(),
            self.tr("A Python interpreter that has the engine’s libraries"),
            chosen or str(Path.home()),
        )
        if path:
            self.check_and_set(path)

    def check_and_set(self, path: str) -> None:
        """Run the engine with the interpreter at `path` from now on, if it can."""
        from .bridge import environment

        def work(task: BackgroundTask) -> Outcome:
            problem = environment.check_interpreter(Path(path), task.isCanceled)
            if problem:
                return Outcome(False, problem)
            set_engine_python(path)
            return Outcome(True, environment.engine_status(path).message)

        self.start(self.tr("Checking the engine’s Python"), work)

    def diagnose(self) -> None:
        """Show one page about the installation that can be pasted into an issue."""
        from .bridge import environment

        setting = engine_python()

        def work(task: BackgroundTask) -> Outcome:
            return Outcome(True, environment.diagnostics(setting))

        self.start(self.tr("Looking the engine of HSI FiLM over"), work, self._show)

    def _show(self, text: str) -> None:
        self._dialog = TextDialog(
            self.tr("HSI FiLM: engine diagnostics"),
            text,
            self._iface.mainWindow(),
        )
        self._dialog.show()


def _progress_of(task: BackgroundTask) -> Callable[[float, str], None]:
    """Report to the task list, and each new message to the log."""
    said = ""

    def on_progress(fraction: float, message: str) -> None:
        nonlocal said
        task.setProgress(100.0 * fraction)
        # Endings like "(12 s)" change every second.
        if message.split(" (")[0] != said:
            said = message.split(" (")[0]
            QgsMessageLog.logMessage(message, TITLE, Qgis.MessageLevel.Info)

    return on_progress
