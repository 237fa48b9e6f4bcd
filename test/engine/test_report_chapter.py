"""Chapters of a report: what they hold is shown and escaped, what they lack is left out."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.report import Picture, Report, render_report
from hsi_film_plugin.engine.report_chapter import Cell, Chapter, Gallery, Plot, Row, Table

CLASSES = (LabelClass(1, "<i>reed", "#1b7837"),)


def shown(*chapters: Chapter, **more: object) -> str:
    return render_report(Report("Test", "a.tif", CLASSES, chapters=chapters, **more))


def full() -> Chapter:
    return Chapter(
        "verdicts",
        "What & why",
        "A <statement>.",
        (("Name", "<value>"),),
        (
            Table(
                ("Class", "Verdict", "Figure"),
                (
                    Row((Cell(("<use>",), "good", numeric=False), Cell(("0.5",))), 0),
                    Row((Cell(("plain", "<second>"), numeric=False), Cell(("–",))), None, "<all>"),
                ),
                "A <note>.",
            ),
        ),
        (Plot('<svg class="plot"></svg>', "<wide>"),),
        (Plot('<svg class="plot"></svg>', class_index=0), Plot("<svg></svg>", "<small>")),
        (Gallery("<gallery>", (Picture('"<word>"', np.zeros((2, 2, 3), np.uint8)),)),),
        ("<end>",),
    )


def test_a_chapter_shows_all_its_parts_escaped():
    html = shown(full())
    for text in ("statement", "value", "use", "second", "all", "note", "wide", "small", "gallery"):
        assert f"&lt;{text}&gt;" in html
        assert f"<{text}>" not in html
    assert "&lt;i&gt;reed" in html
    assert '<span class="tone good">&lt;use&gt;</span>' in html
    assert html.count('<svg class="plot">') == 2
    assert 'alt="&#34;&lt;word&gt;&#34;"' in html


def test_figures_are_set_to_the_right_under_headings_that_are():
    heads = re.findall(r"<th scope=\"col\"( class=\"n\")?>(\w+)</th>", shown(full()))
    assert heads == [("", "Class"), ("", "Verdict"), (' class="n"', "Figure")]


@pytest.mark.parametrize("tag", ["<table", "<dl", "<figure", '<p class="', "<h3"])
def test_an_empty_chapter_is_its_heading_alone(tag):
    html = shown(Chapter("empty", "Empty"))
    section = html[html.index("<section") : html.index("</section>")]
    assert '<h2 id="empty">Empty</h2>' in section
    assert tag not in section


def test_figures_and_statement_stand_at_the_head():
    html = shown(figures=(("Samples", "1 <2"),), statement="They are <synthetic>.")
    head = html[html.index("<header") : html.index("</header>")]
    assert "<dt>Samples</dt><dd>1 &lt;2</dd>" in head
    assert "They are &lt;synthetic&gt;." in head
