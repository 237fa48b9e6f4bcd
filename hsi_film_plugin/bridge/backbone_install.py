"""Installing a backbone: downloaded and checked, or taken from the disk; whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .backbone_catalogue import Entry, Kind
from .backbone_source import Offer, OfferedFile, Trust, judge
from .backbone_store import (
    BackboneFailure,
    BackboneStopped,
    Installed,
    Origin,
    downloads_folder,
    forget_downloads,
    locked,
    publish,
    unwritable,
)
from .download import PIECE, DownloadFailure, Get, Published, download, partial_size, sha256_of

OnProgress = Callable[[float, str], None]
IsCancelled = Callable[[], bool]
#: Makes a backbone's folder of a checkpoint; raises what installing raises.
Convert = Callable[[Path, Path, OnProgress, IsCancelled], None]

#: The licence of a backbone that the catalogue does not know; windows show it translated.
AUTHORS_LICENCE: Final = "of its author"
#: What must stay free on the disk, in bytes.
MARGIN: Final = 100_000_000
#: The share of the work that is not converting.
_FETCHING: Final = 0.85
#: How often progress is told, in seconds.
_REPEAT_S: Final = 0.2


@dataclass(frozen=True)
class Means:
    """What installing works with.

    Attributes:
        store: The folder of the user's backbones.
        get: Fetches addresses.
        convert: Converts checkpoints.
        on_progress: Called in this thread with the fraction in [0, 1] and what is done.
        is_cancelled: Asked in this thread.
    """

    store: Path
    get: Get
    convert: Convert
    on_progress: OnProgress
    is_cancelled: IsCancelled


def download_backbone(entry: Entry, means: Means) -> Installed:
    """Download a backbone of the catalogue, check it, and install it.

    The caller has asked the user. What arrives is kept until it is whole, so that a later
    call goes on where this one stopped.

    Raises:
        BackboneFailure: with what went wrong, and what to do.
        BackboneStopped: if ``is_cancelled`` said so.
    """
    if not entry.downloadable:
        raise BackboneFailure(
            f"{entry.name} is not downloaded by the program, since no sha256 is known to check "
            "it against. Download it yourself and add it from the file."
        )
    files = {file.name: file.published for file in entry.files if file.published}
    with locked(entry.id, means.store):
        try:
            folder = downloads_folder(entry.id, means.store)
            folder.mkdir(parents=True, exist_ok=True)
            _check_space(entry, folder, files, means.store)
            _fetch_all(files, folder, means)
            with _staging(entry.id, means.store) as staged:
                if entry.kind is Kind.CHECKPOINT:
                    _convert(folder / entry.files[0].name, staged, means)
                else:
                    staged.mkdir()
                    for name in files:
                        _link_or_copy(folder / name, staged / name)
                origin = Origin(
                    entry.name,
                    entry.licence,
                    source=entry.page or entry.files[0].address,
                    sha256={name: published.sha256 for name, published in files.items()},
                    published=True,
                )
                result = publish(staged, entry.id, origin, means.store)
        except DownloadFailure as error:
            raise BackboneFailure(str(error)) from error
        except OSError as error:
            raise unwritable(means.store, error) from error
        forget_downloads(entry.id, means.store)
    means.on_progress(1.0, f"{entry.name} is installed")
    return result


def add_backbone(
    backbone: str, entry: Entry | None, offer: Offer, means: Means, *, trusted: bool
) -> Installed:
    """Install a backbone from the disk, without any network.

    Args:
        backbone: The id that it gets.
        entry: What the catalogue says of it, if anything.
        offer: What was found at the place that the user chose.
        means: What to work with.
        trusted: Whether the user has seen the files' sums and said that they are right;
            needed unless they are the catalogue's, or were trusted before. They are
            remembered then.

    Raises:
        BackboneFailure: with what went wrong, and what to do.
        BackboneStopped: if ``is_cancelled`` said so.
    """
    trust = judge(backbone, entry, offer, means.store)
    if trust in (Trust.FIRST, Trust.CHANGED) and not trusted:
        raise BackboneFailure(
            f"'{offer.source}' was not added: nobody has said that its sha256 is right."
        )
    name = entry.name if entry else offer.source.stem
    with locked(backbone, means.store):
        try:
            needed = 2 * offer.size if offer.kind is Kind.CHECKPOINT else offer.size
            _require_space(needed, means.store)
            with _staging(backbone, means.store) as staged:
                if offer.kind is Kind.CHECKPOINT:
                    _require_unchanged(offer)
                    _convert(offer.source, staged, means, start=0.0)
                else:
                    _copy(offer, staged, means)
                origin = Origin(
                    name,
                    entry.licence if entry else AUTHORS_LICENCE,
                    source=str(offer.source),
                    sha256=offer.sha256,
                    published=trust is Trust.PUBLISHED,
                )
                result = publish(staged, backbone, origin, means.store)
        except OSError as error:
            raise unwritable(means.store, error) from error
    means.on_progress(1.0, f"{name} is installed")
    return result


def engine_converter(setting: str | None = None) -> Convert:
    """Return the converter of the installed engine.

    Args:
        setting: The interpreter that the plugin's settings name, if any.

    Raises:
        BackboneFailure: if no engine is installed.
    """
    from .client import EngineCancelled, EngineFailure, shared_client

    try:
        client = shared_client(setting)
    except EngineFailure as failure:
        raise BackboneFailure(
            f"A checkpoint is converted by the engine, which is not ready: {failure}"
        ) from failure

    def convert(
        checkpoint: Path, folder: Path, on_progress: OnProgress, is_cancelled: IsCancelled
    ) -> None:
        try:
            client.run(
                "convert_backbone",
                {"input": str(checkpoint), "output": str(folder)},
                lambda fraction, message, eta: on_progress(fraction, message),
                is_cancelled,
            )
        except EngineCancelled:
            raise BackboneStopped("Stopped; the checkpoint is kept.") from None
        except EngineFailure as failure:
            # the published networks are known; others have to be described
            way = (
                " Networks other than the published ones are converted with options by 'python -m "
                "hsi_film_plugin.engine convert-backbone'; add the folder that it makes."
                if failure.kind == "InputError"
                else ""
            )
            raise BackboneFailure(
                f"'{checkpoint.name}' could not be converted: {failure}{way}"
            ) from failure

    return convert


def no_converter(
    checkpoint: Path, folder: Path, on_progress: OnProgress, is_cancelled: IsCancelled
) -> None:
    """Stand where nothing is to be converted."""
    raise BackboneFailure(f"'{checkpoint}' would have to be converted, which needs the engine.")


def _fetch_all(files: Mapping[str, Published], folder: Path, means: Means) -> None:
    total = sum(file.size for file in files.values())
    began = time.monotonic()
    at_first = sum(partial_size(folder / name) for name in files)
    before = 0
    said = -_REPEAT_S

    def on_bytes(done: int, size: int) -> None:
        nonlocal said
        if means.is_cancelled():
            raise BackboneStopped("Stopped; the next download goes on from there.")
        if time.monotonic() - said < _REPEAT_S:
            return
        said = time.monotonic()
        there = before + done
        rate = (there - at_first) / max(1e-3, time.monotonic() - began)
        verb = "Checking" if done == size else "Downloading"
        means.on_progress(
            _FETCHING * there / total,
            f"{verb}: {_amount(there, total)}{_left(total - there, rate)}",
        )

    for name, published in files.items():
        if not _is_there(folder / name, published, on_bytes):
            download(published, folder / name, means.get, on_bytes)
        before += published.size


def _is_there(path: Path, published: Published, on_bytes: Callable[[int, int], None]) -> bool:
    """Return whether an earlier download of the file is whole."""
    if not path.is_file() or path.stat().st_size != published.size:
        return False
    size = published.size
    return sha256_of(path, lambda _: on_bytes(size, size)) == published.sha256


def _link_or_copy(path: Path, target: Path) -> None:
    """Stage a download, which stays where it is until the backbone is installed."""
    try:
        os.link(path, target)
    except OSError:  # file systems of memory sticks know no links
        shutil.copyfile(path, target)


def _convert(checkpoint: Path, staged: Path, means: Means, start: float = _FETCHING) -> None:
    def on_progress(fraction: float, message: str) -> None:
        means.on_progress(start + (1.0 - start) * fraction, message)

    on_progress(0.0, f"Converting '{checkpoint.name}'")
    means.convert(checkpoint, staged, on_progress, means.is_cancelled)
    if not (staged / "config.json").is_file():
        raise BackboneFailure(f"The engine made no backbone of '{checkpoint}'.")


def _copy(offer: Offer, staged: Path, means: Means) -> None:
    """Copy the offered files, and check that they are those whose sums were taken."""
    done = 0
    for name, file in offer.files.items():
        target = staged / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.path.open("rb") as source, target.open("wb") as copy:
            while piece := source.read(PIECE):
                if means.is_cancelled():
                    raise BackboneStopped("Stopped; nothing was installed.")
                copy.write(piece)
                done += len(piece)
                means.on_progress(
                    min(1.0, done / max(1, offer.size)), f"Copying: {_amount(done, offer.size)}"
                )
        if sha256_of(target) != file.sha256:
            raise _changed(file)


def _require_unchanged(offer: Offer) -> None:
    for file in offer.files.values():
        if not file.unchanged:
            raise _changed(file)


def _changed(file: OfferedFile) -> BackboneFailure:
    return BackboneFailure(f"'{file.path}' has changed since its sha256 was taken. Add it again.")


def _check_space(entry: Entry, folder: Path, files: Mapping[str, Published], store: Path) -> None:
    needed = 0
    for name, published in files.items():
        there = partial_size(folder / name)
        needed += 0 if (folder / name).is_file() else max(0, published.size - there)
    if entry.kind is Kind.CHECKPOINT:
        needed += sum(file.size for file in files.values())
    _require_space(needed, store)


def _require_space(needed: int, store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(store).free
    if free < needed + MARGIN:
        raise BackboneFailure(
            f"The backbone needs {(needed + MARGIN) / 1e9:.1f} GB of disk space, and '{store}' "
            f"has {free / 1e9:.1f} GB left. Make space and try again."
        )


@contextmanager
def _staging(backbone: str, store: Path) -> Iterator[Path]:
    """Give a folder to build a backbone in, which is not there yet, and remove its rests."""
    staged = store / f".{backbone}-staged"
    try:
        shutil.rmtree(staged, ignore_errors=True)  # of a process that was killed
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _amount(done: int, total: int) -> str:
    return f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"


def _left(missing: int, rate: float) -> str:
    if missing <= 0 or rate < 1e3:
        return ""
    seconds = missing / rate
    return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"
