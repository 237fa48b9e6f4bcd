"""The rows of the window of backbones: the catalogue, and what the user has installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .bridge.backbone_catalogue import Entry, Kind, catalogue
from .bridge.backbone_install import AUTHORS_LICENCE
from .bridge.backbone_store import Installed, downloads_folder, installed_backbones
from .bridge.download import partial_size
from .translation import tr


@dataclass(frozen=True)
class ShownFile:
    """A file of a backbone: its name, its address and its sum, where they are known."""

    name: str
    address: str | None
    sha256: str | None


@dataclass(frozen=True)
class Row:
    """What is shown of one backbone."""

    id: str
    kind: Kind
    name: str
    what: str
    licence: str
    licence_address: str | None
    page: str | None
    remark: str | None
    size: int | None
    files: tuple[ShownFile, ...]
    folder: Path | None
    state_text: str
    way: str | None
    downloadable: bool
    addable: bool
    removable: bool


def rows(store: Path) -> list[Row]:
    """The catalogue in its order, and then the user's own backbones."""
    installed = installed_backbones(store)
    known = [_of_entry(entry, installed.pop(entry.id, None), store) for entry in catalogue()]
    return [*known, *(_of_own(own) for own in installed.values())]


def size_text(size: int | None) -> str:
    """A size for people, in powers of ten as disks are sold."""
    if size is None:
        return tr("unknown")
    if size < 1_000_000:
        return tr("{} kB").format(max(1, round(size / 1e3)))
    if size < 1_000_000_000:
        return tr("{} MB").format(round(size / 1e6))
    return tr("{} GB").format(f"{size / 1e9:.1f}")


def _of_entry(entry: Entry, found: Installed | None, store: Path) -> Row:
    bundled = entry.kind is Kind.BUNDLED
    size = entry.size
    if found is not None:
        size = found.size
    elif bundled:
        size = _bundled_size()
    return Row(
        id=entry.id,
        kind=entry.kind,
        name=entry.name,
        what=entry.what,
        licence=entry.licence,
        licence_address=entry.licence_address,
        page=entry.page,
        remark=entry.remark,
        size=size,
        files=_shown_files(entry, found),
        folder=found.folder if found else None,
        state_text=_state_text(entry, found, store),
        way=None if bundled else _way(entry, found),
        downloadable=found is None and entry.downloadable,
        addable=found is None and not bundled,
        removable=found is not None,
    )


def _of_own(own: Installed) -> Row:
    return Row(
        id=own.id,
        kind=Kind.FOLDER,
        name=own.origin.name,
        what=tr("A backbone of your own."),
        licence=_licence_of_own(own),
        licence_address=None,
        page=None,
        remark=tr("Added from {place} on {date}.").format(place=own.origin.source, date=own.added),
        size=own.size,
        files=tuple(ShownFile(name, None, value) for name, value in own.origin.sha256.items()),
        folder=own.folder,
        state_text=tr("Yes"),
        way=_trust_text(own),
        downloadable=False,
        addable=False,
        removable=True,
    )


def _licence_of_own(own: Installed) -> str:
    if own.origin.licence == AUTHORS_LICENCE:
        return tr("that of its author")
    return own.origin.licence


def _shown_files(entry: Entry, found: Installed | None) -> tuple[ShownFile, ...]:
    if found is None or found.origin.published:
        return tuple(ShownFile(file.name, file.address, file.sha256) for file in entry.files)
    return tuple(ShownFile(name, None, value) for name, value in found.origin.sha256.items())


def _state_text(entry: Entry, found: Installed | None, store: Path) -> str:
    if entry.kind is Kind.BUNDLED:
        return tr("With the plugin")
    if found is not None:
        return tr("Yes")
    folder = downloads_folder(entry.id, store)
    there = sum(_size_of(folder / file.name) for file in entry.files)
    if there and entry.size:
        return tr("{} % downloaded").format(int(100 * there / entry.size))
    return tr("No")


def _way(entry: Entry, found: Installed | None) -> str:
    """How the backbone is got, or what it was checked against."""
    if found is not None:
        return _trust_text(found)
    if entry.downloadable:
        return tr("Can be downloaded, and is checked against its known sha256.")
    if len(entry.files) == 1:
        return tr(
            "No sha256 of this backbone is known, so the program does not download it: download "
            "it yourself by the link below and add it from the file. Its sha256 is shown to you, "
            "and remembered once you say that it is right."
        )
    if entry.files:
        return tr(
            "No sha256 of these files is known, so the program does not download them: download "
            "them yourself by the links below into one folder and add that. Their sha256 are shown "
            "to you, and remembered once you say that they are right."
        )
    return tr("Add a folder that you have. Its sha256 is shown to you, and remembered.")


def _trust_text(found: Installed) -> str:
    if found.origin.published:
        return tr("Its files have the known sha256.")
    return tr("Its files have the sha256 that you trusted when you added them.")


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return partial_size(path)


def _bundled_size() -> int:
    from .icons import PLUGIN_ROOT

    folder = PLUGIN_ROOT / "resources" / "backbone"
    return sum(_size_of(path) for path in folder.glob("*.safetensors"))
