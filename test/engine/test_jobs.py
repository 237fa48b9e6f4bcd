"""Jobs from files to files: whole or not at all, and bad input told in a sentence."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine import classification, jobs
from hsi_film_plugin.engine.errors import (
    Cancelled,
    DeviceError,
    InputError,
    ModelFileError,
    OutputError,
)
from hsi_film_plugin.engine.jobs import JOBS
from hsi_film_plugin.engine.model_file import load_model, save_model
from hsi_film_plugin.engine.novelty import Novelty
from hsi_film_plugin.engine.partials import remove_partials
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.protocol import JOB_OUTPUTS
from hsi_film_plugin.engine.statistics import AffineMap
from hsi_film_plugin.engine.synthesis.sample_file import write_samples

pytestmark = pytest.mark.usefixtures("few_steps")

Params = dict[str, Any]


def square(row: int, col: int, side: int) -> dict[str, Any]:
    """Return the polygon of ``side`` x ``side`` pixels that begins at (row, col)."""
    left, top = 400000 + 10 * col, 5000000 - 10 * row
    right, bottom = left + 10 * side, top - 10 * side
    ring = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def asked(make_fields, tiny_backbone: Path, out: Path) -> Params:
    """Return the parameters of a small train_and_classify job with every output."""
    fields = make_fields(72)
    return {
        "input": str(fields.raster),
        "labels": str(fields.labels),
        "class_field": "class_name",
        "backbone": str(tiny_backbone),
        "device": "cpu",
        "ensemble": 1,
        "pseudo_image": "rgb",
        "timestep": 0,
        "output": str(out / "classes.tif"),
        "model": str(out / "model.safetensors"),
        "report": str(out / "report.html"),
        "confidence": str(out / "confidence.tif"),
        "probabilities": str(out / "probabilities.tif"),
    }


@pytest.fixture
def mapped(make_fields, make_model, out: Path, tmp_path: Path) -> Params:
    """Return the parameters of a small classify job with every output."""
    fields = make_fields(96)
    save_model(make_model(fields.raster), tmp_path / "given.safetensors")
    return {
        "input": str(fields.raster),
        "model": str(tmp_path / "given.safetensors"),
        "device": "cpu",
        "output": str(out / "classes.tif"),
        "confidence": str(out / "confidence.tif"),
        "probabilities": str(out / "probabilities.tif"),
    }


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def digests(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(job: str, params: Params, kind: type[Exception], sentence: str, out: Path) -> None:
    """Check that a job refuses its parameters with a sentence, and writes nothing."""
    before = digests(out.parent)
    with pytest.raises(kind, match=sentence) as caught:
        JOBS[job](params, Progress())
    assert digests(out.parent) == before
    text = str(caught.value)
    assert text.endswith((".", ")"))
    assert "\n" not in text


def cancelling(moment: float) -> Progress:
    """Return a progress that is cancelled once the job is that far."""

    def cancel(fraction: float, _: str) -> None:
        if fraction >= moment:
            progress.cancelled.set()

    progress = Progress(cancel)
    return progress


def test_every_job_that_callers_know_of_is_there():
    assert set(JOBS) == set(JOB_OUTPUTS)


def test_training_and_classifying_writes_map_model_and_report(asked: Params, out: Path):
    seen: list[float] = []
    result = JOBS["train_and_classify"](asked, Progress(lambda done, _: seen.append(done)))
    assert names(out) == [
        "classes.qml",
        "classes.tif",
        "classes.tif.aux.xml",
        "confidence.tif",
        "model.safetensors",
        "probabilities.tif",
        "report.html",
    ]
    assert json.loads(json.dumps(result)) == result
    for name in ("output", "model", "report", "confidence", "probabilities"):
        assert result[name] == asked[name]
    assert [known["name"] for known in result["classes"]] == ["class 1", "class 2", "class 3"]
    assert result["accuracy"]["overall_accuracy"] > 0.8
    assert 0 <= result["accuracy"]["expected_calibration_error"] < 0.5
    assert result["device"] == "cpu"
    assert "asked for" in result["device_reason"]
    assert seen == sorted(seen)
    assert seen[-1] == 1
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "Class map" in report
    assert "class 3" in report
    assert f"{result['accuracy']['overall_accuracy']:.1%}".split(".")[0] in report


def test_the_map_is_that_of_its_model_and_both_are_the_same_in_another_run(
    asked: Params, out: Path
):
    JOBS["train_and_classify"](asked, Progress())
    first = digests(out)
    JOBS["classify"](
        {key: asked[key] for key in ("input", "model", "device")}
        | {"output": str(out / "again.tif")},
        Progress(),
    )
    assert (out / "again.tif").read_bytes() == first["classes.tif"]
    JOBS["train_and_classify"](asked, Progress())
    second = digests(out)
    for name in ("classes.tif", "model.safetensors", "confidence.tif", "classes.tif.aux.xml"):
        assert first[name] == second[name]
    JOBS["train_and_classify"](asked | {"seed": 1}, Progress())
    assert digests(out)["model.safetensors"] != first["model.safetensors"]


def test_training_alone_writes_a_model_and_if_wanted_a_report(asked: Params, out: Path):
    for name in ("output", "confidence", "probabilities", "report"):
        del asked[name]
    result = JOBS["train"](asked, Progress())
    assert names(out) == ["model.safetensors"]
    assert "report" not in result
    JOBS["train"](asked | {"report": str(out / "r.html")}, Progress())
    assert "Accuracy" in (out / "r.html").read_text(encoding="utf-8")


def test_training_with_samples_tells_so_in_model_map_and_report(
    asked: Params, out: Path, make_sample_set
):
    samples = out.parent / "samples.safetensors"
    write_samples(make_sample_set(), samples)
    result = JOBS["train_and_classify"](asked | {"synthetic": str(samples)}, Progress())
    assert any("made from other labels" in warning for warning in result["warnings"])
    model = load_model(out / "model.safetensors")
    assert model.provenance["Synthetic samples"].startswith("5 in the final heads only, sha256 ")
    with rasterio.open(out / "classes.tif") as dataset:
        tags = dataset.tags()
    assert tags["HSIFILM_SYNTHESIZER_SHA256"] == "5e" * 32
    # a map of a real scene is real, whatever it was trained with
    assert "HSIFILM_SYNTHETIC" not in tags
    assert "with 5 synthetic samples" in (out / "report.html").read_text(encoding="utf-8")


def test_samples_are_never_written_over(asked: Params, out: Path, make_sample_set):
    samples = out.parent / "samples.safetensors"
    write_samples(make_sample_set(), samples)
    for job in ("train", "train_and_classify"):
        changes = {"synthetic": str(samples), "model": str(samples)}
        refused(job, asked | changes, OutputError, "MODEL.*is one of the inputs", out)


def test_a_report_without_validation_holds_no_accuracy(asked: Params, out: Path, make_vector):
    two = make_vector("two.gpkg", [square(0, 0, 6), square(40, 40, 6)], class_name=["oak", "elm"])
    result = JOBS["train_and_classify"](asked | {"labels": str(two)}, Progress())
    assert result["accuracy"] is None
    assert any("nothing is known of the map's accuracy" in text for text in result["warnings"])
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "do not allow a statement about accuracy" in report
    for figure in ("Overall accuracy", "κ", "Confusion", "User's", "Producer's"):
        assert figure not in report


def test_styles_name_and_colour_the_classes(asked: Params, out: Path):
    styles = [{"value": "class 2", "name": "Barley", "color": "#abcdef"}]
    result = JOBS["train_and_classify"](asked | {"styles": styles}, Progress())
    assert {"value": 2, "name": "Barley", "color": "#abcdef"} in result["classes"]
    assert "Barley" in (out / "classes.qml").read_text(encoding="utf-8")
    assert "Barley" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:32633", Affine(8, 6, 400000, 6, -8, 5000000)),  # rotated
        ("EPSG:32633", Affine(10, 0, 400000, 0, 10, 5000000)),  # south-up
        (None, Affine(10, 0, 400000, 0, -10, 5000000)),
    ],
)
def test_unusual_rasters_give_maps_that_lie_as_they_do(
    asked: Params, out: Path, make_fields, crs: str | None, transform: Affine
):
    fields = make_fields(96, name="unusual", crs=crs, transform=transform)
    paths = {"input": str(fields.raster), "labels": str(fields.labels)}
    JOBS["train_and_classify"](asked | paths, Progress())
    with rasterio.open(out / "classes.tif") as dataset:
        assert dataset.transform.almost_equals(transform)
        assert (dataset.crs is None) == (crs is None)
        assert (dataset.read(1) == fields.truth + 1).mean() > 0.8


def test_classifying_an_extent_with_a_least_confidence(mapped: Params, out: Path):
    extent = [400000 + 100, 5000000 - 600, 400000 + 500, 5000000 - 200]
    result = JOBS["classify"](mapped | {"extent": extent, "min_confidence": 0.5}, Progress())
    with rasterio.open(out / "classes.tif") as dataset:
        assert list(dataset.bounds) == extent
        values = dataset.read(1)
    with rasterio.open(out / "confidence.tif") as dataset:
        np.testing.assert_array_equal(values > 0, dataset.read(1) >= 0.5)
    assert [known["value"] for known in result["classes"]] == [3, 7, 200]


def test_the_share_of_the_map_that_is_unlike_all_labels_is_told(
    mapped: Params, out: Path, tmp_path: Path, caplog: Any
):
    assert JOBS["classify"](mapped, Progress())["unlike_share"] is None
    model = load_model(Path(mapped["model"]))
    used = len(model.bands.used)
    space = AffineMap(np.zeros(used, np.float32), np.eye(used, dtype=np.float32))
    with rasterio.open(mapped["input"]) as dataset:
        prototypes = np.ascontiguousarray(dataset.read()[:, 5, :5].T.astype(np.float32))
    telling = replace(model, novelty=Novelty(space, prototypes, 0.2))
    save_model(telling, tmp_path / "telling.safetensors")
    with caplog.at_level("INFO"):
        result = JOBS["classify"](
            mapped | {"model": str(tmp_path / "telling.safetensors")}, Progress()
        )
    with rasterio.open(out / "confidence.tif") as dataset:
        unlike = float((dataset.read(2) > 1).mean())
    assert result["unlike_share"] == pytest.approx(unlike)
    assert 0.3 < unlike < 0.9
    assert f"Unlike anything labelled: {100 * unlike:.1f} % of the map" in caplog.text


def test_an_empty_map_is_written_and_told(mapped: Params, out: Path, make_raster):
    path = make_raster("void.tif", np.full((8, 70, 70), np.nan, np.float32))
    result = JOBS["classify"](mapped | {"input": str(path)}, Progress())
    with rasterio.open(out / "classes.tif") as dataset:
        assert not dataset.read().any()
    assert any("The map is empty" in text and "void.tif" in text for text in result["warnings"])
    unsure = JOBS["classify"](mapped | {"min_confidence": 1.0}, Progress())
    assert any("MIN_CONFIDENCE" in text for text in unsure["warnings"])
    assert JOBS["classify"](mapped, Progress())["warnings"] == []


def test_features_are_written_as_a_georeferenced_raster(asked: Params, out: Path, make_raster: Any):
    with rasterio.open(asked["input"]) as dataset:
        cube = dataset.read()
    cube[:, 10:20, 10:20] = np.nan
    path = make_raster("holes.tif", cube)
    params = {
        "input": str(path),
        "backbone": asked["backbone"],
        "components": 4,
        "device": "cpu",
        "output": str(out / "features.tif"),
    }
    result = JOBS["extract_features"](params, Progress())
    assert result["output"] == params["output"]
    with rasterio.open(out / "features.tif") as dataset:
        assert dataset.count == 4
        assert dataset.crs.to_epsg() == 32633
        values = dataset.read(masked=True)
    assert values.mask[:, 10:20, 10:20].all()
    assert values.mask.sum() == 400
    assert (values.std(axis=(1, 2)) > 0.3).all()
    first = (out / "features.tif").read_bytes()
    JOBS["extract_features"](params, Progress())
    assert (out / "features.tif").read_bytes() == first


@pytest.mark.parametrize(("height", "width"), [(2, 2), (3, 5), (31, 70)])
def test_features_of_scenes_smaller_than_a_window_are_written(
    asked: Params, out: Path, make_raster, height: int, width: int
):
    cube = np.random.default_rng(0).random((3, height, width)).astype(np.float32)
    params = {
        "input": str(make_raster("small.tif", cube)),
        "backbone": asked["backbone"],
        "output": str(out / "features.tif"),
    }
    JOBS["extract_features"](params, Progress())
    with rasterio.open(out / "features.tif") as dataset:
        assert dataset.shape == (height, width)
        assert np.isfinite(dataset.read()).all()


def test_the_sample_scene_can_be_trained_on_and_its_map_be_assessed(
    asked: Params, out: Path, tmp_path: Path
):
    made = {
        name: str(tmp_path / f"sample_{name}")
        for name in ("output.tif", "training.gpkg", "reference.gpkg")
    }
    sample = {
        "output": made["output.tif"],
        "training": made["training.gpkg"],
        "reference": made["reference.gpkg"],
        "width": 96,
        "height": 96,
    }
    JOBS["sample_scene"](sample, Progress())
    asked |= {"input": sample["output"], "labels": sample["training"]}
    JOBS["train_and_classify"](asked, Progress())
    assessed = JOBS["assess"](
        {
            "input": asked["output"],
            "reference": sample["reference"],
            "class_field": "class_name",
            "report": str(out / "assessment.html"),
            "table": str(out / "table.json"),
        },
        Progress(),
    )
    assert assessed["accuracy"]["overall_accuracy"] > 0.4
    table = json.loads((out / "table.json").read_text(encoding="utf-8"))
    assert table["accuracy"] == assessed["accuracy"]
    assert "<html" in (out / "assessment.html").read_text(encoding="utf-8")


# ---- nothing is left of a job that does not end well


@pytest.mark.parametrize("moment", [0.0, 0.03, 0.2, 0.55, 0.62, 0.9, 0.95, 0.969])
def test_a_cancelled_run_leaves_nothing(asked: Params, out: Path, moment: float):
    with pytest.raises(Cancelled):
        JOBS["train_and_classify"](asked, cancelling(moment))
    assert names(out) == []


@pytest.mark.parametrize("moment", [0.0, 0.5, 0.91, 0.97])
@pytest.mark.parametrize("job", ["classify", "extract_features"])
def test_a_cancelled_raster_job_leaves_nothing(
    mapped: Params, out: Path, tiny_backbone: Path, job: str, moment: float
):
    params = mapped if job == "classify" else _features(mapped, tiny_backbone)
    with pytest.raises(Cancelled):
        JOBS[job](params, cancelling(moment))
    assert names(out) == []


def _features(params: Params, backbone: Path) -> Params:
    return {"input": params["input"], "backbone": str(backbone), "output": params["output"]}


@pytest.mark.parametrize("job", ["classify", "extract_features", "train_and_classify", "train"])
def test_a_run_that_is_cancelled_just_before_its_end_leaves_nothing(
    asked: Params, mapped: Params, out: Path, tiny_backbone: Path, job: str
):
    params = {"classify": mapped, "extract_features": _features(mapped, tiny_backbone)}.get(
        job, asked
    )
    seen: list[float] = []
    JOBS[job](params, Progress(lambda fraction, _: seen.append(fraction)))
    assert seen[-1] == 1
    for path in out.iterdir():
        path.unlink()
    with pytest.raises(Cancelled):
        JOBS[job](params, cancelling(max(fraction for fraction in seen if fraction < 1)))
    assert names(out) == []


@pytest.mark.parametrize("stage", ["predict", "training_report", "with_map", "save_model"])
def test_a_failure_in_mid_run_leaves_nothing_and_keeps_earlier_outputs(
    asked: Params, out: Path, monkeypatch: pytest.MonkeyPatch, stage: str
):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a failure in mid-run")

    where = classification.Classifier if stage == "predict" else jobs
    monkeypatch.setattr(where, stage, fail)
    (out / "classes.tif").write_text("an earlier map")
    with pytest.raises(RuntimeError, match="a failure in mid-run"):
        JOBS["train_and_classify"](asked, Progress())
    assert names(out) == ["classes.tif"]
    assert (out / "classes.tif").read_text() == "an earlier map"


def test_what_a_killed_run_left_is_found_by_the_names_of_its_outputs(asked: Params, out: Path):
    code = (
        "import json, os, sys\n"
        "from hsi_film_plugin.engine import classification, jobs, trial\n"
        "from hsi_film_plugin.engine.heads import Fitting\n"
        "from hsi_film_plugin.engine.progress import Progress\n"
        "trial.EFFORTS = {'gentle': Fitting(steps=2)}\n"
        "classification.Classifier.predict = lambda *_: os._exit(9)\n"
        "jobs.JOBS['train_and_classify'](json.loads(sys.argv[1]), Progress())\n"
    )
    command = [sys.executable, "-c", code, json.dumps(asked)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 9
    assert len(names(out)) >= 3
    remove_partials([Path(asked[name]) for name in JOB_OUTPUTS["train_and_classify"]])
    assert names(out) == []


def test_inputs_are_never_touched(asked: Params, out: Path):
    before = digests(Path(asked["input"]).parent)
    JOBS["train_and_classify"](asked, Progress())
    after = digests(Path(asked["input"]).parent)
    assert {name: after[name] for name in before} == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Return a function that makes a disk of so many KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = []

    def make(kilobytes: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount command here to make a small disk with")
        if done.returncode:
            pytest.skip("mounting a small disk is not allowed here")
        mounted.append(folder)
        return folder

    yield make
    for path in mounted:
        subprocess.run(["umount", str(path)], check=True)


@pytest.mark.parametrize("kilobytes", [12, 64, 120])
def test_a_full_disk_is_told_and_nothing_is_left(
    asked: Params, small_disk: Callable[[int], Path], kilobytes: int
):
    disk = small_disk(kilobytes)
    for name in ("output", "model", "report", "confidence", "probabilities"):
        asked[name] = str(disk / Path(asked[name]).name)
    with pytest.raises(OutputError, match="The disk is full"):
        JOBS["train_and_classify"](asked, Progress())
    assert names(disk) == []


def test_a_disk_that_fills_up_is_told_by_every_job_of_rasters(
    mapped: Params, small_disk: Callable[[int], Path], tiny_backbone: Path
):
    disk = small_disk(8)
    for job, params in {
        "classify": mapped | {"confidence": None, "probabilities": None},
        "extract_features": _features(mapped, tiny_backbone),
    }.items():
        with pytest.raises(OutputError, match="The disk is full"):
            JOBS[job](params | {"output": str(disk / "output.file")}, Progress())
        assert names(disk) == []


def test_a_full_disk_is_told_by_training_however_small_the_model(
    asked: Params, small_disk: Callable[[int], Path]
):
    disk = small_disk(4)
    (disk / "others").write_bytes(bytes(4096))
    training = {key: asked[key] for key in asked if key not in JOB_OUTPUTS["train_and_classify"]}
    with pytest.raises(OutputError, match="The disk is full"):
        JOBS["train"](training | {"model": str(disk / "model.file")}, Progress())
    assert names(disk) == ["others"]


def test_a_raster_that_shrinks_while_it_is_read_is_named(make_raster, mapped: Params, out: Path):
    with rasterio.open(mapped["input"]) as dataset:
        cube = dataset.read()
    tags = [{"wavelength": str(450 + 40 * b), "wavelength_units": "nm"} for b in range(8)]
    path = make_raster("shrinking.tif", cube, band_tags=tags)

    def shrink(fraction: float, _: str) -> None:
        os.truncate(path, 20_000)

    with pytest.raises(InputError, match=r"shrinking\.tif"):
        JOBS["classify"](mapped | {"input": str(path)}, Progress(shrink))
    assert names(out) == []


# ---- outputs that cannot be


@pytest.mark.parametrize(
    ("job", "output"),
    [
        ("train_and_classify", "output"),
        ("train_and_classify", "model"),
        ("train_and_classify", "report"),
        ("train_and_classify", "confidence"),
        ("train", "model"),
        ("train", "report"),
    ],
)
def test_an_output_that_is_an_input_is_refused(asked: Params, out: Path, job: str, output: str):
    for source in ("input", "labels"):
        sentence = rf"output {output.upper()}, .* is one of the inputs"
        refused(job, asked | {output: asked[source]}, OutputError, sentence, out)


def test_a_map_is_not_written_over_its_raster_or_model(mapped: Params, out: Path):
    for source in ("input", "model"):
        params = mapped | {"output": mapped[source]}
        refused("classify", params, OutputError, "output OUTPUT, .* is one of the inputs", out)


def test_features_are_not_written_over_their_raster(mapped: Params, out: Path, tiny_backbone):
    params = _features(mapped, tiny_backbone) | {"output": mapped["input"]}
    refused("extract_features", params, OutputError, "is one of the inputs", out)


def test_two_outputs_in_one_file_are_refused(asked: Params, out: Path):
    params = asked | {"confidence": asked["output"]}
    refused("train_and_classify", params, OutputError, "are the same file", out)


def test_a_folder_that_is_missing_is_named(asked: Params, out: Path):
    params = asked | {"report": str(out / "missing" / "r.html")}
    refused(
        "train_and_classify", params, OutputError, "folder '.*missing' of the output REPORT", out
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_named(asked: Params, out: Path):
    out.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        refused("train_and_classify", asked, OutputError, "cannot be written", out)
    finally:
        out.chmod(stat.S_IRWXU)


# ---- input that cannot be used


def bad_inputs(make_raster: Any, make_vector: Any) -> dict[str, tuple[Params, type, str]]:
    """Return what to change in a good job, the kind of error and its sentence, by name."""
    rng = np.random.default_rng(0)
    polygons = [square(0, 0, 6), square(40, 40, 6)]
    far = [square(5000, 5000, 6), square(5040, 5040, 6)]

    def vector(name: str, shapes: Any = polygons, **options: Any) -> Params:
        options = {"class_name": ["oak", "elm"], **options}
        return {"labels": str(make_vector(f"{name}.gpkg", shapes, **options))}

    def raster(name: str, cube: np.ndarray, **options: Any) -> Params:
        return {"input": str(make_raster(f"{name}.tif", cube.astype(np.float32), **options))}

    cube = rng.random((8, 96, 96))
    lines = [{"type": "LineString", "coordinates": [(400000, 5000000), (400100, 4999900)]}]
    return {
        "no overlap": (vector("far", far), InputError, r"No label of 'far\.gpkg' lies on"),
        "one class": (vector("one", class_name=["oak", "oak"]), InputError, "one class only"),
        "one pixel": (
            vector("few", [*polygons, square(20, 20, 1)], class_name=["oak", "elm", "ash"]),
            InputError,
            "'ash' has one pixel",
        ),
        "field missing": (
            vector("l") | {"class_field": "kind"},
            InputError,
            r"'kind'.*class_name",
        ),
        "null classes": (vector("null", class_name=[None, None]), InputError, "class_name"),
        "empty classes": (vector("void", class_name=["", ""]), InputError, "class_name"),
        "no CRS": (vector("nowhere", crs=None), InputError, r"nowhere\.gpkg.*CRS"),
        "lines": (vector("lines", lines, class_name=["oak"]), InputError, r"lines\.gpkg"),
        "no labels": ({"labels": "/nowhere/l.gpkg"}, InputError, "do not exist"),
        "no raster": ({"input": "/nowhere/r.tif"}, InputError, "does not exist"),
        "no data": (raster("void", np.full((3, 96, 96), np.nan)), InputError, "no valid pixel"),
        "constant": (raster("flat", np.ones((3, 96, 96))), InputError, "constant"),
        "one pixel scene": (raster("dot", cube[:, :1, :1]), InputError, r"dot\.tif"),
        "no backbone": ({"backbone": "/nowhere"}, InputError, "no 'config.json'"),
        "timestep": ({"timestep": 1000}, InputError, "TIMESTEP is 1000"),
        "blocks": ({"blocks": [-7]}, InputError, r"BLOCKS is \[-7\]"),
        "picture": ({"pseudo_image": "xyz"}, InputError, "PSEUDO_IMAGE is 'xyz'"),
        "ensemble": ({"ensemble": 0}, InputError, "ENSEMBLE is 0"),
        "seed": ({"seed": "one"}, InputError, "'seed' is 'one'"),
        "confidence": ({"min_confidence": 1.5}, InputError, "MIN_CONFIDENCE is 1.5"),
        "extent": ({"extent": [0, 0, 1, 1]}, InputError, "does not overlap"),
        "device": ({"device": "abacus"}, DeviceError, "Device 'abacus' is unknown"),
        "no samples": ({"synthetic": "/nowhere/s.safetensors"}, InputError, "does not exist"),
        "samples": (
            {"synthetic": str(make_raster("s.safetensors", np.ones((2, 2), np.uint8)))},
            InputError,
            "no whole file of synthetic samples",
        ),
        "dask": ({"dask_scheduler": "tcp://x"}, InputError, "DASK_SCHEDULER"),
        "no model path": ({"output": ""}, InputError, "'output' is missing"),
    }


@pytest.mark.parametrize("case", sorted(bad_inputs(lambda *_, **__: "", lambda *_, **__: "")))
def test_bad_input_is_told_in_a_sentence_and_gives_no_output(
    asked: Params, out: Path, make_raster, make_vector, case: str
):
    changes, kind, sentence = bad_inputs(make_raster, make_vector)[case]
    refused("train_and_classify", asked | changes, kind, sentence, out)


def test_bad_parameters_are_told_before_anything_is_trained(
    asked: Params, out: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "train", lambda *_: pytest.fail("training has begun"))
    outside = {"extent": [0, 0, 1, 1]}
    for wrong in ({"min_confidence": -1}, {"min_confidence": "0.5"}, outside, {"extent": [1]}):
        refused("train_and_classify", asked | wrong, InputError, "Parameter|CONFIDENCE|extent", out)


def test_models_that_cannot_be_used_are_named(mapped: Params, out: Path, make_raster):
    model = Path(mapped["model"])
    content = model.read_bytes()
    model.write_bytes(content[: len(content) // 2])
    refused("classify", mapped, ModelFileError, r"given\.safetensors' is no whole model file", out)
    model.write_bytes(b"no model at all")
    refused("classify", mapped, ModelFileError, r"given\.safetensors' is no whole model file", out)
    model.write_bytes(content)
    other = make_raster("other.tif", np.random.default_rng(0).random((3, 40, 40)).astype("f4"))
    params = mapped | {"input": str(other)}
    refused("classify", params, ModelFileError, r"8 bands and 'other\.tif' has 3", out)
    refused("classify", mapped | {"model": "/nowhere"}, ModelFileError, "does not exist", out)


def test_parameters_of_features_out_of_range_are_named(mapped: Params, out: Path, tiny_backbone):
    good = _features(mapped, tiny_backbone)
    for wrong, sentence in (
        ({"components": 0}, "COMPONENTS is 0"),
        ({"components": 1000}, "COMPONENTS is 1000"),
        ({"pseudo_image": "x"}, "PSEUDO_IMAGE is 'x'"),
        ({"timestep": -1}, "TIMESTEP is -1"),
        ({"blocks": [1]}, r"BLOCKS is \[1\]"),
    ):
        refused("extract_features", good | wrong, InputError, sentence, out)


# ---- assessing


@pytest.fixture
def class_map(make_raster, out: Path) -> Path:
    """A map whose left half is 3 and right half is 7, with its names; its last row is empty."""
    from hsi_film_plugin.engine.class_map import ClassMapWriter
    from hsi_film_plugin.engine.label_classes import LabelClass
    from hsi_film_plugin.engine.scene import Scene

    values = np.where(np.indices((40, 40))[1] < 20, 3, 7).astype(np.uint8)
    values[-1] = 0
    classes = [LabelClass(3, "oak", "#117733"), LabelClass(7, "elm", "#0072b2")]
    scene = make_raster("grid.tif", values.astype(np.float32))
    path = scene.with_name("classes.tif")
    with Scene.open(scene) as grid, ClassMapWriter(path, grid, classes) as writer:
        writer.write(0, 0, values)
    return path


def assess(class_map: Path, reference: Path, field: str, out: Path) -> tuple[Any, Any]:
    params = {
        "input": str(class_map),
        "reference": str(reference),
        "class_field": field,
        "report": str(out / "report.html"),
        "table": str(out / "table.json"),
    }
    result = JOBS["assess"](params, Progress())
    return result, json.loads((out / "table.json").read_text(encoding="utf-8"))


PLACES = [square(2, 2, 4), square(12, 2, 4), square(2, 30, 4), square(12, 30, 4)]


def test_classes_are_matched_by_name_where_the_names_agree(class_map, make_vector, out):
    reference = make_vector("r.gpkg", PLACES, kind=["oak", "elm", "elm", "elm"])
    result, table = assess(class_map, reference, "kind", out)
    assert [known["name"] for known in table["classes"]] == ["oak", "elm"]
    assert table["confusion_matrix"]["pixels"] == [[16, 16], [0, 32]]
    assert result["accuracy"]["overall_accuracy"] == 0.75
    assert result["report"] == str(out / "report.html")


def test_classes_are_matched_by_value_where_names_differ(class_map, make_vector, out):
    reference = make_vector("r.gpkg", PLACES, kind=[3, 3, 7, 3])
    _, table = assess(class_map, reference, "kind", out)
    assert [known["value"] for known in table["classes"]] == [3, 7]
    assert table["confusion_matrix"]["pixels"] == [[32, 0], [16, 16]]
    assert "value" in (out / "report.html").read_text(encoding="utf-8")


def test_a_further_class_of_the_reference_does_not_shift_the_others(class_map, make_vector, out):
    # ash, elm and oak get the values 1 to 3 of their own: values say nothing here
    places = [*PLACES, square(25, 30, 2)]
    reference = make_vector("r.gpkg", places, kind=["oak", "oak", "elm", "elm", "ash"])
    result, table = assess(class_map, reference, "kind", out)
    assert {known["name"] for known in table["classes"]} == {"ash", "elm", "oak"}
    assert table["accuracy"]["overall_accuracy"] == 64 / 68
    assert (
        "In the reference but not in the map, so always counted wrong: ash." in (result["warnings"])
    )


def test_a_reference_class_that_the_map_lacks_is_counted_wrong(class_map, make_vector, out):
    reference = make_vector("r.gpkg", PLACES, kind=[3, 3, 7, 9])
    _, table = assess(class_map, reference, "kind", out)
    assert [known["value"] for known in table["classes"]] == [3, 7, 9]
    assert table["confusion_matrix"]["pixels"] == [[32, 0, 0], [0, 16, 16], [0, 0, 0]]


def test_unclassified_pixels_are_left_out_and_counted(class_map, make_vector, out):
    places = [*PLACES, square(38, 2, 2)]
    reference = make_vector("r.gpkg", places, kind=["oak", "oak", "elm", "elm", "oak"])
    result, table = assess(class_map, reference, "kind", out)
    assert np.sum(table["confusion_matrix"]["pixels"]) == 66
    assert "2 reference pixels are unclassified in the map and were left out." in result["warnings"]


def test_a_reference_without_a_common_class_is_refused(class_map, make_vector, out):
    params = {
        "input": str(class_map),
        "reference": str(make_vector("r.gpkg", PLACES, kind=[1, 1, 2, 2])),
        "class_field": "kind",
        "report": str(out / "report.html"),
    }
    sentence = r"no class in common: the map has 3 'oak', 7 'elm', the reference 1 'Class 1'"
    refused("assess", params, InputError, sentence, out)


def test_a_reference_where_the_map_is_empty_is_refused(class_map, make_vector, out):
    places = [square(39, 1, 1), square(39, 30, 1)]
    params = {
        "input": str(class_map),
        "reference": str(make_vector("r.gpkg", places, kind=["oak", "elm"])),
        "class_field": "kind",
        "table": str(out / "table.json"),
    }
    refused("assess", params, InputError, r"'classes\.tif' is unclassified at every", out)


def test_an_assessment_needs_an_output_and_a_class_map(class_map, make_vector, out, make_raster):
    reference = make_vector("r.gpkg", PLACES, kind=["oak", "oak", "elm", "elm"])
    params = {"input": str(class_map), "reference": str(reference), "class_field": "kind"}
    refused("assess", params, InputError, "Neither 'report' nor 'table'", out)
    params["report"] = str(out / "report.html")
    refused("assess", params | {"report": str(class_map)}, OutputError, "one of the inputs", out)
    cube = make_raster("cube.tif", np.ones((3, 40, 40), np.float32))
    refused("assess", params | {"input": str(cube)}, InputError, "has 3 bands", out)
    values = make_raster("half.tif", np.full((40, 40), 0.5, np.float32))
    refused("assess", params | {"input": str(values)}, InputError, "no class map", out)


def test_a_reference_raster_is_understood(class_map, make_raster, out):
    values = np.zeros((40, 40), np.uint8)
    values[5:15, 5:15] = 3
    values[20:30, 25:35] = 7
    result, _ = assess(class_map, make_raster("r.tif", values, nodata=0), "", out)
    assert result["accuracy"]["overall_accuracy"] == 1
    assert result["accuracy"]["n"] == 200


def test_a_cancelled_assessment_leaves_nothing(class_map, make_vector, out):
    reference = make_vector("r.gpkg", PLACES, kind=["oak", "oak", "elm", "elm"])
    params = {
        "input": str(class_map),
        "reference": str(reference),
        "class_field": "kind",
        "report": str(out / "report.html"),
        "table": str(out / "table.json"),
    }
    for moment in (0.0, 0.5):
        with pytest.raises(Cancelled):
            JOBS["assess"](params, cancelling(moment))
        assert names(out) == []
