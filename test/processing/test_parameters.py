"""Values of shared parameters on their way to the engine."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "blocks"),
    [("", None), ("  ", None), ("-2", [-2]), ("-2,-3", [-2, -3]), ("[0; 1]", [0, 1])],
)
def test_blocks_are_read_as_people_write_them(qgis, text, blocks):
    from hsi_film_plugin.processing.parameters import parse_blocks

    assert parse_blocks(text) == blocks


@pytest.mark.parametrize("text", ["up", "1.5", "-2,x", "--2"])
def test_what_is_no_list_of_blocks_is_quoted(qgis, text):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.processing.parameters import parse_blocks

    with pytest.raises(QgsProcessingException, match="Decoder blocks") as problem:
        parse_blocks(text)
    assert text in str(problem.value)


def test_the_choices_shown_are_those_the_engine_knows(provider):
    from hsi_film_plugin.processing.parameters import DEVICES, PSEUDO_IMAGES

    algorithm = provider.algorithm("trainclassifier")
    assert len(algorithm.parameterDefinition("DEVICE").options()) == len(DEVICES)
    assert len(algorithm.parameterDefinition("PSEUDO_IMAGE").options()) == len(PSEUDO_IMAGES)


def test_an_installed_backbone_is_named_by_its_id(qgis, run, engine, scene, tmp_path, monkeypatch):
    from hsi_film_plugin.bridge import folders
    from hsi_film_plugin.bridge.backbone_store import Origin, publish, store_folder

    monkeypatch.setattr(folders, "data_folder", lambda: tmp_path / "data")
    staged = store_folder() / ".staged"
    staged.mkdir(parents=True)
    publish(staged, "openai-64", Origin("OpenAI", "MIT", "a.pt", {}, False), store_folder())
    output = str(tmp_path / "features.tif")
    run("extractfeatures", INPUT=scene, BACKBONE="openai-64", OUTPUT=output)
    assert engine.job["backbone"] == str(store_folder() / "openai-64")


@pytest.mark.parametrize(("value", "job"), [("bundled", None), ("/some/folder", "/some/folder")])
def test_a_backbone_may_be_the_bundled_one_or_a_folder(run, engine, scene, tmp_path, value, job):
    run("extractfeatures", INPUT=scene, BACKBONE=value, OUTPUT=str(tmp_path / "features.tif"))
    assert engine.job.get("backbone") == job


def test_a_backbone_that_is_not_installed_says_how_to_install_it(
    run, engine, scene, tmp_path, monkeypatch
):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.bridge import folders

    monkeypatch.setattr(folders, "data_folder", lambda: tmp_path / "data")
    output = str(tmp_path / "features.tif")
    with pytest.raises(QgsProcessingException, match=r"'openai-64' .* is not installed\. Open"):
        run("extractfeatures", INPUT=scene, BACKBONE="openai-64", OUTPUT=output)
    assert engine.jobs == []
