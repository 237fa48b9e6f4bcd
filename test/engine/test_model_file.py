"""Model files: the same to the bit after a round trip, and never harmful."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from hsi_film_plugin.engine.errors import ModelFileError, OutputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.model import Model
from hsi_film_plugin.engine.model_file import KIND, load_model, save_model
from hsi_film_plugin.engine.novelty import Novelty
from hsi_film_plugin.engine.statistics import AffineMap
from test.engine.conftest import predictions


@pytest.fixture
def model(make_fields, make_model) -> Model:
    return make_model(make_fields(48).raster)


@pytest.fixture
def telling(model: Model) -> Model:
    """Return a model that tells unlike pixels."""
    rng = np.random.default_rng(3)
    used = len(model.bands.used)
    space = AffineMap(
        rng.random(used).astype(np.float32), rng.normal(size=(used, 5)).astype(np.float32)
    )
    return replace(model, novelty=Novelty(space, rng.normal(size=(30, 5)).astype(np.float32), 0.7))


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    return path


def contents(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return the header of a safetensors file and what follows it."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def rewrite(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the JSON header of a model file."""
    header, tensors = contents(path)
    described = json.loads(header["__metadata__"][KIND.key])
    described = change(described) or described
    header["__metadata__"][KIND.key] = (
        described if isinstance(described, str) else json.dumps(described)
    )
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + tensors)


@pytest.mark.parametrize("heads", ["model", "mixed_model"])
def test_a_model_is_the_same_to_the_bit_after_a_round_trip(
    request: pytest.FixtureRequest, tmp_path: Path, heads: str
):
    model: Model = request.getfixturevalue(heads)
    save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.classes == model.classes
    assert loaded.bands == model.bands
    assert loaded.temperature == model.temperature
    assert dict(loaded.provenance) == dict(model.provenance)
    assert loaded.spatial is not None
    assert model.spatial is not None
    assert loaded.spatial.blocks == model.spatial.blocks
    assert loaded.spatial.pseudo_image.gamma == model.spatial.pseudo_image.gamma
    for found, expected in (
        (loaded.spatial.compression, model.spatial.compression),
        (loaded.spatial.context.projection, model.spatial.context.projection),
        (loaded.spatial.context.scale, model.spatial.context.scale),
        (loaded.spatial.pseudo_image.projection, model.spatial.pseudo_image.projection),
    ):
        np.testing.assert_array_equal(found.matrix, expected.matrix)
        np.testing.assert_array_equal(found.mean, expected.mean)
    assert len(loaded.heads) == len(model.heads)
    for found, expected in zip(loaded.heads, model.heads):
        assert (found.shape, found.part) == (expected.shape, expected.part)
        assert (found.inputs.name, found.inputs.snv) == (expected.inputs.name, expected.inputs.snv)
        np.testing.assert_array_equal(found.inputs.affine.mean, expected.inputs.affine.mean)
        np.testing.assert_array_equal(found.inputs.affine.matrix, expected.inputs.affine.matrix)
        for name, array in expected.parameters.items():
            np.testing.assert_array_equal(found.parameters[name], array)
    np.testing.assert_array_equal(predictions(loaded), predictions(model))


def test_a_spectral_model_without_wavelengths_survives_a_round_trip(
    make_fields, make_model, tmp_path
):
    model = make_model(make_fields(48, band_tags=()).raster, spatial=False)
    save_model(model, tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    assert loaded.spatial is None
    assert loaded.bands.wavelengths is None
    np.testing.assert_array_equal(predictions(loaded), predictions(model))


def test_the_same_model_gives_the_same_bytes(model: Model, saved: Path, tmp_path: Path):
    save_model(model, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()
    save_model(load_model(saved), tmp_path / "third.safetensors")
    assert (tmp_path / "third.safetensors").read_bytes() == saved.read_bytes()


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ModelFileError, match=r"'.*gone\.safetensors' does not exist"):
        load_model(tmp_path / "gone.safetensors")


def test_a_folder_is_no_model_file(tmp_path: Path):
    with pytest.raises(ModelFileError, match="does not exist"):
        load_model(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_named(saved: Path, share: float):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelFileError, match=r"'model\.safetensors' is no whole model file"):
        load_model(saved)


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_are_no_model_file(tmp_path: Path, seed: int):
    path = tmp_path / "noise.safetensors"
    path.write_bytes(np.random.default_rng(seed).bytes(5000))
    with pytest.raises(ModelFileError, match=r"'noise\.safetensors' is no whole model file"):
        load_model(path)


def test_other_safetensors_are_no_models_of_ours(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    for metadata in (None, {"format": "pt"}):
        save_file({"x": np.zeros(3, np.float32)}, path, metadata)
        with pytest.raises(ModelFileError, match="no model file of HSI FiLM"):
            load_model(path)


def test_tensors_of_a_type_that_numpy_lacks_are_refused(saved: Path):
    header, tensors = contents(saved)
    for entry in header.values():
        if entry.get("dtype") == "F32":
            entry["dtype"] = "BF16"
            entry["shape"] = [*entry["shape"], 2]
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + tensors)
    with pytest.raises(ModelFileError, match="no whole model file"):
        load_model(saved)


def test_a_newer_schema_asks_for_an_update(saved: Path):
    rewrite(saved, lambda header: header.update(schema_version=KIND.schema + 1))
    with pytest.raises(
        ModelFileError, match=rf"newer HSI FiLM \(schema {KIND.schema + 1}.*Update the plugin"
    ):
        load_model(saved)


@pytest.mark.parametrize("schema", [1, 0, -1])
def test_an_older_schema_asks_to_train_again(saved: Path, schema: int):
    rewrite(saved, lambda header: header.update(schema_version=schema))
    expected = (
        rf"^'model\.safetensors' was written by an older HSI FiLM \(schema {schema}; "
        rf"this one reads {KIND.schema}\)\. Train the model again\.$"
    )
    with pytest.raises(ModelFileError, match=expected):
        load_model(saved)


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(header: Any) -> None:
        for step in path[:-1]:
            header = header[step]
        if to is KeyError:
            del header[path[-1]]
        else:
            header[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda header: "{",
        lambda header: "[1, 2]",
        lambda header: "[" * 100_000,
        lambda header: "null",
        _set("schema_version", to="two"),
        _set("schema_version", to=KeyError),
        _set("classes", to=[]),
        _set("classes", to="abc"),
        _set("classes", 0, "value", to=0),
        _set("classes", 0, "value", to=70000),
        _set("classes", 0, "value", to=7),
        _set("classes", 0, "value", to=float("inf")),
        _set("classes", 0, "color", to="red"),
        _set("classes", 0, "color", to=KeyError),
        lambda header: header["classes"].pop(),
        _set("bands", "used", to=[0, 1]),
        _set("bands", "used", 0, to=-1),
        _set("bands", "used", 0, to=99),
        _set("bands", "wavelengths_nm", to=[1.0]),
        _set("temperature", to=0),
        _set("temperature", to=float("nan")),
        _set("temperature", to=float("inf")),
        _set("heads", to=[]),
        _set("heads", to={"a": 1}),
        _set("heads", 0, "kind", to="quantum"),
        _set("heads", 0, "kind", to="film"),
        _set("heads", 0, "width", to=17),
        _set("heads", 0, "spectral", to=3),
        _set("heads", 1, "spatial", to=10**15),
        _set("heads", 0, "inputs", to=KeyError),
        _set("heads", 0, "snv", to=KeyError),
        _set("heads", 0, "snv", to="yes"),
        _set("heads", 1, "spatial", to=5),
        _set("heads", 1, "temperature", to=-1),
        _set("heads", 1, "weight", to="much"),
        _set("heads", 1, "weight", to=float("nan")),
        _set("spatial", to=None),
        _set("spatial", to=3),
        _set("spatial", "blocks", to=5),
        _set("spatial", "gamma", to=-1),
        _set("spatial", "pseudo_image", to="thermal"),
        _set("provenance", to=["a"]),
    ],
)
def test_a_header_that_was_tampered_with_is_told_as_damage(saved: Path, change):
    rewrite(saved, change)
    with pytest.raises(ModelFileError, match=r"'model\.safetensors' is a damaged model file"):
        load_model(saved)


def _spoil(model: Model, name: str, array: np.ndarray) -> Model:
    parameters = dict(model.heads[1].parameters) | {name: array}
    return replace(model, heads=(model.heads[0], replace(model.heads[1], parameters=parameters)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: _spoil(m, "gamma.weight", np.zeros((2, 16, 15), np.float32)),
        lambda m: _spoil(m, "gamma.weight", np.zeros((16, 16), np.float32)),
        lambda m: _spoil(m, "gamma.weight", np.zeros((3, 16, 16), np.float32)),
        lambda m: _spoil(m, "gamma.bias", np.zeros((2, 2, 16), np.float32)),
        lambda m: _spoil(m, "gamma.weight", np.zeros((2, 16, 16), np.float64)),
        lambda m: _spoil(m, "gamma.weight", np.zeros((2, 16, 16), np.int32)),
        lambda m: _spoil(m, "gamma.weight", np.full((2, 16, 16), np.nan, np.float32)),
        lambda m: _spoil(m, "extra.weight", np.zeros((2, 16, 16), np.float32)),
        lambda m: _spoil_inputs(m, mean=np.zeros(3, np.float32)),
        lambda m: _spoil_inputs(m, mean=np.zeros(8, np.float64)),
        lambda m: _spoil_inputs(m, mean=np.full(8, np.nan, np.float32)),
        lambda m: _spoil_inputs(m, matrix=np.zeros(8, np.float32)),
        lambda m: _spoil_inputs(m, matrix=np.array(1, np.float32)),
        lambda m: _spoil_inputs(m, matrix=np.zeros((8, 8, 2), np.float32)),
        lambda m: _spoil_inputs(m, matrix=np.zeros((8, 7), np.float32)),
        lambda m: _spoil_inputs(m, matrix=np.zeros((7, 8), np.float32)),
        lambda m: _spoil_inputs(m, matrix=np.full((8, 8), np.inf, np.float32)),
        lambda m: _spoil_context(m, "projection", mean=np.zeros(3, np.float32)),
        lambda m: _spoil_context(m, "projection", matrix=np.zeros((7, 2), np.float32)),
        lambda m: _spoil_context(m, "projection", matrix=np.zeros((8, 3), np.float32)),
        lambda m: _spoil_context(m, "projection", matrix=np.zeros(8, np.float32)),
        lambda m: _spoil_context(m, "scale", mean=np.zeros(3, np.float32)),
        lambda m: _spoil_context(m, "scale", matrix=np.zeros((22, 21), np.float32)),
        lambda m: _spoil_context(m, "scale", matrix=np.full((22, 22), np.nan, np.float32)),
        lambda m: _spoil_picture(m, low=np.zeros(2, np.float32)),
        lambda m: _spoil_picture(m, high=np.full(3, np.inf, np.float32)),
    ],
)
def test_tensors_that_do_not_fit_are_told_as_damage(model: Model, tmp_path: Path, spoil):
    path = tmp_path / "model.safetensors"
    save_model(spoil(model), path)
    with pytest.raises(ModelFileError, match=r"'model\.safetensors' is a damaged model file"):
        load_model(path)


def _spoil_inputs(model: Model, **changes: np.ndarray) -> Model:
    first, second = model.heads
    inputs = replace(second.inputs, affine=replace(second.inputs.affine, **changes))
    return replace(model, heads=(first, replace(second, inputs=inputs)))


def _spoil_context(model: Model, part: str, **changes: np.ndarray) -> Model:
    assert model.spatial is not None
    context = model.spatial.context
    spoilt = replace(context, **{part: replace(getattr(context, part), **changes)})
    return replace(model, spatial=replace(model.spatial, context=spoilt))


def _spoil_picture(model: Model, **changes: np.ndarray) -> Model:
    assert model.spatial is not None
    picture = replace(model.spatial.pseudo_image, **changes)
    return replace(model, spatial=replace(model.spatial, pseudo_image=picture))


@pytest.mark.parametrize(
    "name", ["head1.gamma.weight", "inputs0.mean", "inputs1.matrix", "context_scale.mean"]
)
def test_a_tensor_that_is_missing_is_told_as_damage(saved: Path, name: str):
    header, tensors = contents(saved)
    header["elsewhere"] = header.pop(name)
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + tensors)
    with pytest.raises(ModelFileError, match="damaged model"):
        load_model(saved)


def test_what_tells_unlike_pixels_survives_a_round_trip(telling: Model, tmp_path: Path):
    path = tmp_path / "telling.safetensors"
    save_model(telling, path)
    loaded = load_model(path)
    assert loaded.novelty is not None
    assert telling.novelty is not None
    spectra = np.random.default_rng(0).random((9, len(telling.bands.used))).astype(np.float32)
    np.testing.assert_array_equal(loaded.novelty(spectra), telling.novelty(spectra))
    save_model(loaded, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        _set("novelty", "radius", to=0),
        _set("novelty", "radius", to=float("nan")),
        _set("novelty", "radius", to=float("inf")),
        _set("novelty", "radius", to=KeyError),
        _set("novelty", to=5),
        _set("novelty", to=KeyError),
    ],
)
def test_a_damaged_header_of_unlike_pixels_is_told(telling: Model, tmp_path: Path, change):
    path = tmp_path / "model.safetensors"
    save_model(telling, path)
    rewrite(path, change)
    with pytest.raises(ModelFileError, match=r"'model\.safetensors' is a damaged model file"):
        load_model(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"prototypes": np.zeros((0, 5), np.float32)},
        {"prototypes": np.zeros(5, np.float32)},
        {"prototypes": np.zeros((30, 4), np.float32)},
        {"prototypes": np.zeros((30, 5), np.float64)},
        {"prototypes": np.full((30, 5), np.inf, np.float32)},
        {"space": AffineMap(np.zeros(3, np.float32), np.zeros((3, 5), np.float32))},
        {"space": AffineMap(np.zeros(3, np.float32), np.zeros((8, 5), np.float32))},
        {"space": AffineMap(np.zeros(8, np.float32), np.zeros(8, np.float32))},
    ],
)
def test_damaged_tensors_of_unlike_pixels_are_told(telling: Model, tmp_path: Path, changes):
    assert telling.novelty is not None
    path = tmp_path / "model.safetensors"
    save_model(replace(telling, novelty=replace(telling.novelty, **changes)), path)
    with pytest.raises(ModelFileError, match=r"'model\.safetensors' is a damaged model file"):
        load_model(path)


def test_names_of_any_script_survive(make_fields, make_model, tmp_path):
    classes = [LabelClass(1, "森林 \u2028 <b>", "#000000"), LabelClass(65535, "", "#ffffff")]
    model = make_model(make_fields(48).raster, spatial=False, classes=classes)
    save_model(model, tmp_path / "m.safetensors")
    assert list(load_model(tmp_path / "m.safetensors").classes) == classes


def test_a_model_file_appears_whole_or_not_at_all(model: Model, tmp_path: Path):
    with pytest.raises(OutputError):
        save_model(model, tmp_path / "none" / "m.safetensors")
    assert not (tmp_path / "none").exists()
