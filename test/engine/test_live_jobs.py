"""The dock's jobs from files to files: cached features, previews, suggestions, pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine import live_jobs
from hsi_film_plugin.engine.errors import Cancelled, InputError, OutputError
from hsi_film_plugin.engine.jobs import JOBS
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.protocol import encode
from test.engine.conftest import square

Params = dict[str, Any]


@pytest.fixture
def asked(make_fields, tiny_backbone: Path, tmp_path: Path) -> Params:
    """Return the parameters of a small preview."""
    fields = make_fields(72)
    return {
        "input": str(fields.raster),
        "labels": str(fields.labels),
        "class_field": "class_name",
        "backbone": str(tiny_backbone),
        "device": "cpu",
        "cache": str(tmp_path / "cache"),
        "output": str(tmp_path / "preview.tif"),
    }


def run(job: str, params: Params) -> dict[str, Any]:
    """Run a job, and check that its result can travel."""
    result = JOBS[job](params, Progress())
    assert json.loads(encode(result))
    return result


def test_preparing_tells_what_it_did_and_the_next_time_does_nothing(asked: Params):
    first, second = run("prepare", asked), run("prepare", asked)
    assert first["tiles"] == first["computed"] == 3
    assert second["computed"] == 0
    assert first["extent"] == [400000, 4999280, 400720, 5000000]
    assert first["bytes"] > 0
    assert first["device"] == "cpu"


def test_preparing_an_extent_covers_its_whole_tiles(asked: Params):
    found = run("prepare", asked | {"extent": [400100, 4999500, 400200, 4999600]})
    assert found["tiles"] == 1
    assert found["extent"] == [400000, 4999360, 400720, 4999680]


def test_preview_is_written_with_its_figures(asked: Params):
    extent = [400100, 4999500, 400300, 4999900]
    result = run("preview", asked | {"extent": extent})
    with rasterio.open(result["output"]) as written:
        assert (written.width, written.height, written.count) == (20, 40, 3)
        assert tuple(written.bounds) == tuple(extent)
        values = written.read(1)
    assert result["counts"] == {
        known["value"]: int((values == known["value"]).sum()) for known in result["classes"]
    }
    assert [known["name"] for known in result["classes"]] == ["class 1", "class 2", "class 3"]
    assert result["accuracy"]["overall_accuracy"] > 0.8
    assert result["label_polygons"] == 18
    assert result["extent"] == extent
    assert result["warnings"] == []


def test_preview_again_gives_the_same_bytes_and_computes_nothing(asked: Params):
    first = run("preview", asked)
    kept = Path(asked["output"]).read_bytes()
    second = run("preview", asked)
    assert first["computed"] == 3
    assert second["computed"] == 0
    assert Path(asked["output"]).read_bytes() == kept


def test_labels_outside_of_what_is_shown_count_too(asked: Params):
    extent = [400000, 4999680, 400720, 5000000]
    run("prepare", asked | {"extent": extent})
    result = run("preview", asked | {"extent": extent})
    assert result["computed"] == 2
    assert result["label_polygons"] == 18


def test_styles_name_and_colour_the_classes(asked: Params):
    styles = [{"value": "class 2", "name": "Meadow", "color": "#12ab34"}]
    found = run("preview", asked | {"styles": styles})["classes"]
    assert {"name": "Meadow", "color": "#12ab34"}.items() <= found[1].items()


def test_scene_without_georeference_works_as_qgis_draws_it(
    make_fields, tiny_backbone: Path, tmp_path: Path
):
    fields = make_fields(72, crs=None, transform=Affine.identity())
    with rasterio.open(fields.raster) as scene:
        truth = fields.truth + 1
        profile = {"driver": "GTiff", "width": scene.width, "height": scene.height, "count": 1}
    labels = tmp_path / "labels.tif"
    with rasterio.open(labels, "w", dtype="uint8", nodata=0, **profile) as dataset:
        dataset.write(np.where(np.indices((72, 72)).sum(axis=0) % 12 < 6, truth, 0).astype("u1"), 1)
    params = {
        "input": str(fields.raster),
        "labels": str(labels),
        "use_backbone": False,
        "cache": str(tmp_path / "cache"),
        "output": str(tmp_path / "preview.tif"),
        "extent": [10, -60, 40, -20],
    }
    assert run("preview", params)["extent"] == [10, -60, 40, -20]
    with rasterio.open(params["output"]) as written:
        assert written.transform @ (0, 0) == (10, -20)
    for one in run("suggest", params)["suggestions"]:
        assert 10 < one["x"] < 40
        assert one["y"] == -(one["row"] + 0.5)
        assert -60 < one["y"] < -20


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pseudo_image": "grey"}, "PSEUDO_IMAGE is 'grey'"),
        ({"blocks": [-9]}, r"BLOCKS is \[-9\]"),
        ({"timestep": 10**6}, "TIMESTEP is 1000000"),
        ({"extent": [0, 0, 10, 10]}, "does not overlap"),
        ({"labels": "none.gpkg"}, "'none.gpkg' do not exist"),
        ({"cache": None}, "Parameter 'cache' is missing"),
        ({"cache_limit": 0}, "cache may take 0 bytes, which is nothing. Allow"),
        ({"use_backbone": "false"}, "'use_backbone' is 'false'. Give true or false"),
        ({"cache_limit": 1000}, "Zoom in, or allow a larger cache"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(asked: Params, changes: Params, sentence: str):
    with pytest.raises(InputError, match=sentence):
        JOBS["preview"](asked | changes, Progress())
    assert not Path(asked["output"]).exists()


def test_preview_over_its_own_labels_is_refused(asked: Params):
    with pytest.raises(OutputError, match="is one of the inputs"):
        JOBS["preview"](asked | {"output": asked["labels"]}, Progress())


def test_one_class_is_refused_with_the_way_out(asked: Params, make_vector):
    one = make_vector("one.gpkg", [square(4, 4, 4), square(30, 30, 4)], class_name=["a", "a"])
    with pytest.raises(InputError, match=r"one class only \('a'\).*Label at least two classes"):
        JOBS["preview"](asked | {"labels": str(one)}, Progress())


@pytest.mark.parametrize("moment", [0.1, 0.5, 0.9])
def test_cancelled_preview_leaves_the_last_one(asked: Params, moment: float):
    Path(asked["output"]).write_bytes(b"the last one")
    progress = Progress(lambda fraction, _: fraction >= moment and progress.cancelled.set())
    with pytest.raises(Cancelled):
        JOBS["preview"](asked, progress)
    assert Path(asked["output"]).read_bytes() == b"the last one"


def test_suggestions_are_ready_to_be_labelled(asked: Params):
    found = run("suggest", asked | {"count": 3})["suggestions"]
    assert len(found) == 3
    for one in found:
        assert one["wkt"].startswith("POLYGON ((")
        assert one["pixels"] <= 25
        assert one["class_name"] in {"class 1", "class 2", "class 3"}
        assert 0 <= one["confidence"] <= 1
    first = found[0]
    again = run("suggest", asked | {"count": 3, "avoid": [[first["x"], first["y"]]]})
    assert (first["row"], first["col"]) not in {
        (one["row"], one["col"]) for one in again["suggestions"]
    }


def test_suggestions_need_no_labels(asked: Params, make_vector):
    without = {key: value for key, value in asked.items() if key != "labels"}
    empty = make_vector("empty.gpkg", [], class_name=np.array([], object), geometry_type="Polygon")
    for params in (without, asked | {"labels": str(empty)}):
        found = run("suggest", params)["suggestions"]
        assert len(found) == 5
        assert found[0]["class_name"] is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"count": 0}, "COUNT is 0"),
        ({"avoid": [3]}, "'avoid' is no list of x and y"),
        ({"avoid": [[float("nan"), 1]]}, "holds a coordinate that is no number"),
        ({"labels": "none.gpkg"}, "'none.gpkg' do not exist"),
    ],
)
def test_suggestions_that_cannot_be_made_are_told(asked: Params, changes: Params, sentence: str):
    with pytest.raises(InputError, match=sentence):
        JOBS["suggest"](asked | changes, Progress())


def test_picture_of_the_scene_is_written(asked: Params):
    result = run("pseudo_image", {"input": asked["input"], "output": asked["output"]})
    with rasterio.open(result["output"]) as written:
        assert (written.count, written.dtypes[0]) == (3, "uint8")
    with pytest.raises(InputError, match="KIND is 'grey'"):
        JOBS["pseudo_image"](asked | {"kind": "grey"}, Progress())


def test_what_is_wrong_with_labels_is_told_with_suggestions_too(asked: Params, make_vector):
    squares = [square(4, 4, 4), square(30, 30, 4), square(60, 60, 1)]
    drawn = make_vector("some.gpkg", squares, class_name=["a", "b", "dot"])
    found = run("suggest", asked | {"labels": str(drawn)})
    assert found["warnings"] == [
        "Class 'dot' is not mapped yet: it has one pixel. Draw more of it."
    ]
    assert {one["class_name"] for one in found["suggestions"]} <= {"a", "b"}


def test_job_cancelled_while_labels_are_read_stops_there(
    asked: Params, monkeypatch: pytest.MonkeyPatch
):
    progress = Progress()
    read = live_jobs.read_labels

    def slow(*args: Any, **options: Any) -> Any:
        progress.cancelled.set()
        return read(*args, **options)

    monkeypatch.setattr(live_jobs, "read_labels", slow)
    monkeypatch.setattr(live_jobs, "LiveScene", None)
    with pytest.raises(Cancelled):
        JOBS["preview"](asked, progress)
