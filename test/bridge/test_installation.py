"""Building environments of tiny stand-in packages: whole, stopped, refused and broken."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from hsi_film_plugin.bridge import folders, installation
from hsi_film_plugin.bridge.environment import (
    InstallationFailure,
    InstallationStopped,
    Order,
    build_environment,
)
from hsi_film_plugin.bridge.file_lock import only_one
from hsi_film_plugin.bridge.interpreter import managed_status
from hsi_film_plugin.bridge.pip_steps import PipProgress
from hsi_film_plugin.bridge.stamp import fingerprint, read_stamp
from hsi_film_plugin.bridge.standalone_python import Release
from hsi_film_plugin.bridge.torch_builds import Driver, torch_builds

posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts stand in for programs")

#: As much of torch as the check of the device asks for.
TORCH = """
class device: ...
class _No:
    is_available = staticmethod(lambda: False)
    get_cpu_capability = staticmethod(lambda: "STANDIN")
class backends: mps = cpu = _No
class cuda(_No): ...
class cpu: ...
"""


def make_wheel(folder, name, version, code):
    information = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    records = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        records.append(f"{path},sha256={digest.decode()},{len(text.encode())}\n")
    files[f"{information}/RECORD"] = "".join(records) + f"{information}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    make_wheel(folder, "standin", "1.0", "ANSWER = 42\n")
    make_wheel(folder, "extra_tool", "2.0", "")
    make_wheel(folder, "broken", "1.0", "raise ImportError('libbroken.so: no such file')\n")
    make_wheel(folder, "torch", "2.13.0", TORCH)
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch, wheels):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(installation, "nvidia_driver", lambda: None)


def order_of(folder, *lines, **others):
    requirements = folder / "requirements.txt"
    requirements.write_text("# why\n" + "".join(f"{line}\n" for line in lines))
    return Order(
        requirements=requirements, python=Path(sys.executable), logs=folder / "logs", **others
    )


def build(target, order, stop_at=None):
    said = []

    def on_progress(fraction, message):
        said.append((fraction, message))

    def is_cancelled():
        return stop_at is not None and any(message.startswith(stop_at) for _, message in said)

    return build_environment(target, on_progress, is_cancelled, order), said


@pytest.fixture(scope="module")
def built(tmp_path_factory, wheels):
    """A complete environment of the stand-in, with what its building said."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        patch.setattr(installation, "nvidia_driver", lambda: None)
        order = order_of(folder, "standin==1.0  # because", "torch==2.13.0")
        patch.setattr(installation, "SMALL_GB", 0.0)
        status, said = build(folder / "engine", order)
    return folder / "engine", order, status, said


@posix
def test_environment_is_built_checked_and_stamped(built):
    target, _, status, said = built
    assert status.ready
    assert status.python == folders.python_of(target)
    stamp = read_stamp(target)
    assert stamp["versions"] == {"standin": "1.0", "torch": "2.13.0"}
    assert stamp["device"] == "cpu"
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(set(fractions)) > 8


@posix
def test_fallback_to_the_common_torch_is_told(built):
    _, _, status, _ = built
    assert "build for the CPU could not be reached" in status.message
    assert "CPU" in status.message


@posix
def test_environment_sees_no_packages_of_the_system(built):
    target, *_ = built
    assert "include-system-site-packages = false" in (target / "pyvenv.cfg").read_text()


@posix
def test_second_build_returns_at_once(built):
    target, order, *_ = built
    before = (target / "hsi_film_engine.json").stat().st_mtime_ns
    status, said = build(target, order)
    assert status.ready
    assert said == [(1.0, "The engine is installed already")]
    assert (target / "hsi_film_engine.json").stat().st_mtime_ns == before


@posix
def test_extra_requirements_are_added_once_to_a_finished_environment(built, tmp_path):
    target, order, *_ = built
    extra = tmp_path / "development.txt"
    extra.write_text("extra_tool\n")
    order = Order(requirements=order.requirements, extra=extra, logs=order.logs)
    build(target, order)
    assert list(target.glob("lib/python*/site-packages/extra_tool.py"))
    assert build(target, order)[1] == [(1.0, "The engine is installed already")]


@posix
def test_environment_without_stamp_is_not_used_and_built_anew(built, tmp_path):
    target = tmp_path / "engine"
    target.mkdir()
    (target / "pyvenv.cfg").write_text("home = /nowhere\n")
    (target / "leftover").write_text("half")
    order = order_of(tmp_path, "standin==1.0")
    assert not managed_status(target, order.requirements).ready
    status, _ = build(target, order)
    assert status.ready
    assert not (target / "leftover").exists()


@posix
def test_outdated_and_broken_environments_are_told_apart(built, tmp_path):
    target, order, *_ = built
    other = tmp_path / "other.txt"
    other.write_text("standin==2.0\n")
    assert "other library versions" in managed_status(target, other).message
    lost = tmp_path / "engine"
    lost.mkdir()
    shutil.copy(target / "hsi_film_engine.json", lost)
    status = managed_status(lost, order.requirements)
    assert not status.ready
    assert "lost its Python interpreter" in status.message


def test_change_of_a_constraint_makes_an_environment_outdated(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("--constraint constraints.txt\nstandin==1.0\n")
    prints = []
    for line in ("other==1\n", "other==1  # why\n", "other==2\n"):
        (tmp_path / "constraints.txt").write_text(line)
        prints.append(fingerprint(requirements))
    assert prints[0] == prints[1] != prints[2]


def test_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.odt").write_text("years of work")
    with pytest.raises(InstallationFailure, match="holds other things"):
        build(tmp_path, order_of(tmp_path, "standin==1.0"))
    assert (tmp_path / "thesis.odt").read_text() == "years of work"


@posix
@pytest.mark.parametrize("stop_at", ["Making a Python", "Downloading the libraries", "Checking"])
def test_stopped_building_leaves_neither_files_nor_processes(tmp_path, stop_at):
    target = tmp_path / "engine"
    with pytest.raises(InstallationStopped):
        build(target, order_of(tmp_path, "standin==1.0"), stop_at)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "requirements.txt"]
    assert not [
        line for line in map(command_line, Path("/proc").glob("[0-9]*")) if str(target) in line
    ]


@posix
@pytest.mark.parametrize(
    ("requirement", "sentence"),
    [
        ("standin==9.9", "a pinned version is not offered"),
        ("broken==1.0", r"does not run.*libbroken\.so"),
    ],
)
def test_failed_building_says_why_and_leaves_its_log_alone(tmp_path, requirement, sentence):
    with pytest.raises(InstallationFailure, match=sentence) as failure:
        build(tmp_path / "engine", order_of(tmp_path, requirement))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "requirements.txt"]
    assert str(failure.value.log) in str(failure.value)
    assert requirement.split("==")[0] in failure.value.log.read_text()


def test_second_builder_is_sent_away(tmp_path):
    with only_one(tmp_path / "engine.lock"), pytest.raises(InstallationFailure, match="another"):
        build(tmp_path / "engine", order_of(tmp_path, "standin==1.0"))


def test_full_disk_is_told_before_anything_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "SMALL_GB", 1e9)
    with pytest.raises(InstallationFailure, match=r"needs 1e.09 GB of disk space"):
        build(tmp_path / "engine", order_of(tmp_path, "standin==1.0"))


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


@posix
def test_debian_without_venv_is_told_what_to_install(tmp_path):
    answer = {"version": [3, 11, 2], "bits": 64, "ensurepip": False, "venv": True}
    python = script(tmp_path / "python3", f"echo '{json.dumps(answer)}'\n")
    order = order_of(tmp_path, "standin==1.0")
    order = Order(requirements=order.requirements, python=python, logs=order.logs)
    with pytest.raises(InstallationFailure, match=r"sudo apt install python3\.11-venv"):
        build(tmp_path / "engine", order)


@posix
@pytest.mark.parametrize(
    "text",
    [
        "exit 1\n",
        "echo nonsense\n",
        'echo \'{"version": [3, 8, 1], "bits": 64, "ensurepip": true, "venv": true}\'\n',
    ],
)
def test_unfit_interpreter_is_refused(tmp_path, text):
    order = order_of(tmp_path, "standin==1.0")
    python = script(tmp_path / "python3", text)
    order = Order(requirements=order.requirements, python=python, logs=order.logs)
    with pytest.raises(InstallationFailure, match=r"no Python of version 3\.11 to 3\.13"):
        build(tmp_path / "engine", order)


def uv_wheel(folder, text):
    """A stand-in for uv, packed as the real one is."""
    wheel = folder / "uv-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv-0.data/scripts/uv", "#!/bin/sh\n" + text)
        archive.writestr("uv-0.data/scripts/uvx", "not wanted")
    return wheel.as_uri(), hashlib.sha256(wheel.read_bytes()).hexdigest()


@posix
def test_standalone_python_is_brought_by_the_pinned_tool(tmp_path):
    make_venv = f'for last; do :; done\nexec {sys.executable} -I -m venv "$last"\n'
    address, sha256 = uv_wheel(tmp_path, make_venv)
    order = order_of(tmp_path, "standin==1.0")
    order = Order(
        requirements=order.requirements,
        logs=order.logs,
        standalone=True,
        uv=Release("linux-x86_64", sha256, address),
    )
    status, _ = build(tmp_path / "engine", order)
    assert status.ready
    assert not (tmp_path / "engine-tools").exists()


@posix
def test_exchanged_tool_is_refused_and_never_run(tmp_path):
    witness = tmp_path / "ran"
    address, _ = uv_wheel(tmp_path, f"touch {witness}\n")
    order = order_of(tmp_path, "standin==1.0")
    order = Order(
        requirements=order.requirements,
        logs=order.logs,
        standalone=True,
        uv=Release("linux-x86_64", "0" * 64, address),
    )
    with pytest.raises(InstallationFailure, match="sha256"):
        build(tmp_path / "engine", order)
    assert not witness.exists()
    assert not (tmp_path / "engine").exists()
    assert not (tmp_path / "engine-tools").exists()


def test_tool_that_cannot_be_downloaded_is_named(tmp_path):
    order = order_of(tmp_path, "standin==1.0")
    address = (tmp_path / "absent.whl").as_uri()
    order = Order(
        requirements=order.requirements,
        logs=order.logs,
        standalone=True,
        uv=Release("linux-x86_64", "0" * 64, address),
    )
    with pytest.raises(InstallationFailure, match=r"absent\.whl.*proxy"):
        build(tmp_path / "engine", order)


def test_pips_lines_make_a_fraction_that_only_grows():
    progress = PipProgress()
    fractions = []
    for line in [
        "Collecting torch==2.13.0",
        "  Downloading https://host/torch-2.13.0-cp311.whl (800 MB)",
        *(f"Progress {done} of 800000000" for done in range(0, 800_000_001, 200_000_000)),
        "Collecting numpy",
        "Progress 100 of 100",
        "something else",
        "Installing collected packages: numpy, torch",
        "Successfully installed numpy torch",
    ]:
        progress.take(line)
        fractions.append(progress.fraction)
    assert fractions == sorted(fractions)
    assert fractions[5] > 0.39
    assert fractions[-1] == 1.0


@pytest.mark.parametrize(
    ("driver", "platform", "expected"),
    [
        (None, "linux", ["torch==2+cpu", "torch==2+cpu", "torch==2"]),
        (Driver("580.65.06"), "linux", ["torch==2"]),
        (Driver("550.1"), "linux", ["torch==2+cu126", "torch==2"]),
        (None, "win32", ["torch==2"]),
        (Driver("581.1"), "win32", ["torch==2+cu130", "torch==2"]),
        (None, "darwin", ["torch==2"]),
    ],
)
def test_torch_is_chosen_by_the_driver(driver, platform, expected):
    builds = torch_builds("torch==2", driver, platform=platform)
    assert [build.requirement for build in builds] == expected


def test_torch_index_can_be_chosen(monkeypatch):
    monkeypatch.setenv("HSIFILM_TORCH_INDEX", "https://mirror.example/whl/cpu")
    indexes = [build.index for build in torch_builds("torch==2", None, platform="linux")]
    assert indexes == [None, "https://mirror.example/whl/cpu", None]


def command_line(process):
    try:
        return (process / "cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
