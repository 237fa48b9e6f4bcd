"""One sample, large, and the words of its prompt: the word pointed at shows what it made."""

from __future__ import annotations

from html import escape

from qgis.PyQt.QtCore import QEvent, QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QPalette
from qgis.PyQt.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

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
        before, focused = self._words, self._focused()
        self._prompt, self._words = prompt, words_in(prompt)
        self._held = self._same(before, self._held)
        self._write(self._same(before, focused))
        self._tell(self._held)

    def _hover(self, link: str) -> None:
        self._tell(int(link) if link else self._held)

    def _hold(self, link: str) -> None:
        place = int(link)
        self._held = -1 if place == self._held else place
        self._write(self._focused())
        self._tell(self._held)

    def _tell(self, place: int) -> None:
        self.pointed.emit(self._words[place] if 0 <= place < len(self._words) else None)

    def _same(self, before: list[Word], place: int) -> int:
        """Return where the prompt has a word of the prompt before; -1 if it has not."""
        if not 0 <= place < len(before):
            return -1
        texts = [word.text.lower() for word in self._words]
        text = before[place].text.lower()
        if texts[place : place + 1] == [text]:
            return place
        return texts.index(text) if text in texts else -1

    def _focused(self) -> int:
        """Return which word the keyboard is on; -1 for none."""
        if not self._label.hasFocus() or not self._label.hasSelectedText():
            return -1
        starts = [_units(self._prompt[: word.start]) for word in self._words]
        start = self._label.selectionStart()
        return starts.index(start) if start in starts else -1

    def _focus(self, place: int) -> None:
        """Go to a word as the Tab key does: Qt forgets where the keyboard was in a new text."""
        self._label.setSelection(0, 0)  # or Qt takes up the new text only when it is painted
        kind, none = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier
        for _ in range(place + 1):
            QApplication.sendEvent(self._label, QKeyEvent(kind, Qt.Key.Key_Tab, none))

    def _write(self, focused: int) -> None:
        """Write the prompt with each word as a link in the colour of plain text.

        Args:
            focused: The word that the keyboard goes to; -1 for none.
        """
        if not self._words:
            self._label.setText(escape(self._prompt or self._hint))
            return
        color = self._label.palette().color(QPalette.ColorRole.WindowText).name()
        # As written: the places of words in the text are those in the prompt.
        parts, end = ['<span style="white-space:pre-wrap">'], 0
        for place, word in enumerate(self._words):
            text = escape(word.text)
            shown = f"<b>{text}</b>" if place == self._held else text
            parts.append(escape(self._prompt[end : word.start]))
            parts.append(f'<a href="{place}" style="color:{color}">{shown}</a>')
            end = word.end
        parts += (escape(self._prompt[end:]), "</span>")
        self._label.setText("".join(parts))
        self._focus(focused)


def _units(text: str) -> int:
    """Return the length of a text as Qt counts it."""
    return len(text.encode("utf-16-le")) // 2
