"""The menu of classes: their order, their colours, imports and exports."""

from __future__ import annotations

import pytest


@pytest.fixture
def menu(window, labelling):
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.class_menu import ClassMenu
    from hsi_film_plugin.dock.drawing import Drawing

    owner = QObject()
    drawing = Drawing(window.canvas, labelling, owner)
    menu = ClassMenu(labelling, drawing, window)
    menu.drawing, menu.owner = drawing, owner
    yield menu
    drawing.close()


@pytest.fixture
def scene(labelling, add_scene, menu):
    layer = add_scene()
    labelling.set_scene(layer)
    return layer


@pytest.fixture
def labels(labelling, scene, give_labels):
    return give_labels(labelling, "Forest", "Water", "Rock")


def answers(monkeypatch, **by_name):
    """Lets dialogs answer: file, color."""
    from qgis.PyQt.QtGui import QColor
    from qgis.PyQt.QtWidgets import QColorDialog, QFileDialog

    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *a: (str(by_name.get("file", "")), ""))
    monkeypatch.setattr(QColorDialog, "getColor", lambda *a: QColor(by_name.get("color", "")))


def entry(menu, start):
    """The entry of the menu whose text begins so."""
    (found,) = [action for action in menu.actions() if action.text().startswith(start)]
    return found


def names(labels):
    return [known.name for known in labels.classes.classes()]


def test_the_current_class_moves_and_its_key_with_it(menu, labels):
    menu.drawing.choose_class(3)
    entry(menu, "Move up").trigger()
    assert names(labels) == ["Forest", "Rock", "Water"]
    entry(menu, "Move up").trigger()
    entry(menu, "Move up").trigger()  # it is the first already
    assert names(labels) == ["Rock", "Forest", "Water"]
    entry(menu, "Move down").trigger()
    assert names(labels) == ["Forest", "Rock", "Water"]
    assert menu.drawing.current_class == 3


def test_without_a_class_there_is_nothing_to_move_or_colour(menu, scene, labelling, monkeypatch):
    answers(monkeypatch, color="#123456")
    for start in ("Move up", "Move down", "Change colour"):
        entry(menu, start).trigger()
    assert labelling.problems == ["Add or choose a class first."] * 3


def test_the_current_class_gets_another_colour(menu, labels, monkeypatch):
    menu.drawing.choose_class(2)
    answers(monkeypatch, color="#123456")
    entry(menu, "Change colour").trigger()
    assert labels.classes.find(2).color == "#123456"
    answers(monkeypatch)  # cancelled
    entry(menu, "Change colour").trigger()
    assert labels.classes.find(2).color == "#123456"


def test_many_classes_are_taken_in_at_once(menu, labels, monkeypatch, tmp_path):
    lines = [f"{number},Kind {number},#0000ff" for number in range(1, 51)]
    (tmp_path / "classes.csv").write_text("\n".join(["class_id,class_name,color", *lines]))
    answers(monkeypatch, file=tmp_path / "classes.csv")
    changes = []
    labels.classes.changed.connect(lambda: changes.append(True))
    entry(menu, "Import classes from a file").trigger()
    assert len(changes) == 1
    classes = labels.classes.classes()
    assert len(classes) == 53
    assert {c.name: c.class_id for c in classes}["Kind 4"] == 4
    assert {c.name: c.class_id for c in classes}["Kind 1"] == 51
    assert labels.counts() == {1: 1, 2: 1, 3: 1}


def test_classes_of_a_paletted_raster_are_imported(
    menu, labels, scene, write_map, tmp_path, empty_project, monkeypatch
):
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer
    from qgis.gui import QgsMapLayerComboBox
    from qgis.PyQt.QtGui import QColor
    from qgis.PyQt.QtWidgets import QDialog

    write_map(tmp_path / "map.tif", (500000, 5799360, 500640, 5800000), bands=1)
    layer = QgsRasterLayer(str(tmp_path / "map.tif"), "map")
    kinds = [QgsPalettedRasterRenderer.Class(9, QColor("#ff0000"), "Road")]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, kinds))
    empty_project.addMapLayer(layer)
    offered = []

    def accept(dialog):
        combo = dialog.findChild(QgsMapLayerComboBox)
        offered.extend(combo.layer(i).name() for i in range(combo.count()))
        return True

    monkeypatch.setattr(QDialog, "exec", accept)
    entry(menu, "Import classes from a layer").trigger()
    assert offered == ["map"]  # neither the scene nor its own labels
    assert labels.classes.find(9).name == "Road"


def test_classes_of_a_file_are_added_to_those_there(menu, labels, monkeypatch, tmp_path):
    path = tmp_path / "classes.csv"
    path.write_text("class_id,class_name,color\n2,Lake,#0000ff\n7,Road,#ff0000\n8,Rock,#00ff00\n")
    answers(monkeypatch, file=path)
    entry(menu, "Import classes from a file").trigger()
    # a name that is there already is left out, a number that is taken becomes another
    assert names(labels) == ["Forest", "Water", "Rock", "Lake", "Road"]
    assert len({known.class_id for known in labels.classes.classes()}) == 5


def test_a_broken_file_of_classes_is_refused(menu, labels, labelling, monkeypatch, tmp_path):
    path = tmp_path / "classes.csv"
    path.write_text("nonsense")
    answers(monkeypatch, file=path)
    entry(menu, "Import classes from a file").trigger()
    assert labelling.problems
    assert names(labels) == ["Forest", "Water", "Rock"]
    answers(monkeypatch, file=tmp_path / "missing.csv")
    entry(menu, "Import classes from a file").trigger()
    assert len(labelling.problems) == 2


def test_classes_are_exported_and_read_again(menu, labels, monkeypatch, tmp_path):
    from hsi_film_plugin.dock.class_transfer import read_classes

    answers(monkeypatch)  # cancelled
    entry(menu, "Export").trigger()
    answers(monkeypatch, file=tmp_path / "out.csv")
    entry(menu, "Export").trigger()
    assert read_classes(tmp_path / "out.csv") == labels.classes.classes()


def test_exporting_without_labels_says_so(menu, scene, labelling, monkeypatch, tmp_path):
    answers(monkeypatch, file=tmp_path / "out.csv")
    entry(menu, "Export").trigger()
    assert labelling.problems
    assert not (tmp_path / "out.csv").exists()


def test_labels_of_another_layer_are_imported(menu, scene, labelling, polygons, monkeypatch):
    from qgis.core import QgsProject
    from qgis.PyQt.QtWidgets import QDialog

    QgsProject.instance().addMapLayer(polygons)
    monkeypatch.setattr(QDialog, "exec", lambda self: True)
    entry(menu, "Import labels").trigger()
    labels = labelling.labels
    assert labels.layer.featureCount() == 3
    assert sorted(names(labels)) == ["Wald", "Wasser"]
    assert menu.drawing.current_class is not None


def test_importing_needs_another_layer(menu, labels, labelling, empty_project):
    entry(menu, "Import labels").trigger()
    assert "no other layer" in labelling.problems[-1]


def test_classes_of_another_layer_are_imported(menu, labels, polygons, monkeypatch):
    from qgis.core import (
        QgsCategorizedSymbolRenderer,
        QgsFillSymbol,
        QgsProject,
        QgsRendererCategory,
    )
    from qgis.PyQt.QtWidgets import QDialog

    kinds = [QgsRendererCategory(9, QgsFillSymbol.createSimple({"color": "#ff0000"}), "Road")]
    polygons.setRenderer(QgsCategorizedSymbolRenderer("class_id", kinds))
    QgsProject.instance().addMapLayer(polygons)
    monkeypatch.setattr(QDialog, "exec", lambda self: True)
    entry(menu, "Import classes from a layer").trigger()
    assert names(labels) == ["Forest", "Water", "Rock", "Road"]
