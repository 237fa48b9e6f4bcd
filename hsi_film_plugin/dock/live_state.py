"""What travels between the live map and the dock: its settings, its state, its figures as text."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..translation import tr
from .accuracy_history import AccuracyPoint
from .visible_part import VisiblePart


@dataclass(frozen=True)
class PreviewSettings:
    """How previews are made; what is empty or None is the engine's default.

    Attributes:
        backbone: The backbone's id.
        device: `auto`, `cpu`, `cuda` …
        most_pixels: How many pixels a preview may have.
        cache: The folder for prepared features; the user's cache by default.
        pseudo_image: What the backbone sees of the scene.
        timestep: The denoising timestep of the features.
        blocks: The decoder blocks of the features.
    """

    backbone: str = ""
    device: str = "auto"
    most_pixels: int = 512 * 512
    cache: str = ""
    pseudo_image: str = ""
    timestep: int | None = None
    blocks: tuple[int, ...] = ()


class LiveKind(str, enum.Enum):
    """What the live map does."""

    IDLE = "idle"
    WAITING = "waiting"
    PREPARING = "preparing"
    PREVIEWING = "previewing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class LiveState:
    """What the live map does, as a sentence for the user.

    Attributes:
        kind: What it does.
        text: What goes on, or what to do next.
        fraction: How much of it is done, 0 to 1; None if that is unknown or nothing runs.
    """

    kind: LiveKind
    text: str
    fraction: float | None = None


def accuracy_of(result: Mapping[str, Any]) -> AccuracyPoint | None:
    """The validated accuracy in the engine's answer, if there were labels enough for one."""
    figures = result.get("accuracy") or {}
    accuracy = figures.get("overall_accuracy")
    if not isinstance(accuracy, (int, float)):
        return None
    low, high = figures.get("low"), figures.get("high")
    return AccuracyPoint(
        int(result.get("label_polygons") or 0),
        int(result.get("label_pixels") or 0),
        float(accuracy),
        float(accuracy if low is None else low),
        float(accuracy if high is None else high),
    )


def map_text(result: Mapping[str, Any], part: VisiblePart) -> str:
    """One or two sentences on a map: how good it is, how much it shows, what to heed."""
    point = accuracy_of(result)
    if point is None:
        sentences = [
            tr("The map is up to date. Its accuracy needs more polygons of each class to be told.")
        ]
    else:
        sentences = [
            tr(
                "The map is up to date: {accuracy:.0%} of held-out labels are right "
                "({low:.0%} to {high:.0%})."
            ).format(accuracy=point.accuracy, low=point.low, high=point.high)
        ]
    if part.is_cut:
        sentences.append(
            tr(
                "Only the middle of the view is mapped, {cols} × {rows} of {seen_cols} × "
                "{seen_rows} pixels: zoom in to see all of it."
            ).format(
                cols=part.cols,
                rows=part.rows,
                seen_cols=part.seen_cols,
                seen_rows=part.seen_rows,
            )
        )
    sentences += [str(warning) for warning in result.get("warnings") or ()]
    return " ".join(sentences)
