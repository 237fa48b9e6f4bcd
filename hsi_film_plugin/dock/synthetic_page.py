"""The page of synthetic samples: which are made, how they look, and which train the final map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessing
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from .attention_overlay import PromptWords, SampleView
from .final_run import FinalRun
from .finish_page import DEVICES
from .labelling import Labelling, new_path
from .live_map import LiveMap
from .page import Page
from .project_state import path_beside, path_found, whole_number
from .prompt_words import Word, quoted
from .sample_gallery import SampleGallery
from .sample_verdicts import verdicts_said
from .sample_wish import SampleWish
from .shown_samples import ShownSamples
from .synthesizer_choice import (
    SynthesizerChoice,
    label_classes,
    unknown_classes,
    why_other_bands,
)
from .training_samples import TrainingSamples

TRAIN = "hsifilm:trainsynthesizer"
MAKE = "hsifilm:synthesizesamples"
JUDGE = "hsifilm:evaluatesamples"
#: In the place of these: a run whose project was closed, and whose end is nobody's news.
FORSAKEN = "forsaken"


class SyntheticPage(Page):
    """Trains a synthesizer, makes samples with it, shows and judges them, adds them to training.

    Args:
        labelling: The image and its labels.
        run: Runs the algorithms, one at a time.
        live: Knows the device to compute on.
        training: The samples that the final training uses.
        parent: Of the widget.
    """

    def __init__(
        self,
        labelling: Labelling,
        run: FinalRun,
        live: LiveMap,
        training: TrainingSamples,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("synthetic_page", parent)
        self._labelling = labelling
        self._run = run
        self._live = live
        self._pixels: dict[int, int] = {}
        self._running = ""
        # Where a training that runs will put its synthesizer; empty where nobody waits for it.
        self._destination = ""
        self._report = ""
        self._seed = 0
        self.choice = SynthesizerChoice(self)
        self.shown = SampleGallery(self.gallery, self)
        self.samples = ShownSamples(self.shown, labelling, training, self)
        self.view = SampleView()
        self.sampleRow.insertWidget(0, self.view)
        self.promptWords = PromptWords(self.words)
        self._nothing = self.summary.text()
        self.wish = SampleWish(
            self.sampleClass, self.prompt, self.negative, self.unseen, self.choice
        )
        self._connect()
        self.wish.list_classes((), {})
        self._describe()
        self._show_sample(-1)
        self.tell("")

    def state(self) -> dict[str, Any]:
        """Return what a project or a session keeps of this page, in JSON's types."""
        path = self.choice.path
        return {
            "synthesizer": path,
            "synthesizer_beside": path_beside(path, self._labelling.scene),
            "seed": self._seed,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Set the page as it was, and show the samples that were added to training."""
        path, seed = state.get("synthesizer"), whole_number(state.get("seed"))
        if isinstance(path, str):
            beside, scene = state.get("synthesizer_beside"), self._labelling.scene
            self.choice.use(path_found(path, beside, scene))
        if seed is not None and seed >= 0:
            self._seed = seed
        self.samples.open_added()

    def clear(self) -> None:
        """Show no samples and use no synthesizer any more: the project was closed."""
        self._destination = self._report = ""
        self._seed = 0
        if self._running:
            self._running = FORSAKEN
        self.wish.forget()
        self.choice.use("")
        self.samples.clear()
        self.tell("")

    def training_parameters(self) -> dict[str, Any]:
        """Return the parameters of a synthesizer's training as Processing takes them."""
        scene = self._labelling.scene
        file = None if scene is None else new_path(scene, "synthesizer.safetensors")
        return {
            **self._scene_and_labels(),
            "SYNTHESIZER": QgsProcessing.TEMPORARY_OUTPUT if file is None else str(file),
            "REPORT": QgsProcessing.TEMPORARY_OUTPUT,
        }

    def sample_parameters(self) -> dict[str, Any]:
        """Return the parameters of the samples to make as Processing takes them."""
        parameters: dict[str, Any] = {
            "SYNTHESIZER": self.choice.path,
            "COUNT": self.sampleCount.value(),
            "SEED": self._seed,
            "DEVICE": DEVICES.index(self._live.settings.device),
            "SAMPLES": QgsProcessing.TEMPORARY_OUTPUT,
        }
        parameters.update(self.wish.parameters())
        if self.guidance.value() > self.guidance.minimum():
            parameters["GUIDANCE"] = self.guidance.value()
        if self.onMap.isChecked():
            parameters["OUTPUT"] = parameters["LABELS"] = QgsProcessing.TEMPORARY_OUTPUT
        return parameters

    def tell(self, text: str) -> None:
        """Show a sentence about what was done or refused."""
        self.result.setText(text)
        self.result.setVisible(bool(text))

    def close_page(self) -> None:
        """Let go of files that are being read."""
        self.shown.close()
        self.choice.close()

    # --- what is made -----------------------------------------------------------------------

    def train_synthesizer(self) -> None:
        """Train a synthesizer on the image and its labels."""
        labels = self._labelling.labels
        if self._labelling.scene is None or labels is None or not labels.counts():
            self.tell(self.tr("Choose an image and label it first."))
            return
        parameters = self.training_parameters()
        self._start(TRAIN, parameters, self.tr("Training a synthesizer…"))
        if self._running == TRAIN:
            self._destination = str(parameters["SYNTHESIZER"])

    def make_samples(self) -> None:
        """Make samples of what the page says."""
        if self.choice.reading:
            self.tell(self.tr("Wait until the synthesizer has been read."))
        elif self.choice.facts is None:
            self.tell(
                self.choice.problem
                or self.tr("Train a synthesizer first, or choose the file of one.")
            )
        elif not Path(self.choice.path).is_file():
            self.tell(
                self.tr(
                    "The synthesizer “{}” is not there any more. Choose another, or train one."
                ).format(self.choice.path)
            )
        else:
            self._start(MAKE, self.sample_parameters(), self.tr("Making samples…"))

    def judge_samples(self) -> None:
        """Compare the samples with the labels, and open the report."""
        labels = self._labelling.labels
        if self._labelling.scene is None or labels is None or not labels.counts():
            self.tell(self.tr("Choose an image and label it first."))
        elif not self.samples.path:
            self.tell(self.tr("Make samples first."))
        elif self.samples.vanished:
            self.tell(self.samples.vanished)
        else:
            parameters = {
                "SAMPLES": self.samples.path,
                **self._scene_and_labels(),
                "REPORT": QgsProcessing.TEMPORARY_OUTPUT,
                "TABLE": QgsProcessing.TEMPORARY_OUTPUT,
            }
            self._start(JUDGE, parameters, self.tr("Judging the samples…"))

    def _start(self, algorithm: str, parameters: dict[str, Any], text: str) -> None:
        if self._running:
            self.tell(self.tr("Wait until the run before has ended, or cancel it below."))
            return
        self._running = algorithm
        self._enable()
        self.tell(text)
        self._run.start(algorithm, parameters)

    def _finished(self, results: dict[str, Any]) -> None:
        ended, self._running = self._running, ""
        text = ""
        if ended == TRAIN:
            self._report = str(results.get("REPORT") or "")
            self.choice.use(str(results.get("SYNTHESIZER") or ""))
            text = self.tr("The synthesizer is in “{}”.").format(self.choice.path)
        elif ended == MAKE:
            self._seed += 1
            self.samples.open(str(results.get("SAMPLES") or ""))
        elif ended == JUDGE:
            self._report = str(results.get("REPORT") or "")
            text = verdicts_said(str(results.get("TABLE") or ""))
            if Path(self._report).is_file():
                text = f"{text} {self.tr('The report is open in the browser.')}".lstrip()
                self._open_report()
            else:
                text = f"{text} {self._no_report()}".lstrip()
        if ended and ended != FORSAKEN:
            self.tell(" ".join(part for part in (text, *self._run.warnings) if part))
        self._enable()

    def _failed(self, text: str) -> None:
        ended, self._running = self._running, ""
        if ended == TRAIN and self._run.cancelled:
            if self._destination and Path(self._destination).is_file():
                self.choice.use(self._destination)
                text = self.tr(
                    "Cancelled, but the synthesizer was finished before: it is in “{}”."
                ).format(self._destination)
            else:
                text = self.tr(
                    "Cancelled. What was trained so far is kept: training the same again goes on "
                    "from there."
                )
        self.tell("" if ended == FORSAKEN else text)
        self._enable()

    def _scene_and_labels(self) -> dict[str, Any]:
        labelling = self._labelling
        return {
            "INPUT": None if labelling.scene is None else labelling.scene.id(),
            "LABELS": None if labelling.labels is None else labelling.labels.layer.id(),
            "CLASS_FIELD": "class_id",
            "DEVICE": DEVICES.index(self._live.settings.device),
        }

    # --- the samples ------------------------------------------------------------------------

    def _samples_changed(self) -> None:
        self.summary.setText(self.samples.summary() or self._nothing)
        self._enable()

    def _show_sample(self, row: int) -> None:
        samples = self.shown.samples
        self.promptWords.show_prompt("" if samples is None or row < 0 else samples.prompt_of(row))

    def _point(self, word: Word | None) -> None:
        """Show which pixels a word made: in the sample that is picked, and in all that have it."""
        samples, row = self.shown.samples, self.gallery.currentIndex().row()
        self.shown.tint("" if word is None else word.text)
        place = None if word is None else (word.start, word.end)
        image = self.shown.model.picture(row, place)
        shown = samples is not None and image is not None
        self.view.show_image(image, samples.class_of(row).color if shown else "")

    # --- the widgets ------------------------------------------------------------------------

    def _connect(self) -> None:
        labelling = self._labelling
        labelling.statisticsChanged.connect(self._counted)
        for changed in (labelling.sceneChanged, labelling.labelsChanged):
            changed.connect(self._describe)
        labelling.sceneChanged.connect(self._hush)
        self.choice.changed.connect(self._relist)
        self.samples.changed.connect(self._samples_changed)
        self.samples.said.connect(self.tell)
        self._run.finished.connect(self._finished)
        self._run.failed.connect(self._failed)
        self.shown.chosen.connect(self._show_sample)
        self.promptWords.pointed.connect(self._point)
        self.train.clicked.connect(self.train_synthesizer)
        self.trainDialog.clicked.connect(
            lambda: self._run.open_dialog(TRAIN, self.training_parameters())
        )
        self.choose.clicked.connect(self._choose_file)
        self.make.clicked.connect(self.make_samples)
        self.addToTraining.clicked.connect(self.samples.add_to_training)
        self.judge.clicked.connect(self.judge_samples)
        self.openReport.clicked.connect(self._open_report)

    def _hush(self) -> None:
        """Take away what was said of another image."""
        if not self._running:
            self.tell("")

    def _counted(self, statistics: tuple[Any, ...]) -> None:
        self._pixels = {entry.class_id: entry.pixels for entry in statistics}
        self._relist()

    def _relist(self) -> None:
        self.wish.list_classes(label_classes(self._labelling), self._pixels)
        self._describe()

    def _describe(self) -> None:
        """Say which synthesizer is used, and what of image and labels does not fit it."""
        choice, facts = self.choice, self.choice.facts
        if choice.reading:
            text = self.tr("Reading “{}”…").format(Path(choice.path).name)
        elif facts is None:
            text = choice.problem or self.tr(
                "None yet. Train one on the image and its labels, which takes minutes, or choose "
                "the file of one."
            )
        else:
            text = self.tr("{name}: {count} classes.").format(
                name=facts.path.name, count=len(facts.classes)
            )
            own = label_classes(self._labelling)
            labelled = [known for known in own if self._pixels.get(known.value)]
            unknown = unknown_classes(labelled, facts.classes)
            other = why_other_bands(facts.wavelengths, facts.scene_bands, self._labelling)
            text += f" {other}".rstrip()
            if unknown:
                text += " " + self.tr("It does not know {}: train it again.").format(
                    quoted(unknown)
                )
        self.synthesizer.setText(text)
        self._enable()

    def _enable(self) -> None:
        labelling, idle = self._labelling, not self._running
        ready = labelling.scene is not None and labelling.labels is not None
        samples = self.shown.samples is not None
        self.train.setEnabled(ready and idle)
        self.trainDialog.setEnabled(ready and idle)
        self.choose.setEnabled(idle)
        self.promptGroup.setEnabled(self.choice.facts is not None)
        self.make.setEnabled(idle)
        self.gallery.setEnabled(samples)
        self.view.setVisible(samples)
        self.words.setVisible(samples)
        self.addToTraining.setEnabled(samples and ready and not self.samples.copying)
        self.judge.setEnabled(samples and ready and idle)
        self.openReport.setVisible(bool(self._report))

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Choose a synthesizer"),
            str(Path(self.choice.path).parent) if self.choice.path else "",
            self.tr("Synthesizer (*.safetensors)"),
        )
        if path:
            self.choice.use(path)

    def _open_report(self) -> None:
        if Path(self._report).is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._report))
        else:
            self.tell(self._no_report())

    def _no_report(self) -> str:
        return self.tr("The report “{}” is not there any more. Make it again.").format(self._report)
