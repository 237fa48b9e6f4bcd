"""Training: repeatable, honest about what was held out, and safe where labels are few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from scipy.ndimage import gaussian_filter

from hsi_film_plugin.engine import training, trial
from hsi_film_plugin.engine.choice import Choice, Part
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.model import Model, Predictor
from hsi_film_plugin.engine.model_file import save_model
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.spectral_inputs import SpectralInputs, spectral_options
from hsi_film_plugin.engine.statistics import AffineMap
from hsi_film_plugin.engine.synthesis.sample_file import write_samples
from hsi_film_plugin.engine.synthesis.sample_set import SampleSet
from hsi_film_plugin.engine.training import Evidence, train, unvalidated
from hsi_film_plugin.engine.training_settings import TrainingSettings

CPU = Device("cpu", "a test", bfloat16=False)

pytestmark = pytest.mark.usefixtures("few_steps")


@pytest.fixture
def trained(tiny_backbone: Path):
    """Return a function that trains on a raster and its labels."""

    def run(
        raster: Path,
        labels: Path | Labels,
        progress: Progress | None = None,
        samples: SampleSet | None = None,
        **settings: Any,
    ) -> tuple[Model, Evidence]:
        options = {"backbone": tiny_backbone, "ensemble": 2, "pseudo_image": "rgb", "timestep": 0}
        with Scene.open(raster) as scene:
            if isinstance(labels, Path):
                labels = read_labels(labels, scene, "class_name")
            return train(
                scene,
                labels,
                TrainingSettings(**(options | settings)),
                CPU,
                progress or Progress(),
                samples,
            )

    return run


def labels_of(classes: np.ndarray, polygons: np.ndarray | None = None) -> Labels:
    """Return labels from an image of class indices, -1 where unlabelled."""
    rows, cols = np.nonzero(classes >= 0)
    found = classes[rows, cols]
    count = int(found.max()) + 1
    return Labels(
        tuple(LabelClass(k + 1, f"class {k + 1}", "#123456") for k in range(count)),
        rows,
        cols,
        found,
        np.arange(len(rows)) if polygons is None else polygons[rows, cols],
        (),
        "0" * 64,
    )


def model_bytes(model: Model, folder: Path) -> bytes:
    save_model(model, folder / "model.bytes")
    return (folder / "model.bytes").read_bytes()


def kinds(model: Model) -> set[str]:
    return {stack.part.kind for stack in model.heads}


def test_the_same_seed_gives_the_same_model_and_another_seed_another(
    make_fields, trained, tmp_path
):
    fields = make_fields()
    first, second = (
        model_bytes(trained(fields.raster, fields.labels)[0], tmp_path) for _ in range(2)
    )
    assert first == second
    # linear heads have nothing random
    networks = ("spectral", "spatial", "film")
    first, second, other = (
        model_bytes(trained(fields.raster, fields.labels, seed=seed, paths=networks)[0], tmp_path)
        for seed in (0, 0, 1)
    )
    assert first == second
    assert first != other


def test_separable_classes_are_learnt_and_validated_on_held_out_places(make_fields, trained):
    fields = make_fields()
    model, evidence = trained(fields.raster, fields.labels)
    assert [known.name for known in model.classes] == ["class 1", "class 2", "class 3"]
    known = evidence.folds.fold >= 0
    assert known.all()
    right = evidence.held_out.argmax(axis=1) == evidence.pixels.classes
    assert right.mean() > 0.95
    assert evidence.held_out.shape == (len(evidence.pixels.rows), 3)
    np.testing.assert_array_equal(
        evidence.pixels.classes, fields.truth[evidence.pixels.rows, evidence.pixels.cols]
    )


def test_the_model_knows_its_bands_and_the_sample_s_constant_ones_are_told(
    make_fields, make_raster, trained
):
    fields = make_fields()
    with rasterio.open(fields.raster) as dataset:
        cube = dataset.read()
    cube[2] = 5
    tags = [{"wavelength": str(500 + 10 * b), "wavelength_units": "nm"} for b in range(8)]
    tags[5]["bbl"] = "0"
    for tag in tags:
        tag.setdefault("bbl", "1")
    raster = make_raster("some.tif", cube, band_tags=tags)
    model, evidence = trained(raster, fields.labels)
    assert model.bands.count == 8
    assert model.bands.used == (0, 1, 3, 4, 6, 7)
    assert model.bands.wavelengths == (500, 510, 530, 540, 560, 570)
    assert "Constant bands were left out: 3." in evidence.warnings


def corrupted(evidence: Evidence, inside: np.ndarray, shape: tuple[int, int]) -> Labels:
    """Return the labels, every one inside a fold being wrong."""
    pixels = evidence.pixels
    wrong = (pixels.classes + 1) % (pixels.classes.max() + 1)
    shifted = np.where(inside, wrong, pixels.classes)
    classes, polygons = np.full(shape, -1), np.zeros(shape, int)
    classes[pixels.rows, pixels.cols] = shifted
    polygons[pixels.rows, pixels.cols] = pixels.polygons
    return labels_of(classes, polygons)


def test_heads_of_a_fold_never_see_the_labels_that_it_holds_out(make_fields, trained, monkeypatch):
    # the inputs are chosen on all labels; here there is no choice
    monkeypatch.setattr(training, "spectral_options", lambda x: spectral_options(x)[:1])
    fields = make_fields()
    _, honest = trained(fields.raster, fields.labels)
    fixed = honest.choosing_folds
    monkeypatch.setattr(training, "spatial_folds", lambda *_: fixed)
    for k in (0, 1):
        inside = fixed.fold == k
        _, found = trained(fields.raster, corrupted(honest, inside, fields.truth.shape))
        for other, plain in zip(found.candidates, honest.candidates):
            np.testing.assert_array_equal(other.probabilities[inside], plain.probabilities[inside])


def test_what_is_stated_of_a_distant_fold_does_not_know_its_labels(
    make_fields, trained, monkeypatch
):
    blend = Choice(
        tuple(
            Part(kind, effort, "standardised bands", 1.2, 0.5)
            for kind, effort in (("linear", "closed form"), ("film", "gentle"))
        ),
        1.0,
    )
    monkeypatch.setattr(training, "choose", lambda *_: blend)
    fields = make_fields(noise=0.3)
    options = {"paths": ("linear", "film"), "blocks": (-2,)}
    model, honest = trained(fields.raster, fields.labels, **options)
    assert model.temperature == honest.choice.temperature
    assert [stack.part for stack in model.heads] == list(blend.parts)
    fixed = honest.folds
    monkeypatch.setattr(training, "distant_folds", lambda *_: fixed)
    for k in (0, 1):
        inside = fixed.fold == k
        labels = corrupted(honest, inside, fields.truth.shape)
        _, found = trained(fields.raster, labels, **options)
        # all but the temperature, which is that of the other folds, is the same
        first, second = (_log_odds(evidence.held_out[inside]) for evidence in (found, honest))
        scale = (first * second).sum() / (second**2).sum()
        np.testing.assert_allclose(first, scale * second, atol=1e-3)
        assert not np.allclose(found.held_out[~inside], honest.held_out[~inside], atol=0.1)


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    logs = np.log(probabilities.astype(np.float64))
    return logs - logs.mean(axis=1, keepdims=True)


def test_the_final_heads_learn_from_all_pixels_also_those_in_one_place_only(make_fields, trained):
    fields = make_fields()
    with Scene.open(fields.raster) as scene:
        labels = read_labels(fields.labels, scene, "class_name")
    classes = np.full(fields.truth.shape, -1)
    classes[labels.rows, labels.cols] = labels.classes_of
    polygons = np.zeros_like(classes)
    polygons[labels.rows, labels.cols] = labels.polygons
    third = polygons[classes == 2]
    classes[(classes == 2) & (polygons != third[0])] = -1
    model, evidence = trained(fields.raster, labels_of(classes, polygons))
    assert evidence.folds.untested == (2,)
    assert any(
        "one place only, so not validated: class 3" in warning for warning in evidence.warnings
    )
    assert np.isnan(evidence.held_out[evidence.pixels.classes == 2]).all()
    assert all(stack.shape.classes == 3 for stack in model.heads)


def test_too_few_places_give_spectra_alone_and_no_figure(make_fields, trained, make_vector):
    fields = make_fields(48)
    two = make_vector(
        "two.gpkg",
        [_square(0, 0), _square(30, 30)],
        class_name=["a", "b"],
    )
    model, evidence = trained(fields.raster, two)
    assert kinds(model) == {"linear", "spectral"}
    assert sum(stack.part.weight for stack in model.heads) == 1
    assert {stack.inputs.name for stack in model.heads} == {"standardised bands"}
    assert model.spatial is None
    assert evidence.candidates == ()
    assert np.isnan(evidence.held_out).all()
    assert any("too few places" in warning for warning in evidence.warnings)


def _square(row: int, col: int, side: int = 6) -> dict[str, Any]:
    x, y = 400000 + 10 * col, 5000000 - 10 * row
    ring = [(0, 0), (side, 0), (side, -side), (0, -side), (0, 0)]
    return {"type": "Polygon", "coordinates": [[(x + 10 * a, y + 10 * b) for a, b in ring]]}


def test_surroundings_are_not_used_where_they_are_noise(make_raster, trained):
    rng = np.random.default_rng(0)
    # neighbouring pixels have nothing to do with one another; spectra tell all
    truth = rng.integers(0, 2, (64, 64))
    cube = np.stack([truth + rng.normal(0, 0.2, truth.shape), rng.normal(0, 1, truth.shape)] * 2)
    classes = np.where(rng.random(truth.shape) < 0.1, truth, -1)
    model, evidence = trained(make_raster("noise.tif", cube.astype(np.float32)), labels_of(classes))
    right = evidence.held_out.argmax(axis=1) == evidence.pixels.classes
    assert right.mean() > 0.9
    weights = {stack.part.kind: stack.part.weight for stack in model.heads}
    assert weights.get("linear", 0) + weights.get("spectral", 0) >= 0.5
    assert "spatial" not in weights


def textures(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return three bands of equal spread whose grain, and nothing else, differs by class."""
    fine = rng.normal(0, 1, truth.shape)
    coarse = gaussian_filter(rng.normal(0, 1, truth.shape), 3)
    coarse /= coarse.std()
    grey = np.where(truth == 0, fine, coarse)
    return np.stack([grey, grey, grey])


def test_surroundings_are_used_where_only_texture_tells_classes_apart(
    make_fields, trained, monkeypatch
):
    from hsi_film_plugin.engine.heads import Fitting

    efforts = {"gentle": Fitting(steps=150, learning_rate=1e-2, dropout=0.1)}
    monkeypatch.setattr(trial, "EFFORTS", efforts)
    fields = make_fields(160, field=32, classes=2, every=1, values=textures)
    model, evidence = trained(fields.raster, fields.labels)
    assert kinds(model) & {"film", "spatial"}
    found = {
        c.kind: (c.probabilities.argmax(1) == evidence.pixels.classes).mean()
        for c in evidence.candidates
    }
    spectra_alone = max(found["linear"], found["spectral"])
    assert spectra_alone < 0.75
    assert (evidence.held_out.argmax(1) == evidence.pixels.classes).mean() > spectra_alone + 0.1


@pytest.mark.parametrize(
    ("paths", "compared"),
    [
        (("linear",), {"linear"}),
        (("spectral",), {"spectral"}),
        (("linear", "spectral"), {"linear", "spectral"}),
        (("spatial",), {"spatial"}),
        (("linear", "film"), {"linear", "film"}),
        (("linear", "spectral", "spatial", "film"), {"linear", "spectral", "spatial", "film"}),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, tuple) else "",
)
def test_only_the_paths_that_are_asked_for_are_compared_and_used(
    make_fields, trained, paths: tuple[str, ...], compared: set[str]
):
    fields = make_fields(48)
    model, evidence = trained(fields.raster, fields.labels, paths=paths)
    assert {candidate.kind for candidate in evidence.candidates} == compared
    assert kinds(model) <= compared
    assert np.isfinite(evidence.held_out).all()


def test_spectra_alone_load_no_backbone(make_fields, trained, monkeypatch, tmp_path):
    def load(*_: object) -> None:
        raise AssertionError("the backbone was loaded")

    monkeypatch.setattr(training, "Backbone", load)
    fields = make_fields(48)
    model, evidence = trained(
        fields.raster, fields.labels, paths=("linear", "spectral"), backbone=tmp_path / "none"
    )
    assert model.spatial is None
    assert evidence.spatial_name == "none"
    assert evidence.backbone_note == ""
    with pytest.raises(AssertionError, match="was loaded"):
        trained(fields.raster, fields.labels, paths=("linear", "film"))


def test_without_validation_the_safe_side_of_what_is_asked_for_is_taken():
    inputs = SpectralInputs("any", False, AffineMap(np.zeros(2, "f4"), np.eye(2, dtype="f4")))
    expected = {
        ("linear", "spectral", "spatial", "film"): {"linear": 0.5, "spectral": 0.5},
        ("linear", "film"): {"linear": 1.0},
        ("spectral",): {"spectral": 1.0},
        ("spatial", "film"): {"spectral": 1.0},
    }
    for paths, shares in expected.items():
        choice = unvalidated(paths, inputs)
        assert {part.kind: part.weight for part in choice.parts} == shares
        assert {part.inputs for part in choice.parts} == {"any"}


def test_shaded_ground_is_told_by_the_shape_of_its_spectrum(make_fields, trained):
    def shaded(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        spectra = 0.5 + 0.1 * rng.normal(size=(3, 12))
        light = np.exp(rng.normal(0, 1.0, truth.shape))
        return light * (spectra[truth].transpose(2, 0, 1) + rng.normal(0, 0.01, (12, *truth.shape)))

    fields = make_fields(72, values=shaded)
    model, evidence = trained(fields.raster, fields.labels, paths=("linear",))
    (stack,) = model.heads
    assert stack.inputs.snv
    assert (stack.part.kind, stack.part.inputs) == ("linear", "standard normal variate")
    assert evidence.spectral_name == "standard normal variate"
    assert (evidence.held_out.argmax(axis=1) == evidence.pixels.classes).mean() > 0.95


def test_a_linear_head_stands_once_in_the_model_whatever_the_ensemble(make_fields, trained):
    fields = make_fields(48)
    model, _ = trained(fields.raster, fields.labels, paths=("linear", "spectral"), ensemble=3)
    members = {stack.part.kind: len(stack.parameters["classes.weight"]) for stack in model.heads}
    assert members.get("linear", 1) == 1
    assert members.get("spectral", 3) == 3
    again, _ = trained(fields.raster, fields.labels, paths=("linear",), ensemble=3, seed=9)
    first, _ = trained(fields.raster, fields.labels, paths=("linear",), ensemble=1, seed=0)
    np.testing.assert_array_equal(
        again.heads[0].parameters["classes.weight"], first.heads[0].parameters["classes.weight"]
    )


def test_blocks_and_timesteps_that_the_backbone_lacks_are_named(make_fields, trained):
    fields = make_fields(48)
    with pytest.raises(InputError, match="TIMESTEP is 5000"):
        trained(fields.raster, fields.labels, timestep=5000)
    with pytest.raises(InputError, match=r"BLOCKS is \[-9\]"):
        trained(fields.raster, fields.labels, blocks=(-9,))


def test_what_the_user_decides_is_what_is_used(make_fields, trained):
    fields = make_fields(48)
    _, evidence = trained(
        fields.raster, fields.labels, timestep=50, blocks=(-1,), pseudo_image="pca"
    )
    assert evidence.spatial_name == "pca picture, timestep 50, blocks -1"


@pytest.mark.parametrize("bands", [1, 2, 500])
def test_scenes_of_few_and_many_bands_can_be_trained_on(make_fields, trained, bands):
    fields = make_fields(48, bands=bands)
    model, _ = trained(fields.raster, fields.labels)
    assert len(model.bands.used) == bands


def test_a_scene_smaller_than_a_window_can_be_trained_on(make_raster, trained):
    rng = np.random.default_rng(0)
    truth = np.indices((5, 9))[1] // 5
    cube = (truth + rng.normal(0, 0.1, (3, 5, 9))).astype(np.float32)
    model, _ = trained(
        make_raster("small.tif", cube), labels_of(truth, np.arange(45).reshape(5, 9))
    )
    assert len(model.classes) == 2


@pytest.mark.parametrize("moment", [0.0, 0.2, 0.5, 0.85])
def test_training_can_be_cancelled_at_any_time(make_fields, trained, moment: float):
    fields = make_fields(48)

    def cancel(fraction: float, _: str) -> None:
        if fraction >= moment:
            progress.cancelled.set()

    progress = Progress(cancel)
    with pytest.raises(Cancelled):
        trained(fields.raster, fields.labels, progress)


def test_progress_never_goes_back(make_fields, trained):
    fields = make_fields(48)
    seen: list[float] = []
    trained(fields.raster, fields.labels, Progress(lambda fraction, _: seen.append(fraction)))
    assert np.diff(seen).min() > -1e-12
    assert seen[-1] == pytest.approx(1)


ALL_KINDS = Choice(
    tuple(
        Part(kind, effort, "standardised bands", 1.2, weight)
        for kind, effort, weight in (
            ("linear", "closed form", 0.4),
            ("spectral", "gentle", 0.3),
            ("film", "gentle", 0.3),
        )
    ),
    1.0,
)


def parameters(model: Model) -> dict[str, np.ndarray]:
    return {
        f"{stack.part.kind}.{name}": array
        for stack in model.heads
        for name, array in stack.parameters.items()
    }


def test_synthetic_samples_change_the_final_heads_of_every_kind_and_nothing_that_is_stated(
    make_fields, make_sample_set, trained, monkeypatch
):
    monkeypatch.setattr(training, "spectral_options", lambda x: spectral_options(x)[:1])
    monkeypatch.setattr(training, "choose", lambda *_: ALL_KINDS)
    fields = make_fields(noise=0.2)
    plain, before = trained(fields.raster, fields.labels)
    model, after = trained(fields.raster, fields.labels, samples=make_sample_set([0, 1, 2] * 8))
    assert before.synthetic is None
    assert after.synthetic is not None
    assert after.synthetic.counts.tolist() == [8, 8, 8]
    for name in ("near", "held_out"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    for first, second in zip(after.candidates, before.candidates):
        np.testing.assert_array_equal(first.probabilities, second.probabilities)
    np.testing.assert_array_equal(after.pixels.spectra, before.pixels.spectra)
    assert (after.choice, model.temperature) == (before.choice, plain.temperature)
    assert model.novelty.radius == plain.novelty.radius
    np.testing.assert_array_equal(model.novelty.prototypes, plain.novelty.prototypes)
    np.testing.assert_array_equal(
        model.spatial.compression.matrix, plain.spatial.compression.matrix
    )
    mine, theirs = parameters(model), parameters(plain)
    assert mine.keys() == theirs.keys()
    changed = {name.split(".")[0] for name in mine if np.any(mine[name] != theirs[name])}
    assert changed == {"linear", "spectral", "film"}


def test_a_form_of_a_class_that_only_samples_show_is_learnt(make_fields, make_sample_set, trained):
    fields = make_fields()
    paths = {"paths": ("linear", "spectral")}
    plain, evidence = trained(fields.raster, fields.labels, **paths)
    # class 3 seen in another light: on the side of class 1
    mean = {k: evidence.pixels.spectra[evidence.pixels.classes == k].mean(0) for k in (0, 2)}
    shifted = 0.45 * mean[2] + 0.55 * mean[0]
    rng = np.random.default_rng(0)
    spectra = shifted + rng.normal(0, 0.02, (60, 8))
    model, _ = trained(
        fields.raster, fields.labels, samples=make_sample_set([2] * 60, spectra), **paths
    )
    seen = (shifted + rng.normal(0, 0.02, (40, 8))).astype(np.float32)
    said = [Predictor(found)(seen, None)[:, 2].mean() for found in (plain, model)]
    assert said[0] < 0.3
    assert said[1] > said[0] + 0.2
    # and what is labelled is still told apart
    right = Predictor(model)(evidence.pixels.spectra, None).argmax(1) == evidence.pixels.classes
    assert right.mean() > 0.95


def test_samples_of_a_file_are_those_that_are_given_and_are_named_in_the_model(
    make_fields, make_sample_set, trained, tmp_path
):
    fields, samples = make_fields(48), make_sample_set()
    write_samples(samples, tmp_path / "samples.safetensors")
    paths = {"paths": ("linear", "spectral")}
    given, _ = trained(fields.raster, fields.labels, samples=samples, **paths)
    first, second = (
        trained(fields.raster, fields.labels, synthetic=tmp_path / "samples.safetensors", **paths)
        for _ in range(2)
    )
    assert model_bytes(first[0], tmp_path) == model_bytes(second[0], tmp_path)
    for name, array in parameters(given).items():
        np.testing.assert_array_equal(array, parameters(first[0])[name])
    assert "sha256 " in first[0].provenance["Synthetic samples"]
    assert first[0].provenance["Synthesizer sha256"] == "5e" * 32
    assert any("made from other labels" in warning for warning in first[1].warnings)


def test_samples_serve_where_nothing_can_be_held_out(
    make_fields, make_sample_set, trained, make_vector
):
    fields = make_fields(48)
    two = make_vector(
        "two.gpkg", [_square(0, 0), _square(30, 30)], class_name=["class 1", "class 2"]
    )
    model, evidence = trained(fields.raster, two, samples=make_sample_set())
    assert kinds(model) == {"linear", "spectral"}
    assert evidence.synthetic.counts.tolist() == [2, 3]
    assert np.isnan(evidence.held_out).all()


def test_samples_that_do_not_fit_and_synthetic_scenes_are_refused(
    make_fields, make_sample_set, trained, tmp_path
):
    fields = make_fields(48)
    reed = (LabelClass(1, "class 1", "#000000"), LabelClass(2, "reed", "#000000"))
    with pytest.raises(InputError, match="2 'reed', which the labels do not have"):
        trained(fields.raster, fields.labels, samples=make_sample_set(classes=reed))
    with pytest.raises(InputError, match="lack 8 of the 8 bands"):
        trained(
            fields.raster,
            fields.labels,
            samples=make_sample_set(wavelengths=[2000.0 + 9 * band for band in range(8)]),
        )
    with pytest.raises(InputError, match="does not exist"):
        trained(fields.raster, fields.labels, synthetic=tmp_path / "none.safetensors")
    with Scene.open(fields.raster) as scene:
        labels = read_labels(fields.labels, scene, "class_name")
    with rasterio.open(fields.raster, "r+") as dataset:
        dataset.update_tags(HSIFILM_SYNTHETIC="YES")
    with pytest.raises(InputError, match="holds synthetic samples"):
        trained(fields.raster, labels)


def test_progress_never_goes_back_with_samples_either(make_fields, make_sample_set, trained):
    fields = make_fields(48)
    seen: list[float] = []
    progress = Progress(lambda fraction, _: seen.append(fraction))
    trained(fields.raster, fields.labels, progress, samples=make_sample_set())
    assert np.diff(seen).min() > -1e-12
    assert seen[-1] == pytest.approx(1)
