"""Outputs: refused before the work, and whole or absent after it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hsi_film_plugin.engine.errors import Cancelled, InputError, OutputError
from hsi_film_plugin.engine.outputs import atomic_output, check_outputs, require_space
from hsi_film_plugin.engine.partials import remove_partials


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here to make a small disk with")
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def write_and_fail(path: Path, error: BaseException) -> None:
    with atomic_output(path) as partial:
        partial.write_text("half")
        Path(f"{partial}.aux.xml").write_text("half")
        raise error


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_good_outputs_pass_and_leave_no_trace(tmp_path: Path):
    scene = tmp_path / "scene.tif"
    scene.write_text("pixels")
    (tmp_path / "old.tif").write_text("an earlier map")
    check_outputs({"output": tmp_path / "old.tif", "model": tmp_path / "m.bin"}, [scene])
    assert names(tmp_path) == ["old.tif", "scene.tif"]
    assert (tmp_path / "old.tif").read_text() == "an earlier map"


def test_an_output_that_is_an_input_is_refused_by_whatever_path(tmp_path: Path):
    scene = tmp_path / "scene.tif"
    scene.write_text("pixels")
    (tmp_path / "link.tif").symlink_to(scene)
    os.link(scene, tmp_path / "hard.tif")
    (tmp_path / "sub").mkdir()
    for other in ("scene.tif", "link.tif", "hard.tif", "sub/../scene.tif"):
        with pytest.raises(OutputError, match=r"output map, .* is one of the inputs"):
            check_outputs({"map": tmp_path / other}, [scene])
    assert scene.read_text() == "pixels"


def test_two_outputs_in_one_file_are_refused(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    outputs = {"map": tmp_path / "a.tif", "confidence": tmp_path / "sub" / ".." / "a.tif"}
    with pytest.raises(OutputError, match="outputs map and confidence are the same file"):
        check_outputs(outputs, [])


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(OutputError, match=r"folder '.*none' of the output map does not exist"):
        check_outputs({"map": tmp_path / "none" / "a.tif"}, [])


def test_an_output_that_is_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(OutputError, match="is a folder"):
        check_outputs({"map": tmp_path}, [])


def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    # the superuser may write anywhere, so the refusal is played
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(OutputError, match=r"output map, .*cannot be written: Permission denied"):
        check_outputs({"map": tmp_path / "a.tif"}, [])


def test_a_write_protected_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.tif"
    path.write_text("keep me")
    path.chmod(stat.S_IREAD)
    monkeypatch.setattr("os.access", lambda item, mode: Path(item) != path)
    with pytest.raises(OutputError, match="write-protected"):
        check_outputs({"map": path}, [])


def test_a_full_disk_shows_before_the_work(small_disk: Path):
    (small_disk / "rest").write_bytes(b"x" * 256 * 1024)
    with pytest.raises(OutputError, match=r"1000\.0 MB are needed, 0\.0 MB are free"):
        require_space(small_disk / "a.tif", 10**9)


def test_an_output_appears_with_its_sidecars_when_it_is_complete(tmp_path: Path):
    path = tmp_path / "map.tif"
    with atomic_output(path) as partial:
        assert partial.parent == tmp_path
        assert partial.suffix == ".tif"
        assert partial.name.startswith(".")
        partial.write_text("map")
        Path(f"{partial}.aux.xml").write_text("table")
        partial.with_suffix(".qml").write_text("style")
        assert not path.exists()
    assert names(tmp_path) == ["map.qml", "map.tif", "map.tif.aux.xml"]
    assert path.read_text() == "map"
    assert (tmp_path / "map.tif.aux.xml").read_text() == "table"
    assert (tmp_path / "map.qml").read_text() == "style"


def test_sidecars_of_an_earlier_raster_do_not_outlive_it(tmp_path: Path):
    path = tmp_path / "map.tif"
    for name in ("map.tif", "map.tif.aux.xml", "map.tif.ovr", "map.qml"):
        (tmp_path / name).write_text("old")
    with atomic_output(path) as partial:
        partial.write_text("new")
    # a style may be the user's own work: it stays until a new one comes
    assert names(tmp_path) == ["map.qml", "map.tif"]
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    "error", [Cancelled(), InputError("no"), KeyboardInterrupt(), ValueError("no")]
)
def test_a_failure_leaves_nothing_and_keeps_the_earlier_file(tmp_path: Path, error: BaseException):
    path = tmp_path / "map.tif"
    path.write_text("old")
    with pytest.raises(type(error)) as caught:
        write_and_fail(path, error)
    assert caught.value is error
    assert names(tmp_path) == ["map.tif"]
    assert path.read_text() == "old"


def test_a_block_that_writes_nothing_is_an_error_of_the_output(tmp_path: Path):
    with (
        pytest.raises(OutputError, match=r"map\.tif' could not be written"),
        atomic_output(tmp_path / "map.tif"),
    ):
        pass
    assert names(tmp_path) == []


def test_a_disk_that_fills_while_writing_is_told_with_what_is_free(small_disk: Path):
    (small_disk / "map.tif").write_text("old")
    full = pytest.raises(OutputError, match=r"The disk is full: .*map\.tif.* MB are free")
    with full, atomic_output(small_disk / "map.tif") as partial, partial.open("wb") as file:
        while True:
            file.write(b"x" * 65536)
    assert names(small_disk) == ["map.tif"]
    assert (small_disk / "map.tif").read_text() == "old"


def test_a_full_disk_inside_another_error_is_recognised(tmp_path: Path):
    error = RuntimeError("I/O error: No space left on device (os error 28)")
    with pytest.raises(OutputError, match="The disk is full"):
        write_and_fail(tmp_path / "model.bin", error)
    assert names(tmp_path) == []


def test_an_error_of_reading_is_not_blamed_on_the_output(tmp_path: Path):
    error = FileNotFoundError(errno.ENOENT, "No such file or directory", "input.tif")
    with pytest.raises(FileNotFoundError):
        write_and_fail(tmp_path / "map.tif", error)
    assert names(tmp_path) == []


def test_a_target_that_cannot_be_replaced_is_told(tmp_path: Path):
    path = tmp_path / "map.tif"
    path.mkdir()
    with (
        pytest.raises(OutputError, match=r"map\.tif' could not be written"),
        atomic_output(path) as partial,
    ):
        partial.write_text("map")
    assert names(tmp_path) == ["map.tif"]


def test_what_a_killed_run_left_is_removed_by_the_next_and_on_request(tmp_path: Path):
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from hsi_film_plugin.engine.outputs import atomic_output\n"
        "with atomic_output(Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half')\n"
        "    Path(f'{partial}.aux.xml').write_text('half')\n"
        "    os._exit(9)\n"
    )
    root = Path(__file__).parents[2]
    path = tmp_path / "map.tif"

    def killed_run() -> None:
        subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, check=False)
        assert len(names(tmp_path)) == 2
        assert not path.exists()

    killed_run()
    with atomic_output(path) as partial:
        partial.write_text("map")
    assert names(tmp_path) == ["map.tif"]
    path.unlink()
    killed_run()
    assert len(remove_partials([path])) == 2
    assert names(tmp_path) == []


def test_outputs_of_similar_names_do_not_disturb_each_other(tmp_path: Path):
    with (
        atomic_output(tmp_path / "map.tif") as first,
        atomic_output(tmp_path / "map.tif.json") as second,
    ):
        first.write_text("1")
        second.write_text("2")
        with atomic_output(tmp_path / "map.json") as third:
            third.write_text("3")
    assert names(tmp_path) == ["map.json", "map.tif", "map.tif.json"]
    assert (tmp_path / "map.tif").read_text() == "1"
