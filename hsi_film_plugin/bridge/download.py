"""Bringing a published file to the disk: resumed after a break, checked, stoppable.

What fetches the bytes is the caller's: QGIS's network classes within QGIS, urllib elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from urllib.parse import urlsplit

#: What is read from a disk at once, in bytes.
PIECE: Final = 1 << 20

#: Tells the bytes that are there and the bytes wanted; may raise to stop the download.
OnBytes = Callable[[int, int], None]


class DownloadFailure(Exception):
    """A file could not be brought, with a sentence for the user."""


class Receiver(Protocol):
    """Takes an answer as it arrives; whatever it raises ends the transfer."""

    def started(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the status and the headers, their names in lower case."""

    def received(self, piece: bytes) -> None:
        """Take the next bytes."""

    def waiting(self) -> None:
        """Be asked, now and then, while nothing arrives."""


#: Fetches an address with these request headers; raises OSError if it cannot be reached or
#: breaks off, or whatever the receiver raises.
Get = Callable[[str, Mapping[str, str], Receiver], None]
#: Fetches an address into a file, reporting the fraction; raises OSError, or whatever the
#: report raises.
Fetch = Callable[[str, Path, Callable[[float], None]], None]


@dataclass(frozen=True)
class Published:
    """A file somewhere else.

    Attributes:
        address: Where it is.
        size: In bytes.
        sha256: In hexadecimal digits.
    """

    address: str
    size: int
    sha256: str


def check_address(address: str, schemes: Sequence[str] = ("https",)) -> None:
    """Refuse addresses of other schemes, and those with a user name or a password.

    Raises:
        OSError: if the address is refused.
    """
    parts = urlsplit(address)
    if parts.scheme not in schemes:
        raise OSError(f"'{address}' is no address of {' or '.join(schemes)}")
    if parts.username is not None or parts.password is not None:
        raise OSError(f"the address at '{parts.hostname}' holds a user name or a password")
    if not parts.hostname and parts.scheme != "file":
        raise OSError(f"'{address}' names no host")


def fetch_with(get: Get) -> Fetch:
    """Return what fetches a small file whole, without resuming or checking."""

    def fetch(address: str, path: Path, on_progress: Callable[[float], None]) -> None:
        with path.open("wb") as file:
            receiver = _Whole(file, on_progress)
            get(address, {}, receiver)
        if receiver.size and receiver.done != receiver.size:
            raise OSError(f"the download ended after {receiver.done} of {receiver.size} bytes")

    return fetch


def download(published: Published, path: Path, get: Get, on_bytes: OnBytes) -> None:
    """Bring a published file to ``path``, or leave what arrived beside it to be resumed.

    Args:
        published: The file, its size and its sum.
        path: Where it is put once its sum has been checked; its folder exists.
        get: Fetches addresses.
        on_bytes: Called often with the bytes that are there; may raise to stop, and the
            next download goes on from there.

    Raises:
        DownloadFailure: if it cannot be fetched or written, or is not what was published;
            of the latter nothing is kept.
    """
    partial = _Partial(published, path, on_bytes)
    try:
        if not partial.complete:
            _get_rest(partial, get)
        on_bytes(published.size, published.size)
        found = sha256_of(partial.part, lambda _: on_bytes(published.size, published.size))
    except OSError as error:
        raise partial.unwritable(error) from error
    if found != published.sha256:
        partial.forget()
        raise DownloadFailure(
            f"The file from '{published.address}' is damaged or was exchanged: its sha256 is "
            f"{found}, and {published.sha256} was expected. Nothing of it was kept. Try again "
            "later; if it stays so, the file there has changed."
        )
    try:
        os.replace(partial.part, path)
    except OSError as error:
        raise partial.unwritable(error) from error
    partial.forget()


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda done: None) -> str:
    """Return the sha256 of a file, in hexadecimal digits.

    Args:
        path: The file.
        on_bytes: Called often with the number of bytes read; may raise to stop.

    Raises:
        OSError: if it cannot be read.
    """
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            done += len(piece)
            on_bytes(done)
    return digest.hexdigest()


def partial_size(path: Path) -> int:
    """Return how many bytes of a broken-off download to ``path`` are there."""
    try:
        return _part(path).stat().st_size
    except OSError:
        return 0


class _Whole:
    """Writes an answer to a file."""

    def __init__(self, file: BinaryIO, on_progress: Callable[[float], None]) -> None:
        self.size = 0
        self.done = 0
        self._file = file
        self._on_progress = on_progress

    def started(self, status: int, headers: Mapping[str, str]) -> None:
        if status != 200:
            raise OSError(f"the server answered with status {status}")
        self.size = _number(headers.get("content-length"))

    def received(self, piece: bytes) -> None:
        self._file.write(piece)
        self.done += len(piece)
        self._report()

    def waiting(self) -> None:
        self._report()

    def _report(self) -> None:
        self._on_progress(self.done / self.size if self.size else 0.0)


class _Anew(Exception):
    """The server does not go on with the partial file that is there."""


class _Partial:
    """What has arrived of a published file, and the note of which version of it that is."""

    def __init__(self, published: Published, path: Path, on_bytes: OnBytes) -> None:
        self.part = _part(path)
        self._note = path.with_name(path.name + ".partial.json")
        self.published = published
        self._on_bytes = on_bytes
        self._file: BinaryIO | None = None
        self.done = partial_size(path)
        if self.done > published.size:
            self.forget()

    @property
    def complete(self) -> bool:
        return self.done == self.published.size

    def headers(self) -> dict[str, str]:
        """Return the request headers that ask for the rest of the same version."""
        # a compressed answer could not be resumed, and its length not be compared
        headers = {"Accept-Encoding": "identity"}
        version = self._version()
        if self.done and version:
            headers.update({"Range": f"bytes={self.done}-", "If-Range": version})
        elif self.done:
            self.forget()
        return headers

    def started(self, status: int, headers: Mapping[str, str]) -> None:
        going_on = self.done > 0
        if going_on and (status == 416 or (status == 206 and not self._goes_on(headers))):
            raise _Anew
        if status not in ((200, 206) if going_on else (200,)):
            raise DownloadFailure(
                f"'{self.published.address}' was not given: the server answered with status "
                f"{status}. Try again later, or bring the file by other means and add it from "
                "the disk."
            )
        if status == 200:
            self.done = 0
            if _number(headers.get("content-length")) not in (0, self.published.size):
                raise self._another()
        try:
            self._remember(_version_in(headers))
            self._file = self.part.open("ab" if self.done else "wb")
        except OSError as error:
            raise self.unwritable(error) from error

    def received(self, piece: bytes) -> None:
        if self._file is None:
            raise OSError("bytes came before the answer")
        if self.done + len(piece) > self.published.size:
            raise self._another()
        try:
            self._file.write(piece)
        except OSError as error:
            raise self.unwritable(error) from error
        self.done += len(piece)
        self._on_bytes(self.done, self.published.size)

    def waiting(self) -> None:
        self._on_bytes(self.done, self.published.size)

    def close(self) -> None:
        """Close the file; what arrived stays.

        Raises:
            DownloadFailure: if the last bytes cannot be written.
        """
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                raise self.unwritable(error) from error

    def forget(self) -> None:
        """Remove what arrived."""
        self.done = 0
        for path in (self.part, self._note):
            with contextlib.suppress(OSError):
                path.unlink()

    def unwritable(self, error: OSError) -> DownloadFailure:
        return DownloadFailure(
            f"'{self.part}' cannot be written: {error.strerror or error}. Make space or allow "
            "writing there, and try again: what has arrived is kept."
        )

    def _another(self) -> DownloadFailure:
        self.close()
        self.forget()
        return DownloadFailure(
            f"'{self.published.address}' is another file than was published: it has not "
            f"{self.published.size} bytes. Nothing of it was kept."
        )

    def _goes_on(self, headers: Mapping[str, str]) -> bool:
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("content-range", ""))
        same = _version_in(headers) in ("", self._version())
        return (
            span is not None
            and int(span.group(1)) == self.done
            and span.group(2) in ("*", str(self.published.size))
            and same
        )

    def _version(self) -> str:
        """Return the noted version of what is there, or nothing if that is another file's."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
        except (OSError, ValueError):
            return ""
        if not isinstance(note, dict) or note.get("sha256") != self.published.sha256:
            return ""
        return str(note.get("version", ""))

    def _remember(self, version: str) -> None:
        if version:
            note = {"sha256": self.published.sha256, "version": version}
            self._note.write_text(json.dumps(note), "utf-8")
        elif not self.done:
            self._note.unlink(missing_ok=True)


def _get_rest(partial: _Partial, get: Get) -> None:
    """Fetch what is missing, from the beginning if the server does not go on.

    Raises:
        DownloadFailure: if it cannot be fetched or written.
    """
    published = partial.published
    try:
        try:
            get(published.address, partial.headers(), partial)
        except _Anew:
            partial.close()
            partial.forget()
            get(published.address, partial.headers(), partial)
    except OSError as error:
        raise DownloadFailure(
            f"'{published.address}' could not be fetched ({error}); {partial.done} of "
            f"{published.size} bytes are there. Check the network and the proxy settings; the "
            "next try goes on from there where the server allows it."
        ) from error
    finally:
        partial.close()
    if not partial.complete:
        raise DownloadFailure(
            f"'{published.address}' broke off after {partial.done} of {published.size} bytes. "
            "The next try goes on from there where the server allows it."
        )


def _version_in(headers: Mapping[str, str]) -> str:
    """Return what names the version of the file to If-Range: a strong ETag, or its date."""
    tag = headers.get("etag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return "" if tag else headers.get("last-modified", "")


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".partial")
