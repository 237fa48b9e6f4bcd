"""How long the engine takes for the live map, without QGIS: preparing, previewing, suggesting."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from hsi_film_plugin.engine.jobs import JOBS
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene

from .measure import Table

SIDE, BANDS = 512, 200
REPEATS = 20


def live_engine_tables(side: int = SIDE) -> list[Table]:
    """Time the dock's jobs on a simulated scene of 200 bands with its training polygons."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raster, labels = folder / "scene.tif", folder / "labels.gpkg"
        write_sample_scene(SampleScene(side, side, 0, BANDS), raster, labels, None, Progress())
        asked = {
            "input": str(raster),
            "labels": str(labels),
            "class_field": "class_id",
            "cache": str(folder / "cache"),
            "output": str(folder / "preview.tif"),
        }
        # what a running engine has done long before: importing its libraries
        JOBS["pseudo_image"](asked, Progress())
        rows = [
            _row("features, spectra and surroundings alone", "prepare", asked | _BARE),
            _row("features with the bundled backbone", "prepare", asked),
            _row("features from the cache", "prepare", asked, REPEATS),
            _row("preview", "preview", asked, REPEATS),
            _row("five suggestions, the first time", "suggest", asked),
            _row("five suggestions", "suggest", asked, 5),
        ]
        found = JOBS["preview"](asked, Progress())
        note = (
            f"{found['label_polygons']} polygons of {len(found['classes'])} classes, "
            f"{found['label_pixels']} pixels. {found['device_reason']}"
        )
    columns = (f"{side}×{side}×{BANDS} simulated", "seconds", "longest", "times")
    return [Table("The engine of the live map", columns, tuple(rows), note)]


_BARE = {"use_backbone": False}


def _row(
    name: str, job: str, asked: Mapping[str, Any], repeats: int = 1
) -> tuple[str, str, str, str]:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        JOBS[job](dict(asked), Progress())
        seconds.append(time.perf_counter() - started)
    return name, f"{median(seconds):.2f}", f"{max(seconds):.2f}", str(repeats)
