"""Fetching addresses with Python's own library, where QGIS's network classes are not at hand."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import Message
from typing import IO, Any, Final

from .download import Receiver, check_address

#: How long a connection may be silent, in seconds.
SILENCE_S: Final = 30
_CHUNK: Final = 1 << 16
_REDIRECTIONS: Final = 5


def get(
    address: str,
    headers: Mapping[str, str],
    receiver: Receiver,
    schemes: Sequence[str] = ("https", "file"),
) -> None:
    """Fetch an address, through the proxies of the environment.

    Args:
        address: Without user name and password.
        headers: Of the request.
        receiver: Takes the answer, also one of failure.
        schemes: Which addresses are fetched; a redirection never leads to a file.

    Raises:
        OSError: if the address is refused, or cannot be reached, or the answer breaks off.
    """
    check_address(address, schemes)
    opener = urllib.request.build_opener(_Redirections(schemes))
    request = urllib.request.Request(address, headers=dict(headers))  # noqa: S310 - checked above
    try:
        try:
            answer = opener.open(request, timeout=SILENCE_S)
        except urllib.error.HTTPError as error:
            with error:
                receiver.started(error.code, _lower(error.headers))
            return
        with answer:
            receiver.started(answer.status or 200, _lower(answer.headers))
            while piece := answer.read(_CHUNK):
                receiver.received(piece)
    except http.client.HTTPException as error:
        raise OSError(f"the server's answer broke off: {error!r}") from error


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows a few redirections, and none to a less safe place."""

    max_redirections = _REDIRECTIONS

    def __init__(self, schemes: Sequence[str]) -> None:
        self._schemes = [scheme for scheme in schemes if scheme != "file"]

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        check_address(newurl, self._schemes)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _lower(headers: Message[Any, Any]) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}
