"""The table of classes."""

from __future__ import annotations

import pytest


@pytest.fixture
def labels(qgis, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    from hsi_film_plugin.dock.label_layer import LabelLayer

    labels = LabelLayer.create(
        tmp_path / "labels.gpkg", QgsCoordinateReferenceSystem("EPSG:32633"), "my labels"
    )
    for name in ("Water", "Forest", "Sand"):
        labels.classes.add(name)
    return labels


@pytest.fixture
def model(labels):
    from hsi_film_plugin.dock.class_table import ClassTableModel

    model = ClassTableModel()
    model.set_labels(labels)
    return model


def square(x=0.0):
    from qgis.core import QgsGeometry, QgsRectangle

    return QgsGeometry.fromRect(QgsRectangle(x, 0, x + 10, 10))


def column(model, column, role=None):
    from qgis.PyQt.QtCore import Qt

    role = Qt.ItemDataRole.DisplayRole if role is None else role
    return [model.index(row, column).data(role) for row in range(model.rowCount())]


def statistics(class_id, light, pixels=12):
    from hsi_film_plugin.dock.label_statistics import ClassStatistics, Light

    return ClassStatistics(class_id, 1, pixels, 1, Light(light), f"advice {class_id}")


def test_rows_are_the_classes_with_their_keys(qgis, model, labels):
    from hsi_film_plugin.dock.class_table import Column

    assert column(model, Column.NAME) == ["Water", "Forest", "Sand"]
    for number in range(9):
        labels.classes.add(f"more {number}")
    assert column(model, Column.KEY) == [str(i) for i in range(1, 10)] + ["", "", ""]
    assert model.class_at(1).name == "Forest"
    assert model.class_at(99) is None
    assert model.row_of(3) == 2
    assert model.row_of(99) == -1


def test_labels_and_pixels_are_shown_as_they_become_known(qgis, model, labels, do_what_is_due):
    from qgis.PyQt.QtCore import Qt

    from hsi_film_plugin.dock.class_table import Column

    labels.add(square(), 2, "polygon")
    do_what_is_due()
    assert column(model, Column.POLYGONS) == [0, 1, 0]
    assert column(model, Column.PIXELS) == ["…"] * 3
    model.set_statistics((statistics(1, "none", 0), statistics(2, "good"), statistics(3, "fair")))
    assert column(model, Column.PIXELS) == [0, 12, 12]
    assert column(model, Column.LIGHT, Qt.ItemDataRole.ToolTipRole)[1] == "advice 2"
    assert column(model, Column.LIGHT, Qt.ItemDataRole.AccessibleTextRole)[2] == "advice 3"


def test_lights_differ_without_colour_vision(qgis):
    from qgis.PyQt.QtGui import QImage

    from hsi_film_plugin.dock.class_table import light_icon
    from hsi_film_plugin.dock.label_statistics import Light

    filled = []
    for light in Light:
        image = light_icon(light).pixmap(16, 16).toImage()
        image = image.convertToFormat(QImage.Format.Format_ARGB32)
        size = image.width(), image.height()
        filled.append(
            sum(
                image.pixelColor(x, y).alpha() > 128 for x in range(size[0]) for y in range(size[1])
            )
        )
    assert filled == sorted(set(filled)), "the better, the fuller"


def test_names_and_colours_are_edited_in_the_table(model, labels):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtGui import QColor

    from hsi_film_plugin.dock.class_table import Column

    name, color = model.index(0, Column.NAME), model.index(0, Column.COLOUR)
    assert name.flags() & Qt.ItemFlag.ItemIsEditable
    assert not color.flags() & Qt.ItemFlag.ItemIsEditable
    assert model.setData(name, "Lake")
    assert model.setData(color, QColor("#123456"))
    assert not model.setData(name, "  "), "an emptied editor keeps the name"
    assert labels.classes.find(1).name == "Lake"
    assert color.data(Qt.ItemDataRole.EditRole) == "#123456"
    problems = []
    labels.problem.connect(problems.append)
    assert not model.setData(color, "no colour")
    assert "no colour" in problems[0]


def test_selection_stays_with_its_class(model, labels):
    from qgis.PyQt.QtCore import QPersistentModelIndex

    from hsi_film_plugin.dock.class_list import LabelClass
    from hsi_film_plugin.dock.class_table import Column

    kept = QPersistentModelIndex(model.index(1, Column.NAME))
    gone = QPersistentModelIndex(model.index(0, Column.NAME))
    labels.classes.move(2, 2)
    assert (kept.row(), kept.data()) == (2, "Forest")
    labels.delete_class(1)
    assert (kept.row(), kept.data()) == (1, "Forest")
    assert not gone.isValid()
    labels.undo_stack.undo()
    assert (kept.row(), kept.data()) == (2, "Forest")
    labels.classes.replace([LabelClass(9, "new", ""), *reversed(labels.classes.classes())])
    assert (kept.row(), kept.data()) == (1, "Forest")
    assert column(model, Column.NAME) == ["new", "Forest", "Sand", "Water"]


def test_the_model_keeps_qts_rules(model, labels):
    from qgis.PyQt.QtTest import QAbstractItemModelTester

    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    labels.classes.add("x")
    labels.classes.move(1, 3)
    # the last row only: the tester takes it for a fault that keys belong to rows, not to classes
    labels.merge_classes([1], 2)
    labels.undo_stack.undo()
    model.set_labels(None)
    assert model.rowCount() == 0
    del tester


def test_a_removed_layer_empties_the_table(qgis, model, labels):
    from qgis.core import QgsProject

    QgsProject.instance().addMapLayer(labels.layer)
    QgsProject.instance().removeMapLayer(labels.layer.id())
    assert model.rowCount() == 0
    model.set_labels(None)
