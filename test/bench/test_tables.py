from __future__ import annotations

from pathlib import Path

import pytest

from bench.accuracy.methods import Method, all_methods
from bench.accuracy.scenes import SceneSetting, scene_settings
from bench.accuracy.store import Result, Unit
from bench.accuracy.tables import (
    Results,
    all_tables,
    control_table,
    few_labels_table,
    gain_table,
    scene_table,
    summary_table,
    sweep_table,
    validation_table,
)

SCENES = {scene.name: scene for scene in scene_settings(None)}
POTSDAM, FIELDS = SCENES["enmap_potsdam"], SCENES["indian_pines_ms-fields"]


def run(
    method: str,
    overall: float,
    *,
    scene: SceneSetting = POTSDAM,
    draw: int = 0,
    labels: int = 0,
    **figures: float,
) -> Result:
    known = {"overall": overall, "balanced": overall, "kappa": overall / 2, "f1": overall}
    known |= {"train_seconds": 3.0, "predict_seconds": 1.0, "seconds": 4.0}
    known |= {"train_pixels": 276, "test_pixels": 3434}
    return Result(Unit(scene.name, draw, labels, method), "v", known | figures)


def results(*found: Result) -> Results:
    return Results(list(SCENES.values()), all_methods(), found)


def cell(table_of: object, row: str, column: str) -> str:
    columns, rows = table_of.columns, {line[0]: line for line in table_of.rows}
    return rows[row][columns.index(column)]


def test_a_scene_shows_mean_and_sample_deviation_over_seeds() -> None:
    table = scene_table(
        results(
            run("default", 0.60, seconds=20.0, draw=0),
            run("default", 0.64, seconds=28.0, draw=1),
            run("forest", 0.5, seconds=4.0),
        ),
        POTSDAM,
    )
    assert cell(table, "HSI FiLM, default", "OA") == "62.0 ± 2.8"
    assert cell(table, "HSI FiLM, default", "κ") == "0.310 ± 0.014"
    assert cell(table, "HSI FiLM, default", "× forest") == "6.0"
    assert cell(table, "Random forest, 300 trees (1)", "OA") == "50.0"
    assert "2 seeds" in table.note
    assert "276 training and 3,434 test pixels" in table.note


def test_the_summary_marks_the_best_and_counts_our_margin_over_the_best_peer() -> None:
    table = summary_table(
        results(
            run("default", 0.70),
            run("forest", 0.60),
            run("svm", 0.66),
            run("default", 0.40, scene=FIELDS),
            run("forest", 0.50, scene=FIELDS),
            run("svm", 0.30, scene=FIELDS),
        )
    )
    assert cell(table, POTSDAM.name, "HSI FiLM, default") == "**70.0**"
    assert cell(table, POTSDAM.name, "default − best peer") == "+4.0"
    assert cell(table, FIELDS.name, "Random forest, 300 trees") == "**50.0**"
    assert cell(table, FIELDS.name, "default − best peer") == "-10.0"
    assert cell(table, "mean of 2 scenes", "HSI FiLM, default") == "**55.0**"
    assert cell(table, "mean of 2 scenes", "default − best peer") == "-3.0"


def test_the_margin_is_taken_on_common_draws_only() -> None:
    table = summary_table(
        results(
            run("default", 0.70, draw=0),
            run("default", 0.30, draw=1),
            run("forest", 0.65, draw=0),
            run("forest", 0.35, draw=1),
            run("svm", 0.60, draw=0),
        )
    )
    assert cell(table, POTSDAM.name, "default − best peer") in ("+0.0", "-0.0")
    assert cell(table, POTSDAM.name, "SVM, RBF, grid search") == "**60.0** (1)"
    assert cell(table, POTSDAM.name, "Random forest, 300 trees") == "50.0"


def test_scenes_with_gaps_are_not_in_the_mean() -> None:
    table = summary_table(
        results(run("default", 0.7), run("forest", 0.6), run("forest", 0.2, scene=FIELDS))
    )
    assert cell(table, FIELDS.name, "HSI FiLM, default") == "–"
    assert cell(table, "mean of 1 scenes", "Random forest, 300 trees") == "60.0"


def test_the_report_is_held_against_the_truth() -> None:
    first = {"ece_held_out": 0.02, "ece_test": 0.08, "fold_distance": 12.0}
    second = {"ece_held_out": 0.04, "ece_test": 0.10, "fold_distance": 12.0}
    table = validation_table(
        results(
            run("default", 0.6, validated=0.5, **first),
            run("default", 0.6, scene=FIELDS, validated=0.66, **second),
        )
    )
    assert cell(table, POTSDAM.name, "difference") == "-10.0"
    assert cell(table, "mean", "difference") == "-2.0, size 8.0"
    assert cell(table, "mean", "ECE, held out") == "0.030"


def test_few_labels_stand_beside_each_other() -> None:
    table = few_labels_table(
        results(run("default", 0.5, labels=15), run("forest", 0.4, labels=50), run("default", 0.9))
    )
    assert cell(table, POTSDAM.name, "HSI FiLM, default, 15") == "50.0"
    assert cell(table, POTSDAM.name, "Random forest, 300 trees, 50") == "40.0"


def test_pretraining_is_held_against_the_best_of_each_kind_of_explanation() -> None:
    table = gain_table(
        results(
            run("head-pretrained", 0.40),
            run("head-random", 0.33),
            run("head-smoothed-1", 0.20),
            run("head-smoothed-all", 0.31),
            run("forest", 0.25),
        )
    )
    assert table.rows[0] == (POTSDAM.name, "+7.0", "+9.0", "+15.0")


def test_controls_and_sweep_have_tables_of_their_own() -> None:
    found = results(
        run("head-random", 0.3), run("sweep-25-2_3", 0.4), run("sweep-25-2_3", 0.2, scene=FIELDS)
    )
    assert cell(control_table(found), POTSDAM.name, "random UNet, t = 25, blocks -2, -3") == "30.0"
    assert cell(sweep_table(found), "t = 25, blocks -2, -3", "mean") == "30.0"
    assert cell(sweep_table(found), "t = 25, blocks -2, -3", FIELDS.name) == "20.0"


def test_nothing_measured_is_no_table() -> None:
    assert all_tables(results()) == []


def test_every_table_is_as_wide_as_its_headings() -> None:
    found = [
        run(method.name, 0.5, validated=0.5, ece_held_out=0.1, ece_test=0.1, fold_distance=3.0)
        for method in all_methods()
    ]
    few = [run("default", 0.5, labels=5)]
    tables = all_tables(results(*found, *few))
    assert len(tables) == 7
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert "nan" not in table.markdown()


def test_names_are_unique() -> None:
    methods: list[Method] = all_methods()
    assert len({method.name for method in methods}) == len(methods)
    assert len({method.title for method in methods if method.group != "sweep"}) == len(
        [method for method in methods if method.group != "sweep"]
    )
    everything = scene_settings(Path("/nowhere"))
    assert len({scene.name for scene in everything}) == len(everything)


@pytest.mark.parametrize("place", ["indian_pines", "pavia_university", "augsburg", "berlin"])
def test_classic_scenes_that_are_not_there_say_which_files_they_want(
    place: str, tmp_path: Path
) -> None:
    found = {scene.name: scene for scene in scene_settings(tmp_path)}[f"classic-{place}"]
    assert str(tmp_path) in found.missing()
    assert ".mat not found" in found.missing()
