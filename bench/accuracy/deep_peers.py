"""Training and prediction of the peers that are networks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hsi_film_plugin.engine.statistics import standardisation

from .benchmark import Benchmark, Outcome, Pixels
from .networks import HybridCnn, SpectralCnn, TokenTransformer
from .spatial_inputs import components


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        side: Of the patches, pixels.
        epochs: As often every training pixel is seen, unless that takes too many steps.
        steps: The most steps.
        batch: Patches a step.
        learning_rate: Of Adam.
    """

    side: int
    epochs: int = 100
    steps: int = 1000
    batch: int = 64
    learning_rate: float = 1e-3


SPECTRAL = Recipe(side=1, steps=1500)
HYBRID = Recipe(side=11)
TRANSFORMER = Recipe(side=13)
HYBRID_COMPONENTS = 15
TRANSFORMER_COMPONENTS = 30
_PREDICTED_AT_ONCE = 512


def spectral_cnn(benchmark: Benchmark, seed: int) -> Outcome:
    """Run a 1-D CNN on standardised bands."""

    def bands() -> np.ndarray:
        scale = standardisation(benchmark.spectra())
        shape = benchmark.cube.shape
        return scale(benchmark.cube.reshape(shape[0], -1).T).T.reshape(shape)

    return _run(bands, SpectralCnn, SPECTRAL, benchmark, seed)


def hybrid_cnn(benchmark: Benchmark, seed: int) -> Outcome:
    """Run a 3-D/2-D CNN on patches of principal components."""
    return _run(
        lambda: components(benchmark, HYBRID_COMPONENTS), HybridCnn, HYBRID, benchmark, seed
    )


def token_transformer(benchmark: Benchmark, seed: int) -> Outcome:
    """Run a convolutional token transformer on patches of principal components."""
    return _run(
        lambda: components(benchmark, TRANSFORMER_COMPONENTS),
        TokenTransformer,
        TRANSFORMER,
        benchmark,
        seed,
    )


class Patches:
    """Patches around pixels; beyond the scene it is mirrored.

    Args:
        channels: float32 ``(channels, height, width)``.
        side: Odd number of pixels.
        device: Where patches are wanted.
    """

    def __init__(self, channels: np.ndarray, side: int, device: torch.device) -> None:
        margin = side // 2
        padded = np.pad(channels, ((0, 0), (margin, margin), (margin, margin)), mode="symmetric")
        self._padded = torch.from_numpy(np.ascontiguousarray(padded, np.float32)).to(device)
        self._offsets = torch.arange(side, device=device)

    def at(self, pixels: Pixels) -> torch.Tensor:
        """Return float32 ``(n, channels, side, side)``."""
        device = self._padded.device
        rows = torch.from_numpy(pixels.rows).to(device)[:, None] + self._offsets
        cols = torch.from_numpy(pixels.cols).to(device)[:, None] + self._offsets
        return self._padded[:, rows[:, :, None], cols[:, None, :]].transpose(0, 1)


def _run(
    make_channels: Callable[[], np.ndarray],
    network: Callable[[int, int], nn.Module],
    recipe: Recipe,
    benchmark: Benchmark,
    seed: int,
) -> Outcome:
    started = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    channels = make_channels()
    patches = Patches(channels, recipe.side, device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = network(len(channels), benchmark.n_classes).to(device)
        known = patches.at(benchmark.train)
        model.eval()
        with torch.no_grad():
            model(known[:2])  # sizes what the patches' size decides
        classes = torch.from_numpy(benchmark.train.classes).to(device)
        _train(model, known, classes, recipe, seed)
    trained = time.perf_counter()
    predicted = np.concatenate(list(_predictions(model, patches, benchmark.test)))
    return Outcome(predicted, trained - started, time.perf_counter() - trained)


def _train(
    model: nn.Module, known: torch.Tensor, classes: torch.Tensor, recipe: Recipe, seed: int
) -> None:
    optimiser = torch.optim.Adam(model.parameters(), recipe.learning_rate)
    generator = torch.Generator().manual_seed(seed)
    batch = min(recipe.batch, len(classes))
    steps = min(recipe.steps, recipe.epochs * max(1, len(classes) // batch))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for chosen in _batches(len(classes), batch, steps, generator):
        chosen = chosen.to(classes.device)
        turned = _turned(known[chosen], generator)
        loss = functional.cross_entropy(model(turned), classes[chosen])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    model.eval()


def _batches(
    count: int, batch: int, steps: int, generator: torch.Generator
) -> Iterator[torch.Tensor]:
    """Yield the pixels of each step: every pixel once before any comes again."""
    order = torch.randperm(count, generator=generator)
    place = 0
    for _ in range(steps):
        if place + batch > count:
            order, place = torch.randperm(count, generator=generator), 0
        yield order[place : place + batch]
        place += batch


def _turned(patches: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return the patches of a step turned and mirrored at random, all alike."""
    if patches.shape[-1] == 1:
        return patches
    quarter, mirrored = torch.randint(4, (2,), generator=generator).tolist()
    turned = torch.rot90(patches, quarter, (2, 3))
    return turned.flip(3) if mirrored % 2 else turned


@torch.no_grad()
def _predictions(model: nn.Module, patches: Patches, pixels: Pixels) -> Iterator[np.ndarray]:
    for start in range(0, len(pixels), _PREDICTED_AT_ONCE):
        some = np.arange(start, min(start + _PREDICTED_AT_ONCE, len(pixels)))
        yield model(patches.at(pixels.chosen(some))).argmax(1).cpu().numpy()
