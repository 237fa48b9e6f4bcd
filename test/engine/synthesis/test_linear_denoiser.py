"""The linear denoiser finds how latents depend on prompts, and is exact for normal ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.errors import EngineError
from hsi_film_plugin.engine.synthesis import linear_denoiser
from hsi_film_plugin.engine.synthesis.linear_denoiser import (
    LinearDenoiser,
    LinearShape,
    fit_linear_denoiser,
    restored_linear_denoiser,
)

READING = 3
SHAPE = (2, 2, 2)
SIZE = 8


def planted(count: int = 4000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return latents that depend on prompts, their prompts, the prompts' readings, the slope."""
    generator = torch.Generator().manual_seed(3)
    readings = torch.randn(40, READING, generator=generator) * torch.tensor([1.0, 3.0, 0.5]) + 2
    slope = torch.randn(READING, SIZE, generator=generator)
    prompt_of = torch.randint(40, (count,), generator=generator)
    deviations = torch.linspace(0.3, 1.0, SIZE)
    noise = torch.randn(count, SIZE, generator=generator) * deviations
    latents = readings[prompt_of] @ slope + 0.5 + noise
    without = torch.randn(500, SIZE, generator=generator) - 4
    return torch.cat([latents, without]).view(-1, *SHAPE), prompt_of, readings, slope


def velocity_by_hand(
    noisy: np.ndarray, kept: float, mean: np.ndarray, covariance: np.ndarray
) -> np.ndarray:
    """Return v of the posterior mean of a normal latent, one ``(size,)``, by Bayes' rule."""
    marginal = kept * covariance + (1 - kept) * np.eye(len(mean))
    gain = np.sqrt(kept) * covariance @ np.linalg.inv(marginal)
    clean = mean + gain @ (noisy - np.sqrt(kept) * mean)
    noise = (noisy - np.sqrt(kept) * clean) / np.sqrt(1 - kept)
    velocity: np.ndarray = np.sqrt(kept) * noise - np.sqrt(1 - kept) * clean
    return velocity


def normal_denoiser() -> tuple[LinearDenoiser, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return a denoiser of full rank, and mean and covariance of each of its kinds."""
    draws = np.random.default_rng(1)
    network, known = LinearDenoiser(SIZE, LinearShape(3, READING, 2)), {}
    for name, held in (("reads", network.reads), ("shows", network.shows)):
        values = draws.standard_normal(held.shape).astype(np.float32)
        setattr(network, name, torch.from_numpy(values))
    for kind, rest in (("with", 0.4), ("without", 0.1)):
        basis = np.linalg.qr(draws.standard_normal((SIZE, 3)))[0].astype(np.float32)
        variance = np.array([3.0, 1.5, 0.7], np.float32)
        mean = draws.standard_normal(SIZE).astype(np.float32)
        for name, value in (("mean", mean), ("basis", basis), ("variance", variance)):
            setattr(network, f"{name}_{kind}", torch.from_numpy(value))
        setattr(network, f"rest_{kind}", torch.tensor(rest))
        outside = np.eye(SIZE) - basis @ basis.T
        known[kind] = (mean, (basis * variance) @ basis.T + rest * outside)
    return network, known


def test_the_dependence_of_latents_on_prompts_is_found() -> None:
    latents, prompt_of, readings, slope = planted()
    found = fit_linear_denoiser(latents, prompt_of, readings, 0)
    shown = readings @ found.reads @ found.shows + found.mean_with

    torch.testing.assert_close(shown, readings @ slope + 0.5, atol=0.2, rtol=0)


def test_the_spread_within_prompts_is_found_without_that_between_them() -> None:
    latents, prompt_of, readings, _ = planted()
    found = fit_linear_denoiser(latents, prompt_of, readings, 0)
    expected = torch.linspace(0.3, 1.0, SIZE).square().flip(0)
    variances = torch.as_tensor(found.variance_with)

    torch.testing.assert_close(variances, expected, rtol=0.1, atol=0.0)
    assert float(torch.as_tensor(found.variance_without).sum()) > 2 * float(expected.sum())


@pytest.mark.parametrize("kept", [0.999, 0.5, 0.001])
def test_it_is_the_posterior_mean_of_normal_latents(kept: float) -> None:
    network, known = normal_denoiser()
    draws = np.random.default_rng(2)
    noisy = draws.standard_normal((4, SIZE)).astype(np.float32)
    said = draws.standard_normal((4, READING)).astype(np.float32)
    found = network(
        torch.from_numpy(noisy).view(-1, *SHAPE), torch.full((4,), kept), torch.from_numpy(said)
    )
    shift, covariance = known["with"]
    means = said @ network.reads.numpy() @ network.shows.numpy() + shift

    assert found.shape == (4, *SHAPE)
    for v, x, mean in zip(found.flatten(1).numpy(), noisy, means):
        np.testing.assert_allclose(v, velocity_by_hand(x, kept, mean, covariance), atol=1e-3)


def test_a_prompt_that_says_nothing_has_statistics_of_its_own() -> None:
    network, known = normal_denoiser()
    noisy = np.random.default_rng(2).standard_normal((2, SIZE)).astype(np.float32)
    said = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    found = network(torch.from_numpy(noisy).view(-1, *SHAPE), torch.full((2,), 0.5), said)
    without, prompted = (velocity_by_hand(x, 0.5, *known["without"]) for x in (noisy[0], noisy[1]))

    np.testing.assert_allclose(found[0].flatten().numpy(), without, atol=1e-4)
    assert np.abs(found[1].flatten().numpy() - prompted).max() > 0.1


def test_its_error_is_the_least_that_can_be() -> None:
    latents, prompt_of, readings, _ = planted()
    network = fit_linear_denoiser(latents, prompt_of, readings, 0)
    clean, said = latents[:400], readings[prompt_of[:400]]
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    kept = torch.full((400,), 0.5)
    noisy, target = (clean + noise) * 0.5**0.5, (noise - clean) * 0.5**0.5
    error = (network(noisy, kept, said) - target).square().mean()
    null = network(noisy, kept, torch.zeros(400, READING))

    # the posterior variance of x₀ at ᾱ = 0.5 is s / (1 + s), and v holds it twice
    variance = torch.linspace(0.3, 1.0, SIZE).square()
    assert error.item() == pytest.approx(float((2 * variance / (1 + variance)).mean()), rel=0.1)
    assert (null - target).square().mean() > 1.5 * error


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_latents_that_are_not_finite_are_a_sentence(value: float) -> None:
    latents, prompt_of, readings, _ = planted(50)
    latents[3] = value

    with pytest.raises(EngineError, match="finite numbers"):
        fit_linear_denoiser(latents, prompt_of, readings, 0)


def test_the_same_seed_gives_the_same_bytes_and_leaves_other_draws_alone() -> None:
    latents, prompt_of, readings, _ = planted(60)
    torch.manual_seed(11)
    first = fit_linear_denoiser(latents, prompt_of, readings, 5).state_dict()
    drawn = torch.rand(3)
    torch.manual_seed(11)
    second = fit_linear_denoiser(latents, prompt_of, readings, 5).state_dict()

    assert all(first[name].equal(second[name]) for name in second)
    torch.manual_seed(11)
    assert torch.rand(3).equal(drawn)


def test_fewer_items_than_numbers_of_a_latent_are_enough() -> None:
    latents, prompt_of, readings, _ = planted(4)
    network = fit_linear_denoiser(latents, prompt_of, readings, 0)
    v = network(latents[:2], torch.tensor([0.999999, 0.00004]), readings[:2])

    assert bool(v.isfinite().all())


def test_a_fitted_one_is_restored_from_its_tensors_and_from_no_others() -> None:
    latents, prompt_of, readings, _ = planted(200)
    held = fit_linear_denoiser(latents, prompt_of, readings, 0).state_dict()
    found = restored_linear_denoiser(held, latents, prompt_of, readings)

    assert found is not None
    assert found.state_dict().keys() == held.keys()
    assert all(tensor.equal(held[name]) for name, tensor in found.state_dict().items())
    for others in (
        {name: tensor for name, tensor in held.items() if name != "shows"},
        held | {"more": torch.zeros(3)},
        held | {"shows": held["shows"].double()},
    ):
        assert restored_linear_denoiser(others, latents, prompt_of, readings) is None
    assert restored_linear_denoiser(held, latents, prompt_of[:5], readings) is None
    assert restored_linear_denoiser(held, latents[:, :1], prompt_of, readings) is None


def test_what_one_item_says_is_hardly_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = torch.Generator().manual_seed(4)
    latents = torch.randn(200, *SHAPE, generator=draws)
    latents[-1] += 40
    readings = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    prompt_of = torch.zeros(200, dtype=torch.int64)
    prompt_of[-1] = 1
    moved = []
    for ridge in (30.0, 1e-6):
        monkeypatch.setattr(linear_denoiser, "RIDGE", ridge)
        found = fit_linear_denoiser(latents, prompt_of, readings, 0)
        moved.append(float((found.reads[1] @ found.shows).abs().mean()))

    assert moved[1] > 35
    assert moved[0] == pytest.approx(moved[1] / 31, rel=0.1)


def test_more_numbers_in_a_reading_than_items_give_the_same_means() -> None:
    latents, prompt_of, readings, _ = planted(60)
    wide = torch.cat([readings, torch.zeros(40, 100)], dim=1)
    few, many = (fit_linear_denoiser(latents[:60], prompt_of, said, 0) for said in (readings, wide))
    for found, said in ((few, readings), (many, wide)):
        assert found.reads.shape == (said.shape[1], min(said.shape[1], SIZE))

    torch.testing.assert_close(
        readings @ few.reads @ few.shows + few.mean_with,
        wide @ many.reads @ many.shows + many.mean_with,
        rtol=1e-3,
        atol=1e-3,
    )


def test_means_of_few_dimensions_keep_what_moves_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_denoiser, "MOST_MEANS", 2)
    latents, prompt_of, readings, slope = planted()
    found = fit_linear_denoiser(latents, prompt_of, readings, 0)
    shown = readings @ found.reads @ found.shows + found.mean_with
    wanted = readings @ slope + 0.5
    lost = (shown - wanted).square().sum() / (wanted - wanted.mean(0)).square().sum()
    least = torch.linalg.svdvals(wanted - wanted.mean(0)).square()

    assert found.reads.shape == (READING, 2)
    assert lost == pytest.approx(float(least[2] / least.sum()), abs=0.02)
