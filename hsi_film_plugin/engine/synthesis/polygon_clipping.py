"""Patches mixed in random polygons: the reconstruction's RPSC.

A polygon keeps the centre pixel and what lies around it; beyond it lies another patch. The
polygon's share of the area is the degree of mixing.
"""

from __future__ import annotations

import numpy as np
from skimage.draw import polygon

LEAST_CORNERS, MOST_CORNERS = 3, 8
LEAST_AREA, MOST_AREA = 0.1, 0.9
#: Corners lie at least at this share of the farthest one's distance.
SHORTEST_RADIUS = 0.4


def random_polygon(size: int, draws: np.random.Generator) -> np.ndarray:
    """Return which pixels of a patch a random star-shaped polygon around its centre covers.

    Args:
        size: Side of the patch.
        draws: Where randomness comes from.

    Returns:
        bool ``(size, size)``; always true at ``[size // 2, size // 2]``.
    """
    corners = int(draws.integers(LEAST_CORNERS, MOST_CORNERS + 1))
    # jitter of less than half a step each way leaves no gap of 180 degrees but for triangles,
    # whose steps are wide; a fifth is safe for them, too
    angles = (np.arange(corners) + draws.uniform(-0.2, 0.2, corners)) / corners + draws.random()
    angles = 2 * np.pi * angles
    radii = draws.uniform(SHORTEST_RADIUS, 1.0, corners)
    turned = np.roll(angles, -1) - angles
    unit_area = 0.5 * float((radii * np.roll(radii, -1) * np.sin(turned)).sum())
    area = draws.uniform(LEAST_AREA, MOST_AREA) * size * size
    radii = radii * np.sqrt(area / unit_area)
    centre = size // 2
    rows, cols = polygon(  # type: ignore[no-untyped-call]
        centre + radii * np.sin(angles), centre + radii * np.cos(angles), (size, size)
    )
    covered = np.zeros((size, size), bool)
    covered[rows, cols] = True
    covered[centre, centre] = True
    return covered
