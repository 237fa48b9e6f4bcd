"""From polygons to a map through the real engine, inside QGIS and under qgis_process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SIZE = 40


@pytest.fixture(scope="module")
def ready(qgis):
    """The engine that HSIFILM_ENGINE_PYTHON or the user's environment offers."""
    from hsi_film_plugin.bridge.environment import engine_status

    status = engine_status()
    if not status.ready:
        pytest.skip(status.message)
    with pytest.MonkeyPatch.context() as patch:
        # Threads gain nothing on so few pixels, and wait for each other on a busy machine.
        patch.setenv("OMP_NUM_THREADS", "1")
        yield status.python


@pytest.fixture(scope="module")
def provider(ready):
    """One provider, and so one engine, for all tests of this file."""
    from qgis.core import QgsApplication

    from hsi_film_plugin.plugin import HsiFilmPlugin

    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("hsifilm")
    plugin.unload()


@pytest.fixture(scope="module")
def data(qgis, tmp_path_factory):
    """A scene whose left half is one class and right half the other, and three polygons of each."""
    import numpy as np
    from osgeo import gdal, osr

    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    pixels = random.normal(0.2, 0.01, (6, SIZE, SIZE))
    pixels[3:, :, SIZE // 2 :] += 0.3
    raster = gdal.GetDriverByName("GTiff").Create(
        str(folder / "scene.tif"), SIZE, SIZE, 6, gdal.GDT_Float32
    )
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(32633)
    raster.SetProjection(srs.ExportToWkt())
    raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
    for band, nm in enumerate((450, 550, 650, 800, 1600, 2200), start=1):
        raster.GetRasterBand(band).SetMetadataItem("wavelength", str(nm))
        raster.GetRasterBand(band).SetMetadataItem("wavelength_units", "nm")
    raster.WriteArray(pixels.astype("float32"))
    raster.FlushCache()
    return folder


def styled_polygons():
    """Memory polygons, styled by the user: what the class map's legend must show."""
    from qgis.core import (
        QgsCategorizedSymbolRenderer,
        QgsFeature,
        QgsFillSymbol,
        QgsGeometry,
        QgsRectangle,
        QgsRendererCategory,
        QgsVectorLayer,
    )

    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=kind:integer", "labels", "memory")
    for kind, col in ((1, 3), (2, SIZE // 2 + 3)):
        for row in (2, 17, 32):
            x, y = 500000.0 + 10 * col, 5800000.0 - 10 * row
            feature = QgsFeature(layer.fields())
            feature.setAttributes([kind])
            feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, y - 50, x + 80, y)))
            layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    entries = ((1, "Dark", "#112233"), (2, "Bright", "#eecc11"))
    layer.setRenderer(
        QgsCategorizedSymbolRenderer(
            "kind",
            [
                QgsRendererCategory(value, QgsFillSymbol.createSimple({"color": color}), name)
                for value, name, color in entries
            ],
        )
    )
    return layer


QUICK = {"TIMESTEP": 0, "BLOCKS": "-2", "ENSEMBLE": 1, "DEVICE": 1}


@pytest.fixture
def labels(qgis):
    return styled_polygons()


def paths_in(folder):
    return {
        "OUTPUT": str(folder / "classes.tif"),
        "CONFIDENCE": str(folder / "confidence.tif"),
        "MODEL": str(folder / "model.safetensors"),
        "REPORT": str(folder / "report.html"),
    }


@pytest.fixture
def outputs(tmp_path):
    return paths_in(tmp_path)


class Trained:
    """What one run of trainandclassify gave and said, and the engine that it ran in."""

    def __init__(self, outputs, infos, engine):
        self.outputs = outputs
        self.infos = infos
        self.engine = engine


@pytest.fixture(scope="module")
def trained(provider, data, make_feedback, tmp_path_factory):
    import processing

    outputs = paths_in(tmp_path_factory.mktemp("trained"))
    feedback = make_feedback()
    results = processing.run(
        "hsifilm:trainandclassify",
        {
            "INPUT": str(data / "scene.tif"),
            "LABELS": styled_polygons(),
            "CLASS_FIELD": "kind",
            **QUICK,
            **outputs,
        },
        feedback=feedback,
    )
    assert results == outputs
    return Trained(outputs, feedback.infos, engine_pid())


def engine_pid():
    """The engine of this session."""
    return engine_of(os.getpid())


def pixels_of(path):
    from osgeo import gdal

    return gdal.Open(path).ReadAsArray()


def test_polygons_become_a_map_with_a_report_and_a_stated_accuracy(trained):
    import numpy as np

    classes = pixels_of(trained.outputs["OUTPUT"])
    truth = np.repeat([[1] * (SIZE // 2) + [2] * (SIZE // 2)], SIZE, axis=0)
    assert (classes == truth).mean() > 0.95
    report = Path(trained.outputs["REPORT"]).read_text(encoding="utf-8")
    assert "Dark" in report
    assert "Bright" in report
    confidence, unlike = pixels_of(trained.outputs["CONFIDENCE"])
    assert unlike.shape == classes.shape
    assert 0.5 <= confidence.min() <= confidence.max() <= 1
    assert any("Overall accuracy" in info for info in trained.infos)


def test_a_model_maps_a_part_as_it_maps_the_whole_in_the_same_engine(trained, run, data, tmp_path):
    import numpy as np

    part = str(tmp_path / "part.tif")
    run(
        "classifyraster",
        INPUT=str(data / "scene.tif"),
        MODEL=trained.outputs["MODEL"],
        EXTENT="500100,500300,5799700,5799900 [EPSG:32633]",
        OUTPUT=part,
    )
    assert np.array_equal(pixels_of(part), pixels_of(trained.outputs["OUTPUT"])[10:30, 10:30])
    assert engine_pid() == trained.engine


def test_a_map_loads_with_the_legend_of_the_labels(trained, data, tmp_path):
    import processing
    from qgis.core import QgsProject

    processing.runAndLoadResults(
        "hsifilm:classifyraster",
        {
            "INPUT": str(data / "scene.tif"),
            "MODEL": trained.outputs["MODEL"],
            "OUTPUT": str(tmp_path / "classes.tif"),
            "CONFIDENCE": str(tmp_path / "confidence.tif"),
            "PROBABILITIES": str(tmp_path / "probabilities.tif"),
        },
    )
    try:
        (layer,) = QgsProject.instance().mapLayersByName("scene – classes")
        legend = [(c.value, c.label, c.color.name()) for c in layer.renderer().classes()]
        assert legend == [(1, "Dark", "#112233"), (2, "Bright", "#eecc11")]
        assert QgsProject.instance().mapLayersByName("scene – confidence")
        (probabilities,) = QgsProject.instance().mapLayersByName("scene – class probabilities")
        assert probabilities.bandCount() == 2
    finally:
        QgsProject.instance().clear()


def test_a_map_is_assessed_against_polygons(trained, run, labels, tmp_path, feedback):
    table, report = str(tmp_path / "table.json"), str(tmp_path / "report.html")
    results = run(
        "assessaccuracy",
        INPUT=trained.outputs["OUTPUT"],
        REFERENCE=labels,
        CLASS_FIELD="kind",
        TABLE=table,
        REPORT=report,
    )
    assert results == {"TABLE": table, "REPORT": report}
    assert json.loads(Path(table).read_text())["accuracy"]["overall_accuracy"] > 0.95
    assert "Bright" in Path(report).read_text(encoding="utf-8")


def test_training_under_qgis_process_writes_the_model(
    ready, data, polygons_file, program, environment, tmp_path
):
    model = tmp_path / "model.safetensors"
    given = {"INPUT": data / "scene.tif", "LABELS": polygons_file, "CLASS_FIELD": "kind", **QUICK}
    done = subprocess.run(
        [program, "run", "hsifilm:trainclassifier", f"--MODEL={model}"]
        + [f"--{name}={value}" for name, value in given.items()],
        env={**environment, "HSIFILM_ENGINE_PYTHON": str(ready), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_features_have_the_components_asked_for(run, data, tmp_path):
    output = str(tmp_path / "features.tif")
    run(
        "extractfeatures",
        INPUT=str(data / "scene.tif"),
        COMPONENTS=3,
        TIMESTEP=0,
        BLOCKS="-2",
        OUTPUT=output,
    )
    assert pixels_of(output).shape == (3, SIZE, SIZE)


def test_labels_beside_the_scene_are_an_error_and_leave_nothing(
    run, data, labels, outputs, tmp_path
):
    from qgis.core import QgsProcessingException

    labels.startEditing()
    for feature in labels.getFeatures():
        geometry = feature.geometry()
        geometry.translate(100000, 0)
        labels.changeGeometry(feature.id(), geometry)
    with pytest.raises(QgsProcessingException, match=r"labels.*lies on.*scene"):
        run(
            "trainandclassify",
            INPUT=str(data / "scene.tif"),
            LABELS=labels,
            CLASS_FIELD="kind",
            **QUICK,
            **outputs,
        )
    labels.rollBack()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_label_layer_is_an_error(run, data, labels, outputs):
    from qgis.core import QgsProcessingException

    labels.setSubsetString("kind = 9")
    with pytest.raises(QgsProcessingException, match="labels"):
        run(
            "trainclassifier",
            INPUT=str(data / "scene.tif"),
            LABELS=labels,
            CLASS_FIELD="kind",
            **QUICK,
            MODEL=outputs["MODEL"],
        )
    assert not Path(outputs["MODEL"]).exists()


def test_an_output_that_is_the_input_is_refused_and_the_input_stays(run, data, labels):
    from qgis.core import QgsProcessingException

    scene = data / "scene.tif"
    before = scene.read_bytes()
    with pytest.raises(QgsProcessingException, match=r"scene\.tif"):
        run(
            "trainandclassify",
            INPUT=str(scene),
            LABELS=labels,
            CLASS_FIELD="kind",
            **QUICK,
            OUTPUT=str(scene),
            MODEL="TEMPORARY_OUTPUT",
        )
    assert scene.read_bytes() == before


def test_cancelling_in_mid_run_leaves_no_file(run, data, labels, outputs, feedback, tmp_path):
    feedback.progressChanged.connect(lambda percent: feedback.cancel() if percent > 20 else None)
    results = run(
        "trainandclassify",
        INPUT=str(data / "scene.tif"),
        LABELS=labels,
        CLASS_FIELD="kind",
        **QUICK,
        **outputs,
    )
    assert results == {}
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def polygons_file(labels, tmp_path_factory):
    from qgis.core import QgsProject, QgsVectorFileWriter

    path = tmp_path_factory.mktemp("labels") / "labels.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(
        labels, str(path), QgsProject.instance().transformContext(), options
    )
    return path


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads Linux's /proc")
def test_a_stopped_qgis_process_takes_its_engine_along_and_leaves_no_file(
    ready, data, polygons_file, outputs, environment, program, tmp_path, tmp_path_factory, stop
):
    arguments = {
        "INPUT": data / "scene.tif",
        "LABELS": polygons_file,
        "CLASS_FIELD": "kind",
        "ENSEMBLE": 32,
        **outputs,
    }
    said = tmp_path_factory.mktemp("said") / "stdout.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [program, "run", "hsifilm:trainandclassify"]
            + [f"--{name}={value}" for name, value in arguments.items()],
            env={**environment, "HSIFILM_ENGINE_PYTHON": str(ready), "OMP_NUM_THREADS": "1"},
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
    try:
        engine = wait_for(lambda: engine_of(process.pid), 300)
        wait_for(lambda: "Device: " in said.read_text(errors="replace"), 300)  # into the job
        assert process.poll() is None
        process.send_signal(stop)
        wait_for(lambda: not alive(engine), 120)
        process.wait(120)
    finally:
        process.kill()
    assert list(tmp_path.iterdir()) == []


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def engine_of(parent):
    """The engine's process among a process's children, once it has been started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == parent and "launch_engine" in command:
            return int(folder.name)
    return None


def alive(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
