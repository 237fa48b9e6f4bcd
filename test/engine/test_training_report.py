"""The report of a training run: honest figures, only where something was held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine.assessment import confusion_matrix
from hsi_film_plugin.engine.calibration import calibration
from hsi_film_plugin.engine.classification import Mapped
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.folds import Folds
from hsi_film_plugin.engine.labels import Labels, read_labels
from hsi_film_plugin.engine.model import Model
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.report import render_report
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthetic_pixels import SyntheticUse
from hsi_film_plugin.engine.training import Evidence, train
from hsi_film_plugin.engine.training_report import (
    map_picture,
    scene_picture,
    training_report,
    validated_accuracy,
    validated_figures,
    with_map,
)
from hsi_film_plugin.engine.training_settings import TrainingSettings

pytestmark = pytest.mark.usefixtures("few_steps")

Trained = tuple[Scene, Labels, Model, Evidence]


@pytest.fixture
def trained(make_fields, tiny_backbone) -> Callable[..., Trained]:
    """Return a function that trains on a small scene; options are those of the scene."""

    def run(
        keep: Callable[[Labels], np.ndarray] | None = None,
        draw: Callable[[Labels], Labels] | None = None,
        **options,
    ) -> Trained:
        fields = make_fields(72, **options)
        scene = Scene.open(fields.raster)
        labels = read_labels(fields.labels, scene, "class_name")
        if keep is not None:
            kept = keep(labels)
            labels = replace(
                labels,
                rows=labels.rows[kept],
                cols=labels.cols[kept],
                classes_of=labels.classes_of[kept],
                polygons=labels.polygons[kept],
            )
        if draw is not None:
            labels = draw(labels)
        settings = TrainingSettings(
            backbone=tiny_backbone, ensemble=1, pseudo_image="rgb", timestep=0
        )
        device = Device("cpu", "a test", bfloat16=False)
        return scene, labels, *train(scene, labels, settings, device, Progress())

    return run


def first_of_each(labels: Labels) -> np.ndarray:
    polygons = [labels.polygons[labels.classes_of == c][0] for c in range(len(labels.classes))]
    return np.isin(labels.polygons, polygons)


def test_figures_are_those_of_the_held_out_pixels(trained):
    scene, labels, model, evidence = trained(noise=1.0)
    report = training_report(scene, labels, model, evidence, ("Mind the gap.",))
    expected = confusion_matrix(
        evidence.pixels.classes, evidence.held_out.argmax(axis=1), len(model.classes)
    )
    assert report.accuracy is not None
    np.testing.assert_array_equal(report.accuracy.matrix, expected)
    found = validated_accuracy(evidence, len(model.classes))
    assert found is not None
    assert found.overall == np.trace(expected) / expected.sum()
    assert 0.3 < found.overall < 1
    page = render_report(report)
    assert "Mind the gap." in page
    assert "held out" in page


def test_calibration_is_that_of_the_held_out_pixels_and_its_price_is_shown(trained):
    scene, labels, model, evidence = trained(noise=0.25)
    report = training_report(scene, labels, model, evidence, ())
    confidence = evidence.held_out.max(axis=1)
    right = evidence.held_out.argmax(axis=1) == evidence.pixels.classes
    figures = validated_figures(evidence, len(model.classes))
    assert figures is not None
    assert figures["expected_calibration_error"] == calibration(confidence, right, 15).ece
    assert report.calibration is not None
    assert report.calibration.calibration.ece == figures["expected_calibration_error"]
    shares = [entry.share for entry in report.calibration.kept]
    assert shares[0] == 1
    assert shares == [(confidence >= entry.threshold).mean() for entry in report.calibration.kept]
    page = render_report(report)
    assert "held-out pixels with a confidence of" in page
    assert "What a minimum confidence leaves" in page


def test_every_candidate_and_the_blend_are_compared_with_their_folds(trained):
    scene, labels, model, evidence = trained()
    report = training_report(scene, labels, model, evidence, ())
    assert report.comparison is not None
    names = [candidate.name for candidate in report.comparison.candidates]
    assert [", ".join(name.split(", ")[:2]) for name in names] == [
        "Linear discriminant, closed form",
        "Spectral only, gentle",
        "Spatial only, gentle",
        "FiLM, gentle",
        "Blend",
    ]
    for name, candidate in zip(names, evidence.candidates):
        assert name.endswith(f", {candidate.inputs}")
    chosen = [c for c in report.comparison.candidates if c.chosen and c.weight is not None]
    assert sum(candidate.weight for candidate in chosen) == pytest.approx(1)
    assert all(
        len(candidate.per_fold) == evidence.folds.count and np.isfinite(candidate.per_fold).all()
        for candidate in report.comparison.candidates
    )
    assert report.comparison.folds.gap_pixels == evidence.folds.nearest.min()
    assert report.comparison.folds.gap_metres == pytest.approx(
        10 * report.comparison.folds.gap_pixels
    )


def test_without_separate_places_there_is_no_figure_at_all(trained):
    scene, labels, model, evidence = trained(first_of_each)
    report = training_report(scene, labels, model, evidence, evidence.warnings)
    assert validated_accuracy(evidence, len(model.classes)) is None
    assert validated_figures(evidence, len(model.classes)) is None
    assert report.accuracy is not None
    assert report.accuracy.matrix is None
    assert report.comparison is None
    assert report.calibration is None
    page = render_report(report)
    assert "fewer than two classes are labelled in separate places" in page
    for figure in ("Overall accuracy", "Confusion matrix", "κ"):
        assert figure not in page


def test_a_class_in_one_place_is_not_judged_and_the_report_says_so(trained):
    def one_place_of_the_third(labels: Labels) -> np.ndarray:
        return (labels.classes_of < 2) | first_of_each(labels)

    scene, labels, model, evidence = trained(one_place_of_the_third)
    report = training_report(scene, labels, model, evidence, evidence.warnings)
    assert report.accuracy is not None
    assert report.accuracy.matrix is not None
    assert report.accuracy.matrix[:, 2].sum() == 0
    assert "labelled in one place only are not judged" in render_report(report)


def test_a_map_adds_its_picture_and_areas_in_square_metres(trained, make_raster):
    scene, labels, model, evidence = trained(noise=0.2)
    values = np.where(np.indices((72, 72))[0] < 24, 1, 2).astype(np.uint8)
    class_map = make_raster("map.tif", values)
    report = training_report(scene, labels, model, evidence, ())
    mapped = Mapped({0: 7, 1: 24 * 72, 2: 48 * 72}, 18 * 72)
    full = with_map(report, scene, model, evidence, class_map, mapped)
    assert ("Unlike anything labelled", "25.0%") in [(n, v[:5]) for n, v in full.scene.facts]
    assert full.scene is not None
    assert [picture.caption for picture in full.scene.pictures][-1] == "Class map"
    assert full.areas is not None
    assert full.areas.unit == "m²"
    mapped = [entry.mapped_area for entry in full.areas.estimates.classes]
    assert mapped == [24 * 72 * 100, 48 * 72 * 100, 0]
    assert full.areas.estimates.total_area == 72 * 72 * 100


@pytest.mark.parametrize("crs", [None, "EPSG:4326"])
def test_without_metres_areas_are_pixels_and_gaps_have_no_metres(trained, make_raster, crs):
    degrees = Affine(1e-4, 0, 13, 0, -1e-4, 52)
    scene, labels, model, evidence = trained(crs=crs, transform=degrees)
    report = training_report(scene, labels, model, evidence, ())
    assert report.comparison is not None
    assert report.comparison.folds.gap_metres is None
    class_map = make_raster("map.tif", np.ones((72, 72), np.uint8))
    full = with_map(report, scene, model, evidence, class_map, Mapped({1: 72 * 72}, None))
    assert full.scene.facts == report.scene.facts
    assert full.areas is not None
    assert full.areas.unit == "pixels"
    assert "pixels" in render_report(full)


def touching_fields(labels: Labels) -> Labels:
    """Return labels of rows of three fields that touch, each of another class."""
    row, col = np.divmod(np.arange(72 * 12), 12)
    drawn = row % 18 < 4
    row, col = row[drawn], col[drawn]
    return replace(
        labels, rows=row, cols=col, classes_of=col // 4, polygons=3 * (row // 18) + col // 4
    )


def test_distance_between_folds_is_told_of_the_class_where_fields_of_others_touch(trained):
    scene, labels, model, evidence = trained(draw=touching_fields)
    positions = np.stack([evidence.pixels.rows, evidence.pixels.cols], axis=1)
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    between = evidence.folds.fold[:, None] != evidence.folds.fold[None]
    same = evidence.pixels.classes[:, None] == evidence.pixels.classes[None]
    assert apart[between].min() == 1
    assert apart[between & same].min() == 15
    report = training_report(scene, labels, model, evidence, ())
    assert "at least 150 m (15 pixels) from the nearest label of the same class" in (
        report.accuracy.statement
    )
    assert "apart" not in report.accuracy.statement
    assert report.comparison.folds.of_class is False


def test_nearness_is_claimed_only_where_the_other_folds_lie_further_from_a_class(trained):
    scene, labels, model, evidence = trained()
    classes = evidence.pixels.classes
    pairs = evidence.pixels.polygons // 2 % 2

    def note(choosing: np.ndarray, stated: np.ndarray, near_right: bool = True) -> str:
        """Return the accuracy's note for these folds, all wrong on the ones not right."""
        right, wrong = np.eye(3, dtype=np.float32)[[classes, (classes + 1) % 3]]
        changed = replace(
            evidence,
            choosing_folds=divided(evidence.choosing_folds, choosing),
            folds=divided(evidence.folds, stated),
            near=right if near_right else wrong,
            held_out=wrong if near_right else right,
        )
        return training_report(scene, labels, model, changed, ()).accuracy.note

    def divided(folds: Folds, fold: np.ndarray) -> Folds:
        return replace(folds, fold=fold, count=2, nearest=np.ones(len(fold)))

    within, between = evidence.pixels.rows % 2, pairs
    assert "Nearer to the labels of a class the map is better: 100%" in note(within, between)
    assert "the median one 1 pixel" in note(within, between)
    assert "Nearer to the labels of a class the map is not better: 0%" in note(
        within, between, near_right=False
    )
    for reversed_or_equal in (note(between, within), note(between, between)):
        assert "Nearer" not in reversed_or_equal
        assert "On the folds that were chosen on: 100%" in reversed_or_equal


def test_notes_say_what_was_chosen_with_which_labels(trained):
    scene, labels, model, evidence = trained()
    report = training_report(scene, labels, model, evidence, ())
    for part in (
        "had seen no label of the fold that they are judged on",
        "the temperature is that of the other folds; the blend was chosen with all labels",
    ):
        assert part in report.calibration.note
    rule = "Surroundings are used only where a blend with them beats the best blend of spectra"
    assert rule in report.comparison.note
    assert "further apart" not in report.comparison.note
    spatial = tuple(c for c in evidence.candidates if c.kind in ("spatial", "film"))
    without = training_report(scene, labels, model, replace(evidence, candidates=spatial), ())
    assert rule not in without.comparison.note


def test_synthetic_samples_are_counted_and_said_to_have_had_no_part_in_the_figures(trained):
    scene, labels, model, evidence = trained()
    plain = training_report(scene, labels, model, evidence, ())
    assert plain.labels.note == ""
    assert "synthetic" not in render_report(plain)
    use = SyntheticUse(np.array([0, 40, 7]), np.array([0, 31, 7]), "5e" * 32, "cd" * 32)
    report = training_report(scene, labels, model, replace(evidence, synthetic=use), ())
    assert "with 47 synthetic samples: 40 of class 2 (31 look like it), 7 of class 3 (7 look" in (
        report.labels.note
    )
    assert "synthesizer 5e5e5e5e5e5e." in report.labels.note
    assert "Nothing was chosen, calibrated or validated on them" in report.labels.note
    assert "have seen no synthetic sample" in report.accuracy.note
    assert report.labels.note in render_report(report)
    np.testing.assert_array_equal(report.accuracy.matrix, plain.accuracy.matrix)


def test_the_same_evidence_gives_the_same_page(trained):
    scene, labels, model, evidence = trained()
    first, second = (
        render_report(training_report(scene, labels, model, evidence, ("a", "a"))) for _ in "12"
    )
    assert first == second
    assert first.count("<li>a</li>") <= 1


def test_the_scene_s_picture_is_transparent_where_there_is_no_data(make_raster):
    cube = np.random.default_rng(0).random((4, 20, 30)).astype(np.float32)
    cube[:, :7] = np.nan
    with Scene.open(make_raster("a.tif", cube)) as scene:
        picture = scene_picture(scene, 1)
        small = scene_picture(scene, 4)
    np.testing.assert_array_equal(picture[..., 3] > 0, np.indices((20, 30))[0] >= 7)
    assert small.shape == (5, 8, 4)


@pytest.mark.parametrize("bands", [1, 2])
def test_a_scene_of_few_bands_has_a_picture(make_raster, bands: int):
    cube = np.random.default_rng(0).random((bands, 9, 9)).astype(np.float32)
    with Scene.open(make_raster("a.tif", cube)) as scene:
        assert scene_picture(scene, 1).shape == (9, 9, 4)


def test_the_map_s_picture_shows_the_classes_colours(make_fields, make_model, make_raster):
    model = make_model(make_fields(40).raster, spatial=False)
    values = np.zeros((6, 8), np.uint8)
    values[:, 2:5], values[:, 5:] = 7, 200
    picture = map_picture(Path(make_raster("map.tif", values)), model)
    assert tuple(picture[0, 3, :3]) == (0x00, 0x72, 0xB2)
    assert tuple(picture[0, 7, :3]) == (0xCC, 0x66, 0x77)
    assert picture[0, 0, 3] == 0
    with rasterio.open(make_raster("again.tif", values)) as dataset:
        assert dataset.shape == picture.shape[:2]
