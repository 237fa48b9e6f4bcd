"""Spectra under the cursor and of the labels, fed to the plot as labels and scene change."""

from __future__ import annotations

import pytest


@pytest.fixture
def panel(window, labelling):
    from qgis.PyQt.QtCore import QObject

    from hsi_film_plugin.dock.spectra_panel import SpectraPanel
    from hsi_film_plugin.dock.spectra_plot import SpectraPlot

    class Plot(SpectraPlot):
        """Remembers what it was told to show."""

        cursor, classes, labels, pins_cleared = None, (), (), 0

        def set_cursor(self, spectrum):
            self.cursor = spectrum
            super().set_cursor(spectrum)

        def set_classes(self, curves):
            self.classes = tuple(curves)
            super().set_classes(curves)

        def set_labels(self, curves):
            self.labels = tuple(curves)
            super().set_labels(curves)

    plot, owner = Plot(), QObject()
    plot.resize(300, 200)
    plot.show()
    panel = SpectraPanel(plot, window.canvas, labelling, owner)
    panel.plot, panel.owner = plot, owner
    yield panel
    panel.close()
    plot.hide()


@pytest.fixture
def scene(panel, labelling, add_scene):
    layer = add_scene()
    labelling.set_scene(layer)
    return layer


def point_at(window, x, y):
    from qgis.core import QgsPointXY

    window.canvas.xyCoordinates.emit(QgsPointXY(x, y))


def counts(panel):
    return {curve.class_id: curve.count for curve in panel.plot.classes}


def test_the_spectrum_under_the_cursor_is_shown(panel, scene, window, until):
    point_at(window, 500105, 5799895)
    until(lambda: panel.plot.cursor is not None)
    assert (panel.plot.cursor.row, panel.plot.cursor.col) == (10, 10)
    point_at(window, 499000, 5799895)  # beside the image
    until(lambda: panel.plot.cursor is None)


def test_the_cursor_may_be_in_another_crs(panel, scene, window, until):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsPointXY,
        QgsProject,
    )

    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    window.canvas.setDestinationCrs(mercator)
    way = QgsCoordinateTransform(scene.crs(), mercator, QgsProject.instance())
    place = way.transform(QgsPointXY(500105, 5799895))
    point_at(window, place.x(), place.y())
    until(lambda: panel.plot.cursor is not None)
    assert (panel.plot.cursor.row, panel.plot.cursor.col) == (10, 10)
    point_at(window, 1e30, 1e30)
    until(lambda: panel.plot.cursor is None)


def test_the_cursor_is_followed_only_if_wanted_and_visible(panel, scene, window, pass_time):
    panel.follow_cursor(False)
    point_at(window, 500105, 5799895)
    panel.plot.hide()
    panel.follow_cursor(True)
    point_at(window, 500105, 5799895)
    pass_time(0.15)
    assert panel.plot.cursor is None


@pytest.mark.parametrize("leave", ["the image", "the tool"])
def test_a_spectrum_that_comes_too_late_is_not_shown(panel, scene, labelling, window, until, leave):
    answers = []
    labelling.reader.pixelRead.connect(answers.append)
    point_at(window, 500105, 5799895)
    if leave == "the image":
        point_at(window, 499000, 5799895)
    else:
        panel.follow_cursor(False)
    until(lambda: answers)
    assert panel.plot.cursor is None


def test_means_of_the_classes_follow_the_labels(
    panel, scene, labelling, give_labels, square, until
):
    labels = give_labels(labelling, "Forest", "Water")
    until(lambda: counts(panel) == {1: 36, 2: 36})
    labelling.add_label(square(20), 1, "polygon")
    until(lambda: counts(panel) == {1: 72, 2: 36})
    labels.undo_stack.undo()
    until(lambda: counts(panel) == {1: 36, 2: 36})
    labels.assign([f.id() for f in labels.layer.getFeatures() if f["class_id"] == 1], 2)
    until(lambda: counts(panel) == {2: 72})


def test_a_reshaped_label_is_read_again(panel, scene, labelling, give_labels, square, until):
    labels = give_labels(labelling, "Forest")
    until(lambda: counts(panel) == {1: 36})
    (feature,) = labels.layer.getFeatures()
    labels.reshape(feature.id(), square(0, size=30))
    until(lambda: counts(panel) == {1: 9})
    # where there is no pixel there is no spectrum
    far = square(0)
    far.translate(-5000, 0)
    labels.reshape(feature.id(), far)
    until(lambda: counts(panel) == {})


def test_more_labels_than_a_batch_are_all_read(panel, scene, labelling, until, square):
    labels = labelling.ensure_labels()
    labels.classes.add("Forest")
    for place in range(40):
        labelling.add_label(square(place, size=20), 1, "polygon")
    until(lambda: counts(panel) == {1: 160})


def test_means_can_be_hidden(panel, scene, labelling, give_labels, until):
    give_labels(labelling, "Forest")
    until(lambda: counts(panel) == {1: 36})
    panel.show_means(False)
    assert panel.plot.classes == ()
    panel.show_means(True)
    assert counts(panel) == {1: 36}


def test_a_click_on_a_mean_opens_its_labels_and_on_a_label_tells_which(
    panel, scene, labelling, give_labels, square, until
):
    told = []
    panel.labelClicked.connect(told.append)
    give_labels(labelling, "Forest", "Water")
    labelling.add_label(square(20), 1, "polygon")
    until(lambda: counts(panel) == {1: 72, 2: 36})
    panel.plot.curveClicked.emit(None, 1)
    assert len(panel.plot.labels) == 2
    fid = panel.plot.labels[0].fid
    panel.plot.curveClicked.emit(fid, 1)
    assert told == [fid]
    panel.plot.curveClicked.emit(None, 1)
    assert panel.plot.labels == ()


def test_labels_of_another_layer_replace_those_before(
    panel, scene, labelling, give_labels, until, tmp_path
):
    give_labels(labelling, "Forest")
    until(lambda: counts(panel) == {1: 36})
    labelling.new_labels(tmp_path / "other.gpkg")
    assert panel.plot.classes == ()


def test_another_scene_forgets_spectra_and_pins(
    panel, scene, labelling, give_labels, add_scene, until, window
):
    give_labels(labelling, "Forest")
    point_at(window, 500105, 5799895)
    until(lambda: counts(panel) == {1: 36} and panel.plot.cursor is not None)
    panel.plot.pin()
    labelling.set_scene(add_scene("other", bands=12))
    assert panel.plot.classes == ()
    assert panel.plot.cursor is None
    assert panel.plot.pins() == ()
    labelling.set_scene(None)
    panel.plot.grab()


def test_a_new_crs_does_not_read_everything_twice(panel, labelling, add_scene):
    from qgis.core import QgsCoordinateReferenceSystem

    scene = add_scene("unplaced", epsg=None)
    labelling.set_scene(scene)
    reader = labelling.reader
    before = reader.receivers(reader.labelsRead), reader.receivers(reader.pixelRead)
    scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert (reader.receivers(reader.labelsRead), reader.receivers(reader.pixelRead)) == before


def test_a_closed_panel_does_not_follow_the_cursor(panel, scene, window, pass_time):
    from hsi_film_plugin.dock.spectra_panel import SpectraPanel

    other = SpectraPanel(panel.plot, window.canvas, panel._labelling, panel.owner)
    before = window.canvas.receivers(window.canvas.xyCoordinates)
    other.close()
    assert window.canvas.receivers(window.canvas.xyCoordinates) == before - 1
