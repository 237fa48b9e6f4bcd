from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.accuracy import fingerprint
from bench.accuracy.fingerprint import module_fingerprint, package_fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of modules ``a`` → ``b`` → ``c``, and ``alone``."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "a.py").write_text("from .b import x\nimport os\n")
    (folder / "b.py").write_text("from . import c\nx = 1\n")
    (folder / "c.py").write_text("y = 1\n")
    (folder / "alone.py").write_text("z = 1\n")
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    yield folder
    forget()


def forget() -> None:
    for cached in (fingerprint._parsed, module_fingerprint, package_fingerprint):
        cached.cache_clear()


def changed(package: Path, file: str, text: str, **options: frozenset[str]) -> bool:
    forget()
    before = package_fingerprint("pack.a", **options)
    (package / file).write_text(text)
    forget()
    return package_fingerprint("pack.a", **options) != before


def test_code_that_is_imported_counts_however_far_away(package: Path) -> None:
    assert changed(package, "c.py", "y = 2\n")


def test_other_code_does_not_count(package: Path) -> None:
    assert not changed(package, "alone.py", "z = 2\n")
    assert not changed(package, "c.py", "y = 2\n", without=frozenset({"pack.b"}))


def test_comments_and_docstrings_do_not_count(package: Path) -> None:
    text = '"""What it is for."""\n\n# why\nfrom . import c\nx = 1\n'
    assert not changed(package, "b.py", text)


def test_the_engine_is_found() -> None:
    forget()
    whole = package_fingerprint("hsi_film_plugin.engine.training")
    without = frozenset({"hsi_film_plugin.engine.heads"})
    assert whole != package_fingerprint("hsi_film_plugin.engine.training", without=without)
