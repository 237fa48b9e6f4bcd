"""A job's progress, log and end as the user sees them."""

from __future__ import annotations

import pytest


@pytest.fixture
def run_with(monkeypatch, feedback):
    from hsi_film_plugin.processing import engine_run

    def run_with(job):
        class Client:
            def run(self, *arguments):
                return job(*arguments)

        monkeypatch.setattr(engine_run, "session_client", Client)
        return engine_run.run_engine("train", {"seed": 1, "report": None}, feedback)

    return run_with


def test_progress_moves_and_a_text_is_said_once(run_with, feedback):
    def job(method, params, on_progress, is_cancelled, on_log):
        on_progress(0.25, "Reading", None)
        on_progress(0.5, "Reading", 3.0)
        on_progress(1.5, "Training", 0.0)
        return {}

    seen = []
    feedback.progressChanged.connect(seen.append)
    run_with(job)
    assert seen == [25.0, 50.0, 100.0]
    assert feedback.texts == ["Reading", "Training"]


def test_the_time_that_is_left_is_told_where_it_is_worth_telling(run_with, feedback):
    def job(method, params, on_progress, is_cancelled, on_log):
        for left in (None, 430.0, 425.0, 70.0, 68.0, 12.0):
            on_progress(0.5, "Training", left)
        return {}

    run_with(job)
    assert feedback.texts == [
        "Training",
        "Training, about 7 min left",
        "Training, about 70 s left",
        "Training",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (float("nan"), ""),
        (float("inf"), ""),
        (19.0, ""),
        (21.0, "about 20 s"),
        (100.0, "about 2 min"),
        (1900.0, "about 30 min"),
        (7500.0, "about 2 h"),
    ],
)
def test_a_rest_is_told_coarsely(qgis, seconds, text):
    from hsi_film_plugin.processing.engine_run import time_left

    assert time_left(seconds) == text


def test_parameters_that_are_none_are_left_out(run_with):
    def job(method, params, on_progress, is_cancelled, on_log):
        return {"method": method, "params": params}

    assert run_with(job) == {"method": "train", "params": {"seed": 1}}


def test_the_engine_can_see_that_the_user_cancelled(run_with, feedback):
    from hsi_film_plugin.bridge.client import EngineCancelled

    def job(method, params, on_progress, is_cancelled, on_log):
        assert not is_cancelled()
        feedback.cancel()
        assert is_cancelled()
        raise EngineCancelled

    assert run_with(job) is None
    assert feedback.infos == ["Cancelled: nothing is left."]


def test_a_missing_engine_is_an_error_with_the_way_out(feedback, monkeypatch, tmp_path):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.processing.engine_run import run_engine

    monkeypatch.setenv("HSIFILM_ENGINE_PYTHON", str(tmp_path / "no-python"))
    with pytest.raises(QgsProcessingException, match="no-python"):
        run_engine("train", {}, feedback)


def test_what_the_log_said_of_the_device_is_not_said_again(run_with, feedback):
    def job(method, params, on_progress, is_cancelled, on_log):
        on_log("Device: no GPU was found.")
        return {"device": "cpu", "device_reason": "no GPU was found."}

    run_with(job)
    assert feedback.infos == ["Device: no GPU was found."]
