"""An engine whose jobs misbehave on demand, for the tests of the service and its client.

Run as a script: ``service_with_test_jobs.py serve [--idle S] [--parent PID]``.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.service import run_service


def behave(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do what ``params['how']`` says, with a partial file beside ``params['output']``."""
    output = Path(params["output"]) if params.get("output") else None
    partial = output.with_name(f".{output.name}.partial-test") if output else None
    if partial:
        partial.write_text("half")
    try:
        result = DEEDS[params["how"]](params, progress)
    except Cancelled:
        if partial:
            partial.unlink()
        raise
    if partial and output:
        partial.replace(output)
    return result


def steps(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    count = params.get("count", 3)
    for step in range(count):
        progress.report(step / count, f"Step {step + 1} of {count}")
        time.sleep(params.get("pause", 0.0))
    return {"echo": params, "not_a_number": float("nan"), "path": Path("a") / "b"}


def long_step(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    progress.report(0.5, "One long step")
    time.sleep(params.get("pause", 3.0))
    return {}


def wait(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    while True:
        progress.report(0.5, "Waiting to be cancelled")
        time.sleep(0.02)


def stubborn(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    progress.report(0.5, "Deaf to everything")
    time.sleep(600)
    return {}


def refuse(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise InputError("Band 7 of 'scene.tif' has no wavelength. Add it.")


def fail(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise {"ValueError": ValueError, "MemoryError": MemoryError, "ImportError": ImportError}[
        params["error"]
    ]("libfoo.so.1: cannot open shared object file")


def chatter(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    print("A library prints")  # noqa: T201
    os.write(1, b"and writes to descriptor 1\n")
    logging.getLogger("hsi_film_plugin.engine.jobs").info("The device is the CPU.")
    return {"read": sys.stdin.read() if params.get("read") else ""}


def garble(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write to the very pipe of the messages, as no library can, between two of them."""
    for descriptor in range(3, 10):
        try:
            os.write(descriptor, b"garbage {\n\xff\xfe\n[1]\n")
        except OSError:
            continue
    return {"fine": True}


def die(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    progress.report(0.5, "About to die")
    os.kill(os.getpid(), getattr(signal, params.get("signal", "SIGKILL")))
    return wait(params, progress)


def leave(params: dict[str, Any], progress: Progress) -> dict[str, Any]:
    sys.stderr.write(params.get("words", "") + "\n")
    sys.stderr.flush()
    os._exit(params.get("status", 1))


DEEDS = {
    deed.__name__: deed
    for deed in (steps, long_step, wait, stubborn, refuse, fail, chatter, garble, die, leave)
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--idle", type=float, default=0.0)
    parser.add_argument("--parent", type=int, default=0)
    arguments = parser.parse_args()
    run_service({"classify": behave}, idle_s=arguments.idle, parent=arguments.parent)
