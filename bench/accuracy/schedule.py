"""What is to run, and the processes that run it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from hsi_film_plugin.engine.errors import EngineError

from .benchmark import Benchmark, judged
from .fingerprint import combined, module_fingerprint
from .methods import (
    DEFAULT,
    FEW_LABEL_METHODS,
    FEW_LABELS,
    FEW_LABELS_OURS,
    Method,
    Workplace,
    all_methods,
)
from .scene_files import with_few_labels
from .scenes import SceneSetting, scene_settings
from .store import Result, Store, Unit

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Plan:
    """What is wanted.

    Attributes:
        scenes: The settings that can be measured here.
        methods: What is compared.
        seeds: Draws of each setting.
        few_labels: Whether runs with few labels a class belong to it.
    """

    scenes: Sequence[SceneSetting]
    methods: Sequence[Method]
    seeds: int
    few_labels: bool = True

    def units(self) -> dict[Unit, str]:
        """Return every run with its fingerprint, first draws first."""
        found = {}
        for draw in range(self.seeds):
            for scene in self.scenes:
                for method in self.methods:
                    for labels in self._label_counts(scene, method):
                        unit = Unit(scene.name, draw, labels, method.name)
                        found[unit] = unit_fingerprint(scene, draw, labels, method)
        return found

    def _label_counts(self, scene: SceneSetting, method: Method) -> tuple[int, ...]:
        if method.group == "sweep" and not scene.in_detail:
            return ()
        if not self.few_labels or not scene.in_detail or method.name not in FEW_LABEL_METHODS:
            return (0,)
        return (0, *(FEW_LABELS_OURS if method.name == DEFAULT else FEW_LABELS))


def unit_fingerprint(scene: SceneSetting, draw: int, labels: int, method: Method) -> str:
    """Return what decides a run's result."""
    few = module_fingerprint("bench.accuracy.splits") if labels else ""
    return combined(scene.fingerprint(draw), method.made_by(), few)


@dataclass(frozen=True)
class Batch:
    """Runs that share a scene, for one process after another.

    Attributes:
        units: The runs and their fingerprints.
        data: The user's folder of classic scenes, if any.
        store: Where results go.
        deadline: When to stop, in seconds since the epoch; None for never.
    """

    units: tuple[tuple[Unit, str], ...]
    data: Path | None
    store: Path
    deadline: float | None


def batches(
    missing: dict[Unit, str],
    plan: Plan,
    data: Path | None,
    store: Path,
    deadline: float | None,
) -> list[Batch]:
    """Put runs together that gain from each other's scene and network outputs."""
    methods = {method.name: method for method in plan.methods}
    groups: dict[tuple[object, ...], list[tuple[Unit, str]]] = {}
    for unit, fingerprint in missing.items():
        method = methods[unit.method]
        key = (unit.scene, unit.draw, method.uses_backbone or unit.method)
        groups.setdefault(key, []).append((unit, fingerprint))
    return [Batch(tuple(group), data, store, deadline) for group in groups.values()]


def run_all(work: Sequence[Batch], jobs: int) -> list[str]:
    """Run batches in processes of their own, which share the cores (or obey OMP_NUM_THREADS).

    Returns:
        A sentence for each run that failed.
    """
    wanted = os.environ.get(_THREAD_LIMITS[0], "")
    threads = int(wanted) if wanted.isdigit() else max(1, (os.cpu_count() or 1) // jobs)
    os.environ.update({name: str(threads) for name in _THREAD_LIMITS})
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=torch.set_num_threads, initargs=(threads,)
    ) as pool:
        return run_in(pool, work)


def run_in(pool: Executor, work: Sequence[Batch]) -> list[str]:
    """Run batches in a pool; see :func:`run_all`."""
    futures: dict[Future[list[str]], Batch] = {
        pool.submit(run_batch, batch): batch for batch in work
    }
    failures = []
    try:
        for future in as_completed(futures):
            error = future.exception()
            if error is None:
                failures += future.result()
            else:  # such as a process that was killed for memory
                unit = futures[future].units[0][0]
                failures.append(f"{unit.scene}, seed {unit.draw}: {error!r}")
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return failures


def run_batch(batch: Batch) -> list[str]:
    """Run one batch in this process, each result stored as soon as it is there.

    Returns:
        A sentence for each run that failed; the others go on.
    """
    scenes = {scene.name: scene for scene in scene_settings(batch.data)}
    methods = {method.name: method for method in all_methods()}
    store, place = Store(batch.store), _workplace()
    failures, loaded = [], None
    for unit, fingerprint in batch.units:
        if batch.deadline is not None and time.time() > batch.deadline:
            break
        scene, method = scenes[unit.scene], methods[unit.method]
        few = f", {unit.labels} labels a class" if unit.labels else ""
        name = f"{unit.scene}, seed {unit.draw}{few}: {unit.method}"
        try:
            if loaded is None or (loaded.name, loaded.draw) != (unit.scene, unit.draw):
                loaded = scene.load(unit.draw)
            result = run_unit(unit, fingerprint, scene, method, loaded, place)
        except (EngineError, SystemExit, RuntimeError, ValueError) as error:
            failures.append(f"{name} failed: {error}")
            print(failures[-1], flush=True)
            continue
        store.add(result)
        figures = result.figures
        print(f"{name} OA {100 * figures['overall']:.1f}, {figures['seconds']:.0f} s", flush=True)
    return failures


def run_unit(
    unit: Unit,
    fingerprint: str,
    scene: SceneSetting,
    method: Method,
    benchmark: Benchmark,
    place: Workplace,
) -> Result:
    """Run one method on one scene."""
    if unit.labels:
        benchmark = with_few_labels(benchmark, unit.labels)
    own = f"-{unit.draw}" if scene.raster_changes else ""
    place.kept.begin(f"{scene.raster}{own}", not scene.raster_changes)
    outcome = method.run(benchmark, unit.draw, place)
    return Result(unit, fingerprint, judged(benchmark, outcome), outcome.notes)


@cache
def _workplace() -> Workplace:
    return Workplace()


def finished(plan: Plan, store: Store, any_version: bool = False) -> list[Result]:
    """Return the results of a plan that are there.

    Args:
        plan: Which are wanted.
        store: Where they are.
        any_version: Whether the latest result of another version will do.
    """
    latest = store.latest()
    whichever = {result.unit: result for result in latest.values()}
    found = []
    for unit, fingerprint in plan.units().items():
        other = whichever.get(unit) if any_version else None
        result = latest.get((unit, fingerprint), other)
        if result is not None:
            found.append(result)
    return found
