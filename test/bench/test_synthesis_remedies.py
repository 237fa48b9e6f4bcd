from __future__ import annotations

import numpy as np
import pytest

from bench.synthesis.remedies import REMEDIES, missing_counts, of_classes

CLASSES = np.array([0] * 12 + [1] * 4 + [2])


def examples(shape: tuple[int, ...] = (3,)):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(len(CLASSES), *shape)).astype(np.float32)
    values += 100 * CLASSES.reshape(-1, *[1] * len(shape))
    return of_classes(values, CLASSES, 3)


def test_balance_brings_every_class_to_the_largest() -> None:
    assert missing_counts(CLASSES, 3, 1.0).tolist() == [0, 8, 11]
    assert missing_counts(CLASSES, 3, 0.5).tolist() == [0, 4, 6]
    assert missing_counts(CLASSES, 3, 0.0).tolist() == [0, 0, 0]
    assert missing_counts(CLASSES, 4, 1.0)[3] == 0


@pytest.mark.parametrize("name", REMEDIES)
@pytest.mark.parametrize("shape", [(3,), (2, 5, 5)])
def test_a_remedy_makes_as_many_examples_as_wanted(name: str, shape: tuple[int, ...]) -> None:
    wanted = missing_counts(CLASSES, 3, 1.0)
    made = REMEDIES[name](examples(shape), wanted, np.random.default_rng(2))
    assert made.values.shape == (wanted.sum(), *shape)
    assert np.bincount(made.classes, minlength=3).tolist() == wanted.tolist()
    assert np.allclose(made.targets.sum(axis=1), 1)
    again = REMEDIES[name](examples(shape), wanted, np.random.default_rng(2))
    assert np.array_equal(made.values, again.values)


def test_oversampling_repeats_real_examples_evenly() -> None:
    known = examples()
    made = REMEDIES["oversampling"](known, np.array([0, 8, 0]), np.random.default_rng(0))
    rows, counts = np.unique(made.values, axis=0, return_counts=True)
    assert counts.tolist() == [2, 2, 2, 2]
    assert {tuple(row) for row in rows} == {tuple(row) for row in known.values[12:16]}


def test_smote_stays_between_examples_of_the_class() -> None:
    known = examples()
    made = REMEDIES["smote"](known, np.array([0, 50, 3]), np.random.default_rng(0))
    own = known.values[12:16]
    inside = made.values[:50]
    assert (inside >= own.min(axis=0) - 1e-3).all()
    assert (inside <= own.max(axis=0) + 1e-3).all()
    assert len(np.unique(inside, axis=0)) > 4
    assert np.allclose(made.values[50:], known.values[16])  # a single example has no neighbour


def test_mixup_keeps_the_larger_share_for_the_wanted_class() -> None:
    made = REMEDIES["mixup"](examples(), np.array([0, 40, 40]), np.random.default_rng(0))
    assert (made.targets[:40, 1] >= 0.5).all()
    assert (made.targets[40:, 2] >= 0.5).all()
    assert (made.targets.max(axis=1) < 1).any()


def test_noise_changes_every_copy() -> None:
    made = REMEDIES["noise"](examples(), np.array([0, 12, 0]), np.random.default_rng(0))
    assert len(np.unique(made.values, axis=0)) == 12
