"""The backbones that the user has installed: where they are, what they are, what was trusted."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from . import folders
from .backbone_catalogue import catalogue, find_entry, is_id
from .file_lock import Busy, only_one

RECORD: Final = "hsi_film_backbone.json"
OWN: Final = "own-"
_SCHEMA: Final = 1


class BackboneFailure(Exception):
    """Something about a backbone went wrong, with a sentence for the user."""


class BackboneStopped(Exception):
    """The user stopped; what has arrived of a download is kept to be resumed."""


@dataclass(frozen=True)
class Origin:
    """What a backbone is, and what it was made of.

    Attributes:
        name: For people.
        licence: Its short name.
        source: Where its files came from.
        sha256: Of each file that it was made of.
        published: Whether these sums are the catalogue's; else they are those that the
            user trusted.
    """

    name: str
    licence: str
    source: str
    sha256: Mapping[str, str]
    published: bool


@dataclass(frozen=True)
class Installed:
    """One backbone that is ready.

    Attributes:
        id: What ``BACKBONE`` takes for it.
        origin: What it is.
        size: In bytes on the disk.
        added: The date.
        folder: What the engine gets.
    """

    id: str
    origin: Origin
    size: int
    added: str
    folder: Path


def store_folder() -> Path:
    """Return the folder of the user's backbones; it need not exist yet."""
    return folders.data_folder() / "backbones"


def installed_backbones(store: Path) -> dict[str, Installed]:
    """Return what is installed, by id."""
    try:
        places = sorted(path for path in store.iterdir() if is_id(path.name))
    except OSError:
        return {}
    found = (_read_record(place) for place in places)
    return {backbone.id: backbone for backbone in found if backbone is not None}


def backbone_folder(text: str, store: Path | None = None) -> Path | None:
    """Return the folder that a value of ``BACKBONE`` means; None for the bundled one.

    Args:
        text: A folder, the id of an installed backbone, or nothing.
        store: The folder of the user's backbones.

    Raises:
        BackboneFailure: if it is neither a folder nor the id of an installed backbone.
    """
    text = text.strip()
    if text in ("", "bundled"):
        return None
    if not is_id(text):
        return Path(text)
    store = store or store_folder()
    installed = installed_backbones(store)
    if text in installed:
        return installed[text].folder
    entry = find_entry(text)
    if entry is not None:
        way = "download it" if entry.downloadable else "add it from a file"
        command = "get" if entry.downloadable else "add PATH --as"
        raise BackboneFailure(
            f"The backbone '{text}' ({entry.name}) is not installed. Open Plugins ▸ HSI FiLM ▸ "
            f"Backbones to {way}, or run 'python -m hsi_film_plugin.bridge.backbone_download "
            f"{command} {text}'."
        )
    if Path(text).is_dir():
        return Path(text)
    known = ", ".join(dict.fromkeys([*(entry.id for entry in catalogue()), *installed]))
    raise BackboneFailure(
        f"The backbone '{text}' is neither a folder nor one that is known: {known}. Choose a "
        "folder or one of these, or leave it empty for the bundled one."
    )


def remove_backbone(backbone: str, store: Path) -> None:
    """Remove an installed backbone and what was downloaded for it.

    What the user trusted is remembered.

    Raises:
        BackboneFailure: if it is not installed, is being installed, or cannot be removed.
    """
    if backbone not in installed_backbones(store):
        raise BackboneFailure(f"The backbone '{backbone}' is not installed.")
    with locked(backbone, store):
        try:
            _put_away(backbone, store)
        except OSError as error:
            raise BackboneFailure(
                f"The backbone '{backbone}' cannot be removed from '{store}': "
                f"{error.strerror or error}. Close what uses it, and try again."
            ) from error
        forget_downloads(backbone, store)


@contextlib.contextmanager
def locked(backbone: str, store: Path) -> Iterator[None]:
    """Keep other processes from installing or removing the same backbone.

    Raises:
        BackboneFailure: if another process does, or the folder cannot be written.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = only_one(store / f".{backbone}.lock")
        lock.__enter__()
    except Busy:
        raise BackboneFailure(
            f"Another QGIS or command line is busy with the backbone '{backbone}'. Wait until "
            "it has finished."
        ) from None
    except OSError as error:
        raise unwritable(store, error) from error
    with contextlib.ExitStack() as stack:
        stack.push(lock)
        yield


def downloads_folder(backbone: str, store: Path) -> Path:
    """Return where the files of a backbone wait until all are there."""
    return store / ".downloads" / backbone


def forget_downloads(backbone: str, store: Path) -> None:
    """Remove what was downloaded for a backbone."""
    shutil.rmtree(downloads_folder(backbone, store), ignore_errors=True)


def publish(staged: Path, backbone: str, origin: Origin, store: Path) -> Installed:
    """Make a staged folder an installed backbone, and remember what the user trusted.

    Args:
        staged: Its folder, within the store; it is moved.
        backbone: Its id.
        origin: What it is.
        store: The folder of the user's backbones.

    Raises:
        OSError: if the folder cannot be written.
    """
    installed = Installed(
        id=backbone,
        origin=origin,
        size=sum(path.stat().st_size for path in staged.rglob("*") if path.is_file()),
        added=time.strftime("%Y-%m-%d"),
        folder=store / backbone,
    )
    record = {
        "schema": _SCHEMA,
        "id": backbone,
        **asdict(origin),
        "size": installed.size,
        "added": installed.added,
    }
    (staged / RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False), "utf-8")
    if not origin.published:
        _remember_trusted(backbone, origin.sha256, store)
    _put_away(backbone, store)
    os.replace(staged, installed.folder)
    return installed


def trusted_sums(backbone: str, store: Path) -> dict[str, str]:
    """Return the sums of files that the user has trusted for that id before, by file name."""
    content = _read_json(_trusted_file(backbone, store))
    return {str(name): str(value) for name, value in content.items()}


def new_own_id(name: str, store: Path) -> str:
    """Return an id for a backbone that is not in the catalogue."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in name.lower())
    stem = OWN + ("-".join(plain.split())[:40].strip("-") or "backbone")
    taken = installed_backbones(store)
    if stem not in taken:
        return stem
    return next(
        f"{stem}-{number}" for number in range(2, 10_000) if f"{stem}-{number}" not in taken
    )


def unwritable(store: Path, error: OSError) -> BackboneFailure:
    """Return the failure of a store that cannot be written."""
    where = f" ('{error.filename}')" if error.filename else ""
    return BackboneFailure(
        f"Backbones cannot be kept in '{store}': {error.strerror or error}{where}. Make space or "
        "allow writing there, and try again."
    )


def _put_away(backbone: str, store: Path) -> None:
    """Remove a backbone's folder so that half of it never looks like a whole one."""
    place = store / backbone
    if place.exists():
        gone = store / f".{backbone}-removed"
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(place, gone)
        shutil.rmtree(gone, ignore_errors=True)  # what is left goes with the next removal


def _remember_trusted(backbone: str, sums: Mapping[str, str], store: Path) -> None:
    path = _trusted_file(backbone, store)
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(dict(sums), indent=1), "utf-8")
    os.replace(fresh, path)


def _trusted_file(backbone: str, store: Path) -> Path:
    return store / ".trusted" / f"{backbone}.json"


def _read_record(place: Path) -> Installed | None:
    content = _read_json(place / RECORD)
    try:
        if content["schema"] != _SCHEMA or content["id"] != place.name:
            return None
        origin = Origin(
            name=str(content["name"]),
            licence=str(content["licence"]),
            source=str(content["source"]),
            sha256={str(name): str(value) for name, value in content["sha256"].items()},
            published=content["published"] is True,
        )
        return Installed(place.name, origin, int(content["size"]), str(content["added"]), place)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
