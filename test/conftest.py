"""What all tests need: the package imported first, Ctrl-C heard, QGIS, and small inputs.

Pytest would take a checkout of the same name for the package.
"""

from __future__ import annotations

import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import hsi_film_plugin  # noqa: F401

# A run in the background may begin with Ctrl-C ignored, which children would inherit: the tests
# that interrupt a process need it to be heard. Handlers, unlike ignored signals, end with exec.
signal.signal(signal.SIGINT, signal.default_int_handler)


class FileServer(ThreadingHTTPServer):
    """Serves what is in `files`, as well or as badly as the test wants."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.tags = {}
        self.redirections = {}
        self.ranges = True
        self.break_after = None
        self.lengths = True
        self.requests = []

    def address(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    @property
    def asked_ranges(self):
        return [headers.get("Range") for _, headers in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        name = self.path.lstrip("/")
        server.requests.append((name, dict(self.headers)))
        if name in server.redirections:
            self.send_response(302)
            self.send_header("Location", server.redirections[name])
            self.end_headers()
            return
        if name not in server.files:
            self.send_error(404)
            return
        content, tag = server.files[name], server.tags.get(name, "")
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = 0
        if server.ranges and span and self.headers.get("If-Range") == tag:
            start = int(span.group(1))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if tag:
            self.send_header("ETag", tag)
        if server.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if server.break_after is not None:
            rest = rest[: server.break_after]
        self.wfile.write(rest)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with FileServer() as standing_in:
        thread = threading.Thread(target=standing_in.serve_forever, args=(0.01,))
        thread.start()
        yield standing_in
        standing_in.shutdown()
        thread.join()


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


def written_raster(path, bands=4, size=8, epsg=32633, value=1):
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
def write_raster():
    """Writes a raster of equal pixels of 10 m."""
    return written_raster


@pytest.fixture
def scene(tmp_path):
    """A raster of 8 x 8 pixels of 10 m in UTM 33N."""
    return written_raster(tmp_path / "scene.tif")


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


def written_tensors(path, metadata, tensors):
    """Write a safetensors file of numpy arrays by hand: QGIS ships no library for it."""
    import json

    import numpy as np

    names = {"f2": "F16", "f4": "F32", "i8": "I64", "u1": "U8"}
    header, content = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        data = np.ascontiguousarray(values).tobytes()
        header[name] = {
            "dtype": names[np.asarray(values).dtype.str[1:]],
            "shape": list(np.shape(values)),
            "data_offsets": [len(content), len(content) + len(data)],
        }
        content += data
    text = json.dumps(header).encode("utf-8")
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + content)
    return str(path)


@pytest.fixture
def write_tensors():
    """Writes a safetensors file: path, texts, arrays."""
    return written_tensors


SYNTHETIC_CLASSES = [
    {"value": 1, "name": "Forest", "color": "#228b22"},
    {"value": 2, "name": "Water", "color": "#1e90ff"},
]


@pytest.fixture
def write_samples(write_tensors):
    """Writes a file of synthetic samples: path, their number, entries and arrays that differ.

    Half of each sample, the north, is bright; the word that says so attends to it.
    """
    import json

    import numpy as np

    def write(path, count=6, wavelengths=None, header=(), tensors=()):
        side, bands, k = 16, 20, 3
        nm = np.linspace(400, 2400, bands) if wavelengths is None else wavelengths
        prompts = ["forest, bright to the north", "water"]
        starts = {"forest": 0, "bright": 8, "to": 15, "the": 18, "nor": 22, "th": 25}
        tokens = [
            [["", 0, 0], *([text, at, at + len(text)] for text, at in starts.items()), ["", 0, 0]],
            [["", 0, 0], ["water", 0, 5], ["", 0, 0]],
        ]
        random = np.random.default_rng(0)
        components = random.normal(0, 0.1, (count, k, side, side)).astype("f2")
        components[:, 0, : side // 2] += 2
        inverse = np.abs(random.normal(0, 1, (k, bands))).astype("f4")
        classes = (np.arange(count) % 2).astype("i8")
        recognised = np.ones(count, "u1")
        recognised[-1] = 0
        attention = np.zeros((count, 8, 8, 8), "u1")
        attention[:, 2, :4] = 255
        attention[:, 5, 0] = 255
        entry = {
            "kind": "samples",
            "schema": 1,
            "synthetic": True,
            "classes": SYNTHETIC_CLASSES,
            "wavelengths": list(map(float, nm)),
            "prompts": prompts,
            "tokens": tokens,
            "patch": side,
            **dict(header),
        }
        arrays = {
            "components": components,
            "mean": np.full(bands, 10, "f4"),
            "inverse": inverse,
            "matrix": inverse.T.copy(),
            "class_index": classes,
            "prompt": classes,
            "labelled": np.ones((count, side, side), "u1"),
            "recognised": recognised,
            "attention": attention,
            **dict(tensors),
        }
        kept = {name: values for name, values in arrays.items() if values is not None}
        return write_tensors(path, {"hsifilm": json.dumps(entry)}, kept)

    return write


@pytest.fixture
def write_synthesizer(write_tensors):
    """Writes as much of a synthesizer's file as QGIS's side reads: path, entries that differ."""
    import json

    import numpy as np

    def write(path, **header):
        entry = {
            "schema_version": 2,
            "classes": SYNTHETIC_CLASSES,
            "counts": [300, 12],
            "prompts": [
                ["forest, almost everywhere, bright", "forest, with water to the south"],
                ["water, dark, smooth", "water, dark, smooth"],
            ],
            "descriptions": [["forest"], ["open water"]],
            "words": ["forest", "water", "bright", "dark", "smooth", "with", "to", "the", "south"],
            "bands": {"wavelengths_nm": list(map(float, np.linspace(400, 2400, 20)))},
            **header,
        }
        return write_tensors(
            path, {"hsifilm_synthesizer": json.dumps(entry)}, {"x": np.zeros(1, "f4")}
        )

    return write
