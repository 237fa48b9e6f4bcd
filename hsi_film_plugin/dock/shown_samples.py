"""The samples that are shown: where their file is, whether it stays, how they come to training."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QMessageBox, QWidget

from .labelling import Labelling, new_path
from .prompt_words import quoted
from .sample_gallery import SampleGallery
from .synthesizer_choice import label_classes, unknown_classes, why_other_bands
from .training_samples import TrainingSamples

#: More classes than these are counted and not named where there are as many samples of each.
_NAMED = 4


class ShownSamples(QObject):
    """The life of a file of samples: temporary, shown, kept beside the image, trained with.

    What is shown is the only truth: while other samples are being read, or copied, everything
    here is about those on the screen.

    Args:
        gallery: Shows them.
        labelling: The image and its labels.
        training: The samples that the final training uses.
        window: Questions are asked above it.

    Signals:
        changed: Others are shown, or none; or others are trained with.
        said: A sentence for the user.
    """

    changed = pyqtSignal()
    said = pyqtSignal(str)

    def __init__(
        self,
        gallery: SampleGallery,
        labelling: Labelling,
        training: TrainingSamples,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._gallery = gallery
        self._labelling = labelling
        self._training = training
        self._window = window
        # Files that stay, by the files that were shown and may be temporary ones.
        self._kept: dict[str, str] = {}
        gallery.opened.connect(self.changed)
        gallery.failed.connect(self._unreadable)
        training.changed.connect(self.changed)
        training.kept.connect(self._was_kept)
        training.failed.connect(self._not_kept)

    @property
    def path(self) -> str:
        """The file of what is shown, or the copy of it that stays; empty if nothing is shown."""
        samples = self._gallery.samples
        if samples is None:
            return ""
        shown = str(samples.path)
        return shown if Path(shown).is_file() else self._kept.get(shown, shown)

    @property
    def copying(self) -> bool:
        """Whether samples are being copied to where they stay."""
        return self._training.copying

    @property
    def vanished(self) -> str:
        """A sentence if the file of what is shown has gone; else empty."""
        path = self.path
        if not path or Path(path).is_file():
            return ""
        return self.tr("The samples “{}” are not there any more. Make them again.").format(path)

    def open(self, path: str, kept: bool = False) -> None:
        """Show the samples of a file.

        Args:
            path: The file.
            kept: Whether it stays; else it is a temporary one.
        """
        if kept:
            self._kept[str(Path(path))] = path
        self._gallery.open(path)

    def open_added(self) -> None:
        """Show the samples that are trained with, unless they are shown or have gone."""
        added = self._training.path
        if added and self._kept.get(self.path) != added and Path(added).is_file():
            self.open(added, kept=True)

    def clear(self) -> None:
        """Show none."""
        self._gallery.clear()
        self.changed.emit()

    def summary(self) -> str:
        """Return how many of which classes are shown; empty if none are."""
        samples = self._gallery.samples
        if samples is None:
            return ""
        counts = samples.counts()
        if len(counts) > _NAMED and len(set(counts.values())) == 1:
            text = self.tr("{count} samples: {each} of each of {classes} classes.").format(
                count=samples.count, each=max(counts.values()), classes=len(counts)
            )
        else:
            classes = ", ".join(f"{name} {count}" for name, count in counts.items())
            text = self.tr("{count} samples: {classes}.").format(
                count=samples.count, classes=classes
            )
        strange = int((~samples.recognised).sum())
        if strange == samples.count:
            text += " " + self.tr("None is recognised as its class.")
        elif strange:
            text += " " + self.tr(
                "{} of them, marked with “?”, are not recognised as their class."
            ).format(strange)
        return text

    def add_to_training(self) -> None:
        """Let the final map be trained with the samples that are shown."""
        labelling, path = self._labelling, self.path
        if not path or self._training.copying:
            return
        if labelling.scene is None or labelling.labels is None:
            self.said.emit(self.tr("Choose an image and label it first."))
            return
        problem = self.vanished or self._why_not()
        if problem:
            self.said.emit(problem)
            return
        kept = self._kept.get(str(Path(path)), "")
        kept = kept if kept and Path(kept).is_file() else ""
        if kept and kept == self._training.path:
            self.said.emit(self.tr("The final map is trained with these samples already."))
        elif self._may_replace():
            if kept:
                self._training.use(kept)
                self._was_kept(path, kept)
            else:
                place = new_path(labelling.scene, "samples.safetensors")
                self._training.use_copy(Path(path), place)
                self.changed.emit()

    def _why_not(self) -> str:
        """Return why the samples do not fit image and labels; empty if they do."""
        samples, labelling = self._gallery.samples, self._labelling
        if samples is None:
            return ""
        counts = samples.counts()
        made = [known for known in samples.classes if known.name in counts]
        unknown = unknown_classes(made, label_classes(labelling))
        problem = why_other_bands(samples.wavelengths, samples.scene_bands, labelling)
        if unknown:
            problem = self.tr(
                "The labels have no class {}. Samples train classes that real labels have too."
            ).format(quoted(unknown))
        return self.tr("The samples cannot be added. {}").format(problem) if problem else ""

    def _may_replace(self) -> bool:
        """Ask before other samples are replaced: a training takes one file."""
        used = self._training.path
        if not used:
            return True
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        question = self.tr(
            "The final training uses the samples “{}” already, and takes one file. Use these in "
            "their place?"
        ).format(Path(used).name)
        answer = QMessageBox.question(self._window, self.tr("HSI FiLM"), question, yes | no, no)
        return answer == yes

    def _was_kept(self, source: str, path: str) -> None:
        self._kept[str(Path(source))] = self._kept[str(Path(path))] = path
        self.said.emit(
            self.tr("The final map on the page “Finish” is trained with “{}” too.").format(path)
        )
        self.changed.emit()

    def _not_kept(self, text: str) -> None:
        self.said.emit(text)
        self.changed.emit()

    def _unreadable(self, text: str) -> None:
        self._gallery.clear()
        self.said.emit(text)
        self.changed.emit()
