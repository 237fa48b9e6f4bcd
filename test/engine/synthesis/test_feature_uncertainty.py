"""Latents get other statistics, but those of their own class."""

from __future__ import annotations

import torch

from hsi_film_plugin.engine.synthesis.feature_uncertainty import with_uncertain_statistics


def latents_of_two_classes() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    groups = torch.arange(64) % 2
    levels = (
        torch.randn(64, 3, 1, 1, generator=generator) * 0.2 + 20.0 * groups[:, None, None, None]
    )
    return levels + torch.randn(64, 3, 8, 8, generator=generator), groups


def perturbed(share: float, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    latents, groups = latents_of_two_classes()
    generator = torch.Generator().manual_seed(seed)
    return latents, groups, with_uncertain_statistics(latents, groups, 3, share, generator)


def test_means_move_by_their_spread_within_the_class_and_stay_with_it() -> None:
    latents, groups, changed = perturbed(1.0)
    moved = (changed.mean((2, 3)) - latents.mean((2, 3))).abs()

    assert moved.mean() > 0.05
    assert moved.max() < 2
    assert (changed.mean((1, 2, 3)).round(decimals=0) > 10).equal(groups == 1)


def test_what_lies_where_is_kept() -> None:
    latents, _, changed = perturbed(1.0)
    for before, after in zip(latents[:, 0].flatten(1), changed[:, 0].flatten(1)):
        assert torch.corrcoef(torch.stack([before, after]))[0, 1] > 0.999


def test_only_the_share_that_was_asked_for_changes() -> None:
    latents, _, changed = perturbed(0.3)
    untouched = (changed == latents).flatten(1).all(1)

    assert 0.5 < untouched.float().mean() < 0.9
    assert perturbed(0.0)[2].equal(latents)


def test_a_class_with_one_item_stays_as_it_is() -> None:
    latents = torch.randn(1, 2, 4, 4)
    changed = with_uncertain_statistics(
        latents, torch.zeros(1, dtype=torch.int64), 1, 1.0, torch.Generator().manual_seed(0)
    )

    torch.testing.assert_close(changed, latents, rtol=1e-4, atol=1e-4)


def test_the_same_generator_gives_the_same_latents() -> None:
    assert perturbed(0.5, 3)[2].equal(perturbed(0.5, 3)[2])
