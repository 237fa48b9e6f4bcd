"""The processes that run what is missing, and the results that are there."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import torch

from bench.accuracy.fingerprint import combined, module_fingerprint, package_fingerprint
from bench.accuracy.store import Result, Store, Unit
from hsi_film_plugin.engine.errors import EngineError

from .plan import Method, Task
from .scenes import PreparedScene, prepared_scenes
from .trials import Split, judged, run_trial

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SCENES, RESULTS, SYNTHESIZERS = "scenes", "results.jsonl", "synthesizers"


@dataclass(frozen=True)
class Workplace:
    """Where and how everything runs.

    Attributes:
        folder: Holds the scenes, the synthesizers and the results.
        device: ``cpu`` or ``cuda``.
        deadline: When to begin nothing more, in seconds since the epoch; None for never.
        text_encoder: A folder; None for the installed one.
        effort: Of the synthesizers' training.
    """

    folder: Path
    device: str = "cpu"
    deadline: float | None = None
    text_encoder: str | None = None
    effort: float = 1.0

    @property
    def store(self) -> Store:
        """Return the results."""
        return Store(self.folder / RESULTS)

    @property
    def over(self) -> bool:
        """Return whether nothing more is to begin."""
        return self.deadline is not None and time.time() > self.deadline

    def scenes(self) -> dict[str, PreparedScene]:
        """Return the scenes, by name."""
        return {scene.name: scene for scene in prepared_scenes(self.folder / SCENES)}


def unit_fingerprint(scene: PreparedScene, method: Method, place: Workplace) -> str:
    """Return what decides a run's result besides its seed."""
    made_by = [scene.fingerprint, _classifier_fingerprint(method.classifier)]
    if method.synthesizer:
        made_by.append(synthesizer_fingerprint(place))
    return combined(*made_by)


@lru_cache
def _classifier_fingerprint(classifier: str) -> str:
    package = "bench.synthesis"
    # what is planned, and the scenes, which have fingerprints of their own, decide no result
    without = {f"{package}.{name}" for name in ("plan", "schedule", "scenes", "samples")}
    if classifier == "film":
        return combined(
            package_fingerprint(f"{package}.film", without=frozenset(without)),
            package_fingerprint("hsi_film_plugin.engine.training"),
        )
    other = {"svm": "patch_classifier", "cnn": "spectral_classifier"}[classifier]
    return package_fingerprint(
        f"{package}.trials", without=frozenset({*without, f"{package}.{other}"})
    )


@lru_cache
def synthesizer_fingerprint(place: Workplace) -> str:
    """Return what decides synthetic samples besides the scene and its labels."""
    engine = "hsi_film_plugin.engine.synthesis"
    return combined(
        module_fingerprint("bench.synthesis.samples"),
        package_fingerprint(*(f"{engine}.{name}" for name in ("training", "patches", "making"))),
        place.effort,
        place.text_encoder,
    )


def missing(
    wanted: Sequence[Task], scenes: dict[str, PreparedScene], place: Workplace
) -> tuple[list[Task], int]:
    """Return what of the tasks is not done, in their order, and how many runs that is."""
    done = set(place.store.latest())
    left = []
    for task in wanted:
        scene = scenes[task.scene]
        methods = tuple(
            method
            for unit, method in zip(task.units, task.methods)
            if (unit, unit_fingerprint(scene, method, place)) not in done
        )
        if methods:
            left.append(replace(task, methods=methods))
    return left, sum(len(task.methods) for task in left)


def run_all(wanted: Sequence[Task], place: Workplace, workers: int) -> list[str]:
    """Run tasks in processes that share the cores (or obey OMP_NUM_THREADS), in their order.

    Returns:
        A sentence for each run that failed.
    """
    given = os.environ.get(_THREAD_LIMITS[0], "")
    threads = int(given) if given.isdigit() else max(1, (os.cpu_count() or 1) // workers)
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, str(threads)))
    if workers == 1:
        torch.set_num_threads(threads)
        return [failure for task in wanted for failure in run_task(task, place)]
    failures = []
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=torch.set_num_threads, initargs=(threads,)
    ) as pool:
        futures = {pool.submit(run_task, task, place): task for task in wanted}
        try:
            for future in as_completed(futures):
                error = future.exception()
                if error is None:
                    failures += future.result()
                else:  # such as a process that was killed for memory
                    task = futures[future]
                    failures.append(f"{task.scene}, seed {task.draw}: {error!r}")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return failures


def run_task(task: Task, place: Workplace) -> list[str]:
    """Run one task in this process, each result stored as soon as it is there.

    Returns:
        A sentence for each run that failed; the others go on.
    """
    failures = []
    for unit, method in zip(task.units, task.methods):
        if place.over:
            break
        name = f"{unit.scene}, {unit.labels} labels, seed {unit.draw}: {method.name}"
        try:
            split = _split(place, task.scene, task.labels, task.draw)
            figures = _run(split, method, place)
        except (EngineError, SystemExit, RuntimeError, ValueError) as error:
            failures.append(f"{name} failed: {error}")
            print(failures[-1], flush=True)
            continue
        place.store.add(Result(unit, unit_fingerprint(split.scene, method, place), figures))
        print(
            f"{name} balanced {100 * figures['balanced']:.1f}, rare {100 * figures['rare']:.1f}, "
            f"{figures['seconds']:.0f} s",
            flush=True,
        )
    return failures


@lru_cache(maxsize=1)
def _split(place: Workplace, scene: str, labels: int, draw: int) -> Split:
    return Split(place.scenes()[scene], labels, draw, torch.device(place.device))


def _run(split: Split, method: Method, place: Workplace) -> dict[str, float]:
    # the engine's networks take a while to import, and the cheap remedies need none of them
    if method.classifier == "film":
        from .film import run_film

        started = time.perf_counter()
        return judged(split, run_film(split, method, place), started)
    samples = None
    if method.synthesizer:
        from .samples import drawn_samples

        samples = drawn_samples(split, method, place)
    started = time.perf_counter()
    return judged(split, run_trial(split, method, samples), started)


def finished(
    wanted: Sequence[Task],
    scenes: dict[str, PreparedScene],
    place: Workplace,
    any_version: bool = False,
) -> list[Result]:
    """Return the results of tasks that are there.

    Args:
        wanted: The tasks.
        scenes: By name.
        place: Where results are.
        any_version: Whether the latest result of another version will do.
    """
    latest = place.store.latest()
    whichever: dict[Unit, Result] = {result.unit: result for result in latest.values()}
    found: dict[Unit, Result] = {}
    for task in wanted:
        for unit, method in zip(task.units, task.methods):
            key = unit, unit_fingerprint(scenes[task.scene], method, place)
            result = latest.get(key, whichever.get(unit) if any_version else None)
            if result is not None:
                found[unit] = result
    return list(found.values())
