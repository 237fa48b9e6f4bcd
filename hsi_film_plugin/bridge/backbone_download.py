"""Backbones from a command line, for servers.

``python -m hsi_film_plugin.bridge.backbone_download list|get|add|remove``. An engine's
command line takes the folder that ``list`` and ``get`` print.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .backbone_catalogue import Entry, Kind, catalogue, find_entry
from .backbone_install import (
    Convert,
    Means,
    OnProgress,
    add_backbone,
    download_backbone,
    engine_converter,
    no_converter,
)
from .backbone_source import Offer, Trust, entry_for, judge, look_at
from .backbone_store import (
    BackboneFailure,
    BackboneStopped,
    Installed,
    installed_backbones,
    new_own_id,
    remove_backbone,
    store_folder,
)
from .download import Get

_STOPPED: Final = 130


def main(
    arguments: Sequence[str] | None = None,
    *,
    get: Get | None = None,
    converter: Callable[[], Convert] = engine_converter,
    ask: Callable[[str], str] = input,
) -> int:
    """Run a command and return the exit status.

    Args:
        arguments: Of the command line; the process's own if None.
        get: Fetches addresses; Python's own library if None.
        converter: Gives what converts checkpoints.
        ask: Puts a question to the user.
    """
    options = _parser().parse_args(arguments)
    store = options.to or store_folder()
    try:
        if options.command == "list":
            _list(store)
        elif options.command == "get":
            _get(options, store, get or _urllib_get(), converter, ask)
        elif options.command == "add":
            _add(options, store, converter, ask)
        else:
            remove_backbone(options.id, store)
    except (BackboneFailure, BackboneStopped) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; what has arrived of a download is kept.\n")
        return _STOPPED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hsi_film_plugin.bridge.backbone_download",
        description="List, download and add backbones.",
    )
    parser.add_argument("--to", type=Path, help="the folder of the backbones (the user's)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the catalogue and what is installed")
    get = commands.add_parser("get", help="download a backbone of the catalogue")
    get.add_argument("id", help="its id")
    get.add_argument("--yes", action="store_true", help="download without asking")
    add = commands.add_parser("add", help="add a checkpoint file or a diffusers folder")
    add.add_argument("source", type=Path, help="the file or folder")
    add.add_argument("--as", dest="id", help="the id of the catalogue that it is")
    add.add_argument("--yes", action="store_true", help="trust it at first sight without asking")
    add.add_argument("--sha256", help="trust it if its file or weights have this sum")
    remove = commands.add_parser("remove", help="remove an installed backbone")
    remove.add_argument("id", help="its id")
    return parser


def _list(store: Path) -> None:
    installed = installed_backbones(store)
    for entry in catalogue():
        state = "not installed: " + ("get" if entry.downloadable else "add")
        if entry.kind is Kind.BUNDLED:
            state = "installed"
        elif entry.id in installed:
            state = str(installed[entry.id].folder)
        size = f"{entry.size / 1e6:,.0f} MB" if entry.size else "size unknown"
        _say(f"{entry.id:26}{entry.licence:26}{size:>13}  {state}")
    for backbone in installed.values():
        if find_entry(backbone.id) is None:
            size = f"{backbone.size / 1e6:,.0f} MB"
            _say(f"{backbone.id:26}{backbone.origin.licence:26}{size:>13}  {backbone.folder}")


def _get(
    options: argparse.Namespace,
    store: Path,
    get: Get,
    converter: Callable[[], Convert],
    ask: Callable[[str], str],
) -> None:
    entry = _entry(options.id)
    if options.id in installed_backbones(store):
        _say(f"{entry.name} is installed: {store / entry.id}")
        return
    if not entry.downloadable:
        places = "\n".join(file.address for file in entry.files) or entry.page or ""
        raise BackboneFailure(
            f"{entry.name} is not downloaded by the program: no sha256 is known to check it "
            f"against. Download it yourself and run 'add --as {entry.id}'. {places}".strip()
        )
    convert = converter() if entry.kind is Kind.CHECKPOINT else no_converter
    size = f"{(entry.size or 0) / 1e6:,.0f} MB"
    addresses = "\n  ".join(file.address for file in entry.files)
    question = (
        f"{entry.name}, {size}, licence {entry.licence} ({entry.licence_address})\n"
        f"{entry.remark or entry.what}\nfrom\n  {addresses}\nto\n  {store / entry.id}\n"
    )
    _require_yes(question, "Download it?", options.yes, ask)
    means = Means(store, get, convert, _printer(), lambda: False)
    _done(download_backbone(entry, means))


def _add(
    options: argparse.Namespace,
    store: Path,
    converter: Callable[[], Convert],
    ask: Callable[[str], str],
) -> None:
    on_progress = _printer()
    offer = look_at(options.source, on_progress, lambda: False)
    entry = _entry(options.id) if options.id else entry_for(offer)
    backbone = entry.id if entry else new_own_id(options.source.stem, store)
    trust = judge(backbone, entry, offer, store)
    convert = converter() if offer.kind is Kind.CHECKPOINT else no_converter
    trusted = _is_trusted(options, trust, offer, backbone, entry, ask)
    means = Means(store, _no_network, convert, on_progress, lambda: False)
    _done(add_backbone(backbone, entry, offer, means, trusted=trusted))


def _is_trusted(
    options: argparse.Namespace,
    trust: Trust,
    offer: Offer,
    backbone: str,
    entry: Entry | None,
    ask: Callable[[str], str],
) -> bool:
    """Return whether the user trusts what nothing published speaks for.

    Raises:
        BackboneFailure: if not.
    """
    if trust in (Trust.PUBLISHED, Trust.KNOWN):
        return True
    if options.sha256:
        if options.sha256.lower() in offer.sha256.values():
            return True
        raise BackboneFailure(
            f"No file of '{offer.source}' has the sha256 {options.sha256}. It has: "
            + ", ".join(f"{name} {value}" for name, value in offer.sha256.items())
        )
    sums = "\n".join(f"  {value}  {name}" for name, value in offer.sha256.items())
    changed = trust is Trust.CHANGED
    first = "Other files were trusted before as" if changed else "No sha256 is known of"
    question = f"{first} '{backbone}' ({entry.name if entry else 'your own'}). These have\n{sums}\n"
    # what has changed since is never taken in silence
    _require_yes(question, "Trust them from now on?", options.yes and not changed, ask)
    return True


def _require_yes(statement: str, question: str, agreed: bool, ask: Callable[[str], str]) -> None:
    sys.stderr.write(statement)
    if agreed:
        return
    try:
        answer = ask(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise BackboneFailure("Nothing was done.")


def _entry(backbone: str) -> Entry:
    entry = find_entry(backbone)
    if entry is None or entry.kind is Kind.BUNDLED:
        known = ", ".join(entry.id for entry in catalogue() if entry.kind is not Kind.BUNDLED)
        raise BackboneFailure(f"'{backbone}' is not in the catalogue. It has: {known}.")
    return entry


def _printer() -> OnProgress:
    """Return what writes progress, one line for each new message or percent."""
    said = ("", -1)

    def on_progress(fraction: float, message: str) -> None:
        nonlocal said
        now = (message.split(":")[0], int(100 * fraction))
        if now != said:
            said = now
            sys.stderr.write(f"{fraction:4.0%} {message}\n")
            sys.stderr.flush()

    return on_progress


def _done(backbone: Installed) -> None:
    _say(f"{backbone.id} {backbone.folder}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _urllib_get() -> Get:
    from .urllib_get import get  # slow, and of no use where nothing is fetched

    return get


def _no_network(*_: object) -> None:
    raise BackboneFailure("Adding from the disk needs no network.")


if __name__ == "__main__":
    sys.exit(main())
