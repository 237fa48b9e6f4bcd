"""The zip is what users get: it holds what the plugin needs, and QGIS loads it."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import package
from tools.qgis_profile import PLUGIN, ROOT, make_profile

ALGORITHMS = {
    "hsifilm:assessaccuracy",
    "hsifilm:classifyraster",
    "hsifilm:createsamplescene",
    "hsifilm:extractfeatures",
    "hsifilm:trainandclassify",
    "hsifilm:trainclassifier",
}


@pytest.fixture(scope="module")
def plugin_zip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "hsi_film_plugin.zip"
    package.write_zip(path)
    return path


@pytest.fixture(scope="module")
def names(plugin_zip) -> list[str]:
    with zipfile.ZipFile(plugin_zip) as archive:
        return archive.namelist()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A small checkout of its own, to break."""
    root = tmp_path / "checkout"
    (root / "hsi_film_plugin").mkdir(parents=True)
    (root / "pb_tool.cfg").write_text(
        "[plugin]\nname: hsi_film_plugin\n[files]\npython_files: __init__.py\n"
        "extras: LICENSE\nextra_dirs: hsi_film_plugin\n"
    )
    for name in ("__init__.py", "LICENSE", "hsi_film_plugin/plugin.py"):
        (root / name).write_text(f"# {name}\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    return root


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True)


def qgis_process(profile: Path, *arguments: str) -> str:
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    assert program, "qgis_process is not installed: make install"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
    }
    done = subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_zip_has_one_folder(names):
    assert {name.split("/")[0] for name in names} == {PLUGIN}


@pytest.mark.parametrize(
    "name",
    ["__init__.py", "metadata.txt", "LICENSE", "README.md", "CHANGELOG.md"],
)
def test_zip_holds_what_the_hub_asks_for(names, name):
    assert f"{PLUGIN}/{name}" in names


def test_zip_holds_every_file_that_git_tracks_of_the_plugin(names):
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "hsi_film_plugin", "resources"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    assert {f"{PLUGIN}/{name}" for name in tracked if name} <= set(names)


def test_zip_holds_nothing_of_the_workshop(names):
    rooms = {name.split("/")[1] for name in names}
    assert rooms.isdisjoint({"test", "bench", "tools", "docs", "build", ".ci", ".git", "Makefile"})
    assert [name for name in names if "__pycache__" in name] == []


def test_zip_is_small_enough_for_the_hub(plugin_zip):
    assert plugin_zip.stat().st_size <= 25_000_000


def test_the_license_is_the_whole_of_gpl_2(plugin_zip):
    with zipfile.ZipFile(plugin_zip) as archive:
        text = archive.read(f"{PLUGIN}/LICENSE").decode()
    assert text.lstrip().startswith("GNU GENERAL PUBLIC LICENSE")
    assert "END OF TERMS AND CONDITIONS" in text


def test_same_sources_give_the_same_bytes(plugin_zip, tmp_path):
    again = tmp_path / "again.zip"
    package.write_zip(again)
    assert again.read_bytes() == plugin_zip.read_bytes()


def test_version_is_the_same_everywhere():
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    version = metadata["general"]["version"]
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_qgis_loads_the_unpacked_zip(plugin_zip, tmp_path):
    plugins = make_profile(tmp_path / "profile", plugin=None)
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(plugins)
    loaded = qgis_process(tmp_path / "profile", "plugins")
    assert f"* {PLUGIN}" in loaded
    listed = qgis_process(tmp_path / "profile", "list")
    assert {word for word in listed.split() if word.startswith("hsifilm:")} >= ALGORITHMS


def test_qgis_loads_the_linked_checkout(tmp_path):
    make_profile(tmp_path / "profile")
    assert f"* {PLUGIN}" in qgis_process(tmp_path / "profile", "plugins")


def test_making_a_profile_leaves_the_linked_plugin_and_other_files_alone(tmp_path):
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "__init__.py").write_text("")
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "mine.txt").write_text("mine")
    make_profile(tmp_path / "profile", plugin)
    plugins = make_profile(tmp_path / "profile", plugin)
    assert (plugins / PLUGIN / "__init__.py").is_file()
    assert (plugin / "__init__.py").is_file()
    assert (tmp_path / "profile" / "mine.txt").read_text() == "mine"


def test_untracked_file_stays_out(checkout, tmp_path):
    (checkout / "hsi_film_plugin" / "private.txt").write_text("mine")
    package.write_zip(tmp_path / "out.zip", checkout)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert sorted(archive.namelist()) == [
            f"{PLUGIN}/LICENSE",
            f"{PLUGIN}/__init__.py",
            f"{PLUGIN}/hsi_film_plugin/plugin.py",
        ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("library.so", b"text"),
        ("weights.pt", b"text"),
        ("data", b"\x7fELF\x02\x01"),
        ("data", b"\xcf\xfa\xed\xfe"),
    ],
)
def test_binary_is_refused_by_name_or_content(checkout, tmp_path, name, content):
    (checkout / "hsi_film_plugin" / name).write_bytes(content)
    git(checkout, "add", ".")
    with pytest.raises(package.PackageError, match=f"hsi_film_plugin/{name} is a binary"):
        package.write_zip(tmp_path / "out.zip", checkout)
    assert list(tmp_path.glob("*.zip*")) + list(tmp_path.glob(".*.partial")) == []


def test_link_is_refused(checkout, tmp_path):
    (checkout / "hsi_film_plugin" / "link.py").symlink_to(checkout / "LICENSE")
    git(checkout, "add", ".")
    with pytest.raises(package.PackageError, match=r"link\.py is a link"):
        package.write_zip(tmp_path / "out.zip", checkout)


def test_file_named_but_not_tracked_is_refused(checkout, tmp_path):
    git(checkout, "rm", "--quiet", "--cached", "LICENSE")
    with pytest.raises(package.PackageError, match="does not track: LICENSE"):
        package.write_zip(tmp_path / "out.zip", checkout)


def test_zip_over_the_limit_is_refused(checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(package, "SIZE_LIMIT", 100)
    with pytest.raises(package.PackageError, match="the plugin hub takes 100"):
        package.write_zip(tmp_path / "out.zip", checkout)
    assert not (tmp_path / "out.zip").exists()


def test_zip_with_a_finding_of_a_checker_is_refused(tmp_path):
    path = tmp_path / "plugin.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{PLUGIN}/module.py", "")
    checker = tmp_path / "bandit.py"
    checker.write_text("import sys\nprint('B999 in', sys.argv[-1])\nsys.exit(1)\n")
    code = (
        "import sys; from pathlib import Path; from tools import package\n"
        "try:\n    package.check_zip(Path(sys.argv[1]))\n"
        "except package.PackageError as error:\n    sys.exit(str(error))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "bandit ends with 1" in done.stderr
    assert "B999" in done.stderr
