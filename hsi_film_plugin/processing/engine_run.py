"""Running one engine job for an algorithm: progress, log, cancel, warnings and failures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from qgis.core import QgsProcessingException, QgsProcessingFeedback

from ..settings import engine_python
from ..translation import tr

#: A rest that is shorter than this, in s, is not worth telling.
LEAST_REST_S = 20.0
# Jobs whose accuracy comes from their own validation, not from a reference.
TRAINING_JOBS = ("train", "train_and_classify")


class Client(Protocol):
    """What this module needs of `bridge.client.EngineClient`."""

    def run(
        self, method: str, params: dict, on_progress: Any, is_cancelled: Any, on_log: Any = None
    ) -> dict:
        """Run a job and return its result."""


def session_client() -> Client:
    """The engine that serves this QGIS session (the one seam where tests put their own)."""
    from ..bridge.client import shared_client

    return shared_client(engine_python())


def run_engine(
    method: str,
    params: Mapping[str, Any],
    feedback: QgsProcessingFeedback,
    cancelled: str | None = None,
) -> dict[str, Any] | None:
    """Run `method` in the engine and tell `feedback` what happens.

    Parameters that are None are left out, so that the engine's own defaults apply.

    Args:
        method: The job.
        params: Its parameters.
        feedback: Hears progress, log and warnings.
        cancelled: What to say if the user cancels; None for that nothing is left, the empty text
            where the algorithm says it.

    Returns:
        The job's result, or None when the user cancelled.

    Raises:
        QgsProcessingException: with the engine's sentence, when the job failed.
    """
    from ..bridge.client import EngineCancelled, EngineFailure

    reporter = _Reporter(feedback)
    given = {name: value for name, value in params.items() if value is not None}
    try:
        result = session_client().run(
            method, given, reporter.progress, feedback.isCanceled, reporter.log
        )
    except EngineCancelled:
        # QGIS drops a cancelled run's layers itself; a failure message would only mislead.
        sentence = tr("Cancelled: nothing is left.") if cancelled is None else cancelled
        if sentence:
            feedback.pushInfo(sentence)
        return None
    except EngineFailure as failure:
        raise QgsProcessingException(str(failure)) from failure
    _tell(method, result, feedback, reporter.lines)
    return result


class _Reporter:
    """Passes the engine's notifications on, and a message only when it changes."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._message = ""
        self.lines: list[str] = []

    def progress(self, fraction: float, message: str, eta_s: float | None = None) -> None:
        self._feedback.setProgress(100.0 * min(max(fraction, 0.0), 1.0))
        if not message:
            return
        rest = time_left(eta_s)
        text = tr("{message}, {rest} left").format(message=message, rest=rest) if rest else message
        if text != self._message:
            self._message = text
            self._feedback.setProgressText(text)

    def log(self, line: str) -> None:
        self.lines.append(line)
        self._feedback.pushInfo(line)


def time_left(seconds: float | None) -> str:
    """Return how long a job will take, in steps so coarse that the text seldom changes.

    Args:
        seconds: As the engine guesses; None when unknown.

    Returns:
        Such as “about 7 min”; empty when unknown, or hardly worth telling.
    """
    if seconds is None or not math.isfinite(seconds) or seconds < LEAST_REST_S:
        return ""
    minutes = seconds / 60.0
    if minutes < 1.5:
        return tr("about {} s").format(10 * round(seconds / 10.0))
    if minutes < 15:
        return tr("about {} min").format(round(minutes))
    if minutes < 90:
        return tr("about {} min").format(5 * round(minutes / 5.0))
    return tr("about {} h").format(round(minutes / 60.0))


def _tell(
    method: str, result: Mapping[str, Any], feedback: QgsProcessingFeedback, said: list[str]
) -> None:
    for warning in result.get("warnings") or ():
        feedback.pushWarning(str(warning))
    device = result.get("device")
    reason = str(result.get("device_reason") or "")
    if device and not (reason and any(reason in line for line in said)):
        feedback.pushInfo(tr("Device: {}").format(device) + (f" ({reason})" if reason else ""))
    accuracy = result.get("accuracy") or {}
    if accuracy and method in TRAINING_JOBS:
        feedback.pushInfo(tr("Accuracy on labels that were held out of training:"))
    for key, label in (
        ("overall_accuracy", tr("Overall accuracy")),
        ("balanced_accuracy", tr("Balanced accuracy")),
        ("kappa", tr("Kappa")),
    ):
        value = accuracy.get(key)
        if isinstance(value, (int, float)):
            feedback.pushInfo(
                f"{label}: {value:.3f}" if key == "kappa" else f"{label}: {value:.1%}"
            )
