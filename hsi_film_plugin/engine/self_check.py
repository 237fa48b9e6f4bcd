"""Proof that an environment can run the engine: import its libraries, run a real kernel."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Sequence
from typing import Any

from .errors import EngineError

#: What a damaged or unfit library raises when it is imported or used.
BROKEN = (ImportError, OSError, RuntimeError, AttributeError)


def check(distributions: Sequence[str], device: str = "auto") -> dict[str, Any]:
    """Import the distributions' packages and compute on the device.

    Args:
        distributions: Names as in a requirements file.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns:
        ``versions`` by distribution, ``failures`` (sentences), and, if torch is among
        the distributions and works, ``device`` and ``device_reason``.
    """
    versions: dict[str, str] = {}
    failures: list[str] = []
    packages = _packages_by_distribution()
    for name in distributions:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            failures.append(f"'{name}' is not installed.")
            continue
        for package in packages.get(_normal(name), ()):
            try:
                importlib.import_module(package)
            except BROKEN as error:
                failures.append(f"'{name}' cannot be imported: {error}")
    result: dict[str, Any] = {"versions": versions, "failures": failures}
    if "torch" in versions and not failures:
        try:
            from .device import choose_device

            chosen = choose_device(device)
            result |= {"device": chosen.kind, "device_reason": chosen.reason}
        except (EngineError, *BROKEN) as error:
            failures.append(f"A test computation failed: {error}")
    return result


def _packages_by_distribution() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package, names in importlib.metadata.packages_distributions().items():
        if package.isidentifier() and not package.startswith("_"):
            for name in names:
                found.setdefault(_normal(name), []).append(package)
    return found


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
