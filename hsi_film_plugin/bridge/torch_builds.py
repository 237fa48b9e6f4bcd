"""Which build of torch suits this computer: asked of the graphics driver, not guessed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # nosec B404
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import child_processes

#: Where PyTorch publishes its builds for one kind of device each.
PUBLIC_INDEX: Final = "https://download.pytorch.org/whl"
INDEX_VARIABLE: Final = "HSIFILM_TORCH_INDEX"

#: The build on the common index is made with CUDA 13, which needs at least this driver.
CUDA_13_DRIVER: Final = 580
#: The build for older cards and drivers.
OLDER_CUDA: Final = "cu126"
NEWER_CUDA: Final = "cu130"


@dataclass(frozen=True)
class Driver:
    """An NVIDIA driver, as it presents itself.

    Attributes:
        version: Such as ``580.65.06``.
        gpu: The first card's name; empty where it is not known.
    """

    version: str
    gpu: str = ""

    @property
    def major(self) -> int:
        """The version's first number; 0 if it has none."""
        found = re.match(r"\d+", self.version)
        return int(found.group()) if found else 0

    def __str__(self) -> str:
        return f"{self.gpu or 'NVIDIA GPU'}, driver {self.version}"


@dataclass(frozen=True)
class TorchBuild:
    """One way to get torch.

    Attributes:
        requirement: What to ask pip for.
        index: An index to look at besides pip's own ones, or None.
        notice: What the user should know when this one is taken; empty for nothing.
        space_gb: Disk space that the environment needs with it.
    """

    requirement: str
    index: str | None = None
    notice: str = ""
    space_gb: float = 3.0


def nvidia_driver() -> Driver | None:
    """Return the NVIDIA driver, or None if there is none that answers."""
    tool = shutil.which("nvidia-smi") or shutil.which(
        "nvidia-smi", path=r"C:\Windows\System32;C:\Program Files\NVIDIA Corporation\NVSMI"
    )
    if tool is not None:
        query = [tool, "--query-gpu=driver_version,name", "--format=csv,noheader"]
        try:
            process = child_processes.start(query, stdout=subprocess.PIPE)
            with process:
                try:
                    answer, _ = process.communicate(timeout=10)
                except subprocess.TimeoutExpired:
                    child_processes.kill(process)
                    return None
        except OSError:
            return None
        first = answer.decode("utf-8", "replace").strip().splitlines()[:1]
        if process.returncode == 0 and first:
            version, _, gpu = first[0].partition(",")
            return Driver(version.strip(), gpu.strip())
        return None
    try:
        text = Path("/proc/driver/nvidia/version").read_text("utf-8", "replace")
    except OSError:
        return None
    found = re.search(r"\s(\d+\.\d+(?:\.\d+)?)\s", text)
    return Driver(found.group(1)) if found else None


def torch_builds(
    pin: str,
    driver: Driver | None,
    *,
    platform: str = sys.platform,
    index: str | None = None,
) -> tuple[TorchBuild, ...]:
    """Return the ways to get torch that suit this computer, the best one first.

    Args:
        pin: The requirement, such as ``torch==2.13.0``.
        driver: The NVIDIA driver, if there is one.
        platform: As ``sys.platform``.
        index: An index to prefer over PyTorch's own; ``HSIFILM_TORCH_INDEX`` by default.
    """
    index = index or os.environ.get(INDEX_VARIABLE) or None
    if platform == "darwin":
        return (TorchBuild(pin, index),)
    windows = platform == "win32"
    if driver is None:
        if windows:
            return (TorchBuild(pin, index),)
        cpu = f"{pin}+cpu"
        return (
            TorchBuild(cpu),
            TorchBuild(cpu, index or f"{PUBLIC_INDEX}/cpu"),
            TorchBuild(
                pin,
                notice="PyTorch's build for the CPU could not be reached, so the common one was "
                "installed, which brings about 3 GB for graphics cards that are not used.",
                space_gb=9.0,
            ),
        )
    old = driver.major < CUDA_13_DRIVER
    builds = []
    if index:
        builds.append(TorchBuild(pin, index, space_gb=9.0))
    if old or windows:
        tag = OLDER_CUDA if old else NEWER_CUDA
        builds.append(TorchBuild(f"{pin}+{tag}", f"{PUBLIC_INDEX}/{tag}", space_gb=9.0))
    notice = ""
    if windows:
        notice = "PyTorch's build for the graphics card could not be reached."
    elif old:
        notice = (
            f"The graphics driver ({driver}) is older than {CUDA_13_DRIVER}, which the installed "
            "PyTorch needs. Update the driver and install the engine again to use the GPU."
        )
    builds.append(TorchBuild(pin, notice=notice, space_gb=9.0))
    return tuple(builds)
