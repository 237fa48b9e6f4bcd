from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import __main__ as command
from bench.accuracy import scene_files, schedule
from bench.accuracy.benchmark import Benchmark, Outcome, SceneFiles
from bench.accuracy.methods import Method, Workplace
from bench.accuracy.scenes import SceneSetting
from bench.accuracy.schedule import Plan, batches, finished, run_in
from bench.accuracy.store import Store, Unit

from .conftest import BenchmarkMaker


class Bench:
    """Two scenes and three methods that count their runs."""

    def __init__(self, files: SceneFiles) -> None:
        self.runs: list[tuple[str, int, str, int]] = []
        self.files = files
        self.scenes = [self.scene("first", True), self.scene("second", False)]
        self.methods = [
            self.method("forest", "peers"),
            self.method("default", "ours"),
            self.method("sweep-0-1", "sweep"),
        ]

    def scene(self, name: str, in_detail: bool) -> SceneSetting:
        def make(draw: int, folder: Path) -> SceneFiles:
            return self.files

        return SceneSetting(name, "a test", (), make, "1", False, name, in_detail, "measured")

    def method(self, name: str, group: str, made_by: str = "1") -> Method:
        def run(benchmark: Benchmark, seed: int, place: Workplace) -> Outcome:
            self.runs.append((benchmark.name, seed, name, len(benchmark.train)))
            if name == "fails":
                raise ValueError("no such luck")
            return Outcome(np.zeros(len(benchmark.test), int), 2.0, 1.0)

        return Method(name, name, group, run, lambda: made_by)

    def plan(self, seeds: int = 1, few_labels: bool = False) -> Plan:
        return Plan(self.scenes, self.methods, seeds, few_labels)


@pytest.fixture
def bench(make_benchmark: BenchmarkMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(make_benchmark().files)
    monkeypatch.setattr(schedule, "scene_settings", lambda data: made.scenes)
    monkeypatch.setattr(schedule, "all_methods", lambda: made.methods)
    monkeypatch.setattr(scene_files, "SCENES", tmp_path / "scenes")
    return made


def run(bench: Bench, plan: Plan, store: Store, deadline: float | None = None) -> list[str]:
    known = set(store.latest())
    missing = {unit: made for unit, made in plan.units().items() if (unit, made) not in known}
    with ThreadPoolExecutor(1) as pool:
        return run_in(pool, batches(missing, plan, None, store.path, deadline))


def test_a_second_call_runs_only_what_is_missing(bench: Bench, tmp_path: Path) -> None:
    store = Store(tmp_path / "results.jsonl")
    run(bench, bench.plan(), store)
    assert len(bench.runs) == 5  # the sweep only in detail
    run(bench, bench.plan(), store)
    assert len(bench.runs) == 5
    run(bench, bench.plan(seeds=2), store)
    assert {seed for _, seed, _, _ in bench.runs[5:]} == {1}
    assert len(finished(bench.plan(seeds=2), store)) == len(bench.runs) == 10


def test_another_version_runs_again_and_the_old_result_is_kept(
    bench: Bench, tmp_path: Path
) -> None:
    store = Store(tmp_path / "results.jsonl")
    run(bench, bench.plan(), store)
    bench.methods[0] = bench.method("forest", "peers", made_by="2")
    assert len(finished(bench.plan(), store)) == 3
    assert len(finished(bench.plan(), store, any_version=True)) == 5
    run(bench, bench.plan(), store)
    assert [name for _, _, name, _ in bench.runs[5:]] == ["forest", "forest"]


def test_few_labels_are_drawn_from_the_training_pixels(bench: Bench, tmp_path: Path) -> None:
    run(bench, bench.plan(few_labels=True), Store(tmp_path / "results.jsonl"))
    counts = {
        (scene, name): sorted(n for s, _, m, n in bench.runs if (s, m) == (scene, name))
        for scene in ("first", "second")
        for name in ("forest", "default")
    }
    assert counts["first", "forest"] == [15, 30, 75, 150, 400]
    assert counts["first", "default"] == [15, 30, 45, 75, 150, 400]
    assert counts["second", "default"] == [400]


def test_one_failure_costs_no_other_run_and_is_named(bench: Bench, tmp_path: Path) -> None:
    bench.methods.insert(0, bench.method("fails", "ours"))
    store = Store(tmp_path / "results.jsonl")
    failures = run(bench, bench.plan(), store)
    assert failures == [
        "first, seed 0: fails failed: no such luck",
        "second, seed 0: fails failed: no such luck",
    ]
    assert len(finished(bench.plan(), store)) == 5


def test_nothing_begins_after_the_deadline(bench: Bench, tmp_path: Path) -> None:
    run(bench, bench.plan(), Store(tmp_path / "results.jsonl"), deadline=time.time() - 1)
    assert bench.runs == []


def test_runs_of_the_network_on_one_scene_stay_together(bench: Bench, tmp_path: Path) -> None:
    plan = bench.plan(seeds=2)
    work = batches(plan.units(), plan, None, tmp_path / "x", None)
    together = [[unit.method for unit, _ in batch.units] for batch in work]
    assert ["default", "sweep-0-1"] in together
    assert together.count(["forest"]) == 4


def test_the_command_writes_tables_and_names_what_was_not_measured(
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lacking = replace(bench.scenes[1], name="third", needs=(tmp_path / "third.tif",))
    scenes = [*bench.scenes, lacking]
    monkeypatch.setattr(command, "scene_settings", lambda data: scenes)
    monkeypatch.setattr(command, "all_methods", lambda: bench.methods)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "OUTPUT", tmp_path)
    document = tmp_path / "evidence.md"
    document.write_text(f"before\n{command.BEGIN}\nlast year\n{command.END}\nafter\n")
    monkeypatch.setattr(command, "DOCUMENT", document)
    run(bench, bench.plan(), Store(tmp_path / "results.jsonl"))
    arguments = ["accuracy", "--tables", "--docs", "--seeds", "1", "--no-few-labels"]
    monkeypatch.setattr("sys.argv", arguments)
    command.main()
    printed = capsys.readouterr().out
    assert f"Not measured: third: {tmp_path / 'third.tif'} not found." in printed
    assert "runs are missing" not in printed
    written = json.loads((tmp_path / "accuracy.json").read_text(encoding="utf-8"))
    assert len(written["runs"]) == 5
    assert {Unit(**one["unit"]).scene for one in written["runs"]} == {"first", "second"}
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "### Summary" in text
    assert "last year" not in text
    assert (tmp_path / "accuracy.md").read_text(encoding="utf-8") in text


def test_names_that_fit_nothing_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--tables", "--only-scenes", "mars*"])
    with pytest.raises(SystemExit, match="No scene is called 'mars"):
        command.main()
