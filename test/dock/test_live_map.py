"""The map that follows labels and canvas, with an engine that does what the test wants."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest


class StandIn:
    """Takes the place of the engine's client: writes small previews, may hold, fail or die."""

    def __init__(self):
        self.jobs = []
        self.held = set()
        self.failures = {}
        self.accuracy = {"overall_accuracy": 0.9, "low": 0.8, "high": 0.95}
        self.threads = set()
        self.began = threading.Event()

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        from hsi_film_plugin.bridge.client import EngineCancelled

        self.threads.add(threading.current_thread())
        self.jobs.append((method, dict(params)))
        on_progress(0.25, f"Doing {method}", None)
        while method in self.held and not is_cancelled():
            time.sleep(0.002)
        if is_cancelled():
            raise EngineCancelled
        if method in self.failures:
            raise self.failures.pop(method)
        if method == "prepare":
            return {"tiles": 4, "computed": 4, "extent": params["extent"], "warnings": []}
        write_preview(params["output"], params["extent"])
        return {
            "output": params["output"],
            "classes": [
                {"value": 1, "name": "Forest", "color": "#228b22"},
                {"value": 2, "name": "Water", "color": "#1e90ff"},
            ],
            "accuracy": self.accuracy,
            "label_polygons": 2,
            "label_pixels": 50,
            "warnings": [],
        }

    def methods(self):
        return [method for method, _ in self.jobs]


def write_preview(path, box):
    import numpy as np
    from osgeo import gdal

    raster = gdal.GetDriverByName("GTiff").Create(path, 8, 8, 3, gdal.GDT_Float32)
    raster.SetGeoTransform((box[0], (box[2] - box[0]) / 8, 0, box[3], 0, (box[1] - box[3]) / 8))
    classes = np.ones((8, 8), np.float32)
    classes[:, 4:] = 2
    for band, values in enumerate((classes, classes / 4, classes / 8), 1):
        raster.GetRasterBand(band).WriteArray(values)
        raster.GetRasterBand(band).SetNoDataValue(-1)
    raster.FlushCache()


@pytest.fixture
def client():
    return StandIn()


@pytest.fixture
def temporary(own_cache):
    folder = own_cache / "work"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def rest(until):
    """Lets more time pass than labels or canvas ever rest."""

    def some_time():
        end = time.monotonic() + 0.6
        until(lambda: time.monotonic() > end)

    return some_time


@pytest.fixture
def scene_layer(make_scene, tmp_path):
    from qgis.core import QgsProject, QgsRasterLayer

    layer = QgsRasterLayer(make_scene(tmp_path / "scene.tif"), "my scene", "gdal")
    QgsProject.instance().addMapLayer(layer)
    yield layer
    QgsProject.instance().clear()


@pytest.fixture
def canvas(scene_layer):
    from qgis.gui import QgsMapCanvas

    canvas = QgsMapCanvas()
    canvas.resize(300, 300)
    canvas.setDestinationCrs(scene_layer.crs())
    canvas.setExtent(scene_layer.extent())
    return canvas


@pytest.fixture
def live(qgis, canvas, client, scene_layer, temporary, tmp_path):
    from hsi_film_plugin.dock.live_map import LiveMap, PreviewSettings
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    live = LiveMap(canvas, PreviewSettings(cache=str(tmp_path / "cache")), client=lambda: client)
    live.points, live.maps, live.states = [], [], []
    live.accuracyChanged.connect(live.points.append)
    live.mapReady.connect(live.maps.append)
    live.stateChanged.connect(live.states.append)
    live.set_scene(scene_layer, PixelGrid.of(scene_layer))
    yield live
    live.close()


@pytest.fixture
def labels(live, scene_layer, tmp_path):
    """An empty label layer with two classes, in the project and in the live map."""
    from qgis.core import QgsProject

    from hsi_film_plugin.dock.label_layer import LabelLayer

    labels = LabelLayer.create(tmp_path / "labels.gpkg", scene_layer.crs(), "labels")
    QgsProject.instance().addMapLayer(labels.layer)
    labels.classes.add("Forest")
    labels.classes.add("Water")
    live.set_labels(labels)
    return labels


def draw(labels, class_id, place=0):
    from qgis.core import QgsGeometry, QgsRectangle

    x, y = 500020.0 + 100 * place, 5799900.0 - 100 * class_id
    box = QgsGeometry.fromRect(QgsRectangle(x, y, x + 50, y + 50))
    return labels.add(box, class_id, "polygon")


def square(labels, class_id, x, y):
    from qgis.core import QgsGeometry, QgsRectangle

    labels.add(QgsGeometry.fromRect(QgsRectangle(x, y, x + 50, y + 50)), class_id, "polygon")


@pytest.fixture
def two_classes(labels):
    draw(labels, 1)
    draw(labels, 2)
    return labels


def zoom(canvas, x, y, half):
    from qgis.core import QgsRectangle

    canvas.setExtent(QgsRectangle(x - half, y - half, x + half, y + half))


def previews():
    from qgis.core import QgsProject

    return QgsProject.instance().mapLayersByName("HSI FiLM preview")


def test_without_a_scene_it_says_what_to_do(qgis, canvas, client):
    from hsi_film_plugin.dock.live_map import LiveMap, PreviewSettings

    live = LiveMap(canvas, PreviewSettings(), client=lambda: client)
    live.automatic = True
    live.refresh()
    assert live.state.kind == "idle"
    assert "Choose" in live.state.text
    assert client.jobs == []
    live.close()


def test_engine_is_not_asked_for_a_map_of_fewer_than_two_classes(live, labels, client, rest):
    draw(labels, 1)
    live.refresh()
    rest()
    assert client.jobs == []
    assert live.state.kind == "waiting"
    assert "second class" in live.state.text


def test_first_map_is_prepared_and_then_shown(live, two_classes, client, until):
    live.refresh()
    until(lambda: live.maps)
    assert client.methods() == ["prepare", "preview"]
    assert live.state.kind == "ready"
    kinds = [state.kind.value for state in live.states]
    assert kinds.index("preparing") < kinds.index("previewing") < kinds.index("ready")
    (layer,) = previews()
    assert layer.isValid()
    assert live.preview.layer is layer


def test_jobs_name_scene_extent_cache_and_labels(live, two_classes, client, until, tmp_path):
    live.refresh()
    until(lambda: live.maps)
    job = dict(client.jobs[-1][1])
    assert job["input"] == str(tmp_path / "scene.tif")
    assert job["cache"] == str(tmp_path / "cache")
    assert job["extent"] == pytest.approx([500000, 5799360, 500640, 5800000])
    assert job["class_field"] == "class_id"
    assert [style["name"] for style in job["styles"]] == ["Forest", "Water"]
    assert "timestep" not in job


def test_engine_never_works_in_the_main_thread(live, two_classes, client, until):
    live.refresh()
    until(lambda: live.maps)
    assert threading.main_thread() not in client.threads


def test_what_is_prepared_is_not_prepared_again(live, two_classes, client, until, canvas):
    live.refresh()
    until(lambda: live.maps)
    zoom(canvas, 500300, 5799700, 100)
    live.refresh()
    until(lambda: len(live.maps) == 2)
    assert client.methods() == ["prepare", "preview", "preview"]


def test_accuracy_comes_with_the_map(live, two_classes, client, until):
    live.refresh()
    until(lambda: live.maps)
    (point,) = live.points
    assert (point.polygons, point.pixels) == (2, 50)
    assert (point.accuracy, point.low, point.high) == (0.9, 0.8, 0.95)
    assert "90%" in live.state.text


def test_map_that_cannot_be_validated_gives_no_accuracy(live, two_classes, client, until):
    client.accuracy = None
    live.refresh()
    until(lambda: live.maps)
    assert live.points == []
    assert "more polygons" in live.state.text


def test_finished_polygon_updates_the_map_when_automatic(live, labels, client, until):
    live.automatic = True
    draw(labels, 1)
    draw(labels, 2)
    until(lambda: live.maps)
    draw(labels, 2, 1)
    until(lambda: len(live.maps) == 2)
    assert client.methods().count("prepare") == 1


def test_polygons_drawn_in_a_row_are_mapped_once(live, two_classes, client, until, rest):
    live.refresh()
    until(lambda: live.maps)
    rest()
    live.automatic = True
    for place in range(5):
        draw(two_classes, 2, place)
    until(lambda: len(live.maps) >= 2)
    rest()
    assert client.methods().count("preview") == 2


def test_new_polygon_supersedes_a_running_map(live, two_classes, client, until):
    live.automatic = True
    client.held = {"preview"}
    until(lambda: "preview" in client.methods())
    draw(two_classes, 1, 2)
    until(lambda: client.methods().count("preview") == 2)
    client.held = set()
    until(lambda: live.maps)
    assert len(live.maps) == 1
    assert live.state.kind == "ready"


def test_labels_say_that_the_map_is_older_when_not_automatic(live, two_classes, until, rest):
    live.refresh()
    until(lambda: live.maps)
    draw(two_classes, 1, 2)
    until(lambda: "older" in live.state.text)
    rest()
    assert len(live.maps) == 1


def test_canvas_is_prepared_in_the_background_when_automatic(live, labels, client, until):
    live.automatic = True
    until(lambda: "prepare" in client.methods())
    until(lambda: live.state.kind == "waiting")
    assert "first class" in live.state.text


def test_canvas_is_followed_when_automatic(live, two_classes, client, until, canvas):
    zoom(canvas, 500100, 5799900, 50)
    live.automatic = True
    until(lambda: live.maps)
    zoom(canvas, 500500, 5799500, 50)
    until(lambda: len(live.maps) == 2)
    assert client.methods() == ["prepare", "preview", "prepare", "preview"]


def test_zooming_into_the_map_asks_for_nothing(live, two_classes, client, until, canvas, rest):
    live.automatic = True
    until(lambda: live.maps)
    zoom(canvas, 500300, 5799700, 60)
    rest()
    assert len(client.jobs) == 2


def test_canvas_is_left_alone_when_not_automatic(live, two_classes, client, canvas, rest):
    zoom(canvas, 500300, 5799700, 60)
    rest()
    assert client.jobs == []


def test_large_view_is_cut_and_that_is_told(live, two_classes, client, until):
    live.set_most_pixels(32 * 32)
    live.refresh()
    until(lambda: live.maps)
    xmin, ymin, xmax, ymax = client.jobs[-1][1]["extent"]
    assert (xmax - xmin) * (ymax - ymin) / 100 <= 32 * 32
    assert "32 × 32 of 64 × 64" in live.state.text


def test_scene_out_of_view_is_told(live, two_classes, client, canvas, rest):
    zoom(canvas, 700000, 5000000, 100)
    live.automatic = True
    rest()
    live.refresh()
    assert live.state.kind == "waiting"
    assert "not in view" in live.state.text
    assert client.jobs == []


def test_progress_is_told_while_preparing(live, two_classes, client, until):
    client.held = {"prepare"}
    live.refresh()
    until(lambda: live.state.fraction == 0.25)
    assert live.state.kind == "preparing"
    assert live.state.text == "Doing prepare"


def test_cancelled_preparation_says_so_and_maps_nothing(live, two_classes, client, until, rest):
    client.held = {"prepare"}
    live.refresh()
    until(lambda: client.jobs)
    live.cancel()
    until(lambda: live.state.kind == "idle")
    assert "Stopped" in live.state.text
    client.held = set()
    rest()
    assert client.methods() == ["prepare"]


def test_cancelled_map_keeps_the_one_before(live, two_classes, client, until, temporary):
    live.refresh()
    until(lambda: live.maps)
    source = live.preview.layer.source()
    client.held = {"preview"}
    live.refresh()
    until(lambda: client.methods().count("preview") == 2)
    live.cancel()
    until(lambda: live.state.kind == "ready")
    assert live.preview.layer.source() == source
    assert [str(path) for path in temporary.rglob("*.tif")] == [source]


def failures(live):
    """What has failed so far: the next state may come at once, with a view that rests."""
    return [state.text for state in live.states if state.kind == "failed"]


@pytest.mark.parametrize("method", ["prepare", "preview"])
def test_engine_that_dies_is_told_and_the_next_request_works(
    live, two_classes, client, until, method
):
    from hsi_film_plugin.bridge.client import EngineFailure

    client.failures[method] = EngineFailure("The engine was killed for memory.", "died")
    live.refresh()
    until(lambda: failures(live))
    assert failures(live)[0].startswith("The engine was killed for memory.")
    live.refresh()
    until(lambda: live.maps)
    assert live.state.kind == "ready"


def test_missing_engine_is_told_with_its_sentence(
    qgis, canvas, scene_layer, temporary, until, monkeypatch
):
    from hsi_film_plugin.bridge.client import EngineFailure
    from hsi_film_plugin.dock import engine_task
    from hsi_film_plugin.dock.live_map import LiveMap, PreviewSettings
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    def none_there(setting):
        raise EngineFailure("The engine is not installed.", "missing")

    monkeypatch.setattr(engine_task, "shared_client", none_there)
    live = LiveMap(canvas, PreviewSettings())
    live.states = []
    live.stateChanged.connect(live.states.append)
    live.set_scene(scene_layer, PixelGrid.of(scene_layer))
    live.prepare()
    until(lambda: failures(live))
    assert failures(live) == ["The engine is not installed."]
    live.close()


def test_scene_that_is_no_plain_file_is_told(live, two_classes, scene_layer, monkeypatch):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.dock import mapped_scene

    def refuse(layer, name):
        raise QgsProcessingException("It is no file.")

    monkeypatch.setattr(mapped_scene, "raster_file", refuse)
    live.refresh()
    assert live.state.kind == "failed"
    assert live.state.text == "It is no file."


@pytest.mark.parametrize("method", ["prepare", "preview"])
def test_scene_removed_in_mid_run_leaves_nothing(
    live, two_classes, client, until, scene_layer, temporary, method, rest
):
    from qgis.core import QgsProject

    client.held = {method}
    live.refresh()
    until(lambda: method in client.methods())
    QgsProject.instance().removeMapLayer(scene_layer.id())
    assert live.state.kind == "idle"
    assert "removed" in live.state.text
    until(lambda: not previews() and not list(temporary.iterdir()))
    rest()
    assert list(temporary.iterdir()) == []
    assert previews() == []


def test_scene_removed_takes_the_map_along(live, two_classes, until, scene_layer, temporary):
    from qgis.core import QgsProject

    live.refresh()
    until(lambda: live.maps)
    QgsProject.instance().removeMapLayer(scene_layer.id())
    until(lambda: not previews() and not list(temporary.iterdir()))


@pytest.mark.parametrize("held", [set(), {"prepare"}, {"preview"}])
def test_cleared_project_leaves_nothing(live, two_classes, client, until, temporary, held):
    from qgis.core import QgsProject

    client.held = held
    live.refresh()
    until(lambda: live.maps if not held else held <= set(client.methods()))
    QgsProject.instance().clear()
    assert live.state.kind == "idle"
    until(lambda: not list(temporary.iterdir()))
    assert previews() == []


def test_labels_removed_in_mid_run_leave_nothing(live, two_classes, client, until, temporary):
    from qgis.core import QgsProject

    client.held = {"preview"}
    live.refresh()
    until(lambda: "preview" in client.methods())
    QgsProject.instance().removeMapLayer(two_classes.layer.id())
    until(lambda: live.state.kind == "waiting")
    assert "first class" in live.state.text
    until(lambda: not list(temporary.iterdir()))
    assert previews() == []


def test_other_labels_take_the_map_of_the_old_ones_away(live, two_classes, until, tmp_path):
    live.refresh()
    until(lambda: live.maps)
    live.set_labels(None)
    until(lambda: not previews())
    live.set_labels(two_classes)
    live.refresh()
    until(lambda: len(live.maps) == 2)
    assert len(previews()) == 1


def test_labels_that_are_all_deleted_ask_for_new_ones(live, two_classes, until):
    live.automatic = True
    until(lambda: live.maps)
    two_classes.remove([feature.id() for feature in two_classes.layer.getFeatures()])
    until(lambda: live.state.kind == "waiting")


def test_deleted_preview_comes_back_with_the_next_map(live, two_classes, until, temporary):
    from qgis.core import QgsProject

    live.refresh()
    until(lambda: live.maps)
    QgsProject.instance().removeMapLayer(live.preview.layer.id())
    assert live.preview.layer is None
    until(lambda: not list(temporary.iterdir()))
    live.refresh()
    until(lambda: len(live.maps) == 2)
    assert len(previews()) == 1


def test_view_in_another_crs_gives_the_same_pixels(live, two_classes, client, until, canvas):
    from qgis.core import QgsCoordinateReferenceSystem

    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    live.refresh()
    until(lambda: live.maps)
    assert client.jobs[-1][1]["extent"] == pytest.approx([500000, 5799360, 500640, 5800000])


def test_crs_of_the_scene_may_change_in_mid_run(live, two_classes, client, until, scene_layer):
    from qgis.core import QgsCoordinateReferenceSystem

    client.held = {"preview"}
    live.refresh()
    until(lambda: "preview" in client.methods())
    scene_layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    client.held = set()
    until(lambda: live.maps)
    assert live.preview.layer.crs().authid() == "EPSG:32632"
    scene_layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert live.preview.layer.crs().authid() == "EPSG:32633"


def test_scene_without_crs_is_mapped(
    live, client, until, make_scene, tmp_path, canvas, two_classes
):
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer

    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    layer = QgsRasterLayer(make_scene(tmp_path / "bare.tif", epsg=None), "bare", "gdal")
    layer.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayer(layer)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem())
    canvas.setExtent(layer.extent())
    live.set_scene(layer, PixelGrid.of(layer))
    live.refresh()
    until(lambda: live.maps)
    assert client.jobs[-1][1]["extent"] == pytest.approx([0, -64, 64, 0])


def test_other_settings_prepare_anew(live, two_classes, client, until):
    live.refresh()
    until(lambda: live.maps)
    live.set_engine("", "cpu")
    live.refresh()
    until(lambda: len(live.maps) == 2)
    assert client.methods() == ["prepare", "preview"] * 2
    assert client.jobs[-1][1]["device"] == "cpu"


def test_backbone_is_given_to_the_engine_by_its_folder(
    live, two_classes, client, until, monkeypatch, tmp_path
):
    from hsi_film_plugin.dock import mapped_scene

    monkeypatch.setattr(mapped_scene, "backbone_folder", lambda name: tmp_path / name)
    live.set_engine("mine", "auto")
    live.refresh()
    until(lambda: live.maps)
    assert {params["backbone"] for _, params in client.jobs} == {str(tmp_path / "mine")}


def test_backbone_that_is_gone_is_told(live, two_classes, client, until):
    live.set_engine("gone", "auto")
    live.refresh()
    until(lambda: failures(live))
    assert "gone" in failures(live)[0]
    assert client.jobs == []


@pytest.mark.parametrize("held", [set(), {"prepare"}, {"preview"}])
def test_closing_in_mid_run_leaves_nothing(
    qgis, canvas, scene_layer, client, temporary, until, held, labels, two_classes
):
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.live_map import LiveMap, PreviewSettings
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    live = LiveMap(canvas, PreviewSettings(), client=lambda: client)
    maps = []
    live.mapReady.connect(maps.append)
    live.set_scene(scene_layer, PixelGrid.of(scene_layer))
    live.set_labels(two_classes)
    client.held = held
    live.refresh()
    until(lambda: maps if not held else held <= set(client.methods()))
    live.close()
    sip.delete(live)
    client.held = set()
    zoom(canvas, 500300, 5799700, 60)
    draw(two_classes, 1, 3)
    until(lambda: not list(temporary.iterdir()))
    assert previews() == []


def test_recoloured_class_is_recoloured_in_the_map(live, two_classes, client, until, rest):
    live.refresh()
    until(lambda: live.maps)
    two_classes.classes.recolour(1, "#abcdef")
    until(lambda: live.preview.layer.renderer().classes()[0].color.name() == "#abcdef")
    rest()
    assert client.methods() == ["prepare", "preview"]


def test_old_previews_are_removed_from_disk(live, two_classes, until, temporary):
    for count in range(1, 4):
        live.refresh()
        until(lambda count=count: len(live.maps) == count)
    assert [str(path) for path in temporary.rglob("*.tif")] == [live.preview.layer.source()]
    assert Path(live.preview.layer.source()).exists()


@pytest.mark.slow
def test_real_engine_maps_what_was_drawn(
    qgis, canvas, scene_layer, temporary, tmp_path, until, monkeypatch
):
    from qgis.core import QgsPointXY, QgsProject

    from hsi_film_plugin.bridge.client import close_shared_client
    from hsi_film_plugin.bridge.environment import engine_status
    from hsi_film_plugin.dock.label_layer import LabelLayer
    from hsi_film_plugin.dock.live_map import LiveMap, PreviewSettings
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    status = engine_status()
    if not status.ready:
        pytest.skip(status.message)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    live = LiveMap(canvas, PreviewSettings(device="cpu", cache=str(tmp_path / "cache")))
    labels = LabelLayer.create(tmp_path / "labels.gpkg", scene_layer.crs(), "labels")
    QgsProject.instance().addMapLayer(labels.layer)
    labels.classes.add("North-west")
    labels.classes.add("The rest")
    live.set_scene(scene_layer, PixelGrid.of(scene_layer))
    live.set_labels(labels)
    for place in range(3):
        draw(labels, 1, place)
    for x, y in ((500450, 5799800), (500450, 5799500), (500100, 5799500)):
        square(labels, 2, x, y)
    maps = []
    live.mapReady.connect(maps.append)
    live.refresh()
    until(lambda: maps or live.state.kind == "failed", seconds=120)
    assert live.state.kind == "ready", live.state.text
    provider = live.preview.layer.dataProvider()
    assert provider.sample(QgsPointXY(500105, 5799895), 1) == (1.0, True)
    assert provider.sample(QgsPointXY(500505, 5799505), 1) == (2.0, True)
    assert 0 <= provider.sample(QgsPointXY(500505, 5799505), 2)[0] <= 1
    live.close()
    close_shared_client()
    assert list(temporary.iterdir()) == []
