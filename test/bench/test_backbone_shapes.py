"""Backbones are compared on the same draws, each with its random twin."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from bench import backbone_shapes
from bench.accuracy.benchmark import Outcome
from bench.accuracy.head_controls import BackboneFeatures
from bench.backbone_shapes import Judgement, Place, _blocks, comparison, judgements, shape

from .conftest import BenchmarkMaker

HERE = Place(25, (-2, -3))


def judgement(scene: str, draw: int, network: str, random: bool, overall: float) -> Judgement:
    return Judgement(scene, draw, network, random, HERE, overall, overall / 2)


def test_gains_are_taken_draw_by_draw_over_the_same_shape():
    found = [
        judgement("fields", 0, "wide", False, 0.30),
        judgement("fields", 1, "wide", False, 0.50),
        judgement("fields", 0, "wide", True, 0.31),
        judgement("fields", 1, "wide", True, 0.40),
        judgement("potsdam", 0, "wide", False, 0.60),
        judgement("potsdam", 0, "wide", True, 0.57),
    ]
    trained, random = comparison(found, {"wide": "64-96"}).rows
    assert trained == (
        *("wide", "64-96", "t = 25, blocks -2, -3"),
        *("40.0 ± 14.1 (+4.5; 1/2)", "60.0 (+3.0; 1/1)", "50.0 (+3.8)"),
    )
    assert random == (
        *("wide, random weights", "64-96", "t = 25, blocks -2, -3"),
        *("35.5 ± 6.4", "57.0", "46.2"),
    )
    assert comparison(found, {}, "balanced").rows[0][3] == "20.0 ± 7.1 (+2.2; 1/2)"


def test_a_network_without_its_twin_has_no_gain():
    (row,) = comparison([judgement("fields", 0, "wide", False, 0.3)], {}).rows
    assert row[3:] == ("30.0", "30.0")


def test_every_network_is_read_at_every_place_on_every_draw(
    make_benchmark: BenchmarkMaker, monkeypatch: pytest.MonkeyPatch
):
    first = make_benchmark()
    draws = [first, replace(first, draw=1)]
    folders = {False: Path("trained"), True: Path("random")}
    places = [Place(0, (-1,)), Place(25, (-1,)), Place(25, (-1, -2))]
    remembered: dict[tuple[Path, int], set[BackboneFeatures]] = {}

    def head(benchmark, seed, features, folder, timestep, blocks):
        remembered.setdefault((folder, timestep), set()).add(features)
        right = benchmark.test.classes
        wrong = (right + 1) % benchmark.n_classes
        return Outcome(right if (seed, blocks) == (1, (-1, -2)) else wrong, 0.0, 0.0)

    monkeypatch.setattr(backbone_shapes, "head_on_backbone", head)
    found = list(judgements(draws, {"tiny": folders}, places))
    assert {(one.random, one.draw, one.place) for one in found} == {
        (random, draw, place) for random in folders for draw in (0, 1) for place in places
    }
    assert {one.place for one in found if one.overall} == {places[2]}
    assert {one.draw for one in found if one.overall} == {1}
    # what draws share is computed once for each network and timestep
    assert len(remembered) == 4
    assert all(len(features) == 1 for features in remembered.values())


def test_the_shape_is_read_off_the_folder(tiny_backbone: Path):
    said = shape(tiny_backbone)
    assert said.startswith("8-16-16, layers 1, attention on 0 levels, ")
    assert said.endswith(" MB")


def test_blocks_are_counted_from_the_decoders_end():
    assert _blocks("2,3") == (-2, -3)
    for wrong in ("0", "5", "1,5"):
        with pytest.raises(argparse.ArgumentTypeError, match="1 \\(the last\\) to 4"):
            _blocks(wrong)
