"""What the plugin's menus share: entries, questions, messages, and one task at a time."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsMessageLog
from qgis.PyQt.QtWidgets import QAction, QMessageBox

from .background_task import BackgroundTask, Outcome
from .icons import icon
from .translation import tr

MENU = "&HSI FiLM"
TITLE = "HSI FiLM"


class PluginMenu:
    """Entries of Plugins ▸ HSI FiLM, and the one task that they may have running."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._task: BackgroundTask | None = None
        self._actions: list[QAction] = []
        self._listeners: list[Callable[[BackgroundTask | None], None]] = []

    def add_listener(self, listener: Callable[[BackgroundTask | None], None]) -> None:
        """Call `listener` with a task that runs or begins, and with None when it has ended."""
        self._listeners.append(listener)
        if self._task is not None:
            listener(self._task)

    def remove_listener(self, listener: Callable[[BackgroundTask | None], None]) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    def remove(self) -> None:
        """Take the entries away and cancel what runs."""
        if self._task is not None:
            self._task.forget()
            self._task = None
        for action in self._actions:
            self._iface.removePluginMenu(MENU, action)
            action.deleteLater()
        self._actions = []

    def add_entry(self, text: str, on_trigger: Callable[[], None]) -> None:
        """Add an entry to the menu."""
        action = QAction(icon("hsi_film"), text, self._iface.mainWindow())
        action.triggered.connect(lambda checked=False: on_trigger())
        self._iface.addPluginToMenu(MENU, action)
        self._actions.append(action)

    def confirmed(self, question: str, *, default: bool = True) -> bool:
        """Ask a question that is answered by yes or no; `default` is what Enter says."""
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        parent = self._iface.mainWindow()
        # a file's name must not be taken for markup
        text = escape(question).replace("\n", "<br>") if "<" in question else question
        return QMessageBox.question(parent, TITLE, text, yes | no, yes if default else no) == yes

    def start(
        self,
        description: str,
        work: Callable[[BackgroundTask], Outcome],
        on_done: Callable[[str], None] | None = None,
    ) -> bool:
        """Begin a task; return whether there was none already.

        Args:
            description: What QGIS's list of tasks says.
            work: Runs in the background.
            on_done: Takes the text of an outcome that is done; shown as a message if None.
        """
        if self._task is not None:
            waits = tr("{} – wait until this has ended.").format(self._task.description())
            self.tell(waits, Qgis.MessageLevel.Warning)
            return False

        def on_end(outcome: Outcome | None) -> None:
            self._task = None
            if outcome is None:
                broken = tr("{}: broken off. See the log of QGIS.")
                self.tell(broken.format(description), Qgis.MessageLevel.Critical)
            elif outcome.done and on_done is not None:
                on_done(outcome.text)
            else:
                level = Qgis.MessageLevel.Success if outcome.done else Qgis.MessageLevel.Warning
                self.tell(outcome.text, level)
            self.ended()
            self._notify(None)

        self._task = BackgroundTask(description, work, on_end)
        QgsApplication.taskManager().addTask(self._task)
        self._notify(self._task)
        return True

    def _notify(self, task: BackgroundTask | None) -> None:
        for listener in list(self._listeners):
            listener(task)

    def ended(self) -> None:
        """Do what is to be done when a task has ended."""

    def tell(self, text: str, level: Qgis.MessageLevel) -> None:
        """Show a message in QGIS's window and log."""
        QgsMessageLog.logMessage(text, TITLE, level)
        self._iface.messageBar().pushMessage(TITLE, text, level, 0)
