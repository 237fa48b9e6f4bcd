"""The heads: FiLM as the paper has it, stacks that equal single heads, training that learns."""

from __future__ import annotations

from itertools import islice

import pytest
import torch
from torch.nn import functional

from hsi_film_plugin.engine.heads import (
    KINDS,
    Dropout,
    Fitting,
    HeadShape,
    fit,
    initial_parameters,
    logits,
)

#: Linear heads have a closed form.
TRAINED_KINDS = tuple(kind for kind in KINDS if kind != "linear")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def data(count: int = 40) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    spectra = torch.randn((count, 5), generator=generator(1))
    features = torch.randn((count, 7), generator=generator(2))
    return spectra, features, (spectra[:, 0] > 0).long() + (features[:, 0] > 0).long()


def fitted(kind: str, seeds: list[int], weights: torch.Tensor | None = None, **options):
    spectra, features, classes = data()
    weights = torch.ones(len(seeds), len(classes)) if weights is None else weights
    shape = HeadShape(kind, 5, 7, 3, width=16)
    steps = list(fit(shape, spectra, features, classes, weights, seeds, Fitting(**options)))
    return shape, steps


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_one_logit_a_class_for_every_head_and_pixel(kind: str):
    spectra, features, _ = data()
    shape = HeadShape(kind, 5, 7, 3)
    assert logits(shape, initial_parameters(shape, [1, 2]), spectra, features).shape == (2, 40, 3)


def test_a_kind_looks_at_what_its_name_says_and_at_nothing_else():
    spectra, features, _ = data()
    for kind, sees_spectra, sees_features in (
        ("linear", True, False),
        ("spectral", True, False),
        ("spatial", False, True),
        ("film", True, True),
    ):
        shape = HeadShape(kind, 5, 7, 3, width=16)
        parameters = {
            name: torch.randn(tensor.shape, generator=generator(3))
            for name, tensor in initial_parameters(shape, [0]).items()
        }
        plain = logits(shape, parameters, spectra, features)
        others = logits(shape, parameters, spectra + 1, features)
        elsewhere = logits(shape, parameters, spectra, features.flip(0))
        assert torch.equal(plain, others) != sees_spectra
        assert torch.equal(plain, elsewhere) != sees_features


def test_a_linear_head_is_a_matrix_and_a_bias():
    spectra, features, _ = data()
    shape = HeadShape("linear", 5, 7, 3)
    parameters = {
        "classes.weight": torch.randn((2, 5, 3), generator=generator(3)),
        "classes.bias": torch.randn((2, 1, 3), generator=generator(4)),
    }
    expected = spectra @ parameters["classes.weight"] + parameters["classes.bias"]
    torch.testing.assert_close(logits(shape, parameters, spectra, features), expected)


def test_film_starts_as_the_spatial_head():
    spectra, features, _ = data()
    film, spatial = HeadShape("film", 5, 7, 3), HeadShape("spatial", 5, 7, 3)
    parameters = initial_parameters(film, [4])
    same = {name: parameters[name] for name in initial_parameters(spatial, [4])}
    torch.testing.assert_close(
        logits(film, parameters, spectra, features), logits(spatial, same, spectra, features)
    )


def test_film_scales_and_shifts_the_features_by_the_spectrum():
    spectra, features, _ = data()
    shape = HeadShape("film", 5, 7, 3, width=8)
    p = {n: torch.randn(t.shape, generator=generator()) for n, t in _initial(shape).items()}

    def layer(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ p[f"{name}.weight"][0] + p[f"{name}.bias"][0]

    encoded = functional.gelu(layer("encoder2", functional.gelu(layer("encoder1", spectra))))
    mapped = functional.layer_norm(layer("spatial", features), (8,))
    modulated = (1 + layer("gamma", encoded)) * mapped + layer("beta", encoded)
    hidden = functional.gelu(layer("hidden", functional.gelu(modulated)))
    found = logits(shape, p, spectra, features)[0]
    torch.testing.assert_close(found, layer("classes", hidden), rtol=1e-4, atol=1e-4)


def _initial(shape: HeadShape) -> dict[str, torch.Tensor]:
    return initial_parameters(shape, [0])


def test_a_head_starts_the_same_wherever_it_stands_in_the_stack():
    shape = HeadShape("film", 5, 7, 3)
    alone, stacked = initial_parameters(shape, [9]), initial_parameters(shape, [3, 9, 4])
    for name, tensor in alone.items():
        assert torch.equal(tensor[0], stacked[name][1])
    assert not torch.equal(stacked["spatial.weight"][0], stacked["spatial.weight"][2])


@pytest.mark.parametrize("kind", TRAINED_KINDS)
def test_training_is_repeatable_to_the_bit_and_differs_with_the_seed(kind: str):
    first, second, other = (fitted(kind, [s], steps=10)[1][-1][1] for s in (0, 0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["classes.weight"], other["classes.weight"])


def test_batches_smaller_than_the_data_are_repeatable_too():
    first, second = (fitted("film", [0, 1], steps=10, batch=16)[1][-1][1] for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_learns_what_needs_both_spectrum_and_surroundings():
    spectra, features, classes = data()
    options = {"steps": 150, "learning_rate": 1e-2, "dropout": 0.0, "modality_dropout": 0.0}
    shape, steps = fitted("film", [0], **options)
    said = logits(shape, steps[-1][1], spectra, features)[0].argmax(1)
    assert (said == classes).float().mean() > 0.95


def test_progress_runs_from_the_first_step_to_one():
    fractions = [fraction for fraction, _ in fitted("spectral", [0], steps=4)[1]]
    assert fractions == [0.25, 0.5, 0.75, 1.0]


def test_pixels_of_weight_zero_teach_a_head_nothing():
    spectra, features, classes = data()
    use = torch.ones(1, 40)
    use[:, 20:] = 0
    shape = HeadShape("film", 5, 7, 3)
    fitting = Fitting(steps=8)
    corrupted = classes.clone()
    corrupted[20:] = 2 - corrupted[20:]
    found = [
        list(fit(shape, spectra, features, known, use, [0], fitting))[-1][1]
        for known in (classes, corrupted)
    ]
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_heads_of_a_stack_learn_independently():
    weights = torch.ones(2, 40)
    changed = weights.clone()
    changed[1, :30] = 0
    same, other = (fitted("film", [0, 1], w, steps=6)[1][-1][1] for w in (weights, changed))
    torch.testing.assert_close(same["classes.weight"][0], other["classes.weight"][0])
    assert not torch.allclose(same["classes.weight"][1], other["classes.weight"][1])


def test_a_batch_without_any_pixel_of_a_head_is_survived():
    weights = torch.zeros(1, 40)
    weights[0, 0] = 1
    parameters = fitted("film", [0], weights, steps=5, batch=2)[1][-1][1]
    assert all(torch.isfinite(tensor).all() for tensor in parameters.values())


def test_dropping_the_spatial_path_drops_whole_pixels_of_all_heads():
    dropped = Dropout(generator(), 0.5, 0.4).modality(torch.ones(3, 500, 8))
    kept = dropped[0, :, 0].bool()
    assert torch.equal(dropped, kept.float()[None, :, None].expand(3, 500, 8))
    assert 0.5 < kept.float().mean() < 0.7


def test_dropping_units_keeps_their_mean():
    dropped = Dropout(generator(), 0.3, 0.0).units(torch.ones(1, 2000, 8))
    assert dropped.mean().item() == pytest.approx(1, abs=0.05)
    assert dropped.unique().tolist() == [0.0, pytest.approx(1 / 0.7)]


def test_the_learning_rate_falls_to_zero():
    shape, _ = fitted("spectral", [0], steps=1)
    spectra, features, classes = data()
    steps = fit(shape, spectra, features, classes, torch.ones(1, 40), [0], Fitting(steps=50))
    tensors = [p["classes.weight"].clone() for _, p in islice(steps, 50)]
    moves = [(b - a).abs().max().item() for a, b in zip(tensors, tensors[1:])]
    assert max(moves[-3:]) < 0.1 * max(moves[:5])
