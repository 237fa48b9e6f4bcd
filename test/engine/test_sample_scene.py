"""The sample scene: the same from every window, plausible, and true to its reference."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.features import rasterize

from hsi_film_plugin.engine.errors import Cancelled, InputError, OutputError
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.sample_landscape import MATERIALS
from hsi_film_plugin.engine.sample_map_scene import (
    MapScene,
    Recipe,
    default_recipes,
    render_classes,
)
from hsi_film_plugin.engine.sample_scene import CLASSES, SampleScene
from hsi_film_plugin.engine.sample_scene_files import write_sample_scene
from hsi_film_plugin.engine.scene import Scene

VALUE = {sample.name: sample.value for sample in CLASSES}


@pytest.fixture(scope="module")
def scene() -> SampleScene:
    return SampleScene(256, 256, bands=40)


@pytest.fixture(scope="module")
def truth(scene: SampleScene) -> np.ndarray:
    return scene.truth(0, 0, 256, 256)


@pytest.fixture(scope="module")
def reflectance(scene: SampleScene) -> np.ndarray:
    return scene.render(0, 0, 256, 256) * scene.scale


def band(scene: SampleScene | MapScene, nm: float) -> int:
    return int(np.abs(scene.wavelengths - nm).argmin())


def test_any_window_equals_the_same_window_of_the_whole_scene():
    scene = SampleScene(150, 100, seed=3, bands=7)
    truth, numbers = scene.truth(0, 0, 100, 150), scene.render(0, 0, 100, 150)
    for row, col, height, width in [
        (0, 0, 1, 1),
        (37, 60, 30, 70),
        (99, 149, 1, 1),
        (64, 0, 36, 9),
    ]:
        place = np.s_[row : row + height, col : col + width]
        assert np.array_equal(scene.truth(row, col, height, width), truth[place])
        assert np.array_equal(scene.render(row, col, height, width), numbers[(..., *place)])


def test_a_seed_decides_the_scene():
    first = SampleScene(70, 50, seed=1, bands=5)
    again = SampleScene(70, 50, seed=1, bands=5)
    other = SampleScene(70, 50, seed=2, bands=5)
    whole = (0, 0, 50, 70)
    assert np.array_equal(first.render(*whole), again.render(*whole))
    assert first.training_polygons() == again.training_polygons()
    assert (first.truth(*whole) != other.truth(*whole)).mean() > 0.3
    assert (first.render(*whole) != other.render(*whole)).mean() > 0.9


@pytest.mark.parametrize("seed", [0, 11, 2**31 - 1])
def test_a_scene_of_256_pixels_holds_every_class_and_trains_every_class(seed: int):
    scene = SampleScene(256, 256, seed=seed, bands=1)
    truth = scene.truth(0, 0, 256, 256)
    counts = np.bincount(truth.ravel(), minlength=len(CLASSES) + 1)
    assert counts[0] == 0
    assert (counts[1:] > 150).all()
    polygons = [polygon.value for polygon in scene.training_polygons()]
    assert all(4 <= polygons.count(sample.value) <= 6 for sample in CLASSES)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (1, 90), (20, 7)])
def test_tiny_scenes_render_and_have_training_polygons_of_what_they_hold(width: int, height: int):
    scene = SampleScene(width, height, bands=3)
    truth = scene.truth(0, 0, height, width)
    assert scene.render(0, 0, height, width).shape == (3, height, width)
    values = {polygon.value for polygon in scene.training_polygons()}
    assert values == set(np.unique(truth).tolist())


@pytest.mark.parametrize("bands", [1, 2, 3, 100, 500])
def test_bands_ascend_within_the_sensors_range(bands: int):
    scene = SampleScene(1, 1, bands=bands)
    assert scene.render(0, 0, 1, 1).shape == (bands, 1, 1)
    assert (np.diff(scene.wavelengths) > 0).all()
    assert scene.wavelengths[0] >= 420
    assert scene.wavelengths[-1] <= 2450
    assert (scene.fwhm > 0).all()


def test_bands_in_the_water_vapour_are_bad_and_hold_noise_only(
    scene: SampleScene, reflectance: np.ndarray
):
    nm = scene.wavelengths
    vapour = ((nm >= 1340) & (nm <= 1450)) | ((nm >= 1790) & (nm <= 1960))
    assert vapour.sum() >= 3
    assert np.array_equal(scene.good, ~vapour)
    bad, good = reflectance[vapour], reflectance[band(scene, 1250)]
    assert all(abs(np.corrcoef(one.ravel(), good.ravel())[0, 1]) < 0.35 for one in bad)


def test_reflectance_lies_between_0_and_1(reflectance: np.ndarray):
    assert reflectance.min() >= 0
    assert reflectance.max() <= 1
    assert 0.02 < reflectance.mean() < 0.4


def test_plants_have_a_red_edge_and_water_has_none(
    scene: SampleScene, truth: np.ndarray, reflectance: np.ndarray
):
    red, infrared = reflectance[band(scene, 670)], reflectance[band(scene, 860)]
    ndvi = (infrared - red) / np.maximum(infrared + red, 1e-6)
    for name in ("Broadleaf forest", "Conifer forest", "Row crop", "Cereal", "Meadow"):
        assert np.median(ndvi[truth == VALUE[name]]) > 0.5
    assert np.median(ndvi[truth == VALUE["Water"]]) < 0
    for name in ("Bare soil", "Asphalt", "Concrete"):
        assert 0 < np.median(ndvi[truth == VALUE[name]]) < 0.4


def test_a_spectrum_tells_most_classes_apart_but_not_every_pixel(
    scene: SampleScene, truth: np.ndarray, reflectance: np.ndarray
):
    pixels = reflectance[scene.good].reshape(scene.good.sum(), -1).T
    labels = truth.ravel()
    means = np.array([pixels[labels == sample.value].mean(axis=0) for sample in CLASSES])
    centred = np.concatenate(
        [pixels[labels == sample.value] - mean for sample, mean in zip(CLASSES, means)]
    )
    whitening = np.linalg.inv(centred.T @ centred / len(centred))
    scores = means @ whitening @ pixels.T - 0.5 * np.sum(means @ whitening * means, axis=1)[:, None]
    right = (scores.argmax(axis=0) + 1 == labels).mean()
    assert 0.7 < right < 0.93


def test_difficulty_widens_the_classes():
    classes = np.full((64, 64), 4)
    easy = render_classes(classes, bands=4, difficulty=0.2)
    hard = render_classes(classes, bands=4, difficulty=1.5)
    assert (hard.std(axis=(1, 2)) > 2 * easy.std(axis=(1, 2))).all()


def test_training_polygons_hold_their_class_only(scene: SampleScene, truth: np.ndarray):
    transform = rasterio.Affine.from_gdal(*scene.transform)
    sizes = []
    for polygon in scene.training_polygons():
        shape = {"type": "Polygon", "coordinates": polygon.rings}
        inside = rasterize([shape], truth.shape, transform=transform).astype(bool)
        assert set(truth[inside].tolist()) == {polygon.value}
        assert polygon.name == CLASSES[polygon.value - 1].name
        sizes.append(inside.sum())
    assert min(sizes) >= 10
    assert max(sizes) <= 60


def test_half_of_the_reference_lies_far_from_training(scene: SampleScene, truth: np.ndarray):
    x, pixel, _, y, _, down = scene.transform
    corners = np.array([polygon.rings[0][0] for polygon in scene.training_polygons()])
    cols, rows = (corners[:, 0] - x) / pixel, (corners[:, 1] - y) / down
    grid_rows, grid_cols = np.mgrid[:256:4, :256:4]
    distance = np.hypot(grid_rows[..., None] - rows, grid_cols[..., None] - cols).min(axis=-1)
    assert np.median(distance) > 15


def test_a_huge_scene_gives_a_window_and_training_polygons_at_once():
    scene = SampleScene(1_000_000, 1_000_000, bands=3)
    assert scene.render(999_990, 500_000, 10, 10).shape == (3, 10, 10)
    assert {polygon.value for polygon in scene.training_polygons()} == set(VALUE.values())


@pytest.mark.parametrize(
    ("changed", "name"),
    [({"width": 0}, "width"), ({"bands": 0}, "bands"), ({"seed": -1}, "seed"),
     ({"difficulty": -0.1}, "difficulty"), ({"pixel_size": 0.0}, "pixel size")],
)  # fmt: skip
def test_impossible_scenes_are_refused_by_name(changed: dict[str, float], name: str):
    with pytest.raises(InputError, match=name):
        SampleScene(**{"width": 10, "height": 10, **changed})


def test_a_window_beyond_the_scene_is_refused():
    with pytest.raises(InputError, match="beyond the sample scene of 10 x 20"):
        SampleScene(20, 10, bands=2).render(5, 0, 6, 2)


def test_the_scene_needs_numpy_only():
    code = (
        "import sys; from hsi_film_plugin.engine.sample_scene import SampleScene;"
        "SampleScene(3, 3, bands=2).render(0, 0, 3, 3);"
        "sys.exit(bool({'rasterio', 'scipy', 'torch', 'pyogrio'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_given_class_map_is_rendered_with_each_class_where_it_is():
    classes = np.ones((40, 50), int)
    classes[:, 25:] = 2
    recipes = (Recipe("water"), Recipe("cereal"))
    scene = MapScene(classes, recipes, seed=5, bands=30)
    numbers = scene.render(0, 0, 40, 50)
    infrared = numbers[band(scene, 860)] * scene.scale
    assert infrared[:, :24].max() < 0.1
    assert infrared[:, 27:].min() > 0.12
    assert infrared[:, :24].max() < np.median(infrared[:, 24]) < np.median(infrared[:, 27:])
    assert np.array_equal(scene.render(3, 20, 30, 11), numbers[:, 3:33, 20:31])


def test_classes_of_a_map_get_different_recipes_however_many_there_are():
    recipes = default_recipes(30)
    assert len(set(recipes)) == 30
    assert [recipe.material for recipe in recipes[: len(MATERIALS)]] == list(MATERIALS)


@pytest.mark.parametrize(
    ("classes", "message"),
    [(np.zeros((2, 2)), "whole numbers"), (np.array([[-1]]), "-1"), (np.array([[3]]), "class 3")],
)
def test_impossible_class_maps_are_refused(classes: np.ndarray, message: str):
    with pytest.raises(InputError, match=message):
        MapScene(classes, (Recipe("soil"),))


def test_files_hold_the_scene_and_its_reference(tmp_path: Path):
    scene = SampleScene(140, 70, seed=2, bands=30)
    raster, training, reference = (tmp_path / name for name in ("s.tif", "t.gpkg", "r.gpkg"))
    write_sample_scene(scene, raster, training, reference, Progress())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.gpkg", "s.tif", "t.gpkg"]
    truth = scene.truth(0, 0, 70, 140)
    with Scene.open(raster) as opened:
        values, valid = opened.read(0, 0, 70, 140)
        assert valid.all()
        assert np.allclose(values, scene.render(0, 0, 70, 140) * scene.scale, atol=1e-6)
        assert np.allclose(opened.bands.wavelengths, scene.wavelengths, atol=1e-3)
        assert np.allclose(opened.bands.fwhm, scene.fwhm, atol=1e-3)
        assert np.array_equal(opened.bands.good, scene.good)
        assert opened.crs.to_epsg() == scene.epsg
        for path, share in ((reference, 1.0), (training, 0.02)):
            labels = read_labels(path, opened, "class_id")
            values_of = np.array([one.value for one in labels.classes])[labels.classes_of]
            assert np.array_equal(values_of, truth[labels.rows, labels.cols])
            assert len(labels.rows) >= share * truth.size
            names = {one.value: one.name for one in labels.classes}
            assert all(name == CLASSES[value - 1].name for value, name in names.items())
    assert pyogrio.read_info(training)["layer_name"] == "t"


def test_a_cancelled_scene_leaves_no_file(tmp_path: Path):
    progress = Progress(lambda fraction, _: fraction < 0.5 or progress.cancelled.set())
    scene = SampleScene(300, 40, bands=3)
    paths = [tmp_path / name for name in ("s.tif", "t.gpkg", "r.gpkg")]
    with pytest.raises(Cancelled):
        write_sample_scene(scene, *paths, progress)
    assert list(tmp_path.iterdir()) == []


def test_files_that_cannot_be_written_are_named(tmp_path: Path):
    with pytest.raises(OutputError, match="nowhere"):
        write_sample_scene(
            SampleScene(4, 4, bands=2), tmp_path / "nowhere" / "s.tif", None, None, Progress()
        )
    with pytest.raises(OutputError, match=r"r\.shape"):
        write_sample_scene(SampleScene(4, 4, bands=2), None, None, tmp_path / "r.shape", Progress())
    assert list(tmp_path.iterdir()) == []
