"""The file of samples that was added to training."""

from __future__ import annotations

import threading

import pytest


@pytest.fixture
def samples(qgis, empty_project):
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    samples = TrainingSamples()
    samples.told, samples.ends, samples.problems = [], [], []
    samples.changed.connect(lambda: samples.told.append(samples.path))
    samples.kept.connect(lambda source, path: samples.ends.append((source, path)))
    samples.failed.connect(samples.problems.append)
    yield samples
    samples.close()


@pytest.fixture
def held(monkeypatch):
    """Holds a copy up in the middle of the file."""
    from hsi_film_plugin.dock import training_samples

    class Held:
        begun, go_on = threading.Event(), threading.Event()

    held, copy = Held(), training_samples._copy

    def slow(source, path, task):
        held.begun.set()
        held.go_on.wait(120)
        return copy(source, path, task)

    monkeypatch.setattr(training_samples, "_copy", slow)
    yield held
    held.go_on.set()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_changes_are_told_once(samples):
    samples.use("a")
    samples.use("a")
    samples.use("")
    assert samples.told == ["a", ""]


def test_a_file_that_will_not_stay_is_copied(samples, tmp_path, until):
    (tmp_path / "made").write_text("samples")
    samples.use_copy(tmp_path / "made", tmp_path / "kept")
    assert samples.copying
    until(lambda: samples.path)
    assert not samples.copying
    assert samples.path == str(tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "samples"
    assert names(tmp_path) == ["kept", "made"]


def test_the_end_of_a_copy_is_told_even_to_where_it_was(samples, tmp_path, until):
    (tmp_path / "made").write_text("samples")
    samples.use(str(tmp_path / "kept"))
    samples.use_copy(tmp_path / "made", tmp_path / "kept")
    until(lambda: samples.ends)
    assert samples.ends == [(str(tmp_path / "made"), str(tmp_path / "kept"))]
    assert samples.told == [str(tmp_path / "kept")]


def test_a_copy_that_fails_is_told_and_leaves_nothing(samples, tmp_path, until):
    samples.use_copy(tmp_path / "none", tmp_path / "kept")
    until(lambda: samples.problems)
    assert "kept" in samples.problems[0]
    assert "[Errno" not in samples.problems[0]
    assert samples.path == ""
    assert names(tmp_path) == []


def test_a_copy_does_not_come_back_after_other_samples_were_chosen(
    samples, held, tmp_path, end_of_tasks
):
    (tmp_path / "made").write_text("samples")
    samples.use_copy(tmp_path / "made", tmp_path / "kept")
    assert held.begun.wait(120)
    samples.use("")  # another project
    assert not samples.copying
    assert samples.told == [""]
    held.go_on.set()
    end_of_tasks()
    assert (samples.path, samples.ends, samples.problems) == ("", [], [])
    assert names(tmp_path) == ["made"]


def test_a_copy_that_is_cancelled_stops_between_blocks_and_leaves_nothing(tmp_path, monkeypatch):
    from hsi_film_plugin.dock import training_samples

    class Task:
        looks = 0

        def isCanceled(self):
            self.looks += 1
            return self.looks > 2

    monkeypatch.setattr(training_samples, "_BLOCK", 4)
    (tmp_path / "made").write_text("samples" * 100)
    task = Task()
    assert not training_samples._copy(tmp_path / "made", tmp_path / "kept", task)
    assert task.looks < 10
    assert names(tmp_path) == ["made"]


def test_closing_gives_a_copy_up(samples, held, tmp_path, end_of_tasks):
    (tmp_path / "made").write_text("samples")
    samples.use_copy(tmp_path / "made", tmp_path / "kept")
    assert held.begun.wait(120)
    threading.Timer(0.1, held.go_on.set).start()
    samples.close()
    end_of_tasks()
    assert (samples.ends, samples.problems) == ([], [])
    assert names(tmp_path) == ["made"]


def test_each_scene_keeps_its_samples(samples, add_scene, tmp_path):
    first, second = add_scene(), add_scene(name="second")
    (tmp_path / "kept").write_text("samples")
    samples.set_scene(first)
    samples.use(str(tmp_path / "kept"))
    samples.set_scene(second)
    assert samples.path == ""
    samples.set_scene(first)
    assert samples.path == str(tmp_path / "kept")
    samples.set_scene(None)
    assert samples.path == ""
    first.setCustomProperty("hsi_film/samples", "{damaged")
    samples.set_scene(first)
    assert samples.path == ""


def test_a_copy_for_one_scene_is_not_taken_by_another(
    samples, held, add_scene, tmp_path, end_of_tasks
):
    (tmp_path / "made").write_text("samples")
    samples.set_scene(add_scene())
    samples.use_copy(tmp_path / "made", tmp_path / "kept")
    assert held.begun.wait(120)
    samples.set_scene(add_scene(name="second"))
    held.go_on.set()
    end_of_tasks()
    assert samples.path == ""


def test_samples_that_moved_with_their_scene_are_found(samples, add_scene, tmp_path):
    (tmp_path / "kept").write_text("samples")
    samples.set_scene(add_scene())
    samples.use(str(tmp_path / "kept"))
    state = samples.state()
    assert state["training_samples_beside"] == "kept"
    (tmp_path / "moved").mkdir()
    moved = (tmp_path / "kept").rename(tmp_path / "moved" / "kept")
    samples.set_scene(add_scene(name="moved/scene"))
    samples.restore(state)
    assert samples.path == str(moved)
    samples.restore({"training_samples": 3})
    samples.restore({})
    assert samples.path == str(moved)
    samples.restore({"training_samples": "/nowhere/kept", "training_samples_beside": 7})
    assert samples.path == "/nowhere/kept"
