"""The saved project opened again; then one label more, one undone, and an end like a crash."""

from __future__ import annotations

from driver import Desktop
from held_engine import engines
from sights import labels_on_disk, shown_classes


def play(desk: Desktop) -> None:
    """Play it."""
    dock = desk.until(lambda: desk.dock, "the dock is opened with the project")
    desk.until(dock.isVisible, "the dock is visible")
    desk.until(lambda: dock.labelling.labels is not None, "the labels are taken up")
    desk.note(
        state=dock.state(),
        pages=dock._content.pages.currentIndex(),
        scene=dock.labelling.scene.source(),
        mode=[dock.map_page.mode.currentText(), dock.live.preview.mode.value],
        opacity=dock.map_page.opacity.value(),
        history=len(dock.map_page.history),
        labels=labels_on_disk(desk),
        shown=shown_classes(desk),
    )
    if desk.settings["engine"]:
        desk.until(engines, "the engine is started")
    desk.show_page(1)
    desk.look_at(48, 48, 110)
    desk.press(dock.label_page.rectangle)
    desk.key("2")
    desk.drag((30.5, 60.5), (34.5, 64.5))
    desk.key("3")
    desk.drag((40.5, 60.5), (44.5, 64.5))
    desk.until(lambda: len(labels_on_disk(desk)) == desk.settings["labels"] + 2, "both are drawn")
    desk.key("Z", "Control")
    desk.note(engines=engines(), button=desk.toolbar_button().isChecked())
    desk.note(before_crash=labels_on_disk(desk), shown_before_crash=shown_classes(desk))
    desk.crash()
