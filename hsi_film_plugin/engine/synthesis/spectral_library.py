"""Mean spectra of synthetic samples as an ENVI spectral library, and as tables beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..label_classes import LabelClass
from ..outputs import atomic_output
from ..synthetic_mark import ENVI_LINE
from .sample_rasters import one_line, prompt_summary
from .sample_set import SampleSet

SUFFIX = ".sli"
#: The spectra of a class, as their names tell them apart.
_STATISTICS = ("", " + sd", " - sd")
#: What would end a name in an ENVI header, and what stands in its place.
_RESERVED = str.maketrans(",{}=", ";()-")


@dataclass(frozen=True)
class ClassSpectrum:
    """The spectra of a class at a glance.

    Attributes:
        known: The class.
        count: Samples.
        mean: float32 ``(bands,)``, of the samples' centres.
        deviation: float32 ``(bands,)``, their standard deviation.
    """

    known: LabelClass
    count: int
    mean: np.ndarray
    deviation: np.ndarray


def write_library(samples: SampleSet, path: Path) -> Path:
    """Write an ENVI spectral library, and the same spectra as a table.

    The library (``.sli`` with its ``.hdr``) holds three spectra of each class that has samples:
    the mean, and one standard deviation above and below it. Two tables lie beside it, whose
    first column says that all of it is synthetic: ``.csv`` has a row for each spectrum, which
    EnMAP-Box takes for attributes of the library's profiles, ``_spectra.csv`` one for each band.

    Returns:
        The path of the table of spectra.

    Raises:
        InputError: as ``check_library``.
        OutputError: if they cannot be written.
    """
    check_library(path)
    found = class_spectra(samples)
    spectra = np.concatenate(
        [[one.mean, one.mean + one.deviation, one.mean - one.deviation] for one in found]
    )
    with atomic_output(path) as partial:
        partial.write_bytes(spectra.astype("<f4").tobytes())
        partial.with_suffix(".hdr").write_text(
            _header(samples, found), encoding="utf-8", newline="\n"
        )
        partial.with_suffix(".csv").write_text(_attributes(found), encoding="utf-8", newline="\n")
        table = _table(samples, found)
        _spectra_path(partial).write_text(table, encoding="utf-8", newline="\n")
    return _spectra_path(path)


def check_library(path: Path) -> None:
    """Refuse a path at which a library would replace files that belong to no library.

    Raises:
        InputError: if the path does not end in ``.sli``, or a file lies in the place of the
            header or a table of a library that does not exist yet.
    """
    if path.suffix.lower() != SUFFIX:
        raise InputError(
            f"The spectral library '{path.name}' would lie over its own header or table. Give it "
            f"a name that ends in {SUFFIX}."
        )
    if path.exists():
        return
    beside = (path.with_suffix(".hdr"), path.with_suffix(".csv"), _spectra_path(path))
    taken = [f"'{other.name}'" for other in beside if other.exists()]
    if taken:
        raise InputError(
            f"The spectral library '{path.name}' would replace {' and '.join(taken)} beside it. "
            "Give it another name, or move these files away."
        )


def _spectra_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}_spectra.csv")


def class_spectra(samples: SampleSet) -> list[ClassSpectrum]:
    """Return the classes that have samples, in their order."""
    spectra = samples.spectra().astype(np.float64)
    found = []
    for index, known in enumerate(samples.classes):
        mine = spectra[samples.class_indices == index]
        if len(mine):
            mean, deviation = mine.mean(axis=0), mine.std(axis=0)
            found.append(
                ClassSpectrum(
                    known, len(mine), mean.astype(np.float32), deviation.astype(np.float32)
                )
            )
    return found


def _header(samples: SampleSet, found: list[ClassSpectrum]) -> str:
    names = [name for one in found for name in _spectrum_names(one)]
    about = _name(
        f"SYNTHETIC spectra of HSI FiLM; {samples.count} samples of synthesizer "
        f"{samples.synthesizer_sha256[:12]}; guidance {samples.guidance:g}; seed {samples.seed}; "
        f"prompts: {prompt_summary(samples)}"
    )
    wavelengths = samples.bands.wavelengths
    lines = [
        "ENVI",
        f"description = {{{about}}}",
        f"samples = {len(samples.bands.used)}",
        f"lines = {len(names)}",
        "bands = 1",
        "header offset = 0",
        "file type = ENVI Spectral Library",
        "data type = 4",
        "interleave = bsq",
        "byte order = 0",
        "band names = {Spectral Library}",
        f"spectra names = {{{', '.join(names)}}}",
    ]
    if wavelengths is not None:
        lines.append("wavelength units = Nanometers")
        lines.append(f"wavelength = {{{', '.join(f'{w:.3f}' for w in wavelengths)}}}")
    lines.append(ENVI_LINE)
    return "\n".join(lines) + "\n"


def _spectrum_names(one: ClassSpectrum) -> list[str]:
    name = _name(one.known.name)
    return [f"{name}{part} (synthetic)" for part in _STATISTICS]


def _name(text: str) -> str:
    return one_line(text.translate(_RESERVED))


def _attributes(found: list[ClassSpectrum]) -> str:
    rows = [
        [1, name, one.known.value, one.known.name, f"mean{part}", one.count]
        for one in found
        for name, part in zip(_spectrum_names(one), _STATISTICS)
    ]
    columns = ["synthetic", "spectra names", "class_value", "class_name", "statistic", "samples"]
    return _csv([columns, *rows])


def _table(samples: SampleSet, found: list[ClassSpectrum]) -> str:
    columns = [f"{one.known.name} {part}" for one in found for part in ("mean", "sd")]
    rows: list[list[object]] = [["synthetic", "band", "wavelength_nm", *columns]]
    wavelengths = samples.bands.wavelengths
    for band, number in enumerate(samples.bands.used):
        values = [value for one in found for value in (one.mean[band], one.deviation[band])]
        place = "" if wavelengths is None else f"{wavelengths[band]:.3f}"
        rows.append([1, number + 1, place, *(f"{value:.9g}" for value in values)])
    return _csv(rows)


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
