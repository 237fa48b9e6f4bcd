from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.accuracy.kept_activations import KeptActivations
from bench.accuracy.random_backbone import random_backbone
from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.device import choose_device


@pytest.fixture
def backbone(tiny_backbone: Path) -> Backbone:
    return Backbone(tiny_backbone, choose_device("cpu"))


@pytest.fixture
def passes(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts passes through the network: the timestep of each."""
    done: list[int] = []
    original = Backbone.activations

    def counted(self, pictures, timestep, blocks):
        done.append(timestep)
        return original(self, pictures, timestep, blocks)

    monkeypatch.setattr(Backbone, "activations", counted)
    return done


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_what_was_asked_before_is_answered_from_memory(
    backbone: Backbone, passes: list[int]
) -> None:
    expected = backbone.activations(pictures(), 10, (-2, -3))
    kept = KeptActivations()
    with kept.serving():
        first = backbone.activations(pictures(), 10, (-2, -3))
        assert kept.spared == 0
        again = backbone.activations(pictures(), 10, (-3,))
    assert len(passes) == 2
    torch.testing.assert_close(first, expected, rtol=0, atol=0)
    torch.testing.assert_close(again[0], expected[1], rtol=0, atol=0)
    assert kept.spared > 0


def test_other_pictures_timesteps_blocks_and_networks_are_computed(
    backbone: Backbone, passes: list[int], tmp_path: Path
) -> None:
    other = Backbone(random_backbone(backbone.folder, tmp_path), choose_device("cpu"))
    with KeptActivations().serving():
        backbone.activations(pictures(), 10, (-2,))
        backbone.activations(pictures(1), 10, (-2,))
        backbone.activations(pictures(), 11, (-2,))
        backbone.activations(pictures(), 10, (-1,))
        other.activations(pictures(), 10, (-2,))
    assert passes == [10, 10, 11, 10, 10]


def test_memory_is_limited_and_passing_rasters_are_forgotten(
    backbone: Backbone, passes: list[int]
) -> None:
    kept = KeptActivations(most_bytes=1)
    with kept.serving():
        backbone.activations(pictures(), 0, (-2,))
    assert kept.bytes == 0
    kept = KeptActivations()
    with kept.serving():
        for raster, lasting, seed in (("a", True, 0), ("b", False, 1), ("c", False, 2)):
            kept.begin(raster, lasting)
            backbone.activations(pictures(seed), 0, (-2,))
        passes.clear()
        kept.begin("a", True)
        backbone.activations(pictures(0), 0, (-2,))
        assert not passes
        kept.begin("b", False)
        backbone.activations(pictures(1), 0, (-2,))
        assert passes == [0]


def test_the_network_is_itself_again_afterwards(backbone: Backbone) -> None:
    original = Backbone.activations
    with KeptActivations().serving():
        assert Backbone.activations is not original
    assert Backbone.activations is original


def test_random_weights_have_the_shape_of_the_source_and_repeat(
    tiny_backbone: Path, tmp_path: Path
) -> None:
    first = random_backbone(tiny_backbone, tmp_path / "a")
    again = random_backbone(tiny_backbone, tmp_path / "b")
    device = choose_device("cpu")
    source, one, two = (Backbone(folder, device) for folder in (tiny_backbone, first, again))
    assert one.info.sha256 == two.info.sha256 != source.info.sha256
    shapes = [[tuple(p.shape) for p in b.unet.parameters()] for b in (source, one)]
    assert shapes[0] == shapes[1]
