"""Asking an interpreter whether it can run the engine."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import folders, pip_steps
from .engine_process import LAUNCHER
from .pip_steps import Stopped
from .stamp import REQUIREMENTS, requirement_lines


def check_interpreter(python: Path, is_cancelled: Callable[[], bool] = lambda: False) -> str:
    """Return what keeps an interpreter from running the engine, in a sentence; empty if nothing.

    Takes some seconds: every library is imported, and a kernel is run.
    """
    lines: list[str] = []
    names = required_names(REQUIREMENTS)
    log = folders.new_log("check")
    with log.open("ab") as file:
        try:
            code = pip_steps.run(
                check_command(python, names),
                log=file,
                on_line=lines.append,
                on_silence=lambda _: None,
                is_stopped=is_cancelled,
            )
        except OSError as error:
            return f"'{python}' cannot be started: {error.strerror or error}."
        except Stopped:
            return "The check was stopped."
    report = report_in(lines)
    if report is None:
        last = f": {lines[-1].strip()}" if lines else ""
        return f"'{python}' does not run the engine (status {code}){last}"
    return " ".join(report["failures"])


def required_names(requirements: Path) -> list[str]:
    """Return the names of the packages that a requirements file asks for."""
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in requirement_lines(requirements))
    return [name.group() for name in names if name and not name.group().startswith("-")]


def check_command(python: Path, names: list[str]) -> list[str | Path]:
    """Return the command that imports the packages and computes on the device."""
    return [python, "-I", "-X", "utf8", LAUNCHER, "check", *names]


def report_in(lines: list[str]) -> dict[str, Any] | None:
    """Return what the engine's self-check printed last, or None if it broke off."""
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            report = json.loads(line)
            if isinstance(report, dict) and isinstance(report.get("failures"), list):
                return report
    return None
