"""QGIS for the tests of the provider, small layers, and an engine that only takes notes."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

# The engine's environment has no QGIS: there is nothing here for it to run.
if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["*.py"]


@pytest.fixture(scope="session")
def qgis():
    """A running QGIS application with Processing and, outside of it, no provider of ours."""
    from qgis.core import QgsApplication
    from qgis.testing import start_app

    app = start_app()
    plugins = Path(QgsApplication.pkgDataPath()) / "python" / "plugins"
    if str(plugins) not in sys.path:
        sys.path.append(str(plugins))
    from processing.core.Processing import Processing

    Processing.initialize()
    return app


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

    def __init__(self):
        self.jobs = []
        self.result = {}
        self.failure = None
        self.labels_seen = None

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        self.jobs.append((method, dict(params)))
        on_progress(0.5, "Half way", 1.0)
        for name in ("labels", "reference"):
            if name in params:
                self.labels_seen = Path(params[name]).read_bytes()
        if self.failure is not None:
            raise self.failure
        for name in ("model", "report", "table"):
            if params.get(name):
                Path(params[name]).write_text(name)
        for name in ("output", "confidence", "probabilities"):
            if params.get(name):
                write_raster(Path(params[name]), bands=2 if name == "confidence" else 1)
        return self.result

    @property
    def job(self):
        (only,) = self.jobs
        return only[1]


@pytest.fixture
def engine(monkeypatch):
    """No engine but one that takes notes."""
    from hsi_film_plugin.processing import engine_run

    noting = NotingEngine()
    monkeypatch.setattr(engine_run, "session_client", lambda: noting)
    return noting


def write_raster(path, bands=4, size=8, epsg=32633, value=1):
    from osgeo import gdal, osr

    raster = gdal.GetDriverByName("GTiff").Create(str(path), size, size, bands, gdal.GDT_Byte)
    raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
    if epsg:
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(epsg)
        raster.SetProjection(srs.ExportToWkt())
    for band in range(1, bands + 1):
        raster.GetRasterBand(band).Fill(value)
    raster.FlushCache()
    return str(path)


@pytest.fixture
def scene(tmp_path):
    """A raster of 8 x 8 pixels of 10 m in UTM 33N."""
    return write_raster(tmp_path / "scene.tif")


@pytest.fixture
def polygons(qgis):
    """A memory layer of three polygons on the scene: classes 1, 2, 2 named Wald, Wasser."""
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer

    layer = QgsVectorLayer(
        "Polygon?crs=EPSG:32633&field=fid:integer&field=class_id:integer&field=class_name:string",
        "my labels",
        "memory",
    )
    for number, (class_id, name) in enumerate([(1, "Wald"), (2, "Wasser"), (2, "Wasser")]):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([7, class_id, name])
        x = 500000.0 + 20 * number
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, 5799970.0, x + 20, 5799990.0)))
        layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    return layer


@pytest.fixture(scope="session")
def make_feedback(qgis):
    """Makes a feedback that remembers what was pushed to it."""
    from qgis.core import QgsProcessingFeedback

    class Feedback(QgsProcessingFeedback):
        def __init__(self):
            super().__init__(False)
            self.texts = []
            self.warnings = []
            self.infos = []
            self.errors = []

        def setProgressText(self, text):
            self.texts.append(text)

        def pushWarning(self, warning):
            self.warnings.append(warning)

        def pushInfo(self, info):
            self.infos.append(info)

        def reportError(self, error, fatalError=False):  # noqa: N803
            self.errors.append(error)

    return Feedback


@pytest.fixture
def feedback(make_feedback):
    return make_feedback()


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
