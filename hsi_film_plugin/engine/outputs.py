"""Outputs that appear whole or not at all, and never in the place of an input."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import EngineError, OutputError
from .partials import MARK

_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNWRITABLE = _FULL | {errno.EIO, errno.EFBIG, errno.EROFS}
_RASTER_SIDECARS = (".aux.xml", ".ovr", ".msk")


def check_outputs(outputs: Mapping[str, Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that could not be written, before any work is done.

    Args:
        outputs: Path by the name of its parameter.
        inputs: Files that must not be overwritten.

    Raises:
        OutputError: if a folder is missing or cannot be written to, an output is one of the
            inputs, or two outputs are the same file.
    """
    kept = list(inputs)
    seen: dict[Path, str] = {}
    for name, path in outputs.items():
        for other in kept:
            if _same_file(path, other):
                raise OutputError(
                    f"The output {name}, '{path}', is one of the inputs. Choose another file."
                )
        twin = seen.setdefault(_identity(path), name)
        if twin != name:
            raise OutputError(
                f"The outputs {twin} and {name} are the same file, '{path}'. "
                "Choose another file for one of them."
            )
        _require_writable(name, path)


@contextmanager
def atomic_output(path: Path) -> Iterator[Path]:
    """Give a hidden path beside ``path`` to write to, renamed when the block ends well.

    What else the block writes under the hidden path's stem (``.aux.xml``, ``.ovr``,
    ``.msk``, ``.qml``, ``.hdr``) is renamed with it, and sidecars of an earlier file at
    ``path`` go. If the block fails, everything it wrote is removed.

    Raises:
        OutputError: if the disk is full, or the file cannot be written or replaced.
    """
    # one within another keeps the beginning of its name, by which a killed run's are found
    stem = f"{path.name}{MARK}" if MARK in path.name else f".{path.name}{MARK}"
    _remove(path.parent, stem)  # what a killed run left of this output
    partial = path.with_name(f"{stem}{secrets.token_hex(4)}{path.suffix}")
    try:
        yield partial
        _commit(partial, path)
    except Exception as error:
        if not _is_about(error, partial):
            raise
        raise writing_failed(path, error) from error
    finally:
        _remove(path.parent, partial.stem)


def writing_failed(path: Path, error: Exception, needed: int | None = None) -> OutputError:
    """Return the sentence for a failure to write ``path``.

    Args:
        path: The output.
        error: What happened.
        needed: Bytes that the output needs, if known.
    """
    free = _free_bytes(path.parent)
    full = getattr(error, "errno", None) in _FULL or "No space left" in _chain(error)
    if full or (free is not None and free < 64 * 1024):
        facts = [] if needed is None else [f"about {_megabytes(needed)} are needed"]
        facts += [] if free is None else [f"{_megabytes(free)} are free"]
        return OutputError(
            f"The disk is full: '{path}' could not be written"
            f"{' (' + ', '.join(facts) + ')' if facts else ''}. "
            "Free some space, or choose another folder."
        )
    if isinstance(error, PermissionError):
        return OutputError(
            f"'{path}' could not be written: {error.strerror or error}. Check the folder's "
            "permissions, and that no other program has the file open."
        )
    return OutputError(f"'{path}' could not be written: {' '.join(str(error).split())}.")


def require_space(path: Path, needed: int) -> None:
    """Refuse an output whose folder has less than ``needed`` bytes left.

    Raises:
        OutputError: if so.
    """
    free = _free_bytes(path.parent)
    if free is not None and free < needed:
        raise writing_failed(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), needed)


def _same_file(path: Path, other: Path) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:  # one of them does not exist (yet)
        return _identity(path) == _identity(other)


def _identity(path: Path) -> Path:
    return Path(os.path.normcase(os.path.realpath(path)))


def _require_writable(name: str, path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(
            f"The folder '{folder}' of the output {name} does not exist. Create it, or choose "
            "another one."
        )
    if path.is_dir():
        raise OutputError(f"The output {name}, '{path}', is a folder. Choose a file name.")
    try:
        # asking is not enough: access lists and read-only disks only show when one writes
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if error.errno in _FULL:
            raise writing_failed(path, error) from error
        raise OutputError(
            f"The output {name}, '{path}', cannot be written: {error.strerror or error}. "
            "Choose a folder that you may write to."
        ) from error
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"The output {name}, '{path}', is write-protected. Choose another file.")


def _is_about(error: Exception, partial: Path) -> bool:
    """Return whether an error is a failure to write, and not one of the work itself."""
    if isinstance(error, EngineError):
        return False
    if isinstance(error, OSError) and error.errno in _UNWRITABLE:
        return True
    names = (getattr(error, "filename", None), getattr(error, "filename2", None))
    return any(str(name).endswith(partial.name) for name in names) or "No space left" in _chain(
        error
    )


def _commit(partial: Path, path: Path) -> None:
    """Rename sidecars, then the file itself: once that is there, everything is."""
    written = [
        item
        for item in path.parent.iterdir()
        if item.name.startswith(partial.stem) and item != partial
    ]
    for suffix in _RASTER_SIDECARS:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()
    for item in written:
        if item.name.startswith(partial.name):
            item.replace(f"{path}{item.name[len(partial.name) :]}")
        else:
            item.replace(path.with_name(path.stem + item.name[len(partial.stem) :]))
    partial.replace(path)


def _remove(folder: Path, stem: str) -> None:
    if not folder.is_dir():
        return
    for item in folder.iterdir():
        if item.name.startswith(stem) and not item.is_dir():
            with contextlib.suppress(OSError):  # open in another program: nothing to be done
                item.unlink()


def _free_bytes(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _chain(error: BaseException | None) -> str:
    texts = []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    return " ".join(texts)
