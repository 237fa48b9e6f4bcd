"""How the engine introduces itself, fast: no large library is imported for it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

from . import protocol

PACKAGES = ("torch", "diffusers", "numpy", "rasterio", "pyogrio", "scikit-learn", "scikit-image")


def introduce() -> dict[str, Any]:
    """Return who answers here: versions and the devices to hope for, without importing torch."""
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "protocol": protocol.VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "pid": os.getpid(),
        "packages": versions,
        "devices": _devices(versions["torch"]),
    }


def _devices(torch_version: str | None) -> list[str]:
    """Return the devices that this torch may find; a job's answer tells which one was used."""
    if torch_version is None:
        return []
    devices = ["cpu"]
    if sys.platform == "darwin" and platform.machine() == "arm64":
        devices.append("mps")
    driver = Path("/proc/driver/nvidia/version")
    if not torch_version.endswith("+cpu") and (os.name == "nt" or driver.exists()):
        devices.append("cuda")
    return devices
