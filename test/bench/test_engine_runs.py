from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import engine_runs, head_controls
from bench.accuracy.benchmark import Benchmark, Outcome, judged
from bench.accuracy.engine_runs import run_engine
from bench.accuracy.head_controls import BackboneFeatures, head_on_backbone, head_on_smoothed
from bench.accuracy.kept_activations import KeptActivations
from hsi_film_plugin.engine import trial
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.heads import Fitting
from hsi_film_plugin.engine.training_settings import TrainingSettings

from .conftest import BenchmarkMaker

Control = Callable[[Benchmark], Outcome]


@pytest.fixture(autouse=True)
def _moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train heads for a moment only, on the CPU."""
    efforts = {"gentle": Fitting(steps=60, learning_rate=1e-2, dropout=0.1)}
    monkeypatch.setattr(trial, "EFFORTS", efforts)
    monkeypatch.setattr(head_controls, "EFFORTS", efforts)
    monkeypatch.setattr(trial, "MEMBERS_PER_FOLD", 1)
    monkeypatch.setattr(engine_runs, "device", lambda: Device("cpu", "a test", False))
    monkeypatch.setattr(head_controls, "device", lambda: Device("cpu", "a test", False))


def test_the_engine_is_judged_on_test_pixels_and_on_what_it_held_out(
    make_benchmark: BenchmarkMaker, tiny_backbone: Path
) -> None:
    benchmark = make_benchmark(nodata=3)
    settings = TrainingSettings(backbone=tiny_backbone, ensemble=1, timestep=0, blocks=(-2,))
    outcome = run_engine(benchmark, settings, KeptActivations())
    figures = judged(benchmark, outcome)
    assert figures["overall"] > 0.8
    assert 0 <= figures["ece_test"] <= 1
    assert 0 <= figures["ece_held_out"] <= 1
    assert figures["validated"] > 0.5
    assert outcome.notes["blend"].startswith(("1.0 ", "0."))


def test_five_seeds_ask_the_network_once(
    make_benchmark: BenchmarkMaker, tiny_backbone: Path
) -> None:
    benchmark, kept = make_benchmark(), KeptActivations()
    settings = TrainingSettings(
        backbone=tiny_backbone, ensemble=1, timestep=0, blocks=(-2,), paths=("film",)
    )
    first = run_engine(benchmark, settings, kept)
    spared, held = kept.spared, kept.bytes
    again = run_engine(benchmark, settings, kept)
    assert kept.bytes == held > 0
    assert kept.spared > spared
    np.testing.assert_array_equal(first.predicted, again.predicted)


def test_heads_learn_from_the_network_and_repeat_themselves(
    make_benchmark: BenchmarkMaker, tiny_backbone: Path
) -> None:
    benchmark, features = make_benchmark(nodata=3), BackboneFeatures()

    def run(seed: int) -> Outcome:
        return head_on_backbone(benchmark, seed, features, tiny_backbone, 25, (-2, -3))

    np.testing.assert_array_equal(run(0).predicted, run(0).predicted)
    assert judged(benchmark, run(0))["overall"] > 0.6
    assert len(features._found) == 1


def test_heads_learn_from_smoothed_bands(make_benchmark: BenchmarkMaker) -> None:
    benchmark = make_benchmark(noise=0.5)
    outcome = head_on_smoothed(benchmark, 0, (1.0, 2.0))
    assert judged(benchmark, outcome)["overall"] > 0.7
    again = head_on_smoothed(benchmark, 0, (1.0, 2.0))
    np.testing.assert_array_equal(outcome.predicted, again.predicted)


def test_heads_are_not_shown_the_test_pixels(
    make_benchmark: BenchmarkMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark = make_benchmark()
    seen: list[int] = []
    original = head_controls.whitening

    def watched(values: np.ndarray, components: int) -> object:
        seen.append(len(values))
        return original(values, components)

    monkeypatch.setattr(head_controls, "whitening", watched)
    head_on_smoothed(benchmark, 0, (1.0,))
    lattice = (40 // head_controls._LATTICE) ** 2
    assert seen == [len(benchmark.train) + lattice]
