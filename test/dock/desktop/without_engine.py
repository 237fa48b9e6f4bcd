"""The dock where no engine is installed: what it says, and what works all the same."""

from __future__ import annotations

from answers import press_key
from driver import Desktop
from qgis.core import QgsProject, QgsRasterLayer
from sights import labels_on_disk


def play(desk: Desktop) -> None:
    """Play it."""
    QgsProject.instance().addMapLayer(QgsRasterLayer(desk.settings["scene"], "scene"))
    dock = desk.open_dock()
    page = dock.scene_page
    asked: list[str] = []

    def refuse(question: object) -> None:
        asked.append(question.text())
        press_key("Escape")(question)

    with desk.answering(refuse):
        desk.press(page.install)
    desk.until(lambda: dock.labelling.scene is not None, "the only scene is chosen")
    desk.look_at(48, 48, 110)
    desk.show_page(1)
    desk.press(dock.label_page.addClass)
    desk.type_name("Sand")
    desk.press(dock.label_page.brush)
    desk.drag((10.5, 10.5), (19.5, 10.5))
    desk.show_page(2)
    desk.press(dock.map_page.updateNow)
    state = dock.map_page.state
    desk.until(lambda: "Install the engine" in state.text(), "the map tells that it needs one")
    desk.note(
        engine=page.engineStatus.text(),
        asked=asked,
        drawn=labels_on_disk(desk),
    )
