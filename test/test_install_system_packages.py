"""What a fresh machine is told, with stand-ins for its package tools; nothing is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "tools" / "install_system_packages.sh"


@pytest.fixture
def machine(tmp_path):
    """Runs the script on a machine that has only the programs named, as shell scripts."""

    def run(programs: dict[str, str]) -> subprocess.CompletedProcess:
        for name, body in programs.items():
            program = tmp_path / name
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        for name in ("env", "sh"):
            (tmp_path / name).symlink_to(f"/usr/bin/{name}")
        return subprocess.run(
            ["/bin/bash", str(SCRIPT)],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


NOTHING = {"dpkg-query": "exit 1"}
ALL = {"dpkg-query": "printf installed"}
ALL_BUT_QGIS = {"dpkg-query": 'test "$3" = qgis || printf installed'}
USER = {"id": "echo 1000"}
ROOT = {"id": "echo 0"}
APT = {"apt-get": 'echo "apt-get $*"'}


def test_nothing_happens_when_all_is_there(machine):
    done = machine({**ALL, **USER})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_user_without_sudo_is_told_the_command(machine):
    done = machine({**ALL_BUT_QGIS, **USER})
    assert done.returncode == 1
    assert "Run as root: apt-get install --no-install-recommends qgis\n" in done.stderr


def test_user_goes_through_sudo(machine):
    done = machine({**NOTHING, **USER, **APT, "sudo": 'echo "sudo $1"; exec "$@"'})
    assert "sudo apt-get" in done.stdout


def test_only_what_is_missing_is_installed(machine):
    done = machine({**ALL_BUT_QGIS, **ROOT, **APT})
    assert done.returncode == 0
    update, install = (line for line in done.stdout.splitlines() if line.startswith("apt-get"))
    assert "update" in update
    assert install.endswith(" qgis")
    assert "--no-install-recommends" in install


def test_failing_installation_stops_the_build(machine):
    assert machine({**NOTHING, **ROOT, "apt-get": "exit 100"}).returncode == 100


def test_other_systems_are_told_what_is_needed(machine):
    done = machine(USER)
    assert done.returncode == 1
    assert "QGIS >= 3.22" in done.stderr


def test_other_systems_with_qgis_go_on(machine):
    assert machine({**USER, "qgis_process": "exit 0"}).returncode == 0
