"""Work in the background of a QGIS session that tells the main thread how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qgis.core import QgsTask


@dataclass(frozen=True)
class Outcome:
    """How the work ended: whether it did what it should, and what to tell the user."""

    done: bool
    text: str


class BackgroundTask(QgsTask):
    """Runs `work` in a thread; it can be cancelled in QGIS's task list.

    Args:
        description: What the task list says.
        work: Called in the thread with this task, for its progress and its cancelling.
        on_end: Called in the main thread with the outcome; with None when `work` broke off.
        ask: Whether QGIS asks before it closes while this runs.
    """

    def __init__(
        self,
        description: str,
        work: Callable[[BackgroundTask], Outcome],
        on_end: Callable[[Outcome | None], None],
        ask: bool = True,
    ) -> None:
        cancel = QgsTask.Flag.CanCancel
        super().__init__(description, cancel if ask else cancel | QgsTask.Flag.CancelWithoutPrompt)
        self._work = work
        self._on_end: Callable[[Outcome | None], None] | None = on_end
        self._outcome: Outcome | None = None

    def run(self) -> bool:
        """Do the work (called by QGIS in a thread)."""
        self._outcome = self._work(self)
        return self._outcome.done

    def finished(self, result: bool) -> None:
        """Pass the outcome on (called by QGIS in the main thread)."""
        if self._on_end is not None:
            self._on_end(self._outcome)

    def forget(self) -> None:
        """Cancel, and tell nobody how it ends."""
        self._on_end = None
        self.cancel()
