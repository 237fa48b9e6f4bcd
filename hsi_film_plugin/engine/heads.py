"""The trained part: linear, spectral, spatial and FiLM heads, many of them side by side.

FiLM (Perez et al. 2018; Hu, Banerjee, Prasad 2025): ``γ(s) ⊙ f + β(s)``, where the
spatial features ``f`` are modulated by the pixel's spectrum ``s``. Here ``f`` is a
linear map of the backbone's features, normalised per pixel, ``γ = 1 + W_γ e`` and
``β = W_β e`` with ``e`` a light encoding of the spectrum and both ``W`` zero at first,
so that training starts from the spatial head.

All heads of a kind (folds times ensemble members) are trained as one stack of
batched matrices, which is many times faster than one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional

KINDS = ("linear", "spectral", "spatial", "film")
#: Kinds that look at a pixel's surroundings.
SPATIAL_KINDS = ("spatial", "film")
Parameters = dict[str, torch.Tensor]


@dataclass(frozen=True)
class HeadShape:
    """The sizes of a head.

    Attributes:
        kind: One of ``KINDS``. Linear heads are not trained here: see ``discriminant``.
        spectral: Inputs of the spectral path.
        spatial: Inputs of the spatial path.
        classes: Outputs.
        width: Units of every hidden layer.
    """

    kind: str
    spectral: int
    spatial: int
    classes: int
    width: int = 64

    def layers(self) -> dict[str, tuple[int, int, bool]]:
        """Return each layer's inputs, outputs and whether it starts at zero."""
        width, layers = self.width, {}
        if self.kind == "linear":
            return {"classes": (self.spectral, self.classes, False)}
        if self.kind != "spatial":
            layers["encoder1"] = (self.spectral, width, False)
            layers["encoder2"] = (width, width, False)
        if self.kind != "spectral":
            layers["spatial"] = (self.spatial, width, False)
            layers["hidden"] = (width, width, False)
        if self.kind == "film":
            layers["gamma"] = (width, width, True)
            layers["beta"] = (width, width, True)
        layers["classes"] = (width, self.classes, False)
        return layers


def initial_parameters(shape: HeadShape, seeds: list[int]) -> Parameters:
    """Return parameters ``(len(seeds), ...)``, the same for the same seed wherever it stands."""
    stacks: dict[str, list[torch.Tensor]] = {}
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        for name, (inputs, outputs, zero) in shape.layers().items():
            weight = torch.randn((inputs, outputs), generator=generator) * math.sqrt(2 / inputs)
            stacks.setdefault(f"{name}.weight", []).append(weight * 0 if zero else weight)
            stacks.setdefault(f"{name}.bias", []).append(torch.zeros(1, outputs))
    return {name: torch.stack(tensors) for name, tensors in stacks.items()}


def logits(
    shape: HeadShape,
    parameters: Parameters,
    spectra: torch.Tensor,
    features: torch.Tensor,
    dropout: Dropout | None = None,
) -> torch.Tensor:
    """Return the heads' outputs, float32 ``(heads, n, classes)``.

    Args:
        shape: The heads' sizes.
        parameters: As from :func:`initial_parameters`.
        spectra: float32 ``(n, spectral)``.
        features: float32 ``(n, spatial)``.
        dropout: In training only.
    """

    def layer(name: str, x: torch.Tensor) -> torch.Tensor:
        weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        x = x.expand(len(weight), *x.shape[-2:])
        return torch.baddbmm(bias, x, weight)

    def dropped(x: torch.Tensor) -> torch.Tensor:
        return x if dropout is None else dropout.units(x)

    if shape.kind == "linear":
        return layer("classes", spectra[None])
    if shape.kind != "spatial":
        encoded = dropped(functional.gelu(layer("encoder1", spectra[None])))
        encoded = dropped(functional.gelu(layer("encoder2", encoded)))
        if shape.kind == "spectral":
            return layer("classes", encoded)
    mapped = functional.layer_norm(layer("spatial", features[None]), (shape.width,))
    if shape.kind == "film":
        if dropout is not None:
            mapped = dropout.modality(mapped)
        mapped = (1 + layer("gamma", encoded)) * mapped + layer("beta", encoded)
    hidden = dropped(functional.gelu(mapped))
    return layer("classes", dropped(functional.gelu(layer("hidden", hidden))))


@dataclass(frozen=True)
class Dropout:
    """Random zeros of training: of single units, and of a pixel's whole spatial path.

    All heads of a stack share them: drawing them costs more than using them.

    Attributes:
        generator: Where the randomness comes from.
        rate: Share of units set to zero.
        modality_rate: Share of pixels whose spatial path is set to zero, so that the
            spectral path learns to stand alone.
    """

    generator: torch.Generator
    rate: float
    modality_rate: float

    def units(self, x: torch.Tensor) -> torch.Tensor:
        """Drop single units of ``(heads, n, width)``."""
        keep = torch.rand(x.shape[1:], generator=self.generator) >= self.rate
        return x * (keep / (1 - self.rate))

    def modality(self, x: torch.Tensor) -> torch.Tensor:
        """Drop whole pixels of ``(heads, n, width)``."""
        return x * (torch.rand((x.shape[1], 1), generator=self.generator) >= self.modality_rate)


@dataclass(frozen=True)
class Fitting:
    """How heads are trained.

    Attributes:
        steps: Optimiser steps.
        batch: Pixels in a step; all of them where there are no more.
        learning_rate: Of AdamW; falls to zero along a cosine.
        weight_decay: Of AdamW.
        dropout: Share of hidden units dropped.
        modality_dropout: Share of pixels whose spatial path is dropped.
        smoothing: Label smoothing.
    """

    steps: int = 300
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    dropout: float = 0.3
    modality_dropout: float = 0.2
    smoothing: float = 0.05


def fit(
    shape: HeadShape,
    spectra: torch.Tensor,
    features: torch.Tensor,
    classes: torch.Tensor,
    weights: torch.Tensor,
    seeds: list[int],
    fitting: Fitting,
) -> Iterator[tuple[float, Parameters]]:
    """Train a stack of heads, and yield how far it is with the parameters so far.

    Heads are trained on the CPU: they are small, and so their bytes do not depend
    on the device.

    Args:
        shape: The heads' sizes.
        spectra: float32 ``(n, spectral)``.
        features: float32 ``(n, spatial)``.
        classes: int64 ``(n,)``.
        weights: float32 ``(heads, n)``; zero keeps a pixel from a head.
        seeds: One for each head.
        fitting: How to train.
    """
    parameters = initial_parameters(shape, seeds)
    for tensor in parameters.values():
        tensor.requires_grad_()
    optimiser = torch.optim.AdamW(
        parameters.values(), fitting.learning_rate, weight_decay=fitting.weight_decay, fused=True
    )
    generator = torch.Generator().manual_seed(seeds[0])
    dropout = Dropout(generator, fitting.dropout, fitting.modality_dropout)
    count = len(classes)
    for step in range(fitting.steps):
        for group in optimiser.param_groups:
            group["lr"] = (
                fitting.learning_rate * 0.5 * (1 + math.cos(math.pi * step / fitting.steps))
            )
        chosen = slice(None)
        if count > fitting.batch:
            chosen = torch.randint(count, (fitting.batch,), generator=generator)  # type: ignore[assignment]
        outputs = logits(shape, parameters, spectra[chosen], features[chosen], dropout)
        losses = functional.cross_entropy(
            outputs.flatten(0, 1),
            classes[chosen].repeat(len(seeds)),
            reduction="none",
            label_smoothing=fitting.smoothing,
        ).view(len(seeds), -1)
        share = weights[:, chosen]
        loss = ((losses * share).sum(1) / share.sum(1).clamp(min=1e-12)).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        yield (step + 1) / fitting.steps, {n: t.detach() for n, t in parameters.items()}
