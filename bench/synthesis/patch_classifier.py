"""A small CNN on patches, trained alike for all arms."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .remedies import Examples

#: Components of the patches, and pixels along their side.
COMPONENTS, SIDE = 10, 7
STEPS, BATCH, LEARNING_RATE = 300, 64, 2e-3
_PREDICTED_AT_ONCE = 1024


class SmallCnn(nn.Module):
    """Three 2-D convolutions and the centre beside the mean of what they see.

    Takes float32 ``(n, channels, side, side)``, returns logits ``(n, classes)``.
    """

    def __init__(self, channels: int, classes: int, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size in (1, 3, 3):
            layers += [
                nn.Conv2d(channels, width, size, padding=size // 2),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * width, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        maps = self.body(x)
        centre = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
        logits: torch.Tensor = self.head(torch.cat([centre, maps.mean((2, 3))], dim=1))
        return logits


def small_cnn(
    known: Examples, asked: torch.Tensor, weighted: bool, seed: int, device: torch.device
) -> np.ndarray:
    """Return what a small CNN says of patches, class indices int64 ``(n,)``.

    It is trained for the same number of steps whatever it is trained on.

    Args:
        known: Patches to be trained on, ``(n, channels, side, side)``.
        asked: float32, patches likewise.
        weighted: Whether classes count alike, however many examples they have.
        seed: Of weights, batches and turns.
        device: Where it runs.
    """
    # dropout draws from torch's own generators, too
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        model = SmallCnn(known.values.shape[1], known.targets.shape[1]).to(device)
        _train(model, known, weighted, seed, device)
    said = []
    with torch.no_grad():
        for some in torch.split(asked, _PREDICTED_AT_ONCE):
            said.append(model(some.to(device)).argmax(1).cpu())
    return torch.cat(said).numpy()


def _train(
    model: nn.Module, known: Examples, weighted: bool, seed: int, device: torch.device
) -> None:
    values = torch.from_numpy(known.values).to(device)
    targets = torch.from_numpy(known.targets).to(device)
    share = targets.sum(dim=0).clamp(min=1e-6)
    weight = share.sum() / (len(share) * share) if weighted else None
    optimiser = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, STEPS)
    generator = torch.Generator().manual_seed(seed)
    batch = min(BATCH, len(values))
    order = torch.cat(
        [
            torch.randperm(len(values), generator=generator)
            for _ in range(-(-STEPS * batch // len(values)))
        ]
    ).to(device)
    turns = torch.randint(4, (STEPS, 2), generator=generator).tolist()
    model.train()
    for step, (quarter, mirrored) in enumerate(turns):
        chosen = order[step * batch : (step + 1) * batch]
        patches = torch.rot90(values[chosen], quarter, (2, 3))
        patches = patches.flip(3) if mirrored % 2 else patches
        loss = functional.cross_entropy(model(patches), targets[chosen], weight=weight)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    model.eval()
