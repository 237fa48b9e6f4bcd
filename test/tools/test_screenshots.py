"""The pictures of the dock are complete, small, and show nothing of the machine they come from."""

from __future__ import annotations

import configparser
import json

import numpy as np
import pytest
from PIL import Image

from hsi_film_plugin.bridge import folders
from hsi_film_plugin.bridge.interpreter import managed_status
from tools import screenshots
from tools.qgis_profile import make_profile


def save_picture(path, side=64):
    """A picture of some thousand colours, as a canvas with a scene on it has."""
    rng = np.random.default_rng(0)
    smooth = np.linspace(0, 255, side)[:, None, None] + rng.uniform(-8, 8, (side, side, 3))
    Image.fromarray(np.clip(smooth, 0, 255).astype(np.uint8)).save(path)


def take_all(folder, theme):
    for name in screenshots.wanted_pictures(theme):
        save_picture(folder / f"{name}.png", side=8)


def test_every_page_is_wanted_in_both_themes_at_both_sizes():
    names = {name for theme in screenshots.THEMES for name in screenshots.wanted_pictures(theme)}
    for page in ("scene", "label", "map", "finish", "synthetic", "floating"):
        assert {f"{page}-{t}-{w}" for t in ("light", "dark") for w in (1280, 1920)} <= names


def test_guide_has_its_close_ups_in_light_only():
    assert "guide-wand" in screenshots.wanted_pictures("light")
    assert not any(name.startswith("guide-") for name in screenshots.wanted_pictures("dark"))


def test_shrunk_picture_has_its_size_and_a_palette(tmp_path):
    save_picture(tmp_path / "large.png")
    screenshots.shrink(tmp_path / "large.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small, Image.open(tmp_path / "large.png") as large:
        assert small.mode == "P"
        assert small.size == large.size
        error = np.abs(np.asarray(small.convert("RGB"), float) - np.asarray(large, float))
    assert error.mean() < 8
    assert (tmp_path / "small.png").stat().st_size < (tmp_path / "large.png").stat().st_size / 2


def test_few_red_roofs_stay_red_among_many_greens(tmp_path):
    rng = np.random.default_rng(0)
    meadow = rng.uniform((0, 60, 0), (90, 255, 90), (128, 128, 3)).astype(np.uint8)
    meadow[60:63, 60:63] = (200, 65, 47)
    Image.fromarray(meadow).save(tmp_path / "large.png")
    screenshots.shrink(tmp_path / "large.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        roof = np.asarray(small.convert("RGB"), int)[61, 61]
    assert np.abs(roof - (200, 65, 47)).max() < 40


def test_missing_picture_is_named_and_nothing_is_replaced(tmp_path):
    source, target = tmp_path / "work", tmp_path / "images"
    source.mkdir()
    take_all(source, "dark")
    (source / "map-dark-1280.png").unlink()
    names = screenshots.wanted_pictures("dark")
    with pytest.raises(screenshots.ScreenshotError, match="not taken: map-dark-1280"):
        screenshots.keep(names, source, target)
    assert not target.exists()


def test_pictures_that_are_too_large_together_are_refused(tmp_path, monkeypatch):
    take_all(tmp_path, "dark")
    monkeypatch.setattr(screenshots, "MOST_BYTES", 1000)
    with pytest.raises(screenshots.ScreenshotError, match="more than"):
        screenshots.keep(screenshots.wanted_pictures("dark"), tmp_path, tmp_path / "images")


def test_reports_are_kept_where_a_browser_took_them(tmp_path):
    take_all(tmp_path, "light")
    save_picture(tmp_path / "guide-report.png")
    target = tmp_path / "images"
    screenshots.keep(screenshots.wanted_pictures("light"), tmp_path, target)
    assert (target / "guide-report.png").is_file()
    assert not (target / "guide-assessment.png").exists()


def test_dark_session_starts_in_the_dark_theme_of_qgis(tmp_path):
    make_profile(tmp_path)
    screenshots.set_theme(tmp_path, "dark")
    for path in (tmp_path / "profiles" / "default" / "QGIS").glob("QGIS*.ini"):
        settings = configparser.ConfigParser()
        settings.read(path)
        assert settings["UI"]["UITheme"] == "Night Mapping"
        assert settings["PythonPlugins"]["hsi_film_plugin"] == "true"


def test_light_session_leaves_the_theme_alone(tmp_path):
    make_profile(tmp_path)
    screenshots.set_theme(tmp_path, "light")
    for path in (tmp_path / "profiles" / "default" / "QGIS").glob("QGIS*.ini"):
        assert "UITheme" not in path.read_text()


def test_session_sees_nothing_of_the_users_own_settings(tmp_path):
    own = {
        "PATH": "/opt/bin",
        "XDG_DATA_HOME": "/mine",
        "HSIFILM_ENGINE_PYTHON": "/mine",
        "LANG": "C",
    }
    seen = screenshots.environment(own, tmp_path, tmp_path / "session.json")
    assert "/mine" not in seen.values()
    assert seen["HOME"] == str(tmp_path)
    assert seen["LANG"] == "C"
    assert seen["PATH"].split(":")[0] == "/usr/bin"


def test_engine_is_found_where_the_plugin_would_have_installed_it(tmp_path, monkeypatch):
    engine, home = tmp_path / "engine", tmp_path / "home"
    python = folders.python_of(engine)
    python.parent.mkdir(parents=True)
    python.touch()
    screenshots.link_engine(engine, home)
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    assert managed_status(folders.managed_environment()).ready


def test_session_that_broke_off_is_told_with_its_traceback(tmp_path):
    outcome = tmp_path / "outcome.json"
    outcome.write_text(json.dumps({"done": False, "error": "TooLongError: the live map"}))
    with pytest.raises(screenshots.ScreenshotError, match="the live map"):
        screenshots.read_outcome(outcome, tmp_path / "qgis.log")


def test_qgis_that_ended_early_points_to_its_log(tmp_path):
    with pytest.raises(screenshots.ScreenshotError, match=r"qgis\.log"):
        screenshots.read_outcome(tmp_path / "outcome.json", tmp_path / "qgis.log")


def test_session_that_was_played_gives_its_figures(tmp_path):
    outcome = tmp_path / "outcome.json"
    outcome.write_text(json.dumps({"done": True, "final_s": 31.5}))
    assert screenshots.read_outcome(outcome, tmp_path / "qgis.log") == {"final_s": 31.5}


def test_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(screenshots.shutil, "which", lambda name: None)
    with pytest.raises(screenshots.ScreenshotError, match="xvfb-run is not installed"):
        screenshots.take("light", tmp_path / "light", tmp_path)
