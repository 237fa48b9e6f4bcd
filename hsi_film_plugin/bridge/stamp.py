"""What tells a complete engine environment from a half-built or outdated one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

REQUIREMENTS: Final = Path(__file__).with_name("engine-requirements.txt")
STAMP: Final = "hsi_film_engine.json"


def read_stamp(folder: Path) -> dict[str, Any] | None:
    """Return what the builder wrote last into a complete environment, or None."""
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def write_stamp(folder: Path, stamp: Mapping[str, Any]) -> None:
    """Declare an environment complete; the last thing that a builder does."""
    unfinished = folder / f"{STAMP}.new"
    unfinished.write_text(json.dumps(stamp, indent=1, sort_keys=True) + "\n", "utf-8")
    os.replace(unfinished, folder / STAMP)


def fingerprint(requirements: Path) -> str:
    """Return the sha256 of what a requirements file asks for, its constraints included."""
    lines = []
    for line in requirement_lines(requirements):
        option, _, name = line.partition(" ")
        nested = option in ("-c", "--constraint")
        lines += requirement_lines(requirements.parent / name) if nested else [line]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def requirement_lines(requirements: Path) -> list[str]:
    """Return the lines of a requirements file without comments and empty ones."""
    text = requirements.read_text("utf-8")
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
