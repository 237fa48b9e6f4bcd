"""Building the engine's environment: with progress, stoppable, and never left half-built."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from . import folders, pip_steps, standalone_python
from .base_python import find_base_python, needs_standalone
from .download import Fetch
from .engine_check import check_command, report_in, required_names
from .file_lock import Busy, only_one
from .installation_failures import (
    InstallationFailure,
    InstallationStopped,
    why_pip_failed,
)
from .interpreter import EngineStatus, managed_status
from .pip_steps import PipProgress, Stopped
from .stamp import REQUIREMENTS, fingerprint, read_stamp, requirement_lines, write_stamp
from .torch_builds import Driver, TorchBuild, nvidia_driver, torch_builds

OnProgress = Callable[[float, str], None]

#: The first pip that tells its downloads' progress to programs is 24.1; this one was tested.
PIP: Final = "pip==25.3"
#: Space needed where torch is not among the requirements, in GB.
SMALL_GB: Final = 0.2
#: An index behind a wall must not hold the user up as long as pip's default of 5 tries.
_PATIENCE: Final = ("--retries", "2")


@dataclass(frozen=True)
class Order:
    """What to build an environment of.

    Attributes:
        requirements: The engine's requirements, pinned.
        extra: Requirements of development, if wanted.
        python: The interpreter to build on; found if None.
        proxy: Its address, with user name and password if it wants them; that of the
            surroundings if None.
        torch_index: An index that has the torch wanted; PyTorch's own if None.
        standalone: Whether to bring a Python along; decided by the platform if None.
        fetch: How to download the tool that brings it.
        uv: Which tool to bring; the pinned one for this platform if None.
        logs: The folder of the log; the user's if None.
    """

    requirements: Path = REQUIREMENTS
    extra: Path | None = None
    python: Path | None = None
    proxy: str | None = None
    torch_index: str | None = None
    standalone: bool | None = None
    fetch: Fetch = standalone_python.download
    uv: standalone_python.Release | None = None
    logs: Path | None = None


def build_environment(
    target: Path,
    on_progress: OnProgress,
    is_cancelled: Callable[[], bool],
    order: Order | None = None,
) -> EngineStatus:
    """Build the engine's environment in ``target``, unless it is there already.

    The folder is declared complete by a stamp that is written last; one without it is
    never used, and is built anew.

    Args:
        target: The environment's folder.
        on_progress: Called in this thread, at least every second, with the fraction in
            [0, 1] and what is being done.
        is_cancelled: Asked in this thread, several times a second.
        order: What to build.

    Raises:
        InstallationStopped: if ``is_cancelled`` said so.
        InstallationFailure: with what went wrong, and what to do.
    """
    order = order or Order()
    target = Path(os.path.abspath(target))
    status = managed_status(target, order.requirements)
    if status.ready and _has_extra(target, order):
        on_progress(1.0, "The engine is installed already")
        return status
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        log = folders.new_log("install", order.logs)
        with only_one(target.with_name(target.name + ".lock")), log.open("ab") as file:
            _Build(target, order, on_progress, is_cancelled, file, log).run()
    except Busy:
        raise InstallationFailure(
            f"The engine is being installed in '{target}' by another QGIS. Wait until it has "
            "finished."
        ) from None
    except OSError as error:
        raise InstallationFailure(
            f"The engine cannot be installed in '{target}': {error.strerror or error}. "
            "Make space or allow writing there, and try again."
        ) from error
    on_progress(1.0, "The engine is installed")
    return managed_status(target, order.requirements)


@dataclass
class _Build:
    """One installation under way."""

    target: Path
    order: Order
    on_progress: OnProgress
    is_cancelled: Callable[[], bool]
    log: BinaryIO
    log_path: Path
    notices: list[str] = field(default_factory=list)
    start: float = 0.0
    end: float = 0.0
    furthest: float = 0.0
    message: str = ""

    def run(self) -> None:
        """Do all steps; remove everything if one fails or the user stops."""
        if managed_status(self.target, self.order.requirements).ready:
            self._add_extra()
            return
        self._clear()
        done = False
        try:
            self._steps()
            done = True
        except Stopped:
            raise InstallationStopped("The installation was stopped.") from None
        finally:
            if not done:
                shutil.rmtree(self.target, ignore_errors=True)
        self._add_extra()

    def _steps(self) -> None:
        self._stage(0.0, 0.02, "Asking the graphics driver")
        driver = nvidia_driver()
        pin = next(
            (line for line in requirement_lines(self.order.requirements) if _is_torch(line)), None
        )
        builds = torch_builds(pin, driver, index=self.order.torch_index) if pin else ()
        self._check_space(builds)
        self._stage(0.02, 0.1, "Making a Python environment")
        self._make_environment()
        self._stage(0.1, 0.12, "Preparing pip")
        newer = self._pip(PIP, *_PATIENCE) == 0
        self._stage(0.12, 0.55, "Downloading PyTorch")
        build = self._install_torch(builds, newer) if builds else None
        self._stage(0.55, 0.9, "Downloading the libraries")
        self._install(self.order.requirements, newer)
        self._stage(0.9, 0.99, "Checking the libraries and the device")
        report = self._check(driver)
        write_stamp(
            self.target,
            {
                "plugin": folders.plugin_version(),
                "requirements": fingerprint(self.order.requirements),
                "built": time.strftime("%Y-%m-%d %H:%M:%S"),
                "system": platform.platform(),
                "torch": build.requirement if build else None,
                "notices": self.notices,
                "extras": [],
                **report,
            },
        )

    # The steps

    def _clear(self) -> None:
        """Remove a half-built or outdated environment, and nothing else."""
        if not self.target.exists():
            return
        ours = (self.target / "pyvenv.cfg").exists() or read_stamp(self.target) is not None
        if not ours and any(self.target.iterdir()):
            raise InstallationFailure(
                f"The folder '{self.target}' holds other things than an environment of the "
                "engine. Choose an empty or a new folder."
            )
        self._stage(0.0, 0.01, "Removing the former environment")
        shutil.rmtree(self.target)

    def _check_space(self, builds: tuple[TorchBuild, ...]) -> None:
        needed = builds[0].space_gb if builds else SMALL_GB
        free = shutil.disk_usage(self.target.parent).free / 1e9
        if free < needed:
            raise InstallationFailure(
                f"The engine needs {needed:g} GB of disk space, and '{self.target.parent}' has "
                f"{free:.1f} GB left. Make space and try again."
            )

    def _make_environment(self) -> None:
        standalone = self.order.standalone
        if standalone is None:
            standalone = needs_standalone() and self.order.python is None
        base = None if standalone else find_base_python(self.order.python)
        if base is None and self.order.python is not None:
            raise InstallationFailure(
                f"'{self.order.python}' is no Python of version 3.11 to 3.13, which the engine's "
                "libraries need. Choose another interpreter.",
                self.log_path,
            )
        if base is None:
            self._make_standalone()
            return
        version = ".".join(map(str, base.version[:2]))
        if not base.complete:
            raise InstallationFailure(
                f"Python {version} ('{base.path}') cannot make environments: its part 'ensurepip' "
                f"is missing. Install it with 'sudo apt install python{version}-venv' (Debian, "
                "Ubuntu) or your system's package of that name, and install the engine again.",
                self.log_path,
            )
        code = self._run([base.path, "-I", "-m", "venv", self.target])
        if code != 0:
            raise InstallationFailure(
                f"Python {version} ('{base.path}') could not make an environment in "
                f"'{self.target}' (status {code}). On Debian and Ubuntu, "
                f"'sudo apt install python{version}-venv' often helps.",
                self.log_path,
            )

    def _make_standalone(self) -> None:
        name = standalone_python.platform_name()
        release = self.order.uv or standalone_python.release_for(name)
        if release is None:
            raise InstallationFailure(
                f"There is no Python for the engine on this kind of computer ({name}). Name an "
                "interpreter that has the engine's libraries in the plugin's settings."
            )
        folder = self.target.parent
        tools = self.target.with_name(self.target.name + "-tools")
        try:
            try:
                uv = standalone_python.bring_uv(release, tools, self.order.fetch, self._fetched)
            except standalone_python.BadDownload as error:
                raise InstallationFailure(str(error), self.log_path) from error
            except OSError as error:
                raise InstallationFailure(
                    f"'{release.address}' could not be downloaded ({error}). Check the network "
                    "and the proxy settings of QGIS, and try again.",
                    self.log_path,
                ) from error
            self.message = "Downloading Python"
            command = standalone_python.venv_command(uv, self.target)
            code = self._run(command, standalone_python.venv_variables(folder))
        finally:
            shutil.rmtree(tools, ignore_errors=True)
            shutil.rmtree(folder / "uv-cache", ignore_errors=True)
        if code != 0:
            raise InstallationFailure(
                f"A Python for the engine could not be downloaded (status {code}). Check the "
                "network and the proxy settings of QGIS, and try again.",
                self.log_path,
            )

    def _fetched(self, fraction: float) -> None:
        if self.is_cancelled():
            raise Stopped
        self._say(0.5 * fraction)

    def _install_torch(self, builds: tuple[TorchBuild, ...], newer: bool) -> TorchBuild:
        for build in builds:
            index = ["--extra-index-url", build.index] if build.index else []
            self.message = f"Downloading {build.requirement}"
            constraint = ("--constraint", self.order.requirements)
            if self._pip(build.requirement, *_PATIENCE, *index, *constraint, raw=newer) == 0:
                if build.notice:
                    self.notices.append(build.notice)
                return build
        raise self._pip_failure("PyTorch")

    def _install(self, requirements: Path, newer: bool) -> None:
        if self._pip("--requirement", requirements, raw=newer) != 0:
            raise self._pip_failure(f"the libraries of '{requirements.name}'")

    def _check(self, driver: Driver | None) -> dict[str, Any]:
        python = folders.python_of(self.target)
        lines: list[str] = []
        code = self._run(
            check_command(python, required_names(self.order.requirements)), None, lines
        )
        report = report_in(lines)
        if report is None or report["failures"]:
            found = " ".join(report["failures"]) if report else " ".join(lines[-1:])
            raise InstallationFailure(
                f"The engine was installed but does not run (status {code}): {found}",
                self.log_path,
            )
        del report["failures"]
        if driver is not None and report.get("device") == "cpu":
            self.notices.append(f"The graphics card ({driver}) is not used.")
        return report

    def _add_extra(self) -> None:
        stamp = read_stamp(self.target)
        if self.order.extra is None or stamp is None or _has_extra(self.target, self.order):
            return
        self._stage(0.9, 1.0, f"Installing '{self.order.extra.name}'")
        constraint = ("--constraint", self.order.requirements)
        try:
            if self._pip("--requirement", self.order.extra, *constraint) != 0:
                raise self._pip_failure(f"the libraries of '{self.order.extra}'")
        except Stopped:
            raise InstallationStopped("The installation was stopped.") from None
        extras = [*stamp.get("extras", ()), fingerprint(self.order.extra)]
        write_stamp(self.target, {**stamp, "extras": extras})

    # Running programs

    def _pip(self, *arguments: str | Path, raw: bool = False) -> int:
        python = folders.python_of(self.target)
        bar = "raw" if raw else "off"
        options = ["--no-input", "--disable-pip-version-check", "--progress-bar", bar]
        return self._run([python, "-I", "-m", "pip", "install", *options, *arguments])

    def _run(
        self,
        command: list[str | Path],
        variables: dict[str, str] | None = None,
        lines: list[str] | None = None,
    ) -> int:
        """Run a program; its lines move the progress of this stage."""
        progress = PipProgress()

        def on_line(line: str) -> None:
            if lines is not None:
                lines.append(line)
            progress.take(line)
            self.message = progress.message or self.message
            self._say(progress.fraction)

        def on_silence(seconds: float) -> None:
            progress.wait()
            self._say(progress.fraction, f" ({seconds:.0f} s)" if seconds > 3 else "")

        return pip_steps.run(
            command,
            log=self.log,
            on_line=on_line,
            on_silence=on_silence,
            is_stopped=self.is_cancelled,
            variables={**_proxy_variables(self.order.proxy), **(variables or {})},
        )

    def _stage(self, start: float, end: float, message: str) -> None:
        if self.is_cancelled():
            raise Stopped
        self.start, self.end, self.message = start, end, message
        self._say(0.0)

    def _say(self, fraction: float, ending: str = "") -> None:
        # A second try at the same stage must not turn the bar back.
        self.furthest = max(self.furthest, self.start + (self.end - self.start) * fraction)
        self.on_progress(self.furthest, self.message + ending)

    def _pip_failure(self, what: str) -> InstallationFailure:
        self.log.flush()
        return InstallationFailure(
            f"{what} could not be installed: {why_pip_failed(self.log_path)}.", self.log_path
        )


def _has_extra(target: Path, order: Order) -> bool:
    if order.extra is None:
        return True
    stamp = read_stamp(target) or {}
    return fingerprint(order.extra) in stamp.get("extras", ())


def _is_torch(line: str) -> bool:
    return re.match(r"torch\b(?!-)", line) is not None


def _proxy_variables(proxy: str | None) -> dict[str, str]:
    if not proxy:
        return {}
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    return dict.fromkeys(names, proxy)
