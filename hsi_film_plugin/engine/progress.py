"""How a job tells its caller how far it is, and learns that it was cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from .errors import Cancelled

Listener = Callable[[float, str], None]


def _deaf(fraction: float, message: str) -> None:
    """Listen to nothing."""


@dataclass(frozen=True)
class Progress:
    """A stretch of a job's progress bar.

    Attributes:
        listener: Called with the whole job's fraction in [0, 1] and a message.
        cancelled: Set, from any thread, to cancel the job.
        start: Where this stretch begins in the whole job.
        length: How long this stretch is in the whole job.
    """

    listener: Listener = _deaf
    cancelled: Event = field(default_factory=Event)
    start: float = 0.0
    length: float = 1.0

    def report(self, fraction: float, message: str = "") -> None:
        """Report ``fraction`` of this stretch as done.

        Raises:
            Cancelled: if the job was cancelled.
        """
        self.check()
        self.listener(self.start + self.length * min(1.0, max(0.0, fraction)), message)

    def check(self) -> None:
        """Raise ``Cancelled`` if the job was cancelled."""
        if self.cancelled.is_set():
            raise Cancelled

    def parts(self, count: int) -> list[Progress]:
        """Return ``count`` stretches of equal length, one after the other."""
        return [self.part(number / count, (number + 1) / count) for number in range(count)]

    def part(self, start: float, end: float) -> Progress:
        """Return the stretch from ``start`` to ``end`` of this one."""
        return Progress(
            self.listener,
            self.cancelled,
            self.start + self.length * start,
            self.length * (end - start),
        )
