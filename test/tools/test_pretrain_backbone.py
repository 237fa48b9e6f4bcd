"""Pretraining: runs that go on as if never stopped, and a folder that the engine reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.device import Device
from tools.dead_leaves import dead_leaves
from tools.pretrain_backbone import Batches, Recipe, Run, spare_slow_gradients, train

RECIPE = Recipe(
    widths=(32, 32), attention=(False, True), steps=4, batch=2, warmup=1, leaves_pictures=2
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pictures() -> Batches:
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (80, 100, 3), dtype=np.uint8) for _ in range(3)]
    leaves = [dead_leaves(80, (0, number)) for number in range(2)]
    return Batches(photos, leaves, RECIPE)


def trained(folder: Path, pictures: Batches, stops: list[int]) -> Run:
    """Train in several runs, each from the checkpoint of the one before."""
    for steps in stops:
        run = Run(RECIPE, CPU)
        run.resume(folder)
        for step in range(run.step, steps):
            run.advance(pictures[step])
        run.save(folder)
    return run


def test_an_interrupted_run_ends_with_the_bytes_of_an_uninterrupted_one(tmp_path, pictures):
    whole = trained(tmp_path / "whole", pictures, [4])
    parts = trained(tmp_path / "parts", pictures, [1, 3, 4])
    assert whole.step == parts.step == 4
    for name, tensor in whole.average.items():
        assert torch.equal(tensor, parts.average[name]), name


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path, pictures):
    trained(tmp_path, pictures, [1])
    with pytest.raises(SystemExit, match="another recipe"):
        Run(replace(RECIPE, widths=(32, 64)), CPU).resume(tmp_path)


def test_the_exported_folder_serves_the_engine(tmp_path, pictures):
    run = Run(RECIPE, CPU)
    train(run, pictures, tmp_path / "work", None, 0)
    weights = run.export(tmp_path / "out", 3, ["1", "2", "3"], "A note.")
    assert {tensor.dtype for tensor in load_file(weights).values()} == {torch.float16}
    card = (weights.parent / "README.md").read_text(encoding="utf-8")
    assert "A note." in card
    assert "25% of the pictures" in card
    assert (weights.parent / "samples.png").stat().st_size
    backbone = Backbone(weights.parent, Device("cpu", "a test", bfloat16=False))
    (found,) = backbone.activations(torch.zeros(1, 3, 64, 64), 0, (-1,))
    assert found.shape == (1, 32, 64, 64)


def test_sparing_slow_gradients_changes_no_output_in_float32():
    torch.manual_seed(0)
    run = Run(RECIPE, CPU)
    picture = torch.randn(1, 3, 64, 64)
    spared = run.unet(picture, 5).sample
    for module in run.unet.modules():
        module.__dict__.pop("forward", None)
    torch.testing.assert_close(run.unet(picture, 5).sample, spared)
    spare_slow_gradients(run.unet)


def test_dead_leaves_are_repeatable_full_and_unlike_each_other():
    first, again, other = (dead_leaves(96, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (96, 96, 3)
    assert first.std() > 15
