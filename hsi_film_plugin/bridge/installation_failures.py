"""Why an installation ended without an engine, in words that help."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from . import folders

_PIP_REASONS: Final = (
    (r"No space left on device", "the disk is full; make space and try again"),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "the server's certificate is not trusted; behind an inspecting proxy, set PIP_CERT to "
        "your organisation's certificate",
    ),
    (r"Proxy Authentication Required|\b407\b", "the proxy wants a user name and a password"),
    (
        r"Name or service not known|getaddrinfo failed|Failed to establish a new connection|"
        r"Temporary failure in name resolution|Read timed out|Network is unreachable",
        "the package index could not be reached; check the network and the proxy settings",
    ),
    (
        r"No matching distribution found|Could not find a version",
        "a pinned version is not offered for this computer and Python",
    ),
    (r"[Pp]ermission denied", "the folder cannot be written"),
)


class InstallationFailure(Exception):
    """The environment could not be built; nothing of it is left.

    Attributes:
        log: What was tried, and what it answered.
    """

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(f"{message} The log is '{log}'." if log else message)
        self.log = log


class InstallationStopped(Exception):
    """The user stopped the installation; nothing of it is left."""


def why_pip_failed(log: Path) -> str:
    """Return the reason that pip's output gives, as the end of a sentence."""
    text = folders.tail(log, 20_000)
    for pattern, words in _PIP_REASONS:
        if re.search(pattern, text):
            return words
    return "pip ended with an error"
