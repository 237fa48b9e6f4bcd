"""The page “Finish” with a real engine: the final map, its check against a reference, reports."""

from __future__ import annotations

from pathlib import Path

from answers import choose_folder
from driver import Desktop
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, Qt, QUrl, pyqtSlot
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDialogButtonBox, QWidget


class Browser(QObject):
    """Takes the place of the user's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []

    @pyqtSlot(QUrl)
    def open(self, address: QUrl) -> None:
        """Open a page."""
        self.pages.append(address.toLocalFile())


def play(desk: Desktop) -> None:
    """Use every button of the page."""
    page = desk.dock.finish_page
    desk.show_page(3)
    folder = desk.folder / "results"
    folder.mkdir()
    with desk.answering(choose_folder(folder)):
        desk.press(page.browse)
    desk.press(page.confidence)
    without = page.training_parameters()
    desk.press(page.confidence)
    desk.choose(page.area, "What the canvas shows")
    view = page.training_parameters()
    desk.choose(page.area, "The whole image")
    whole = page.training_parameters()
    titles: list[str] = []

    def look_and_close(dialog: QWidget) -> None:
        titles.append(dialog.windowTitle())
        QTest.mouseClick(
            dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close),
            Qt.MouseButton.LeftButton,
        )

    with desk.answering(look_and_close):
        desk.press(page.dialog)
    desk.note(without_confidence=without, view=view, whole=whole, dialog=titles)
    browser = Browser()
    QDesktopServices.setUrlHandler("file", browser, "open")
    desk.press(page.run)
    desk.until(lambda: "in the project" in page.result.text(), "the final map is made", 300)
    desk.press(page.openReport)
    layer = QgsVectorLayer(desk.settings["reference"], "reference", "ogr")
    QgsProject.instance().addMapLayer(layer)
    desk.choose(page.reference, "reference")
    desk.choose(page.field, "class_id")
    desk.press(page.assess)
    desk.until(lambda: "compared" in page.result.text(), "the map is assessed", 300)
    desk.press(page.openAssessment)
    QDesktopServices.unsetUrlHandler("file")
    desk.note(
        results=sorted(path.name for path in folder.iterdir()),
        hidden=[desk.dock.map_page.flicker.isChecked(), desk.dock.live.preview.visible],
        map_shown=page.classMap.currentLayer() is not None,
        reports=[Path(name).suffix for name in browser.pages],
        history=processing_history(),
    )
    QgsProject.instance().removeMapLayer(layer.id())
    QTest.keyClick(page.folder, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.folder, Qt.Key.Key_Delete)


def processing_history() -> str:
    """What Processing remembers of the runs."""
    found = ""
    for path in Path(QgsApplication.qgisSettingsDirPath()).rglob("*history*"):
        found += path.read_bytes().decode("utf-8", "replace")
    for path in Path(QgsApplication.qgisSettingsDirPath()).rglob("processing.log"):
        found += path.read_text(errors="replace")
    return "hsifilm:trainandclassify" if "hsifilm:trainandclassify" in found else found[-500:]
