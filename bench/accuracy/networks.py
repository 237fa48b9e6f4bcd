"""Compact networks in the manner of published ones; all are our own, and smaller."""

from __future__ import annotations

import torch
from torch import nn


class SpectralCnn(nn.Module):
    """Three 1-D convolutions along the spectrum.

    Takes float32 ``(n, bands, 1, 1)``, returns ``(n, classes)``.
    """

    def __init__(self, bands: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for width in (16, 32, 32):
            layers += [
                nn.Conv1d(channels, width, 5, padding=2),
                nn.BatchNorm1d(width),
                nn.ReLU(),
                nn.MaxPool1d(2, ceil_mode=True),
            ]
            channels = width
            bands = -(-bands // 2)
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3))
        self.classes = nn.Linear(channels * bands, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        logits: torch.Tensor = self.classes(self.body(x[:, None, :, 0, 0]))
        return logits


class HybridCnn(nn.Module):
    """3-D convolutions, then a 2-D one, in the manner of HybridSN.

    Source: Roy et al. 2020 (IEEE GRSL 17, 277-281). Takes float32
    ``(n, components, side, side)``, returns ``(n, classes)``.
    """

    def __init__(self, components: int, classes: int) -> None:
        super().__init__()
        depth = (min(5, components), 3)
        self.volumes = nn.Sequential(
            nn.Conv3d(1, 8, (depth[0], 3, 3)),
            nn.ReLU(),
            nn.Conv3d(8, 16, (depth[1], 3, 3), padding=(1, 0, 0)),
            nn.ReLU(),
        )
        left = components - depth[0] + 1
        self.maps = nn.Sequential(nn.Conv2d(16 * left, 64, 3), nn.ReLU())
        self.head = nn.Sequential(
            nn.Flatten(), nn.LazyLinear(128), nn.ReLU(), nn.Dropout(0.4), nn.Linear(128, classes)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        logits: torch.Tensor = self.head(self.maps(self.volumes(x[:, None]).flatten(1, 2)))
        return logits


class TokenTransformer(nn.Module):
    """Convolutions, a few semantic tokens, one transformer encoder, in the manner of SSFTT.

    Source: Sun et al. 2022 (IEEE TGRS 60, 5522214): tokens are sums over the patch,
    weighted by softmax maps. Takes float32 ``(n, components, side, side)``, returns
    ``(n, classes)``.
    """

    def __init__(self, components: int, classes: int, width: int = 64, tokens: int = 4) -> None:
        super().__init__()
        depth = min(3, components)
        self.volumes = nn.Sequential(nn.Conv3d(1, 8, (depth, 3, 3)), nn.BatchNorm3d(8), nn.ReLU())
        left = 8 * (components - depth + 1)
        self.maps = nn.Sequential(nn.Conv2d(left, width, 3), nn.BatchNorm2d(width), nn.ReLU())
        self.where = nn.Linear(width, tokens, bias=False)
        self.what = nn.Linear(width, width, bias=False)
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, tokens + 1, width))
        self.encoder = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.classes = nn.Linear(width, classes)
        # Gaussian weights of the tokeniser, as published.
        nn.init.xavier_normal_(self.where.weight)
        nn.init.xavier_normal_(self.what.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        maps = self.maps(self.volumes(x[:, None]).flatten(1, 2))
        pixels = maps.flatten(2).transpose(1, 2)
        weights = self.where(pixels).transpose(1, 2).softmax(-1)
        tokens = weights @ self.what(pixels)
        tokens = torch.cat([self.first.expand(len(x), -1, -1), tokens], dim=1) + self.places
        logits: torch.Tensor = self.classes(self.encoder(tokens)[:, 0])
        return logits
