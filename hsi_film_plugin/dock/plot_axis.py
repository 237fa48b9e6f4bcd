"""An axis of a plot: the piece that is shown, and round numbers along it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A piece of an axis; high is greater than low."""

    low: float
    high: float

    @property
    def length(self) -> float:
        """How long it is."""
        return self.high - self.low


def ticks(span: Span, most: int) -> tuple[list[float], int]:
    """Return up to `most` round values within a span, and the decimals that tell them apart."""
    if most < 1 or not math.isfinite(span.length) or span.length <= 0:
        return [], 0
    # an axis that is short on room gets the ends of a coarse step rather than nothing
    exponent = math.floor(math.log10(span.length / max(1, most)))
    for power in range(exponent, exponent + 3):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            first, last = math.ceil(span.low / step - 1e-9), math.floor(span.high / step + 1e-9)
            if last - first + 1 <= most:
                return [number * step for number in range(first, last + 1)], max(0, -power)
    return [], 0


def number_text(value: float, decimals: int) -> str:
    """Write an axis label."""
    if decimals > 6 or abs(value) >= 1e7:
        return f"{value:.3g}"
    text = f"{value:.{decimals}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{decimals}f}"
