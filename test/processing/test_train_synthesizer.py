"""hsifilm:trainsynthesizer, down to the job that the engine gets."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def train(run, engine, scene, polygons, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def train_with(**parameters):
        given = {
            "INPUT": scene,
            "LABELS": polygons,
            "CLASS_FIELD": "class_id",
            "SYNTHESIZER": str(tmp_path / "synthesizer.safetensors"),
            **parameters,
        }
        return run("trainsynthesizer", **given)

    return train_with


@pytest.fixture
def table(qgis):
    """Makes a table without geometry: its fields, and the rows."""
    from qgis.core import QgsFeature, QgsVectorLayer

    def make(fields, *rows):
        uri = "None?" + "&".join(f"field={field}" for field in fields)
        layer = QgsVectorLayer(uri, "my words", "memory")
        for values in rows:
            feature = QgsFeature(layer.fields())
            feature.setAttributes(list(values))
            layer.dataProvider().addFeature(feature)
        return layer

    return make


def refused(train, engine, match, **parameters):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=match):
        train(**parameters)
    assert engine.jobs == []


def test_what_the_user_left_alone_are_the_defaults(train, engine, scene):
    train()
    ((method, job),) = engine.jobs
    assert method == "train_synthesizer"
    assert job["input"] == scene
    assert job["class_field"] == "class_id"
    assert (job["prompts"], job["patch_size"], job["effort"], job["seed"]) == ("fine", 16, 1.0, 0)
    assert job["unlabelled"] is job["clipping"] is job["uncertainty"] is True
    assert job["device"] == "auto"
    assert not {"more_inputs", "descriptions", "text_encoder", "prompt_table"} & set(job)


def test_what_the_user_chose_reaches_the_engine(train, engine, write_raster, tmp_path):
    more = [write_raster(tmp_path / f"{name}.tif") for name in ("east", "west")]
    results = train(
        MORE_SCENES=more,
        PROMPTS=1,
        PATCH_SIZE=24,
        EFFORT=0.5,
        UNLABELLED=False,
        CLIPPING=False,
        UNCERTAINTY=False,
        TEXT_ENCODER=" /models/words ",
        SEED=4,
        DEVICE=1,
        REPORT=str(tmp_path / "report.html"),
        PROMPT_TABLE=str(tmp_path / "words.csv"),
    )
    job = engine.job
    assert job["more_inputs"] == more
    assert (job["prompts"], job["patch_size"], job["effort"], job["seed"]) == ("coarse", 24, 0.5, 4)
    assert job["unlabelled"] is job["clipping"] is job["uncertainty"] is False
    assert job["text_encoder"] == "/models/words"
    assert job["device"] == "cpu"
    assert results == {
        "SYNTHESIZER": str(tmp_path / "synthesizer.safetensors"),
        "REPORT": str(tmp_path / "report.html"),
        "PROMPT_TABLE": str(tmp_path / "words.csv"),
    }
    assert all(Path(path).exists() for path in results.values())


def test_descriptions_travel_as_csv(train, engine, table):
    words = table(
        ["Class:integer", "note:string", "description:string"],
        (1, "x", 'tall, "dark" trees'),
        (2, "y", None),
        (2, "z", "Wasser, still"),
    )
    train(DESCRIPTIONS=words)
    assert engine.descriptions_seen == (
        'class,description\n1,"tall, ""dark"" trees"\n2,"Wasser, still"\n'
    )
    assert not Path(engine.job["descriptions"]).exists()


def test_descriptions_may_be_a_csv_file_or_have_geometry(train, engine, polygons, tmp_path):
    from qgis.core import QgsField
    from qgis.PyQt.QtCore import QVariant

    (tmp_path / "words.csv").write_text("class,description\nWald,tall trees\n")
    train(DESCRIPTIONS=str(tmp_path / "words.csv"))
    assert engine.descriptions_seen == "class,description\nWald,tall trees\n"
    polygons.dataProvider().addAttributes(
        [QgsField("class", QVariant.String), QgsField("description", QVariant.String)]
    )
    polygons.updateFields()
    first = next(polygons.getFeatures())
    polygons.dataProvider().changeAttributeValues({first.id(): {3: "Wald", 4: "spruce"}})
    train(DESCRIPTIONS=polygons)
    assert engine.descriptions_seen == "class,description\nWald,spruce\n"


def test_a_table_without_the_fields_is_refused(train, engine, table):
    words = table(["class:string", "text:string"], ("Wald", "trees"))
    refused(train, engine, r"my words.*“description”.*class, text", DESCRIPTIONS=words)


def test_a_table_that_describes_nothing_is_refused(train, engine, table):
    words = table(["class:string", "description:string"], ("Wald", None), ("", "trees"))
    refused(train, engine, "holds no descriptions", DESCRIPTIONS=words)


def test_a_table_of_thousands_of_rows_is_refused(train, engine, table, monkeypatch):
    from hsi_film_plugin.layers import description_table

    monkeypatch.setattr(description_table, "MOST_ROWS", 1)
    words = table(["class:string", "description:string"], ("Wald", "a"), ("Wald", "b"))
    refused(train, engine, "more than 1 rows", DESCRIPTIONS=words)


def test_a_table_that_does_not_know_how_long_it_is_is_refused_too(
    train, engine, table, monkeypatch
):
    from qgis.core import QgsVectorLayer

    from hsi_film_plugin.layers import description_table

    monkeypatch.setattr(description_table, "MOST_ROWS", 1)
    monkeypatch.setattr(QgsVectorLayer, "featureCount", lambda self: -1)
    words = table(["class:string", "description:string"], ("Wald", "a"), ("Wald", "b"))
    refused(train, engine, "more than 1 rows", DESCRIPTIONS=words)


def test_a_scene_that_is_given_again_is_read_once(
    train, engine, feedback, scene, write_raster, tmp_path
):
    east = write_raster(tmp_path / "east.tif")
    other_way = str(tmp_path / "x" / ".." / "east.tif")
    (tmp_path / "x").mkdir()
    train(MORE_SCENES=[scene, east, other_way])
    assert engine.job["more_inputs"] == [east]
    assert len([info for info in feedback.infos if "more than once" in info]) == 2
    train(MORE_SCENES=[scene])
    assert "more_inputs" not in engine.jobs[-1][1]


def test_an_odd_patch_size_is_refused(train, engine):
    refused(train, engine, "17 is an odd number.*such as 18", PATCH_SIZE=17)


def test_the_ranges_are_those_of_the_engine():
    from hsi_film_plugin.engine.synthesis import settings
    from hsi_film_plugin.processing.train_synthesizer import EFFORT_RANGE, PATCH_RANGE

    assert (settings.LEAST_PATCH, settings.MOST_PATCH) == PATCH_RANGE
    assert (settings.LEAST_EFFORT, settings.MOST_EFFORT) == EFFORT_RANGE


def test_a_table_that_is_not_there_is_refused(train, engine, tmp_path):
    refused(train, engine, "DESCRIPTIONS", DESCRIPTIONS=str(tmp_path / "none.csv"))


def test_all_runs_share_a_folder_to_go_on_from(train, engine, tmp_path):
    train()
    place = tmp_path / "cache" / "hsi_film_plugin" / "synthesizers"
    assert engine.job["checkpoint"] == str(place)


def test_a_cancelled_run_says_that_it_can_go_on(train, engine, feedback):
    from hsi_film_plugin.bridge.client import EngineCancelled

    engine.failure = EngineCancelled()
    assert train() == {}
    assert any("goes on from there" in info for info in feedback.infos)
    assert not any("nothing is left" in info for info in feedback.infos)


def test_a_run_cancelled_too_late_says_where_the_synthesizer_is(train, engine, feedback, tmp_path):
    from hsi_film_plugin.bridge.client import EngineCancelled

    path = tmp_path / "synthesizer.safetensors"

    class Late(EngineCancelled):
        pass

    run = engine.run

    def finish_first(*arguments, **named):
        path.write_text("synthesizer")
        return run(*arguments, **named)

    engine.run = finish_first
    engine.failure = Late()
    train()
    assert any(str(path) in info for info in feedback.infos)
    assert not any("goes on from there" in info for info in feedback.infos)
    feedback.infos.clear()
    train()  # the file is that of the run before
    assert any("goes on from there" in info for info in feedback.infos)


def test_a_run_that_went_on_says_so(train, engine, feedback):
    engine.result = {"resumed": True}
    train()
    assert any("earlier run" in info for info in feedback.infos)
    feedback.infos.clear()
    engine.result = {"resumed": False}
    train()
    assert not any("earlier run" in info for info in feedback.infos)


def test_help_says_that_it_is_a_reconstruction_and_never_validates(provider):
    for name in ("trainsynthesizer", "synthesizesamples", "evaluatesamples"):
        page = provider.algorithm(name).shortHelpString()
        assert "reconstruction" in page
        assert "never enter validation" in page
