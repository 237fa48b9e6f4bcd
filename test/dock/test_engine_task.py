"""Jobs of the engine as tasks of QGIS, with a client that does what the test wants."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest


class StandIn:
    """Takes the place of the engine's client."""

    def __init__(self):
        self.jobs = []
        self.held = False
        self.failure = None
        self.stubborn = False
        self.labels_seen = None

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        from hsi_film_plugin.bridge.client import EngineCancelled

        self.jobs.append((method, dict(params)))
        if "labels" in params:
            self.labels_seen = Path(params["labels"]).read_bytes()
        if "output" in params:
            Path(params["output"]).write_text("a map")
        on_progress(0.5, "Half way", 1.0)
        while self.held and not (is_cancelled() and not self.stubborn):
            time.sleep(0.002)
        if is_cancelled() and not self.stubborn:
            raise EngineCancelled
        if self.failure is not None:
            raise self.failure
        return {"output": params.get("output"), "job": len(self.jobs)}


@pytest.fixture
def client():
    return StandIn()


@pytest.fixture
def temporary(own_cache):
    """Where the tasks' files go, to see that none stays."""
    work = own_cache / "work"
    work.mkdir(parents=True)
    return work


@pytest.fixture
def make_task(qgis, client, temporary):
    """Makes a task whose signals are noted, each with the thread that it arrived in."""
    from hsi_film_plugin.dock.engine_task import EngineTask

    def make(**wishes):
        params = wishes.pop("params", {"input": "scene.tif", "timestep": None})
        task = EngineTask("a job", "prepare", lambda: params, lambda: client, **wishes)
        task.told = []
        for name in ("progressed", "succeeded", "failed", "cancelled"):
            getattr(task, name).connect(
                lambda *values, name=name: task.told.append(
                    (name, values, threading.current_thread() is threading.main_thread())
                )
            )
        return task

    return make


def ended(task):
    return any(name != "progressed" for name, *_ in task.told)


def names(task):
    return [name for name, *_ in task.told]


def test_result_and_progress_arrive_in_the_main_thread(make_task, client, until):
    task = make_task()
    task.start()
    until(lambda: ended(task))
    assert names(task) == ["progressed", "succeeded"]
    assert task.told[0][1] == (0.5, "Half way")
    assert all(in_main for *_, in_main in task.told)


def test_parameters_without_a_value_are_left_to_the_engine(make_task, client, until):
    task = make_task()
    task.start()
    until(lambda: ended(task))
    assert client.jobs == [("prepare", {"input": "scene.tif"})]


def test_parameters_are_made_in_the_tasks_thread(make_task, client, until, qgis):
    from hsi_film_plugin.dock.engine_task import EngineTask

    threads = []
    task = EngineTask(
        "a job",
        "prepare",
        lambda: threads.append(threading.current_thread()) or {},
        lambda: threads.append(threading.current_thread()) or client,
    )
    done = []
    task.succeeded.connect(done.append)
    task.start()
    until(lambda: done)
    assert threading.main_thread() not in threads
    assert len(threads) == 2


def test_labels_are_a_file_for_the_time_of_the_run_only(
    make_task, client, until, polygons, temporary
):
    from hsi_film_plugin.layers.label_export import capture_labels

    task = make_task(labels=capture_labels(polygons, "class_id", "Labels", "Field"))
    task.start()
    until(lambda: ended(task))
    assert names(task)[-1] == "succeeded"
    assert client.labels_seen.startswith(b"fgb")
    assert client.jobs[0][1]["class_field"] == "class_id"
    assert list(temporary.iterdir()) == []


def test_labels_that_cannot_be_exported_are_a_failure_with_a_sentence(
    make_task, client, until, polygons
):
    from hsi_film_plugin.layers.label_export import capture_labels

    polygons.dataProvider().truncate()
    task = make_task(labels=capture_labels(polygons, "class_id", "Labels", "Field"))
    task.start()
    until(lambda: ended(task))
    name, (sentence, kind), _ = task.told[-1]
    assert name == "failed"
    assert "no features" in sentence
    assert kind == "InputError"
    assert client.jobs == []


def test_output_belongs_to_who_receives_the_result(make_task, until, temporary):
    from hsi_film_plugin.dock.engine_task import discard_output

    task = make_task(output="map.tif")
    task.start()
    until(lambda: ended(task))
    path = Path(task.told[-1][1][0]["output"])
    assert path.read_text() == "a map"
    discard_output(str(path))
    assert list(temporary.iterdir()) == []


def test_nothing_but_a_tasks_own_folder_is_ever_discarded(tmp_path):
    from hsi_film_plugin.dock.engine_task import discard_output

    path = tmp_path / "users_own.tif"
    path.write_text("precious")
    discard_output(str(path))
    discard_output("")
    assert path.exists()


def test_failure_of_the_engine_is_told_with_its_kind(make_task, client, until, temporary):
    from hsi_film_plugin.bridge.client import EngineFailure

    client.failure = EngineFailure("The engine was killed.", "died")
    task = make_task(output="map.tif")
    task.start()
    until(lambda: ended(task))
    assert task.told[-1][:2] == ("failed", ("The engine was killed.", "died"))
    assert list(temporary.iterdir()) == []


def test_missing_engine_is_told_like_any_failure(qgis, until, monkeypatch, temporary):
    from hsi_film_plugin.bridge.client import EngineFailure
    from hsi_film_plugin.dock import engine_task

    def none_there(setting):
        raise EngineFailure("No engine is installed.", "missing")

    monkeypatch.setattr(engine_task, "shared_client", none_there)
    task = engine_task.EngineTask("a job", "prepare", dict)
    told = []
    task.failed.connect(lambda *values: told.append(values))
    task.start()
    until(lambda: told)
    assert told == [("No engine is installed.", "missing")]


def test_cancelled_task_leaves_no_file(make_task, client, until, temporary, polygons):
    from hsi_film_plugin.layers.label_export import capture_labels

    client.held = True
    task = make_task(
        labels=capture_labels(polygons, "class_id", "Labels", "Field"), output="map.tif"
    )
    task.start()
    until(lambda: client.jobs)
    task.cancel()
    until(lambda: ended(task))
    assert names(task)[-1] == "cancelled"
    assert list(temporary.iterdir()) == []


def test_task_that_is_cancelled_before_it_starts_says_so(make_task, client, until):
    client.held = True
    tasks = [make_task() for _ in range(40)]
    for task in tasks:
        task.start()
    for task in tasks[1:]:
        task.cancel()
    client.held = False
    until(lambda: all(ended(task) for task in tasks))
    assert {names(task)[-1] for task in tasks[1:]} == {"cancelled"}


def test_forgotten_task_tells_nobody_and_leaves_no_file(make_task, client, until, temporary):
    client.held = client.stubborn = True
    task = make_task(output="map.tif")
    task.start()
    until(lambda: client.jobs)
    task.forget()
    client.held = False  # it finishes all the same
    until(lambda: not list(temporary.iterdir()))
    wait_a_little(until)
    assert not ended(task)


def test_task_that_nobody_holds_is_not_lost(qgis, client, until, temporary):
    import gc

    from hsi_film_plugin.dock.engine_task import EngineTask

    told = []
    client.held = True

    def begin():
        task = EngineTask("a job", "prepare", dict, lambda: client)
        task.succeeded.connect(told.append)
        task.start()

    begin()
    gc.collect()
    until(lambda: client.jobs)
    client.held = False
    until(lambda: told)


def test_nobody_is_asked_before_a_task_is_cancelled(make_task):
    from qgis.core import QgsTask

    task = make_task()
    assert task.canCancel()
    assert task.flags() & QgsTask.Flag.CancelWithoutPrompt


def test_waiting_tasks_leave_threads_for_the_canvas(make_task, client, until, qgis):
    from qgis.PyQt.QtCore import QRunnable, QThreadPool

    client.held = True
    pool = QThreadPool.globalInstance()
    tasks = [make_task() for _ in range(pool.maxThreadCount())]
    for task in tasks:
        task.start()
    until(lambda: len(client.jobs) == len(tasks))
    drawn = []

    class Drawing(QRunnable):
        def run(self):
            drawn.append(True)

    pool.start(Drawing())
    until(lambda: drawn)
    client.held = False
    until(lambda: all(ended(task) for task in tasks))


@pytest.fixture
def job(qgis):
    from hsi_film_plugin.dock.engine_task import LatestJob

    latest = LatestJob()
    latest.told = []
    for name in ("succeeded", "failed", "cancelled"):
        getattr(latest, name).connect(lambda *values, name=name: latest.told.append((name, values)))
    yield latest
    latest.drop()


def wait_a_little(until):
    end = time.monotonic() + 0.1
    until(lambda: time.monotonic() > end)


def test_burst_of_requests_starts_the_first_and_the_last(job, make_task, client, until):
    client.held = True
    for number in range(20):
        job.request(lambda number=number: make_task(params={"number": number}))
    client.held = False
    until(lambda: not job.running)
    assert [params["number"] for _, params in client.jobs] in ([0, 19], [19])
    assert job.told[-1][0] == "succeeded"


def test_superseded_task_is_not_told_as_cancelled(job, make_task, client, until):
    client.held = True
    job.request(make_task)
    until(lambda: client.jobs)
    client.held = False
    job.request(make_task)
    until(lambda: not job.running)
    assert [name for name, _ in job.told if name != "succeeded"] == []


def test_cancel_drops_what_waits_too(job, make_task, client, until):
    client.held = True
    job.request(make_task)
    until(lambda: client.jobs)
    job.request(make_task)
    job.cancel()
    until(lambda: not job.running)
    assert job.told == [("cancelled", ())]
    assert len(client.jobs) == 1


def test_dropped_task_tells_nothing_and_the_next_one_does(job, make_task, client, until):
    client.held = True
    job.request(make_task)
    until(lambda: client.jobs)
    job.drop()
    assert not job.running
    client.held = False
    job.request(make_task)
    until(lambda: job.told)
    assert [name for name, _ in job.told] == ["succeeded"]


def test_request_from_within_the_answer_runs(job, make_task, client, until):
    def again(result):
        if len(client.jobs) < 3:
            job.request(make_task)

    job.succeeded.connect(again)
    job.request(make_task)
    until(lambda: len(client.jobs) == 3 and not job.running)


def test_task_that_cannot_be_made_is_a_failure(job, until):
    from qgis.core import QgsProcessingException

    def impossible():
        raise QgsProcessingException("There is no scene.")

    job.request(impossible)
    assert job.told == [("failed", ("There is no scene.", "InputError"))]
    assert not job.running


def test_deleted_job_is_not_called_by_its_task(qgis, make_task, client, until, temporary):
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.engine_task import LatestJob

    client.held = True
    job = LatestJob()
    job.request(lambda: make_task(output="map.tif"))
    until(lambda: client.jobs)
    job.drop()
    sip.delete(job)
    client.held = False
    until(lambda: not list(temporary.iterdir()))
