"""Running a command and measuring what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "build" / "bench"
ENGINE = (sys.executable, "-m", "hsi_film_plugin.engine")


@dataclass(frozen=True)
class Run:
    """What a command took and printed.

    Attributes:
        seconds: Wall time.
        peak_mb: Peak resident memory, 10^6 bytes.
        output: What it printed.
    """

    seconds: float
    peak_mb: float
    output: str


def run(command: Sequence[str]) -> Run:
    """Run a command from the project's root.

    Raises:
        SystemExit: if it fails.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(command, cwd=ROOT, stdout=printed)
        _, status, usage = os.wait4(process.pid, 0)
        printed.seek(0)
        output = printed.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}:\n{output}")
    return Run(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6, output)


def data_folder() -> Path:
    """Return the folder of real scenes, which need not exist."""
    return Path(os.environ.get("HSIFILM_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Table:
    """A table of results.

    Attributes:
        title: One line.
        columns: Headings.
        rows: Text, one for each column.
        note: What a reader must know.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [
            f"### {self.title}",
            "",
            "| " + " | ".join(self.columns) + " |",
            "|" + "---|" * len(self.columns),
            *("| " + " | ".join(row) + " |" for row in self.rows),
        ]
        return "\n".join([*lines, "", self.note, ""] if self.note else [*lines, ""])
