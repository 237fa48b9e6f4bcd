"""What a judging of samples found, in a sentence: which classes to use, with care, or not."""

from __future__ import annotations

import json
from pathlib import Path

from ..translation import tr


def verdicts_said(table: str) -> str:
    """Return the verdicts that a judging's table holds; empty where it cannot be read.

    Args:
        table: Path of the table, JSON: `classes` with a `name` and a `verdict` each, in the
            engine's words.
    """
    try:
        rows = json.loads(Path(table).read_text(encoding="utf-8"))["classes"]
        found = [(str(row["verdict"]), str(row["name"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    sentences = {
        "use": tr("Use: {}."),
        "use with care": tr("Use with care: {}."),
        "do not use": tr("Do not use: {}."),
        "not judged": tr("Not judged: {}."),
    }
    names = {verdict: [name for said, name in found if said == verdict] for verdict in sentences}
    said = (sentences[verdict].format(", ".join(names[verdict])) for verdict in names)
    return " ".join(text for text, verdict in zip(said, names) if names[verdict])
