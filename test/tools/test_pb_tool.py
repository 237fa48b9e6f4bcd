"""pb_tool accepts the configuration and ships what ``make package`` ships."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import package
from tools.qgis_profile import PLUGIN, ROOT


@pytest.fixture
def checkout(tmp_path) -> Path:
    """What a build needs of the checkout: pb_tool writes its zip where it stands."""
    root = tmp_path / "checkout"
    for path in [*package.tracked_files(), Path("pb_tool.cfg")]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes((ROOT / path).read_bytes())
    return root


def pb_tool(checkout: Path, *arguments: str) -> str:
    program = Path(sys.executable).with_name("pb_tool")
    environment = {**os.environ, "HOME": str(checkout.parent)}
    done = subprocess.run(
        [str(program), *arguments],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_validate_accepts_the_configuration(checkout):
    assert "is valid and contains all mandatory items" in pb_tool(checkout, "validate")


def test_deploy_and_zip_ship_what_the_package_ships(checkout, tmp_path):
    where = ["--no-docs", "--plugin_path", str(tmp_path / "plugins")]
    pb_tool(checkout, "deploy", "--no-confirm", *where)
    pb_tool(checkout, "zip", "--quick", *where)
    expected = {f"{PLUGIN}/{path.as_posix()}" for path in package.tracked_files()}
    with zipfile.ZipFile(checkout / f"{PLUGIN}.zip") as archive:
        files = {name for name in archive.namelist() if not name.endswith("/")}
    assert files == expected
    assert {
        path.relative_to(tmp_path / "plugins").as_posix()
        for path in (tmp_path / "plugins").rglob("*")
        if path.is_file()
    } == expected
