"""The mark of files that hold synthetic samples, and the refusal of them where truth is asked for.

Every raster made from samples carries the item ``HSIFILM_SYNTHETIC=YES`` in its metadata, and
passes it on to the maps that are made of it. Vector files never carry it: samples have no
outlines.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import InputError
from .grid import Grid

MARK = "HSIFILM_SYNTHETIC"
#: The mark as metadata of a raster.
MARKED = {MARK: "YES"}
#: The same as a line of an ENVI header, whose names GDAL reads with underscores.
ENVI_LINE = "hsifilm_synthetic = YES"


def is_synthetic(*domains: Mapping[str, str]) -> bool:
    """Return whether a raster's metadata (default domain, ENVI's) carry the mark."""
    return any(
        name.upper() == MARK and text.strip().upper() == "YES"
        for domain in domains
        for name, text in domain.items()
    )


def marks(grid: Grid) -> dict[str, str]:
    """Return what a raster on a grid has to carry: the mark where the grid's raster has it."""
    return dict(MARKED) if grid.synthetic else {}


def require_real(scene: Grid) -> None:
    """Refuse to train on a synthetic scene.

    Raises:
        InputError: if it carries the mark.
    """
    if scene.synthetic:
        raise InputError(
            f"'{scene.path.name}' holds synthetic samples, and what is learnt from them alone "
            "cannot be validated. Train on a real scene, and give the samples' file "
            "(*.safetensors) to SYNTHETIC."
        )


def require_true_labels(name: str, *domains: Mapping[str, str]) -> None:
    """Refuse synthetic labels, which nobody has seen on the ground.

    Args:
        name: Of the raster's file.
        domains: Its metadata.

    Raises:
        InputError: if they carry the mark.
    """
    if is_synthetic(*domains):
        raise InputError(
            f"'{name}' holds the labels of synthetic samples, which nobody has seen on the "
            "ground, so they can neither train a classifier by themselves nor judge a map. "
            "Choose labels of a real scene; to train with the samples, too, give their file "
            "(*.safetensors) to SYNTHETIC."
        )


def require_real_map(class_map: Grid) -> None:
    """Refuse to assess a map of synthetic samples.

    Raises:
        InputError: if it carries the mark.
    """
    if class_map.synthetic:
        raise InputError(
            f"'{class_map.path.name}' is a map of synthetic samples: its accuracy would say "
            "nothing of any ground. Choose the map of a real scene."
        )
