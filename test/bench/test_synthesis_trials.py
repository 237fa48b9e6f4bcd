from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.synthesis import schedule
from bench.synthesis.film import remedy_samples
from bench.synthesis.patch_classifier import SIDE, small_cnn
from bench.synthesis.plan import CHEAP, Method, Task
from bench.synthesis.remedies import of_classes
from bench.synthesis.samples import training_labels
from bench.synthesis.schedule import Workplace, finished, missing, run_all
from bench.synthesis.trials import DrawnSamples, Split, judged, run_trial
from hsi_film_plugin.engine.scene import Scene

from .synthesis_scene import BANDS, LABELS, NAME, NamedSource, prepared_place


@pytest.fixture(autouse=True)
def _one_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.synthesis.scenes.sources", lambda: [NamedSource()])
    monkeypatch.setattr("bench.synthesis.patch_classifier.STEPS", 40)
    schedule._split.cache_clear()


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return prepared_place(tmp_path)


@pytest.fixture
def split(place: Workplace) -> Split:
    return Split(place.scenes()[NAME], LABELS, 0, torch.device("cpu"))


@pytest.mark.parametrize("classifier", ["svm", "cnn"])
@pytest.mark.parametrize("arm", CHEAP)
def test_an_easy_scene_is_learnt_whatever_the_remedy(
    split: Split, classifier: str, arm: str
) -> None:
    figures = judged(split, run_trial(split, Method(classifier, arm), None), 0.0)
    assert figures["balanced"] > 0.9
    assert figures["rare"] > 0.9
    assert figures["spread"] < 0.1


def test_samples_reach_the_classifiers(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many spectra of the common class that claim to be of the rare one are believed."""
    known = split.benchmark.train
    spectra = np.tile(known.chosen(known.classes == 0).of(split.benchmark.cube), (4, 1))
    side = SIDE + 3
    patches = np.broadcast_to(spectra[:, :, None, None], (*spectra.shape, side, side))
    lies = DrawnSamples(patches.astype(np.float32), np.ones(len(patches), np.int64))
    wanted = np.array([0, len(lies.classes)])
    monkeypatch.setattr(split, "wanted", lambda balance: wanted)
    assert (run_trial(split, Method("svm", "none"), None) == 0).any()
    assert (run_trial(split, Method("svm", "fine"), lies) == 1).all()
    seen = split.synthetic("cnn", lies.some(wanted))
    assert seen.values.shape == (len(patches), BANDS, SIDE, SIDE)
    assert (seen.classes == 1).all()


def test_fewer_samples_are_a_part_of_more() -> None:
    samples = DrawnSamples(np.arange(6.0).reshape(6, 1, 1, 1), np.array([0, 1, 0, 1, 0, 1]))
    assert samples.some(np.array([1, 2])).patches.ravel().tolist() == [0, 1, 3]
    assert samples.some(np.array([0, 9])).classes.tolist() == [1, 1, 1]


def test_a_second_call_runs_only_what_is_missing(place: Workplace) -> None:
    first, second = Method("svm", "none"), Method("svm", "weights")
    run_all([Task("cheap", NAME, LABELS, 0, (first,))], place, 1)
    wanted = [Task("cheap", NAME, LABELS, 0, (first, second))]
    left, runs = missing(wanted, place.scenes(), place)
    assert runs == 1
    assert left[0].methods == (second,)
    run_all(left, place, 1)
    found = finished(wanted, place.scenes(), place)
    assert [result.unit.method for result in found] == ["svm/none", "svm/weights"]
    assert missing(wanted, place.scenes(), place) == ([], 0)


def test_nothing_begins_after_the_deadline(place: Workplace) -> None:
    late = Workplace(place.folder, deadline=0.0)
    assert run_all([Task("cheap", NAME, LABELS, 0, (Method("svm", "none"),))], late, 1) == []
    assert not list(late.store.results())


def test_one_failure_does_not_stop_the_others(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = schedule.run_trial

    def fails_once(split: Split, method: Method, samples: DrawnSamples | None) -> np.ndarray:
        if method.arm == "none":
            raise RuntimeError("no memory")
        return real(split, method, samples)

    monkeypatch.setattr(schedule, "run_trial", fails_once)
    methods = (Method("svm", "none"), Method("svm", "weights"))
    failures = run_all([Task("cheap", NAME, LABELS, 0, methods)], place, 1)
    assert failures == ["halves, 10 labels, seed 0: svm/none failed: no memory"]
    assert [result.unit.method for result in place.store.results()] == ["svm/weights"]


def test_a_result_of_another_effort_does_not_count(place: Workplace) -> None:
    scene = place.scenes()[NAME]
    harder = Workplace(place.folder, effort=2.0)
    for method, same in ((Method("svm", "fine"), False), (Method("svm", "smote"), True)):
        one, other = (schedule.unit_fingerprint(scene, method, p) for p in (place, harder))
        assert (one == other) is same


def test_remedies_reach_the_engine_as_samples(split: Split) -> None:
    with Scene.open(split.scene.raster) as scene:
        labels = training_labels(split, scene)
        samples = remedy_samples(split, Method("film", "smote"), scene, labels)
    assert [known.name for known in labels.classes] == ["meadow", "roof"]
    assert samples.counts()[0] == 0
    assert samples.counts()[1] > 0
    known = split.benchmark.train
    rare = known.chosen(known.classes == 1).of(split.benchmark.cube)
    assert abs(samples.spectra().mean(axis=0) - rare.mean(axis=0)).max() < 0.05


def test_the_network_says_the_same_whatever_was_drawn_before_and_leaves_other_draws_alone() -> None:
    rng = np.random.default_rng(0)
    known = of_classes(rng.normal(size=(40, 4, 7, 7)).astype(np.float32), np.arange(40) % 3, 3)
    asked = torch.from_numpy(rng.normal(size=(300, 4, 7, 7)).astype(np.float32))
    said, drawn = [], []
    for before in (1, 2):
        torch.manual_seed(before)
        said.append(small_cnn(known, asked, False, 5, torch.device("cpu")))
        drawn.append(torch.rand(3))
    torch.manual_seed(2)

    np.testing.assert_array_equal(*said)
    assert drawn[1].equal(torch.rand(3))
