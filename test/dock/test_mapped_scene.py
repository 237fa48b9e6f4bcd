"""What a live map is made from, without an engine."""

from __future__ import annotations

import pytest


@pytest.fixture
def subject(qgis, make_scene, tmp_path):
    from qgis.core import QgsRasterLayer
    from qgis.gui import QgsMapCanvas

    from hsi_film_plugin.dock.live_state import PreviewSettings
    from hsi_film_plugin.dock.mapped_scene import MappedScene
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    layer = QgsRasterLayer(make_scene(tmp_path / "scene.tif"), "my scene", "gdal")
    canvas = QgsMapCanvas()
    canvas.setDestinationCrs(layer.crs())
    canvas.setExtent(layer.extent())
    subject = MappedScene(canvas, PreviewSettings())
    subject.layer, subject.grid, subject.canvas = layer, PixelGrid.of(layer), canvas
    return subject


class Labels:
    """As much of a label layer as is asked before any label is drawn."""

    def __init__(self, **counts):
        self._counts = {int(name[1:]): count for name, count in counts.items()}

    def counts(self):
        return self._counts


def test_nothing_lacks_when_the_scene_is_in_view(subject):
    assert subject.lack() == ""
    assert subject.part().box == (500000, 5799360, 500640, 5800000)


def test_lack_names_the_scene_that_is_out_of_view(subject):
    from qgis.core import QgsRectangle

    subject.canvas.setExtent(QgsRectangle(0, 0, 1, 1))
    assert "“my scene” is not in view" in subject.lack()


def test_lack_of_a_scene_is_told(subject):
    subject.layer = None
    assert "Choose" in subject.lack()


@pytest.mark.parametrize(
    ("labels", "lacks"),
    [
        (None, "first class"),
        (Labels(), "first class"),
        (Labels(c1=0), "first class"),
        (Labels(c1=4, c2=0), "second class"),
    ],
)
def test_lack_of_labels_says_what_to_draw_next(subject, labels, lacks):
    subject.labels = labels
    assert lacks in subject.label_lack()


def test_labels_of_two_classes_are_enough(subject):
    subject.labels = Labels(c1=1, c2=1)
    assert subject.label_lack() == ""


def test_task_out_of_view_is_refused(subject):
    from qgis.core import QgsProcessingException, QgsRectangle

    subject.canvas.setExtent(QgsRectangle(0, 0, 1, 1))
    with pytest.raises(QgsProcessingException, match="not in view"):
        subject.preview_task()


def test_features_are_cached_for_the_user_unless_told_otherwise(subject, monkeypatch, tmp_path):
    from hsi_film_plugin.dock import mapped_scene

    monkeypatch.setattr(mapped_scene, "cache_folder", lambda: tmp_path / "cache")
    seen = []

    class Client:
        def run(self, method, params, on_progress, is_cancelled, on_log=None):
            seen.append(params["cache"])
            return {}

    subject._client = Client
    subject.prepare_task(subject.part()).run()
    assert seen == [str(tmp_path / "cache" / "features")]
