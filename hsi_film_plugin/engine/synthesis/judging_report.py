"""The report that says of synthetic samples, class by class, whether they can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..provenance import software
from ..report import Report
from ..report_chapter import Cell, Chapter, Row, Table, Tone
from .attention_pictures import attention_galleries
from .judgement import Judgement
from .judging_chapters import (
    angles_chapter,
    copies_chapter,
    distribution_chapter,
    figures,
    places_chapter,
    recognition_chapter,
    spectra_chapter,
)
from .verdicts import AVOID, CARE, NOT_JUDGED, USE, Verdict

if TYPE_CHECKING:
    from .sample_set import SampleSet

STATEMENT = (
    "These samples are synthetic: no sensor has measured them. They were made by a "
    "reconstruction of Txt2HSI-LDM(VAE) (Zhu & Xu 2025). The synthesizer has seen the scene and "
    "all of its labels, those used here included, so this report judges how like the real pixels "
    "the samples are. Whether they make a map better, only a comparison on places that neither "
    "the synthesizer nor the classifier was trained on can tell."
)
TONES: dict[Verdict, Tone] = {USE: "good", CARE: "care", AVOID: "bad", NOT_JUDGED: ""}


def judging_report(
    judgement: Judgement,
    samples: SampleSet,
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    warnings: Sequence[str] = (),
) -> Report:
    """Return the report on a set of samples.

    Args:
        judgement: What was found.
        samples: What it was found of.
        title: The samples' file.
        facts: More names and values of the scene and labels, in reading order.
        warnings: Sentences that a reader must see first.
    """
    verdicts = [found.verdict for found in judgement.each]
    return Report(
        "Synthetic samples judged",
        title,
        judgement.classes,
        tuple(dict.fromkeys((*warnings, *_warnings(judgement)))),
        provenance=(*software().items(), *_origin(samples), ("Seed", str(judgement.seed))),
        figures=(
            ("Classes to use", str(verdicts.count(USE))),
            ("To use with care", str(verdicts.count(CARE))),
            ("Not to use", str(verdicts.count(AVOID))),
            ("Samples", f"{len(samples.class_indices):,}"),
        ),
        statement=STATEMENT,
        chapters=tuple(
            chapter
            for chapter in (
                _verdicts(judgement),
                _data(judgement, samples, facts),
                spectra_chapter(judgement, samples),
                angles_chapter(judgement),
                distribution_chapter(judgement),
                places_chapter(judgement),
                recognition_chapter(judgement),
                copies_chapter(judgement),
                _attention(samples),
            )
            if chapter is not None
        ),
    )


def _warnings(judgement: Judgement) -> list[str]:
    few = [
        known.name
        for known, found in zip(judgement.classes, judgement.each)
        if found.samples and 0 < found.polygons < 2
    ]
    if not few:
        return []
    return [
        f"Labelled in one place only, so how the class varies elsewhere is unknown: "
        f"{', '.join(few)}."
    ]


def _verdicts(judgement: Judgement) -> Chapter:
    rows = tuple(
        Row(
            (
                Cell((found.verdict,), TONES[found.verdict], numeric=False),
                Cell(found.reasons, numeric=False),
            ),
            index,
        )
        for index, found in enumerate(judgement.each)
    )
    return Chapter(
        "verdicts",
        "Can they be used?",
        tables=(Table(("Class", "Verdict", "Why"), rows),),
    )


def _data(judgement: Judgement, samples: SampleSet, facts: Sequence[tuple[str, str]]) -> Chapter:
    wavelengths = samples.bands.wavelengths
    shown = [
        *facts,
        ("Trained on", ", ".join(samples.scene_names)),
        ("Bands in use", str(len(samples.bands.used))),
        *(
            [("Wavelengths", f"{min(wavelengths):.0f} to {max(wavelengths):.0f} nm")]
            if wavelengths
            else []
        ),
        ("Patch", f"{samples.components.shape[-1]} × {samples.components.shape[-1]} pixels"),
        ("Guidance ω", f"{samples.guidance:g}"),
        ("Steps", str(samples.steps)),
        ("Seed of the samples", str(samples.seed)),
        *([("Negative prompt", samples.negative)] if samples.negative else []),
        ("Real patches held out", str(judgement.held_out)),
    ]
    rows = tuple(
        Row(figures(str(found.real), str(found.polygons), str(found.samples)), index)
        for index, found in enumerate(judgement.each)
    )
    table = Table(("Class", "Real pixels", "In polygons", "Samples"), rows)
    return Chapter("data", "At a glance", facts=tuple(shown), tables=(table,))


def _attention(samples: SampleSet) -> Chapter | None:
    galleries = attention_galleries(samples)
    if not galleries:
        return None
    return Chapter(
        "attention",
        "Which word went where",
        "Where in the sample each word of its prompt was attended to, the mean over layers, heads "
        "and the last third of the steps, times how far the word moves the patch that the prompt "
        "stands for: the warmer, the more. Each word has its own scale.",
        galleries=galleries,
        notes=(
            "Attention shows what the synthesizer looked at, not what caused what. Words that the "
            "training never held move nothing by themselves; theirs is the attention alone.",
        ),
    )


def _origin(samples: SampleSet) -> tuple[tuple[str, str], ...]:
    known = (
        ("Samples sha256", samples.sha256),
        ("Synthesizer sha256", samples.synthesizer_sha256),
        ("Its labels sha256", samples.label_sha256),
    )
    return tuple((name, value) for name, value in known if value)
