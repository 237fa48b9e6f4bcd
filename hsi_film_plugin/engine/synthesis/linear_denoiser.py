"""The best linear denoiser of latents given a prompt, in closed form: where training starts.

If latents were normally distributed around a mean that is linear in the prompt's mean token, the
expectation of the clean latent given a noisy one would be a Wiener filter. Its statistics come
from the bank in seconds: a ridge regression for the means, principal components with one
variance for the rest (Tipping and Bishop 1999) for the covariance. The transformer only learns
what is left. From random weights it took thousands of steps to get this far.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ..errors import EngineError

#: Principal components of a covariance, at most.
MOST_COMPONENTS = 600
#: Weight of the squared coefficients of the regression, per item.
RIDGE = 1e-3
_LEAST_DEVIATION = 1e-3
_POWER_ITERATIONS = 3
#: Mean tokens nearer to the null prompt's than this are the null prompt's.
_NULL_DISTANCE = 1e-3
#: Least variance along a component. Without it, what the bank does not show would count as noise
#: where there is next to none, and be magnified without bound.
_LEAST_VARIANCE = 1e-2


class LinearDenoiser(nn.Module):
    """Predicts v from a noisy latent and the mean of its prompt's tokens.

    Args:
        size: Numbers of a latent: channels times pixels.
        components: Of each of its two covariances: with a prompt, and with the null prompt.
        text_width: Of the text encoder's tokens.
    """

    null: torch.Tensor
    text_mean: torch.Tensor
    text_scale: torch.Tensor
    slope: torch.Tensor
    mean_with: torch.Tensor
    mean_without: torch.Tensor

    def __init__(self, size: int, components: int, text_width: int) -> None:
        super().__init__()
        self.register_buffer("null", torch.zeros(text_width))
        self.register_buffer("text_mean", torch.zeros(text_width))
        self.register_buffer("text_scale", torch.ones(text_width))
        self.register_buffer("slope", torch.zeros(text_width, size))
        for kind in ("with", "without"):
            self.register_buffer(f"mean_{kind}", torch.zeros(size))
            self.register_buffer(f"basis_{kind}", torch.zeros(size, components))
            self.register_buffer(f"variance_{kind}", torch.zeros(components))
            self.register_buffer(f"rest_{kind}", torch.zeros(()))

    def forward(self, noisy: torch.Tensor, kept: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
        """Return v, float32, of the shape of the latents.

        Args:
            noisy: ``(n, channels, side, side)``.
            kept: ᾱ, float32 ``(n,)``.
            said: Mean tokens, ``(n, text width)``.
        """
        with torch.autocast(noisy.device.type, enabled=False):
            x, said, kept = noisy.flatten(1).float(), said.float(), kept[:, None].float()
            null = (said - self.null).abs().amax(1, keepdim=True) < _NULL_DISTANCE
            mean = (said - self.text_mean) / self.text_scale @ self.slope + self.mean_with
            v = torch.where(
                null,
                self._velocity(x, kept, self.mean_without, "without"),
                self._velocity(x, kept, mean, "with"),
            )
        return v.view_as(noisy)

    def _velocity(
        self, x: torch.Tensor, kept: torch.Tensor, mean: torch.Tensor, kind: str
    ) -> torch.Tensor:
        """Return the expectation of v, ``(n, size)``.

        With x₀ ~ N(m, s) along a component, v = √(1−ᾱ) (√ᾱ (1−s) / (ᾱ s + 1 − ᾱ) (x − √ᾱ m) − m).
        """
        basis, variance, rest = (
            getattr(self, f"{name}_{kind}") for name in ("basis", "variance", "rest")
        )
        off = x - kept.sqrt() * mean
        inside = (1 - variance) / (kept * variance + 1 - kept)
        outside = (1 - rest) / (kept * rest + 1 - kept)
        pulled = (off @ basis * (inside - outside)) @ basis.T + outside * off
        velocity: torch.Tensor = (1 - kept).sqrt() * (kept.sqrt() * pulled - mean)
        return velocity


def fit_linear_denoiser(
    latents: torch.Tensor, prompt_of: torch.Tensor, means: torch.Tensor, seed: int
) -> LinearDenoiser:
    """Return the linear denoiser of a bank.

    Args:
        latents: float32 ``(n, channels, side, side)``, standardised; those with a prompt first.
        prompt_of: int64 ``(m,)``, the prompt of each of the first ``m``.
        means: float32 ``(prompts + 1, text width)``, mean tokens, the null prompt's last.
        seed: Of the search for principal components.

    Raises:
        EngineError: if latents or tokens are not finite.
    """
    x, labelled = latents.flatten(1).float(), len(prompt_of)
    if not (bool(x.isfinite().all()) and bool(means.isfinite().all())):
        raise EngineError(
            "The patches' latents or the prompts' tokens left the finite numbers. Check the scene "
            "for extreme values, or train with another seed."
        )
    components = max(1, min(MOST_COMPONENTS, x.shape[1], labelled - 1))
    built = LinearDenoiser(x.shape[1], components, means.shape[1])
    distinct = means[:-1]
    built.null = means[-1].clone()
    built.text_mean = distinct.mean(0)
    built.text_scale = distinct.std(0, correction=0).clamp_min(_LEAST_DEVIATION)
    said = ((distinct - built.text_mean) / built.text_scale)[prompt_of].double()
    wanted = x[:labelled].double()
    centre, middle = said.mean(0), wanted.mean(0)
    said, off = said - centre, wanted - middle
    gram = said.T @ said + RIDGE * labelled * torch.eye(said.shape[1], dtype=torch.float64)
    slope = torch.linalg.solve(gram, said.T @ off)
    built.slope, built.mean_with = slope.float(), (middle - centre @ slope).float()
    built.mean_without = x.mean(0)
    for kind, rest in (("with", (off - said @ slope).float()), ("without", x - x.mean(0))):
        found = _principal(rest, components, seed)
        setattr(built, f"basis_{kind}", found.basis)
        setattr(built, f"variance_{kind}", found.variance)
        setattr(built, f"rest_{kind}", found.rest)
    return built


@dataclass(frozen=True)
class _Principal:
    basis: torch.Tensor
    variance: torch.Tensor
    rest: torch.Tensor


def _principal(centred: torch.Tensor, components: int, seed: int) -> _Principal:
    """Return principal components, and the mean variance of what they leave."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        _, lengths, basis = torch.svd_lowrank(centred, q=components, niter=_POWER_ITERATIONS)
    variance = lengths.square() / len(centred)
    left = centred.square().sum() / len(centred) - variance.sum()
    rest = left / max(1, centred.shape[1] - components)
    return _Principal(
        basis.contiguous(), variance.clamp_min(_LEAST_VARIANCE), rest.clamp_min(_LEAST_VARIANCE)
    )
