"""What a user may decide about training, and the check of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import InputError
from .heads import KINDS as PATHS
from .pseudo_image import KINDS as PICTURES


@dataclass(frozen=True)
class TrainingSettings:
    """What the user may decide; None or ``auto`` leaves it to validation.

    Attributes:
        backbone: A diffusers folder; None for the bundled one.
        seed: Of everything random.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
        pseudo_image: ``auto``, ``rgb`` or ``pca``.
        ensemble: Heads of each kind in the final model.
        paths: Kinds of heads that validation may choose among; the bench narrows it.
        synthetic: A file of synthetic samples that the final heads are trained with, too.
    """

    backbone: Path | None = None
    seed: int = 0
    timestep: int | None = None
    blocks: tuple[int, ...] | None = None
    pseudo_image: str = "auto"
    ensemble: int = 5
    paths: tuple[str, ...] = PATHS
    synthetic: Path | None = None


def check_settings(settings: TrainingSettings) -> None:
    """Check what needs no scene.

    Raises:
        InputError: if a setting is out of range.
    """
    if settings.pseudo_image not in ("auto", *PICTURES):
        raise InputError(
            f"PSEUDO_IMAGE is '{settings.pseudo_image}'. Choose auto, {' or '.join(PICTURES)}."
        )
    if not 1 <= settings.ensemble <= 50:
        raise InputError(f"ENSEMBLE is {settings.ensemble}. Choose 1 to 50 heads.")
    if not 0 <= settings.seed < 2**31:
        raise InputError(f"SEED is {settings.seed}. Choose a number from 0 to {2**31 - 1}.")
