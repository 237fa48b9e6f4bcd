"""A prepared scene of two halves, small enough for every arm to take moments."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from bench.accuracy.scene_files import write_cube, write_labels
from bench.synthesis.scenes import FACTS, RASTER
from bench.synthesis.schedule import SCENES, Workplace

SIZE, BANDS, COMMON, RARE, LABELS = 48, 8, 10, 20, 10
NAME = "halves"


class NamedSource:
    """Stands in for what made the scene."""

    name = NAME


def prepared_place(folder: Path) -> Workplace:
    """Return a workplace with one scene: a common class above, a rare one below."""
    rng = np.random.default_rng(3)
    row, col = np.indices((SIZE, SIZE))
    classes = np.where(row < SIZE // 2, COMMON, RARE)
    spectra = rng.random((2, BANDS)) + 0.5
    cube = spectra[classes // RARE].transpose(2, 0, 1) + rng.normal(0, 0.05, (BANDS, SIZE, SIZE))
    made = folder / SCENES / NAME
    made.mkdir(parents=True)
    write_cube(made / RASTER, cube.astype(np.float32), wavelengths=np.linspace(450, 900, BANDS))
    left = (row % 3 == 0) & (col % 3 == 0) & (col < SIZE // 2)
    known = np.where(left, classes, 0)
    rare = np.flatnonzero(known == RARE)
    known.ravel()[rare[LABELS:]] = 0
    write_labels(made / f"train-{LABELS}-0.tif", known)
    write_labels(made / "test-0.tif", np.where(col >= SIZE // 2 + 4, classes, 0))
    facts = {"name": NAME, "fingerprint": "f", "split": "halves", "draws": 1}
    facts |= {"rare": [RARE], "names": {COMMON: "meadow", RARE: "roof"}}
    (made / FACTS).write_text(json.dumps(facts))
    return Workplace(folder)
