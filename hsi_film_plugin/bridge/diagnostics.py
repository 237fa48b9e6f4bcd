"""One page about the engine's installation that a user can paste into an issue."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

from . import folders
from .interpreter import VARIABLE, engine_status
from .stamp import read_stamp
from .torch_builds import nvidia_driver


def diagnostics(setting: str | None = None) -> str:
    """Return the page; the home folder is shortened to ~ and passwords in addresses are hidden.

    Args:
        setting: The interpreter in the plugin's settings.
    """
    status = engine_status(setting)
    managed = folders.managed_environment()
    driver = nvidia_driver()
    lines = [
        f"HSI FiLM {folders.plugin_version()}",
        f"System: {platform.platform()} ({platform.machine()}, {os.cpu_count()} processors)",
        f"QGIS: {_qgis_version()}",
        f"Python of QGIS: {platform.python_version()} ({sys.executable})",
        f"NVIDIA driver: {driver or 'none found'}",
        f"Engine: {status.message}",
        f"Interpreter: {status.python or 'none'}",
        f"{VARIABLE}: {os.environ.get(VARIABLE) or 'not set'}",
        f"Setting: {setting or 'not set'}",
        f"Managed environment: {managed} ({_state(managed)})",
    ]
    stamp = read_stamp(managed) or {}
    for name in ("built", "torch", "device", "device_reason", "notices"):
        if stamp.get(name):
            lines.append(f"  {name}: {stamp[name]}")
    versions = stamp.get("versions")
    if isinstance(versions, dict):
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        lines.append(f"  versions: {listed}")
    for name in ("install", "engine"):
        log = folders.last_log(name)
        if log is not None:
            lines += ["", f"End of {log}:", folders.tail(log, 3000).strip()]
    return _private("\n".join(lines)) + "\n"


def _state(folder: Path) -> str:
    if not folder.exists():
        return "absent"
    return "complete" if read_stamp(folder) is not None else "incomplete"


def _qgis_version() -> str:
    """Return QGIS's version, without importing it where it is not running."""
    core = sys.modules.get("qgis.core")
    return str(core.Qgis.QGIS_VERSION) if core is not None else "not running"


def _private(text: str) -> str:
    text = re.sub(r"://[^/\s:@]+(:[^/\s@]*)?@", "://***@", text)
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
