"""The page of the live map, with a real engine: modes, opacity, flicker, suggestions."""

from __future__ import annotations

from driver import Desktop
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from sights import labels_on_disk, map_is_up_to_date


def play(desk: Desktop) -> None:
    """Use every button of the page."""
    desk.show_page(2)
    live_map(desk)
    suggestions(desk)
    picture(desk)


def live_map(desk: Desktop) -> None:
    """Look at the map in each way."""
    page, live = desk.dock.map_page, desk.dock.live
    map_is_up_to_date(desk)
    bands = {}
    for name in ("Confidence", "Disagreement", "Classes"):
        desk.choose(page.mode, name)
        bands[name] = live.preview.layer.renderer().usesBands()
    node = QgsProject.instance().layerTreeRoot().findLayer(live.preview.layer.id())
    seen = []
    for _ in range(2):
        desk.press(page.flicker)
        seen.append(node.itemVisibilityChecked())
    page.opacity.setFocus()
    QTest.keyClick(page.opacity, Qt.Key.Key_Home)
    opacity = [live.preview.layer.opacity()]
    QTest.keyClick(page.opacity, Qt.Key.Key_End)
    opacity.append(live.preview.layer.opacity())
    desk.press(page.automatic)
    automatic = live.automatic
    maps = []
    live.mapReady.connect(maps.append)
    desk.press(page.updateNow)
    desk.until(lambda: len(maps) == 1, "the map is made anew")
    live.mapReady.disconnect(maps.append)
    map_text = page.state.text()
    desk.press(page.automatic)
    desk.choose(page.mostPixels, "256")
    desk.note(
        bands=bands,
        flicker=seen,
        opacity=opacity,
        automatic=[automatic, live.automatic],
        map=map_text,
        most_pixels=live.settings.most_pixels,
    )
    map_is_up_to_date(desk)


def suggestions(desk: Desktop) -> None:
    """Ask for places, visit them, accept one by the button and one by a key, skip one."""
    page, suggestions = desk.dock.map_page, desk.dock.suggestions
    desk.type_into(page.count.lineEdit(), "4")
    desk.press(page.suggest)
    desk.until(lambda: len(suggestions.items()) == 4, "four places are suggested")
    listed = [page.suggestions.item(row).text() for row in range(page.suggestions.count())]
    desk.press(page.visit)
    first = suggestions.current is suggestions.items()[0]
    second = page.suggestions.visualItemRect(page.suggestions.item(1)).center()
    QTest.mouseClick(page.suggestions.viewport(), Qt.MouseButton.LeftButton, pos=second)
    clicked = suggestions.current is suggestions.items()[1]
    before = len(labels_on_disk(desk))
    desk.press(page.skip)
    skipped = [len(suggestions.items()), len(suggestions.avoided)]
    desk.choose(page.acceptAs, "Water")
    desk.press(page.accept)
    by_button = labels_on_disk(desk)[-1]
    map_is_up_to_date(desk)
    desk.until(lambda: len(suggestions.items()) == 4, "places are suggested for the new labels")
    desk.canvas.setFocus()
    desk.key("N")
    visited = suggestions.current is not None
    desk.key("1")
    by_key = labels_on_disk(desk)[-1]
    map_is_up_to_date(desk)
    desk.until(lambda: len(suggestions.items()) == 4, "places are suggested once more")
    shown = []
    for key in ("F", "F"):
        desk.key(key)
        shown.append(desk.dock.live.preview.visible)
    desk.key("N")
    desk.key("X")
    skipped_by_key = [len(suggestions.items()), len(suggestions.avoided)]
    desk.note(
        listed=listed,
        visits=[first, clicked, visited],
        skipped=skipped,
        skipped_by_key=skipped_by_key,
        flicked=shown,
        by_button=by_button,
        by_key=by_key,
        added=len(labels_on_disk(desk)) - before,
    )
    desk.look_at(48, 48, 110)


def picture(desk: Desktop) -> None:
    """Show the principal components, which the engine computes."""
    desk.show_page(0)
    desk.choose(desk.dock.scene_page.preset, "Principal components")
    project = QgsProject.instance()
    layers = desk.until(lambda: project.mapLayersByName("scene – PCA"), "the picture is shown")
    desk.note(picture=[layers[0].isValid(), layers[0].bandCount()])
    project.removeMapLayer(layers[0].id())
