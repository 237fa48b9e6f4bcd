"""Where things are kept for each user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hsi_film_plugin.bridge import folders

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the rule of Linux")


@linux
def test_cache_lies_where_the_user_wants_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert folders.cache_folder() == tmp_path / "caches" / "hsi_film_plugin"


@linux
def test_cache_lies_in_the_home_folder_without_a_wish(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folders.cache_folder() == tmp_path / ".cache" / "hsi_film_plugin"


def test_cache_of_macos_lies_in_its_library(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(folders.os, "name", "posix")
    monkeypatch.setattr(folders.sys, "platform", "darwin")
    assert folders.cache_folder() == Path(tmp_path, "Library", "Caches", "hsi_film_plugin")


def test_cache_is_no_data_that_the_plugin_needs():
    assert folders.cache_folder() != folders.data_folder()
    assert folders.cache_folder() not in folders.managed_environment().parents


def test_asking_for_the_cache_makes_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "caches"))
    monkeypatch.setenv("HOME", str(tmp_path))
    folders.cache_folder()
    assert list(tmp_path.iterdir()) == []
