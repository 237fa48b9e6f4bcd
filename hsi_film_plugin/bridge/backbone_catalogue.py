"""The catalogue of backbones: what there is, under which licence, and where it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from .download import Published, check_address

CATALOGUE: Final = Path(__file__).with_name("backbone_catalogue.json")
SCHEMA: Final = 1

_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_])?")
#: Names that Windows keeps for devices, whatever follows a point.
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_SHA256: Final = re.compile(r"sha256:[0-9a-f]{64}")


class CatalogueError(Exception):
    """The catalogue does not say what a catalogue says."""


class Kind(Enum):
    """What a backbone is made of."""

    BUNDLED = "bundled"
    CHECKPOINT = "checkpoint"
    FOLDER = "folder"


@dataclass(frozen=True)
class CatalogueFile:
    """One file of a backbone.

    Attributes:
        name: Without a folder.
        size: In bytes, where it is known.
        sha256: In hexadecimal digits, where it is known.
        address: Where it is.
    """

    name: str
    size: int | None
    sha256: str | None
    address: str

    @property
    def published(self) -> Published | None:
        """What the program may download: a file whose size and sum are known."""
        if self.size is None or self.sha256 is None:
            return None
        return Published(self.address, self.size, self.sha256)


@dataclass(frozen=True)
class Entry:
    """One backbone of the catalogue.

    Attributes:
        id: What ``BACKBONE`` takes for it.
        kind: A checkpoint is converted; a folder is taken as it is.
        name: For people.
        what: One or two sentences.
        licence: Its short name.
        licence_address: Its text.
        page: Who publishes it.
        remark: What else to know before getting it.
        files: What to download; none where only a folder of the user's will do.
    """

    id: str
    kind: Kind
    name: str
    what: str
    licence: str
    licence_address: str | None
    page: str | None
    remark: str | None
    files: tuple[CatalogueFile, ...]

    @property
    def size(self) -> int | None:
        """Bytes to download, where they are known of all files."""
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if sizes and len(sizes) == len(self.files) else None

    @property
    def downloadable(self) -> bool:
        """Whether the program may download it: only what can be checked."""
        return bool(self.files) and all(file.published for file in self.files)


@lru_cache(maxsize=1)
def catalogue() -> tuple[Entry, ...]:
    """Return the plugin's catalogue, the bundled backbone first."""
    return parse_catalogue(CATALOGUE.read_text("utf-8"))


def find_entry(backbone: str) -> Entry | None:
    """Return the entry of that id, or None."""
    return next((entry for entry in catalogue() if entry.id == backbone), None)


def is_id(text: str) -> bool:
    """Return whether the text could be a backbone's id."""
    return _ID.fullmatch(text) is not None


def parse_catalogue(text: str, schemes: Sequence[str] = ("https",)) -> tuple[Entry, ...]:
    """Return the entries of a catalogue.

    Args:
        text: JSON.
        schemes: Which addresses it may hold.

    Raises:
        CatalogueError: if anything in it is missing, unknown or unsafe.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise CatalogueError(f"The catalogue is not JSON: {error}.") from error
    top = _object(content, {"schema", "backbones"}, "the catalogue")
    if top["schema"] != SCHEMA:
        raise CatalogueError(f"The catalogue's schema is {top['schema']!r}, not {SCHEMA}.")
    entries = tuple(_entry(item, schemes) for item in _list(top["backbones"], "'backbones'"))
    _refuse_twice([entry.id for entry in entries], "the catalogue")
    return entries


def _entry(item: object, schemes: Sequence[str]) -> Entry:
    names = {"id", "kind", "name", "what", "licence", "licence_address", "page", "remark", "files"}
    fields = _object(item, names, "an entry")
    backbone = _text(fields["id"], "'id'")
    where = f"entry '{backbone}'"
    if not is_id(backbone):
        raise CatalogueError(f"'{backbone}' is no id: small letters, digits and hyphens only.")
    kinds = [kind.value for kind in Kind]
    if fields["kind"] not in kinds:
        raise CatalogueError(f"'kind' of {where} is {fields['kind']!r}, none of {kinds}.")
    files = tuple(
        _file(file, where, schemes) for file in _list(fields["files"], f"'files' of {where}")
    )
    _refuse_twice([file.name.casefold() for file in files], where)
    kind = Kind(fields["kind"])
    if kind is Kind.CHECKPOINT and len(files) != 1:
        raise CatalogueError(f"The checkpoint of {where} is {len(files)} files, not one.")
    return Entry(
        id=backbone,
        kind=kind,
        name=_text(fields["name"], f"'name' of {where}"),
        what=_text(fields["what"], f"'what' of {where}"),
        licence=_text(fields["licence"], f"'licence' of {where}"),
        licence_address=_address(fields["licence_address"], where, schemes),
        page=_address(fields["page"], where, schemes),
        remark=None if fields["remark"] is None else _text(fields["remark"], where),
        files=files,
    )


def _file(item: object, where: str, schemes: Sequence[str]) -> CatalogueFile:
    fields = _object(item, {"name", "size", "sha256", "address"}, f"a file of {where}")
    name = _text(fields["name"], f"the name of a file of {where}")
    if not _FILE_NAME.fullmatch(name) or _DEVICES.fullmatch(name):
        raise CatalogueError(f"'{name}' of {where} is no plain file name.")
    size = fields["size"]
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise CatalogueError(f"The size of '{name}' of {where} is {size!r}, no number of bytes.")
    sha256 = fields["sha256"]
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise CatalogueError(
            f"The sha256 of '{name}' of {where} is not 'sha256:' and 64 small hexadecimal digits."
        )
    address = _address(fields["address"], where, schemes)
    if address is None:
        raise CatalogueError(f"'{name}' of {where} has no address.")
    digits = None if sha256 is None else sha256.split(":")[1]
    return CatalogueFile(name, size, digits, address)


def _address(value: object, where: str, schemes: Sequence[str]) -> str | None:
    if value is None:
        return None
    address = _text(value, f"an address of {where}")
    try:
        check_address(address, schemes)
    except (OSError, ValueError) as error:
        raise CatalogueError(f"An address of {where} is refused: {error}.") from error
    return address


def _object(value: object, names: set[str], what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        found = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise CatalogueError(f"What is {what} has {sorted(names)}, not {found}.")
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise CatalogueError(f"{what} is no list.")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise CatalogueError(f"{what} is {value!r}, no line of text.")
    return value


def _refuse_twice(names: Sequence[str], where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CatalogueError(f"{', '.join(twice)} stands twice in {where}.")
