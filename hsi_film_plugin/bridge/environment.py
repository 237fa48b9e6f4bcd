"""The engine's Python environment: found, built, described.

What the rest of the plugin calls, and a command line for a checkout:
``python3 -m hsi_film_plugin.bridge.environment build|diagnose``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .diagnostics import diagnostics
from .engine_check import check_interpreter
from .folders import managed_environment
from .installation import Order, build_environment
from .installation_failures import InstallationFailure, InstallationStopped
from .interpreter import EngineStatus, engine_status, find_engine_python, identity

__all__ = [
    "EngineStatus",
    "InstallationFailure",
    "InstallationStopped",
    "Order",
    "build_environment",
    "check_interpreter",
    "diagnostics",
    "engine_status",
    "find_engine_python",
    "identity",
    "managed_environment",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``build`` or ``diagnose`` and return the exit status."""
    import argparse  # of no use within QGIS

    parser = argparse.ArgumentParser(
        prog="python3 -m hsi_film_plugin.bridge.environment",
        description="The engine's environment.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build the environment unless it is there")
    build.add_argument("--to", type=Path, help="its folder (a folder of the user's data)")
    build.add_argument("--extra", type=Path, help="more requirements, such as those of the tests")
    build.add_argument("--python", type=Path, help="the interpreter to build on")
    build.add_argument("--torch-index", help="an index that has the PyTorch build wanted")
    commands.add_parser("diagnose", help="print one page about the installation")
    options = parser.parse_args(arguments)
    if options.command == "diagnose":
        sys.stdout.write(diagnostics())
        return 0
    order = Order(extra=options.extra, python=options.python, torch_index=options.torch_index)
    return _build(options.to or managed_environment(), order)


def _build(target: Path, order: Order) -> int:
    said = ""

    def on_progress(fraction: float, message: str) -> None:
        nonlocal said
        if message != said:
            said = message
            sys.stdout.write(f"{fraction:4.0%} {message}\n")
            sys.stdout.flush()

    try:
        status = build_environment(target, on_progress, lambda: False, order)
    except InstallationFailure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing of it is left.\n")
        return 130
    sys.stdout.write(f"{status.message}{os.linesep}")
    return 0 if status.ready else 1


if __name__ == "__main__":
    sys.exit(main())
