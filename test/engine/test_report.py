"""The report page: complete, escaped, self-contained, repeatable, and honest."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from hsi_film_plugin.engine import report as r
from hsi_film_plugin.engine import report_pictures
from hsi_film_plugin.engine.area import area_estimates, polygon_area_estimates
from hsi_film_plugin.engine.calibration import Kept, calibration
from hsi_film_plugin.engine.label_classes import LabelClass

VOID = {"meta", "img", "br", "link"}
CLASSES = (
    LabelClass(1, "roof", "#d7301f"),
    LabelClass(2, '<b>&"', "#1b7837"),
    LabelClass(7, r"$\frac{1}$ 'water'", "#2171b5"),
)
FOLDS = r.Folds((30, 25, 20), "whole polygons, grouped by where they lie", 12.0, 360.0)
MATRIX = np.array([[20, 3, 0], [2, 25, 1], [0, 4, 20]])


class Page(HTMLParser):
    """The page's tags, ids, visible text and tables; unbalanced tags are an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.words.append(data)
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def full_report() -> r.Report:
    rng = np.random.default_rng(3)
    classes_of, polygons = np.repeat([0, 1, 2], 25), np.repeat(np.arange(15), 5)
    spectra = rng.random((75, 12)) + classes_of[:, None]
    picture = report_pictures.true_colour(rng.random((3, 9, 8), np.float32), np.eye(9, 8) == 0)
    predicted = np.where(rng.random(75) < 0.8, classes_of, (classes_of + 1) % 3)
    estimates = polygon_area_estimates(classes_of, predicted, polygons, [500, 300, 200], 900.0)
    return r.Report(
        kind="Training report",
        title="<scene> & co.tif",
        classes=CLASSES,
        warnings=("Folds lie <close> together.",),
        scene=r.SceneSection((("Size", "8 × 9 pixels"),), (r.Picture("True colour", picture),)),
        labels=r.LabelsSection.of(classes_of, polygons, 3),
        spectra=r.SpectraSection.of(
            spectra, classes_of, 3, np.arange(12) != 5, np.linspace(400, 2400, 12), "Reflectance"
        ),
        comparison=r.ComparisonSection(
            (
                r.Candidate(
                    "Spectral only", "no picture", 0.7, 0.6, 0.5, 0.9, (0.6, 0.7, 0.8), 0.4
                ),
                r.Candidate("FiLM", "both", 0.8, 0.7, 0.6, 0.7, (0.7, 0.8, 0.9), None, True),
            ),
            FOLDS,
        ),
        accuracy=r.AccuracySection(r.cross_validated(FOLDS), MATRIX),
        areas=r.AreasSection(estimates),
        calibration=r.CalibrationSection(
            calibration(rng.random(75), predicted == classes_of),
            (Kept(0.0, 1.0, 0.8), Kept(0.9, 0.25, 0.96), Kept(1.0, 0.0, float("nan"))),
        ),
        provenance=(("Seed", "0"), ("Device", "CPU, because no GPU was found")),
    )


@pytest.fixture(scope="module")
def html() -> str:
    return r.render_report(full_report())


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_every_section_and_statement_is_on_the_page(page):
    headings = (
        "Read this first",
        "At a glance",
        "Labels",
        "Spectra",
        "What was compared, and what was chosen",
        "Confusion matrix",
        "Area of each class",
        "Can the confidence be believed?",
        "What a minimum confidence leaves",
        "Provenance",
    )
    for heading in headings:
        assert heading in page.text
    assert "at least 360 m (12 pixels) apart" in page.text
    assert "CPU, because no GPU was found" in page.text


def test_the_price_of_a_minimum_confidence_is_a_table_with_a_dash_where_nothing_is_left(page):
    assert ["0.9", "25.0\u202f%", "96.0\u202f%", ""] in page.rows
    assert ["1.0", "0.0\u202f%", "–", ""] in page.rows


@pytest.mark.parametrize(
    ("section", "identifier"),
    [
        ("scene", "scene"),
        ("labels", "labels"),
        ("spectra", "spectra"),
        ("comparison", "comparison"),
        ("accuracy", "accuracy"),
        ("areas", "areas"),
        ("calibration", "confidence"),
        ("provenance", "provenance"),
        ("warnings", "warnings"),
    ],
)
def test_each_section_can_stand_alone(section, identifier):
    every = {"scene", "labels", "spectra", "comparison", "accuracy", "areas", "confidence"}
    every |= {"provenance", "warnings"}
    bare = r.Report("Training report", "a.tif", CLASSES)
    alone = replace(bare, **{section: getattr(full_report(), section)})
    assert every & set(Page(r.render_report(alone)).all("id")) == {identifier}


def test_report_needs_nothing_but_a_title():
    assert "none.tif" in Page(r.render_report(r.Report("Training report", "none.tif", ()))).text


def test_hostile_text_is_shown_and_never_becomes_markup(page):
    assert "b" not in page.tags
    assert '<b>&"' in page.text
    assert r"$\frac{1}$ 'water'" in page.text
    assert "<scene> & co.tif" in page.text
    assert "Folds lie <close> together." in page.text


def test_hostile_colour_never_reaches_a_style():
    classes = (LabelClass(1, "roof", "red;background:url(//evil)"), *CLASSES[1:])
    hostile = r.render_report(replace(full_report(), classes=classes))
    assert "evil" not in hostile


def test_hostile_unit_stays_text_inside_the_plot():
    spectra = replace(full_report().spectra, unit='<script>"$\\frac{1}$" & more')
    page = Page(r.render_report(r.Report("Test", "a.tif", CLASSES, spectra=spectra)))
    assert "script" not in page.tags
    assert page.text.count('<script>"$\\frac{1}$" & more') == 2


def test_page_loads_nothing_and_runs_nothing(html, page):
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    assert "@import" not in html
    for value in page.all("src"):
        assert value.startswith("data:image/png;base64,")
    for value in page.all("href"):
        assert value.startswith("#")
    assert not re.search(r"https?:|url\((?!#)", html)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_ids_are_unique_and_every_reference_finds_its_own(html, page):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"url\(#([^)]*)\)", html)) | {v[1:] for v in page.all("href")}
    assert used
    assert used | set(page.all("aria-labelledby")) <= set(ids)


def test_plots_follow_the_page_in_light_and_dark(html, page):
    assert page.tags.count("svg") > 8
    assert "currentColor" in html
    assert "var(--muted)" in html
    assert "#010203" not in html
    assert "#000000" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def test_equal_content_gives_equal_bytes(html):
    assert r.render_report(full_report()) == html


def test_matrix_stands_with_the_map_in_rows_and_the_reference_in_columns(page):
    start = next(i for i, row in enumerate(page.rows) if "Reference →" in row)
    rows = page.rows[start + 2 : start + 7]
    assert rows[0] == ["roof", "20", "3", "0", "23", "87.0\u202f%"]
    assert rows[3] == ["All", "22", "32", "21", "75", ""]
    assert rows[4][:2] == ["Producer’s accuracy", "90.9\u202f%"]


def test_undefined_figures_are_dashes():
    matrix = np.array([[5, 1, 0], [2, 7, 0], [0, 0, 0]])
    shown = replace(full_report(), accuracy=r.AccuracySection("Measured.", matrix))
    page = Page(r.render_report(shown))
    assert "nan" not in page.text.lower().split()
    row = next(row for row in page.rows if row[:2] == [CLASSES[2].name, "0"] and len(row) == 7)
    assert row[2:6] == ["–", "–", "–", "–"]


def test_without_a_matrix_only_the_reason_is_shown():
    reason = r.no_statement("every class has one polygon only.")
    shown = r.Report("Training report", "a.tif", CLASSES, accuracy=r.AccuracySection(reason))
    page = Page(r.render_report(shown))
    assert "because every class has one polygon only." in page.text
    assert "%" not in page.text
    assert "Overall accuracy" not in page.text


def test_areas_say_what_was_sampled_and_what_was_left_out():
    estimates = area_estimates([[40, 2, 0], [3, 50, 0], [0, 0, 1]], [500, 400, 100], 1e4)
    shown = r.Report("Accuracy assessment", "m.tif", CLASSES, areas=r.AreasSection(estimates))
    text = Page(r.render_report(shown)).text
    assert "Mapped (ha)" in text
    assert "if they were drawn as polygons, the true intervals are wider" in text
    assert "100 ha of the map lie in classes with too few reference samples" in text
    grouped = Page(r.render_report(full_report())).text
    assert "The 15 reference polygons, not their 75 pixels, count as samples." in grouped


@pytest.mark.parametrize(
    ("pixel_area", "unit", "expected"),
    [(1.0, "m²", "Mapped (m²)"), (1e6, "m²", "Mapped (km²)"), (1.0, "pixels", "Mapped (pixels)")],
)
def test_areas_come_in_the_unit_that_fits(pixel_area, unit, expected):
    estimates = area_estimates([[40, 2], [3, 50]], [3000, 4000], pixel_area)
    shown = r.Report("Test", "m.tif", CLASSES[:2], areas=r.AreasSection(estimates, unit))
    assert expected in Page(r.render_report(shown)).text


def test_labels_mark_classes_that_hold_too_little():
    classes_of = np.array([0] * 30 + [1] * 12 + [2] * 4)
    polygons = np.array([0] * 10 + [1] * 10 + [2] * 10 + [3] * 12 + [4, 5, 6, 7])
    counts = r.LabelsSection.of(classes_of, polygons, 4).counts
    assert counts[0] == r.LabelCount(3, 30)
    assert counts[1].warning == "one polygon only: no separate ground to validate it on"
    assert counts[2] == r.LabelCount(4, 4, "few pixels")
    assert counts[3] == r.LabelCount(0, 0, "no label")


def test_spectra_average_the_pixels_of_each_class():
    spectra = np.array([[1.0, 2.0], [3.0, 2.0], [9.0, 9.0]], dtype=np.float32)
    found = r.SpectraSection.of(spectra, np.array([0, 0, 1]), 3, np.array([True, True]))
    assert found.mean[0].tolist() == [2.0, 2.0]
    assert found.sd[0].tolist() == [1.0, 0.0]
    assert np.isnan(found.mean[2]).all()


@pytest.mark.parametrize("bands", [1, 2, 3])
def test_spectra_of_few_bands_without_wavelengths_are_drawn_over_band_numbers(bands):
    spectra = np.arange(6.0).repeat(bands).reshape(6, bands)
    section = r.SpectraSection.of(
        spectra, np.array([0, 0, 1, 1, 2, 2]), 3, np.ones(bands, dtype=bool)
    )
    page = Page(r.render_report(r.Report("Test", "m.tif", CLASSES, spectra=section)))
    assert "Wavelength" not in page.text
    assert "Band" in page.text
    assert page.tags.count("svg") == 4


def test_distance_between_folds_without_a_metric_grid_is_told_in_pixels():
    text = r.cross_validated(replace(FOLDS, gap_pixels=1.0, gap_metres=None))
    assert "at least 1 pixel apart" in text
    assert " m " not in text


def test_distance_of_a_class_is_never_told_as_one_between_folds():
    text = r.cross_validated(replace(FOLDS, of_class=True))
    assert "at least 360 m (12 pixels) from the nearest label of the same class" in text
    assert "labels of other classes may lie nearer" in text
    assert "apart" not in text
    assert "separate" not in text


def test_true_colour_is_transparent_where_nothing_is_valid():
    bands = np.stack([np.arange(16.0, dtype=np.float32).reshape(4, 4)] * 3)
    bands[:, 0, 0] = np.nan
    valid = np.isfinite(bands[0])
    picture = report_pictures.true_colour(bands, valid)
    assert picture[0, 0].tolist() == [0, 0, 0, 0]
    assert picture[3, 3].tolist() == [255, 255, 255, 255]
    assert (picture[valid][:, 3] == 255).all()


def test_labels_are_painted_where_they_lie_in_a_reduced_picture():
    picture = np.zeros((5, 5, 4), dtype=np.uint8)
    painted = report_pictures.paint_labels(
        picture, np.array([9]), np.array([3]), np.array([1]), ["#ff0000", "#00ff00"], step=2
    )
    assert painted[4, 1].tolist() == [0, 255, 0, 255]
    assert (painted[..., 1] == 255).sum() == 1


def test_class_map_picture_survives_the_page_pixel_by_pixel():
    picture = report_pictures.class_map_picture(np.array([[0, 1], [-1, 0]]), ["#ff0000", "#0000ff"])
    data = report_pictures.png_data_uri(picture).split(",")[1]
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))
    assert decoded.tolist() == [
        [[255, 0, 0, 255], [0, 0, 255, 255]],
        [[0, 0, 0, 0], [255, 0, 0, 255]],
    ]


def test_thumbnails_stay_below_their_longest_side():
    assert report_pictures.thumbnail_step(100, 640) == 1
    assert report_pictures.thumbnail_step(100, 641) == 2
    assert report_pictures.thumbnail_step(4096, 100) == 7
