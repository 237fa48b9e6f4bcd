"""The file of samples that was added to training."""

from __future__ import annotations


def test_changes_are_told_once(qgis):
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    samples, told = TrainingSamples(), []
    samples.changed.connect(lambda: told.append(samples.path))
    samples.use("a")
    samples.use("a")
    samples.use("")
    assert told == ["a", ""]


def test_a_file_that_will_not_stay_is_copied(qgis, empty_project, tmp_path, until):
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    (tmp_path / "made").write_text("samples")
    samples = TrainingSamples()
    samples.use_copy(tmp_path / "made", tmp_path / "kept")
    assert samples.copying
    until(lambda: samples.path)
    assert not samples.copying
    assert samples.path == str(tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "samples"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "made"]


def test_a_copy_that_fails_is_told_and_leaves_nothing(qgis, empty_project, tmp_path, until):
    from hsi_film_plugin.dock.training_samples import TrainingSamples

    samples, told = TrainingSamples(), []
    samples.failed.connect(told.append)
    samples.use_copy(tmp_path / "none", tmp_path / "kept")
    until(lambda: told)
    assert "kept" in told[0]
    assert samples.path == ""
    assert list(tmp_path.iterdir()) == []
