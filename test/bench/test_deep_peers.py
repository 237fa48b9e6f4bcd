from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from bench.accuracy import deep_peers
from bench.accuracy.benchmark import Benchmark, Outcome, Pixels, judged
from bench.accuracy.deep_peers import Patches
from bench.accuracy.networks import HybridCnn, SpectralCnn, TokenTransformer

from .conftest import BenchmarkMaker

PEERS = (deep_peers.spectral_cnn, deep_peers.hybrid_cnn, deep_peers.token_transformer)
Peer = Callable[[Benchmark, int], Outcome]


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPECTRAL", "HYBRID", "TRANSFORMER"):
        recipe = replace(getattr(deep_peers, name), steps=25, batch=32)
        monkeypatch.setattr(deep_peers, name, recipe)


@pytest.mark.parametrize("peer", PEERS)
def test_networks_learn_and_repeat_themselves(peer: Peer, make_benchmark: BenchmarkMaker) -> None:
    benchmark = make_benchmark(noise=0.05, nodata=3)
    first, again = peer(benchmark, 1), peer(benchmark, 1)
    np.testing.assert_array_equal(first.predicted, again.predicted)
    assert judged(benchmark, first)["overall"] > 0.55


@pytest.mark.parametrize("peer", PEERS)
def test_networks_leave_the_random_state_of_others_alone(
    peer: Peer, make_benchmark: BenchmarkMaker
) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    peer(make_benchmark(), 1)
    torch.testing.assert_close(torch.rand(3), expected)


@pytest.mark.parametrize(("network", "side"), [(HybridCnn, 11), (TokenTransformer, 13)])
@pytest.mark.parametrize("channels", [3, 15])
def test_patch_networks_take_few_and_many_channels(
    network: Callable[[int, int], torch.nn.Module], side: int, channels: int
) -> None:
    assert network(channels, 4).eval()(torch.zeros(2, channels, side, side)).shape == (2, 4)


@pytest.mark.parametrize("bands", [2, 7, 200])
def test_the_spectral_network_takes_few_and_many_bands(bands: int) -> None:
    assert SpectralCnn(bands, 4).eval()(torch.zeros(2, bands, 1, 1)).shape == (2, 4)


def test_patches_are_centred_and_mirrored_at_the_edge() -> None:
    channels = np.arange(2 * 6 * 7, dtype=np.float32).reshape(2, 6, 7)
    pixels = Pixels(np.array([3, 0]), np.array([2, 6]), np.array([0, 0]))
    inside, corner = Patches(channels, 3, torch.device("cpu")).at(pixels).numpy()
    np.testing.assert_array_equal(inside, channels[:, 2:5, 1:4])
    np.testing.assert_array_equal(corner[:, 1, 1], channels[:, 0, 6])
    np.testing.assert_array_equal(corner[:, 0], corner[:, 1])
    np.testing.assert_array_equal(corner[:, :, 2], corner[:, :, 1])
