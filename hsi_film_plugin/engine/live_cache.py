"""Where prepared features lie on disk: a folder for each scene and settings, a file for each tile.

Several processes may use one cache: files appear whole, by renaming, and whoever finds a file
missing or damaged makes it anew. What has not been used for longest goes first when the cache
outgrows its limit. The cache may lie in a folder of the user's: only folders that carry our name
and our tag are ever removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np

from .errors import OutputError
from .outputs import writing_failed

#: Rises when features change their meaning: what earlier versions prepared is not used then.
FORMAT = 1
LIMIT_BYTES = 4 * 10**9
STATISTICS = "statistics.safetensors"
_USED = "used"
_FOLDER = re.compile(r"scene-[0-9a-f]{24}")
#: Marks a folder as ours; backups skip what carries a tag of this signature (bford.info/cachedir).
TAG = "CACHEDIR.TAG"
_TAG_CONTENT = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# Features of one scene, prepared by HSI FiLM. They are made anew when they are missing.\n"
)
#: What a process that is gone has left half written.
_PARTIAL_SECONDS = 24 * 3600


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
        self.folder = root / f"scene-{digest[:24]}"
        try:
            self._make()
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
            wanted = len(_header(shape, np.float16)) + 2 * int(np.prod(shape))
            return self._path(name).stat().st_size == wanted
        except OSError:
            return False

    def read(
        self, name: str, shape: tuple[int, ...], dtype: type[np.generic] = np.float16
    ) -> np.ndarray | None:
        """Return an array of that shape and type; None where it is missing or damaged."""
        found: np.ndarray = np.empty(shape, dtype)
        header, path = _header(shape, dtype), self._path(name)
        try:
            # not parsed: a damaged header must be one case more of a damaged file
            with open(path, "rb", buffering=0) as file:
                whole = file.read(len(header)) == header
                whole = whole and file.readinto(found.data) == found.nbytes and not file.read(1)
            with contextlib.suppress(OSError):
                os.utime(path)  # it counts as used
        except OSError:
            return None
        return found if whole else None

    def write(self, name: str, array: np.ndarray) -> None:
        """Keep an array.

        Raises:
            OutputError: if the disk is full or the folder is gone.
        """
        path = self._path(name)
        partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            self._make()  # another process may have cleared it
            with open(partial, "wb") as file:
                file.write(_header(array.shape, array.dtype.type))
                file.write(np.ascontiguousarray(array).data)
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

    def shrink(self, limit: int, keep: Collection[str] = ()) -> int:
        """Remove what was used longest ago until the cache keeps its limit.

        Folders of other scenes and settings go first, then single files of the folder in use.

        Args:
            limit: In bytes.
            keep: Names of arrays that stay, however large they are together.

        Returns:
            How many folders were removed.
        """
        try:
            folders = [path for path in self.root.iterdir() if _is_ours(path)]
        except OSError:
            return 0
        self._sweep()
        sizes = {path: _size(path) for path in folders}
        total = sum(sizes.values())
        removed = 0
        for path in sorted(folders, key=lambda path: (_used(path), path.name)):
            if total <= limit:
                break
            if path != self.folder:
                shutil.rmtree(path, ignore_errors=True)
                total -= sizes[path] - _size(path)  # on Windows an open file stays
                removed += not path.exists()
        if total > limit:
            self._thin(total - limit, keep)
        return removed

    def _thin(self, excess: int, keep: Collection[str]) -> None:
        """Remove arrays that were used longest ago until so many bytes are free."""
        found = []
        for path in self.folder.glob("*.npy"):
            if path.stem not in keep:
                with contextlib.suppress(OSError):
                    status = path.stat()
                    found.append((status.st_mtime_ns, path.name, status.st_size))
        for _, name, size in sorted(found):
            if excess <= 0:
                break
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()
                excess -= size

    def _sweep(self) -> None:
        """Remove what was left half written long ago."""
        oldest = time.time() - _PARTIAL_SECONDS
        for path in self.folder.glob(".*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        tag = self.folder / TAG
        if not tag.exists():
            tag.write_bytes(_TAG_CONTENT)

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


def _header(shape: tuple[int, ...], dtype: type[np.generic]) -> bytes:
    """Return how a file of the numpy format begins."""
    content = io.BytesIO()
    described = np.lib.format.dtype_to_descr(np.dtype(dtype))
    facts = {"descr": described, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(content, facts)
    return content.getvalue()


def _is_ours(path: Path) -> bool:
    """Return whether a folder was made here: by its name, and by the tag that lies in it."""
    try:
        return (
            _FOLDER.fullmatch(path.name) is not None
            and not path.is_symlink()
            and path.is_dir()
            and (path / TAG).read_bytes() == _TAG_CONTENT
        )
    except OSError:
        return False


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
