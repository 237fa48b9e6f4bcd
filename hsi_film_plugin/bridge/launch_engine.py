"""Starts the engine from the plugin's folder, wherever that is and whatever it is called.

A script for the engine's Python, run in isolated mode: inside QGIS the plugin's own
folder is a package of the same name as the one within it, so that neither the
working directory nor ``PYTHONPATH`` may decide which of them is meant.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    runpy.run_module("hsi_film_plugin.engine", run_name="__main__", alter_sys=True)
