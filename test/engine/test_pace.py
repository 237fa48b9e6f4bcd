"""When progress is said, with a clock that the test turns."""

from __future__ import annotations

import pytest

from hsi_film_plugin.engine import pace
from hsi_film_plugin.engine.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr(pace.time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture
def said():
    return []


@pytest.fixture
def paced(clock, said):
    return Pace(lambda *spoken: said.append(spoken))


def test_fresh_report_holds_the_next_one_back_until_it_is_repeated(paced, clock, said):
    paced.report(0.1, "a")
    clock.now += 0.01
    paced.report(0.2, "b")
    assert [message for _, message, _ in said] == ["a"]
    paced.repeat()
    assert len(said) == 1
    clock.now += 0.9
    paced.repeat()
    assert said[1][1] == "b"
    assert said[1][0] >= 0.2


def test_report_without_a_message_keeps_the_last_one(paced, clock, said):
    paced.report(0.1, "Reading")
    clock.now += 1
    paced.report(0.2, "")
    assert said[1][:2] == (0.2, "Reading")


def test_remaining_time_follows_the_pace_and_is_counted_down(paced, clock, said):
    clock.now += 10
    paced.report(0.25, "")
    assert said[-1][2] == 30.0
    clock.now += 4
    paced.repeat()
    assert said[-1][2] == 26.0


def test_remaining_time_is_unknown_at_the_beginning_and_grows_when_overrun(paced, clock, said):
    paced.report(0.0, "")
    assert said[-1][2] is None
    clock.now += 1
    paced.report(0.5, "")
    clock.now += 100
    paced.repeat()
    assert said[-1][2] == 101.0


def test_long_step_creeps_but_never_past_half_of_the_step_before(paced, clock, said):
    paced.report(0.1, "")
    clock.now += 10
    paced.report(0.2, "")
    for _ in range(1000):
        clock.now += 1
        paced.repeat()
    fractions = [fraction for fraction, _, _ in said]
    assert all(later > earlier for earlier, later in zip(fractions[1:], fractions[2:]))
    assert fractions[-1] < 0.25


def test_bar_never_turns_back(paced, clock, said):
    paced.report(0.5, "")
    clock.now += 1000
    paced.repeat()
    clock.now += 1
    paced.report(0.51, "")
    assert said[2][0] >= said[1][0] > 0.51
