"""What importing the plugin adds to QGIS's start."""

from __future__ import annotations

import os
import shutil
from statistics import median

from .measure import ROOT, Table, run

QGIS_PYTHON = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
PROBE = """
import sys, time
import qgis.core, qgis.gui, processing
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
started = time.perf_counter()
import hsi_film_plugin.plugin
spent = time.perf_counter() - started
added = {name.split('.')[0] for name in set(sys.modules) - before}
print(spent * 1000, 'torch' in sys.modules, 'rasterio' in sys.modules, sorted(added))
"""


def startup_tables(repeats: int = 5) -> list[Table]:
    """Measure the import of ``plugin`` in a Python that has QGIS loaded."""
    if shutil.which(QGIS_PYTHON) is None:
        return [Table("Start", ("",), ((f"not measured: no {QGIS_PYTHON}",),))]
    environment = ["env", "QT_QPA_PLATFORM=offscreen", "PYTHONDONTWRITEBYTECODE="]
    plugins = "/usr/share/qgis/python/plugins"
    command = [*environment, f"PYTHONPATH={plugins}", QGIS_PYTHON, "-c", PROBE, str(ROOT)]
    lines = [run(command).output.splitlines()[-1].split(maxsplit=3) for _ in range(repeats)]
    milliseconds = median(float(line[0]) for line in lines)
    row = (f"{milliseconds:.0f} ms", lines[0][1], lines[0][2])
    columns = ("importing the plugin", "torch loaded", "rasterio loaded")
    return [Table("Start of QGIS", columns, (row,), f"Median of {repeats}.")]
