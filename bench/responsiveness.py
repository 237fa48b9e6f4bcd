"""How often progress moves, how soon a cancel works, and how soon the engine follows QGIS.

QGIS's part is played by the same client that the plugin uses.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from hsi_film_plugin.bridge.client import EngineCancelled, EngineClient
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene

from .measure import OUTPUT, ROOT, Table

SIDE = 256
CANCEL_SECONDS = (2.0, 8.0, 20.0)
LONGEST_WAIT = 60.0


def responsiveness_tables() -> list[Table]:
    """Run the main job on the sample scene, watch it, cancel it, kill its parent."""
    folder = OUTPUT / "responsiveness"
    folder.mkdir(parents=True, exist_ok=True)
    raster, training = folder / "scene.tif", folder / "training.gpkg"
    write_sample_scene(SampleScene(SIDE, SIDE), raster, training, None, Progress())
    parameters = job_parameters(raster, training, folder)
    client = EngineClient(Path(sys.executable))
    rows = [_progress_row(client, parameters)]
    for path in folder.iterdir():
        if path not in (raster, training):
            path.unlink()
    inputs = set(folder.iterdir())
    rows += [_cancel_row(client, parameters, after, inputs) for after in CANCEL_SECONDS]
    client.close()
    rows.append(_kill_row(raster, training, folder, inputs))
    title = f"Responsiveness, training and classifying {SIDE}×{SIDE}×100"
    return [Table(title, ("", "seconds", "files left behind"), tuple(rows))]


def job_parameters(raster: Path, training: Path, folder: Path) -> dict[str, str]:
    """Return the parameters of the main job."""
    return {
        "input": str(raster),
        "labels": str(training),
        "class_field": "class_id",
        "output": str(folder / "classes.tif"),
        "model": str(folder / "model.safetensors"),
        "report": str(folder / "report.html"),
    }


def _progress_row(client: EngineClient, parameters: dict[str, str]) -> tuple[str, ...]:
    moved = [time.monotonic()]
    latest = [-1.0]

    def listen(fraction: float, message: str, eta: float | None) -> None:
        if fraction != latest[0]:
            latest[0] = fraction
            moved.append(time.monotonic())

    client.run("train_and_classify", parameters, listen, lambda: False)
    moved.append(time.monotonic())
    longest = max(after - before for before, after in zip(moved, moved[1:]))
    return ("longest time without progress", f"{longest:.1f}", "")


def _cancel_row(
    client: EngineClient, parameters: dict[str, str], after: float, inputs: set[Path]
) -> tuple[str, ...]:
    asked = threading.Event()
    when = [0.0]

    def ask() -> None:
        when[0] = time.monotonic()
        asked.set()

    timer = threading.Timer(after, ask)
    timer.start()
    try:
        client.run("train_and_classify", parameters, lambda *_: None, asked.is_set)
    except EngineCancelled:
        spent = f"{time.monotonic() - when[0]:.1f}"
    else:
        spent = "the job was faster"
    timer.cancel()
    return (f"cancel after {after:.0f} s", spent, str(_left(inputs)))


def _left(inputs: set[Path]) -> int:
    return len(set(next(iter(inputs)).parent.iterdir()) - inputs)


def _kill_row(raster: Path, training: Path, folder: Path, inputs: set[Path]) -> tuple[str, ...]:
    """Kill a process that runs the job through a client, and wait for its engine to go."""
    command = [sys.executable, "-m", "bench.responsiveness", str(raster), str(training)]
    with subprocess.Popen(
        [*command, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        if parent.stdout is None:
            raise RuntimeError("the parent has no output")
        engine = int(parent.stdout.readline())
        time.sleep(CANCEL_SECONDS[1])
        killed = time.monotonic()
        os.kill(parent.pid, signal.SIGKILL)
        while _alive(engine) and time.monotonic() - killed < LONGEST_WAIT:
            time.sleep(0.02)
        spent = time.monotonic() - killed
    return ("engine gone after its parent was killed", f"{spent:.1f}", str(_left(inputs)))


def _alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def main() -> None:
    """Play QGIS: print the engine's process id, then run the job until killed."""
    raster, training, folder = (Path(argument) for argument in sys.argv[1:])
    client = EngineClient(Path(sys.executable))
    print(client.hello()["pid"], flush=True)
    parameters = job_parameters(raster, training, folder)
    client.run("train_and_classify", parameters, lambda *_: None, lambda: False)


if __name__ == "__main__":
    main()
