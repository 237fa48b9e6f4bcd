"""The verdicts of a judging, in a sentence."""

from __future__ import annotations

import json

import pytest


def test_classes_stand_behind_their_verdicts_the_good_ones_first(tmp_path):
    from hsi_film_plugin.dock.sample_verdicts import verdicts_said

    found = {"Reed": "do not use", "Water": "use", "Roof": "use with care", "Soil": "use"}
    rows = [{"name": name, "verdict": verdict} for name, verdict in found.items()]
    table = tmp_path / "table.json"
    table.write_text(json.dumps({"classes": rows}), encoding="utf-8")
    said = verdicts_said(str(table))
    assert said == "Use: Water, Soil. Use with care: Roof. Do not use: Reed."


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"classes": 3}', '{"classes": [{"name": "x"}]}'])
def test_a_table_that_says_nothing_gives_no_sentence(tmp_path, text):
    from hsi_film_plugin.dock.sample_verdicts import verdicts_said

    table = tmp_path / "table.json"
    table.write_text(text, encoding="utf-8")
    assert verdicts_said(str(table)) == ""
    assert verdicts_said("") == ""


def test_the_words_are_those_of_the_engine():
    import re

    from hsi_film_plugin.icons import PLUGIN_ROOT

    # the engine's module cannot be imported here: it needs what QGIS does not ship
    source = PLUGIN_ROOT / "hsi_film_plugin" / "engine" / "synthesis" / "verdicts.py"
    (listed,) = re.findall(r"Literal\[(.+)\]", source.read_text(encoding="utf-8"))
    own = (PLUGIN_ROOT / "hsi_film_plugin" / "dock" / "sample_verdicts.py").read_text("utf-8")
    assert all(f"{verdict.strip()}: tr(" in own for verdict in listed.split(","))
