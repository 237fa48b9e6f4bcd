"""Answers to the menus and dialogs of QGIS, given with keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog, QLineEdit, QWidget


def choose_file(path: Path) -> Callable[[QWidget], None]:
    """Answer a file dialog by typing a path."""

    def answer(dialog: QWidget) -> None:
        assert isinstance(dialog, QFileDialog), dialog
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        field.setText(str(path))  # typing would ask the completer for each letter
        QTest.keyClick(field, Qt.Key.Key_Return)

    return answer


def choose_folder(path: Path) -> Callable[[QWidget], None]:
    """Answer a dialog for a folder by typing its path."""

    def answer(dialog: QWidget) -> None:
        choose_file(path)(dialog)
        if dialog.isVisible():  # the first Enter has only gone into the folder
            dialog.accept()

    return answer


def choose_color(name: str) -> Callable[[QWidget], None]:
    """Answer a colour dialog by typing a colour."""

    def answer(dialog: QWidget) -> None:
        fields = [
            field
            for field in dialog.findChildren(QLineEdit)
            if field.objectName() != "qt_spinbox_lineedit"
        ]
        QTest.keyClick(fields[0], Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(fields[0], name)
        QTest.keyClick(fields[0], Qt.Key.Key_Return)

    return answer


def choose_entry(text: str) -> Callable[[QWidget], None]:
    """Answer a menu with the arrow keys."""

    def answer(menu: QWidget) -> None:
        for _ in menu.actions():
            QTest.keyClick(menu, Qt.Key.Key_Down)
            if menu.activeAction().text().startswith(text):
                break
        assert menu.activeAction().text().startswith(text)
        QTest.keyClick(menu, Qt.Key.Key_Return)

    return answer


def press_key(key: str) -> Callable[[QWidget], None]:
    """Answer a dialog with a key."""
    return lambda dialog: QTest.keyClick(dialog, getattr(Qt.Key, f"Key_{key}"))
