"""The files that a job writes: which are wanted, that they can be, and that none comes alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from . import parameters as given
from .outputs import atomic_output, check_outputs
from .parameters import Parameters
from .report import Report, render_report


def wanted_outputs(
    params: Parameters, required: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, Path]:
    """Return the paths of the outputs by their names.

    Raises:
        InputError: if a required one is missing.
    """
    outputs = {name: given.required_path(params, name) for name in required}
    for name in optional:
        path = given.optional_path(params, name)
        if path is not None:
            outputs[name] = path
    return outputs


def check_paths(outputs: Mapping[str, Path], *inputs: Path | None) -> None:
    """Refuse outputs that could not be written, or would replace an input.

    Raises:
        OutputError: if so.
    """
    present = [path for path in inputs if path is not None]
    check_outputs({name.upper(): path for name, path in outputs.items()}, present)


@contextmanager
def together(outputs: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Give each output a hidden path; all get their names in the end, or none does."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(atomic_output(path)) for name, path in outputs.items()}


def path_facts(outputs: Mapping[str, Path]) -> dict[str, str]:
    """Return the outputs as a job's result names them."""
    return {name: str(path) for name, path in outputs.items()}


def write_report(report: Report, path: Path) -> None:
    """Write a report's page."""
    path.write_text(render_report(report), encoding="utf-8", newline="\n")


def write_table(table: Mapping[str, Any], path: Path) -> None:
    """Write figures as JSON."""
    content = json.dumps(table, indent=2, allow_nan=False) + "\n"
    path.write_text(content, encoding="utf-8", newline="\n")
