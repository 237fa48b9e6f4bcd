from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.synthesis import samples, schedule
from bench.synthesis.plan import Method, Task
from bench.synthesis.samples import drawn_samples, synthesizer_folder
from bench.synthesis.schedule import Workplace, run_all
from bench.synthesis.trials import Split
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.text_encoder import TextEncoder

from .synthesis_scene import BANDS, LABELS, NAME, NamedSource, prepared_place

TINY = Recipe(
    autoencoder_width=32,
    autoencoder_steps=3,
    bank=24,
    bank_unlabelled=8,
    width=32,
    head_width=16,
    layers=1,
    steps=3,
    batch=8,
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    try:
        TextEncoder.load(None)
    except InputError as error:
        pytest.skip(str(error))
    monkeypatch.setattr("bench.synthesis.scenes.sources", lambda: [NamedSource()])
    monkeypatch.setattr(
        samples, "train_synthesizer", partial(samples.train_synthesizer, recipe=TINY)
    )
    schedule._split.cache_clear()
    return prepared_place(tmp_path)


def test_one_synthesizer_serves_all_arms(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    trainings = []
    real = samples.trained
    monkeypatch.setattr(
        samples, "trained", lambda *known: trainings.append(known[1]) or real(*known)
    )
    methods = (
        Method("svm", "fine"),
        Method("svm", "vae"),
        Method("svm", "fine", guidance=4.0),
        Method("svm", "fine", balance=0.5),
        Method("svm", "coarse"),
        Method("svm", "fine", without="clipping"),
    )
    assert run_all([Task("core", NAME, LABELS, 0, methods)], place, 1) == []
    assert trainings == ["fine", "coarse", "fine-clipping"]
    assert len(list(place.store.results())) == len(methods)


def test_samples_fill_the_rare_class_up(place: Workplace) -> None:
    split = Split(place.scenes()[NAME], LABELS, 0, torch.device("cpu"))
    made = drawn_samples(split, Method("svm", "fine"), place)
    wanted = split.wanted(1.0)
    assert np.bincount(made.classes, minlength=2).tolist() == wanted.tolist()
    assert made.patches.shape == (wanted.sum(), BANDS, 16, 16)
    assert np.isfinite(made.patches).all()
    other = drawn_samples(split, Method("svm", "vae"), place)
    assert np.array_equal(other.classes, made.classes)
    assert not np.array_equal(other.patches, made.patches)
    folder = synthesizer_folder(split, "fine", place)
    assert (folder / "record.json").is_file()
