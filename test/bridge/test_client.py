"""The client against real engine processes that behave and misbehave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hsi_film_plugin.bridge import client as client_module
from hsi_film_plugin.bridge.client import EngineCancelled, EngineClient, EngineFailure
from hsi_film_plugin.bridge.engine_process import why_it_ended

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "test" / "engine" / "service_with_test_jobs.py"


@pytest.fixture
def client(tmp_path):
    client = EngineClient(Path(sys.executable), entry=ENTRY, logs=tmp_path / "logs")
    yield client
    client.close()


class Caller:
    """Collects what a run says, and cancels it once it has begun if told to."""

    def __init__(self, client, cancel=False):
        self.client, self.cancel = client, cancel
        self.progress, self.lines = [], []

    def run(self, **params):
        return self.client.run(
            "classify", params, self.on_progress, self.is_cancelled, self.lines.append
        )

    def on_progress(self, fraction, message, eta_s):
        self.progress.append((fraction, message, eta_s))

    def is_cancelled(self):
        return self.cancel and any("Starting" not in message for _, message, _ in self.progress)


def test_result_and_progress_reach_the_caller(client, tmp_path):
    caller = Caller(client)
    result = caller.run(how="steps", count=3, pause=0.1, output=str(tmp_path / "Zürich.tif"))
    assert result["echo"]["output"].endswith("Zürich.tif")
    assert result["not_a_number"] is None
    fractions = [fraction for fraction, _, _ in caller.progress]
    assert fractions == sorted(fractions)
    assert any(message == "Step 2 of 3" for _, message, _ in caller.progress)


def test_one_engine_serves_several_jobs(client):
    first = client.hello()["pid"]
    Caller(client).run(how="steps")
    Caller(client).run(how="steps")
    assert client.hello()["pid"] == first


def test_long_step_keeps_reporting_with_remaining_time(client):
    caller = Caller(client)
    caller.run(how="long_step", pause=2.5)
    said = [eta for fraction, _, eta in caller.progress if fraction >= 0.5]
    assert len(said) >= 3
    assert all(eta is not None for eta in said)


def test_jobs_error_is_told_with_its_kind_and_the_engine_stays(client):
    first = client.hello()["pid"]
    with pytest.raises(EngineFailure, match=r"Band 7 of 'scene.tif'") as failure:
        Caller(client).run(how="refuse")
    assert failure.value.kind == "InputError"
    assert client.hello()["pid"] == first


def test_unexpected_error_names_log_and_carries_the_traceback(client):
    with pytest.raises(EngineFailure, match="unexpected ValueError") as failure:
        Caller(client).run(how="fail", error="ValueError")
    assert failure.value.kind == "unexpected"
    assert "raise" in failure.value.traceback
    assert "libfoo" in failure.value.log.read_text()


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        ("MemoryError", "MemoryError", "ran out of memory"),
        ("ImportError", "MissingLibrary", "environment is incomplete.*libfoo"),
    ],
)
def test_lack_of_memory_or_library_gets_a_sentence(client, error, kind, sentence):
    with pytest.raises(EngineFailure, match=sentence) as failure:
        Caller(client).run(how="fail", error=error)
    assert failure.value.kind == kind


def test_cancelled_job_cleans_up_and_the_engine_stays(client, tmp_path, monkeypatch):
    monkeypatch.setattr(client_module, "CANCEL_S", 120.0)  # a busy machine is not stubborn
    first = client.hello()["pid"]
    with pytest.raises(EngineCancelled):
        Caller(client, cancel=True).run(how="wait", output=str(tmp_path / "classes.tif"))
    assert client.hello()["pid"] == first
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_stubborn_job_is_killed_and_leaves_no_file(client, tmp_path):
    first = client.hello()["pid"]
    with pytest.raises(EngineCancelled):
        Caller(client, cancel=True).run(how="stubborn", output=str(tmp_path / "classes.tif"))
    assert not alive(first)
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]
    assert Caller(client).run(how="steps")


def test_exception_of_a_callback_stops_the_job(client, tmp_path):
    def on_progress(fraction, message, eta_s):
        if fraction > 0:
            raise KeyError("callback")

    with pytest.raises(KeyError, match="callback"):
        client.run(
            "classify",
            {"how": "stubborn", "output": str(tmp_path / "classes.tif")},
            on_progress,
            lambda: False,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_engine_killed_in_mid_run_is_explained_and_leaves_no_file(client, tmp_path):
    with pytest.raises(EngineFailure, match=r"killed in mid-run.*memory.*Its log is") as failure:
        Caller(client).run(how="die", output=str(tmp_path / "classes.tif"))
    assert failure.value.kind == "died"
    assert failure.value.log.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]
    assert Caller(client).run(how="steps")


def test_crash_names_the_signal(client):
    with pytest.raises(EngineFailure, match="SIGSEGV"):
        Caller(client).run(how="die", signal="SIGSEGV")


def test_engine_that_is_told_to_leave_in_mid_run_is_no_cancelling(client):
    with pytest.raises(EngineFailure, match="signal 15"):
        Caller(client).run(how="die", signal="SIGTERM")


def test_missing_library_is_read_from_the_log(client):
    words = "ModuleNotFoundError: No module named 'torch'"
    with pytest.raises(EngineFailure, match=r"library is missing.*torch"):
        Caller(client).run(how="leave", words=words)


@pytest.mark.parametrize(
    ("status", "sentence"), [(137, "killed in mid-run"), (139, "signal 11"), (5, "status 5")]
)
def test_exit_status_is_explained(status, sentence):
    assert sentence in why_it_ended(status, "")


def test_idle_engine_leaves_and_the_next_job_starts_another(tmp_path):
    client = EngineClient(Path(sys.executable), entry=ENTRY, idle_s=0.2, logs=tmp_path)
    first = client.hello()["pid"]
    wait_until(lambda: not alive(first))
    assert Caller(client).run(how="steps")
    client.close()


def test_missing_interpreter_is_named(tmp_path):
    client = EngineClient(tmp_path / "no-python", logs=tmp_path)
    with pytest.raises(EngineFailure, match=r"no-python.*Install the engine") as failure:
        Caller(client).run(how="steps")
    assert failure.value.kind == "missing"


def test_interpreter_that_is_none_is_explained(tmp_path):
    impostor = tmp_path / "python"
    impostor.write_text("#!/bin/sh\necho I am no Python >&2\nexit 7\n")
    impostor.chmod(0o755)
    client = EngineClient(impostor, logs=tmp_path)
    with pytest.raises(EngineFailure, match=r"status 7.*I am no Python") as failure:
        Caller(client).run(how="steps")
    assert failure.value.kind == "died"


def test_garbage_on_the_pipe_is_skipped(client):
    caller = Caller(client)
    assert caller.run(how="garble") == {"fine": True}
    assert any("garbage" in line for line in caller.lines)


def test_what_libraries_print_goes_to_the_log(client, tmp_path):
    caller = Caller(client)
    caller.run(how="chatter", read=True)
    assert caller.lines == ["The device is the CPU."]
    log = next((tmp_path / "logs").iterdir()).read_text()
    assert "A library prints" in log
    assert "and writes to descriptor 1" in log


def test_threads_take_turns(client):
    results = {}

    def work(number):
        results[number] = Caller(client).run(how="steps", number=number, pause=0.05)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: result["echo"]["number"] for number, result in results.items()} == {
        number: number for number in range(4)
    }


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_waiting_job_can_be_cancelled_without_harm_to_the_running_one(client):
    engine = client.hello()["pid"]
    running = Caller(client)
    results = []
    thread = threading.Thread(
        target=lambda: results.append(running.run(how="steps", count=4, pause=0.3))
    )
    thread.start()
    wait_until(lambda: running.progress)
    os.kill(engine, signal.SIGSTOP)  # so that it runs as long as this takes
    try:
        with pytest.raises(EngineCancelled):
            client.run("classify", {"how": "steps"}, lambda *_: None, lambda: True)
        assert not results
    finally:
        os.kill(engine, signal.SIGCONT)
    thread.join()
    assert results


def test_close_cancels_the_running_job_and_ends_the_engine(client, tmp_path):
    pid = client.hello()["pid"]
    caller = Caller(client)
    raised = []

    def work():
        try:
            caller.run(how="wait", output=str(tmp_path / "classes.tif"))
        except EngineCancelled as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: caller.progress)
    client.close()
    thread.join()
    assert raised
    assert not alive(pid)
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


PARENT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from hsi_film_plugin.bridge.client import EngineClient
client = EngineClient(Path(sys.executable), entry=Path({entry!r}), logs=Path({logs!r}))
print(client.hello()["pid"], flush=True)
client.run("classify", {{"how": {how!r}, "output": {output!r}}},
           lambda fraction, message, eta: print(message, flush=True), lambda: False)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("how", ["wait", "stubborn"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_engine_follows_its_parent_and_leaves_no_file(tmp_path, how, number):
    output = tmp_path / "classes.tif"
    script = PARENT.format(
        root=str(ROOT), entry=str(ENTRY), logs=str(tmp_path / "logs"), how=how, output=str(output)
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    pid = int(parent.stdout.readline())
    while "Starting" in parent.stdout.readline():
        pass
    assert (tmp_path / ".classes.tif.partial-test").exists()
    os.killpg(parent.pid, number)
    parent.wait(timeout=120)
    wait_until(lambda: not alive(pid))
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until(condition, limit_s=120.0):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
