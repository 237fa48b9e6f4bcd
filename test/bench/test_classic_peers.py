from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.accuracy import classic_peers
from bench.accuracy.benchmark import Benchmark, Outcome, judged

from .conftest import BenchmarkMaker

PEERS = (
    classic_peers.forest_on_bands,
    classic_peers.support_vectors_on_bands,
    classic_peers.forest_on_components,
    classic_peers.forest_on_smoothed,
    classic_peers.support_vectors_on_smoothed,
    classic_peers.support_vectors_on_profiles,
)
Peer = Callable[[Benchmark, int], Outcome]


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    original = classic_peers.random_forest
    monkeypatch.setattr(
        classic_peers, "random_forest", lambda seed: original(seed).set_params(n_estimators=30)
    )


@pytest.mark.parametrize("peer", PEERS)
def test_peers_learn_and_repeat_themselves(peer: Peer, make_benchmark: BenchmarkMaker) -> None:
    benchmark = make_benchmark(noise=0.2, nodata=3)
    first, again = peer(benchmark, 1), peer(benchmark, 1)
    np.testing.assert_array_equal(first.predicted, again.predicted)
    assert judged(benchmark, first)["overall"] > 0.7
    assert first.train_seconds > 0
    assert first.predict_seconds > 0


def test_smoothing_helps_where_noise_hides_the_classes(make_benchmark: BenchmarkMaker) -> None:
    benchmark = make_benchmark(noise=1.0)
    alone = classic_peers.forest_on_bands(benchmark, 0)
    smooth = classic_peers.forest_on_smoothed(benchmark, 0)
    gain = judged(benchmark, smooth)["overall"] - judged(benchmark, alone)["overall"]
    assert gain > 0.1
