"""The engine's command line, with jobs that only tell what they were asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tqdm")

from hsi_film_plugin.engine import protocol
from hsi_film_plugin.engine.command_line import main, parser
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.registry import LazyJobs
from hsi_film_plugin.engine.self_check import check

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _signals():
    kept = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
    }
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def asked(arguments):
    """Return the job and the parameters that a command line asks for."""
    seen = {}

    def job_named(name):
        def job(params, progress):
            progress.report(0.5, "Half")
            seen[name] = params
            return {}

        return job

    assert main(arguments, {name: job_named(name) for name in protocol.JOB_OUTPUTS}) == 0
    return seen


def test_training_is_asked_with_the_options_given_and_no_others():
    line = "train scene.tif labels.gpkg --class-field class --model m.safetensors"
    assert asked([*line.split(), "--blocks", "-2", "-3", "--seed", "7"]) == {
        "train": {
            "input": "scene.tif",
            "labels": "labels.gpkg",
            "class_field": "class",
            "model": "m.safetensors",
            "blocks": [-2, -3],
            "seed": 7,
        }
    }


def test_classifying_takes_an_extent_of_negative_coordinates():
    line = "classify scene.tif m.safetensors --output c.tif --extent -10 -20.5 30 40"
    params = asked([*line.split(), "--min-confidence", "0.4", "--device", "cpu"])["classify"]
    assert params["extent"] == [-10.0, -20.5, 30.0, 40.0]
    assert params["min_confidence"] == 0.4
    assert params["device"] == "cpu"


@pytest.mark.parametrize(
    ("line", "job"),
    [
        ("train-and-classify a.tif b.gpkg --output c.tif --report r.html", "train_and_classify"),
        ("assess c.tif b.gpkg --report r.html --table t.json", "assess"),
        ("extract-features a.tif --output f.tif --components 8", "extract_features"),
        ("sample-scene --output a.tif --training t.gpkg --width 64 --height 48", "sample_scene"),
        ("prepare a.tif --cache c --extent 1 2 3 4 --device cpu", "prepare"),
        ("preview a.tif b.gpkg --cache c --output p.tif --cache-limit 9", "preview"),
        ("suggest a.tif --cache c --labels b.gpkg --count 3", "suggest"),
        ("pseudo-image a.tif --output p.tif --kind rgb", "pseudo_image"),
        ("train-synthesizer a.tif b.gpkg --synthesizer s --no-clipping", "train_synthesizer"),
        ("synthesize s --class Oats --samples m --count 20", "synthesize"),
        ("evaluate-samples a.tif b.gpkg --samples m --table t.json", "evaluate_samples"),
        ("convert-backbone 64x64_diffusion.pt --output folder", "convert_backbone"),
    ],
)
def test_every_job_has_its_command(line, job):
    assert list(asked(line.split())) == [job]


def test_every_output_of_every_job_is_an_option():
    for job, outputs in protocol.JOB_OUTPUTS.items():
        commands = parser()._subparsers._group_actions[0].choices
        options = {action.dest for action in commands[job.replace("_", "-")]._actions}
        assert set(outputs) <= options, job


def test_summary_names_outputs_device_accuracy_and_warnings(capsys):
    def classify(params, progress):
        return {
            "output": params["output"],
            "device": "cpu",
            "device_reason": "No GPU.",
            "accuracy": {"overall_accuracy": 0.9135},
            "warnings": ["Class 3 has few pixels."],
        }

    main(["classify", "a.tif", "m.safetensors", "--output", "c.tif"], {"classify": classify})
    assert capsys.readouterr().out.splitlines() == [
        "Warning: Class 3 has few pixels.",
        "Device: cpu (No GPU.)",
        "Overall accuracy: 0.913",
        "Output: c.tif",
    ]


def test_json_result_goes_to_stdout_alone(capsys):
    line = ["classify", "a.tif", "m.safetensors", "--output", "c.tif", "--json"]
    main(line, {"classify": lambda params, progress: {"output": params["output"]}})
    assert json.loads(capsys.readouterr().out) == {"output": "c.tif"}


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (InputError("Band 3 is missing."), 1, "Error: Band 3 is missing."),
        (Cancelled(), 130, "Cancelled; no output was written."),
        (KeyError("x"), 1, "unexpected KeyError"),
        (MemoryError(), 1, "ran out of memory"),
    ],
)
def test_failure_is_a_sentence_and_a_status(capsys, error, status, sentence):
    def classify(params, progress):
        raise error

    line = ["classify", "a.tif", "m.safetensors", "--output", "c.tif"]
    assert main(line, {"classify": classify}) == status
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert not captured.out


WAITING = """
import sys, time
sys.path.insert(0, {root!r})
from hsi_film_plugin.engine.command_line import main
def classify(params, progress):
    sys.stdout.write("begun\\n"); sys.stdout.flush()
    while True:
        progress.report(0.5, "Waiting")
        time.sleep(0.01)
sys.exit(main(["classify", "a.tif", "m", "--output", "c.tif"], {{"classify": classify}}))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_cancels_the_job(number):
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING.format(root=str(ROOT))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Cancelled; no output was written." in errors
    assert b"Traceback" not in errors


def test_serving_answers_before_torch_is_imported():
    entry = ROOT / "hsi_film_plugin" / "bridge" / "launch_engine.py"
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "hello"}\n'
    done = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", entry, "serve"],
        input=request,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["result"]["protocol"] == protocol.VERSION
    imported = {line.rpartition(b"|")[2].strip() for line in done.stderr.splitlines()}
    assert b"hsi_film_plugin.engine.service" in imported
    assert not imported & {b"torch", b"numpy", b"rasterio"}


def test_names_of_jobs_are_known_without_their_libraries():
    assert set(LazyJobs()) == set(protocol.JOB_OUTPUTS)
    assert "paint" not in LazyJobs()
    with pytest.raises(KeyError):
        LazyJobs()["paint"]


def test_check_imports_what_is_installed_and_names_what_is_not():
    found = check(["pytest", "no-such-library"])
    assert found["versions"]["pytest"] == pytest.__version__
    assert found["failures"] == ["'no-such-library' is not installed."]
    assert "device" not in found


def test_check_tells_an_installed_library_that_cannot_be_imported(tmp_path, monkeypatch):
    (tmp_path / "broken_lib.py").write_text("raise ImportError('libbroken.so: no such file')\n")
    information = tmp_path / "broken_lib-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-lib\nVersion: 1.0\n")
    (information / "top_level.txt").write_text("broken_lib\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = check(["broken-lib"])
    assert found["failures"] == ["'broken-lib' cannot be imported: libbroken.so: no such file"]
