"""The judging report as a page: plain verdicts, escaped, complete, repeatable."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.report import Report, render_report
from hsi_film_plugin.engine.synthesis.judging import judge
from hsi_film_plugin.engine.synthesis.judging_report import judging_report

from .judging_scene import CLASSES, patch_data, sample_set


def report(pixels=(30, 30, 3), classes=(0, 2), **changes) -> Report:
    samples = replace(sample_set(np.repeat(classes, 12)), **changes)
    found = judge(samples, patch_data(pixels), 0, Progress())
    facts = (("Labels", "<labels>.gpkg"),)
    return judging_report(found, samples, "<samples>.safetensors", facts, ("Mind & <this>.",))


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(report())


def text_of(html: str) -> str:
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_the_head_says_what_synthetic_samples_are_and_what_is_not_judged(html):
    text = text_of(html)
    assert "These samples are synthetic" in text
    assert "reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp; Xu 2025)" in text
    assert "has seen the scene and all of its labels" in text


def test_every_chapter_is_there_and_says_how_it_was_measured(html):
    for heading in (
        "Can they be used?",
        "Spectra, real and synthetic",
        "Spectral angle",
        "Distribution as a whole",
        "Among the real spectra",
        "Recognised by an independent classifier",
        "Invented, or remembered?",
        "Which word went where",
        "Provenance",
    ):
        assert heading in html
    text = text_of(html)
    assert "little power" in text
    assert "Neighbours in place" in text


def test_verdicts_are_badges_with_their_reasons(html):
    assert '<span class="tone care">use with care</span>' in html
    assert "Only 3 real pixels to compare with" in html
    assert "not judged" in text_of(html)


def test_classes_without_samples_have_no_panels(html):
    assert html.count('id="places-') == len(set(re.findall(r'id="places-[^"]*"', html)))
    assert "places-1-" not in html
    assert "places-0-" in html


def test_names_are_escaped_and_nothing_is_loaded_or_linked(html):
    assert "<b>water" not in html
    assert "&lt;b&gt;water" in html
    assert "&lt;samples&gt;.safetensors" in html
    assert "Mind &amp; &lt;this&gt;." in html
    assert not re.search(r"https?:|<script|<a |url\((?!#)", html)


def test_ids_are_unique(html):
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_equal_content_gives_equal_bytes(html):
    assert render_report(report()) == html


def test_undefined_figures_are_dashes_not_nan(html):
    assert "nan" not in text_of(html).lower().split()


def test_samples_without_wavelengths_attention_or_a_neighbour_in_the_prompt_are_reported():
    bare = sample_set(np.repeat([0, 2], 12))
    bands = replace(bare.bands, wavelengths=None)
    html = render_report(report(bands=bands, attention=None, prompts=("meadow",)))
    assert "Which word went where" not in html
    assert "Neighbours in place" not in html
    assert "Over band;" in html


def test_one_place_is_a_warning_by_name():
    found = report(pixels=(30, 30, 2))
    assert any(CLASSES[2].name in warning for warning in found.warnings)
