"""The real algorithms run from the dock, with an engine that only takes notes."""

from __future__ import annotations

import sys
import threading
import time
import types
from pathlib import Path

import pytest

TRAIN = "hsifilm:trainandclassify"
ASSESS = "hsifilm:assessaccuracy"


class NotingEngine:
    """Takes the place of the client: notes each job, writes its outputs."""

    def __init__(self):
        self.jobs = []
        self.held = False
        self.failure = None
        self.warnings = []
        self.threads = set()

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        from hsi_film_plugin.bridge.client import EngineCancelled

        self.threads.add(threading.current_thread())
        self.jobs.append((method, dict(params)))
        on_progress(0.5, "Half way", 1.0)
        on_log("A line of the log")
        while self.held and not is_cancelled():
            time.sleep(0.002)
        if is_cancelled():
            raise EngineCancelled
        if self.failure is not None:
            raise self.failure
        for name in ("model", "report", "table"):
            if params.get(name):
                Path(params[name]).write_text(name)
        for name in ("output", "confidence"):
            if params.get(name):
                write_map(params[name])
        return {
            "warnings": self.warnings,
            "classes": [
                {"value": 1, "name": "Forest", "color": "#ff0000"},
                {"value": 2, "name": "Water", "color": "#0000ff"},
            ],
        }


def write_map(path):
    from osgeo import gdal

    raster = gdal.GetDriverByName("GTiff").Create(path, 8, 8, 1, gdal.GDT_Byte)
    raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
    raster.GetRasterBand(1).Fill(1)
    raster.FlushCache()


@pytest.fixture
def project(qgis):
    from qgis.core import QgsProject

    QgsProject.instance().clear()
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture
def engine(monkeypatch):
    from hsi_film_plugin.processing import algorithm, engine_run

    noting = NotingEngine()
    monkeypatch.setattr(engine_run, "session_client", lambda: noting)
    monkeypatch.setattr(algorithm.HsiFilmAlgorithm, "canExecute", lambda self: (True, ""))
    return noting


@pytest.fixture
def provider(qgis):
    from hsi_film_plugin.plugin import HsiFilmPlugin

    plugin = HsiFilmPlugin(None)
    plugin.initProcessing()
    yield
    plugin.unload()


@pytest.fixture
def history(monkeypatch):
    """What is put into Processing's history, in the way of QGIS 3.22."""
    from qgis.gui import QgsGui

    # newer QGIS has no such module
    log = types.ModuleType("processing.core.ProcessingLog")
    entries = []
    log.ProcessingLog = types.SimpleNamespace(addToLog=entries.append)
    monkeypatch.setitem(sys.modules, log.__name__, log)
    monkeypatch.delattr(QgsGui, "historyProviderRegistry", raising=False)
    return entries


@pytest.fixture
def run(project, provider, engine, history):
    from hsi_film_plugin.dock.final_run import FinalRun

    run = FinalRun()
    run.told = []
    for name in ("progressed", "logged", "finished", "failed"):
        getattr(run, name).connect(lambda *values, name=name: run.told.append((name, values)))
    return run


@pytest.fixture
def parameters(project, scene, polygons, tmp_path):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(scene, "my scene", "gdal")
    project.addMapLayers([layer, polygons])
    return {
        "INPUT": layer.id(),
        "LABELS": polygons.id(),
        "CLASS_FIELD": "class_id",
        "OUTPUT": "TEMPORARY_OUTPUT",
        "MODEL": str(tmp_path / "model.safetensors"),
        "REPORT": str(tmp_path / "report.html"),
    }


def told(run, name):
    return [values for told_name, values in run.told if told_name == name]


def test_map_arrives_in_the_project_with_its_legend(run, parameters, until, project):
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    ((results,),) = told(run, "finished")
    layer = project.mapLayer(results["OUTPUT"])
    assert layer.name() == "my scene – classes"
    assert [entry.label for entry in layer.renderer().classes()] == ["Forest", "Water"]
    assert not run.running


def test_files_are_told_by_their_paths(run, parameters, until, tmp_path):
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    ((results,),) = told(run, "finished")
    assert results["REPORT"] == str(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == "report"
    assert results["MODEL"] == str(tmp_path / "model.safetensors")


def test_progress_and_log_are_told(run, parameters, until):
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    assert run.warnings == ()
    assert (0.5, "Half way") in told(run, "progressed")
    assert ("A line of the log",) in told(run, "logged")
    assert "A line of the log" in run.log


def test_what_the_engine_warns_of_is_kept_until_the_next_run(run, parameters, until, engine):
    engine.warnings = ["One class has two labels.", "One class has two labels."]
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    assert run.warnings == ("One class has two labels.",)
    engine.warnings = []
    run.start(TRAIN, parameters)
    assert run.warnings == ()
    until(lambda: len(told(run, "finished")) == 2)
    assert run.warnings == ()


def test_engine_works_beside_the_main_thread(run, parameters, until, engine):
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    assert threading.main_thread() not in engine.threads


def test_run_can_be_repeated_from_the_history(run, parameters, until, history):
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    (command,) = history
    assert command.startswith(f'processing.run("{TRAIN}"')
    assert "'CLASS_FIELD':'class_id'" in command


def test_run_is_in_the_history_of_newer_qgis_too(run, parameters, until, history, monkeypatch):
    from qgis.core import QgsProcessingAlgorithm
    from qgis.gui import QgsGui

    entries = []

    class Registry:
        def addEntry(self, provider, entry):
            entries.append((provider, entry))
            return 1, True

    monkeypatch.setattr(QgsGui, "historyProviderRegistry", staticmethod(Registry), raising=False)
    monkeypatch.setattr(
        QgsProcessingAlgorithm,
        "asQgisProcessCommand",
        lambda self, parameters, context: ("qgis_process run …", True),
        raising=False,
    )
    monkeypatch.setattr(
        QgsProcessingAlgorithm, "asMap", lambda self, parameters, context: {}, raising=False
    )
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))
    ((provider, entry),) = entries
    assert provider == "processing"
    assert entry["algorithm_id"] == TRAIN
    assert entry["python_command"].startswith("processing.run(")
    assert entry["process_command"] == "qgis_process run …"
    assert history == []


def test_failure_of_the_engine_is_told_with_its_sentence(run, parameters, until, engine, project):
    from hsi_film_plugin.bridge.client import EngineFailure

    engine.failure = EngineFailure("The labels lie outside of the scene.", "InputError")
    before = set(project.mapLayers())
    run.start(TRAIN, parameters)
    until(lambda: told(run, "failed"))
    ((sentence,),) = told(run, "failed")
    assert "The labels lie outside of the scene." in sentence
    assert told(run, "finished") == []
    assert set(project.mapLayers()) == before
    engine.failure = None
    run.start(TRAIN, parameters)
    until(lambda: told(run, "finished"))


def test_cancelled_run_says_so_and_loads_nothing(run, parameters, until, engine, project):
    engine.held = True
    before = set(project.mapLayers())
    run.start(TRAIN, parameters)
    until(lambda: engine.jobs)
    run.cancel()
    until(lambda: told(run, "failed"))
    ((sentence,),) = told(run, "failed")
    assert "Cancelled" in sentence
    assert set(project.mapLayers()) == before
    assert not run.running
    assert run.cancelled
    run.start(TRAIN, {**parameters, "CLASS_FIELD": "absent"})
    assert not run.cancelled  # the next one was not


def test_bad_parameters_are_told_before_anything_runs(run, parameters, engine, history):
    run.start(TRAIN, {**parameters, "CLASS_FIELD": "absent"})
    ((sentence,),) = told(run, "failed")
    assert "absent" in sentence
    assert engine.jobs == []
    assert history == []
    assert not run.running


def test_missing_engine_is_told_before_anything_runs(run, parameters, monkeypatch, history):
    from hsi_film_plugin.processing import algorithm

    monkeypatch.setattr(
        algorithm.HsiFilmAlgorithm, "canExecute", lambda self: (False, "Install the engine.")
    )
    run.start(TRAIN, parameters)
    assert told(run, "failed") == [("Install the engine.",)]
    assert history == []


def test_unknown_algorithm_is_told(run):
    run.start("hsifilm:nonsense", {})
    ((sentence,),) = told(run, "failed")
    assert "hsifilm:nonsense" in sentence


def test_second_run_waits_for_the_first(run, parameters, until, engine):
    engine.held = True
    run.start(TRAIN, parameters)
    until(lambda: engine.jobs)
    run.start(TRAIN, parameters)
    assert len(told(run, "failed")) == 1
    engine.held = False
    until(lambda: told(run, "finished"))
    assert len(engine.jobs) == 1


def test_map_is_assessed(run, project, scene, polygons, until, tmp_path):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(scene, "a map", "gdal")
    project.addMapLayers([layer, polygons])
    run.start(
        ASSESS,
        {
            "INPUT": layer.id(),
            "REFERENCE": polygons.id(),
            "CLASS_FIELD": "class_id",
            "REPORT": "TEMPORARY_OUTPUT",
            "TABLE": str(tmp_path / "table.json"),
        },
    )
    until(lambda: told(run, "finished"))
    ((results,),) = told(run, "finished")
    assert Path(results["REPORT"]).read_text() == "report"
    assert results["TABLE"] == str(tmp_path / "table.json")


def test_dock_that_goes_in_mid_run_is_not_called(run, parameters, until, engine, qgis):
    from qgis.core import QgsApplication
    from qgis.PyQt import sip

    from hsi_film_plugin.dock import final_run

    engine.held = True
    run.start(TRAIN, parameters)
    until(lambda: engine.jobs)
    run.cancel()
    sip.delete(run)
    until(lambda: not final_run._running)
    until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)


def test_window_of_the_algorithm_is_opened_filled_in(run, parameters, monkeypatch):
    import processing

    opened = []
    monkeypatch.setattr(
        processing, "execAlgorithmDialog", lambda *values: opened.append(values), raising=False
    )
    run.open_dialog(TRAIN, parameters)
    assert opened == [(TRAIN, parameters)]
