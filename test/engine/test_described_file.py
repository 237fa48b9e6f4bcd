"""The plugin's safetensors files are read by one reader, which refuses others in sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from hsi_film_plugin.engine import described_file as module
from hsi_film_plugin.engine.described_file import FileKind, read_described
from hsi_film_plugin.engine.errors import InputError, ModelFileError

LEAF = FileKind(
    key="leaf",
    schema=3,
    noun="leaf file",
    maker="Grow leaf",
    remake="Grow the leaf again",
    error=ModelFileError,
)
MARKED = replace(LEAF, mark="oak")
VEINS = np.arange(6, dtype=np.float32).reshape(2, 3)


def written(path: Path, description: Any, key: str = "leaf") -> Path:
    text = description if isinstance(description, str) else json.dumps(description)
    save_file({"veins": VEINS, "stalk": np.array(2, np.int64)}, path, {key: text})
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "a.leaf", {"schema_version": 3, "kind": "oak", "edge": "wavy"})


def parts(described: dict[str, Any], tensors: Mapping[str, np.ndarray]) -> Any:
    return described, dict(tensors)


def refused(path: Path, sentence: str, kind: FileKind = LEAF, build: Any = parts) -> None:
    with pytest.raises(ModelFileError, match=sentence) as caught:
        read_described(path, kind, build)
    said = str(caught.value)
    assert path.name in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("kind", [LEAF, MARKED])
def test_description_and_tensors_are_handed_on(path: Path, kind: FileKind) -> None:
    described, tensors = read_described(path, kind, parts)
    assert described["edge"] == "wavy"
    np.testing.assert_array_equal(tensors["veins"], VEINS)
    assert tensors["stalk"].shape == ()
    assert tensors["stalk"] == 2


def test_what_does_not_exist_is_no_file(tmp_path: Path) -> None:
    for missing in (tmp_path / "none.leaf", tmp_path):
        refused(missing, r"The leaf file '.*' does not exist.*'Grow leaf' has written\.")


def test_a_file_that_may_not_be_read_is_told_as_that(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    refused(path, "cannot be read: Permission denied. Check the file's permissions")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.95])
def test_a_truncated_file_is_no_whole_one(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path, r"no whole leaf file.*Grow the leaf again, copy the file again")


def test_safetensors_of_others_are_told_before_their_tensors_are_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Header:
        """Has a header and no tensors to be read."""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __enter__(self) -> Header:
            return self

        def __exit__(self, *_: Any) -> None:
            pass

        def metadata(self) -> dict[str, str] | None:
            return {"leaf": json.dumps({"schema_version": 3, "kind": "fir"})}

    monkeypatch.setattr(module, "safe_open", Header)
    refused(path, "a safetensors file, but no leaf file of HSI FiLM", MARKED)
    refused(path, "a safetensors file, but no leaf file of HSI FiLM", replace(LEAF, key="root"))


def test_a_file_without_any_header_entry_is_of_others(tmp_path: Path) -> None:
    save_file({"veins": VEINS}, tmp_path / "b.leaf")
    refused(tmp_path / "b.leaf", "no leaf file of HSI FiLM")


@pytest.mark.parametrize("description", ["{", "[" * 100_000, "null", "[1]", "7", {"edge": "wavy"}])
def test_a_broken_description_is_damage(path: Path, description: Any) -> None:
    refused(written(path, description), "damaged leaf file.*Grow the leaf again, or copy")


@pytest.mark.parametrize("schema", ["3", 3.0, None, True, [3]])
def test_a_schema_that_is_no_whole_number_is_damage(path: Path, schema: Any) -> None:
    refused(written(path, {"schema_version": schema}), "damaged leaf file.*schema")


def test_other_schemas_say_who_is_older(path: Path) -> None:
    old = r"older HSI FiLM \(schema 2; this one reads 3\)\. Grow the leaf again\."
    new = r"newer HSI FiLM \(schema 4; this one reads up to 3\)\. Update the plugin\."
    refused(written(path, {"schema_version": 2}), old)
    refused(written(path, {"schema_version": 4}), new)
    elsewhere = replace(LEAF, schema_entry="schema")
    refused(written(path, {"schema": 4, "schema_version": 3}), new, elsewhere)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("edge"), r"\('edge' is missing\)"),
        (ValueError("an edge of\n  7"), r"\(an edge of 7\)"),
        (RuntimeError("sizes " * 500), "…"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_built_is_damage_and_says_why(
    path: Path, error: Exception, said: str
) -> None:
    def build(*_: Any) -> None:
        raise error

    refused(path, f"damaged leaf file.*{said}", build=build)


def test_a_kind_may_be_refused_with_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_described(tmp_path / "none.leaf", replace(LEAF, error=InputError), parts)
    assert type(caught.value) is InputError
