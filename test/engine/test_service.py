"""The service as a process of its own, spoken to line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hsi_film_plugin.engine import protocol

ENTRY = Path(__file__).with_name("service_with_test_jobs.py")


class Engine:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-I", ENTRY, "serve", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def write(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def send(self, method, params=None, number=1):
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}
        self.write(json.dumps(request).encode() + b"\n")

    def read(self):
        line = self.process.stdout.readline()
        assert line, "the engine has left"
        return json.loads(line)

    def answer(self, number=1):
        while True:
            message = self.read()
            if "method" not in message and message["id"] == number:
                return message

    def wait_for_progress(self, fraction):
        while True:
            message = self.read()
            if message.get("method") == "progress" and message["params"]["fraction"] >= fraction:
                return message["params"]


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.process.kill()
    engine.process.wait()


def test_hello_names_versions_and_devices_without_torch(engine):
    engine.send("hello")
    hello = engine.answer()["result"]
    assert hello["protocol"] == protocol.VERSION
    assert hello["pid"] == engine.process.pid
    assert {"python", "packages", "devices"} <= set(hello)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"this is no JSON\n", protocol.PARSE_ERROR),
        (b"\xff\xfe\x00\n", protocol.PARSE_ERROR),
        (b'{"jsonrpc": "2.0", "id": 1, "met\n', protocol.PARSE_ERROR),
        (b"[" * 100_000 + b"\n", protocol.PARSE_ERROR),
        (b"[]\n", protocol.INVALID_REQUEST),
        (b"42\n", protocol.INVALID_REQUEST),
        (b'{"id": 1, "method": "hello"}\n', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "hello"}\n', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1}\n', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "method": "classify"}\n', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "paint"}\n', protocol.METHOD_NOT_FOUND),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "classify", "params": [1]}\n', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "cancel", "params": {}}\n', -32602),
    ],
)
def test_faulty_line_is_refused_and_the_service_goes_on(engine, line, code):
    engine.write(line)
    assert engine.read()["error"]["code"] == code
    engine.send("hello", number=2)
    assert engine.answer(2)["result"]


def test_endless_line_is_refused_unread(engine):
    engine.write(b"x" * (protocol.LONGEST_LINE + 10) + b"\n")
    assert "longer than" in engine.read()["error"]["message"]
    engine.send("hello", number=2)
    assert engine.answer(2)["result"]


def test_answers_while_a_job_runs(engine):
    engine.send("classify", {"how": "wait"})
    engine.wait_for_progress(0.5)
    engine.send("hello", number=2)
    assert engine.answer(2)["result"]


def test_progress_moves_on_in_a_long_step(engine):
    engine.send("classify", {"how": "long_step", "pause": 30})
    said = [engine.wait_for_progress(0.5) for _ in range(4)]
    fractions = [params["fraction"] for params in said]
    assert fractions[0] < fractions[1] < fractions[2] < fractions[3] < 0.55
    assert {params["message"] for params in said} == {"One long step"}
    assert {params["job"] for params in said} == {1}
    assert all(params["eta_s"] is not None for params in said)


def test_jobs_run_one_after_the_other(engine):
    engine.send("classify", {"how": "steps", "pause": 0.1}, 1)
    engine.send("classify", {"how": "steps"}, 2)
    assert engine.answer(1)["result"]
    assert engine.answer(2)["result"]


def test_waiting_and_running_jobs_can_be_cancelled(engine):
    engine.send("classify", {"how": "wait"}, 1)
    engine.send("classify", {"how": "wait"}, "second")
    engine.wait_for_progress(0.5)
    engine.send("cancel", {"job": "second"}, 3)
    assert engine.answer(3)["result"] == {"cancelled": True}
    engine.send("cancel", {"job": 1}, 4)
    answers = [engine.answer(number)["error"] for number in (1, "second")]
    assert [answer["code"] for answer in answers] == [protocol.JOB_CANCELLED] * 2


def test_cancelling_a_finished_job_is_no_error(engine):
    engine.send("classify", {"how": "steps"}, 1)
    engine.answer(1)
    engine.send("cancel", {"job": 1}, 2)
    assert engine.answer(2)["result"] == {"cancelled": False}


def test_id_in_use_is_refused(engine):
    engine.send("classify", {"how": "wait"}, 1)
    engine.send("classify", {"how": "wait"}, 1)
    assert "already in use" in engine.answer(1)["error"]["message"]


def test_engine_error_is_its_sentence_and_its_kind(engine):
    engine.send("classify", {"how": "refuse"})
    error = engine.answer()["error"]
    assert error["code"] == protocol.JOB_FAILED
    assert error["data"] == {"kind": "InputError"}
    assert error["message"] == "Band 7 of 'scene.tif' has no wavelength. Add it."


def test_missing_parameter_is_an_unexpected_failure_with_traceback(engine):
    engine.send("classify", {})
    error = engine.answer()["error"]
    assert error["data"]["kind"] == "unexpected"
    assert "KeyError" in error["data"]["traceback"]


@pytest.mark.parametrize("how", ["wait", "stubborn"])
def test_end_of_input_ends_the_engine_and_removes_partial_files(engine, tmp_path, how):
    engine.send("classify", {"how": how, "output": str(tmp_path / "classes.tif")})
    engine.wait_for_progress(0.5)
    assert list(tmp_path.iterdir())
    engine.process.stdin.close()
    engine.process.wait(5)
    assert not list(tmp_path.iterdir())


def test_shutdown_is_answered_and_ends_the_engine(engine):
    engine.send("shutdown")
    assert engine.answer()["result"] == {}
    assert engine.process.wait(5) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_engine_and_removes_partial_files(engine, tmp_path, number):
    engine.send("classify", {"how": "wait", "output": str(tmp_path / "classes.tif")})
    engine.wait_for_progress(0.5)
    engine.process.send_signal(number)
    engine.process.wait(5)
    assert not list(tmp_path.iterdir())


def test_engine_leaves_when_its_parent_is_gone_although_the_pipe_is_open():
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    engine = Engine("--parent", str(parent.pid))
    engine.send("hello")
    engine.answer()
    parent.kill()
    parent.wait()
    assert engine.process.wait(5) == 0


def test_idle_engine_leaves_but_a_busy_one_stays():
    engine = Engine("--idle", "0.3")
    engine.send("classify", {"how": "long_step", "pause": 1.2})
    assert "result" in engine.answer()
    assert engine.process.wait(5) == 0


def test_what_a_job_prints_stays_out_of_the_messages(engine):
    engine.send("classify", {"how": "chatter", "read": True})
    messages = []
    while not messages or "id" not in messages[-1]:
        messages.append(engine.read())
    assert messages[-1]["result"] == {"read": ""}
    logged = [message["params"] for message in messages if message.get("method") == "log"]
    assert logged == [{"level": "info", "message": "The device is the CPU."}]


def test_numbers_of_numpy_and_what_json_lacks_can_be_sent():
    class Scalar:
        def tolist(self):
            return 1.5

    line = protocol.encode({"a": Scalar(), "b": float("inf"), "c": (1, None), "d": Path("x.tif")})
    assert json.loads(line) == {"a": 1.5, "b": None, "c": [1, None], "d": "x.tif"}
    assert line.count(b"\n") == 1


def test_many_reports_do_not_flood_the_pipe(engine):
    engine.send("classify", {"how": "steps", "count": 20_000})
    count = 0
    while "method" in engine.read():
        count += 1
    assert count < 2_000
