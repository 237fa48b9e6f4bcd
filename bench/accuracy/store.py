"""Finished runs, one JSON line each, so that a second call does only what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Unit:
    """One run.

    Attributes:
        scene: Name of the scene setting.
        draw: Seed of everything in it.
        labels: Training pixels a class; 0 for the setting's own training pixels.
        method: Name of the method.
    """

    scene: str
    draw: int
    labels: int
    method: str


@dataclass(frozen=True)
class Result:
    """What a run gave.

    Attributes:
        unit: Which run.
        fingerprint: Of all that decides it.
        figures: Accuracies in [0, 1], seconds, counts.
        notes: What it chose, in words.
    """

    unit: Unit
    fingerprint: str
    figures: dict[str, float]
    notes: dict[str, str] = field(default_factory=dict)


class Store:
    """A file of results, which several processes may append to at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, result: Result) -> None:
        """Append a result, in one piece."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A killed run may have left half a line: no other must be glued to it.
        line = "\n" + json.dumps(asdict(result), ensure_ascii=False) + "\n"
        with self.path.open("ab", buffering=0) as file:
            file.write(line.encode())

    def results(self) -> Iterable[Result]:
        """Yield all whole results, oldest first."""
        if not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                held = json.loads(line)
            except ValueError:
                continue
            unit = Unit(**held["unit"])
            yield Result(unit, held["fingerprint"], held["figures"], held["notes"])

    def latest(self) -> dict[tuple[Unit, str], Result]:
        """Return the latest result of each unit and fingerprint."""
        return {(result.unit, result.fingerprint): result for result in self.results()}
