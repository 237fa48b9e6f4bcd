"""Which interpreter runs the engine, what it inherits, and what is told about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hsi_film_plugin.bridge import client, environment, folders
from hsi_film_plugin.bridge.child_processes import scrubbed_environment
from hsi_film_plugin.bridge.client import EngineFailure, close_shared_client, shared_client
from hsi_film_plugin.bridge.environment import diagnostics, engine_status, find_engine_python

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without an engine."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.delenv("HSIFILM_ENGINE_PYTHON", raising=False)
    return tmp_path


def test_nothing_installed_is_told_with_the_way_to_install():
    status = engine_status()
    assert not status.ready
    assert find_engine_python() is None
    assert "not installed" in status.message
    assert "menu" in status.message


def test_variable_wins_over_setting_and_setting_over_the_managed_environment(home, monkeypatch):
    first, second = home / "first", home / "second"
    for path in (first, second):
        path.write_text("")
        path.chmod(0o755)
    assert find_engine_python(str(second)) == second
    monkeypatch.setenv("HSIFILM_ENGINE_PYTHON", str(first))
    assert find_engine_python(str(second)) == first


def test_setting_may_be_the_folder_of_an_environment(home):
    python = folders.python_of(home / "environment")
    python.parent.mkdir(parents=True)
    python.write_text("")
    python.chmod(0o755)
    assert find_engine_python(str(home / "environment")) == python


def test_absent_interpreter_is_told_with_who_named_it(monkeypatch):
    monkeypatch.setenv("HSIFILM_ENGINE_PYTHON", "/nowhere/python")
    status = engine_status()
    assert not status.ready
    assert "'/nowhere/python'" in status.message
    assert "HSIFILM_ENGINE_PYTHON" in status.message


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may execute anything")
def test_interpreter_without_permission_is_told(home):
    python = home / "python"
    python.write_text("")
    assert "cannot be executed" in engine_status(str(python)).message


def test_half_built_environment_is_incomplete():
    folder = folders.managed_environment()
    python = folders.python_of(folder)
    python.parent.mkdir(parents=True)
    python.write_text("")
    status = engine_status()
    assert not status.ready
    assert "incomplete" in status.message


def test_managed_environment_is_kept_by_version(home):
    assert str(home) in str(folders.managed_environment())
    assert folders.plugin_version() in folders.managed_environment().name


def test_surroundings_of_qgis_do_not_reach_the_engine():
    clean = scrubbed_environment(
        {
            "PATH": os.pathsep.join(["/mnt/AppDir/usr/bin", "/usr/bin"]),
            "LD_LIBRARY_PATH": "/mnt/AppDir/usr/lib",
            "APPDIR": "/mnt/AppDir",
            "PYTHONHOME": "x",
            "PYTHONPATH": "x",
            "PROJ_LIB": "x",
            "PROJ_DATA": "x",
            "GDAL_DATA": "x",
            "QT_PLUGIN_PATH": "x",
            "LD_PRELOAD": "x",
            "HTTPS_PROXY": "http://proxy:3128",
            "CUDA_VISIBLE_DEVICES": "1",
            "PROJECT": "kept",
        }
    )
    assert clean == {
        "PATH": "/usr/bin",
        "APPDIR": "/mnt/AppDir",
        "HTTPS_PROXY": "http://proxy:3128",
        "CUDA_VISIBLE_DEVICES": "1",
        "PROJECT": "kept",
        "MPLBACKEND": "Agg",
    }


def test_library_path_of_a_cluster_is_kept():
    path = os.pathsep.join(["/usr/local/nvidia/lib64", "/opt/cuda/lib"])
    assert scrubbed_environment({"LD_LIBRARY_PATH": path})["LD_LIBRARY_PATH"] == path


def test_diagnostics_fit_a_public_issue(home, monkeypatch):
    monkeypatch.setenv("HSIFILM_ENGINE_PYTHON", str(home / "secret" / "python"))
    log = folders.new_log("install")
    account = "me:pass"
    log.write_text(f"Looking in http://{account}@proxy:3128\nERROR: it failed\n")
    page = diagnostics()
    assert str(home) not in page
    assert "~/secret/python" in page
    assert "ERROR: it failed" in page
    assert account not in page
    assert "Python of QGIS" in page


def test_old_logs_are_removed():
    for _ in range(25):
        folders.new_log("engine").write_text("x")
    assert len(list(folders.log_folder().iterdir())) == folders.LOGS_KEPT


def test_no_engine_is_a_failure_that_says_what_to_do():
    with pytest.raises(EngineFailure, match="Install it from the menu") as failure:
        shared_client()
    assert failure.value.kind == "missing"


def test_session_has_one_client_until_the_environment_changes(home, monkeypatch):
    python = home / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    try:
        first = shared_client(str(python))
        assert shared_client(str(python)) is first
        (home / "environment" / "hsi_film_engine.json").write_text("{}")
        second = shared_client(str(python))
        assert second is not first
        with pytest.raises(client.EngineCancelled):  # the former one has been closed
            first.run("classify", {}, lambda *_: None, lambda: False)
    finally:
        close_shared_client()


def test_engine_starts_although_the_outer_folder_has_the_inner_packages_name(home):
    """As inside QGIS: plugins/hsi_film_plugin/hsi_film_plugin, started from anywhere."""
    plugins = home / "plugins"
    plugins.mkdir()
    (plugins / "hsi_film_plugin").symlink_to(ROOT, target_is_directory=True)
    code = (
        "import sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(plugins)!r})\n"
        "from hsi_film_plugin.hsi_film_plugin.bridge.client import EngineClient\n"
        "client = EngineClient(Path(sys.executable))\n"
        "print(client.hello()['protocol'])\n"
        "client.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.strip() == "1", done.stderr


def test_command_line_describes_the_installation(capsys):
    assert environment.main(["diagnose"]) == 0
    assert "HSI FiLM" in capsys.readouterr().out


def test_command_line_tells_a_failure_without_a_traceback(home, capsys):
    (home / "full").mkdir()
    (home / "full" / "file").write_text("")
    assert environment.main(["build", "--to", str(home / "full")]) == 1
    assert "holds other things" in capsys.readouterr().err
