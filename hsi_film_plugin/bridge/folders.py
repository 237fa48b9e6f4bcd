"""Where the plugin keeps things, per user: the managed environment, the logs, the cache."""

from __future__ import annotations

import configparser
import os
import sys
import time
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[2]

LOGS_KEPT = 10


def data_folder() -> Path:
    """Return the user's data folder of this plugin; it need not exist yet."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "hsi_film_plugin"


def cache_folder() -> Path:
    """Return the user's folder for what can be computed again; it need not exist yet."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "hsi_film_plugin" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hsi_film_plugin"
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hsi_film_plugin"


def plugin_version() -> str:
    """Return the version in the plugin's ``metadata.txt``."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(PLUGIN / "metadata.txt", encoding="utf-8")
    return metadata.get("general", "version", fallback="0")


def managed_environment() -> Path:
    """Return the folder of the engine's environment that belongs to this plugin version."""
    return data_folder() / f"engine-{plugin_version()}"


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    if os.name == "nt":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def log_folder() -> Path:
    """Return the folder of the log files; it need not exist yet."""
    return data_folder() / "logs"


def new_log(name: str, folder: Path | None = None) -> Path:
    """Return the path of a new log file, and remove the oldest ones of the same name."""
    folder = folder or log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    old = sorted(folder.glob(f"{name}-*.log"), key=lambda path: path.name)
    for path in old[: max(0, len(old) - LOGS_KEPT + 1)]:
        try:
            path.unlink()
        except OSError:
            continue  # another QGIS still writes it
    stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    return folder / f"{name}-{stamp}-{time.monotonic_ns() % 1_000_000:06d}.log"


def last_log(name: str, folder: Path | None = None) -> Path | None:
    """Return the newest log file of that name, or None."""
    logs = sorted((folder or log_folder()).glob(f"{name}-*.log"), key=lambda path: path.name)
    return logs[-1] if logs else None


def tail(path: Path, size: int = 4000) -> str:
    """Return the last ``size`` bytes of a text file; nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
