"""The rug pulled from under a preview: scene, CRS, engine, project, plugin."""

from __future__ import annotations

import os
import signal

import qgis.utils
from driver import Desktop
from held_engine import begin, engines, go_on, idle, running
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer
from qgis.PyQt import sip
from qgis.utils import iface
from sights import labels_on_disk, map_is_up_to_date, previews

PLUGIN = "hsi_film_plugin"


def play(desk: Desktop) -> None:
    """Play it."""
    label(desk)
    engine_killed(desk)
    crs_changed(desk)
    scene_removed(desk)
    project_closed(desk)
    plugin_unloaded(desk)


def label(desk: Desktop) -> None:
    """Open a scene, and draw labels of two classes."""
    scene = QgsRasterLayer(desk.settings["scene"], "scene")
    QgsProject.instance().addMapLayer(scene)
    dock = desk.dock
    if dock is None or not dock.isVisible():
        dock = desk.open_dock()
    if dock.labelling.scene is not scene:
        desk.show_page(0)
        desk.choose(dock.scene_page.sceneLayer, "scene")
    desk.until(lambda: dock.labelling.scene is scene, "the scene is chosen")
    desk.look_at(48, 48, 110)
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
    map_is_up_to_date(desk)


def engine_killed(desk: Desktop) -> None:
    """Kill the engine in mid-preview; ask for another one."""
    engine = begin(desk)
    os.kill(engine, signal.SIGKILL)
    desk.until(lambda: desk.dock.live.state.kind.value == "failed", "the failure is told")
    desk.note(killed=[desk.status, desk.dock.map_page.state.text()])
    desk.press(desk.dock.map_page.updateNow)
    map_is_up_to_date(desk)
    desk.note(after_kill=desk.dock.map_page.state.text(), other_engine=engines() != [engine])


def crs_changed(desk: Desktop) -> None:
    """Give the scene another CRS in mid-preview, and the right one again."""
    dock = desk.dock
    scene = dock.labelling.scene
    engine = begin(desk)
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    desk.until(lambda: "EPSG:32632" in desk.status, "the scene is refused")
    desk.note(wrong_crs=desk.status, scene_let_go=dock.labelling.scene is None)
    go_on(engine)
    idle(desk)
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    desk.show_page(0)
    desk.choose(dock.scene_page.sceneLayer, "scene")
    desk.look_at(48, 48, 110)
    map_is_up_to_date(desk)
    desk.note(right_crs=dock.map_page.state.text())


def scene_removed(desk: Desktop) -> None:
    """Remove the scene's layer in mid-preview; open it anew."""
    dock = desk.dock
    engine = begin(desk)
    labels = dock.labelling.labels.layer.source()
    QgsProject.instance().removeMapLayer(dock.labelling.scene.id())
    desk.until(lambda: not previews(), "the map is gone with its scene")
    desk.note(
        removed=dock.map_page.state.text(),
        no_scene=dock.labelling.scene is None and dock.labelling.labels is None,
        left_over=len(previews()),
    )
    go_on(engine)
    idle(desk)
    QgsProject.instance().removeAllMapLayers()
    label(desk)
    desk.note(
        after_removal=dock.map_page.state.text(),
        found_again=dock.labelling.labels.layer.source() == labels,
    )


def project_closed(desk: Desktop) -> None:
    """Begin a new project while the final map and a preview are made."""
    dock = desk.dock
    engine = begin(desk, training=True)
    iface.newProject(False)
    desk.until(lambda: dock.labelling.scene is None, "the scene is gone with its project")
    desk.note(
        closed=dock.map_page.state.text(),
        open_after=[dock.isVisible(), dock.labelling.scene is None, dock.labelling.labels is None],
        still_training=running("Train and classify"),
    )
    go_on(engine)
    idle(desk)
    desk.note(training_ended=dock.finish_page.result.text())
    label(desk)
    desk.note(after_project=dock.map_page.state.text())


def plugin_unloaded(desk: Desktop) -> None:
    """Unload the plugin while the final map and a preview are made; load it again."""
    dock = desk.dock
    engine = begin(desk, training=True)
    done = qgis.utils.unloadPlugin(PLUGIN)
    desk.until(lambda: sip.isdeleted(dock), "the dock is gone")
    desk.until(lambda: not engines(), "the engine is gone")
    idle(desk)
    left = [layer.name() for layer in QgsProject.instance().mapLayers().values()]
    desk.note(
        unloaded=done,
        engine_gone=engine not in engines(),
        left=left,
        tool=type(desk.canvas.mapTool()).__name__,
        loaded=[qgis.utils.loadPlugin(PLUGIN), qgis.utils.startPlugin(PLUGIN)],
    )
    dock = desk.open_dock()
    desk.until(lambda: dock.labelling.labels is not None, "scene and labels are found again")
    desk.show_page(1)
    desk.press(dock.label_page.rectangle)
    desk.drag((5.5, 60.5), (13.5, 68.5))
    map_is_up_to_date(desk)
    desk.note(after_load=dock.map_page.state.text(), drawn=labels_on_disk(desk))
