"""Algorithms of the plugin run from the dock as Processing's own windows would run them."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
)
from qgis.gui import QgsGui
from qgis.PyQt.QtCore import QObject, pyqtSignal

#: How long a run may take to end when the dock goes, in ms; the engine answers within 2 s.
CLOSING_MS = 3000


class FinalRun(QObject):
    """Runs one algorithm at a time: in the background, in Processing's history, results loaded.

    Signals:
        progressed: The fraction that is done, 0 to 1, and what goes on.
        logged: A line of the run's log.
        finished: The results: paths of files by the names of outputs, and the id of the layer in
            the project for an output that was loaded.
        failed: A sentence why there are no results; also after cancelling.
    """

    progressed = pyqtSignal(float, str)
    logged = pyqtSignal(str)
    finished = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: _Run | None = None
        self._text = ""
        self._log = ""
        #: Whether the last run that ended was cancelled.
        self.cancelled = False
        #: What the last run that ended warned of, in sentences.
        self.warnings: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether an algorithm runs."""
        return self._run is not None

    @property
    def log(self) -> str:
        """What the run said, or the last one if none is running."""
        return self._run.feedback.textLog() if self._run is not None else self._log

    def start(self, algorithm_id: str, parameters: dict[str, Any]) -> None:
        """Run an algorithm.

        Args:
            algorithm_id: `hsifilm:trainandclassify` …
            parameters: As for `processing.run`; layers that it makes are loaded.
        """
        if self._run is not None:
            self.failed.emit(self.tr("Wait until the run before has ended, or cancel it."))
            return
        self.cancelled, self.warnings = False, ()
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(algorithm_id)
        if algorithm is None:
            self.failed.emit(
                self.tr("Processing does not know “{}”. Restart QGIS.").format(algorithm_id)
            )
            return
        able, reason = algorithm.canExecute()
        if not able:
            self.failed.emit(reason)
            return
        run = _Run(algorithm, with_layers_loaded(algorithm, parameters))
        fine, reason = algorithm.checkParameterValues(run.parameters, run.context)
        if not fine:
            self.failed.emit(reason)
            return
        run.feedback.progressChanged.connect(self._on_progress)
        run.feedback.textChanged.connect(self._on_text)
        run.feedback.said.connect(self.logged)
        run.ended.connect(self._on_end)
        self._run, self._text = run, algorithm.displayName()
        self.progressed.emit(0.0, self._text)
        run.start()

    def cancel(self) -> None:
        """Stop the run; nothing of it is left."""
        if self._run is not None:
            self._run.cancel()

    def close(self) -> None:
        """Stop the run, and wait until its thread has let go of layers and project."""
        if self._run is not None:
            self._run.close()

    def open_dialog(self, algorithm_id: str, parameters: dict[str, Any]) -> None:
        """Open the algorithm's window, filled in."""
        import processing

        processing.execAlgorithmDialog(algorithm_id, parameters)

    def _on_progress(self, percent: float) -> None:
        if self._run is not None:
            self.progressed.emit(percent / 100.0, self._text)

    def _on_text(self, text: str) -> None:
        if self._run is not None:
            self._text = text
            self.progressed.emit(self._run.feedback.progress() / 100.0, text)

    def _on_end(self, succeeded: bool, results: dict[str, Any]) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        self.cancelled = run.feedback.isCanceled()
        self.warnings = tuple(dict.fromkeys(run.feedback.warnings))
        if self.cancelled:
            self._log = run.feedback.textLog()
            self.failed.emit(self.tr("Cancelled: nothing is left."))
        elif not succeeded:
            self._log = run.feedback.textLog()
            self.failed.emit(run.feedback.reason or self.tr("The run has failed: see its log."))
        else:
            loaded = run.load(results)
            self._log = run.feedback.textLog()
            self.finished.emit(loaded)


def with_layers_loaded(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Return the parameters with the layers among the destinations to be loaded, as by a window."""
    ready = dict(parameters)
    for definition in algorithm.destinationParameterDefinitions():
        value = ready.get(definition.name())
        if isinstance(value, str) and value and definition.type() != "fileDestination":
            ready[definition.name()] = QgsProcessingOutputLayerDefinition(
                value, QgsProject.instance()
            )
    return ready


def add_to_history(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> None:
    """Put a run into the history of Processing, from where it can be repeated."""
    command = algorithm.asPythonCommand(parameters, context)
    if hasattr(QgsGui, "historyProviderRegistry"):  # since QGIS 3.24
        entry = {
            "python_command": command,
            "algorithm_id": algorithm.id(),
            "parameters": algorithm.asMap(parameters, context),
        }
        process_command, possible = algorithm.asQgisProcessCommand(parameters, context)
        if possible:
            entry["process_command"] = process_command
        QgsGui.historyProviderRegistry().addEntry("processing", entry)
    else:
        from processing.core.ProcessingLog import ProcessingLog

        ProcessingLog.addToLog(command)
    QgsGui.instance().processingRecentAlgorithmLog().push(algorithm.id())


class _Feedback(QgsProcessingFeedback):
    """Passes on what an algorithm says; its methods are called in the algorithm's thread."""

    textChanged = pyqtSignal(str)  # noqa: N815
    said = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)
        self.reason = ""
        self.warnings: list[str] = []

    def setProgressText(self, text: str) -> None:
        super().setProgressText(text)
        self.textChanged.emit(text)
        self.said.emit(text)

    def pushInfo(self, info: str) -> None:
        super().pushInfo(info)
        self.said.emit(info)

    def pushWarning(self, warning: str) -> None:
        super().pushWarning(warning)
        self.warnings.append(warning)
        self.said.emit(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: N803
        super().reportError(error, fatalError)
        self.reason = error
        self.said.emit(error)


# QGIS's task holds bare pointers to what is in a run, whose thread may outlive the dock.
_running: set[_Run] = set()


class _Run(QObject):
    """One run of an algorithm, with all that must live as long as its thread."""

    ended = pyqtSignal(bool, dict)

    def __init__(self, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any]) -> None:
        from processing.tools import dataobjects

        super().__init__()
        self.algorithm = algorithm
        self.parameters = parameters
        self.feedback = _Feedback()
        self.context = dataobjects.createContext(self.feedback)
        self._task: QgsProcessingAlgRunnerTask | None = None

    def start(self) -> None:
        """Put it into the history and begin."""
        add_to_history(self.algorithm, self.parameters, self.context)
        _running.add(self)
        task = QgsProcessingAlgRunnerTask(
            self.algorithm, self.parameters, self.context, self.feedback
        )
        if task.isCanceled():  # the algorithm could not be prepared, and has said why
            self._on_executed(False, {})
            return
        self._task = task
        task.executed.connect(self._on_executed)
        QgsApplication.taskManager().addTask(task)

    def cancel(self) -> None:
        """Stop as soon as the algorithm looks."""
        self.feedback.cancel()
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """Stop, and wait a little for the thread's end."""
        task = self._task
        self.cancel()
        if task is not None:
            task.waitForFinished(CLOSING_MS)

    def load(self, results: dict[str, Any]) -> dict[str, Any]:
        """Load what is to be loaded; return the results with the ids of layers loaded."""
        from processing.gui.Postprocessing import handleAlgorithmResults

        project = QgsProject.instance()
        before = set(project.mapLayers())
        handleAlgorithmResults(self.algorithm, self.context, self.feedback, parameters=results)
        sources = {
            layer.source(): layer_id
            for layer_id, layer in project.mapLayers().items()
            if layer_id not in before
        }
        return {name: sources.get(str(value), value) for name, value in results.items()}

    def _on_executed(self, succeeded: bool, results: dict[str, Any]) -> None:
        self._task = None
        _running.discard(self)
        self.ended.emit(succeeded, results)
