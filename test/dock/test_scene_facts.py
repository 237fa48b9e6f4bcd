"""By what an image is known again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest


@pytest.fixture
def facts_of(make_scene, tmp_path):
    from qgis.core import QgsRasterLayer

    from hsi_film_plugin.dock.pixel_grid import PixelGrid
    from hsi_film_plugin.dock.scene_facts import SceneFacts
    from hsi_film_plugin.dock.scene_layer import read_scene_bands

    def facts(crs=None, **options):
        path = make_scene(tmp_path / "scene.tif", **options)
        layer = QgsRasterLayer(path, "scene")
        if crs is not None:
            layer.setCrs(crs)
        return SceneFacts.of(PixelGrid.of(layer), read_scene_bands(path))

    return facts


@pytest.mark.parametrize("epsg", [32633, None])
def test_facts_come_back_from_json(facts_of, epsg):
    from hsi_film_plugin.dock.scene_facts import SceneFacts

    facts = facts_of(epsg=epsg)
    assert SceneFacts.read(json.loads(json.dumps(facts.written()))) == facts
    assert facts.crs == ("EPSG:32633" if epsg else "")


def test_rounded_numbers_are_the_same_image_and_others_are_not(facts_of):
    facts = facts_of()
    x, *rest = facts.transform
    assert facts.agree(replace(facts, transform=(x + 1e-6, *rest)))
    for other in (
        {"transform": (x + 0.1, *rest)},
        {"width": 1},
        {"height": 1},
        {"bands": 1},
        {"crs": ""},
        {"crs": "EPSG:32632"},
    ):
        assert not facts.agree(replace(facts, **other))


def test_a_crs_without_a_name_is_known_by_what_it_is(facts_of):
    from qgis.core import QgsCoordinateReferenceSystem

    own = QgsCoordinateReferenceSystem.fromProj("+proj=laea +lat_0=52.1 +lon_0=13.2 +datum=WGS84")
    facts = facts_of(crs=own)
    assert "USER" not in facts.crs
    assert facts.crs
    assert facts.agree(facts_of(crs=own))
    assert not facts.agree(facts_of())


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"width": 1, "height": 1, "bands": 1, "transform": [0, 1, 0, 0, 0], "crs": ""},
        {"width": 1, "height": 1, "bands": "1", "transform": [0] * 6, "crs": ""},
        {"width": 1, "height": 1, "bands": 1, "transform": [10**400] * 6, "crs": ""},
        {"width": 1, "height": 1, "bands": 1, "transform": [0] * 6, "crs": None},
    ],
)
def test_what_is_broken_is_no_fact(qgis, value):
    from hsi_film_plugin.dock.scene_facts import SceneFacts

    assert SceneFacts.read(value) is None
