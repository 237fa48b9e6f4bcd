"""A preview that lasts as long as the test needs: its engine is held in the middle of it."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from driver import Desktop
from qgis.core import QgsApplication


def engines() -> list[int]:
    """The process ids of the engines that this QGIS has started."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):  # it may have ended meanwhile
            status = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes()
            if status[0] != "Z" and int(status[1]) == os.getpid() and b"launch_engine" in command:
                found.append(int(folder.name))
    return found


def begin(desk: Desktop, training: bool = False) -> int:
    """Begin a preview that does not end, since the engine is held; return the engine's id.

    Args:
        desk: QGIS's window.
        training: Whether the final map is begun as well, before the preview.
    """
    engine = hold(desk)
    if training:
        desk.show_page(3)
        desk.press(desk.dock.finish_page.run)
        desk.until(lambda: running("Train and classify"), "the final map is being made")
    desk.show_page(2)
    desk.press(desk.dock.map_page.updateNow)
    desk.until(lambda: running("HSI FiLM: mapping"), "the preview is being made")
    return engine


def hold(desk: Desktop) -> int:
    """Hold the engine, and return its id."""
    (engine,) = desk.until(lambda: len(engines()) == 1 and engines(), "one engine is there")
    os.kill(engine, signal.SIGSTOP)
    stat = Path(f"/proc/{engine}/stat")
    desk.until(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T", "the engine is held")
    return engine


def running(name: str) -> bool:
    """Whether a task runs whose description has these words."""
    return any(
        task.status() == task.TaskStatus.Running and name in task.description()
        for task in QgsApplication.taskManager().activeTasks()
    )


def go_on(engine: int) -> None:
    """Let a held engine go on, if it has not been given up."""
    if engine in engines():
        os.kill(engine, signal.SIGCONT)


def idle(desk: Desktop) -> None:
    """Wait until nothing runs."""
    tasks = QgsApplication.taskManager()
    desk.until(lambda: tasks.countActiveTasks() == 0, "all tasks have ended")
