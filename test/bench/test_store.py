from __future__ import annotations

from pathlib import Path

import pytest

from bench.accuracy.store import Result, Store, Unit

UNIT = Unit("scene", 1, 0, "forest")


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "results.jsonl")
    result = Result(UNIT, "abc", {"overall": 0.5, "seconds": 2.0}, {"blend": "σ"})
    store.add(result)
    assert list(store.results()) == [result]


def test_of_two_results_of_one_version_the_later_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "results.jsonl")
    for version, overall in (("old", 0.1), ("new", 0.2), ("old", 0.3)):
        store.add(Result(UNIT, version, {"overall": overall}))
    latest = store.latest()
    assert latest[UNIT, "old"].figures == {"overall": 0.3}
    assert latest[UNIT, "new"].figures == {"overall": 0.2}


@pytest.mark.parametrize("left", [1, 15, 60])
def test_a_line_cut_short_costs_no_other(tmp_path: Path, left: int) -> None:
    store = Store(tmp_path / "results.jsonl")
    store.add(Result(UNIT, "a", {"overall": 0.1}))
    store.add(Result(UNIT, "b", {"overall": 0.2}))
    text = store.path.read_bytes()
    store.path.write_bytes(text[: text.rindex(b'{"unit') + left])
    store.add(Result(UNIT, "c", {"overall": 0.3}))
    assert [result.fingerprint for result in store.results()] == ["a", "c"]


def test_no_file_is_no_result(tmp_path: Path) -> None:
    assert list(Store(tmp_path / "none.jsonl").results()) == []
