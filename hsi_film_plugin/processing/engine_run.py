"""Running one engine job for an algorithm: progress, log, cancel, warnings and failures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from qgis.core import QgsProcessingException, QgsProcessingFeedback

from ..settings import engine_python
from ..translation import tr

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
    method: str, params: Mapping[str, Any], feedback: QgsProcessingFeedback
) -> dict[str, Any] | None:
    """Run `method` in the engine and tell `feedback` what happens.

    Parameters that are None are left out, so that the engine's own defaults apply.

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
        feedback.pushInfo(tr("Cancelled: nothing is left."))
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
        if message and message != self._message:
            self._message = message
            self._feedback.setProgressText(message)

    def log(self, line: str) -> None:
        self.lines.append(line)
        self._feedback.pushInfo(line)


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
