"""Where prepared features lie on disk: a folder for each scene and settings, a file for each tile.

Several processes may use one cache: files appear whole, by renaming, and whoever finds a file
missing or damaged makes it anew. What has not been used for longest goes first when the cache
outgrows its limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .errors import OutputError
from .outputs import writing_failed

#: Rises when features change their meaning: what earlier versions prepared is not used then.
FORMAT = 1
LIMIT_BYTES = 4 * 10**9
STATISTICS = "statistics.safetensors"
_USED = "used"
_FOLDER = "scene-"
#: Of the numpy format, for arrays of few dimensions.
_HEADER_BYTES = 128


class FeatureCache:
    """The folder of one scene's features under one set of settings.

    Args:
        root: The cache's folder; it is made.
        facts: All that the features depend on.

    Raises:
        OutputError: if the folder cannot be made or written to.
    """

    def __init__(self, root: Path, facts: Iterable[object]) -> None:
        digest = hashlib.sha256(repr((FORMAT, *facts)).encode()).hexdigest()
        self.root = root
        self.folder = root / f"{_FOLDER}{digest[:24]}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / _USED).touch()
        except OSError as error:
            raise OutputError(
                f"The cache folder '{root}' cannot be written: {error.strerror or error}. Choose "
                "another folder for the cache."
            ) from error

    @property
    def statistics(self) -> Path:
        """The file of what is known of the whole scene."""
        return self.folder / STATISTICS

    def has(self, name: str, shape: tuple[int, ...]) -> bool:
        """Return whether an array of two-byte numbers is there and has its whole size."""
        try:
            return self._path(name).stat().st_size == _HEADER_BYTES + 2 * int(np.prod(shape))
        except OSError:
            return False

    def read(
        self, name: str, shape: tuple[int, ...], dtype: type[np.generic] = np.float16
    ) -> np.ndarray | None:
        """Return an array of that shape and type; None where it is missing or damaged."""
        try:
            found: np.ndarray = np.load(self._path(name), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        whole = found.shape == shape and found.dtype == dtype
        return found if whole else None

    def write(self, name: str, array: np.ndarray) -> None:
        """Keep an array.

        Raises:
            OutputError: if the disk is full or the folder is gone.
        """
        path = self._path(name)
        partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)  # another process may have cleared it
            with open(partial, "wb") as file:
                np.save(file, array, allow_pickle=False)
            with contextlib.suppress(PermissionError):  # Windows: another reads what is the same
                partial.replace(path)
        except OSError as error:
            raise writing_failed(path, error, array.nbytes) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    def bytes(self) -> int:
        """Return how much disk this scene's features take."""
        return _size(self.folder)

    def shrink(self, limit: int) -> int:
        """Remove the folders that were used longest ago until the cache keeps its limit.

        The folder in use stays, however large.

        Returns:
            How many folders were removed.
        """
        try:
            folders = [path for path in self.root.iterdir() if path.name.startswith(_FOLDER)]
        except OSError:
            return 0
        sizes = {path: _size(path) for path in folders}
        total = sum(sizes.values())
        removed = 0
        for path in sorted(folders, key=lambda path: (_used(path), path.name)):
            if total <= limit:
                break
            if path != self.folder:
                shutil.rmtree(path, ignore_errors=True)
                total -= sizes[path]
                removed += 1
        return removed

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"


def file_facts(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    """Return path, size and time of change of files, which tell when one was replaced."""
    found = []
    for path in sorted(Path(path) for path in paths):
        with contextlib.suppress(OSError):  # gone: then the list differs, as it should
            status = path.stat()
            found.append((str(path.absolute()), status.st_size, status.st_mtime_ns))
    return found


def _size(folder: Path) -> int:
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                total += entry.stat().st_size
    return total


def _used(folder: Path) -> int:
    try:
        return (folder / _USED).stat().st_mtime_ns
    except OSError:
        return 0
