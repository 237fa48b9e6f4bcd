"""How good the map became with each label: what tells the user when to stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AccuracyPoint:
    """The validated accuracy of one preview.

    Attributes:
        polygons: How many labels it was made from.
        pixels: How many labelled pixels these claim.
        accuracy: Overall accuracy on labels held out of training, 0 to 1.
        low: Lower end of its 95 % interval, 0 to 1.
        high: Upper end.
    """

    polygons: int
    pixels: int
    accuracy: float
    low: float
    high: float
