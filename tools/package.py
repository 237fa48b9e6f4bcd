"""Pack the plugin into the zip that QGIS installs, and check it as the plugin hub would.

What goes in is what ``pb_tool.cfg`` names and git tracks, so neither a build product nor a
private file of a checkout can slip in. The same sources give the same bytes::

    python3 -m tools.package --output build/hsi_film_plugin.zip [--check]

``--check`` runs bandit and detect-secrets over the unpacked zip and needs the tools of
development; packing alone needs only the standard library and git.
"""

from __future__ import annotations

import argparse
import configparser
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The plugin hub refuses more.
SIZE_LIMIT = 25_000_000
# The zip format's first day: a file's own time would make every checkout's zip another.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
LIBRARY_SUFFIXES = frozenset({".a", ".dll", ".dylib", ".exe", ".lib", ".o", ".obj", ".pyd", ".so"})
ARCHIVE_SUFFIXES = frozenset({".egg", ".jar", ".pyc", ".pyo", ".whl"})
# Weights are safetensors; these would be pickles.
PICKLE_SUFFIXES = frozenset({".bin", ".ckpt", ".pkl", ".pt", ".pth"})
REFUSED_SUFFIXES = LIBRARY_SUFFIXES | ARCHIVE_SUFFIXES | PICKLE_SUFFIXES
# ELF, Windows, Mach-O (both byte orders, 32 and 64 bits, universal), static library.
BINARY_STARTS = (
    b"\x7fELF",
    b"MZ",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"!<arch>\n",
)


class PackageError(Exception):
    """The zip cannot be made, or must not be published; the message says why."""


def plugin_name(root: Path = ROOT) -> str:
    """The folder's name in the zip and in QGIS's plugin folder."""
    return _configuration(root)["plugin"]["name"]


def tracked_files(root: Path = ROOT) -> list[Path]:
    """The files of the zip, relative to the root and sorted: tracked and named by pb_tool.cfg."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached"],
        check=True,
        capture_output=True,
        text=True,
    )
    files = _configuration(root)["files"]
    single = set(f"{files['python_files']} {files['extras']}".split())
    folders = set(files["extra_dirs"].split())
    names = [name for name in listing.stdout.split("\0") if name]
    lost = sorted((single - set(names)) | (folders - {name.split("/")[0] for name in names}))
    if lost:
        raise PackageError(f"pb_tool.cfg names what git does not track: {', '.join(lost)}")
    return sorted(
        Path(name) for name in names if name in single or name.split("/", 1)[0] in folders
    )


def write_zip(output: Path, root: Path = ROOT) -> int:
    """Write the zip.

    Args:
        output: the zip's path; replaced only once the whole zip is written.
        root: the checkout.

    Returns:
        The zip's size in bytes.

    Raises:
        PackageError: a file is missing, is a link or a binary, or the zip is too large.
    """
    name = plugin_name(root)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in tracked_files(root):
                entry = zipfile.ZipInfo(f"{name}/{path.as_posix()}", TIMESTAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, _content(root, path))
        size = partial.stat().st_size
        if size > SIZE_LIMIT:
            raise PackageError(f"the zip has {size} bytes; the plugin hub takes {SIZE_LIMIT}")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return size


def check_zip(path: Path) -> None:
    """Run bandit and detect-secrets, as they come, over the unpacked zip.

    Raises:
        PackageError: one of them found something, or is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        files = sorted(str(file) for file in Path(folder).rglob("*") if file.is_file())
        _run("bandit", ["--quiet", "--recursive", folder])
        _run("detect_secrets.pre_commit_hook", ["--no-verify", *files])


def main(arguments: list[str] | None = None) -> int:
    """Pack, check where asked, and say what came out."""
    parser = argparse.ArgumentParser(description="Pack the plugin into the zip that QGIS installs.")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "hsi_film_plugin.zip")
    parser.add_argument("--check", action="store_true", help="run bandit and detect-secrets")
    options = parser.parse_args(arguments)
    try:
        size = write_zip(options.output)
        if options.check:
            check_zip(options.output)
    except PackageError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    with zipfile.ZipFile(options.output) as archive:
        count = len(archive.namelist())
    checked = ", clean in bandit and detect-secrets" if options.check else ""
    print(f"{options.output}: {count} files, {size / 1e6:.2f} MB{checked}")
    return 0


def _configuration(root: Path) -> configparser.ConfigParser:
    configuration = configparser.ConfigParser()
    with (root / "pb_tool.cfg").open(encoding="utf-8") as file:
        configuration.read_file(file)
    return configuration


def _content(root: Path, path: Path) -> bytes:
    source = root / path
    if source.is_symlink():
        raise PackageError(f"{path} is a link; a zip for every platform holds plain files only")
    try:
        content = source.read_bytes()
    except FileNotFoundError:
        raise PackageError(f"{path} is tracked but missing in the checkout") from None
    if path.suffix.lower() in REFUSED_SUFFIXES or content.startswith(BINARY_STARTS):
        raise PackageError(f"{path} is a binary, an archive or a pickle; none may go to users")
    return content


def _run(module: str, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackageError(f"{module} ends with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
