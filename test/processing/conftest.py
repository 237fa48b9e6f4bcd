"""The provider in QGIS, and an engine that only takes notes."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

# The engine's environment has no QGIS: there is nothing here for it to run.
if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["*.py"]


@pytest.fixture
def provider(qgis):
    """The provider as the plugin registers it without a window."""
    from qgis.core import QgsApplication

    from hsi_film_plugin.plugin import HsiFilmPlugin

    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("hsifilm")
    plugin.unload()


class NotingEngine:
    """Takes the place of the client: notes each job, writes its outputs, answers `result`."""

    def __init__(self, write_raster):
        self._write_raster = write_raster
        self.jobs = []
        self.result = {}
        self.failure = None
        self.labels_seen = None
        self.descriptions_seen = None

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        self.jobs.append((method, dict(params)))
        on_progress(0.5, "Half way", 1.0)
        for name in ("labels", "reference"):
            if name in params:
                self.labels_seen = Path(params[name]).read_bytes()
        if "descriptions" in params:
            self.descriptions_seen = Path(params["descriptions"]).read_text(encoding="utf-8")
        if self.failure is not None:
            raise self.failure
        own = {"train_synthesizer": ("synthesizer", "prompt_table"), "synthesize": ("samples",)}
        for name in ("model", "report", "table", "library", *own.get(method, ())):
            if params.get(name):
                Path(params[name]).write_text(name)
        for name in ("output", "confidence", "probabilities", "label_raster"):
            if params.get(name):
                self._write_raster(Path(params[name]), bands=2 if name == "confidence" else 1)
        return self.result

    @property
    def job(self):
        (only,) = self.jobs
        return only[1]


@pytest.fixture
def engine(monkeypatch, write_raster):
    """No engine but one that takes notes."""
    from hsi_film_plugin.processing import engine_run

    noting = NotingEngine(write_raster)
    monkeypatch.setattr(engine_run, "session_client", lambda: noting)
    return noting


@pytest.fixture
def run(provider, feedback):
    """Run an algorithm of ours through `processing.run`."""
    import processing

    def run_algorithm(name, **parameters):
        return processing.run(f"hsifilm:{name}", parameters, feedback=feedback)

    return run_algorithm


@pytest.fixture(scope="session")
def program():
    """Debian's wrapper passes an option that qgis_process does not know; the binary is beside."""
    for name in ("/usr/bin/qgis_process.bin", "/usr/bin/qgis_process"):
        if Path(name).exists():
            return name
    pytest.skip("qgis_process is not installed")


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The variables for a qgis_process that knows this checkout and leaves the user's alone."""
    from tools.qgis_profile import make_profile

    folder = tmp_path_factory.mktemp("qgis")
    make_profile(folder / "profile")
    run = folder / "run"
    run.mkdir(mode=0o700)
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
        "XDG_RUNTIME_DIR": str(run),
        "XDG_DATA_HOME": str(folder / "data"),
    }
