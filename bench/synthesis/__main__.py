"""``python -m bench.synthesis``: prepare the scenes, run what is missing, write the tables."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from bench.accuracy.__main__ import fill_document
from bench.measure import OUTPUT, ROOT

from .plan import STAGES, Task, tasks
from .scenes import prepare, sources
from .schedule import SCENES, Workplace, finished, missing, run_all

DOCUMENT = ROOT / "docs" / "synthesis.md"
BEGIN, END = "<!-- synthesis: begin -->", "<!-- synthesis: end -->"
FOLDER = OUTPUT / "synthesis"


def main() -> None:
    """Read the command line and do what it says."""
    options = _options()
    steps = ("prepare", "run", "quality", "tables") if options.step == "all" else (options.step,)
    if "prepare" in steps:
        _prepare(options)
    place = _place(options)
    failures: list[str] = []
    if "run" in steps:
        failures += _run(options, place)
    if "quality" in steps:
        failures += _quality(options, place)
    if "tables" in steps:
        _tables(options, place)
    if failures:
        raise SystemExit("\n".join(["", *failures]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.synthesis", description=__doc__)
    add = parser.add_argument
    add("step", choices=("prepare", "run", "quality", "tables", "all"), help="what to do")
    add("--out", type=Path, default=FOLDER, help="folder of scenes, synthesizers and results")
    add("--seeds", type=int, default=5, help="draws of every setting")
    add("--splits", type=int, default=5, help="draws that the scenes are prepared for")
    add("--stages", nargs="+", choices=STAGES, default=STAGES, help="what to run")
    add("--scenes", nargs="+", default=["*"], metavar="NAME", help="names or patterns")
    add("--methods", nargs="+", default=["*"], metavar="NAME", help="such as 'svm/*'")
    add("--workers", type=int, default=1, help="processes side by side")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="where networks run")
    add("--minutes", type=float, help="begin nothing new after so long")
    add("--text-encoder", metavar="FOLDER", help="in place of the installed one")
    add("--effort", type=float, default=1.0, help="multiplies the steps of synthesizers' training")
    add("--any-version", action="store_true", help="tables of results of older code too")
    add("--docs", action="store_true", help="put the tables into docs/synthesis.md")
    options = parser.parse_args()
    if not 1 <= options.seeds <= options.splits or options.workers < 1:
        parser.error("--seeds must be 1 to --splits, and --workers at least 1")
    return options


def _place(options: argparse.Namespace) -> Workplace:
    deadline = None if options.minutes is None else time.time() + 60 * options.minutes
    return Workplace(options.out, options.device, deadline, options.text_encoder, options.effort)


def _prepare(options: argparse.Namespace) -> None:
    for source in sources():
        if not any(fnmatch(source.name, pattern) for pattern in options.scenes):
            continue
        lacking = source.missing()
        if lacking is not None:
            print(f"{source.name} is left out: {lacking}.", flush=True)
            continue
        print(prepare(source, options.splits, options.out / SCENES), flush=True)


def _wanted(options: argparse.Namespace, place: Workplace) -> list[Task]:
    scenes = [
        name for name in place.scenes() if any(fnmatch(name, pattern) for pattern in options.scenes)
    ]
    wanted = tasks(scenes, options.seeds, options.stages)
    return [left for task in wanted if (left := task.only(options.methods)).methods]


def _run(options: argparse.Namespace, place: Workplace) -> list[str]:
    left, runs = missing(_wanted(options, place), place.scenes(), place)
    print(f"{runs} runs to do\n", flush=True)
    return run_all(left, place, options.workers)


def _quality(options: argparse.Namespace, place: Workplace) -> list[str]:
    from .quality import run_quality

    return run_quality(_as_users_get_it(place), options.scenes)


def _as_users_get_it(place: Workplace) -> Workplace:
    """Return the place with the effort that users get: time and fidelity are promised for that."""
    return replace(place, effort=1.0)


def _tables(options: argparse.Namespace, place: Workplace) -> None:
    from .quality import found_qualities
    from .tables import Results, all_texts

    scenes = place.scenes()
    wanted = tasks(list(scenes), options.seeds)
    found = finished(wanted, scenes, place, options.any_version)
    total = sum(len(task.methods) for task in wanted)
    qualities = found_qualities(_as_users_get_it(place), options.any_version)
    text = all_texts(Results(list(scenes.values()), found, qualities))
    text += (
        f"\nSynthesizers of the comparisons were trained with effort {options.effort:g}, those "
        "whose quality is shown with 1.\n"
    )
    if options.any_version:
        text += "\nResults of earlier versions of the code are among them.\n"
    if len(found) < total:
        text += f"\n{len(found)} of {total} runs are in these tables.\n"
    print(text)
    _write(text, found)
    if options.docs:
        fill_document(DOCUMENT, text, (BEGIN, END))


def _write(text: str, found: Sequence[object]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "synthesis.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
