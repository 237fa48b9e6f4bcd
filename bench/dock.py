"""How fast the dock answers: from a polygon to its map, and how long the window stands still."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene

from .measure import OUTPUT, Table, run
from .startup import QGIS_PYTHON

SIDE = 512
BANDS = 200
#: What is measured: its name, its unit, and the most that it may take.
LIMITS = (
    ("open_ms", "opening the dock", "ms", 300),
    ("prepare_s", f"preparing {SIDE}×{SIDE}×{BANDS}", "s", 15),
    ("prepare_cached_s", "the same from the cache", "s", 1),
    ("preview_s", f"polygon to repainted {SIDE}×{SIDE} map, median of 20", "s", 1.5),
    ("preview_worst_s", "the slowest of them", "s", None),
    ("suggest_s", "five suggestions", "s", None),
    ("train_s", "final training and a 128×128 map", "s", None),
    ("many_preview_s", "map after a label beside 10,000 others", "s", None),
    ("many_add_ms", "adding that label", "ms", None),
    ("prepare_block_ms", "longest pause while preparing", "ms", 100),
    ("preview_block_ms", "longest pause while drawing and previewing", "ms", 100),
    ("suggest_block_ms", "longest pause while suggesting", "ms", 100),
    ("train_block_ms", "longest pause while training", "ms", 100),
    ("many_adopt_block_ms", "longest pause when 10,000 labels are opened", "ms", 100),
    ("many_block_ms", "longest pause while labelling beside them", "ms", 100),
)


def dock_tables() -> list[Table]:
    """Render a scene, drive the dock on it within QGIS, and compare with what is allowed."""
    if shutil.which(QGIS_PYTHON) is None:
        return [Table("The dock", ("",), ((f"not measured: no {QGIS_PYTHON}",),))]
    folder = OUTPUT / "dock"
    folder.mkdir(parents=True, exist_ok=True)
    scene, training = folder / "scene.tif", folder / "training.gpkg"
    if not scene.exists():
        write_sample_scene(SampleScene(SIDE, SIDE, 0, BANDS), scene, training, None, Progress())
    figures = _measured(scene, training, folder / "work")
    rows = tuple(
        (name, _number(figures[key], unit), "" if most is None else f"≤ {most:g} {unit}")
        for key, name, unit, most in LIMITS
    )
    return [Table("The dock", ("", "measured", "asked for"), rows)]


def _measured(scene: Path, training: Path, work: Path) -> dict[str, float]:
    profile = work.with_name("profile")
    command = [
        *("env", "QT_QPA_PLATFORM=offscreen", f"HSIFILM_ENGINE_PYTHON={sys.executable}"),
        *(f"QGIS_CUSTOM_CONFIG_PATH={profile}", f"XDG_DATA_HOME={profile}"),
        *(QGIS_PYTHON, "-m", "bench.dock_probe", str(scene), str(training), str(work)),
    ]
    printed = run(command).output
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    return found


def _number(value: float, unit: str) -> str:
    return f"{value:.0f} ms" if unit == "ms" else f"{value:.2f} s"
