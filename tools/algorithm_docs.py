#!/usr/bin/env python3
"""Write ``docs/algorithms.md`` from the help texts of the algorithms.

Run it with QGIS's Python: ``QT_QPA_PLATFORM=offscreen python3 -m tools.algorithm_docs``.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from hsi_film_plugin.processing.algorithm import HsiFilmAlgorithm
from hsi_film_plugin.processing.provider import HsiFilmProvider

PAGE = Path(__file__).resolve().parents[1] / "docs" / "algorithms.md"
INTRODUCTION = """# The algorithms

Made by `python3 -m tools.algorithm_docs` from the help texts that QGIS shows. In the Toolbox they
stand under *HSI FiLM*; on a command line, `qgis_process help hsifilm:NAME` prints the same.
"""


def page(algorithms: list[HsiFilmAlgorithm]) -> str:
    """Return the page as Markdown."""
    return "\n".join([INTRODUCTION, *(section(a) for a in algorithms)])


def section(algorithm: HsiFilmAlgorithm) -> str:
    """Return an algorithm's section; its anchor is the algorithm's name."""
    lines = [
        f'<a id="{algorithm.name()}"></a>',
        "",
        f"## {algorithm.displayName()}",
        "",
        f"`hsifilm:{algorithm.name()}`, group {algorithm.group()}",
        "",
        as_markdown(algorithm.summary()),
        "",
        "| parameter | | |",
        "|---|---|---|",
    ]
    for definition in algorithm.parameterDefinitions():
        role = "output" if definition.isDestination() else "input"
        optional = ", optional" if definition.flags() & definition.Flag.FlagOptional else ""
        advanced = ", advanced" if definition.flags() & definition.Flag.FlagAdvanced else ""
        help_text = as_markdown(definition.help()).replace("\n", " ").replace("|", "\\|")
        text = f"**{definition.description()}**. {help_text}"
        lines.append(f"| `{definition.name()}` | {role}{optional}{advanced} | {text} |")
    return "\n".join([*lines, ""])


def as_markdown(html: str) -> str:
    """Return the little HTML that help texts use as Markdown."""
    text = re.sub(r"</p>\s*", "\n\n", html)
    text = re.sub(r"</?(i|em)>", "*", re.sub(r"</?(b|strong)>", "**", text))
    text = re.sub(r"</?code>", "`", re.sub(r"<br\s*/?>", " ", text))
    return unescape(re.sub(r"<[^>]+>", "", text)).strip()


def algorithms() -> list[HsiFilmAlgorithm]:
    """Return the provider's algorithms in the order of their names."""
    provider = HsiFilmProvider()
    provider.loadAlgorithms()
    found = [algorithm.create() for algorithm in provider.algorithms()]
    return sorted(found, key=lambda algorithm: algorithm.name())


def main() -> None:
    """Write the page."""
    from qgis.testing import start_app

    start_app()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(algorithms()), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
