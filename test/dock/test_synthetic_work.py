"""Synthetic samples in the whole dock: from labels to samples in the final training."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def made(dock, labels, write_synthesizer, write_samples, stand_in, provider, until, tmp_path):
    """The dock with a synthesizer and samples, from an engine that writes files as told."""

    def train(params):
        write_synthesizer(params["synthesizer"])
        return {}

    def synthesize(params):
        write_samples(params["samples"])
        return {}

    def evaluate(params):
        Path(params["report"]).write_text("report")
        return {}

    stand_in._train_synthesizer = train
    stand_in._synthesize = synthesize
    stand_in._evaluate_samples = evaluate
    page = dock.synthetic_page
    page.train.click()
    until(lambda: page.choice.facts is not None and page.make.isEnabled())
    page.make.click()
    until(lambda: page.shown.samples is not None and page.judge.isEnabled())
    return dock


def test_from_labels_to_samples_in_the_final_training(
    made, stand_in, project, until, monkeypatch, tmp_path
):
    from qgis.PyQt.QtGui import QDesktopServices

    opened, page = [], made.synthetic_page
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    layers = set(project.mapLayers())
    page.judge.click()
    until(lambda: opened)
    assert Path(opened[0]).read_text() == "report"
    page.addToTraining.click()
    until(lambda: made.training_samples.path)
    assert set(project.mapLayers()) == layers  # a gallery, and no clutter
    made.finish_page.run.click()
    until(lambda: "train_and_classify" in stand_in.methods() and made.finish_page.run.isEnabled())
    jobs = dict(stand_in.jobs)
    assert jobs["train_and_classify"]["synthetic"] == str(tmp_path / "scene_samples.safetensors")
    assert jobs["evaluate_samples"]["samples"] == jobs["synthesize"]["samples"]
    assert "output" not in jobs["synthesize"]


def test_a_training_can_be_stopped_in_the_strip(
    dock, labels, stand_in, provider, until, until_mapped, monkeypatch
):
    from qgis.PyQt.QtWidgets import QMessageBox

    from hsi_film_plugin.dock import status_strip

    asked = []

    def yes(parent, title, text, *buttons):
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", yes)
    monkeypatch.setattr(status_strip, "PATIENCE_MS", 0)
    until_mapped()
    dock.map_page.automatic.setChecked(False)
    stand_in.held.add("train_synthesizer")
    dock.synthetic_page.train.click()
    until(lambda: "train_synthesizer" in stand_in.methods())
    until(lambda: dock.strip.shown == "synthesis")
    dock._content.cancel.click()
    assert len(asked) == 1
    until(lambda: dock.synthetic_page.train.isEnabled())
    assert "goes on from there" in dock.synthetic_page.result.text()
    assert dock.strip.shown != "synthesis"


def test_without_an_engine_the_way_out_is_told(dock, labels, provider, monkeypatch):
    from hsi_film_plugin.processing.algorithm import HsiFilmAlgorithm

    missing = (False, "The engine is not installed.")
    monkeypatch.setattr(HsiFilmAlgorithm, "canExecute", lambda self: missing)
    dock.synthetic_page.train.click()
    assert dock.synthetic_page.result.text() == "The engine is not installed."
    assert dock.synthetic_page.train.isEnabled()


def test_a_project_remembers_synthesizer_and_samples(made, project, until, tmp_path):
    import json

    made.synthetic_page.addToTraining.click()
    until(lambda: made.training_samples.path)
    state = json.loads(json.dumps(made.state()))
    assert state["training_samples"] == str(tmp_path / "scene_samples.safetensors")
    made._project_cleared()
    assert made.training_samples.path == ""
    assert made.synthetic_page.choice.path == ""
    assert made.synthetic_page.shown.samples is None
    made.restore(state)
    assert made.training_samples.path == state["training_samples"]
    until(lambda: made.synthetic_page.choice.facts is not None)
    until(lambda: made.synthetic_page.shown.samples is not None)
    made.restore({"training_samples": 3, "synthetic_page": []})
    assert made.training_samples.path == state["training_samples"]


def test_each_scene_has_its_own_samples(made, add_scene, project, until, tmp_path):
    made.synthetic_page.addToTraining.click()
    until(lambda: made.training_samples.path)
    kept, first = made.training_samples.path, made.labelling.scene
    assert made.finish_page.training_parameters()["SYNTHETIC"] == kept
    made.labelling.set_scene(add_scene(name="other"))
    assert made.training_samples.path == ""
    assert "SYNTHETIC" not in made.finish_page.training_parameters()
    made.restore({"page": 1})  # a session from before there were samples
    assert made.training_samples.path == ""
    made.labelling.set_scene(first)
    assert made.training_samples.path == kept


def test_samples_come_as_layers_if_wanted(made, stand_in, write_map, project, until):
    def synthesize(params):
        Path(params["samples"]).write_bytes(
            Path(made.synthetic_page.shown.samples.path).read_bytes()
        )
        for name, bands in (("output", 20), ("label_raster", 1)):
            write_map(params[name], (0, 0, 80, 80), bands=bands)
        return {"classes": []}

    stand_in._synthesize = synthesize
    made.synthetic_page.onMap.setChecked(True)
    made.synthetic_page.make.click()
    until(
        lambda: all(
            project.mapLayersByName(name)
            for name in ("Synthetic samples", "Synthetic samples – classes")
        )
    )


@pytest.fixture
def small_letters(qgis):
    """The letters of an ordinary desktop; without a screen Qt takes those of a poster."""
    from qgis.PyQt.QtGui import QFont

    before = QFont(qgis.font())
    small = QFont(before)
    small.setPointSizeF(9)
    qgis.setFont(small)
    yield
    qgis.setFont(before)


def test_it_fits_a_small_screen_with_samples(
    small_letters, made, write_synthesizer, tmp_path, until, do_what_is_due
):
    made._content.pages.setCurrentIndex(4)
    long = write_synthesizer(tmp_path / f"{'a_very_long_name' * 5}.safetensors")
    page = made.synthetic_page
    page.choice.use(long)
    until(lambda: not page.choice.reading)
    page.prompt.setText("strange " * 30)
    page.tell("a_word_without_an_end" * 10)
    made.training_samples.use(long)
    do_what_is_due()
    assert page.minimumSizeHint().width() <= 360
    assert made.finish_page.minimumSizeHint().width() <= 360
    assert made.minimumSizeHint().width() <= 380
