"""Downloads through QGIS's network classes, from a stand-in server."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import partial

import pytest

if importlib.util.find_spec("qgis") is None:
    pytest.skip("QGIS is not installed for this Python", allow_module_level=True)

from qgis.testing import start_app

from hsi_film_plugin import network
from hsi_film_plugin.bridge.download import DownloadFailure, Published, download

CONTENT = bytes(range(256)) * 160_000  # too much to arrive between two looks


class Stop(Exception):
    pass


@pytest.fixture(scope="module", autouse=True)
def app():
    return start_app()


@pytest.fixture
def get():
    return partial(network.get, schemes=("http",))


@pytest.fixture
def published(server):
    server.files["weights.pt"] = CONTENT
    server.tags["weights.pt"] = '"one"'
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return Published(server.address("weights.pt"), len(CONTENT), sha256)


def ignore(done, size):
    pass


def test_stopped_download_goes_on_where_it_stopped(server, published, get, tmp_path):
    def stop(done, size):
        if done > 1_000_000:
            raise Stop

    with pytest.raises(Stop):
        download(published, tmp_path / "weights.pt", get, stop)
    kept = (tmp_path / "weights.pt.partial").stat().st_size
    assert 1_000_000 < kept < len(CONTENT)
    download(published, tmp_path / "weights.pt", get, ignore)
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT
    assert server.asked_ranges == [None, f"bytes={kept}-"]


def test_answer_that_breaks_off_is_no_file(server, published, get, tmp_path):
    server.break_after = 2_000_000
    with pytest.raises(DownloadFailure):
        download(published, tmp_path / "weights.pt", get, ignore)
    assert not (tmp_path / "weights.pt").exists()
    assert 0 < (tmp_path / "weights.pt.partial").stat().st_size <= 2_000_000
    server.break_after = None
    download(published, tmp_path / "weights.pt", get, ignore)
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT


def test_failure_of_the_server_is_said_with_its_status(server, published, get, tmp_path):
    server.files.clear()
    with pytest.raises(DownloadFailure, match="status 404"):
        download(published, tmp_path / "weights.pt", get, ignore)


def test_redirections_are_followed_but_not_to_files(server, published, get, tmp_path):
    server.redirections["moved"] = published.address
    server.redirections["away"] = "file:///etc/hostname"
    moved = Published(server.address("moved"), published.size, published.sha256)
    download(moved, tmp_path / "weights.pt", get, ignore)
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT
    away = Published(server.address("away"), published.size, published.sha256)
    with pytest.raises(DownloadFailure):
        download(away, tmp_path / "other.pt", get, ignore)
    assert not (tmp_path / "other.pt.partial").exists()


def test_unencrypted_addresses_are_refused(server, published, tmp_path):
    with pytest.raises(DownloadFailure, match="no address of https"):
        download(published, tmp_path / "weights.pt", network.get, ignore)
    assert server.requests == []


def test_unreachable_server_is_said(get, tmp_path):
    nowhere = Published("http://127.0.0.1:9/weights.pt", 10, "0" * 64)
    with pytest.raises(DownloadFailure, match="could not be fetched"):
        download(nowhere, tmp_path / "weights.pt", get, ignore)
