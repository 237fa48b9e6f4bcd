"""Round numbers along an axis."""

from __future__ import annotations

import pytest

from hsi_film_plugin.dock.plot_axis import Span, number_text, ticks


@pytest.mark.parametrize(
    ("span", "most", "expected"),
    [
        (Span(0, 100), 6, [0, 20, 40, 60, 80, 100]),
        (Span(400, 2500), 5, [500, 1000, 1500, 2000, 2500]),
        (Span(-0.03, 0.11), 4, [0, 0.05, 0.1]),
        (Span(0.5, 9.5), 5, [2, 4, 6, 8]),
    ],
)
def test_ticks_are_round_and_not_too_many(span, most, expected):
    assert ticks(span, most)[0] == pytest.approx(expected)


def test_ticks_of_no_room_or_no_length_are_none():
    assert ticks(Span(0, 1), 0) == ([], 0)
    assert ticks(Span(1, 1), 5) == ([], 0)
    assert ticks(Span(0, float("inf")), 5) == ([], 0)


def test_labels_have_the_decimals_that_tell_them_apart():
    values, decimals = ticks(Span(0.001, 0.004), 4)
    assert [number_text(value, decimals) for value in values] == [
        "0.001",
        "0.002",
        "0.003",
        "0.004",
    ]
    assert number_text(-5.0, 0) == "−5"
    assert number_text(-0.0001, 1) == "0.0"
