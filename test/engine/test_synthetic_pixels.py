"""Samples as pixels: matched by class and band, in real surroundings, and never too heavy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hsi_film_plugin.engine import synthetic_pixels as module
from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.labels import LabelClass, read_labels
from hsi_film_plugin.engine.model import ModelBands
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.spatial_candidates import spatial_candidates
from hsi_film_plugin.engine.statistics import sample_scene
from hsi_film_plugin.engine.synthesis.spectral_code import SpectralCode
from hsi_film_plugin.engine.synthetic_pixels import (
    SyntheticUse,
    joined,
    shares,
    synthetic_features,
    synthetic_pixels,
)
from hsi_film_plugin.engine.training_pixels import training_pixels
from hsi_film_plugin.engine.training_settings import TrainingSettings


@pytest.fixture
def ground(make_fields):
    """Return a scene of fields with its labels, sample and pixels."""
    fields = make_fields(72)
    with Scene.open(fields.raster) as scene:
        labels = read_labels(fields.labels, scene, "class_name")
        sample = sample_scene(scene, Progress())
        pixels, _ = training_pixels(scene, labels, sample, 0)
        yield SimpleNamespace(
            scene=scene, labels=labels, sample=sample, pixels=pixels, path=fields.raster
        )


def matched(ground: Any, samples: Any, **changes: Any) -> Any:
    found = SimpleNamespace(**(vars(ground) | changes))
    return synthetic_pixels(samples, found.scene, found.labels, found.sample, found.pixels)


def test_classes_are_matched_by_value_and_name_in_any_order(ground, make_sample_set):
    classes = (
        LabelClass(3, "class 3", "#000000"),
        LabelClass(8, "never made", "#000000"),
        LabelClass(1, "class 1", "#000000"),
    )
    samples = make_sample_set((0, 2, 2, 0), classes=classes)
    found, _ = matched(ground, samples)
    assert found.classes.tolist() == [2, 0, 0, 2]
    np.testing.assert_array_equal(found.spectra, samples.spectra())


@pytest.mark.parametrize(
    "known", [LabelClass(2, "class 3", "#000000"), LabelClass(9, "reed", "#000000")]
)
def test_a_class_that_the_labels_do_not_have_is_named(ground, make_sample_set, known: LabelClass):
    classes = (LabelClass(1, "class 1", "#000000"), known)
    with pytest.raises(InputError, match=f"{known.value} '{known.name}', which the labels do not"):
        matched(ground, make_sample_set((0, 1), classes=classes))


def test_bands_are_matched_by_wavelength_also_where_the_samples_have_more(ground, make_sample_set):
    spectra = np.random.default_rng(0).random((5, 10))
    # two more bands, the others turned around
    wavelengths = [410.0, *(450.5 + 40 * band for band in range(7, -1, -1)), 900.0]
    found, _ = matched(ground, make_sample_set(spectra=spectra, wavelengths=wavelengths))
    assert found.bands.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    np.testing.assert_allclose(found.spectra, spectra[:, 8:0:-1], atol=2e-3)


def test_without_wavelengths_bands_are_matched_by_their_number_in_the_scene(
    ground, make_sample_set
):
    spectra = np.random.default_rng(0).random((5, 8))
    samples = make_sample_set(spectra=spectra, wavelengths=None)
    turned = replace(samples, bands=ModelBands(8, (7, 6, 5, 4, 3, 2, 1, 0), None))
    found, _ = matched(ground, turned)
    np.testing.assert_allclose(found.spectra, spectra[:, ::-1], atol=2e-3)
    for other in (ModelBands(9, tuple(range(8)), None), ModelBands(8, tuple(range(1, 8)), None)):
        with pytest.raises(InputError, match="without wavelengths in both"):
            matched(ground, replace(samples, bands=other))


def test_other_bands_are_told_with_their_wavelengths(ground, make_sample_set):
    samples = make_sample_set(wavelengths=[450.0 + 40 * b for b in range(6)] + [1600.0, 2200.0])
    with pytest.raises(InputError, match=r"lack 2 of the 8 bands.*near 690, 730 nm"):
        matched(ground, samples)


def test_samples_of_other_labels_are_told(ground, make_sample_set):
    _, warnings = matched(ground, make_sample_set())
    assert any("made from other labels" in warning for warning in warnings)
    _, warnings = matched(ground, make_sample_set(label_sha256=ground.labels.sha256))
    assert warnings == []


def test_of_a_class_with_far_more_samples_than_labels_the_first_are_kept(ground, make_sample_set):
    few = np.flatnonzero(ground.pixels.classes == 1)[2:]
    pixels = replace_pixels(ground.pixels, few)
    index = [1] * 45 + [0] * 5
    samples = make_sample_set(index, label_sha256=ground.labels.sha256)
    found, (warning,) = matched(ground, samples, pixels=pixels)
    assert np.bincount(found.classes).tolist() == [5, 40]
    np.testing.assert_array_equal(found.spectra[:40], samples.spectra()[:40])
    assert "of class 2; 5 were left out" in warning


def replace_pixels(pixels: Any, without: np.ndarray) -> Any:
    names = ("rows", "cols", "classes", "polygons", "spectra")
    return type(pixels)(*(np.delete(getattr(pixels, name), without, axis=0) for name in names))


@pytest.mark.parametrize("made", [0, 1, 3, 8, 400])
def test_samples_of_a_class_never_outweigh_its_labels_by_more_than_allowed(made: int):
    real, synthetic = np.array([0] * 30 + [1] * 4), np.full(made, 1)
    found = shares(real, synthetic, 3)
    assert found.dtype == np.float32
    assert (found[:34] == 1).all()
    assert (found[34:] <= 1).all()
    assert found[34:].sum() == pytest.approx(min(made, module.MOST_SHARE * 4), rel=1e-5)


def test_joined_pixels_are_the_real_ones_then_the_others_which_lie_nowhere(ground, make_sample_set):
    found, _ = matched(ground, make_sample_set())
    both, count = joined(ground.pixels, found), len(ground.pixels.rows)
    np.testing.assert_array_equal(both.spectra[:count], ground.pixels.spectra)
    np.testing.assert_array_equal(both.spectra[count:], found.spectra)
    np.testing.assert_array_equal(both.classes[count:], found.classes)
    assert (both.rows[count:] == -1).all()
    assert (both.polygons[count:] == -1).all()


def test_what_is_used_is_counted_by_class(ground, make_sample_set):
    found, _ = matched(ground, make_sample_set(sha256="cd" * 32))
    use = SyntheticUse.of(found, 3)
    assert use.counts.tolist() == [2, 3, 0]
    assert use.recognised.tolist() == [2, 2, 0]
    facts = use.provenance()
    assert facts["Synthetic samples"] == f"5 in the final heads only, sha256 {'cd' * 32}"
    assert facts["Synthesizer sha256"] == "5e" * 32


def features(ground: Any, samples: Any, folder: Path, progress: Progress | None = None):
    """Return the features of labelled pixels, and of samples."""
    settings = TrainingSettings(folder, timestep=0, blocks=(-2,), pseudo_image="rgb")
    backbone = Backbone(folder, Device("cpu", "a test", bfloat16=False))
    (setting,) = spatial_candidates(
        ground.scene, ground.pixels, ground.sample, settings, backbone, Progress()
    )
    made, _ = matched(ground, samples)
    found = synthetic_features(
        made,
        ground.scene,
        ground.sample,
        ground.pixels,
        setting,
        backbone,
        progress or Progress(),
    )
    return setting, found


@pytest.fixture
def cut_out(ground, make_sample_set):
    """Return samples that are pieces of the scene around a labelled pixel of each class."""
    hosts = [int(np.flatnonzero(ground.pixels.classes == index)[0]) for index in range(3)]
    pieces = []
    for host in hosts:
        row, col = int(ground.pixels.rows[host]), int(ground.pixels.cols[host])
        block = ground.scene.read(row - 2, col - 2, 4, 4, ground.sample.bands)[0]
        pieces.append(block)
    samples = make_sample_set((0, 1, 2))
    code = SpectralCode(np.zeros(8, "f4"), np.eye(8, dtype="f4"), np.eye(8, dtype="f4"))
    return hosts, replace(samples, components=np.stack(pieces).astype(np.float32), code=code)


def test_a_piece_of_the_scene_has_the_surroundings_of_the_pixel_in_its_middle(
    ground, cut_out, tiny_backbone: Path
):
    hosts, samples = cut_out
    setting, found = features(ground, samples, tiny_backbone)
    real, backbone = setting.features[hosts], setting.compression.matrix.shape[1]
    # what all bands show around it reaches 16 pixels, which the window holds
    np.testing.assert_allclose(found[:, backbone:], real[:, backbone:], atol=1e-3)
    # the backbone sees it in the middle of one window, and a real pixel somewhere in four
    apart = np.linalg.norm(found[:, None, :backbone] - real[None, :, :backbone], axis=2)
    assert apart.argmin(axis=1).tolist() == [0, 1, 2]


def test_another_sample_has_other_features_in_the_same_place(ground, cut_out, tiny_backbone: Path):
    _, samples = cut_out
    _, before = features(ground, samples, tiny_backbone)
    brighter = samples.components.copy()
    brighter[1] += 0.3
    _, after = features(ground, replace(samples, components=brighter), tiny_backbone)
    np.testing.assert_allclose(after[[0, 2]], before[[0, 2]], atol=1e-5)
    assert np.abs(after[1] - before[1]).max() > 0.1


def test_features_do_not_depend_on_how_many_samples_there_are(
    ground, make_sample_set, tiny_backbone: Path
):
    # class 2 has the same hosts in both, since its first sample takes the first labelled pixel
    many = make_sample_set([0] * 9 + [1])
    _, found = features(ground, many, tiny_backbone)
    _, alone = features(ground, many.subset(np.array([9])), tiny_backbone)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[9], alone[0], atol=1e-5)


def test_samples_of_a_class_lie_on_all_of_its_labelled_pixels_in_turn():
    real = np.array([0, 1, 1, 0, 1, 1])
    assert module._hosts(np.array([1, 0, 1, 1, 1, 1, 1]), real).tolist() == [1, 0, 2, 4, 5, 1, 2]
    assert module._hosts(np.array([1, 1]), real).tolist() == [1, 4]


def test_computing_features_tells_how_far_it_is(ground, make_sample_set, tiny_backbone: Path):
    seen: list[float] = []
    progress = Progress(lambda fraction, _: seen.append(fraction))
    features(ground, make_sample_set([0] * 20), tiny_backbone, progress)
    assert seen == [0.0, 0.4, 0.8]
