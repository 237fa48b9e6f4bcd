"""Whether the pages of the dock fit, wherever it stands."""

from __future__ import annotations

from driver import HEIGHT, WIDTH, Desktop
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from qgis.utils import iface


def look_at_layouts(desk: Desktop) -> None:
    """Stand the dock left, right and free, and look at all pages each time."""
    dock, window = desk.dock, iface.mainWindow()
    found = {}
    for place in ("left", "floating", "right"):
        stand(desk, place)
        outer = dock if place == "floating" else window
        found[place] = {
            "size": [outer.frameGeometry().width(), outer.frameGeometry().height()],
            "needs": [outer.minimumSizeHint().width(), outer.minimumSizeHint().height()],
            "clipped": {},
        }
        for number in range(dock._content.pages.count()):
            desk.show_page(number)
            desk.until_still()
            scroll = dock._content.pages.widget(number)
            name = dock._content.pages.tabText(number)
            found[place]["clipped"][name] = clipped(scroll.widget(), scroll.viewport())
    desk.note(layouts=found)


def stand(desk: Desktop, place: str) -> None:
    """Stand the dock "left" or "right" in QGIS's window, or "floating" beside it."""
    dock, window = desk.dock, iface.mainWindow()
    dock.setFloating(place == "floating")
    desk.until(lambda: dock.isWindow() == (place == "floating"), f"the dock is {place}")
    if place == "floating":
        desk.until_still()
        dock.resize(dock.minimumSizeHint().expandedTo(dock.size()).boundedTo(window.size()))
    else:
        area = getattr(Qt.DockWidgetArea, f"{place.title()}DockWidgetArea")
        window.addDockWidget(area, dock)
        desk.until(lambda: window.dockWidgetArea(dock) == area, f"the dock is {place}")
    desk.until_still()
    window.resize(WIDTH, HEIGHT)
    desk.until_still()


def clipped(page: QWidget, viewport: QWidget) -> list[str]:
    """The widgets of a page that are cut off to the left or to the right."""
    found = []
    for widget in page.findChildren(QWidget):
        if not widget.isVisible() or widget.objectName().startswith("qt_"):
            continue
        if isinstance(widget.parent(), QLineEdit):  # its own buttons, which it lays out itself
            continue
        left = widget.mapTo(page, QPoint(0, 0)).x() + page.pos().x()
        beyond = left < 0 or left + widget.width() > viewport.width()
        narrow = isinstance(widget, (QAbstractButton, QLabel)) and widget.width() < needed(widget)
        if widget.width() < widget.minimumSizeHint().width() or beyond or narrow:
            wide = f"{widget.width()} of {needed(widget)} pixels"
            found.append(f"{type(widget).__name__} “{widget.objectName()}”: {wide}")
    return found


def needed(widget: QWidget) -> int:
    """How wide a widget has to be for its text to be read."""
    wraps = isinstance(widget, QLabel) and widget.wordWrap()
    return 0 if wraps else widget.sizeHint().width()
