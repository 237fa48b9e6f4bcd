"""After the crash: the labels, then the session, opened by a new QGIS; two scenes in turn."""

from __future__ import annotations

from answers import choose_file
from driver import Desktop
from held_engine import begin, go_on
from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer
from sights import labels_on_disk, map_is_up_to_date, previews, shown_classes


def play(desk: Desktop) -> None:
    """Play it."""
    project = QgsProject.instance()
    first = QgsRasterLayer(desk.settings["scene"], "scene")
    project.addMapLayer(first)
    project.addMapLayer(QgsVectorLayer(desk.settings["labels_path"], "labels", "ogr"))
    dock = desk.open_dock()
    desk.until(lambda: dock.labelling.scene is first, "the only scene is chosen")
    desk.choose(dock.scene_page.labelLayer, "labels")
    desk.until(lambda: dock.labelling.labels is not None, "the labels are taken up")
    desk.note(recovered=labels_on_disk(desk), shown=shown_classes(desk))
    with desk.answering(choose_file(desk.folder / "session.gpkg")):
        desk.press(dock.scene_page.openSession)
    desk.until(lambda: "is open" in desk.status, "the session is open")
    desk.note(
        session_state=dock.state(),  # at once, before a map adds to the history
        session=labels_on_disk(desk),
        session_shown=shown_classes(desk),
        session_scene=dock.labelling.scene is first,
    )
    if desk.settings["engine"]:
        two_scenes(desk, first)


def two_scenes(desk: Desktop, first: QgsRasterLayer) -> None:
    """Label a second scene; switch while previews are made."""
    dock, project = desk.dock, QgsProject.instance()
    second = QgsRasterLayer(desk.settings["second_scene"], "second")
    project.addMapLayer(second)
    desk.look_at(48, 48, 110)
    desk.show_page(0)
    desk.choose(dock.scene_page.sceneLayer, "second")
    without = dock.labelling.labels is None
    desk.show_page(1)
    page = dock.label_page
    for name, key, corner in (("Sand", "1", 5.5), ("Snow", "2", 70.5)):
        desk.press(page.addClass)
        desk.type_name(name)
        if not page.rectangle.isChecked():
            desk.press(page.rectangle)
        desk.canvas.setFocus()
        desk.key(key)
        desk.drag((corner, 5.5), (corner + 8, 13.5))
    own = labels_on_disk(desk)
    map_is_up_to_date(desk)
    maps, switched = [], []
    dock.live.mapReady.connect(lambda result: maps.append([c["name"] for c in result["classes"]]))
    for name in ("scene", "second", "scene"):
        engine = begin(desk)  # a preview of the one is made when the other is chosen
        desk.show_page(0)
        desk.choose(dock.scene_page.sceneLayer, name)
        go_on(engine)
        switched.append([row[2] for row in shown_classes(desk)])
        map_is_up_to_date(desk)
    on_first = [c.label for c in dock.live.preview.layer.renderer().classes()]
    for name in ("second", "scene", "second"):  # faster than any preview is made
        desk.choose(dock.scene_page.sceneLayer, name)
    map_is_up_to_date(desk)
    on_second = [c.label for c in dock.live.preview.layer.renderer().classes()]
    desk.until(lambda: len(previews()) == 1, "the map of the other scene is gone")
    desk.note(
        second_without=without,
        own=own,
        switched=switched,
        maps=maps,
        map_of_first=on_first,
        map_of_second=on_second,
        previews=len(previews()),
        labels_of_second=labels_on_disk(desk),
    )
