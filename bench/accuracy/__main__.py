"""``python -m bench.accuracy``: run what is missing, print all tables, and write them down."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from bench.measure import OUTPUT, ROOT, Table

from .methods import GROUPS, all_methods
from .scene_files import FOLDER
from .scenes import scene_settings
from .schedule import Plan, batches, finished, run_all
from .store import Result, Store
from .tables import Results, all_tables

DOCUMENT = ROOT / "docs" / "evidence.md"
BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"


def main() -> None:
    """Read the command line, run, print."""
    options = _options()
    scenes = _chosen(scene_settings(options.data), options.only_scenes, "scene")
    methods = _chosen(all_methods(), options.only_methods, "method")
    methods = [method for method in methods if method.group not in (options.without or ())]
    missing = {scene.name: scene.missing() for scene in scenes}
    there = [scene for scene in scenes if missing[scene.name] is None]
    plan = Plan(there, methods, options.seeds, not options.no_few_labels)
    store = Store(FOLDER / "results.jsonl")
    failures = [] if options.tables else _run(plan, store, options)
    found = finished(plan, store, options.any_version)
    tables = all_tables(Results(there, methods, found))
    notes = [f"Not measured: {name}: {reason}." for name, reason in missing.items() if reason]
    notes += _version_notes(plan, store, found)
    text = "\n".join([*(table.markdown() for table in tables), *notes, ""])
    print(text)
    _write(text, tables, found)
    if options.docs:
        fill_document(DOCUMENT, text)
    if failures:
        raise SystemExit("\n".join(["", *failures]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, help="folder of the classic .mat scenes")
    add("--seeds", type=int, default=5, help="draws of every setting")
    add("--jobs", type=int, default=1, help="processes side by side")
    add("--minutes", type=float, help="begin nothing new after so long")
    names = "names or patterns, such as 'simulated-*'"
    add("--only-scenes", nargs="+", metavar="NAME", help=names)
    add("--only-methods", nargs="+", metavar="NAME", help=names)
    add("--without", nargs="+", choices=GROUPS, help="groups of methods to leave out")
    add("--no-few-labels", action="store_true", help="leave out the runs with few labels a class")
    add("--tables", action="store_true", help="run nothing, print what is there")
    add("--any-version", action="store_true", help="tables of results of older code too")
    add("--docs", action="store_true", help="put the tables into docs/evidence.md")
    add("--list", action="store_true", help="name scenes and methods, and stop")
    options = parser.parse_args()
    if options.data is not None and not options.data.is_dir():
        parser.error(f"--data: '{options.data}' is no folder")
    if options.seeds < 1 or options.jobs < 1:
        parser.error("--seeds and --jobs must be at least 1")
    if options.list:
        for scene in scene_settings(options.data):
            print(f"{scene.name}: {scene.missing() or scene.split}")
        for method in all_methods():
            print(f"{method.name}: {method.group}, {method.title}")
        parser.exit()
    return options


def _chosen(things: Sequence[Any], patterns: Sequence[str] | None, what: str) -> list[Any]:
    """Return the scenes or methods whose names fit a pattern."""
    if patterns is None:
        return list(things)
    for pattern in patterns:
        if not any(fnmatch(thing.name, pattern) for thing in things):
            raise SystemExit(f"No {what} is called '{pattern}'. --list names them.")
    return [thing for thing in things if any(fnmatch(thing.name, p) for p in patterns)]


def _run(plan: Plan, store: Store, options: argparse.Namespace) -> list[str]:
    known = set(store.latest())
    missing = {
        unit: made_by for unit, made_by in plan.units().items() if (unit, made_by) not in known
    }
    print(
        f"{len(missing)} runs to do, {len(plan.units()) - len(missing)} done before\n", flush=True
    )
    if not missing:
        return []
    deadline = None if options.minutes is None else time.time() + 60 * options.minutes
    return run_all(batches(missing, plan, options.data, store.path, deadline), options.jobs)


def _version_notes(plan: Plan, store: Store, found: Sequence[Result]) -> list[str]:
    """Return sentences on runs that the tables lack, or that other versions made."""
    units = plan.units()
    current = sum(units[result.unit] == result.fingerprint for result in found)
    notes = []
    if len(found) < len(units):
        notes.append(f"{len(units) - len(found)} of {len(units)} runs are missing.")
    if current < len(found):
        notes.append(f"{len(found) - current} results are of another version of the code.")
    old = len(finished(plan, store, any_version=True)) - len(found)
    if old:
        notes.append(f"{old} runs have results of another version only, which were left out.")
    return notes


def _write(text: str, tables: Sequence[Table], found: Sequence[Result]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "accuracy.md").write_text(text, encoding="utf-8")
    content = {
        "tables": [asdict(table) for table in tables],
        "runs": [_without_nan(asdict(result)) for result in found],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (OUTPUT / "accuracy.json").write_text(text, encoding="utf-8")


def _without_nan(run: dict[str, Any]) -> dict[str, Any]:
    figures = run["figures"].items()
    return run | {"figures": {name: None if math.isnan(v) else v for name, v in figures}}


def fill_document(document: Path, text: str, marks: tuple[str, str] = (BEGIN, END)) -> None:
    """Replace what stands between the marks of a document.

    Raises:
        SystemExit: if it has no marks.
    """
    content = document.read_text(encoding="utf-8")
    begin, end = marks
    if content.count(begin) != 1 or content.count(end) != 1:
        raise SystemExit(f"'{document}' lacks the lines '{begin}' and '{end}'.")
    before, rest = content.split(begin)
    after = rest.split(end)[1]
    document.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
