"""A gallery of synthetic samples: thumbnails that are made when they come into view."""

from __future__ import annotations

from collections import OrderedDict
from html import escape
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from ..background_task import BackgroundTask, Outcome
from ..layers.sample_reader import SampleFile, SampleFileError, read_samples
from .prompt_words import place_of
from .sample_pictures import Stretch, image_of, picture, stretch_of, tinted

#: Side of a thumbnail, the width of its frame, and the room around it, in px.
SIDE, FRAME, ROOM = 64, 3, 3
#: So many thumbnails are kept; a screen shows a few hundred.
_KEPT = 600
COLOUR_ROLE = int(Qt.ItemDataRole.UserRole)
RECOGNISED_ROLE = COLOUR_ROLE + 1


class SampleModel(QAbstractListModel):
    """The samples of a file; a picture is made when it is first asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.samples: SampleFile | None = None
        self._stretch: Stretch | None = None
        self._word = ""
        # Qt asks for it a few times for each sample, whenever it lays them out.
        self._count = 0
        self._pictures: OrderedDict[int, QImage] = OrderedDict()

    def show(self, samples: SampleFile | None, stretch: Stretch | None) -> None:
        """List the samples of another file, or none."""
        self.beginResetModel()
        self.samples, self._stretch, self._word = samples, stretch, ""
        self._count = 0 if samples is None else samples.count
        self._pictures.clear()
        self.endResetModel()

    def tint(self, word: str) -> bool:
        """Tint the samples with what a word of their prompts made; return whether that is new."""
        if word == self._word:
            return False
        self._word = word
        self._pictures.clear()
        return True

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of samples (called by Qt)."""
        return self._count

    def data(self, index: QModelIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Return what is known of a sample (called by Qt)."""
        samples, row = self.samples, index.row()
        if samples is None or not 0 <= row < samples.count:
            return None
        if role == int(Qt.ItemDataRole.DecorationRole):
            return self._picture(row)
        if role == COLOUR_ROLE:
            return samples.class_of(row).color
        if role == RECOGNISED_ROLE:
            return bool(samples.recognised[row])
        if role in (int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            text = f"{samples.class_of(row).name}: {samples.prompt_of(row)}"
            if not samples.recognised[row]:
                text += "\n" + self.tr("Its centre is not recognised as this class.")
            lines = escape(text).replace("\n", "<br>")  # a class may be called <b>
            return f"<p>{lines}</p>" if role == int(Qt.ItemDataRole.ToolTipRole) else text
        return None

    def picture(self, row: int, word_at: tuple[int, int] | None) -> QImage | None:
        """Return a sample as an image of its own pixels.

        Args:
            row: The sample.
            word_at: The characters of its prompt whose attention tints it; None for no tint.
        """
        samples, stretch = self.samples, self._stretch
        if samples is None or stretch is None or not 0 <= row < samples.count:
            return None
        colours = picture(samples, row, stretch)
        attention = None if word_at is None else samples.attention_of(row, *word_at)
        return image_of(colours if attention is None else tinted(colours, attention))

    def _picture(self, row: int) -> QImage | None:
        known = self._pictures.get(row)
        if known is None and self.samples is not None:
            place = place_of(self._word, self.samples.prompt_of(row)) if self._word else None
            known = self.picture(row, None if place is None else (place.start, place.end))
            if known is not None:
                self._pictures[row] = known
                while len(self._pictures) > _KEPT:
                    self._pictures.popitem(last=False)
        return known


class SampleDelegate(QStyledItemDelegate):
    """Paints a thumbnail in a frame of its class's colour, with a mark if it is not recognised."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the room of each thumbnail (called by Qt)."""
        side = SIDE + 2 * (FRAME + ROOM)
        return QSize(side, side)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one (called by Qt)."""
        painter.save()
        outer = QRect(option.rect.topLeft(), self.sizeHint(option, index))
        if option.state & QStyle.StateFlag.State_Selected:
            # Not in the colour of selections, which may be that of a class's frame beside it.
            painter.fillRect(outer, option.palette.color(QPalette.ColorRole.Text))
        frame = outer.adjusted(ROOM, ROOM, -ROOM, -ROOM)
        painter.fillRect(frame, QColor(str(index.data(COLOUR_ROLE))))
        inner = frame.adjusted(FRAME, FRAME, -FRAME, -FRAME)
        image = index.data(Qt.ItemDataRole.DecorationRole)
        if image is not None:
            painter.drawImage(inner, image)
        if not index.data(RECOGNISED_ROLE):
            self._mark(painter, inner, option.palette)
        painter.restore()

    @staticmethod
    def _mark(painter: QPainter, inner: QRect, palette: QPalette) -> None:
        side = max(14, painter.fontMetrics().height())
        box = QRect(inner.right() - side + 1, inner.bottom() - side + 1, side, side)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Window))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.WindowText)))
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "?")


class SampleGallery(QObject):
    """Fills a list view with the samples of a file, which is opened off the main thread.

    Signals:
        opened: The samples are shown.
        failed: A sentence why they cannot be.
        chosen: The number of the sample that was picked; -1 for none.
    """

    opened = pyqtSignal()
    failed = pyqtSignal(str)
    chosen = pyqtSignal(int)

    def __init__(self, view: QListView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = SampleModel(self)
        self._view = view
        self._opening: BackgroundTask | None = None
        view.setModel(self.model)
        view.setItemDelegate(SampleDelegate(view))
        view.setViewMode(QListView.ViewMode.ListMode)
        view.setFlow(QListView.Flow.LeftToRight)
        view.setWrapping(True)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setUniformItemSizes(True)
        view.setLayoutMode(QListView.LayoutMode.Batched)  # thousands of samples take a while
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.selectionModel().currentChanged.connect(
            lambda current, before: self.chosen.emit(current.row())
        )

    @property
    def samples(self) -> SampleFile | None:
        """What is shown."""
        return self.model.samples

    def open(self, path: str) -> None:
        """Show the samples of another file."""
        self.close()
        found: list[tuple[SampleFile, Stretch]] = []

        def work(task: BackgroundTask) -> Outcome:
            try:
                samples = read_samples(Path(path), task.isCanceled)
                found.append((samples, stretch_of(samples)))
            except SampleFileError as error:
                return Outcome(False, str(error))
            return Outcome(True, "")

        def end(outcome: Outcome | None) -> None:
            self._opening = None
            if found:
                self._show(*found[0])
                self.opened.emit()
            else:
                unread = self.tr("“{}” could not be read. See the log of QGIS.").format(path)
                self.failed.emit(unread if outcome is None else outcome.text)

        self._opening = BackgroundTask(self.tr("Reading samples"), work, end, ask=False)
        QgsApplication.taskManager().addTask(self._opening)

    def clear(self) -> None:
        """Show nothing."""
        self.close()
        self._show(None, None)

    def tint(self, word: str) -> None:
        """Show where a word of the prompts was attended to; nothing for the empty text."""
        if self.model.tint(word):
            self._view.viewport().update()

    def close(self) -> None:
        """Let go of a file that is being opened."""
        if self._opening is not None:
            self._opening.forget()
            self._opening = None

    def _show(self, samples: SampleFile | None, stretch: Stretch | None) -> None:
        self.model.show(samples, stretch)
        if samples is None:
            self.chosen.emit(-1)
        else:
            self._view.setCurrentIndex(self.model.index(0, 0))
