"""Latents with uncertain statistics, so that a denoiser learns more than the patches it saw.

This is the reconstruction's LF-UE: DSU of Li et al. (2022, "Uncertainty modeling for
out-of-distribution generalization", arXiv 2202.03958, equations 5 to 8) on latents.
"""

from __future__ import annotations

import torch

_LEAST_VARIANCE = 1e-6


def with_uncertain_statistics(
    latents: torch.Tensor,
    groups: torch.Tensor,
    n_groups: int,
    share: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return latents of which some have another mean and deviation in each channel.

    Both are drawn from normal distributions around the item's own, with the variance that they
    have over the items of its group in the batch. The original takes that over the whole batch;
    here the mean level is what tells classes apart, and a patch must keep the class that its
    prompt names. Nothing is learnt, and nothing has to be set but how often it happens.

    Args:
        latents: float32 ``(n, channels, height, width)``.
        groups: int64 ``(n,)``, 0 to ``n_groups - 1``: the class of each item.
        n_groups: How many there are.
        share: Of the items that are changed.
        generator: Of the latents' device.
    """
    mean = latents.mean((2, 3), keepdim=True)
    deviation = (latents.var((2, 3), keepdim=True, correction=0) + _LEAST_VARIANCE).sqrt()
    changed = _noise(mean[:, :1], generator, uniform=True) < share
    new_mean = mean + _noise(mean, generator) * _spread(mean, groups, n_groups)
    new_deviation = deviation + _noise(mean, generator) * _spread(deviation, groups, n_groups)
    perturbed = (latents - mean) / deviation * new_deviation.clamp_min(0) + new_mean
    return torch.where(changed, perturbed, latents)


def _spread(statistic: torch.Tensor, groups: torch.Tensor, n_groups: int) -> torch.Tensor:
    """Return the deviation of ``(n, channels, 1, 1)`` within each item's group, as large."""
    values = statistic.flatten(1)
    # products in place of scattered sums, which a GPU adds up in another order each time
    member = (groups[:, None] == torch.arange(n_groups, device=groups.device)).to(values.dtype)
    count = member.sum(0).clamp_min(1)[:, None]
    away = values - (member @ (member.T @ values / count))
    variance = member @ (member.T @ away.square() / count)
    return variance.sqrt()[:, :, None, None]


def _noise(like: torch.Tensor, generator: torch.Generator, uniform: bool = False) -> torch.Tensor:
    draw = torch.rand if uniform else torch.randn
    return draw(like.shape, generator=generator, device=like.device, dtype=like.dtype)
