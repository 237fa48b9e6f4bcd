"""A Python for the engine where QGIS's own cannot make environments: brought by a pinned uv."""

from __future__ import annotations

import platform
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from .download import Fetch, fetch_with, sha256_of

RELEASES: Final = Path(__file__).with_name("uv-releases.txt")
PYTHON: Final = "3.11"  # the version that the pinned libraries were tested with


class BadDownload(Exception):
    """What was downloaded is not what was published."""


@dataclass(frozen=True)
class Release:
    """One published uv.

    Attributes:
        platform: Such as ``windows-x86_64``.
        sha256: Of the wheel.
        address: Where the wheel is.
    """

    platform: str
    sha256: str
    address: str


def release_for(name: str, releases: Path = RELEASES) -> Release | None:
    """Return the pinned uv for a platform, or None if there is none."""
    for line in releases.read_text("utf-8").splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0] == name:
            return Release(*parts)
    return None


def platform_name() -> str:
    """Return this computer's platform as the table of releases calls it."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)
    return f"{system}-{machine}"


def bring_uv(
    release: Release, folder: Path, fetch: Fetch, on_progress: Callable[[float], None]
) -> Path:
    """Download uv, check it, and return its program in ``folder``.

    Raises:
        OSError: if it cannot be downloaded or written.
        BadDownload: if its sha256 differs from the pinned one, or it holds no program.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "uv.whl"
    fetch(release.address, wheel, on_progress)
    found = sha256_of(wheel)
    if found != release.sha256:
        wheel.unlink()
        raise BadDownload(
            f"The download from '{release.address}' is damaged or was exchanged: its sha256 is "
            f"{found}, and {release.sha256} was expected. Nothing of it was run. Try again, or "
            "choose a Python interpreter for the engine yourself."
        )
    name = "uv.exe" if release.platform.startswith("windows") else "uv"
    program = folder / name
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.namelist() if PurePosixPath(member).name == name]
        if len(members) != 1:
            raise BadDownload(f"'{release.address}' holds {len(members)} programs named '{name}'.")
        with archive.open(members[0]) as packed, program.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    program.chmod(0o755)
    wheel.unlink()
    return program


def venv_command(uv: Path, target: Path) -> list[str | Path]:
    """Return uv's command that makes an environment with a Python of its own and pip."""
    return [
        *(uv, "venv", "--no-config", "--no-project", "--seed", "--managed-python"),
        *("--python", PYTHON, "--allow-existing", target),
    ]


def venv_variables(folder: Path) -> dict[str, str]:
    """Return the variables that keep what uv brings within the plugin's folder."""
    return {
        "UV_PYTHON_INSTALL_DIR": str(folder / "python"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
    }


def download(address: str, path: Path, on_progress: Callable[[float], None]) -> None:
    """Fetch an https (or file) address into a file, through the proxies of the environment.

    Raises:
        OSError: if it cannot be fetched or written.
    """
    from .urllib_get import get  # slow, and needed only here

    fetch_with(get)(address, path, on_progress)
