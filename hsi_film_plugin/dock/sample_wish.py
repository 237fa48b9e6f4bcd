"""What samples are wished for: a class, a description, and what helps to write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QStringListModel, Qt
from qgis.PyQt.QtWidgets import QComboBox, QCompleter, QLabel, QLineEdit

from ..layers.layer_styles import MapClass
from .class_table import colour_icon
from .prompt_words import quoted, unseen_words
from .synthesizer_choice import SynthesizerChoice

#: A class is called rare if the largest one has so many times its pixels.
RARE = 5
#: So many descriptions of real patches are offered.
SUGGESTIONS = 200


class SampleWish(QObject):
    """Fills the list of classes, offers descriptions, and names words that were never seen.

    Args:
        classes: Lists the classes, those with the fewest labels first.
        prompt: Takes a description.
        negative: Takes what to avoid.
        unseen: Names the words of both that the synthesizer does not know.
        choice: The synthesizer.
    """

    def __init__(
        self,
        classes: QComboBox,
        prompt: QLineEdit,
        negative: QLineEdit,
        unseen: QLabel,
        choice: SynthesizerChoice,
    ) -> None:
        super().__init__(classes)
        self._classes = classes
        self._prompt = prompt
        self._negative = negative
        self._unseen = unseen
        self._choice = choice
        # What was chosen, or offered with a synthesizer: it stays whenever the classes are listed
        # anew. Before there is one the rarest class is offered, whichever that becomes.
        self._wanted: tuple[int, str] | None = None
        self._every = False
        self.suggestions = QStringListModel(self)
        self._offer_suggestions()
        classes.currentIndexChanged.connect(self._chosen)
        for line in (prompt, negative):
            line.textChanged.connect(self._name_unseen)

    def parameters(self) -> dict[str, str]:
        """Return what is wished for as Processing takes it."""
        known = self._classes.currentData()
        wish = {
            "CLASS": "" if known is None else known.name,
            "PROMPT": self._prompt.text().strip(),
            "NEGATIVE_PROMPT": self._negative.text().strip(),
        }
        return {name: text for name, text in wish.items() if text}

    def list_classes(self, labelled: Sequence[MapClass], labels: Mapping[int, int]) -> None:
        """List the synthesizer's classes, or those of the labels where there is none.

        Args:
            labelled: The classes of the labels.
            labels: Pixels of classes that have labels, by values of classes; if there are none,
                what the synthesizer was trained with counts.
        """
        facts = self._choice.facts
        classes = labelled if facts is None else facts.classes
        trained = {} if facts is None else dict(zip((c.value for c in classes), facts.counts))
        pixels = {c.value: (labels or trained).get(c.value, 0) for c in classes}
        largest = max(pixels.values(), default=0)
        combo = self._classes
        combo.blockSignals(True)
        combo.clear()
        for known in sorted(classes, key=lambda c: (pixels[c.value] == 0, pixels[c.value])):
            text = self._entry(known, pixels[known.value], largest)
            combo.addItem(colour_icon(known.color), text, known)
        if len(classes) > 1:
            combo.addItem(self.tr("Every class, as many of each"), None)
        keys = [_key(combo.itemData(place)) for place in range(combo.count())]
        known = keys.index(self._wanted) if self._wanted and self._wanted in keys else 0
        combo.setCurrentIndex(keys.index(None) if self._every and None in keys else known)
        combo.blockSignals(False)
        if keys and facts is not None and not self._every:
            self._wanted = keys[combo.currentIndex()]
        self._suggest()

    def forget(self) -> None:
        """Wish for nothing: what was chosen and written belongs to another project."""
        self._wanted, self._every = None, False
        self._prompt.clear()
        self._negative.clear()

    def _chosen(self, place: int) -> None:
        """Remember what the user chose."""
        if place >= 0:
            wanted = _key(self._classes.itemData(place))
            self._wanted, self._every = wanted or self._wanted, wanted is None
        self._suggest()

    def _entry(self, known: MapClass, pixels: int, largest: int) -> str:
        if not pixels:
            text = self.tr("{name} – no labels")
        elif pixels * RARE <= largest:
            text = self.tr("{name} – {pixels} pixels, rare")
        else:
            text = self.tr("{name} – {pixels} pixels")
        return text.format(name=known.name, pixels=pixels)

    def _offer_suggestions(self) -> None:
        """Complete descriptions as they are typed, and list them all at a button's press."""
        completer = QCompleter(self.suggestions, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._prompt.setCompleter(completer)

        def offer() -> None:
            completer.setCompletionPrefix("")
            completer.complete()

        icon = QgsApplication.getThemeIcon("/mActionArrowDown.svg")
        action = self._prompt.addAction(icon, QLineEdit.ActionPosition.TrailingPosition)
        action.setToolTip(self.tr("Descriptions of real patches of the class"))
        action.triggered.connect(offer)

    def _suggest(self) -> None:
        """Offer the descriptions that real patches of the class have."""
        facts, known = self._choice.facts, self._classes.currentData()
        texts: list[str] = []
        if facts is not None and known in facts.classes:
            place = facts.classes.index(known)
            every = (*facts.descriptions[place], *facts.prompts[place])
            texts = list(dict.fromkeys(every))[:SUGGESTIONS]
        self.suggestions.setStringList(texts)
        example = max(texts, key=len, default="")
        text = self.tr("as in the image, e.g. {}").format(example) if example else ""
        self._prompt.setPlaceholderText(text)
        self._name_unseen()

    def _name_unseen(self) -> None:
        facts = self._choice.facts
        text = f"{self._prompt.text()} {self._negative.text()}"
        unseen = [] if facts is None else unseen_words(text, facts.words)
        sentence = self.tr("Never seen in training, so only guessed at: {}.")
        self._unseen.setText(sentence.format(quoted(unseen)))
        self._unseen.setVisible(bool(unseen))


def _key(known: MapClass | None) -> tuple[int, str] | None:
    """Return what tells a class from others, which its colour does not; None for every class."""
    return None if known is None else (known.value, known.name)
