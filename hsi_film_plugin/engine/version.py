"""The plugin's version, read from its one home, ``metadata.txt``."""

from __future__ import annotations

import re
from pathlib import Path


def _read() -> str:
    text = (Path(__file__).resolve().parents[2] / "metadata.txt").read_text(encoding="utf-8")
    found = re.search(r"^version=(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else "unknown"


PLUGIN_VERSION = _read()
