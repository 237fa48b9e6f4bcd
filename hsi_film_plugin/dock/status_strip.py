"""The strip at the foot of the dock: what goes on, how far it is, and what was refused."""

from __future__ import annotations

from html import escape

from qgis.PyQt.QtCore import QObject, QTimer
from qgis.PyQt.QtWidgets import QLabel, QProgressBar, QToolButton

#: What ends sooner than this shows no progress, in ms: a flashing bar only disturbs.
PATIENCE_MS = 300
#: How long a warning stands before news of everyday work may take its place, in ms.
WARNING_MS = 8000


class StatusStrip(QObject):
    """Shows the latest sentence, and the progress of what runs.

    Several things may run at a time: the bar shows one of them, and the button stops that one.
    """

    def __init__(
        self, label: QLabel, bar: QProgressBar, cancel: QToolButton, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._label = label
        self._bar = bar
        self._cancel = cancel
        #: What the button is said to do, by sources.
        self.titles: dict[str, str] = {}
        #: Sources that begin by themselves.
        self.background: frozenset[str] = frozenset()
        self._running: dict[str, float] = {}
        self._latest = ""
        self._patience = self._timer(PATIENCE_MS, self._show)
        self._warning = self._timer(WARNING_MS, self._show_latest)
        self._hide()

    @property
    def shown(self) -> str:
        """The source whose progress the bar shows; empty if nothing runs.

        What was begun last, but work that nobody asked for gives way to what somebody did.
        """
        asked_for = [source for source in self._running if source not in self.background]
        return [*self._running, *asked_for][-1] if self._running else ""

    def say(self, text: str) -> None:
        """Show what goes on; after a warning, once that has been read."""
        self._latest = text
        if not self._warning.isActive():
            self._show_latest()

    def warn(self, text: str) -> None:
        """Show a sentence that must not be missed."""
        if text:
            self._set(text)
            self._warning.start()

    def relieve(self) -> None:
        """Take a warning away: what it warned of is over."""
        if self._warning.isActive():
            self._warning.stop()
            self._show_latest()

    def progress(self, source: str, fraction: float | None) -> None:
        """Show how far something is; None when it has ended.

        Args:
            source: What it is, for itself.
            fraction: From 0 to 1.
        """
        if fraction is None:
            self._running.pop(source, None)
        else:
            self._running[source] = min(max(float(fraction), 0.0), 1.0)
        if not self._running:
            self._hide()
        elif not self._bar.isHidden():
            self._show()
        elif not self._patience.isActive():
            self._patience.start()

    def _timer(self, ms: int, action) -> QTimer:  # type: ignore[no-untyped-def]
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(action)
        return timer

    def _show(self) -> None:
        if self._running:
            self._bar.setValue(round(self._bar.maximum() * self._running[self.shown]))
            self._cancel.setToolTip(self.titles.get(self.shown, ""))
            self._bar.show()
            self._cancel.show()

    def _hide(self) -> None:
        self._patience.stop()
        self._bar.hide()
        self._cancel.hide()

    def _show_latest(self) -> None:
        self._set(self._latest)

    def _set(self, text: str) -> None:
        self._label.setText(text)
        self._label.setToolTip(escape(text))  # a class may be called <b>
