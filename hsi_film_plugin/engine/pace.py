"""When to say how far a job is: often enough to be seen moving, not so often as to flood."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Progress is repeated when it was last said so long ago, in seconds.
HEARTBEAT_S = 0.4
#: Reports that follow faster than this are held back, in seconds.
FASTEST_S = 0.05
#: Within a long step the bar creeps on, by less than half of the step before and never by
#: more than this share of what is left: it shows life, and little that has to be taken back.
CREEP = 0.1


class Pace:
    """The progress of one job, and the time that it may still take.

    Args:
        say: Called with the fraction in [0, 1], the message, and the seconds left
            or None where nothing can be said yet.
    """

    def __init__(self, say: Callable[[float, str, float | None], None]) -> None:
        self._say_it = say
        self._lock = threading.Lock()
        self._began = self._reported = time.monotonic()
        self._sent = 0.0
        self._fraction = self._shown = 0.0
        self._step, self._interval = 0.02, 5.0
        self._message = ""

    def report(self, fraction: float, message: str) -> None:
        """Take the job's report, and pass it on unless the last one is very fresh."""
        with self._lock:
            now = time.monotonic()
            if fraction != self._fraction:
                self._step = max(0.0, fraction - self._fraction)
                self._interval = max(now - self._reported, 1.0)
                self._reported = now
            self._fraction, self._message = fraction, message or self._message
            if now - self._sent >= FASTEST_S:
                self._say(now)

    def repeat(self) -> None:
        """Say it again, with the remaining time counted down, if it was said a while ago."""
        with self._lock:
            now = time.monotonic()
            if now - self._sent >= HEARTBEAT_S:
                self._say(now)

    def _say(self, now: float) -> None:
        self._sent = now
        quiet = now - self._reported
        creep = min(0.5 * self._step, CREEP * (1.0 - self._fraction))
        guess = self._fraction + creep * quiet / (quiet + self._interval)
        self._shown = max(self._shown, guess)
        self._say_it(self._shown, self._message, self._left(now))

    def _left(self, now: float) -> float | None:
        """Return the seconds left, as the pace so far lets one expect; None at the beginning."""
        if self._fraction < 0.01:
            return None
        left = (1.0 - self._fraction) / self._fraction
        expected = (self._reported - self._began) * left - (now - self._reported)
        # A step that outlasts what was expected shows that the pace was overrated.
        return round(expected if expected > 0 else (now - self._began) * left, 1)
