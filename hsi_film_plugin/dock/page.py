"""What all pages of the dock share: their layout comes from a file of Qt Designer."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt import uic
from qgis.PyQt.QtWidgets import QLayout, QWidget

UI = Path(__file__).parent / "ui"


class Page(QWidget):
    """A page whose widgets are laid out in ``ui/<name>.ui`` and are its attributes."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        uic.loadUi(str(UI / f"{name}.ui"), self)

    def put(self, layout: QLayout, widget: QWidget) -> QWidget:
        """Put a widget that Designer does not know into the layout kept free for it."""
        layout.addWidget(widget)
        return widget
