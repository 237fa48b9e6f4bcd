"""One sample, large, and the words of its prompt: the word pointed at shows what it made."""

from __future__ import annotations

from html import escape

from qgis.PyQt.QtCore import QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

from .prompt_words import Word, words_in

#: Side of the picture, in px.
SIDE = 104
_FRAME = 3


class SampleView(QWidget):
    """A sample in a frame of its class's colour, every pixel to be seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._color = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The sample that is picked"))

    @property
    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    def show_image(self, image: QImage | None, color: str) -> None:
        """Show another sample, or none."""
        self._image, self._color = image, color
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size that it always has (called by Qt)."""
        return QSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sample (called by Qt)."""
        painter = QPainter(self)
        if self._image is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        else:
            painter.fillRect(self.rect(), QColor(self._color))
            inner = self.rect().adjusted(_FRAME, _FRAME, -_FRAME, -_FRAME)
            painter.drawImage(inner, self._image)
        painter.end()


class PromptWords(QObject):
    """Shows a prompt in a label whose words can be pointed at, and held by a click.

    Signals:
        pointed: The Word that the mouse is on, or that is held; None for none.
    """

    pointed = pyqtSignal(object)

    def __init__(self, label: QLabel) -> None:
        super().__init__(label)
        self._label = label
        self._hint = label.text()
        self._prompt = ""
        self._words: list[Word] = []
        self._held = -1
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        label.linkHovered.connect(self._hover)
        label.linkActivated.connect(self._hold)

    def show_prompt(self, prompt: str) -> None:
        """Show another prompt; the empty text for none. A word that is held is so there too."""
        held = self._words[self._held].text.lower() if self._held >= 0 else ""
        self._prompt, self._words = prompt, words_in(prompt)
        texts = [word.text.lower() for word in self._words]
        self._held = texts.index(held) if held in texts else -1
        self._write()
        self._tell(self._held)

    def _hover(self, link: str) -> None:
        self._tell(int(link) if link else self._held)

    def _hold(self, link: str) -> None:
        place = int(link)
        self._held = -1 if place == self._held else place
        self._write()
        self._tell(self._held)

    def _tell(self, place: int) -> None:
        self.pointed.emit(self._words[place] if 0 <= place < len(self._words) else None)

    def _write(self) -> None:
        """Write the prompt with each word as a link in the colour of plain text."""
        if not self._words:
            self._label.setText(escape(self._prompt or self._hint))
            return
        color = self._label.palette().color(QPalette.ColorRole.WindowText).name()
        parts, end = [], 0
        for place, word in enumerate(self._words):
            text = escape(word.text)
            shown = f"<b>{text}</b>" if place == self._held else text
            parts.append(escape(self._prompt[end : word.start]))
            parts.append(f'<a href="{place}" style="color:{color}">{shown}</a>')
            end = word.end
        parts.append(escape(self._prompt[end:]))
        self._label.setText("".join(parts))
