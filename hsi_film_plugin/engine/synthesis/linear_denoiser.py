"""The best linear denoiser of latents given a prompt, in closed form: where training starts.

If latents were normally distributed around a mean that is linear in what a prompt says, the
expectation of the clean latent given a noisy one would be a Wiener filter. Its statistics come
from the bank in seconds: a ridge regression on the prompts' readings for the means, principal
components with one variance for the rest (Tipping and Bishop 1999) for the covariance. The
transformer only learns what is left. From random weights it took thousands of steps to get this
far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from ..errors import EngineError

#: Principal components of a covariance, at most.
MOST_COMPONENTS = 600
#: What a number of a reading says is believed as if so many items more had contradicted it. On
#: prompts of a real scene that were left out, 10 to 60 foretold patches alike, 3 and 200 worse.
RIDGE = 30.0
#: Dimensions that the means of all prompts lie in, at most.
MOST_MEANS = 128
_POWER_ITERATIONS = 3
#: Least variance along a component. Without it, what the bank does not show would count as noise
#: where there is next to none, and be magnified without bound.
_LEAST_VARIANCE = 1e-2


@dataclass(frozen=True)
class LinearShape:
    """The sizes of a linear denoiser.

    Attributes:
        components: Of each of its two covariances: with a prompt, and without.
        reading: Numbers of a prompt's reading.
        means: Dimensions that the means of all prompts lie in.
    """

    components: int
    reading: int
    means: int


class LinearDenoiser(nn.Module):
    """Predicts v from a noisy latent and the reading of its prompt.

    Args:
        size: Numbers of a latent: channels times pixels.
        shape: The other sizes.
    """

    reads: torch.Tensor
    shows: torch.Tensor
    mean_with: torch.Tensor
    mean_without: torch.Tensor

    def __init__(self, size: int, shape: LinearShape) -> None:
        super().__init__()
        self.register_buffer("reads", torch.zeros(shape.reading, shape.means))
        self.register_buffer("shows", torch.zeros(shape.means, size))
        for kind in ("with", "without"):
            self.register_buffer(f"mean_{kind}", torch.zeros(size))
            self.register_buffer(f"basis_{kind}", torch.zeros(size, shape.components))
            self.register_buffer(f"variance_{kind}", torch.zeros(shape.components))
            self.register_buffer(f"rest_{kind}", torch.zeros(()))

    def forward(
        self, noisy: torch.Tensor, kept: torch.Tensor, readings: torch.Tensor
    ) -> torch.Tensor:
        """Return v, float32, of the shape of the latents.

        Args:
            noisy: ``(n, channels, side, side)``.
            kept: ᾱ, float32 ``(n,)``.
            readings: Of the prompts, float32 ``(n, reading)``; one of zeros counts as no prompt.
        """
        with torch.autocast(noisy.device.type, enabled=False):
            x, kept = noisy.flatten(1).float(), kept[:, None].float()
            mean = readings @ self.reads @ self.shows + self.mean_with
            v = torch.where(
                readings.any(1, keepdim=True),
                self._velocity(x, kept, mean, "with"),
                self._velocity(x, kept, self.mean_without, "without"),
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
    latents: torch.Tensor, prompt_of: torch.Tensor, readings: torch.Tensor, seed: int
) -> LinearDenoiser:
    """Return the linear denoiser of a bank.

    Args:
        latents: float32 ``(n, channels, side, side)``, standardised; those with a prompt first.
        prompt_of: int64 ``(m,)``, the prompt of each of the first ``m``.
        readings: float32 ``(prompts, reading)``.
        seed: Of the search for principal components.

    Raises:
        EngineError: if latents are not finite.
    """
    x = latents.flatten(1).float()
    if not bool(x.isfinite().all()):
        raise EngineError(
            "The patches' latents left the finite numbers. Check the scene for extreme values, or "
            "train with another seed."
        )
    shape = _shape(latents, prompt_of, readings)
    built = LinearDenoiser(x.shape[1], shape)
    said, wanted = readings[prompt_of].double(), x[: len(prompt_of)].double()
    centre, middle = said.mean(0), wanted.mean(0)
    said, off = said - centre, wanted - middle
    coefficients = _ridge(said, off)
    shows = _principal((said @ coefficients).float(), shape.means, seed).basis.double()
    reads = coefficients @ shows
    built.reads, built.shows = reads.float(), shows.T.float().contiguous()
    built.mean_with = (middle - centre @ reads @ shows.T).float()
    built.mean_without = x.mean(0)
    told = (off - said @ reads @ shows.T).float()
    for kind, rest in (("with", told), ("without", x - x.mean(0))):
        found = _principal(rest, shape.components, seed)
        setattr(built, f"basis_{kind}", found.basis)
        setattr(built, f"variance_{kind}", found.variance)
        setattr(built, f"rest_{kind}", found.rest)
    return built


def _ridge(said: torch.Tensor, off: torch.Tensor) -> torch.Tensor:
    """Return the coefficients of a ridge regression, ``(reading, size)``, both centred."""
    items, width = said.shape
    found: torch.Tensor
    if width <= items:
        gram = said.T @ said
        gram.diagonal().add_(RIDGE)
        found = torch.linalg.solve(gram, said.T @ off)
    else:
        # the same in another form: many classes have more numbers in a reading than items
        kernel = said @ said.T
        kernel.diagonal().add_(RIDGE)
        found = said.T @ torch.linalg.solve(kernel, off)
    return found


def restored_linear_denoiser(
    tensors: Mapping[str, torch.Tensor],
    latents: torch.Tensor,
    prompt_of: torch.Tensor,
    readings: torch.Tensor,
) -> LinearDenoiser | None:
    """Return the linear denoiser that once was fitted; None if the tensors are not a bank's.

    Args:
        tensors: Its ``state_dict``.
        latents: Of the bank, as for ``fit_linear_denoiser``.
        prompt_of: Of the bank.
        readings: Of the bank.
    """
    built = LinearDenoiser(latents[0].numel(), _shape(latents, prompt_of, readings))
    wanted = {name: (held.shape, held.dtype) for name, held in built.state_dict().items()}
    if {name: (held.shape, held.dtype) for name, held in tensors.items()} != wanted:
        return None
    built.load_state_dict(tensors)
    return built


def _shape(latents: torch.Tensor, prompt_of: torch.Tensor, readings: torch.Tensor) -> LinearShape:
    size, most = latents[0].numel(), max(1, len(prompt_of) - 1)
    width = readings.shape[1]
    return LinearShape(min(MOST_COMPONENTS, size, most), width, min(MOST_MEANS, size, most, width))


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
