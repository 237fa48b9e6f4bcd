"""Downloads from a stand-in server: whole, broken off, resumed, exchanged, refused."""

from __future__ import annotations

import errno
import hashlib

import pytest

from hsi_film_plugin.bridge import urllib_get
from hsi_film_plugin.bridge.download import (
    DownloadFailure,
    Published,
    check_address,
    download,
    fetch_with,
)

CONTENT = bytes(range(256)) * 2000  # 512 000 bytes, several pieces


class Stop(Exception):
    pass


@pytest.fixture
def published(server):
    server.files["weights.pt"] = CONTENT
    server.tags["weights.pt"] = '"one"'
    return Published(
        server.address("weights.pt"), len(CONTENT), hashlib.sha256(CONTENT).hexdigest()
    )


def ignore(done, size):
    pass


def stop_at(limit):
    def on_bytes(done, size):
        if done >= limit:
            raise Stop

    return on_bytes


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_arrives_whole_and_tells_its_progress(server, published, get, tmp_path):
    told = []
    download(published, tmp_path / "weights.pt", get, lambda done, size: told.append((done, size)))
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT
    assert names(tmp_path) == ["weights.pt"]
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert len(set(told)) > 3


def test_interrupted_download_goes_on_where_it_broke_off(server, published, get, tmp_path):
    server.break_after = 200_000
    with pytest.raises(DownloadFailure, match="broke off after 200000 of 512000"):
        download(published, tmp_path / "weights.pt", get, ignore)
    assert names(tmp_path) == ["weights.pt.partial", "weights.pt.partial.json"]
    server.break_after = None
    download(published, tmp_path / "weights.pt", get, ignore)
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT
    assert server.asked_ranges == [None, "bytes=200000-"]
    assert names(tmp_path) == ["weights.pt"]


def test_stopped_download_keeps_what_arrived(server, published, get, tmp_path):
    with pytest.raises(Stop):
        download(published, tmp_path / "weights.pt", get, stop_at(100_000))
    kept = (tmp_path / "weights.pt.partial").read_bytes()
    assert 100_000 <= len(kept) < len(CONTENT)
    assert CONTENT.startswith(kept)
    download(published, tmp_path / "weights.pt", get, ignore)
    assert server.asked_ranges == [None, f"bytes={len(kept)}-"]
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT


@pytest.mark.parametrize("change", ["no ranges", "another version", "no tag"])
def test_where_the_server_cannot_go_on_the_download_starts_anew(
    server, published, get, tmp_path, change
):
    if change == "no tag":
        server.tags.clear()
    with pytest.raises(Stop):
        download(published, tmp_path / "weights.pt", get, stop_at(100_000))
    if change == "no ranges":
        server.ranges = False
    elif change == "another version":
        server.tags["weights.pt"] = '"two"'
    told = []
    download(published, tmp_path / "weights.pt", get, lambda done, size: told.append(done))
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT
    assert told[0] < 100_000


def test_rest_of_another_version_is_not_glued_on(published, tmp_path):
    """A server that ignores If-Range and sends the rest of a newer file."""
    (tmp_path / "weights.pt.partial").write_bytes(CONTENT[:1000])
    (tmp_path / "weights.pt.partial.json").write_text(
        f'{{"sha256": "{published.sha256}", "version": "\\"old\\""}}'
    )
    asked = []

    def get(address, headers, receiver):
        asked.append(headers.get("Range"))
        if "Range" in headers:
            spans = {"content-range": f"bytes 1000-511999/{len(CONTENT)}", "etag": '"one"'}
            receiver.started(206, spans)
        else:
            receiver.started(200, {})
            receiver.received(CONTENT)

    download(published, tmp_path / "weights.pt", get, ignore)
    assert asked == ["bytes=1000-", None]
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT


def test_partial_file_of_another_publication_is_not_used(server, published, get, tmp_path):
    (tmp_path / "weights.pt.partial").write_bytes(b"x" * 1000)
    (tmp_path / "weights.pt.partial.json").write_text('{"sha256": "other", "version": "\\"one\\""}')
    download(published, tmp_path / "weights.pt", get, ignore)
    assert server.asked_ranges == [None]
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT


def test_exchanged_file_is_refused_and_nothing_is_kept(server, published, get, tmp_path):
    server.files["weights.pt"] = CONTENT[:-1] + b"?"
    with pytest.raises(
        DownloadFailure, match=r"sha256 is .* was expected\. Nothing of it was kept"
    ):
        download(published, tmp_path / "weights.pt", get, ignore)
    assert names(tmp_path) == []


@pytest.mark.parametrize("lengths", [True, False])
def test_file_of_another_size_is_refused_without_being_fetched_to_its_end(
    server, published, get, tmp_path, lengths
):
    server.files["weights.pt"] = CONTENT * 3
    server.lengths = lengths
    most = 0

    def on_bytes(done, size):
        nonlocal most
        most = max(most, done)

    with pytest.raises(DownloadFailure, match="another file than was published"):
        download(published, tmp_path / "weights.pt", get, on_bytes)
    assert most <= len(CONTENT)
    assert names(tmp_path) == []


def test_missing_file_is_said_with_the_servers_status(server, published, get, tmp_path):
    del server.files["weights.pt"]
    with pytest.raises(DownloadFailure, match="status 404"):
        download(published, tmp_path / "weights.pt", get, ignore)
    assert names(tmp_path) == []


def test_unreachable_server_is_said_with_what_to_check(get, tmp_path):
    nowhere = Published("http://127.0.0.1:9/weights.pt", 10, "0" * 64)
    with pytest.raises(DownloadFailure, match=r"could not be fetched .* proxy settings"):
        download(nowhere, tmp_path / "weights.pt", get, ignore)


def test_full_disk_is_said_and_what_arrived_is_kept(server, published, get, tmp_path, monkeypatch):
    class FullDisk:
        def __init__(self, file):
            self.file = file

        def write(self, piece):
            if self.file.tell() + len(piece) > 300_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(piece)

        def close(self):
            self.file.close()

    from pathlib import Path

    opened = Path.open

    def full(path, mode="r", *others, **named):
        file = opened(path, mode, *others, **named)
        return FullDisk(file) if path.suffix == ".partial" and "b" in mode != "rb" else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(DownloadFailure, match=r"No space left on device\. Make space"):
            download(published, tmp_path / "weights.pt", get, ignore)
    assert (tmp_path / "weights.pt.partial").stat().st_size > 0
    download(published, tmp_path / "weights.pt", get, ignore)
    assert server.asked_ranges[-1].startswith("bytes=")
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/weights.pt",
        "ftp://example.org/weights.pt",
        "file:///etc/passwd",
        "https://me:word@example.org/weights.pt",  # pragma: allowlist secret
        "https:///weights.pt",
        "weights.pt",
    ],
)
def test_only_https_without_credentials_is_fetched(address):
    with pytest.raises(OSError, match=r"no address of https|password|no host"):
        check_address(address)
    check_address("https://example.org/weights.pt")


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_redirection_to_another_kind_of_place_is_refused(server, published, get, tmp_path, target):
    server.redirections["weights.pt"] = target
    with pytest.raises(DownloadFailure, match=r"no address of http|status 302"):
        download(published, tmp_path / "weights.pt", get, ignore)


def test_redirection_from_https_to_http_is_refused():
    redirections = urllib_get._Redirections(("https", "file"))
    with pytest.raises(OSError, match="no address of https"):
        redirections.redirect_request(None, None, 302, "", None, "http://example.org/weights.pt")


def test_redirection_keeps_asking_for_the_rest(server, published, get, tmp_path):
    with pytest.raises(Stop):
        download(published, tmp_path / "weights.pt", get, stop_at(100_000))
    moved = Published(server.address("moved"), published.size, published.sha256)
    server.redirections["moved"] = published.address
    download(moved, tmp_path / "weights.pt", get, ignore)
    assert (tmp_path / "weights.pt").read_bytes() == CONTENT
    assert server.asked_ranges[-1] is not None


def test_endless_redirections_end(server, published, get, tmp_path):
    server.redirections["weights.pt"] = published.address
    with pytest.raises(DownloadFailure):
        download(published, tmp_path / "weights.pt", get, ignore)
    assert len(server.requests) < 15


def test_small_files_are_fetched_whole_or_not_at_all(server, published, get, tmp_path):
    fetch = fetch_with(get)
    fractions = []
    fetch(published.address, tmp_path / "copy", fractions.append)
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert fractions[-1] == 1.0
    server.break_after = 1000
    with pytest.raises(OSError, match="ended after 1000 of 512000"):
        fetch(published.address, tmp_path / "copy", fractions.append)
    with pytest.raises(OSError, match="status 404"):
        fetch(server.address("none"), tmp_path / "copy", fractions.append)
