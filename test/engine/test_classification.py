"""Classification: the same map for any chunks, on the raster's own grid, honest about nodata."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine import classification, training
from hsi_film_plugin.engine.backbone import BUNDLED, WEIGHTS
from hsi_film_plugin.engine.choice import Choice, Part
from hsi_film_plugin.engine.class_map import CONFIDENCE_BANDS, NO_CONFIDENCE
from hsi_film_plugin.engine.classification import (
    Classifier,
    Products,
    classify,
    extent_block,
    match_bands,
)
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import InputError, ModelFileError
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.model import Model, ModelBands
from hsi_film_plugin.engine.novelty import Novelty
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_scene import SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.statistics import AffineMap
from hsi_film_plugin.engine.windows import Block

CPU = Device("cpu", "a test", bfloat16=False)


def classified(
    model: Model,
    raster: Path,
    folder: Path,
    *,
    extent: tuple[float, ...] | None = None,
    min_confidence: float = 0.0,
    name: str = "map",
    progress: Progress | None = None,
    device: Device = CPU,
) -> Path:
    """Write name.tif, name_confidence.tif and name_probabilities.tif."""
    products = Products(
        folder / f"{name}.tif",
        folder / f"{name}_confidence.tif",
        folder / f"{name}_probabilities.tif",
    )
    with Scene.open(raster) as scene:
        classify(
            Classifier(model, scene, device),
            extent_block(scene, extent),
            products,
            min_confidence,
            {"HSIFILM_SEED": "0"},
            progress or Progress(),
        )
    return products.output


def read(path: Path, suffix: str = "") -> np.ndarray:
    with rasterio.open(path.with_name(f"{path.stem}{suffix}.tif")) as dataset:
        values: np.ndarray = dataset.read()
    return values[0] if len(values) == 1 else values


def tags_of(wavelengths: Any, unit: str = "nm") -> list[dict[str, str]]:
    return [{"wavelength": str(w), "wavelength_units": unit} for w in wavelengths]


def telling(model: Model, raster: Path, like: np.ndarray) -> Model:
    """Return the model with what tells pixels apart that are unlike those under ``like``."""
    with rasterio.open(raster) as dataset:
        spectra = dataset.read()[:, like].T.astype(np.float32)
    used = len(model.bands.used)
    space = AffineMap(np.zeros(used, np.float32), np.eye(used, dtype=np.float32))
    return replace(model, novelty=Novelty(space, spectra[::7].copy(), 0.2))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("picture", ["rgb", "pca"])
def test_maps_are_the_same_bytes_for_any_chunk_size(
    make_fields, make_model, out, monkeypatch, picture
):
    fields = make_fields(200)
    model = make_model(fields.raster, picture=picture)
    model = telling(model, fields.raster, fields.truth == 0)
    first = classified(model, fields.raster, out)
    assert len(np.unique(read(first))) == 3
    for number, size in enumerate([(128, 128), (1, 256)]):
        monkeypatch.setattr(Classifier, "chunk_size", lambda self, size=size: size)
        other = classified(model, fields.raster, out, name=f"chunked{number}")
        for suffix in ("", "_confidence", "_probabilities"):
            assert (
                other.with_name(f"{other.stem}{suffix}.tif").read_bytes()
                == first.with_name(f"{first.stem}{suffix}.tif").read_bytes()
            )


def test_an_extent_gives_the_part_of_the_whole_map(make_fields, make_model, out):
    fields = make_fields(200)
    model = make_model(fields.raster)
    whole = classified(model, fields.raster, out)
    # rows 45 to 140, columns 130 to 200
    extent = (400000 + 1300, 5000000 - 1400, 400000 + 2000, 5000000 - 450)
    part = classified(model, fields.raster, out, extent=extent, name="part")
    for suffix in ("", "_confidence", "_probabilities"):
        np.testing.assert_array_equal(read(part, suffix), read(whole, suffix)[..., 45:140, 130:200])
    with rasterio.open(part) as dataset:
        assert dataset.bounds == extent


def test_one_classifier_serves_one_extent_after_the_other(make_fields, make_model, out):
    fields = make_fields(200)
    with Scene.open(fields.raster) as scene:
        model = make_model(fields.raster)
        used = Classifier(model, scene, CPU)
        for block in (Block(0, 0, 32, 40), Block(32, 0, 100, 200), Block(32, 0, 64, 100)):
            found = used.predict(block, Progress())
            fresh = Classifier(model, scene, CPU).predict(block, Progress())
            np.testing.assert_array_equal(found.probabilities, fresh.probabilities)


def test_chunks_keep_memory_bounded_whatever_the_bands(make_fields, make_model):
    fields = make_fields(32)
    with Scene.open(fields.raster) as scene:
        classifier = Classifier(make_model(fields.raster, spatial=False), scene, CPU)
        for bands in (1, 50, 200, 500):
            classifier.bands = tuple(range(bands))
            rows, cols = classifier.chunk_size()
            assert cols % 128 == 0
            assert cols >= 128
            assert (rows + 64) * cols * bands * 4 <= 1.1 * classification.CHUNK_BYTES


def test_nodata_nan_and_infinity_are_unclassified_and_only_they(
    make_raster, make_fields, make_model, out
):
    with rasterio.open(make_fields(80).raster) as dataset:
        cube = dataset.read()
    expected = np.ones((80, 80), bool)
    cube[0, :5, :5] = -9999  # any band
    cube[:, 40:70, 40:80] = -9999
    cube[3, 20, 20:30] = np.nan
    cube[5, 21, 20:30] = np.inf
    expected[:5, :5] = expected[40:70, 40:80] = expected[20:22, 20:30] = False
    path = make_raster("holes.tif", cube, nodata=-9999)
    found = classified(make_model(path), path, out)
    np.testing.assert_array_equal(read(found) > 0, expected)
    np.testing.assert_array_equal(read(found, "_confidence")[0] >= 0, expected)
    probabilities = read(found, "_probabilities")
    np.testing.assert_array_equal((probabilities >= 0).all(axis=0), expected)
    assert (probabilities[:, ~expected] == -1).all()


def test_products_agree_with_one_another_and_carry_values_and_names(make_fields, make_model, out):
    fields = make_fields(60)
    model = make_model(fields.raster)
    found = classified(model, fields.raster, out)
    values, confidence = read(found), read(found, "_confidence")[0]
    probabilities = read(found, "_probabilities")
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.max(axis=0), confidence)
    np.testing.assert_array_equal(np.array([3, 7, 200])[probabilities.argmax(axis=0)], values)
    with rasterio.open(found.with_name("map_probabilities.tif")) as dataset:
        assert dataset.descriptions == ("forest", "water & ice", "Straße")
    with rasterio.open(found) as dataset:
        assert dataset.dtypes == ("uint8",)
        assert dataset.nodata == 0
        assert dataset.colormap(1)[7] == (0, 0x72, 0xB2, 255)
        assert dataset.tags()["HSIFILM_SEED"] == "0"
    assert "Straße" in (out / "map.qml").read_text(encoding="utf-8")


def test_unsure_pixels_are_unclassified_but_keep_their_confidence(make_fields, make_model, out):
    fields = make_fields(60)
    model = make_model(fields.raster)
    every, sure = (
        classified(model, fields.raster, out, name=name, min_confidence=least)
        for name, least in (("every", 0.0), ("sure", 0.6))
    )
    confidence = read(every, "_confidence")[0]
    assert 0 < (confidence < 0.6).mean() < 1
    np.testing.assert_array_equal(read(sure), np.where(confidence >= 0.6, read(every), 0))
    np.testing.assert_array_equal(read(sure, "_confidence")[0], confidence)


@pytest.mark.parametrize("least", [0.0, 1.0, 1e-6])
def test_the_least_confidence_keeps_what_reaches_it_at_its_ends_too(
    make_fields, make_model, out, least
):
    fields = make_fields(48)
    model = make_model(fields.raster, spatial=False)
    found = classified(model, fields.raster, out, min_confidence=least)
    confidence = read(found, "_confidence")[0]
    assert confidence.max() < 1
    np.testing.assert_array_equal(read(found) > 0, confidence >= least)


def test_what_is_unlike_anything_labelled_is_in_the_second_band_and_counted(
    make_fields, make_model, make_raster, out
):
    fields = make_fields(72)
    with rasterio.open(fields.raster) as dataset:
        cube = dataset.read()
    cube[:, :5] = np.nan
    raster = make_raster("holes.tif", cube, band_tags=tags_of(450 + 40 * np.arange(8)))
    model = telling(make_model(raster, spatial=False), fields.raster, fields.truth == 0)
    with Scene.open(raster) as scene:
        products = Products(out / "map.tif", out / "confidence.tif")
        block = extent_block(scene, None)
        found = classify(Classifier(model, scene, CPU), block, products, 0.5, {}, Progress())
    with rasterio.open(out / "confidence.tif") as dataset:
        assert dataset.descriptions == CONFIDENCE_BANDS
        confidence, novelty = dataset.read()
    known = fields.truth[5:] == 0
    assert (novelty[:5] == NO_CONFIDENCE).all()
    assert (novelty[5:][known] <= 1).mean() > 0.95
    assert (novelty[5:][~known] > 1).mean() > 0.95
    expected = int(((novelty > 1) & (confidence >= 0.5)).sum())
    assert found.unlike == expected > 0
    assert found.unlike_share == expected / (confidence >= 0.5).sum()
    assert found.classified == (confidence >= 0.5).sum()


def test_a_model_that_cannot_tell_leaves_the_second_band_empty(make_fields, make_model, out):
    fields = make_fields(48)
    model = make_model(fields.raster, spatial=False)
    with Scene.open(fields.raster) as scene:
        products = Products(out / "map.tif", out / "confidence.tif")
        block = extent_block(scene, None)
        found = classify(Classifier(model, scene, CPU), block, products, 0.0, {}, Progress())
    assert (read(out / "confidence.tif")[1] == NO_CONFIDENCE).all()
    assert found.unlike is None
    assert found.unlike_share is None


def test_counts_are_those_of_the_map(make_fields, make_model, out):
    fields = make_fields(50)
    with Scene.open(fields.raster) as scene:
        mapped = classify(
            Classifier(make_model(fields.raster), scene, CPU),
            Block(0, 0, 50, 50),
            Products(out / "map.tif"),
            0.5,
            {},
            Progress(),
        )
    values, found = np.unique(read(out / "map.tif"), return_counts=True)
    assert mapped.counts == dict(zip(values.tolist(), found.tolist()))
    assert sorted(path.name for path in out.iterdir()) == ["map.qml", "map.tif", "map.tif.aux.xml"]


def test_integers_with_scale_and_offset_give_the_map_of_their_physical_values(
    make_raster, make_fields, make_model, out
):
    with rasterio.open(make_fields(60).raster) as dataset:
        raw = (dataset.read() * 1000).round().astype(np.int16)
    bands = len(raw)
    physical = (raw.astype(np.float32) * np.float32(0.001) + np.float32(0.5)).astype(np.float32)
    floats = make_raster("floats.tif", physical)
    integers = make_raster("ints.tif", raw, scales=[0.001] * bands, offsets=[0.5] * bands)
    model = make_model(floats)
    first, second = (classified(model, path, out, name=path.stem) for path in (floats, integers))
    np.testing.assert_array_equal(read(first), read(second))
    np.testing.assert_array_equal(read(first, "_confidence"), read(second, "_confidence"))


@pytest.mark.parametrize(
    "transform",
    [
        Affine(8, 6, 400000, 6, -8, 5000000),  # rotated
        Affine(10, 0, 400000, 0, 10, 5000000),  # south-up
        Affine(0, 10, 400000, 10, 0, 5000000),  # transposed
    ],
)
def test_unusual_geotransforms_are_kept(make_fields, make_model, out, transform: Affine):
    fields = make_fields(40, transform=transform)
    found = classified(make_model(fields.raster), fields.raster, out)
    with rasterio.open(found) as dataset:
        assert dataset.transform.almost_equals(transform)
        assert dataset.crs.to_epsg() == 32633
    plain = make_fields(40, name="plain")
    same = classified(make_model(plain.raster), plain.raster, out, name="plain")
    np.testing.assert_array_equal(read(found), read(same))


def test_a_raster_without_crs_gives_a_map_without_one(make_fields, make_model, out):
    fields = make_fields(40, crs=None)
    with rasterio.open(classified(make_model(fields.raster), fields.raster, out)) as dataset:
        assert dataset.crs is None
        assert dataset.transform.c == 400000


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_that_lies_nowhere_gives_a_map_that_lies_nowhere(
    make_raster, make_fields, make_model, out
):
    with rasterio.open(make_fields(40).raster) as dataset:
        path = make_raster("nowhere.tif", dataset.read(), crs=None, transform=None)
    with rasterio.open(classified(make_model(path), path, out)) as dataset:
        assert dataset.crs is None
        assert dataset.transform == Affine.identity()


@pytest.mark.parametrize(("height", "width"), [(1, 2), (3, 5), (33, 2), (63, 65)])
def test_scenes_smaller_than_a_window_are_mapped(make_raster, make_model, out, height, width):
    cube = np.random.default_rng(3).random((4, height, width)).astype(np.float32)
    path = make_raster("small.tif", cube)
    found = read(classified(make_model(path), path, out))
    assert found.shape[-2:] == (height, width)[-found.ndim :]
    assert (found > 0).all()


def test_a_scene_of_one_pixel_is_mapped_by_a_model_from_elsewhere(
    make_raster, make_fields, make_model, out
):
    model = make_model(make_fields(40).raster)
    path = make_raster("pixel.tif", np.full((8, 1, 1), 0.3, np.float32))
    assert read(classified(model, path, out)).item() in (3, 7, 200)


@pytest.mark.parametrize("bands", [1, 2, 3, 500])
def test_scenes_of_few_and_many_bands_are_mapped(make_raster, make_model, out, bands):
    cube = np.random.default_rng(4).random((bands, 40, 40)).astype(np.float32)
    path = make_raster("bands.tif", cube)
    assert (read(classified(make_model(path), path, out)) > 0).all()


def test_a_scene_without_data_gives_an_empty_map(make_raster, make_fields, make_model, out):
    model = make_model(make_fields(40).raster)
    path = make_raster("void.tif", np.full((8, 70, 70), np.nan, np.float32))
    assert (read(classified(model, path, out)) == 0).all()


def test_bands_are_found_by_wavelength_whatever_their_order_number_and_unit(
    make_raster, make_fields, make_model, out
):
    fields = make_fields(60)
    with rasterio.open(fields.raster) as dataset:
        cube = dataset.read()
    wavelengths = [450 + 40 * band for band in range(8)]
    model = make_model(fields.raster)
    expected = classified(model, fields.raster, out)
    noise = np.random.default_rng(0).random((1, 60, 60)).astype(np.float32)
    others = {
        "backwards": (cube[::-1], tags_of(wavelengths[::-1])),
        "more": (np.concatenate([noise, cube, noise]), tags_of([300, *wavelengths, 2000])),
        "micrometres": (cube, tags_of([w / 1000 for w in wavelengths], "um")),
        "shifted": (cube, tags_of([w + 1.5 for w in wavelengths])),
    }
    for name, (values, tags) in others.items():
        path = make_raster(f"{name}.tif", values, band_tags=tags)
        found = classified(model, path, out, name=name)
        np.testing.assert_array_equal(read(found), read(expected), err_msg=name)
        np.testing.assert_array_equal(read(found, "_confidence"), read(expected, "_confidence"))


def test_a_raster_that_lacks_bands_is_refused_with_their_wavelengths(
    make_raster, make_fields, make_model
):
    fields = make_fields(40)
    model = make_model(fields.raster)
    cube = np.random.default_rng(0).random((6, 40, 40)).astype(np.float32)
    path = make_raster("short.tif", cube, band_tags=tags_of([450 + 40 * b for b in range(6)]))
    with (
        Scene.open(path) as scene,
        pytest.raises(
            ModelFileError, match=r"'short\.tif' lacks 2 of the model's 8 bands \(near 690, 730 nm"
        ),
    ):
        Classifier(model, scene, CPU)


def test_a_band_that_is_marked_bad_counts_as_lacking(make_raster, make_fields, make_model):
    fields = make_fields(40)
    model = make_model(fields.raster)
    with rasterio.open(fields.raster) as dataset:
        cube = dataset.read()
    tags = tags_of([450 + 40 * band for band in range(8)])
    for band, tag in enumerate(tags):
        tag["bbl"] = str(int(band != 2))
    with (
        Scene.open(make_raster("bad.tif", cube, band_tags=tags)) as scene,
        pytest.raises(ModelFileError, match=r"lacks 1 of .* \(near 530 nm\)"),
    ):
        match_bands(model.bands, scene)


def test_other_band_counts_cannot_be_matched_without_wavelengths(
    make_raster, make_fields, make_model
):
    model = make_model(make_fields(40).raster)
    cube = np.random.default_rng(0).random((9, 40, 40)).astype(np.float32)
    with (
        Scene.open(make_raster("plain.tif", cube)) as scene,
        pytest.raises(ModelFileError, match=r"trained on 8 bands and 'plain\.tif' has 9"),
    ):
        match_bands(model.bands, scene)


def test_the_same_band_count_is_matched_by_position_and_the_user_is_told(
    make_raster, make_fields, make_model
):
    model = make_model(make_fields(40).raster)
    cube = np.random.default_rng(0).random((8, 40, 40)).astype(np.float32)
    with Scene.open(make_raster("plain.tif", cube)) as scene:
        bands, warnings = match_bands(model.bands, scene)
        assert bands == tuple(range(8))
        assert "only for the model" in warnings[0]
        unknown = replace(model.bands, wavelengths=None)
        assert match_bands(unknown, scene) == (tuple(range(8)), [])


def test_two_bands_of_one_wavelength_are_told_apart_by_their_place(make_raster):
    wavelengths = [900.0, 910.0, 910.0, 920.0]  # where two detectors overlap
    cube = np.random.default_rng(0).random((4, 9, 9)).astype(np.float32)
    with Scene.open(make_raster("two.tif", cube, band_tags=tags_of(wavelengths))) as scene:
        bands = ModelBands(4, (0, 1, 2, 3), tuple(wavelengths))
        assert match_bands(bands, scene)[0] == (0, 1, 2, 3)


def test_another_backbone_in_the_model_s_folder_is_refused(make_fields, make_model):
    fields = make_fields(40)
    model = make_model(fields.raster)
    assert model.spatial is not None
    other = replace(model, spatial=replace(model.spatial, backbone_sha256="0" * 64))
    with (
        Scene.open(fields.raster) as scene,
        pytest.raises(ModelFileError, match=r"another backbone \(sha256 000000000000…\)"),
    ):
        Classifier(other, scene, CPU)


def test_a_backbone_that_is_gone_is_named(make_fields, make_model, tmp_path):
    fields = make_fields(40)
    model = make_model(fields.raster)
    assert model.spatial is not None
    gone = replace(model, spatial=replace(model.spatial, backbone=str(tmp_path / "gone")))
    with Scene.open(fields.raster) as scene, pytest.raises(InputError, match="gone"):
        Classifier(gone, scene, CPU)


def test_a_model_whose_features_do_not_fit_its_backbone_is_refused(make_fields, make_model):
    fields = make_fields(40)
    model = make_model(fields.raster)
    assert model.spatial is not None
    wrong = replace(model, spatial=replace(model.spatial, blocks=(-1,)))
    with (
        Scene.open(fields.raster) as scene,
        pytest.raises(ModelFileError, match="does not fit together"),
    ):
        Classifier(wrong, scene, CPU).predict(Block(0, 0, 40, 40), Progress())


def test_an_extent_outside_the_raster_is_refused(make_fields):
    with (
        Scene.open(make_fields(40).raster) as scene,
        pytest.raises(InputError, match="does not overlap"),
    ):
        extent_block(scene, (0.0, 0.0, 10.0, 10.0))


def test_progress_never_goes_back(make_fields, make_model, out):
    fields = make_fields(150)
    seen: list[float] = []
    progress = Progress(lambda fraction, _: seen.append(fraction))
    classified(make_model(fields.raster), fields.raster, out, progress=progress)
    assert seen == sorted(seen)
    assert seen[0] < 0.1
    assert seen[-1] > 0.9


@pytest.mark.gpu
def test_a_map_made_on_a_gpu_is_that_of_the_cpu(make_fields, make_model, out, gpu):
    fields = make_fields(200)
    model = make_model(fields.raster)
    first = classified(model, fields.raster, out)
    second = classified(model, fields.raster, out, name="gpu", device=gpu)
    assert (read(first) == read(second)).mean() > 0.99


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
@pytest.mark.skipif(not (BUNDLED / WEIGHTS).exists(), reason="no backbone is bundled here")
def test_bfloat16_gives_nearly_the_map_of_float32_with_the_bundled_backbone(
    out, tmp_path, monkeypatch
):
    film = Choice((Part("film", "gentle", "standardised bands", 1.0, 1.0),), 1.0)
    monkeypatch.setattr(training, "choose", lambda *_: film)
    paths = tmp_path / "scene.tif", tmp_path / "training.gpkg"
    write_sample_scene(SampleScene(128, 96, 0), *paths, None, Progress())
    with Scene.open(paths[0]) as scene:
        labels = read_labels(paths[1], scene, "class_name")
        settings = training.TrainingSettings(pseudo_image="rgb", timestep=0, ensemble=3)
        model, _ = training.train(scene, labels, settings, CPU, Progress())
    assert [stack.part.kind for stack in model.heads] == ["film"]
    half = Device("cpu", "a test", bfloat16=True)
    maps = [
        read(classified(model, paths[0], out, name=name, device=device))
        for name, device in (("single", CPU), ("half", half))
    ]
    assert len(np.unique(maps[0])) > 3
    assert (maps[0] == maps[1]).mean() > 0.98
