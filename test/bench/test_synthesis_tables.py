from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.accuracy.store import Result, Unit
from bench.synthesis.plan import MIDDLE, Method
from bench.synthesis.quality import Quality
from bench.synthesis.scenes import PreparedScene
from bench.synthesis.tables import (
    Results,
    all_texts,
    balance_table,
    best_cheap,
    gain,
    gain_table,
    parts_table,
    quality_table,
    sentences,
)

SCENES = [
    PreparedScene(Path("x"), name, "f", "in blocks", 2, (2,), {1: "meadow", 2: "roof"})
    for name in ("one", "two")
]
BALANCED = {"none": 0.50, "weights": 0.60, "smote": 0.58, "vae": 0.55, "coarse": 0.61}


def results(fine: float = 0.65, wobble: float = 0.001) -> Results:
    found = []
    for scene in SCENES:
        for draw in range(2):
            for arm, value in {**BALANCED, "fine": fine}.items():
                value += wobble * draw * (arm == "fine")
                figures = {"overall": 0.7, "balanced": value, "kappa": 0.5}
                figures |= {"rare": value - 0.1, "spread": 0.2, "seconds": 1.0}
                unit = Unit(scene.name, draw, MIDDLE, Method("svm", arm).name)
                found.append(Result(unit, "f", figures))
    return Results(SCENES, found, [])


def test_the_best_cheap_remedy_is_the_one_with_the_highest_mean() -> None:
    assert best_cheap(results(), "svm", MIDDLE) == "weights"
    assert best_cheap(results(), "cnn", MIDDLE) is None


def test_a_gain_is_the_mean_of_paired_differences_with_its_interval() -> None:
    found = gain(results(), Method("svm", "fine"), Method("svm", "weights"), MIDDLE)
    assert found.pairs == 4
    assert found.mean == pytest.approx(5.05)
    assert found.low == pytest.approx(5.05 - 3.1824 * 0.0577 / 2, abs=1e-3)
    assert found.low < found.mean < found.high


def test_the_aim_is_said_to_be_reached_only_if_it_is() -> None:
    assert "reached with 1 of 1 classifiers" in " ".join(sentences(results(0.65)))
    near = " ".join(sentences(results(0.6105)))
    assert "reached with 0 of 1 classifiers" in near
    assert "is behind" in " ".join(
        sentences(
            Results(SCENES, [r for r in results(0.5).found if "coarse" not in r.unit.method], [])
        )
    )


def test_an_arm_that_lacks_a_scene_has_no_mean() -> None:
    whole = results()
    part = [
        r for r in whole.found if not (r.unit.scene == "two" and r.unit.method == "svm/weights")
    ]
    assert best_cheap(Results(SCENES, part, []), "svm", MIDDLE) == "smote"


def test_tables_show_what_is_there_and_nothing_else() -> None:
    text = all_texts(results())
    assert "### one" in text
    assert "**65.0**" in text or "**65.1**" in text
    assert "2-D CNN on patches, 10" not in text
    assert not parts_table(results()).rows
    assert gain_table(results()).rows[0][2] == "class weights"


def test_what_could_not_be_measured_of_samples_is_a_dash() -> None:
    quality = Quality("one", "f", {"reconstruction": 1.234, "layout": float("nan")})
    row = quality_table(Results(SCENES, [], [quality])).rows[0]
    assert row[1] == "1.23"
    assert row[-1] == "–"
    assert all_texts(Results(SCENES, [], [quality]))


def test_what_is_compared_along_a_line_is_of_the_same_draws() -> None:
    whole = results(wobble=0.2)
    few = [
        Result(replace(r.unit, method=f"{r.unit.method}/balance={share:g}"), "f", dict(r.figures))
        for r in whole.found
        for share in (0.25, 0.5)
        if r.unit.method == "svm/fine" and r.unit.draw == 0
    ]
    table = balance_table(replace(whole, found=[*whole.found, *few]))
    assert table.rows == (("SVM on spectra", "ours, fine prompts", "50.0", *["65.0"] * 3),)
