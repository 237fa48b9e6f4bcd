"""Removing what a killed job left half-written beside its outputs.

Outputs are written under a hidden name beside their own and renamed when they are
complete. A job removes its partial files itself, also when it fails; this is for
jobs that had no chance to. Standard library only, since QGIS's side calls it too.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path

#: What stands between an output's own name and the rest of its hidden one.
MARK = ".partial-"


def remove_partials(outputs: Iterable[Path]) -> list[Path]:
    """Remove the partial files and folders of the outputs, and return what was removed."""
    removed = []
    for output in outputs:
        beginnings = (f".{output.name}{MARK}", f".{output.stem}{MARK}")
        try:
            partials = [
                path for path in output.parent.iterdir() if path.name.startswith(beginnings)
            ]
        except OSError:
            continue  # no folder, no partial files
        for partial in partials:
            if partial.is_dir() and not partial.is_symlink():
                shutil.rmtree(partial, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):  # another program may hold it open
                    partial.unlink()
            removed.append(partial)
    return removed
