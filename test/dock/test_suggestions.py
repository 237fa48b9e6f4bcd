"""Where to label next: asked, visited, accepted and skipped, with a stand-in engine."""

from __future__ import annotations

import time

import pytest


class StandIn:
    """Takes the place of the engine's client: suggests squares along the diagonal."""

    def __init__(self):
        self.jobs = []
        self.held = False
        self.failure = None
        self.first = 0

    def run(self, method, params, on_progress, is_cancelled, on_log=None):
        from hsi_film_plugin.bridge.client import EngineCancelled

        self.jobs.append((method, dict(params)))
        while self.held and not is_cancelled():
            time.sleep(0.002)
        if is_cancelled():
            raise EngineCancelled
        if self.failure is not None:
            raise self.failure
        numbers = range(self.first, self.first + params.get("count", 5))
        return {"suggestions": [self.place(number) for number in numbers]}

    @staticmethod
    def place(number):
        x, y = 500030.0 + 60 * number, 5799970.0 - 60 * number
        west, east, south, north = x - 20, x + 20, y - 20, y + 20
        return {
            "x": x,
            "y": y,
            "row": 3 + 6 * number,
            "col": 3 + 6 * number,
            "wkt": f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},"
            f"{west} {south}))",
            "pixels": 16,
            "class_value": 1,
            "class_name": "Forest",
            "confidence": 0.4,
            "score": 1.0 - 0.1 * number,
            "reason": "Forest or water: the model is unsure.",
        }


@pytest.fixture
def client():
    return StandIn()


@pytest.fixture
def canvas(qgis, make_scene, tmp_path):
    from qgis.core import QgsProject, QgsRasterLayer
    from qgis.gui import QgsMapCanvas

    canvas = QgsMapCanvas()
    canvas.resize(400, 400)
    canvas.layer = QgsRasterLayer(make_scene(tmp_path / "scene.tif"), "my scene", "gdal")
    QgsProject.instance().addMapLayer(canvas.layer)
    canvas.setDestinationCrs(canvas.layer.crs())
    canvas.setExtent(canvas.layer.extent())
    yield canvas
    QgsProject.instance().clear()


@pytest.fixture
def live(canvas, client):
    from hsi_film_plugin.dock.live_map import LiveMap, PreviewSettings
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    live = LiveMap(canvas, PreviewSettings(), client=lambda: client)
    live.set_scene(canvas.layer, PixelGrid.of(canvas.layer))
    yield live
    live.close()


@pytest.fixture
def suggestions(canvas, live):
    from hsi_film_plugin.dock.suggestions import Suggestions

    suggestions = Suggestions(canvas, live)
    suggestions.told = []
    suggestions.failed.connect(suggestions.told.append)
    yield suggestions
    suggestions.close()


@pytest.fixture
def three(suggestions, until):
    suggestions.ask(3)
    until(lambda: suggestions.items())
    return suggestions


def markers(canvas):
    from hsi_film_plugin.dock.suggestion_markers import Pin

    return [item for item in canvas.scene().items() if isinstance(item, Pin)]


def test_places_of_the_visible_part_are_asked_for(three, client):
    method, params = client.jobs[0]
    assert method == "suggest"
    assert params["count"] == 3
    assert params["extent"] == pytest.approx([500000, 5799360, 500640, 5800000])
    assert "labels" not in params  # there are none yet
    assert [item.score for item in three.items()] == pytest.approx([1.0, 0.9, 0.8])
    assert three.items()[0].reason.startswith("Forest or water")


def test_each_place_has_a_marker(three, canvas):
    assert len(markers(canvas)) == 3


def test_next_place_is_visited_in_turn(three, canvas):
    three.visit_next()
    assert three.current is three.items()[0]
    three.visit_next()
    three.visit_next()
    assert three.current is three.items()[2]
    three.visit_next()
    assert three.current is three.items()[0]


def test_place_out_of_view_is_brought_into_view(three, canvas):
    from qgis.core import QgsRectangle

    canvas.setExtent(QgsRectangle(500400, 5799400, 500600, 5799600))
    three.visit_next()
    assert canvas.extent().contains(three.current.geometry.boundingBox())


def test_place_is_shown_with_what_surrounds_it(three, canvas):
    from qgis.core import QgsRectangle

    for view in ((500029, 5799969, 500031, 5799971), (400000, 5700000, 600000, 5900000)):
        canvas.setExtent(QgsRectangle(*view))
        three.visit(0)
        box = three.current.geometry.boundingBox()
        assert 4 * box.width() < canvas.extent().width() < 40 * box.width()
        assert canvas.extent().contains(box)


def test_view_is_left_alone_if_the_place_is_well_seen(three, canvas):
    from qgis.core import QgsRectangle

    canvas.setExtent(QgsRectangle(499900, 5799800, 500200, 5800100))
    before = canvas.extent()
    three.visit_next()
    assert canvas.extent() == before


def test_place_is_found_in_a_project_of_another_crs(three, canvas):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsProject,
        QgsRectangle,
    )

    world = QgsCoordinateReferenceSystem("EPSG:4326")
    canvas.setDestinationCrs(world)
    canvas.setExtent(QgsRectangle(0, 0, 10, 10))
    three.visit_next()
    transform = QgsCoordinateTransform(canvas.layer.crs(), world, QgsProject.instance())
    box = transform.transformBoundingBox(three.current.geometry.boundingBox())
    assert canvas.extent().contains(box)
    assert len(markers(canvas)) == 3


def test_accepted_place_is_told_with_its_class_and_leaves_the_list(three, canvas):
    accepted = []
    three.accepted.connect(lambda geometry, class_id: accepted.append((geometry, class_id)))
    three.visit(1)
    place = three.current
    three.accept(7)
    ((geometry, class_id),) = accepted
    assert class_id == 7
    assert geometry.isMultipart()
    assert geometry.equals(place.geometry)
    assert place not in three.items()
    assert three.current is None
    assert len(markers(canvas)) == 2


def test_nothing_is_accepted_or_skipped_before_a_visit(three):
    accepted = []
    three.accepted.connect(lambda *values: accepted.append(values))
    three.accept(1)
    three.skip()
    assert accepted == []
    assert three.avoided == ()
    assert len(three.items()) == 3


def test_skipped_place_is_avoided_and_the_next_one_visited(three, client, until):
    three.visit_next()
    skipped, following = three.items()[0], three.items()[1]
    three.skip()
    assert three.current is following
    assert three.avoided == ((skipped.x, skipped.y),)
    three.ask(3)
    until(lambda: not three.busy)
    assert client.jobs[-1][1]["avoid"] == [[skipped.x, skipped.y]]


def test_what_was_avoided_before_is_avoided_again(suggestions, client, until):
    suggestions.avoided = ((1.0, 2.0),)
    suggestions.ask()
    until(lambda: suggestions.items())
    assert client.jobs[-1][1]["avoid"] == [[1.0, 2.0]]


def test_last_place_skipped_asks_for_others_with_the_next_key(three, client, until):
    for _ in range(3):
        if three.current is None:
            three.visit_next()
        three.skip()
    assert three.items() == ()
    three.visit_next()
    until(lambda: three.items())
    assert len(client.jobs) == 2
    assert client.jobs[-1][1]["count"] == 3


def test_places_stay_until_new_ones_come(three, live, client, until):
    live._automatic = True  # without following the labels itself
    live.labelsEdited.emit()
    assert len(three.items()) == 3
    client.first = 4
    client.held = True
    live.mapReady.emit({})
    until(lambda: len(client.jobs) == 2)
    assert len(three.items()) == 3
    client.held = False
    until(lambda: not three.busy)
    assert [item.x for item in three.items()] == [500030.0 + 60 * n for n in (4, 5, 6)]


def test_place_that_is_looked_at_stays_when_new_ones_come(three, live, client, until):
    live._automatic = True  # without following the labels itself
    three.visit(2)
    looked_at = three.current
    live.labelsEdited.emit()
    client.first = 2  # the same place again, and two others
    live.mapReady.emit({})
    until(lambda: not three.busy)
    assert three.current is looked_at
    assert [item.x for item in three.items()] == [500030.0 + 60 * n for n in (2, 3, 4)]


def test_map_of_the_same_labels_asks_for_nothing(three, live, client):
    live.mapReady.emit({})
    assert len(client.jobs) == 1


def test_map_asks_for_nothing_that_nobody_wanted(suggestions, live, client):
    live.labelsEdited.emit()
    live.mapReady.emit({})
    assert client.jobs == []


def test_new_label_stops_a_search_so_that_the_map_comes_first(suggestions, live, client, until):
    live._automatic = True  # without following the labels itself
    client.held = True
    suggestions.ask()
    until(lambda: client.jobs)
    live.labelsEdited.emit()
    assert not suggestions.busy
    client.held = False
    live.mapReady.emit({})
    until(lambda: suggestions.items())


def test_search_goes_on_where_no_map_follows_the_labels(suggestions, live, client, until):
    client.held = True
    suggestions.ask()
    until(lambda: client.jobs)
    live.labelsEdited.emit()
    client.held = False
    until(lambda: suggestions.items())
    assert len(client.jobs) == 1


def test_failure_is_told(suggestions, client, until):
    from hsi_film_plugin.bridge.client import EngineFailure

    client.failure = EngineFailure("The engine is not installed.", "missing")
    suggestions.ask()
    until(lambda: suggestions.told)
    assert suggestions.told == ["The engine is not installed."]
    assert not suggestions.busy


def test_scene_out_of_view_is_told(suggestions, canvas, client):
    from qgis.core import QgsRectangle

    canvas.setExtent(QgsRectangle(0, 0, 10, 10))
    suggestions.ask()
    (sentence,) = suggestions.told
    assert "not in view" in sentence
    assert client.jobs == []


def test_nothing_found_is_told(suggestions, client, until):
    suggestions.ask(0)
    until(lambda: suggestions.told)
    assert suggestions.items() == ()


def test_cancelled_search_keeps_what_is_there(three, client, until):
    client.held = True
    three.ask()
    until(lambda: len(client.jobs) == 2)
    three.cancel()
    until(lambda: not three.busy)
    assert len(three.items()) == 3
    assert three.told == []


def test_clearing_takes_places_and_markers_away(three, canvas):
    three.visit_next()
    three.clear()
    assert three.items() == ()
    assert three.current is None
    assert markers(canvas) == []


def test_closing_in_mid_search_leaves_nothing(canvas, live, client, until, qgis):
    from qgis.PyQt import sip

    from hsi_film_plugin.dock.suggestions import Suggestions

    suggestions = Suggestions(canvas, live)
    client.held = True
    suggestions.ask()
    until(lambda: client.jobs)
    suggestions.close()
    sip.delete(suggestions)
    client.held = False
    live.labelsEdited.emit()
    live.mapReady.emit({})
    end = time.monotonic() + 0.2
    until(lambda: time.monotonic() > end)
    assert markers(canvas) == []


def test_entry_without_an_outline_is_no_suggestion(qgis):
    from hsi_film_plugin.dock.suggestions import suggestions_of

    bare = {"x": 1, "y": 2, "wkt": "POLYGON EMPTY"}
    whole = {"x": 1, "y": 2, "wkt": "POLYGON((0 0,1 0,1 1,0 0))", "class_value": None}
    (only,) = suggestions_of({"suggestions": [bare, whole]})
    assert only.class_value is None
    assert only.confidence is None
