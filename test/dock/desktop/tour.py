"""Every button and tool of the dock used once; its work saved with the project at the end."""

from __future__ import annotations

from pathlib import Path

import finishing
import tour_map
from answers import choose_color, choose_entry, choose_file, press_key
from driver import RIGHT, Desktop
from held_engine import go_on, hold, idle
from layouts import look_at_layouts
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPlainTextEdit
from qgis.utils import iface
from sights import entries, labels_on_disk, map_is_up_to_date, shown_classes

KEY, COLOUR, NAME, LABELS = range(4)


def play(desk: Desktop) -> None:
    """Play it."""
    desk.open_dock()
    desk.note(empty=desk.dock.scene_page.empty.text())
    scene_page(desk)
    desk.show_page(1)
    classes(desk)
    drawing(desk)
    editing(desk)
    undoing(desk)
    changing_classes(desk)
    exchange(desk)
    spectra(desk)
    if desk.settings["engine"]:
        tour_map.play(desk)
        finishing.play(desk)
    session(desk)
    look_at_layouts(desk)
    save(desk)


def scene_page(desk: Desktop) -> None:
    """Open a scene, show its bands, ask for the engine, make a label layer."""
    page, labelling = desk.dock.scene_page, desk.dock.labelling
    with desk.answering(choose_file(Path(desk.settings["scene"]))):
        desk.press(page.openRaster)
    desk.until(lambda: labelling.scene is not None, "the scene is chosen")
    desk.look_at(48, 48, 110)
    desk.choose(page.sceneLayer, "")
    none = labelling.scene is None and not page.newLabels.isEnabled()
    desk.choose(page.sceneLayer, Path(desk.settings["scene"]).stem)
    presets = {}
    for place, name in enumerate(entries(page.preset)):
        key = page.preset.itemData(place)
        if key not in ("", "pca"):  # principal components are made by the engine
            desk.choose(page.preset, name)
            bands = page._presets[place - 1].bands
            desk.until(lambda bands=bands: shown_bands(desk) == list(bands), f"“{name}” is shown")
            presets[key] = shown_bands(desk)
    desk.choose(page.device, "CPU")
    desk.choose(page.backbone, "Bundled")
    desk.press(page.diagnostics)
    window = desk.until(diagnostics, "the diagnostics are shown")
    shown = window.findChild(QPlainTextEdit)
    text = desk.until(shown.toPlainText, "the diagnostics are written")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    desk.activate()
    if desk.settings["engine"]:
        cancelled_sample(desk)
    with desk.answering(choose_file(desk.folder / "work_labels.gpkg")):
        desk.press(page.newLabels)
    made = labelling.labels is not None and page.labelPath.text()
    desk.choose(page.labelLayer, "")
    without = labelling.labels is None
    desk.choose(page.labelLayer, "work_labels")
    desk.note(
        scene=labelling.scene.source(),
        summary=page.summary.text(),
        none_chosen=none,
        presets=presets,
        device=desk.dock.live.settings.device,
        diagnostics=text,
        made=made,
        without_labels=without,
        after_sample=[layer.name() for layer in QgsProject.instance().mapLayers().values()],
    )


def cancelled_sample(desk: Desktop) -> None:
    """Begin a sample scene, which takes as long as the engine is held, and cancel it."""
    strip, engine = desk.dock._content, hold(desk)
    desk.press(desk.dock.scene_page.sampleScene)
    desk.until(
        lambda: strip.cancel.isVisible() and desk.dock.strip.shown == "source",
        "the sample scene is being made",
    )
    desk.press(strip.cancel)
    go_on(engine)
    desk.until(lambda: desk.dock.strip.shown != "source", "the sample scene is cancelled")
    idle(desk)


def shown_bands(desk: Desktop) -> list[int]:
    """The bands that the scene shows."""
    return list(desk.dock.labelling.scene.renderer().usesBands())


def diagnostics() -> object:
    """The window with the diagnostics, if it is open."""
    found = [w for w in QApplication.topLevelWidgets() if "diagnostics" in w.windowTitle()]
    return next((w for w in found if w.isVisible()), None)


def classes(desk: Desktop) -> None:
    """Add classes, name, rename and recolour them."""
    page = desk.dock.label_page
    for name in ("Forest", "Wahter", "Soil", "Rock"):
        desk.press(page.addClass)
        desk.type_name(name)
    desk.cell(1, NAME, double=True)
    desk.type_name("Water")
    with desk.answering(choose_color("#1e90ff")):
        desk.cell(1, COLOUR, double=True)
    desk.note(classes=shown_classes(desk))


def drawing(desk: Desktop) -> None:
    """Draw a label with each tool."""
    page, drawing = desk.dock.label_page, desk.dock.drawing
    taken = []
    desk.cell(2, NAME)
    desk.press(page.polygon)
    taken.append(drawing.tool)
    desk.key("1")  # the keyboard is with the canvas, not with the table any more
    desk.polygon(4, 4, 16, 14)  # Forest
    desk.key("2")
    desk.drag((60, 5), (75, 5), (75, 20), (68, 20), (60, 20), (60, 6))  # Water
    desk.press(page.rectangle)
    taken.append(drawing.tool)
    desk.key("3")
    desk.drag((5.5, 60.5), (14.5, 69.5))  # Soil: 10 x 10
    desk.press(page.brush)
    taken.append(drawing.tool)
    desk.key("4")
    desk.type_into(page.brushWidth.lineEdit(), "3")
    desk.drag((60.5, 80.5), (70.5, 80.5))  # Rock
    desk.press(page.wand)
    taken.append(drawing.tool)
    desk.type_into(page.tolerance.lineEdit(), "2")
    desk.click(30.5, 30.5)  # in the north-western quarter: not the Rock that is chosen
    desk.key("1")
    seed = drawing.wand
    desk.until(
        lambda: seed._region is not None and not seed._waiting, "the wand has found a region"
    )
    before, view = seed._region.area(), desk.canvas.extent()
    desk.wheel(-3)
    narrow, tolerance = seed._region.area(), page.tolerance.value()
    desk.wheel(20)
    wide, unmoved = seed._region.area(), desk.canvas.extent() == view
    desk.key("Return")
    desk.until(lambda: len(labels_on_disk(desk)) == 5, "five labels are drawn")
    desk.press(page.hole)
    taken.append(drawing.tool)
    desk.polygon(30, 30, 36, 36)
    desk.note(
        taken=taken,
        wand={"areas": [narrow, before, wide], "tolerance": tolerance, "unmoved": unmoved},
        drawn=labels_on_disk(desk),
        shown=shown_classes(desk),
    )


def editing(desk: Desktop) -> None:
    """Move a label, give it another class, delete another one."""
    page = desk.dock.label_page
    desk.press(page.edit)
    desk.click(10, 65)
    desk.drag((10.5, 65.5), (20.5, 75.5))  # Soil: ten pixels to the right and down
    moved = labels_on_disk(desk)
    desk.key("4")
    reclassed = labels_on_disk(desk)
    desk.key("3")
    desk.click(65, 80.5)
    desk.key("Delete")
    desk.note(moved=moved, reclassed=reclassed, deleted=labels_on_disk(desk))


def undoing(desk: Desktop) -> None:
    """Undo and redo, by keys and by buttons; drop what is being drawn."""
    page = desk.dock.label_page
    counts = [len(labels_on_disk(desk))]
    for action in (
        lambda: desk.key("Z", "Control"),
        lambda: desk.key("Y", "Control"),
        lambda: desk.press(page.undo),
        lambda: desk.press(page.redo),
        lambda: desk.press(page.undo),
        lambda: desk.key("Z", "Control", "Shift"),
        lambda: desk.key("Z", "Control"),
    ):
        action()
        counts.append(len(labels_on_disk(desk)))
    desk.key("P")
    desk.click(80, 40)
    desk.click(90, 40)
    desk.key("Escape")
    desk.click(85, 45, RIGHT)
    counts.append(len(labels_on_disk(desk)))
    desk.press(page.snap)
    desk.polygon(80.3, 40.3, 90.3, 45.3)
    desk.press(page.snap)
    desk.press(page.polygon)  # put away again
    desk.note(counts=counts, unsnapped=labels_on_disk(desk)[-1], tool=desk.dock.drawing.tool)


def changing_classes(desk: Desktop) -> None:
    """Merge two classes, remove another with its labels, and undo that."""
    page = desk.dock.label_page
    desk.cell(2, NAME)
    desk.cell(3, NAME, held=Qt.KeyboardModifier.ControlModifier)
    desk.press(page.mergeClasses)
    merged = shown_classes(desk)
    desk.cell(0, NAME)
    with desk.answering(press_key("Return")):
        desk.press(page.removeClass)
    removed, left = shown_classes(desk), len(labels_on_disk(desk))
    desk.press(page.undo)
    table = page.classes
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Insert)
    desk.type_name("Spare")
    added = shown_classes(desk)
    desk.cell(len(added) - 1, NAME)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    desk.note(
        merged=merged,
        removed=removed,
        left=left,
        back=[len(labels_on_disk(desk)), len(added) - 1],
        kept=shown_classes(desk),
    )


def exchange(desk: Desktop) -> None:
    """Export the classes; import classes and labels from a layer."""
    page = desk.dock.label_page
    path = desk.folder / "classes.csv"

    def menu(entry: str, *then: object) -> None:
        with desk.answering(choose_entry(entry), *then):
            desk.press(page.classMenu)

    menu("Export classes", choose_file(path))
    layer = QgsVectorLayer(
        "Polygon?crs=EPSG:32633&field=class_id:integer&field=class_name:string", "others", "memory"
    )
    feature = QgsFeature(layer.fields())
    feature.setAttributes([7, "Road"])
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(500800, 5799400, 500850, 5799450)))
    layer.dataProvider().addFeature(feature)
    category = QgsRendererCategory(7, QgsFillSymbol.createSimple({"color": "#ff00ff"}), "Road")
    layer.setRenderer(QgsCategorizedSymbolRenderer("class_id", [category]))
    QgsProject.instance().addMapLayer(layer)
    menu("Import classes from a layer", press_key("Return"))
    imported = shown_classes(desk)
    menu("Import labels from a layer", press_key("Return"))
    from_layer = labels_on_disk(desk)[-1]
    path.write_text(path.read_text() + "9,Snow,#ffffff\n")
    menu("Import classes from a file", choose_file(path))
    desk.note(
        exported=path.read_text(),
        imported=imported,
        from_layer=from_layer,
        from_file=shown_classes(desk),
    )
    desk.cell(len(shown_classes(desk)) - 1, NAME)
    desk.press(page.removeClass)  # it has no labels: nothing is asked
    QgsProject.instance().removeMapLayer(layer.id())


def spectra(desk: Desktop) -> None:
    """Follow the cursor, pin and compare spectra, switch the means off and on."""
    page = desk.dock.label_page
    plot = page.plot
    desk.press(page.polygon)
    desk.move(20.5, 20.5)
    desk.until(lambda: followed_pixel(desk) == (20, 20), "the spectrum under the cursor is shown")
    desk.press(page.pin)
    desk.move(70.5, 70.5)
    desk.until(lambda: followed_pixel(desk) == (70, 70), "the spectrum follows")
    desk.canvas.setFocus()
    desk.key("S")
    pins = len(plot._pins)
    labelled = [name for _, _, name, labels in shown_classes(desk) if labels]
    desk.until(
        lambda: [curve.name for curve in plot._classes] == labelled,
        f"the means of all labelled classes are shown, {labelled}",
    )
    means = [len(plot._classes)]
    for _ in range(2):
        desk.press(page.showMeans)
        means.append(len(plot._classes))
    desk.press(page.clearPins)
    pins = [pins, len(plot._pins)]
    desk.press(page.followCursor)
    followed = plot._cursor
    desk.press(page.followCursor)
    desk.note(pins=pins, means=means, unfollowed=followed is None)


def followed_pixel(desk: Desktop) -> tuple[int, int] | None:
    """The row and the column of the spectrum that follows the cursor."""
    cursor = desk.dock.label_page.plot._cursor
    return None if cursor is None else (cursor.row, cursor.col)


def session(desk: Desktop) -> None:
    """Save the session."""
    desk.show_page(0)
    with desk.answering(choose_file(desk.folder / "session.gpkg")):
        desk.press(desk.dock.scene_page.saveSession)
    desk.until(lambda: "was saved" in desk.status, "the session is saved")
    desk.note(session=desk.status)


def save(desk: Desktop) -> None:
    """Save the project by QGIS's own means, with the dock on a certain page."""
    dock = desk.dock
    desk.show_page(2)
    desk.choose(dock.map_page.mode, "Confidence")
    dock.map_page.opacity.setFocus()
    QTest.keyClick(dock.map_page.opacity, Qt.Key.Key_Left)
    if desk.settings["engine"]:
        map_is_up_to_date(desk)  # else the history might change after it was saved
    project = QgsProject.instance()
    project.setFileName(str(desk.folder / "work.qgz"))
    iface.actionSaveProject().trigger()
    desk.until(lambda: not project.isDirty(), "the project is saved")
    state = dock.state()
    desk.note(state=state, labels=labels_on_disk(desk), final=shown_classes(desk))
