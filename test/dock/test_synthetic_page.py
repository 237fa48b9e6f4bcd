"""The page of synthetic samples: what it runs, shows, adds to training and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest


class Run:
    """Takes the place of the run of an algorithm; a QObject, for its signals."""

    def __new__(cls):
        from qgis.PyQt.QtCore import QObject, pyqtSignal

        class Noting(QObject):
            finished = pyqtSignal(object)
            failed = pyqtSignal(str)

            def __init__(self):
                super().__init__()
                self.started, self.dialogs, self.cancelled = [], [], False
                self.warnings = ()

            def start(self, algorithm, parameters):
                self.started.append((algorithm, parameters))

            def open_dialog(self, algorithm, parameters):
                self.dialogs.append((algorithm, parameters))

        return Noting()


class Live:
    """As much of the live map as the page uses."""

    def __init__(self):
        from hsi_film_plugin.dock.live_state import PreviewSettings

        self.settings = PreviewSettings(device="cuda")


@pytest.fixture
def page(qgis, labelling):
    from hsi_film_plugin.dock.synthetic_page import SyntheticPage
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    run, added = Run(), TrainingSamples()
    page = SyntheticPage(labelling, run, Live(), added)
    page.runs, page.added = run, added
    yield page
    remove(page)


def remove(page):
    """Delete a page now: later the collector of Python might do so in the thread of a task."""
    from qgis.PyQt import sip

    page.close_page()
    page.added.close()
    sip.delete(page)


@pytest.fixture
def labels(page, labelling, add_scene, give_labels, until):
    labelling.set_scene(add_scene())
    labels = give_labels(labelling, "Forest", "Water")
    until(lambda: "pixels" in page.sampleClass.itemText(0))
    return labels


@pytest.fixture
def synthesizer(page, labels, write_synthesizer, tmp_path, until):
    path = write_synthesizer(tmp_path / "forest.safetensors")
    page.choice.use(path)
    until(lambda: page.choice.facts is not None)
    return path


@pytest.fixture
def samples(page, synthesizer, write_samples, tmp_path, until):
    """Samples that were made just now."""
    path = write_samples(tmp_path / "made.safetensors")
    page.make.click()
    page.runs.finished.emit({"SAMPLES": path})
    until(lambda: page.shown.samples is not None)
    return path


@pytest.fixture
def asked(monkeypatch):
    """Answers questions, and keeps them."""
    from qgis.PyQt.QtWidgets import QMessageBox

    class Asked(list):
        yes = True

    asked = Asked()

    def answer(parent, title, text, *buttons):
        asked.append(text)
        return QMessageBox.StandardButton.Yes if asked.yes else QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", answer)
    return asked


def parameters_of(name):
    from qgis.core import QgsProcessingAlgorithm  # noqa: F401 - QGIS first

    from hsi_film_plugin.processing.provider import ALGORITHMS

    for kind in ALGORITHMS:
        algorithm = kind()
        if algorithm.name() == name.split(":")[1]:
            algorithm.initAlgorithm({})
            return {definition.name() for definition in algorithm.parameterDefinitions()}
    raise AssertionError(name)


# --- training a synthesizer -----------------------------------------------------------------


def test_without_image_and_labels_nothing_can_be_made(page):
    for name in ("train", "trainDialog", "make", "addToTraining", "judge", "gallery", "prompt"):
        assert not getattr(page, name).isEnabled(), name
    assert page.choose.isEnabled()
    assert page.openReport.isHidden()
    assert "None yet" in page.synthesizer.text()
    page.train_synthesizer()
    page.make_samples()
    page.judge_samples()
    assert page.runs.started == []
    assert "first" in page.result.text()


def test_classes_without_labels_train_nothing(page, labelling, add_scene):
    labelling.set_scene(add_scene())
    labelling.ensure_labels().classes.add("Forest")
    page.train.click()
    assert page.runs.started == []
    assert "label it first" in page.result.text()


def test_it_trains_on_scene_and_labels_of_the_project(page, labels, labelling, tmp_path):
    page.train.click()
    ((algorithm, parameters),) = page.runs.started
    assert algorithm == "hsifilm:trainsynthesizer"
    assert set(parameters) <= parameters_of(algorithm)
    assert parameters["INPUT"] == labelling.scene.id()
    assert parameters["LABELS"] == labels.layer.id()
    assert parameters["CLASS_FIELD"] == "class_id"
    assert parameters["DEVICE"] == 2  # cuda
    # it took long to train, so it stays: beside the image
    assert parameters["SYNTHESIZER"] == str(tmp_path / "scene_synthesizer.safetensors")
    assert not page.make.isEnabled()
    assert not page.train.isEnabled()


def test_a_synthesizer_that_was_trained_is_used(page, labels, write_synthesizer, tmp_path, until):
    page.train.click()
    path = write_synthesizer(tmp_path / "scene_synthesizer.safetensors")
    page.runs.finished.emit({"SYNTHESIZER": path, "REPORT": str(tmp_path / "report.html")})
    assert page.choice.path == path
    assert "Reading “scene_synthesizer" in page.synthesizer.text()
    page.make_samples()
    assert "has been read" in page.result.text()
    until(lambda: not page.choice.reading)
    assert "scene_synthesizer.safetensors: 2 classes" in page.synthesizer.text()
    assert page.make.isEnabled()
    assert not page.openReport.isHidden()


def test_a_cancelled_training_says_that_it_goes_on_later(page, labels):
    page.train.click()
    page.runs.cancelled = True
    page.runs.failed.emit("Cancelled: nothing is left.")
    assert "goes on from there" in page.result.text()
    assert page.train.isEnabled()


def test_a_failure_is_told_as_it_is(page, labels):
    page.train.click()
    page.runs.failed.emit("The engine is not installed.")
    assert page.result.text() == "The engine is not installed."


def test_more_options_open_the_window_of_the_algorithm(page, labels):
    page.trainDialog.click()
    ((algorithm, parameters),) = page.runs.dialogs
    assert algorithm == "hsifilm:trainsynthesizer"
    assert parameters["LABELS"] == labels.layer.id()


def test_the_file_of_a_synthesizer_can_be_chosen(
    page, write_synthesizer, write_samples, tmp_path, monkeypatch, until
):
    from qgis.PyQt.QtWidgets import QFileDialog

    chosen = [write_synthesizer(tmp_path / "mine.safetensors")]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (chosen[0], ""))
    page.choose.click()
    until(lambda: not page.choice.reading)
    assert page.make.isEnabled()
    chosen[0] = ""
    page.choose.click()
    assert "mine.safetensors: 2 classes" in page.synthesizer.text()
    chosen[0] = write_samples(tmp_path / "samples.safetensors")
    page.choose.click()
    until(lambda: not page.choice.reading)
    assert "no synthesizer" in page.synthesizer.text()
    assert not page.make.isEnabled()


def test_what_does_not_fit_image_and_labels_is_told(
    page, labels, labelling, give_labels, write_synthesizer, tmp_path, until
):
    page.choice.use(
        write_synthesizer(tmp_path / "s.safetensors", bands={"wavelengths_nm": [333.0]})
    )
    until(lambda: "another sensor" in page.synthesizer.text())
    give_labels(labelling, "Reed")
    until(lambda: "does not know “Reed”" in page.synthesizer.text())


# --- making samples -------------------------------------------------------------------------


def test_it_makes_what_is_wished_for(page, synthesizer):
    page.sampleClass.setCurrentIndex(1)
    chosen = page.sampleClass.currentData().name
    page.prompt.setText("water, dark")
    page.negative.setText("smooth")
    page.sampleCount.setValue(500)
    page.guidance.setValue(4.5)
    page.make.click()
    ((algorithm, parameters),) = page.runs.started
    assert algorithm == "hsifilm:synthesizesamples"
    assert set(parameters) <= parameters_of(algorithm)
    assert parameters == {
        "SYNTHESIZER": synthesizer,
        "CLASS": chosen,
        "PROMPT": "water, dark",
        "NEGATIVE_PROMPT": "smooth",
        "COUNT": 500,
        "GUIDANCE": 4.5,
        "SEED": 0,
        "DEVICE": 2,
        "SAMPLES": "TEMPORARY_OUTPUT",
    }


def test_what_is_left_alone_is_left_to_the_engine_and_layers_come_if_wanted(page, synthesizer):
    page.onMap.setChecked(True)
    parameters = page.sample_parameters()
    assert not {"PROMPT", "NEGATIVE_PROMPT", "GUIDANCE"} & set(parameters)
    assert parameters["OUTPUT"] == parameters["LABELS"] == "TEMPORARY_OUTPUT"


def test_a_synthesizer_that_has_vanished_is_told(page, synthesizer):
    Path(synthesizer).unlink()
    page.make.click()
    assert page.runs.started == []
    assert "forest.safetensors” is not there any more" in page.result.text()


def test_the_samples_are_shown_and_the_next_ones_are_others(page, samples):
    assert "6 samples: Forest 3, Water 3." in page.summary.text()
    assert "1 of them" in page.summary.text()
    assert page.view.image is not None
    assert "bright" in page.words.text()
    assert page.addToTraining.isEnabled()
    assert page.judge.isEnabled()
    assert page.sample_parameters()["SEED"] == 1


def test_many_classes_of_as_many_samples_are_counted_and_not_named(
    page, synthesizer, write_samples, tmp_path, until
):
    import numpy as np

    names = enumerate(("Forest", "Water", "Reed", "Rock", "Sand"), start=1)
    classes = [{"value": value, "name": name, "color": "#808080"} for value, name in names]
    tensors = {"class_index": np.arange(10) % 5, "recognised": np.zeros(10, "u1")}
    path = tmp_path / "many.safetensors"
    write_samples(path, count=10, header={"classes": classes}, tensors=tensors)
    page.make.click()
    page.runs.finished.emit({"SAMPLES": str(path)})
    until(lambda: page.shown.samples is not None)
    counted = "10 samples: 2 of each of 5 classes."
    assert page.summary.text() == f"{counted} None is recognised as its class."


def test_the_sample_that_is_picked_shows_its_words(page, samples):
    page.gallery.setCurrentIndex(page.shown.model.index(1, 0))
    assert "water" in page.words.text()
    assert "bright" not in page.words.text()


def test_the_word_under_the_mouse_shows_its_pixels(page, samples):
    plain = page.view.image
    page.words.linkHovered.emit("1")  # bright: the northern half
    tinted = page.view.image
    assert tinted != plain
    assert tinted.pixelColor(8, 12).lightness() <= plain.pixelColor(8, 12).lightness()
    first = page.shown.model.index(0, 0)
    from qgis.PyQt.QtCore import Qt

    assert page.shown.model.data(first, int(Qt.ItemDataRole.DecorationRole)) == tinted
    page.words.linkHovered.emit("")
    assert page.view.image == plain


def test_samples_that_cannot_be_read_are_told(page, synthesizer, tmp_path, until):
    page.make.click()
    page.runs.finished.emit({"SAMPLES": str(tmp_path / "none.safetensors")})
    until(lambda: "none.safetensors" in page.result.text())
    assert not page.addToTraining.isEnabled()
    assert page.make.isEnabled()


def test_there_is_one_run_at_a_time(page, samples):
    page.judge.click()
    page.make_samples()
    page.train_synthesizer()
    assert "Wait" in page.result.text()
    assert [algorithm for algorithm, _ in page.runs.started] == [
        "hsifilm:synthesizesamples",
        "hsifilm:evaluatesamples",
    ]


# --- judging, and adding to training --------------------------------------------------------


def test_samples_are_judged_by_the_labels_and_the_report_is_opened(
    page, samples, labels, labelling, tmp_path, monkeypatch
):
    from qgis.PyQt.QtGui import QDesktopServices

    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    page.judge.click()
    algorithm, parameters = page.runs.started[-1]
    assert algorithm == "hsifilm:evaluatesamples"
    assert set(parameters) <= parameters_of(algorithm)
    assert parameters["SAMPLES"] == samples
    assert parameters["INPUT"] == labelling.scene.id()
    assert parameters["LABELS"] == labels.layer.id()
    report = tmp_path / "report.html"
    report.write_text("report")
    table = tmp_path / "table.json"
    table.write_text('{"classes": [{"name": "Water", "verdict": "use with care"}]}')
    page.runs.finished.emit({"REPORT": str(report), "TABLE": str(table)})
    assert opened == [str(report)]
    assert page.result.text() == "Use with care: Water. The report is open in the browser."
    report.unlink()
    page.openReport.click()
    assert opened == [str(report)]
    assert "report.html” is not there" in page.result.text()


def test_samples_that_are_added_are_kept_beside_the_image(page, samples, tmp_path, until):
    page.addToTraining.click()
    until(lambda: page.added.path)
    kept = tmp_path / "scene_samples.safetensors"
    assert page.added.path == str(kept)
    assert kept.read_bytes() == Path(samples).read_bytes()
    assert str(kept) in page.result.text()
    page.addToTraining.click()
    assert "already" in page.result.text()
    assert page.added.path == str(kept)
    assert sorted(path.name for path in tmp_path.glob("*samples*")) == [kept.name]


def test_other_samples_replace_those_before_only_after_a_question(
    page, samples, tmp_path, asked, until
):
    page.added.use("/somewhere/reed.safetensors")
    asked.yes = False
    page.addToTraining.click()
    assert page.added.path == "/somewhere/reed.safetensors"
    assert "reed.safetensors" in asked[0]
    asked.yes = True
    page.addToTraining.click()
    until(lambda: "scene_samples" in page.added.path)


def test_samples_of_classes_that_the_labels_lack_are_refused(
    page, samples, labels, asked, pass_time
):
    labels.classes.rename(2, "Reed")
    page.addToTraining.click()
    pass_time(0.1)
    assert page.added.path == ""
    assert "no class “Water”" in page.result.text()
    assert asked == []


def test_samples_of_another_sensor_are_refused(
    page, synthesizer, write_samples, tmp_path, until, pass_time
):
    path = write_samples(tmp_path / "other.safetensors", wavelengths=range(300, 320))
    page.make.click()
    page.runs.finished.emit({"SAMPLES": path})
    until(lambda: page.shown.samples is not None)
    page.addToTraining.click()
    pass_time(0.1)
    assert page.added.path == ""
    assert "another sensor" in page.result.text()


def test_samples_that_have_vanished_are_told(page, samples):
    Path(samples).unlink()
    page.addToTraining.click()
    assert page.added.path == ""
    assert "Make them again" in page.result.text()
    page.judge.click()
    assert len(page.runs.started) == 1


def test_a_place_that_cannot_be_written_is_told(page, samples, monkeypatch, tmp_path, until):
    from hsi_film_plugin.dock import shown_samples

    nowhere = tmp_path / "none" / "samples.safetensors"
    monkeypatch.setattr(shown_samples, "new_path", lambda *arguments: nowhere)
    page.addToTraining.click()
    until(lambda: "cannot be written" in page.result.text())
    assert page.added.path == ""
    assert page.addToTraining.isEnabled()


# --- what is kept ---------------------------------------------------------------------------


def test_what_was_set_comes_back_with_the_samples_that_were_added(
    page, synthesizer, labelling, write_samples, tmp_path, until
):
    import json

    from hsi_film_plugin.dock.synthetic_page import SyntheticPage
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    page.restore({"seed": 3})
    state = json.loads(json.dumps(page.state()))
    added = TrainingSamples()
    added.use(write_samples(tmp_path / "kept.safetensors"))
    assert state["seed"] == 3
    other = SyntheticPage(labelling, Run(), Live(), added)
    other.added = added
    other.restore(state)
    assert other.choice.path == synthesizer
    until(lambda: other.shown.samples is not None)
    other.restore({"synthesizer": 7, "seed": -1})
    other.restore({})
    assert other.state() == state
    remove(other)


def test_a_state_of_files_that_are_gone_is_told_where_they_are_missed(page, tmp_path, until):
    page.added.use(str(tmp_path / "gone.safetensors"))
    page.restore({"synthesizer": str(tmp_path / "gone_too.safetensors")})
    until(lambda: not page.choice.reading)
    assert "gone_too" in page.synthesizer.text()
    assert page.shown.samples is None


def test_a_synthesizer_that_moved_with_its_image_is_found(
    page, synthesizer, labelling, add_scene, tmp_path, until
):
    import json

    state = json.loads(json.dumps(page.state()))
    assert state["synthesizer_beside"] == "forest.safetensors"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = Path(synthesizer).rename(elsewhere / "forest.safetensors")
    labelling.set_scene(add_scene(name="elsewhere/scene"))
    page.restore(state)
    assert page.choice.path == str(moved)
    until(lambda: page.choice.facts is not None)


def test_a_closed_project_leaves_nothing_behind(page, samples, tmp_path):
    page.train.click()
    page.runs.finished.emit({"REPORT": str(tmp_path / "report.html")})
    page.prompt.setText("reed")
    page.negative.setText("shadow")
    page.clear()
    assert page.openReport.isHidden()
    assert (page.prompt.text(), page.negative.text(), page.result.text()) == ("", "", "")
    assert page.summary.text() == "None have been made yet."
    assert page.state() == {"synthesizer": "", "synthesizer_beside": "", "seed": 0}


def test_another_image_takes_away_what_was_said_of_the_one_before(page, samples, labelling):
    page.tell("The synthesizer is in “old.safetensors”.")
    labelling.set_scene(None)
    assert page.result.isHidden()
    page.make.click()
    labelling.sceneChanged.emit()
    assert page.result.text()  # what runs is still said


@pytest.mark.parametrize("ending", ["finished", "failed"])
def test_a_run_that_ends_after_its_project_is_nobodys_news(
    page, samples, write_samples, tmp_path, pass_time, ending
):
    page.make.click()
    page.clear()
    page.runs.warnings = ("A warning.",)
    results = {"SAMPLES": write_samples(tmp_path / "late.safetensors")}
    page.runs.finished.emit(results) if ending == "finished" else page.runs.failed.emit("Cancelled")
    pass_time(0.1)
    assert page.shown.samples is None
    assert page.result.isHidden()
    assert page.choose.isEnabled()


# --- what comes apart if it is not held together --------------------------------------------


def test_warnings_of_the_engine_reach_the_user(page, labels):
    page.train.click()
    page.runs.warnings = ("All labels lie in one patch.", "Reed has no labels.")
    page.runs.finished.emit({"SYNTHESIZER": "", "REPORT": ""})
    assert page.result.text().endswith("All labels lie in one patch. Reed has no labels.")


def test_a_training_cancelled_too_late_leaves_its_synthesizer(page, labels, write_synthesizer):
    page.train.click()
    path = write_synthesizer(page.runs.started[0][1]["SYNTHESIZER"])
    page.runs.cancelled = True
    page.runs.failed.emit("Cancelled: nothing is left.")
    assert "finished before" in page.result.text()
    assert page.choice.path == path


def test_a_training_that_ends_after_its_project_gives_no_synthesizer(
    page, labels, write_synthesizer
):
    page.train.click()
    write_synthesizer(page.runs.started[0][1]["SYNTHESIZER"])
    page.clear()
    page.runs.cancelled = True
    page.runs.failed.emit("Cancelled: nothing is left.")
    assert page.choice.path == ""


def test_while_a_run_goes_on_its_window_cannot_be_opened(page, labels):
    page.train.click()
    assert not page.trainDialog.isEnabled()


def test_a_copy_that_ends_after_new_samples_were_made_is_not_taken_for_them(
    page, samples, write_samples, tmp_path, until, asked
):
    page.addToTraining.click()
    assert not page.addToTraining.isEnabled()
    other = write_samples(tmp_path / "other.safetensors", count=4)
    page.make.click()
    page.runs.finished.emit({"SAMPLES": other})
    until(lambda: page.added.path and page.shown.samples.count == 4)
    assert page.added.path == str(tmp_path / "scene_samples.safetensors")
    assert page.samples.path == other
    page.judge.click()
    assert page.runs.started[-1][1]["SAMPLES"] == other
    page.runs.failed.emit("")
    page.addToTraining.click()  # others than those that were added
    until(lambda: "scene_samples_2" in page.added.path)
    assert Path(page.added.path).read_bytes() == Path(other).read_bytes()


def test_what_is_added_while_others_are_read_is_what_is_shown(
    page, samples, write_samples, tmp_path, until
):
    other = write_samples(tmp_path / "other.safetensors", count=4)
    page.make.click()
    page.runs.finished.emit({"SAMPLES": other})
    assert page.shown.samples.count == 6
    page.addToTraining.click()
    until(lambda: page.added.path and page.shown.samples.count == 4)
    assert Path(page.added.path).read_bytes() == Path(samples).read_bytes()


def test_samples_that_were_kept_outlive_the_temporary_file(page, samples, tmp_path, until):
    page.addToTraining.click()
    until(lambda: page.added.path)
    Path(samples).unlink()
    page.judge.click()
    assert page.runs.started[-1][1]["SAMPLES"] == page.added.path
    kept = page.added.path
    page.added.use("")
    page.addToTraining.click()
    assert page.added.path == kept
    assert kept in page.result.text()


def test_what_has_no_text_has_a_name_for_those_who_hear_it(page):
    for name in ("gallery", "words", "trainDialog", "view"):
        assert getattr(page, name).accessibleName(), name
    assert page.sampleClass.toolTip()
    assert "Enter" in page.words.toolTip()
