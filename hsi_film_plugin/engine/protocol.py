"""What QGIS and the engine say to each other: JSON-RPC 2.0, one object a line.

Standard library only, since both sides import it. Pixels never cross the pipe:
rasters and models are files, and the messages name their paths.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

#: Rises when a message changes its meaning.
VERSION: Final = 1

#: The jobs of the engine, and which of their parameters are paths that they write.
JOB_OUTPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "train": ("model", "report"),
    "classify": ("output", "confidence", "probabilities"),
    "train_and_classify": ("output", "model", "report", "confidence", "probabilities"),
    "assess": ("report", "table"),
    "extract_features": ("output",),
    "sample_scene": ("output", "training", "reference"),
    "convert_backbone": ("output",),
    "train_synthesizer": ("synthesizer", "report", "prompt_table"),
    "synthesize": ("output", "label_raster", "samples", "library"),
    "evaluate_samples": ("report", "table"),
    "prepare": (),
    "preview": ("output",),
    "suggest": (),
    "pseudo_image": ("output",),
}

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
JOB_FAILED: Final = -32000
JOB_CANCELLED: Final = -32001

#: Longest line that is read, in bytes; longer ones are refused unread.
LONGEST_LINE: Final = 16 * 1024 * 1024


class ProtocolError(Exception):
    """A line that is no proper message.

    Attributes:
        code: The JSON-RPC error code to answer with.
        request: The id of the faulty request, where one could be read.
    """

    def __init__(self, code: int, message: str, request: int | str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.request = request


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the message as one line of UTF-8; not-a-number and infinity become null."""
    text = json.dumps(_plain(message), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def result(request: int | str, value: Mapping[str, Any]) -> bytes:
    """Return the line that answers a request.

    Raises:
        TypeError: if the value holds what JSON cannot.
    """
    return encode({"jsonrpc": "2.0", "id": request, "result": value})


def error(
    request: int | str | None, code: int, message: str, kind: str, traceback: str = ""
) -> bytes:
    """Return the line that answers a request with a failure.

    Args:
        request: Its id, or None where it could not be read.
        code: One of the codes above.
        message: A sentence for the user.
        kind: The type of the failure, for the caller to act on.
        traceback: Of an unexpected failure.
    """
    data = {"kind": kind, "traceback": traceback} if traceback else {"kind": kind}
    content = {"code": code, "message": message, "data": data}
    return encode({"jsonrpc": "2.0", "id": request, "error": content})


def decode(line: bytes) -> dict[str, Any]:
    """Return the JSON object on a line.

    Raises:
        ProtocolError: if the line is no JSON, or not one object of JSON-RPC 2.0.
    """
    try:
        message = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(PARSE_ERROR, f"The line is not JSON: {error}.") from error
    if not isinstance(message, dict):
        raise ProtocolError(
            INVALID_REQUEST, f"A message is one JSON object, not a {type(message).__name__}."
        )
    request = message.get("id")
    if isinstance(request, bool) or not isinstance(request, (int, str, type(None))):
        raise ProtocolError(INVALID_REQUEST, "The 'id' is neither a number nor a text.")
    if message.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, "The message lacks 'jsonrpc': '2.0'.", request)
    return message


def outputs_of(method: str, params: Mapping[str, Any]) -> list[Path]:
    """Return the paths that a job with these parameters writes."""
    paths = [params.get(name) for name in JOB_OUTPUTS.get(method, ())]
    return [Path(path) for path in paths if isinstance(path, str) and path]


def _plain(value: Any) -> Any:
    """Return the value made of what JSON knows; arrays and numpy scalars become lists, numbers."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, (Sequence, set, frozenset)):
        return [_plain(item) for item in value]
    raise TypeError(f"A {type(value).__name__} cannot travel in a message.")
